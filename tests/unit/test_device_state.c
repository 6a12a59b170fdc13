/* SPDX-License-Identifier: Apache-2.0 */
/* What the simulated device knows after a restart: the sequence numbers of tokens with exi (RFC 9200 5.10.3). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "ace_cose.h"
#include "device_case.h"

static char dir[64], file[96];

static int setup_dir(void **state)
{
	snprintf(dir, sizeof dir, "/tmp/ace-device-test-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(file, sizeof file, "%s/state.json", dir);
	return setup(state);
}

static int teardown_dir(void **state)
{
	(void)unlink(file);
	assert_int_equal(rmdir(dir), 0);
	return teardown(state);
}

static enum ace_err state_open(void)
{
	struct cli_error error = { 0 };

	return device_state_open(&device, dir, &error);
}

/* As the process ends and starts again. */
static void restart(void)
{
	device_fini(&device);
	device_start(bundle_text);
}

/* T3 of the vectors with another last byte of its sequence number, posted with that nonce. */
static void post_exi(uint8_t sequence, uint8_t nonce1)
{
	const json_t *t3 = json_object_get(json_object_get(vectors, "tokens"), "T3");
	struct ace_slice published = vectors_hex(t3, "claims"), written;
	uint8_t claims[256], token_bytes[256], body[320];
	struct ace_buf token = ACE_BUF_OF(token_bytes);
	struct ace_cbor_writer w;

	memcpy(claims, published.ptr, published.len);
	for (size_t i = 0; i + 4 < published.len; i++)
		if (!memcmp(claims + i, "17\0\0\0", 5))
			claims[i + 5] = sequence;
	assert_int_equal(ace_cose_seal(&(struct ace_cose_seal_input) {
		.alg = 10, .key = { .bytes = vectors_hex(t3, "key") }, .kid = vectors_hex(t3, "kid"),
		.iv = vectors_hex(t3, "iv"), .plaintext = { claims, published.len } }, &token), ACE_OK);
	ace_cbor_write_init(&w, body, sizeof body);
	ace_cbor_write_map(&w, 3);
	ace_cbor_write_uint(&w, ACE_PARAM_ACCESS_TOKEN);
	ace_cbor_write_bstr(&w, ace_buf_slice(&token));
	ace_cbor_write_uint(&w, ACE_PARAM_NONCE1);
	ace_cbor_write_bstr(&w, (struct ace_slice) { &nonce1, 1 });
	ace_cbor_write_uint(&w, ACE_PARAM_CLIENT_RECIPIENT_ID);
	ace_cbor_write_bstr(&w, ACE_LITERAL("C"));
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	ask_plain((struct plain) { ACE_COAP_POST, "/authz-info", ACE_FORMAT_ACE_CBOR, -1, 0, written });
}

static void file_write(struct ace_slice text)
{
	struct cli_error error = { 0 };

	assert_int_equal(cli_file_write(file, text, CLI_WRITE_REPLACE, &error), ACE_OK);
}

static bool file_says(const char *text)
{
	struct cli_error error = { 0 };
	struct cli_bytes bytes = { 0 };
	bool found;

	if (cli_file_read(file, 4096, &bytes, &error))
		return false;
	found = strstr((const char *)bytes.ptr, text) != NULL;
	cli_bytes_free(&bytes);
	return found;
}

static void sequence_number_of_a_token_is_on_disk_when_it_is_answered(void **state)
{
	(void)state;
	assert_int_equal(state_open(), ACE_OK);
	ask(message("authz-info-request", "plain_coap"));
	assert_int_equal(answer.code, ACE_COAP_CREATED);
	assert_int_equal(access(file, F_OK), -1); /* that token has exp: there is nothing to remember */
	post_exi(41, 1);
	assert_int_equal(answer.code, ACE_COAP_CREATED);
	assert_true(file_says("\"exi_highest_seen\": 41"));
	post_exi(40, 2);
	assert_int_equal(answer.code, ACE_COAP_CREATED);
	assert_true(file_says("\"exi_highest_seen\": 41"));
	post_exi(42, 3);
	assert_true(file_says("\"exi_highest_seen\": 42"));
}

static void token_from_before_a_restart_is_refused_and_a_newer_one_taken(void **state)
{
	(void)state;
	assert_int_equal(state_open(), ACE_OK);
	post_exi(41, 1);
	assert_int_equal(answer.code, ACE_COAP_CREATED);
	restart();
	assert_int_equal(state_open(), ACE_OK);
	post_exi(41, 2);
	assert_int_equal(answer.code, ACE_COAP_UNAUTHORIZED);
	assert_int_equal(outcome.err, ACE_ERR_EXPIRED);
	post_exi(40, 3);
	assert_int_equal(answer.code, ACE_COAP_UNAUTHORIZED);
	post_exi(42, 4);
	assert_int_equal(answer.code, ACE_COAP_CREATED);
	/* Why the directory is there. */
	restart();
	post_exi(41, 5);
	assert_int_equal(answer.code, ACE_COAP_CREATED);
}

