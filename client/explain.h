/* SPDX-License-Identifier: Apache-2.0 */
/* --explain: each pair of messages as a numbered line on stderr, with its size on the wire. */
#ifndef CLIENT_EXPLAIN_H
#define CLIENT_EXPLAIN_H

#include "cli/output.h"
#include "client/exchange.h"

struct client_explain {
	const struct cli_output *output; /* borrows; NULL: say nothing */
	unsigned int steps;              /* lines numbered so far */
};

/* The left side of the next step, "GET /temp". */
struct client_step {
	struct client_explain *explain;
	char what[160];
	unsigned int lines; /* printed for this step */
};
void client_step_begin(struct client_step *step, struct client_explain *explain, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Print the step's line: the answer's code, what there is to say about it, and the sizes. A step whose request had to
 * be sent again gets more lines, of which the first has the number. */
void client_step_line(struct client_step *step, const struct client_answer *answer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* A line for a step that ended without an answer that counts. */
void client_step_failed(struct client_step *step, const struct client_answer *answer, const char *why);
/* A watcher that prints Echo rounds of the step; arg is the step. */
void client_step_seen(void *arg, const struct client_answer *answer, bool echo_follows);

#endif
