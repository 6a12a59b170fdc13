/* SPDX-License-Identifier: Apache-2.0 */
/* Events of a daemon as lines of key=value on stderr:
 *     level=info event=token.issued client=wallboard-1 aud=thermo-101
 * Peers' text is escaped and cut, so a line is always one line and no terminal is fooled. Secrets never go in.
 * errno is the same after a call as before. */
#ifndef CLI_LOG_H
#define CLI_LOG_H

#include "ace_err.h"
#include "ace_slice.h"

enum cli_log_level { CLI_LOG_ERROR = 0, CLI_LOG_WARN, CLI_LOG_INFO, CLI_LOG_DEBUG };

#define CLI_LOG_VALUE_MAX 128 /* characters of a value that are shown */
#define CLI_LOG_LINE_MAX 1024

struct cli_log_field {
	const char *key;
	enum { CLI_LOG_TEXT = 0, CLI_LOG_HEX, CLI_LOG_INT } kind;
	struct ace_slice bytes; /* borrows for the call */
	int64_t number;
};

/* Makers of fields. text may be NULL (shown as "-"). */
struct cli_log_field cli_log_text(const char *key, const char *text);
struct cli_log_field cli_log_slice(const char *key, struct ace_slice text);
struct cli_log_field cli_log_hex(const char *key, struct ace_slice bytes);
struct cli_log_field cli_log_int(const char *key, int64_t number);
struct cli_log_field cli_log_err(enum ace_err err); /* err=NAME */

/* Lines of less importance than level are left out; info at start. */
void cli_log_level_set(enum cli_log_level level);
/* Would a line of that importance be written? For callers that have work to save when not. */
bool cli_log_shows(enum cli_log_level level);
/* error, warn, info, debug. */
ACE_MUST_CHECK bool cli_log_level_parse(const char *name, enum cli_log_level *ret_level);
/* Where lines go instead of stderr (tests). */
void cli_log_fd_set(int fd);

void cli_log_fields(enum cli_log_level level, const char *event, const struct cli_log_field *fields, size_t len);
/* cli_log(CLI_LOG_INFO, "token.issued", cli_log_text("client", id), cli_log_int("expires_in", 600)); */
#define cli_log(level, event, ...)                                                                                     \
	cli_log_fields(level, event, (const struct cli_log_field[]){ __VA_ARGS__ },                                    \
		       ACE_ARRAY_LEN(((const struct cli_log_field[]){ __VA_ARGS__ })))

/* Of events that a peer can cause as often as it likes: one line a minute, and how many there were since the last one.
 * Zeroed at start; one for each event. */
struct cli_log_pace {
	uint64_t told_ms;  /* monotonic */
	uint64_t left_out; /* since then */
	bool is_told;
};
/* As cli_log_fields(), with more=N behind them when N events were left out before this one. At most
 * CLI_LOG_PACED_FIELDS fields. now_ms is monotonic. */
#define CLI_LOG_PACED_FIELDS 7
#define CLI_LOG_PACE_MS 60000
void cli_log_fields_paced(struct cli_log_pace *pace, uint64_t now_ms, enum cli_log_level level, const char *event,
			  const struct cli_log_field *fields, size_t len);
#define cli_log_paced(pace, now_ms, level, event, ...)                                                                 \
	cli_log_fields_paced(pace, now_ms, level, event, (const struct cli_log_field[]){ __VA_ARGS__ },                \
			     ACE_ARRAY_LEN(((const struct cli_log_field[]){ __VA_ARGS__ })))

#endif
