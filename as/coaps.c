/* SPDX-License-Identifier: Apache-2.0 */
/* The server's only user of libcoap. A handler of libcoap cannot wait for a commit: it takes the request down and answers
 * nothing; the answer is a message of ours, sent when the batch is on disk. */
#include "as/coaps.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "cli/log.h"
#include "cli/pdu.h"

#define ROUNDS_MAX 64 /* libcoap reads one datagram a round: without going on each would be a commit of its own */
#define METHODS_MAX 7 /* GET to iPATCH: what libcoap has handlers for */

/* A session whose client has named an identity. */
struct session {
	struct as_psk_owner owner;
	struct as_copies copies;
	struct session *next, **link; /* the one that points here */
};

struct as_coaps {
	coap_context_t *coap; /* owns */
	struct store *store;
	struct session *sessions; /* owns all of them */
	uint8_t boot_key[AS_PSK_BOOT_KEY_LEN];
	struct store_secret secret; /* what libcoap copies a key from; wiped when its round is over */
	coap_bin_const_t key;       /* borrows from secret */
	char address[128];
	uint64_t now_ms, due_ms;
	struct cli_log_pace pace; /* anybody can name an identity */
	bool is_touched; /* due_ms has to be asked for again */
	size_t len;
	struct as_coaps_request requests[AS_COAPS_BATCH_MAX];
};

/* libcoap's own lines name peers and their identities; what matters comes out as events of ours. */
static void log_nothing(coap_log_t level, const char *message)
{
	(void)level;
	(void)message;
}

static struct as_coaps *coaps_of(const coap_session_t *session)
{
	return coap_get_app_data(coap_session_get_context(session));
}

/* --- sessions and their identities --- */

static struct session *session_add(struct as_coaps *coaps, coap_session_t *coap)
{
	struct session *session = calloc(1, sizeof *session);

	if (!session)
		return NULL;
	session->next = coaps->sessions;
	session->link = &coaps->sessions;
	if (session->next)
		session->next->link = &session->next;
	coaps->sessions = session;
	coap_session_set_app_data(coap, session);
	return session;
}

static void session_remove(struct session *session)
{
	*session->link = session->next;
	if (session->next)
		session->next->link = session->link;
	as_copies_fini(&session->copies);
	free(session);
}

static enum ace_err look_up(struct as_coaps *coaps, struct ace_slice identity, struct as_psk_owner *ret_owner)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(coaps->store, &txn);

	if (err)
		return err;
	err = as_psk_find(txn, identity, ret_owner, &coaps->secret);
	store_abort(txn);
	return err;
}

/* The key of an identity, as a handshake needs it. One that nobody has gets a key as well, which opens nothing. A session
 * keeps its first owner: an identity that is named later, in a second handshake, is not the one that was verified. */
static const coap_bin_const_t *on_identity(coap_bin_const_t *identity, coap_session_t *coap, void *arg)
{
	struct as_coaps *coaps = arg;
	struct ace_slice name = { identity->s, identity->length };
	struct session *session = coap_session_get_app_data(coap);
	enum ace_err err = ACE_ERR_NOT_FOUND;

	if (!session) {
		session = session_add(coaps, coap);
		err = session ? look_up(coaps, name, &session->owner) : ACE_ERR_MEMORY;
	}
	if (err && err != ACE_ERR_NOT_FOUND)
		cli_log_paced(&coaps->pace, coaps->now_ms, CLI_LOG_WARN, "coaps.identity", cli_log_err(err));
	if (err && as_psk_decoy(coaps->boot_key, name, &coaps->secret))
		return NULL;
	coaps->key = (coap_bin_const_t){ .s = coaps->secret.key, .length = coaps->secret.key_len };
	return &coaps->key;
}

static int on_event(coap_session_t *coap, const coap_event_t event)
{
	struct session *session = coap_session_get_app_data(coap);

	if (event != COAP_EVENT_SERVER_SESSION_DEL || !session)
		return 0;
	coap_session_set_app_data(coap, NULL);
	session_remove(session);
	return 0;
}

/* --- requests --- */

/* The identity that DTLS verified must be the one whose key was handed out. */
static const struct as_psk_owner *owner_of(const coap_session_t *coap, const struct session *session)
{
	const coap_bin_const_t *identity = coap_session_get_psk_identity(coap);
	struct ace_slice id = { (const uint8_t *)session->owner.id, strlen(session->owner.id) };

	if (!id.len || !identity || !ace_slice_equal((struct ace_slice){ identity->s, identity->length }, id))
		return NULL;
	return &session->owner;
}

static enum ace_err send_answer(coap_session_t *coap, uint8_t request_type, uint16_t mid, struct ace_slice message)
{
	bool is_con = request_type == ACE_COAP_CON;
	struct ace_coap_message msg;
	coap_pdu_t *pdu;
	enum ace_err err = ace_coap_read(message, &msg);

