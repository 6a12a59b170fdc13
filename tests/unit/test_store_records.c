/* SPDX-License-Identifier: Apache-2.0 */
/* Clients, devices, policies, tokens, decisions and changes, through a real store. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage/changes.h"
#include "storage/clients.h"
#include "storage/counters.h"
#include "storage/decisions.h"
#include "storage/devices.h"
#include "storage/meta.h"
#include "storage/policies.h"
#include "storage/tokens.h"
#include "tmp_store.h"

#define NOW_MS (TMP_STORE_NOW * 1000)

static struct tmp_store tmp;
static struct store_txn *txn;

static int setup(void **state)
{
	(void)state;
	return tmp_store_make(&tmp);
}

static int teardown(void **state)
{
	(void)state;
	tmp_store_remove(&tmp);
	return 0;
}

static void write_begin(void)
{
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
}

static void commit_and_reopen(void)
{
	assert_int_equal(store_commit(txn), ACE_OK);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	write_begin();
}

static const struct store_secret sample_secret = { "0123456789abcdef", 16, "saltsalt", 8 };

static struct store_client sample_client(const char *id)
{
	static const struct ace_tag list[] = { { "role", "technician" }, { "site", "b7" } };
	struct store_client client = { .is_enabled = true, .method = STORE_AUTH_OSCORE, .created = TMP_STORE_NOW };

	assert_int_equal(store_text_set(id, client.id, sizeof(client.id)), ACE_OK);
	assert_int_equal(store_text_set("climate.read", client.default_scope, sizeof(client.default_scope)), ACE_OK);
	assert_int_equal(store_tags_set(&(struct ace_tags){ list, 2 }, &client.tags), ACE_OK);
	return client;
}

static void a_client_comes_back_as_it_was(void **state)
{
	struct store_client in = sample_client("tech-anna"), out;
	struct store_secret secret;
	struct ace_tag list[STORE_TAGS_MAX];
	struct ace_tags tags;
	enum store_kind kind;
	char id[STORE_ID_MAX + 1];
	uint64_t count;

	(void)state;
	write_begin();
	assert_int_equal(store_client_create(txn, &in, &sample_secret), ACE_OK);
	assert_int_equal(in.line, 1);
	assert_int_equal(store_client_create(txn, &in, &sample_secret), ACE_ERR_EXISTS);
	commit_and_reopen();
	assert_int_equal(store_client_get(txn, "tech-anna", &out), ACE_OK);
	assert_string_equal(out.id, in.id);
	assert_true(out.is_enabled);
	assert_int_equal(out.line, 1);
	assert_int_equal(out.key_version, 1);
	assert_int_equal(out.created, TMP_STORE_NOW);
	assert_string_equal(out.default_scope, "climate.read");
	tags = store_tags_view(&out.tags, list);
	assert_int_equal(tags.len, 2);
	assert_string_equal(tags.list[1].key, "site");
	assert_string_equal(tags.list[1].value, "b7");
	assert_int_equal(store_client_secret(txn, &out, &secret), ACE_OK);
	assert_memory_equal(&secret, &sample_secret, sizeof(secret));
	assert_int_equal(store_line_find(txn, 1, &kind, id), ACE_OK);
	assert_int_equal(kind, STORE_CLIENT);
	assert_string_equal(id, "tech-anna");
	assert_int_equal(store_client_count(txn, &count), ACE_OK);
	assert_int_equal(count, 1);
	store_abort(txn);
}

static void a_rotated_secret_replaces_the_old_one(void **state)
{
	struct store_client client = sample_client("bo"), before, after;
	struct store_secret secret = { "fedcba9876543210", 16, "salt", 4 };

	(void)state;
	write_begin();
	assert_int_equal(store_client_create(txn, &client, &sample_secret), ACE_OK);
	assert_int_equal(store_client_get(txn, "bo", &before), ACE_OK);
	assert_int_equal(store_client_rekey(txn, "bo", &secret, 77), ACE_OK);
	assert_int_equal(store_client_get(txn, "bo", &after), ACE_OK);
	assert_int_equal(after.key_version, 2);
	assert_int_equal(after.line, before.line);
	assert_int_equal(after.ticket_expires, 77);
	assert_int_equal(store_client_secret(txn, &before, &secret), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_client_secret(txn, &after, &secret), ACE_OK);
	assert_memory_equal(secret.key, "fedcba9876543210", 16);
	store_abort(txn);
}

static void an_update_leaves_line_and_key_alone_and_a_deletion_leaves_nothing(void **state)
{
	struct store_client client = sample_client("bo"), out;
	enum store_kind kind;
	char id[STORE_ID_MAX + 1];

	(void)state;
	write_begin();
	assert_int_equal(store_client_create(txn, &client, &sample_secret), ACE_OK);
	client.is_enabled = false;
	client.line = 99;
	client.key_version = 99;
	client.created = 5;
	assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_client_get(txn, "bo", &out), ACE_OK);
	assert_false(out.is_enabled);
	assert_int_equal(out.line, 1);
	assert_int_equal(out.key_version, 1);
	assert_int_equal(out.created, TMP_STORE_NOW);
	assert_int_equal(store_client_delete(txn, "bo"), ACE_OK);
	assert_int_equal(store_client_get(txn, "bo", &out), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_line_find(txn, 1, &kind, id), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_client_delete(txn, "bo"), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_client_create(txn, &client, &sample_secret), ACE_OK);
	assert_int_equal(client.line, 2);
	store_abort(txn);
}

static void clients_are_walked_in_the_order_of_their_ids(void **state)
{
	static const char *const ids[] = { "c", "a", "b" };
	struct store_client client;

	(void)state;
	write_begin();
	for (size_t i = 0; i < 3; i++) {
		client = sample_client(ids[i]);
		assert_int_equal(store_client_create(txn, &client, &sample_secret), ACE_OK);
	}
	client.id[0] = '\0';
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(store_client_next(txn, client.id, &client), ACE_OK);
		assert_int_equal(client.id[0], 'a' + (int)i);
	}
	assert_int_equal(store_client_next(txn, client.id, &client), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

static struct store_device sample_device(const char *id, const char *alias)
{
	struct store_device device = { .is_enabled = true, .created = TMP_STORE_NOW,
				       .keys = { { .alg = 10, .kid = { 1 }, .kid_len = 1 } } };

	assert_int_equal(store_text_set(id, device.id, sizeof(device.id)), ACE_OK);
	assert_int_equal(store_text_set(alias, device.audience, sizeof(device.audience)), ACE_OK);
	assert_int_equal(store_text_set("thermo-v2", device.model, sizeof(device.model)), ACE_OK);
	return device;
}

static const struct store_key sample_key = { "0123456789abcdef", 16 };

static void a_device_is_found_by_id_and_by_alias(void **state)
{
	struct store_device in = sample_device("thermo-101", "coap://thermo-101.example"), out;
	struct store_secret secret;
	struct store_key key;

	(void)state;
	in.line_method = STORE_AUTH_OSCORE;
	write_begin();
	assert_int_equal(store_device_create(txn, &in, &sample_key, &sample_secret), ACE_OK);
	commit_and_reopen();
	assert_int_equal(store_device_find(txn, ACE_LITERAL("thermo-101"), &out), ACE_OK);
	assert_int_equal(store_device_find(txn, ACE_LITERAL("coap://thermo-101.example"), &out), ACE_OK);
	assert_string_equal(out.id, "thermo-101");
	assert_string_equal(out.model, "thermo-v2");
	assert_int_equal(out.keys_len, 1);
	assert_int_equal(out.keys[0].alg, 10);
	assert_int_equal(out.line, 1);
	assert_int_equal(store_device_key(txn, &out, 0, &key), ACE_OK);
	assert_int_equal(key.len, 16);
	assert_memory_equal(key.bytes, sample_key.bytes, 16);
	assert_int_equal(store_device_line_secret(txn, &out, &secret), ACE_OK);
	assert_memory_equal(&secret, &sample_secret, sizeof(secret));
	assert_int_equal(store_device_find(txn, ACE_LITERAL("nobody"), &out), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

static void ids_and_aliases_are_one_space_of_names(void **state)
{
	struct store_device a = sample_device("a", "alias-a"), b = sample_device("alias-a", ""), c = sample_device("c", "a");

	(void)state;
	write_begin();
	assert_int_equal(store_device_create(txn, &a, &sample_key, NULL), ACE_OK);
	assert_int_equal(store_device_create(txn, &b, &sample_key, NULL), ACE_ERR_EXISTS);
	assert_int_equal(store_device_create(txn, &c, &sample_key, NULL), ACE_ERR_EXISTS);
	assert_int_equal(store_text_set("other", a.audience, sizeof(a.audience)), ACE_OK);
	assert_int_equal(store_device_update(txn, &a), ACE_OK);
	assert_int_equal(store_device_find(txn, ACE_LITERAL("alias-a"), &b), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_device_find(txn, ACE_LITERAL("other"), &b), ACE_OK);
	assert_int_equal(store_device_delete(txn, "a"), ACE_OK);
	assert_int_equal(store_device_find(txn, ACE_LITERAL("other"), &b), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

static void policy_generations_count_up_and_keep_their_text(void **state)
{
	struct store_policy policy = { .applied_at = TMP_STORE_NOW, .author = "root", .message = "first" }, out;
	uint64_t generation;
	char *text;
	size_t len;

	(void)state;
	write_begin();
	assert_int_equal(store_policy_current(txn, &generation), ACE_OK);
	assert_int_equal(generation, 0);
	assert_int_equal(store_policy_add(txn, ACE_LITERAL("{\"a\":1}"), &policy), ACE_OK);
	assert_int_equal(store_policy_add(txn, ACE_LITERAL("{\"a\":2}"), &policy), ACE_OK);
	assert_int_equal(policy.generation, 2);
	commit_and_reopen();
	assert_int_equal(store_policy_get(txn, 1, &out), ACE_OK);
	assert_string_equal(out.message, "first");
	assert_int_equal(store_policy_text(txn, 1, &text, &len), ACE_OK);
	assert_string_equal(text, "{\"a\":1}");
	assert_int_equal(len, 7);
	free(text);
	assert_int_equal(store_policy_text(txn, 3, &text, &len), ACE_ERR_NOT_FOUND);
	store_abort(txn);
}

static void changes_are_seen_in_order_and_lost_ones_are_noticed(void **state)
{
	struct store_client client = sample_client("anna");
	struct store_change change;
	uint64_t last;

	(void)state;
	write_begin();
	assert_int_equal(store_change_next(txn, 0, &change), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_client_create(txn, &client, &sample_secret), ACE_OK);
	assert_int_equal(store_change_next(txn, 0, &change), ACE_OK);
	assert_int_equal(change.kind, STORE_CLIENT);
	assert_string_equal(change.id, "anna");
	assert_int_equal(change.number, client.line);
	assert_int_equal(store_change_next(txn, 1, &change), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_change_next(txn, 2, &change), ACE_ERR_EXHAUSTED);
	for (int i = 0; i < STORE_CHANGES_KEPT + 10; i++)
		assert_int_equal(store_client_update(txn, &client), ACE_OK);
	assert_int_equal(store_change_last(txn, &last), ACE_OK);
	assert_int_equal(last, STORE_CHANGES_KEPT + 11);
	assert_int_equal(store_change_next(txn, 1, &change), ACE_ERR_EXHAUSTED);
	assert_int_equal(store_change_next(txn, last - 1, &change), ACE_OK);
	store_abort(txn);
}

static void the_heartbeat_and_the_info_come_back(void **state)
{
	struct store_heartbeat in = { .pid = 7, .seen_at = 9, .version = "0.1.0", .listen = "coap://127.0.0.1:5683" }, out;
	struct store_info info;

	(void)state;
	write_begin();
	assert_int_equal(store_heartbeat_get(txn, &out), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_heartbeat_put(txn, &in), ACE_OK);
	assert_int_equal(store_heartbeat_get(txn, &out), ACE_OK);
	assert_memory_equal(&in, &out, sizeof(in));
	assert_int_equal(store_info_get(txn, &info), ACE_OK);
	assert_string_equal(info.issuer, "coap://as.example");
	assert_string_equal(info.as_uri, "coap://as.example/token");
	assert_int_equal(info.schema, STORE_SCHEMA);
	store_abort(txn);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_client_comes_back_as_it_was, setup, teardown),
		cmocka_unit_test_setup_teardown(a_rotated_secret_replaces_the_old_one, setup, teardown),
		cmocka_unit_test_setup_teardown(an_update_leaves_line_and_key_alone_and_a_deletion_leaves_nothing, setup,
						teardown),
		cmocka_unit_test_setup_teardown(clients_are_walked_in_the_order_of_their_ids, setup, teardown),
		cmocka_unit_test_setup_teardown(a_device_is_found_by_id_and_by_alias, setup, teardown),
		cmocka_unit_test_setup_teardown(ids_and_aliases_are_one_space_of_names, setup, teardown),
		cmocka_unit_test_setup_teardown(policy_generations_count_up_and_keep_their_text, setup, teardown),
		cmocka_unit_test_setup_teardown(changes_are_seen_in_order_and_lost_ones_are_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(the_heartbeat_and_the_info_come_back, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
