/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for the token endpoint whatever is asked: how a request must come, and that no two tokens share a secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ace_issue.h"
#include "as/reasons.h"
#include "as_fixture.h"
#include "as_request_body.h"

static struct as_fixture fx;
static uint8_t body_bytes[512];

static int setup(void **state)
{
	(void)state;
	return as_fixture_open(&fx, "");
}

static int teardown(void **state)
{
	(void)state;
	return as_fixture_close(&fx);
}

/* An option of a request, in the order in which they are added. */
struct option {
	uint32_t number;
	struct ace_slice value;
};

/* A verified request as the server gets it, with Uri-Path "token" unless the options say where to. */
static const struct as_answer *request(uint8_t code, const struct option *options, size_t options_len)
{
	struct as_job *job = as_fixture_begin(&fx, "anna");
	struct as_body body = { .audience = "d-clock", .scope = "read" };
	struct ace_slice written, payload = as_body_write(&body, body_bytes, sizeof body_bytes);
	struct ace_coap_writer w;

	ace_coap_write_init(&w, job->plain, sizeof job->plain);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_CON, code, 1, ACE_LITERAL("t") });
	if (!options_len || options[0].number != ACE_OPT_URI_PATH)
		ace_coap_write_option(&w, ACE_OPT_URI_PATH, ACE_LITERAL("token"));
	for (size_t i = 0; i < options_len; i++)
		ace_coap_write_option(&w, options[i].number, options[i].value);
	ace_coap_write_payload(&w, payload);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_int_equal(ace_coap_read(written, &job->inner), ACE_OK);
	as_dispatch(&fx.as, job);
	as_fixture_commit(&fx);
	return &job->answer;
}

static uint64_t tokens_stored(void)
{
	uint64_t tokens, decisions;

	as_fixture_counts(&fx, &tokens, &decisions);
	return tokens;
}

/* RFC 9200 5.8.1, 8.16; RFC 7252 5.4.1: without a request that counts there is neither a token nor a record. */
static void a_token_request_is_a_post_of_ace_cbor(void **state)
{
	static const struct {
		uint8_t method, wanted;
		struct option option;
	} cases[] = {
		{ ACE_COAP_GET, ACE_COAP_METHOD_NOT_ALLOWED, { ACE_OPT_CONTENT_FORMAT, { (const uint8_t *)"\x13", 1 } } },
		{ ACE_COAP_PUT, ACE_COAP_METHOD_NOT_ALLOWED, { ACE_OPT_CONTENT_FORMAT, { (const uint8_t *)"\x13", 1 } } },
		{ ACE_COAP_POST, ACE_COAP_UNSUPPORTED_FORMAT, { ACE_OPT_CONTENT_FORMAT, { (const uint8_t *)"\x3c", 1 } } },
		{ ACE_COAP_POST, ACE_COAP_UNSUPPORTED_FORMAT, { ACE_OPT_CONTENT_FORMAT, { NULL, 0 } } },
		{ ACE_COAP_POST, ACE_COAP_NOT_ACCEPTABLE, { ACE_OPT_ACCEPT, { (const uint8_t *)"\x32", 1 } } },
		{ ACE_COAP_POST, ACE_COAP_BAD_OPTION, { 2049, { (const uint8_t *)"?", 1 } } },
		{ ACE_COAP_POST, ACE_COAP_NOT_FOUND, { ACE_OPT_URI_PATH, { (const uint8_t *)"tokens", 6 } } },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++)
		assert_int_equal(request(cases[i].method, &cases[i].option, 1)->code, cases[i].wanted);
	as_fixture_begin(&fx, "anna");
	as_fixture_commit(&fx);
	assert_int_equal(tokens_stored(), 0);
}

static void a_request_without_content_format_counts_and_the_answer_has_one(void **state)
{
	static const struct option ace = { ACE_OPT_CONTENT_FORMAT, { (const uint8_t *)"\x13", 1 } };
	const struct as_answer *answer = request(ACE_COAP_POST, NULL, 0);

	(void)state;
	assert_int_equal(answer->code, ACE_COAP_CREATED);
	assert_int_equal(answer->format, ACE_FORMAT_ACE_CBOR);
	assert_int_equal(request(ACE_COAP_POST, &ace, 1)->code, ACE_COAP_CREATED);
	assert_int_equal(tokens_stored(), 2);
}

