/* SPDX-License-Identifier: Apache-2.0 */
/* The CoAP writer's limits, and paths and queries as text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ace_coap.h"
#include "vectors.h"

static void writer_measures_and_never_writes_past_its_buffer(void **state)
{
	size_t need = 0;

	(void)state;
	for (size_t cap = 0; cap <= 29; cap++) {
		uint8_t *bytes = malloc(cap ? cap : 1);
		struct ace_coap_writer w;
		struct ace_slice written;

		ace_coap_write_init(&w, cap ? bytes : NULL, cap);
		ace_coap_write_header(&w, &(struct ace_coap_header){ 0, ACE_COAP_GET, 1, ACE_LITERAL("t") });
		ace_coap_write_path(&w, ACE_LITERAL("/temperature/now"));
		ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, 0);
		ace_coap_write_payload(&w, ACE_LITERAL("12345"));
		need = w.len;
		assert_int_equal(ace_coap_written(&w, &written), cap < need ? ACE_ERR_SPACE : ACE_OK);
		free(bytes);
	}
	assert_int_equal(need, 4 + 1 + 1 + 11 + 1 + 3 + 1 + 6);
}

static enum ace_err misuse(int which)
{
	uint8_t bytes[256];
	struct ace_coap_writer w;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	if (which == 0)
		ace_coap_write_header(&w, &(struct ace_coap_header){ .token = ACE_LITERAL("123456789") });
	ace_coap_write_option(&w, which == 1 ? 65536 : 12, ACE_LITERAL(""));
	if (which == 2)
		ace_coap_write_option(&w, 11, ACE_LITERAL(""));
	if (which == 3)
		ace_coap_write_option(&w, 12, (struct ace_slice){ bytes, 65535 + 270 });
	ace_coap_write_payload(&w, ACE_LITERAL("x"));
	if (which == 4)
		ace_coap_write_payload(&w, ACE_LITERAL("x"));
	if (which == 5)
		ace_coap_write_option(&w, 65535, ACE_LITERAL(""));
	return ace_coap_written(&w, &written);
}

static void writer_remembers_misuse(void **state)
{
	(void)state;
	for (int which = 0; which < 6; which++)
		assert_int_equal(misuse(which), ACE_ERR_USAGE);
	assert_int_equal(misuse(6), ACE_OK);
}

static void option_uint_is_written_in_its_shortest_form(void **state)
{
	static const struct {
		uint32_t value;
		const char *encoded;
	} cases[] = { { 0, "c0" }, { 1, "c101" }, { 255, "c1ff" }, { 256, "c20100" }, { 65536, "c3010000" },
		      { UINT32_MAX, "c4ffffffff" } };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		uint8_t bytes[8];
		struct ace_coap_writer w;
		struct ace_slice written;

		ace_coap_write_init(&w, bytes, sizeof bytes);
		ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, cases[i].value);
		assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
		assert_slice_equal(written, vectors_unhex(cases[i].encoded));
	}
}

/* Options of that path, then the text that they give again. */
static void assert_path(struct ace_slice path, struct ace_slice want)
{
	uint8_t bytes[128], text_bytes[64];
	struct ace_buf text = ACE_BUF_OF(text_bytes);
	struct ace_coap_writer w;
	struct ace_slice options;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_path(&w, path);
	assert_int_equal(ace_coap_written(&w, &options), ACE_OK);
	assert_int_equal(ace_coap_uri_path(options, &text), ACE_OK);
	assert_slice_equal(ace_buf_slice(&text), want);
	for (size_t cap = 0; cap < want.len; cap++) {
		uint8_t *exact = malloc(cap ? cap : 1);

		text = (struct ace_buf){ exact, cap, 0 };
		assert_int_equal(ace_coap_uri_path(options, &text), ACE_ERR_SPACE);
		assert_int_equal(text.len, 0);
		free(exact);
	}
}

static void path_comes_back_as_it_was_written(void **state)
{
	(void)state;
	assert_path(ACE_LITERAL(""), ACE_LITERAL("/"));
	assert_path(ACE_LITERAL("/"), ACE_LITERAL("/"));
	assert_path(ACE_LITERAL("/s/temp"), ACE_LITERAL("/s/temp"));
	assert_path(ACE_LITERAL("s/temp"), ACE_LITERAL("/s/temp"));
	assert_path(ACE_LITERAL("/a//b/"), ACE_LITERAL("/a//b/"));
	assert_path(ACE_LITERAL("/..."), ACE_LITERAL("/..."));
}

/* RFC 7252 5.10.1: "The value of a Uri-Path Option MUST NOT be "." or ".."." The rest could be read in two ways. */
static void ambiguous_segments_are_refused(void **state)
{
	static const char *const paths[] = { "b3612f62", "b26100", "b12e", "b22e2e", "b161022e2e", "b100" };
	static const char *const queries[] = { "d302612662", "d10200", "d2026100" };
	uint8_t bytes[64];

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(paths); i++) {
		struct ace_buf text = ACE_BUF_OF(bytes);

		assert_int_equal(ace_coap_uri_path(vectors_unhex(paths[i]), &text), ACE_ERR_MALFORMED);
		assert_int_equal(text.len, 0);
	}
	for (size_t i = 0; i < ACE_ARRAY_LEN(queries); i++) {
		struct ace_buf text = ACE_BUF_OF(bytes);

		assert_int_equal(ace_coap_uri_query(vectors_unhex(queries[i]), &text), ACE_ERR_MALFORMED);
	}
}

static void query_joins_its_arguments(void **state)
{
	uint8_t bytes[8];
	struct ace_buf text = ACE_BUF_OF(bytes);
	struct ace_slice options = vectors_unhex("b173" "43613d31" "0162" "0163"); /* path s; a=1, b, c */

	(void)state;
	bytes[0] = '?';
	text.len = 1; /* appended */
	assert_int_equal(ace_coap_uri_query(options, &text), ACE_OK);
	assert_slice_equal(ace_buf_slice(&text), ACE_LITERAL("?a=1&b&c"));
	text = (struct ace_buf){ bytes, 6, 0 };
	assert_int_equal(ace_coap_uri_query(options, &text), ACE_ERR_SPACE);
	text = (struct ace_buf){ bytes, 0, 0 };
	assert_int_equal(ace_coap_uri_query(vectors_unhex("b173"), &text), ACE_OK);
	assert_int_equal(text.len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(writer_measures_and_never_writes_past_its_buffer, vectors_free_all),
		cmocka_unit_test(writer_remembers_misuse),
		cmocka_unit_test_teardown(option_uint_is_written_in_its_shortest_form, vectors_free_all),
		cmocka_unit_test_teardown(path_comes_back_as_it_was_written, vectors_free_all),
		cmocka_unit_test_teardown(ambiguous_segments_are_refused, vectors_free_all),
		cmocka_unit_test_teardown(query_joins_its_arguments, vectors_free_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
