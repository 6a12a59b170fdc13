/* SPDX-License-Identifier: Apache-2.0 */
/* Clients, devices, and what is small. */
#include "storage/record.h"

#include <string.h>

#include "storage/env.h"
#include "storage/field.h"

#define BIT(key) (UINT64_C(1) << (key))

enum client_key {
	CLIENT_ENABLED = 1,
	CLIENT_METHOD,
	CLIENT_LINE,
	CLIENT_KEY_VERSION,
	CLIENT_TAGS,
	CLIENT_SCOPE,
	CLIENT_AUDIENCE,
	CLIENT_DESCRIPTION,
	CLIENT_TICKET,
	CLIENT_CREATED,
	CLIENT_OLD_LINE,
	CLIENT_OLD_KEY_VERSION,
	CLIENT_OLD_UNTIL,
};

enum ace_err record_client_write(const struct store_client *client, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_bool(&f, CLIENT_ENABLED, client->is_enabled);
	field_put_uint(&f, CLIENT_METHOD, client->method);
	field_put_uint(&f, CLIENT_LINE, client->line);
	field_put_uint(&f, CLIENT_KEY_VERSION, client->key_version);
	field_put_tags(&f, CLIENT_TAGS, &client->tags);
	field_put_text(&f, CLIENT_SCOPE, client->default_scope);
	field_put_text(&f, CLIENT_AUDIENCE, client->default_audience);
	field_put_text(&f, CLIENT_DESCRIPTION, client->description);
	field_put_int(&f, CLIENT_TICKET, client->ticket_expires);
	field_put_int(&f, CLIENT_CREATED, client->created);
	if (client->old.line) {
		field_put_uint(&f, CLIENT_OLD_LINE, client->old.line);
		field_put_uint(&f, CLIENT_OLD_KEY_VERSION, client->old.key_version);
		field_put_int(&f, CLIENT_OLD_UNTIL, client->old.until);
	}
	return field_end(&f);
}

static void client_field(struct field_reader *f, int key, struct store_client *c)
{
	switch (key) {
	case CLIENT_ENABLED: c->is_enabled = field_bool(f); break;
	case CLIENT_METHOD: c->method = (enum store_auth)field_uint(f, STORE_AUTH_DTLS_PSK); break;
	case CLIENT_LINE: c->line = field_uint(f, UINT64_MAX); break;
	case CLIENT_KEY_VERSION: c->key_version = (uint32_t)field_uint(f, UINT32_MAX); break;
	case CLIENT_TAGS: field_tags(f, &c->tags); break;
	case CLIENT_SCOPE: field_text(f, c->default_scope, sizeof(c->default_scope)); break;
	case CLIENT_AUDIENCE: field_text(f, c->default_audience, sizeof(c->default_audience)); break;
	case CLIENT_DESCRIPTION: field_text(f, c->description, sizeof(c->description)); break;
	case CLIENT_TICKET: c->ticket_expires = field_int(f, 0, INT64_MAX); break;
	case CLIENT_CREATED: c->created = field_int(f, 0, INT64_MAX); break;
	case CLIENT_OLD_LINE: c->old.line = field_uint(f, UINT64_MAX); break;
	case CLIENT_OLD_KEY_VERSION: c->old.key_version = (uint32_t)field_uint(f, UINT32_MAX); break;
	case CLIENT_OLD_UNTIL: c->old.until = field_int(f, 0, INT64_MAX); break;
	default: field_unknown(f);
	}
}

enum ace_err record_client_read(struct ace_slice in, struct store_client *ret_client)
{
	struct field_reader f;
	int key;

	memset(ret_client, 0, sizeof(*ret_client));
	field_open(&f, in, 1);
	while (field_next(&f, &key))
		client_field(&f, key, ret_client);
	return field_finish(&f, BIT(CLIENT_ENABLED) | BIT(CLIENT_METHOD) | BIT(CLIENT_LINE) | BIT(CLIENT_KEY_VERSION) |
					BIT(CLIENT_TICKET) | BIT(CLIENT_CREATED));
}

