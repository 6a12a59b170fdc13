/* SPDX-License-Identifier: Apache-2.0 */
/* Edges that the published cases leave open: the very second, several keys and issuers, the choice of ids. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "port_fake.h"
#include "rs_fixture.h"
#include "vectors.h"

static struct fixture f;
static struct ace_rs_as_key keys[2];
static const uint8_t other_key[16] = { 9 };
static const struct fixture_token t1 = { .osc_id = 1, .exp_in_s = 3600, .iat = PORT_FAKE_NOW };

static int start(void **state)
{
	(void)state;
	fixture_start(&f);
	keys[0] = keys[1] = f.key;
	keys[1].key = (struct ace_key){ .bytes = ACE_SLICE_OF(other_key) };
	f.config.keys = keys;
	f.config.keys_len = 2;
	fixture_restart(&f);
	return 0;
}

static enum ace_err post(const struct fixture_token *what, struct ace_rs_exchange *ex, uint64_t nonce1)
{
	uint8_t token_bytes[256], body_bytes[320];
	struct ace_buf token = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);

	return fixture_post(&f, ex, fixture_body(fixture_issue(&f, what, &token), nonce1, 9, &body));
}

/* RFC 9200 5.10.1.1: exp lies in the future, so the second itself is too late. */
static void a_token_is_refused_from_the_second_of_exp_on(void **state)
{
	(void)state;
	port_fake_set_wall(PORT_FAKE_NOW + 3599);
	assert_int_equal(post(&t1, NULL, 1), ACE_OK);
	fixture_restart(&f);
	port_fake_set_wall(PORT_FAKE_NOW + 3600);
	assert_int_equal(post(&t1, NULL, 1), ACE_ERR_EXPIRED);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
}

static void without_a_clock_exp_alone_is_no_lifetime(void **state)
{
	(void)state;
	port_fake_stop_wall(true);
	assert_int_equal(post(&t1, NULL, 1), ACE_ERR_LIFETIME);
	assert_int_equal(f.code, ACE_COAP_BAD_REQUEST);
}

static void every_key_with_the_kid_is_tried(void **state)
{
	(void)state;
	f.key = keys[1];
	assert_int_equal(post(&t1, NULL, 1), ACE_OK);
	assert_int_equal(ace_rs_failures(&f.rs, 0), 1);
	assert_int_equal(ace_rs_failures(&f.rs, 1), 0);
	f.key.kid = ACE_LITERAL("k2");
	assert_int_equal(post(&t1, NULL, 2), ACE_ERR_NO_KEY);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(ace_rs_failures(&f.rs, 0), 1);
}

static void two_issuers_do_not_share_an_id(void **state)
{
	struct fixture_token t2 = t1;
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	keys[1].issuer = ACE_LITERAL("coap://other.example.com");
	assert_int_equal(post(&t1, NULL, 1), ACE_OK);
	fixture_client(&f, &t1, 1, 9, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	/* RFC 9203 4.2: the same kid from another server names other material. */
	f.key = keys[1];
	t2.is_update = true;
	t2.methods = 5;
	assert_int_equal(post(&t2, &ex, 0), ACE_ERR_ISSUER);
	assert_int_equal(f.code, ACE_COAP_UNAUTHORIZED);
	assert_false(ace_rs_allowed(&ex, ACE_COAP_PUT, "/s/temp"));
	assert_int_equal(post(&t1, NULL, 2), ACE_OK);
	assert_int_equal(f.rs.associations[1].grants, 1);
	/* A token that names the one issuer under the key of the other. */
	f.key.issuer = keys[0].issuer;
	assert_int_equal(post(&t1, NULL, 3), ACE_ERR_ISSUER);
}

static void an_old_post_does_not_displace_a_pending_context_that_is_not_young(void **state)
{
	uint8_t token_bytes[256], body_bytes[320];
	struct ace_buf token = ACE_BUF_OF(token_bytes), body = ACE_BUF_OF(body_bytes);
	struct ace_slice issued = fixture_issue(&f, &t1, &token);
	struct ace_oscore_ctx client;
	struct ace_rs_exchange ex;

	(void)state;
	assert_int_equal(fixture_post(&f, NULL, fixture_body(issued, 1, 9, &body)), ACE_OK);
	port_fake_set_monotonic(1000 + ACE_RS_GRACE_MS);
	assert_int_equal(fixture_post(&f, NULL, fixture_body(issued, 2, 9, &body)), ACE_OK);
	fixture_client(&f, &t1, 2, 9, &client);
	port_fake_set_monotonic(1000 + 2 * ACE_RS_GRACE_MS);
	assert_int_equal(fixture_post(&f, NULL, fixture_body(issued, 1, 9, &body)), ACE_OK);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
}

static void a_pending_context_of_a_newer_token_outlives_an_update(void **state)
{
	struct fixture_token t2 = t1, newer = t1;
	struct ace_oscore_ctx client, next;
	struct ace_rs_exchange ex;

	(void)state;
	assert_int_equal(post(&t1, NULL, 1), ACE_OK);
	fixture_client(&f, &t1, 1, 9, &client);
	assert_int_equal(fixture_request(&f, &client, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
	newer.iat += 2;
	assert_int_equal(post(&newer, NULL, 2), ACE_OK);
	fixture_client(&f, &newer, 2, 9, &next);
	t2.is_update = true;
	t2.iat += 1;
	assert_int_equal(post(&t2, &ex, 0), ACE_OK);
	assert_int_equal(fixture_request(&f, &next, ACE_COAP_GET, "/s/temp", &ex), ACE_OK);
}

/* RFC 9203 4.2: ID2 "MUST be different from" ID1; 16 45 is what the client of the vector takes. */
static void our_id_is_never_the_clients(void **state)
{
	static const uint8_t random[] = { 1, 2, 3, 4, 5, 6, 7, 8, 0x16, 0x45, 1, 2, 3, 4, 5, 6, 7, 8, 0x16, 0x46 };
	json_t *file = vectors_load("ace-oscore-profile");
	const json_t *request = vectors_named(json_object_get(file, "messages"), "authz-info-request");

	(void)state;
	port_fake_next_random(random, sizeof random);
	assert_int_equal(fixture_post(&f, NULL, vectors_hex(request, "payload")), ACE_OK);
	assert_int_equal(f.answer[15], 0x16);
	assert_int_equal(f.answer[16], 0x46);
	json_decref(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_token_is_refused_from_the_second_of_exp_on, start),
		cmocka_unit_test_setup(without_a_clock_exp_alone_is_no_lifetime, start),
		cmocka_unit_test_setup(every_key_with_the_kid_is_tried, start),
		cmocka_unit_test_setup(two_issuers_do_not_share_an_id, start),
		cmocka_unit_test_setup(an_old_post_does_not_displace_a_pending_context_that_is_not_young, start),
		cmocka_unit_test_setup(a_pending_context_of_a_newer_token_outlives_an_update, start),
		cmocka_unit_test_setup_teardown(our_id_is_never_the_clients, start, vectors_free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
