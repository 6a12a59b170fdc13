/* SPDX-License-Identifier: Apache-2.0 */
#include "client/exchange.h"

#include <string.h>

void client_answer_wipe(struct client_answer *answer)
{
	cli_bytes_free(&answer->body);
	ace_wipe(answer, sizeof *answer);
}

/* Keep a copy: the transport's bytes are gone after the handler. */
static bool answer_keep(struct client_answer *answer, const struct ace_coap_message *msg)
{
	struct ace_coap_writer w;
	struct ace_coap_options it;
	struct ace_coap_option option;
	struct ace_slice written;

	ace_coap_write_init(&w, answer->bytes, sizeof answer->bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ msg->type, msg->code, msg->mid, msg->token });
	ace_coap_options_init(&it, msg->options);
	while (ace_coap_options_next(&it, &option))
		ace_coap_write_option(&w, option.number, option.value);
	ace_coap_write_payload(&w, msg->payload);
	return !ace_coap_written(&w, &written) && !ace_coap_read(written, &answer->msg);
}

static enum client_verdict take_any(void *arg, const struct ace_coap_message *msg)
{
	struct client_answer *answer = arg;

	answer->received_len = client_message_size(msg, msg->token.len);
	return answer_keep(answer, msg) ? CLIENT_TAKE : CLIENT_PASS_OVER;
}

/* Is it 4.01 with an Echo to be sent back? */
static bool echo_asked(const struct ace_coap_message *msg, struct ace_slice *ret_echo)
{
	return msg->code == ACE_COAP_UNAUTHORIZED && ace_coap_option_find(msg->options, ACE_OPT_ECHO, ret_echo) &&
	       ret_echo->len >= 1 && ret_echo->len <= 40;
}

/* An Echo is the last option that was added. */
static void echo_drop(struct client_request *request)
{
	if (request->options_len && request->options[request->options_len - 1].number == ACE_OPT_ECHO)
		request->bytes.len -= request->options[--request->options_len].value.len;
}

/* The Echo of this round takes the place of that of the round before. */
static enum ace_err echo_set(struct client_request *request, struct ace_slice echo)
{
	echo_drop(request);
	return client_request_option(request, ACE_OPT_ECHO, echo);
}

static enum ace_err build(const struct client_request *request, struct ace_buf *out, struct ace_coap_message *ret_msg,
			  struct cli_error *ret_error)
{
	enum ace_err err = client_request_message(request, out, ret_msg);

	return err ? cli_error_set(ret_error, err, "the request is too long") : ACE_OK;
}

enum ace_err client_exchange_plain(const struct client_carrier *carrier, const struct client_peer *peer,
				   struct client_request *request, struct client_answer *ret_answer,
				   struct cli_error *ret_error)
{
	struct client_wait wait = { take_any, ret_answer, carrier->timeout_ms, carrier->grace_ms };
	uint8_t bytes[CLIENT_MESSAGE_MAX];
	struct ace_coap_message msg;
	struct ace_slice echo;

	echo_drop(request);
	for (int round = 0;; round++) {
		struct ace_buf out = ACE_BUF_OF(bytes);
		enum ace_err err = build(request, &out, &msg, ret_error);

		memset(ret_answer, 0, sizeof *ret_answer);
		if (err)
			return err;
		ret_answer->sent_len = client_message_size(&msg, CLIENT_TOKEN_LEN);
		err = client_transport_exchange(carrier->transport, peer, &msg, &wait, ret_error);
		if (err || round == CLIENT_ECHO_ROUNDS || !echo_asked(&ret_answer->msg, &echo))
			return err;
		/* RFC 9175 2.3: "Upon receiving a 4.01 (Unauthorized) response with the Echo option, the client SHOULD
		 * resend the original request with the addition of an Echo option" */
		err = echo_set(request, echo);
		if (err)
			return cli_error_set(ret_error, err, "no room for an Echo option");
	}
}

struct protected_wait {
	const struct ace_oscore_ctx *ctx;
	struct ace_oscore_exchange exchange;
	struct client_answer *answer;
	bool impatient;
};

