/* SPDX-License-Identifier: Apache-2.0 */
/* Each pair of messages, for who wants to watch: numbered, with its size on the wire. */
#ifndef CLIENT_EXPLAIN_H
#define CLIENT_EXPLAIN_H

#include "ace_client.h"
#include "client/exchange.h"

struct client_explain {
	void (*seen)(void *arg, const struct ace_client_step *step); /* NULL: nobody watches */
	void *arg;
	unsigned int steps; /* numbered so far */
};

/* The left side of the next step, "GET /temp". */
struct client_step {
	struct client_explain *explain;
	char what[160];
	bool is_to_as;
	unsigned int lines; /* told of this step */
};
void client_step_begin(struct client_step *step, struct client_explain *explain, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Tell of the step: the answer's code, what there is to say about it, and the sizes. A step whose request had to
 * be sent again is told of more than once. */
void client_step_line(struct client_step *step, const struct client_answer *answer, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Tell of a step that ended without an answer that counts. */
void client_step_failed(struct client_step *step, const struct client_answer *answer, const char *why);
/* A watcher that tells of what comes before the last answer of the step; arg is the step. */
void client_step_seen(void *arg, const struct client_answer *answer, const char *again);

#endif
