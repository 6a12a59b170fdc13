/* SPDX-License-Identifier: Apache-2.0 */
#include "as/metrics.h"

#include <time.h>

#include "as/metrics_text.h"
#include "as/reasons.h"
#include "policy/policy.h"

/* Slots of refused[]: the policy's reasons, then those of as/reasons.h, then one for any that this file does not know. */
#define POLICY_REASONS POLICY_REASONS_LEN
#define AS_REASONS (AS_REASON_END - AS_REASON_REQUEST)
#define OTHER_REASON (AS_REASON_SLOTS - 1)
_Static_assert((int)POLICY_REASONS + (int)AS_REASONS <= OTHER_REASON, "each reason has a slot");

static const uint64_t batch_bounds[] = { 1, 2, 4, 8, 16, 32, 64, 128, 256, 512 };
static const uint64_t time_bounds_us[] = { 100,   250,   500,    1000,   2500,   5000,
					   10000, 25000, 100000, 250000, 500000, 1000000 };
_Static_assert(ACE_ARRAY_LEN(batch_bounds) <= AS_BOUNDS_MAX && ACE_ARRAY_LEN(time_bounds_us) <= AS_BOUNDS_MAX, "room");

uint64_t as_metrics_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

static void observe(struct as_histogram *histogram, const uint64_t *bounds, size_t len, uint64_t value)
{
	size_t i = 0;

	while (i < len && value > bounds[i])
		i++;
	histogram->buckets[i]++;
	histogram->sum += value;
}

static enum as_fault fault_of(enum ace_err err)
{
	if (err == ACE_ERR_UNPROTECTED)
		return AS_FAULT_PLAIN;
	if (err == ACE_ERR_NO_CONTEXT || err == ACE_ERR_NOT_FOUND)
		return AS_FAULT_NO_CONTEXT;
	if (err == ACE_ERR_REPLAY)
		return AS_FAULT_REPLAY;
	if (err == ACE_ERR_TAG)
		return AS_FAULT_DECRYPT;
	return ACE_ERR_IS_OURS(err) ? AS_FAULT_OURS : AS_FAULT_MALFORMED;
}

void as_metrics_fault(struct as_metrics *metrics, enum ace_err err)
{
	metrics->faults[fault_of(err)]++;
}

static size_t slot_of(int32_t reason)
{
	if (reason > 0 && reason < (int32_t)POLICY_REASONS)
		return (size_t)reason;
	if (reason >= AS_REASON_REQUEST && reason - AS_REASON_REQUEST < (int32_t)AS_REASONS)
		return POLICY_REASONS + (size_t)(reason - AS_REASON_REQUEST);
	return OTHER_REASON;
}

static const char *slot_name(size_t slot)
{
	if (slot == OTHER_REASON)
		return "other";
	return as_reason_name(slot < POLICY_REASONS ? (int32_t)slot : (int32_t)(slot - POLICY_REASONS) + AS_REASON_REQUEST);
}

void as_metrics_token(struct as_metrics *metrics, const struct as_token_event *event)
{
	if (event->kind == AS_TOKEN_ISSUED) {
		metrics->granted += !event->is_narrowed;
		metrics->narrowed += event->is_narrowed;
	} else if (event->kind != AS_TOKEN_NONE) {
		metrics->refused[slot_of(event->reason)]++;
	}
}

void as_metrics_batch(struct as_metrics *metrics, size_t requests, uint64_t since_us)
{
	observe(&metrics->batch, batch_bounds, ACE_ARRAY_LEN(batch_bounds), requests);
	observe(&metrics->batch_us, time_bounds_us, ACE_ARRAY_LEN(time_bounds_us), as_metrics_now_us() - since_us);
}

void as_metrics_commit(struct as_metrics *metrics, uint64_t since_us, enum ace_err err)
{
	observe(&metrics->commit_us, time_bounds_us, ACE_ARRAY_LEN(time_bounds_us), as_metrics_now_us() - since_us);
	metrics->commits_failed += err != ACE_OK;
}

