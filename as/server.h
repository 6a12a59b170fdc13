/* SPDX-License-Identifier: Apache-2.0 */
/* The authorization server as a whole: what lives from start to stop. One thread owns it. */
#ifndef AS_SERVER_H
#define AS_SERVER_H

#include "ace_block.h"
#include "ace_udp_server.h"
#include "as/bucket.h"
#include "as/config.h"
#include "as/device_cache.h"
#include "as/echo.h"
#include "as/metrics.h"
#include "as/metrics_http.h"
#include "as/observers.h"
#include "as/overload.h"
#include "as/peer_table.h"
#include "as/refusals.h"
#include "cli/address.h"
#include "cli/log.h"
#include "policy/policy.h"
#include "storage/meta.h"
#include "storage/store.h"

/* Token sequence numbers that were taken from the store and not used yet. */
struct as_sequence {
	uint64_t next;
	uint32_t left;
};

struct as_coaps;

/* Of events that anybody can cause, who sends requests while something is wrong. */
#define AS_PACES_FIRST ACE_ERR_SPACE /* the first error of ours */
struct as_paces {
	struct cli_log_pace sequence, batch, commit, answer;
	struct cli_log_pace failed[ACE_ERR_USAGE - AS_PACES_FIRST + 2]; /* token requests, by reason: none hides another */
};

struct as_server {
	const struct as_config *config; /* borrows until as_server_close() */
	struct store *store;            /* owns */
	struct store_info info;
	char token_path[CLI_PATH_MAX + 1];  /* of info.as_uri */
	struct ace_udp_server *udp;         /* owns */
	struct as_coaps *coaps;             /* owns; NULL: coaps:// is not served */
	struct policy *policy;              /* owns; replaced when generation changes */
	uint64_t generation;
	uint64_t generation_refused; /* one that did not compile: not tried again */
	struct as_peer_table peers;
	struct as_device_cache devices;
	uint64_t changes_seen; /* position in the store's table of changes up to which peers and devices are current */
	struct ace_oscore_ctx decoy; /* decrypts what no context is known for, so that both cost the same */
	struct as_echo echo;
	struct as_refusals refusals;
	struct as_observers observers;
	struct ace_bodies bodies; /* owns its places: of requests and answers that go in blocks */
	struct as_sequence sequence;
	uint8_t iv_prefix[5]; /* the bytes before the sequence number in every COSE IV of this run */
	int64_t started_at;   /* seconds since 1970 */
	uint64_t tokens_issued;
	struct as_metrics metrics;
	struct as_overload overload;
	struct as_http *http; /* owns; NULL: no metrics are asked for */
	const char *sandbox;  /* static: what is in force of it, for people; NULL: not entered yet */
	enum ace_err commit_err;   /* of the last commit */
	enum ace_err sequence_err; /* of the last time that token numbers were wanted */
	struct as_batch *batch; /* owns: the requests at hand */
	struct as_paces paces;
};

/* Open everything in order: store, key, counters, policy, socket.
 * @param ret_error  what failed, for people.
 * @return ACE_OK; otherwise nothing is left open. */
ACE_MUST_CHECK enum ace_err as_server_open(const struct as_config *config, struct as_server *ret_server,
					   struct store_error *ret_error);
/* As as_server_open() as far as nothing is written and nothing is taken: store, key, issuer and policy, but no lock and no
 * socket, so that it works beside a running aced. The result can only be looked at and closed. */
ACE_MUST_CHECK enum ace_err as_server_check(const struct as_config *config, struct as_server *ret_server,
					    struct store_error *ret_error);
/* Wipes keys; a zeroed struct is fine. */
void as_server_close(struct as_server *as);

/* Serve until SIGTERM or SIGINT. @return ACE_OK after a signal; ACE_ERR_STORAGE the store failed: exit at once. */
ACE_MUST_CHECK enum ace_err as_server_run(struct as_server *as);

/* Put the newest policy generation in force if it compiles; else the old one stays and the log says so. */
ACE_MUST_CHECK enum ace_err as_policy_refresh(struct as_server *as, struct store_txn *txn);
/* Leave a sign of life for `acectl status`. */
ACE_MUST_CHECK enum ace_err as_heartbeat(struct as_server *as);

#endif
