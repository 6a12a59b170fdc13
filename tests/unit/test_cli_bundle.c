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

#include "cli/bundle.h"
#include "cli/json.h"

static const uint8_t key[16] = { 0xc0, 0xff, 0xee, 1, 2, 3 };
static const struct ace_aif_entry entries[] = { { { (const uint8_t *)"/temp", 5 }, 1 },
						{ { (const uint8_t *)"/setpoint", 9 }, 5 } };
static const struct ace_text_scope scopes[] = { { { (const uint8_t *)"climate.read", 12 }, entries, 1 } };

static struct cli_device_bundle device(void)
{
	return (struct cli_device_bundle){
		.device = "thermo-101", .audience = "coap://thermo-101.b7.example", .issuer = "coap://as",
		.as_uri = "coap://as/token",
		.token_keys = { { .kid = { (const uint8_t *)"\1", 1 }, .alg = 10, .key = { key, 16 } } },
		.token_keys_len = 1,
		.as_line = { .method = CLI_LINE_OSCORE,
			     .oscore = { .master_secret = { key, 16 }, .master_salt = { key, 8 }, .sender_id = { key, 1 },
					 .alg = 10 } },
		.trl = { "/revoke/trl", 64, 5 },
		.resources = { entries, 2, scopes, 1 },
	};
}

static struct cli_client_bundle client(void)
{
	return (struct cli_client_bundle){
		.client = "wallboard-1", .as_uri = "coap://127.0.0.1:5683/token", .expires = 1795502991,
		.line = { .method = CLI_LINE_OSCORE,
			  .oscore = { .master_secret = { key, 16 }, .master_salt = { key, 8 }, .sender_id = { key, 1 },
				      .alg = 10 } },
		.trl = { "/revoke/trl", 64, 5 },
	};
}

/* RFC 9770 6.2, 6.2.1: requesters are told MAX_N and MAX_DIFF_BATCH. */
static void assert_told(const struct cli_trl *trl)
{
	assert_string_equal(trl->path, "/revoke/trl");
	assert_int_equal(trl->max_n, 64);
	assert_int_equal(trl->max_diff_batch, 5);
}

static void a_device_comes_back_from_json_and_cbor(void **state)
{
	const enum cli_bundle_format formats[] = { CLI_FORMAT_JSON, CLI_FORMAT_CBOR };
	struct cli_device_bundle bundle = device(), read;
	struct cli_bytes first, second;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(cli_device_bundle_write(&bundle, formats[i], &first, NULL), ACE_OK);
		assert_int_equal(cli_device_bundle_read((struct ace_slice){ first.ptr, first.len }, "f", &read, NULL), ACE_OK);
		assert_string_equal(read.audience, bundle.audience);
		assert_memory_equal(read.token_keys[0].key.ptr, key, 16);
		assert_int_equal(read.resources.entries[1].methods, 5);
		assert_told(&read.trl);
		assert_int_equal(cli_device_bundle_write(&read, formats[i], &second, NULL), ACE_OK);
		assert_int_equal(first.len, second.len);
		assert_memory_equal(first.ptr, second.ptr, first.len);
		cli_bytes_free(&first);
		cli_bytes_free(&second);
		cli_device_bundle_fini(&read);
	}
}

static void every_truncation_of_a_device_is_refused(void **state)
{
	const enum cli_bundle_format formats[] = { CLI_FORMAT_JSON, CLI_FORMAT_CBOR };
	struct cli_device_bundle bundle = device(), read;
	struct cli_bytes bytes;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(cli_device_bundle_write(&bundle, formats[i], &bytes, NULL), ACE_OK);
		/* JSON ends with a newline, which may be missing. */
		for (size_t len = 0; len + 1 < bytes.len; len++)
			assert_int_not_equal(cli_device_bundle_read((struct ace_slice){ bytes.ptr, len }, "f", &read, NULL),
					     ACE_OK);
		cli_bytes_free(&bytes);
	}
}

