/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies longer than a datagram, both ways, with a device that cuts them by ace_block.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client_case.h"

static struct client_answer answer;

static enum ace_err exchange(uint8_t code, struct ace_slice payload)
{
	struct client_request request;
	struct client_job job = { .request = &request };
	char uri[64];

	memset(&error, 0, sizeof error);
	snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/temp", peer.port);
	assert_int_equal(cli_address_parse(uri, &job.address, NULL), ACE_OK);
	assert_int_equal(client_request_init(&request, code, &job.address), ACE_OK);
	request.payload = payload;
	return client_flow(&client, &job, &answer, &error);
}

static enum ace_err read_long(void)
{
	return exchange(ACE_COAP_GET, (struct ace_slice){ NULL, 0 });
}

static void answer_is_the_body(size_t len, bool is_second)
{
	assert_int_equal(answer.msg.code, ACE_COAP_CONTENT);
	assert_int_equal(answer.msg.payload.len, len);
	for (size_t i = 0; i < len; i++)
		assert_int_equal(answer.msg.payload.ptr[i], peer_body_byte(i, is_second));
	client_answer_wipe(&answer);
}

static void long_answers_are_put_together(void **state)
{
	static const size_t lengths[] = { 1, 1024, 1025, 2048, 5000, PEER_BODY_MAX };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(lengths); i++)
		for (peer.script.szx = 0; peer.script.szx <= ACE_BLOCK_SZX_MAX; peer.script.szx += 3) {
			peer.script.body_len = lengths[i];
			assert_int_equal(read_long(), ACE_OK);
			answer_is_the_body(lengths[i], false);
		}
	assert_int_equal(peer.replays, 0);
}

/* RFC 7959 2.4: an ETag that is another one: the parts are never joined. */
static void body_that_changes_is_read_from_the_start(void **state)
{
	(void)state;
	peer.script.body_len = 3000;
	peer.script.body_changes = true;
	assert_int_equal(read_long(), ACE_OK);
	answer_is_the_body(3000, true);
}

static void gap_between_blocks_is_no_answer(void **state)
{
	(void)state;
	peer.script.body_len = 5000;
	peer.script.body_gap = true;
	assert_int_equal(read_long(), ACE_ERR_MALFORMED);
	assert_null(answer.body.ptr);
}

/* It may be a part: taken for the whole it would be a wrong answer. */
static void block_that_cannot_be_read_is_no_answer(void **state)
{
	(void)state;
	peer.script.body_len = 5000;
	peer.script.body_unreadable = true;
	assert_int_equal(read_long(), ACE_ERR_MALFORMED);
	assert_null(answer.body.ptr);
}

static void long_payloads_arrive_whole_in_the_blocks_that_the_device_takes(void **state)
{
	static const size_t lengths[] = { 1, 1024, 1025, 2048, 5000, PEER_BODY_MAX };
	static uint8_t bytes[PEER_BODY_MAX];
	size_t size;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = peer_body_byte(i, true);
	for (size_t i = 0; i < ACE_ARRAY_LEN(lengths); i++)
		for (peer.script.szx = 0; peer.script.szx <= 4; peer.script.szx += 2) {
			peer.body_put = 0;
			peer.blocks = 0;
			assert_int_equal(exchange(ACE_COAP_PUT, (struct ace_slice){ bytes, lengths[i] }), ACE_OK);
			assert_int_equal(answer.msg.code, ACE_COAP_CHANGED);
			assert_int_equal(peer.body_put, lengths[i]);
			assert_memory_equal(peer.body, bytes, lengths[i]);
			size = (size_t)16 << (ACE_BLOCK_SZX_MAX - peer.script.szx);
			assert_int_equal(peer.blocks, lengths[i] <= 1024 ? 0 : 1 + (lengths[i] - 1024 + size - 1) / size);
			client_answer_wipe(&answer);
		}
	assert_int_equal(peer.replays, 0);
}

/* 4.13 is an answer: nothing more is sent. */
static void payload_that_the_device_has_no_room_for_is_refused_by_it(void **state)
{
	static uint8_t bytes[PEER_BODY_MAX + 1];

	(void)state;
	assert_int_equal(exchange(ACE_COAP_PUT, ACE_SLICE_OF(bytes)), ACE_OK);
	assert_int_equal(answer.msg.code, ACE_COAP_CODE(4, 13));
	assert_int_equal(peer.body_put, 0);
	client_answer_wipe(&answer);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(long_answers_are_put_together, start, stop),
		cmocka_unit_test_setup_teardown(body_that_changes_is_read_from_the_start, start, stop),
		cmocka_unit_test_setup_teardown(gap_between_blocks_is_no_answer, start, stop),
		cmocka_unit_test_setup_teardown(block_that_cannot_be_read_is_no_answer, start, stop),
		cmocka_unit_test_setup_teardown(long_payloads_arrive_whole_in_the_blocks_that_the_device_takes, start, stop),
		cmocka_unit_test_setup_teardown(payload_that_the_device_has_no_room_for_is_refused_by_it, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
