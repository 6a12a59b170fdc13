/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies longer than a datagram, in blocks inside OSCORE (RFC 7959, RFC 8613 4.1.3.4.1). */
#include <stdlib.h>
#include <string.h>

#include "ace_block.h"
#include "ace_port.h"
#include "cli/text.h"
#include "client/exchange.h"

#define RESTARTS_MAX 3 /* of a body that changed while its blocks were fetched */
#define BLOCK_SIZE(szx) ((size_t)16 << (szx))

struct body {
	const struct client_carrier *carrier;
	const struct client_protected *in;
	struct client_answer *answer;
	struct cli_text text; /* what came so far */
	uint8_t etag[8];
	size_t etag_len;
	unsigned int restarts;
};

static enum ace_err malformed(const struct body *body, const char *why, struct cli_error *ret_error)
{
	return cli_error_set(ret_error, ACE_ERR_MALFORMED, "%s: %s", body->in->peer->name, why);
}

static enum ace_err step(struct body *body, const char *more, struct cli_error *ret_error)
{
	const struct client_watcher *watcher = body->in->watcher;
	enum ace_err err = client_exchange_protected(body->carrier, body->in, body->answer, ret_error);

	if (!err && watcher && more)
		watcher->seen(watcher->arg, body->answer, more);
	return err;
}

/* Does the peer want smaller blocks? One that wants larger ones does not get them. */
static enum ace_err size_agree(const struct body *body, uint8_t *szx, struct cli_error *ret_error)
{
	struct ace_block block;
	bool present;

	if (ace_block_find(body->answer->msg.options, ACE_OPT_BLOCK1, &present, &block))
		return malformed(body, "the answer's Block1 cannot be read", ret_error);
	if (present && block.szx < *szx)
		*szx = block.szx;
	return ACE_OK;
}

/* RFC 7959 2.5: the payload in blocks, until the peer says something else than "go on". */
static enum ace_err payload_send(struct body *body, struct ace_slice payload, struct cli_error *ret_error)
{
	struct client_request *request = body->in->request;
	uint8_t szx = ACE_BLOCK_SZX_MAX, before;
	bool more = true;
	enum ace_err err = ace_port_random(request->tag, sizeof request->tag) ? ACE_ERR_RANDOM : ACE_OK;

	/* RFC 9175 3.3: blocks of one body are never taken for those of another. */
	request->has_tag = true;
	for (size_t at = 0; !err && more; at += BLOCK_SIZE(before)) {
		before = szx;
		more = payload.len - at > BLOCK_SIZE(szx);
		request->payload = (struct ace_slice){ payload.ptr + at, more ? BLOCK_SIZE(szx) : payload.len - at };
		request->block1 = (struct client_block){ true, ace_block_value(&(struct ace_block){
			.num = (uint32_t)(at / BLOCK_SIZE(szx)), .szx = szx, .more = more }) };
		request->size1 = at ? 0 : (uint32_t)payload.len;
		err = step(body, more ? "a block is sent, more follow" : NULL, ret_error);
		/* RFC 7959 2.3: before the last block only "go on" is a success; a refusal ends it at any time. */
		if (!err && more && body->answer->msg.code != ACE_COAP_CONTINUE && body->answer->msg.code >> 5 == 2)
			err = malformed(body, "takes a part of the payload for the whole", ret_error);
		if (err || body->answer->msg.code != ACE_COAP_CONTINUE)
			break;
		if (!more)
			err = malformed(body, "wants more than there is", ret_error);
		else
			err = size_agree(body, &szx, ret_error);
	}
	request->payload = payload;
	request->block1 = (struct client_block){ false, 0 };
	request->size1 = 0;
	return err;
}

/* RFC 7959 2.4: "the client, when reassembling the representation from the blocks being exchanged, MUST compare ETag
 * options." False: the body is another one by now. */
static bool etag_fits(struct body *body, bool is_first)
{
	struct ace_slice etag = { NULL, 0 };

	if (!ace_coap_option_find(body->answer->msg.options, ACE_OPT_ETAG, &etag) || etag.len > sizeof body->etag)
		etag.len = 0;
	if (!is_first)
		return ace_slice_equal(etag, (struct ace_slice){ body->etag, body->etag_len });
	if (etag.len)
		memcpy(body->etag, etag.ptr, etag.len);
	body->etag_len = etag.len;
	return true;
}

