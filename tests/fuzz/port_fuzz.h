/* SPDX-License-Identifier: Apache-2.0 */
/* A port without secrets, so that whatever is inside a seal is within a fuzzer's reach: ciphertext is plaintext, and a tag
 * fails only if its last byte is 0xff. Hashes only tell inputs apart. Random bytes begin anew with each input. */
#ifndef TESTS_PORT_FUZZ_H
#define TESTS_PORT_FUZZ_H

#include "ace_port.h"

#define PORT_FUZZ_NOW INT64_C(1767225610) /* the time of the vectors */

void port_fuzz_reset(void);
/* Both clocks go on. */
void port_fuzz_pass_ms(uint64_t ms);

#endif
