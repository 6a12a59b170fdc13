/* SPDX-License-Identifier: Apache-2.0 */
/* More rights over the keys that are there (RFC 9203 3.1, 4.1), and what is left when AS or device do not want to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client_case.h"

/* C-027: the AS is asked with the kid of the association, the device is told over its context, and no key is new. */
static void more_rights_come_by_an_update_over_the_same_context(void **state)
{
	(void)state;
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.last_kid, -1);
	assert_string_equal(put(), "2.04 ");
	assert_int_equal(peer.last_kid, 0);
	assert_string_equal(peer.last_asked, "read set");
	assert_int_equal(peer.authz_posts, 1);
	assert_int_equal(peer.updates, 1);
	assert_int_equal(peer.replays, 0);
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.as_requests, 3);
	assert_int_equal(peer.plain_gets, 1);
}

/* RFC 9203 4.3: the first token alone brings the keys: it is kept, and posted before the update. */
static void after_a_loss_of_the_context_both_tokens_are_posted(void **state)
{
	(void)state;
	get();
	assert_string_equal(put(), "2.04 ");
	client_close(&client);
	client_start();
	peer.script.forget = 3;
	assert_string_equal(put(), "2.04 ");
	assert_int_equal(peer.authz_posts, 2);
	assert_int_equal(peer.updates, 2);
	assert_int_equal(peer.as_requests, 3);
}

static void a_forged_answer_to_the_post_does_not_lose_the_update(void **state)
{
	(void)state;
	get();
	assert_string_equal(put(), "2.04 ");
	peer.script.forget = 3;
	peer.script.bad_authz = 1;
	assert_string_equal(put(), "2.04 ");
	assert_int_equal(peer.authz_posts, 3);
	assert_int_equal(peer.updates, 2);
}

/* A store that was restored from yesterday's backup, say. */
static void an_as_that_does_not_know_the_keys_gives_new_ones(void **state)
{
	(void)state;
	get();
	peer.script.decline_updates = true;
	assert_string_equal(put(), "2.04 ");
	assert_string_equal(peer.last_asked, "read set");
	assert_int_equal(peer.last_kid, -1);
	assert_int_equal(peer.authz_posts, 2);
	assert_int_equal(peer.updates, 0);
}

static void a_device_that_takes_no_update_gets_a_first_token(void **state)
{
	(void)state;
	get();
	peer.script.refuse_updates = 1;
	assert_string_equal(put(), "2.04 ");
	assert_int_equal(peer.updates, 1);
	assert_int_equal(peer.authz_posts, 2);
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.updates, 1);
}

static void a_refused_update_leaves_the_right_to_read(void **state)
{
	(void)state;
	get();
	peer.script.refuse_set = true;
	assert_null(put());
	assert_int_equal(error.exit, CLI_EXIT_NO);
	assert_string_equal(peer.last_asked, "set");
	assert_int_equal(peer.last_kid, 0);
	assert_int_equal(peer.updates, 0);
	assert_string_equal(get(), "2.05 21.5");
	assert_int_equal(peer.authz_posts, 1);
}

/* --scope names what is wanted before a device has to say so. */
static void what_the_user_names_is_added_by_an_update(void **state)
{
	struct client_job job = { .scope = { ACE_SCOPE_TEXT, ACE_LITERAL("set") } };

	(void)state;
	get();
	assert_string_equal(ask(ACE_COAP_PUT, &job), "2.04 ");
	assert_int_equal(peer.updates, 1);
	assert_int_equal(peer.authz_posts, 1);
	assert_int_equal(peer.device_requests, 3);
}

/* RFC 9200 5.3.1: a cnonce in the hints goes to the AS as it came, with a first token and with an update. */
static void cnonce_of_the_hints_goes_to_the_as(void **state)
{
	(void)state;
	peer.script.hint_cnonce = 0xe0;
	get();
	assert_int_equal(peer.last_cnonce_len, 5);
	assert_int_equal(peer.last_cnonce[0], 0xe0);
	peer.script.hint_cnonce = 0xa1;
	assert_string_equal(put(), "2.04 ");
	assert_int_equal(peer.last_kid, 0);
	assert_int_equal(peer.last_cnonce_len, 5);
	assert_int_equal(peer.last_cnonce[4], 0xa1);
	peer.script.hint_cnonce = 0;
	ask(ACE_COAP_GET, &(struct client_job){ .fresh = true });
	assert_int_equal(peer.last_cnonce_len, 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
		TEST(more_rights_come_by_an_update_over_the_same_context),
		TEST(after_a_loss_of_the_context_both_tokens_are_posted),
		TEST(a_forged_answer_to_the_post_does_not_lose_the_update),
		TEST(an_as_that_does_not_know_the_keys_gives_new_ones),
		TEST(a_device_that_takes_no_update_gets_a_first_token),
		TEST(a_refused_update_leaves_the_right_to_read),
		TEST(cnonce_of_the_hints_goes_to_the_as),
		TEST(what_the_user_names_is_added_by_an_update),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
