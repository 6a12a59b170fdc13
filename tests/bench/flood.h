/* SPDX-License-Identifier: Apache-2.0 */
/* What as-flood is made of, beside bench.h: honest clients at a steady pace, and strangers who do what they can. */
#ifndef TESTS_FLOOD_H
#define TESTS_FLOOD_H

#include "bench.h"

/* --- honest clients (flood_honest.c) --- */

/* The settled ones were known to the server before; a newcomer asks once, and is to show first that it is there (Echo). Kinds of
 * clients, and places in arrays of struct flood_asked. */
enum flood_kind { FLOOD_SETTLED = 0, FLOOD_NEWCOMER = 1, FLOOD_KINDS = 2 };

/* Each has one request under way at most (RFC 7252 4.7: NSTART is 1), repeats it after two seconds, four, and so on, and asks
 * anew when its time has come. */
struct flood_honest; /* heap */

struct flood_asked {
	uint64_t due;     /* requests that a client was to make in that time */
	uint64_t in_time; /* tokens that came for them without a repetition */
	uint64_t late;    /* with one */
	uint64_t never;   /* no token, long after */
	uint64_t refused; /* answers that were no token, or did not verify */
	uint64_t elapsed_ns;
	double p50_ms, p99_ms; /* of those in time */
	uint64_t longest_ns;   /* until a token came, of all */
};

struct flood_honest_options {
	struct sockaddr_in server;
	size_t clients, rate_per_s; /* settled ones, and what they ask for together */
	size_t newcomers;           /* clients behind those */
};

struct flood_honest *flood_honest_new(const struct flood_honest_options *options);
void flood_honest_free(struct flood_honest *honest);
/* Ask for that long, at the rate. With newcomers, each of them comes at a time of its own; once in the life of honest. */
void flood_honest_run(struct flood_honest *honest, uint64_t duration_ns, bool with_newcomers,
		      struct flood_asked ret_asked[FLOOD_KINDS]);
/* No new requests: go on with what is under way until so many newcomers have their tokens, at most so long. */
void flood_honest_wait(struct flood_honest *honest, uint64_t duration_ns, size_t newcomers,
		       struct flood_asked asked[FLOOD_KINDS]);
/* No new requests: wait for what is under way, at most so long; adds to what was asked. */
void flood_honest_settle(struct flood_honest *honest, uint64_t duration_ns, struct flood_asked asked[FLOOD_KINDS]);

/* --- attackers (flood_attack.c) --- */

struct flood_attack_options {
	struct sockaddr_in server;
	size_t sources; /* addresses, from 127.64.0.1 on */
	int core;
};

struct flood_sent {
	uint64_t datagrams, bytes;
	uint64_t answers, answer_bytes; /* what came back */
};

struct flood_attack; /* heap, and a process */

/* They begin at once. */
struct flood_attack *flood_attack_start(const struct flood_attack_options *options);
/* Until now; they go on. */
void flood_attack_look(const struct flood_attack *attack, struct flood_sent *ret_sent);
void flood_attack_stop(struct flood_attack *attack, struct flood_sent *ret_sent);

/* --- the server's metrics (flood_metrics.c) --- */

/* Ask the port; the text stays until the next call. */
const char *flood_metrics_get(const struct bench_daemon *daemon);
/* The value of the line that begins with that name and its labels; bench_die() when there is none. */
uint64_t flood_metrics_value(const char *text, const char *name);

#endif