static void token_whose_number_cannot_be_written_is_not_answered_until_it_can(void **state)
{
	(void)state;
	assert_int_equal(state_open(), ACE_OK);
	assert_int_equal(rmdir(dir), 0);
	post_exi(41, 1);
	assert_int_equal(answer.code, ACE_COAP_UNAVAILABLE);
	assert_option_uint(ACE_OPT_MAX_AGE, DEVICE_RETRY_S);
	assert_int_equal(answer.payload.len, 0);
	assert_int_equal(outcome.state, ACE_ERR_NOT_FOUND);
	post_exi(41, 1);
	assert_int_equal(answer.code, ACE_COAP_UNAVAILABLE);
	assert_int_equal(mkdir(dir, 0700), 0);
	post_exi(41, 1);
	assert_int_equal(answer.code, ACE_COAP_CREATED);
	assert_int_equal(outcome.state, ACE_OK);
	assert_true(file_says("\"exi_highest_seen\": 41"));
}

static void damaged_or_foreign_state_is_refused(void **state)
{
	static const char good[] = "{\"format\":\"ace-device-state/1\",\"device\":\"sensor-17\","
				   "\"issuer\":\"coap://as.example.com\",\"exi_highest_seen\":41}";
	static const char *const bad[] = {
		"{\"format\":\"ace-device-state/2\",\"device\":\"sensor-17\",\"issuer\":\"coap://as.example.com\","
		"\"exi_highest_seen\":41}",
		"{\"format\":\"ace-device-state/1\",\"device\":\"sensor-18\",\"issuer\":\"coap://as.example.com\","
		"\"exi_highest_seen\":41}",
		"{\"format\":\"ace-device-state/1\",\"device\":\"sensor-17\",\"issuer\":\"coap://as.example.org\","
		"\"exi_highest_seen\":41}",
		"{\"format\":\"ace-device-state/1\",\"device\":\"sensor-17\",\"issuer\":\"coap://as.example.com\","
		"\"exi_highest_seen\":-1}",
		"{\"format\":\"ace-device-state/1\",\"device\":\"sensor-17\",\"issuer\":\"coap://as.example.com\","
		"\"exi_highest_seen\":4294967296}",
		"{\"format\":\"ace-device-state/1\",\"device\":\"sensor-17\",\"issuer\":\"coap://as.example.com\"}",
		"{\"format\":\"ace-device-state/1\",\"device\":\"sensor-17\",\"issuer\":\"coap://as.example.com\","
		"\"exi_highest_seen\":41,\"more\":1}",
		"{\"format\":\"ace-device-state/1\",\"device\":\"sensor-17\",\"issuer\":\"coap://as.example.com\","
		"\"line_next\":-1}",
		"{\"format\":\"ace-device-state/1\",\"device\":\"sensor-17\",\"issuer\":\"coap://as.example.com\","
		"\"line_next\":64,\"revoked_hex\":\"0g\"}",
	};

	(void)state;
	for (size_t len = 0; len < sizeof good - 1; len++) {
		file_write((struct ace_slice) { (const uint8_t *)good, len });
		assert_int_not_equal(state_open(), ACE_OK);
		device_state_close(&device);
	}
	for (size_t i = 0; i < ACE_ARRAY_LEN(bad); i++) {
		file_write((struct ace_slice) { (const uint8_t *)bad[i], strlen(bad[i]) });
		assert_int_not_equal(state_open(), ACE_OK);
		device_state_close(&device);
	}
	file_write((struct ace_slice) { (const uint8_t *)good, sizeof good - 1 });
	assert_int_equal(state_open(), ACE_OK);
	assert_int_equal(ace_rs_exi_highest_seen(&device.rs, 0), 41);
}

static void one_state_is_of_one_device_at_a_time(void **state)
{
	struct device first;

	(void)state;
	assert_int_equal(state_open(), ACE_OK);
	first = device;
	device_start(bundle_text);
	assert_int_equal(state_open(), ACE_ERR_BUSY);
	device_fini(&device);
	device = first;
	restart();
	assert_int_equal(state_open(), ACE_OK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(sequence_number_of_a_token_is_on_disk_when_it_is_answered, setup_dir,
						teardown_dir),
		cmocka_unit_test_setup_teardown(token_from_before_a_restart_is_refused_and_a_newer_one_taken, setup_dir,
						teardown_dir),
		cmocka_unit_test_setup_teardown(token_whose_number_cannot_be_written_is_not_answered_until_it_can,
						setup_dir, teardown_dir),
		cmocka_unit_test_setup_teardown(damaged_or_foreign_state_is_refused, setup_dir, teardown_dir),
		cmocka_unit_test_setup_teardown(one_state_is_of_one_device_at_a_time, setup_dir, teardown_dir),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
