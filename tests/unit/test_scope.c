/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes on a device: text names, what is understood, and what is allowed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "ace_scope.h"
#include "vectors.h"

#define GET ACE_AIF_BIT(ACE_COAP_GET)
#define PUT ACE_AIF_BIT(ACE_COAP_PUT)
#define TEXT(text) ((struct ace_scope){ ACE_SCOPE_TEXT, { (const uint8_t *)(text), strlen(text) } })
#define SLICE(text) ((struct ace_slice){ (const uint8_t *)(text), strlen(text) })

static struct ace_aif_entry hosted[3], reading[1], writing[2];
static struct ace_text_scope names[2];
static struct ace_resources device;

static int configure(void **state)
{
	(void)state;
	hosted[0] = (struct ace_aif_entry){ ACE_LITERAL("/s/temp"), GET };
	hosted[1] = (struct ace_aif_entry){ ACE_LITERAL("/a/led"), GET | PUT };
	hosted[2] = (struct ace_aif_entry){ ACE_LITERAL("/log?full"), GET };
	reading[0] = (struct ace_aif_entry){ ACE_LITERAL("/s/temp"), GET };
	writing[0] = (struct ace_aif_entry){ ACE_LITERAL("/a/led"), PUT };
	writing[1] = (struct ace_aif_entry){ ACE_LITERAL("/log?full"), GET };
	names[0] = (struct ace_text_scope){ ACE_LITERAL("read"), reading, 1 };
	names[1] = (struct ace_text_scope){ ACE_LITERAL("write"), writing, 2 };
	device = (struct ace_resources){ hosted, 3, names, 2 };
	return 0;
}

static struct ace_scope aif(const char *hex)
{
	return (struct ace_scope){ ACE_SCOPE_AIF, vectors_unhex(hex) };
}

static enum ace_access ask(struct ace_scope scope, const char *path, const char *query, uint8_t method)
{
	return ace_scope_access(&scope, &device, SLICE(path), SLICE(query), method);
}

static void text_is_split_at_single_spaces(void **state)
{
	static const struct {
		const char *text;
		size_t names;
		bool whole;
	} samples[] = {
		{ "read", 1, true }, { "read write a", 3, true }, { "", 0, true }, { " read", 0, false },
		{ "read ", 1, false }, { "read  write", 1, false }, { "re\"ad", 0, false }, { "re\\ad", 0, false },
		{ "!#[]~", 1, true }, { "r\303\244d", 0, false }, { "a\tb", 0, false }, { "a b\177", 1, false }, { " ", 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_slice name;
		size_t pos = 0, seen = 0;

		while (ace_scope_text_next(SLICE(samples[i].text), &pos, &name))
			seen++;
		assert_int_equal(seen, samples[i].names);
		assert_int_equal(pos == strlen(samples[i].text), samples[i].whole);
	}
}

static void scope_is_understood_only_when_all_of_it_is(void **state)
{
	static const char *const good[] = { "8182672f732f74656d7001", "80", "8282672f732f74656d700182662f612f6c656405",
					    "8182672f732f74656d70187f", "81826b2f732f74656d703f753d4301",
					    "8182692f6c6f673f66756c6c01", "8182662f612f6c65641b0000000900000002" };
	static const char *const bad[] = { "8182622f7801", "8182672f732f74656d701880", "8182672f732f74656d701b0000008000000000",
					   "8182672f732f74656d7020", "8182642f6c6f6701", "8282672f732f74656d700182622f7801",
					   "81", "a0", "8182672f732f74656d700100", "8182672f732f74656d", "",
					   "8182682f732f74656d703f0100", "8182662f732f74656d01" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(good); i++) {
		struct ace_scope scope = aif(good[i]);

		assert_int_equal(ace_scope_understood(&scope, &device), ACE_OK);
	}
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++) {
		struct ace_scope scope = aif(bad[i]);

		assert_int_equal(ace_scope_understood(&scope, &device), ACE_ERR_SCOPE);
	}
	assert_int_equal(ace_scope_understood(&TEXT("read"), &device), ACE_OK);
	assert_int_equal(ace_scope_understood(&TEXT("write read"), &device), ACE_OK);
	assert_int_equal(ace_scope_understood(&TEXT("read admin"), &device), ACE_ERR_SCOPE);
	assert_int_equal(ace_scope_understood(&TEXT("read "), &device), ACE_ERR_SCOPE);
	assert_int_equal(ace_scope_understood(&TEXT("rea"), &device), ACE_ERR_SCOPE);
	assert_int_equal(ace_scope_understood(&TEXT(""), &device), ACE_ERR_SCOPE);
	assert_int_equal(ace_scope_understood(&(struct ace_scope){ 0 }, &device), ACE_ERR_SCOPE);
}

