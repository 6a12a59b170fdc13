/* SPDX-License-Identifier: Apache-2.0 */
/* Every client at every device for every scope of each worked policy, against tests/golden/NAME.txt: a
 * change of policy or of the language is a readable difference. With POLICY_GOLDEN_WRITE set in the
 * environment the files are written instead. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/explain.h"
#include "policy_files.h"

/* What is asked of everybody at everything, and what is explained beside. Lists end with NULL. */
struct asked {
	const char *const *times, *const *scopes;
	const char *const (*requests)[4];
	size_t requests_len;
};

static const char *const times[] = { "2026-11-24T09:00:00Z", "2026-11-22T22:00:00Z", "2027-07-01T08:00:00Z", NULL };

static void print_one(FILE *out, const struct policy_loaded *loaded, const struct policy_query *query, const char *time)
{
	struct policy_decision d;

	policy_decide(loaded->policy, query, &d);
	fprintf(out, "%s %s %s %.*s: %s", time, query->client.id, query->device.id, (int)query->scope.bytes.len,
		(const char *)query->scope.bytes.ptr, policy_outcome_name(d.outcome));
	if (d.outcome != POLICY_ALLOW)
		fprintf(out, ", error %d, %s", d.error, policy_reason_name(d.reason));
	for (size_t i = 0; i < d.granted_len; i++)
		fprintf(out, ", %.*s %llx", (int)d.granted[i].path.len, (const char *)d.granted[i].path.ptr,
			(unsigned long long)d.granted[i].methods);
	if (d.outcome == POLICY_ALLOW)
		fprintf(out, ", %u s%s", d.lifetime_s, d.uses_exi ? " exi" : "");
	fputc('\n', out);
}

static void print_all(FILE *out, const struct policy_loaded *loaded, const struct asked *asked)
{
	for (size_t t = 0; asked->times[t]; t++)
		for (size_t c = 0; c < loaded->inventory->clients_len; c++)
			for (size_t d = 0; d < loaded->inventory->devices_len; d++)
				for (size_t s = 0; asked->scopes[s]; s++) {
					struct policy_query query = policy_files_query(
						loaded, loaded->inventory->clients[c].id,
						loaded->inventory->devices[d].id, asked->scopes[s], asked->times[t]);

					print_one(out, loaded, &query, asked->times[t]);
				}
}

static void print_explained(FILE *out, const struct policy_loaded *loaded, const char *const *request)
{
	struct policy_query query = policy_files_query(loaded, request[0], request[1], request[2], request[3]);
	struct policy_explain_options options = { .generation = 42 };
	struct policy_decision decision;

	policy_decide(loaded->policy, &query, &decision);
	policy_explain(loaded->policy, &query, &decision, &options, out);
	assert_int_equal(policy_explain_json(loaded->policy, &query, &decision, &options, out), ACE_OK);
}

static void compare(const char *name, const char *text)
{
	char path[512];
	size_t len;
	char *want;
	FILE *file;

	snprintf(path, sizeof path, "%s/../tests/golden/%s.txt", POLICIES_DIR, name);
	if (getenv("POLICY_GOLDEN_WRITE")) {
		file = fopen(path, "wb");
		assert_non_null(file);
		fputs(text, file);
		fclose(file);
	}
	want = policy_files_text(path, &len);
	assert_string_equal(text, want);
	free(want);
}

/* What was asked, of the files that were loaded. */
static void check_loaded(const char *name, struct policy_loaded loaded, struct policy_problems problems,
			 const struct asked *asked)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	policy_problems_print(out, &problems);
	policy_problems_summary(out, &problems);
	fputc('\n', out);
	print_all(out, &loaded, asked);
	for (size_t i = 0; i < asked->requests_len; i++)
		print_explained(out, &loaded, asked->requests[i]);
	fclose(out);
	compare(name, text);
	free(text);
	policy_loaded_free(&loaded);
	policy_problems_free(&problems);
}

static void check(const char *name, const struct asked *asked)
{
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded = policy_files_load_worked(name, &problems);

	check_loaded(name, loaded, problems, asked);
}

static void the_building_decides_and_explains_as_written_down(void **state)
{
	static const char *const scopes[] = { "climate.read", "climate.set", "firmware.load", "door.open",
					      "climate.read climate.set firmware.load door.open nothing", NULL };
	static const char *const requests[][4] = {
		{ "tech-anna", "thermo-srv", "climate.read climate.set firmware.load", "2026-11-24T16:50:00Z" },
		{ "tech-bo", "thermo-101", "climate.set", "2026-11-24T16:50:00Z" },
		{ "wallboard-1", "thermo-101", "climate.set", "2026-11-24T16:50:00Z" },
		{ "wallboard-2", "thermo-101", "climate.set", "2026-11-24T16:50:00Z" },
		{ "tech-anna", "thermo-srv", "firmware.load", "2026-11-24T16:50:00Z" },
		{ "tech-anna", "thermo-101", "firmware.load", "2026-11-24T21:50:00Z" },
		{ "reception-tablet", "door-front", "door.open", "2026-11-24T21:50:00Z" },
	};

	(void)state;
	check("building", &(struct asked){ times, scopes, requests, ACE_ARRAY_LEN(requests) });
}

