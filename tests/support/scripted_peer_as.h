/* SPDX-License-Identifier: Apache-2.0 */
/* The AS of scripted_peer.h. Include that one. */
#ifndef SUPPORT_SCRIPTED_PEER_AS_H
#define SUPPORT_SCRIPTED_PEER_AS_H

#include "cli/scope.h"
#include "scripted_peer_base.h"

static inline struct ace_slice peer_grant(struct peer *peer, const char *scope, uint8_t *bytes, size_t cap)
{
	uint8_t number = (uint8_t)peer->tokens++;
	uint8_t secret[16] = { 0xdd, number };
	struct ace_osc osc = { .id = { &number, 1 }, .ms = ACE_SLICE_OF(secret) };
	bool is_update = peer->last_kid >= 0;
	bool differs = strcmp(scope, peer->last_asked);
	uint8_t scope_bytes[CLI_SCOPE_MAX];
	struct ace_buf scope_buf = ACE_BUF_OF(scope_bytes);
	struct ace_scope granted;
	struct ace_cbor_writer w;
	struct ace_slice written;

	assert_true(number < PEER_TOKENS_MAX);
	snprintf(peer->scopes[number], sizeof peer->scopes[number], "%s", scope);
	peer->is_update[number] = is_update;
	peer->material[number] = is_update ? (uint8_t)peer->last_kid : number;
	ace_cbor_write_init(&w, bytes, cap);
	ace_cbor_write_map(&w, 4u - peer->script.no_lifetime - is_update + differs);
	ace_cbor_write_int(&w, ACE_PARAM_ACCESS_TOKEN);
	ace_cbor_write_bstr(&w, (struct ace_slice){ &number, 1 });
	if (!peer->script.no_lifetime) {
		ace_cbor_write_int(&w, ACE_PARAM_EXPIRES_IN);
		ace_cbor_write_int(&w, 3600);
	}
	if (!is_update) {
		ace_cbor_write_int(&w, ACE_PARAM_CNF);
		ace_cbor_write_map(&w, 1);
		ace_cbor_write_int(&w, ACE_CNF_OSC);
		ace_osc_write(&w, &osc);
	}
	if (differs) {
		assert_int_equal(cli_scope_parse(scope, &scope_buf, &granted, NULL), ACE_OK);
		ace_cbor_write_int(&w, ACE_PARAM_SCOPE);
		ace_scope_write(&w, &granted);
	}
	ace_cbor_write_int(&w, ACE_PARAM_PROFILE);
	ace_cbor_write_int(&w, ACE_PROFILE_COAP_OSCORE);
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	return written;
}

static inline void peer_asked_kid(struct peer *peer, struct ace_cbor_reader *r)
{
	struct ace_cbor_seq map;
	struct ace_slice kid;
	int64_t key;

	ace_cbor_map_enter(r, &map);
	assert_true(ace_cbor_map_next(r, &map, &key) && key == ACE_CNF_KID);
	kid = ace_cbor_read_bstr(r);
	assert_false(ace_cbor_map_next(r, &map, &key));
	assert_int_equal(kid.len, 1);
	peer->last_kid = kid.ptr[0];
}

static inline void peer_asked_cnonce(struct peer *peer, struct ace_slice cnonce)
{
	assert_true(cnonce.len <= sizeof peer->last_cnonce);
	memcpy(peer->last_cnonce, cnonce.ptr, cnonce.len);
	peer->last_cnonce_len = cnonce.len;
}

static inline void peer_asked(struct peer *peer, struct ace_slice payload)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	int64_t key;

	peer->last_kid = -1;
	peer->last_cnonce_len = 0;
	snprintf(peer->last_asked, sizeof peer->last_asked, "%s", "");
	peer->last_kind = ACE_SCOPE_ABSENT;
	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key)) {
		struct ace_scope scope;

		if (key == ACE_PARAM_REQ_CNF)
			peer_asked_kid(peer, &r);
		else if (key == ACE_PARAM_CNONCE)
			peer_asked_cnonce(peer, ace_cbor_read_bstr(&r));
		else if (key != ACE_PARAM_SCOPE)
			ace_cbor_read_raw(&r);
		if (key != ACE_PARAM_SCOPE)
			continue;
		assert_int_equal(ace_scope_read(&r, &scope), ACE_OK);
		peer->last_kind = scope.kind;
		cli_scope_text(&scope, peer->last_asked, sizeof peer->last_asked);
	}
}

static inline struct ace_slice peer_refusal(enum ace_oauth_error error, uint8_t *bytes, size_t cap)
{
	static const char refusal[] = "denied: ask with decision D-01KB2R7ABCDEFGHJ";
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, bytes, cap);
	ace_cbor_write_map(&w, 2);
	ace_cbor_write_int(&w, ACE_PARAM_ERROR);
	ace_cbor_write_int(&w, error);
	ace_cbor_write_int(&w, ACE_PARAM_ERROR_DESCRIPTION);
	ace_cbor_write_tstr(&w, ACE_LITERAL(refusal));
	return (struct ace_slice){ bytes, w.len };
}

/* What is granted of what was asked for; NULL: nothing. Without script.aif there are names only; with it there are only
 * permissions, of which a name is one or two, and a part is granted where not all is. */
static inline const char *peer_scope(const struct peer *peer)
{
	bool is_set = strstr(peer->last_asked, "set") || strstr(peer->last_asked, "PUT");

	if (!peer->script.aif)
		return peer->last_kind == ACE_SCOPE_AIF || (is_set && peer->script.refuse_set) ? NULL : peer->last_asked;
	if (peer->last_kind == ACE_SCOPE_AIF && is_set && peer->script.refuse_set)
		return strstr(peer->last_asked, "GET") ? "/temp:GET" : NULL;
	if (peer->last_kind == ACE_SCOPE_AIF)
		return peer->last_asked;
	return is_set && !peer->script.refuse_set ? "/temp:GET,PUT" : "/temp:GET";
}

static inline void peer_as(struct peer *peer, const struct ace_coap_message *inner,
			   struct ace_oscore_exchange *exchange)
{
	struct peer_answer answer = { .code = ACE_COAP_CREATED, .format = ACE_FORMAT_ACE_CBOR };
	struct ace_slice echo;
	uint8_t bytes[512];

	peer->as_requests++;
	if (peer->script.echo && !ace_coap_option_find(inner->options, ACE_OPT_ECHO, &echo)) {
		answer = (struct peer_answer){ .code = ACE_COAP_UNAUTHORIZED, .format = -1,
					       .echo = ACE_LITERAL("fresh?") };
	} else if (inner->code != ACE_COAP_POST) {
		answer = (struct peer_answer){ .code = ACE_COAP_METHOD_NOT_ALLOWED, .format = -1 };
	} else {
		bool declined;

		peer_asked(peer, inner->payload);
		declined = peer->script.decline_updates && peer->last_kid >= 0;

		if (declined || !peer_scope(peer)) {
			answer.code = ACE_COAP_BAD_REQUEST;
			answer.payload = peer_refusal(declined ? ACE_OAUTH_INVALID_REQUEST : ACE_OAUTH_INVALID_SCOPE, bytes,
						      sizeof bytes);
		} else {
			answer.payload = peer_grant(peer, peer_scope(peer), bytes, sizeof bytes);
		}
	}
	peer_answer_protected(peer, &peer->as_ctx, exchange, &answer);
}

#endif
