/* SPDX-License-Identifier: Apache-2.0 */
/* What the two parts of scripted_peer.h share: what is told and seen, and how answers leave. Include that one. */
#ifndef SUPPORT_SCRIPTED_PEER_BASE_H
#define SUPPORT_SCRIPTED_PEER_BASE_H

#include <stdio.h>
#include <string.h>

#include "ace_block.h"
#include "ace_claims.h"
#include "ace_oscore.h"

#define PEER_TOKENS_MAX 16
#define PEER_BODY_MAX 8192
#define PEER_ANSWERS_MAX 2 /* a forged one, a genuine one */

/* What it is to do wrong; set before the client acts. */
struct peer_script {
	bool forge_before;      /* an unprotected 2.05 "forged" before each protected answer */
	uint8_t forged_code;    /* 0: 2.05 */
	bool forge_only;        /* and nothing after it */
	unsigned int forget;    /* so many protected device requests get an unprotected 4.01 */
	unsigned int bad_authz; /* so many authz-info answers hold a nonce that the device does not use */
	unsigned int refuse_authz; /* so many authz-info posts get an unprotected 4.01 */
	bool equal_id;          /* authz-info answers with the client's own id */
	bool echo;              /* the AS asks for an Echo first */
	bool corrupt;           /* protected answers have a flipped bit */
	bool refuse_set;        /* the AS does not grant "set" */
	bool aif;               /* the AS grants AIF */
	bool no_lifetime;       /* token responses without expires_in */
	bool decline_updates;   /* the AS knows no kid */
	unsigned int refuse_updates; /* the device refuses so many updates, protected */
	size_t body_len;        /* the device's answer to a GET is so long, in blocks; 0: "21.5" */
	bool body_changes;      /* with the second block, once */
	bool body_unreadable;   /* the first block's size is the one that is reserved */
	bool body_gap;          /* the second block is answered with the third */
	uint8_t szx;            /* the largest block that the device takes and gives: ACE_BLOCK_SZX_MAX less this */
	const char *hint_as;    /* NULL: itself */
	const char *hint_audience; /* NULL: "sensor" */
	uint8_t hint_cnonce;    /* hints hold this byte five times; 0: none */
};

struct peer_datagram {
	uint8_t bytes[1200];
	size_t len;
};

struct peer {
	uint16_t port;
	struct peer_script script;
	struct ace_oscore_ctx as_ctx, device_ctx;
	bool has_device;
	unsigned int tokens;
	char scopes[PEER_TOKENS_MAX][64];
	bool is_update[PEER_TOKENS_MAX];
	uint8_t material[PEER_TOKENS_MAX]; /* number of the token that brought the keys; its own for a first one */
	uint8_t current;                   /* material of the device's context */
	char current_scope[64];
	/* What was seen. */
	unsigned int plain_gets, plain_others, as_requests, authz_posts, device_requests, replays;
	unsigned int updates; /* tokens that were posted over the context */
	uint8_t last_cnonce[8];
	size_t last_cnonce_len; /* of the last token request */
	int last_kid;         /* of the last token request; -1: none */
	bool plain_payload;
	uint8_t last_nonce1[8], last_id1[8];
	size_t last_id1_len;
	char last_asked[64];
	enum ace_scope_kind last_kind;
	uint8_t body[PEER_BODY_MAX]; /* what was put */
	size_t body_put;
	unsigned int blocks;         /* requests with Block1 */
	struct ace_body place;
	uint8_t place_bytes[PEER_BODY_MAX];
	/* The request in hand, and the answers to it, of which a retransmitted request gets the last one again. */
	int last_mid;
	struct peer_datagram answers[PEER_ANSWERS_MAX];
	size_t answers_len;
	struct ace_coap_message request;
};

struct peer_answer {
	uint8_t code;
	int format; /* -1: none */
	struct ace_slice payload, echo;
	struct ace_block2 block2;
	struct ace_block1 block1;
	uint8_t etag; /* 0: none */
};

static const uint8_t peer_as_secret[16] = { 0xc0, 0xc1, 0xc2 };

static inline void peer_derive(struct ace_slice secret, struct ace_slice salt, struct ace_slice sender,
			       struct ace_slice recipient, struct ace_oscore_ctx *ctx)
{
	assert_int_equal(ace_oscore_derive(&(struct ace_oscore_input){ .master_secret = secret, .master_salt = salt,
		.sender_id = sender, .recipient_id = recipient }, ctx), ACE_OK);
}

static inline struct ace_slice peer_write(const struct peer *peer, const struct peer_answer *answer, uint8_t *bytes,
					  size_t cap)
{
	struct ace_coap_writer w;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_ACK, answer->code, peer->request.mid,
							     peer->request.token });
	if (answer->etag)
		ace_coap_write_option(&w, ACE_OPT_ETAG, (struct ace_slice){ &answer->etag, 1 });
	if (answer->format >= 0)
		ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, (uint32_t)answer->format);
	if (answer->block2.has_option)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK2, answer->block2.option);
	if (answer->block1.has_option)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK1, answer->block1.option);
	if (answer->echo.len)
		ace_coap_write_option(&w, ACE_OPT_ECHO, answer->echo);
	ace_coap_write_payload(&w, answer->payload);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	return written;
}

static inline void peer_send(struct peer *peer, struct ace_slice bytes)
{
	struct peer_datagram *answer = &peer->answers[peer->answers_len];

	assert_true(peer->answers_len++ < PEER_ANSWERS_MAX && bytes.len <= sizeof answer->bytes);
	memcpy(answer->bytes, bytes.ptr, bytes.len);
	answer->len = bytes.len;
}

static inline void peer_answer_plain(struct peer *peer, const struct peer_answer *answer)
{
	uint8_t bytes[1024];

	peer_send(peer, peer_write(peer, answer, bytes, sizeof bytes));
}

static inline void peer_answer_protected(struct peer *peer, const struct ace_oscore_ctx *ctx,
					 struct ace_oscore_exchange *exchange, const struct peer_answer *answer)
{
	uint8_t plain[1150], sealed[1200];
	struct ace_buf out = ACE_BUF_OF(sealed);
	struct ace_coap_message msg;

	if (peer->script.forge_before || peer->script.forge_only)
		peer_answer_plain(peer, &(struct peer_answer){
			.code = peer->script.forged_code ? peer->script.forged_code : ACE_COAP_CONTENT, .format = 0,
			.payload = ACE_LITERAL("forged") });
	if (peer->script.forge_only)
		return;
	assert_int_equal(ace_coap_read(peer_write(peer, answer, plain, sizeof plain), &msg), ACE_OK);
	assert_int_equal(ace_oscore_protect_response(ctx, exchange, NULL, &msg, &out), ACE_OK);
	if (peer->script.corrupt)
		sealed[out.len - 1] ^= 1;
	peer_send(peer, ace_buf_slice(&out));
}

#endif
