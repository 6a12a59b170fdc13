/* SPDX-License-Identifier: Apache-2.0 */
/* From a token to a context: post, check, derive, keep. */
#include "client/authz.h"

#include <string.h>

#include "cli/hex.h"
#include "client/client.h"

#define SALT_MAX 512 /* salt and two nonces, each as a CBOR byte string */

enum ace_err client_line_open(const struct client *client, const struct client_assoc *assoc,
			      struct client_line *ret_line, struct cli_error *ret_error)
{
	uint8_t salt_bytes[SALT_MAX];
	struct ace_buf salt = ACE_BUF_OF(salt_bytes);
	struct ace_oscore_input input;
	enum ace_err err = client_assoc_input(assoc, &salt, &input);

	memset(ret_line, 0, sizeof *ret_line);
	if (!err)
		err = ace_oscore_derive(&input, &ret_line->ctx);
	if (!err)
		err = client_seq_init(&input, &ret_line->seq);
	if (err)
		(void)cli_error_set(ret_error, err, "no OSCORE context comes of this token: %s", ace_err_name(err));
	else
		err = client_keys_log(client, &input, ret_error);
	ace_wipe(salt_bytes, sizeof salt_bytes);
	return err;
}

static enum ace_err post_send(struct client *client, const struct client_peer *peer,
			      const struct client_authz_post *post, struct client_answer *ret_answer,
			      struct cli_error *ret_error)
{
	static const struct cli_address authz_info = { .host = "0.0.0.0", .path = "/authz-info" };
	uint8_t bytes[CLIENT_MESSAGE_MAX];
	struct client_request request;
	struct ace_cbor_writer w;
	enum ace_err err = client_request_init(&request, ACE_COAP_POST, &authz_info);

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	client_authz_post_write(&w, post);
	if (!err)
		err = ace_cbor_written(&w, &request.payload);
	if (!err)
		err = client_request_uint(&request, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	if (err)
		return cli_error_set(ret_error, err, "the token is too long to be posted");
	/* As CON: a retransmitted post gets the same answer (protocol.md 2.6). */
	return client_exchange_plain(&client->carrier, peer, &request, ret_answer, ret_error);
}

static enum ace_err post_refused(const struct client_answer *answer, const struct client_peer *peer,
				 struct client_step *step, struct cli_error *ret_error)
{
	client_step_line(step, answer, "the device does not take the token");
	(void)cli_error_set(ret_error, ACE_ERR_DENIED, "%s does not take the token: %u.%02u", peer->name,
			    answer->msg.code >> 5, answer->msg.code & 0x1f);
	cli_error_hint(ret_error, "it may be another device than the token is for, or have another key or time than the AS");
	if (ret_error)
		ret_error->exit = CLI_EXIT_REFUSED;
	return ACE_ERR_DENIED;
}

/* The new context takes the place of the old one in *assoc and on disk. */
static enum ace_err context_keep(struct client *client, struct client_assoc *assoc,
				 const struct client_assoc *agreed, struct client_line *ret_line,
				 struct cli_error *ret_error)
{
	struct client_assoc kept = *agreed;
	enum ace_err err = client_line_open(client, agreed, ret_line, ret_error);

	/* Its numbers first: keys are never on disk without them. */
	if (!err)
		err = client_seq_create(&client->state, &ret_line->seq, 0, ret_error);
	if (err)
		return err;
	kept.content = (struct cli_bytes){ 0 };
	/* RFC 9203 6: the old context is dropped when the new nonce has come. */
	err = client_assoc_replace(&client->state, assoc, &kept, ret_error);
	if (err)
		return err;
	client_assoc_free(assoc);
	*assoc = kept;
	return ACE_OK;
}

static void context_explain(struct client_step *step, const struct client_answer *answer,
			    const struct client_assoc *assoc)
{
	char id1[CLI_HEX_CAP(ACE_OSCORE_ID_MAX)], id2[CLI_HEX_CAP(ACE_OSCORE_ID_MAX)];

	cli_hex_encode(assoc->id1, id1, sizeof id1);
	cli_hex_encode(assoc->id2, id2, sizeof id2);
	client_step_line(step, answer, "N2, ID2; OSCORE context %s/%s derived", id1, id2);
}

enum ace_err client_authz_step(struct client *client, const struct client_peer *peer, struct client_assoc *assoc,
			       struct client_line *ret_line, struct cli_error *ret_error)
{
	uint8_t nonce1[CLIENT_NONCE_LEN];
	struct client_assoc agreed = *assoc;
	struct client_authz_reply reply;
	struct client_answer answer;
	struct client_step step;
	struct ace_oscore_id id1;
	enum ace_err err = client_id_take(&client->state, &id1, ret_error);

	if (err)
		return err;
	/* RFC 9203 4.1, 7: a nonce that was never used with this input material; 64 random bits are. */
	if (ace_port_random(nonce1, sizeof nonce1))
		return cli_error_set(ret_error, ACE_ERR_RANDOM, "no random bytes");
	agreed.nonce1 = ACE_SLICE_OF(nonce1);
	agreed.id1 = (struct ace_slice){ id1.bytes, id1.len };
	client_step_begin(&step, &client->explain, "POST /authz-info  N1, ID1");
	err = post_send(client, peer, &(struct client_authz_post){ agreed.token, agreed.nonce1, agreed.id1 }, &answer,
			ret_error);
	if (err) {
		client_step_failed(&step, &answer, "no answer");
		return err;
	}
	/* RFC 9200's examples answer 2.04: any success with both members counts (protocol.md 1.1). */
	if (answer.msg.code >> 5 != 2)
		return post_refused(&answer, peer, &step, ret_error);
	err = client_authz_reply_read(answer.msg.payload, agreed.id1, agreed.osc.alg, &reply);
	if (err) {
		client_step_line(&step, &answer, "an answer that cannot be used");
		(void)cli_error_set(ret_error, err, "%s: the answer to the token cannot be used: %s", peer->name,
				    ace_err_name(err));
		if (ret_error)
			ret_error->exit = CLI_EXIT_REFUSED;
		return err;
	}
	agreed.nonce2 = reply.nonce2;
	agreed.id2 = reply.id2;
	agreed.has_context = true;
	agreed.proven = false;
	agreed.refusals = 0;
	context_explain(&step, &answer, &agreed);
	return context_keep(client, assoc, &agreed, ret_line, ret_error);
}
