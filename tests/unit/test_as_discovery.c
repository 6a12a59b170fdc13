/* SPDX-License-Identifier: Apache-2.0 */
/* /.well-known/core: which links, which filters, and what strangers get. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "as_case.h"

#define ALL "</token>;rt=\"as.token\";ct=19;osc,</introspect>;rt=\"as.introspect\";ct=19;osc," TRL
#define TRL "</revoke/trl>;rt=\"as.trl\";ct=262;osc"

static struct as_case c;
static struct ace_udp_request request;

static int setup(void **state)
{
	(void)state;
	if (as_case_make(&c))
		return -1;
	as_case_peer(&c, AS_PEER_CLIENT, "client-7");
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	as_case_free(&c);
	return 0;
}

/* A GET of that path, with a query unless it is NULL. */
static struct ace_slice get(const char *path, const char *query)
{
	static uint8_t bytes[512];
	struct ace_coap_writer w;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ .code = ACE_COAP_GET, .token = ACE_LITERAL("tok") });
	ace_coap_write_path(&w, (struct ace_slice){ (const uint8_t *)path, strlen(path) });
	if (query)
		ace_coap_write_option(&w, ACE_OPT_URI_QUERY, (struct ace_slice){ (const uint8_t *)query, strlen(query) });
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	return written;
}

static void assert_links(const char *wanted)
{
	assert_int_equal(c.job->answer.code, ACE_COAP_CONTENT);
	assert_int_equal(c.job->answer.format, ACE_FORMAT_LINK);
	assert_slice_equal(as_case_payload(&c), (struct ace_slice){ (const uint8_t *)wanted, strlen(wanted) });
}

/* As dispatch does for who sent no OSCORE. */
static void ask_plainly(struct ace_slice message, size_t answer_max)
{
	request = (struct ace_udp_request){ .answer_max = answer_max };
	assert_int_equal(ace_coap_read(message, &request.msg), ACE_OK);
	c.job->way = as_way_udp(&request);
	memset(&c.job->inner, 0, sizeof c.job->inner); /* nothing was unprotected */
	c.job->state = AS_JOB_PLAIN;
	c.job->peer = NULL;
	as_answer_init(&c.job->answer);
	as_discovery(&c.as, c.job);
}

static void peers_and_strangers_learn_where_the_endpoints_are(void **state)
{
	(void)state;
	as_case_ask(&c, get("/.well-known/core", NULL));
	assert_links(ALL);
	ask_plainly(get("/.well-known/core", NULL), 136 + 3);
	assert_links(ALL);
	ask_plainly(get("/.well-known/core", "rt=as.trl"), 136 + 3);
	assert_links(TRL);
}

/* RFC 6690 4.1. */
static void filters_choose_links(void **state)
{
	static const struct {
		const char *query, *wanted;
	} cases[] = { { "rt=as.trl", TRL },	    { "rt=as.t*", "</token>;rt=\"as.token\";ct=19;osc," TRL },
		      { "rt=*", ALL },		    { "rt=as.tr", "" },
		      { "rt=as.trlx", "" },	    { "rt=", "" },
		      { "href=/revoke/trl", TRL },  { "href=/rev*", TRL },
		      { "ct=262", TRL },	    { "if=core.s", "" },
		      { "rt", "" },		    { "", "" } };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(cases); i++) {
		as_case_ask(&c, get("/.well-known/core", cases[i].query));
		assert_links(cases[i].wanted);
	}
}

static void links_follow_the_configuration_and_shrink_to_the_room(void **state)
{
	(void)state;
	snprintf(c.config.introspect_path, sizeof c.config.introspect_path, "/a/rather/long/path/to/introspection");
	ask_plainly(get("/.well-known/core", NULL), 136);
	assert_links("</token>,</a/rather/long/path/to/introspection>,</revoke/trl>");
	for (size_t max = 0; max <= 60; max += 20) {
		ask_plainly(get("/.well-known/core", NULL), max);
		assert_int_equal(c.job->answer.code, ACE_COAP_NOT_FOUND);
		assert_int_equal(c.job->answer.len, 0);
	}
}

/* Each length of the room: what is answered fits it, and is whole. */
static void no_answer_is_longer_than_the_room(void **state)
{
	(void)state;
	for (size_t max = 0; max < 160; max++) {
		ask_plainly(get("/.well-known/core", NULL), max);
		if (c.job->answer.len)
			assert_true(c.job->answer.len + 4 + 3 + 2 + 1 <= max);
	}
	assert_links(ALL);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(peers_and_strangers_learn_where_the_endpoints_are),
		CASE(filters_choose_links),
		CASE(links_follow_the_configuration_and_shrink_to_the_room),
		CASE(no_answer_is_longer_than_the_room),
	};

	return cmocka_run_group_tests(tests, NULL, vectors_free_all);
}
