/* SPDX-License-Identifier: Apache-2.0 */
/* Verifying and opening: vectors in both directions, replays, forgeries. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "oscore_pair.h"
#include "port_fake.h"

#define GET_TV1 "44015d1f00003974396c6f63616c686f737483747631"
#define CONTENT_HELLO "64455d1f00003974ff48656c6c6f20576f726c6421"

static void request_and_response_come_through(void **state)
{
	struct oscore_pair pair;
	struct oscore_message request, response, opened;
	struct ace_oscore_exchange client, server;

	(void)state;
	oscore_pair_init(&pair, 0, NULL);
	oscore_request_make(&pair.client, 20, GET_TV1, &request, &client);
	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_request(&pair.server, &request.msg, &opened.buf, &server), ACE_OK);
	assert_slice_equal(ace_buf_slice(&opened.buf), vectors_unhex(GET_TV1));

	oscore_response_make(&pair.server, &server, NULL, CONTENT_HELLO, &response);
	oscore_message_init(&opened);
	assert_int_equal(ace_oscore_unprotect_response(&pair.client, &client, &response.msg, &opened.buf), ACE_OK);
	assert_slice_equal(ace_buf_slice(&opened.buf), vectors_unhex(CONTENT_HELLO));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(request_and_response_come_through, port_fake_reset, vectors_free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
