/* SPDX-License-Identifier: Apache-2.0 */
/* What the programs say to people and scripts: data on stdout, everything else on stderr, errors as text or JSON. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>

#include "ace_err.h"
#include "ace_slice.h"

struct json_t; /* jansson's; its header stays in cli/ */

/* Exit codes of all programs. */
enum cli_exit {
	CLI_EXIT_OK = 0,          /* done, allowed, valid, no difference, 2.xx */
	CLI_EXIT_NO = 1,          /* a clean "no": denied, invalid, differs, not found, a protected or DTLS 4.xx or 5.xx */
	CLI_EXIT_USAGE = 2,       /* the command line is wrong */
	CLI_EXIT_UNREACHABLE = 3, /* socket, time-out, ICMP; the daemon is not running */
	CLI_EXIT_REFUSED = 4,     /* authentication, permission, an unprotected error to a protected request */
	CLI_EXIT_BROKEN = 5,      /* store damaged, disk full, internal error */
};

enum cli_json_mode { CLI_TEXT = 0, CLI_JSON, CLI_JSON_LINES };

/* Where and how a program speaks. cli_main() fills it; tests may point the streams elsewhere. */
struct cli_output {
	const char *program; /* borrows; "acectl" */
	FILE *out;
	FILE *err;
	enum cli_json_mode json;
	bool color_out;
	bool color_err;
	bool quiet;
	unsigned int verbosity; /* how often -v was given */
};

/* One thing that went wrong, in the operator's words. Functions of cli/ that fail fill one. Never holds a secret. */
struct cli_error {
	enum ace_err err;
	int exit;          /* the exit code it asks for; 0: the one that err stands for */
	char code[16];     /* "E104"; empty: the name of err */
	char message[400];
	char hint[240];    /* empty: none */
	char file[256];    /* empty: none */
	unsigned int line; /* 0: unknown */
	unsigned int column;
	char pointer[160]; /* JSON Pointer of the place in file; empty: none */
};

/* Fill ret_error (which may be NULL) with err and a text; the other fields become empty.
 * @return err, so that a function can end with it. */
enum ace_err cli_error_set(struct cli_error *ret_error, enum ace_err err, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Add to an error that is set already; texts that do not fit are cut. NULL error: nothing happens. */
void cli_error_hint(struct cli_error *error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_error_place(struct cli_error *error, const char *file, unsigned int line, unsigned int column);

/* The exit code that an error stands for. */
int cli_exit_of(enum ace_err err);

/* Print one error to output->err: a line (and a hint) of text, or one JSON document. Errors are printed even with -q.
 * @return the exit code of the error. */
int cli_error_print(const struct cli_output *output, const struct cli_error *error);
/* The same from a format: `return cli_fail(out, CLI_EXIT_USAGE, "...")`. */
int cli_fail(const struct cli_output *output, int exit_code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* For people, to stderr; silent with -q and with --json. */
void cli_note(const struct cli_output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A line of data in text mode, to stdout; silent with --json, where cli_output_json() speaks instead. */
void cli_say(const struct cli_output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* The same for what a verb has done, which is no data: not with -q. */
void cli_say_done(const struct cli_output *output, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Print one document to stdout if --json was given, and free it in any case. In lines mode an array is printed one
 * element a line. ACE_OK; ACE_ERR_MEMORY the document is incomplete; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err cli_output_json(const struct cli_output *output, struct json_t *document);
/* The same, but in text mode the members of the object are printed as "key: value" lines. ACE_ERR_MEMORY; ACE_ERR_IO. */
ACE_MUST_CHECK enum ace_err cli_output_record(const struct cli_output *output, struct json_t *document);

/* The end of a noun that is counted: "3 client%s". */
#define CLI_S(count) ((count) == 1 ? "" : "s")

/* Colours for text on stdout: the escape sequence, or "" when colour is off. */
enum cli_color { CLI_COLOR_OFF = 0, CLI_COLOR_BOLD, CLI_COLOR_RED, CLI_COLOR_GREEN, CLI_COLOR_YELLOW, CLI_COLOR_DIM };
const char *cli_color(bool on, enum cli_color color);

/* A table in text mode: cells are added row by row, columns aligned by width in characters, two spaces between.
 * Texts are copied; control characters in them are shown as "\x1b". */
struct cli_table {
	char **cells; /* owns */
	size_t cells_len;
	size_t cells_cap;
	size_t columns;
	bool failed;
};
void cli_table_init(struct cli_table *table, size_t columns);
void cli_table_cell(struct cli_table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Print (unless --json was given) and free. ACE_ERR_MEMORY when a cell was lost. */
ACE_MUST_CHECK enum ace_err cli_table_print(struct cli_table *table, const struct cli_output *output);
/* Free one that is not to be printed; one that was printed is empty already. */
void cli_table_free(struct cli_table *table);

/* A point in time as RFC 3339 in UTC, "2026-11-24T04:20:00Z"; years 1970 to 9999, else "?". */
#define CLI_TIME_TEXT_MAX 24
void cli_time_text(int64_t seconds, char ret_text[CLI_TIME_TEXT_MAX]);
/* RFC 3339 with "Z" or an offset; seconds may be left out. False when it is none. */
bool cli_time_parse(const char *text, int64_t *ret_seconds);

#endif
