/* SPDX-License-Identifier: Apache-2.0 */
#include "as/sequence.h"

#include "as/batch.h"
#include "storage/counters.h"

enum ace_err as_sequence_reserve(struct as_server *as, uint32_t wanted)
{
	struct as_sequence *sequence = &as->sequence;
	uint32_t missing = wanted - sequence->left;
	uint64_t first;
	enum ace_err err;

	if (sequence->left >= wanted)
		return ACE_OK;
	err = store_sequence_take(as->store, as->batch->now_ms, missing, &first);
	if (err)
		return err;
	/* Nobody else takes any, so what was left and what was taken are one block. */
	if (first != sequence->next + sequence->left)
		*sequence = (struct as_sequence){ .next = first };
	sequence->left += missing;
	return ACE_OK;
}

enum ace_err as_sequence_take(struct as_server *as, uint64_t *ret_sequence)
{
	if (!as->sequence.left)
		return ACE_ERR_BUSY;
	as->sequence.left--;
	*ret_sequence = as->sequence.next++;
	return ACE_OK;
}

size_t as_sequence_bytes(uint64_t sequence, size_t min_len, uint8_t ret_bytes[8])
{
	size_t len = 1;

	while (len < 8 && (len < min_len || sequence >> (8 * len)))
		len++;
	for (size_t i = len; i > 0; i--, sequence >>= 8)
		ret_bytes[i - 1] = (uint8_t)sequence;
	return len;
}
