/* SPDX-License-Identifier: Apache-2.0 */
/* Whose a DTLS session is: whom its key was handed out for, and whom libcoap names must be one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "as/coaps_core.h"

/* What libcoap says was verified; NULL: nothing. It is asked for the session of the test. */
static const char *verified;
static int session_of_libcoap;

const coap_bin_const_t *__wrap_coap_session_get_psk_identity(const coap_session_t *coap);
const coap_bin_const_t *__wrap_coap_session_get_psk_identity(const coap_session_t *coap)
{
	static coap_bin_const_t identity;

	assert_ptr_equal(coap, &session_of_libcoap);
	identity = (coap_bin_const_t){ .length = verified ? strlen(verified) : 0, .s = (const uint8_t *)verified };
	return verified ? &identity : NULL;
}

static const struct as_psk_owner *owner(const char *handed_out, const char *named)
{
	static struct as_coaps_session session;

	memset(&session, 0, sizeof session);
	snprintf(session.owner.identity, sizeof session.owner.identity, "%s", handed_out);
	snprintf(session.owner.id, sizeof session.owner.id, "%.*s", (int)strcspn(handed_out, "/"), handed_out);
	verified = named;
	return as_coaps_owner((const coap_session_t *)(const void *)&session_of_libcoap, &session);
}

static void the_one_whose_key_was_handed_out_is_the_owner(void **state)
{
	(void)state;
	assert_string_equal(owner("tablet", "tablet")->id, "tablet");
	assert_string_equal(owner("tablet/2", "tablet/2")->id, "tablet");
}

/* A second handshake in the session may name another. */
static void another_name_than_the_key_was_handed_out_for_owns_nothing(void **state)
{
	static const char *const others[] = { "steady", "tablet/2", "table", "tablets", "Tablet", "", NULL };

	(void)state;
	for (size_t i = 0; i < ACE_ARRAY_LEN(others); i++)
		assert_null(owner("tablet", others[i]));
	assert_null(owner("tablet/2", "tablet"));
}

/* The key of an identity that nobody has is a decoy. */
static void a_decoy_owns_nothing(void **state)
{
	(void)state;
	assert_null(owner("", ""));
	assert_null(owner("", "tablet"));
	assert_null(owner("", NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_one_whose_key_was_handed_out_is_the_owner),
		cmocka_unit_test(another_name_than_the_key_was_handed_out_for_owns_nothing),
		cmocka_unit_test(a_decoy_owns_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
