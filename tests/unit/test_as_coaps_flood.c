/* SPDX-License-Identifier: Apache-2.0 */
/* What strangers who only begin handshakes take of a turn, which all others wait for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "as_fixture.h"
#include "dtls_case.h"

#define STRANGERS 40
#define PEERS (2 * AS_COAPS_STRAYS_MAX)

static struct as_fixture fx;
static struct dtls_case dtls;

static int setup(void **state)
{
	(void)state;
	if (as_fixture_open(&fx, ""))
		return -1;
	dtls_case_client(&fx, "anna", STORE_AUTH_DTLS_PSK);
	dtls_case_open(&dtls, &fx, PEERS);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dtls_case_close(&dtls);
	return as_fixture_close(&fx);
}

static size_t read_once(void)
{
	struct as_coaps_request *batch;

	return as_coaps_read(fx.as.coaps, ace_port_monotonic_ms(), &batch);
}

/* RFC 6347 4.2.1: the first message of a handshake, which is answered with a cookie; from an address of its own. */
static int hello(void)
{
	static const uint8_t record[] = {
		22, 254, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 56, /* a handshake record of DTLS 1.0 */
		1, 0, 0, 44, 0, 0, 0, 0, 0, 0, 0, 44,        /* ClientHello, whole */
		254, 253,                                    /* DTLS 1.2 */
		1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32,
		0, 0, 0, 4, 0xc0, 0xa8, 0, 0xff, 1, 0,       /* neither session nor cookie; TLS_PSK_WITH_AES_128_CCM_8 */
	};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);

	assert_true(fd >= 0);
	assert_int_equal(sendto(fd, record, sizeof record, 0, (const struct sockaddr *)(const void *)&dtls.to, sizeof dtls.to),
			 sizeof record);
	return fd;
}

static size_t count_answered(const int fds[STRANGERS])
{
	size_t answered = 0;
	uint8_t byte;

	for (size_t i = 0; i < STRANGERS; i++)
		answered += recv(fds[i], &byte, 1, MSG_PEEK) == 1;
	return answered;
}

static void handshakes_take_a_small_part_of_a_turn(void **state)
{
	int fds[STRANGERS];

	(void)state;
	for (size_t i = 0; i < STRANGERS; i++)
		fds[i] = hello();
	read_once();
	assert_in_range(count_answered(fds), 1, AS_COAPS_STRAYS_MAX);
	for (size_t i = 0; i < STRANGERS; i++)
		read_once();
	assert_int_equal(count_answered(fds), STRANGERS);
	for (size_t i = 0; i < STRANGERS; i++)
		close(fds[i]);
}

/* The more share a commit, the more are served. */
static void requests_are_read_together(void **state)
{
	struct dtls_peer peers[PEERS];

	(void)state;
	for (size_t i = 0; i < PEERS; i++) {
		dtls_peer_open(&dtls, "anna", ACE_SLICE_OF(dtls_case_key), &peers[i]);
		dtls_peer_ask(&peers[i], 1, "nothing-here", ACE_SLICE_OF(dtls_case_key));
		dtls_case_turn(&dtls, &fx, &peers[i], 1, DTLS_CASE_TURNS);
		assert_int_equal(peers[i].answers, 1);
	}
	for (size_t i = 0; i < PEERS; i++)
		dtls_peer_ask(&peers[i], 2, "nothing-here", ACE_SLICE_OF(dtls_case_key));
	assert_int_equal(read_once(), PEERS);
	for (size_t i = 0; i < PEERS; i++)
		dtls_peer_close(&peers[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(handshakes_take_a_small_part_of_a_turn, setup, teardown),
		cmocka_unit_test_setup_teardown(requests_are_read_together, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
