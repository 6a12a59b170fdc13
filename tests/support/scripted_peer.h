/* SPDX-License-Identifier: Apache-2.0 */
/* An AS and a device behind one UDP port, in a thread, that misbehave on request: for the client's tests. Tokens are
 * opaque numbers; scopes are the names "read" (GET) and "set" (PUT). Include after cmocka.h. */
#ifndef SUPPORT_SCRIPTED_PEER_H
#define SUPPORT_SCRIPTED_PEER_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ace_claims.h"
#include "ace_oscore.h"

#define PEER_TOKENS_MAX 16

/* What it is to do wrong; set before the client acts. */
struct peer_script {
	bool forge_before;      /* an unprotected 2.05 "forged" before each protected answer */
	bool forge_only;        /* and nothing after it */
	unsigned int forget;    /* so many protected device requests get an unprotected 4.01 */
	unsigned int bad_authz; /* so many authz-info answers hold a nonce that the device does not use */
	bool equal_id;          /* authz-info answers with the client's own id */
	bool echo;              /* the AS asks for an Echo first */
	bool corrupt;           /* protected answers have a flipped bit */
	bool refuse_set;        /* the AS does not grant "set" */
	bool no_lifetime;       /* token responses without expires_in */
	const char *hint_as;    /* NULL: itself */
	const char *hint_audience; /* NULL: "sensor" */
};

struct peer {
	int fd;
	uint16_t port;
	pthread_t thread;
	struct peer_script script;
	struct ace_oscore_ctx as_ctx, device_ctx;
	bool has_device;
	unsigned int tokens;
	char scopes[PEER_TOKENS_MAX][64];
	char current_scope[64];
	/* What was seen. */
	unsigned int plain_gets, plain_others, as_requests, authz_posts, device_requests, replays;
	bool plain_payload;
	uint8_t last_nonce1[8], last_id1[8];
	size_t last_id1_len;
	char last_asked[64];
	/* The request in hand, and the last answer, which a retransmitted request gets again. */
	int last_mid;
	uint8_t kept[1200];
	size_t kept_len;
	struct sockaddr_in from;
	struct ace_coap_message request;
};

struct peer_answer {
	uint8_t code;
	int format; /* -1: none */
	struct ace_slice payload, echo;
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
	if (answer->format >= 0)
		ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, (uint32_t)answer->format);
	if (answer->echo.len)
		ace_coap_write_option(&w, ACE_OPT_ECHO, answer->echo);
	ace_coap_write_payload(&w, answer->payload);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	return written;
}

static inline void peer_send(struct peer *peer, struct ace_slice bytes)
{
	memmove(peer->kept, bytes.ptr, bytes.len);
	peer->kept_len = bytes.len;
	(void)sendto(peer->fd, bytes.ptr, bytes.len, 0, (const struct sockaddr *)(const void *)&peer->from,
		     sizeof peer->from);
}

static inline void peer_answer_plain(struct peer *peer, const struct peer_answer *answer)
{
	uint8_t bytes[1024];

	peer_send(peer, peer_write(peer, answer, bytes, sizeof bytes));
}

static inline void peer_answer_protected(struct peer *peer, const struct ace_oscore_ctx *ctx,
					 struct ace_oscore_exchange *exchange, const struct peer_answer *answer)
{
	uint8_t plain[1024], sealed[1200];
	struct ace_buf out = ACE_BUF_OF(sealed);
	struct ace_coap_message msg;

	if (peer->script.forge_before || peer->script.forge_only)
		peer_answer_plain(peer, &(struct peer_answer){ .code = ACE_COAP_CONTENT, .format = 0,
							       .payload = ACE_LITERAL("forged") });
	if (peer->script.forge_only)
		return;
	if (peer->script.forge_before)
		usleep(100000);
	assert_int_equal(ace_coap_read(peer_write(peer, answer, plain, sizeof plain), &msg), ACE_OK);
	assert_int_equal(ace_oscore_protect_response(ctx, exchange, NULL, &msg, &out), ACE_OK);
	if (peer->script.corrupt)
		sealed[out.len - 1] ^= 1;
	peer_send(peer, ace_buf_slice(&out));
}

