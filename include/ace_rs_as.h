/* SPDX-License-Identifier: Apache-2.0 */
/* What a device asks its authorization server: the list of revoked tokens (RFC 9770), and about single tokens (introspection,
 * RFC 9200 5.9); and the line that it asks over. Messages and answers are bytes; sending them is the caller's.
 * docs/firmware.md tells in which order. */
#ifndef ACE_RS_AS_H
#define ACE_RS_AS_H

#include "ace_rs.h"

/* --- the line to the AS --- */

#define ACE_RS_LINE_BLOCK 64 /* so many requests for each time that a number is stored */

/* The OSCORE context of the device's line, in which it is the client. Wipe it when it ends. */
struct ace_rs_line {
	struct ace_oscore_ctx ctx;
	uint64_t reserved; /* Partial IVs below it may be used: what is stored is no less */
};

/* stored: the number that was stored last, 0 for a new line. Numbers that were reserved before a restart are passed over.
 * Fails as ace_oscore_derive().  Source: RFC 8613 7.5, B.1.1. */
ACE_MUST_CHECK enum ace_err ace_rs_line_init(struct ace_rs_line *line, const struct ace_oscore_input *in, uint64_t stored);
/* The number to be stored where it survives, now or at leisure; 0: none. Then tell that it is. */
uint64_t ace_rs_line_to_store(const struct ace_rs_line *line);
void ace_rs_line_stored(struct ace_rs_line *line, uint64_t stored);
/* Protect a whole CoAP request. ACE_ERR_NOT_READY no number is left that was stored; ACE_ERR_EXHAUSTED; others as
 * ace_coap_read() and ace_oscore_protect_request(). */
ACE_MUST_CHECK enum ace_err ace_rs_line_protect(struct ace_rs_line *line, struct ace_slice message, struct ace_buf *out,
						struct ace_oscore_exchange *ret_exchange);
/* Open an answer or notification to that request. Fails as ace_coap_read() and ace_oscore_unprotect_response(). */
ACE_MUST_CHECK enum ace_err ace_rs_line_unprotect(const struct ace_rs_line *line, struct ace_oscore_exchange *exchange,
						  struct ace_slice datagram, struct ace_buf *out);

/* --- introspection, for config.introspect --- */

/* Instead of ace_rs_authz_info(), which refuses with 5.03 then: what is to be asked about a post. Posts that would be
 * refused anyway are refused here, so that the AS is not asked about forgeries.
 * @param ex, body  as for ace_rs_authz_info(). Keep the body, and ex unless it is NULL, until the answer is there.
 * @param payload   the payload of the POST to introspect_path is appended, Content-Format 19.
 * @return ACE_OK; otherwise *ret_code is the code of the answer to the client, as with ace_rs_authz_info().
 * Source: RFC 9200 5.9.1, 6.10. */
ACE_MUST_CHECK enum ace_err ace_rs_introspect_request(struct ace_rs *rs, const struct ace_rs_exchange *ex,
						      struct ace_slice body, struct ace_buf *payload, uint8_t *ret_code);

struct ace_rs_introspection {
	struct ace_slice body;    /* of the post, as it was asked about */
	uint8_t code;             /* of the AS's answer; 0: none came in time */
	struct ace_slice payload; /* of the AS's answer; it may hold keys, so wipe it afterwards */
};

/* The AS has answered, or will not. Arguments, answer and reasons are those of ace_rs_authz_info(); besides,
 * ACE_ERR_REVOKED: the token is not active; ACE_ERR_NOT_READY, 5.03: no answer, or one that is none. A token whose end
 * cannot be told otherwise counts for ACE_RS_INTROSPECTED_S.
 * Source: RFC 9200 5.9.2, 6.10: without an answer the RS "MUST NOT" grant access. */
ACE_MUST_CHECK enum ace_err ace_rs_introspect_finish(struct ace_rs *rs, struct ace_rs_exchange *ex,
						     const struct ace_rs_introspection *in, struct ace_buf *answer,
						     uint8_t *ret_code);

/* --- the list of revoked tokens, for config.revoked --- */

/* A GET of the list, for ace_rs_trl_request(). Slices are borrowed for the call. */
struct ace_rs_trl_query {
	struct ace_coap_header header; /* code is set by the function */
	struct ace_slice path;         /* trl_path of the device's export */
	bool observe;                  /* be told of changes; poll besides, for notifications get lost (RFC 9770 11) */
	bool has_diff;                 /* only the latest changes, at most diff of them, 0: all that are kept */
	bool has_cursor;               /* with has_diff: those after cursor, which an earlier answer told */
	uint32_t diff, cursor;
};

/* Append the CoAP message, which the line to the AS is to protect. ACE_ERR_SPACE; ACE_ERR_USAGE a cursor without diff, or
 * a token that is too long.  Source: RFC 9770 6, 7, 8. */
ACE_MUST_CHECK enum ace_err ace_rs_trl_request(const struct ace_rs_trl_query *query, struct ace_buf *out);

/* What an answer says besides hashes. */
struct ace_rs_trl {
	bool is_full;         /* the whole list, not changes of it */
	bool is_lost;         /* changes are missing: ask for the whole list. RFC 9770 9.2.3 */
	bool more;            /* ask again with cursor */
	bool has_cursor;
	uint32_t cursor;
};

/* Take the payload of a 2.05 or notification with Content-Format 262, both kinds of answers. Tokens that it names end at
 * once with their contexts, and are refused from then on. What the answer does not name, or no answer at all, changes
 * nothing for them. The first whole list also ends the time in which unprotected posts are put off (config.revoked).
 * @return ACE_OK; ACE_ERR_USAGE config.revoked_len is 0; ACE_ERR_MISSING neither list; ACE_ERR_UNSUPPORTED a hash of
 * another function; the malformed band. Nothing has changed then.  Source: RFC 9770 7, 8, 9, 11.1. */
ACE_MUST_CHECK enum ace_err ace_rs_trl_read(struct ace_rs *rs, struct ace_slice payload, struct ace_rs_trl *ret_trl);

/* Is that token, as it stood in access_token, known as revoked? For diagnostics: posts are checked anyway. The scratch is
 * ACE_TOKEN_HASH_SCRATCH() bytes. */
ACE_MUST_CHECK enum ace_err ace_rs_is_revoked(const struct ace_rs *rs, struct ace_slice token, struct ace_buf scratch,
					      bool *ret_is_revoked);

/* Keep what is known of revoked tokens over a restart, or tokens count again until the first whole list has come. Has it
 * changed since it was saved last? Look after ace_rs_authz_info(), ace_rs_trl_read() and ace_rs_tick(). */
bool ace_rs_revoked_changed(const struct ace_rs *rs);
/* Append it to out, at most ACE_RS_REVOKED_SAVED(config.revoked_len) bytes. ACE_ERR_SPACE. */
#define ACE_RS_REVOKED_SAVED(len) (1 + (size_t)(len) * (ACE_RS_HASH_LEN + 10))
ACE_MUST_CHECK enum ace_err ace_rs_revoked_save(struct ace_rs *rs, struct ace_buf *out);
/* After ace_rs_init(), with the same keys in the same order; when there is more than config.revoked_len, the newest stay.
 * ACE_ERR_MALFORMED, with nothing taken: not what was saved; ACE_ERR_USAGE config.revoked_len is 0. */
ACE_MUST_CHECK enum ace_err ace_rs_revoked_restore(struct ace_rs *rs, struct ace_slice saved);

#endif
