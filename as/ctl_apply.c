/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_apply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "as/ctl_apply_internal.h"
#include "storage/policies.h"

/* Count what is new, other and gone against the generation before. */
static enum ace_err compare(const struct policy_loaded *loaded, struct ace_slice before, struct ctl_applied *applied)
{
	struct cli_json_reader reader = { .file = "the stored policy" };
	struct json_t *old = before.ptr ? cli_json_parse(&reader, before) : cli_json_object(), *new;
	struct cli_json_tally device_groups, defaults;

	new = cli_json_parse(&reader, (struct ace_slice){ (const uint8_t *)loaded->canonical, loaded->canonical_len });
	if (old && new) {
		cli_json_compare(old, new, "models", &applied->models);
		cli_json_compare(old, new, "scopes", &applied->scopes);
		cli_json_compare(old, new, "client_groups", &applied->groups);
		cli_json_compare(old, new, "device_groups", &device_groups);
		cli_json_compare(old, new, "rules", &applied->rules);
		cli_json_compare(old, new, "defaults", &defaults);
		applied->groups.added += device_groups.added;
		applied->groups.changed += device_groups.changed;
		applied->groups.removed += device_groups.removed;
		applied->is_defaults_changed = before.ptr && (defaults.added || defaults.changed || defaults.removed);
	}
	cli_json_free(old);
	cli_json_free(new);
	return reader.err;
}

static enum ace_err check_expected(const struct ctl_apply_input *in, uint64_t generation, struct cli_error *error)
{
	if (!in->has_expected || in->expected == generation)
		return ACE_OK;
	cli_error_set(error, ACE_ERR_DENIED, "generation %llu is in force, not %llu: somebody applied in between",
		      (unsigned long long)generation, (unsigned long long)in->expected);
	cli_error_hint(error, "acectl policy log tells who; look, then apply again with --expect %llu",
		       (unsigned long long)generation);
	return ACE_ERR_DENIED;
}

static enum ace_err add_generation(struct store_txn *txn, struct apply *apply)
{
	const struct policy_loaded *loaded = apply->in->loaded;
	struct store_policy policy = { .applied_at = apply->in->now };
	struct ace_slice text = { (const uint8_t *)loaded->canonical, loaded->canonical_len };
	enum ace_err err;

	snprintf(policy.author, sizeof policy.author, "uid %u", (unsigned int)getuid());
	err = store_text_set(apply->in->message, policy.message, sizeof policy.message);
	if (err == ACE_ERR_RANGE)
		return cli_error_set(apply->error, err, "the message is longer than %d bytes", STORE_DESCRIPTION_MAX);
	if (!err)
		err = store_policy_add(txn, text, &policy);
	if (!err)
		apply->applied->generation = policy.generation;
	return err;
}

static enum ace_err apply_policy(struct store_txn *txn, struct apply *apply)
{
	const struct policy_loaded *loaded = apply->in->loaded;
	struct ctl_applied *applied = apply->applied;
	char *before = NULL;
	size_t before_len = 0;
	enum ace_err err = store_policy_current(txn, &applied->generation_before);

	applied->generation = applied->generation_before;
	if (!err)
		err = check_expected(apply->in, applied->generation, apply->error);
	if (err || !loaded->has_policy)
		return err;
	if (applied->generation)
		err = store_policy_text(txn, applied->generation, &before, &before_len);
	if (!err)
		err = compare(loaded, (struct ace_slice){ (const uint8_t *)before, before_len }, applied);
	/* Both texts are canonical: other bytes mean another policy. */
	if (!err && !(before && before_len == loaded->canonical_len && !memcmp(before, loaded->canonical, before_len)))
		err = add_generation(txn, apply);
	free(before);
	return err;
}

static enum ace_err work(struct store_txn *txn, void *arg)
{
	struct apply *apply = arg;
	const struct policy_inventory *inventory = apply->in->loaded->inventory;
	enum ace_err err;

	*apply->applied = (struct ctl_applied){ 0 };
	err = apply_policy(txn, apply);
	if (!err && apply->in->prune)
		err = apply_prune(txn, apply);
	for (size_t i = 0; !err && i < inventory->clients_len; i++)
		err = apply_client(txn, &inventory->clients[i], apply);
	for (size_t i = 0; !err && i < inventory->devices_len; i++)
		err = apply_device(txn, &inventory->devices[i], apply);
	apply->is_rehearsed = !err && apply->in->is_rehearsal;
	return apply->is_rehearsed ? ACE_ERR_DENIED : err; /* whatever is returned but ACE_OK leaves the store as it was */
}

enum ace_err ctl_apply(struct store *store, const struct ctl_apply_input *in, struct ctl_applied *ret_applied,
		       struct cli_error *ret_error)
{
	struct apply apply = { in, ret_applied, ret_error, false };
	enum ace_err err = store_write(store, work, &apply);

	return apply.is_rehearsed ? ACE_OK : err;
}