enum device_key {
	DEVICE_ENABLED = 1,
	DEVICE_MODEL,
	DEVICE_AUDIENCE,
	DEVICE_TAGS,
	DEVICE_KEYS,
	DEVICE_LINE_METHOD,
	DEVICE_LINE,
	DEVICE_LINE_KEY_VERSION,
	DEVICE_DESCRIPTION,
	DEVICE_CREATED,
	DEVICE_OLD_LINE,
	DEVICE_OLD_KEY_VERSION,
	DEVICE_OLD_UNTIL,
};

/* [version, alg, kid, from, until] of each key. */
static void keys_put(struct field_writer *f, const struct store_device *device)
{
	f->count++;
	ace_cbor_write_int(&f->cbor, DEVICE_KEYS);
	ace_cbor_write_array(&f->cbor, device->keys_len);
	for (size_t i = 0; i < device->keys_len; i++) {
		const struct store_device_key *key = &device->keys[i];

		ace_cbor_write_array(&f->cbor, 5);
		ace_cbor_write_uint(&f->cbor, key->version);
		ace_cbor_write_int(&f->cbor, key->alg);
		ace_cbor_write_bstr(&f->cbor, (struct ace_slice){ key->kid, key->kid_len });
		ace_cbor_write_int(&f->cbor, key->from);
		ace_cbor_write_int(&f->cbor, key->until);
	}
}

static void key_read(struct field_reader *f, struct store_device_key *key)
{
	struct ace_cbor_seq seq;
	size_t items = 0;

	ace_cbor_array_enter(&f->cbor, &seq);
	for (; ace_cbor_array_next(&f->cbor, &seq); items++) {
		switch (items) {
		case 0: key->version = (uint32_t)field_uint(f, UINT32_MAX); break;
		case 1: key->alg = (int32_t)field_int(f, INT32_MIN, INT32_MAX); break;
		case 2: key->kid_len = (uint8_t)field_bytes(f, key->kid, sizeof(key->kid)); break;
		case 3: key->from = field_int(f, 0, INT64_MAX); break;
		case 4: key->until = field_int(f, 0, INT64_MAX); break;
		default: ace_cbor_read_raw(&f->cbor); field_unknown(f);
		}
	}
	if (items < 5 && !f->err)
		f->err = ACE_ERR_MISSING;
}

static void keys_read(struct field_reader *f, struct store_device *device)
{
	struct ace_cbor_seq seq;

	ace_cbor_array_enter(&f->cbor, &seq);
	while (ace_cbor_array_next(&f->cbor, &seq)) {
		if (device->keys_len == STORE_DEVICE_KEYS_MAX) {
			f->err = f->err ? f->err : ACE_ERR_RANGE;
			return;
		}
		key_read(f, &device->keys[device->keys_len++]);
	}
	if (!device->keys_len && !f->err)
		f->err = ACE_ERR_MISSING;
}

enum ace_err record_device_write(const struct store_device *device, struct ace_buf *out)
{
	struct field_writer f;

	if (device->keys_len > STORE_DEVICE_KEYS_MAX)
		return ACE_ERR_USAGE;
	field_begin(&f, out, 1);
	field_put_bool(&f, DEVICE_ENABLED, device->is_enabled);
	field_put_text(&f, DEVICE_MODEL, device->model);
	field_put_text(&f, DEVICE_AUDIENCE, device->audience);
	field_put_tags(&f, DEVICE_TAGS, &device->tags);
	keys_put(&f, device);
	field_put_uint(&f, DEVICE_LINE_METHOD, device->line_method);
	field_put_uint(&f, DEVICE_LINE, device->line);
	field_put_uint(&f, DEVICE_LINE_KEY_VERSION, device->line_key_version);
	field_put_text(&f, DEVICE_DESCRIPTION, device->description);
	field_put_int(&f, DEVICE_CREATED, device->created);
	if (device->old.line) {
		field_put_uint(&f, DEVICE_OLD_LINE, device->old.line);
		field_put_uint(&f, DEVICE_OLD_KEY_VERSION, device->old.key_version);
		field_put_int(&f, DEVICE_OLD_UNTIL, device->old.until);
	}
	return field_end(&f);
}

