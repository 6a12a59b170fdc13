/* SPDX-License-Identifier: Apache-2.0 */
/* What is written down about a request, in the transaction of its batch: a grant with its token, a refusal alone. */
#ifndef AS_DECISION_RECORD_H
#define AS_DECISION_RECORD_H

#include "as/mint.h"
#include "as/request.h"
#include "storage/clients.h"

/* What is known when the answer is. Borrowed for the call. */
struct as_decided {
	const struct as_client *client;
	const struct as_device *device; /* NULL: the audience is not known */
	const struct as_request *request;
	int32_t reason; /* enum policy_reason or enum as_reason */
	enum ace_oauth_error error;
	uint32_t lifetime_s;
};

/* Fill a record and give it an id. Errors of store_decision_id_take(). */
ACE_MUST_CHECK enum ace_err as_decision_fill(struct as_server *as, const struct as_decided *in,
					     struct store_decision *ret_record);
/* Add token and decision to the batch's write transaction. */
ACE_MUST_CHECK enum ace_err as_record_grant(struct as_server *as, struct store_decision *record,
					    const struct as_minted *minted);
/* Add the refusal, or count it to the one that is alike (*ret_joined); record->id is then that one's. */
ACE_MUST_CHECK enum ace_err as_record_refusal(struct as_server *as, struct store_decision *record, bool *ret_joined);

#endif
