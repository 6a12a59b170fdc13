/* SPDX-License-Identifier: Apache-2.0 */
/* A small server on the message layer and the block functions, for other people's clients. Nothing is protected,
 * and every address counts as confirmed: for tests only.
 *
 *	/counter  observable; changes every 200 ms once somebody observes, in NON, CON, NON, ...
 *	/slow     acknowledged after 100 ms, answered after 400 ms
 *	/large    5,000 bytes
 *	/body     PUT takes up to 4,000 bytes, and POST gives them back
 *
 * It says on standard output what it serves, and the end of each observation. */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "ace_block.h"
#include "ace_port.h"
#include "ace_udp_later.h"

#define LARGE_LEN 5000
#define BODY_MAX 4000
#define PLACES 8
#define PAYLOAD_MAX 1024
#define CHANGE_MS 200
#define SLOW_MS 400

struct probe {
	struct ace_udp_server *udp;
	uint64_t now_ms;
	uint64_t observer; /* 0: none */
	uint64_t changed_ms;
	unsigned int counter;
	uint64_t slow, slow_ms; /* the deferred request, and when it is answered */
	uint8_t slow_token[ACE_COAP_TOKEN_MAX];
	size_t slow_token_len;
	struct ace_bodies bodies;
};

static struct ace_body places[PLACES];
static uint8_t places_bytes[PLACES * BODY_MAX], large[LARGE_LEN];

/* An answer before it is written. */
struct reply {
	uint8_t code;
	bool observed, has_block1, has_block2, has_size2, has_etag;
	uint32_t observe, block1, block2, size1, size2, max_age_s;
	uint64_t etag;
	struct ace_slice payload;
};

static struct ace_slice reply_write(const struct reply *reply, struct ace_slice token)
{
	static uint8_t bytes[ACE_UDP_ANSWER_MAX];
	struct ace_coap_writer w;
	struct ace_slice written = { 0 };
	uint8_t etag[8];

	memcpy(etag, &reply->etag, sizeof etag);
	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header) { .code = reply->code, .token = token });
	if (reply->has_etag)
		ace_coap_write_option(&w, ACE_OPT_ETAG, ACE_SLICE_OF(etag));
	if (reply->observed)
		ace_coap_write_option_uint(&w, ACE_OPT_OBSERVE, reply->observe);
	if (reply->payload.len)
		ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_TEXT);
	if (reply->max_age_s)
		ace_coap_write_option_uint(&w, ACE_OPT_MAX_AGE, reply->max_age_s);
	if (reply->has_block2)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK2, reply->block2);
	if (reply->has_block1)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK1, reply->block1);
	if (reply->has_size2)
		ace_coap_write_option_uint(&w, ACE_OPT_SIZE2, reply->size2);
	if (reply->size1)
		ace_coap_write_option_uint(&w, ACE_OPT_SIZE1, reply->size1);
	ace_coap_write_payload(&w, reply->payload);
	if (ace_coap_written(&w, &written))
		fprintf(stderr, "coap_probe: an answer does not fit\n");
	return written;
}

static void answer(struct probe *probe, const struct ace_udp_request *request, const struct reply *reply)
{
	enum ace_err err = ace_udp_answer(probe->udp, request, reply_write(reply, request->msg.token));

	if (err)
		fprintf(stderr, "coap_probe: answer: %d\n", (int)err);
}

static struct ace_slice counter_text(const struct probe *probe)
{
	static char text[32];
	int len = snprintf(text, sizeof text, "count %u\n", probe->counter);

	return (struct ace_slice) { (const uint8_t *)text, (size_t)len };
}

