/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define BUCKET_NS 10000 /* resolution of the latencies */
#define BUCKETS 1000000 /* up to ten seconds */
#define RESEND_NS UINT64_C(1000000000)
#define CHECK_NS UINT64_C(100000000)
#define WARM_IN_FLIGHT 256

struct bench_load {
	struct bench_load_options options;
	struct bench_socket *socket;
	struct bench_client *clients; /* owns options.active of them */
	size_t next_client;
	bool is_warming; /* devices one after the other, not at random */
	uint16_t mids[BENCH_ENDPOINTS];
	struct bench_slot slots[BENCH_IN_FLIGHT_MAX];
	uint32_t generation;
	uint64_t random;
	uint32_t *latencies; /* owns BUCKETS */
	uint64_t now_ns;
};

/* One measurement while it runs. */
struct run {
	struct bench_load *load;
	struct bench_measured measured;
	uint64_t begin_ns, end_ns, checked_ns, wanted; /* wanted: tokens, or UINT64_MAX */
	uint64_t started; /* requests, not counting those after a challenge */
	size_t busy;
};

struct bench_load *bench_load_new(const struct bench_load_options *options)
{
	struct bench_load *load = calloc(1, sizeof *load);

	if (!load)
		bench_die("no memory");
	load->options = *options;
	load->socket = bench_socket_new(&options->server);
	load->clients = calloc(options->active, sizeof *load->clients);
	load->latencies = calloc(BUCKETS, sizeof *load->latencies);
	if (!load->clients || !load->latencies)
		bench_die("no memory");
	load->random = UINT64_C(88172645463325252);
	/* Spread over all clients of the store, and over the source addresses. */
	for (size_t i = 0; i < options->active; i++)
		load->clients[i] = (struct bench_client){
			.number = (uint32_t)(i * (options->clients / options->active)),
			.endpoint = (uint32_t)(i % BENCH_ENDPOINTS) };
	return load;
}

void bench_load_free(struct bench_load *load)
{
	bench_socket_free(load->socket);
	free(load->clients);
	free(load->latencies);
	free(load);
}

static uint32_t choose_device(struct bench_load *load, uint64_t nth)
{
	if (load->is_warming)
		return (uint32_t)(nth % load->options.clients);
	load->random ^= load->random << 13;
	load->random ^= load->random >> 7;
	load->random ^= load->random << 17;
	return (uint32_t)(load->random % load->options.clients);
}

/* The next one that has no request under way. */
static struct bench_client *take_client(struct bench_load *load)
{
	struct bench_client *client;

	do {
		client = &load->clients[load->next_client];
		load->next_client = (load->next_client + 1) % load->options.active;
	} while (client->is_busy);
	client->is_busy = true;
	if (!client->is_ready)
		bench_client_context(client->number, &client->ctx);
	client->is_ready = true;
	return client;
}

static void send_slot(struct run *run, struct bench_slot *slot, struct ace_slice echo)
{
	struct bench_load *load = run->load;

	slot->mid = load->mids[slot->client->endpoint]++;
	slot->generation = ++load->generation;
	bench_request_write(slot, (uint16_t)(slot - load->slots), echo);
	run->measured.request_len = slot->len;
	bench_socket_send(load->socket, slot->client->endpoint, (struct ace_slice){ slot->bytes, slot->len });
}

/* Begin another request in a free slot, unless the run is over. */
static void begin(struct run *run, struct bench_slot *slot)
{
	struct bench_load *load = run->load;

	if (run->started == run->wanted || load->now_ns >= run->end_ns || bench_is_stopped)
		return;
	slot->client = take_client(load);
	slot->device = choose_device(load, run->started);
	slot->sent_ns = load->now_ns;
	send_slot(run, slot, (struct ace_slice){ 0 });
	run->started++;
	run->busy++;
}

