/* SPDX-License-Identifier: Apache-2.0 */
/* The message flow of the vectors, byte for byte, and the hints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"
#include "vectors.h"

static struct fixture f;
static json_t *file;
static uint8_t opened_bytes[256];

static struct ace_slice field(const char *name, const char *member)
{
	return vectors_hex(vectors_named(json_object_get(file, "messages"), name), member);
}

static int start(void **state)
{
	(void)state;
	file = vectors_load("ace-oscore-profile");
	fixture_start(&f);
	return 0;
}

static int stop(void **state)
{
	json_decref(file);
	return vectors_free_all(state);
}

static void post_first(void)
{
	static const uint8_t random[] = { 0x25, 0xa8, 0x99, 0x1c, 0xd7, 0x00, 0xac, 0x01, 0, 0 };

	port_fake_next_random(random, sizeof random);
	assert_int_equal(fixture_post(&f, NULL, field("authz-info-request", "payload")), ACE_OK);
}

static enum ace_err open_message(struct ace_slice datagram, struct ace_rs_exchange *ret_ex)
{
	struct ace_buf out = ACE_BUF_OF(opened_bytes);

	return ace_rs_unprotect(&f.rs, datagram, &out, ret_ex);
}

static void open_named(const char *name, struct ace_rs_exchange *ret_ex)
{
	struct ace_slice plain = field(name, "plain_coap");

	assert_int_equal(open_message(field(name, "oscore_coap"), ret_ex), ACE_OK);
	assert_slice_equal((struct ace_slice){ opened_bytes + 4, plain.len - 4 },
			   (struct ace_slice){ plain.ptr + 4, plain.len - 4 });
}

static void answer_is(struct ace_rs_exchange *ex, const char *name)
{
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);

	assert_int_equal(ace_rs_protect(ex, field(name, "plain_coap"), &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), field(name, "oscore_coap"));
}

static void the_published_flow_comes_out_byte_for_byte(void **state)
{
	static const uint8_t random[] = { 0x4c, 0x5d, 0x6e, 0x7f, 0x80, 0x91, 0x9a, 0xab, 0, 1 };
	struct ace_rs_exchange ex;

	(void)state;
	post_first();
	open_named("oscore-first-request", &ex);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
	answer_is(&ex, "oscore-first-response");
	open_named("oscore-forbidden-request", &ex);
	assert_int_equal(ace_rs_access(&ex, ACE_COAP_PUT, ACE_LITERAL("/a/led"), ACE_LITERAL("")),
			 ACE_ACCESS_NO_RESOURCE);
	answer_is(&ex, "oscore-forbidden-response");
	open_named("authz-info-update-request", &ex);
	assert_int_equal(fixture_post(&f, &ex, field("authz-info-update-request", "payload")), ACE_OK);
	assert_int_equal(f.answer_len, 0);
	answer_is(&ex, "authz-info-update-response");
	assert_true(ace_rs_allowed(&ex, ACE_COAP_PUT, "/a/led"));
	port_fake_next_random(random, sizeof random);
	assert_int_equal(fixture_post(&f, NULL, field("authz-info-rekey-request", "payload")), ACE_OK);
	assert_slice_equal((struct ace_slice){ f.answer, f.answer_len }, field("authz-info-rekey-response", "payload"));
	open_named("oscore-first-request-after-rekey", &ex);
	/* RFC 9203 6: the old context is gone, and T1 counts again. */
	assert_false(ace_rs_allowed(&ex, ACE_COAP_PUT, "/a/led"));
	assert_int_equal(open_message(field("oscore-observe-request", "oscore_coap"), &ex), ACE_ERR_NO_CONTEXT);
}

/* RFC 9203 4.2: an update that fails any verification is answered with 4.01, under the context that it came in. */
static void a_refused_update_gets_the_published_answer(void **state)
{
	const json_t *cases = json_object_get(json_object_get(file, "negative_authz_info"), "cases");
	struct ace_rs_exchange ex;

	(void)state;
	post_first();
	open_named("oscore-first-request", &ex);
	open_named("authz-info-update-request", &ex);
	assert_int_equal(fixture_post(&f, &ex, vectors_hex(vectors_named(cases, "update-bad-aud"), "payload")),
			 ACE_ERR_AUDIENCE);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_false(ace_rs_allowed(&ex, ACE_COAP_PUT, "/a/led"));
	answer_is(&ex, "authz-info-update-refused");
}

static void a_replayed_request_is_refused(void **state)
{
	struct ace_rs_exchange ex;

	(void)state;
	post_first();
	open_named("oscore-first-request", &ex);
	assert_int_equal(open_message(field("oscore-first-request", "oscore_coap"), &ex), ACE_ERR_REPLAY);
	assert_int_equal(ace_rs_oscore_code(ACE_ERR_REPLAY), ACE_COAP_UNAUTHORIZED);
}

