/* SPDX-License-Identifier: Apache-2.0 */
/* Memory for keys: what the kernel says of it, and what is left in it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>
#include <openssl/crypto.h>

#include "ace_port.h"
#include "ace_port_host.h"
#include "port/secret.h"

#define KEY_LEN 40

static bool is_locked;

static bool has_word(const char *line, const char *word)
{
	const char *found = strstr(line, word);

	return found && found[-1] == ' ' && (found[2] == ' ' || found[2] == '\n');
}

/* The flags of the mapping that an address is in: smaps has a head line for each, and VmFlags at its end. */
static void flags_of(const void *memory, char *ret_line, size_t cap)
{
	FILE *file = fopen("/proc/self/smaps", "r");
	unsigned long from = 0, to = 0, at = (unsigned long)(uintptr_t)memory;
	char line[512];
	bool is_found = false;

	assert_non_null(file);
	while (!is_found && fgets(line, sizeof line, file)) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			continue;
		is_found = !strncmp(line, "VmFlags:", 8) && at >= from && at < to;
	}
	fclose(file);
	assert_true(is_found);
	snprintf(ret_line, cap, "%s", line);
}

static int open_arena(void **state)
{
	(void)state;
	if (!ace_port_host_secret_prepare())
		return -1;
	return ace_port_host_secret_open(1 << 16, &is_locked) ? -1 : 0;
}

static void keys_are_left_out_of_core_dumps(void **state)
{
	uint8_t *key = ace_port_host_secret_new(KEY_LEN);
	char flags[512];
	void *other = malloc(KEY_LEN);

	(void)state;
	assert_non_null(key);
	flags_of(key, flags, sizeof flags);
	assert_true(has_word(flags, "dd"));
	flags_of(other, flags, sizeof flags);
	assert_false(has_word(flags, "dd"));
	free(other);
	ace_port_host_secret_free(key, KEY_LEN);
}

static void keys_are_never_swapped_if_the_limit_allows_it(void **state)
{
	uint8_t *key = ace_port_host_secret_new(KEY_LEN);
	char flags[512];

	(void)state;
	assert_non_null(key);
	flags_of(key, flags, sizeof flags);
	assert_int_equal(has_word(flags, "lo"), is_locked);
	ace_port_host_secret_free(key, KEY_LEN);
}

static void a_key_is_gone_when_it_is_given_back(void **state)
{
	uint8_t *key = ace_port_host_secret_new(KEY_LEN), secret[KEY_LEN];
	size_t kept = 0;

	(void)state;
	assert_non_null(key);
	assert_int_equal(ace_port_random(secret, sizeof secret), ACE_OK);
	memcpy(key, secret, sizeof secret);
	ace_port_host_secret_free(key, KEY_LEN);
	/* The arena stays mapped; the heap keeps a list in the first bytes of what is free. */
	for (size_t i = 16; i < sizeof secret; i++)
		kept += key[i] != 0;
	assert_int_equal(kept, 0);
}

static void what_comes_next_begins_as_zeroes(void **state)
{
	(void)state;
	for (int round = 0; round < 3; round++) {
		uint8_t *key = ace_port_host_secret_new(KEY_LEN);

		assert_non_null(key);
		for (size_t i = 0; i < KEY_LEN; i++)
			assert_int_equal(key[i], 0);
		memset(key, 0xa5, KEY_LEN);
		ace_port_host_secret_free(key, KEY_LEN);
	}
}

/* OpenSSL resizes what it has wherever it happens to be. */
static void what_grows_stays_where_keys_lie(void **state)
{
	char flags[512];
	uint8_t *key;

	(void)state;
	port_secret_scope(true);
	key = OPENSSL_realloc(NULL, KEY_LEN); /* as good a way to begin as any */
	port_secret_scope(false);
	flags_of(key, flags, sizeof flags);
	assert_true(has_word(flags, "dd"));
	key = OPENSSL_realloc(key, 10 * KEY_LEN);
	assert_non_null(key);
	flags_of(key, flags, sizeof flags);
	assert_true(has_word(flags, "dd"));
	OPENSSL_free(key);
}

static void what_is_for_keys_alone_never_comes_from_elsewhere(void **state)
{
	void *more;

	(void)state;
	port_secret_scope(true);
	more = OPENSSL_malloc(1 << 20);
	port_secret_scope(false);
	assert_null(more);
}

static void what_does_not_fit_is_refused(void **state)
{
	(void)state;
	assert_null(ace_port_host_secret_new(1 << 20));
	ace_port_host_secret_free(NULL, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys_are_left_out_of_core_dumps),
		cmocka_unit_test(keys_are_never_swapped_if_the_limit_allows_it),
		cmocka_unit_test(a_key_is_gone_when_it_is_given_back),
		cmocka_unit_test(what_comes_next_begins_as_zeroes),
		cmocka_unit_test(what_grows_stays_where_keys_lie),
		cmocka_unit_test(what_is_for_keys_alone_never_comes_from_elsewhere),
		cmocka_unit_test(what_does_not_fit_is_refused),
	};

	return cmocka_run_group_tests(tests, open_arena, NULL);
}
