/* SPDX-License-Identifier: Apache-2.0 */
#include "as/overload.h"

#include "as/batch.h"

#define VERIFIED_MIN (ACE_UDP_BATCH_MAX / 4 * 3)
#define SPREAD_S 4

void as_overload_note(struct as_server *as)
{
	struct as_overload *overload = &as->overload;
	const struct as_batch *batch = as->batch;
	/* With each batch: what was lost to strangers is not held against those who come after them. */
	uint64_t lost = ace_udp_lost(as->udp);

	overload->served = 0;
	if (lost > overload->lost && batch->verified >= VERIFIED_MIN)
		overload->until_ms = batch->monotonic_ms + AS_OVERLOAD_HOLDS_MS;
	overload->lost = lost;
}

bool as_overload_sheds(struct as_server *as)
{
	struct as_overload *overload = &as->overload;

	return overload->served++ >= VERIFIED_MIN && as->batch->monotonic_ms < overload->until_ms;
}

void as_overload_answer(struct as_server *as, struct as_job *job)
{
	as->metrics.delayed[AS_DELAY_OVERLOAD]++;
	as_answer_code(&job->answer, ACE_COAP_UNAVAILABLE);
	job->answer.has_max_age = true;
	job->answer.max_age_s = 1 + (uint32_t)(as->overload.served % SPREAD_S);
}
