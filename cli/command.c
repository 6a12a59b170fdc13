/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/command_internal.h"
#include "cli/json.h"

#define FLAGS_MAX 96
#define FIRST_VALUE 256 /* getopt values of long options: 256 + index into the list */

const struct cli_flag cli_common_flags[] = {
	{ .name = "help", .letter = 'h', .help = "show this help" },
	{ .name = "version", .help = "show the version" },
	{ .name = "quiet", .letter = 'q', .help = "print errors and data only" },
	{ .name = "verbose", .letter = 'v', .repeatable = true, .help = "say more" },
	{ .name = "json", .value = "lines", .value_optional = true, .env = "ACE_JSON",
	  .help = "print JSON; with =lines one element a line" },
	{ .name = "color", .value = "auto|always|never", .help = "colour on a terminal (auto), or as told" },
	{ .name = "no-pager", .help = "never page (nothing does; taken so that scripts may give it)" },
	{ .name = "yes", .letter = 'y', .help = "do not ask before something is destroyed" },
	{ .name = NULL },
};

/* All flags of a program as getopt_long wants them. */
struct flag_set {
	const struct cli_flag *list[FLAGS_MAX];
	size_t len;
	struct option options[FLAGS_MAX + 1];
	char letters[3 * FLAGS_MAX + 3];
};

static const struct cli_flag *find_flag(const struct cli_flag *flags, const char *name)
{
	for (; flags && flags->name; flags++)
		if (!strcmp(flags->name, name))
			return flags;
	return NULL;
}

static void collect(struct flag_set *set, const struct cli_flag *flags)
{
	for (; flags && flags->name; flags++) {
		bool known = false;
		size_t at = strlen(set->letters);

		for (size_t i = 0; i < set->len; i++)
			known |= !strcmp(set->list[i]->name, flags->name);
		if (known || set->len == FLAGS_MAX)
			continue;
		set->options[set->len] = (struct option){
			.name = flags->name,
			.has_arg = !flags->value ? no_argument : flags->value_optional ? optional_argument : required_argument,
			.val = FIRST_VALUE + (int)set->len,
		};
		set->list[set->len++] = flags;
		if (flags->letter && !strchr(set->letters, flags->letter))
			snprintf(set->letters + at, sizeof set->letters - at, "%c%s", flags->letter,
				 !flags->value ? "" : flags->value_optional ? "::" : ":");
	}
}

static const struct cli_flag *flag_of(const struct flag_set *set, int value)
{
	if (value >= FIRST_VALUE)
		return set->list[value - FIRST_VALUE];
	for (size_t i = 0; i < set->len; i++)
		if (set->list[i]->letter == value)
			return set->list[i];
	return NULL;
}

/* Usage errors of getopt, in our own words. */
static int bad_flag(const struct flag_set *set, char **argv, int value, const struct cli_output *output)
{
	const char *word = argv[optind - 1];
	const char *names[FLAGS_MAX];
	const char *near;

	if (value == ':')
		return cli_fail(output, CLI_EXIT_USAGE, "%s needs a value", word);
	if (optopt && optopt < FIRST_VALUE)
		return cli_fail(output, CLI_EXIT_USAGE, "unknown flag -%c", optopt);
	if (optopt)
		return cli_fail(output, CLI_EXIT_USAGE, "--%s takes no value", set->list[optopt - FIRST_VALUE]->name);
	for (size_t i = 0; i < set->len; i++)
		names[i] = set->list[i]->name;
	near = strncmp(word, "--", 2) ? NULL : cli_nearest(word + 2, names, set->len);
	if (near)
		return cli_fail(output, CLI_EXIT_USAGE, "unknown flag %s (did you mean --%s?)", word, near);
	return cli_fail(output, CLI_EXIT_USAGE, "unknown flag %s", word);
}

static int add_given(struct cli_call *call, const struct cli_flag *flag, const char *value,
		     const struct cli_output *output)
{
	if (!flag->repeatable && cli_flag(call, flag->name))
		return cli_fail(output, CLI_EXIT_USAGE, "--%s is given twice", flag->name);
	if (call->given_len == CLI_GIVEN_MAX)
		return cli_fail(output, CLI_EXIT_USAGE, "more than %d flags", CLI_GIVEN_MAX);
	call->given[call->given_len++] = (struct cli_given){ flag, value };
	return -1;
}

static int read_flags(const struct flag_set *set, int argc, char **argv, struct cli_call *call,
		      const struct cli_output *output)
{
	int value, code;

	optind = 0; /* glibc: start anew, also after an earlier call */
	opterr = 0;
	while ((value = getopt_long(argc, argv, set->letters, set->options, NULL)) != -1) {
		if (value == '?' || value == ':')
			return bad_flag(set, argv, value, output);
		code = add_given(call, flag_of(set, value), optarg, output);
		if (code >= 0)
			return code;
	}
	call->args = argv + optind;
	call->args_len = (size_t)(argc - optind);
	return -1;
}

/* Flags are collected from all verbs, for they may stand before the verb; here those of other verbs are refused. */
static int check_flags(const struct cli_program *program, const struct cli_call *call, const struct cli_output *output)
{
	for (size_t i = 0; i < call->given_len; i++) {
		const char *name = call->given[i].flag->name;

		if (!find_flag(cli_common_flags, name) && !find_flag(program->flags, name) &&
		    !find_flag(call->verb->flags, name))
			return cli_fail(output, CLI_EXIT_USAGE, "--%s does not go with \"%s %s\"", name, program->name,
					call->verb->name);
	}
	return -1;
}

