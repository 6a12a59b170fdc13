/* SPDX-License-Identifier: Apache-2.0 */
/* Questions to the AS about posted tokens: who may cause how many, and what waits meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "device/asking.h"
#include "device_case.h"

static struct device_asking asking;

static void a_source_has_its_share_of_questions(void **state)
{
	uint64_t now_ms = 5000;

	(void)state;
	memset(&asking, 0, sizeof asking);
	for (size_t i = 0; i < DEVICE_QUESTION_BURST; i++)
		assert_true(device_asking_allows(&asking, 1, now_ms));
	for (size_t i = 0; i < 100; i++)
		assert_false(device_asking_allows(&asking, 1, now_ms));
	assert_true(device_asking_allows(&asking, 2, now_ms));
	assert_false(device_asking_allows(&asking, 1, now_ms + DEVICE_QUESTION_EVERY_MS - 1));
	now_ms += DEVICE_QUESTION_EVERY_MS;
	assert_true(device_asking_allows(&asking, 1, now_ms));
	assert_false(device_asking_allows(&asking, 1, now_ms));
}

/* One with more addresses than there are places gets no more than each of them does, and pushes out who asked least. */
static void whoever_has_used_up_its_share_stays_known_longest(void **state)
{
	(void)state;
	memset(&asking, 0, sizeof asking);
	for (size_t i = 0; i < DEVICE_QUESTION_BURST; i++)
		assert_true(device_asking_allows(&asking, 1, 0));
	for (uint64_t source = 2; source < 10 * DEVICE_SOURCES_MAX; source++)
		assert_true(device_asking_allows(&asking, source, 0));
	assert_false(device_asking_allows(&asking, 1, 0));
}

static void asking_start(void)
{
	struct cli_device_bundle bundle = { 0 };
	struct cli_error error = { 0 };

	device_fini(&device);
	if (cli_device_bundle_read((struct ace_slice) { (const uint8_t *)bundle_text, strlen(bundle_text) }, "test", &bundle, &error))
		fail_msg("%s", error.message);
	assert_int_equal(device_init(&device, &bundle, &(struct device_options) { .introspect = true }), ACE_OK);
}

static struct ace_slice post(void)
{
	return message("authz-info-request", "plain_coap");
}

/* @return the post that waits; NULL: it was refused with that code. */
static struct device_post *ask_about(uint8_t code)
{
	struct ace_buf out = ACE_BUF_OF(answer_bytes);

	assert_int_equal(device_answer(&device, post(), ACE_UDP_UNCONFIRMED_MAX, &out, &outcome), ACE_OK);
	if (outcome.post)
		return outcome.post;
	assert_int_equal(ace_coap_read(ace_buf_slice(&out), &answer), ACE_OK);
	assert_int_equal(answer.code, code);
	return NULL;
}

static uint8_t finish(struct device_post *waiting, const struct ace_rs_introspection *said)
{
	struct ace_buf out = ACE_BUF_OF(answer_bytes);

	assert_int_equal(device_post_finish(&device, waiting, said, &out, &outcome), ACE_OK);
	assert_true(out.len <= ACE_UDP_UNCONFIRMED_MAX);
	assert_int_equal(ace_coap_read(ace_buf_slice(&out), &answer), ACE_OK);
	assert_false(waiting->is_used);
	return answer.code;
}

static void a_post_waits_and_gets_what_the_as_says(void **state)
{
	static const uint8_t inactive[] = { 0xa1, ACE_INTROSPECT_ACTIVE, 0xf4 };
	struct ace_slice active = message("introspection-response-active", "payload"), token;
	struct ace_coap_message asked;

	(void)state;
	asking_start();
	assert_int_equal(ace_coap_read(post(), &asked), ACE_OK);
	assert_int_equal(finish(ask_about(0), &(struct ace_rs_introspection) { .code = ACE_COAP_CREATED, .payload = active }),
			 ACE_COAP_CREATED);
	token = answer.token;
	assert_slice_equal(token, asked.token);
	assert_int_equal(finish(ask_about(0), &(struct ace_rs_introspection) {
		.code = ACE_COAP_CREATED, .payload = ACE_SLICE_OF(inactive) }), ACE_COAP_UNAUTHORIZED);
	assert_int_equal(outcome.err, ACE_ERR_REVOKED);
	assert_int_equal(answer.payload.len, 0);
	assert_int_equal(finish(ask_about(0), &(struct ace_rs_introspection) { 0 }), ACE_COAP_UNAVAILABLE);
}

static void a_few_posts_wait_and_no_more(void **state)
{
	struct device_post *waiting[DEVICE_POSTS_MAX];

	(void)state;
	asking_start();
	for (size_t i = 0; i < DEVICE_POSTS_MAX; i++) {
		waiting[i] = ask_about(0);
		assert_non_null(waiting[i]);
	}
	assert_null(ask_about(ACE_COAP_UNAVAILABLE));
	waiting[3]->refusal = ACE_COAP_TOO_MANY_REQUESTS;
	assert_int_equal(finish(waiting[3], &(struct ace_rs_introspection) { 0 }), ACE_COAP_TOO_MANY_REQUESTS);
	assert_ptr_equal(ask_about(0), waiting[3]);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_source_has_its_share_of_questions),
		cmocka_unit_test(whoever_has_used_up_its_share_stays_known_longest),
		CASE(a_post_waits_and_gets_what_the_as_says),
		CASE(a_few_posts_wait_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
