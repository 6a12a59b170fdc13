/* SPDX-License-Identifier: Apache-2.0 */
#include "as/bucket.h"

#define MILLI UINT64_C(1000)

bool as_bucket_take(struct as_bucket *bucket, const struct as_rate *rate, uint64_t now_ms)
{
	uint64_t full = rate->burst * MILLI;
	uint64_t level = full;

	if (!now_ms)
		now_ms = 1; /* 0 stands for a bucket that nobody has used */
	if (bucket->owes && now_ms < bucket->filled_ms)
		return false;
	bucket->owes = false;
	/* One token a second is one thousandth of a token a millisecond. */
	if (bucket->filled_ms && now_ms - bucket->filled_ms <= full / (rate->per_second ? rate->per_second : 1))
		level = bucket->millitokens + (now_ms - bucket->filled_ms) * rate->per_second;
	if (level > full)
		level = full;
	bucket->filled_ms = now_ms;
	bucket->millitokens = (uint32_t)(level >= MILLI ? level - MILLI : level);
	return level >= MILLI;
}

void as_bucket_owe(struct as_bucket *bucket, const struct as_rate *rate, uint32_t tokens)
{
	uint64_t owed = tokens * MILLI;

	if (owed <= bucket->millitokens) {
		bucket->millitokens -= (uint32_t)owed;
		return;
	}
	bucket->filled_ms += (owed - bucket->millitokens) / (rate->per_second ? rate->per_second : 1);
	bucket->millitokens = 0;
	bucket->owes = true;
}
