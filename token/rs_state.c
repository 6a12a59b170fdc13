/* SPDX-License-Identifier: Apache-2.0 */
/* Start, timers and end of the device library. */
#include "token/rs.h"

#include "token/mem.h"

uint8_t ace_rs_issuer_of(const struct ace_rs_config *config, size_t key)
{
	size_t first = 0;

	while (ACE_RS_KEYS_MAX > 1 && !ace_slice_equal(config->keys[first].issuer, config->keys[key].issuer))
		first++;
	return (uint8_t)first;
}

uint64_t ace_rs_deadline(uint64_t seconds)
{
	return ace_port_monotonic_ms() + UINT64_C(1000) * (seconds < UINT32_MAX ? (uint32_t)seconds : UINT32_MAX);
}

/* Deal out the arena; what needs the strictest alignment comes first. */
static void lay_out(struct ace_rs *rs, uint8_t *arena)
{
	const struct ace_rs_config *config = &rs->config;
	uint8_t *at = arena + (-(uintptr_t)arena & 7);

	rs->grants = (void *)at;
	at += ACE_RS_GRANTS(config->contexts) * sizeof *rs->grants;
	rs->grants_end = (void *)at;
	rs->exi = (void *)at;
	at += ACE_RS_EXI_RECORDS(config->contexts) * sizeof *rs->exi;
	rs->associations = (void *)at;
	at += config->contexts * sizeof *rs->associations;
	rs->associations_end = (void *)at;
	for (struct ace_rs_grant *grant = rs->grants; grant < rs->grants_end; grant++, at += config->scope_bytes)
		grant->scope_bytes = at;
	rs->scratch = at;
}

static bool config_is_usable(const struct ace_rs_config *config)
{
	if (!config->contexts || !config->keys_len || config->keys_len > ACE_RS_KEYS_MAX || !config->audience.len)
		return false;
	for (size_t i = 0; i < rs_keys_len(config); i++)
		if (!config->keys[i].issuer.len)
			return false;
#if ACE_RS_TRL
	if (config->revoked_len && !config->strict_layout)
		return false;
#endif
	return true;
}

enum ace_err ace_rs_init(struct ace_rs *rs, const struct ace_rs_config *config, uint8_t *arena, size_t arena_len)
{
	uint16_t token_bytes = config->token_bytes ? config->token_bytes : ACE_RS_TOKEN_MAX;

	memset(rs, 0, sizeof *rs);
	if (!config_is_usable(config) ||
	    arena_len < ACE_RS_ARENA_SIZE_TOKEN(config->contexts, config->scope_bytes, token_bytes))
		return ACE_ERR_USAGE;
	memset(arena, 0, arena_len);
	rs->config = *config;
	rs->config.token_bytes = token_bytes;
	lay_out(rs, arena);
	for (size_t i = 0; i < ACE_RS_KEYS_MAX; i++)
		rs->as[i].exi_highest_expired = rs->as[i].exi_highest_seen = -1;
	rs->post_seen_ms = ace_port_monotonic_ms();
#if ACE_RS_TRL
	if (config->revoked_len)
		rs->list_wanted_until_ms = rs->post_seen_ms + ACE_RS_TRL_WAIT_MS;
#endif
	rs->post_credit_ms = UINT32_MAX; /* a full bucket: cut to its size at the first post */
	return ACE_OK;
}

void ace_rs_fini(struct ace_rs *rs)
{
	if (!rs || !rs->grants)
		return;
	ace_wipe(rs->grants, (size_t)(rs->scratch - (uint8_t *)rs->grants) + rs_scratch_len(rs));
	ace_wipe(rs, sizeof *rs);
}

/* The wall clock may be set forward: what it calls expired has expired. Set back, it gains a token nothing. */
static bool has_ended(const struct ace_rs_grant *grant, uint64_t now_ms, int64_t wall_s)
{
	return now_ms >= grant->deadline_ms || (grant->exp && wall_s >= grant->exp) ||
	       (grant->role != ACE_RS_CURRENT && now_ms - grant->born_ms >= ACE_RS_PENDING_MS);
}

void ace_rs_tick(struct ace_rs *rs)
{
	uint64_t now_ms = ace_port_monotonic_ms();
	int64_t wall_s;

	if (rs->config.clock == ACE_CLOCK_NONE || ace_port_wall_clock(&wall_s))
		wall_s = INT64_MIN;
	for (struct ace_rs_grant *grant = rs->grants; grant < rs->grants_end; grant++)
		/* RFC 9203 6: the context goes "when the access token expires"; RFC 9200 5.10.3. */
		if (grant->role && has_ended(grant, now_ms, wall_s))
			ace_rs_grant_end(rs, grant);
	if (ACE_RS_EXI)
		ace_rs_exi_expire(rs, now_ms);
	if (ACE_RS_TRL)
		ace_rs_revoked_settle(rs, wall_s);
}

uint32_t ace_rs_failures(const struct ace_rs *rs, size_t key)
{
	return rs->as[key].failures;
}
