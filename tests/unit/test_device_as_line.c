/* SPDX-License-Identifier: Apache-2.0 */
/* What the device takes for an answer of its AS, what it puts together, and which numbers it uses. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/ioctl.h>
#include <sys/stat.h>

#include "device_as_case.h"

static void a_list_in_blocks_is_put_together(void **state)
{
	struct list list;

	(void)state;
	list_make(&list, 10, 6, "v1");
	assert_int_equal(serve_all(&list), (list.body.len + PART - 1) / PART);
	assert_int_equal(device.rs.revoked_used, 6);
	for (uint8_t i = 10; i < 16; i++)
		assert_true(is_known(i));
	list_make(&list, 10, 7, NULL);
	now_ms += POLL_S * 1000;
	step();
	assert_true(hear());
	assert_true(asks_for("diff=0&cursor=7"));
	say_block(&list);
	assert_int_equal(serve_all(&list) + 1, (list.body.len + PART - 1) / PART);
	assert_int_equal(device.rs.revoked_used, 7);
}

/* RFC 7959 2.4: "MUST compare ETag Options". Otherwise what moved from one block to another would be lost. */
static void blocks_of_two_lists_are_not_put_together(void **state)
{
	struct list old, new;

	(void)state;
	list_make(&old, 10, 6, "v1");
	list_make(&new, 11, 6, "v2");
	step();
	assert_true(hear());
	say_block(&old);
	assert_int_equal(serve_all(&new), 1 + (new.body.len + PART - 1) / PART);
	assert_int_equal(device.rs.revoked_used, 6);
	for (uint8_t i = 11; i < 17; i++)
		assert_true(is_known(i));
}

static void a_list_that_never_stays_the_same_is_given_up(void **state)
{
	static const char *const etags[] = { "a", "b" };
	struct list list;
	size_t questions = 0;

	(void)state;
	for (step(); hear(); step()) {
		list_make(&list, 10, 6, etags[++questions % 2]);
		assert_true(questions < 100);
		say_block(&list);
	}
	assert_int_equal(questions, 2 * (DEVICE_RESTARTS_MAX + 1));
	assert_int_equal(device.rs.revoked_used, 0);
	now_ms += POLL_S * 1000;
	list.etag = NULL;
	assert_int_not_equal(serve_all(&list), 0);
	assert_int_equal(device.rs.revoked_used, 6);
}

static void what_does_not_verify_is_no_answer(void **state)
{
	uint8_t bytes[ACE_UDP_DATAGRAM_MAX], forged[ACE_UDP_DATAGRAM_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_slice good;
	struct list list;

	(void)state;
	list_make(&list, 10, 1, NULL);
	step();
	assert_true(hear());
	good = sealed(&(struct said) { ACE_COAP_CONTENT, ACE_FORMAT_TRL, NULL, NULL, list.body }, &out);
	for (size_t i = 0; i < good.len * 8; i++) {
		/* Type and Message ID are the message layer's. */
		if (i / 8 == 2 || i / 8 == 3 || (i / 8 == 0 && i % 8 >= 4))
			continue;
		memcpy(forged, good.ptr, good.len);
		forged[i / 8] ^= (uint8_t)(1u << i % 8);
		send_bytes((struct ace_slice) { forged, good.len });
		step();
		/* The outer code is no part of what is sealed. */
		assert_true(device.rs.revoked_used == 0 || i / 8 == 1);
		if (device.rs.revoked_used) {
			device.rs.revoked_used = 0;
			now_ms += POLL_S * 1000;
			step();
			while (hear())
				;
			out.len = 0;
			good = sealed(&(struct said) { ACE_COAP_CONTENT, ACE_FORMAT_TRL, NULL, NULL, list.body }, &out);
		}
	}
	for (size_t len = 0; len < good.len; len++) {
		send_bytes((struct ace_slice) { good.ptr, len });
		step();
		assert_int_equal(device.rs.revoked_used, 0);
	}
	assert_true(as.busy);
	send_bytes(good);
	step();
	assert_int_equal(device.rs.revoked_used, 1);
	assert_false(as.busy);
	send_bytes(good); /* once more */
	step();
	assert_int_equal(device.rs.revoked_used, 1);
}

static void a_flood_does_not_keep_the_device_from_serving(void **state)
{
	struct list list;
	int left = 0;

	(void)state;
	list_make(&list, 10, 1, NULL);
	step();
	assert_true(hear());
	for (size_t i = 0; i < 3 * DEVICE_DATAGRAMS_MAX; i++)
		send_bytes(ACE_LITERAL("nothing"));
	step();
	assert_int_equal(ioctl(as.fd, FIONREAD, &left), 0);
	assert_int_not_equal(left, 0);
	say_block(&list);
	for (size_t i = 0; i < 4; i++)
		step();
	assert_int_equal(device.rs.revoked_used, 1);
}

/* Whatever is wrong with an answer, what was known stays, and the whole list is asked for when it is time again. */
static void answers_that_make_no_sense_change_nothing(void **state)
{
	static const struct said bad[] = {
		{ ACE_COAP_NOT_FOUND, ACE_FORMAT_TRL, NULL, NULL, { NULL, 0 } },
		{ ACE_COAP_CONTENT, ACE_FORMAT_ACE_CBOR, NULL, NULL, { (const uint8_t *)"\xa1\x00\x80", 3 } },
		{ ACE_COAP_CONTENT, ACE_FORMAT_TRL, NULL, NULL, { NULL, 0 } },
		{ ACE_COAP_CONTENT, ACE_FORMAT_TRL, NULL, NULL, { (const uint8_t *)"\xa1\x00\x80\x00", 4 } },
		{ ACE_COAP_CONTENT, ACE_FORMAT_TRL, NULL, NULL, { (const uint8_t *)"\xa1\x00\x81\x41\x01", 5 } },
		/* Changes, while the whole list was asked for. */
		{ ACE_COAP_CONTENT, ACE_FORMAT_TRL, NULL, NULL, { (const uint8_t *)"\xa3\x01\x80\x02\x05\x03\xf4", 7 } },
	};
	struct list list;

	(void)state;
	list_make(&list, 10, 2, NULL);
	(void)serve_all(&list);
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++) {
		now_ms += POLL_S * 1000;
		step();
		assert_true(hear());
		assert_true(asks_for(i ? "" : "diff=0&cursor=7"));
		say(&bad[i]);
		step();
		assert_int_equal(device.rs.revoked_used, 2);
		assert_false(hear());
	}
	now_ms += POLL_S * 1000;
	step();
	assert_true(hear());
	assert_true(asks_for(""));
}

