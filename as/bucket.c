/* SPDX-License-Identifier: Apache-2.0 */
#include "as/bucket.h"

#define MILLI UINT64_C(1000)

bool as_bucket_take(struct as_bucket *bucket, const struct as_rate *rate, uint64_t now_ms)
{
	uint64_t full = rate->burst * MILLI;
	uint64_t level = full;

	/* One token a second is one thousandth of a token a millisecond. */
	if (bucket->filled_ms && now_ms - bucket->filled_ms <= full / (rate->per_second ? rate->per_second : 1))
		level = bucket->millitokens + (now_ms - bucket->filled_ms) * rate->per_second;
	if (level > full)
		level = full;
	bucket->filled_ms = now_ms ? now_ms : 1;
	bucket->millitokens = (uint32_t)(level >= MILLI ? level - MILLI : level);
	return level >= MILLI;
}
