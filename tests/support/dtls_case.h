/* SPDX-License-Identifier: Apache-2.0 */
/* libcoap as a client over DTLS-PSK of an as_fixture, in the same thread: the test turns both sides. Include after cmocka.h
 * and as_fixture.h. */
#ifndef TESTS_DTLS_CASE_H
#define TESTS_DTLS_CASE_H

#include <arpa/inet.h>
#include <unistd.h>

#include "as/coaps.h"
#include "cli/pdu.h"

#define DTLS_CASE_TURNS 400 /* of a millisecond each, at most */

static const uint8_t dtls_case_key[16] = "dtls key of 16 B";

struct dtls_peer {
	coap_session_t *session;
	unsigned int answers;
	uint8_t code;  /* of the last answer, */
	bool has_observe;
	bool rejects;  /* answers that nobody asked for any more */
	size_t len;
	uint8_t payload[1400];
};

struct dtls_case {
	coap_context_t *coap; /* of all peers */
	struct sockaddr_in to;
};

static inline coap_response_t dtls_case_heard(coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received,
					      const coap_mid_t mid)
{
	struct dtls_peer *peer = coap_session_get_app_data(session);
	const uint8_t *data = NULL;
	coap_opt_iterator_t options;
	size_t len = 0;

	(void)sent;
	(void)mid;
	peer->answers++;
	peer->code = (uint8_t)coap_pdu_get_code(received);
	peer->has_observe = coap_check_option(received, COAP_OPTION_OBSERVE, &options) != NULL;
	if (coap_get_data(received, &len, &data))
		memcpy(peer->payload, data, len);
	peer->len = len;
	return peer->rejects ? COAP_RESPONSE_FAIL : COAP_RESPONSE_OK;
}

/* A client or, with device, a device of that id whose line is opened by DTLS. */
static inline void dtls_case_client(struct as_fixture *fx, const char *id, enum store_auth method)
{
	struct store_client client = { .is_enabled = true, .method = method };
	struct store_secret secret = { .key_len = sizeof dtls_case_key };
	struct store_txn *txn;

	memcpy(secret.key, dtls_case_key, sizeof dtls_case_key);
	assert_int_equal(store_text_set(id, client.id, sizeof client.id), ACE_OK);
	assert_int_equal(store_begin_write(fx->as.store, &txn), ACE_OK);
	assert_int_equal(store_client_delete(txn, id), ACE_OK);
	assert_int_equal(store_client_create(txn, &client, &secret), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
}

/* Let the fixture's server listen for DTLS, with its own port. */
static inline void dtls_case_open(struct dtls_case *c, struct as_fixture *fx, uint32_t sessions_max)
{
	struct sockaddr_storage addr = { 0 };
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	memcpy(&addr, &any, sizeof any);
	assert_int_equal(as_coaps_open(&(struct as_coaps_config){ .addr = &addr, .addr_len = sizeof any,
								  .sessions_max = sessions_max, .store = fx->as.store },
				       &fx->as.coaps), ACE_OK);
	c->to = any;
	c->to.sin_port = htons((uint16_t)strtoul(strrchr(as_coaps_address(fx->as.coaps), ':') + 1, NULL, 10));
	c->coap = coap_new_context(NULL);
	assert_non_null(c->coap);
	coap_register_response_handler(c->coap, dtls_case_heard);
}

static inline void dtls_case_close(struct dtls_case *c)
{
	coap_free_context(c->coap);
}

static inline void dtls_peer_open(struct dtls_case *c, const char *identity, struct ace_slice key, struct dtls_peer *peer)
{
	coap_dtls_cpsk_t psk = { .version = COAP_DTLS_CPSK_SETUP_VERSION,
				 .psk_info.identity = { strlen(identity), (const uint8_t *)identity },
				 .psk_info.key = { key.len, key.ptr } };
	coap_address_t to;

	memset(peer, 0, sizeof *peer);
	coap_address_init(&to);
	memcpy(&to.addr, &c->to, sizeof c->to);
	to.size = sizeof c->to;
	peer->session = coap_new_client_session_psk2(c->coap, NULL, &to, COAP_PROTO_DTLS, &psk);
	assert_non_null(peer->session);
	coap_session_set_app_data(peer->session, peer);
}

static inline void dtls_peer_close(struct dtls_peer *peer)
{
	coap_session_release(peer->session);
}

/* Hand a POST to libcoap, which sends it when the handshake is over. */
static inline void dtls_peer_ask(struct dtls_peer *peer, uint16_t mid, const char *path, struct ace_slice body)
{
	const uint8_t format = ACE_FORMAT_ACE_CBOR;
	coap_pdu_t *pdu = coap_pdu_init(COAP_MESSAGE_CON, COAP_REQUEST_CODE_POST, mid, 1024);
	uint8_t token = (uint8_t)mid;

	assert_non_null(pdu);
	assert_int_equal(coap_add_token(pdu, 1, &token), 1);
	assert_int_not_equal(coap_add_option(pdu, COAP_OPTION_URI_PATH, strlen(path), (const uint8_t *)path), 0);
	assert_int_not_equal(coap_add_option(pdu, COAP_OPTION_CONTENT_FORMAT, 1, &format), 0);
	assert_int_equal(coap_add_data(pdu, body.len, body.ptr), 1);
	assert_int_not_equal(coap_send(peer->session, pdu), COAP_INVALID_MID);
}

/* GET with an Observe option of that value. */
static inline void dtls_peer_observe(struct dtls_peer *peer, uint16_t mid, const char *path, uint8_t wish)
{
	coap_pdu_t *pdu = coap_pdu_init(COAP_MESSAGE_CON, COAP_REQUEST_CODE_GET, mid, 1024);
	const char *slash = strchr(path, '/');
	uint8_t token = (uint8_t)mid;

	assert_non_null(pdu);
	assert_int_equal(coap_add_token(pdu, 1, &token), 1);
	coap_add_option(pdu, COAP_OPTION_OBSERVE, wish ? 1 : 0, &wish);
	assert_int_not_equal(coap_add_option(pdu, COAP_OPTION_URI_PATH, (size_t)(slash - path), (const uint8_t *)path), 0);
	assert_int_not_equal(coap_add_option(pdu, COAP_OPTION_URI_PATH, strlen(slash + 1), (const uint8_t *)slash + 1), 0);
	assert_int_not_equal(coap_send(peer->session, pdu), COAP_INVALID_MID);
}

/* Turn both sides until the peer has heard so many answers, or for so many turns. */
static inline void dtls_case_turn(struct dtls_case *c, struct as_fixture *fx, const struct dtls_peer *peer,
				  unsigned int answers, int turns)
{
	for (int i = 0; i < turns && peer->answers < answers; i++) {
		coap_io_process(c->coap, COAP_IO_NO_WAIT);
		assert_int_equal(as_batch_run(&fx->as), ACE_OK);
		if (as_coaps_wait_ms(fx->as.coaps, ace_port_monotonic_ms(), 1))
			usleep(300);
	}
}

static inline bool dtls_peer_is_connected(const struct dtls_peer *peer)
{
	return coap_session_get_state(peer->session) == COAP_SESSION_STATE_ESTABLISHED;
}

#endif
