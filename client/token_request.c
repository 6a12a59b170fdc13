/* SPDX-License-Identifier: Apache-2.0 */
#include "client/token_request.h"

#include <string.h>

#include "ace_scope.h"
#include "cli/oauth.h"

#define LIFETIME_MAX (INT64_C(100) * 366 * 86400)

void client_token_query_write(struct ace_cbor_writer *w, const struct client_token_query *query)
{
	size_t pairs = !!query->kid.ptr + !!query->audience.ptr + (query->scope.kind != ACE_SCOPE_ABSENT) +
		       !!query->client_id.ptr + query->grant_type + query->ask_profile + !!query->cnonce.ptr;

	ace_cbor_write_map(w, pairs);
	if (query->kid.ptr) {
		ace_cbor_write_int(w, ACE_PARAM_REQ_CNF);
		ace_cbor_write_map(w, 1);
		ace_cbor_write_int(w, ACE_CNF_KID);
		ace_cbor_write_bstr(w, query->kid);
	}
	if (query->audience.ptr) {
		ace_cbor_write_int(w, ACE_PARAM_AUDIENCE);
		ace_cbor_write_tstr(w, query->audience);
	}
	if (query->scope.kind != ACE_SCOPE_ABSENT) {
		ace_cbor_write_int(w, ACE_PARAM_SCOPE);
		ace_scope_write(w, &query->scope);
	}
	if (query->client_id.ptr) {
		ace_cbor_write_int(w, ACE_PARAM_CLIENT_ID);
		ace_cbor_write_tstr(w, query->client_id);
	}
	if (query->grant_type) {
		ace_cbor_write_int(w, ACE_PARAM_GRANT_TYPE);
		ace_cbor_write_int(w, ACE_GRANT_CLIENT_CREDENTIALS);
	}
	if (query->ask_profile) {
		ace_cbor_write_int(w, ACE_PARAM_PROFILE);
		ace_cbor_write_null(w);
	}
	if (query->cnonce.ptr) {
		ace_cbor_write_int(w, ACE_PARAM_CNONCE);
		ace_cbor_write_bstr(w, query->cnonce);
	}
}

/* What a response may hold besides what ends up in the grant. */
struct response {
	struct client_grant grant;
	bool has_token, has_expires, has_cnf, has_osc;
	int64_t profile;
};

/* cnf: a map whose osc member is the one that counts. */
static enum ace_err cnf_read(struct ace_cbor_reader *r, struct response *response)
{
	struct ace_cbor_seq map;
	enum ace_err err = ACE_OK;
	int64_t key;

	response->has_cnf = true;
	ace_cbor_map_enter(r, &map);
	while (!err && ace_cbor_map_next(r, &map, &key)) {
		if (key == ACE_CNF_OSC) {
			response->has_osc = true;
			err = ace_osc_read(ace_cbor_read_raw(r), &response->grant.osc);
		} else {
			ace_cbor_read_raw(r);
		}
	}
	return err;
}

static enum ace_err member_read(struct ace_cbor_reader *r, int64_t key, struct response *response)
{
	switch (key) {
	case ACE_PARAM_ACCESS_TOKEN:
		response->grant.token = ace_cbor_read_bstr(r);
		response->has_token = true;
		return ACE_OK;
	case ACE_PARAM_EXPIRES_IN:
		response->grant.expires_in_s = ace_cbor_read_int(r);
		response->has_expires = true;
		return ACE_OK;
	case ACE_PARAM_CNF: return cnf_read(r, response);
	case ACE_PARAM_SCOPE: return ace_scope_read(r, &response->grant.scope);
	case ACE_PARAM_PROFILE:
		response->profile = ace_cbor_read_int(r);
		response->grant.has_profile = true;
		return ACE_OK;
	/* RFC 6749 5.1: "The client MUST ignore unrecognized value names in the response." */
	default: ace_cbor_read_raw(r); return ACE_OK;
	}
}

static enum ace_err response_check(const struct response *response, bool update)
{
	const struct client_grant *grant = &response->grant;

	if (!response->has_token || !grant->token.len)
		return ACE_ERR_MISSING;
	/* RFC 9200 5.8.2: the profile that the AS names is the one to be used; we have this one. */
	if (grant->has_profile && response->profile != ACE_PROFILE_COAP_OSCORE)
		return ACE_ERR_UNSUPPORTED;
	/* RFC 9203 3.2: a response to an update of access rights has no cnf. */
	if (update && response->has_cnf)
		return ACE_ERR_CNF;
	/* RFC 9203 4.3: "If any of the expected parameters are missing ... the client MUST stop the exchange";
	 * ace_osc_read() has seen to ms and id. */
	if (!update && !response->has_osc)
		return ACE_ERR_MISSING;
	/* RFC 9200 5.10.4: "the client must assume that those keys are only valid as long as the related access token
	 * is", so one whose lifetime it cannot learn is of no use. */
	if (!response->has_expires || grant->expires_in_s <= 0 || grant->expires_in_s > LIFETIME_MAX)
		return ACE_ERR_LIFETIME;
	return ACE_OK;
}

enum ace_err client_grant_read(struct ace_slice payload, bool update, struct client_grant *ret_grant)
{
	struct response response = { 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	enum ace_err err = ACE_OK;
	int64_t key;

	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &map);
	while (!err && ace_cbor_map_next(&r, &map, &key))
		err = member_read(&r, key, &response);
	if (!err)
		err = ace_cbor_read_finish(&r);
	if (!err)
		err = response_check(&response, update);
	if (!err)
		*ret_grant = response.grant;
	return err;
}

enum ace_err client_refusal_read(struct ace_slice payload, struct client_refusal *ret_refusal)
{
	struct client_refusal refusal = { 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	enum ace_err err;
	int64_t key;
	bool found = false;

	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key)) {
		if (key == ACE_PARAM_ERROR) {
			refusal.code = ace_cbor_read_int(&r);
			found = true;
		} else if (key == ACE_PARAM_ERROR_DESCRIPTION) {
			refusal.description = ace_cbor_read_tstr(&r);
		} else {
			ace_cbor_read_raw(&r);
		}
	}
	err = ace_cbor_read_finish(&r);
	if (err)
		return err;
	if (!found)
		return ACE_ERR_MISSING;
	*ret_refusal = refusal;
	return ACE_OK;
}

const char *client_refusal_name(int64_t code)
{
	const char *name = cli_oauth_error_name(code);

	return name ? name : "an error that is not known here";
}

static bool is_crockford(uint8_t c)
{
	return c && strchr("0123456789ABCDEFGHJKMNPQRSTVWXYZ", c);
}

bool client_refusal_decision(const struct client_refusal *refusal, char ret_id[CLIENT_DECISION_LEN + 1])
{
	struct ace_slice text = refusal->description;

	for (size_t i = 0; i + CLIENT_DECISION_LEN <= text.len; i++) {
		size_t len = 2;

		if (text.ptr[i] != 'D' || text.ptr[i + 1] != '-')
			continue;
		while (len < CLIENT_DECISION_LEN && is_crockford(text.ptr[i + len]))
			len++;
		if (len < CLIENT_DECISION_LEN)
			continue;
		memcpy(ret_id, text.ptr + i, CLIENT_DECISION_LEN);
		ret_id[CLIENT_DECISION_LEN] = '\0';
		return true;
	}
	return false;
}
