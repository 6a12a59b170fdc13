/* SPDX-License-Identifier: Apache-2.0 */
/* Random revocations, expiries and queries against a model that keeps plain lists and looks each index up, as the text of
 * RFC 9770 6.2 and 9.2 says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "trl_case.h"

#define TOKENS 120
#define VIEWS 5
#define TRIALS 12
#define STEPS 50

static struct as_case c;
static uint32_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

/* --- the model --- */

struct item {
	uint64_t index;
	size_t removed_len, added_len;
	uint64_t tokens[STORE_TRL_HASHES];
};

struct model_view {
	const char *id;
	enum as_peer_kind kind;
	bool is_admin, wrapped;
	struct item items[16]; /* oldest first */
	size_t len;
	uint64_t next_index;
};

static struct model_view views[VIEWS];
static bool on_list[TOKENS + 1], was_revoked[TOKENS + 1];
static struct as_trl_limits limits;

static const char *client_of(uint64_t token)
{
	return token % 3 ? "client-7" : "client-8";
}

static const char *device_of(uint64_t token)
{
	return token % 2 ? "sensor-17" : "sensor-18";
}

static int64_t expiry_of(uint64_t token)
{
	return AS_CASE_IAT + 10 + (int64_t)(token * 37 % 101);
}

static bool sees(const struct model_view *view, uint64_t token)
{
	return view->is_admin || !strcmp(view->kind == AS_PEER_CLIENT ? client_of(token) : device_of(token), view->id);
}

static void model_append(struct model_view *view, const struct item *item)
{
	if (view->len == limits.updates)
		memmove(&view->items[0], &view->items[1], --view->len * sizeof view->items[0]);
	view->items[view->len] = *item;
	view->items[view->len++].index = view->next_index;
	if (view->next_index == limits.index_max) {
		view->next_index = 0;
		view->wrapped = true;
	} else {
		view->next_index++;
	}
}

static void model_change(const uint64_t *tokens, size_t len, bool added)
{
	for (size_t v = 0; v < VIEWS; v++) {
		struct item item = { 0 };
		size_t held = 0;

		for (size_t i = 0; i < len; i++) {
			if (!sees(&views[v], tokens[i]))
				continue;
			item.tokens[held++] = tokens[i];
			item.removed_len = added ? 0 : held;
			item.added_len = added ? held : 0;
			if (held == STORE_TRL_HASHES) {
				model_append(&views[v], &item);
				held = 0;
			}
		}
		if (held)
			model_append(&views[v], &item);
	}
}

/* The position behind the item with that index, else that of the item with the next one; none: SIZE_MAX. */
static size_t model_position(const struct model_view *view, uint64_t index)
{
	uint64_t next = index == limits.index_max ? 0 : index + 1;

	for (size_t i = 0; i < view->len; i++)
		if (view->items[i].index == index)
			return i + 1;
	for (size_t i = 0; i < view->len; i++)
		if (view->items[i].index == next)
			return i;
	return SIZE_MAX;
}

/* --- its answers --- */

static void write_hash(struct ace_cbor_writer *w, uint64_t token)
{
	uint8_t hash[STORE_TOKEN_HASH_LEN] = { 1, (uint8_t)token };

	ace_cbor_write_bstr(w, ACE_SLICE_OF(hash));
}

static void write_items(struct ace_cbor_writer *w, const struct model_view *view, size_t from, size_t to)
{
	ace_cbor_write_uint(w, 1);
	ace_cbor_write_array(w, to - from);
	for (size_t i = to; i > from; i--) {
		const struct item *item = &view->items[i - 1];

		ace_cbor_write_array(w, 2);
		ace_cbor_write_array(w, item->removed_len);
		for (size_t h = 0; h < item->removed_len; h++)
			write_hash(w, item->tokens[h]);
		ace_cbor_write_array(w, item->added_len);
		for (size_t h = 0; h < item->added_len; h++)
			write_hash(w, item->tokens[h]);
	}
}

