/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of the past: decisions as audit.keep_days and audit.max_bytes say, tokens until they are over. */
#ifndef AS_RETAIN_H
#define AS_RETAIN_H

#include "as/server.h"

/* Let what is over leave, in transactions of at most STORE_DROP_ROWS rows. Looks first: when nothing is to be dropped,
 * nothing is written. For the loop, between batches.
 * @param position     where the search for expired tokens goes on; 0 at start.
 * @param rounds       transactions for each of decisions and tokens at most: requests wait meanwhile.
 * @param ret_is_behind  there is more to drop: call again soon.
 * @return errors of the store. */
ACE_MUST_CHECK enum ace_err as_retain(struct as_server *as, uint64_t *position, unsigned int rounds,
				      bool *ret_is_behind);

#endif