static void note_latency(struct run *run, const struct bench_slot *slot)
{
	uint64_t bucket = (run->load->now_ns - slot->sent_ns) / BUCKET_NS;

	run->load->latencies[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
}

/* One datagram from the server: the end of a request, a challenge, or nothing of interest. */
static void take_answer(struct run *run, struct ace_slice datagram)
{
	uint8_t bytes[BENCH_DATAGRAM_MAX];
	struct ace_buf plain = ACE_BUF_OF(bytes);
	struct ace_slice echo = { 0 };
	uint32_t generation = 0;
	size_t nth = bench_answer_slot(datagram, &generation);
	struct bench_slot *slot = &run->load->slots[nth < BENCH_IN_FLIGHT_MAX ? nth : 0];

	if (nth >= BENCH_IN_FLIGHT_MAX || !slot->client || slot->generation != generation)
		return; /* of an answer that came twice */
	switch (bench_answer_read(slot, datagram, &plain, &echo)) {
	case BENCH_CHALLENGED:
		run->measured.challenged++;
		send_slot(run, slot, echo);
		return;
	case BENCH_GRANTED:
		run->measured.tokens++;
		run->measured.answer_len = datagram.len;
		note_latency(run, slot);
		break;
	case BENCH_REFUSED: run->measured.refused++; break;
	case BENCH_UNVERIFIED: run->measured.unverified++; break;
	}
	slot->client->is_busy = false;
	slot->client = NULL;
	run->busy--;
	begin(run, slot);
}

/* The same bytes again: the server knows a copy by its Message ID. */
static void resend_late(struct run *run)
{
	struct bench_load *load = run->load;

	if (load->now_ns - run->checked_ns < CHECK_NS)
		return;
	run->checked_ns = load->now_ns;
	for (size_t i = 0; i < BENCH_IN_FLIGHT_MAX; i++) {
		struct bench_slot *slot = &load->slots[i];

		if (!slot->client || load->now_ns - slot->sent_ns < RESEND_NS)
			continue;
		run->measured.resent++;
		bench_socket_send(load->socket, slot->client->endpoint, (struct ace_slice){ slot->bytes, slot->len });
	}
}

static double percentile_ms(const struct bench_load *load, uint64_t total, double part)
{
	uint64_t wanted = (uint64_t)((double)total * part), seen = 0;

	for (size_t i = 0; i < BUCKETS; i++) {
		seen += load->latencies[i];
		if (seen > wanted)
			return ((double)i + 0.5) * BUCKET_NS / 1e6;
	}
	return 0;
}

static void run_all(struct run *run, unsigned int in_flight)
{
	struct bench_load *load = run->load;

	memset(load->latencies, 0, BUCKETS * sizeof *load->latencies);
	for (unsigned int i = 0; i < in_flight; i++)
		begin(run, &load->slots[i]);
	bench_socket_flush(load->socket);
	while (run->busy && !bench_is_stopped) {
		size_t received = bench_socket_receive(load->socket);

		load->now_ns = bench_now_ns();
		for (size_t i = 0; i < received; i++)
			take_answer(run, bench_socket_get(load->socket, i));
		resend_late(run);
		bench_socket_flush(load->socket);
	}
	run->measured.elapsed_ns = bench_now_ns() - run->begin_ns;
	run->measured.p50_ms = percentile_ms(load, run->measured.tokens, 0.50);
	run->measured.p99_ms = percentile_ms(load, run->measured.tokens, 0.99);
}

void bench_load_run(struct bench_load *load, unsigned int in_flight, uint64_t duration_ns, uint64_t tokens,
		    struct bench_measured *ret_measured)
{
	struct run run = { .load = load, .begin_ns = bench_now_ns(), .wanted = tokens ? tokens : UINT64_MAX };

	load->now_ns = run.checked_ns = run.begin_ns;
	run.end_ns = duration_ns ? run.begin_ns + duration_ns : UINT64_MAX;
	run_all(&run, in_flight);
	*ret_measured = run.measured;
}

void bench_load_warm(struct bench_load *load, uint64_t tokens, struct bench_measured *ret_measured)
{
	size_t in_flight = load->options.active < WARM_IN_FLIGHT ? load->options.active : WARM_IN_FLIGHT;

	load->is_warming = true;
	bench_load_run(load, (unsigned int)in_flight, 0, tokens, ret_measured);
	load->is_warming = false;
}
