/* SPDX-License-Identifier: Apache-2.0 */
#include "rs_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#ifdef FIXTURE_KEY_STORED
#include <psa/crypto.h>
#endif

#include "port_fake.h"

static const uint8_t token_key[16] = { 0xe0, 0xe1, 0xe2, 0xe3, 0xe4, 0xe5, 0xe6, 0xe7,
				       0xe8, 0xe9, 0xea, 0xeb, 0xec, 0xed, 0xee, 0xef };
static const uint8_t master_secret[16] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16 };
static const struct ace_aif_entry hosted[] = {
	{ { (const uint8_t *)"/s/temp", 7 }, ACE_AIF_STATIC_ALL },
	{ { (const uint8_t *)"/a/led", 6 }, ACE_AIF_STATIC_ALL },
};
static const struct ace_text_scope names[] = { { { (const uint8_t *)"read", 4 }, hosted, 1 } };

#ifdef FIXTURE_KEY_STORED
/* A device that has its token key in the PSA key store, where nobody reads it; tests issue tokens with it, too. */
static struct ace_key fixture_key(void)
{
	static psa_key_id_t id;
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;

	if (!id) {
		assert_int_equal(psa_crypto_init(), PSA_SUCCESS);
		psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
		psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
		psa_set_key_algorithm(&attributes, PSA_ALG_AEAD_WITH_SHORTENED_TAG(PSA_ALG_CCM, 8));
		assert_int_equal(psa_import_key(&attributes, token_key, sizeof token_key, &id), PSA_SUCCESS);
	}
	return (struct ace_key){ .port_id = id };
}
#else
static struct ace_key fixture_key(void)
{
	return (struct ace_key){ .bytes = ACE_SLICE_OF(token_key) };
}
#endif

void fixture_restart(struct fixture *f)
{
	assert_int_equal(ace_rs_init(&f->rs, &f->config, f->arena, sizeof f->arena), ACE_OK);
}

void fixture_start(struct fixture *f)
{
	memset(f, 0, sizeof *f);
	(void)port_fake_reset(NULL);
	port_fake_set_monotonic(1000);
	f->key = (struct ace_rs_as_key){ .key = fixture_key(), .kid = ACE_LITERAL("k1"),
					 .issuer = ACE_LITERAL("coap://as.example.com") };
	f->config = (struct ace_rs_config){
		.audience = ACE_LITERAL("sensor-17"), .as_uri = ACE_LITERAL("coap://as.example.com/token"),
		.keys = &f->key, .keys_len = 1, .resources = { hosted, 2, names, 1 }, .clock = ACE_CLOCK_WALL,
		.contexts = FIXTURE_CONTEXTS, .scope_bytes = 64,
	};
	fixture_restart(f);
}

enum ace_err fixture_post(struct fixture *f, struct ace_rs_exchange *ex, struct ace_slice body)
{
	struct ace_buf answer = ACE_BUF_OF(f->answer);
	enum ace_err err = ace_rs_authz_info(&f->rs, ex, body, &answer, &f->code);

	f->answer_len = answer.len;
	assert_true(ace_rs_invariants_hold(&f->rs));
	return err;
}

struct ace_slice fixture_issue(const struct fixture *f, const struct fixture_token *what, struct ace_buf *out)
{
	static uint8_t iv[13];
	uint8_t cti[13] = "sensor-17";
	struct ace_aif_entry entry = { ACE_LITERAL("/s/temp"), what->methods ? what->methods : 1 };
	uint8_t scope[32];
	struct ace_cbor_writer w;
	struct ace_claims claims = { .iss = f->key.issuer, .aud = f->config.audience, .iat = what->iat,
				     .has_iat = what->iat != 0, .has_exp = what->exp_in_s != 0,
				     .exp = PORT_FAKE_NOW + what->exp_in_s, .cnonce = what->cnonce };
	const char *sub = what->sub ? what->sub : "client-7";

