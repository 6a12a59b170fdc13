/* SPDX-License-Identifier: Apache-2.0 */
/* What is left to honest clients while strangers from many addresses send as much as they can? */
#include "flood.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

#define SERVER_CORE 0
#define LOAD_CORE 1
#define SECOND_NS UINT64_C(1000000000)
#define WARM_NS (2 * SECOND_NS)
#define SETTLE_NS (60 * SECOND_NS)
#define NEWCOMERS_NS (45 * SECOND_NS) /* RFC 7252 4.8.2, MAX_TRANSMIT_SPAN: whoever has no answer by then says it no more */

static struct bench_daemon daemon_running; /* for the end of the program, however it comes */

static const struct cli_flag flags[] = {
	{ .name = "clients", .value = "N", .help = "honest clients, each with one request under way at most (default 500)" },
	{ .name = "rate", .value = "N", .help = "tokens a second that they ask for together (default 500)" },
	{ .name = "newcomers", .value = "N", .help = "clients that the server has not met, each asks once under attack (default 100)" },
	{ .name = "sources", .value = "N", .help = "addresses that the attackers send from (default 40000)" },
	{ .name = "seconds", .value = "N", .help = "without attackers, and again with them (default 10)" },
	{ .name = "check", .help = "exit with 1 unless every client got its tokens in the end, and all bounds hold" },
	{ .name = "dir", .value = "DIR", .help = "make the store below DIR, which should be on a real disk (default .)" },
	{ .name = "aced", .value = "PATH", .help = "the server (default the one of this build)" },
	{ 0 },
};

struct plan {
	int64_t clients, rate, newcomers, sources, seconds;
	bool is_check;
	const char *dir;
	char aced[1024];
};

struct result {
	struct flood_asked calm[FLOOD_KINDS], flooded[FLOOD_KINDS];
	uint64_t newcomers_served; /* while the attack went on */
	struct flood_sent sent;
	uint64_t attack_ns;
	size_t rss_before_kb, rss_after_kb;
	const char *metrics; /* after */
};

/* What the flood may take: tables of fixed sizes that are used for the first time. */
#define GROWTH_MAX_KB (64 * 1024)
static const char *const tables[] = { "peers", "exchanges", "sources", "refusals", "observers", "messages", "contexts",
				      "devices" };

static void clean_up(void)
{
	bench_daemon_stop(&daemon_running);
	bench_store_remove();
}

static bool read_plan(const struct cli_call *call, const struct cli_output *output, struct plan *plan)
{
	const char *dir = cli_flag_value(call, "dir"), *aced = cli_flag_value(call, "aced");

	if (!cli_flag_number(call, output, &(struct cli_number){ "clients", 1, BENCH_ENDPOINTS / 2, 500 }, &plan->clients) ||
	    !cli_flag_number(call, output, &(struct cli_number){ "newcomers", 1, BENCH_ENDPOINTS / 2, 100 }, &plan->newcomers) ||
	    !cli_flag_number(call, output, &(struct cli_number){ "rate", 1, 100000, 500 }, &plan->rate) ||
	    !cli_flag_number(call, output, &(struct cli_number){ "sources", 1, 4000000, 40000 }, &plan->sources) ||
	    !cli_flag_number(call, output, &(struct cli_number){ "seconds", 1, 3600, 10 }, &plan->seconds))
		return false;
	plan->is_check = cli_flag(call, "check");
	plan->dir = dir ? dir : ".";
	if (aced)
		snprintf(plan->aced, sizeof plan->aced, "%s", aced);
	else
		bench_find_aced(plan->aced, sizeof plan->aced);
	return true;
}

static void measure(const struct plan *plan, struct flood_honest *honest, struct result *result)
{
	const struct flood_attack_options options = { daemon_running.address, (size_t)plan->sources, LOAD_CORE };
	uint64_t duration_ns = (uint64_t)plan->seconds * SECOND_NS;
	struct flood_asked warm[FLOOD_KINDS];
	struct flood_attack *attack;
	uint64_t attack_since_ns;

	flood_honest_run(honest, WARM_NS, false, warm);
	flood_honest_settle(honest, SETTLE_NS, warm);
	if (warm[FLOOD_SETTLED].never || warm[FLOOD_SETTLED].refused)
		bench_die("without attackers: %llu answers refused, %llu never came", (unsigned long long)warm[FLOOD_SETTLED].refused,
			  (unsigned long long)warm[FLOOD_SETTLED].never);
	flood_honest_run(honest, duration_ns, false, result->calm);
	flood_honest_settle(honest, SETTLE_NS, result->calm);
	result->rss_before_kb = bench_daemon_rss_kb(&daemon_running);
	attack = flood_attack_start(&options);
	attack_since_ns = bench_now_ns();
	flood_honest_run(honest, duration_ns, true, result->flooded);
	/* To the last of them, but a test wants to know only that it happens at all. */
	flood_honest_wait(honest, NEWCOMERS_NS, plan->is_check ? 1 : (size_t)plan->newcomers, result->flooded);
	result->attack_ns = bench_now_ns() - attack_since_ns;
	result->newcomers_served = result->flooded[FLOOD_NEWCOMER].in_time + result->flooded[FLOOD_NEWCOMER].late;
	flood_attack_stop(attack, &result->sent);
	result->rss_after_kb = bench_daemon_rss_kb(&daemon_running);
	flood_honest_settle(honest, SETTLE_NS, result->flooded);
	result->metrics = flood_metrics_get(&daemon_running);
	if (bench_is_stopped)
		bench_die("stopped");
}