	if (err)
		return err;
	/* A message to a session that has ended would keep it for ever. */
	if (coap_session_get_state(coap) != COAP_SESSION_STATE_ESTABLISHED)
		return ACE_ERR_BUSY;
	pdu = coap_pdu_init(is_con ? COAP_MESSAGE_ACK : COAP_MESSAGE_NON, (coap_pdu_code_t)msg.code,
			    is_con ? mid : coap_new_message_id(coap), coap_session_max_pdu_size(coap));
	if (!pdu)
		return ACE_ERR_MEMORY;
	err = cli_pdu_fill(pdu, msg.token, &msg);
	if (err) {
		coap_delete_pdu(pdu);
		return err;
	}
	return coap_send(coap, pdu) == COAP_INVALID_MID ? ACE_ERR_BUSY : ACE_OK;
}

/* RFC 7252 4.5: a copy of a confirmable request is answered "in the same way", a copy of another one is ignored. */
static void answer_copy(coap_session_t *coap, const struct as_copy *copy, uint8_t request_type)
{
	if (copy->answer && request_type == ACE_COAP_CON &&
	    send_answer(coap, request_type, copy->mid, (struct ace_slice){ copy->answer, copy->len }))
		cli_log(CLI_LOG_DEBUG, "coaps.copy", cli_log_text("answer", "lost"));
}

/* What finds no room now is sent again by its client. */
static void take(struct as_coaps *coaps, coap_session_t *coap, struct session *session, const coap_pdu_t *pdu)
{
	struct as_coaps_request *request = &coaps->requests[coaps->len];
	uint16_t mid = (uint16_t)coap_pdu_get_mid(pdu);
	struct as_copy *copy = as_copies_find(&session->copies, mid, coaps->now_ms);

	if (copy) {
		answer_copy(coap, copy, (uint8_t)coap_pdu_get_type(pdu));
		return;
	}
	if (coaps->len == AS_COAPS_BATCH_MAX || cli_pdu_read(pdu, request->bytes, sizeof request->bytes, &request->msg))
		return;
	copy = as_copies_add(&session->copies, mid, coaps->now_ms);
	if (!copy)
		return;
	request->copy = copy;
	request->owner = owner_of(coap, session);
	request->session = coap_session_reference(coap);
	coaps->len++;
}

/* The response stays empty and non-confirmable, which libcoap does not send. */
static void on_request(coap_resource_t *resource, coap_session_t *coap, const coap_pdu_t *pdu,
		       const coap_string_t *query, coap_pdu_t *response)
{
	struct session *session = coap_session_get_app_data(coap);

	(void)resource;
	(void)query;
	coap_pdu_set_type(response, COAP_MESSAGE_NON);
	if (session)
		take(coaps_of(coap), coap, session, pdu);
}

static void release(struct as_coaps_request *request, struct ace_slice answer)
{
	as_copy_settle(request->copy, answer);
	coap_session_release(request->session);
	request->session = NULL;
}

enum ace_err as_coaps_answer(struct as_coaps *coaps, struct as_coaps_request *request, struct ace_slice message)
{
	enum ace_err err;

	if (!request->session)
		return ACE_ERR_USAGE;
	err = send_answer(request->session, request->msg.type, request->msg.mid, message);
	if (err)
		return err;
	coaps->is_touched = true;
	release(request, message);
	return ACE_OK;
}

void as_coaps_drop(struct as_coaps *coaps, struct as_coaps_request *request)
{
	(void)coaps;
	if (request->session)
		release(request, (struct ace_slice){ 0 });
}

static void drop_all(struct as_coaps *coaps)
{
	for (size_t i = 0; i < coaps->len; i++)
		as_coaps_drop(coaps, &coaps->requests[i]);
	coaps->len = 0;
}

static bool is_readable(const struct as_coaps *coaps)
{
	return poll(&(struct pollfd){ .fd = as_coaps_fd(coaps), .events = POLLIN }, 1, 0) > 0;
}

size_t as_coaps_read(struct as_coaps *coaps, uint64_t now_ms, struct as_coaps_request **ret_batch)
{
	int rounds = 0;

	if (!coaps)
		return 0;
	drop_all(coaps);
	coaps->now_ms = now_ms;
	*ret_batch = coaps->requests;
	if (now_ms < coaps->due_ms && !is_readable(coaps))
		return 0;
	do
		coap_io_process(coaps->coap, COAP_IO_NO_WAIT);
	while (++rounds < ROUNDS_MAX && coaps->len < AS_COAPS_BATCH_MAX && is_readable(coaps));
	coaps->is_touched = true;
	store_secret_wipe(&coaps->secret);
	return coaps->len;
}

