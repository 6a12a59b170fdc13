/* SPDX-License-Identifier: Apache-2.0 */
/* The revocation list as the peers of this server see it (RFC 9770). */
#ifndef AS_TRL_H
#define AS_TRL_H

#include "as/batch.h"
#include "storage/revocations.h"

/* What a peer sees: a client or device its own tokens, an administrator all. *ret_view borrows from the peer.
 * Source: RFC 9770 6. */
ACE_MUST_CHECK enum ace_err as_trl_view(struct as_server *as, const struct as_peer *peer,
					struct store_trl_view *ret_view);
/* The answer to a GET with these options, for that view. */
ACE_MUST_CHECK enum ace_err as_trl_answer(struct as_server *as, const struct store_trl_view *view,
					  struct ace_slice options, struct as_answer *answer);

/* Take off the list what is over. Looks first, and writes only when there is something; a list that ends at once leaves
 * in several transactions over several calls. */
ACE_MUST_CHECK enum ace_err as_trl_expire(struct as_server *as, int64_t now);

#endif
