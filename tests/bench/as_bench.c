/* SPDX-License-Identifier: Apache-2.0 */
/* How many durable tokens a second does aced grant, and what would the machine give at most? */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include "cli/command.h"

#define SERVER_CORE 0
#define LOAD_CORE 1
#define LIST_MAX 16

static struct bench_daemon daemon_running; /* for the end of the program, however it comes */

static const struct cli_flag flags[] = {
	{ .name = "in-flight", .value = "LIST", .help = "requests under way at once (default 1,16,64,256,512)" },
	{ .name = "clients", .value = "LIST", .help = "clients, and as many devices (default 1000,1000000)" },
	{ .name = "active", .value = "N", .help = "of the clients so many ask, spread over all (default at most 65536)" },
	{ .name = "warm", .value = "N", .help = "requests before measuring (default as many as clients: each device once)" },
	{ .name = "seconds", .value = "N", .help = "each measurement takes so long (default 5)" },
	{ .name = "tokens", .value = "N", .help = "end each measurement after so many tokens instead" },
	{ .name = "dir", .value = "DIR", .help = "make the store below DIR, which should be on a real disk (default .)" },
	{ .name = "aced", .value = "PATH", .help = "the server (default the one of this build)" },
	{ .name = "profile", .value = "FILE", .help = "run aced under callgrind, which writes to FILE; use with --tokens" },
	{ 0 },
};

struct plan {
	int64_t in_flight[LIST_MAX], clients[LIST_MAX];
	size_t in_flight_len, clients_len;
	int64_t active, warm, seconds, tokens; /* warm: 0: as many as clients */
	const char *dir, *profile;
	char aced[1024];
	const struct cli_output *output;
};

struct row {
	int64_t in_flight, clients;
	struct bench_measured measured;
	double tokens_per_s, cpu_us, batch, echo_per_s, puts_per_s;
};

static void clean_up(void)
{
	bench_daemon_stop(&daemon_running);
	bench_store_remove();
}

static bool read_list(const char *text, int64_t max, int64_t list[LIST_MAX], size_t *ret_len)
{
	char copy[256], *item, *rest = copy;
	size_t len = 0;

	if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy)
		return false;
	while ((item = strsep(&rest, ",")))
		if (len == LIST_MAX || !cli_number_parse(item, 1, max, &list[len++]))
			return false;
	*ret_len = len;
	return true;
}

static const char *flag_or(const struct cli_call *call, const char *name, const char *otherwise)
{
	const char *value = cli_flag_value(call, name);

	return value ? value : otherwise;
}

static bool read_plan(const struct cli_call *call, const struct cli_output *output, struct plan *plan)
{
	if (!read_list(flag_or(call, "in-flight", "1,16,64,256,512"), BENCH_IN_FLIGHT_MAX, plan->in_flight,
		       &plan->in_flight_len) ||
	    !read_list(flag_or(call, "clients", "1000,1000000"), 10000000, plan->clients, &plan->clients_len)) {
		cli_note(output, "--in-flight and --clients take numbers with commas between them");
		return false;
	}
	if (!cli_flag_number(call, output, &(struct cli_number){ "active", 1, 10000000, 65536 }, &plan->active) ||
	    !cli_flag_number(call, output, &(struct cli_number){ "warm", 1, 100000000, 0 }, &plan->warm) ||
	    !cli_flag_number(call, output, &(struct cli_number){ "seconds", 1, 3600, 5 }, &plan->seconds) ||
	    !cli_flag_number(call, output, &(struct cli_number){ "tokens", 1, 1000000000, 0 }, &plan->tokens))
		return false;
	plan->output = output;
	plan->dir = flag_or(call, "dir", ".");
	plan->profile = cli_flag_value(call, "profile");
	if (cli_flag_value(call, "aced"))
		snprintf(plan->aced, sizeof plan->aced, "%s", cli_flag_value(call, "aced"));
	else
		bench_find_aced(plan->aced, sizeof plan->aced);
	return true;
}

