/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the device half share. authz_info.c is the table of contents; each file below does one step. */
#ifndef TOKEN_RS_H
#define TOKEN_RS_H

#include "ace_cose.h"
#include "ace_rs.h"

#define RS_NO_DEADLINE UINT64_MAX

/* A post, taken apart. Slices borrow from its body. */
struct rs_post {
	struct ace_slice token;
	struct ace_slice nonce1, client_id; /* unprotected posts only */
};

/* A token on its way through the checks. */
struct rs_token {
	struct ace_slice plain;   /* borrows from the scratch */
	struct ace_claims claims; /* borrow from plain */
	uint64_t deadline_ms;     /* monotonic, from exp and exi; RS_NO_DEADLINE when neither tells */
	uint32_t exp;             /* seconds since 1970 when it could be compared with a clock, else 0 */
	uint32_t exi_seq;         /* with claims.has_exi */
	enum ace_err osc_err;     /* why cnf holds no osc */
	uint8_t key;              /* index into config.keys of the key that opened it */
	uint8_t issuer;           /* index of the first key of the same issuer */
};

/* Where a new context will stand. Nothing is changed before ace_rs_table_commit(). */
struct rs_place {
	uint32_t post_hash;
	uint16_t association;
	uint8_t role;             /* enum ace_rs_role */
	bool is_new;              /* the association is free, or is evicted to make room */
	bool is_known_post;       /* its nonce1 was seen before */
	bool is_resend;           /* T3a: nonce2 and id are those of the pending context: derive nothing */
	uint8_t subject[8];
	uint8_t drawn[ACE_RS_NONCE2_LEN + ACE_RS_ID_LEN]; /* our nonce, and our Recipient ID */
};

/* post_rate.c: ACE_ERR_BUSY when unprotected posts come too fast (4.1 row 0). */
ACE_MUST_CHECK enum ace_err ace_rs_post_rate(struct ace_rs *rs);
/* authz_post.c: the body (rows 3 to 6); in an update everything but the token is ignored. */
ACE_MUST_CHECK enum ace_err ace_rs_post_read(const struct ace_rs *rs, struct ace_slice body, bool is_update,
					     struct rs_post *ret_post);
/* token_open.c: envelope and decryption into the scratch (rows 7 to 11), then the claims (row 12). */
ACE_MUST_CHECK enum ace_err ace_rs_token_open(struct ace_rs *rs, struct ace_slice token, struct rs_token *ret_token);
ACE_MUST_CHECK enum ace_err ace_rs_token_decode(struct rs_token *token);
/* token_check.c: rows 13 to 22. target is the association that an update is for, NULL for an unprotected post. */
ACE_MUST_CHECK enum ace_err ace_rs_token_check(const struct ace_rs *rs, const struct ace_rs_association *target,
					       const struct rs_post *post, struct rs_token *token);
/* osc_derive.c: nonces into the salt, salt into keys. */
ACE_MUST_CHECK enum ace_err ace_rs_osc_derive(struct ace_rs *rs, const struct rs_post *post,
					      const struct rs_token *token, const struct rs_place *place,
					      struct ace_oscore_ctx *ret_ctx);

/* token_table.c. reserve: a place, our nonce and id. ACE_ERR_FULL, ACE_ERR_RANDOM, ACE_ERR_CRYPTO. */
ACE_MUST_CHECK enum ace_err ace_rs_table_reserve(struct ace_rs *rs, const struct rs_post *post,
						 const struct rs_token *token, struct rs_place *ret_place);
void ace_rs_table_commit(struct ace_rs *rs, const struct rs_place *place, const struct rs_token *token,
			 const struct ace_oscore_ctx *ctx);
/* New rights for a current context. ACE_ERR_FULL: the scope is longer than there is room for. */
ACE_MUST_CHECK enum ace_err ace_rs_table_update(struct ace_rs *rs, struct ace_rs_grant *grant,
						const struct rs_token *token);
/* Possession is proven: grant becomes the current one of its association. */
void ace_rs_table_promote(struct ace_rs *rs, struct ace_rs_grant *grant);

/* rs_state.c: a moment that many seconds from now; about 136 years at most, so that nothing overflows. */
uint64_t ace_rs_deadline(uint64_t seconds);
/* The first of config.keys with the same issuer; several keys of one issuer count as one there. */
uint8_t ace_rs_issuer_of(const struct ace_rs_config *config, size_t key);

/* token_find.c: looking up and erasing. NULL or false: none. */
struct ace_rs_grant *ace_rs_grant_find(const struct ace_rs *rs, size_t association, enum ace_rs_role role);
struct ace_rs_grant *ace_rs_grant_of_role(const struct ace_rs *rs, enum ace_rs_role role);
struct ace_rs_grant *ace_rs_grant_by_kid(const struct ace_rs *rs, struct ace_slice kid);
bool ace_rs_association_find(const struct ace_rs *rs, uint8_t issuer, struct ace_slice osc_id, uint16_t *ret_index);
void ace_rs_grant_erase(struct ace_rs *rs, struct ace_rs_grant *grant);
void ace_rs_association_erase(struct ace_rs *rs, size_t association);

/* token_exi.c: when the countdown of an exi token ends. ACE_ERR_EXPIRED. */
ACE_MUST_CHECK enum ace_err ace_rs_exi_deadline(const struct ace_rs *rs, const struct rs_token *token,
						uint64_t *ret_deadline_ms);
/* The token, which has an exi, was accepted: from now on its countdown is remembered. */
void ace_rs_exi_note(struct ace_rs *rs, const struct rs_token *token);
void ace_rs_exi_expire(struct ace_rs *rs, uint64_t now_ms);

/* A constant, in firmware that is built for one key. */
static inline size_t rs_keys_len(const struct ace_rs_config *config)
{
	return ACE_RS_KEYS_MAX == 1 ? 1 : config->keys_len;
}

static inline struct ace_slice rs_place_nonce2(const struct rs_place *place)
{
	return (struct ace_slice){ place->drawn, ACE_RS_NONCE2_LEN };
}

static inline struct ace_slice rs_place_id(const struct rs_place *place)
{
	return (struct ace_slice){ place->drawn + ACE_RS_NONCE2_LEN, ACE_RS_ID_LEN };
}

static inline size_t rs_grants_len(const struct ace_rs *rs)
{
	return (size_t)(rs->grants_end - rs->grants);
}

#endif
