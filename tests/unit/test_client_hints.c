/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/hints.h"
#include "parser_walk.h"
#include "profile_vectors.h"

static void hints_read_all_members(void **state)
{
	struct client_hints hints;

	(void)state;
	assert_int_equal(client_hints_read(payload("creation-hints"), &hints), ACE_OK);
	assert_slice_equal(hints.as_uri, ACE_LITERAL("coap://as.example.com/token"));
	assert_slice_equal(hints.audience, ACE_LITERAL("sensor-17"));
	assert_int_equal(hints.scope.kind, ACE_SCOPE_AIF);
	assert_slice_equal(hints.scope.bytes, vectors_unhex("8182672f732f74656d7001"));
	assert_slice_equal(hints.cnonce, vectors_unhex("e0a156bb3f"));
	assert_null(hints.kid.ptr);
}

static void hints_read_as_alone_and_kid(void **state)
{
	struct client_hints hints;

	(void)state;
	assert_int_equal(client_hints_read(payload("creation-hints-minimal"), &hints), ACE_OK);
	assert_null(hints.audience.ptr);
	assert_null(hints.cnonce.ptr);
	assert_int_equal(hints.scope.kind, ACE_SCOPE_ABSENT);
	assert_int_equal(client_hints_read(payload("creation-hints-with-kid"), &hints), ACE_OK);
	assert_slice_equal(hints.kid, vectors_unhex("0001"));
	assert_int_equal(client_hints_read(payload("unprotected-401-no-context"), &hints), ACE_OK);
}

static void hints_read_text_scope_and_pass_unknown_members_over(void **state)
{
	struct client_hints hints;

	(void)state;
	/* {1: "a", 9: "read", 200: [1, 2]} */
	assert_int_equal(client_hints_read(vectors_unhex("a3016161096472656164" "18c8820102"), &hints), ACE_OK);
	assert_int_equal(hints.scope.kind, ACE_SCOPE_TEXT);
	assert_slice_equal(hints.scope.bytes, ACE_LITERAL("read"));
	assert_int_equal(client_hints_read(vectors_unhex("a0"), &hints), ACE_OK);
	assert_null(hints.as_uri.ptr);
}

static void hints_refuse_wrong_types_and_twins(void **state)
{
	static const char *const wrong[] = {
		"a10101",           /* AS a number */
		"a1014161",         /* AS a byte string */
		"a1026161",         /* kid a text */
		"a10541aa",         /* audience a byte string */
		"a10901",           /* scope a number */
		"a1098182612f01",   /* scope AIF without its byte string */
		"a118276161",       /* cnonce a text */
		"a2016161016162",   /* AS twice */
		"80", "01", "6161", "f6",
		"bb7fffffffffffffff", /* a huge map */
		"a1017b7fffffffffffffff61", /* a huge text */
	};
	struct client_hints hints = { .audience = ACE_LITERAL("untouched") };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(wrong); i++)
		assert_true(ACE_ERR_IS_MALFORMED(client_hints_read(vectors_unhex(wrong[i]), &hints)));
	assert_slice_equal(hints.audience, ACE_LITERAL("untouched"));
}

static enum ace_err parse(struct ace_slice bytes)
{
	struct client_hints hints;

	return client_hints_read(bytes, &hints);
}

static void hints_refuse_every_prefix_and_survive_every_bit(void **state)
{
	(void)state;
	parser_walk(parse, payload("creation-hints"));
	parser_walk(parse, payload("creation-hints-with-kid"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hints_read_all_members),
		cmocka_unit_test(hints_read_as_alone_and_kid),
		cmocka_unit_test(hints_read_text_scope_and_pass_unknown_members_over),
		cmocka_unit_test(hints_refuse_wrong_types_and_twins),
		cmocka_unit_test(hints_refuse_every_prefix_and_survive_every_bit),
	};

	return cmocka_run_group_tests(tests, load, unload);
}
