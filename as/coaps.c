/* SPDX-License-Identifier: Apache-2.0 */
/* With coaps_session.c and coaps_observe.c the server's only user of libcoap. A handler of libcoap cannot wait for a commit:
 * it takes the request down and answers nothing; the answer is a message of ours, sent when the batch is on disk. */
#include "as/coaps_core.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"

#define METHODS_MAX 7 /* GET to iPATCH: what libcoap has handlers for */

/* libcoap's own lines name peers and their identities; what matters comes out as events of ours. */
static void log_nothing(coap_log_t level, const char *message)
{
	(void)level;
	(void)message;
}

enum ace_err as_coaps_send(coap_session_t *coap, coap_pdu_type_t type, coap_mid_t mid, struct ace_slice message)
{
	struct ace_coap_message msg;
	coap_pdu_t *pdu;
	enum ace_err err = ace_coap_read(message, &msg);

	if (err)
		return err;
	/* A message to a session that has ended would keep it for ever. */
	if (coap_session_get_state(coap) != COAP_SESSION_STATE_ESTABLISHED)
		return ACE_ERR_BUSY;
	pdu = coap_pdu_init(type, (coap_pdu_code_t)msg.code, mid, coap_session_max_pdu_size(coap));
	if (!pdu)
		return ACE_ERR_MEMORY;
	err = cli_pdu_fill(pdu, msg.token, &msg);
	if (err) {
		coap_delete_pdu(pdu);
		return err;
	}
	return coap_send(coap, pdu) == COAP_INVALID_MID ? ACE_ERR_BUSY : ACE_OK;
}

static enum ace_err send_answer(coap_session_t *coap, uint8_t request_type, uint16_t mid, struct ace_slice message)
{
	if (request_type == ACE_COAP_CON)
		return as_coaps_send(coap, COAP_MESSAGE_ACK, mid, message);
	return as_coaps_send(coap, COAP_MESSAGE_NON, coap_new_message_id(coap), message);
}

/* RFC 7252 4.5: a copy of a confirmable request is answered "in the same way", a copy of another one is ignored. */
static void answer_copy(coap_session_t *coap, const struct as_copy *copy, uint8_t request_type)
{
	if (copy->answer && request_type == ACE_COAP_CON &&
	    send_answer(coap, request_type, copy->mid, (struct ace_slice){ copy->answer, copy->len }))
		cli_log(CLI_LOG_DEBUG, "coaps.copy", cli_log_text("answer", "lost"));
}

/* What finds no room now is sent again by its client. */
static void take(struct as_coaps *coaps, coap_session_t *coap, struct as_coaps_session *session, const coap_pdu_t *pdu)
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
	request->owner = as_coaps_owner(coap, session);
	request->session = coap_session_reference(coap);
	coaps->len++;
}

/* The response stays empty and non-confirmable, which libcoap does not send. */
static void on_request(coap_resource_t *resource, coap_session_t *coap, const coap_pdu_t *pdu,
		       const coap_string_t *query, coap_pdu_t *response)
{
	struct as_coaps_session *session = coap_session_get_app_data(coap);

	(void)resource;
	(void)query;
	coap_pdu_set_type(response, COAP_MESSAGE_NON);
	if (session)
		take(as_coaps_of(coap), coap, session, pdu);
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
	size_t rounds = 0;

	if (!coaps)
		return 0;
	drop_all(coaps);
	coaps->now_ms = now_ms;
	*ret_batch = coaps->requests;
	if (now_ms < coaps->due_ms && !is_readable(coaps))
		return 0;
	/* libcoap reads one datagram a round: without going on each would be a commit of its own. */
	do
		coap_io_process(coaps->coap, COAP_IO_NO_WAIT);
	while (++rounds < coaps->len + AS_COAPS_STRAYS_MAX && coaps->len < AS_COAPS_BATCH_MAX && is_readable(coaps));
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
	coap_dtls_spsk_t psk = { .version = COAP_DTLS_SPSK_SETUP_VERSION, .validate_id_call_back = as_coaps_on_identity,
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
	coap_register_event_handler(coaps->coap, as_coaps_on_event);
	coap_register_nack_handler(coaps->coap, as_coaps_on_nack);
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
	coaps->sessions_max = config->sessions_max;
	coaps->observed = calloc(AS_COAPS_OBSERVED_MAX, sizeof *coaps->observed);
	err = coaps->observed ? ACE_OK : ACE_ERR_MEMORY;
	if (!err)
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
		as_coaps_observed_fini(coaps);
		coap_free_context(coaps->coap);
	}
	/* libcoap tells of the sessions that it ends, but not of those that end with it. */
	while (coaps->sessions)
		as_coaps_session_remove(coaps->sessions);
	free(coaps->observed);
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

	for (const struct as_coaps_session *session = coaps ? coaps->sessions : NULL; session; session = session->next)
		len++;
	return len;
}

const char *as_coaps_library(void)
{
	return coap_package_version();
}
