/* SPDX-License-Identifier: Apache-2.0 */
/* An AS and a device behind one port, that misbehave on request: for the client's tests. They run within the client's
 * call, so that nothing depends on time. Tokens are opaque numbers; scopes are the names "read" (GET) and "set" (PUT). Include after cmocka.h. */
#ifndef SUPPORT_SCRIPTED_PEER_H
#define SUPPORT_SCRIPTED_PEER_H

#include "scripted_peer_as.h"

/* --- The device --- */

static inline struct ace_slice peer_hints(const struct peer *peer, const char *scope, uint8_t *bytes, size_t cap)
{
	const char *audience = peer->script.hint_audience ? peer->script.hint_audience : "sensor";
	struct ace_cbor_writer w;
	struct ace_slice written;
	uint8_t cnonce[5];
	char uri[64];

	snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/token", peer->port);
	if (peer->script.hint_as)
		snprintf(uri, sizeof uri, "%s", peer->script.hint_as);
	ace_cbor_write_init(&w, bytes, cap);
	ace_cbor_write_map(&w, peer->script.hint_cnonce ? 4 : 3);
	ace_cbor_write_int(&w, ACE_HINT_AS);
	ace_cbor_write_tstr(&w, (struct ace_slice){ (const uint8_t *)uri, strlen(uri) });
	ace_cbor_write_int(&w, ACE_HINT_AUDIENCE);
	ace_cbor_write_tstr(&w, (struct ace_slice){ (const uint8_t *)audience, strlen(audience) });
	ace_cbor_write_int(&w, ACE_HINT_SCOPE);
	ace_cbor_write_tstr(&w, (struct ace_slice){ (const uint8_t *)scope, strlen(scope) });
	memset(cnonce, peer->script.hint_cnonce, sizeof cnonce);
	if (peer->script.hint_cnonce) {
		ace_cbor_write_int(&w, ACE_HINT_CNONCE);
		ace_cbor_write_bstr(&w, ACE_SLICE_OF(cnonce));
	}
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	return written;
}

static inline void peer_authz(struct peer *peer)
{
	static uint8_t ids;
	uint8_t nonce2[8] = { 0x25, ids }, id2[2] = { 0x77, ids++ }, salt_bytes[64], bytes[64];
	struct ace_buf salt = ACE_BUF_OF(salt_bytes);
	struct ace_slice token = { NULL, 0 }, nonce1 = token, id1 = token, told = ACE_SLICE_OF(id2);
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	struct ace_cbor_writer w;
	int64_t key;

	peer->authz_posts++;
	if (peer->script.refuse_authz) {
		peer->script.refuse_authz--;
		peer_answer_plain(peer, &(struct peer_answer){ .code = ACE_COAP_UNAUTHORIZED, .format = -1 });
		return;
	}
	ace_cbor_read_init(&r, peer->request.payload);
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key)) {
		struct ace_slice value = ace_cbor_read_bstr(&r);

		token = key == ACE_PARAM_ACCESS_TOKEN ? value : token;
		nonce1 = key == ACE_PARAM_NONCE1 ? value : nonce1;
		id1 = key == ACE_PARAM_CLIENT_RECIPIENT_ID ? value : id1;
	}
	assert_true(token.len == 1 && nonce1.len == 8 && id1.len <= 7 && !r.err);
	memcpy(peer->last_nonce1, nonce1.ptr, 8);
	memcpy(peer->last_id1, id1.ptr, id1.len);
	peer->last_id1_len = id1.len;
	/* RFC 9203 4.2: a token without input material makes no context. */
	if (peer->is_update[token.ptr[0]]) {
		peer_answer_plain(peer, &(struct peer_answer){ .code = ACE_COAP_BAD_REQUEST, .format = -1 });
		return;
	}
	peer->current = token.ptr[0];
	snprintf(peer->current_scope, sizeof peer->current_scope, "%s", peer->scopes[token.ptr[0]]);
	assert_int_equal(ace_master_salt((struct ace_slice){ NULL, 0 }, nonce1, ACE_SLICE_OF(nonce2), &salt), ACE_OK);
	peer_derive((struct ace_slice){ (const uint8_t[16]){ 0xdd, token.ptr[0] }, 16 }, ace_buf_slice(&salt), id1,
		    ACE_SLICE_OF(id2), &peer->device_ctx);
	peer->has_device = true;
	if (peer->script.bad_authz) {
		peer->script.bad_authz--;
		nonce2[7] ^= 1;
	}
	if (peer->script.equal_id)
		told = id1;
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 2);
	ace_cbor_write_int(&w, ACE_PARAM_NONCE2);
	ace_cbor_write_bstr(&w, ACE_SLICE_OF(nonce2));
	ace_cbor_write_int(&w, ACE_PARAM_SERVER_RECIPIENT_ID);
	ace_cbor_write_bstr(&w, told);
	peer_answer_plain(peer, &(struct peer_answer){ .code = ACE_COAP_CREATED, .format = ACE_FORMAT_ACE_CBOR,
						       .payload = { bytes, w.len } });
}

