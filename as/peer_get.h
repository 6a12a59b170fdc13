/* SPDX-License-Identifier: Apache-2.0 */
/* From a line's number to the peer at its other end, as its record is now. */
#ifndef AS_PEER_GET_H
#define AS_PEER_GET_H

#include "as/batch.h"

/* The peer of a line that is opened by that method, from the table or, freshly made, from the store. Its context is there
 * for STORE_AUTH_OSCORE only; its record is read for clients. *ret_peer borrows from the table.
 * @return ACE_OK; ACE_ERR_NOT_FOUND nobody has that line; ACE_ERR_NO_CONTEXT another method opens it, or its ticket
 * ran out; ACE_ERR_BUSY the table is full; what reading and deriving can say. */
ACE_MUST_CHECK enum ace_err as_peer_get(struct as_server *as, uint64_t line, enum store_auth method,
					struct as_peer **ret_peer);

#endif
