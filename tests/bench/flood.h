/* SPDX-License-Identifier: Apache-2.0 */
/* What as-flood is made of, beside bench.h: honest clients at a steady pace, and strangers who do what they can. */
#ifndef TESTS_FLOOD_H
#define TESTS_FLOOD_H

#include "bench.h"

/* --- honest clients (flood_honest.c) --- */

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
};

struct flood_honest *flood_honest_new(const struct sockaddr_in *server, size_t clients, size_t rate_per_s);
void flood_honest_free(struct flood_honest *honest);
/* Ask for that long, at the rate. */
void flood_honest_run(struct flood_honest *honest, uint64_t duration_ns, struct flood_asked *ret_asked);
/* No new requests: wait for what is under way, at most so long; adds to what was asked. */
void flood_honest_settle(struct flood_honest *honest, uint64_t duration_ns, struct flood_asked *asked);

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
