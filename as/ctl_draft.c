/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_draft.h"

#include <string.h>

#include "as/ctl_known.h"
#include "as/policy_stored.h"
#include "storage/meta.h"
#include "storage/policies.h"

static void lay_over(const struct policy_loaded *loaded, struct ctl_draft *draft)
{
	draft->has_files = true;
	draft->inventory = loaded->inventory;
	if (loaded->has_policy)
		draft->policy = loaded->policy;
}

/* Files name what the store has, as they may with apply. */
static int load_files(const struct cli_output *output, const char *const *paths,
		      size_t paths_len, struct ctl_draft *draft)
{
	struct ctl_known known = { .txn = draft->txn, .policy = draft->running };
	struct store_info info;
	struct policy_options options = { .known = ctl_is_known, .known_context = &known, .now = ctl_now() };
	enum ace_err err = store_info_get(draft->txn, &info);

	if (err)
		return ctl_fail(output, draft->store, err);
	options.issuer = info.issuer;
	err = ctl_files_load_paths(paths, paths_len, &options, &draft->files);
	if (err == ACE_ERR_MEMORY)
		return ctl_printed(output, err);
	if (err)
		return ctl_files_tell_problems(output, &draft->files, "");
	ctl_files_note_ignored(output, &draft->files);
	lay_over(&draft->files.loaded, draft);
	return CLI_EXIT_OK;
}

enum ace_err ctl_draft_begin(struct store *store, const struct policy_loaded *over, struct ctl_draft *draft)
{
	struct policy_problems problems = { 0 };
	enum ace_err err;

	memset(draft, 0, sizeof *draft);
	draft->store = store;
	err = store_begin_read(store, &draft->txn);
	if (!err)
		err = store_policy_current(draft->txn, &draft->generation);
	if (!err)
		err = as_policy_stored(draft->txn, draft->generation, &problems, &draft->running);
	policy_problems_free(&problems);
	draft->policy = draft->running;
	if (err)
		ctl_draft_end(draft);
	else if (over)
		lay_over(over, draft);
	return err;
}

void ctl_draft_end(struct ctl_draft *draft)
{
	if (draft->txn)
		store_abort(draft->txn);
	policy_free(draft->running);
	ctl_files_free(&draft->files);
	memset(draft, 0, sizeof *draft);
}

int ctl_draft_open(const struct cli_call *call, const struct cli_output *output, const char *const *paths,
		   size_t paths_len, struct ctl_draft *draft)
{
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = ctl_draft_begin(store, NULL, draft);
	if (err) {
		code = ctl_fail(output, store, err);
		store_close(store);
		return code;
	}
	if (paths_len)
		code = load_files(output, paths, paths_len, draft);
	if (code)
		ctl_draft_close(draft);
	return code;
}

int ctl_draft_open_flag(const struct cli_call *call, const struct cli_output *output, struct ctl_draft *draft)
{
	const char *paths[CLI_GIVEN_MAX];
	size_t len = 0;

	while (len < CLI_GIVEN_MAX && (paths[len] = cli_flag_nth(call, "policy", len)))
		len++;
	return ctl_draft_open(call, output, paths, len, draft);
}

void ctl_draft_close(struct ctl_draft *draft)
{
	struct store *store = draft->store;

	ctl_draft_end(draft);
	store_close(store);
}

static const char *listed_id(const struct policy_inventory *inventory, enum store_kind kind, size_t i)
{
	return kind == STORE_CLIENT ? inventory->clients[i].id : inventory->devices[i].id;
}