	iv[12]++;
	ace_cbor_write_init(&w, scope, sizeof scope);
	ace_aif_write(&w, &entry, 1);
	assert_int_equal(ace_cbor_written(&w, &claims.scope.bytes), ACE_OK);
	claims.scope.kind = ACE_SCOPE_AIF;
	claims.sub = (struct ace_slice){ (const uint8_t *)sub, strlen(sub) };
	if (what->exi_s) {
		claims.has_exi = true;
		claims.exi = what->exi_s;
		cti[11] = (uint8_t)(what->exi_seq >> 8);
		cti[12] = (uint8_t)what->exi_seq;
		claims.cti = ACE_SLICE_OF(cti);
	}
	claims.cnf = what->is_update ? ACE_CNF_IS_KID : ACE_CNF_IS_OSC;
	claims.kid = (struct ace_slice){ &what->osc_id, 1 };
	claims.osc = (struct ace_osc){ .id = { &what->osc_id, 1 }, .ms = ACE_SLICE_OF(master_secret) };
	assert_int_equal(ace_issue_token(&(struct ace_issue_input){ .claims = &claims, .alg = ACE_ALG_CCM_16_64_128,
								    .key = f->key.key, .kid = f->key.kid,
								    .iv = ACE_SLICE_OF(iv) }, out), ACE_OK);
	return ace_buf_slice(out);
}

static void nonce_bytes(uint64_t number, uint8_t ret_bytes[8])
{
	for (size_t i = 0; i < 8; i++)
		ret_bytes[i] = (uint8_t)(number >> (56 - 8 * i));
}

struct ace_slice fixture_body(struct ace_slice token, uint64_t nonce1, uint8_t id1, struct ace_buf *out)
{
	uint8_t nonce[8];
	struct ace_cbor_writer w;
	struct ace_slice written;

	nonce_bytes(nonce1, nonce);
	ace_cbor_write_init(&w, out->ptr, out->cap);
	ace_cbor_write_map(&w, 3);
	ace_cbor_write_uint(&w, ACE_PARAM_ACCESS_TOKEN);
	ace_cbor_write_bstr(&w, token);
	ace_cbor_write_uint(&w, ACE_PARAM_NONCE1);
	ace_cbor_write_bstr(&w, ACE_SLICE_OF(nonce));
	ace_cbor_write_uint(&w, ACE_PARAM_CLIENT_RECIPIENT_ID);
	ace_cbor_write_bstr(&w, (struct ace_slice){ &id1, 1 });
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	return written;
}

void fixture_client(const struct fixture *f, const struct fixture_token *what, uint64_t nonce1, uint8_t id1,
		    struct ace_oscore_ctx *ret_client)
{
	uint8_t nonce[8], salt_bytes[64];
	struct ace_buf salt = ACE_BUF_OF(salt_bytes);

	(void)what;
	nonce_bytes(nonce1, nonce);
	/* {42: 8 bytes, 44: 2 bytes}: the nonce stands at 4, the id at 15. */
	assert_int_equal(f->answer_len, ACE_RS_ANSWER_MAX);
	assert_int_equal(ace_master_salt((struct ace_slice){ NULL, 0 }, ACE_SLICE_OF(nonce),
					 (struct ace_slice){ f->answer + 4, 8 }, &salt), ACE_OK);
	assert_int_equal(ace_oscore_derive(&(struct ace_oscore_input){
		.master_secret = ACE_SLICE_OF(master_secret), .master_salt = ace_buf_slice(&salt),
		.sender_id = { f->answer + 15, 2 }, .recipient_id = { &id1, 1 } }, ret_client), ACE_OK);
}

enum ace_err fixture_request(struct fixture *f, struct ace_oscore_ctx *client, uint8_t method, const char *path,
			     struct ace_rs_exchange *ret_ex)
{
	uint8_t plain[64], protected[128], opened[128];
	struct ace_buf out = ACE_BUF_OF(protected), open = ACE_BUF_OF(opened);
	struct ace_coap_writer w;
	struct ace_coap_message msg;
	struct ace_oscore_exchange exchange;
	struct ace_slice written;
	uint64_t seq;
	enum ace_err err;

	ace_coap_write_init(&w, plain, sizeof plain);
	ace_coap_write_header(&w, &(struct ace_coap_header){ .code = method, .mid = 1 });
	ace_coap_write_path(&w, (struct ace_slice){ (const uint8_t *)path, strlen(path) });
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_int_equal(ace_coap_read(written, &msg), ACE_OK);
	assert_int_equal(ace_oscore_seq_take(client, &seq), ACE_OK);
	assert_int_equal(ace_oscore_protect_request(client, seq, &msg, &out, &exchange), ACE_OK);
	err = ace_rs_unprotect(&f->rs, ace_buf_slice(&out), &open, ret_ex);
	assert_true(ace_rs_invariants_hold(&f->rs));
	if (!err)
		assert_memory_equal(opened, plain, written.len);
	return err;
}
