/* SPDX-License-Identifier: Apache-2.0 */
/* The client's only user of libcoap. */
#include "client/transport.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "cli/pdu.h"
#include "client/request.h"

#define SESSIONS_MAX 4 /* the AS, the device, and room for a change of mind */
#define IO_SLICE_MS 1000
#define RENEWALS_MAX 3 /* of a session that has seen a worthless answer */

struct session_slot {
	struct client_peer peer;
	coap_session_t *session; /* owns one reference; NULL: free slot */
};

struct client_transport {
	coap_context_t *coap; /* owns */
	struct session_slot slots[SESSIONS_MAX];
	size_t next_slot; /* the one to be given up when all are taken */

	/* The exchange that is under way. */
	const struct client_wait *wait; /* borrows from the caller; NULL: none */
	struct session_slot *slot;
	coap_mid_t mid;
	uint8_t token[CLIENT_TOKEN_LEN];
	unsigned int passed_over_now; /* since the session was last looked at */
	bool taken, ended, passed_over, failed;
	coap_nack_reason_t failure;
};

static coap_response_t on_response(coap_session_t *session, const coap_pdu_t *sent, const coap_pdu_t *received,
				   const coap_mid_t mid)
{
	struct client_transport *t = coap_get_app_data(coap_session_get_context(session));
	coap_bin_const_t token = coap_pdu_get_token(received);
	uint8_t bytes[CLIENT_MESSAGE_MAX];
	struct ace_coap_message msg;
	enum client_verdict verdict = CLIENT_PASS_OVER;

	(void)sent;
	(void)mid;
	if (!t->wait || t->taken || t->ended)
		return COAP_RESPONSE_OK;
	if (!ace_slice_equal((struct ace_slice){ token.s, token.length }, ACE_SLICE_OF(t->token)))
		return COAP_RESPONSE_OK;
	if (!cli_pdu_read(received, bytes, sizeof bytes, &msg))
		verdict = t->wait->take(t->wait->arg, &msg);
	t->taken = verdict == CLIENT_TAKE;
	t->ended = verdict == CLIENT_END;
	t->passed_over_now += verdict == CLIENT_PASS_OVER;
	ace_wipe(bytes, sizeof bytes);
	return COAP_RESPONSE_OK;
}

static void on_nack(coap_session_t *session, const coap_pdu_t *sent, const coap_nack_reason_t reason,
		    const coap_mid_t mid)
{
	struct client_transport *t = coap_get_app_data(coap_session_get_context(session));
	coap_bin_const_t token;

	(void)mid;
	if (!t->wait || !sent)
		return;
	token = coap_pdu_get_token(sent);
	if (!ace_slice_equal((struct ace_slice){ token.s, token.length }, ACE_SLICE_OF(t->token)))
		return;
	t->failed = true;
	t->failure = reason;
}

/* libcoap's own lines would mix with ours; what matters comes back as an error. */
static void log_nothing(coap_log_t level, const char *message)
{
	(void)level;
	(void)message;
}

enum ace_err client_transport_new(struct client_transport **ret_transport, struct cli_error *ret_error)
{
	struct client_transport *t = calloc(1, sizeof *t);

	coap_startup();
	coap_set_log_handler(log_nothing);
	if (t)
		t->coap = coap_new_context(NULL);
	if (!t || !t->coap) {
		free(t);
		return cli_error_set(ret_error, ACE_ERR_MEMORY, "no memory for a CoAP context");
	}
	coap_set_app_data(t->coap, t);
	/* Unknown critical options are dropped by libcoap, and it does not know OSCORE's. */
	coap_register_option(t->coap, ACE_OPT_OSCORE);
	coap_register_response_handler(t->coap, on_response);
	coap_register_nack_handler(t->coap, on_nack);
	*ret_transport = t;
	return ACE_OK;
}

static void slot_clear(struct session_slot *slot)
{
	if (slot->session)
		coap_session_release(slot->session);
	memset(slot, 0, sizeof *slot);
}

void client_transport_free(struct client_transport *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < SESSIONS_MAX; i++)
		slot_clear(&t->slots[i]);
	coap_free_context(t->coap);
	free(t);
}

/* libcoap copies identity and key. */
static coap_session_t *session_dtls(struct client_transport *t, const struct client_peer *peer,
				    const coap_address_t *addr)
{
	coap_dtls_cpsk_t psk = {
		.version = COAP_DTLS_CPSK_SETUP_VERSION,
		.psk_info.identity = { strlen(peer->psk_identity), (const uint8_t *)peer->psk_identity },
		.psk_info.key = { peer->psk_key.len, peer->psk_key.ptr },
	};

	return coap_new_client_session_psk2(t->coap, NULL, addr, COAP_PROTO_DTLS, &psk);
}

static bool slot_serves(const struct session_slot *slot, const struct client_peer *peer)
{
	return slot->session && slot->peer.secure == peer->secure && slot->peer.addr_len == peer->addr_len &&
	       !memcmp(&slot->peer.addr, &peer->addr, peer->addr_len);
}

/* One session a peer, so that a device sees one address. */
static struct session_slot *slot_get(struct client_transport *t, const struct client_peer *peer)
{
	struct session_slot *slot;
	coap_address_t addr;

	for (size_t i = 0; i < SESSIONS_MAX; i++)
		if (slot_serves(&t->slots[i], peer))
			return &t->slots[i];
	slot = &t->slots[t->next_slot];
	t->next_slot = (t->next_slot + 1) % SESSIONS_MAX;
	slot_clear(slot);
	coap_address_init(&addr);
	if (peer->addr_len > sizeof addr.addr)
		return NULL;
	memcpy(&addr.addr, &peer->addr, peer->addr_len);
	addr.size = peer->addr_len;
	slot->session = peer->secure ? session_dtls(t, peer, &addr) :
				       coap_new_client_session(t->coap, NULL, &addr, COAP_PROTO_UDP);
	if (!slot->session)
		return NULL;
	slot->peer = *peer;
	slot->peer.psk_identity = NULL;
	slot->peer.psk_key = (struct ace_slice){ 0 };
	return slot;
}

