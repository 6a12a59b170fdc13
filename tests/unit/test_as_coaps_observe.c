/* SPDX-License-Identifier: Apache-2.0 */
/* Observing the revocation list over DTLS: who is told, how often, and what ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "as/coaps_observe.h"
#include "as/metrics.h"
#include "as/observe.h"
#include "as_fixture.h"
#include "dtls_case.h"
#include "observed_case.h"

#define LIST "revoke/trl"
#define SESSIONS_MAX 2
#define TURNS 60 /* to see that nothing comes */

static struct as_fixture fx;
static struct dtls_case dtls;
static struct dtls_peer anna, bob;
static uint64_t ahead_ms;

uint64_t __real_ace_port_monotonic_ms(void);
uint64_t __wrap_ace_port_monotonic_ms(void);
uint64_t __wrap_ace_port_monotonic_ms(void)
{
	return __real_ace_port_monotonic_ms() + ahead_ms;
}

/* Both sides, until the peer has heard so many more. */
static void turn(struct dtls_peer *peer, unsigned int more, int turns)
{
	unsigned int wanted = peer->answers + more;
	bool has_more;

	for (int i = 0; i < turns && peer->answers < wanted; i++) {
		coap_io_process(dtls.coap, COAP_IO_NO_WAIT);
		assert_int_equal(as_batch_run(&fx.as), ACE_OK);
		assert_int_equal(as_observe_tell(&fx.as, &has_more), ACE_OK);
		usleep(300);
	}
}

static void observe(struct dtls_peer *peer, uint16_t mid, uint8_t wish, bool is_added)
{
	unsigned int before = peer->answers;

	dtls_peer_observe(peer, mid, LIST, wish);
	turn(peer, 1, DTLS_CASE_TURNS);
	assert_int_equal(peer->answers, before + 1);
	assert_int_equal(peer->code, ACE_COAP_CONTENT);
	assert_int_equal(peer->has_observe, is_added);
}

static void assert_told(struct dtls_peer *peer, unsigned int times)
{
	unsigned int before = peer->answers;

	turn(peer, times ? times : 1, times ? DTLS_CASE_TURNS : TURNS);
	assert_int_equal(peer->answers, before + times);
	if (times)
		assert_true(peer->has_observe);
}

static void assert_observers(size_t wanted)
{
	ahead_ms += 1000; /* the server looks for those that have ended now and then */
	for (int i = 0; i < DTLS_CASE_TURNS && fx.as.observers.used != wanted; i++)
		turn(&anna, 1, 1);
	assert_int_equal(fx.as.observers.used, wanted);
}

static int setup(void **state)
{
	static const char *const owners[] = { "anna", "anna", "bob", "anna" };

	(void)state;
	ahead_ms = 0;
	if (as_fixture_open(&fx, ""))
		return -1;
	dtls_case_client(&fx, "anna", STORE_AUTH_DTLS_PSK);
	dtls_case_client(&fx, "bob", STORE_AUTH_DTLS_PSK);
	for (uint64_t i = 0; i < ACE_ARRAY_LEN(owners); i++)
		observed_case_token(&fx, i + 1, owners[i]);
	dtls_case_open(&dtls, &fx, SESSIONS_MAX);
	dtls_peer_open(&dtls, "anna", ACE_SLICE_OF(dtls_case_key), &anna);
	dtls_peer_open(&dtls, "bob", ACE_SLICE_OF(dtls_case_key), &bob);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	dtls_peer_close(&anna);
	dtls_peer_close(&bob);
	dtls_case_close(&dtls);
	return as_fixture_close(&fx);
}

/* RFC 9770 11: told are those whose part of the list has changed. */
static void those_who_are_concerned_are_told(void **state)
{
	(void)state;
	observe(&anna, 1, 0, true);
	observe(&bob, 1, 0, true);
	observed_case_revoke(&fx, 1);
	assert_told(&anna, 1);
	assert_int_equal(anna.code, ACE_COAP_CONTENT);
	/* One hash of 33 bytes: {0: [h'...'], 2: 0} */
	assert_int_equal(anna.len, 1 + 1 + 1 + 35 + 2);
	assert_told(&bob, 0);
	observed_case_revoke(&fx, 3);
	assert_told(&bob, 1);
	assert_observers(2);
}

