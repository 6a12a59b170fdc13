/* SPDX-License-Identifier: Apache-2.0 */
/* One turn of the loop: the requests that were waiting in the sockets, handled together, committed together,
 * answered after that. */
#ifndef AS_BATCH_H
#define AS_BATCH_H

#include "as/answer.h"
#include "as/blocks.h"
#include "as/server.h"
#include "as/token_log.h"
#include "as/way.h"

enum as_job_state {
	AS_JOB_PLAIN = 0,  /* nobody verified: the answer goes out unprotected */
	AS_JOB_CHALLENGED, /* verified, but perhaps old: a protected 4.01 with Echo */
	AS_JOB_VERIFIED,   /* peer sent it, and it is no replay */
	AS_JOB_SILENT,     /* as AS_JOB_PLAIN, of a source that is over its budget: no answer */
};

#define AS_JOBS_MAX (ACE_UDP_BATCH_MAX + AS_COAPS_BATCH_MAX)

/* One request on its way. */
struct as_job {
	struct as_way way; /* how it came */
	enum as_job_state state;
	struct as_peer *peer; /* borrows from the table; NULL when AS_JOB_PLAIN */
	struct ace_oscore_exchange exchange;
	/* Borrows from plain; of DTLS: from the way. A payload that came in blocks is there only while it is served. */
	struct ace_coap_message inner;
	struct ace_block1 block1; /* what the answer says about the blocks of the request */
	struct as_answer answer;
	struct as_token_event event; /* what the log is told after the commit */
	uint64_t sender_number;      /* the Partial IV of a challenge */
	enum ace_err sender_err;     /* why there is none */
	uint8_t plain[ACE_UDP_DATAGRAM_MAX];
};

struct as_batch {
	int64_t now;         /* seconds since 1970 */
	int64_t now_ms;      /* milliseconds since 1970 */
	uint64_t monotonic_ms;
	size_t verified;     /* jobs that are AS_JOB_VERIFIED */
	struct store_txn *read;  /* owns: the state of the store that this batch sees */
	struct store_txn *write; /* owns; NULL until something has to be written */
	enum ace_err write_err;  /* why nothing can be written in this batch */
	bool is_overtaken;       /* acectl changed something between read and write: nothing is written until as_serve_again() */
	size_t overtaken_from;   /* the first job that has to be served again then */
	size_t len;
	struct as_job jobs[AS_JOBS_MAX];
};

/* Handle what is waiting. @return ACE_OK; ACE_ERR_STORAGE the store must not be used any more. */
ACE_MUST_CHECK enum ace_err as_batch_run(struct as_server *as);

/* Begin to read, and bring what is kept in memory to that state. On failure nothing was begun. Errors of store_begin_read(),
 * as_policy_refresh() and as_changes_follow(). */
ACE_MUST_CHECK enum ace_err as_batch_look(struct as_server *as);

/* The batch's write transaction, begun at the first call. Its failure sticks; ACE_ERR_BUSY while the batch is overtaken. */
ACE_MUST_CHECK enum ace_err as_batch_write(struct as_server *as, struct store_txn **ret_txn);

/* Serve all requests of the batch that were verified, or were understood without that. Those that come after the first one for
 * which acectl was seen to have overtaken the batch are left waiting with it. */
void as_serve_all(struct as_server *as);
/* Serve the others once more, on the state that acectl left, if it has overtaken the batch. The write transaction has been begun
 * by then, so that nothing does so again. A request whose key is another by now is not served. */
void as_serve_again(struct as_server *as);

#endif