/* libcoap's own timer is off when its time has passed meanwhile, so the time-out that it returns is kept. */
uint32_t as_coaps_wait_ms(struct as_coaps *coaps, uint64_t now_ms, uint32_t max_ms)
{
	uint64_t left;

	if (!coaps)
		return max_ms;
	if (coaps->is_touched) {
		unsigned int wait_ms;
		coap_tick_t now;

		coap_ticks(&now);
		wait_ms = coap_io_prepare_epoll(coaps->coap, now);
		coaps->due_ms = wait_ms ? now_ms + wait_ms : UINT64_MAX;
		coaps->is_touched = false;
	}
	left = coaps->due_ms > now_ms ? coaps->due_ms - now_ms : 0;
	return left < max_ms ? (uint32_t)left : max_ms;
}

/* --- opening and closing --- */

static bool add_resource(struct as_coaps *coaps, coap_resource_t *resource)
{
	if (!resource)
		return false;
	for (int method = COAP_REQUEST_GET; method <= METHODS_MAX; method++)
		coap_register_request_handler(resource, (coap_request_t)method, on_request);
	coap_add_resource(coaps->coap, resource);
	return true;
}

/* Every path is ours to dispatch, the one that libcoap would answer by itself as well. */
static bool add_resources(struct as_coaps *coaps)
{
	return add_resource(coaps, coap_resource_unknown_init(on_request)) &&
	       add_resource(coaps, coap_resource_init(coap_make_str_const(".well-known/core"), 0));
}

static enum ace_err make_context(struct as_coaps *coaps, uint32_t sessions_max)
{
	/* No hint is sent: it would tell the name of this server to everybody. */
	coap_dtls_spsk_t psk = { .version = COAP_DTLS_SPSK_SETUP_VERSION, .validate_id_call_back = on_identity,
				 .id_call_back_arg = coaps };

	coap_startup();
	coap_set_log_handler(log_nothing);
	if (!coap_dtls_is_supported())
		return ACE_ERR_UNSUPPORTED;
	coaps->coap = coap_new_context(NULL);
	if (!coaps->coap || as_coaps_fd(coaps) < 0)
		return coaps->coap ? ACE_ERR_UNSUPPORTED : ACE_ERR_MEMORY;
	coap_set_app_data(coaps->coap, coaps);
	coap_context_set_max_idle_sessions(coaps->coap, sessions_max);
	coap_context_set_session_timeout(coaps->coap, AS_COAPS_IDLE_S);
	coap_context_set_max_handshake_sessions(coaps->coap, AS_COAPS_HANDSHAKES_MAX);
	coap_register_event_handler(coaps->coap, on_event);
	return coap_context_set_psk2(coaps->coap, &psk) && add_resources(coaps) ? ACE_OK : ACE_ERR_MEMORY;
}

static enum ace_err bind_to(struct as_coaps *coaps, const struct as_coaps_config *config)
{
	coap_address_t local;
	coap_endpoint_t *endpoint;

	coap_address_init(&local);
	if (config->addr_len > sizeof local.addr)
		return ACE_ERR_UNSUPPORTED;
	memcpy(&local.addr, config->addr, config->addr_len);
	local.size = config->addr_len;
	errno = 0;
	endpoint = coap_new_endpoint(coaps->coap, &local, COAP_PROTO_DTLS);
	if (!endpoint)
		return ACE_ERR_IO;
	/* "127.0.0.1:5684 DTLS", of which the address is kept. */
	snprintf(coaps->address, sizeof coaps->address, "%s", coap_endpoint_str(endpoint));
	coaps->address[strcspn(coaps->address, " ")] = '\0';
	return ACE_OK;
}

enum ace_err as_coaps_open(const struct as_coaps_config *config, struct as_coaps **ret_coaps)
{
	struct as_coaps *coaps = calloc(1, sizeof *coaps);
	enum ace_err err;

	if (!coaps)
		return ACE_ERR_MEMORY;
	coaps->store = config->store;
	err = ace_port_random(coaps->boot_key, sizeof coaps->boot_key);
	if (!err)
		err = make_context(coaps, config->sessions_max);
	if (!err)
		err = bind_to(coaps, config);
	if (err)
		as_coaps_close(coaps);
	else
		*ret_coaps = coaps;
	return err;
}

void as_coaps_close(struct as_coaps *coaps)
{
	if (!coaps)
		return;
	if (coaps->coap) {
		drop_all(coaps);
		coap_free_context(coaps->coap);
	}
	/* libcoap tells of the sessions that it ends, but not of those that end with it. */
	while (coaps->sessions)
		session_remove(coaps->sessions);
	ace_wipe(coaps, sizeof *coaps);
	free(coaps);
}

int as_coaps_fd(const struct as_coaps *coaps)
{
	return coap_context_get_coap_fd(coaps->coap);
}

const char *as_coaps_address(const struct as_coaps *coaps)
{
	return coaps->address;
}

size_t as_coaps_sessions(const struct as_coaps *coaps)
{
	size_t len = 0;

	for (const struct session *session = coaps ? coaps->sessions : NULL; session; session = session->next)
		len++;
	return len;
}

const char *as_coaps_library(void)
{
	return coap_package_version();
}