static enum client_verdict take_verified(void *arg, const struct ace_coap_message *msg)
{
	struct protected_wait *wait = arg;
	struct client_answer *answer = wait->answer;
	struct ace_buf plain = ACE_BUF_OF(answer->bytes);
	enum ace_err err = ace_oscore_unprotect_response(wait->ctx, &wait->exchange, msg, &plain);

	if (err == ACE_ERR_UNPROTECTED) {
		answer->unprotected++;
		answer->unprotected_code = msg->code;
		return wait->impatient && msg->code == ACE_COAP_UNAUTHORIZED ? CLIENT_END : CLIENT_PASS_OVER;
	}
	/* RFC 8613 8.4: a response that does not decode or verify SHALL be dropped. */
	if (err || ace_coap_read(ace_buf_slice(&plain), &answer->msg)) {
		answer->unverified++;
		return CLIENT_PASS_OVER;
	}
	answer->received_len = client_message_size(msg, msg->token.len);
	return CLIENT_TAKE;
}

/* Why there is no verified answer, from what came instead. */
static enum ace_err why_none(const struct client_answer *answer, const struct client_peer *peer, enum ace_err err,
			     struct cli_error *ret_error)
{
	if (answer->unprotected)
		err = cli_error_set(ret_error, ACE_ERR_UNPROTECTED,
				    "%s answered a protected request with an unprotected %u.%02u, which proves nothing",
				    peer->name, answer->unprotected_code >> 5, answer->unprotected_code & 0x1f);
	else if (answer->unverified)
		err = cli_error_set(ret_error, ACE_ERR_TAG, "the answers of %s do not verify", peer->name);
	else
		return err;
	if (ret_error)
		ret_error->exit = CLI_EXIT_REFUSED;
	return err;
}

static enum ace_err protected_once(const struct client_carrier *carrier, const struct client_protected *in,
				   struct client_answer *ret_answer, struct cli_error *ret_error)
{
	uint8_t plain_bytes[CLIENT_MESSAGE_MAX], sealed_bytes[CLIENT_MESSAGE_MAX];
	struct ace_buf plain = ACE_BUF_OF(plain_bytes), sealed = ACE_BUF_OF(sealed_bytes);
	struct protected_wait verify = { .ctx = &in->line->ctx, .answer = ret_answer, .impatient = in->impatient };
	struct client_wait wait = { take_verified, &verify, carrier->timeout_ms, carrier->grace_ms };
	struct ace_coap_message msg;
	uint64_t seq;
	enum ace_err err = build(in->request, &plain, &msg, ret_error);

	memset(ret_answer, 0, sizeof *ret_answer);
	if (!err)
		err = client_seq_take(carrier->state, &in->line->seq, &seq, ret_error);
	if (err)
		goto out;
	err = ace_oscore_protect_request(&in->line->ctx, seq, &msg, &sealed, &verify.exchange);
	if (!err)
		err = ace_coap_read(ace_buf_slice(&sealed), &msg);
	if (err) {
		err = cli_error_set(ret_error, err, "the request cannot be protected (%s)", ace_err_name(err));
		goto out;
	}
	ret_answer->sent_len = client_message_size(&msg, CLIENT_TOKEN_LEN);
	err = client_transport_exchange(carrier->transport, in->peer, &msg, &wait, ret_error);
	if (err)
		err = why_none(ret_answer, in->peer, err, ret_error);
out:
	ace_wipe(plain_bytes, sizeof plain_bytes);
	return err;
}

enum ace_err client_exchange_protected(const struct client_carrier *carrier, const struct client_protected *in,
				       struct client_answer *ret_answer, struct cli_error *ret_error)
{
	struct ace_slice echo;

	echo_drop(in->request); /* of an earlier context */
	for (int round = 0;; round++) {
		enum ace_err err = protected_once(carrier, in, ret_answer, ret_error);
		bool again = !err && round < CLIENT_ECHO_ROUNDS && echo_asked(&ret_answer->msg, &echo);

		if (!err && in->watcher)
			in->watcher->seen(in->watcher->arg, ret_answer, again ? "Echo: proves the request fresh when it comes back" : NULL);
		if (!again)
			return err;
		/* RFC 9175 2.3: what came inside goes back inside, under a fresh Partial IV. */
		err = echo_set(in->request, echo);
		if (err)
			return cli_error_set(ret_error, err, "no room for an Echo option");
	}
}
