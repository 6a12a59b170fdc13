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

/* One whose part of the list is not what it was. */
struct as_trl_changed {
	enum store_trl_kind kind; /* STORE_TRL_ALL: every administrator */
	char id[STORE_ID_MAX + 1];
};

/* The next one whose part changed behind *position of the table of changes, which moves on: those who observe are to be
 * told, and nobody else (RFC 9770 11). Take store_change_last() as the first position, when an observation begins.
 * @return ACE_OK; ACE_ERR_NOT_FOUND no more, and *position is the newest; ACE_ERR_EXHAUSTED too many changes came at once:
 * everybody's may have changed, *position is the newest; errors of the store. */
ACE_MUST_CHECK enum ace_err as_trl_next_changed(struct store_txn *txn, uint64_t *position,
						struct as_trl_changed *ret_changed);

/* Take off the list what is over. Looks first, and writes only when there is something; a list that ends at once leaves
 * in several transactions over several calls. */
ACE_MUST_CHECK enum ace_err as_trl_expire(struct as_server *as, int64_t now);

#endif
