/* SPDX-License-Identifier: Apache-2.0 */
/* The least device: two resources behind tokens, on nothing but the device library, a port and a socket. docs/firmware.md
 * tells how to build it. A real one also answers a datagram that comes again with the answer it gave before (RFC 7252
 * 4.2), checks Content-Format and Accept of posts to /authz-info, and refuses critical options that it does not know. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "ace_coap.h"
#include "ace_rs.h"
#include "ace_rs_provision.h" /* acectl device export thermo-101 --format c-header -o ace_rs_provision.h */

static const struct ace_aif_entry resources[] = { /* sorted by path */
	{ ACE_LITERAL("/setpoint"), ACE_AIF_BIT(ACE_COAP_GET) | ACE_AIF_BIT(ACE_COAP_PUT) },
	{ ACE_LITERAL("/temp"), ACE_AIF_BIT(ACE_COAP_GET) },
};
static const struct ace_rs_as_key keys[] = { {
	.key = { .bytes = { ace_rs_key0, ACE_RS_KEY0_LEN } },
	.kid = { ace_rs_kid0, ACE_RS_KID0_LEN },
	.issuer = ACE_LITERAL(ACE_RS_ISSUER),
	.alg = ACE_RS_ALG0,
} };
static const struct ace_rs_config config = {
	.audience = ACE_LITERAL(ACE_RS_AUDIENCE),
	.as_uri = ACE_LITERAL(ACE_RS_AS_URI),
	.keys = keys,
	.keys_len = ACE_ARRAY_LEN(keys),
	.resources = { .entries = resources, .entries_len = ACE_ARRAY_LEN(resources) },
	.clock = ACE_RS_CLOCK,
	.contexts = 4,
	.scope_bytes = 64,
};
static uint8_t arena[ACE_RS_ARENA_SIZE(4, 64)];
static struct ace_rs rs;
static char setpoint[16] = "20";

/* What goes back, before it is a message. */
struct reply {
	uint8_t code;
	bool is_ace;          /* the body is of Content-Format 19; else it is text */
	uint8_t bytes[128];
	struct ace_buf body;
};

static void refuse(struct reply *reply, const struct ace_rs_exchange *ex, uint8_t code, struct ace_slice path)
{
	bool is_temp = ace_slice_equal(path, ACE_LITERAL("/temp"));
	struct ace_scope scope = { ACE_SCOPE_TEXT, is_temp ? ACE_LITERAL("climate.read") : ACE_LITERAL("climate.set") };

	reply->code = code;
	reply->is_ace = true;
	if (ace_rs_hints(&rs, ex, &scope, &reply->body))
		reply->body.len = 0;
}

/* Only what a token allows comes here. */
static void serve(struct reply *reply, const struct ace_coap_message *request, struct ace_slice path)
{
	const char *value = ace_slice_equal(path, ACE_LITERAL("/temp")) ? "21.5" : setpoint;

	reply->code = ACE_COAP_CONTENT;
	if (request->code == ACE_COAP_PUT) {
		snprintf(setpoint, sizeof setpoint, "%.*s", (int)request->payload.len, (const char *)request->payload.ptr);
		reply->code = ACE_COAP_CHANGED;
		return;
	}
	reply->body.len = (size_t)snprintf((char *)reply->bytes, sizeof reply->bytes, "%s", value);
}