static void write_ending(struct ace_cbor_writer *w, bool is_null, uint64_t cursor, bool more)
{
	ace_cbor_write_uint(w, 2);
	if (is_null)
		ace_cbor_write_null(w);
	else
		ace_cbor_write_uint(w, cursor);
	ace_cbor_write_uint(w, 3);
	ace_cbor_write_bool(w, more);
}

static void write_error(struct ace_cbor_writer *w, uint64_t error, const struct model_view *view)
{
	ace_cbor_write_map(w, 1);
	ace_cbor_write_uint(w, 1);
	ace_cbor_write_map(w, view ? 2 : 1);
	ace_cbor_write_uint(w, 0);
	ace_cbor_write_uint(w, error);
	if (!view)
		return;
	ace_cbor_write_uint(w, 1);
	if (view->len)
		ace_cbor_write_uint(w, view->items[view->len - 1].index);
	else
		ace_cbor_write_null(w);
}

static void write_full(struct ace_cbor_writer *w, const struct model_view *view)
{
	size_t count = 0;

	for (uint64_t t = 1; t <= TOKENS; t++)
		count += on_list[t] && sees(view, t);
	ace_cbor_write_map(w, 2);
	ace_cbor_write_uint(w, 0);
	ace_cbor_write_array(w, count);
	for (int64_t at = 0; at < 200; at++) /* by expiry, then by number */
		for (uint64_t t = 1; t <= TOKENS; t++)
			if (on_list[t] && sees(view, t) && expiry_of(t) == AS_CASE_IAT + at)
				write_hash(w, t);
	ace_cbor_write_uint(w, 2);
	if (view->len)
		ace_cbor_write_uint(w, view->items[view->len - 1].index);
	else
		ace_cbor_write_null(w);
}

static size_t at_most(size_t len, uint64_t limit)
{
	return len > limit ? (size_t)limit : len;
}

static void write_diff(struct ace_cbor_writer *w, const struct model_view *view, uint64_t diff, const uint64_t *cursor)
{
	uint64_t wanted = diff == 0 || diff > limits.updates ? limits.updates : diff;
	size_t from = view->len - at_most(view->len, wanted), len;

	if (cursor && *cursor > limits.index_max) {
		write_error(w, 0, view);
		return;
	}
	if (cursor && view->len && !view->wrapped && *cursor > view->items[view->len - 1].index) {
		write_error(w, 2, NULL);
		return;
	}
	if (cursor && view->len)
		from = model_position(view, *cursor);
	ace_cbor_write_map(w, 3);
	if (!view->len || from == SIZE_MAX) {
		write_items(w, view, 0, 0);
		write_ending(w, true, 0, view->len != 0);
		return;
	}
	len = at_most(at_most(view->len - from, wanted), limits.page);
	write_items(w, view, from, from + len);
	write_ending(w, false, len ? view->items[from + len - 1].index : *cursor, from + len < view->len);
}

/* --- both --- */

static void ask_both(const struct model_view *view)
{
	uint64_t diff = draw((uint32_t)limits.updates + 3), cursor = draw((uint32_t)limits.index_max + 3);
	uint32_t kind = draw(8);
	uint8_t bytes[4096];
	struct ace_cbor_writer w;
	char query[64] = "";

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	if (kind == 0) {
		write_full(&w, view);
	} else if (kind < 3) {
		snprintf(query, sizeof query, "diff=%u", (unsigned int)diff);
		write_diff(&w, view, diff, NULL);
	} else {
		snprintf(query, sizeof query, "cursor=%u&diff=%u", (unsigned int)cursor, (unsigned int)diff);
		write_diff(&w, view, diff, &cursor);
	}
	as_case_peer(&c, view->kind, view->id);
	trl_case_get(&c, query);
	if (w.len <= sizeof c.job->answer.payload) /* longer lists are a matter of blocks */
		assert_slice_equal(as_case_payload(&c), (struct ace_slice){ bytes, w.len });
}