static void device_field(struct field_reader *f, int key, struct store_device *d)
{
	switch (key) {
	case DEVICE_ENABLED: d->is_enabled = field_bool(f); break;
	case DEVICE_MODEL: field_text(f, d->model, sizeof(d->model)); break;
	case DEVICE_AUDIENCE: field_text(f, d->audience, sizeof(d->audience)); break;
	case DEVICE_TAGS: field_tags(f, &d->tags); break;
	case DEVICE_KEYS: keys_read(f, d); break;
	case DEVICE_LINE_METHOD: d->line_method = (enum store_auth)field_uint(f, STORE_AUTH_DTLS_PSK); break;
	case DEVICE_LINE: d->line = field_uint(f, UINT64_MAX); break;
	case DEVICE_LINE_KEY_VERSION: d->line_key_version = (uint32_t)field_uint(f, UINT32_MAX); break;
	case DEVICE_DESCRIPTION: field_text(f, d->description, sizeof(d->description)); break;
	case DEVICE_CREATED: d->created = field_int(f, 0, INT64_MAX); break;
	case DEVICE_OLD_LINE: d->old.line = field_uint(f, UINT64_MAX); break;
	case DEVICE_OLD_KEY_VERSION: d->old.key_version = (uint32_t)field_uint(f, UINT32_MAX); break;
	case DEVICE_OLD_UNTIL: d->old.until = field_int(f, 0, INT64_MAX); break;
	default: field_unknown(f);
	}
}

enum ace_err record_device_read(struct ace_slice in, struct store_device *ret_device)
{
	struct field_reader f;
	int key;

	memset(ret_device, 0, sizeof(*ret_device));
	field_open(&f, in, 1);
	while (field_next(&f, &key))
		device_field(&f, key, ret_device);
	return field_finish(&f, BIT(DEVICE_ENABLED) | BIT(DEVICE_KEYS) | BIT(DEVICE_LINE_METHOD) | BIT(DEVICE_LINE) |
					BIT(DEVICE_LINE_KEY_VERSION) | BIT(DEVICE_CREATED));
}

enum secret_key { SECRET_KEY = 1, SECRET_SALT };

enum ace_err record_secret_write(const struct store_secret *secret, struct ace_buf *out)
{
	struct field_writer f;

	if (secret->key_len > sizeof(secret->key) || secret->salt_len > sizeof(secret->salt))
		return ACE_ERR_RANGE;
	field_begin(&f, out, 1);
	field_put_bytes(&f, SECRET_KEY, (struct ace_slice){ secret->key, secret->key_len });
	field_put_bytes(&f, SECRET_SALT, (struct ace_slice){ secret->salt, secret->salt_len });
	return field_end(&f);
}

enum ace_err record_secret_read(struct ace_slice in, struct store_secret *ret_secret)
{
	struct field_reader f;
	int key;

	memset(ret_secret, 0, sizeof(*ret_secret));
	field_open(&f, in, 1);
	while (field_next(&f, &key)) {
		switch (key) {
		case SECRET_KEY: ret_secret->key_len = (uint8_t)field_bytes(&f, ret_secret->key, STORE_SECRET_MAX); break;
		case SECRET_SALT:
			ret_secret->salt_len = (uint8_t)field_bytes(&f, ret_secret->salt, sizeof(ret_secret->salt));
			break;
		default: field_unknown(&f);
		}
	}
	return field_finish(&f, BIT(SECRET_KEY));
}

enum ace_err record_failed(struct store_txn *txn, enum ace_err err, enum table table)
{
	struct store_error *error = &txn->store->error;

	if (err == ACE_ERR_VERSION)
		return error_set(error, err, 0, "%.300s/data.mdb: table %s holds a record of a newer aced: upgrade this program",
				 txn->store->dir, table_name(table));
	return error_set(error, ACE_ERR_DAMAGED, 0, "%.300s/data.mdb: a record of table %s is damaged: restore a backup",
			 txn->store->dir, table_name(table));
}
