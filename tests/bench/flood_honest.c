/* SPDX-License-Identifier: Apache-2.0 */
#include "flood.h"

#include <stdlib.h>
#include <string.h>

#define BUCKET_NS 10000
#define BUCKETS 200000 /* up to the first repetition */
#define REPEAT_NS UINT64_C(2000000000) /* RFC 7252 4.8: ACK_TIMEOUT */
#define SECOND_NS UINT64_C(1000000000)

struct honest {
	struct bench_client client;
	uint64_t due_ns, repeat_ns, wait_ns; /* repeat_ns: when to say it again */
	bool is_repeated;
};

struct flood_honest {
	struct bench_socket *socket;
	size_t clients, next_mid;
	uint64_t interval_ns, now_ns;
	uint32_t generation;
	struct honest *honest;     /* owns clients of them */
	struct bench_slot *slots;  /* owns as many: each client has its own */
	uint32_t *latencies;       /* owns BUCKETS */
	bool is_over;              /* nothing new is asked */
};

struct flood_honest *flood_honest_new(const struct sockaddr_in *server, size_t clients, size_t rate_per_s)
{
	struct flood_honest *h = calloc(1, sizeof *h);

	if (!h)
		bench_die("no memory");
	h->socket = bench_socket_new(server);
	h->clients = clients;
	h->interval_ns = clients * SECOND_NS / rate_per_s;
	h->honest = calloc(clients, sizeof *h->honest);
	h->slots = calloc(clients, sizeof *h->slots);
	h->latencies = calloc(BUCKETS, sizeof *h->latencies);
	if (!h->honest || !h->slots || !h->latencies)
		bench_die("no memory");
	for (size_t i = 0; i < clients; i++) {
		h->honest[i].client = (struct bench_client){ .number = (uint32_t)i, .endpoint = (uint32_t)i };
		bench_client_context(i, &h->honest[i].client.ctx);
	}
	return h;
}

void flood_honest_free(struct flood_honest *h)
{
	bench_socket_free(h->socket);
	for (size_t i = 0; i < h->clients; i++)
		ace_wipe(&h->honest[i].client.ctx, sizeof h->honest[i].client.ctx);
	free(h->honest);
	free(h->slots);
	free(h->latencies);
	free(h);
}

static void say(struct flood_honest *h, size_t nth)
{
	h->honest[nth].repeat_ns = h->now_ns + h->honest[nth].wait_ns;
	h->honest[nth].wait_ns *= 2;
	bench_socket_send(h->socket, (uint32_t)nth, (struct ace_slice){ h->slots[nth].bytes, h->slots[nth].len });
}

static void ask(struct flood_honest *h, size_t nth, struct ace_slice echo)
{
	struct bench_slot *slot = &h->slots[nth];

	slot->client = &h->honest[nth].client;
	slot->device = (uint32_t)nth;
	slot->mid++;
	slot->generation = ++h->generation;
	h->honest[nth].wait_ns = REPEAT_NS;
	bench_request_write(slot, (uint16_t)nth, echo);
	say(h, nth);
}

static void take_token(struct flood_honest *h, size_t nth, struct flood_asked *asked)
{
	uint64_t bucket = (h->now_ns - h->slots[nth].sent_ns) / BUCKET_NS;

	if (h->honest[nth].is_repeated) {
		asked->late++;
		return;
	}
	asked->in_time++;
	h->latencies[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

static void take_answer(struct flood_honest *h, struct ace_slice datagram, struct flood_asked *asked)
{
	uint8_t bytes[BENCH_DATAGRAM_MAX];
	struct ace_buf plain = ACE_BUF_OF(bytes);
	struct ace_slice echo = { 0 };
	uint32_t generation = 0;
	size_t nth = bench_answer_slot(datagram, &generation);

	if (nth >= h->clients || !h->slots[nth].client || h->slots[nth].generation != generation)
		return; /* of an answer that came twice */
	switch (bench_answer_read(&h->slots[nth], datagram, &plain, &echo)) {
	case BENCH_CHALLENGED:
		ask(h, nth, echo);
		return;
	case BENCH_GRANTED:
		take_token(h, nth, asked);
		break;
	case BENCH_REFUSED:
	case BENCH_UNVERIFIED:
		asked->refused++;
		break;
	}
	h->slots[nth].client = NULL;
}

/* What is due: new requests, and old ones again. Who still waits for an answer makes no other request, and the token
 * that it does not ask for meanwhile counts as one that it did not get. */
static void do_due(struct flood_honest *h, struct flood_asked *asked)
{
	for (size_t i = 0; i < h->clients; i++) {
		struct honest *honest = &h->honest[i];
		bool is_busy = h->slots[i].client;

		if (is_busy && h->now_ns >= honest->repeat_ns) {
			honest->is_repeated = true;
			say(h, i);
		}
		if (h->is_over || h->now_ns < honest->due_ns)
			continue;
		asked->due++;
		honest->due_ns += h->interval_ns;
		if (is_busy)
			continue;
		honest->is_repeated = false;
		h->slots[i].sent_ns = h->now_ns;
		ask(h, i, (struct ace_slice){ 0 });
	}
	bench_socket_flush(h->socket);
}

static bool is_anyone_busy(const struct flood_honest *h)
{
	for (size_t i = 0; i < h->clients; i++)
		if (h->slots[i].client)
			return true;
	return false;
}

static double percentile_ms(const struct flood_honest *h, uint64_t total, double part)
{
	uint64_t wanted = (uint64_t)((double)total * part), seen = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		seen += h->latencies[i];
		if (seen > wanted)
			return ((double)i + 0.5) * BUCKET_NS / 1e6;
	}
	return 0;
}

static void go_on(struct flood_honest *h, uint64_t end_ns, struct flood_asked *asked)
{
	while (!bench_is_stopped && h->now_ns < end_ns && (!h->is_over || is_anyone_busy(h))) {
		size_t received;

		do_due(h, asked);
		received = bench_socket_receive(h->socket);
		h->now_ns = bench_now_ns();
		for (size_t i = 0; i < received; i++)
			take_answer(h, bench_socket_get(h->socket, i), asked);
	}
}

void flood_honest_run(struct flood_honest *h, uint64_t duration_ns, struct flood_asked *ret_asked)
{
	uint64_t begin_ns = h->now_ns = bench_now_ns();
	struct flood_asked asked = { 0 };

	h->is_over = false;
	memset(h->latencies, 0, BUCKETS * sizeof *h->latencies);
	for (size_t i = 0; i < h->clients; i++) /* not all at once */
		h->honest[i].due_ns = begin_ns + i * h->interval_ns / h->clients;
	go_on(h, begin_ns + duration_ns, &asked);
	asked.elapsed_ns = h->now_ns - begin_ns;
	asked.p50_ms = percentile_ms(h, asked.in_time, 0.50);
	asked.p99_ms = percentile_ms(h, asked.in_time, 0.99);
	*ret_asked = asked;
}

void flood_honest_settle(struct flood_honest *h, uint64_t duration_ns, struct flood_asked *asked)
{
	h->now_ns = bench_now_ns();
	h->is_over = true;
	go_on(h, h->now_ns + duration_ns, asked);
	for (size_t i = 0; i < h->clients; i++)
		asked->never += h->slots[i].client != NULL;
}