static void print_head(const struct plan *plan)
{
	if (plan->output->json == CLI_JSON) {
		fputs("[", plan->output->out);
	} else if (plan->output->json == CLI_TEXT) {
		fprintf(plan->output->out, "%9s %9s %9s %8s %8s %7s %7s %10s %6s %10s %6s\n", "clients", "in flight",
			"tokens/s", "p50 ms", "p99 ms", "CPU us", "batch", "UDP echo/s", "ratio", "LMDB put/s", "ratio");
	}
}

static void print_json(const struct plan *plan, const struct row *row, bool is_first)
{
	if (plan->output->json == CLI_JSON)
		fputs(is_first ? "\n  " : ",\n  ", plan->output->out);
	fprintf(plan->output->out,
		"{\"in_flight\": %lld, \"clients\": %lld, \"tokens_per_s\": %.0f, \"p50_ms\": %.2f, \"p99_ms\": %.2f, "
		"\"cpu_us_per_token\": %.2f, \"udp_echo_per_s\": %.0f, \"lmdb_batched_puts_per_s\": %.0f}",
		(long long)row->in_flight, (long long)row->clients, row->tokens_per_s, row->measured.p50_ms,
		row->measured.p99_ms, row->cpu_us, row->echo_per_s, row->puts_per_s);
	if (plan->output->json == CLI_JSON_LINES)
		fputc('\n', plan->output->out);
}

static void print_row(const struct plan *plan, const struct row *row, bool is_first)
{
	const struct bench_measured *m = &row->measured;

	if (plan->output->json != CLI_TEXT)
		print_json(plan, row, is_first);
	else
		fprintf(plan->output->out, "%9lld %9lld %9.0f %8.2f %8.2f %7.2f %7.1f %10.0f %6.2f %10.0f %6.2f\n",
			(long long)row->clients, (long long)row->in_flight, row->tokens_per_s, m->p50_ms, m->p99_ms,
			row->cpu_us, row->batch, row->echo_per_s, row->tokens_per_s / row->echo_per_s, row->puts_per_s,
			row->tokens_per_s / row->puts_per_s);
	fflush(plan->output->out);
	if (m->resent || m->challenged)
		cli_note(plan->output, "%llu requests sent again, %llu challenged", (unsigned long long)m->resent,
			 (unsigned long long)m->challenged);
}

/* Nothing counts as measured when any answer was not what it had to be. */
static void must_be_clean(const struct bench_measured *measured)
{
	if (bench_is_stopped)
		bench_die("stopped");
	if (measured->refused || measured->unverified)
		bench_die("%llu answers refused, %llu did not verify", (unsigned long long)measured->refused,
			  (unsigned long long)measured->unverified);
}

static void measure_references(const struct plan *plan, const char *store_dir, struct row *row)
{
	uint64_t duration_ns = (uint64_t)plan->seconds * UINT64_C(1000000000);
	size_t batch = row->batch < 1 ? 1 : (size_t)(row->batch + 0.5);

	row->echo_per_s = bench_udp_echo(&(struct bench_echo_options){
		.in_flight = (unsigned int)row->in_flight, .request_len = row->measured.request_len,
		.answer_len = row->measured.answer_len, .duration_ns = duration_ns / 2, .core = SERVER_CORE });
	(void)bench_pin(0, SERVER_CORE);
	row->puts_per_s = bench_lmdb_puts(store_dir, batch, duration_ns / 2);
	(void)bench_pin(0, LOAD_CORE);
}