/* libcoap takes the PDU over when it is sent, and it is freed here when it is not. */
static enum ace_err request_send(struct client_transport *t, const struct ace_coap_message *request,
				 struct cli_error *ret_error)
{
	coap_session_t *session = t->slot->session;
	coap_pdu_t *pdu = coap_pdu_init(request->type == ACE_COAP_NON ? COAP_MESSAGE_NON : COAP_MESSAGE_CON,
					(coap_pdu_code_t)request->code, t->mid, coap_session_max_pdu_size(session));

	if (!pdu)
		return cli_error_set(ret_error, ACE_ERR_MEMORY, "no memory for a message");
	if (cli_pdu_fill(pdu, ACE_SLICE_OF(t->token), request)) {
		coap_delete_pdu(pdu);
		return cli_error_set(ret_error, ACE_ERR_SPACE,
				     "a message of %zu bytes does not fit one datagram of at most %zu",
				     client_message_size(request, CLIENT_TOKEN_LEN),
				     coap_session_max_pdu_size(session));
	}
	if (coap_send(session, pdu) == COAP_INVALID_MID)
		t->failed = true;
	return ACE_OK;
}

/* libcoap takes one answer for each Message ID: once a forged one has come, the genuine one behind it would be dropped
 * as its duplicate. A new session on the same port does not know of the first, and the same message once more brings
 * the answer that the peer has kept for it (RFC 7252 4.2, 4.5). */
static void session_renew(struct client_transport *t, const struct ace_coap_message *request)
{
	coap_address_t local = *coap_session_get_addr_local(t->slot->session), remote;

	coap_address_init(&remote);
	memcpy(&remote.addr, &t->slot->peer.addr, t->slot->peer.addr_len);
	remote.size = t->slot->peer.addr_len;
	coap_session_release(t->slot->session);
	t->slot->session = coap_new_client_session(t->coap, &local, &remote, COAP_PROTO_UDP);
	if (!t->slot->session || request_send(t, request, NULL))
		t->failed = true;
}

static void wait_for_answer(struct client_transport *t, const struct ace_coap_message *request)
{
	uint64_t now = ace_port_monotonic_ms(), end = now + t->wait->timeout_ms;
	unsigned int renewals = 0;

	while (!t->taken && !t->ended && !t->failed && now < end) {
		uint64_t left = end - now;

		if (coap_io_process(t->coap, (uint32_t)(left < IO_SLICE_MS ? left : IO_SLICE_MS)) < 0)
			t->failed = true;
		now = ace_port_monotonic_ms();
		if (t->taken || t->ended || t->failed || !t->passed_over_now)
			continue;
		if (!t->passed_over && now + t->wait->grace_ms < end)
			end = now + t->wait->grace_ms;
		t->passed_over = true;
		t->passed_over_now = 0;
		/* Nobody forges within DTLS. */
		if (!t->slot->peer.secure && renewals++ < RENEWALS_MAX)
			session_renew(t, request);
	}
}

/* A handshake with a wrong key ends in silence, as one with nobody does. */
static bool is_connected(const struct client_transport *t)
{
	return t->slot && t->slot->session &&
	       coap_session_get_state(t->slot->session) == COAP_SESSION_STATE_ESTABLISHED;
}

static enum ace_err outcome(const struct client_transport *t, const struct client_peer *peer,
			    struct cli_error *ret_error)
{
	enum ace_err err;

	if (t->taken)
		return ACE_OK;
	if (peer->secure && !is_connected(t)) {
		err = cli_error_set(ret_error, ACE_ERR_BUSY, "no DTLS session with %s", peer->name);
		cli_error_hint(ret_error, "nobody listens there, or it does not take the credentials of %s",
			       peer->psk_identity);
	} else if (t->failed && t->failure == COAP_NACK_RST)
		err = cli_error_set(ret_error, ACE_ERR_IO, "%s rejects the message (CoAP reset)", peer->name);
	else if (t->failed && t->failure != COAP_NACK_TOO_MANY_RETRIES)
		err = cli_error_set(ret_error, ACE_ERR_IO, "nobody listens at %s", peer->name);
	else
		err = cli_error_set(ret_error, ACE_ERR_BUSY, "no answer from %s", peer->name);
	if (ret_error)
		ret_error->exit = CLI_EXIT_UNREACHABLE;
	return err;
}

enum ace_err client_transport_exchange(struct client_transport *t, const struct client_peer *peer,
				       const struct ace_coap_message *request, const struct client_wait *wait,
				       struct cli_error *ret_error)
{
	enum ace_err err = ace_port_random(t->token, sizeof t->token);

	if (err)
		return cli_error_set(ret_error, err, "no random bytes");
	t->taken = t->ended = t->passed_over = t->failed = false;
	t->passed_over_now = 0;
	t->failure = COAP_NACK_NOT_DELIVERABLE;
	t->wait = wait;
	t->slot = slot_get(t, peer);
	if (!t->slot) {
		t->failed = true;
	} else {
		t->mid = coap_new_message_id(t->slot->session);
		err = request_send(t, request, ret_error);
	}
	if (!err) {
		wait_for_answer(t, request);
		err = outcome(t, peer, ret_error);
	}
	t->wait = NULL;
	/* What is still being retransmitted would hold up the next request of this session. */
	if (err && t->slot)
		slot_clear(t->slot);
	return err;
}
