/* SPDX-License-Identifier: Apache-2.0 */
#include "token/rs.h"

static bool is_under_attack(const struct ace_rs *rs)
{
	for (size_t i = 0; i < rs_keys_len(&rs->config); i++)
		if (rs->as[i].failures >= ACE_RS_FAILURES_ALARM)
			return true;
	return false;
}

/* A bucket that fills with time itself, so that nothing has to be divided. */
bool ace_rs_is_limited(struct ace_rs *rs)
{
	uint32_t price_ms = rs->config.post_interval_ms;
	uint32_t most_ms = price_ms * (rs->config.post_burst ? rs->config.post_burst : 1u); /* 16 bits times 16 */
	uint64_t now_ms = ace_port_monotonic_ms();
	uint64_t gained_ms = now_ms - rs->post_seen_ms;

	/* Never locked out altogether: that would hand attackers the lever that they want. */
	if (is_under_attack(rs))
		gained_ms /= 2;
	rs->post_seen_ms = now_ms;
	if (gained_ms < most_ms && rs->post_credit_ms < most_ms - (uint32_t)gained_ms)
		rs->post_credit_ms += (uint32_t)gained_ms;
	else
		rs->post_credit_ms = most_ms;
	return rs->post_credit_ms < price_ms;
}

enum ace_err ace_rs_post_rate(struct ace_rs *rs)
{
	/* RFC 9200 5.10.1.2: the RS "SHOULD" limit the rate of submitted tokens. */
	if (ace_rs_is_limited(rs))
		return ACE_ERR_BUSY;
	rs->post_credit_ms -= rs->config.post_interval_ms;
	return ACE_OK;
}
