/* SPDX-License-Identifier: Apache-2.0 */
/* AIF: the vectors of RFC 9237 in both directions, malformed arrays, canonical order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "ace_scope.h"
#include "vectors.h"

static enum ace_err read_all(struct ace_slice in, struct ace_aif_entry *entries, size_t cap, size_t *ret_len)
{
	struct ace_aif_reader it;
	struct ace_aif_entry entry;

	*ret_len = 0;
	ace_aif_read_init(&it, in);
	while (ace_aif_read_next(&it, &entry))
		if (*ret_len < cap)
			entries[(*ret_len)++] = entry;
	return ace_aif_read_finish(&it);
}

static void every_vector_is_read_and_written_again(void **state)
{
	json_t *root = vectors_load("ace-oscore-profile"), *list = json_object_get(root, "aif"), *item;
	struct ace_aif_entry entries[8];
	size_t i, len;

	(void)state;
	assert_int_equal(json_array_size(list), 7);
	json_array_foreach(list, i, item) {
		struct ace_slice want = vectors_hex(item, "aif"), got;
		struct ace_cbor_writer w;
		uint8_t bytes[128];

		assert_int_equal(read_all(want, entries, 8, &len), ACE_OK);
		ace_cbor_write_init(&w, bytes, sizeof(bytes));
		ace_aif_write(&w, entries, len);
		assert_int_equal(ace_cbor_written(&w, &got), ACE_OK);
		assert_slice_equal(got, want);
	}
	json_decref(root);
}

static void rfc9237_figure_5_says_what_it_says(void **state)
{
	struct ace_aif_entry entries[3];
	size_t len;

	(void)state;
	assert_int_equal(read_all(vectors_unhex("8382672f732f74656d700182662f612f6c65640582652f64746c7302"), entries, 3, &len),
			 ACE_OK);
	assert_int_equal(len, 3);
	assert_slice_equal(entries[1].path, ACE_LITERAL("/a/led"));
	assert_true(entries[1].methods == (ACE_AIF_BIT(ACE_COAP_GET) | ACE_AIF_BIT(ACE_COAP_PUT)));
	assert_true(entries[2].methods == ACE_AIF_BIT(ACE_COAP_POST));
}

static void what_is_no_aif_is_refused(void **state)
{
	static const struct {
		const char *hex;
		enum ace_err err;
	} samples[] = {
		{ "", ACE_ERR_TRUNCATED }, { "a0", ACE_ERR_TYPE }, { "8101", ACE_ERR_TYPE }, { "8180", ACE_ERR_SCOPE },
		{ "8181622f78", ACE_ERR_SCOPE }, { "8183622f780102", ACE_ERR_SCOPE }, { "8182422f7801", ACE_ERR_TYPE },
		{ "8182622f7820", ACE_ERR_TYPE }, { "8182622f78f93c00", ACE_ERR_TYPE }, { "8182622f780100", ACE_ERR_TRAILING },
		{ "818262ff7801", ACE_ERR_MALFORMED }, { "9f9f622f7801ffff", ACE_OK }, { "9f9f622f78ffff", ACE_ERR_SCOPE },
		{ "9f9fffff", ACE_ERR_SCOPE }, { "8281622f788101", ACE_ERR_SCOPE }, { "83622f780182", ACE_ERR_TRUNCATED },
	};
	struct ace_aif_entry entries[4];
	size_t len;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++)
		assert_int_equal(read_all(vectors_unhex(samples[i].hex), entries, 4, &len), samples[i].err);
}

static void every_truncation_is_refused(void **state)
{
	struct ace_slice whole = vectors_unhex("8282672f732f74656d700182662f612f6c656405");
	struct ace_aif_entry entries[4];
	size_t got;

	(void)state;
	for (size_t len = 0; len < whole.len; len++)
		assert_int_equal(read_all((struct ace_slice){ whole.ptr, len }, entries, 4, &got), ACE_ERR_TRUNCATED);
}

static void canonical_entries_are_sorted_and_merged(void **state)
{
	struct ace_aif_entry entries[] = {
		{ ACE_LITERAL("/b"), 1 }, { ACE_LITERAL("/a/x"), 2 }, { ACE_LITERAL("/a"), 4 }, { ACE_LITERAL("/b"), 8 },
		{ ACE_LITERAL(""), 1 }, { ACE_LITERAL("/\303\274"), 1 }, { ACE_LITERAL("/a"), 4 },
	};

	(void)state;
	assert_int_equal(ace_aif_canonicalize(entries, ACE_ARRAY_LEN(entries)), 5);
	assert_slice_equal(entries[0].path, ACE_LITERAL(""));
	assert_slice_equal(entries[1].path, ACE_LITERAL("/a"));
	assert_true(entries[1].methods == 4);
	assert_slice_equal(entries[2].path, ACE_LITERAL("/a/x"));
	assert_slice_equal(entries[3].path, ACE_LITERAL("/b"));
	assert_true(entries[3].methods == 9);
	assert_slice_equal(entries[4].path, ACE_LITERAL("/\303\274"));
	assert_int_equal(ace_aif_canonicalize(entries, 0), 0);
}

static void long_lists_are_sorted_too(void **state)
{
	enum { COUNT = 500 };
	static char texts[COUNT][8];
	static struct ace_aif_entry entries[COUNT];

	(void)state;
	for (unsigned i = 0; i < COUNT; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]), "/%04u", i * 173 % 250);
		entries[i] = (struct ace_aif_entry){ { (const uint8_t *)texts[i], 5 }, i < COUNT / 2 ? 1 : 2 };
	}
	assert_int_equal(ace_aif_canonicalize(entries, COUNT), 250);
	for (unsigned i = 0; i < 250; i++) {
		char want[8];

		(void)snprintf(want, sizeof(want), "/%04u", i);
		assert_memory_equal(entries[i].path.ptr, want, 5);
		assert_true(entries[i].methods == 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_vector_is_read_and_written_again),
		cmocka_unit_test(rfc9237_figure_5_says_what_it_says),
		cmocka_unit_test(what_is_no_aif_is_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(canonical_entries_are_sorted_and_merged),
		cmocka_unit_test(long_lists_are_sorted_too),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
