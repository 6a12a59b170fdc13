/* SPDX-License-Identifier: Apache-2.0 */
#include "as/coaps_observe.h"

#include <string.h>

#include "ace_port.h"
#include "as/coaps_core.h"

#define LOOK_MS 200 /* how often those that wait are looked for */
#define IS_DTLS (UINT64_C(1) << 63)
#define NUMBER_MASK 0xffffffu /* RFC 7641 3.4: 24 bits */

/* A place and how often it was taken: what has ended is not mistaken for what came after it. */
static uint64_t handle_of(const struct as_coaps *coaps, const struct as_coaps_observed *observed)
{
	return IS_DTLS | (uint64_t)(observed->generation & 0x7fffffff) << 32 | (uint64_t)(observed - coaps->observed);
}

static struct as_coaps_observed *find(const struct as_coaps *coaps, uint64_t handle)
{
	uint32_t nth = (uint32_t)handle;
	struct as_coaps_observed *observed = nth < AS_COAPS_OBSERVED_MAX ? &coaps->observed[nth] : NULL;

	return observed && observed->state == AS_COAPS_OBSERVES && handle_of(coaps, observed) == handle ? observed : NULL;
}

static bool has_token(const struct as_coaps_observed *observed, const coap_session_t *coap, struct ace_slice token)
{
	return observed->state == AS_COAPS_OBSERVES && observed->coap == coap &&
	       ace_slice_equal((struct ace_slice){ observed->token, observed->token_len }, token);
}

static struct as_coaps_observed *find_token(const struct as_coaps *coaps, const coap_session_t *coap, struct ace_slice token)
{
	for (size_t i = 0; i < coaps->observed_used; i++)
		if (has_token(&coaps->observed[i], coap, token))
			return &coaps->observed[i];
	return NULL;
}

static void leave(struct as_coaps *coaps, struct as_coaps_observed *observed, enum as_coaps_observed_state state)
{
	struct as_coaps_session *session = coap_session_get_app_data(observed->coap);

	if (session && !--session->observing)
		coaps->observing--;
	coap_session_release(observed->coap);
	observed->coap = NULL;
	observed->state = state;
	observed->is_pending = false;
	coaps->has_ended |= state == AS_COAPS_ENDED;
}

/* The other side has ended it, or is gone: the caller hears of it in an event. */
static void lose(struct as_coaps *coaps, struct as_coaps_observed *observed)
{
	if (observed)
		leave(coaps, observed, AS_COAPS_ENDED);
}

enum ace_err as_coaps_observe(struct as_coaps *coaps, const struct as_coaps_request *request, uint64_t cookie,
			      uint64_t *ret_handle)
{
	struct as_coaps_session *session = request->session ? coap_session_get_app_data(request->session) : NULL;
	struct as_coaps_observed *observed = NULL;

	if (!session || request->msg.token.len > sizeof observed->token)
		return ACE_ERR_USAGE;
	/* Who says goodbye behind the request, before it is served: nothing would tell of the end a second time. */
	if (coap_session_get_state(request->session) != COAP_SESSION_STATE_ESTABLISHED)
		return ACE_ERR_BUSY;
	for (size_t i = 0; i < AS_COAPS_OBSERVED_MAX && !observed; i++)
		if (coaps->observed[i].state == AS_COAPS_FREE)
			observed = &coaps->observed[i];
	/* A session that observes is not idle, so that the cap of idle ones would not hold it. */
	if (!observed || (!session->observing && coaps->observing >= coaps->sessions_max))
		return ACE_ERR_FULL;
	coaps->observing += !session->observing++;
	*observed = (struct as_coaps_observed){ .state = AS_COAPS_OBSERVES, .generation = observed->generation + 1,
						.coap = coap_session_reference(request->session), .cookie = cookie,
						.told_ms = coaps->now_ms, .token_len = (uint8_t)request->msg.token.len };
	memcpy(observed->token, request->msg.token.ptr, observed->token_len);
	if ((size_t)(observed - coaps->observed) >= coaps->observed_used)
		coaps->observed_used = (size_t)(observed - coaps->observed) + 1;
	*ret_handle = handle_of(coaps, observed);
	return ACE_OK;
}

enum ace_err as_coaps_observe_find(const struct as_coaps *coaps, const struct as_coaps_request *request,
				   uint64_t *ret_handle, uint64_t *ret_cookie)
{
	const struct as_coaps_observed *observed = find_token(coaps, request->session, request->msg.token);

	if (!request->session || !observed)
		return ACE_ERR_NOT_FOUND;
	*ret_handle = handle_of(coaps, observed);
	*ret_cookie = observed->cookie;
	return ACE_OK;
}

