/* SPDX-License-Identifier: Apache-2.0 */
/* Observing the revocation list, over OSCORE and over DTLS. Notifications are made from the state that is on disk, whoever
 * changed it. */
#ifndef AS_OBSERVE_H
#define AS_OBSERVE_H

#include "as/batch.h"

/* A verified GET that was answered 2.05: when it has an Observe option, its sender is an observer from now on, or no longer.
 * Where there is no room the answer stays as it is, without Observe.  Source: RFC 7641 4.1, RFC 8613 4.1.3.5. */
void as_observe(struct as_server *as, struct as_job *job);

/* Tell those whose part changed since the last time, and queue what is to be sent. After each batch; outside of any
 * transaction.
 * @param ret_more  there is more to tell: call again soon. Written in any case.
 * @return ACE_OK; ACE_ERR_STORAGE the store must not be used any more. */
ACE_MUST_CHECK enum ace_err as_observe_tell(struct as_server *as, bool *ret_more);

#endif
