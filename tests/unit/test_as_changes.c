/* SPDX-License-Identifier: Apache-2.0 */
/* Nothing that is kept of a client or device outlives its change: what is found is what the store says, each time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "as/changes.h"
#include "storage/device_keys.h"
#include "tmp_store.h"

static struct tmp_store tmp;
static struct as_server as;

static int begin(void **state)
{
	(void)state;
	if (tmp_store_make(&tmp))
		return -1;
	as = (struct as_server){ .store = tmp.store };
	return as_peer_table_init(&as.peers, 4) || as_device_cache_init(&as.devices, 4);
}

static int end(void **state)
{
	(void)state;
	as_peer_table_fini(&as.peers);
	as_device_cache_fini(&as.devices);
	tmp_store_remove(&tmp);
	return 0;
}

static struct ace_slice text_slice(const char *text)
{
	return (struct ace_slice){ (const uint8_t *)text, strlen(text) };
}

/* Each in a transaction of its own, as acectl does it. */
#define WRITE(call)                                                                                                    \
	do {                                                                                                           \
		struct store_txn *txn;                                                                                 \
		assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);                                          \
		assert_int_equal((call), ACE_OK);                                                                      \
		assert_int_equal(store_commit(txn), ACE_OK);                                                           \
	} while (0)

static struct store_device add_device(const char *id, const char *alias)
{
	struct store_device device = { .is_enabled = true, .model = "thermo",
				       .keys = { { .alg = ACE_ALG_CCM_16_64_128, .kid = { 1 }, .kid_len = 1 } } };
	struct store_key key = { .bytes = { 1 }, .len = 16 };

	strncat(device.id, id, STORE_ID_MAX);
	strncat(device.audience, alias, STORE_AUDIENCE_MAX);
	WRITE(store_device_create(txn, &device, &key, NULL));
	return device;
}

/* What a batch sees: the model, the first byte of the key, or "" when there is no such device. */
static const char *seen_model(const char *name, uint8_t *ret_key)
{
	static char model[STORE_ID_MAX + 1];
	const struct as_device *device;
	struct store_txn *txn;
	enum ace_err err;

	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(as_changes_follow(&as, txn), ACE_OK);
	err = as_device_find(&as, txn, text_slice(name), &device);
	model[0] = '\0';
	if (err)
		assert_int_equal(err, ACE_ERR_NOT_FOUND);
	else
		assert_int_equal(store_text_set(device->model, model, sizeof model), ACE_OK);
	if (!err && ret_key)
		*ret_key = device->keys[0].bytes[0];
	store_abort(txn);
	return model;
}

static void a_device_is_kept_and_found_by_id_and_alias(void **state)
{
	const struct as_device *kept;

	(void)state;
	add_device("thermo-101", "temp.101");
	assert_null(as_device_cache_find(&as.devices, text_slice("thermo-101")));
	assert_string_equal(seen_model("thermo-101", NULL), "thermo");
	kept = as_device_cache_find(&as.devices, text_slice("thermo-101"));
	assert_non_null(kept);
	assert_ptr_equal(as_device_cache_find(&as.devices, text_slice("temp.101")), kept);
	assert_string_equal(kept->audience, "temp.101");
	assert_null(as_device_cache_find(&as.devices, text_slice("thermo-10")));
	assert_null(as_device_cache_find(&as.devices, text_slice("thermo-1011")));
	assert_null(as_device_cache_find(&as.devices, (struct ace_slice){ (const uint8_t *)"thermo-101", 11 }));
	assert_null(as_device_cache_find(&as.devices, (struct ace_slice){ NULL, 0 }));
}

static void a_changed_device_is_read_again(void **state)
{
	struct store_device device = add_device("thermo-101", "");

	(void)state;
	assert_string_equal(seen_model("thermo-101", NULL), "thermo");
	device.model[0] = 'T';
	WRITE(store_device_update(txn, &device));
	assert_string_equal(seen_model("thermo-101", NULL), "Thermo");
}

static void a_new_token_key_is_used_at_once(void **state)
{
	struct store_device device = add_device("thermo-101", "");
	struct store_key key = { .bytes = { 2 }, .len = 16 };
	uint8_t byte = 0;

	(void)state;
	seen_model("thermo-101", &byte);
	assert_int_equal(byte, 1);
	WRITE(store_device_rekey(txn, &(struct store_key_step){ device.id, TMP_STORE_NOW }, ACE_ALG_CCM_16_64_128, &key, &device));
	seen_model("thermo-101", &byte);
	assert_int_equal(byte, 2);
}

static void a_deleted_device_and_an_alias_that_moved_are_gone(void **state)
{
	struct store_device device = add_device("thermo-101", "temp"), other;

	(void)state;
	assert_string_equal(seen_model("temp", NULL), "thermo");
	device.audience[0] = '\0';
	WRITE(store_device_update(txn, &device));
	assert_string_equal(seen_model("temp", NULL), "");
	other = add_device("thermo-102", "temp");
	other.model[0] = 'O';
	WRITE(store_device_update(txn, &other));
	assert_string_equal(seen_model("temp", NULL), "Ohermo");
	assert_string_equal(seen_model("thermo-101", NULL), "thermo");
	WRITE(store_device_delete(txn, "thermo-101"));
	assert_string_equal(seen_model("thermo-101", NULL), "");
	assert_string_equal(seen_model("thermo-102", NULL), "Ohermo");
}

