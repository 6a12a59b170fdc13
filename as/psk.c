/* SPDX-License-Identifier: Apache-2.0 */
#include "as/psk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ace_port.h"
#include "storage/devices.h"

/* An identity taken apart. */
struct name {
	char id[STORE_ID_MAX + 1];
	uint32_t key_version; /* 0: none is named */
	int64_t now;          /* seconds since 1970 */
};

/* The lines that a record has, and which of them is meant. */
struct lines {
	uint64_t line;
	uint32_t key_version;
	struct store_old_line old;
	bool is_old;
};

void as_psk_identity(const char *id, uint32_t key_version, char ret_identity[AS_PSK_IDENTITY_MAX + 1])
{
	if (key_version > 1)
		snprintf(ret_identity, AS_PSK_IDENTITY_MAX + 1, "%s/%" PRIu32, id, key_version);
	else
		snprintf(ret_identity, AS_PSK_IDENTITY_MAX + 1, "%s", id);
}

/* A version as as_psk_identity() writes it, so that each key has one name beside the id. */
static bool version_read(struct ace_slice digits, uint32_t *ret_version)
{
	uint64_t version = 0;

	if (!digits.len || digits.len > 10 || digits.ptr[0] == '0')
		return false;
	for (size_t i = 0; i < digits.len; i++) {
		if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
			return false;
		version = 10 * version + (uint64_t)(digits.ptr[i] - '0');
	}
	*ret_version = (uint32_t)version;
	return version > 1 && version <= UINT32_MAX;
}

static bool name_read(struct ace_slice identity, struct name *name)
{
	const uint8_t *slash = identity.len ? memchr(identity.ptr, '/', identity.len) : NULL;
	size_t id_len = slash ? (size_t)(slash - identity.ptr) : identity.len;

	if (!id_len || id_len > STORE_ID_MAX || memchr(identity.ptr, 0, identity.len))
		return false;
	memcpy(name->id, identity.ptr, id_len);
	return !slash || version_read((struct ace_slice){ slash + 1, identity.len - id_len - 1 }, &name->key_version);
}

static enum ace_err choose(const struct name *name, struct lines *lines, struct as_psk_owner *owner)
{
	bool old_lives = store_old_line_lives(&lines->old, name->now);

	lines->is_old = old_lives && (!name->key_version || name->key_version == lines->old.key_version);
	owner->line = lines->is_old ? lines->old.line : lines->line;
	owner->key_version = lines->is_old ? lines->old.key_version : lines->key_version;
	return !name->key_version || name->key_version == owner->key_version ? ACE_OK : ACE_ERR_NOT_FOUND;
}

static enum ace_err client_key(struct store_txn *txn, const struct name *name, struct as_psk_owner *owner,
			       struct store_secret *ret_secret)
{
	struct store_client client;
	struct lines lines;
	enum ace_err err = store_client_get(txn, name->id, &client);

	if (err)
		return err;
	if (client.method != STORE_AUTH_DTLS_PSK)
		return ACE_ERR_NOT_FOUND;
	lines = (struct lines){ client.line, client.key_version, client.old, false };
	err = choose(name, &lines, owner);
	if (err)
		return err;
	return lines.is_old ? store_client_old_secret(txn, &client, ret_secret) : store_client_secret(txn, &client, ret_secret);
}

static enum ace_err device_key(struct store_txn *txn, const struct name *name, struct as_psk_owner *owner,
			       struct store_secret *ret_secret)
{
	struct store_device device;
	struct lines lines;
	enum ace_err err = store_device_get(txn, name->id, &device);

	if (err)
		return err;
	if (device.line_method != STORE_AUTH_DTLS_PSK)
		return ACE_ERR_NOT_FOUND;
	lines = (struct lines){ device.line, device.line_key_version, device.old, false };
	err = choose(name, &lines, owner);
	if (err)
		return err;
	return lines.is_old ? store_device_old_secret(txn, &device, ret_secret) :
			      store_device_line_secret(txn, &device, ret_secret);
}

enum ace_err as_psk_find(struct store_txn *txn, struct ace_slice identity, int64_t now, struct as_psk_owner *ret_owner,
			 struct store_secret *ret_secret)
{
	struct as_psk_owner owner = { 0 };
	struct store_secret secret = { 0 };
	struct name name = { .now = now };
	enum ace_err err;

	if (identity.len > AS_PSK_IDENTITY_MAX || !name_read(identity, &name))
		return ACE_ERR_NOT_FOUND;
	memcpy(owner.id, name.id, sizeof owner.id);
	memcpy(owner.identity, identity.ptr, identity.len);
	err = client_key(txn, &name, &owner, &secret);
	if (err == ACE_ERR_NOT_FOUND)
		err = device_key(txn, &name, &owner, &secret);
	if (!err) {
		*ret_owner = owner;
		*ret_secret = secret;
	}
	store_secret_wipe(&secret);
	return err;
}

enum ace_err as_psk_decoy(const uint8_t boot_key[AS_PSK_BOOT_KEY_LEN], struct ace_slice identity,
			  struct store_secret *ret_secret)
{
	enum ace_err err = ace_port_hmac_sha256((struct ace_slice){ boot_key, AS_PSK_BOOT_KEY_LEN }, identity,
						ret_secret->key);

	ret_secret->key_len = AS_PSK_DECOY_LEN;
	ret_secret->salt_len = 0;
	return err;
}
