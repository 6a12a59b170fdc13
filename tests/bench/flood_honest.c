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
	size_t clients, settled; /* all, and those that are no newcomers */
	uint64_t interval_ns, now_ns;
	uint32_t generation;
	struct honest *honest;     /* owns clients of them */
	struct bench_slot *slots;  /* owns as many: each client has its own */
	uint32_t *latencies;       /* owns BUCKETS for each kind */
	bool is_over;              /* nothing new is asked */
};

struct flood_honest *flood_honest_new(const struct flood_honest_options *options)
{
	struct flood_honest *h = calloc(1, sizeof *h);
	size_t clients = options->clients + options->newcomers;

	if (!h)
		bench_die("no memory");
	h->socket = bench_socket_new(&options->server);
	h->clients = clients;
	h->settled = options->clients;
	h->interval_ns = h->settled * SECOND_NS / options->rate_per_s;
	h->honest = calloc(clients, sizeof *h->honest);
	h->slots = calloc(clients, sizeof *h->slots);
	h->latencies = calloc(FLOOD_KINDS * BUCKETS, sizeof *h->latencies);
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

static enum flood_kind kind_of(const struct flood_honest *h, size_t nth)
{
	return nth < h->settled ? FLOOD_SETTLED : FLOOD_NEWCOMER;
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

	enum flood_kind kind = kind_of(h, nth);
	uint64_t took_ns = h->now_ns - h->slots[nth].sent_ns;

	if (took_ns > asked[kind].longest_ns)
		asked[kind].longest_ns = took_ns;
	if (h->honest[nth].is_repeated) {
		asked[kind].late++;
		return;
	}
	asked[kind].in_time++;
	h->latencies[kind * BUCKETS + (bucket < BUCKETS ? bucket : BUCKETS - 1)]++;
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
		asked[kind_of(h, nth)].refused++;
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
		asked[kind_of(h, i)].due++;
		honest->due_ns = i < h->settled ? honest->due_ns + h->interval_ns : UINT64_MAX;
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

static double percentile_ms(const uint32_t *latencies, uint64_t total, double part)
{
	uint64_t wanted = (uint64_t)((double)total * part), seen = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		seen += latencies[i];
		if (seen > wanted)
			return ((double)i + 0.5) * BUCKET_NS / 1e6;
	}
	return 0;
}

static uint64_t served(const struct flood_asked *asked)
{
	return asked->in_time + asked->late;
}

/* Until then, or until nothing is under way any more or so many newcomers were served. */
static void go_on(struct flood_honest *h, uint64_t end_ns, uint64_t newcomers, struct flood_asked *asked)
{
	while (!bench_is_stopped && h->now_ns < end_ns &&
	       (!h->is_over || (is_anyone_busy(h) && served(&asked[FLOOD_NEWCOMER]) < newcomers))) {
		size_t received;

		do_due(h, asked);
		received = bench_socket_receive(h->socket);
		h->now_ns = bench_now_ns();
		for (size_t i = 0; i < received; i++)
			take_answer(h, bench_socket_get(h->socket, i), asked);
	}
}

void flood_honest_run(struct flood_honest *h, uint64_t duration_ns, bool with_newcomers,
		      struct flood_asked ret_asked[FLOOD_KINDS])
{
	uint64_t begin_ns = h->now_ns = bench_now_ns();
	struct flood_asked asked[FLOOD_KINDS] = { { 0 }, { 0 } };

	h->is_over = false;
	memset(h->latencies, 0, FLOOD_KINDS * BUCKETS * sizeof *h->latencies);
	for (size_t i = 0; i < h->settled; i++) /* not all at once */
		h->honest[i].due_ns = begin_ns + i * h->interval_ns / h->settled;
	for (size_t i = h->settled; i < h->clients; i++)
		h->honest[i].due_ns = with_newcomers ? begin_ns + (i - h->settled) * (duration_ns / (h->clients - h->settled)) :
						       UINT64_MAX;
	go_on(h, begin_ns + duration_ns, UINT64_MAX, asked);
	for (size_t kind = 0; kind < FLOOD_KINDS; kind++) {
		asked[kind].elapsed_ns = h->now_ns - begin_ns;
		asked[kind].p50_ms = percentile_ms(h->latencies + kind * BUCKETS, asked[kind].in_time, 0.50);
		asked[kind].p99_ms = percentile_ms(h->latencies + kind * BUCKETS, asked[kind].in_time, 0.99);
		ret_asked[kind] = asked[kind];
	}
}

void flood_honest_wait(struct flood_honest *h, uint64_t duration_ns, size_t newcomers,
		       struct flood_asked asked[FLOOD_KINDS])
{
	h->now_ns = bench_now_ns();
	h->is_over = true;
	go_on(h, h->now_ns + duration_ns, newcomers, asked);
}

void flood_honest_settle(struct flood_honest *h, uint64_t duration_ns, struct flood_asked asked[FLOOD_KINDS])
{
	h->now_ns = bench_now_ns();
	h->is_over = true;
	go_on(h, h->now_ns + duration_ns, UINT64_MAX, asked);
	for (size_t i = 0; i < h->clients; i++)
		asked[kind_of(h, i)].never += h->slots[i].client != NULL;
}
