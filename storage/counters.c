/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/counters.h"

#include <string.h>

#include "storage/decisions.h"
#include "storage/env.h"
#include "storage/record.h"

#define SEQUENCE_BITS 20 /* numbers a second: 2^20 */
#define SENDER_BITS 10
#define SEQUENCE_BLOCK 65536 /* half a second of the highest rate there is */

/* The floor at a moment: its seconds since 2024, with their milliseconds as a fraction, times 2^bits. */
static enum ace_err floor_at(int64_t now_ms, unsigned int bits, uint64_t *ret_floor)
{
	int64_t ms = now_ms - STORE_EPOCH * 1000;
	uint64_t seconds, rest;

	if (ms < 0)
		return ACE_ERR_CLOCK;
	seconds = (uint64_t)ms / 1000;
	rest = (uint64_t)ms % 1000;
	if (seconds >> (64 - bits))
		return ACE_ERR_EXHAUSTED;
	*ret_floor = (seconds << bits) + (rest << bits) / 1000;
	return ACE_OK;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* So that later ids are higher than all that are stored, and than those of the store in whose place this one came. */
static enum ace_err last_decision(struct store_txn *txn, struct counters *counters)
{
	struct store_decision_id id;
	struct ace_slice key, value;
	enum ace_err err = record_number_get(txn, TABLE_COUNTERS, ACE_LITERAL(STORE_DECISION_COUNTER), &counters->decision_ms);

	counters->decision_number = UINT32_MAX;
	if (!err)
		err = table_last(txn, TABLE_DECISIONS, &key, &value);
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	if (key.len != sizeof(id.bytes))
		return record_failed(txn, ACE_ERR_RANGE, TABLE_DECISIONS);
	memcpy(id.bytes, key.ptr, key.len);
	if ((uint64_t)store_decision_id_time_ms(&id) <= counters->decision_ms)
		return ACE_OK;
	counters->decision_ms = (uint64_t)store_decision_id_time_ms(&id);
	counters->decision_number = (uint32_t)id.bytes[6] << 24 | (uint32_t)id.bytes[7] << 16 |
				    (uint32_t)id.bytes[8] << 8 | id.bytes[9];
	return ACE_OK;
}

enum ace_err store_newest_iat(struct store_txn *txn, int64_t *ret_iat)
{
	uint64_t iat;
	enum ace_err err = record_number_get(txn, TABLE_COUNTERS, ACE_LITERAL("iat"), &iat);

	if (!err && iat > INT64_MAX)
		err = record_failed(txn, ACE_ERR_RANGE, TABLE_COUNTERS);
	if (!err)
		*ret_iat = (int64_t)iat;
	return err;
}

static enum ace_err load(struct store_txn *txn, struct counters *counters)
{
	enum ace_err err = record_number_get(txn, TABLE_COUNTERS, ACE_LITERAL("sequence"), &counters->sequence_limit);

	if (!err)
		err = record_number_get(txn, TABLE_COUNTERS, ACE_LITERAL("sender"), &counters->sender_limit);
	if (!err)
		err = store_newest_iat(txn, &counters->iat);
	return err ? err : last_decision(txn, counters);
}

enum ace_err store_counters_start(struct store *store, int64_t now_ms)
{
	struct counters fresh = { .is_started = true };
	uint64_t sequence_floor, sender_floor;
	struct store_txn *txn;
	enum ace_err err;

	if (store->lock_fd < 0 || store->counters.is_started)
		return ACE_ERR_USAGE;
	err = floor_at(now_ms, SEQUENCE_BITS, &sequence_floor);
	if (!err)
		err = floor_at(now_ms, SENDER_BITS, &sender_floor);
	if (!err)
		err = store_begin_read(store, &txn);
	if (err)
		return err;
	err = load(txn, &fresh);
	store_abort(txn);
	if (err)
		return err;
	/* What is stored was reserved, and may have been handed out up to there. */
	fresh.sequence_limit = larger(fresh.sequence_limit, sequence_floor);
	fresh.sequence_next = fresh.sequence_limit;
	fresh.sender_limit = larger(fresh.sender_limit, sender_floor);
	for (size_t i = 0; i < STORE_SENDER_COUNTERS; i++)
		fresh.sender_next[i] = fresh.sender_limit;
	store->counters = fresh;
	return ACE_OK;
}

/* Nothing below limit is handed out before this is on disk. */
static enum ace_err reserve(struct store *store, struct ace_slice name, uint64_t limit)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_write(store, &txn);

