/* SPDX-License-Identifier: Apache-2.0 */
/* A port for tests: real crypto, but random bytes and clocks that the test sets, and failure at a
 * chosen call. Counted are the calls that can fail: AEAD, HMAC, SHA-256, random and wall clock. */
#ifndef TESTS_PORT_FAKE_H
#define TESTS_PORT_FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As at start: no call fails, the count is 0, random bytes begin anew, the wall clock stands at
 * PORT_FAKE_NOW and the monotonic clock at 0. Fits as a cmocka setup function. */
#define PORT_FAKE_NOW INT64_C(1767225610)
int port_fake_reset(void **state);

/* The n-th call from now (1: the next) fails, once; 0: none. */
void port_fake_fail_call(unsigned int n);
/* From now on every call fails, or none does. */
void port_fake_fail_all(bool fail);
/* Calls since the last reset or port_fake_fail_call(). */
unsigned int port_fake_calls(void);

/* Same seed, same bytes. */
void port_fake_seed(uint64_t seed);
/* These come out before any others, so that published vectors can be met; borrowed until they are used up. */
void port_fake_next_random(const uint8_t *bytes, size_t len);
void port_fake_set_wall(int64_t seconds);
/* A device without a trusted clock: ace_port_wall_clock() answers ACE_ERR_CLOCK. */
void port_fake_stop_wall(bool stopped);
void port_fake_set_monotonic(uint64_t ms);

#endif
