/* SPDX-License-Identifier: Apache-2.0 */
/* What may stand at the end of a command line, for the completion of shells: from the tables that --help prints. */
#include <ctype.h>
#include <string.h>

#include "cli/command_internal.h"

#define KIND_MAX 64

/* A command line that is being typed: its last word is not there yet, or not whole. */
struct typed {
	const struct cli_program *program;
	const struct cli_output *output;
	struct cli_call call;        /* what stands before the last word */
	const struct cli_flag *open; /* whose value the last word is; NULL: none */
	bool is_ended;               /* "--" stands before */
	const char *before;          /* what stands before the candidates in the last word: "--format=" or "" */
	size_t before_len;
	const char *word; /* the rest of the last word */
};

static const struct cli_flag *in_list(const struct cli_flag *flags, const char *name, size_t len, char letter)
{
	for (; flags && flags->name; flags++)
		if (letter ? flags->letter == letter : strlen(flags->name) == len && !strncmp(flags->name, name, len))
			return flags;
	return NULL;
}

/* The verb's own flags first: a value may be of another kind with another verb. letter 0: by name. */
static const struct cli_flag *find_flag(const struct typed *typed, const char *name, size_t len, char letter)
{
	const struct cli_verb *verb = typed->call.verb;
	const struct cli_flag *flag = verb ? in_list(verb->flags, name, len, letter) : NULL;

	flag = flag ? flag : in_list(typed->program->flags, name, len, letter);
	flag = flag ? flag : in_list(cli_common_flags, name, len, letter);
	for (verb = typed->program->verbs; !flag && verb->name; verb++)
		flag = in_list(verb->flags, name, len, letter);
	return flag;
}

static void give(struct typed *typed, const struct cli_flag *flag, const char *value)
{
	if (flag && typed->call.given_len < CLI_GIVEN_MAX)
		typed->call.given[typed->call.given_len++] = (struct cli_given){ flag, value };
}

static void take_long(struct typed *typed, const char *name)
{
	size_t len = strcspn(name, "=");
	const struct cli_flag *flag = find_flag(typed, name, len, 0);

	if (flag && flag->value && !flag->value_optional && !name[len])
		typed->open = flag;
	else
		give(typed, flag, name[len] ? name + len + 1 : NULL);
}

static void take_letters(struct typed *typed, const char *letters)
{
	for (; *letters; letters++) {
		const struct cli_flag *flag = find_flag(typed, "", 0, *letters);

		if (flag && flag->value && !letters[1])
			typed->open = flag;
		else
			give(typed, flag, flag && flag->value ? letters + 1 : NULL);
		if (flag && flag->value)
			return;
	}
}

static void take_word(struct typed *typed, char *word)
{
	if (typed->open) {
		give(typed, typed->open, word);
		typed->open = NULL;
	} else if (typed->is_ended || word[0] != '-' || !word[1]) {
		typed->call.args[typed->call.args_len++] = word;
	} else if (!strcmp(word, "--")) {
		typed->is_ended = true;
	} else if (word[1] == '-') {
		take_long(typed, word + 2);
	} else {
		take_letters(typed, word + 1);
	}
}

static void offer(const struct typed *typed, const char *candidate, size_t len)
{
	size_t word_len = strlen(typed->word);

	if (word_len <= len && !strncmp(candidate, typed->word, word_len))
		fprintf(typed->output->out, "%.*s%.*s\n", (int)typed->before_len, typed->before, (int)len, candidate);
}

/* What --help calls a value, without brackets: "json", "FILE", "PATH...", "CLIENT". */
static void offer_kind(struct typed *typed, const char *kind)
{
	FILE *out = typed->output->out;

	if (islower((unsigned char)kind[0]))
		offer(typed, kind, strlen(kind));
	else if (!strncmp(kind, "FILE", 4) || !strcmp(kind, "PATH...") || !strcmp(kind, "TICKET"))
		fputs("\tfiles\n", out);
	else if (!strcmp(kind, "@FILE"))
		fputs("\tat\n", out);
	else if (!strcmp(kind, "DIR"))
		fputs("\tdirs\n", out);
	else if (typed->program->complete && cli_environment_add(typed->program->flags, &typed->call, typed->output) < 0)
		typed->program->complete(&typed->call, kind, &(struct cli_wanted){ typed->word, typed->before, typed->before_len, out });
}

/* "ID" of "client show" is a CLIENT-ID. */
static void own_kind(const struct typed *typed, char kind[KIND_MAX])
{
	const char *name = typed->call.verb ? typed->call.verb->name : "";
	size_t len = strcspn(name, " ");

	if (strcmp(kind, "ID") || !name[len])
		return;
	snprintf(kind, KIND_MAX, "%.*s-ID", (int)len, name);
	for (size_t i = 0; kind[i]; i++)
		kind[i] = (char)toupper((unsigned char)kind[i]);
}

