/* SPDX-License-Identifier: Apache-2.0 */
/* Whose an identity is, and what nobody's gets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "ace_port.h"
#include "as/psk.h"
#include "storage/devices.h"
#include "tmp_store.h"

static struct tmp_store tmp;
static struct store_txn *txn;

static struct store_secret secret_of(const char *text)
{
	struct store_secret secret = { .key_len = 16 };

	memcpy(secret.key, text, strlen(text));
	return secret;
}

static void put_client(const char *id, enum store_auth method)
{
	struct store_client client = { .is_enabled = false, .method = method };
	struct store_secret secret = secret_of(id);

	assert_int_equal(store_text_set(id, client.id, sizeof client.id), ACE_OK);
	assert_int_equal(store_client_create(txn, &client, &secret), ACE_OK);
}

static void put_device(const char *id, enum store_auth method, const char *key)
{
	struct store_device device = { .is_enabled = true, .line_method = method,
				       .keys = { { .alg = 10, .kid = { 1 }, .kid_len = 1 } } };
	struct store_secret secret = secret_of(key);

	assert_int_equal(store_text_set(id, device.id, sizeof device.id), ACE_OK);
	assert_int_equal(store_text_set("m", device.model, sizeof device.model), ACE_OK);
	assert_int_equal(store_device_create(txn, &device, &(struct store_key){ .len = 16 },
					     method == STORE_AUTH_NONE ? NULL : &secret), ACE_OK);
}

static int setup(void **state)
{
	(void)state;
	if (tmp_store_make(&tmp) || store_begin_write(tmp.store, &txn))
		return -1;
	put_client("tablet", STORE_AUTH_DTLS_PSK);
	put_client("both", STORE_AUTH_DTLS_PSK);
	put_client("oscore", STORE_AUTH_OSCORE);
	put_client("mixed", STORE_AUTH_OSCORE);
	put_device("both", STORE_AUTH_DTLS_PSK, "device both");
	put_device("mixed", STORE_AUTH_DTLS_PSK, "device mixed");
	put_device("d-oscore", STORE_AUTH_OSCORE, "device oscore");
	put_device("d-none", STORE_AUTH_NONE, "");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	store_abort(txn);
	tmp_store_remove(&tmp);
	return 0;
}

static enum ace_err find(struct ace_slice identity, struct as_psk_owner *ret_owner, struct store_secret *ret_secret)
{
	memset(ret_owner, 0xa5, sizeof *ret_owner);
	memset(ret_secret, 0xa5, sizeof *ret_secret);
	return as_psk_find(txn, identity, TMP_STORE_NOW, ret_owner, ret_secret);
}

static void assert_found_as(const char *identity, const char *id, uint32_t key_version, const char *key)
{
	struct as_psk_owner owner;
	struct store_secret secret;

	assert_int_equal(find((struct ace_slice){ (const uint8_t *)identity, strlen(identity) }, &owner, &secret), ACE_OK);
	assert_string_equal(owner.id, id);
	assert_string_equal(owner.identity, identity);
	assert_int_equal(owner.key_version, key_version);
	assert_true(owner.line > 0);
	assert_int_equal(secret.key_len, 16);
	assert_memory_equal(secret.key, key, strlen(key));
}

static void assert_found(const char *id, const char *key)
{
	assert_found_as(id, id, 1, key);
}

static void assert_nobody(struct ace_slice identity)
{
	struct as_psk_owner owner, owner_before;
	struct store_secret secret;

	assert_int_equal(find(identity, &owner, &secret), ACE_ERR_NOT_FOUND);
	memset(&owner_before, 0xa5, sizeof owner_before);
	assert_memory_equal(&owner, &owner_before, sizeof owner);
	assert_int_equal(secret.key_len, 0xa5);
}

static void an_identity_is_a_client_or_else_a_device(void **state)
{
	(void)state;
	assert_found("tablet", "tablet");
	assert_found("both", "both");
	assert_found("mixed", "device mixed");
}

static void other_methods_have_no_identity(void **state)
{
	(void)state;
	assert_nobody(ACE_LITERAL("oscore"));
	assert_nobody(ACE_LITERAL("d-oscore"));
	assert_nobody(ACE_LITERAL("d-none"));
}

static void what_is_no_id_is_nobody(void **state)
{
	static const uint8_t with_zero[] = "tablet\0x", longest[STORE_ID_MAX + 1] = { 'a' };

	(void)state;
	assert_nobody((struct ace_slice){ 0 });
	assert_nobody((struct ace_slice){ with_zero, 8 });
	assert_nobody((struct ace_slice){ with_zero, 7 });
	assert_nobody((struct ace_slice){ with_zero, 5 });
	assert_nobody(ACE_LITERAL("Tablet"));
	assert_nobody(ACE_LITERAL("tablet "));
	assert_nobody(ACE_LITERAL("\xff\xfe"));
	assert_nobody(ACE_SLICE_OF(longest));
	assert_nobody((struct ace_slice){ longest, STORE_ID_MAX });
}

static void rotate(bool is_device, const char *id, const char *key, int64_t old_until)
{
	struct store_secret secret = secret_of(key);
	struct store_line_rotation rotation = { .id = id, .secret = &secret, .now = TMP_STORE_NOW, .old_until = old_until };
	struct store_client client;
	struct store_device device;

	if (is_device)
		assert_int_equal(store_device_line_rotate(txn, &rotation, &device), ACE_OK);
	else
		assert_int_equal(store_client_rotate(txn, &rotation, &client), ACE_OK);
}

/* A handshake has one key only, and only the identity to tell which. */
static void while_a_key_is_replaced_the_new_one_has_its_version_in_the_identity(void **state)
{
	static const struct {
		bool is_device;
		const char *id, *new_identity, *old_key;
	} cases[] = { { false, "tablet", "tablet/2", "tablet" }, { true, "mixed", "mixed/2", "device mixed" } };
	char identity[AS_PSK_IDENTITY_MAX + 1];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		rotate(cases[i].is_device, cases[i].id, "second", 0);
		as_psk_identity(cases[i].id, 1, identity);
		assert_found_as(identity, cases[i].id, 1, cases[i].old_key);
		as_psk_identity(cases[i].id, 2, identity);
		assert_string_equal(identity, cases[i].new_identity);
		assert_found_as(identity, cases[i].id, 2, "second");
		/* The new one was used: there is no other. */
		assert_int_equal(cases[i].is_device ? store_device_line_settle(txn, cases[i].id) :
						      store_client_settle(txn, cases[i].id), ACE_OK);
		assert_found_as(cases[i].id, cases[i].id, 2, "second");
		assert_found_as(identity, cases[i].id, 2, "second");
		rotate(cases[i].is_device, cases[i].id, "third", TMP_STORE_NOW + 1);
		assert_found_as(identity, cases[i].id, 2, "second");
		/* An end that has come. */
		rotate(cases[i].is_device, cases[i].id, "fourth", TMP_STORE_NOW);
		assert_nobody((struct ace_slice){ (const uint8_t *)identity, strlen(identity) });
		assert_found_as(cases[i].id, cases[i].id, 4, "fourth");
	}
	assert_nobody(ACE_LITERAL("tablet/3"));
}

