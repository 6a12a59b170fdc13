/* SPDX-License-Identifier: Apache-2.0 */
/* What the server counts, and how it is told to Prometheus (text format 0.0.4). Counters are plain integers: the thread
 * that serves also answers who asks. No label ever holds the id of a client or device. */
#ifndef AS_METRICS_H
#define AS_METRICS_H

#include <stdio.h>

#include "ace_err.h"
#include "as/token_log.h"

struct as_server;

/* Why a datagram was no verified request. */
enum as_fault {
	AS_FAULT_PLAIN = 0,  /* no OSCORE */
	AS_FAULT_NO_CONTEXT, /* a kid that is nobody's, or a kid context */
	AS_FAULT_REPLAY,
	AS_FAULT_DECRYPT,
	AS_FAULT_MALFORMED,
	AS_FAULT_OURS, /* we could not: no memory, no room for a context, the store */
	AS_FAULTS_LEN,
};

/* What waiting would cure; see as_metrics_delayed(). */
enum as_delay {
	AS_DELAY_GRANTS = 0, /* a client over its rate of grants */
	AS_DELAY_REFUSALS,   /* of refusals */
	AS_DELAY_OVERLOAD,   /* more work than is done */
	AS_DELAYS_LEN,
};

#define AS_BOUNDS_MAX 12
#define AS_REASON_SLOTS 32

/* How many were at most each bound, and their sum. */
struct as_histogram {
	uint64_t buckets[AS_BOUNDS_MAX + 1]; /* the last: above all bounds */
	uint64_t sum;                        /* in the unit of the bounds */
};

struct as_metrics {
	uint64_t granted, narrowed; /* tokens; narrowed: less than was asked */
	uint64_t refused[AS_REASON_SLOTS];
	uint64_t failed;     /* answers that a commit took back */
	uint64_t challenged; /* with Echo */
	uint64_t faults[AS_FAULTS_LEN];
	uint64_t delayed[AS_DELAYS_LEN];
	uint64_t commits_failed, numbers_refused;
	uint64_t policies_applied, policies_refused;
	struct as_histogram batch;     /* requests */
	struct as_histogram batch_us;  /* microseconds from the first datagram to the last answer */
	struct as_histogram commit_us; /* microseconds */
};

uint64_t as_metrics_now_us(void);

void as_metrics_fault(struct as_metrics *metrics, enum ace_err err);
/* After the commit. */
void as_metrics_token(struct as_metrics *metrics, const struct as_token_event *event);
void as_metrics_batch(struct as_metrics *metrics, size_t requests, uint64_t since_us);
void as_metrics_commit(struct as_metrics *metrics, uint64_t since_us, enum ace_err err);

/* All of it as text. ACE_ERR_IO out takes no more. */
ACE_MUST_CHECK enum ace_err as_metrics_write(struct as_server *as, FILE *out);

#endif