/* --- as text --- */

static void write_histogram(struct as_text *text, const char *name, const char *help, const struct as_histogram *histogram,
			    double unit)
{
	bool is_time = unit < 1;
	const uint64_t *bounds = is_time ? time_bounds_us : batch_bounds;
	size_t len = is_time ? ACE_ARRAY_LEN(time_bounds_us) : ACE_ARRAY_LEN(batch_bounds);
	uint64_t sum = 0;

	as_text_head(text, name, "histogram", help);
	for (size_t i = 0; i < len; i++) {
		sum += histogram->buckets[i];
		as_text_bucket(text, name, (double)bounds[i] * unit, sum);
	}
	as_text_bucket_end(text, name, sum + histogram->buckets[len], (double)histogram->sum * unit);
}

static void write_requests(struct as_text *text, const struct as_metrics *m)
{
	static const char name[] = "aced_token_requests_total";

	as_text_head(text, name, "counter", "Token requests of verified clients, by what came of them.");
	as_text_value(text, name, "result=\"granted\",reason=\"granted\"", m->granted);
	as_text_value(text, name, "result=\"narrowed\",reason=\"granted\"", m->narrowed);
	as_text_value(text, name, "result=\"error\",reason=\"commit-failed\"", m->failed);
	for (size_t i = 1; i < AS_REASON_SLOTS; i++) {
		char labels[96];

		if (i >= POLICY_REASONS + AS_REASONS && i != OTHER_REASON)
			continue;
		snprintf(labels, sizeof labels, "result=\"denied\",reason=\"%s\"", slot_name(i));
		as_text_value(text, name, labels, m->refused[i]);
	}
}

static void write_labelled(struct as_text *text, const char *name, const char *const *labels, const uint64_t *values,
			   size_t len)
{
	for (size_t i = 0; i < len; i++)
		as_text_value(text, name, labels[i], values[i]);
}

static void write_faults(struct as_text *text, const struct as_metrics *m)
{
	static const char *const faults[AS_FAULTS_LEN] = { "kind=\"plain\"",   "kind=\"no_context\"", "kind=\"replay\"",
							   "kind=\"decrypt\"", "kind=\"malformed\"",  "kind=\"unavailable\"" };
	static const char *const delays[AS_DELAYS_LEN] = { "limit=\"grants\"", "limit=\"refusals\"", "limit=\"overload\"" };

	as_text_head(text, "aced_oscore_errors_total", "counter", "Messages that did not verify, by kind.");
	write_labelled(text, "aced_oscore_errors_total", faults, m->faults, AS_FAULTS_LEN);
	as_text_head(text, "aced_limited_total", "counter", "Verified requests that were told to come back later, by limit.");
	write_labelled(text, "aced_limited_total", delays, m->delayed, AS_DELAYS_LEN);
}

void as_metrics_write_counters(struct as_text *text, const struct as_metrics *m)
{
	write_requests(text, m);
	write_faults(text, m);
	as_text_counter(text, "aced_challenges_total", "Requests that were answered with an Echo challenge.", m->challenged);
	as_text_counter(text, "aced_commit_failures_total", "Batches of which nothing was stored.", m->commits_failed);
	as_text_counter(text, "aced_numbers_refused_total", "Batches without token numbers: clock behind, or rate too high.",
			m->numbers_refused);
	as_text_head(text, "aced_policy_apply_total", "counter", "Policy generations that were found in the store.");
	as_text_value(text, "aced_policy_apply_total", "result=\"applied\"", m->policies_applied);
	as_text_value(text, "aced_policy_apply_total", "result=\"refused\"", m->policies_refused);
	write_histogram(text, "aced_batch_requests", "Requests that were handled together.", &m->batch, 1);
	write_histogram(text, "aced_batch_seconds", "Time from reading a batch to its last answer.", &m->batch_us, 1e-6);
	write_histogram(text, "aced_commit_seconds", "Time that a commit took, fsync included.", &m->commit_us, 1e-6);
}
