/* SPDX-License-Identifier: Apache-2.0 */
#include "as/copies.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "ace_udp_server.h"

static void clear(struct as_copy *copy)
{
	if (copy->answer)
		ace_wipe(copy->answer, copy->len);
	free(copy->answer);
	*copy = (struct as_copy){ 0 };
}

struct as_copy *as_copies_find(struct as_copies *copies, uint16_t mid, uint64_t now_ms)
{
	for (size_t i = 0; i < AS_COPIES_MAX; i++) {
		struct as_copy *copy = &copies->slots[i];

		/* RFC 7252 4.4: "The same Message ID MUST NOT be reused ... within the EXCHANGE_LIFETIME." */
		if (copy->state != AS_COPY_FREE && copy->mid == mid &&
		    now_ms - copy->at_ms < ACE_UDP_EXCHANGE_LIFETIME_MS)
			return copy;
	}
	return NULL;
}

struct as_copy *as_copies_add(struct as_copies *copies, uint16_t mid, uint64_t now_ms)
{
	struct as_copy *best = NULL;

	for (size_t i = 0; i < AS_COPIES_MAX; i++) {
		struct as_copy *copy = &copies->slots[i];

		if (copy->state == AS_COPY_AWAITED)
			continue;
		if (!best || copy->state < best->state || (copy->state == best->state && copy->at_ms < best->at_ms))
			best = copy;
	}
	if (!best)
		return NULL;
	clear(best);
	*best = (struct as_copy){ .state = AS_COPY_AWAITED, .mid = mid, .at_ms = now_ms };
	return best;
}

void as_copy_settle(struct as_copy *copy, struct ace_slice answer)
{
	copy->state = AS_COPY_ANSWERED;
	copy->answer = answer.len ? malloc(answer.len) : NULL;
	if (!copy->answer)
		return;
	memcpy(copy->answer, answer.ptr, answer.len);
	copy->len = answer.len;
}

void as_copies_fini(struct as_copies *copies)
{
	for (size_t i = 0; i < AS_COPIES_MAX; i++)
		clear(&copies->slots[i]);
}