/* The place of the first that is not before id; the number of them when all are. */
static size_t listed_from(const struct policy_inventory *inventory, enum store_kind kind, const char *id)
{
	size_t low = 0, high = kind == STORE_CLIENT ? inventory->clients_len : inventory->devices_len;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(listed_id(inventory, kind, middle), id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t listed_len(const struct ctl_draft *draft, enum store_kind kind)
{
	if (!draft->inventory)
		return 0;
	return kind == STORE_CLIENT ? draft->inventory->clients_len : draft->inventory->devices_len;
}

static void take_listed(const struct ctl_draft *draft, enum store_kind kind, size_t i, struct ctl_party *party)
{
	const struct policy_client *client = kind == STORE_CLIENT ? &draft->inventory->clients[i] : NULL;
	const struct policy_device *device = client ? NULL : &draft->inventory->devices[i];

	party->is_listed = true;
	snprintf(party->id, sizeof party->id, "%s", client ? client->id : device->id);
	party->party = (struct policy_party){ party->id, client ? client->enabled : device->enabled,
					      client ? client->tags : device->tags };
	party->model = client ? NULL : device->model;
}

struct policy_party ctl_party_stored(enum store_kind kind, const struct ctl_party *party,
				     struct ace_tag tags[STORE_TAGS_MAX])
{
	const struct store_client *client = &party->record.client;
	const struct store_device *device = &party->record.device;

	return (struct policy_party){
		party->id, kind == STORE_CLIENT ? client->is_enabled : device->is_enabled,
		store_tags_view(kind == STORE_CLIENT ? &client->tags : &device->tags, tags)
	};
}

static void take_stored(enum store_kind kind, struct ctl_party *party)
{
	const struct store_client *client = &party->record.client;
	const struct store_device *device = &party->record.device;

	party->is_stored = true;
	memcpy(party->id, kind == STORE_CLIENT ? client->id : device->id, sizeof party->id);
	party->party = ctl_party_stored(kind, party, party->tags);
	party->model = kind == STORE_CLIENT ? NULL : device->model;
}

enum ace_err ctl_draft_find(const struct ctl_draft *draft, enum store_kind kind, const char *id, struct ctl_party *party)
{
	struct ace_slice name = { (const uint8_t *)id, strlen(id) };
	size_t len = listed_len(draft, kind), i = len ? listed_from(draft->inventory, kind, id) : 0;
	enum ace_err err = kind == STORE_CLIENT ? store_client_get(draft->txn, id, &party->record.client) :
						  store_device_find(draft->txn, name, &party->record.device);

	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	party->is_stored = party->is_listed = false;
	if (!err)
		take_stored(kind, party);
	if (!err && len)
		i = listed_from(draft->inventory, kind, party->id);
	else if (i < len && strcmp(listed_id(draft->inventory, kind, i), id))
		i = len;
	for (size_t k = 0; err && kind == STORE_DEVICE && i >= len && k < len; k++)
		if (draft->inventory->devices[k].audience && !strcmp(draft->inventory->devices[k].audience, id))
			i = k;
	if (i >= len || (!err && strcmp(listed_id(draft->inventory, kind, i), party->id)))
		return draft->prune ? ACE_ERR_NOT_FOUND : err;
	take_listed(draft, kind, i, party);
	return ACE_OK;
}

enum ace_err ctl_draft_next(const struct ctl_draft *draft, enum store_kind kind, struct ctl_party *party)
{
	size_t len = listed_len(draft, kind), i = len ? listed_from(draft->inventory, kind, party->id) : 0;
	enum ace_err err = kind == STORE_CLIENT ? store_client_next(draft->txn, party->id, &party->record.client) :
						  store_device_next(draft->txn, party->id, &party->record.device);
	const char *stored = kind == STORE_CLIENT ? party->record.client.id : party->record.device.id;
	int order;

	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	if (i < len && !strcmp(listed_id(draft->inventory, kind, i), party->id))
		i++;
	if (i >= len && err)
		return err;
	order = i >= len ? 1 : err ? -1 : strcmp(listed_id(draft->inventory, kind, i), stored);
	party->is_stored = party->is_listed = false;
	if (order >= 0)
		take_stored(kind, party);
	if (order <= 0)
		take_listed(draft, kind, i, party);
	return ACE_OK;
}