static uint64_t metric(const struct result *result, const char *name)
{
	return flood_metrics_value(result->metrics, name);
}

static uint64_t table_metric(const struct result *result, const char *what, const char *table)
{
	char name[96];

	snprintf(name, sizeof name, "aced_table_%s{table=\"%s\"}", what, table);
	return metric(result, name);
}

static double per_s(uint64_t count, uint64_t elapsed_ns)
{
	return (double)count * 1e9 / (double)elapsed_ns;
}

/* Tokens that came at once, next to those without attackers. */
static double ratio_of(const struct result *result)
{
	const struct flood_asked *calm = &result->calm[FLOOD_SETTLED], *flooded = &result->flooded[FLOOD_SETTLED];
	double calm_per_s = per_s(calm->in_time, calm->elapsed_ns);

	return calm_per_s > 0 ? per_s(flooded->in_time, flooded->elapsed_ns) / calm_per_s : 0;
}

static void print_asked(FILE *out, const char *name, const struct flood_asked *asked)
{
	fprintf(out, "%-10s %9.1f %9llu %9llu %9llu %9.2f %9.2f\n", name, per_s(asked->in_time, asked->elapsed_ns),
		(unsigned long long)asked->in_time, (unsigned long long)asked->late, (unsigned long long)asked->never, asked->p50_ms,
		asked->p99_ms);
}

static void print_text(const struct cli_output *output, const struct result *r)
{
	FILE *out = output->out;

	fprintf(out, "%-10s %9s %9s %9s %9s %9s %9s\n", "", "tokens/s", "in time", "repeated", "never", "p50 ms", "p99 ms");
	print_asked(out, "calm", &r->calm[FLOOD_SETTLED]);
	print_asked(out, "flooded", &r->flooded[FLOOD_SETTLED]);
	print_asked(out, "newcomers", &r->flooded[FLOOD_NEWCOMER]);
	fprintf(out, "ratio      %.3f; %llu of %llu newcomers served during the attack, the last of them after %.1f s\n", ratio_of(r),
		(unsigned long long)r->newcomers_served, (unsigned long long)r->flooded[FLOOD_NEWCOMER].due,
		(double)r->flooded[FLOOD_NEWCOMER].longest_ns / 1e9);
	fprintf(out, "attackers  %.0f datagrams/s, %llu answers: %.4f bytes for a byte\n", per_s(r->sent.datagrams, r->attack_ns),
		(unsigned long long)r->sent.answers, (double)r->sent.answer_bytes / (double)r->sent.bytes);
	fprintf(out, "aced       %zu KiB before, %zu KiB after; read %llu, lost in the socket %llu, turned away %llu\n",
		r->rss_before_kb, r->rss_after_kb, (unsigned long long)metric(r, "aced_datagrams_total"),
		(unsigned long long)metric(r, "aced_socket_lost_total"),
		(unsigned long long)metric(r, "aced_turned_away_total"));
	for (size_t i = 0; i < ACE_ARRAY_LEN(tables); i++)
		fprintf(out, "%-10s %llu of %llu\n", tables[i], (unsigned long long)table_metric(r, "entries", tables[i]),
			(unsigned long long)table_metric(r, "max_entries", tables[i]));
}