/* RFC 7641 4.5.1: "SHOULD NOT send more than one [...] every 3 seconds". What comes meanwhile is told together. */
static void news_that_come_quickly_are_told_together(void **state)
{
	(void)state;
	observe(&anna, 1, 0, true);
	observed_case_revoke(&fx, 1);
	assert_told(&anna, 1);
	observed_case_revoke(&fx, 2);
	observed_case_revoke(&fx, 4);
	assert_told(&anna, 0);
	ahead_ms += AS_COAPS_NOTIFY_GAP_MS;
	assert_told(&anna, 1);
	assert_int_equal(anna.len, 1 + 1 + 1 + 3 * 35 + 2);
	ahead_ms += AS_COAPS_NOTIFY_GAP_MS;
	assert_told(&anna, 0);
	/* RFC 7641 4.5: at least once a day, to see whether the client is still there. */
	ahead_ms += AS_COAPS_NOTIFY_MAX_MS;
	assert_told(&anna, 1);
}

static void who_asks_again_is_one_observer(void **state)
{
	(void)state;
	observe(&anna, 1, 0, true);
	observe(&anna, 1 + 256, 0, true); /* the same token */
	assert_observers(1);
	observe(&anna, 2, 0, true);
	assert_observers(2);
	observed_case_revoke(&fx, 1);
	assert_told(&anna, 2);
}

static void who_does_not_want_to_hears_no_more(void **state)
{
	(void)state;
	observe(&anna, 1, 0, true);
	observe(&anna, 1 + 256, 1, false);
	assert_observers(0);
	observed_case_revoke(&fx, 1);
	assert_told(&anna, 0);
	assert_int_equal(fx.as.observers.used, 0);
}

/* RFC 7641 3.6: a client "rejects the notification with a Reset message". */
static void a_reset_ends_it(void **state)
{
	(void)state;
	observe(&anna, 1, 0, true);
	anna.rejects = true;
	observed_case_revoke(&fx, 1);
	assert_told(&anna, 1);
	assert_observers(0);
}

static void it_ends_with_its_session(void **state)
{
	(void)state;
	observe(&anna, 1, 0, true);
	observe(&bob, 1, 0, true);
	coap_session_disconnected(anna.session, COAP_NACK_TLS_FAILED); /* says goodbye */
	assert_observers(1);
}

/* Both are there when the server looks: the session ends before the request is served. */
static void who_asks_and_leaves_at_once_is_no_observer(void **state)
{
	(void)state;
	observe(&bob, 1, 0, true);
	observe(&anna, 1, 1, false);
	dtls_peer_observe(&anna, 2, LIST, 0);
	coap_session_disconnected(anna.session, COAP_NACK_TLS_FAILED);
	turn(&anna, 1, TURNS);
	assert_observers(1);
}

static void it_ends_with_its_key(void **state)
{
	struct store_secret secret = { .key_len = sizeof dtls_case_key };
	struct store_txn *txn;

	(void)state;
	observe(&anna, 1, 0, true);
	assert_int_equal(store_begin_write(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_client_rekey(txn, "anna", &secret, 0), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	observed_case_revoke(&fx, 1);
	assert_told(&anna, 0);
	assert_int_equal(fx.as.observers.used, 0);
}

/* Else the cap of idle ones would hold nobody who observes. */
static void sessions_that_observe_are_capped(void **state)
{
	struct dtls_peer third;

	(void)state;
	observe(&anna, 1, 0, true);
	observe(&bob, 1, 0, true);
	dtls_peer_open(&dtls, "anna", ACE_SLICE_OF(dtls_case_key), &third);
	observe(&third, 1, 0, false);
	observe(&anna, 1 + 256, 1, false);
	observe(&third, 2, 0, true);
	dtls_peer_close(&third);
}

static void observers_are_in_the_metrics(void **state)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_non_null(out);
	observe(&anna, 1, 0, true);
	observe(&bob, 1, 0, true);
	assert_int_equal(as_metrics_write(&fx.as, out), ACE_OK);
	assert_int_equal(fclose(out), 0);
	assert_non_null(strstr(text, "aced_table_entries{table=\"observers\"} 2\n"));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(those_who_are_concerned_are_told, setup, teardown),
		cmocka_unit_test_setup_teardown(news_that_come_quickly_are_told_together, setup, teardown),
		cmocka_unit_test_setup_teardown(who_asks_again_is_one_observer, setup, teardown),
		cmocka_unit_test_setup_teardown(who_does_not_want_to_hears_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(a_reset_ends_it, setup, teardown),
		cmocka_unit_test_setup_teardown(it_ends_with_its_session, setup, teardown),
		cmocka_unit_test_setup_teardown(who_asks_and_leaves_at_once_is_no_observer, setup, teardown),
		cmocka_unit_test_setup_teardown(it_ends_with_its_key, setup, teardown),
		cmocka_unit_test_setup_teardown(sessions_that_observe_are_capped, setup, teardown),
		cmocka_unit_test_setup_teardown(observers_are_in_the_metrics, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