/* An import, and changes that were dropped before anybody looked. */
static void many_changes_at_once_forget_everything(void **state)
{
	struct store_device device = add_device("thermo-101", "");

	(void)state;
	assert_string_equal(seen_model("thermo-101", NULL), "thermo");
	device.model[0] = 'T';
	WRITE(store_device_update(txn, &device));
	as.changes_seen += 5; /* as if an older state had been put in place */
	assert_string_equal(seen_model("thermo-101", NULL), "Thermo");
	device.model[0] = 'U';
	for (int i = 0; i < 5; i++)
		WRITE(store_device_update(txn, &device));
	WRITE(store_device_update(txn, &device));
	as.changes_seen = 0; /* as if these were more than are followed one by one, or gone */
	assert_string_equal(seen_model("thermo-101", NULL), "Uhermo");
}

static void what_was_added_first_makes_room(void **state)
{
	static const char *const ids[] = { "a", "b", "c", "d", "e" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(ids); i++) {
		add_device(ids[i], "");
		assert_string_equal(seen_model(ids[i], NULL), "thermo");
	}
	assert_null(as_device_cache_find(&as.devices, text_slice("a")));
	for (size_t i = 1; i < ACE_ARRAY_LEN(ids); i++)
		assert_non_null(as_device_cache_find(&as.devices, text_slice(ids[i])));
	as_device_cache_drop(&as.devices, "c");
	as_device_cache_drop(&as.devices, "nobody");
	assert_null(as_device_cache_find(&as.devices, text_slice("c")));
	assert_non_null(as_device_cache_find(&as.devices, text_slice("d")));
	as_device_cache_clear(&as.devices);
	assert_null(as_device_cache_find(&as.devices, text_slice("d")));
}

static void a_changed_client_is_forgotten_and_others_stay(void **state)
{
	struct store_client clients[2] = { { .id = "anna", .method = STORE_AUTH_OSCORE },
					   { .id = "bert", .method = STORE_AUTH_OSCORE } };
	struct store_secret secret = { .key = { 1 }, .key_len = 16 };
	struct as_peer *peers[2];
	struct store_txn *reader;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		WRITE(store_client_create(txn, &clients[i], &secret));
		assert_int_equal(as_peer_add(&as.peers, clients[i].line, 0, &peers[i]), ACE_OK);
	}
	assert_int_equal(store_begin_read(tmp.store, &reader), ACE_OK);
	assert_int_equal(as_changes_follow(&as, reader), ACE_OK);
	store_abort(reader);
	for (size_t i = 0; i < 2; i++)
		peers[i]->client = as_client_new(&clients[i]);
	assert_string_equal(peers[1]->client->id, "bert");
	clients[0].is_enabled = true;
	WRITE(store_client_update(txn, &clients[0]));
	assert_int_equal(store_begin_read(tmp.store, &reader), ACE_OK);
	assert_int_equal(as_changes_follow(&as, reader), ACE_OK);
	assert_null(peers[0]->client);
	assert_non_null(peers[1]->client);
	as.changes_seen += 1000;
	assert_int_equal(as_changes_follow(&as, reader), ACE_OK);
	assert_null(peers[1]->client);
	store_abort(reader);
}

static void a_block_holds_all_texts_and_tags(void **state)
{
	struct store_client record = { .id = "anna", .default_audience = "thermo", .default_scope = "read",
				       .key_version = 7, .is_enabled = true, .ticket_expires = 5 };
	struct ace_tag tags[] = { { "role", "technician" }, { "site", "" } };
	struct as_client *client;

	(void)state;
	assert_int_equal(store_tags_set(&(struct ace_tags){ tags, 2 }, &record.tags), ACE_OK);
	client = as_client_new(&record);
	assert_non_null(client);
	memset(&record, 0xff, sizeof record);
	assert_string_equal(client->id, "anna");
	assert_string_equal(client->default_audience, "thermo");
	assert_string_equal(client->default_scope, "read");
	assert_int_equal(client->tags.len, 2);
	assert_string_equal(client->tags.list[0].key, "role");
	assert_string_equal(client->tags.list[0].value, "technician");
	assert_string_equal(client->tags.list[1].key, "site");
	assert_string_equal(client->tags.list[1].value, "");
	assert_int_equal(client->key_version, 7);
	assert_int_equal(client->ticket_expires, 5);
	as_client_free(client);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_device_is_kept_and_found_by_id_and_alias, begin, end),
		cmocka_unit_test_setup_teardown(a_changed_device_is_read_again, begin, end),
		cmocka_unit_test_setup_teardown(a_new_token_key_is_used_at_once, begin, end),
		cmocka_unit_test_setup_teardown(a_deleted_device_and_an_alias_that_moved_are_gone, begin, end),
		cmocka_unit_test_setup_teardown(many_changes_at_once_forget_everything, begin, end),
		cmocka_unit_test_setup_teardown(what_was_added_first_makes_room, begin, end),
		cmocka_unit_test_setup_teardown(a_changed_client_is_forgotten_and_others_stay, begin, end),
		cmocka_unit_test(a_block_holds_all_texts_and_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
