/* SPDX-License-Identifier: Apache-2.0 */
/* For firmware whose CoAP stack has OSCORE of its own, Zephyr's for example: this library takes the tokens and says who may do
 * what, and hands over what that stack derives its contexts from. ace_rs_unprotect() and ace_rs_protect() are not called.
 *
 *	POST /authz-info in the clear:
 *		err = ace_rs_authz_info(&rs, NULL, body, &answer, &code);
 *		if (!err)
 *			err = ace_rs_foreign_material(&rs, body, ace_buf_slice(&answer), &room, &in);
 *		add a context to the stack with in: a post that came again gives the one that is there; then wipe room
 *	a request that the stack verified, under the context with our Recipient ID kid:
 *		err = ace_rs_foreign_request(&rs, kid, &ex);
 *		POST /authz-info: ace_rs_authz_info(&rs, &ex, body, &answer, &code)
 *		anything else: ace_rs_access(&ex, ...)
 *	once a second, and after each request: remove contexts for which ace_rs_foreign_is_alive() says false */
#ifndef ACE_RS_FOREIGN_H
#define ACE_RS_FOREIGN_H

#include "ace_rs.h"

/* What the accepted post makes a context of: Master Secret, Master Salt with the nonces in it, ids as the device sees them,
 * and ID Context. The token is opened a second time, so it must be one of ours, not one that only the AS can read.
 * @param body      the post, borrowed for the call.
 * @param answer    what ace_rs_authz_info() appended for it, ACE_RS_ANSWER_MAX bytes.
 * @param room      at least ACE_RS_MATERIAL_MAX bytes; ret_input borrows from it. It holds secrets: wipe it after use.
 * @return ACE_OK; ACE_ERR_SPACE; ACE_ERR_USAGE that is no answer; others as ace_rs_authz_info(). Nothing secret is
 * left in room then.  Source: RFC 9203 4.3, RFC 8613 3.2.1. */
#define ACE_RS_MATERIAL_MAX 400
ACE_MUST_CHECK enum ace_err ace_rs_foreign_material(struct ace_rs *rs, struct ace_slice body, struct ace_slice answer,
						    struct ace_buf *room, struct ace_oscore_input *ret_input);

/* The stack verified a request under that Recipient ID of ours, and it is no replay. The first one proves possession.
 * ret_ex is for ace_rs_access(), ace_rs_hints() and updates. ACE_ERR_NO_CONTEXT: answer 4.01 in the clear, and remove
 * the context.  Source: RFC 9203 4.4. */
ACE_MUST_CHECK enum ace_err ace_rs_foreign_request(struct ace_rs *rs, struct ace_slice kid, struct ace_rs_exchange *ret_ex);

/* Does a token still stand behind the context with that Recipient ID? */
bool ace_rs_foreign_is_alive(struct ace_rs *rs, struct ace_slice kid);
/* Which one is it? A number that no other context of this start has, or 0: no token stands behind it. Recipient IDs come again,
 * and a stack may not be able to remove a context at once. */
uint32_t ace_rs_foreign_serial(struct ace_rs *rs, struct ace_slice kid);
/* The stack gave it up: its sequence numbers have ended, for example. Its token goes with it; the end of a context that
 * nobody proved possession of leaves the one in use alone.  Source: RFC 9203 6. */
void ace_rs_foreign_end(struct ace_rs *rs, struct ace_slice kid);

#endif
