/* SPDX-License-Identifier: Apache-2.0 */
/* The request itself. Anybody can forge an unprotected 4.01: it is counted, and after three of them the same token is
 * posted again (RFC 9203 6, RFC 8613 D.5.3). It never costs the token, and never makes us speak in the clear. */
#include "client/flow.h"

#define REPOSTS_MAX 2

/* A verified answer: the device is who it should be. Now a candidate takes the place of the token before it. */
static enum ace_err proven_keep(struct client_flow *flow, struct cli_error *ret_error)
{
	const struct client_state *state = &flow->client->state;
	struct client_assoc *assoc = &flow->assoc, old = { 0 };
	enum ace_err err = ACE_OK;

	if (assoc->proven && !assoc->refusals && !assoc->is_candidate)
		return ACE_OK;
	if (assoc->is_candidate)
		err = client_assoc_read(state, assoc->as_uri, assoc->audience, &old, ret_error);
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	assoc->proven = true;
	assoc->refusals = 0;
	assoc->is_candidate = false;
	err = client_assoc_replace(state, &old, assoc, ret_error);
	client_assoc_free(&old);
	return err;
}

static const char *format_name(const struct client_answer *answer)
{
	struct ace_slice value;
	uint32_t format;

	if (!ace_coap_option_find(answer->msg.options, ACE_OPT_CONTENT_FORMAT, &value))
		return answer->msg.payload.len ? "no Content-Format" : "no payload";
	if (ace_coap_option_uint(value, &format))
		return "?";
	switch (format) {
	case ACE_FORMAT_TEXT: return "text/plain";
	case ACE_FORMAT_ACE_CBOR: return "application/ace+cbor";
	case ACE_FORMAT_LINK: return "application/link-format";
	case ACE_FORMAT_OCTETS: return "application/octet-stream";
	case ACE_FORMAT_CBOR: return "application/cbor";
	default: return "another Content-Format";
	}
}

/* May the request be sent twice? It may have been carried out when the 4.01 was a forgery. */
static bool is_idempotent(uint8_t code)
{
	return code == ACE_COAP_GET || code == ACE_COAP_PUT || code == ACE_COAP_DELETE;
}

/* Will a 4.01 to the next request be followed by the same request again? Then nothing is gained by waiting for a better
 * answer: the fresh request asks for one. The last request before the context is given up gets the whole wait, so that
 * who forges answers, however fast, never brings that about while the device can be heard. */
static bool is_impatient(const struct client_flow *flow)
{
	return flow->assoc.proven && is_idempotent(flow->job->request->code) &&
	       flow->assoc.refusals + 1 < CLIENT_REFUSALS_MAX;
}

static enum ace_err request_once(struct client_flow *flow, struct client_answer *ret_answer,
				 struct cli_error *ret_error)
{
	struct client_step step;
	enum ace_err err;

	client_step_begin(&step, &flow->client->explain, "%s %s (OSCORE)",
			  client_method_name(flow->job->request->code), flow->job->address.path);
	client_answer_wipe(ret_answer);
	err = client_exchange_whole(&flow->client->carrier, &(struct client_protected){
		.peer = &flow->peer, .line = &flow->line, .request = flow->job->request,
		.impatient = is_impatient(flow), .watcher = &(struct client_watcher){ client_step_seen, &step } }, ret_answer, ret_error);
	if (!err)
		client_step_line(&step, ret_answer, "%s", format_name(ret_answer));
	else if (err == ACE_ERR_UNPROTECTED)
		client_step_failed(&step, ret_answer, "an unprotected answer, which is not taken");
	else
		client_step_failed(&step, ret_answer, "no verified answer");
	return err;
}

/* What to do after a request without a verified answer. */
enum next { NEXT_GIVE_UP, NEXT_AGAIN, NEXT_REPOST };

static enum next what_next(const struct client_flow *flow, enum ace_err err, const struct client_answer *answer)
{
	const struct client_assoc *assoc = &flow->assoc;
	bool refused = err == ACE_ERR_UNPROTECTED && answer->unprotected_code == ACE_COAP_UNAUTHORIZED;

	/* No numbers left, or nobody knows which are. */
	if (err == ACE_ERR_EXHAUSTED || err == ACE_ERR_NOT_FOUND)
		return NEXT_REPOST;
	/* protocol.md S10: the 2.01 of authz-info was forged, perhaps: a device that has not proven itself gets a
	 * new N1 at once. */
	if (!assoc->proven && (refused || err == ACE_ERR_TAG || err == ACE_ERR_BUSY))
		return NEXT_REPOST;
	if (!refused)
		return NEXT_GIVE_UP;
	if (assoc->refusals >= CLIENT_REFUSALS_MAX)
		return NEXT_REPOST;
	return is_idempotent(flow->job->request->code) ? NEXT_AGAIN : NEXT_GIVE_UP;
}

static enum ace_err refusal_count(struct client_flow *flow, const struct client_answer *answer,
				  struct cli_error *ret_error)
{
	if (answer->unprotected_code != ACE_COAP_UNAUTHORIZED)
		return ACE_OK;
	flow->assoc.refusals++;
	return client_assoc_write(&flow->client->state, &flow->assoc, ret_error);
}

enum ace_err client_flow_request(struct client_flow *flow, struct client_answer *ret_answer,
				 struct cli_error *ret_error)
{
	for (unsigned int reposts = 0;;) {
		enum ace_err err = request_once(flow, ret_answer, ret_error), kept = ACE_OK;
		enum next next;

		if (!err)
			return proven_keep(flow, ret_error);
		if (err == ACE_ERR_UNPROTECTED)
			kept = refusal_count(flow, ret_answer, ret_error);
		if (kept)
			return kept;
		next = what_next(flow, err, ret_answer);
		if (next == NEXT_GIVE_UP || (next == NEXT_REPOST && reposts++ == REPOSTS_MAX))
			return err;
		if (next == NEXT_REPOST)
			err = client_flow_renew(flow, ret_error);
		if (next == NEXT_REPOST && err)
			return err;
	}
}
