/* SPDX-License-Identifier: Apache-2.0 */
/* Endpoints are plain functions: a verified request in, an answer out. No network, no protection. */
#ifndef AS_ENDPOINTS_H
#define AS_ENDPOINTS_H

#include "as/batch.h"

/* Find the endpoint for the inner request of a verified job and let it fill job->answer. */
void as_dispatch(struct as_server *as, struct as_job *job);

/* POST /token.  Source: RFC 9200 5.8, RFC 9203 3. */
void as_token_endpoint(struct as_server *as, struct as_job *job);

/* POST /introspect.  Source: RFC 9200 5.9, RFC 9201 4, RFC 7662 2. */
void as_introspect_endpoint(struct as_server *as, struct as_job *job);
/* GET /revoke/trl.  Source: RFC 9770 6. */
void as_trl_endpoint(struct as_server *as, struct as_job *job);

#endif
