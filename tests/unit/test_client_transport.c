/* SPDX-License-Identifier: Apache-2.0 */
/* The client's own transport, over a socket of this machine. Waits that are to end with an answer are longer than any
 * machine is busy, waits for what never comes are as short as can be: no result depends on how fast anything is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client/transport.h"

#define LONG_MS 60000
#define DATAGRAM_MAX 256

enum say { SAY_NOTHING, SAY_GOOD, SAY_BAD, SAY_BAD_THEN_GOOD, SAY_RESET };

/* Answers each request with "good" or "bad", and the same request again with its last answer, as RFC 7252 4.5 wants. */
struct speaker {
	int fd;
	pthread_t thread;
	enum say say;
	unsigned int requests; /* retransmitted ones left out; to be read when it was stopped */
};

static struct speaker speaker;
static struct client_transport *transport;
static struct client_peer peer;
static struct cli_error error;
static unsigned int seen_bad;
static bool end_on_bad;

static void answer(const struct sockaddr_in *to, const struct ace_coap_message *request, const char *text)
{
	uint8_t bytes[DATAGRAM_MAX];
	struct ace_coap_writer w;
	struct ace_slice written;
	bool reset = !text;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){
		reset ? ACE_COAP_RST : ACE_COAP_ACK, reset ? 0 : ACE_COAP_CONTENT, request->mid,
		reset ? (struct ace_slice){ NULL, 0 } : request->token });
	if (text)
		ace_coap_write_payload(&w, (struct ace_slice){ (const uint8_t *)text, strlen(text) });
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	(void)sendto(speaker.fd, written.ptr, written.len, 0, (const struct sockaddr *)(const void *)to, sizeof *to);
}

static void *speak(void *arg)
{
	int32_t last_mid = -1;

	(void)arg;
	for (;;) {
		uint8_t bytes[DATAGRAM_MAX];
		struct ace_coap_message request;
		struct sockaddr_in from;
		socklen_t from_len = sizeof from;
		ssize_t len = recvfrom(speaker.fd, bytes, sizeof bytes, 0, (struct sockaddr *)(void *)&from, &from_len);
		bool again;

		if (len <= 1) /* the end */
			return NULL;
		if (ace_coap_read((struct ace_slice){ bytes, (size_t)len }, &request))
			continue;
		again = request.mid == last_mid;
		last_mid = request.mid;
		speaker.requests += !again;
		if (speaker.say == SAY_RESET)
			answer(&from, &request, NULL);
		if (speaker.say == SAY_BAD || (speaker.say == SAY_BAD_THEN_GOOD && !again))
			answer(&from, &request, "bad");
		if (speaker.say == SAY_GOOD || speaker.say == SAY_BAD_THEN_GOOD)
			answer(&from, &request, "good");
	}
}

static int start(void **state)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	(void)state;
	memset(&speaker, 0, sizeof speaker);
	memset(&error, 0, sizeof error);
	seen_bad = 0;
	end_on_bad = false;
	speaker.fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(bind(speaker.fd, (const struct sockaddr *)(const void *)&at, sizeof at), 0);
	assert_int_equal(getsockname(speaker.fd, (struct sockaddr *)(void *)&at, &len), 0);
	peer = (struct client_peer){ .addr_len = sizeof at, .name = "peer" };
	memcpy(&peer.addr, &at, sizeof at);
	return client_transport_new(&transport, NULL);
}

static int stop(void **state)
{
	(void)state;
	client_transport_free(transport);
	close(speaker.fd);
	return 0;
}

static enum client_verdict take_good(void *arg, const struct ace_coap_message *msg)
{
	(void)arg;
	if (ace_slice_equal(msg->payload, ACE_LITERAL("good")))
		return CLIENT_TAKE;
	seen_bad++;
	return end_on_bad ? CLIENT_END : CLIENT_PASS_OVER;
}

