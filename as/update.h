/* SPDX-License-Identifier: Apache-2.0 */
/* Updates of access rights: which input material a request means, and whether it may be meant. */
#ifndef AS_UPDATE_H
#define AS_UPDATE_H

#include "as/known.h"
#include "as/server.h"

/* The material whose rights change. */
struct as_update {
	uint64_t osc_id;      /* sequence of the token that brought it */
	struct ace_slice kid; /* its osc.id, as in the request; borrows from there */
};

struct as_update_query {
	const struct as_client *client; /* who asks */
	const struct as_device *device; /* for which audience */
	struct ace_slice kid;           /* req_cnf of the request */
};

/* Find it by its number, which is its name. It must have been issued to this client for this device, and its latest token
 * must be alive.
 * @return ACE_OK; ACE_ERR_DENIED with the reason (enum as_reason), which the client must not learn; what the store
 * returns.  Source: RFC 9203 3.1, RFC 9201 3.1. */
ACE_MUST_CHECK enum ace_err as_update_find(struct as_server *as, const struct as_update_query *in,
					   struct as_update *ret_update, int32_t *ret_reason);

#endif
