/* SPDX-License-Identifier: Apache-2.0 */
/* What the server is asked: a token, introspection, and the revocation list, whose query is in options; and what it answers
 * about the claims of a token. */
#include "ace_claims.h"
#include "as/introspect.h"
#include "as/request.h"
#include "as/trl_query.h"
#include "client/token_request.h"
#include "fuzz.h"

static void ask_for_list(struct ace_slice in)
{
	static const struct as_trl_limits limits[] = { { 0, 0, 0 }, { 10, 0, 9 }, { 10, 3, 20 } };
	static const struct as_trl_history histories[] = { { true, 0 }, { false, 5 }, { false, 1000 } };
	struct ace_slice options, payload;
	struct as_trl_query query;
	struct as_trl_plan plan;

	if (ace_coap_read_body(in, &options, &payload))
		return;
	as_trl_query_read(options, &query);
	for (size_t i = 0; i < 9; i++) {
		as_trl_plan_make(&query, &limits[i / 3], &histories[i % 3], &plan);
		fuzz_require(plan.what != AS_TRL_DIFF || plan.count <= limits[i / 3].updates);
	}
}

/* What a client with the same wishes writes reads as the same. */
static void ask_again(const struct as_request *request)
{
	struct client_token_query query = { .audience = request->audience, .scope = request->scope, .client_id = request->client_id,
					    .grant_type = true, .ask_profile = request->wants_profile, .cnonce = request->cnonce };
	static uint8_t bytes[16384];
	struct ace_cbor_writer w;
	struct ace_slice written;
	struct as_request again;

	if (request->req_cnf == AS_REQ_CNF_KID)
		query.kid = request->kid;
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	client_token_query_write(&w, &query);
	fuzz_require(ace_cbor_written(&w, &written) == ACE_OK && as_request_read(written, &again) == ACE_OAUTH_NONE);
	fuzz_require(ace_slice_equal(again.audience, request->audience) && ace_slice_equal(again.cnonce, request->cnonce) &&
		     again.scope.kind == request->scope.kind && ace_slice_equal(again.scope.bytes, request->scope.bytes) &&
		     ace_slice_equal(again.client_id, request->client_id) && ace_slice_equal(again.kid, request->kid) &&
		     again.wants_profile == request->wants_profile);
}

/* The answer about claims as we write them: still a map in which active stands once, and the claims as they were. */
static void introspect(struct ace_slice in)
{
	static struct as_answer answer;
	uint8_t bytes[4096];
	struct ace_claims claims, told;
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err osc_err;

	if (ace_claims_read(in, &claims, &osc_err) || osc_err || claims.cnf == ACE_CNF_IS_OTHER)
		return;
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_claims_write(&w, &claims);
	as_answer_init(&answer);
	if (!ace_cbor_written(&w, &written) && !as_introspection_active(&answer, written)) {
		fuzz_require(ace_claims_read((struct ace_slice){ answer.payload, answer.len }, &told, &osc_err) == ACE_OK);
		fuzz_require(ace_slice_equal(told.aud, claims.aud) && ace_slice_equal(told.cti, claims.cti) &&
			     told.exp == claims.exp && told.cnf == claims.cnf && answer.len > written.len);
	}
	as_answer_fini(&answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_slice in = { bytes, len };
	struct as_introspection introspection;
	struct as_request request;

	if (!as_request_read(in, &request)) {
		fuzz_accepted++;
		fuzz_require(request.cnonce.len <= AS_CNONCE_MAX && request.scope.bytes.len <= AS_SCOPE_MAX);
		ask_again(&request);
	}
	if (!as_introspection_read(in, &introspection)) {
		fuzz_accepted++;
		fuzz_require(introspection.token.ptr >= bytes && introspection.token.ptr <= bytes + len);
	}
	ask_for_list(in);
	introspect(in);
	return 0;
}