/* A token posted over the context. */
static inline uint8_t peer_update(struct peer *peer, struct ace_slice payload)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	struct ace_slice token;
	int64_t key;

	peer->updates++;
	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &map);
	assert_true(ace_cbor_map_next(&r, &map, &key) && key == ACE_PARAM_ACCESS_TOKEN);
	token = ace_cbor_read_bstr(&r);
	assert_false(ace_cbor_map_next(&r, &map, &key));
	assert_int_equal(token.len, 1);
	if (peer->script.refuse_updates) {
		peer->script.refuse_updates--;
		return ACE_COAP_UNAUTHORIZED;
	}
	if (!peer->is_update[token.ptr[0]] || peer->material[token.ptr[0]] != peer->current)
		return ACE_COAP_UNAUTHORIZED;
	snprintf(peer->current_scope, sizeof peer->current_scope, "%s", peer->scopes[token.ptr[0]]);
	return ACE_COAP_CREATED;
}

/* Byte at of the long body; which of the two. */
static inline uint8_t peer_body_byte(size_t at, bool is_second)
{
	return (uint8_t)(at * 7 + at / 256 + is_second);
}

static inline void peer_block_get(struct peer *peer, const struct ace_coap_message *inner, struct peer_answer *answer)
{
	struct ace_block block = { 0 };
	bool present;

	assert_int_equal(ace_block_find(inner->options, ACE_OPT_BLOCK2, &present, &block), 0);
	if (block.num == 1 && peer->script.body_changes) {
		peer->script.body_changes = false;
		peer->body_put = 1; /* from here on it is the second one */
	}
	for (size_t i = 0; i < peer->script.body_len; i++)
		peer->body[i] = peer_body_byte(i, peer->body_put == 1);
	assert_int_equal(ace_block2_slice(inner->options, (struct ace_slice){ peer->body, peer->script.body_len },
					  (size_t)16 << (ACE_BLOCK_SZX_MAX - peer->script.szx), &answer->block2), 0);
	if (peer->script.body_unreadable)
		answer->block2.option |= 7;
	if (block.num == 1 && peer->script.body_gap)
		answer->block2.option += 1 << 4;
	answer->payload = answer->block2.payload;
	answer->etag = peer->body_put == 1 ? 2 : 1;
}

static inline void peer_block_put(struct peer *peer, const struct ace_coap_message *inner, struct peer_answer *answer)
{
	struct ace_bodies bodies = { .places = &peer->place, .bytes = peer->place_bytes, .body_max = PEER_BODY_MAX,
				     .lifetime_ms = 60000, .count = 1, .peer_max = 1,
				     .szx_max = (uint8_t)(ACE_BLOCK_SZX_MAX - peer->script.szx) };
	bool present;
	struct ace_block block;

	assert_int_equal(ace_block_find(inner->options, ACE_OPT_BLOCK1, &present, &block), 0);
	peer->blocks += present;
	ace_block1_take(&bodies, 1, 1, inner, &answer->block1);
	if (answer->block1.code) {
		answer->code = answer->block1.code;
		return;
	}
	assert_true(answer->block1.body.len <= sizeof peer->body);
	if (answer->block1.body.len)
		memcpy(peer->body, answer->block1.body.ptr, answer->block1.body.len);
	peer->body_put = answer->block1.body.len;
}

