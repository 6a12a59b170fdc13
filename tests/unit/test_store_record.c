/* SPDX-License-Identifier: Apache-2.0 */
/* Records as bytes: what is written is read again; every truncation is an error, no flipped bit is a crash. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "storage/record.h"

union any {
	struct store_client client;
	struct store_device device;
	struct store_token token;
	struct store_decision decision;
	struct store_policy policy;
	struct store_change change;
	struct record_line line;
	struct store_info info;
	struct store_heartbeat heartbeat;
	struct store_secret secret;
	struct store_revoked revoked;
	struct store_trl_update update;
};

enum kind { CLIENT, DEVICE, TOKEN, DECISION, POLICY, CHANGE, LINE, INFO, HEARTBEAT, SECRET, REVOKED, UPDATE, KINDS };

static enum ace_err write_any(enum kind kind, const union any *in, struct ace_buf *out)
{
	switch (kind) {
	case CLIENT: return record_client_write(&in->client, out);
	case DEVICE: return record_device_write(&in->device, out);
	case TOKEN: return record_token_write(&in->token, out);
	case DECISION: return record_decision_write(&in->decision, out);
	case POLICY: return record_policy_write(&in->policy, out);
	case CHANGE: return record_change_write(&in->change, out);
	case LINE: return record_line_write(&in->line, out);
	case INFO: return record_info_write(&in->info, out);
	case HEARTBEAT: return record_heartbeat_write(&in->heartbeat, out);
	case SECRET: return record_secret_write(&in->secret, out);
	case REVOKED: return record_revoked_write(&in->revoked, out);
	case UPDATE: return record_update_write(&in->update, out);
	case KINDS: break;
	}
	return ACE_ERR_USAGE;
}

static enum ace_err read_any(enum kind kind, struct ace_slice in, union any *out)
{
	switch (kind) {
	case CLIENT: return record_client_read(in, &out->client);
	case DEVICE: return record_device_read(in, &out->device);
	case TOKEN: return record_token_read(in, &out->token);
	case DECISION: return record_decision_read(in, &out->decision);
	case POLICY: return record_policy_read(in, &out->policy);
	case CHANGE: return record_change_read(in, &out->change);
	case LINE: return record_line_read(in, &out->line);
	case INFO: return record_info_read(in, &out->info);
	case HEARTBEAT: return record_heartbeat_read(in, &out->heartbeat);
	case SECRET: return record_secret_read(in, &out->secret);
	case REVOKED: return record_revoked_read(in, &out->revoked);
	case UPDATE: return record_update_read(in, &out->update);
	case KINDS: break;
	}
	return ACE_ERR_USAGE;
}

/* Every member used. Keys of rows stay empty: they are not in the record. */
static void sample(enum kind kind, union any *ret)
{
	static const struct ace_tag list[] = { { "role", "technician" }, { "site", "b7" } };
	struct store_tags tags;
	struct store_scope scope;

	memset(ret, 0, sizeof(*ret));
	memset(&tags, 0, sizeof(tags));
	memset(&scope, 0, sizeof(scope));
	assert_int_equal(store_tags_set(&(struct ace_tags){ list, 2 }, &tags), ACE_OK);
	assert_int_equal(store_scope_set(2, ACE_LITERAL("climate.read"), &scope), ACE_OK);
	switch (kind) {
	case CLIENT:
		ret->client = (struct store_client){ "", true, STORE_AUTH_OSCORE, 300, 2, { 200, 1, 7 }, tags, "scope", "audience", "text", 9, 8 };
		break;
	case DEVICE:
		ret->device = (struct store_device){ "", true, "model", "alias", tags, { { 1, 10, { 1 }, 1, 3, 4 }, { 2, -1, { 7, 8 }, 2, 5, 0 } },
						     2, STORE_AUTH_DTLS_PSK, 4, 5, { 3, 4, 7 }, "text", 6 };
		break;
	case TOKEN:
		ret->token = (struct store_token){ 0, "client", "device", scope, 10, 20, 30, 2, true, 40, { { 1 } }, { 1, 2 } };
		break;
	case DECISION:
		ret->decision = (struct store_decision){ .outcome = STORE_GRANTED, .reason = -3, .oauth_error = 6, .generation = 7,
							 .client = { "c", true, true, tags }, .device = { "d", true, false, tags },
							 .requested = scope, .granted = scope, .token = 9, .lifetime_s = 60,
							 .count = 1, .last_at_ms = 1000 };
		break;
	case POLICY: ret->policy = (struct store_policy){ 0, 1, "root", "message", { 1 }, 99 }; break;
	case CHANGE: ret->change = (struct store_change){ 0, STORE_DEVICE, "id", 4 }; break;
	case LINE: ret->line = (struct record_line){ STORE_DEVICE, "id" }; break;
	case INFO: ret->info = (struct store_info){ 0, 3, "coap://as", "coap://as/token" }; break;
	case HEARTBEAT: ret->heartbeat = (struct store_heartbeat){ 1, 2, 3, 4, 5, "0.1", "coap://h", "/trl", "off" }; break;
	case SECRET: ret->secret = (struct store_secret){ "0123456789abcdef", 16, "salt", 4 }; break;
	case REVOKED: ret->revoked = (struct store_revoked){ 0, 0, 5, "client", "device", { 1, 2 } }; break;
	case UPDATE: ret->update = (struct store_trl_update){ 0, 1, 3, { { 1 }, { 2 }, { 3 }, { 4 } } }; break;
	case KINDS: break;
	}
}

