/* SPDX-License-Identifier: Apache-2.0 */
/* Contexts that somebody observes a resource under. Such a one stays for a moment when its token ends, for the one message
 * that tells so; nothing else goes out under it or comes in. */
#include "token/rs.h"

#if ACE_RS_OBSERVE

void ace_rs_grant_end(struct ace_rs *rs, struct ace_rs_grant *grant)
{
	uint64_t now_ms = ace_port_monotonic_ms();

	if (grant->role == ACE_RS_CURRENT && grant->observers) {
		grant->role = ACE_RS_ENDING;
		grant->deadline_ms = now_ms;
		grant->exp = 0;
		grant->has_exi = false;
	} else if (grant->role != ACE_RS_ENDING || now_ms - grant->deadline_ms >= ACE_RS_FAREWELL_MS) {
		ace_rs_grant_erase(rs, grant);
	}
}

enum ace_err ace_rs_observe_begin(struct ace_rs_exchange *ex)
{
	if (!rs_is_live(ex))
		return ACE_ERR_NO_CONTEXT;
	if (!ex->oscore.observe || ex->oscore.unproven)
		return ACE_ERR_USAGE;
	if (ex->grant->observers == UINT8_MAX)
		return ACE_ERR_FULL;
	ex->grant->observers++;
	return ACE_OK;
}

void ace_rs_observe_end(struct ace_rs_exchange *ex)
{
	struct ace_rs_grant *grant = ex->grant;

	if (grant->serial != ex->serial || !grant->observers)
		return;
	grant->observers--;
	if (grant->role == ACE_RS_ENDING && !grant->observers)
		ace_rs_grant_erase(ex->rs, grant);
}

enum ace_rs_observation ace_rs_observation(const struct ace_rs_exchange *ex)
{
	const struct ace_rs_grant *grant = ex->grant;

	ace_rs_tick(ex->rs);
	if (grant->serial != ex->serial)
		return ACE_RS_OBSERVATION_GONE;
	/* RFC 9203 4.3: a context is not used after its token's end, so the last word is best said just before. */
	if (grant->role == ACE_RS_ENDING || grant->deadline_ms - ace_port_monotonic_ms() <= ACE_RS_FAREWELL_EARLY_MS)
		return ACE_RS_OBSERVATION_ENDS;
	return ACE_RS_OBSERVATION_GOES_ON;
}

#endif