static inline void peer_device(struct peer *peer, const struct ace_coap_message *inner,
			       struct ace_oscore_exchange *exchange)
{
	struct peer_answer answer = { .code = ACE_COAP_CONTENT, .format = 0, .payload = ACE_LITERAL("21.5") };
	bool set = inner->code == ACE_COAP_PUT;
	uint8_t bytes[256];

	if (inner->code == ACE_COAP_POST)
		answer = (struct peer_answer){ .code = peer_update(peer, inner->payload), .format = -1 };
	else if (!strstr(peer->current_scope, set ? "set" : "read") && !strstr(peer->current_scope, set ? "PUT" : "GET"))
		answer = (struct peer_answer){ .code = ACE_COAP_METHOD_NOT_ALLOWED, .format = ACE_FORMAT_ACE_CBOR,
			.payload = peer_hints(peer, set ? "set" : "read", bytes, sizeof bytes) };
	else if (set)
		answer = (struct peer_answer){ .code = ACE_COAP_CHANGED, .format = -1 };
	if (answer.code == ACE_COAP_CHANGED)
		peer_block_put(peer, inner, &answer);
	else if (answer.code == ACE_COAP_CONTENT && peer->script.body_len)
		peer_block_get(peer, inner, &answer);
	peer_answer_protected(peer, &peer->device_ctx, exchange, &answer);
}

/* --- Both --- */

static inline void peer_protected(struct peer *peer, const struct ace_oscore_option *option)
{
	bool as = ace_slice_equal(option->kid, ACE_LITERAL("c"));
	struct ace_oscore_exchange exchange;
	struct ace_coap_message inner;
	uint8_t bytes[1200];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = ACE_ERR_NO_CONTEXT;

	if (as)
		err = ace_oscore_unprotect_request(&peer->as_ctx, &peer->request, &out, &exchange);
	else if (peer->has_device && !peer->script.forget)
		err = ace_oscore_unprotect_request(&peer->device_ctx, &peer->request, &out, &exchange);
	peer->device_requests += !as;
	peer->replays += err == ACE_ERR_REPLAY;
	peer->script.forget -= !as && peer->script.forget;
	if (err || ace_coap_read(ace_buf_slice(&out), &inner))
		peer_answer_plain(peer, &(struct peer_answer){ .code = ACE_COAP_UNAUTHORIZED, .format = -1 });
	else if (as)
		peer_as(peer, &inner, &exchange);
	else
		peer_device(peer, &inner, &exchange);
}

static inline void peer_plain(struct peer *peer)
{
	uint8_t bytes[256];

	if (peer->request.code == ACE_COAP_POST) {
		peer_authz(peer);
		return;
	}
	peer->plain_gets += peer->request.code == ACE_COAP_GET;
	peer->plain_others += peer->request.code != ACE_COAP_GET;
	peer->plain_payload |= peer->request.payload.len > 0;
	peer_answer_plain(peer, &(struct peer_answer){ .code = ACE_COAP_UNAUTHORIZED, .format = ACE_FORMAT_ACE_CBOR,
		.payload = peer_hints(peer, "read", bytes, sizeof bytes) });
}

/* A datagram arrives; what it is answered with is in peer->answers then. */
static inline void peer_receive(struct peer *peer, struct ace_slice datagram)
{
	struct ace_oscore_option option;

	assert_int_equal(ace_coap_read(datagram, &peer->request), ACE_OK);
	if (peer->request.mid == peer->last_mid) {
		if (peer->answers_len)
			peer->answers[0] = peer->answers[peer->answers_len - 1];
		peer->answers_len = peer->answers_len > 0;
		return;
	}
	peer->last_mid = peer->request.mid;
	peer->answers_len = 0;
	if (ace_oscore_peek(&peer->request, &option) == ACE_OK)
		peer_protected(peer, &option);
	else
		peer_plain(peer);
}

#include "scripted_link.h"

static inline void peer_start(struct peer *peer)
{
	memset(peer, 0, sizeof *peer);
	peer->last_mid = -1;
	peer_derive(ACE_SLICE_OF(peer_as_secret), (struct ace_slice){ NULL, 0 }, (struct ace_slice){ NULL, 0 },
		    ACE_LITERAL("c"), &peer->as_ctx);
	link_attach(peer);
}

static inline void peer_stop(struct peer *peer)
{
	link_detach(peer);
}

#endif
