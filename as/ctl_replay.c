/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_replay.h"

#include <stdlib.h>
#include <string.h>

#include "as/reasons.h"

/* One record, and what is found for it. */
struct replaying {
	const struct ctl_draft *draft;
	const struct ctl_diff *diff;
	struct ctl_replay *replay;
	struct store_decision record;
	struct ctl_party client, device;
	bool is_gone; /* afterwards */
	struct policy_decision decision;
	struct ctl_replay_change change; /* zeroed for each record: it is compared as bytes */
};

static enum ace_err find(struct replaying *r, enum store_kind kind, const char *id, struct ctl_party *party)
{
	enum ace_err err = ctl_draft_find(r->draft, kind, id, party);

	/* Pruned: there now, and gone afterwards. */
	if (err == ACE_ERR_NOT_FOUND && party->is_stored) {
		r->is_gone = true;
		return ACE_OK;
	}
	return !err && !party->is_stored ? ACE_ERR_NOT_FOUND : err;
}

static enum ace_err decide(struct replaying *r, const struct policy *policy, const struct policy_query *query,
			   struct ctl_replayed *ret)
{
	struct ace_scope scope;

	policy_decide(policy, query, &r->decision);
	ret->is_there = true;
	ret->is_granted = r->decision.outcome == POLICY_ALLOW;
	if (!ret->is_granted) {
		if (r->decision.denied_by.len)
			snprintf(ret->denied_by, sizeof ret->denied_by, "%s", policy_rule_id(policy, r->decision.denied_by.rules[0]));
		return ACE_OK;
	}
	ret->lifetime_s = r->decision.lifetime_s;
	scope = policy_decision_scope(&r->decision);
	return store_scope_set((uint8_t)scope.kind, scope.bytes, &ret->granted);
}

static enum ace_err decide_both(struct replaying *r)
{
	struct ace_tag client_tags[STORE_TAGS_MAX], device_tags[STORE_TAGS_MAX];
	struct policy_query query = {
		.client = ctl_party_stored(STORE_CLIENT, &r->client, client_tags),
		.device = ctl_party_stored(STORE_DEVICE, &r->device, device_tags),
		.model = r->device.record.device.model,
		.scope = { (enum ace_scope_kind)r->record.requested.kind, store_scope_slice(&r->record.requested) },
		.now = store_decision_id_time_ms(&r->record.id) / 1000,
	};
	enum ace_err err = decide(r, r->diff->before, &query, &r->change.before);

	if (err || r->is_gone)
		return err;
	query.client = r->client.party;
	query.device = r->device.party;
	query.model = r->device.model;
	return decide(r, r->diff->after, &query, &r->change.after);
}

static bool same_scope(const struct store_scope *a, const struct store_scope *b)
{
	return a->kind == b->kind && a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

static bool are_alike(const struct ctl_replayed *a, const struct ctl_replayed *b)
{
	if (!a->is_granted || !b->is_granted)
		return a->is_granted == b->is_granted;
	return a->lifetime_s == b->lifetime_s && same_scope(&a->granted, &b->granted);
}

/* A lifetime that a window cuts is another one at each time: only whether it became shorter or longer tells requests apart. */
static uint32_t lifetime_class(const struct ctl_replay_change *change)
{
	return change->before.lifetime_s < change->after.lifetime_s ? 1 :
	       change->before.lifetime_s > change->after.lifetime_s ? 2 : 0;
}

static bool count_in(struct replaying *r)
{
	struct ctl_replay *replay = r->replay;
	struct ctl_replay_change key, *changes = replay->changes, *change;
	size_t known = replay->keys.len;
	uint32_t number;

	memcpy(&key, &r->change, sizeof key);
	key.before.lifetime_s = lifetime_class(&r->change);
	key.after.lifetime_s = 0;
	if (!policy_intern(&replay->keys, &key, sizeof key, &number))
		return false;
	if (number == replay->changes_cap) {
		changes = reallocarray(changes, replay->changes_cap * 2 + 16, sizeof *changes);
		if (!changes)
			return false;
		replay->changes = changes;
		replay->changes_cap = replay->changes_cap * 2 + 16;
	}
	change = &changes[number];
	if (number == known) {
		*change = r->change;
		replay->changes_len++;
	}
	change->count += r->record.count;
	change->last_at = r->record.last_at_ms / 1000;
	change->id = r->record.id;
	replay->otherwise += r->record.count;
	return true;
}

static bool had_a_say(const struct store_decision *record)
{
	return record->reason < AS_REASON_REQUEST || record->reason == AS_REASON_TOKEN_TOO_LONG;
}

static enum ace_err replay_one(struct replaying *r)
{
	const struct store_decision *record = &r->record;
	enum ace_err err = had_a_say(record) ? ACE_OK : ACE_ERR_NOT_FOUND;

	r->is_gone = false;
	memset(&r->change, 0, sizeof r->change);
	if (!err)
		err = find(r, STORE_CLIENT, record->client.id, &r->client);
	if (!err)
		err = find(r, STORE_DEVICE, record->device.id, &r->device);
	if (err == ACE_ERR_NOT_FOUND) {
		r->replay->skipped += record->count;
		return ACE_OK;
	}
	if (!err)
		err = decide_both(r);
	if (err)
		return err;
	r->replay->requests += record->count;
	if (are_alike(&r->change.before, &r->change.after))
		return ACE_OK;
	memcpy(r->change.client, record->client.id, strlen(record->client.id));
	memcpy(r->change.device, r->device.record.device.id, strlen(r->device.record.device.id));
	r->change.asked.kind = record->requested.kind;
	r->change.asked.len = record->requested.len;
	memcpy(r->change.asked.bytes, record->requested.bytes, record->requested.len);
	return count_in(r) ? ACE_OK : ACE_ERR_MEMORY;
}

static int compare_changes(const void *left, const void *right)
{
	const struct ctl_replay_change *a = left, *b = right;
	int order = strcmp(a->client, b->client);

	if (!order)
		order = strcmp(a->device, b->device);
	return order ? order : memcmp(a->id.bytes, b->id.bytes, sizeof a->id.bytes);
}

enum ace_err ctl_replay_make(const struct ctl_draft *draft, const struct ctl_diff *diff, int64_t since,
			     struct ctl_replay *replay)
{
	struct replaying *r = malloc(sizeof *r);
	enum ace_err err = ACE_OK;

	if (!r)
		return ACE_ERR_MEMORY;
	r->draft = draft;
	r->diff = diff;
	r->replay = replay;
	replay->since = since;
	replay->keys.arena = &replay->arena;
	store_decision_id_before(since * 1000, &r->record.id);
	while (!err && !(err = store_decision_next(draft->txn, &r->record.id, &r->record)))
		err = replay_one(r);
	free(r);
	if (replay->changes_len)
		qsort(replay->changes, replay->changes_len, sizeof *replay->changes, compare_changes);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

void ctl_replay_free(struct ctl_replay *replay)
{
	policy_intern_free(&replay->keys);
	policy_arena_free(&replay->arena);
	free(replay->changes);
	memset(replay, 0, sizeof *replay);
}
