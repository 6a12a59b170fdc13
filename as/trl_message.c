/* SPDX-License-Identifier: Apache-2.0 */
#include "as/trl_message.h"

#include "ace_registry.h"

static void write_cursor(struct ace_cbor_writer *w, const struct as_trl_plan *plan)
{
	if (plan->is_null)
		ace_cbor_write_null(w);
	else
		ace_cbor_write_uint(w, plan->cursor);
}

static enum ace_err count_hashes(struct store_txn *txn, const struct store_trl_view *view, size_t *ret_count)
{
	struct store_trl_place place = { 0, 0 };
	uint8_t hash[STORE_TOKEN_HASH_LEN];
	size_t count = 0;
	enum ace_err err;

	while (!(err = store_trl_next(txn, view, &place, hash)))
		count++;
	*ret_count = count;
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

/* RFC 9770 7: "full_set" is there also when it is empty. */
static enum ace_err write_full(struct store_txn *txn, const struct store_trl_view *view, const struct as_trl_plan *plan,
			       struct ace_cbor_writer *w)
{
	struct store_trl_place place = { 0, 0 };
	uint8_t hash[STORE_TOKEN_HASH_LEN];
	size_t count;
	enum ace_err err = count_hashes(txn, view, &count);

	ace_cbor_write_map(w, plan->has_cursor ? 2 : 1);
	ace_cbor_write_uint(w, ACE_TRL_FULL_SET);
	if (!err)
		ace_cbor_write_array(w, count);
	for (size_t i = 0; i < count && !err; i++) {
		err = store_trl_next(txn, view, &place, hash);
		if (!err)
			ace_cbor_write_bstr(w, ACE_SLICE_OF(hash));
	}
	if (plan->has_cursor) {
		ace_cbor_write_uint(w, ACE_TRL_CURSOR);
		write_cursor(w, plan);
	}
	return err;
}

static void write_hashes(struct ace_cbor_writer *w, const uint8_t (*hashes)[STORE_TOKEN_HASH_LEN], size_t len)
{
	ace_cbor_write_array(w, len);
	for (size_t i = 0; i < len; i++)
		ace_cbor_write_bstr(w, ACE_SLICE_OF(hashes[i]));
}

/* RFC 9770 8: each entry is [removed, added], the newest update first. */
static enum ace_err write_diff(struct store_txn *txn, const struct store_trl_view *view, const struct as_trl_plan *plan,
			       struct ace_cbor_writer *w)
{
	ace_cbor_write_map(w, plan->has_cursor ? 3 : 1);
	ace_cbor_write_uint(w, ACE_TRL_DIFF_SET);
	ace_cbor_write_array(w, (size_t)plan->count);
	for (uint64_t i = plan->count; i > 0; i--) {
		struct store_trl_update update;
		enum ace_err err = store_trl_update_get(txn, view, plan->first + i - 1, &update);

		if (err)
			return err == ACE_ERR_NOT_FOUND ? ACE_ERR_DAMAGED : err;
		ace_cbor_write_array(w, 2);
		write_hashes(w, (const uint8_t (*)[STORE_TOKEN_HASH_LEN])update.hashes, update.removed_len);
		write_hashes(w, (const uint8_t (*)[STORE_TOKEN_HASH_LEN])update.hashes + update.removed_len,
			     update.added_len);
	}
	if (plan->has_cursor) {
		ace_cbor_write_uint(w, ACE_TRL_CURSOR);
		write_cursor(w, plan);
		ace_cbor_write_uint(w, ACE_TRL_MORE);
		ace_cbor_write_bool(w, plan->more);
	}
	return ACE_OK;
}

enum ace_err as_trl_write(struct store_txn *txn, const struct store_trl_view *view, const struct as_trl_plan *plan,
			  struct ace_cbor_writer *w)
{
	struct ace_slice written;
	enum ace_err err = plan->what == AS_TRL_FULL ? write_full(txn, view, plan, w) : write_diff(txn, view, plan, w);

	return err ? err : ace_cbor_written(w, &written);
}

/* A title for people where nothing else says what is wrong: the diff parameter. */
static bool has_title(const struct as_trl_plan *plan)
{
	return plan->error == AS_TRL_BAD_VALUE && !plan->has_cursor;
}

void as_trl_write_error(const struct as_trl_plan *plan, struct ace_cbor_writer *w)
{
	ace_cbor_write_map(w, has_title(plan) ? 2 : 1);
	ace_cbor_write_uint(w, ACE_PROBLEM_TRL_ERROR);
	ace_cbor_write_map(w, plan->has_cursor ? 2 : 1);
	ace_cbor_write_uint(w, ACE_TRL_ERROR_ID);
	ace_cbor_write_uint(w, plan->error);
	if (plan->has_cursor) {
		ace_cbor_write_uint(w, ACE_TRL_ERROR_CURSOR);
		write_cursor(w, plan);
	}
	if (has_title(plan)) {
		ace_cbor_write_int(w, ACE_PROBLEM_TITLE);
		ace_cbor_write_tstr(w, ACE_LITERAL("Invalid parameter value"));
	}
}
