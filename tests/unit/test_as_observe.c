/* SPDX-License-Identifier: Apache-2.0 */
/* Observers of the revocation list over OSCORE: who is told, under which numbers, and when that ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "batch_case.h"

#include "as/observe.h"
#include "as/trl.h"
#include "as_message.h"
#include "observed_case.h"

static const uint32_t reg = 0, dereg = 1;
static struct as_came came;

static bool list_is_too_long;

enum ace_err __real_as_trl_answer(struct as_server *as, const struct store_trl_view *view, struct ace_slice options,
				  struct as_answer *answer);
enum ace_err __wrap_as_trl_answer(struct as_server *as, const struct store_trl_view *view, struct ace_slice options,
				  struct as_answer *answer);
enum ace_err __wrap_as_trl_answer(struct as_server *as, const struct store_trl_view *view, struct ace_slice options,
				  struct as_answer *answer)
{
	return list_is_too_long ? ACE_ERR_SPACE : __real_as_trl_answer(as, view, options, answer);
}

static void tell_observers(void)
{
	bool more;

	assert_int_equal(run(), ACE_OK);
	assert_int_equal(as_observe_tell(&fx.as, &more), ACE_OK);
	assert_false(more);
}

/* Returns the exchange that notifications belong to. */
static struct ace_oscore_exchange observe(struct as_line *line, const char *query)
{
	struct ace_oscore_exchange exchange;

	as_line_ask_with(line, &(struct as_ask){ ACE_COAP_GET, "/revoke/trl", query, .observe = &reg });
	exchange = line->exchange;
	tell_observers();
	assert_true(as_line_came(line, &exchange, &came));
	assert_int_equal(came.message.code, ACE_COAP_CONTENT);
	assert_true(as_came_with(&came, ACE_OPT_OBSERVE));
	assert_false(came.has_piv);
	return exchange;
}

static int setup(void **state)
{
	if (batch_case_setup(state))
		return -1;
	observed_case_token(&fx, 1, "anna");
	observed_case_token(&fx, 2, "anna");
	observed_case_token(&fx, 3, "bob");
	observed_case_token(&fx, 4, "anna");
	reserve_numbers(); /* behind them: numbers of tokens go up */
	assert_stored(5, 1);
	return 0;
}

/* RFC 8613 4.1.3.5.2: "a Partial IV MUST be included in all notifications [...] except for the first one". */
static void each_notification_has_a_number_of_its_own(void **state)
{
	struct ace_oscore_exchange exchange = observe(&anna, "");
	uint64_t last;

	(void)state;
	observed_case_revoke(&fx, 1);
	tell_observers();
	assert_true(as_line_came(&anna, &exchange, &came));
	assert_true(came.has_piv);
	assert_true(as_came_with(&came, ACE_OPT_OBSERVE));
	last = came.piv;
	observed_case_revoke(&fx, 2);
	tell_observers();
	assert_true(as_line_came(&anna, &exchange, &came));
	assert_true(came.has_piv);
	assert_true(came.piv > last);
	tell_observers();
	assert_false(as_line_came(&anna, &exchange, &came));
}

/* RFC 7641 4.2: "the server MUST remove the associated entry", and "MUST NOT include an Observe Option". */
static void a_list_that_became_too_long_ends_it_with_5_00(void **state)
{
	struct ace_oscore_exchange exchange = observe(&anna, "");

	(void)state;
	observed_case_revoke(&fx, 1);
	list_is_too_long = true;
	tell_observers();
	list_is_too_long = false;
	assert_true(as_line_came(&anna, &exchange, &came));
	assert_int_equal(came.message.code, ACE_COAP_INTERNAL_ERROR);
	assert_true(came.has_piv);
	assert_false(as_came_with(&came, ACE_OPT_OBSERVE));
	assert_int_equal(fx.as.observers.used, 0);
	observed_case_revoke(&fx, 2);
	tell_observers();
	assert_false(as_line_came(&anna, &exchange, &came));
}

static void who_is_not_concerned_hears_nothing(void **state)
{
	struct ace_oscore_exchange annas = observe(&anna, ""), bobs = observe(&bob, "");

	(void)state;
	observed_case_revoke(&fx, 3);
	tell_observers();
	assert_false(as_line_came(&anna, &annas, &came));
	assert_true(as_line_came(&bob, &bobs, &came));
}

