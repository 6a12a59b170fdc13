/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the revocation list as bytes. */
#ifndef AS_TRL_MESSAGE_H
#define AS_TRL_MESSAGE_H

#include "ace_cbor.h"
#include "as/trl_query.h"
#include "storage/revocations.h"

/* 2.05: {full_set, ? cursor} or {diff_set, ? cursor, ? more}, read from the store as the plan says. Only ACE_ERR_SPACE
 * comes from the writer; the others from the store. An update that is kept, but is not there, is ACE_ERR_DAMAGED.
 * Source: RFC 9770 7, 8, 9. */
ACE_MUST_CHECK enum ace_err as_trl_write(struct store_txn *txn, const struct store_trl_view *view,
					 const struct as_trl_plan *plan, struct ace_cbor_writer *w);
/* 4.00: concise problem details (RFC 9290) with ace-trl-error.  Source: RFC 9770 6.1. */
void as_trl_write_error(const struct as_trl_plan *plan, struct ace_cbor_writer *w);

#endif
