/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/tokens.h"

#include "storage/env.h"
#include "storage/record.h"

#define ROW_COST 64      /* bytes that a row takes beside its record */
#define LOOKED_AT_MAX 1024 /* rows that one call of store_token_drop() reads at most */

static enum ace_err token_read(struct store_txn *txn, struct ace_slice key, struct ace_slice value,
			       struct store_token *ret_token)
{
	struct store_token token;
	enum ace_err err = record_token_read(value, &token);

	if (!err)
		err = table_key_number(key, &token.sequence);
	if (err)
		return record_failed(txn, err, TABLE_TOKENS);
	*ret_token = token;
	return ACE_OK;
}

/* The highest iat goes to disk with the token that has it. */
static enum ace_err iat_keep(struct store_txn *txn, int64_t issued_at)
{
	int64_t highest = txn->iat > txn->store->counters.iat ? txn->iat : txn->store->counters.iat;
	uint64_t stored;
	enum ace_err err;

	if (issued_at < 0)
		return ACE_ERR_CLOCK;
	/* As most are: of the second of the one before. 0 says that nobody looked yet. */
	if (highest && issued_at == highest)
		return ACE_OK;
	err = record_number_get(txn, TABLE_COUNTERS, ACE_LITERAL("iat"), &stored);
	if (!err && (uint64_t)issued_at < stored)
		err = ACE_ERR_CLOCK;
	if (!err)
		err = record_number_put(txn, TABLE_COUNTERS, ACE_LITERAL("iat"), (uint64_t)issued_at);
	if (!err)
		txn->iat = issued_at;
	return err;
}

static bool is_update(const struct store_token *token)
{
	return token->osc_id != token->sequence;
}

/* First tokens are their own latest, and have no row: most tokens cost one row. */
static enum ace_err series_keep(struct store_txn *txn, const struct store_token *token)
{
	struct table_number key = table_number(token->osc_id);

	return is_update(token) ? record_number_put(txn, TABLE_SERIES, table_number_key(&key), token->sequence) : ACE_OK;
}

/* The row goes with the token that it names. */
static enum ace_err series_drop(struct store_txn *txn, const struct store_token *token)
{
	struct table_number key = table_number(token->osc_id);
	uint64_t latest;
	enum ace_err err;

	if (!is_update(token))
		return ACE_OK;
	err = record_number_get(txn, TABLE_SERIES, table_number_key(&key), &latest);
	return err || latest != token->sequence ? err : table_delete(txn, TABLE_SERIES, table_number_key(&key));
}

enum ace_err store_token_add(struct store_txn *txn, const struct store_token *token)
{
	struct table_number key = table_number(token->sequence);
	uint8_t bytes[RECORD_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err;

	if (!token->client[0] || !token->device[0])
		return ACE_ERR_USAGE;
	err = record_token_write(token, &out);
	if (!err)
		err = table_charge(txn, out.len + (is_update(token) ? 2 * ROW_COST : ROW_COST));
	if (!err)
		err = iat_keep(txn, token->issued_at);
	if (!err)
		err = table_append(txn, TABLE_TOKENS, table_number_key(&key), ace_buf_slice(&out));
	return err ? err : series_keep(txn, token);
}

enum ace_err store_token_get(struct store_txn *txn, uint64_t sequence, struct store_token *ret_token)
{
	struct table_number key = table_number(sequence);
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_TOKENS, table_number_key(&key), &value);

	return err ? err : token_read(txn, table_number_key(&key), value, ret_token);
}

enum ace_err store_token_latest(struct store_txn *txn, uint64_t osc_id, struct store_token *ret_token)
{
	struct table_number key = table_number(osc_id);
	struct store_token token;
	uint64_t latest;
	enum ace_err err = record_number_get(txn, TABLE_SERIES, table_number_key(&key), &latest);

	if (!err)
		err = store_token_get(txn, latest ? latest : osc_id, &token);
	/* An update brings no material of its own. */
	if (!err && token.osc_id != osc_id)
		err = ACE_ERR_NOT_FOUND;
	if (!err)
		*ret_token = token;
	return err;
}

enum ace_err store_token_next(struct store_txn *txn, uint64_t after, struct store_token *ret_token)
{
	struct table_number number = table_number(after);
	struct ace_slice key, value;
	enum ace_err err = table_next(txn, TABLE_TOKENS, table_number_key(&number), &key, &value);

	return err ? err : token_read(txn, key, value, ret_token);
}

enum ace_err store_token_count(struct store_txn *txn, uint64_t *ret_count)
{
	uint64_t bytes;

	return table_count(txn, TABLE_TOKENS, ret_count, &bytes);
}

enum ace_err store_token_drop(struct store_txn *txn, int64_t now, uint64_t *position, size_t *ret_dropped)
{
	struct store_token token;
	uint64_t at = *position;
	size_t dropped = 0;
	enum ace_err err = ACE_OK;

	for (int i = 0; i < LOOKED_AT_MAX && dropped < STORE_DROP_ROWS; i++) {
		struct table_number key;

		err = store_token_next(txn, at, &token);
		if (err)
			break;
		at = token.sequence;
		if (token.expires_at >= now)
			continue;
		key = table_number(at);
		err = table_delete(txn, TABLE_TOKENS, table_number_key(&key));
		if (!err)
			err = series_drop(txn, &token);
		if (err)
			return err;
		dropped++;
	}
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	*position = err ? 0 : at;
	*ret_dropped = dropped;
	return ACE_OK;
}