static void aif_allows_exactly_what_it_lists(void **state)
{
	struct ace_scope scope = aif("8282672f732f74656d700182662f612f6c656405"); /* GET temp; GET, PUT led */

	(void)state;
	assert_int_equal(ask(scope, "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(scope, "/s/temp", "u=C", ACE_COAP_GET), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(scope, "/a/led", "", ACE_COAP_PUT), ACE_ACCESS_ALLOWED);
	for (uint8_t method = ACE_COAP_POST; method <= ACE_COAP_IPATCH; method++)
		assert_int_equal(ask(scope, "/s/temp", "", method), ACE_ACCESS_NO_METHOD);
	assert_int_equal(ask(scope, "/s/temp", "", 0), ACE_ACCESS_NO_METHOD);
	assert_int_equal(ask(scope, "/s/temp", "", 8), ACE_ACCESS_NO_METHOD);
	assert_int_equal(ask(scope, "/s/temp", "", 33), ACE_ACCESS_NO_METHOD);
	assert_int_equal(ask(scope, "/s/temp", "", 255), ACE_ACCESS_NO_METHOD);
	assert_int_equal(ask(scope, "/s/tem", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(scope, "/s/temp/x", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(scope, "/s/temp/", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(scope, "/S/temp", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(scope, "", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(aif("80"), "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
}

static void entry_with_a_query_covers_that_query_only(void **state)
{
	struct ace_scope scope = aif("81826b2f732f74656d703f753d4301"); /* /s/temp?u=C */

	(void)state;
	assert_int_equal(ask(scope, "/s/temp", "u=C", ACE_COAP_GET), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(scope, "/s/temp", "u=F", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(scope, "/s/temp", "u=C&u=F", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(scope, "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
}

static void entries_for_one_path_add_up(void **state)
{
	struct ace_scope scope = aif("8282662f612f6c65640182662f612f6c656404");

	(void)state;
	assert_int_equal(ask(scope, "/a/led", "", ACE_COAP_GET), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(scope, "/a/led", "", ACE_COAP_PUT), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(scope, "/a/led", "", ACE_COAP_POST), ACE_ACCESS_NO_METHOD);
}

static void dynamic_bits_grant_nothing_on_the_path_itself(void **state)
{
	struct ace_scope scope = aif("8182662f612f6c65641b0000000900000002"); /* POST, Dynamic-GET, Dynamic-DELETE */

	(void)state;
	assert_int_equal(ask(scope, "/a/led", "", ACE_COAP_POST), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(scope, "/a/led", "", ACE_COAP_GET), ACE_ACCESS_NO_METHOD);
	assert_int_equal(ask(scope, "/a/led", "", ACE_COAP_DELETE), ACE_ACCESS_NO_METHOD);
}

static void malformed_scope_grants_nothing_not_even_its_good_part(void **state)
{
	(void)state;
	assert_int_equal(ask(aif("8282672f732f74656d7001820101"), "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(aif("8182672f732f74656d700100"), "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(TEXT("read \""), "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask((struct ace_scope){ 0 }, "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
}

static void text_names_grant_what_they_stand_for(void **state)
{
	(void)state;
	assert_int_equal(ask(TEXT("read"), "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(TEXT("read"), "/a/led", "", ACE_COAP_PUT), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(TEXT("read write"), "/a/led", "", ACE_COAP_PUT), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(TEXT("write"), "/a/led", "", ACE_COAP_GET), ACE_ACCESS_NO_METHOD);
	assert_int_equal(ask(TEXT("write"), "/log", "full", ACE_COAP_GET), ACE_ACCESS_ALLOWED);
	assert_int_equal(ask(TEXT("write"), "/log", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
	assert_int_equal(ask(TEXT("admin"), "/s/temp", "", ACE_COAP_GET), ACE_ACCESS_NO_RESOURCE);
}

static void scope_values_are_told_apart_by_their_type(void **state)
{
	static const struct {
		const char *hex;
		enum ace_scope_kind kind;
		enum ace_err err;
	} samples[] = {
		{ "4b8182672f732f74656d7001", ACE_SCOPE_AIF, ACE_OK }, { "6472656164", ACE_SCOPE_TEXT, ACE_OK },
		{ "8182672f732f74656d7001", ACE_SCOPE_ABSENT, ACE_ERR_TYPE }, { "01", ACE_SCOPE_ABSENT, ACE_ERR_TYPE },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(samples); i++) {
		struct ace_slice in = vectors_unhex(samples[i].hex), out;
		struct ace_scope scope = { 0 };
		struct ace_cbor_reader r;
		struct ace_cbor_writer w;
		uint8_t bytes[32];

		ace_cbor_read_init(&r, in);
		assert_int_equal(ace_scope_read(&r, &scope), samples[i].err);
		assert_int_equal(scope.kind, samples[i].kind);
		if (samples[i].err)
			continue;
		ace_cbor_write_init(&w, bytes, sizeof(bytes));
		ace_scope_write(&w, &scope);
		assert_int_equal(ace_cbor_written(&w, &out), ACE_OK);
		assert_slice_equal(out, in);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_is_split_at_single_spaces),
		cmocka_unit_test(scope_is_understood_only_when_all_of_it_is),
		cmocka_unit_test(aif_allows_exactly_what_it_lists),
		cmocka_unit_test(entry_with_a_query_covers_that_query_only),
		cmocka_unit_test(entries_for_one_path_add_up),
		cmocka_unit_test(dynamic_bits_grant_nothing_on_the_path_itself),
		cmocka_unit_test(malformed_scope_grants_nothing_not_even_its_good_part),
		cmocka_unit_test(text_names_grant_what_they_stand_for),
		cmocka_unit_test(scope_values_are_told_apart_by_their_type),
	};

	return cmocka_run_group_tests(tests, configure, vectors_free_all);
}
