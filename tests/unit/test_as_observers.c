/* SPDX-License-Identifier: Apache-2.0 */
/* The table of observations: whose they are, who is to be told, and how many there may be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "as/observers.h"

#define PLACES 32

static struct as_observers observers;

static int setup(void **state)
{
	(void)state;
	return as_observers_init(&observers, PLACES);
}

static int teardown(void **state)
{
	(void)state;
	as_observers_fini(&observers);
	return 0;
}

static struct as_peer peer_of(enum as_peer_kind kind, const char *id)
{
	struct as_peer peer = { .kind = kind, .line = 7, .key_version = 3 };

	snprintf(peer.id, sizeof peer.id, "%s", id);
	return peer;
}

/* since: what it has seen already. */
static struct as_observation *add(enum as_peer_kind kind, const char *id, uint64_t since)
{
	struct as_peer peer = peer_of(kind, id);
	struct as_observation *made = NULL;

	assert_int_equal(as_observers_add(&observers, &peer, &made), ACE_OK);
	made->handle = 1000 + as_observation_cookie(&observers, made);
	made->since = since;
	return made;
}

static void assert_due(struct as_observation *const *wanted, size_t len)
{
	const struct as_observation *before = NULL, *at = observers.due_first;

	for (size_t i = 0; i < len; i++, before = at, at = at->due_next) {
		assert_ptr_equal(at, wanted[i]);
		assert_true(at->is_due);
		assert_ptr_equal(at->due_before, before);
	}
	assert_null(at);
	assert_ptr_equal(observers.due_last, before);
}

#define ASSERT_DUE(...)                                                                                                \
	assert_due((struct as_observation *[]){ __VA_ARGS__ },                                                         \
		   sizeof((struct as_observation *[]){ __VA_ARGS__ }) / sizeof(struct as_observation *))

static void only_whose_it_is_are_marked(void **state)
{
	struct as_observation *one = add(AS_PEER_CLIENT, "a", 0), *two = add(AS_PEER_CLIENT, "a", 0);

	(void)state;
	add(AS_PEER_CLIENT, "b", 0);
	add(AS_PEER_DEVICE, "a", 0);
	as_observers_mark(&observers, AS_PEER_CLIENT, "c", 1);
	assert_null(observers.due_first);
	as_observers_mark(&observers, AS_PEER_CLIENT, "a", 1);
	as_observers_mark(&observers, AS_PEER_CLIENT, "a", 2);
	ASSERT_DUE(two, one);
}

static void who_has_seen_it_is_not_told_again(void **state)
{
	struct as_observation *old = add(AS_PEER_DEVICE, "d", 4);

	(void)state;
	add(AS_PEER_DEVICE, "d", 5);
	add(AS_PEER_DEVICE, "d", 6);
	as_observers_mark(&observers, AS_PEER_DEVICE, "d", 5);
	ASSERT_DUE(old);
}

static void the_queue_holds_whoever_leaves_it_where(void **state)
{
	struct as_observation *at[4];

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		at[i] = add(AS_PEER_CLIENT, "a", 0);
		as_observation_mark(&observers, at[i]);
	}
	ASSERT_DUE(at[0], at[1], at[2], at[3]);
	as_observation_unmark(&observers, at[1]);
	as_observation_unmark(&observers, at[1]);
	ASSERT_DUE(at[0], at[2], at[3]);
	as_observers_remove(&observers, at[3]);
	ASSERT_DUE(at[0], at[2]);
	as_observers_remove(&observers, at[0]);
	ASSERT_DUE(at[2]);
	as_observation_unmark(&observers, at[2]);
	assert_due(NULL, 0);
	as_observers_mark_all(&observers);
	assert_int_equal(observers.used, 2);
	assert_true(at[1]->is_due && at[2]->is_due);
}

static void a_peer_has_its_share_and_the_table_its_end(void **state)
{
	struct as_observation *own[AS_OBSERVATIONS_A_PEER], *made;
	struct as_peer a = peer_of(AS_PEER_CLIENT, "a"), other;
	char id[8];

	(void)state;
	for (size_t i = 0; i < AS_OBSERVATIONS_A_PEER; i++)
		own[i] = add(AS_PEER_CLIENT, "a", 0);
	assert_int_equal(as_observers_add(&observers, &a, &made), ACE_ERR_FULL);
	as_observers_remove(&observers, own[3]);
	own[3] = add(AS_PEER_CLIENT, "a", 0);
	for (size_t i = AS_OBSERVATIONS_A_PEER; i < PLACES; i++) {
		snprintf(id, sizeof id, "o%zu", i);
		add(AS_PEER_CLIENT, id, 0);
	}
	other = peer_of(AS_PEER_DEVICE, "z");
	assert_int_equal(as_observers_add(&observers, &other, &made), ACE_ERR_FULL);
	for (size_t i = 0; i < AS_OBSERVATIONS_A_PEER; i++)
		as_observers_remove(&observers, own[i]);
	assert_int_equal(observers.used, PLACES - AS_OBSERVATIONS_A_PEER);
	assert_int_equal(as_observers_add(&observers, &other, &made), ACE_OK);
	assert_int_equal(made->key_version, 3);
	assert_int_equal(made->line, 7);
}

static void a_handle_that_has_ended_finds_nothing(void **state)
{
	struct as_observation *one = add(AS_PEER_CLIENT, "a", 0);
	uint64_t cookie = as_observation_cookie(&observers, one), handle = one->handle;

	(void)state;
	assert_ptr_equal(as_observation_of(&observers, cookie, handle), one);
	assert_null(as_observation_of(&observers, cookie, handle + 1));
	assert_null(as_observation_of(&observers, cookie + 1, handle));
	assert_null(as_observation_of(&observers, PLACES, handle));
	as_observers_remove(&observers, one);
	assert_null(as_observation_of(&observers, cookie, handle));
	assert_null(as_observation_of(&observers, cookie, 0));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(only_whose_it_is_are_marked),
		CASE(who_has_seen_it_is_not_told_again),
		CASE(the_queue_holds_whoever_leaves_it_where),
		CASE(a_peer_has_its_share_and_the_table_its_end),
		CASE(a_handle_that_has_ended_finds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
