/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "ace_registry.h"
#include "client/authz.h"
#include "parser_walk.h"
#include "profile_vectors.h"

/* RFC 9203 4.1: token, N1 and ID1 in one CBOR map (C-017). */
static void post_is_byte_for_byte_the_vectors(void **state)
{
	struct client_authz_post post = {
		.token = vectors_hex(json_object_get(json_object_get(root, "tokens"), "T1"), "cwt"),
		.nonce1 = vectors_unhex("018a278f7faab55a"), .id1 = vectors_unhex("1645") };
	uint8_t bytes[512];
	struct ace_cbor_writer w;
	struct ace_slice written;

	(void)state;
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	client_authz_post_write(&w, &post);
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	assert_slice_equal(written, payload("authz-info-request"));
	post.nonce1 = vectors_unhex("b1a2938475665748");
	post.id1 = vectors_unhex("1646");
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	client_authz_post_write(&w, &post);
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	assert_slice_equal(written, payload("authz-info-rekey-request"));
}

static enum ace_err read_reply(struct ace_slice bytes, int32_t alg)
{
	struct client_authz_reply reply;

	return client_authz_reply_read(bytes, vectors_unhex("1645"), alg, &reply);
}

/* RFC 9203 4.3 (C-018). */
static void reply_reads_nonce_and_id(void **state)
{
	struct client_authz_reply reply;

	(void)state;
	assert_int_equal(client_authz_reply_read(payload("authz-info-response"), vectors_unhex("1645"), 0, &reply),
			 ACE_OK);
	assert_slice_equal(reply.nonce2, vectors_unhex("25a8991cd700ac01"));
	assert_slice_equal(reply.id2, vectors_unhex("0000"));
	/* An empty id is legal while ours is not empty. */
	assert_int_equal(read_reply(vectors_unhex("a2182a41aa182c40"), 0), ACE_OK);
	/* Unknown members are passed over. */
	assert_int_equal(read_reply(vectors_unhex("a3182a41aa182c400a01"), 0), ACE_OK);
}

/* RFC 9203 4.3: without nonce2 or id, or with equal ids, "the client MUST stop the exchange" (C-023). */
static void reply_without_members_or_with_our_own_id_is_refused(void **state)
{
	(void)state;
	assert_int_equal(read_reply(vectors_unhex("a1182c420000"), 0), ACE_ERR_MISSING);
	assert_int_equal(read_reply(vectors_unhex("a1182a4825a8991cd700ac01"), 0), ACE_ERR_MISSING);
	assert_int_equal(read_reply(vectors_unhex("a0"), 0), ACE_ERR_MISSING);
	assert_int_equal(read_reply(vectors_unhex("a2182a41aa182c421645"), 0), ACE_ERR_CNF);
	assert_int_equal(client_authz_reply_read(vectors_unhex("a2182a41aa182c40"), vectors_unhex(""), 0,
						 &(struct client_authz_reply){ 0 }), ACE_ERR_CNF);
}

/* RFC 8613 3.3: an id has at most nonce length minus 6 bytes; nonces have 1 to 64 (protocol.md 3.4). */
static void reply_out_of_range_is_refused(void **state)
{
	char nonce[2 * 65 + 32];

	(void)state;
	assert_int_equal(read_reply(vectors_unhex("a2182a41aa182c4701020304050607"), ACE_ALG_CCM_16_64_128), ACE_OK);
	assert_int_equal(read_reply(vectors_unhex("a2182a41aa182c480102030405060708"), 0), ACE_ERR_RANGE);
	assert_int_equal(read_reply(vectors_unhex("a2182a41aa182c4701020304050607"), ACE_ALG_A128GCM), ACE_ERR_RANGE);
	assert_int_equal(read_reply(vectors_unhex("a2182a40182c4101"), 0), ACE_ERR_RANGE);
	for (int len = 64; len <= 65; len++) {
		int at = snprintf(nonce, sizeof nonce, "a2182a58%02x", len);

		for (int i = 0; i < len; i++)
			at += snprintf(nonce + at, sizeof nonce - at, "%02x", i);
		snprintf(nonce + at, sizeof nonce - at, "182c4101");
		assert_int_equal(read_reply(vectors_unhex(nonce), 0), len == 64 ? ACE_OK : ACE_ERR_RANGE);
	}
}

static void reply_of_wrong_types_is_refused(void **state)
{
	static const char *const wrong[] = { "a2182a6161182c4101", "a2182a41aa182c01", "80", "", "01",
					     "a2182a5b7fffffffffffffff00", "a3182a41aa182a41ab182c4101" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(wrong); i++)
		assert_true(ACE_ERR_IS_MALFORMED(read_reply(vectors_unhex(wrong[i]), 0)));
}

static enum ace_err parse(struct ace_slice bytes)
{
	return read_reply(bytes, 0);
}

static void reply_refuses_every_prefix_and_survives_every_bit(void **state)
{
	(void)state;
	parser_walk(parse, payload("authz-info-response"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(post_is_byte_for_byte_the_vectors),
		cmocka_unit_test(reply_reads_nonce_and_id),
		cmocka_unit_test(reply_without_members_or_with_our_own_id_is_refused),
		cmocka_unit_test(reply_out_of_range_is_refused),
		cmocka_unit_test(reply_of_wrong_types_is_refused),
		cmocka_unit_test(reply_refuses_every_prefix_and_survives_every_bit),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
