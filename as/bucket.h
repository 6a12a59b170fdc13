/* SPDX-License-Identifier: Apache-2.0 */
/* Token bucket: so many events a second, and a burst. */
#ifndef AS_BUCKET_H
#define AS_BUCKET_H

#include "as/peer_table.h"

struct as_rate {
	uint32_t per_second; /* at most 1,000,000 */
	uint32_t burst;      /* at most 1,000,000 */
};

/* Take one; false when the bucket is empty. A zeroed bucket starts full. */
bool as_bucket_take(struct as_bucket *bucket, const struct as_rate *rate, uint64_t now_ms);
/* So many more, just after one was taken, for what turned out to cost more. What is not there is owed: nothing can be taken
 * until it has come in. */
void as_bucket_owe(struct as_bucket *bucket, const struct as_rate *rate, uint32_t tokens);

#endif
