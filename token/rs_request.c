/* SPDX-License-Identifier: Apache-2.0 */
/* Requests under a context: who sent it, may he, and the protected answer. */
#include "token/rs.h"

#include "token/mem.h"

enum ace_err ace_rs_unprotect(struct ace_rs *rs, struct ace_slice datagram, struct ace_buf *plain,
			      struct ace_rs_exchange *ret_ex)
{
	struct ace_oscore_exchange oscore;
	struct ace_oscore_option option;
	struct ace_coap_message msg;
	struct ace_rs_grant *grant;
	enum ace_err err;

	ace_rs_tick(rs);
	err = ace_coap_read(datagram, &msg);
	if (!err)
		err = ace_oscore_peek(&msg, &option);
	if (err)
		return err;
	/* A kid context that is another one's is refused with the rest. */
	grant = option.has_kid ? ace_rs_grant_by_kid(rs, option.kid) : NULL;
	if (!grant || (ACE_RS_OBSERVE && grant->role == ACE_RS_ENDING))
		return ACE_ERR_NO_CONTEXT;
	err = ace_oscore_unprotect_request(&grant->ctx, &msg, plain, &oscore);
	if (err)
		return err;
	/* RFC 9203 2: only now is possession of the key proven. */
	if (grant->role != ACE_RS_CURRENT)
		ace_rs_table_promote(rs, grant);
	*ret_ex = (struct ace_rs_exchange){ .rs = rs, .grant = grant, .serial = grant->serial, .oscore = oscore };
	return ACE_OK;
}

uint8_t ace_rs_oscore_code(enum ace_err err)
{
	if (err == ACE_ERR_NO_CONTEXT || err == ACE_ERR_REPLAY || err == ACE_ERR_UNPROTECTED)
		return ACE_COAP_UNAUTHORIZED;
	if (err == ACE_ERR_TAG)
		return ACE_COAP_BAD_REQUEST;
	return ACE_ERR_IS_MALFORMED(err) ? ACE_COAP_BAD_OPTION : ACE_COAP_INTERNAL_ERROR;
}

/* The exchange may have outlived its context, whose place another one has by now. */
static struct ace_rs_grant *live_grant(const struct ace_rs_exchange *ex)
{
	return ex->grant->serial == ex->serial ? ex->grant : NULL;
}

enum ace_err ace_rs_protect(struct ace_rs_exchange *ex, struct ace_slice message, struct ace_buf *out)
{
	struct ace_rs_grant *grant;
	struct ace_coap_message msg;
	uint64_t seq;
	enum ace_err err;

	ace_rs_tick(ex->rs);
	grant = live_grant(ex);
	if (!grant)
		return ACE_ERR_NO_CONTEXT;
	err = ace_coap_read(message, &msg);
	/* RFC 9200 5.10.3: at a token's end 4.01 is what observers get. */
	if (ACE_RS_OBSERVE && !err && grant->role == ACE_RS_ENDING && msg.code != ACE_COAP_UNAUTHORIZED)
		err = ACE_ERR_NO_CONTEXT;
	if (!err && ex->oscore.nonce_spent)
		err = ace_oscore_seq_take(&grant->ctx, &seq);
	if (!err)
		err = ace_oscore_protect_response(&grant->ctx, &ex->oscore, ex->oscore.nonce_spent ? &seq : NULL,
						  &msg, out);
	/* RFC 9203 6: the context goes when "the sequence number space" ends, ours or the client's. */
	if (err == ACE_ERR_EXHAUSTED || grant->ctx.window.highest >= ACE_OSCORE_SEQ_MAX)
		ace_rs_association_erase(ex->rs, grant->association);
	return err;
}

enum ace_access ace_rs_access(const struct ace_rs_exchange *ex, uint8_t method, struct ace_slice path,
			      struct ace_slice query)
{
	const struct ace_rs_grant *grant = live_grant(ex);
	struct ace_scope scope;

	if (!grant || grant->role != ACE_RS_CURRENT)
		return ACE_ACCESS_NO_RESOURCE;
	scope = (struct ace_scope){ grant->scope_kind, { grant->scope_bytes, grant->scope_len } };
	return ace_scope_access(&scope, &ex->rs->config.resources, path, query, method);
}

enum ace_access ace_rs_access_options(const struct ace_rs_exchange *ex, uint8_t method, struct ace_slice options)
{
	uint8_t text[126];
	struct ace_buf path = ACE_BUF_OF(text), query;

	if (ace_coap_uri_path(options, &path))
		return ACE_ACCESS_NO_RESOURCE;
	query = (struct ace_buf){ text + path.len, sizeof text - path.len, 0 };
	if (ace_coap_uri_query(options, &query))
		return ACE_ACCESS_NO_RESOURCE;
	return ace_rs_access(ex, method, ace_buf_slice(&path), ace_buf_slice(&query));
}

bool ace_rs_allowed(const struct ace_rs_exchange *ex, uint8_t method, const char *path)
{
	struct ace_slice slice = { (const uint8_t *)path, 0 };

	while (path[slice.len])
		slice.len++;
	return ace_rs_access(ex, method, slice, (struct ace_slice){ NULL, 0 }) == ACE_ACCESS_ALLOWED;
}
