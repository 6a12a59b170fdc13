/* SPDX-License-Identifier: Apache-2.0 */
/* Echo values that need no memory: the time they were made and a MAC under a key of this run.
 * A client whose replay window is not in memory has to return one before its request counts. */
#ifndef AS_ECHO_H
#define AS_ECHO_H

#include "ace_port.h"

#define AS_ECHO_LEN 16
#define AS_ECHO_VALID_MS 10000

struct as_echo {
	uint8_t key[ACE_SHA256_LEN]; /* drawn at start, wiped at the end */
};

ACE_MUST_CHECK enum ace_err as_echo_init(struct as_echo *echo);
void as_echo_fini(struct as_echo *echo);

/* A value for the peer with that kid, made at now_ms of ace_port_monotonic_ms(). ACE_ERR_CRYPTO. */
ACE_MUST_CHECK enum ace_err as_echo_make(const struct as_echo *echo, struct ace_slice kid, uint64_t now_ms,
					 uint8_t ret_value[AS_ECHO_LEN]);
/* Was it made by this run, for that kid, within the last AS_ECHO_VALID_MS?  Source: RFC 9175 2.3, RFC 8613 B.1.2. */
bool as_echo_is_fresh(const struct as_echo *echo, struct ace_slice kid, uint64_t now_ms, struct ace_slice value);

#endif
