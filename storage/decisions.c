/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/decisions.h"

#include <string.h>

#include "storage/env.h"
#include "storage/record.h"

#define ROW_COST 64 /* bytes that a row takes beside its record */
#define TIME_LEN 6  /* of an id: 48 bits */

static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* 80 bits are exactly 16 digits of 5 bits. */
void store_decision_id_text(const struct store_decision_id *id, char ret_text[STORE_DECISION_TEXT_LEN + 1])
{
	ret_text[0] = 'D';
	ret_text[1] = '-';
	for (size_t i = 0; i < 16; i++) {
		size_t bit = 5 * i, byte = bit / 8;
		unsigned int pair = (unsigned int)id->bytes[byte] << 8;

		if (byte + 1 < STORE_DECISION_ID_LEN)
			pair |= id->bytes[byte + 1];
		ret_text[2 + i] = digits[pair >> (11 - bit % 8) & 31];
	}
	ret_text[STORE_DECISION_TEXT_LEN] = '\0';
}

/* The value of a digit, or 32. */
static unsigned int digit_value(char c)
{
	const char *at;

	if (c >= 'a' && c <= 'z')
		c = (char)(c - 'a' + 'A');
	if (c == 'O')
		c = '0';
	if (c == 'I' || c == 'L')
		c = '1';
	at = c ? strchr(digits, c) : NULL;
	return at ? (unsigned int)(at - digits) : 32;
}

enum ace_err store_decision_id_parse(const char *text, struct store_decision_id *ret_id)
{
	struct store_decision_id id = { { 0 } };

	if (strlen(text) != STORE_DECISION_TEXT_LEN || (text[0] != 'D' && text[0] != 'd') || text[1] != '-')
		return ACE_ERR_MALFORMED;
	for (size_t i = 0; i < 16; i++) {
		unsigned int value = digit_value(text[2 + i]);
		size_t bit = 5 * i, byte = bit / 8;

		if (value == 32)
			return ACE_ERR_MALFORMED;
		value <<= 11 - bit % 8;
		id.bytes[byte] |= (uint8_t)(value >> 8);
		if (byte + 1 < STORE_DECISION_ID_LEN)
			id.bytes[byte + 1] |= (uint8_t)value;
	}
	*ret_id = id;
	return ACE_OK;
}

int64_t store_decision_id_time_ms(const struct store_decision_id *id)
{
	int64_t ms = 0;

	for (size_t i = 0; i < TIME_LEN; i++)
		ms = ms << 8 | id->bytes[i];
	return ms;
}

void store_decision_id_before(int64_t time_ms, struct store_decision_id *ret_id)
{
	uint64_t time = time_ms > 0 ? (uint64_t)time_ms - 1 : 0;

	memset(ret_id, time_ms > 0 ? 0xff : 0, sizeof *ret_id);
	for (size_t i = TIME_LEN; i-- > 0; time >>= 8)
		ret_id->bytes[i] = (uint8_t)time;
}

static struct ace_slice id_slice(const struct store_decision_id *id)
{
	return ACE_SLICE_OF(id->bytes);
}

static enum ace_err decision_read(struct store_txn *txn, struct ace_slice key, struct ace_slice value,
				  struct store_decision *ret_decision)
{
	struct store_decision decision;
	enum ace_err err = record_decision_read(value, &decision);

	if (!err && key.len != STORE_DECISION_ID_LEN)
		err = ACE_ERR_RANGE;
	if (err)
		return record_failed(txn, err, TABLE_DECISIONS);
	memcpy(decision.id.bytes, key.ptr, key.len);
	*ret_decision = decision;
	return ACE_OK;
}

enum ace_err store_decision_add(struct store_txn *txn, const struct store_decision *decision)
{
	uint8_t bytes[RECORD_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = record_decision_write(decision, &out);

	if (!err)
		err = table_charge(txn, out.len + ROW_COST);
	if (!err)
		err = table_append(txn, TABLE_DECISIONS, id_slice(&decision->id), ace_buf_slice(&out));
	return err;
}

enum ace_err store_decision_join(struct store_txn *txn, const struct store_decision_id *id, uint32_t more,
				 int64_t last_at_ms)
{
	struct store_decision decision;
	uint8_t bytes[RECORD_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err = store_decision_get(txn, id, &decision);

	if (err)
		return err;
	decision.count = more > UINT32_MAX - decision.count ? UINT32_MAX : decision.count + more;
	if (last_at_ms > decision.last_at_ms)
		decision.last_at_ms = last_at_ms;
	err = record_decision_write(&decision, &out);
	if (!err)
		err = table_charge(txn, out.len + ROW_COST);
	if (!err)
		err = table_put(txn, TABLE_DECISIONS, id_slice(id), ace_buf_slice(&out));
	return err;
}

enum ace_err store_decision_get(struct store_txn *txn, const struct store_decision_id *id,
				struct store_decision *ret_decision)
{
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_DECISIONS, id_slice(id), &value);

	return err ? err : decision_read(txn, id_slice(id), value, ret_decision);
}

enum ace_err store_decision_next(struct store_txn *txn, const struct store_decision_id *after,
				 struct store_decision *ret_decision)
{
	struct ace_slice key, value;
	enum ace_err err = table_next(txn, TABLE_DECISIONS, id_slice(after), &key, &value);

	return err ? err : decision_read(txn, key, value, ret_decision);
}

enum ace_err store_decision_count(struct store_txn *txn, uint64_t *ret_count, uint64_t *ret_bytes)
{
	return table_count(txn, TABLE_DECISIONS, ret_count, ret_bytes);
}

/* The oldest one, and whether it has to leave. */
static enum ace_err oldest(struct store_txn *txn, const struct store_decision_limits *limits,
			   struct store_decision *ret_decision, bool *ret_due)
{
	uint64_t count, bytes;
	enum ace_err err = store_decision_count(txn, &count, &bytes);

	*ret_due = false;
	if (err || count < 2)
		return err;
	err = store_decision_next(txn, &(struct store_decision_id){ { 0 } }, ret_decision);
	if (!err)
		*ret_due = store_decision_id_time_ms(&ret_decision->id) < limits->before_ms ||
			   bytes > limits->bytes_max;
	return err;
}

enum ace_err store_decision_due(struct store_txn *txn, const struct store_decision_limits *limits, bool *ret_due)
{
	struct store_decision decision;

	return oldest(txn, limits, &decision, ret_due);
}

enum ace_err store_decision_drop(struct store_txn *txn, const struct store_decision_limits *limits, size_t *ret_dropped)
{
	struct store_decision decision;
	size_t dropped;

	for (dropped = 0; dropped < STORE_DROP_ROWS; dropped++) {
		bool due;
		enum ace_err err = oldest(txn, limits, &decision, &due);

		if (!err && !due)
			break;
		if (!err)
			err = table_delete(txn, TABLE_DECISIONS, id_slice(&decision.id));
		if (err)
			return err;
	}
	*ret_dropped = dropped;
	return ACE_OK;
}
