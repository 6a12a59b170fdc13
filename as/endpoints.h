/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints are plain functions: a verified request in, an answer out. No network, no protection. */
#ifndef AS_ENDPOINTS_H
#define AS_ENDPOINTS_H

#include "as/batch.h"

/* Find the endpoint for the inner request of a verified job and let it fill job->answer. */
void as_dispatch(struct as_server *as, struct as_job *job);
/* The same for a job that nobody verified: only what is public is answered, else job->answer stays. */
void as_dispatch_public(struct as_server *as, struct as_job *job);

/* POST /token.  Source: RFC 9200 5.8, RFC 9203 3. */
void as_token_endpoint(struct as_server *as, struct as_job *job);

/* POST /introspect.  Source: RFC 9200 5.9, RFC 9201 4, RFC 7662 2. */
void as_introspect_endpoint(struct as_server *as, struct as_job *job);
/* GET /revoke/trl.  Source: RFC 9770 6. */
void as_trl_endpoint(struct as_server *as, struct as_job *job);

/* GET /.well-known/core: the paths above, for everybody.  Source: RFC 6690 4, RFC 7252 7.2.1. */
void as_discovery(struct as_server *as, struct as_job *job);

#endif
