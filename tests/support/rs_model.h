/* SPDX-License-Identifier: Apache-2.0 */
/* The state machine of a device in the plainest form, without keys and bytes: what each event must lead to. Written from the
 * specification of the states, not from the library, which is compared with it. */
#ifndef TESTS_RS_MODEL_H
#define TESTS_RS_MODEL_H

#include "ace_issue.h"
#include "rs_fixture.h"

#define MODEL_CONTEXTS (2 * FIXTURE_CONTEXTS + 1)
#define MODEL_EXI (2 * FIXTURE_CONTEXTS + 2)
#define MODEL_REVOKED 4

struct model_token {
	uint32_t id;          /* no two have the same */
	uint8_t osc_id;
	char sub;
	bool is_update;
	int64_t exp, iat;     /* seconds since 1970; exp 0: it has an exi */
	uint32_t exi_s, seq;
	uint8_t hash[ACE_TOKEN_HASH_LEN];
};

struct model_context {
	enum ace_rs_role role;
	struct model_token token;
	char sub;             /* of the token that it began with */
	uint64_t born_ms, deadline_ms;
	uint8_t kid[ACE_RS_ID_LEN];
	uint32_t client;      /* who has the other end */
	unsigned observers;
};

/* Counts while a context has its osc_id. */
struct model_association {
	uint8_t osc_id;
	uint64_t born_ms;
	uint64_t posts[ACE_RS_POSTS_KEPT], pending_post;
	size_t posts_len;
};

struct model_revoked {
	struct model_token token;
	bool seen, left, has_exp, has_seq;
};

struct model {
	uint64_t now_ms, wait_until_ms;
	struct model_context contexts[MODEL_CONTEXTS];
	struct model_association associations[FIXTURE_CONTEXTS];
	struct { uint64_t deadline_ms; uint32_t seq; } exi[MODEL_EXI];
	struct model_revoked revoked[MODEL_REVOKED];
	size_t revoked_len;
	int64_t highest_expired, highest_seen;
};

/* What becomes of a post that is taken. */
struct model_plan {
	struct model_association *association;
	enum ace_rs_role role;
	bool is_new, is_known, is_resend;
	uint64_t post;
};

int64_t model_wall(const struct model *m);
void model_start(struct model *m, uint64_t now_ms);
/* Timers: T14, T15, T35, T40, T55. */
void model_tick(struct model *m);
/* T1, T4 to T6, T10, T10a, T30 to T32, T51 to T54. Returns the code; a plan is made with 2.01, and carried out by commit. */
uint8_t model_post(struct model *m, const struct model_token *token, uint32_t nonce1, struct model_plan *ret_plan);
void model_commit(struct model *m, const struct model_plan *plan, const struct model_token *token, const uint8_t *kid,
		  uint32_t client);
/* T12, T33: a request verified. */
void model_promote(struct model *m, struct model_context *context);
/* T36 to T38. */
uint8_t model_update(struct model *m, struct model_context *context, const struct model_token *token);
/* T16, T41, T42, T56: the list names it. T55: it does not any more. */
void model_revoke(struct model *m, const struct model_token *token);
void model_list_leave(struct model *m, uint32_t id);
/* T45. exi numbers and revoked hashes were saved. */
void model_reboot(struct model *m);
struct model_context *model_by_kid(struct model *m, const uint8_t *kid);

#endif