static void the_demo_decides_as_written_down_at_any_time(void **state)
{
	static const char *const scopes[] = { "climate.read", "climate.set", "climate.read climate.set", NULL };

	(void)state;
	check("demo", &(struct asked){ times, scopes, NULL, 0 });
}

/* A morning, an evening, while the plumber is there, and when the guest has left. */
static void the_home_decides_and_explains_as_written_down(void **state)
{
	static const char *const at[] = { "2035-05-09T08:00:00Z", "2035-05-09T19:00:00Z", "2035-05-10T12:00:00Z",
					  "2035-09-01T08:00:00Z", NULL };
	static const char *const scopes[] = {
		"light.read light.use heat.read heat.set heat.service door.open door.log", NULL };
	static const char *const requests[][4] = {
		{ "phone-ida", "door", "door.open door.log", "2035-05-09T08:00:00Z" },
		{ "tablet-max", "lamp-kitchen", "light.use", "2035-05-09T17:50:00Z" },
		{ "tablet-max", "door", "door.open", "2035-05-09T08:00:00Z" },
		{ "phone-lea", "lamp-kitchen", "light.use", "2035-05-09T08:00:00Z" },
		{ "phone-lea", "door", "door.open", "2035-09-01T08:00:00Z" },
		{ "phone-plumber", "boiler", "heat.service", "2035-05-10T14:55:00Z" },
		{ "phone-plumber", "boiler", "heat.service", "2035-05-17T12:00:00Z" },
	};

	(void)state;
	check("home", &(struct asked){ at, scopes, requests, ACE_ARRAY_LEN(requests) });
}

/* In each shift, on a Saturday, and when the contract has ended. */
static void the_plant_decides_and_explains_as_written_down(void **state)
{
	static const char *const at[] = { "2035-05-10T08:00:00Z", "2035-05-10T15:00:00Z", "2035-05-10T21:30:00Z",
					  "2035-05-12T08:00:00Z", "2036-01-02T09:00:00Z", NULL };
	static const char *const scopes[] = { "gas.read gas.acknowledge gas.calibrate actuator.read actuator.move "
					      "actuator.stop interlock.bypass", NULL };
	static const char *const requests[][4] = {
		{ "op-early", "valve-n2", "actuator.move", "2035-05-10T11:50:00Z" },
		{ "op-early", "valve-n0", "actuator.move", "2035-05-10T08:00:00Z" },
		{ "op-early", "pump-s2", "actuator.move", "2035-05-10T08:00:00Z" },
		{ "calib-unsited", "gas-n1", "gas.calibrate", "2035-05-10T08:00:00Z" },
		{ "calib-north", "gas-n1", "gas.read gas.calibrate", "2035-05-10T13:50:00Z" },
		{ "safety-officer", "valve-n0", "interlock.bypass", "2035-05-10T08:00:00Z" },
		{ "scada-1", "analyzer-1", "gas.read", "2035-05-10T08:00:00Z" },
		{ "op-night", "pump-spare", "actuator.stop", "2035-05-10T08:00:00Z" },
	};

	(void)state;
	check("plant", &(struct asked){ at, scopes, requests, ACE_ARRAY_LEN(requests) });
}

/* Each preset stands on its own, and all of them together are a fleet. */
static void the_presets_decide_and_explain_as_written_down(void **state)
{
	static const char *const scopes[] = {
		"revocable.read revocable.set no-clock.read plain-headers.read lock.use lock.log r", NULL };
	static const char *const requests[][4] = {
		{ "revocable-reader", "revocable-1", "revocable.read", "2026-11-24T09:00:00Z" },
		{ "no-clock-reader", "no-clock-1", "no-clock.read", "2026-11-24T09:00:00Z" },
		{ "plain-headers-reader", "plain-headers-1", "plain-headers.read", "2026-11-24T09:00:00Z" },
		{ "named-scopes-reader", "named-scopes-1", "lock.use lock.log", "2026-11-24T09:00:00Z" },
		{ "smallest-token-reader", "smallest-token-1", "r", "2026-11-24T09:00:00Z" },
	};
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded = policy_files_load_folder("presets", &problems);

	(void)state;
	check_loaded("presets", loaded, problems,
		     &(struct asked){ times, scopes, requests, ACE_ARRAY_LEN(requests) });
}

static void each_preset_is_whole_without_the_others(void **state)
{
	static const char *const names[] = { "revocable", "no-clock", "plain-headers", "named-scopes", "smallest-token" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++) {
		char path[64];
		struct policy_problems problems = { 0 };
		struct policy_loaded loaded;

		snprintf(path, sizeof path, "presets/%s.json", names[i]);
		loaded = policy_files_load_folder(path, &problems);
		assert_int_equal(problems.len, 0);
		assert_int_equal(loaded.counts.models, 1);
		policy_loaded_free(&loaded);
		policy_problems_free(&problems);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_building_decides_and_explains_as_written_down),
		cmocka_unit_test(the_home_decides_and_explains_as_written_down),
		cmocka_unit_test(the_plant_decides_and_explains_as_written_down),
		cmocka_unit_test(the_demo_decides_as_written_down_at_any_time),
		cmocka_unit_test(the_presets_decide_and_explain_as_written_down),
		cmocka_unit_test(each_preset_is_whole_without_the_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
