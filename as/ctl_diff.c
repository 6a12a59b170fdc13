/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_diff.h"

#include <stdlib.h>

#include "as/ctl_can.h"
#include "cli/json.h"

static enum ace_err add_party(const struct ctl_draft *draft, enum store_kind kind, const struct ctl_party *party,
			      struct policy_diff *diff)
{
	struct ace_tag tags[STORE_TAGS_MAX];
	struct policy_party stored = { 0 };
	const struct policy_diff_party both = {
		.id = party->id,
		.before = party->is_stored ? &stored : NULL,
		.after = draft->prune && !party->is_listed ? NULL : &party->party,
		.model_before = party->is_stored && kind == STORE_DEVICE ? party->record.device.model : NULL,
		.model_after = party->model,
	};

	if (party->is_stored)
		stored = ctl_party_stored(kind, party, tags);
	return policy_diff_add(diff, kind == STORE_CLIENT ? POLICY_KIND_CLIENT : POLICY_KIND_DEVICE, &both);
}

static enum ace_err add_all(const struct ctl_draft *draft, enum store_kind kind, struct policy_diff *diff)
{
	struct ctl_party *party = malloc(sizeof *party);
	enum ace_err err = party ? ACE_OK : ACE_ERR_MEMORY;

	if (party)
		party->id[0] = '\0';
	while (!err && !(err = ctl_draft_next(draft, kind, party)))
		err = add_party(draft, kind, party, diff);
	free(party);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

enum ace_err ctl_diff_make(const struct ctl_draft *draft, int64_t now, struct ctl_diff *diff)
{
	enum ace_err err = policy_diff_new(diff->before, diff->after, now, &diff->diff);

	if (!err)
		err = add_all(draft, STORE_CLIENT, diff->diff);
	if (!err)
		err = add_all(draft, STORE_DEVICE, diff->diff);
	return err ? err : policy_diff_run(diff->diff);
}

int ctl_diff_fail(const struct cli_output *output, const struct ctl_draft *draft, enum ace_err err)
{
	if (err != ACE_ERR_RANGE)
		return ctl_fail(output, draft->store, err);
	return cli_fail(output, CLI_EXIT_NO, "they differ in more than %d ways, which is too much to tell: compare smaller steps",
			POLICY_DIFF_ROWS_MAX);
}

void ctl_diff_free(struct ctl_diff *diff)
{
	policy_diff_free(diff->diff);
	diff->diff = NULL;
}

bool ctl_diff_is_any(const struct ctl_diff *diff)
{
	return policy_diff_blocks_len(diff->diff) != 0;
}

const struct policy *ctl_diff_policy_of(const struct ctl_diff *diff, const struct policy_diff_row *row)
{
	return row->kind == POLICY_DIFF_LOST ? diff->before : diff->after;
}

static struct json_t *side_record(uint64_t generation, bool is_draft)
{
	struct json_t *object = cli_json_object();

	if (is_draft)
		cli_json_put_null(object, "generation");
	else
		cli_json_put_int(object, "generation", (int64_t)generation);
	cli_json_put_bool(object, "draft", is_draft);
	return object;
}

static struct json_t *rules_record(const struct ctl_diff *diff)
{
	struct json_t *object = cli_json_object(), *lists[4] = { NULL, cli_json_array(), cli_json_array(), cli_json_array() };
	enum policy_diff_rule listed;
	const char *id;

	for (size_t i = 0; (id = policy_diff_rule_at(diff->diff, i, &listed)); i++)
		if (listed != POLICY_DIFF_RULE_SAME)
			cli_json_add_text(lists[listed], id);
	cli_json_put(object, "added", lists[POLICY_DIFF_RULE_ADDED]);
	cli_json_put(object, "changed", lists[POLICY_DIFF_RULE_CHANGED]);
	cli_json_put(object, "removed", lists[POLICY_DIFF_RULE_REMOVED]);
	return object;
}

static const char *state_name(enum policy_diff_state state)
{
	static const char *const names[] = { "active", "absent", "disabled", "model-unknown", "profile" };

	return names[state];
}

static struct json_t *who_record(const struct policy_diff_who *who)
{
	struct json_t *object = cli_json_object(), *ids = cli_json_array();

	cli_json_put_int(object, "count", (int64_t)who->count);
	cli_json_put_bool(object, "all", who->is_everybody);
	cli_json_put_text(object, "selector", who->selector);
	for (size_t i = 0; i < who->ids_len; i++)
		cli_json_add_text(ids, who->ids[i]);
	cli_json_put(object, "ids", ids);
	cli_json_put_text(object, "before", state_name(who->before));
	cli_json_put_text(object, "after", state_name(who->after));
	return object;
}

static struct json_t *row_record(const struct ctl_diff *diff, const struct policy_diff_row *row)
{
	static const char *const kinds[] = { "gained", "lost", "changed" };
	struct json_t *object = cli_json_object(), *denied = cli_json_array();

	cli_json_put_text(object, "change", kinds[row->kind]);
	cli_json_put(object, "right", ctl_can_record(ctl_diff_policy_of(diff, row), &row->right));
	if (row->kind == POLICY_DIFF_CHANGED)
		cli_json_put(object, "before", ctl_can_record(diff->before, &row->before));
	for (size_t i = 0; i < row->denied.len; i++)
		cli_json_add_text(denied, policy_rule_id(diff->after, row->denied.rules[i]));
	if (row->kind == POLICY_DIFF_LOST)
		cli_json_put(object, "denied_by", denied);
	else
		cli_json_free(denied);
	return object;
}

static enum ace_err blocks_record(const struct ctl_diff *diff, struct json_t *array)
{
	struct policy_diff_block block;
	enum ace_err err = ACE_OK;

	for (size_t i = 0; !err && i < policy_diff_blocks_len(diff->diff); i++) {
		struct json_t *object, *rows;

		err = policy_diff_block_at(diff->diff, i, &block);
		if (err)
			return err;
		object = cli_json_object();
		rows = cli_json_array();
		cli_json_put(object, "clients", who_record(&block.clients));
		cli_json_put(object, "devices", who_record(&block.devices));
		cli_json_put_text(object, "model", block.model);
		for (size_t k = 0; k < block.rows_len; k++)
			cli_json_add(rows, row_record(diff, block.rows[k]));
		cli_json_put(object, "rights", rows);
		cli_json_add(array, object);
	}
	return err;
}

enum ace_err ctl_diff_put(const struct ctl_diff *diff, struct json_t *document)
{
	struct policy_diff_counts counts;
	struct json_t *blocks = cli_json_array();
	enum ace_err err = blocks_record(diff, blocks);

	policy_diff_count(diff->diff, &counts);
	cli_json_put(document, "before", side_record(diff->generations[0], false));
	cli_json_put(document, "after", side_record(diff->generations[1], diff->is_draft));
	cli_json_put(document, "rules", rules_record(diff));
	cli_json_put_int(document, "clients_gaining", (int64_t)counts.clients_gaining);
	cli_json_put_int(document, "clients_losing", (int64_t)counts.clients_losing);
	cli_json_put_int(document, "clients_changing", (int64_t)counts.clients_changing);
	cli_json_put_int(document, "devices", (int64_t)counts.devices);
	cli_json_put(document, "changes", blocks);
	return err;
}
