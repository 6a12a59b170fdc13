/* SPDX-License-Identifier: Apache-2.0 */
/* The device's line to the AS: the messages of the vectors, and numbers that outlive restarts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "ace_rs_as.h"
#include "port_fake.h"
#include "vectors.h"

static const uint8_t secret[] = { 0xd0, 0xd1, 0xd2, 0xd3, 0xd4, 0xd5, 0xd6, 0xd7,
				  0xd8, 0xd9, 0xda, 0xdb, 0xdc, 0xdd, 0xde, 0xdf };
static const uint8_t salt[] = { 0x5a, 0x17, 0x5a, 0x17, 0x5a, 0x17, 0x5a, 0x17 };
static const uint8_t device_id[] = { 0x51 }, as_id[] = { 0xa6 };
static const struct ace_oscore_input material = {
	.master_secret = { secret, sizeof secret }, .master_salt = { salt, sizeof salt },
	.sender_id = { device_id, 1 }, .recipient_id = { as_id, 1 },
};
static struct ace_rs_line line;
static struct ace_oscore_exchange exchange;
static json_t *file;

static int start(void **state)
{
	(void)port_fake_reset(state);
	file = vectors_load("ace-oscore-profile");
	assert_int_equal(ace_rs_line_init(&line, &material, 0), ACE_OK);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	json_decref(file);
	return 0;
}

static struct ace_slice message(const char *name, const char *part)
{
	return vectors_hex(vectors_named(json_object_get(file, "messages"), name), part);
}

static void protects(const char *name)
{
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);

	assert_int_equal(ace_rs_line_protect(&line, message(name, "plain_coap"), &out, &exchange), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), message(name, "oscore_coap"));
}

static void opens(const char *name)
{
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);

	assert_int_equal(ace_rs_line_unprotect(&line, &exchange, message(name, "oscore_coap"), &out), ACE_OK);
	assert_slice_equal(ace_buf_slice(&out), message(name, "plain_coap"));
}

static void messages_are_those_of_the_vectors(void **state)
{
	(void)state;
	ace_rs_line_stored(&line, ace_rs_line_to_store(&line));
	protects("introspection-request");
	opens("introspection-response-active");
	protects("trl-full-observe-request");
	opens("trl-full-response-empty");
	opens("trl-notification");
	protects("trl-diff-request");
	protects("trl-diff-cursor-request");
}

static enum ace_err ask(void)
{
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);

	return ace_rs_line_protect(&line, message("trl-diff-request", "plain_coap"), &out, &exchange);
}

/* RFC 8613 7.5: Partial IVs "MUST NOT" be used again after a restart. */
static void no_number_is_used_that_was_not_stored(void **state)
{
	(void)state;
	assert_int_equal(ask(), ACE_ERR_NOT_READY);
	assert_int_equal(ace_rs_line_to_store(&line), ACE_RS_LINE_BLOCK);
	ace_rs_line_stored(&line, ACE_RS_LINE_BLOCK);
	for (int i = 0; i < ACE_RS_LINE_BLOCK; i++)
		assert_int_equal(ask(), ACE_OK);
	assert_int_equal(line.ctx.sender_seq, ACE_RS_LINE_BLOCK);
	assert_int_equal(ask(), ACE_ERR_NOT_READY);
	assert_int_equal(line.ctx.sender_seq, ACE_RS_LINE_BLOCK);
}

static void a_restart_passes_over_what_was_reserved(void **state)
{
	uint64_t stored;

	(void)state;
	stored = ace_rs_line_to_store(&line);
	ace_rs_line_stored(&line, stored);
	assert_int_equal(ask(), ACE_OK);
	assert_int_equal(ace_rs_line_init(&line, &material, stored), ACE_OK);
	assert_int_equal(ask(), ACE_ERR_NOT_READY);
	ace_rs_line_stored(&line, ace_rs_line_to_store(&line));
	assert_int_equal(ask(), ACE_OK);
	assert_int_equal(line.ctx.sender_seq, stored + 1);
}

static void the_next_block_is_asked_for_in_time(void **state)
{
	size_t stores = 0;

	(void)state;
	for (int i = 0; i < 10 * ACE_RS_LINE_BLOCK; i++) {
		uint64_t number = ace_rs_line_to_store(&line);

		if (number) {
			stores++;
			ace_rs_line_stored(&line, number);
		}
		assert_int_equal(ask(), ACE_OK);
	}
	assert_in_range(stores, 10, 14);
	ace_rs_line_stored(&line, 1); /* a stale word changes nothing */
	assert_int_equal(ask(), ACE_OK);
}

static void the_end_of_all_numbers_is_told(void **state)
{
	(void)state;
	assert_int_equal(ace_rs_line_init(&line, &material, ACE_OSCORE_SEQ_MAX), ACE_OK);
	ace_rs_line_stored(&line, ace_rs_line_to_store(&line));
	assert_int_equal(ask(), ACE_OK);
	assert_int_equal(ask(), ACE_ERR_EXHAUSTED);
}

static void other_bytes_are_refused(void **state)
{
	uint8_t bytes[256];
	struct ace_buf out = ACE_BUF_OF(bytes);

	(void)state;
	assert_int_equal(ace_rs_line_init(&line, &(struct ace_oscore_input){ .master_secret = { NULL, 0 } }, 0), ACE_ERR_RANGE);
	assert_int_equal(ace_rs_line_init(&line, &material, 0), ACE_OK);
	ace_rs_line_stored(&line, 64);
	assert_int_equal(ace_rs_line_protect(&line, ACE_LITERAL("\x41"), &out, &exchange), ACE_ERR_TRUNCATED);
	assert_int_equal(line.ctx.sender_seq, 0);
	protects("introspection-request");
	assert_int_equal(ace_rs_line_unprotect(&line, &exchange, ACE_LITERAL("\x41"), &out), ACE_ERR_TRUNCATED);
	assert_int_equal(ace_rs_line_unprotect(&line, &exchange, message("trl-full-response-empty", "oscore_coap"), &out),
			 ACE_ERR_TAG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(messages_are_those_of_the_vectors, start, stop),
		cmocka_unit_test_setup_teardown(no_number_is_used_that_was_not_stored, start, stop),
		cmocka_unit_test_setup_teardown(a_restart_passes_over_what_was_reserved, start, stop),
		cmocka_unit_test_setup_teardown(the_next_block_is_asked_for_in_time, start, stop),
		cmocka_unit_test_setup_teardown(the_end_of_all_numbers_is_told, start, stop),
		cmocka_unit_test_setup_teardown(other_bytes_are_refused, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
