/* SPDX-License-Identifier: Apache-2.0 */
/* What the client is told: hints, a grant, an update, a refusal, the answer to authz-info. */
#include "ace_alg.h"
#include "ace_registry.h"
#include "client/authz.h"
#include "client/hints.h"
#include "client/token_request.h"
#include "fuzz.h"

/* What is handed on is the token that was told, byte for byte, in a body that is one map. */
static void hand_on(const struct client_grant *grant, struct ace_slice id)
{
	struct client_authz_post post = { .token = grant->token, .nonce1 = grant->osc.id, .id1 = id };
	static uint8_t bytes[16384];
	struct ace_cbor_writer w;
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	struct ace_slice written;
	int64_t key;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	client_authz_post_write(&w, &post);
	fuzz_require(ace_cbor_written(&w, &written) == ACE_OK);
	ace_cbor_read_init(&r, written);
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key))
		if (key == ACE_PARAM_ACCESS_TOKEN)
			fuzz_require(ace_slice_equal(ace_cbor_read_bstr(&r), grant->token));
		else
			ace_cbor_read_raw(&r);
	fuzz_require(ace_cbor_read_finish(&r) == ACE_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const uint8_t own[] = { 1 };
	struct ace_slice in = { bytes, len };
	struct client_hints hints;
	struct client_grant grant;
	struct client_refusal refusal;
	struct client_authz_reply reply;
	char id[CLIENT_DECISION_LEN + 1];

	fuzz_accepted += !client_hints_read(in, &hints);
	fuzz_accepted += !client_grant_read(in, true, &grant);
	if (!client_grant_read(in, false, &grant)) {
		fuzz_accepted++;
		fuzz_require(grant.token.len && grant.osc.ms.len >= ACE_MASTER_SECRET_MIN);
		hand_on(&grant, ACE_SLICE_OF(own));
	}
	if (!client_refusal_read(in, &refusal)) {
		fuzz_require(client_refusal_name(refusal.code));
		if (client_refusal_decision(&refusal, id))
			fuzz_require(strlen(id) == CLIENT_DECISION_LEN);
	}
	if (!client_authz_reply_read(in, ACE_SLICE_OF(own), ACE_ALG_CCM_16_64_128, &reply)) {
		fuzz_accepted++;
		fuzz_require(reply.nonce2.len <= CLIENT_NONCE_MAX && !ace_slice_equal(reply.id2, ACE_SLICE_OF(own)));
	}
	return 0;
}