static void a_forged_request_proves_nothing(void **state)
{
	struct ace_slice real = field("oscore-first-request", "oscore_coap");
	uint8_t bytes[64];
	struct ace_rs_exchange ex;

	(void)state;
	post_first();
	memcpy(bytes, real.ptr, real.len);
	bytes[real.len - 1] ^= 1;
	assert_int_equal(open_message((struct ace_slice){ bytes, real.len }, &ex), ACE_ERR_TAG);
	assert_int_equal(ace_rs_oscore_code(ACE_ERR_TAG), ACE_COAP_BAD_REQUEST);
	assert_true(ace_rs_invariants_hold(&f.rs));
	assert_int_equal(f.rs.grants[0].role, ACE_RS_PENDING);
}

static void a_plain_request_is_told_apart(void **state)
{
	struct ace_rs_exchange ex;

	(void)state;
	assert_int_equal(open_message(field("unauthorized-request", "plain_coap"), &ex), ACE_ERR_UNPROTECTED);
}

static void access_follows_the_options_of_the_request(void **state)
{
	struct ace_rs_exchange ex;
	struct ace_coap_message msg;
	struct ace_coap_writer w;
	uint8_t bytes[256];
	struct ace_slice written;

	(void)state;
	post_first();
	open_named("oscore-first-request", &ex);
	assert_int_equal(ace_coap_read(field("oscore-first-request", "plain_coap"), &msg), ACE_OK);
	assert_int_equal(ace_rs_access_options(&ex, ACE_COAP_GET, msg.options), ACE_ACCESS_ALLOWED);
	assert_int_equal(ace_rs_access_options(&ex, ACE_COAP_POST, msg.options), ACE_ACCESS_NO_METHOD);
	memset(bytes, 'a', sizeof bytes);
	ace_coap_write_init(&w, bytes + 140, sizeof bytes - 140);
	ace_coap_write_header(&w, &(struct ace_coap_header){ .code = 1 });
	ace_coap_write_option(&w, ACE_OPT_URI_PATH, (struct ace_slice){ bytes, 100 });
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_int_equal(ace_coap_read(written, &msg), ACE_OK);
	assert_int_equal(ace_rs_access_options(&ex, ACE_COAP_GET, msg.options), ACE_ACCESS_NO_RESOURCE);
}

static void hints_are_those_of_the_vectors(void **state)
{
	struct ace_scope scope = { ACE_SCOPE_AIF, vectors_unhex("8282672f732f74656d700182662f612f6c656405") };
	struct ace_rs_exchange ex;
	uint8_t bytes[128];
	struct ace_buf out = ACE_BUF_OF(bytes);

	(void)state;
	assert_int_equal(ace_rs_hints(&f.rs, NULL, NULL, &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), field("unprotected-401-no-context", "payload"));
	post_first();
	open_named("oscore-first-request", &ex);
	out.len = 0;
	assert_int_equal(ace_rs_hints(&f.rs, &ex, &scope, &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), field("oscore-forbidden-response", "payload"));
}

/* The limit to unconfirmed addresses: the scope goes first, then the audience. */
static void hints_shrink_to_the_room_there_is(void **state)
{
	struct ace_scope scope = { ACE_SCOPE_AIF, vectors_unhex("8182672f732f74656d7001") };
	uint8_t bytes[128];
	size_t full = 31 + 11 + 13;

	(void)state;
	for (size_t room = 0; room <= full + 1; room++) {
		struct ace_buf out = { bytes, room, 0 };
		enum ace_err err = ace_rs_hints(&f.rs, NULL, &scope, &out);
		size_t want = room >= full ? full : room >= 42 ? 42 : room >= 31 ? 31 : 0;

		assert_int_equal(err, want ? ACE_OK : ACE_ERR_SPACE);
		assert_int_equal(out.len, want);
		assert_int_equal(bytes[0] & 0x0f, want == full ? 3 : want == 42 ? 2 : want ? 1 : bytes[0] & 0x0f);
	}
}

static void every_reason_has_a_text(void **state)
{
	(void)state;
	for (int err = 0; err < 200; err++)
		assert_non_null(ace_rs_strerror((enum ace_err)err));
	assert_string_equal(ace_rs_strerror(ACE_ERR_AUDIENCE), "meant for another device");
	assert_string_not_equal(ace_rs_strerror(ACE_ERR_TRUNCATED), ace_rs_strerror(ACE_ERR_TRAILING));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_published_flow_comes_out_byte_for_byte, start, stop),
		cmocka_unit_test_setup_teardown(a_refused_update_gets_the_published_answer, start, stop),
		cmocka_unit_test_setup_teardown(a_replayed_request_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(a_forged_request_proves_nothing, start, stop),
		cmocka_unit_test_setup_teardown(a_plain_request_is_told_apart, start, stop),
		cmocka_unit_test_setup_teardown(access_follows_the_options_of_the_request, start, stop),
		cmocka_unit_test_setup_teardown(hints_are_those_of_the_vectors, start, stop),
		cmocka_unit_test_setup_teardown(hints_shrink_to_the_room_there_is, start, stop),
		cmocka_unit_test_setup_teardown(every_reason_has_a_text, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
