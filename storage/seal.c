/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/seal.h"

#include <string.h>

#include "ace_cbor.h"
#include "ace_port.h"
#include "ace_port_host.h"
#include "storage/env.h"

#define SEAL_VERSION 1
#define AAD_MAX 256
#define CHECK_LABEL "aced key-encryption key, check value"

/* Where a sealed value belongs, as bytes. */
static enum ace_err place_write(const struct seal_place *place, struct ace_cbor_writer *w, struct ace_slice *ret_aad)
{
	const char *table = table_name(place->table);

	ace_cbor_write_array(w, 3);
	ace_cbor_write_tstr(w, (struct ace_slice){ (const uint8_t *)table, strlen(table) });
	ace_cbor_write_bstr(w, place->key);
	ace_cbor_write_uint(w, SEAL_VERSION);
	return ace_cbor_written(w, ret_aad);
}

enum ace_err seal_close(const struct seal *seal, const struct seal_place *place, struct ace_slice plain,
			struct ace_buf *out)
{
	struct ace_host_seal_input in = { .key = ACE_SLICE_OF(seal->key), .text = plain };
	uint8_t aad[AAD_MAX];
	struct ace_cbor_writer w;
	enum ace_err err;

	if (!seal->is_open)
		return ACE_ERR_USAGE;
	if (plain.len > SEAL_PLAIN_MAX)
		return ACE_ERR_RANGE;
	ace_cbor_write_init(&w, aad, sizeof(aad));
	err = place_write(place, &w, &in.aad);
	if (err)
		return err;
	/* [version, sealed]: sealed is longer than plain by a constant, so the head can come first. */
	ace_cbor_write_init(&w, out->ptr + out->len, out->cap - out->len);
	ace_cbor_write_array(&w, 2);
	ace_cbor_write_uint(&w, SEAL_VERSION);
	ace_cbor_write_bstr_head(&w, plain.len + ACE_HOST_SEAL_EXTRA);
	if (w.len > w.cap)
		return ACE_ERR_SPACE;
	out->len += w.len;
	err = ace_port_host_seal(&in, out);
	if (err)
		out->len -= w.len;
	return err;
}

enum ace_err seal_open(const struct seal *seal, const struct seal_place *place, struct ace_slice sealed,
		       struct ace_buf *out)
{
	struct ace_host_seal_input in = { .key = ACE_SLICE_OF(seal->key) };
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	uint8_t aad[AAD_MAX];
	struct ace_cbor_writer w;
	uint64_t version = 0;
	enum ace_err err;

	if (!seal->is_open)
		return ACE_ERR_USAGE;
	ace_cbor_read_own(&r, sealed);
	ace_cbor_array_enter(&r, &seq);
	if (ace_cbor_array_next(&r, &seq))
		version = ace_cbor_read_uint(&r);
	if (version > SEAL_VERSION)
		return ACE_ERR_VERSION;
	if (ace_cbor_array_next(&r, &seq))
		in.text = ace_cbor_read_bstr(&r);
	if (ace_cbor_array_next(&r, &seq) || ace_cbor_read_finish(&r) || version != SEAL_VERSION)
		return ACE_ERR_DAMAGED;
	ace_cbor_write_init(&w, aad, sizeof(aad));
	err = place_write(place, &w, &in.aad);
	if (!err)
		err = ace_port_host_open(&in, out);
	return err == ACE_ERR_TAG || err == ACE_ERR_SPACE ? ACE_ERR_DAMAGED : err;
}

/* Tells a wrong key from damage; says nothing about a random 32-byte key. */
static enum ace_err check_value(const uint8_t kek[SEAL_KEY_LEN], uint8_t ret_check[SEAL_CHECK_LEN])
{
	uint8_t mac[ACE_SHA256_LEN];
	enum ace_err err = ace_port_hmac_sha256((struct ace_slice){ kek, SEAL_KEY_LEN }, ACE_LITERAL(CHECK_LABEL), mac);

	if (!err)
		memcpy(ret_check, mac, SEAL_CHECK_LEN);
	ace_wipe(mac, sizeof(mac));
	return err;
}

static const struct seal_place data_key_place = { TABLE_META, { (const uint8_t *)"data_key", 8 } };

enum ace_err seal_create(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN])
{
	struct seal outer = { .is_open = true };
	uint8_t key[SEAL_KEY_LEN], sealed[SEAL_SEALED_MAX], check[SEAL_CHECK_LEN];
	struct ace_buf out = ACE_BUF_OF(sealed);
	enum ace_err err = check_value(kek, check);

	memcpy(outer.key, kek, SEAL_KEY_LEN);
	if (!err)
		err = ace_port_random(key, sizeof(key));
	if (!err)
		err = seal_close(&outer, &data_key_place, ACE_SLICE_OF(key), &out);
	if (!err)
		err = table_put(txn, TABLE_META, data_key_place.key, ace_buf_slice(&out));
	if (!err)
		err = table_put(txn, TABLE_META, ACE_LITERAL("kek_check"), ACE_SLICE_OF(check));
	ace_wipe(&outer, sizeof(outer));
	ace_wipe(key, sizeof(key));
	return err;
}

/* ACE_ERR_WRONG_KEY unless kek is the one that seal_create() was given. */
static enum ace_err check_kek(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN])
{
	uint8_t check[SEAL_CHECK_LEN];
	struct ace_slice stored;
	enum ace_err err = check_value(kek, check);

	if (err)
		return err;
	err = table_get(txn, TABLE_META, ACE_LITERAL("kek_check"), &stored);
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_ERR_DAMAGED : err;
	if (stored.len != SEAL_CHECK_LEN)
		return ACE_ERR_DAMAGED;
	return ace_equal_ct(stored.ptr, check, SEAL_CHECK_LEN) ? ACE_OK : ACE_ERR_WRONG_KEY;
}

enum ace_err seal_unlock(struct store_txn *txn, const uint8_t kek[SEAL_KEY_LEN], struct seal *ret_seal)
{
	struct seal outer = { .is_open = true };
	uint8_t key[SEAL_KEY_LEN];
	struct ace_buf out = ACE_BUF_OF(key);
	struct ace_slice stored;
	enum ace_err err = check_kek(txn, kek);

	if (err)
		return err;
	memcpy(outer.key, kek, SEAL_KEY_LEN);
	err = table_get(txn, TABLE_META, data_key_place.key, &stored);
	if (!err)
		err = seal_open(&outer, &data_key_place, stored, &out);
	if (!err && out.len != SEAL_KEY_LEN)
		err = ACE_ERR_DAMAGED;
	if (!err) {
		memcpy(ret_seal->key, key, SEAL_KEY_LEN);
		ret_seal->is_open = true;
	}
	ace_wipe(&outer, sizeof(outer));
	ace_wipe(key, sizeof(key));
	return err == ACE_ERR_NOT_FOUND ? ACE_ERR_DAMAGED : err;
}