/* Put what came to the rest. *ret_next is the block to ask for, *ret_more whether there is one. */
static enum ace_err block_take(struct body *body, struct ace_block *ret_next, bool *ret_more, struct cli_error *ret_error)
{
	const struct ace_coap_message *msg = &body->answer->msg;
	const size_t had = body->text.bytes.len;
	struct ace_block block = { 0 };
	bool present;
	uint8_t *room;

	if (ace_block_find(msg->options, ACE_OPT_BLOCK2, &present, &block))
		return malformed(body, "the answer's Block2 cannot be read", ret_error);
	*ret_more = present && block.more;
	if (present && had && !etag_fits(body, false)) {
		/* Block 0 of anything else would be carried out once more. */
		if (body->in->request->code != ACE_COAP_GET &&
		    (body->in->request->code != ACE_COAP_FETCH || !body->in->request->payload.len))
			return malformed(body, "the answer changed while it was read", ret_error);
		if (body->restarts++ == RESTARTS_MAX)
			return malformed(body, "the resource changed again and again while it was read", ret_error);
		cli_text_free(&body->text); /* wipes what came */
		*ret_next = (struct ace_block){ .szx = block.szx };
		*ret_more = true;
		return ACE_OK;
	}
	if (present ? (size_t)block.num * BLOCK_SIZE(block.szx) != had : had != 0)
		return malformed(body, "the blocks of the answer do not fit together", ret_error);
	if (*ret_more && msg->payload.len != BLOCK_SIZE(block.szx))
		return malformed(body, "a block of the answer has another length than it says", ret_error);
	if (msg->payload.len > CLIENT_BODY_MAX - had)
		return cli_error_set(ret_error, ACE_ERR_SPACE, "%s: the answer is longer than %d bytes", body->in->peer->name,
				     CLIENT_BODY_MAX);
	(void)(had || etag_fits(body, true));
	room = cli_text_room(&body->text, msg->payload.len);
	if (!room)
		return cli_error_set(ret_error, ACE_ERR_MEMORY, "no memory for the answer");
	if (msg->payload.len)
		memcpy(room, msg->payload.ptr, msg->payload.len);
	*ret_next = (struct ace_block){ .num = block.num + 1, .szx = block.szx };
	return ACE_OK;
}

/* The first answer is there; fetch what follows it, and let the whole take its place. */
static enum ace_err rest_fetch(struct body *body, struct cli_error *ret_error)
{
	struct client_request *request = body->in->request;
	const struct ace_slice payload = request->payload;
	const struct client_watcher *watcher = body->in->watcher;
	const uint8_t code = body->answer->msg.code;
	struct ace_block next;
	bool more = true;
	enum ace_err err = block_take(body, &next, &more, ret_error);

	if (!err && more && watcher)
		watcher->seen(watcher->arg, body->answer, "a block, more follow");
	if (payload.len > BLOCK_SIZE(ACE_BLOCK_SZX_MAX)) /* it went in blocks, and is known: RFC 7959 2.7 */
		request->payload = (struct ace_slice){ NULL, 0 };
	while (!err && more) {
		request->block2 = (struct client_block){ true, ace_block_value(&next) };
		err = step(body, NULL, ret_error);
		if (!err && body->answer->msg.code != code)
			err = malformed(body, "does not give the rest of its answer", ret_error);
		if (!err)
			err = block_take(body, &next, &more, ret_error);
		if (!err && more && watcher)
			watcher->seen(watcher->arg, body->answer, "a block, more follow");
	}
	request->payload = payload;
	request->block2 = (struct client_block){ false, 0 };
	return err;
}

enum ace_err client_exchange_whole(const struct client_carrier *carrier, const struct client_protected *in,
				   struct client_answer *ret_answer, struct cli_error *ret_error)
{
	struct body body = { .carrier = carrier, .in = in, .answer = ret_answer };
	const struct ace_slice payload = in->request->payload;
	struct ace_block block;
	bool present = false;
	enum ace_err err;

	if (payload.len > BLOCK_SIZE(ACE_BLOCK_SZX_MAX))
		err = payload_send(&body, payload, ret_error);
	else
		err = step(&body, NULL, ret_error);
	if (!err && ace_block_find(ret_answer->msg.options, ACE_OPT_BLOCK2, &present, &block))
		err = malformed(&body, "the answer's Block2 cannot be read", ret_error);
	if (!err && present)
		err = rest_fetch(&body, ret_error);
	in->request->has_tag = false;
	if (!err && body.text.bytes.len) {
		err = cli_text_take(&body.text, &ret_answer->body);
		ret_answer->msg.payload = (struct ace_slice){ ret_answer->body.ptr, ret_answer->body.len };
	}
	cli_text_free(&body.text);
	return err;
}
