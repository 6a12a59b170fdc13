/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the device half share. authz_info.c is the table of contents; each file below does one step. */
#ifndef TOKEN_RS_H
#define TOKEN_RS_H

#include "ace_alg.h"
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
	uint8_t key;              /* index into config.keys of the key that opened it */
	uint8_t issuer;           /* index of the first key of the same issuer */
	enum ace_err osc_err;     /* why cnf holds no osc */
	uint32_t exp;             /* seconds since 1970 when it could be compared with a clock, else 0 */
	uint32_t exi_seq;         /* with claims.has_exi */
	struct ace_slice plain;   /* borrows from the scratch */
	uint64_t deadline_ms;     /* monotonic, from exp and exi; RS_NO_DEADLINE when neither tells */
	struct ace_claims claims; /* borrow from plain */
};

/* post_rate.c: ACE_ERR_BUSY when unprotected posts come too fast (4.1 row 0). */
ACE_MUST_CHECK enum ace_err ace_rs_post_rate(struct ace_rs *rs);
/* authz_post.c: the body (rows 3 to 6); in an update everything but the token is ignored. */
ACE_MUST_CHECK enum ace_err ace_rs_post_read(const struct ace_rs *rs, const struct ace_slice *body, bool is_update,
					     struct rs_post *ret_post);
/* token_open.c: envelope and decryption into the scratch (rows 7 to 11), then the claims (row 12). */
ACE_MUST_CHECK enum ace_err ace_rs_token_open(struct ace_rs *rs, struct ace_slice token, struct rs_token *ret_token);
ACE_MUST_CHECK enum ace_err ace_rs_token_decode(struct rs_token *token);
/* token_check.c: rows 13 to 22, and that there is room for the scope (ACE_ERR_FULL). target is the association that an
 * update is for, NULL for an unprotected post. */
ACE_MUST_CHECK enum ace_err ace_rs_token_check(const struct ace_rs *rs, const struct ace_rs_association *target,
					       const struct rs_post *post, struct rs_token *token);
/* token_admit.c: row 24. Derive a context, keep it with its token, and append the answer. ACE_ERR_FULL, ACE_ERR_RANDOM,
 * ACE_ERR_CRYPTO, ACE_ERR_SPACE: nothing is changed then. */
ACE_MUST_CHECK enum ace_err ace_rs_admit(struct ace_rs *rs, const struct rs_post *post, const struct rs_token *token,
					 struct ace_buf *answer);

/* token_table.c: scope and end of a token into a grant; the scope must fit. */
void ace_rs_grant_token(struct ace_rs *rs, struct ace_rs_grant *grant, const struct rs_token *token);
/* New rights for a current context. */
void ace_rs_table_update(struct ace_rs *rs, struct ace_rs_grant *grant, const struct rs_token *token);
/* Possession is proven: grant becomes the current one of its association. */
void ace_rs_table_promote(struct ace_rs *rs, struct ace_rs_grant *grant);

/* rs_state.c: a moment that many seconds from now; about 136 years at most, so that nothing overflows. */
uint64_t ace_rs_deadline(uint64_t seconds);
/* The first of config.keys with the same issuer; several keys of one issuer count as one there. */
uint8_t ace_rs_issuer_of(const struct ace_rs_config *config, size_t key);

/* token_find.c: looking up and erasing. NULL: none. */
/* association: NULL for any. */
struct ace_rs_grant *ace_rs_grant_find(const struct ace_rs *rs, const struct ace_rs_association *association,
				       enum ace_rs_role role);
struct ace_rs_grant *ace_rs_grant_by_kid(const struct ace_rs *rs, struct ace_slice kid);
struct ace_rs_association *ace_rs_association_find(const struct ace_rs *rs, uint8_t issuer, struct ace_slice osc_id);
void ace_rs_grant_erase(struct ace_rs *rs, struct ace_rs_grant *grant);
void ace_rs_association_erase(struct ace_rs *rs, const struct ace_rs_association *association);

/* token_exi.c: when the countdown of an exi token ends. ACE_ERR_EXPIRED. */
ACE_MUST_CHECK enum ace_err ace_rs_exi_deadline(const struct ace_rs *rs, const struct rs_token *token,
						uint64_t *ret_deadline_ms);
/* The token, which has an exi, was accepted: from now on its countdown is remembered. */
void ace_rs_exi_note(struct ace_rs *rs, const struct rs_token *token);
void ace_rs_exi_expire(struct ace_rs *rs, uint64_t now_ms);

static inline int32_t rs_osc_alg(const struct ace_osc *osc)
{
	/* The same, if that is the only algorithm that was let through. */
	if (ACE_ALG_ONLY == ACE_ALG_CCM_16_64_128)
		return ACE_ALG_CCM_16_64_128;
	return osc->alg ? osc->alg : ACE_ALG_CCM_16_64_128;
}

/* A constant, in firmware that is built for one key. */
static inline size_t rs_keys_len(const struct ace_rs_config *config)
{
	return ACE_RS_KEYS_MAX == 1 ? 1 : config->keys_len;
}

/* The same, of the keys of one issuer. */
static inline bool rs_is_issuer(uint8_t a, uint8_t b)
{
	return ACE_RS_KEYS_MAX == 1 || a == b;
}

static inline size_t rs_issuer_at(uint8_t issuer)
{
	return ACE_RS_KEYS_MAX == 1 ? 0 : issuer;
}

static inline size_t rs_grants_len(const struct ace_rs *rs)
{
	return (size_t)(rs->grants_end - rs->grants);
}

#endif
