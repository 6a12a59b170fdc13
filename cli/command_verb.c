/* SPDX-License-Identifier: Apache-2.0 */
/* Which verb is meant, and what --help says about it. */
#include <string.h>

#include "cli/command_internal.h"

#define VERBS_MAX 96
#define COLUMN 26 /* where explanations start */

size_t cli_verb_words(const struct cli_verb *verb, const struct cli_call *call)
{
	const char *space = strchr(verb->name, ' ');
	size_t first = space ? (size_t)(space - verb->name) : strlen(verb->name);

	if (!call->args_len || strlen(call->args[0]) != first || strncmp(call->args[0], verb->name, first))
		return 0;
	if (!space)
		return 1;
	return call->args_len > 1 && !strcmp(call->args[1], space + 1) ? 2 : 0;
}

/* Is word the first word ("policy") of some verb of two? */
static bool is_noun(const struct cli_program *program, const char *word)
{
	size_t len = strlen(word);

	for (const struct cli_verb *verb = program->verbs; verb->name; verb++)
		if (!strncmp(verb->name, word, len) && verb->name[len] == ' ')
			return true;
	return false;
}

/* The words that could stand at this place: second words after a noun, else first words. */
static size_t candidates(const struct cli_program *program, const char *noun, char words[][32], const char **list)
{
	size_t len = 0, noun_len = noun ? strlen(noun) : 0;

	for (const struct cli_verb *verb = program->verbs; verb->name && len < VERBS_MAX; verb++) {
		const char *word = verb->name;

		if (noun && (strncmp(word, noun, noun_len) || word[noun_len] != ' '))
			continue;
		if (noun)
			word += noun_len + 1;
		snprintf(words[len], 32, "%.*s", (int)strcspn(word, " "), word);
		list[len] = words[len];
		len++;
	}
	return len;
}

static int unknown_verb(const struct cli_program *program, const struct cli_call *call,
			const struct cli_output *output)
{
	char words[VERBS_MAX][32];
	const char *list[VERBS_MAX];
	const char *noun = call->args_len && is_noun(program, call->args[0]) ? call->args[0] : NULL;
	size_t at = noun ? 1 : 0;
	size_t len = candidates(program, noun, words, list);
	const char *near;
	char all[256] = "";

	if (call->args_len > at) {
		near = cli_nearest(call->args[at], list, len);
		if (near)
			return cli_fail(output, CLI_EXIT_USAGE, "unknown verb \"%s%s%s\" (did you mean \"%s%s%s\"?)",
					noun ? noun : "", noun ? " " : "", call->args[at], noun ? noun : "",
					noun ? " " : "", near);
		return cli_fail(output, CLI_EXIT_USAGE, "unknown verb \"%s%s%s\"; %s --help lists them",
				noun ? noun : "", noun ? " " : "", call->args[at], program->name);
	}
	if (!noun)
		return cli_fail(output, CLI_EXIT_USAGE, "a verb is missing; %s --help lists them", program->name);
	for (size_t i = 0; i < len; i++) {
		size_t used = strlen(all);

		snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", list[i]);
	}
	return cli_fail(output, CLI_EXIT_USAGE, "\"%s\" needs one of: %s", noun, all);
}

static void noun_help(const struct cli_program *program, const char *noun, FILE *out);

int cli_verb_find(const struct cli_program *program, struct cli_call *call, const struct cli_output *output)
{
	size_t words = 0;

	if (cli_flag(call, "version")) {
		fprintf(output->out, "%s %s\n", program->name, ACED_VERSION);
		return CLI_EXIT_OK;
	}
	for (const struct cli_verb *verb = program->verbs; verb->name && !call->verb; verb++) {
		words = cli_verb_words(verb, call);
		if (words || !*verb->name)
			call->verb = verb;
	}
	if (cli_flag(call, "help") && !call->verb && call->args_len && is_noun(program, call->args[0])) {
		noun_help(program, call->args[0], output->out);
		return CLI_EXIT_OK;
	}
	if (cli_flag(call, "help") && (call->verb || !call->args_len)) {
		cli_help_print(program, call->verb, output);
		return CLI_EXIT_OK;
	}
	if (!call->verb)
		return unknown_verb(program, call, output);
	call->args += words;
	call->args_len -= words;
	return -1;
}

static void print_flags(const struct cli_flag *flags, FILE *out)
{
	for (; flags && flags->name; flags++) {
		char text[96], letter[8] = "    ";

		if (flags->letter)
			snprintf(letter, sizeof letter, "-%c, ", flags->letter);
		snprintf(text, sizeof text, "%s--%s%s%s%s", letter, flags->name,
			 flags->value ? flags->value_optional ? "[=" : " " : "", flags->value ? flags->value : "",
			 flags->value && flags->value_optional ? "]" : "");
		if (strlen(text) > COLUMN)
			fprintf(out, "  %s\n  %-*s ", text, COLUMN, "");
		else
			fprintf(out, "  %-*s ", COLUMN, text);
		fprintf(out, "%s%s%s%s\n", flags->help, flags->env ? " [" : "", flags->env ? flags->env : "",
			flags->env ? "]" : "");
	}
}

/* All verbs, or those of one noun. */
static void print_verbs(const struct cli_program *program, const char *noun, FILE *out)
{
	size_t noun_len = noun ? strlen(noun) : 0;

	fputs("\nverbs:\n", out);
	for (const struct cli_verb *verb = program->verbs; verb->name; verb++) {
		char text[96];
		int len = snprintf(text, sizeof text, "%s %s", verb->name, verb->args);

		if (noun && (strncmp(verb->name, noun, noun_len) || verb->name[noun_len] != ' '))
			continue;
		if (len >= COLUMN)
			fprintf(out, "  %s\n  %-*s %s\n", text, COLUMN, "", verb->help);
		else
			fprintf(out, "  %-*s %s\n", COLUMN, text, verb->help);
	}
}

static void noun_help(const struct cli_program *program, const char *noun, FILE *out)
{
	fprintf(out, "usage: %s %s VERB [arguments] [flags]\n", program->name, noun);
	print_verbs(program, noun, out);
	fprintf(out, "\n%s %s VERB --help tells more\n", program->name, noun);
}

void cli_help_print(const struct cli_program *program, const struct cli_verb *verb, const struct cli_output *output)
{
	const char *examples = verb && *verb->name ? verb->examples : program->examples;
	FILE *out = output->out;

	if (examples)
		fprintf(out, "examples:\n%s\n", examples);
	if (verb)
		fprintf(out, "usage: %s%s%s%s%s [flags]\n%s\n", program->name, *verb->name ? " " : "", verb->name,
			*verb->args ? " " : "", verb->args, *verb->name ? verb->help : program->summary);
	else
		fprintf(out, "usage: %s VERB [arguments] [flags]\n%s\n", program->name, program->summary);
	if (!verb)
		print_verbs(program, NULL, out);
	if (verb && verb->flags && verb->flags->name) {
		fputs("\nflags:\n", out);
		print_flags(verb->flags, out);
	}
	if (program->flags && program->flags->name) {
		fprintf(out, "\nflags of every %s:\n", verb && !*verb->name ? "run" : "verb");
		print_flags(program->flags, out);
	}
	fputs("\ncommon flags:\n", out);
	print_flags(cli_common_flags, out);
	fputs("\nexit status: 0 done, 1 a clean no, 2 usage, 3 unreachable, 4 refused, 5 broken\n", out);
}