static size_t encode(enum kind kind, uint8_t bytes[RECORD_MAX])
{
	struct ace_buf out = { bytes, RECORD_MAX, 0 };
	union any in;

	sample(kind, &in);
	assert_int_equal(write_any(kind, &in, &out), ACE_OK);
	return out.len;
}

static void records_come_back_as_they_were(void **state)
{
	(void)state;
	for (enum kind kind = CLIENT; kind < KINDS; kind++) {
		uint8_t bytes[RECORD_MAX], again[RECORD_MAX];
		struct ace_buf out = ACE_BUF_OF(again);
		size_t len = encode(kind, bytes);
		union any back;

		assert_int_equal(read_any(kind, (struct ace_slice){ bytes, len }, &back), ACE_OK);
		assert_int_equal(write_any(kind, &back, &out), ACE_OK);
		assert_int_equal(out.len, len);
		assert_memory_equal(again, bytes, len);
	}
}

/* The bytes lie at the end of their own allocation, so that a sanitizer sees a read behind them. */
static enum ace_err read_exact(enum kind kind, const uint8_t *bytes, size_t len)
{
	uint8_t *exact = malloc(len ? len : 1);
	union any out;
	enum ace_err err;

	assert_non_null(exact);
	memcpy(exact, bytes, len);
	err = read_any(kind, (struct ace_slice){ exact, len }, &out);
	free(exact);
	return err;
}

static void every_truncation_and_a_trailing_byte_are_refused(void **state)
{
	(void)state;
	for (enum kind kind = CLIENT; kind < KINDS; kind++) {
		uint8_t bytes[RECORD_MAX];
		size_t len = encode(kind, bytes);

		for (size_t cut = 0; cut < len; cut++)
			assert_true(ACE_ERR_IS_MALFORMED(read_exact(kind, bytes, cut)));
		bytes[len] = 0;
		assert_int_equal(read_exact(kind, bytes, len + 1), ACE_ERR_TRAILING);
	}
}