static enum ace_err exchange(uint32_t timeout_ms, uint32_t grace_ms)
{
	static const struct ace_coap_message get = { .type = ACE_COAP_CON, .code = ACE_COAP_GET };
	const struct client_wait wait = { take_good, NULL, timeout_ms, grace_ms };

	return client_transport_exchange(transport, &peer, &get, &wait, &error);
}

/* One exchange with somebody who says that. */
static enum ace_err heard(enum say say, uint32_t timeout_ms, uint32_t grace_ms)
{
	enum ace_err err;

	speaker.say = say;
	assert_int_equal(pthread_create(&speaker.thread, NULL, speak, NULL), 0);
	err = exchange(timeout_ms, grace_ms);
	assert_int_equal(sendto(speaker.fd, "", 1, 0, (const struct sockaddr *)(const void *)&peer.addr, peer.addr_len), 1);
	assert_int_equal(pthread_join(speaker.thread, NULL), 0);
	return err;
}

static void an_answer_is_taken_and_the_session_goes_on(void **state)
{
	(void)state;
	assert_int_equal(heard(SAY_GOOD, LONG_MS, LONG_MS), ACE_OK);
	assert_int_equal(heard(SAY_GOOD, LONG_MS, LONG_MS), ACE_OK);
	assert_int_equal(speaker.requests, 2);
	assert_int_equal(seen_bad, 0);
}

/* RFC 8613 8.4: what does not verify is dropped; libcoap would drop the genuine answer behind it as its duplicate. */
static void an_answer_behind_a_worthless_one_is_taken(void **state)
{
	(void)state;
	assert_int_equal(heard(SAY_BAD_THEN_GOOD, LONG_MS, LONG_MS), ACE_OK);
	assert_int_equal(speaker.requests, 1);
	assert_true(seen_bad > 0);
}

static void worthless_answers_end_the_wait_after_the_grace(void **state)
{
	(void)state;
	assert_int_equal(heard(SAY_BAD, LONG_MS, 1), ACE_ERR_BUSY);
	assert_true(seen_bad > 0);
	/* And hold up nothing. */
	assert_int_equal(heard(SAY_GOOD, LONG_MS, LONG_MS), ACE_OK);
}

static void a_wait_that_is_ended_is_over_at_once(void **state)
{
	(void)state;
	end_on_bad = true;
	assert_int_equal(heard(SAY_BAD_THEN_GOOD, LONG_MS, LONG_MS), ACE_ERR_BUSY);
	assert_int_equal(seen_bad, 1);
	assert_int_equal(heard(SAY_GOOD, LONG_MS, LONG_MS), ACE_OK);
}

static void silence_ends_with_the_timeout(void **state)
{
	(void)state;
	assert_int_equal(heard(SAY_NOTHING, 1, LONG_MS), ACE_ERR_BUSY);
	assert_int_equal(error.exit, CLI_EXIT_UNREACHABLE);
}

static void a_reset_is_an_error_at_once(void **state)
{
	(void)state;
	assert_int_equal(heard(SAY_RESET, LONG_MS, LONG_MS), ACE_ERR_IO);
	assert_int_equal(error.exit, CLI_EXIT_UNREACHABLE);
	assert_non_null(strstr(error.message, "reset"));
}

/* ICMP says so. */
static void nobody_there_is_an_error_at_once(void **state)
{
	int fd = speaker.fd;

	(void)state;
	speaker.fd = dup(STDIN_FILENO);
	close(fd);
	assert_int_equal(exchange(LONG_MS, LONG_MS), ACE_ERR_IO);
	assert_int_equal(error.exit, CLI_EXIT_UNREACHABLE);
	assert_non_null(strstr(error.message, "nobody listens"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(an_answer_is_taken_and_the_session_goes_on),
		TEST(an_answer_behind_a_worthless_one_is_taken),
		TEST(worthless_answers_end_the_wait_after_the_grace),
		TEST(a_wait_that_is_ended_is_over_at_once),
		TEST(silence_ends_with_the_timeout),
		TEST(a_reset_is_an_error_at_once),
		TEST(nobody_there_is_an_error_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
