/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_inventory.h"

#include <string.h>

#include "ace_port.h"
#include "as/ctl.h"
#include "as/ctl_record.h"
#include "cli/bundle.h"
#include "cli/json.h"
#include "storage/device_keys.h"

#define FINGERPRINT_BYTES 8 /* of the hash: enough to tell keys apart, too little to test guesses of them */

/* {"fingerprint": "sha256:..."}; NULL: the hash failed. */
static struct json_t *fingerprint(struct ace_slice key, enum ace_err *ret_err)
{
	static const char digits[] = "0123456789abcdef";
	uint8_t hash[ACE_SHA256_LEN];
	char text[sizeof "sha256:" + 2 * FINGERPRINT_BYTES] = "sha256:";
	struct json_t *object;

	*ret_err = ace_port_sha256(key, hash);
	if (*ret_err)
		return NULL;
	for (size_t i = 0; i < FINGERPRINT_BYTES; i++) {
		text[7 + 2 * i] = digits[hash[i] >> 4];
		text[8 + 2 * i] = digits[hash[i] & 15];
	}
	object = cli_json_object();
	cli_json_put_text(object, "fingerprint", text);
	return object;
}

static void put_optional(struct json_t *object, const char *name, const char *text)
{
	if (text[0])
		cli_json_put_text(object, name, text);
}

/* What both have, where it is not what would be without it. */
static void put_common(struct json_t *object, bool is_enabled, const char *description, const struct store_tags *tags)
{
	struct ace_tag list[STORE_TAGS_MAX];
	struct ace_tags view = store_tags_view(tags, list);
	struct json_t *map;

	put_optional(object, "description", description);
	if (!is_enabled)
		cli_json_put_bool(object, "enabled", false);
	if (!view.len)
		return;
	map = cli_json_object();
	for (size_t i = 0; i < view.len; i++)
		cli_json_put_text(map, view.list[i].key, view.list[i].value);
	cli_json_put(object, "tags", map);
}

static struct json_t *line_record(enum store_auth method, struct store_secret *secret, enum ace_err *ret_err)
{
	struct json_t *key = fingerprint((struct ace_slice){ secret->key, secret->key_len }, ret_err), *object;

	store_secret_wipe(secret);
	if (!key)
		return NULL;
	object = cli_json_object();
	cli_json_put_text(object, "method", ctl_method_name(method));
	cli_json_put(object, "key", key);
	return object;
}

struct json_t *ctl_inventory_client(struct store_txn *txn, const struct store_client *client, enum ace_err *ret_err)
{
	struct store_secret secret;
	struct json_t *auth, *object;

	*ret_err = store_client_secret(txn, client, &secret);
	if (*ret_err)
		return NULL;
	auth = line_record(client->method, &secret, ret_err);
	if (!auth)
		return NULL;
	object = cli_json_object();
	put_common(object, client->is_enabled, client->description, &client->tags);
	cli_json_put(object, "auth", auth);
	put_optional(object, "default_scope", client->default_scope);
	put_optional(object, "default_audience", client->default_audience);
	return object;
}

/* The key that tokens are issued under now. */
static struct json_t *token_key(struct store_txn *txn, const struct store_device *device, enum ace_err *ret_err)
{
	size_t index = store_key_issuing(device->keys, device->keys_len, ctl_now());
	const struct store_device_key *described = &device->keys[index];
	struct store_key key;
	struct json_t *print, *object;

	*ret_err = store_device_key(txn, device, index, &key);
	if (*ret_err)
		return NULL;
	print = fingerprint((struct ace_slice){ key.bytes, key.len }, ret_err);
	ace_wipe(&key, sizeof key);
	if (!print)
		return NULL;
	object = cli_json_object();
	cli_json_put_hex(object, "kid_hex", (struct ace_slice){ described->kid, described->kid_len });
	cli_json_put_text(object, "alg", cli_alg_name(described->alg));
	cli_json_put(object, "key", print);
	return object;
}

struct json_t *ctl_inventory_device(struct store_txn *txn, const struct store_device *device, enum ace_err *ret_err)
{
	struct json_t *object, *key = token_key(txn, device, ret_err), *line = NULL;
	struct store_secret secret;

	if (!key)
		return NULL;
	if (device->line_method != STORE_AUTH_NONE) {
		*ret_err = store_device_line_secret(txn, device, &secret);
		if (!*ret_err)
			line = line_record(device->line_method, &secret, ret_err);
		if (*ret_err) {
			cli_json_free(key);
			return NULL;
		}
	}
	object = cli_json_object();
	put_common(object, device->is_enabled, device->description, &device->tags);
	cli_json_put_text(object, "model", device->model);
	put_optional(object, "audience", device->audience);
	cli_json_put(object, "as_key", key);
	if (line)
		cli_json_put(object, "as_line", line);
	return object;
}