void as_coaps_observe_end(struct as_coaps *coaps, uint64_t handle)
{
	struct as_coaps_observed *observed = find(coaps, handle);

	if (observed)
		leave(coaps, observed, AS_COAPS_FREE);
}

uint32_t as_coaps_observe_number(struct as_coaps *coaps, uint64_t handle)
{
	(void)handle; /* one row of numbers for all: larger is all that matters */
	return ++coaps->observe_number & NUMBER_MASK;
}

struct ace_slice as_coaps_observe_token(const struct as_coaps *coaps, uint64_t handle)
{
	const struct as_coaps_observed *observed = find(coaps, handle);

	return observed ? (struct ace_slice){ observed->token, observed->token_len } : (struct ace_slice){ 0 };
}

enum ace_err as_coaps_notify(struct as_coaps *coaps, uint64_t handle, const struct ace_udp_notification *notification)
{
	struct as_coaps_observed *observed = find(coaps, handle);
	enum ace_err err;

	if (!observed)
		return ACE_ERR_NOT_FOUND;
	/* RFC 7641 4.5.1: the rate is bound to what the client acknowledges, or else to one in three seconds. */
	if (observed->is_told && ace_port_monotonic_ms() - observed->told_ms < AS_COAPS_NOTIFY_GAP_MS) {
		observed->is_pending = true;
		return ACE_ERR_FULL;
	}
	err = as_coaps_send(observed->coap, COAP_MESSAGE_CON, coap_new_message_id(observed->coap), notification->message);
	coaps->is_touched = true;
	if (err)
		return err;
	observed->told_ms = ace_port_monotonic_ms();
	observed->is_told = true;
	observed->is_pending = false;
	if (notification->last && observed->state == AS_COAPS_OBSERVES)
		leave(coaps, observed, AS_COAPS_FREE);
	return ACE_OK;
}

static bool is_due(const struct as_coaps_observed *observed, uint64_t now_ms)
{
	uint64_t since_ms = now_ms - observed->told_ms;

	return observed->state == AS_COAPS_OBSERVES && since_ms >= (observed->is_pending ? AS_COAPS_NOTIFY_GAP_MS :
											   AS_COAPS_NOTIFY_MAX_MS);
}

bool as_coaps_observe_event(struct as_coaps *coaps, struct ace_udp_observe_event *ret_event)
{
	uint64_t now_ms = ace_port_monotonic_ms();

	if (!coaps || (!coaps->has_ended && now_ms - coaps->looked_ms < LOOK_MS))
		return false;
	for (size_t i = 0; i < coaps->observed_used; i++) {
		struct as_coaps_observed *observed = &coaps->observed[i];
		bool has_ended = observed->state == AS_COAPS_ENDED;

		if (!has_ended && !is_due(observed, now_ms))
			continue;
		*ret_event = (struct ace_udp_observe_event){ .handle = handle_of(coaps, observed), .cookie = observed->cookie,
			.kind = has_ended ? ACE_UDP_OBSERVE_TIMEOUT : ACE_UDP_OBSERVE_DUE };
		observed->state = has_ended ? AS_COAPS_FREE : observed->state;
		observed->is_pending = false;
		observed->told_ms = has_ended ? observed->told_ms : now_ms - AS_COAPS_NOTIFY_GAP_MS;
		return true;
	}
	coaps->has_ended = false;
	coaps->looked_ms = now_ms;
	return false;
}

/* A reset ends one observation (RFC 7641 3.6), silence all of the session: its client is gone. */
void as_coaps_on_nack(coap_session_t *coap, const coap_pdu_t *sent, const coap_nack_reason_t reason, const coap_mid_t mid)
{
	struct as_coaps *coaps = as_coaps_of(coap);
	coap_bin_const_t token = sent ? coap_pdu_get_token(sent) : (coap_bin_const_t){ 0, NULL };

	(void)mid;
	if (reason == COAP_NACK_RST && sent)
		lose(coaps, find_token(coaps, coap, (struct ace_slice){ token.s, token.length }));
	else
		as_coaps_observed_lose(coaps, coap);
}

void as_coaps_observed_lose(struct as_coaps *coaps, const coap_session_t *coap)
{
	const struct as_coaps_session *session = coap_session_get_app_data(coap);

	/* Anybody can end sessions that observe nothing: handshakes that fail. */
	for (size_t i = 0; session && session->observing && i < coaps->observed_used; i++)
		if (coaps->observed[i].state == AS_COAPS_OBSERVES && coaps->observed[i].coap == coap)
			lose(coaps, &coaps->observed[i]);
}

void as_coaps_observed_fini(struct as_coaps *coaps)
{
	for (size_t i = 0; i < coaps->observed_used; i++)
		if (coaps->observed[i].state == AS_COAPS_OBSERVES)
			leave(coaps, &coaps->observed[i], AS_COAPS_FREE);
}
