/* SPDX-License-Identifier: Apache-2.0 */
/* The authz-info cases of the specification that no published payload exists for, each made from a published token
 * by changes to its claims, its envelope, or the body around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "authz_case.h"

#define EDITS 3
#define HEX_MAX 1024

/* In hex, at the first place where from stands; from NULL: append. */
struct edit {
	const char *from, *to;
};

struct made_case {
	const char *name, *expect;
	const char *mode;      /* NULL: base */
	const char *token;     /* the token of the vectors whose claims are changed; NULL: T1, T2 in an update */
	const char *plaintext; /* instead of claims */
	int32_t alg;           /* of the envelope; 0: as agreed */
	enum ace_cose_layout layout;
	bool is_update;
	struct edit claims[EDITS], envelope[EDITS], body[EDITS];
};

static struct fixture f;
static json_t *file;

/* Parts of the claims of T1 and T2, and of the body. */
#define MAP_9 "a9"
#define MAP_8 "a8"
#define AUD "036973656e736f722d3137"
#define OTHER_AUD "036973656e736f722d3138"
#define EXP_T1 "041a6955c710"
#define EXP_T2 "041a6955c968"
#define EXP_NOW "041a6955b90a"
#define SCOPE "094b8182672f732f74656d7001"
#define OSC_START "a3004200010250"
#define OSC_SALT "05485a17c0de5a17c0de"
#define CNF_OSC "08a104a3004200010250" "7b1c2f5d8e9a40b3c6d7e8f90a1b2c3d" OSC_SALT
#define NONCE1 "182848018a278f7faab55a"
#define ID1 "182b421645"

static const struct made_case cases[] = {
	{ .name = "not-a-map", .expect = "4.00", .body = { { "a301", "8601" } } },
	{ .name = "trailing-bytes", .expect = "4.00", .body = { { NULL, "00" } } },
	{ .name = "no-nonce1", .expect = "4.00", .body = { { "a301", "a201" }, { NONCE1, "" } } },
	{ .name = "nonce1-wrong-type", .expect = "4.00", .body = { { NONCE1, "182801" } } },
	{ .name = "tampered-tag", .expect = "4.01", .body = { { "f74182848", "f75182848" } } },
	{ .name = "protected-reencoded", .expect = "4.01", .envelope = { { "56a3010a04", "57a301180a04" } } },
	{ .name = "alg-mismatch", .expect = "4.01", .alg = ACE_ALG_CCM_16_128_128 },
	{ .name = "plaintext-not-cbor", .expect = "4.00", .plaintext = "ff1c00" },
	{ .name = "expires-now", .expect = "4.01", .claims = { { EXP_T1, EXP_NOW } } },
	{ .name = "bad-aud", .expect = "4.03", .claims = { { AUD, OTHER_AUD } } },
	{ .name = "unknown-text-scope", .expect = "4.00", .claims = { { SCOPE, "09657772697465" } } },
	{ .name = "no-scope", .expect = "4.00", .claims = { { MAP_9, MAP_8 }, { SCOPE, "" } } },
	{ .name = "aud-before-scope", .expect = "4.03", .claims = { { AUD, OTHER_AUD }, { SCOPE, "09657772697465" } } },
	{ .name = "cnf-kid-unprotected", .expect = "4.00", .claims = { { CNF_OSC, "08a103420001" } } },
	{ .name = "osc-unknown-member", .expect = "4.00",
	  .claims = { { OSC_START, "a4004200010250" }, { OSC_SALT, OSC_SALT "0700" } } },
	{ .name = "osc-version-2", .expect = "4.00", .claims = { { OSC_START, "a40042000101020250" } } },
	{ .name = "no-lifetime", .expect = "4.00", .claims = { { MAP_9, MAP_8 }, { EXP_T1, "" } } },
	{ .name = "exi-old-sequence", .expect = "4.01", .mode = "exi-highest-expired-41", .token = "T3",
	  .claims = { { "313700000029", "313700000028" } } },
	{ .name = "cnonce-stale", .expect = "4.01", .mode = "cnonce", .token = "T3" },
	{ .name = "trl-nonminimal-tag", .expect = "4.01", .mode = "trl", .envelope = { { "d83dd083", "d9003dd083" } } },
	{ .name = "update-wrong-kid", .expect = "4.01", .is_update = true,
	  .claims = { { "08a10342000109", "08a10342000209" } } },
	{ .name = "update-expired", .expect = "4.01", .is_update = true, .claims = { { EXP_T2, EXP_NOW } } },
	{ .name = "unknown-cnf-member-ignored", .expect = "2.01",
	  .claims = { { "08a104a3", "08a204a3" }, { OSC_SALT, OSC_SALT "18c8f5" } } },
	{ .name = "indefinite-length-map", .expect = "2.01", .body = { { "a301", "bf01" }, { NULL, "ff" } } },
	{ .name = "tag16-token-without-trl", .expect = "2.01", .layout = ACE_COSE_RFC8392 },
	{ .name = "empty-id1", .expect = "2.01", .body = { { ID1, "182b40" } } },
};