static void choose(struct reply *reply, struct ace_rs_exchange *ex, const struct ace_coap_message *request)
{
	uint8_t path_bytes[64];
	struct ace_buf path = ACE_BUF_OF(path_bytes);
	enum ace_access access = ACE_ACCESS_NO_RESOURCE;

	if (ace_coap_uri_path(request->options, &path))
		path.len = 0;
	if (request->code == ACE_COAP_POST && ace_slice_equal(ace_buf_slice(&path), ACE_LITERAL("/authz-info"))) {
		enum ace_err err = ace_rs_authz_info(&rs, ex, request->payload, &reply->body, &reply->code);

		reply->is_ace = true;
		if (err)
			fprintf(stderr, "authz-info: %s\n", ace_rs_strerror(err));
		return;
	}
	if (!ex) {
		refuse(reply, NULL, ACE_COAP_UNAUTHORIZED, ace_buf_slice(&path));
		return;
	}
	access = ace_rs_access_options(ex, request->code, request->options);
	if (access == ACE_ACCESS_NO_RESOURCE || access == ACE_ACCESS_NO_METHOD)
		refuse(reply, ex, access == ACE_ACCESS_NO_METHOD ? ACE_COAP_METHOD_NOT_ALLOWED : ACE_COAP_FORBIDDEN,
		       ace_buf_slice(&path));
	else
		serve(reply, request, ace_buf_slice(&path));
}

static enum ace_err reply_write(const struct reply *reply, const struct ace_coap_message *request, struct ace_buf *out)
{
	struct ace_coap_header header = { request->type == ACE_COAP_CON ? ACE_COAP_ACK : ACE_COAP_NON, reply->code,
					  request->mid, request->token };
	struct ace_coap_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &header);
	if (reply->body.len)
		ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, reply->is_ace ? ACE_FORMAT_ACE_CBOR : 0);
	if (reply->code == ACE_COAP_UNAUTHORIZED)
		ace_coap_write_option_uint(&w, ACE_OPT_MAX_AGE, 0);
	ace_coap_write_payload(&w, ace_buf_slice(&reply->body));
	err = ace_coap_written(&w, &written);
	if (!err)
		out->len = written.len;
	return err;
}

/* One datagram in, at most one out: out->len stays 0 when nothing is to be sent. */
static void handle(struct ace_slice datagram, struct ace_buf *out)
{
	static uint8_t plain_bytes[1280], message_bytes[256];
	struct ace_buf plain = ACE_BUF_OF(plain_bytes), message = ACE_BUF_OF(message_bytes);
	struct reply reply = { 0 };
	struct ace_rs_exchange ex;
	struct ace_coap_message request;
	enum ace_err err = ace_rs_unprotect(&rs, datagram, &plain, &ex);
	bool is_verified = err == ACE_OK;

	reply.body = ACE_BUF_OF(reply.bytes);
	if (ace_coap_read(is_verified ? ace_buf_slice(&plain) : datagram, &request) || !ace_coap_code_is_request(request.code))
		return;
	if (is_verified || err == ACE_ERR_UNPROTECTED) {
		choose(&reply, is_verified ? &ex : NULL, &request);
	} else {
		reply.code = ace_rs_oscore_code(err);
		reply.is_ace = true;
		if (reply.code == ACE_COAP_UNAUTHORIZED && ace_rs_hints(&rs, NULL, NULL, &reply.body))
			reply.body.len = 0;
	}
	if (reply_write(&reply, &request, is_verified ? &message : out))
		out->len = 0;
	else if (is_verified && ace_rs_protect(&ex, ace_buf_slice(&message), out))
		out->len = 0;
}

int main(int argc, char **argv)
{
	struct sockaddr_in here = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				    .sin_port = htons((uint16_t)(argc > 1 ? strtol(argv[1], NULL, 10) : 5690)) };
	static uint8_t in[1280], out_bytes[1280];
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&here, sizeof here) || ace_rs_init(&rs, &config, arena, sizeof arena))
		return 1;
	fprintf(stderr, "least_device: %s ready\n", ACE_RS_DEVICE);
	for (;;) {
		struct ace_buf out = ACE_BUF_OF(out_bytes);
		struct sockaddr_in peer;
		socklen_t peer_len = sizeof peer;
		ssize_t len = recvfrom(fd, in, sizeof in, 0, (struct sockaddr *)&peer, &peer_len);

		if (len > 0)
			handle((struct ace_slice){ in, (size_t)len }, &out);
		if (out.len)
			sendto(fd, out.ptr, out.len, 0, (struct sockaddr *)&peer, peer_len);
		ace_rs_tick(&rs);
	}
}