/* Register, or deregister whoever that is. */
static void observe(struct probe *probe, const struct ace_udp_request *request, uint32_t wish, struct reply *reply)
{
	uint64_t handle, cookie;

	if (wish == 1) {
		if (ace_udp_observe_find(probe->udp, request, &handle, &cookie))
			return;
		ace_udp_observe_end(probe->udp, handle);
		probe->observer = 0;
		printf("deregistered\n");
	} else if (ace_udp_observe(probe->udp, request, 1, &handle) == ACE_OK) {
		probe->observer = handle;
		probe->changed_ms = probe->now_ms;
		reply->observed = true;
		reply->observe = ace_udp_observe_number(probe->udp, handle);
		printf("registered\n");
	}
}

static void serve_counter(struct probe *probe, const struct ace_udp_request *request)
{
	struct reply reply = { .code = ACE_COAP_CONTENT, .payload = counter_text(probe) };
	struct ace_slice value;
	uint32_t wish;

	if (ace_coap_option_find(request->msg.options, ACE_OPT_OBSERVE, &value) &&
	    ace_coap_option_uint(value, &wish) == ACE_OK)
		observe(probe, request, wish, &reply);
	answer(probe, request, &reply);
}

static void serve_slow(struct probe *probe, const struct ace_udp_request *request)
{
	if (ace_udp_defer(probe->udp, request, 100, &probe->slow)) {
		answer(probe, request, &(struct reply) { .code = ACE_COAP_UNAVAILABLE });
		return;
	}
	probe->slow_ms = probe->now_ms + SLOW_MS;
	probe->slow_token_len = request->msg.token.len;
	memcpy(probe->slow_token, request->msg.token.ptr, request->msg.token.len);
}

/* Cut the body, as the request wants it. */
static void answer_body(struct probe *probe, const struct ace_udp_request *request, struct ace_slice body,
			struct reply *reply)
{
	struct ace_block2 cut;
	uint8_t code = ace_block2_slice(request->msg.options, body, PAYLOAD_MAX, &cut);

	if (code) {
		answer(probe, request, &(struct reply) { .code = code });
		return;
	}
	reply->payload = cut.payload;
	reply->has_block2 = cut.has_option;
	reply->block2 = cut.option;
	reply->has_size2 = cut.has_size;
	reply->size2 = (uint32_t)body.len;
	reply->has_etag = cut.has_option;
	reply->etag = ace_block_tag(body);
	answer(probe, request, reply);
}

static uint64_t peer_number(const struct probe *probe, const struct ace_udp_request *request)
{
	char text[ACE_UDP_TEXT_MAX];

	ace_udp_peer_text(probe->udp, request, text);
	return ace_block_tag((struct ace_slice) { (const uint8_t *)text, strlen(text) });
}

static void serve_body(struct probe *probe, const struct ace_udp_request *request)
{
	static uint8_t body[BODY_MAX];
	uint64_t peer = peer_number(probe, request);
	struct ace_block2_answer kept;
	struct ace_block1 got;
	struct reply reply = { .code = ACE_COAP_CHANGED };

	if (ace_block2_kept(&probe->bodies, peer, probe->now_ms, &request->msg, &kept)) {
		answer_body(probe, request, kept.body, &reply);
		return;
	}
	ace_block1_take(&probe->bodies, peer, probe->now_ms, &request->msg, &got);
	reply.has_block1 = got.has_option;
	reply.block1 = got.option;
	reply.size1 = got.size1;
	reply.max_age_s = got.max_age_s;
	if (got.code) {
		reply.code = got.code;
		answer(probe, request, &reply);
		return;
	}
	printf("body %zu %016llx\n", got.body.len, (unsigned long long)ace_block_tag(got.body));
	if (request->msg.code != ACE_COAP_POST || got.body.len > sizeof body) {
		answer(probe, request, &reply);
		return;
	}
	kept = (struct ace_block2_answer) { .body = { body, got.body.len } };
	memcpy(body, got.body.ptr, got.body.len);
	if (ace_block2_keep(&probe->bodies, peer, probe->now_ms, &request->msg, &kept))
		fprintf(stderr, "coap_probe: no place\n");
	answer_body(probe, request, kept.body, &reply);
}

