/* SPDX-License-Identifier: Apache-2.0 */
/* The test that boards run, on a port for hosts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "port_conformance.h"

static void port_conforms(void **state)
{
	struct port_conformance result = port_conformance_run();

	(void)state;
	if (result.failed)
		fail_msg("%s", result.failed);
	assert_int_equal(result.missing, 0);
	assert_true(result.checks > 10000);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(port_conforms) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