static void a_gap_between_blocks_is_no_answer(void **state)
{
	const struct ace_block third = { .num = 2, .szx = 2 };
	struct device_as_answer got;
	struct list list;

	(void)state;
	list_make(&list, 10, 6, "v1");
	step();
	assert_true(hear());
	say_block(&list);
	assert_int_equal(device_as_step(&as, now_ms, &got), ACE_ERR_BUSY);
	assert_true(hear());
	say(&(struct said) { ACE_COAP_CONTENT, ACE_FORMAT_TRL, "v1", &third, ACE_LITERAL("end") });
	assert_int_equal(device_as_step(&as, now_ms, &got), ACE_ERR_MALFORMED);
	assert_false(as.busy);
}

static void a_whole_list_that_claims_to_go_on_is_not_asked_for_at_once(void **state)
{
	static const uint8_t more[] = { 0xa3, ACE_TRL_FULL_SET, 0x80, ACE_TRL_CURSOR, 5, ACE_TRL_MORE, 0xf5 };

	(void)state;
	step();
	assert_true(hear());
	say(&(struct said) { ACE_COAP_CONTENT, ACE_FORMAT_TRL, NULL, NULL, ACE_SLICE_OF(more) });
	step();
	assert_false(hear());
}

/* RFC 8613 7.2: "An AEAD nonce MUST NOT be used more than once per AEAD key." hear() sees to it. */
static void no_number_is_used_twice_whatever_is_lost(void **state)
{
	struct list list;
	uint64_t before;

	(void)state;
	list_make(&list, 10, 1, NULL);
	for (size_t i = 0; i < 2 * ACE_RS_LINE_BLOCK; i++, now_ms += POLL_S * 1000)
		assert_int_equal(serve_all(&list), 1);
	/* The power fails after the number was stored and before it was used, or at any other moment. */
	for (size_t i = 0; i < 3; i++, now_ms += POLL_S * 1000) {
		line_stop();
		line_start();
		assert_int_equal(device_state_save(&device), ACE_OK);
		line_stop();
		line_start();
		before = last_number;
		assert_int_equal(serve_all(&list), 1);
		assert_true(last_number >= before + ACE_RS_LINE_BLOCK);
	}
	/* The state is lost: a second later nobody can have been where it goes on. */
	sleep(1);
	line_stop();
	assert_int_equal(unlink(file), 0);
	line_start();
	assert_int_equal(serve_all(&list), 1);
}

static void without_a_number_on_disk_nothing_is_asked(void **state)
{
	struct list list;
	size_t asked = 0;

	(void)state;
	list_make(&list, 10, 0, NULL);
	(void)serve_all(&list);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
	for (size_t i = 0; i < 2 * ACE_RS_LINE_BLOCK; i++) {
		now_ms += POLL_S * 1000;
		asked += serve_all(&list);
	}
	assert_true(asked > 0 && asked < ACE_RS_LINE_BLOCK);
	assert_int_equal(mkdir(dir, 0700), 0);
	now_ms += POLL_S * 1000;
	assert_int_equal(serve_all(&list), 1);
}

static void a_disk_that_takes_nothing_is_left_alone_for_a_while(void **state)
{
	struct list list;

	(void)state;
	list_make(&list, 10, 0, NULL);
	(void)serve_all(&list);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(rmdir(dir), 0);
	list_make(&list, 10, 1, NULL);
	now_ms += POLL_S * 1000;
	assert_int_equal(serve_all(&list), 1);
	assert_int_equal(mkdir(dir, 0700), 0);
	step();
	assert_int_equal(access(file, F_OK), -1);
	now_ms += DEVICE_SAVE_WAIT_MIN_MS;
	step();
	assert_int_equal(access(file, F_OK), 0);
	assert_false(ace_rs_revoked_changed(&device.rs));
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_list_in_blocks_is_put_together),
		CASE(blocks_of_two_lists_are_not_put_together),
		CASE(a_list_that_never_stays_the_same_is_given_up),
		CASE(what_does_not_verify_is_no_answer),
		CASE(a_gap_between_blocks_is_no_answer),
		CASE(a_flood_does_not_keep_the_device_from_serving),
		CASE(answers_that_make_no_sense_change_nothing),
		CASE(a_whole_list_that_claims_to_go_on_is_not_asked_for_at_once),
		CASE(no_number_is_used_twice_whatever_is_lost),
		CASE(without_a_number_on_disk_nothing_is_asked),
		CASE(a_disk_that_takes_nothing_is_left_alone_for_a_while),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
