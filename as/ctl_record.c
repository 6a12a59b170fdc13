/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_record.h"

#include <string.h>

#include "as/ctl.h"
#include "cli/bundle.h"
#include "cli/json.h"
#include "storage/device_keys.h"
#include "storage/key_uses.h"

const char *ctl_method_name(enum store_auth method)
{
	if (method == STORE_AUTH_NONE)
		return "none";
	return method == STORE_AUTH_OSCORE ? "oscore" : "dtls-psk";
}

static void put_tags(struct json_t *object, const struct store_tags *tags)
{
	struct json_t *map = cli_json_object();
	struct ace_tag list[STORE_TAGS_MAX];
	struct ace_tags view = store_tags_view(tags, list);

	for (size_t i = 0; i < view.len; i++)
		cli_json_put_text(map, view.list[i].key, view.list[i].value);
	cli_json_put(object, "tags", map);
}

/* An empty text stands for one that was never given. */
static void put_optional(struct json_t *object, const char *key, const char *text)
{
	cli_json_put_text(object, key, text[0] ? text : NULL);
}

/* A line over DTLS is known by its identity, the owner's id, instead of a kid. */
static void put_line(struct json_t *object, enum store_auth method, uint64_t line, uint32_t key_version)
{
	uint8_t kid[STORE_KID_MAX];

	cli_json_put_text(object, "method", ctl_method_name(method));
	if (method == STORE_AUTH_OSCORE)
		cli_json_put_hex(object, "kid_hex", (struct ace_slice){ kid, store_line_kid(line, kid) });
	cli_json_put_int(object, "key_version", key_version);
}

/* 0 and STORE_KEY_WAITS are no times. */
static void put_time(struct json_t *object, const char *name, int64_t seconds)
{
	if (seconds && seconds != STORE_KEY_WAITS)
		cli_json_put_time(object, name, seconds);
	else
		cli_json_put_null(object, name);
}

static void put_old_line(struct json_t *object, const struct store_old_line *old)
{
	struct json_t *entry;
	uint8_t kid[STORE_KID_MAX];

	if (!store_old_line_lives(old, ctl_now())) {
		cli_json_put_null(object, "old_key");
		return;
	}
	entry = cli_json_object();
	cli_json_put_hex(entry, "kid_hex", (struct ace_slice){ kid, store_line_kid(old->line, kid) });
	cli_json_put_int(entry, "key_version", old->key_version);
	put_time(entry, "until", old->until);
	cli_json_put(object, "old_key", entry);
}

struct json_t *ctl_client_record(const struct store_client *client)
{
	struct json_t *object = cli_json_object();

	cli_json_put_text(object, "id", client->id);
	cli_json_put_bool(object, "enabled", client->is_enabled);
	put_optional(object, "description", client->description);
	put_tags(object, &client->tags);
	put_line(object, client->method, client->line, client->key_version);
	put_old_line(object, &client->old);
	if (client->ticket_expires)
		cli_json_put_time(object, "ticket_expires", client->ticket_expires);
	else
		cli_json_put_null(object, "ticket_expires");
	put_optional(object, "default_scope", client->default_scope);
	put_optional(object, "default_audience", client->default_audience);
	cli_json_put_time(object, "created", client->created);
	return object;
}

static const char *key_state(const struct store_device *device, size_t index, int64_t now)
{
	size_t issuing = store_key_issuing(device->keys, device->keys_len, now);

	if (index == issuing)
		return "issuing";
	if (index > issuing)
		return "next";
	return store_key_lives(&device->keys[index], now) ? "leaving" : "over";
}

enum ace_err ctl_device_count(struct store_txn *txn, struct ctl_device *device)
{
	enum ace_err err = ACE_OK;

	for (size_t i = 0; i < device->record.keys_len && !err; i++)
		err = store_key_uses_get(txn, device->record.id, device->record.keys[i].version, &device->uses[i]);
	return err;
}

static void put_keys(struct json_t *object, const struct ctl_device *counted)
{
	const struct store_device *device = &counted->record;
	struct json_t *keys = cli_json_array();
	int64_t now = ctl_now();

	for (size_t i = 0; i < device->keys_len; i++) {
		const struct store_device_key *key = &device->keys[i];
		struct json_t *entry = cli_json_object();

		cli_json_put_hex(entry, "kid_hex", (struct ace_slice){ key->kid, key->kid_len });
		cli_json_put_text(entry, "alg", cli_alg_name(key->alg));
		cli_json_put_int(entry, "version", key->version);
		cli_json_put_text(entry, "state", key_state(device, i, now));
		put_time(entry, "from", key->from);
		put_time(entry, "until", key->until);
		cli_json_put_int(entry, "uses", (int64_t)counted->uses[i]);
		cli_json_put_int(entry, "uses_limit", (int64_t)store_key_uses_limit(key->alg));
		cli_json_add(keys, entry);
	}
	cli_json_put(object, "keys", keys);
}

struct json_t *ctl_device_record(const struct ctl_device *counted)
{
	const struct store_device *device = &counted->record;
	struct json_t *object = cli_json_object(), *line;

	cli_json_put_text(object, "id", device->id);
	cli_json_put_bool(object, "enabled", device->is_enabled);
	put_optional(object, "description", device->description);
	cli_json_put_text(object, "model", device->model);
	cli_json_put_text(object, "audience", device->audience[0] ? device->audience : device->id);
	put_tags(object, &device->tags);
	put_keys(object, counted);
	if (device->line_method == STORE_AUTH_NONE) {
		cli_json_put_null(object, "as_line");
	} else {
		line = cli_json_object();
		put_line(line, device->line_method, device->line, device->line_key_version);
		put_old_line(line, &device->old);
		cli_json_put(object, "as_line", line);
	}
	cli_json_put_time(object, "created", device->created);
	return object;
}

struct json_t *ctl_policy_record(const struct store_policy *policy)
{
	struct json_t *object = cli_json_object();

	cli_json_put_int(object, "generation", (int64_t)policy->generation);
	cli_json_put_time(object, "applied_at", policy->applied_at);
	cli_json_put_text(object, "author", policy->author);
	put_optional(object, "message", policy->message);
	cli_json_put_hex(object, "sha256", (struct ace_slice){ policy->hash, sizeof policy->hash });
	return object;
}
