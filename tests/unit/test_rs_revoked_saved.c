/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of revoked tokens, over a restart. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "revoked_case.h"

static void what_was_saved_counts_after_a_restart(void **state)
{
	uint8_t bytes[ACE_RS_REVOKED_SAVED(ROOM)];
	struct ace_buf saved = ACE_BUF_OF(bytes);

	(void)state;
	assert_false(ace_rs_revoked_changed(&f.rs));
	whole_list(1 << 0 | 1 << 4);
	assert_true(ace_rs_revoked_changed(&f.rs));
	assert_int_equal(post(4, 1), ACE_COAP_UNAUTHORIZED);
	assert_int_equal(ace_rs_revoked_save(&f.rs, &saved), ACE_OK);
	assert_false(ace_rs_revoked_changed(&f.rs));
	fixture_restart(&f);
	assert_int_equal(ace_rs_revoked_restore(&f.rs, ace_buf_slice(&saved)), ACE_OK);
	assert_int_equal(f.rs.revoked_used, 2);
	port_fake_set_monotonic(1000 + ACE_RS_TRL_WAIT_MS);
	assert_int_equal(post(0, 1), ACE_COAP_UNAUTHORIZED);
	assert_true(ace_rs_revoked_changed(&f.rs)); /* it was seen */
	assert_int_equal(post(4, 1), ACE_COAP_UNAUTHORIZED);
	ace_rs_exi_restore(&f.rs, 0, 44);
	ace_rs_tick(&f.rs);
	assert_int_equal(f.rs.revoked_used, 1); /* number 44 is over, and its token was seen */
}

static void what_was_not_saved_is_not_restored(void **state)
{
	uint8_t bytes[ACE_RS_REVOKED_SAVED(ROOM)];
	struct ace_buf saved = { bytes, ACE_RS_REVOKED_SAVED(2) - 1, 0 };

	(void)state;
	whole_list(1 << 0 | 1 << 1);
	assert_int_equal(ace_rs_revoked_save(&f.rs, &saved), ACE_ERR_SPACE);
	assert_true(ace_rs_revoked_changed(&f.rs));
	saved.cap = sizeof bytes;
	assert_int_equal(ace_rs_revoked_save(&f.rs, &saved), ACE_OK);
	fixture_restart(&f);
	for (size_t len = 0; len < saved.len; len++)
		if (len % 26 != 1)
			assert_int_equal(ace_rs_revoked_restore(&f.rs, (struct ace_slice){ bytes, len }), ACE_ERR_MALFORMED);
	bytes[0] ^= 1;
	assert_int_equal(ace_rs_revoked_restore(&f.rs, ace_buf_slice(&saved)), ACE_ERR_MALFORMED);
	bytes[0] ^= 1;
	bytes[26] |= 0x80; /* a flag that is none */
	assert_int_equal(ace_rs_revoked_restore(&f.rs, ace_buf_slice(&saved)), ACE_ERR_MALFORMED);
	bytes[26] &= 0x7f;
	bytes[25] = 1; /* an issuer that is none */
	assert_int_equal(ace_rs_revoked_restore(&f.rs, ace_buf_slice(&saved)), ACE_ERR_MALFORMED);
	assert_int_equal(f.rs.revoked_used, 0);
}

/* Each save wears flash. */
static void what_the_list_says_again_is_not_to_be_saved_again(void **state)
{
	uint8_t bytes[ACE_RS_REVOKED_SAVED(ROOM)];
	struct ace_buf saved = ACE_BUF_OF(bytes);

	(void)state;
	whole_list(1 << 0 | 1 << 1);
	whole_list(1 << 1);
	assert_int_equal(ace_rs_revoked_save(&f.rs, &saved), ACE_OK);
	whole_list(1 << 1);
	change(1 << 0, 0);
	assert_int_equal(f.rs.revoked_used, 2);
	assert_false(ace_rs_revoked_changed(&f.rs));
}

static void more_than_fits_is_restored_from_its_newest_end(void **state)
{
	uint8_t bytes[ACE_RS_REVOKED_SAVED(ROOM)];
	struct ace_buf saved = ACE_BUF_OF(bytes);

	(void)state;
	whole_list(1 << 0 | 1 << 1 | 1 << 2);
	assert_int_equal(ace_rs_revoked_save(&f.rs, &saved), ACE_OK);
	f.config.revoked_len = 2;
	fixture_restart(&f);
	assert_int_equal(ace_rs_revoked_restore(&f.rs, ace_buf_slice(&saved)), ACE_OK);
	whole_list(0); /* which ends the wait, but not the hashes: their tokens were not seen */
	assert_int_equal(post(0, 1), ACE_COAP_CREATED);
	assert_int_equal(post(1, 1), ACE_COAP_UNAUTHORIZED);
	f.config.revoked_len = 0;
	fixture_restart(&f);
	assert_int_equal(ace_rs_revoked_restore(&f.rs, ace_buf_slice(&saved)), ACE_ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(what_was_saved_counts_after_a_restart, start),
		cmocka_unit_test_setup(what_was_not_saved_is_not_restored, start),
		cmocka_unit_test_setup(what_the_list_says_again_is_not_to_be_saved_again, start),
		cmocka_unit_test_setup(more_than_fits_is_restored_from_its_newest_end, start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
