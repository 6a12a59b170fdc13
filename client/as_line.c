/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to the AS: always under OSCORE or within DTLS, never otherwise (RFC 9200 6.2). */
#include <string.h>

#include "cli/scope.h"
#include "client/client.h"

/* A ticket's key is fresh. That of an export may have been enrolled before, or be in use elsewhere.
 * RFC 8613 7.2: "An AEAD nonce MUST NOT be used more than once per AEAD key." */
static enum ace_err numbers_begin(const struct client *client, const struct client_as_line *line,
				  struct cli_error *ret_error)
{
	uint64_t first = 0;
	enum ace_err err = line->bundle->expires ? ACE_OK : client_seq_floor(&first);

	if (err)
		return cli_error_set(ret_error, err, "this is no ticket, so its key may have been used before, and the "
				     "clock is needed to go on where nobody was: set it");
	return client_seq_create(&client->state, &line->line.seq, first, ret_error);
}

static enum ace_err open_oscore(const struct client *client, bool enrolling, struct client_as_line *line,
				struct cli_error *ret_error)
{
	struct ace_oscore_input input = cli_oscore_line_input(&line->bundle->line.oscore);
	enum ace_err err = client_peer_resolve(&line->address, &line->peer, ret_error);

	if (err)
		return err;
	err = ace_oscore_derive(&input, &line->line.ctx);
	if (!err)
		err = client_seq_init(&input, &line->line.seq);
	if (err)
		return cli_error_set(ret_error, err, "the credentials of %s give no OSCORE context (%s)",
				     line->bundle->client, ace_err_name(err));
	if (enrolling)
		err = numbers_begin(client, line, ret_error);
	return err ? err : client_keys_log(client, &input, ret_error);
}

static enum ace_err open_dtls(struct client_as_line *line, struct cli_error *ret_error)
{
	struct client_peer *peer = &line->peer;

	if (!line->address.secure)
		return cli_error_set(ret_error, ACE_ERR_UNSUPPORTED,
				     "the credentials of %s are for DTLS, but %s is not coaps://", line->bundle->client,
				     line->bundle->as_uri);
	client_origin(&line->address, peer->name);
	peer->secure = true;
	peer->psk_identity = line->bundle->line.psk_identity;
	peer->psk_key = line->bundle->line.psk_key;
	return cli_address_resolve(&line->address, false, &peer->addr, &peer->addr_len, ret_error);
}

enum ace_err client_as_open(const struct client *client, const struct cli_client_bundle *bundle, bool enrolling,
			    struct client_as_line *ret_line, struct cli_error *ret_error)
{
	enum ace_err err;

	memset(ret_line, 0, sizeof *ret_line);
	ret_line->bundle = bundle;
	err = cli_address_parse(bundle->as_uri, &ret_line->address, ret_error);
	if (!err)
		err = bundle->line.method == CLI_LINE_DTLS_PSK ? open_dtls(ret_line, ret_error) :
								 open_oscore(client, enrolling, ret_line, ret_error);
	if (err)
		client_as_close(ret_line);
	return err;
}

void client_as_close(struct client_as_line *line)
{
	ace_wipe(line, sizeof *line);
}

/* What an AS that answers in the clear, or with what does not verify, may mean. */
static enum ace_err explain_silence(enum ace_err err, const struct client_as_line *line, struct cli_error *ret_error)
{
	if (err == ACE_ERR_UNPROTECTED)
		cli_error_hint(ret_error, "the AS may not know the credentials of %s: they were rotated, or the client "
			       "was disabled or deleted; ask the operator for a new ticket", line->bundle->client);
	else if (ret_error && ret_error->exit == CLI_EXIT_UNREACHABLE)
		cli_error_hint(ret_error, "that is the AS of %s: does aced run, and listen there?", line->bundle->client);
	return err;
}

static const char *protection(const struct client_as_line *line)
{
	return line->peer.secure ? "DTLS" : "OSCORE";
}

/* One request, and the answer that is known to be the AS's. The step gets a line for each Echo. */
struct as_message {
	struct client_request request;
	struct client_step *step;
};

static enum ace_err exchange(struct client *client, struct client_as_line *line, struct as_message *message,
			     struct client_answer *ret_answer, struct cli_error *ret_error)
{
	if (line->peer.secure)
		return client_exchange_plain(&client->carrier, &line->peer, &message->request, ret_answer, ret_error);
	return client_exchange_whole(&client->carrier, &(struct client_protected){
		.peer = &line->peer, .line = &line->line, .request = &message->request,
		.watcher = &(struct client_watcher){ client_step_seen, message->step } }, ret_answer, ret_error);
}

