/* SPDX-License-Identifier: Apache-2.0 */
/* A long random life of the whole layer: clients that ask, observe, acknowledge, reject, lose and repeat messages in
 * any order, and a caller that defers, answers, notifies and forgets. Whatever comes, caps hold, nobody hears what is
 * for another, and in the end nothing is left behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "udp_wire_case.h"

#define CLIENTS 12
#define TOKENS 6
#define HANDLES 32
#define ROUNDS 6000

static uint32_t seed;
static int clients[CLIENTS];
static uint16_t next_mids[CLIENTS], heard_mids[CLIENTS];
static uint32_t heard_count;

/* Handles of either kind, with the token that their message must carry. */
struct kept {
	uint64_t handle;
	uint8_t client, token;
};
static struct kept deferred[HANDLES], observed[HANDLES];

static uint32_t draw(uint32_t below)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % below;
}

/* Two bytes: whose token it is, and which of its own. */
static struct ace_slice response(const struct kept *kept)
{
	const char token[] = { (char)('A' + kept->client), (char)('a' + kept->token), '\0' };

	return udp_response(token, 'x', ACE_COAP_CONTENT);
}

static void client_asks(uint32_t client)
{
	const char token[] = { (char)('A' + client), (char)('a' + draw(TOKENS)), '\0' };
	const struct udp_words words = { (uint8_t)draw(2), ACE_COAP_GET, next_mids[client], token, draw(40) };
	uint8_t buffer[64];

	next_mids[client] = (uint16_t)(next_mids[client] + (draw(8) != 0)); /* now and then a copy */
	udp_say_from(&wire, clients[client], udp_message(&words, buffer, sizeof buffer));
}

/* An acknowledgement or rejection: of what was heard, or of anything. */
static void client_judges(uint32_t client)
{
	const uint16_t mid = draw(4) ? heard_mids[client] : (uint16_t)draw(65536);
	const struct udp_words words = { (uint8_t)(draw(4) ? ACE_COAP_ACK : ACE_COAP_RST), 0, mid, NULL, 0 };
	uint8_t buffer[64];

	udp_say_from(&wire, clients[client], udp_message(&words, buffer, sizeof buffer));
}

static void client_hears(uint32_t client)
{
	uint8_t buffer[ACE_UDP_DATAGRAM_MAX];
	struct ace_coap_message msg;
	size_t len;

	while ((len = udp_hear_at(clients[client], buffer, sizeof buffer)) != 0) {
		assert_int_equal(ace_coap_read((struct ace_slice) { buffer, len }, &msg), ACE_OK);
		heard_count++;
		if (!msg.code)
			continue;
		assert_int_equal(msg.token.len, 2);
		assert_int_equal(msg.token.ptr[0], 'A' + client);
		heard_mids[client] = msg.mid;
	}
}

static void serve(const struct ace_udp_request *request)
{
	struct kept kept = { .client = (uint8_t)(request->msg.token.ptr[0] - 'A'),
			     .token = (uint8_t)(request->msg.token.ptr[1] - 'a') };

	if (draw(8))
		ace_udp_confirm(wire.server, request);
	switch (draw(4)) {
	case 0:
		if (ace_udp_defer(wire.server, request, draw(2000), &kept.handle) == ACE_OK)
			deferred[draw(HANDLES)] = kept; /* the one before is forgotten, and must end by itself */
		return;
	case 1:
		if (ace_udp_observe(wire.server, request, kept.client, &kept.handle) == ACE_OK)
			observed[draw(HANDLES)] = kept;
		break;
	case 2:
		return; /* no answer */
	default:
		break;
	}
	assert_int_equal(ace_udp_answer(wire.server, request, response(&kept)), ACE_OK);
}

static void caller_acts(void)
{
	const struct kept *later = &deferred[draw(HANDLES)], *observer = &observed[draw(HANDLES)];
	enum ace_err err;

	err = ace_udp_answer_later(wire.server, later->handle, response(later), draw(2));
	assert_true(err == ACE_OK || err == ACE_ERR_NOT_FOUND);
	err = ace_udp_notify(wire.server, observer->handle,
			     &(struct ace_udp_notification) {
				     .message = response(observer), .confirmable = draw(2), .last = !draw(16) });
	assert_true(err == ACE_OK || err == ACE_ERR_NOT_FOUND || err == ACE_ERR_FULL);
	if (!draw(16))
		ace_udp_observe_end(wire.server, observed[draw(HANDLES)].handle);
	if (!draw(16))
		ace_udp_drop_later(wire.server, deferred[draw(HANDLES)].handle);
}

static void take_events(void)
{
	struct ace_udp_observe_event event;

	while (ace_udp_observe_event(wire.server, &event))
		if (event.kind != ACE_UDP_OBSERVE_DUE)
			assert_true(ace_udp_observe_token(wire.server, event.handle).len == 0);
}

static void assert_bounded(void)
{
	struct ace_udp_stats stats = stats_now();

	assert_true(stats.messages <= 256 && stats.observers <= 1024 && stats.peers <= CLIENTS);
	assert_true(stats.exchanges <= 1024);
}

static void one_round(void)
{
	for (uint32_t i = draw(6); i > 0; i--)
		if (draw(2))
			client_asks(draw(CLIENTS));
		else
			client_judges(draw(CLIENTS));
	wire.now_ms += draw(50) ? draw(400) : draw(60000);
	for (size_t nth = udp_read(&wire); nth > 0; nth--)
		serve(&wire.batch[nth - 1]);
	if (draw(3))
		caller_acts();
	if (!draw(4))
		take_events();
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	for (uint32_t client = 0; client < CLIENTS; client++)
		client_hears(client);
	assert_bounded();
}

/* Everything runs out: deferred requests, repetitions, exchanges, peers. */
static void drain(void)
{
	for (size_t i = 0; i < HANDLES; i++)
		ace_udp_observe_end(wire.server, observed[i].handle);
	assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	/* Observations whose handles were forgotten end when nobody acknowledges their refreshment. */
	for (int day = 0; day < 3; day++) {
		struct ace_udp_observe_event event;

		wire.now_ms += ACE_UDP_OBSERVE_REFRESH_MS;
		udp_read(&wire);
		while (ace_udp_observe_event(wire.server, &event))
			ace_udp_observe_end(wire.server, event.handle);
		assert_int_equal(ace_udp_flush(wire.server), ACE_OK);
	}
	for (int i = 0; i < 20; i++)
		udp_pass(&wire, 60000);
}

static void random_life_keeps_its_caps_and_leaves_nothing_behind(void **state)
{
	(void)state;
	for (seed = 1; seed < 4; seed++) {
		uint32_t start = seed;

		for (uint32_t i = 0; i < CLIENTS; i++)
			clients[i] = udp_client_open(i + 1, 0);
		for (int i = 0; i < ROUNDS / 3; i++)
			one_round();
		drain();
		assert_int_equal(stats_now().messages, 0);
		assert_int_equal(stats_now().observers, 0);
		assert_int_equal(stats_now().exchanges, 0);
		assert_int_equal(stats_now().peers, 0);
		assert_int_equal(stats_now().unsent, 0);
		assert_true(ace_udp_due_ms(wire.server) == UINT64_MAX);
		for (uint32_t i = 0; i < CLIENTS; i++)
			close(clients[i]);
		seed = start;
	}
	/* It was a life: everything happened. */
	assert_true(heard_count > 1000 && stats_now().retransmissions > 100 && stats_now().given_up > 10);
	assert_true(stats_now().observations_ended > 100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(random_life_keeps_its_caps_and_leaves_nothing_behind),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