static void edit_apply(const char *name, const struct edit *edit, char *hex)
{
	char rest[HEX_MAX];
	char *at = edit->from ? strstr(hex, edit->from) : hex + strlen(hex);
	size_t from_len = edit->from ? strlen(edit->from) : 0;

	if (!at)
		fail_msg("%s: %s is not in %s", name, edit->from, hex);
	assert_true(strlen(hex) + strlen(edit->to) < HEX_MAX);
	snprintf(rest, sizeof rest, "%s", at + from_len);
	snprintf(at, HEX_MAX - (size_t)(at - hex), "%s%s", edit->to, rest);
}

static void edits_apply(const char *name, const struct edit edits[EDITS], char *hex)
{
	for (size_t i = 0; i < EDITS && edits[i].to; i++)
		edit_apply(name, &edits[i], hex);
}

static void hex_of(struct ace_slice bytes, char ret_hex[HEX_MAX])
{
	assert_true(2 * bytes.len < HEX_MAX);
	ret_hex[0] = '\0';
	for (size_t i = 0; i < bytes.len; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", bytes.ptr[i]);
}

static void make_envelope(const struct made_case *c, const json_t *token, char ret_hex[HEX_MAX])
{
	uint8_t bytes[HEX_MAX / 2];
	struct ace_buf out = ACE_BUF_OF(bytes);
	char claims[HEX_MAX];

	snprintf(claims, sizeof claims, "%s", c->plaintext ? c->plaintext : vectors_text(token, "claims"));
	edits_apply(c->name, c->claims, claims);
	assert_int_equal(ace_cose_seal(&(struct ace_cose_seal_input){
		.layout = c->layout, .alg = c->alg ? c->alg : ACE_ALG_CCM_16_64_128,
		.key = { .bytes = vectors_hex(token, "key") }, .kid = vectors_hex(token, "kid"),
		.iv = vectors_hex(token, "iv"), .plaintext = vectors_unhex(claims) }, &out), ACE_OK);
	hex_of(ace_buf_slice(&out), ret_hex);
	edits_apply(c->name, c->envelope, ret_hex);
}

/* The members and values of the published post around a token. */
static void make_body(const struct made_case *c, const char *token_hex, char ret_hex[HEX_MAX])
{
	uint8_t bytes[HEX_MAX / 2];
	struct ace_cbor_writer w;
	struct ace_slice body;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 3);
	ace_cbor_write_uint(&w, ACE_PARAM_ACCESS_TOKEN);
	ace_cbor_write_bstr(&w, vectors_unhex(token_hex));
	ace_cbor_write_raw(&w, vectors_unhex(NONCE1 ID1));
	assert_int_equal(ace_cbor_written(&w, &body), ACE_OK);
	hex_of(body, ret_hex);
	edits_apply(c->name, c->body, ret_hex);
}