static void measure(const struct plan *plan, const char *store_dir, struct bench_load *load, struct row *row)
{
	uint64_t duration_ns = (uint64_t)plan->seconds * UINT64_C(1000000000);
	uint64_t cpu_ns = bench_daemon_cpu_ns(&daemon_running), commits = bench_commits(store_dir);

	bench_load_run(load, (unsigned int)row->in_flight, plan->tokens ? 0 : duration_ns, (uint64_t)plan->tokens,
		       &row->measured);
	must_be_clean(&row->measured);
	cpu_ns = bench_daemon_cpu_ns(&daemon_running) - cpu_ns;
	commits = bench_commits(store_dir) - commits;
	row->tokens_per_s = (double)row->measured.tokens * 1e9 / (double)row->measured.elapsed_ns;
	row->cpu_us = (double)cpu_ns / 1e3 / (double)row->measured.tokens;
	row->batch = (double)row->measured.tokens / (double)(commits ? commits : 1);
	if (!plan->profile)
		measure_references(plan, store_dir, row);
}

/* Every client that asks has answered an Echo; as far as memory goes, this is how a server is after some hours. */
static void warm_up(const struct plan *plan, struct bench_load *load, size_t clients, size_t active)
{
	uint64_t tokens = plan->warm ? (uint64_t)plan->warm : clients;
	struct bench_measured warm;

	bench_load_warm(load, tokens < active ? active : tokens, &warm);
	must_be_clean(&warm);
	if (warm.challenged != active)
		bench_die("%llu of %zu clients answered an Echo", (unsigned long long)warm.challenged, active);
	cli_note(plan->output, "%zu clients, %zu of them active: aced holds %zu MB beside the mapped store", clients, active,
		 bench_daemon_rss_kb(&daemon_running) / 1024);
}

static void run_clients(const struct plan *plan, int64_t clients, bool is_first)
{
	size_t active = (size_t)(clients < plan->active ? clients : plan->active);
	struct bench_load *load;
	char dir[256];

	bench_store_make(plan->dir, (size_t)clients, dir);
	if (bench_is_stopped)
		bench_die("stopped");
	bench_daemon_start(&(struct bench_daemon_options){ .aced = plan->aced, .profile = plan->profile, .dir = dir,
							   .contexts = active, .devices = (size_t)clients,
							   .core = SERVER_CORE }, &daemon_running);
	load = bench_load_new(&(struct bench_load_options){ .server = daemon_running.address, .clients = (size_t)clients,
							    .active = active });
	warm_up(plan, load, (size_t)clients, active);
	for (size_t i = 0; i < plan->in_flight_len; i++) {
		struct row row = { .in_flight = plan->in_flight[i], .clients = clients };

		if ((size_t)row.in_flight > active)
			bench_die("%lld in flight need as many clients", (long long)row.in_flight);
		measure(plan, dir, load, &row);
		print_row(plan, &row, is_first && i == 0);
	}
	bench_load_free(load);
	clean_up();
}

static int run(const struct cli_call *call, const struct cli_output *output)
{
	struct plan plan = { 0 };

	if (!read_plan(call, output, &plan))
		return CLI_EXIT_USAGE;
	bench_catch_signals();
	atexit(clean_up);
	if (!bench_pin(0, LOAD_CORE))
		cli_note(output, "this machine has one core: server and load share it");
	cli_note(output, "limits: client_rate and client_burst 1,000,000, so that no client is held back; contexts for all "
		 "that ask, devices for all");
	print_head(&plan);
	for (size_t i = 0; i < plan.clients_len; i++)
		run_clients(&plan, plan.clients[i], i == 0);
	if (output->json == CLI_JSON)
		fputs("\n]\n", output->out);
	return CLI_EXIT_OK;
}

int main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ .name = "", .args = "", .help = "measure", .flags = flags, .run = run },
		{ 0 },
	};
	static const struct cli_program program = {
		.name = "as-bench",
		.summary = "measures durable tokens a second of aced on one core, beside what the machine gives",
		.examples = "as-bench --dir /var/tmp\n"
			    "as-bench --dir /var/tmp --clients 1000 --in-flight 256 --seconds 2 --json\n"
			    "as-bench --clients 1000 --in-flight 64 --tokens 5000 --profile callgrind.out\n",
		.verbs = verbs,
	};

	return cli_main(&program, argc, argv);
}
