/* SPDX-License-Identifier: Apache-2.0 */
/* Who sent this? The OSCORE context that verifies a request is the answer, or the DTLS session that it came by; nothing
 * that the request claims is. */
#ifndef AS_AUTHENTICATE_H
#define AS_AUTHENTICATE_H

#include "as/batch.h"

/* Unprotect the request of a job, if DTLS did not, and set state, peer, exchange and inner; or, when nobody verified, leave the
 * answer to be sent unprotected in job->answer.  Source: RFC 8613 8.2, B.1.2; RFC 9175 2.3. */
void as_authenticate(struct as_server *as, struct as_job *job);
/* The first verified request turns a ticket into a credential that does not run out, whatever it asks for: the answer
 * to it is the client's proof, and waits for the commit. @return ACE_OK also when there is no ticket; as store_begin_write()
 * and store_client_update(). */
ACE_MUST_CHECK enum ace_err as_enrol(struct as_server *as, struct as_job *job);

#endif