static void serve(struct probe *probe, const struct ace_udp_request *request)
{
	uint8_t text[64];
	struct ace_buf path = ACE_BUF_OF(text);

	ace_udp_confirm(probe->udp, request);
	if (ace_coap_uri_path(request->msg.options, &path))
		path.len = 0;
	if (ace_slice_equal(ace_buf_slice(&path), ACE_LITERAL("/counter")))
		serve_counter(probe, request);
	else if (ace_slice_equal(ace_buf_slice(&path), ACE_LITERAL("/slow")))
		serve_slow(probe, request);
	else if (ace_slice_equal(ace_buf_slice(&path), ACE_LITERAL("/large")))
		answer_body(probe, request, ACE_SLICE_OF(large), &(struct reply) { .code = ACE_COAP_CONTENT });
	else if (ace_slice_equal(ace_buf_slice(&path), ACE_LITERAL("/body")))
		serve_body(probe, request);
	else
		answer(probe, request, &(struct reply) { .code = ACE_COAP_NOT_FOUND });
}

static void notify(struct probe *probe)
{
	struct ace_udp_notification notification;
	struct reply reply = { .code = ACE_COAP_CONTENT, .observed = true };

	probe->counter++;
	probe->changed_ms = probe->now_ms;
	reply.payload = counter_text(probe);
	reply.observe = ace_udp_observe_number(probe->udp, probe->observer);
	notification = (struct ace_udp_notification) {
		.message = reply_write(&reply, ace_udp_observe_token(probe->udp, probe->observer)),
		.confirmable = probe->counter % 2,
	};
	if (ace_udp_notify(probe->udp, probe->observer, &notification))
		fprintf(stderr, "coap_probe: not notified\n");
}

static void tell_events(struct probe *probe)
{
	static const char *const names[] = { "", "due", "replaced", "reset", "timeout" };
	struct ace_udp_observe_event event;

	while (ace_udp_observe_event(probe->udp, &event)) {
		printf("event %s\n", names[event.kind]);
		if (event.handle == probe->observer && event.kind != ACE_UDP_OBSERVE_DUE)
			probe->observer = 0;
	}
}

static void work(struct probe *probe)
{
	static const struct reply slow = { .code = ACE_COAP_CONTENT, .payload = ACE_LITERAL("at last\n") };
	const struct ace_udp_request *batch;
	size_t len;

	probe->now_ms = ace_port_monotonic_ms();
	len = ace_udp_read(probe->udp, probe->now_ms, &batch);
	for (size_t i = 0; i < len; i++)
		serve(probe, &batch[i]);
	tell_events(probe);
	if (probe->observer && probe->now_ms - probe->changed_ms >= CHANGE_MS)
		notify(probe);
	if (probe->slow && probe->now_ms >= probe->slow_ms) {
		if (ace_udp_answer_later(
			    probe->udp, probe->slow,
			    reply_write(&slow, (struct ace_slice) { probe->slow_token, probe->slow_token_len }), true))
			fprintf(stderr, "coap_probe: not answered\n");
		probe->slow = 0;
	}
}

int main(void)
{
	struct probe probe = { .bodies = { .places = places,
					   .bytes = places_bytes,
					   .body_max = BODY_MAX,
					   .lifetime_ms = 10000,
					   .count = PLACES,
					   .peer_max = 2,
					   .szx_max = 4 } };
	struct pollfd wait = { .events = POLLIN };

	for (size_t i = 0; i < sizeof large; i++)
		large[i] = (uint8_t)('a' + i / 100 % 26);
	if (ace_udp_open(&(struct ace_udp_config) { .listen = "127.0.0.1:0" }, &probe.udp))
		return 1;
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("ready on %s\n", ace_udp_address(probe.udp));
	wait.fd = ace_udp_fd(probe.udp);
	while (poll(&wait, 1, 20) >= 0) {
		work(&probe);
		if (ace_udp_flush(probe.udp) == ACE_ERR_IO)
			break;
	}
	ace_udp_close(probe.udp);
	return 1;
}
