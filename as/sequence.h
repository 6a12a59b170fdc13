/* SPDX-License-Identifier: Apache-2.0 */
/* The token sequence: one number a token, in its COSE IV, its cti and its osc.id. */
#ifndef AS_SEQUENCE_H
#define AS_SEQUENCE_H

#include "as/server.h"

/* Before a batch's write transaction begins (the store may have to write on its own): have wanted numbers at hand.
 * What is left over serves the next batch. Errors of store_sequence_take(). */
ACE_MUST_CHECK enum ace_err as_sequence_reserve(struct as_server *as, uint32_t wanted);
/* ACE_ERR_BUSY: none was to be had for this batch. */
ACE_MUST_CHECK enum ace_err as_sequence_take(struct as_server *as, uint64_t *ret_sequence);
/* Big-endian, at least min_len bytes, else in shortest form (at least one byte). @return how many of ret_bytes. */
size_t as_sequence_bytes(uint64_t sequence, size_t min_len, uint8_t ret_bytes[8]);

#endif