enum ace_err client_as_probe(struct client *client, struct client_as_line *line, struct cli_error *ret_error)
{
	struct client_answer answer;
	struct client_step step;
	struct as_message message = { .step = &step };
	enum ace_err err = client_request_init(&message.request, ACE_COAP_GET, &line->address);

	if (err)
		return cli_error_set(ret_error, err, "%s: the path cannot be sent", line->bundle->as_uri);
	client_step_begin(&step, &client->explain, "GET AS %s (%s)", line->address.path, protection(line));
	step.is_to_as = true;
	err = exchange(client, line, &message, &answer, ret_error);
	if (err)
		client_step_failed(&step, &answer, "no verified answer");
	else
		client_step_line(&step, &answer, "verified: the AS knows %s", line->bundle->client);
	client_answer_wipe(&answer);
	return explain_silence(err, line, ret_error);
}

/* A verified answer that is no token. */
static enum ace_err refusal_report(const struct client_answer *answer, const struct client_token_query *query,
				   struct client_step *step, struct cli_error *ret_error)
{
	char id[CLIENT_DECISION_LEN + 1], text[200], scope[CLI_SCOPE_TEXT_MAX];
	struct client_refusal refusal;
	enum ace_err err;

	if (client_refusal_read(answer->msg.payload, &refusal)) {
		client_step_line(step, answer, "no token");
		err = cli_error_set(ret_error, ACE_ERR_DENIED, "the AS answered %u.%02u and gave no token",
				    answer->msg.code >> 5, answer->msg.code & 0x1f);
		goto out;
	}
	cli_scope_text(&query->scope, scope, sizeof scope);
	cli_text_clean(refusal.description, text, sizeof text);
	client_step_line(step, answer, "%s", client_refusal_name(refusal.code));
	if (client_refusal_decision(&refusal, id))
		err = cli_error_set(ret_error, ACE_ERR_DENIED,
				    "refused by the AS: %s (%s) \xe2\x80\x94 ask your operator, decision %s",
				    client_refusal_name(refusal.code), scope, id);
	else
		err = cli_error_set(ret_error, ACE_ERR_DENIED, "refused by the AS: %s (%s)%s%s",
				    client_refusal_name(refusal.code), scope, *text ? ": " : "", text);
out:
	if (ret_error)
		ret_error->exit = CLI_EXIT_NO;
	return err;
}

static void grant_explain(struct client_step *step, const struct client_answer *answer,
			  const struct client_token_query *query, const struct client_grant *grant)
{
	char scope[CLI_SCOPE_TEXT_MAX];

	cli_scope_text(grant->scope.kind == ACE_SCOPE_ABSENT ? &query->scope : &grant->scope, scope, sizeof scope);
	client_step_line(step, answer, "scope %s, expires in %lld s%s", scope, (long long)grant->expires_in_s,
			 grant->has_profile ? ", profile coap_oscore" : "");
}

static enum ace_err token_post(struct client *client, struct client_as_line *line,
			       const struct client_token_query *query, struct client_step *step,
			       struct client_answer *ret_answer, struct cli_error *ret_error)
{
	uint8_t bytes[2048];
	struct as_message message = { .step = step };
	struct ace_cbor_writer w;
	enum ace_err err = client_request_init(&message.request, ACE_COAP_POST, &line->address);

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	client_token_query_write(&w, query);
	if (!err)
		err = ace_cbor_written(&w, &message.request.payload);
	if (!err)
		err = client_request_uint(&message.request, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	if (err)
		return cli_error_set(ret_error, err, "the token request is too long");
	return exchange(client, line, &message, ret_answer, ret_error);
}

enum ace_err client_as_token(struct client *client, struct client_as_line *line,
			     const struct client_token_query *query, struct client_answer *ret_answer,
			     struct client_grant *ret_grant, struct cli_error *ret_error)
{
	struct client_step step;
	enum ace_err err;

	client_step_begin(&step, &client->explain, "POST AS %s (%s)", line->address.path, protection(line));
	step.is_to_as = true;
	memset(ret_answer, 0, sizeof *ret_answer);
	err = token_post(client, line, query, &step, ret_answer, ret_error);
	if (err) {
		client_step_failed(&step, ret_answer, "no verified answer");
		return explain_silence(err, line, ret_error);
	}
	if (ret_answer->msg.code >> 5 != 2)
		return refusal_report(ret_answer, query, &step, ret_error);
	err = client_grant_read(ret_answer->msg.payload, query->kid.ptr, ret_grant);
	if (err) {
		client_step_line(&step, ret_answer, "a token response that cannot be used");
		(void)cli_error_set(ret_error, err, "the AS's token response cannot be used: %s", ace_err_name(err));
		if (ret_error)
			ret_error->exit = CLI_EXIT_REFUSED;
		return err;
	}
	grant_explain(&step, ret_answer, query, ret_grant);
	return ACE_OK;
}