/* --- The AS --- */

static inline struct ace_slice peer_grant(struct peer *peer, const char *scope, uint8_t *bytes, size_t cap)
{
	uint8_t number = (uint8_t)peer->tokens++;
	uint8_t secret[16] = { 0xdd, number };
	struct ace_osc osc = { .id = { &number, 1 }, .ms = ACE_SLICE_OF(secret) };
	struct ace_cbor_writer w;
	struct ace_slice written;

	assert_true(number < PEER_TOKENS_MAX);
	snprintf(peer->scopes[number], sizeof peer->scopes[number], "%s", scope);
	ace_cbor_write_init(&w, bytes, cap);
	ace_cbor_write_map(&w, peer->script.no_lifetime ? 3 : 4);
	ace_cbor_write_int(&w, ACE_PARAM_ACCESS_TOKEN);
	ace_cbor_write_bstr(&w, (struct ace_slice){ &number, 1 });
	if (!peer->script.no_lifetime) {
		ace_cbor_write_int(&w, ACE_PARAM_EXPIRES_IN);
		ace_cbor_write_int(&w, 3600);
	}
	ace_cbor_write_int(&w, ACE_PARAM_CNF);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_int(&w, ACE_CNF_OSC);
	ace_osc_write(&w, &osc);
	ace_cbor_write_int(&w, ACE_PARAM_PROFILE);
	ace_cbor_write_int(&w, ACE_PROFILE_COAP_OSCORE);
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	return written;
}

static inline void peer_asked_scope(struct peer *peer, struct ace_slice payload)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	int64_t key;

	snprintf(peer->last_asked, sizeof peer->last_asked, "%s", "");
	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key)) {
		struct ace_slice text;

		if (key != ACE_PARAM_SCOPE) {
			ace_cbor_read_raw(&r);
			continue;
		}
		text = ace_cbor_read_tstr(&r);
		snprintf(peer->last_asked, sizeof peer->last_asked, "%.*s", (int)text.len, (const char *)text.ptr);
	}
}

static inline void peer_as(struct peer *peer, const struct ace_coap_message *inner,
			   struct ace_oscore_exchange *exchange)
{
	static const char refusal[] = "denied: ask with decision D-01KB2R7ABCDEFGHJ";
	struct peer_answer answer = { .code = ACE_COAP_CREATED, .format = ACE_FORMAT_ACE_CBOR };
	struct ace_cbor_writer w;
	struct ace_slice echo;
	uint8_t bytes[512];

	peer->as_requests++;
	if (peer->script.echo && !ace_coap_option_find(inner->options, ACE_OPT_ECHO, &echo)) {
		answer = (struct peer_answer){ .code = ACE_COAP_UNAUTHORIZED, .format = -1,
					       .echo = ACE_LITERAL("fresh?") };
	} else if (inner->code != ACE_COAP_POST) {
		answer = (struct peer_answer){ .code = ACE_COAP_METHOD_NOT_ALLOWED, .format = -1 };
	} else {
		peer_asked_scope(peer, inner->payload);
		if (peer->script.refuse_set && strstr(peer->last_asked, "set")) {
			ace_cbor_write_init(&w, bytes, sizeof bytes);
			ace_cbor_write_map(&w, 2);
			ace_cbor_write_int(&w, ACE_PARAM_ERROR);
			ace_cbor_write_int(&w, ACE_OAUTH_INVALID_SCOPE);
			ace_cbor_write_int(&w, ACE_PARAM_ERROR_DESCRIPTION);
			ace_cbor_write_tstr(&w, ACE_LITERAL(refusal));
			answer.code = ACE_COAP_BAD_REQUEST;
			answer.payload = (struct ace_slice){ bytes, w.len };
		} else {
			answer.payload = peer_grant(peer, peer->last_asked, bytes, sizeof bytes);
		}
	}
	peer_answer_protected(peer, &peer->as_ctx, exchange, &answer);
}

