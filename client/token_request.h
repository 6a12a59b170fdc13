/* SPDX-License-Identifier: Apache-2.0 */
/* The token endpoint from the client's side: what is asked, and what may be believed of the answer. */
#ifndef CLIENT_TOKEN_REQUEST_H
#define CLIENT_TOKEN_REQUEST_H

#include "ace_claims.h"
#include "cli/output.h"

/* Absent strings have a NULL ptr. */
struct client_token_query {
	struct ace_slice audience;
	struct ace_scope scope;
	struct ace_slice client_id;
	bool grant_type;       /* say client_credentials, which is the default */
	bool ask_profile;      /* ace_profile null: the AS must name the profile (RFC 9200 5.8.4.3) */
	struct ace_slice cnonce;
	struct ace_slice kid;  /* osc.id of an association whose rights are to change (req_cnf, RFC 9203 3.1) */
};
void client_token_query_write(struct ace_cbor_writer *w, const struct client_token_query *query);

/* What was granted; slices borrow from the payload. */
struct client_grant {
	struct ace_slice token;
	int64_t expires_in_s;
	struct ace_scope scope; /* absent: what was asked for */
	struct ace_osc osc;     /* zeroed for an update */
	bool has_profile;
};
/* Read the payload of 2.01, for a first token or for an update of rights.
 * @return ACE_OK; ACE_ERR_MISSING no token, no cnf.osc, no ms or id; ACE_ERR_LIFETIME none given, zero or absurd;
 * ACE_ERR_UNSUPPORTED another profile, algorithm or version; ACE_ERR_CNF an update with cnf; ACE_ERR_UNKNOWN an unknown member of
 * osc; others of the malformed band. *ret_grant is written on ACE_OK only.
 * Source: RFC 9203 3.2, 4.3, RFC 9200 5.8.2, 5.10.4. */
ACE_MUST_CHECK enum ace_err client_grant_read(struct ace_slice payload, bool update, struct client_grant *ret_grant);

/* The error of the token endpoint. description borrows from the payload. */
struct client_refusal {
	int64_t code; /* enum ace_oauth_error, or one that is unknown here */
	struct ace_slice description;
};
/* ACE_ERR_MISSING no error code; others of the malformed band.  Source: RFC 9200 5.8.3. */
ACE_MUST_CHECK enum ace_err client_refusal_read(struct ace_slice payload, struct client_refusal *ret_refusal);
/* "invalid_scope"; "error 99". */
const char *client_refusal_name(int64_t code);
/* The decision id in a description, as the operator's tool takes it; false when there is none. */
#define CLIENT_DECISION_LEN 18
bool client_refusal_decision(const struct client_refusal *refusal, char ret_id[CLIENT_DECISION_LEN + 1]);

#endif