/* One place of a synopsis: "[GEN]", "TOKEN|@FILE|-". */
static void offer_place(struct typed *typed, const char *place, size_t len)
{
	char kind[KIND_MAX];

	while (len && strchr("[]", place[len - 1]))
		len--;
	while (len && *place == '[')
		place++, len--;
	for (size_t part; len; place += part, len -= part) {
		part = strcspn(place, "|");
		part = part < len ? part : len;
		if (part < sizeof kind) {
			memcpy(kind, place, part);
			kind[part] = '\0';
			own_kind(typed, kind);
			offer_kind(typed, kind);
		}
		part += part < len;
	}
}

/* The nth place of one form of a synopsis, whose last place may be taken again and again. */
static void offer_nth(struct typed *typed, const char *form, size_t form_len, size_t nth)
{
	const char *end = form + form_len;

	while (form < end) {
		size_t len = strcspn(form, " "), rest = (size_t)(end - form);
		bool is_repeated;

		len = len < rest ? len : rest;
		is_repeated = len == rest && memmem(form, len, "...", 3);
		if (!nth || is_repeated) {
			offer_place(typed, form, len);
			return;
		}
		nth--;
		form += len + (len < rest);
	}
}

static void offer_arguments(struct typed *typed)
{
	const char *form = typed->call.verb->args, *next;

	for (; form; form = next ? next + 3 : NULL) {
		next = strstr(form, " | ");
		offer_nth(typed, form, next ? (size_t)(next - form) : strlen(form), typed->call.args_len);
	}
}

static void offer_flags(const struct typed *typed, const struct cli_flag *flags)
{
	char name[KIND_MAX];

	for (; flags && flags->name; flags++) {
		if (!flags->repeatable && cli_flag(&typed->call, flags->name))
			continue;
		snprintf(name, sizeof name, "--%s", flags->name);
		offer(typed, name, strlen(name));
	}
}

/* First words of all verbs, or the second words behind a noun; each one once. */
static void offer_verbs(const struct typed *typed)
{
	const struct cli_verb *verbs = typed->program->verbs;
	const char *noun = typed->call.args_len ? typed->call.args[0] : NULL;
	size_t noun_len = noun ? strlen(noun) : 0;

	if (typed->call.args_len > 1)
		return;
	for (const struct cli_verb *verb = verbs; verb->name; verb++) {
		size_t first = strcspn(verb->name, " ");

		if (noun) {
			if (first == noun_len && verb->name[first] && !strncmp(verb->name, noun, first))
				offer(typed, verb->name + first + 1, strlen(verb->name + first + 1));
		} else if (verb == verbs || strncmp(verb->name, verb[-1].name, first) || !strchr(" ", verb[-1].name[first])) {
			offer(typed, verb->name, first);
		}
	}
}

static void find_verb(struct typed *typed)
{
	struct cli_call *call = &typed->call;

	for (const struct cli_verb *verb = typed->program->verbs; verb->name && !call->verb; verb++) {
		size_t words = cli_verb_words(verb, call);

		if (!words && *verb->name)
			continue;
		call->verb = verb;
		call->args += words;
		call->args_len -= words;
	}
}

static void offer_value(struct typed *typed, const struct cli_flag *flag)
{
	const char *kind;

	/* The verb may have stood behind the flag. */
	flag = find_flag(typed, flag->name, strlen(flag->name), 0);
	if (!flag || !flag->value)
		return;
	/* That of an argument may be a resource's, but for "PATH...". */
	kind = strcmp(flag->value, "PATH") ? flag->value : "PATH...";
	offer_place(typed, kind, strlen(kind));
}

static void offer_word(struct typed *typed)
{
	size_t name_len = strcspn(typed->word, "=");
	const struct cli_flag *flag;

	if (typed->open) {
		offer_value(typed, typed->open);
	} else if (typed->is_ended || typed->word[0] != '-') {
		if (typed->call.verb)
			offer_arguments(typed);
		else
			offer_verbs(typed);
	} else if (!strncmp(typed->word, "--", 2) && typed->word[name_len]) {
		flag = find_flag(typed, typed->word + 2, name_len - 2, 0);
		typed->before = typed->word;
		typed->before_len = name_len + 1;
		typed->word += name_len + 1;
		if (flag)
			offer_value(typed, flag);
	} else {
		if (typed->call.verb)
			offer_flags(typed, typed->call.verb->flags);
		offer_flags(typed, typed->program->flags);
		offer_flags(typed, cli_common_flags);
	}
}

int cli_complete(const struct cli_program *program, int argc, char **argv, const struct cli_output *output)
{
	static struct typed typed; /* a call is large */

	typed = (struct typed){ .program = program, .output = output, .word = "", .before = "" };
	typed.call.program = program;
	typed.call.args = argv; /* words are only moved towards its begin */
	for (int i = 0; i < argc - 1; i++)
		take_word(&typed, argv[i]);
	if (argc > 0)
		typed.word = argv[argc - 1];
	find_verb(&typed);
	offer_word(&typed);
	return CLI_EXIT_OK;
}