/* A decoder cannot tell each flipped bit, the row's checksum does; what it takes must be a record again. */
static void no_flipped_bit_gives_more_than_an_error_or_another_record(void **state)
{
	(void)state;
	for (enum kind kind = CLIENT; kind < KINDS; kind++) {
		uint8_t bytes[RECORD_MAX], again[RECORD_MAX];
		size_t len = encode(kind, bytes), refused = 0;
		union any back;

		for (size_t bit = 0; bit < len * 8; bit++) {
			struct ace_buf out = ACE_BUF_OF(again);

			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (read_exact(kind, bytes, len)) {
				refused++;
			} else {
				assert_int_equal(read_any(kind, (struct ace_slice){ bytes, len }, &back), ACE_OK);
				assert_int_equal(write_any(kind, &back, &out), ACE_OK);
			}
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
		assert_true(refused > 8);
	}
}

static void a_newer_version_is_told_from_damage(void **state)
{
	(void)state;
	for (enum kind kind = CLIENT; kind < KINDS; kind++) {
		uint8_t bytes[RECORD_MAX];
		size_t len = encode(kind, bytes);

		assert_int_equal(bytes[1], 0); /* key 0 */
		assert_int_equal(bytes[2], 1); /* version 1 */
		bytes[2] = 2;
		assert_int_equal(read_exact(kind, bytes, len), ACE_ERR_VERSION);
	}
}

static void unknown_missing_and_wrong_members_are_refused(void **state)
{
	static const uint8_t unknown[] = { 0xa4, 0, 1, 1, 2, 2, 0x61, 'a', 9, 0 };
	static const uint8_t missing[] = { 0xa2, 0, 1, 1, 2 };
	static const uint8_t wrong_type[] = { 0xa3, 0, 1, 1, 0x61, 'a', 2, 0x61, 'a' };
	static const uint8_t no_version[] = { 0xa2, 1, 2, 2, 0x61, 'a' };
	static const uint8_t nul_inside[] = { 0xa3, 0, 1, 1, 2, 2, 0x62, 'a', 0 };
	static const uint8_t huge[] = { 0xa3, 0, 1, 1, 2, 2, 0x7b, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	static const uint8_t not_a_map[] = { 0x83, 1, 2, 3 };
	static const uint8_t twice[] = { 0xa4, 0, 1, 1, 1, 2, 0x61, 'a', 1, 2 };
	static const uint8_t version_twice[] = { 0xa4, 0, 1, 1, 1, 2, 0x61, 'a', 0, 1 };

	(void)state;
	assert_int_equal(read_exact(LINE, twice, sizeof(twice)), ACE_ERR_DUPLICATE);
	assert_int_equal(read_exact(LINE, version_twice, sizeof(version_twice)), ACE_ERR_DUPLICATE);
	assert_int_equal(read_exact(LINE, unknown, sizeof(unknown)), ACE_ERR_UNKNOWN);
	assert_int_equal(read_exact(LINE, missing, sizeof(missing)), ACE_ERR_MISSING);
	assert_int_equal(read_exact(LINE, wrong_type, sizeof(wrong_type)), ACE_ERR_TYPE);
	assert_int_equal(read_exact(LINE, no_version, sizeof(no_version)), ACE_ERR_MISSING);
	assert_int_equal(read_exact(LINE, nul_inside, sizeof(nul_inside)), ACE_ERR_RANGE);
	assert_int_equal(read_exact(LINE, huge, sizeof(huge)), ACE_ERR_TRUNCATED);
	assert_int_equal(read_exact(LINE, not_a_map, sizeof(not_a_map)), ACE_ERR_TYPE);
}

static void tags_must_be_sorted_few_and_short(void **state)
{
	struct ace_tag list[STORE_TAGS_MAX + 1] = { { "b", "1" }, { "a", "2" } };
	static char text[STORE_TAGS_TEXT_MAX + 1];
	struct store_tags tags;

	(void)state;
	memset(text, 'x', STORE_TAGS_TEXT_MAX);
	assert_int_equal(store_tags_set(&(struct ace_tags){ list, 2 }, &tags), ACE_ERR_USAGE);
	assert_int_equal(store_tags_set(&(struct ace_tags){ list, STORE_TAGS_MAX + 1 }, &tags), ACE_ERR_RANGE);
	list[0].value = text;
	assert_int_equal(store_tags_set(&(struct ace_tags){ list, 1 }, &tags), ACE_ERR_RANGE);
	list[0].key = "";
	assert_int_equal(store_tags_set(&(struct ace_tags){ list, 1 }, &tags), ACE_ERR_USAGE);
}

static void kids_are_line_numbers_in_shortest_form(void **state)
{
	static const uint8_t padded[] = { 0, 1 };
	uint8_t kid[STORE_KID_MAX];
	uint64_t line;

	(void)state;
	assert_int_equal(store_line_kid(1, kid), 1);
	assert_int_equal(store_line_kid(256, kid), 2);
	assert_int_equal(kid[0], 1);
	assert_int_equal(kid[1], 0);
	assert_int_equal(store_kid_line((struct ace_slice){ kid, 2 }, &line), ACE_OK);
	assert_int_equal(line, 256);
	assert_int_equal(store_line_kid(UINT64_MAX, kid), 8);
	assert_int_equal(store_kid_line((struct ace_slice){ kid, 8 }, &line), ACE_OK);
	assert_true(line == UINT64_MAX);
	assert_int_equal(store_kid_line(ACE_SLICE_OF(padded), &line), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_kid_line((struct ace_slice){ NULL, 0 }, &line), ACE_ERR_NOT_FOUND);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_come_back_as_they_were),
		cmocka_unit_test(every_truncation_and_a_trailing_byte_are_refused),
		cmocka_unit_test(no_flipped_bit_gives_more_than_an_error_or_another_record),
		cmocka_unit_test(a_newer_version_is_told_from_damage),
		cmocka_unit_test(unknown_missing_and_wrong_members_are_refused),
		cmocka_unit_test(tags_must_be_sorted_few_and_short),
		cmocka_unit_test(kids_are_line_numbers_in_shortest_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
