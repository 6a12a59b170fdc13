/* SPDX-License-Identifier: Apache-2.0 */
#include "as/request.h"

#include "ace_scope.h"

#define KTY_SYMMETRIC 4 /* RFC 9053 7 Table 17 */

struct fields {
	struct as_request *request;
	int64_t grant_type;
	enum ace_err err;
};

/* A COSE_Key in req_cnf is refused whatever it is; its type only chooses the error. */
static enum as_req_cnf read_key_kind(struct ace_cbor_reader *r)
{
	enum as_req_cnf kind = AS_REQ_CNF_OTHER;
	struct ace_cbor_seq seq;
	int64_t key;

	ace_cbor_map_enter(r, &seq);
	while (ace_cbor_map_next(r, &seq, &key)) {
		if (key != 1)
			ace_cbor_read_raw(r);
		else if (ace_cbor_peek(r) != ACE_CBOR_UINT)
			ace_cbor_read_raw(r);
		else
			kind = ace_cbor_read_uint(r) == KTY_SYMMETRIC ? AS_REQ_CNF_SYMMETRIC : AS_REQ_CNF_ASYMMETRIC;
	}
	return kind;
}

/* RFC 8747 3.1: "At most one of the COSE_Key and Encrypted_COSE_Key"; a kid beside a key is no single key either. */
static void read_req_cnf(struct ace_cbor_reader *r, struct as_request *request)
{
	struct ace_cbor_seq seq;
	size_t methods = 0;
	int64_t key;

	request->req_cnf = AS_REQ_CNF_OTHER;
	ace_cbor_map_enter(r, &seq);
	while (ace_cbor_map_next(r, &seq, &key)) {
		methods++;
		if (key == ACE_CNF_KID) {
			request->kid = ace_cbor_read_bstr(r);
			request->req_cnf = AS_REQ_CNF_KID;
		} else if (key == ACE_CNF_COSE_KEY) {
			request->req_cnf = read_key_kind(r);
		} else {
			ace_cbor_read_raw(r);
		}
	}
	if (methods > 1 && request->req_cnf == AS_REQ_CNF_KID)
		request->req_cnf = AS_REQ_CNF_OTHER;
}

static void read_scope(struct ace_cbor_reader *r, struct fields *f)
{
	enum ace_err err = ace_scope_read(r, &f->request->scope);

	if (!err && f->request->scope.bytes.len > AS_SCOPE_MAX)
		err = ACE_ERR_RANGE;
	if (err)
		f->err = err;
}

static void read_cnonce(struct ace_cbor_reader *r, struct fields *f)
{
	f->request->cnonce = ace_cbor_read_bstr(r);
	if (!r->err && (f->request->cnonce.len == 0 || f->request->cnonce.len > AS_CNONCE_MAX))
		f->err = ACE_ERR_RANGE;
}

static void read_member(struct ace_cbor_reader *r, int64_t key, struct fields *f)
{
	switch (key) {
	case ACE_PARAM_REQ_CNF:
		read_req_cnf(r, f->request);
		break;
	case ACE_PARAM_AUDIENCE:
		f->request->audience = ace_cbor_read_tstr(r);
		break;
	case ACE_PARAM_SCOPE:
		read_scope(r, f);
		break;
	case ACE_PARAM_CLIENT_ID:
		f->request->client_id = ace_cbor_read_tstr(r);
		break;
	case ACE_PARAM_GRANT_TYPE:
		f->grant_type = ace_cbor_read_int(r);
		break;
	case ACE_PARAM_PROFILE:
		/* RFC 9200 5.8.4.3: the client sends null to ask, and never a profile's name. */
		ace_cbor_read_null(r);
		f->request->wants_profile = true;
		break;
	case ACE_PARAM_CNONCE:
		read_cnonce(r, f);
		break;
	default:
		ace_cbor_read_raw(r);
	}
}

enum ace_oauth_error as_request_read(struct ace_slice body, struct as_request *ret_request)
{
	struct as_request request = { 0 };
	/* RFC 9200 5.8.1: "If the 'grant_type' is missing, ... 'client_credentials' MUST be assumed". */
	struct fields fields = { &request, ACE_GRANT_CLIENT_CREDENTIALS, ACE_OK };
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	ace_cbor_read_init(&r, body);
	ace_cbor_map_enter(&r, &seq);
	while (!fields.err && ace_cbor_map_next(&r, &seq, &key))
		read_member(&r, key, &fields);
	if (fields.err || ace_cbor_read_finish(&r))
		return ACE_OAUTH_INVALID_REQUEST;
	*ret_request = request;
	return fields.grant_type == ACE_GRANT_CLIENT_CREDENTIALS ? ACE_OAUTH_NONE : ACE_OAUTH_UNSUPPORTED_GRANT_TYPE;
}
