/* SPDX-License-Identifier: Apache-2.0 */
/* A device that takes the revocation list, six tokens, and lists that name some of them. Include after cmocka.h. */
#ifndef TESTS_REVOKED_CASE_H
#define TESTS_REVOKED_CASE_H

#include <string.h>

#include "ace_rs_as.h"
#include "port_fake.h"
#include "rs_fixture.h"

#define ROOM 3

static struct fixture f;
static struct ace_rs_revoked revoked[ROOM];
static struct {
	struct fixture_token what;
	uint8_t bytes[256];
	struct ace_slice issued;
} tokens[6];

static inline int start(void **state)
{
	(void)state;
	fixture_start(&f);
	f.config.strict_layout = true;
	f.config.revoked = revoked;
	f.config.revoked_len = ROOM;
	for (size_t i = 0; i < ACE_ARRAY_LEN(tokens); i++) {
		struct ace_buf out = ACE_BUF_OF(tokens[i].bytes);

		tokens[i].what = (struct fixture_token){ .osc_id = (uint8_t)(i + 1), .exp_in_s = 3600, .iat = PORT_FAKE_NOW };
		if (i >= 4)
			tokens[i].what = (struct fixture_token){ .osc_id = (uint8_t)(i + 1), .exi_s = 100, .exi_seq = 40 + (uint32_t)i };
		tokens[i].issued = fixture_issue(&f, &tokens[i].what, &out);
	}
	fixture_restart(&f);
	return 0;
}

/* {0: [the tokens that which has a bit for]}, or {1: [[removed, added]]}. */
static inline void hashes_write(struct ace_cbor_writer *w, unsigned which)
{
	uint8_t text[512], hash[33];
	size_t n = 0;

	for (unsigned i = 0; i < ACE_ARRAY_LEN(tokens); i++)
		n += which >> i & 1;
	ace_cbor_write_array(w, n);
	for (unsigned i = 0; i < ACE_ARRAY_LEN(tokens); i++) {
		if (!(which >> i & 1))
			continue;
		assert_int_equal(ace_token_hash(tokens[i].issued, (struct ace_buf)ACE_BUF_OF(text), hash), ACE_OK);
		ace_cbor_write_bstr(w, ACE_SLICE_OF(hash));
	}
}

static inline void take(struct ace_cbor_writer *w)
{
	struct ace_slice written;
	struct ace_rs_trl trl;

	assert_int_equal(ace_cbor_written(w, &written), ACE_OK);
	assert_int_equal(ace_rs_trl_read(&f.rs, written, &trl), ACE_OK);
	assert_true(ace_rs_invariants_hold(&f.rs));
}

static inline void whole_list(unsigned which)
{
	uint8_t bytes[512];
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_uint(&w, ACE_TRL_FULL_SET);
	hashes_write(&w, which);
	take(&w);
}

static inline void change(unsigned removed, unsigned added)
{
	uint8_t bytes[512];
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_uint(&w, ACE_TRL_DIFF_SET);
	ace_cbor_write_array(&w, 1);
	ace_cbor_write_array(&w, 2);
	hashes_write(&w, removed);
	hashes_write(&w, added);
	take(&w);
}

static inline uint8_t post(size_t token, uint64_t nonce1)
{
	uint8_t bytes[320];
	struct ace_buf body = ACE_BUF_OF(bytes);

	(void)fixture_post(&f, NULL, fixture_body(tokens[token].issued, nonce1, 9, &body));
	return f.code;
}

static inline void become_client(size_t token, struct ace_oscore_ctx *ret_client)
{
	struct ace_rs_exchange ex;

	assert_int_equal(post(token, 1), ACE_COAP_CREATED);
	fixture_client(&f, &tokens[token].what, 1, 9, ret_client);
	assert_int_equal(fixture_request(&f, ret_client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
}

static inline enum ace_err get(struct ace_oscore_ctx *client)
{
	struct ace_rs_exchange ex;

	return fixture_request(&f, client, ACE_COAP_GET, "/s/temp", &ex);
}

#endif
