/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration of aced: what may be in it, and where an error is said to be. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "as/listen.h"

static char path[] = "/tmp/aced-config-XXXXXX";
static struct as_config config;
static struct cli_error error;

static int make_file(void **state)
{
	int fd = mkstemp(path);

	(void)state;
	return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
	(void)state;
	return unlink(path);
}

static enum ace_err read_bytes(const char *text, size_t len)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	as_config_init(&config);
	memset(&error, 0, sizeof error);
	return as_config_read(path, &config, &error);
}

static enum ace_err read_config(const char *text)
{
	return read_bytes(text, strlen(text));
}

#define FULL                                                                                                           \
	"{ \"description\": \"b7\", \"state_dir\": \"/var/lib/x\", \"kek\": \"/etc/kek\",\n"                            \
	"  \"listen\": \"coap://[::1]:5999\", \"issuer\": \"coap://as\", \"log_level\": \"warn\", \"log_tokens\": true, \"sandbox\": \"require\",\n" \
	"  \"limits\": { \"client_rate\": 7, \"client_burst\": 8, \"contexts\": 9, \"dtls_sessions\": 10 },\n"            \
	"  \"audit\": { \"keep_days\": 30, \"max_bytes\": 5368709120 } }\n"

static void every_member_is_taken(void **state)
{
	(void)state;
	assert_int_equal(read_config(FULL), ACE_OK);
	assert_string_equal(config.state_dir, "/var/lib/x");
	assert_string_equal(config.kek, "/etc/kek");
	assert_string_equal(config.listen, "[::1]:5999");
	assert_string_equal(config.issuer, "coap://as");
	assert_int_equal(config.log_level, CLI_LOG_WARN);
	assert_true(config.log_tokens);
	assert_int_equal(config.sandbox, AS_SANDBOX_REQUIRE);
	assert_int_equal(config.grants.per_second, 7);
	assert_int_equal(config.grants.burst, 8);
	assert_int_equal(config.peers_max, 9);
	assert_int_equal(config.dtls_sessions_max, 10);
	assert_int_equal(config.keep_days, 30);
	assert_int_equal(config.keep_bytes, INT64_C(5368709120));
	/* No member changes the rate of refusals. */
	assert_int_equal(config.refusals.per_second, 10);
	assert_int_equal(config.refusals.burst, 50);
}

static void assert_defaults(void)
{
	assert_string_equal(config.state_dir, "/var/lib/aced");
	assert_string_equal(config.kek, "");
	assert_string_equal(config.listen, "127.0.0.1:5683");
	assert_string_equal(config.issuer, "");
	assert_int_equal(config.log_level, CLI_LOG_INFO);
	assert_false(config.log_tokens);
	assert_int_equal(config.grants.per_second, 100);
	assert_int_equal(config.grants.burst, 1000);
	assert_int_equal(config.peers_max, 65536);
	assert_int_equal(config.keep_days, 90);
	assert_int_equal(config.keep_bytes, 1073741824);
}

static void an_empty_object_leaves_the_defaults(void **state)
{
	(void)state;
	assert_int_equal(read_config("{}"), ACE_OK);
	assert_defaults();
}