/* RFC 9200 5: parameters travel in the body; what the query says is not read. */
static void parameters_in_the_query_have_no_effect(void **state)
{
	static const struct option queries[] = {
		{ ACE_OPT_URI_QUERY, { (const uint8_t *)"audience=d-plain", 16 } },
		{ ACE_OPT_URI_QUERY, { (const uint8_t *)"scope=set", 9 } },
	};
	const struct as_answer *answer = request(ACE_COAP_POST, queries, ACE_ARRAY_LEN(queries));
	struct store_decision record;

	(void)state;
	assert_int_equal(answer->code, ACE_COAP_CREATED);
	as_fixture_last(&fx, &record);
	assert_string_equal(record.device.id, "d-clock");
	assert_int_equal(record.requested.len, 4);
}

/* --- secrets --- */

struct seen {
	uint8_t ms[16], salt[8], id[8];
	size_t id_len;
};

static struct seen ask(const char *client, const char *device)
{
	struct as_job *job = as_fixture_begin(&fx, client);
	struct as_body body = { .audience = device, .scope = "read" };
	uint8_t plain_bytes[AS_PAYLOAD_MAX];
	struct ace_buf plain = ACE_BUF_OF(plain_bytes);
	struct ace_claims claims;
	struct as_said said;
	struct seen seen = { .id_len = 0 };

	job->inner = (struct ace_coap_message){ .code = ACE_COAP_POST,
						.payload = as_body_write(&body, body_bytes, sizeof body_bytes) };
	as_token_endpoint(&fx.as, job);
	as_fixture_commit(&fx);
	as_said_read((struct ace_slice){ job->answer.payload, job->answer.len }, &said);
	assert_int_equal(ace_issue_open(said.token, (struct ace_key){ .bytes = ACE_SLICE_OF(as_fixture_token_key) }, &plain,
					&claims), ACE_OK);
	assert_int_equal(claims.cnf, ACE_CNF_IS_OSC);
	assert_int_equal(claims.osc.ms.len, sizeof seen.ms);
	memcpy(seen.ms, claims.osc.ms.ptr, sizeof seen.ms);
	memcpy(seen.salt, claims.osc.salt.ptr, sizeof seen.salt);
	memcpy(seen.id, claims.osc.id.ptr, claims.osc.id.len);
	seen.id_len = claims.osc.id.len;
	/* RFC 9203 3.2: the Master Secret "MUST be encrypted": it is nowhere in the token's bytes. */
	assert_null(memmem(said.token.ptr, said.token.len, seen.ms, sizeof seen.ms));
	return seen;
}

/* RFC 9203 3.2: "The AS MUST send a different OSCORE_Input_Material" to different clients; RFC 9200 6.1, RFC 9203 7: one
 * secret serves one device. Nor do two tokens of one client and device share any. */
static void no_two_first_tokens_share_a_secret_or_an_id(void **state)
{
	static const char *const who[][2] = { { "anna", "d-clock" }, { "anna", "d-plain" }, { "tess", "d-clock" },
					      { "tess", "d-plain" }, { "anna", "d-clock" } };
	struct seen seen[ACE_ARRAY_LEN(who)];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(who); i++) {
		seen[i] = ask(who[i][0], who[i][1]);
		for (size_t j = 0; j < i; j++) {
			assert_memory_not_equal(seen[i].ms, seen[j].ms, sizeof seen[i].ms);
			assert_memory_not_equal(seen[i].salt, seen[j].salt, sizeof seen[i].salt);
			assert_true(seen[i].id_len != seen[j].id_len || memcmp(seen[i].id, seen[j].id, seen[i].id_len));
		}
	}
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_token_request_is_a_post_of_ace_cbor),
		CASE(a_request_without_content_format_counts_and_the_answer_has_one),
		CASE(parameters_in_the_query_have_no_effect),
		CASE(no_two_first_tokens_share_a_secret_or_an_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
