/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/files.h"
#include "cli/hex.h"
#include "cli/wireshark.h"

static char dir[] = "/tmp/test_cli_files.XXXXXX";
static char path[64];

static int enter(void **state)
{
	(void)state;
	snprintf(path, sizeof path, "%s/file", dir);
	unlink(path);
	return 0;
}

static void a_secret_is_written_once_with_mode_0600(void **state)
{
	struct cli_bytes bytes;
	struct stat st;

	(void)state;
	assert_int_equal(cli_file_write(path, ACE_LITERAL("one"), CLI_WRITE_NEW, NULL), ACE_OK);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(cli_file_write(path, ACE_LITERAL("two"), CLI_WRITE_NEW, NULL), ACE_ERR_EXISTS);
	assert_int_equal(cli_file_read(path, 10, &bytes, NULL), ACE_OK);
	assert_string_equal((char *)bytes.ptr, "one");
	cli_bytes_free(&bytes);
	assert_int_equal(cli_file_write(path, ACE_LITERAL("three"), CLI_WRITE_REPLACE, NULL), ACE_OK);
	assert_int_equal(cli_file_read(path, 4, &bytes, NULL), ACE_ERR_RANGE);
	assert_int_equal(cli_file_read(path, 5, &bytes, NULL), ACE_OK);
	assert_string_equal((char *)bytes.ptr, "three");
	cli_bytes_free(&bytes);
}

static void missing_places_are_named(void **state)
{
	struct cli_error error;
	struct cli_bytes bytes;

	(void)state;
	assert_int_equal(cli_file_read("/nonexistent/x", 10, &bytes, &error), ACE_ERR_NOT_FOUND);
	assert_non_null(strstr(error.message, "/nonexistent/x"));
	assert_int_equal(cli_file_write("/nonexistent/x", ACE_LITERAL("s"), CLI_WRITE_NEW, &error), ACE_ERR_NOT_FOUND);
	assert_int_equal(cli_file_write("-", ACE_LITERAL("s"), CLI_WRITE_NEW, &error), ACE_ERR_USAGE);
}

static enum ace_err key_of(struct ace_slice text, size_t min, size_t max, struct ace_buf *out)
{
	assert_int_equal(cli_file_write(path, text, CLI_WRITE_REPLACE, NULL), ACE_OK);
	return cli_key_read(path, min, max, out, NULL);
}

static void keys_are_read_raw_or_in_hex(void **state)
{
	uint8_t room[64];
	struct ace_buf out = ACE_BUF_OF(room);

	(void)state;
	assert_int_equal(key_of(ACE_LITERAL("0123456789abcdef"), 16, 16, &out), ACE_OK);
	assert_memory_equal(room, "0123456789abcdef", 16);
	assert_int_equal(key_of(ACE_LITERAL("000102030405060708090A0B0C0D0E0F\n"), 16, 16, &out), ACE_OK);
	assert_int_equal(out.len, 16);
	assert_int_equal(room[15], 15);
	assert_int_equal(key_of(ACE_LITERAL("0123456789abcdef\n"), 16, 16, &out), ACE_ERR_RANGE);
	assert_int_equal(key_of(ACE_LITERAL(""), 16, 16, &out), ACE_ERR_RANGE);
	assert_int_equal(key_of(ACE_LITERAL("any twenty byte long"), 16, 64, &out), ACE_OK);
	assert_int_equal(out.len, 20);
}

static void hex_takes_pairs_of_digits_only(void **state)
{
	uint8_t room[2];
	struct ace_buf out = ACE_BUF_OF(room);
	char text[CLI_HEX_CAP(2)];

	(void)state;
	assert_int_equal(cli_hex_decode("Ff0", 3, &out), ACE_ERR_MALFORMED);
	assert_int_equal(cli_hex_decode("fg", 2, &out), ACE_ERR_MALFORMED);
	assert_int_equal(cli_hex_decode("000000", 6, &out), ACE_ERR_SPACE);
	assert_int_equal(cli_hex_decode("Ff0a", 4, &out), ACE_OK);
	cli_hex_encode(ace_buf_slice(&out), text, sizeof text);
	assert_string_equal(text, "ff0a");
}

static void wireshark_gets_six_fields_and_each_context_once(void **state)
{
	const struct cli_wireshark_context context = {
		.client_id = ACE_LITERAL("\1"), .master_secret = ACE_LITERAL("\2\3"), .alg = 10 };
	const struct cli_wireshark_context other = { .alg = 30 };
	struct cli_bytes bytes;

	(void)state;
	assert_int_equal(cli_wireshark_append(path, &context, NULL), ACE_OK);
	assert_int_equal(cli_wireshark_append(path, &context, NULL), ACE_OK);
	assert_int_equal(cli_wireshark_append(path, &other, NULL), ACE_ERR_UNSUPPORTED);
	assert_int_equal(cli_file_read(path, 1000, &bytes, NULL), ACE_OK);
	assert_string_equal((char *)bytes.ptr, "\"01\",\"\",\"0203\",\"\",\"\",\"AES-CCM-16-64-128 (CCM*)\"\n");
	cli_bytes_free(&bytes);
}

static void a_file_that_everybody_may_read_is_public(void **state)
{
	static const struct { mode_t mode; bool is_public; } cases[] = {
		{ 0600, false }, { 0640, false }, { 0644, true }, { 0604, true },
	};

	(void)state;
	assert_false(cli_file_is_public(path));
	assert_false(cli_file_is_public("-"));
	assert_int_equal(cli_file_write(path, ACE_LITERAL("key"), CLI_WRITE_NEW, NULL), ACE_OK);
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		assert_int_equal(chmod(path, cases[i].mode), 0);
		assert_int_equal(cli_file_is_public(path), cases[i].is_public);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_secret_is_written_once_with_mode_0600, enter),
		cmocka_unit_test_setup(a_file_that_everybody_may_read_is_public, enter),
		cmocka_unit_test_setup(missing_places_are_named, enter),
		cmocka_unit_test_setup(keys_are_read_raw_or_in_hex, enter),
		cmocka_unit_test_setup(hex_takes_pairs_of_digits_only, enter),
		cmocka_unit_test_setup(wireshark_gets_six_fields_and_each_context_once, enter),
	};
	int failed;

	if (!mkdtemp(dir))
		return 1;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	rmdir(dir);
	return failed;
}