static void errors_name_the_place_and_what_belongs_there(void **state)
{
	static const struct {
		const char *text;
		unsigned int line, column;
		const char *pointer, *hint;
	} cases[] = {
		{ "{\n  \"listne\": 1 }", 2, 3, "/listne", "did you mean listen?" },
		{ "{ \"color\": 1 }", 1, 3, "/color", "state_dir" },
		{ "{ \"limits\": {\n\t\"client_rates\": 1 } }", 2, 2, "/limits/client_rates", "client_rate" },
		{ "{ \"limits\": { \"contexts\": 0 } }", 1, 15, "/limits/contexts", "from 1" },
		{ "{ \"limits\": { \"contexts\": 16777217 } }", 1, 15, "/limits/contexts", "16777216" },
		{ "{ \"limits\": { \"client_rate\": 1.5 } }", 1, 15, "/limits/client_rate", "whole number" },
		{ "{ \"limits\": { \"client_burst\": \"1\" } }", 1, 15, "/limits/client_burst", "whole number" },
		{ "{ \"audit\": { \"keep_days\": 0 } }", 1, 14, "/audit/keep_days", "from 1" },
		{ "{ \"audit\": { \"max_bytes\": 1048575 } }", 1, 14, "/audit/max_bytes", "1048576" },
		{ "{ \"audit\": { \"max_bytes\": 1099511627777 } }", 1, 14, "/audit/max_bytes", "1048576" },
		{ "{ \"audit\": 90 }", 1, 3, "/audit", "max_bytes" },
		{ "{ \"limits\": { \"messages\": 16385 } }", 1, 15, "/limits/messages", "16384" },
		{ "{ \"limits\": { \"observers\": 32769 } }", 1, 15, "/limits/observers", "32768" },
		{ "{ \"limits\": [] }", 1, 3, "/limits", "client_rate" },
		{ "{ \"state_dir\": 7 }", 1, 3, "/state_dir", "path" },
		{ "{ \"state_dir\": \"\" }", 1, 3, "/state_dir", "path" },
		{ "{ \"kek\": null }", 1, 3, "/kek", "key-encryption" },
		{ "{ \"listen\": \"127.0.0.1:5683\" }", 1, 3, "/listen", "coap://" },
		{ "{ \"listen\": [ \"coap://a\", \"coap://b\" ] }", 1, 3, "/listen", "coaps://" },
		{ "{ \"listen\": \"coap://h/path\" }", 1, 3, "/listen", "coap://" },
		{ "{ \"listen\": \"coap://h:70000\" }", 1, 3, "/listen", "coap://" },
		{ "{ \"log_level\": \"loud\" }", 1, 3, "/log_level", "debug" },
		{ "{ \"log_tokens\": 1 }", 1, 3, "/log_tokens", "true or false" },
		{ "{ \"description\": 1 }", 1, 3, "/description", "text" },
		{ "{ \"a/b~\": 1 }", 1, 3, "/a~1b~0", "known here" },
		{ "[]", 1, 1, "", "{}" },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		assert_int_equal(read_config(cases[i].text), ACE_ERR_MALFORMED);
		assert_string_equal(error.file, path);
		assert_int_equal(error.line, cases[i].line);
		assert_int_equal(error.column, cases[i].column);
		assert_string_equal(error.pointer, cases[i].pointer);
		assert_non_null(strstr(error.hint, cases[i].hint));
		assert_true(error.message[0]);
	}
}

static void what_is_no_json_is_told_with_its_place(void **state)
{
	static const char *const texts[] = { "", "{", "{\n  \"kek\": }", "{} {}", "{ \"kek\": \"a\", \"kek\": \"b\" }",
					     "{ \"kek\": \"\\ud800\" }", "nothing" };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(texts); i++) {
		assert_int_equal(read_config(texts[i]), ACE_ERR_MALFORMED);
		assert_string_equal(error.file, path);
		assert_true(error.line >= 1 && error.column >= 1);
		assert_true(error.hint[0]);
	}
}

static void every_prefix_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	for (size_t len = 0; len + 1 < strlen(FULL); len++) {
		assert_int_not_equal(read_bytes(FULL, len), ACE_OK);
		assert_defaults();
		assert_true(error.line >= 1);
	}
}

/* What was right before the error does not count either. */
static void a_file_counts_whole_or_not_at_all(void **state)
{
	(void)state;
	assert_int_equal(read_config("{ \"state_dir\": \"/elsewhere\", \"log_level\": 1 }"), ACE_ERR_MALFORMED);
	assert_string_equal(config.state_dir, "/var/lib/aced");
}

static void flipped_bits_never_get_past_unseen(void **state)
{
	char text[] = FULL;

	(void)state;
	for (size_t bit = 0; bit < 8 * strlen(FULL); bit++) {
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
		if (read_bytes(text, strlen(FULL)))
			assert_true(error.line >= 1 && error.column >= 1);
		text[bit / 8] = (char)(text[bit / 8] ^ 1 << bit % 8);
	}
}

static void a_text_that_is_too_long_is_refused(void **state)
{
	char text[AS_PATH_MAX + 64];
	int len = snprintf(text, sizeof text, "{ \"kek\": \"%0*d\" }", AS_PATH_MAX, 1);

	(void)state;
	assert_true(len > AS_PATH_MAX);
	assert_int_equal(read_config(text), ACE_ERR_MALFORMED);
	assert_string_equal(error.pointer, "/kek");
	snprintf(text, sizeof text, "{ \"kek\": \"%0*d\" }", AS_PATH_MAX - 1, 1);
	assert_int_equal(read_config(text), ACE_OK);
}

static void a_missing_file_is_no_empty_one(void **state)
{
	(void)state;
	assert_int_not_equal(as_config_read("/nowhere/aced.json", &config, &error), ACE_OK);
	assert_non_null(strstr(error.message, "/nowhere/aced.json"));
}

