/* SPDX-License-Identifier: Apache-2.0 */
/* What a requester asks of the revocation list, and what of it is answered: numbers in, numbers out. */
#ifndef AS_TRL_QUERY_H
#define AS_TRL_QUERY_H

#include "ace_slice.h"

/* How much of its history a requester can get. It learns both numbers with its credentials (RFC 9770 10). */
struct as_trl_limits {
	uint64_t updates;   /* MAX_N; 0: full queries only */
	uint64_t page;      /* MAX_DIFF_BATCH; 0: no cursor */
	uint64_t index_max; /* MAX_INDEX, at least MAX_N - 1 */
};

/* A query parameter that is to be a number. */
struct as_trl_number {
	bool given;
	bool valid;     /* digits, and given once */
	uint64_t value; /* UINT64_MAX also for all that is larger */
};

struct as_trl_query {
	struct as_trl_number diff, cursor;
};

/* From the options of a request; parameters that are not known are passed over.  Source: RFC 9770 6.3. */
void as_trl_query_read(struct ace_slice options, struct as_trl_query *ret_query);

/* The history of one requester: updates are numbered from 0, and the last as_trl_limits.updates are kept. */
struct as_trl_history {
	bool is_empty;
	uint64_t newest;
};

enum as_trl_what { AS_TRL_FULL, AS_TRL_DIFF, AS_TRL_ERROR };

/* Source: RFC 9770 13. */
enum as_trl_error { AS_TRL_BAD_VALUE = 0, AS_TRL_BAD_SET = 1, AS_TRL_OUT_OF_BOUND = 2 };

/* What to answer. */
struct as_trl_plan {
	enum as_trl_what what;
	enum as_trl_error error;
	uint64_t first; /* the updates first to first + count - 1, which are listed newest first */
	uint64_t count;
	bool has_cursor;  /* the member is there */
	bool is_null;     /* with null */
	uint64_t cursor;  /* an index */
	bool more;        /* of a diff query with cursor */
};

/* Source: RFC 9770 6.3, 7, 8, 9. */
void as_trl_plan_make(const struct as_trl_query *query, const struct as_trl_limits *limits,
		      const struct as_trl_history *history, struct as_trl_plan *ret_plan);

#endif
