/* SPDX-License-Identifier: Apache-2.0 */
/* The command line of a program as one table: verbs, flags, help. Parsing (getopt_long), help, "did you mean" and the
 * common flags come from it, the same in all programs:
 *   -h/--help --version -q/--quiet -v/--verbose --json[=lines] --color auto|always|never -y/--yes --no-pager
 * Flags may stand before or after the verb. "--" ends them. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include "cli/output.h"

/* A flag of a verb or of the whole program. A name means the same kind of flag (switch or value) in all verbs. */
struct cli_flag {
	const char *name;     /* long name, "state-dir" */
	char letter;          /* short form; 0: none */
	const char *value;    /* what follows, for help: "DIR"; NULL: a switch */
	bool value_optional;  /* --wait[=SECS] */
	bool repeatable;      /* else giving it twice is a usage error */
	const char *env;      /* environment variable that stands in for it; NULL: none */
	const char *help;     /* one line */
};

struct cli_call;

struct cli_verb {
	const char *name;     /* "status", "policy apply"; "" in a program without verbs */
	const char *args;     /* synopsis of the arguments, "PATH..."; "" for none */
	size_t args_min;
	size_t args_max;
	const char *help;     /* one line */
	const char *examples; /* lines for the verb's help; NULL: none */
	const struct cli_flag *flags; /* borrows; ends with a NULL name; may be NULL */
	/* Does the work and returns an exit code. */
	int (*run)(const struct cli_call *call, const struct cli_output *output);
};

/* What completion wants: candidates that begin with word, each printed on a line of its own behind before. */
struct cli_wanted {
	const char *word;
	const char *before; /* not terminated */
	size_t before_len;
	FILE *out;
};

struct cli_program {
	const char *name;
	const char *summary;          /* one line */
	const char *examples;         /* lines, shown first in the help */
	const struct cli_flag *flags; /* of all verbs; ends with a NULL name; may be NULL */
	const struct cli_verb *verbs; /* ends with a NULL name */
	/* Prints what there is of a kind of value ("CLIENT", "GEN"), all of it or nothing, and nothing when it cannot be had.
	 * call has the flags that were given, and no more. NULL: there are no such kinds. */
	void (*complete)(const struct cli_call *call, const char *kind, const struct cli_wanted *wanted);
};

/* A flag as it was given. */
struct cli_given {
	const struct cli_flag *flag; /* borrows from the table */
	const char *value;           /* borrows from argv or the environment; NULL: a switch, or an optional value left out */
};

#define CLI_GIVEN_MAX 128

struct cli_call {
	const struct cli_program *program; /* borrows */
	const struct cli_verb *verb;       /* borrows */
	char **args;                       /* borrows from argv: what follows the verb */
	size_t args_len;
	bool yes;                          /* -y */
	size_t given_len;
	struct cli_given given[CLI_GIVEN_MAX];
};

/* Was the flag given (environment counted)? */
bool cli_flag(const struct cli_call *call, const char *name);
/* Its (last) value, borrowed from argv or the environment; NULL when absent. */
const char *cli_flag_value(const struct cli_call *call, const char *name);
/* The nth value of a repeatable flag, from 0; NULL past the end. */
const char *cli_flag_nth(const struct cli_call *call, const char *name, size_t nth);
/* A value that must be a decimal number within min and max. Absent: fallback.
 * @return false after having printed a usage error. */
struct cli_number {
	const char *flag;
	int64_t min;
	int64_t max;
	int64_t fallback;
};
ACE_MUST_CHECK bool cli_flag_number(const struct cli_call *call, const struct cli_output *output,
				    const struct cli_number *number, int64_t *ret_value);
/* A whole text as a decimal number within min and max; false when it is none. */
ACE_MUST_CHECK bool cli_number_parse(const char *text, int64_t min, int64_t max, int64_t *ret_value);

/* May a destructive verb go on? -y was given, or a person at the terminal answers y to the question.
 * Else false, and the verb returns CLI_EXIT_USAGE; the reason has been printed. */
ACE_MUST_CHECK bool cli_confirm(const struct cli_call *call, const struct cli_output *output, const char *question);

/* All of main(): parse, answer --help and --version, run the verb, and fail if stdout could not be written.
 * @return the exit code. */
int cli_main(const struct cli_program *program, int argc, char **argv);

/* The parts of cli_main, for tests. parse fills call and the settings of output (whose streams are set already).
 * @return -1 to go on with the verb; else the exit code: help or version was printed, or a usage error. */
int cli_parse(const struct cli_program *program, int argc, char **argv, struct cli_call *ret_call,
	      struct cli_output *output);
void cli_help_print(const struct cli_program *program, const struct cli_verb *verb, const struct cli_output *output);

/* The word of a list that a typo was meant to be; NULL when none is near. List items may be NULL. */
const char *cli_nearest(const char *word, const char *const *list, size_t len);

#endif