	if (err)
		return err;
	err = record_number_put(txn, TABLE_COUNTERS, name, limit);
	if (err) {
		store_abort(txn);
		return err;
	}
	return store_commit(txn);
}

enum ace_err store_clock_check(const struct store *store, int64_t now)
{
	return now < store->counters.iat ? ACE_ERR_CLOCK : ACE_OK;
}

enum ace_err store_sequence_take(struct store *store, int64_t now_ms, uint32_t count, uint64_t *ret_first)
{
	struct counters *c = &store->counters;
	uint64_t floor, end, limit;
	enum ace_err err;

	if (!c->is_started || !count)
		return ACE_ERR_USAGE;
	err = store_clock_check(store, now_ms / 1000);
	if (!err)
		err = floor_at(now_ms, SEQUENCE_BITS, &floor);
	if (err)
		return err;
	if (count > UINT64_MAX - c->sequence_next)
		return ACE_ERR_EXHAUSTED;
	end = c->sequence_next + count;
	if (end > floor)
		return ACE_ERR_BUSY;
	if (end > c->sequence_limit) {
		limit = floor - end > SEQUENCE_BLOCK ? end + SEQUENCE_BLOCK : floor;
		err = reserve(store, ACE_LITERAL("sequence"), limit);
		if (err)
			return err;
		c->sequence_limit = limit;
	}
	*ret_first = c->sequence_next;
	c->sequence_next = end;
	return ACE_OK;
}

/* FNV-1a: spreads, and is the same in each run. */
static size_t counter_of(const char *id)
{
	uint32_t hash = 2166136261u;

	for (; *id; id++)
		hash = (hash ^ (uint8_t)*id) * 16777619u;
	return (hash ^ hash >> 16) % STORE_SENDER_COUNTERS;
}

enum ace_err store_sender_take(struct store *store, const char *id, int64_t now_ms, uint64_t *ret_number)
{
	struct counters *c = &store->counters;
	uint64_t *next = &c->sender_next[counter_of(id)];
	uint64_t floor;
	enum ace_err err;

	if (!c->is_started)
		return ACE_ERR_USAGE;
	err = floor_at(now_ms, SENDER_BITS, &floor);
	if (err)
		return err;
	if (*next > STORE_SENDER_MAX)
		return ACE_ERR_EXHAUSTED;
	if (*next >= floor)
		return ACE_ERR_BUSY;
	if (*next >= c->sender_limit) {
		/* One limit for all counters, and as far as it may go: they use it up a thousand times slower. */
		err = reserve(store, ACE_LITERAL("sender"), floor);
		if (err)
			return err;
		c->sender_limit = floor;
	}
	*ret_number = (*next)++;
	return ACE_OK;
}

enum ace_err store_exi_take(struct store_txn *txn, const char *device_id, int64_t now, uint32_t *ret_number)
{
	char name[4 + STORE_ID_MAX + 1];
	struct ace_slice key = { (const uint8_t *)name, 0 };
	uint64_t last, next;
	int len = snprintf(name, sizeof(name), "exi %s", device_id);
	enum ace_err err;

	if (len < 0 || (size_t)len >= sizeof(name) || len == 4)
		return ACE_ERR_USAGE;
	if (now < STORE_EPOCH)
		return ACE_ERR_CLOCK;
	key.len = (size_t)len;
	err = record_number_get(txn, TABLE_COUNTERS, key, &last);
	if (err)
		return err;
	next = larger(last == UINT64_MAX ? last : last + 1, (uint64_t)(now - STORE_EPOCH));
	if (next > UINT32_MAX)
		return ACE_ERR_EXHAUSTED;
	err = record_number_put(txn, TABLE_COUNTERS, key, next);
	if (!err)
		*ret_number = (uint32_t)next;
	return err;
}

enum ace_err store_decision_id_take(struct store *store, int64_t now_ms, struct store_decision_id *ret_id)
{
	struct counters *c = &store->counters;
	struct table_number ms;

	if (!c->is_started)
		return ACE_ERR_USAGE;
	if (now_ms < 0 || now_ms >> 48)
		return ACE_ERR_CLOCK;
	if ((uint64_t)now_ms > c->decision_ms) {
		c->decision_ms = (uint64_t)now_ms;
		c->decision_number = 0;
	} else if (c->decision_number++ == UINT32_MAX) {
		c->decision_ms++;
	}
	ms = table_number(c->decision_ms);
	memcpy(ret_id->bytes, ms.bytes + 2, 6);
	for (size_t i = 0; i < 4; i++)
		ret_id->bytes[6 + i] = (uint8_t)(c->decision_number >> (24 - 8 * i));
	return ACE_OK;
}