int cli_environment_add(const struct cli_flag *flags, struct cli_call *call, const struct cli_output *output)
{
	int code = -1;

	for (; flags && flags->name && code < 0; flags++) {
		const char *value = flags->env ? getenv(flags->env) : NULL;

		if (value && *value && !cli_flag(call, flags->name))
			code = add_given(call, flags, value, output);
	}
	return code;
}

/* ACE_JSON=1 is --json, ACE_JSON=lines is --json=lines, ACE_JSON=0 is neither. */
static bool set_json(const struct cli_call *call, struct cli_output *output)
{
	const char *value = cli_flag_value(call, "json");

	output->json = CLI_TEXT;
	if (!cli_flag(call, "json") || (value && !strcmp(value, "0")))
		return true;
	output->json = value && !strcmp(value, "lines") ? CLI_JSON_LINES : CLI_JSON;
	return !value || !strcmp(value, "1") || !strcmp(value, "lines");
}

/* A command line that cannot be read is told in JSON, too, when it asks for that. */
static void expect_json(int argc, char **argv, struct cli_output *output)
{
	const char *value = getenv("ACE_JSON");

	if (value && *value && strcmp(value, "0"))
		output->json = CLI_JSON;
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)
		if (!strcmp(argv[i], "--json") || !strncmp(argv[i], "--json=", 7))
			output->json = CLI_JSON;
}

static bool set_color(const struct cli_call *call, struct cli_output *output)
{
	const char *value = cli_flag_value(call, "color");
	const char *no_color = getenv("NO_COLOR");
	bool wanted = !(no_color && *no_color);

	if (value && strcmp(value, "auto") && strcmp(value, "always") && strcmp(value, "never"))
		return false;
	if (value && strcmp(value, "auto"))
		output->color_out = output->color_err = !strcmp(value, "always");
	else
		output->color_out = wanted && isatty(fileno(output->out)),
		output->color_err = wanted && isatty(fileno(output->err));
	return true;
}

static int apply_common(struct cli_call *call, struct cli_output *output)
{
	for (size_t i = 0; i < call->given_len; i++)
		output->verbosity += !strcmp(call->given[i].flag->name, "verbose");
	output->quiet = cli_flag(call, "quiet");
	call->yes = cli_flag(call, "yes");
	if (!set_json(call, output))
		return cli_fail(output, CLI_EXIT_USAGE, "--json is given alone or as --json=lines");
	if (!set_color(call, output))
		return cli_fail(output, CLI_EXIT_USAGE, "--color is auto, always or never");
	return -1;
}

static int check_args(const struct cli_program *program, const struct cli_call *call, const struct cli_output *output)
{
	const struct cli_verb *verb = call->verb;
	const char *space = *verb->name ? " " : "";

	if (call->args_len < verb->args_min)
		return cli_fail(output, CLI_EXIT_USAGE, "too few arguments; usage: %s%s%s %s", program->name, space,
				verb->name, verb->args);
	if (call->args_len > verb->args_max)
		return cli_fail(output, CLI_EXIT_USAGE, "unexpected argument \"%s\"; usage: %s%s%s %s",
				call->args[verb->args_max], program->name, space, verb->name, verb->args);
	return -1;
}

int cli_parse(const struct cli_program *program, int argc, char **argv, struct cli_call *ret_call,
	      struct cli_output *output)
{
	static struct flag_set set;
	int code;

	output->program = program->name;
	*ret_call = (struct cli_call){ .program = program };
	memset(&set, 0, sizeof set);
	snprintf(set.letters, sizeof set.letters, ":"); /* a missing value is told apart */
	collect(&set, cli_common_flags);
	collect(&set, program->flags);
	for (const struct cli_verb *verb = program->verbs; verb->name; verb++)
		collect(&set, verb->flags);
	expect_json(argc, argv, output);
	code = read_flags(&set, argc, argv, ret_call, output);
	if (code < 0)
		code = cli_environment_add(cli_common_flags, ret_call, output);
	if (code < 0)
		code = apply_common(ret_call, output);
	if (code < 0)
		code = cli_verb_find(program, ret_call, output);
	if (code < 0)
		code = check_flags(program, ret_call, output);
	if (code < 0)
		code = cli_environment_add(program->flags, ret_call, output);
	if (code < 0)
		code = cli_environment_add(ret_call->verb->flags, ret_call, output);
	return code < 0 ? check_args(program, ret_call, output) : code;
}

/* All programs hold keys: no core dump has them, and no other process of this user reads our memory. */
static void keep_memory_private(void)
{
	int fd = open("/proc/self/coredump_filter", O_WRONLY | O_CLOEXEC);

	/* Should somebody with more rights dump it all the same: no anonymous memory. */
	if (fd >= 0) {
		(void)!write(fd, "0", 1);
		close(fd);
	}
	(void)setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

int cli_main(const struct cli_program *program, int argc, char **argv)
{
	struct cli_output output = { .out = stdout, .err = stderr };
	struct cli_call call;
	int code;

	keep_memory_private();
	cli_json_init();
	if (argc > 1 && !strcmp(argv[1], "__complete"))
		return cli_complete(program, argc - 2, argv + 2, &output);
	code = cli_parse(program, argc, argv, &call, &output);
	if (code < 0)
		code = call.verb->run(&call, &output);
	if (fflush(stdout) || ferror(stdout))
		return cli_fail(&output, CLI_EXIT_BROKEN, "cannot write to standard output: %s", strerror(errno));
	return code;
}