static void versions_are_written_in_one_way_only(void **state)
{
	static const char *const others[] = { "both/", "both/0", "both/1", "both/02", "both/+2", "both/2 ", "both/2/2", "both/4294967297",
					      "both/4294967296", "/2", "both/18446744073709551617", "both/x" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(others); i++)
		assert_nobody((struct ace_slice){ (const uint8_t *)others[i], strlen(others[i]) });
}

static void a_decoy_stays_and_is_each_identity_s_own(void **state)
{
	static const uint8_t boot_key[AS_PSK_BOOT_KEY_LEN] = { 1 }, next_boot_key[AS_PSK_BOOT_KEY_LEN] = { 2 };
	struct store_secret first, same, other, later;

	(void)state;
	assert_int_equal(as_psk_decoy(boot_key, ACE_LITERAL("nobody"), &first), ACE_OK);
	assert_int_equal(as_psk_decoy(boot_key, ACE_LITERAL("nobody"), &same), ACE_OK);
	assert_int_equal(as_psk_decoy(boot_key, ACE_LITERAL("nobodx"), &other), ACE_OK);
	assert_int_equal(as_psk_decoy(next_boot_key, ACE_LITERAL("nobody"), &later), ACE_OK);
	assert_int_equal(first.key_len, AS_PSK_DECOY_LEN);
	assert_memory_equal(first.key, same.key, AS_PSK_DECOY_LEN);
	assert_memory_not_equal(first.key, other.key, AS_PSK_DECOY_LEN);
	assert_memory_not_equal(first.key, later.key, AS_PSK_DECOY_LEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_is_a_client_or_else_a_device),
		cmocka_unit_test(other_methods_have_no_identity),
		cmocka_unit_test(what_is_no_id_is_nobody),
		cmocka_unit_test(versions_are_written_in_one_way_only),
		cmocka_unit_test(while_a_key_is_replaced_the_new_one_has_its_version_in_the_identity),
		cmocka_unit_test(a_decoy_stays_and_is_each_identity_s_own),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
