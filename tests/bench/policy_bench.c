/* SPDX-License-Identifier: Apache-2.0 */
/* What does a large policy cost to decide with, to explain, to check and to compare? docs/performance.md says how to use it. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "policy/diff.h"
#include "policy/explain.h"

#define TEAMS 10
#define ROUNDS 20000
#define TEXT_MAX 64
#define FILE_ROWS 100000 /* clients and devices of one inventory file */
#define FILES_MAX 32

struct bench {
	size_t rules, devices, clients, sites;
	bool is_json;
	struct policy *policy;
	uint64_t dice;
};

/* A party with tags of its own. */
struct party {
	char id[TEXT_MAX], site[TEXT_MAX], team[TEXT_MAX];
	struct ace_tag tags[2];
	struct policy_party party;
};

/* Of the processor: what else the machine does is not counted. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void stop(const char *what)
{
	fprintf(stderr, "policy-bench: %s\n", what);
	exit(1);
}

static size_t dice(struct bench *b, size_t sides)
{
	b->dice = b->dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (size_t)(b->dice >> 33) % sides;
}

/* Rule r: what one team may do at one site; half of the teams at their own site only. changed: that one says something else. */
static char *write_policy(const struct bench *b, size_t changed, const char *lifetime, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	if (!out)
		stop("no memory");
	fprintf(out, "{\"format\":\"ace-policy/1\",\"defaults\":{\"lifetime\":\"%s\"},\"models\":{\"thermo\":{\"resources\":{\"/temp\":["
		"\"GET\"],\"/setpoint\":[\"GET\",\"PUT\"],\"/fw\":[\"POST\"]},\"clock\":\"rtc\"}},\"scopes\":{\"read\":{\"/temp\":[\"GET\"]},"
		"\"set\":{\"/setpoint\":[\"GET\",\"PUT\"]}},\"client_groups\":{", lifetime);
	for (size_t k = 0; k < TEAMS; k++)
		fprintf(out, "%s\"team-%zu\":{\"match\":{\"team\":\"%zu\"}}", k ? "," : "", k, k);
	fputs("},\"rules\":{", out);
	for (size_t r = 0; r < b->rules; r++)
		fprintf(out, "%s\"rule-%05zu\":{\"effect\":\"allow\",\"clients\":[\"group:team-%zu\"],\"devices\":[\"tag:site=%zu\"],"
			"\"scopes\":[%s]%s}", r ? "," : "", r, r % TEAMS, r / TEAMS, r == changed ? "\"read\"" : "\"read\",\"set\"",
			r % TEAMS < TEAMS / 2 ? "" : ",\"when\":{\"same_tag\":[\"site\"]}");
	fputs("}}", out);
	if (fclose(out))
		stop("no memory");
	return text;
}

static struct policy *compile(const struct bench *b, size_t changed, const char *lifetime)
{
	struct policy_problems problems = { 0 };
	struct policy_source source = { .name = "bench" };
	struct policy *policy;
	char *text = write_policy(b, changed, lifetime, &source.len);

	source.text = text;
	if (policy_compile(&source, &problems, &policy))
		stop("the policy does not compile");
	policy_problems_free(&problems);
	free(text);
	return policy;
}

static void make_party(const struct bench *b, size_t number, bool is_device, struct party *p)
{
	snprintf(p->id, sizeof p->id, "%s-%07zu", is_device ? "thermo" : "client", number);
	snprintf(p->site, sizeof p->site, "%zu", is_device ? number % b->sites : number / TEAMS % b->sites);
	snprintf(p->team, sizeof p->team, "%zu", number % TEAMS);
	p->tags[0] = (struct ace_tag){ "site", p->site };
	p->tags[1] = (struct ace_tag){ "team", p->team };
	p->party = (struct policy_party){ p->id, true, { p->tags, is_device ? 1 : 2 } };
}

static void tell(const struct bench *b, const char *what, double value, const char *unit)
{
	if (b->is_json)
		printf("{\"rules\":%zu,\"clients\":%zu,\"devices\":%zu,\"what\":\"%s\",\"value\":%.3f,\"unit\":\"%s\"}\n", b->rules, b->clients,
		       b->devices, what, value, unit);
	else
		printf("%-44s %12.3f %s\n", what, value, unit);
}

static void decide(struct bench *b)
{
	struct policy_decision decision;
	struct party *parties = calloc(2 * ROUNDS, sizeof *parties);
	size_t granted = 0;
	double start;

	if (!parties)
		stop("no memory");
	for (size_t i = 0; i < 2 * ROUNDS; i++)
		make_party(b, dice(b, i % 2 ? b->devices : b->clients), i % 2, &parties[i]);
	start = seconds();
	for (size_t i = 0; i < 2 * ROUNDS; i += 2) {
		policy_decide(b->policy, &(struct policy_query){ parties[i].party, parties[i + 1].party, "thermo",
			      { ACE_SCOPE_TEXT, { (const uint8_t *)"read set", 8 } }, 0 }, &decision);
		granted += decision.outcome == POLICY_ALLOW;
	}
	tell(b, "decide", (seconds() - start) / ROUNDS * 1e6, "us");
	if (!granted)
		stop("nothing was granted");
	free(parties);
}