static void addresses_to_listen_on(void **state)
{
	static const struct {
		const char *given, *wanted; /* NULL: refused */
		bool secure;
	} cases[] = {
		{ "coap://127.0.0.1:5683", "127.0.0.1:5683" },
		{ "coap://127.0.0.1", "127.0.0.1:5683" },
		{ "coap://[::]:0", "[::]:0" },
		{ "coap://localhost:0", "localhost:0" },
		{ "coap://[::1]", "[::1]:5683" },
		{ "coaps://127.0.0.1", "127.0.0.1:5684", true },
		{ "coaps://[::1]:0", "[::1]:0", true },
		{ "coaps://h/token", NULL },
		{ "coap://[::1", NULL },
		{ "coap://:0", NULL },
		{ "coap://h:5683:0", NULL },
		{ "http://h", NULL },
		{ ":0", NULL },
		{ "", NULL },
	};
	struct as_listen listen;

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		enum ace_err err = as_listen_parse(cases[i].given, &listen, &error);

		assert_int_equal(err == ACE_OK, cases[i].wanted != NULL);
		if (err) {
			assert_true(error.message[0]);
			continue;
		}
		assert_string_equal(listen.address, cases[i].wanted);
		assert_int_equal(listen.secure, cases[i].secure);
	}
}

/* What a file says about where to listen: of coap://, and of coaps://; NULL: it is refused. */
static void one_address_of_each_scheme(void **state)
{
	static const struct {
		const char *text, *coap, *coaps;
	} cases[] = {
		{ "{}", "127.0.0.1:5683", "" },
		{ "{ \"listen\": \"coap://h:1\" }", "h:1", "" },
		{ "{ \"listen\": \"coaps://h:1\" }", "127.0.0.1:5683", "h:1" },
		{ "{ \"listen\": [ \"coaps://h:1\" ] }", "127.0.0.1:5683", "h:1" },
		{ "{ \"listen\": [ \"coap://h:1\", \"coaps://[::]:2\" ] }", "h:1", "[::]:2" },
		{ "{ \"listen\": [ \"coap://h:1\", \"coap://h:2\" ] }", NULL, NULL },
		{ "{ \"listen\": [ \"coaps://h:1\", \"coaps://h:1\" ] }", NULL, NULL },
		{ "{ \"listen\": [ \"coaps://h:1\", 7 ] }", NULL, NULL },
		{ "{ \"listen\": [ ] }", NULL, NULL },
		{ "{ \"listen\": 7 }", NULL, NULL },
	};

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		enum ace_err err = read_config(cases[i].text);

		assert_int_equal(err == ACE_OK, cases[i].coap != NULL);
		if (err)
			continue;
		assert_string_equal(config.listen, cases[i].coap);
		assert_string_equal(config.listen_dtls, cases[i].coaps);
	}
}

static void addresses_are_resolved_with_their_port(void **state)
{
	struct sockaddr_storage addr;
	socklen_t len;

	(void)state;
	assert_int_equal(as_listen_resolve("127.0.0.1:5684", &addr, &len, &error), ACE_OK);
	assert_int_equal(addr.ss_family, AF_INET);
	assert_int_equal(((struct sockaddr_in *)(void *)&addr)->sin_port, htons(5684));
	assert_int_equal(as_listen_resolve("[::1]:0", &addr, &len, &error), ACE_OK);
	assert_int_equal(addr.ss_family, AF_INET6);
	assert_int_equal(((struct sockaddr_in6 *)(void *)&addr)->sin6_port, 0);
	assert_int_equal(as_listen_resolve("no such host:1", &addr, &len, &error), ACE_ERR_MALFORMED);
	assert_true(error.message[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_member_is_taken),
		cmocka_unit_test(an_empty_object_leaves_the_defaults),
		cmocka_unit_test(errors_name_the_place_and_what_belongs_there),
		cmocka_unit_test(what_is_no_json_is_told_with_its_place),
		cmocka_unit_test(every_prefix_is_refused_and_changes_nothing),
		cmocka_unit_test(a_file_counts_whole_or_not_at_all),
		cmocka_unit_test(flipped_bits_never_get_past_unseen),
		cmocka_unit_test(a_text_that_is_too_long_is_refused),
		cmocka_unit_test(a_missing_file_is_no_empty_one),
		cmocka_unit_test(addresses_to_listen_on),
		cmocka_unit_test(one_address_of_each_scheme),
		cmocka_unit_test(addresses_are_resolved_with_their_port),
	};

	return cmocka_run_group_tests(tests, make_file, remove_file);
}