static void revoke_some(void)
{
	uint64_t tokens[8], taken[8];
	size_t len = 1 + draw(7), taken_len = 0;

	for (size_t i = 0; i < len; i++) {
		tokens[i] = 1 + draw(TOKENS);
		if (was_revoked[tokens[i]] || expiry_of(tokens[i]) <= c.as.batch->now)
			continue;
		was_revoked[tokens[i]] = on_list[tokens[i]] = true;
		taken[taken_len++] = tokens[i];
	}
	model_change(taken, taken_len, true);
	trl_case_revoke(&c, tokens, len, taken_len);
}

static void expire_some(int64_t now)
{
	uint64_t gone[TOKENS];
	size_t len = 0;

	for (int64_t at = 0; at <= now - AS_CASE_IAT; at++)
		for (uint64_t t = 1; t <= TOKENS; t++)
			if (on_list[t] && expiry_of(t) == AS_CASE_IAT + at) {
				on_list[t] = false;
				gone[len++] = t;
			}
	model_change(gone, len, false);
	trl_case_expire(&c, now, len);
}

static enum ace_err add_tokens(struct store_txn *txn, void *arg)
{
	enum ace_err err = ACE_OK;

	(void)arg;
	for (uint64_t t = 1; t <= TOKENS && !err; t++) {
		struct store_token token = { .sequence = t, .issued_at = AS_CASE_IAT, .expires_at = expiry_of(t),
					     .osc_id = t, .hash = { 1, (uint8_t)t } };

		snprintf(token.client, sizeof token.client, "%s", client_of(t));
		snprintf(token.device, sizeof token.device, "%s", device_of(t));
		err = store_token_add(txn, &token);
	}
	return err;
}

static void start_trial(uint32_t trial)
{
	static const struct model_view fresh[VIEWS] = {
		{ .id = "client-7", .kind = AS_PEER_CLIENT },  { .id = "client-8", .kind = AS_PEER_CLIENT },
		{ .id = "sensor-17", .kind = AS_PEER_DEVICE }, { .id = "sensor-18", .kind = AS_PEER_DEVICE },
		{ .id = "client-9", .kind = AS_PEER_CLIENT, .is_admin = true },
	};

	random_state = trial + 1;
	memcpy(views, fresh, sizeof views);
	memset(on_list, 0, sizeof on_list);
	memset(was_revoked, 0, sizeof was_revoked);
	limits = (struct as_trl_limits){ .updates = 1 + draw(6), .page = 1 + draw(5) };
	limits.index_max = trial == 0 ? 3 : limits.updates - 1 + draw(8);
	if (limits.updates > limits.index_max + 1)
		limits.updates = limits.index_max + 1;
	assert_int_equal(as_case_make(&c), 0);
	c.as.batch->now = AS_CASE_IAT;
	c.config.trl = limits;
	c.config.grants = (struct as_rate){ 1000000, 1000000 };
	snprintf(c.config.administrators[0], sizeof c.config.administrators[0], "client-9");
	c.config.administrators_len = 1;
	assert_int_equal(store_write(c.as.store, as_case_fill_administrator, NULL), ACE_OK);
	assert_int_equal(store_write(c.as.store, add_tokens, NULL), ACE_OK);
}

static void random_histories_are_answered_as_by_the_model(void **state)
{
	(void)state;
	for (uint32_t trial = 0; trial < TRIALS; trial++) {
		start_trial(trial);
		for (int step = 0; step < STEPS; step++) {
			if (draw(3))
				revoke_some();
			else
				expire_some(c.as.batch->now += draw(12));
			for (size_t v = 0; v < VIEWS; v++)
				ask_both(&views[v]);
		}
		assert_true(views[4].wrapped);
		as_case_free(&c);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_histories_are_answered_as_by_the_model),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
