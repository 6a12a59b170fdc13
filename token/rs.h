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
#if ACE_RS_TRL
	uint8_t hash[ACE_RS_HASH_LEN];
#endif
#if ACE_RS_INTROSPECT
	bool is_introspected;     /* claims are what the AS says of it */
#endif
	struct ace_slice plain;   /* borrows from the scratch */
	uint64_t deadline_ms;     /* monotonic, from exp and exi; RS_NO_DEADLINE when neither tells */
	struct ace_claims claims; /* borrow from plain */
};

/* Where in the order of checks a post was refused. */
enum rs_step { RS_STEP_POST, RS_STEP_OPEN, RS_STEP_REST };

/* authz_info.c: what a peer learns of a reason: protocol.md 4.1, column "unprot" or "update". */
uint8_t ace_rs_code_of(enum ace_err err, enum rs_step step, bool is_update);
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
/* The sequence number of an exi token out of its cti into exi_seq. ACE_ERR_MISSING, ACE_ERR_MALFORMED. */
ACE_MUST_CHECK enum ace_err ace_rs_exi_seq(const struct ace_rs *rs, struct rs_token *token);
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

/* rs_observe.c: its token is over: erased, unless observers must be told before. */
#if ACE_RS_OBSERVE
void ace_rs_grant_end(struct ace_rs *rs, struct ace_rs_grant *grant);
#else
#define ace_rs_grant_end ace_rs_grant_erase
#endif

/* token_exi.c: when the countdown of an exi token ends. ACE_ERR_EXPIRED. */
ACE_MUST_CHECK enum ace_err ace_rs_exi_deadline(const struct ace_rs *rs, const struct rs_token *token,
						uint64_t *ret_deadline_ms);
/* The token, which has an exi, was accepted: from now on its countdown is remembered. */
void ace_rs_exi_note(struct ace_rs *rs, const struct rs_token *token);
void ace_rs_exi_expire(struct ace_rs *rs, uint64_t now_ms);

/* rs_cnonce.c: a nonce for hints to the start of out, which has room for ACE_RS_CNONCE_MAX; nothing when they are not in
 * use. ACE_ERR_RANDOM, ACE_ERR_CRYPTO. And row 16: ACE_ERR_CNONCE, ACE_ERR_CRYPTO. */
ACE_MUST_CHECK enum ace_err ace_rs_cnonce_make(struct ace_rs *rs, struct ace_buf *out);
ACE_MUST_CHECK enum ace_err ace_rs_cnonce_check(const struct ace_rs *rs, struct ace_slice nonce);

/* rs_revoked.c. check: row 8, and the hash into token. ACE_ERR_REVOKED; ACE_ERR_CRYPTO. */
ACE_MUST_CHECK enum ace_err ace_rs_revoked_check(struct ace_rs *rs, struct ace_slice bytes, struct rs_token *token);
/* Must unprotected posts wait for the first whole list? */
bool ace_rs_revoked_is_awaited(const struct ace_rs *rs);
/* Hashes whose tokens are over and were seen need not be kept. */
void ace_rs_revoked_settle(struct ace_rs *rs, int64_t wall_s);
void ace_rs_revoked_add(struct ace_rs *rs, const uint8_t hash[ACE_RS_HASH_LEN]);
void ace_rs_revoked_remove(struct ace_rs *rs, const uint8_t hash[ACE_RS_HASH_LEN]);
/* Around the hashes of a whole list: those that are not added between have left it. */
void ace_rs_revoked_list_begin(struct ace_rs *rs);
void ace_rs_revoked_list_end(struct ace_rs *rs);
enum rs_revoked_flags {
	RS_REVOKED_SEEN = 1,   /* the token was here */
	RS_REVOKED_LEFT = 2,   /* the AS says that it has expired */
	RS_REVOKED_EXI = 4,    /* exi_seq is known */
	RS_REVOKED_LISTED = 8, /* in the list that is being read */
};

/* Rows 0 and 3 to 6. */
static inline enum ace_err rs_post_take(struct ace_rs *rs, bool is_update, const struct ace_slice *body,
					struct rs_post *ret_post)
{
	if (!is_update) {
		enum ace_err err;

		if (ACE_RS_TRL && ace_rs_revoked_is_awaited(rs))
			return ACE_ERR_NOT_READY;
		err = ace_rs_post_rate(rs);                             /* row 0 */
		if (err)
			return err;
	}
	return ace_rs_post_read(rs, body, is_update, ret_post);         /* rows 3 to 6 */
}

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

/* Does the context of the exchange still take part? Its place may be another one's by now. */
static inline bool rs_is_live(const struct ace_rs_exchange *ex)
{
	return ex->grant->serial == ex->serial && (!ACE_RS_OBSERVE || ex->grant->role != ACE_RS_ENDING);
}

static inline size_t rs_scratch_len(const struct ace_rs *rs)
{
	return ACE_RS_SCRATCH_LEN(rs->config.token_bytes);
}

static inline size_t rs_grants_len(const struct ace_rs *rs)
{
	return (size_t)(rs->grants_end - rs->grants);
}

#endif
