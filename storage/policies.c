/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/policies.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "storage/record.h"

enum ace_err store_policy_add(struct store_txn *txn, struct ace_slice text, struct store_policy *policy)
{
	struct store_policy fresh = *policy;
	uint8_t bytes[RECORD_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct table_number key;
	enum ace_err err;

	if (text.len > STORE_POLICY_TEXT_MAX)
		return ACE_ERR_RANGE;
	err = store_policy_current(txn, &fresh.generation);
	if (!err)
		err = ace_port_sha256(text, fresh.hash);
	if (err)
		return err;
	fresh.generation++;
	fresh.text_len = text.len;
	key = table_number(fresh.generation);
	err = record_policy_write(&fresh, &out);
	if (!err)
		err = table_append(txn, TABLE_POLICIES, table_number_key(&key), ace_buf_slice(&out));
	if (!err)
		err = table_append(txn, TABLE_POLICY_TEXTS, table_number_key(&key), text);
	if (!err)
		err = change_add(txn, STORE_POLICY, "", fresh.generation);
	if (!err)
		*policy = fresh;
	return err;
}

enum ace_err store_policy_current(struct store_txn *txn, uint64_t *ret_generation)
{
	struct ace_slice key, value;
	enum ace_err err = table_last(txn, TABLE_POLICIES, &key, &value);

	if (err == ACE_ERR_NOT_FOUND) {
		*ret_generation = 0;
		return ACE_OK;
	}
	return err ? err : table_key_number(key, ret_generation);
}

enum ace_err store_policy_get(struct store_txn *txn, uint64_t generation, struct store_policy *ret_policy)
{
	struct table_number key = table_number(generation);
	struct store_policy policy;
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_POLICIES, table_number_key(&key), &value);

	if (err)
		return err;
	err = record_policy_read(value, &policy);
	if (err)
		return record_failed(txn, err, TABLE_POLICIES);
	policy.generation = generation;
	*ret_policy = policy;
	return ACE_OK;
}

enum ace_err store_policy_text(struct store_txn *txn, uint64_t generation, char **ret_text, size_t *ret_len)
{
	struct table_number key = table_number(generation);
	uint8_t hash[ACE_SHA256_LEN];
	struct store_policy policy;
	struct ace_slice value;
	char *text;
	enum ace_err err = store_policy_get(txn, generation, &policy);

	if (!err)
		err = table_get(txn, TABLE_POLICY_TEXTS, table_number_key(&key), &value);
	if (!err)
		err = ace_port_sha256(value, hash);
	if (err)
		return err;
	if (value.len != policy.text_len || memcmp(hash, policy.hash, sizeof(hash)))
		return record_failed(txn, ACE_ERR_MALFORMED, TABLE_POLICY_TEXTS);
	text = malloc(value.len + 1);
	if (!text)
		return ACE_ERR_MEMORY;
	memcpy(text, value.ptr, value.len);
	text[value.len] = '\0';
	*ret_text = text;
	*ret_len = value.len;
	return ACE_OK;
}
