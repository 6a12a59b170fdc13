/* SPDX-License-Identifier: Apache-2.0 */
/* A test for ports that needs nothing but the port: for hosts, boards under emulation, and your own board.
 * Compile tests/port/port_conformance.c with include/ on the path, and run it once after start. */
#ifndef TESTS_PORT_CONFORMANCE_H
#define TESTS_PORT_CONFORMANCE_H

struct port_conformance {
	const char *failed; /* what did not hold first; NULL: everything did */
	unsigned int checks; /* so many held */
	unsigned int missing; /* algorithms that the port answers with ACE_ERR_UNSUPPORTED */
};

struct port_conformance port_conformance_run(void);

#endif