static void print_json(const struct cli_output *output, const struct result *r)
{
	const struct flood_asked *calm = &r->calm[FLOOD_SETTLED], *flooded = &r->flooded[FLOOD_SETTLED],
				 *newcomers = &r->flooded[FLOOD_NEWCOMER];
	FILE *out = output->out;

	fprintf(out, "{\"tokens_per_s_calm\": %.1f, \"tokens_per_s_flooded\": %.1f, \"ratio\": %.3f, \"repeated\": %llu, "
		"\"never\": %llu, \"p50_ms_calm\": %.2f, \"p50_ms_flooded\": %.2f, \"p99_ms_calm\": %.2f, \"p99_ms_flooded\": %.2f, ",
		per_s(calm->in_time, calm->elapsed_ns), per_s(flooded->in_time, flooded->elapsed_ns), ratio_of(r),
		(unsigned long long)flooded->late, (unsigned long long)flooded->never, calm->p50_ms, flooded->p50_ms,
		calm->p99_ms, flooded->p99_ms);
	fprintf(out, "\"newcomers\": %llu, \"newcomers_served\": %llu, \"newcomers_in_time\": %llu, \"newcomers_repeated\": %llu, "
		"\"newcomers_never\": %llu, \"longest_s_newcomers\": %.1f, \"p50_ms_newcomers\": %.2f, \"p99_ms_newcomers\": %.2f, ",
		(unsigned long long)newcomers->due, (unsigned long long)r->newcomers_served,
		(unsigned long long)newcomers->in_time, (unsigned long long)newcomers->late,
		(unsigned long long)newcomers->never, (double)newcomers->longest_ns / 1e9, newcomers->p50_ms, newcomers->p99_ms);
	fprintf(out, "\"attack_datagrams_per_s\": %.0f, \"attack_bytes\": %llu, \"answers_to_attackers\": %llu, "
		"\"answer_bytes_to_attackers\": %llu, \"rss_kb_before\": %zu, \"rss_kb_after\": %zu, \"lost_in_socket\": %llu, "
		"\"turned_away\": %llu, \"tables\": {", per_s(r->sent.datagrams, r->attack_ns), (unsigned long long)r->sent.bytes,
		(unsigned long long)r->sent.answers, (unsigned long long)r->sent.answer_bytes, r->rss_before_kb, r->rss_after_kb,
		(unsigned long long)metric(r, "aced_socket_lost_total"),
		(unsigned long long)metric(r, "aced_turned_away_total"));
	for (size_t i = 0; i < ACE_ARRAY_LEN(tables); i++)
		fprintf(out, "%s\"%s\": %llu", i ? ", " : "", tables[i],
			(unsigned long long)table_metric(r, "entries", tables[i]));
	fputs("}}\n", out);
}

/* Nothing here depends on how fast the machine is. */
static int check(const struct cli_output *output, const struct result *r)
{
	static const char *const names[FLOOD_KINDS] = { "honest clients", "newcomers" };

	for (size_t kind = 0; kind < FLOOD_KINDS; kind++) {
		const struct flood_asked *asked = &r->flooded[kind];

		if (asked->never || asked->refused || !(asked->in_time + asked->late))
			return cli_fail(output, CLI_EXIT_NO, "%llu requests of %s got no token, %llu were refused",
					(unsigned long long)asked->never, names[kind], (unsigned long long)asked->refused);
	}
	if (!r->newcomers_served)
		return cli_fail(output, CLI_EXIT_NO, "no newcomer was served before the attack was over");
	if (r->rss_after_kb > r->rss_before_kb + GROWTH_MAX_KB)
		return cli_fail(output, CLI_EXIT_NO, "memory grew from %zu to %zu KiB", r->rss_before_kb, r->rss_after_kb);
	if (!r->sent.datagrams || r->sent.answer_bytes > r->sent.bytes)
		return cli_fail(output, CLI_EXIT_NO, "attackers sent %llu bytes and got %llu", (unsigned long long)r->sent.bytes,
				(unsigned long long)r->sent.answer_bytes);
	for (size_t i = 0; i < ACE_ARRAY_LEN(tables); i++)
		if (table_metric(r, "entries", tables[i]) > table_metric(r, "max_entries", tables[i]))
			return cli_fail(output, CLI_EXIT_NO, "more %s than there may be", tables[i]);
	return CLI_EXIT_OK;
}

static int run(const struct cli_call *call, const struct cli_output *output)
{
	struct plan plan = { 0 };
	struct result result = { 0 };
	struct flood_honest *honest;
	size_t clients;
	char dir[256];

	if (!read_plan(call, output, &plan))
		return CLI_EXIT_USAGE;
	clients = (size_t)(plan.clients + plan.newcomers);
	bench_catch_signals();
	atexit(clean_up);
	if (!bench_pin(0, LOAD_CORE))
		cli_note(output, "this machine has one core: server, clients and attackers share it");
	bench_store_make(plan.dir, clients, dir);
	bench_daemon_start(&(struct bench_daemon_options){ .aced = plan.aced, .dir = dir, .contexts = clients,
							   .devices = clients, .core = SERVER_CORE,
							   .has_metrics = true }, &daemon_running);
	honest = flood_honest_new(&(struct flood_honest_options){ .server = daemon_running.address,
		.clients = (size_t)plan.clients, .rate_per_s = (size_t)plan.rate, .newcomers = (size_t)plan.newcomers });
	measure(&plan, honest, &result);
	flood_honest_free(honest);
	if (output->json == CLI_TEXT)
		print_text(output, &result);
	else
		print_json(output, &result);
	return plan.is_check ? check(output, &result) : CLI_EXIT_OK;
}

int main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ .name = "", .args = "", .help = "measure", .flags = flags, .run = run },
		{ 0 },
	};
	static const struct cli_program program = {
		.name = "as-flood",
		.summary = "measures what strangers from many addresses leave of aced to honest clients",
		.examples = "as-flood --dir /var/tmp\n"
			    "as-flood --dir /var/tmp --clients 1 --rate 200 --seconds 20 --json\n",
		.verbs = verbs,
	};

	return cli_main(&program, argc, argv);
}