static void explain(struct bench *b)
{
	struct policy_decision decision;
	struct party client, device;
	struct policy_query query = { .model = "thermo", .scope = { ACE_SCOPE_TEXT, { (const uint8_t *)"read", 4 } } };
	FILE *out = fopen("/dev/null", "w");
	double start;

	if (!out)
		stop("no /dev/null");
	make_party(b, TEAMS / 2, false, &client);
	make_party(b, 1 % b->devices, true, &device);
	query.client = client.party;
	query.device = device.party;
	start = seconds();
	policy_decide(b->policy, &query, &decision);
	policy_explain(b->policy, &query, &decision, NULL, out);
	tell(b, "explain", (seconds() - start) * 1e3, "ms");
	fclose(out);
}

/* One inventory file: so many clients and devices from a place on. */
static char *write_inventory(const struct bench *b, size_t from, size_t *ret_len)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, ret_len);

	if (!out)
		stop("no memory");
	fputs("{\"format\":\"ace-policy/1\",\"clients\":{", out);
	for (size_t i = from; i < b->clients && i < from + FILE_ROWS; i++)
		fprintf(out, "%s\"client-%07zu\":{\"tags\":{\"site\":\"%zu\",\"team\":\"%zu\"},\"auth\":{\"method\":\"oscore\",\"key\":\"generate\"}}",
			i > from ? "," : "", i, i / TEAMS % b->sites, i % TEAMS);
	fputs("},\"devices\":{", out);
	for (size_t i = from; i < b->devices && i < from + FILE_ROWS; i++)
		fprintf(out, "%s\"thermo-%07zu\":{\"model\":\"thermo\",\"tags\":{\"site\":\"%zu\"},\"as_key\":{\"kid_hex\":\"%08zx\",\"key\":"
			"\"generate\"}}", i > from ? "," : "", i, i % b->sites, i + 1);
	fputs("}}", out);
	if (fclose(out))
		stop("no memory");
	return text;
}

/* As policy validate does: the inventory too. */
static void validate(const struct bench *b)
{
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded;
	struct policy_source sources[FILES_MAX] = { { .name = "policy" } };
	size_t parties = b->devices > b->clients ? b->devices : b->clients, len = 1;
	char *texts[FILES_MAX] = { write_policy(b, b->rules, "1h", &sources[0].len) };
	double start;

	for (size_t from = 0; from < parties && len < FILES_MAX; from += FILE_ROWS, len++) {
		sources[len].name = "inventory";
		texts[len] = write_inventory(b, from, &sources[len].len);
	}
	for (size_t i = 0; i < len; i++)
		sources[i].text = texts[i];
	start = seconds();
	if (policy_load(sources, len, NULL, &problems, &loaded)) {
		policy_problems_print(stderr, &problems);
		stop("the files are not valid");
	}
	tell(b, "validate, the inventory too", seconds() - start, "s");
	policy_loaded_free(&loaded);
	policy_problems_free(&problems);
	for (size_t i = 0; i < len; i++)
		free(texts[i]);
}

static void diff_with(struct bench *b, const char *what, struct policy *other)
{
	struct policy_diff_block block;
	struct policy_diff *diff;
	struct party p;
	double start = seconds();
	size_t len;

	if (policy_diff_new(b->policy, other, 0, &diff))
		stop("no memory");
	for (size_t kind = 0; kind < 2; kind++)
		for (size_t i = 0; i < (kind ? b->devices : b->clients); i++) {
			make_party(b, i, kind, &p);
			if (policy_diff_add(diff, kind ? POLICY_KIND_DEVICE : POLICY_KIND_CLIENT,
					    &(struct policy_diff_party){ p.id, &p.party, &p.party, kind ? "thermo" : NULL, kind ? "thermo" : NULL }))
				stop("no memory");
		}
	if (policy_diff_run(diff))
		stop("no memory");
	len = policy_diff_blocks_len(diff);
	for (size_t i = 0; i < len && i < 200; i++)
		if (policy_diff_block_at(diff, i, &block))
			stop("no memory");
	if (!len)
		stop("no difference was found");
	tell(b, what, seconds() - start, "s");
	policy_diff_free(diff);
	policy_free(other);
}

static void run(struct bench *b)
{
	struct rusage usage;

	b->sites = b->rules < TEAMS ? 1 : b->rules / TEAMS;
	b->policy = compile(b, b->rules, "1h");
	decide(b);
	explain(b);
	validate(b);
	diff_with(b, "diff, one rule says less", compile(b, b->rules / 2, "1h"));
	diff_with(b, "diff, all rules have another lifetime", compile(b, b->rules, "2h"));
	policy_free(b->policy);
	getrusage(RUSAGE_SELF, &usage);
	tell(b, "memory at most", (double)usage.ru_maxrss / 1024, "MB");
}

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "rules", required_argument, NULL, 'r' }, { "devices", required_argument, NULL, 'd' },
		{ "clients", required_argument, NULL, 'c' }, { "json", no_argument, NULL, 'j' }, { 0 },
	};
	struct bench b = { .rules = 10000, .devices = 1000000, .clients = 100000, .dice = 1 };
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		size_t value = optarg ? strtoul(optarg, NULL, 10) : 0;

		if (option == 'j')
			b.is_json = true;
		else if (option == 'r' && value && value <= POLICY_RULES_MAX)
			b.rules = value;
		else if (option == 'd' && value)
			b.devices = value;
		else if (option == 'c' && value)
			b.clients = value;
		else
			stop("usage: policy-bench [--rules N] [--devices N] [--clients N] [--json]");
	}
	run(&b);
	return 0;
}