/* --- The device --- */

static inline struct ace_slice peer_hints(const struct peer *peer, const char *scope, uint8_t *bytes, size_t cap)
{
	const char *audience = peer->script.hint_audience ? peer->script.hint_audience : "sensor";
	struct ace_cbor_writer w;
	struct ace_slice written;
	char uri[64];

	snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/token", peer->port);
	if (peer->script.hint_as)
		snprintf(uri, sizeof uri, "%s", peer->script.hint_as);
	ace_cbor_write_init(&w, bytes, cap);
	ace_cbor_write_map(&w, 3);
	ace_cbor_write_int(&w, ACE_HINT_AS);
	ace_cbor_write_tstr(&w, (struct ace_slice){ (const uint8_t *)uri, strlen(uri) });
	ace_cbor_write_int(&w, ACE_HINT_AUDIENCE);
	ace_cbor_write_tstr(&w, (struct ace_slice){ (const uint8_t *)audience, strlen(audience) });
	ace_cbor_write_int(&w, ACE_HINT_SCOPE);
	ace_cbor_write_tstr(&w, (struct ace_slice){ (const uint8_t *)scope, strlen(scope) });
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

static inline void peer_device(struct peer *peer, const struct ace_coap_message *inner,
			       struct ace_oscore_exchange *exchange)
{
	struct peer_answer answer = { .code = ACE_COAP_CONTENT, .format = 0, .payload = ACE_LITERAL("21.5") };
	bool set = inner->code == ACE_COAP_PUT;
	uint8_t bytes[256];

	if (!strstr(peer->current_scope, set ? "set" : "read"))
		answer = (struct peer_answer){ .code = ACE_COAP_METHOD_NOT_ALLOWED, .format = ACE_FORMAT_ACE_CBOR,
			.payload = peer_hints(peer, set ? "set" : "read", bytes, sizeof bytes) };
	else if (set)
		answer = (struct peer_answer){ .code = ACE_COAP_CHANGED, .format = -1 };
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

static inline void *peer_run(void *arg)
{
	struct peer *peer = arg;
	uint8_t bytes[1500];

	for (;;) {
		socklen_t from_len = sizeof peer->from;
		ssize_t len = recvfrom(peer->fd, bytes, sizeof bytes, 0,
				       (struct sockaddr *)(void *)&peer->from, &from_len);
		struct ace_oscore_option option;

		if (len <= 1) /* the end, or a datagram of one byte that says so */
			return NULL;
		if (ace_coap_read((struct ace_slice){ bytes, (size_t)len }, &peer->request) || !peer->request.code ||
		    peer->request.code >> 5)
			continue;
		if (peer->request.mid == peer->last_mid) {
			peer_send(peer, (struct ace_slice){ peer->kept, peer->kept_len });
			continue;
		}
		peer->last_mid = peer->request.mid;
		if (ace_oscore_peek(&peer->request, &option) == ACE_OK)
			peer_protected(peer, &option);
		else
			peer_plain(peer);
	}
}

static inline void peer_start(struct peer *peer)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;

	memset(peer, 0, sizeof *peer);
	peer->last_mid = -1;
	peer_derive(ACE_SLICE_OF(peer_as_secret), (struct ace_slice){ NULL, 0 }, (struct ace_slice){ NULL, 0 },
		    ACE_LITERAL("c"), &peer->as_ctx);
	peer->fd = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(peer->fd >= 0);
	assert_int_equal(bind(peer->fd, (const struct sockaddr *)(const void *)&at, sizeof at), 0);
	assert_int_equal(getsockname(peer->fd, (struct sockaddr *)(void *)&at, &len), 0);
	peer->port = ntohs(at.sin_port);
	assert_int_equal(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

static inline void peer_stop(struct peer *peer)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(peer->port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	assert_int_equal(sendto(peer->fd, "", 1, 0, (const struct sockaddr *)(const void *)&at, sizeof at), 1);
	assert_int_equal(pthread_join(peer->thread, NULL), 0);
	close(peer->fd);
}

#endif
