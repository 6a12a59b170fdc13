/* SPDX-License-Identifier: Apache-2.0 */
/* Revoked tokens and the histories of the revocation list as bytes. */
#include "storage/record.h"

#include <string.h>

#include "storage/field.h"

#define BIT(key) (UINT64_C(1) << (key))

enum revoked_key { REVOKED_AT = 1, REVOKED_CLIENT, REVOKED_DEVICE, REVOKED_HASH };

enum ace_err record_revoked_write(const struct store_revoked *revoked, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_int(&f, REVOKED_AT, revoked->revoked_at);
	field_put_text(&f, REVOKED_CLIENT, revoked->client);
	field_put_text(&f, REVOKED_DEVICE, revoked->device);
	field_put_bytes(&f, REVOKED_HASH, ACE_SLICE_OF(revoked->hash));
	return field_end(&f);
}

enum ace_err record_revoked_read(struct ace_slice in, struct store_revoked *ret_revoked)
{
	struct field_reader f;
	int key;

	memset(ret_revoked, 0, sizeof *ret_revoked);
	field_open(&f, in, 1);
	while (field_next(&f, &key)) {
		switch (key) {
		case REVOKED_AT: ret_revoked->revoked_at = field_int(&f, 0, INT64_MAX); break;
		case REVOKED_CLIENT: field_text(&f, ret_revoked->client, sizeof ret_revoked->client); break;
		case REVOKED_DEVICE: field_text(&f, ret_revoked->device, sizeof ret_revoked->device); break;
		case REVOKED_HASH: field_array(&f, ret_revoked->hash, sizeof ret_revoked->hash); break;
		default: field_unknown(&f);
		}
	}
	return field_finish(&f, BIT(REVOKED_AT) | BIT(REVOKED_CLIENT) | BIT(REVOKED_DEVICE) | BIT(REVOKED_HASH));
}

enum update_key { UPDATE_REMOVED = 1, UPDATE_HASHES };

enum ace_err record_update_write(const struct store_trl_update *update, struct ace_buf *out)
{
	size_t len = (size_t)(update->removed_len + update->added_len) * STORE_TOKEN_HASH_LEN;
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_uint(&f, UPDATE_REMOVED, update->removed_len);
	field_put_bytes(&f, UPDATE_HASHES, (struct ace_slice){ update->hashes[0], len });
	return field_end(&f);
}

enum ace_err record_update_read(struct ace_slice in, struct store_trl_update *ret_update)
{
	struct field_reader f;
	size_t len = 0, hashes;
	enum ace_err err;
	int key;

	memset(ret_update, 0, sizeof *ret_update);
	field_open(&f, in, 1);
	while (field_next(&f, &key)) {
		switch (key) {
		case UPDATE_REMOVED: ret_update->removed_len = (uint8_t)field_uint(&f, STORE_TRL_HASHES); break;
		case UPDATE_HASHES: len = field_bytes(&f, ret_update->hashes[0], sizeof ret_update->hashes); break;
		default: field_unknown(&f);
		}
	}
	err = field_finish(&f, BIT(UPDATE_REMOVED) | BIT(UPDATE_HASHES));
	if (err)
		return err;
	hashes = len / STORE_TOKEN_HASH_LEN;
	if (len % STORE_TOKEN_HASH_LEN || hashes < ret_update->removed_len)
		return ACE_ERR_RANGE;
	ret_update->added_len = (uint8_t)(hashes - ret_update->removed_len);
	return ACE_OK;
}