static void who_does_not_want_to_hears_no_more(void **state)
{
	struct ace_oscore_exchange exchange = observe(&anna, "");

	(void)state;
	anna.mid += 255; /* another Message ID, and the same token again */
	as_line_ask_with(&anna, &(struct as_ask){ ACE_COAP_GET, "/revoke/trl", .observe = &dereg });
	tell_observers();
	assert_true(as_line_came(&anna, &anna.exchange, &came));
	assert_false(as_came_with(&came, ACE_OPT_OBSERVE));
	assert_int_equal(fx.as.observers.used, 0);
	observed_case_revoke(&fx, 1);
	tell_observers();
	assert_false(as_line_came(&anna, &exchange, &came));
}

static void a_context_that_left_memory_is_made_again(void **state)
{
	struct ace_oscore_exchange exchange = observe(&anna, "");

	(void)state;
	as_peer_remove(&fx.as.peers, as_peer_find(&fx.as.peers, fx.as.observers.slots[0].line));
	observed_case_revoke(&fx, 1);
	tell_observers();
	assert_true(as_line_came(&anna, &exchange, &came));
	assert_true(came.has_piv);
}

static void another_key_ends_it(void **state)
{
	struct ace_oscore_exchange exchange = observe(&anna, "");
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_rekey(txn, "anna", &(struct store_secret){ .key = { 1 }, .key_len = 16 }, 0), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	observed_case_revoke(&fx, 1);
	tell_observers();
	assert_false(as_line_came(&anna, &exchange, &came));
	assert_int_equal(fx.as.observers.used, 0);
}

/* RFC 7641 4.2: after an answer that is no success the server "MUST remove the associated entry". */
static void an_answer_that_is_an_error_is_the_last(void **state)
{
	struct ace_oscore_exchange exchange;

	(void)state;
	observed_case_revoke(&fx, 1);
	observed_case_revoke(&fx, 2);
	exchange = observe(&anna, "diff=1&cursor=1");
	fx.config.trl.index_max = 0; /* the cursor is above it now */
	observed_case_revoke(&fx, 4);
	tell_observers();
	assert_true(as_line_came(&anna, &exchange, &came));
	assert_int_equal(came.message.code, ACE_COAP_BAD_REQUEST);
	assert_true(came.has_piv);
	assert_false(as_came_with(&came, ACE_OPT_OBSERVE));
	assert_int_equal(fx.as.observers.used, 0);
}

/* RFC 7641 3.1: else it "falls back to a normal GET request". */
static void only_a_success_is_observed_and_only_from_its_first_block(void **state)
{
	static const uint32_t later = 1 << 4;

	(void)state;
	as_line_ask_with(&anna, &(struct as_ask){ ACE_COAP_GET, "/revoke/trl", "diff=x", .observe = &reg });
	tell_observers();
	assert_true(as_line_came(&anna, &anna.exchange, &came));
	assert_int_equal(came.message.code, ACE_COAP_BAD_REQUEST);
	observed_case_revoke(&fx, 1);
	as_line_ask_with(&anna, &(struct as_ask){ ACE_COAP_GET, "/revoke/trl", .observe = &reg, .block2 = &later });
	tell_observers();
	assert_true(as_line_came(&anna, &anna.exchange, &came));
	assert_int_equal(came.message.code, ACE_COAP_CONTENT);
	assert_false(as_came_with(&came, ACE_OPT_OBSERVE));
	assert_int_equal(fx.as.observers.used, 0);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, batch_case_teardown)
	const struct CMUnitTest tests[] = {
		CASE(each_notification_has_a_number_of_its_own),
		CASE(a_list_that_became_too_long_ends_it_with_5_00),
		CASE(who_is_not_concerned_hears_nothing),
		CASE(who_does_not_want_to_hears_no_more),
		CASE(a_context_that_left_memory_is_made_again),
		CASE(another_key_ends_it),
		CASE(an_answer_that_is_an_error_is_the_last),
		CASE(only_a_success_is_observed_and_only_from_its_first_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
