/* SPDX-License-Identifier: Apache-2.0 */
/* Looking things up in the table of associations, and erasing them. */
#include "token/rs.h"

struct ace_rs_grant *ace_rs_grant_find(const struct ace_rs *rs, const struct ace_rs_association *association,
				       enum ace_rs_role role)
{
	for (struct ace_rs_grant *grant = rs->grants; grant < rs->grants_end; grant++)
		if (grant->role == role && (!association || grant->association == association))
			return grant;
	return NULL;
}

struct ace_rs_grant *ace_rs_grant_by_kid(const struct ace_rs *rs, struct ace_slice kid)
{
	for (struct ace_rs_grant *grant = rs->grants; grant < rs->grants_end; grant++) {
		const struct ace_oscore_id *id = &grant->ctx.recipient_id;

		if (grant->role && ace_slice_equal((struct ace_slice){ id->bytes, id->len }, kid))
			return grant;
	}
	return NULL;
}

struct ace_rs_association *ace_rs_association_find(const struct ace_rs *rs, uint8_t issuer, struct ace_slice osc_id)
{
	for (struct ace_rs_association *each = rs->associations; each < rs->associations_end; each++)
		if (each->grants && rs_is_issuer(each->issuer, issuer) &&
		    ace_slice_equal((struct ace_slice){ each->osc_id, each->osc_id_len }, osc_id))
			return each;
	return NULL;
}

void ace_rs_grant_erase(struct ace_rs *rs, struct ace_rs_grant *grant)
{
	uint8_t *scope_bytes = grant->scope_bytes;

	grant->association->grants--;
	ace_wipe(scope_bytes, rs->config.scope_bytes);
	ace_wipe(grant, sizeof *grant);
	grant->scope_bytes = scope_bytes;
}

void ace_rs_association_erase(struct ace_rs *rs, const struct ace_rs_association *association)
{
	for (struct ace_rs_grant *grant = rs->grants; grant < rs->grants_end; grant++)
		if (grant->association == association)
			ace_rs_grant_erase(rs, grant);
}