static void made(const struct made_case *c, struct authz_case *ret_case)
{
	const char *name = c->token ? c->token : c->is_update ? "T2" : "T1";
	const json_t *token = json_object_get(json_object_get(file, "tokens"), name);
	char envelope[HEX_MAX], body[HEX_MAX];

	make_envelope(c, token, envelope);
	make_body(c, envelope, body);
	*ret_case = (struct authz_case){ .name = c->name, .expect = c->expect, .mode = c->mode ? c->mode : "base",
					 .is_update = c->is_update, .payload = vectors_unhex(body) };
}

static int start(void **state)
{
	(void)state;
	file = vectors_load("ace-oscore-profile");
	return 0;
}

static int stop(void **state)
{
	json_decref(file);
	return vectors_free_all(state);
}

/* Without a change the way of making a body gives the published one: what a case shows is its change alone. */
static void an_unchanged_case_is_the_published_post(void **state)
{
	struct authz_case c;

	(void)state;
	made(&(struct made_case){ .name = "unchanged", .expect = "2.01" }, &c);
	assert_slice_equal(c.payload, vectors_hex(authz_case_message(file, "authz-info-request"), "payload"));
	authz_case_run(&f, file, &c);
	made(&(struct made_case){ .name = "unchanged update", .expect = "2.01", .is_update = true }, &c);
	authz_case_run(&f, file, &c);
}

static void every_case_has_its_code(void **state)
{
	struct authz_case c;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		made(&cases[i], &c);
		authz_case_run(&f, file, &c);
	}
}

/* The strict layout is asked for by the revocation list alone: without it the same bytes are a token. */
static void layouts_that_the_revocation_list_rules_out_are_taken_without_it(void **state)
{
	struct authz_case c;

	(void)state;
	made(&(struct made_case){ .name = "trl-nonminimal-tag", .expect = "2.01",
				  .envelope = { { "d83dd083", "d9003dd083" } } }, &c);
	authz_case_run(&f, file, &c);
	made(&(struct made_case){ .name = "tag 16", .expect = "4.01", .mode = "trl", .layout = ACE_COSE_RFC8392 }, &c);
	authz_case_run(&f, file, &c);
	made(&(struct made_case){ .name = "strict", .expect = "2.01", .mode = "trl" }, &c);
	authz_case_run(&f, file, &c);
}

/* RFC 8392 3.1.3: of several audiences this device must be one. */
static void several_audiences_count_only_with_this_device_among_them(void **state)
{
	struct authz_case c;

	(void)state;
	made(&(struct made_case){ .name = "aud of others", .expect = "4.03",
				  .claims = { { AUD, "03826973656e736f722d313869" "73656e736f722d3136" } } }, &c);
	authz_case_run(&f, file, &c);
	made(&(struct made_case){ .name = "aud as second", .expect = "2.01",
				  .claims = { { AUD, "03826973656e736f722d313869" "73656e736f722d3137" } } }, &c);
	authz_case_run(&f, file, &c);
}

static bool is_published(const char *group, const char *name)
{
	const json_t *cases_of = json_object_get(file, "negative_authz_info"), *c;
	size_t i;

	cases_of = group[0] == 'n' ? json_object_get(cases_of, "cases") : json_object_get(file, group);
	json_array_foreach(cases_of, i, c)
		if (!strcmp(vectors_text(c, "name"), name))
			return true;
	return false;
}

static void no_case_is_published_as_well(void **state)
{
	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		if (is_published("negative_authz_info", cases[i].name) || is_published("positive_variants", cases[i].name))
			fail_msg("%s is in the vectors: take it from there", cases[i].name);
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(cases[i].name, cases[k].name);
	}
	/* The specification has 76 cases: 50 are published. */
	assert_int_equal(ACE_ARRAY_LEN(cases), 26);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(an_unchanged_case_is_the_published_post, start, stop),
		cmocka_unit_test_setup_teardown(every_case_has_its_code, start, stop),
		cmocka_unit_test_setup_teardown(layouts_that_the_revocation_list_rules_out_are_taken_without_it, start, stop),
		cmocka_unit_test_setup_teardown(several_audiences_count_only_with_this_device_among_them, start, stop),
		cmocka_unit_test_setup_teardown(no_case_is_published_as_well, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
