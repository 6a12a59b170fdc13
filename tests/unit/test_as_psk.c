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
	return as_psk_find(txn, identity, ret_owner, ret_secret);
}

static void assert_found(const char *id, const char *key)
{
	struct as_psk_owner owner;
	struct store_secret secret;

	assert_int_equal(find((struct ace_slice){ (const uint8_t *)id, strlen(id) }, &owner, &secret), ACE_OK);
	assert_string_equal(owner.id, id);
	assert_int_equal(owner.key_version, 1);
	assert_true(owner.line > 0);
	assert_int_equal(secret.key_len, 16);
	assert_memory_equal(secret.key, key, strlen(key));
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
		cmocka_unit_test(a_decoy_stays_and_is_each_identity_s_own),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