/* Whatever is read after a flip must hold the rules; most flips are refused. The sanitizers watch. */
static void flipped_bits_never_pass_a_wrong_key_length(void **state)
{
	struct cli_device_bundle bundle = device(), read;
	struct cli_bytes bytes;

	(void)state;
	assert_int_equal(cli_device_bundle_write(&bundle, CLI_FORMAT_CBOR, &bytes, NULL), ACE_OK);
	for (size_t bit = 0; bit < 8 * bytes.len; bit++) {
		bytes.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (!cli_device_bundle_read((struct ace_slice){ bytes.ptr, bytes.len }, "f", &read, NULL)) {
			assert_int_equal(read.token_keys[0].key.len, 16);
			assert_true(read.token_keys[0].kid.len >= 1);
			cli_device_bundle_fini(&read);
		}
		bytes.ptr[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	cli_bytes_free(&bytes);
}

static void a_ticket_comes_back_and_its_time_too(void **state)
{
	struct cli_client_bundle bundle = client(), read;
	struct cli_bytes bytes;

	(void)state;
	assert_int_equal(cli_client_bundle_write(&bundle, CLI_FORMAT_JSON, &bytes, NULL), ACE_OK);
	assert_int_equal(cli_client_bundle_read((struct ace_slice){ bytes.ptr, bytes.len }, "t", &read, NULL), ACE_OK);
	assert_int_equal(read.expires, bundle.expires);
	assert_memory_equal(read.line.oscore.master_secret.ptr, key, 16);
	assert_int_equal(read.line.oscore.recipient_id.len, 0);
	assert_told(&read.trl);
	cli_client_bundle_fini(&read);
	cli_bytes_free(&bytes);
}

static void assert_refused(const char *json, enum ace_err want, const char *pointer)
{
	struct cli_client_bundle read;
	struct cli_error error;
	struct ace_slice bytes = { (const uint8_t *)json, strlen(json) };

	assert_int_equal(cli_client_bundle_read(bytes, "c.json", &read, &error), want);
	assert_string_equal(error.file, "c.json");
	assert_string_equal(error.pointer, pointer);
	assert_null(strstr(error.message, "c0ffee"));
}

#define LINE(sender)                                                                                                   \
	"\"oscore\":{\"master_secret_hex\":\"c0ffee0000000000000000000000000000\",\"master_salt_hex\":\"\","        \
	"\"sender_id_hex\":\"" sender "\",\"recipient_id_hex\":\"\",\"id_context_hex\":null,\"aead\":10,"          \
	"\"hkdf\":\"sha256\"}"

static void refusals_name_the_place_and_no_secret(void **state)
{
	(void)state;
	assert_refused("{\"format\":\"ace-client/2\"}", ACE_ERR_VERSION, "/format");
	assert_refused("{\"format\":\"ace-device/1\"}", ACE_ERR_RANGE, "/format");
	assert_refused("{\"format\":\"ace-client/1\",\"client\":\"c\",\"as_uri\":\"coap://a/t\"}", ACE_ERR_MISSING, "");
	assert_refused("{\"format\":\"ace-client/1\",\"clinet\":\"c\"}", ACE_ERR_UNKNOWN, "/clinet");
	assert_refused("{\"format\":\"ace-client/1\",\"client\":7}", ACE_ERR_TYPE, "/client");
	assert_refused("{\"format\":\"ace-client/1\",\"client\":\"c\",\"as_uri\":\"u\"," LINE("zz") "}", ACE_ERR_MALFORMED,
		       "/oscore/sender_id_hex");
	/* RFC 8613 3.3: both ids equal would mean equal keys and nonces. */
	assert_refused("{\"format\":\"ace-client/1\",\"client\":\"c\",\"as_uri\":\"u\"," LINE("") "}", ACE_ERR_RANGE,
		       "/oscore");
	assert_refused("{\"format\":\"ace-client/1\",\"client\":\"c\",\"as_uri\":\"u\"," LINE("01")
		       ",\"revocation_list\":{\"path\":\"trl\",\"max_n\":1,\"max_diff_batch\":1}}", ACE_ERR_RANGE,
		       "/revocation_list/path");
	assert_refused("{\"format\":\"ace-client/1\",\"client\":\"c\",\"as_uri\":\"u\"," LINE("01")
		       ",\"revocation_list\":{\"path\":\"/trl\",\"max_n\":4,\"max_diff_batch\":5}}", ACE_ERR_RANGE,
		       "/revocation_list/max_diff_batch");
	assert_refused("{\"format\":\"ace-client/1\",\"client\":\"c\",\"as_uri\":\"u\"," LINE("01")
		       ",\"revocation_list\":{\"path\":\"/trl\",\"max_diff_batch\":5}}", ACE_ERR_MISSING,
		       "/revocation_list/max_n");
	assert_refused("{\"format\":\"ace-client/1\" c0ffee", ACE_ERR_MALFORMED, "");
}

static void libcoap_gets_its_lines_and_no_psk(void **state)
{
	struct cli_client_bundle bundle = client();
	struct cli_bytes bytes;

	(void)state;
	assert_int_equal(cli_client_bundle_write(&bundle, CLI_FORMAT_LIBCOAP, &bytes, NULL), ACE_OK);
	assert_string_equal((char *)bytes.ptr, "master_secret,hex,\"c0ffee01020300000000000000000000\"\n"
					       "master_salt,hex,\"c0ffee0102030000\"\nsender_id,hex,\"c0\"\n"
					       "recipient_id,hex,\"\"\nreplay_window,integer,32\n"
					       "aead_alg,integer,10\nhkdf_alg,integer,-10\n");
	cli_bytes_free(&bytes);
	bundle.line = (struct cli_line){ .method = CLI_LINE_DTLS_PSK, .psk_identity = "c", .psk_key = { key, 16 } };
	assert_int_equal(cli_client_bundle_write(&bundle, CLI_FORMAT_LIBCOAP, &bytes, NULL), ACE_ERR_UNSUPPORTED);
}

static void a_mistyped_format_is_guessed(void **state)
{
	enum cli_bundle_format format;
	struct cli_error error;

	(void)state;
	assert_int_equal(cli_device_format("nvs-csv", &format, &error), ACE_OK);
	assert_int_equal(format, CLI_FORMAT_NVS_CSV);
	assert_int_equal(cli_device_format("c-haeder", &format, &error), ACE_ERR_USAGE);
	assert_non_null(strstr(error.hint, "c-header"));
	assert_int_equal(cli_client_format("cbor", &format, &error), ACE_ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_comes_back_from_json_and_cbor),
		cmocka_unit_test(every_truncation_of_a_device_is_refused),
		cmocka_unit_test(flipped_bits_never_pass_a_wrong_key_length),
		cmocka_unit_test(a_ticket_comes_back_and_its_time_too),
		cmocka_unit_test(refusals_name_the_place_and_no_secret),
		cmocka_unit_test(libcoap_gets_its_lines_and_no_psk),
		cmocka_unit_test(a_mistyped_format_is_guessed),
	};

	cli_json_init();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
