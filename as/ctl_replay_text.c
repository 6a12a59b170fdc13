/* SPDX-License-Identifier: Apache-2.0 */
/* What replayed requests would have come to, for people and as JSON. */
#include <inttypes.h>

#include "as/ctl_replay.h"
#include "cli/json.h"
#include "cli/scope.h"

static void scope_words(const struct store_scope *scope, char *ret_text, size_t cap)
{
	cli_scope_text(&(struct ace_scope){ (enum ace_scope_kind)scope->kind, store_scope_slice(scope) }, ret_text, cap);
}

static void outcome_words(const struct ctl_replayed *outcome, FILE *out)
{
	char scope[CLI_SCOPE_TEXT_MAX];

	if (!outcome->is_there) {
		fputs("gone", out);
	} else if (!outcome->is_granted) {
		fprintf(out, "refused%s%s", outcome->denied_by[0] ? " by " : "", outcome->denied_by);
	} else {
		scope_words(&outcome->granted, scope, sizeof scope);
		fprintf(out, "%s for %" PRIu32 " s", scope, outcome->lifetime_s);
	}
}

static void title(const struct ctl_replay *replay, FILE *out)
{
	char since[CLI_TIME_TEXT_MAX];

	cli_time_text(replay->since, since);
	fprintf(out, "replayed %" PRIu64 " request%s since %s: %" PRIu64 " would go otherwise", replay->requests,
		CLI_S(replay->requests), since, replay->otherwise);
	if (replay->skipped)
		fprintf(out, " (%" PRIu64 " left out: not for the policy to decide, or of somebody who is gone)", replay->skipped);
}

static void change_words(const struct ctl_replay_change *change, const char *between, FILE *out)
{
	char asked[CLI_SCOPE_TEXT_MAX], last[CLI_TIME_TEXT_MAX], id[STORE_DECISION_TEXT_LEN + 1];

	scope_words(&change->asked, asked, sizeof asked);
	cli_time_text(change->last_at, last);
	store_decision_id_text(&change->id, id);
	fprintf(out, "%s → %s  %s%s", change->client, change->device, asked, between);
	outcome_words(&change->before, out);
	fputs(" → ", out);
	outcome_words(&change->after, out);
	fprintf(out, "%s%" PRIu64 " time%s, last %s %s\n", between, change->count, CLI_S(change->count), last, id);
}

static void say_changes(const struct ctl_replay *replay, const char *before, const char *between, FILE *out)
{
	for (size_t i = 0; i < replay->changes_len && i < CTL_REPLAY_SHOWN; i++) {
		fputs(before, out);
		change_words(&replay->changes[i], between, out);
	}
	if (replay->changes_len > CTL_REPLAY_SHOWN)
		fprintf(out, "%sand %zu more\n", before, replay->changes_len - CTL_REPLAY_SHOWN);
}

void ctl_replay_say(const struct ctl_replay *replay, FILE *out)
{
	title(replay, out);
	fputc('\n', out);
	say_changes(replay, "  ", "\n      ", out);
}

/* A list: scopes have as many parts as they like. */
void ctl_replay_markdown(const struct ctl_replay *replay, FILE *out)
{
	fputc('\n', out);
	title(replay, out);
	fputs(replay->changes_len ? ".\n\n" : ".\n", out);
	say_changes(replay, "- ", "; ", out);
}

static struct json_t *outcome_record(const struct ctl_replayed *outcome)
{
	struct json_t *object = cli_json_object();
	char scope[CLI_SCOPE_TEXT_MAX];

	cli_json_put_text(object, "outcome", !outcome->is_there ? "gone" : outcome->is_granted ? "granted" : "refused");
	if (outcome->is_granted)
		scope_words(&outcome->granted, scope, sizeof scope);
	cli_json_put_text(object, "scope", outcome->is_granted ? scope : NULL);
	cli_json_put_int(object, "expires_in", outcome->lifetime_s);
	cli_json_put_text(object, "denied_by", outcome->denied_by[0] ? outcome->denied_by : NULL);
	return object;
}

static struct json_t *change_record(const struct ctl_replay_change *change)
{
	char asked[CLI_SCOPE_TEXT_MAX], id[STORE_DECISION_TEXT_LEN + 1];
	struct json_t *object = cli_json_object();

	scope_words(&change->asked, asked, sizeof asked);
	store_decision_id_text(&change->id, id);
	cli_json_put_text(object, "client", change->client);
	cli_json_put_text(object, "device", change->device);
	cli_json_put_text(object, "scope", asked);
	cli_json_put_int(object, "count", (int64_t)change->count);
	cli_json_put_time(object, "last_at", change->last_at);
	cli_json_put_text(object, "decision", id);
	cli_json_put(object, "before", outcome_record(&change->before));
	cli_json_put(object, "after", outcome_record(&change->after));
	return object;
}

struct json_t *ctl_replay_record(const struct ctl_replay *replay)
{
	struct json_t *object = cli_json_object(), *changes = cli_json_array();

	cli_json_put_time(object, "since", replay->since);
	cli_json_put_int(object, "requests", (int64_t)replay->requests);
	cli_json_put_int(object, "skipped", (int64_t)replay->skipped);
	cli_json_put_int(object, "otherwise", (int64_t)replay->otherwise);
	for (size_t i = 0; i < replay->changes_len; i++)
		cli_json_add(changes, change_record(&replay->changes[i]));
	cli_json_put(object, "changes", changes);
	return object;
}
