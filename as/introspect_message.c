/* SPDX-License-Identifier: Apache-2.0 */
#include "as/introspect.h"

#include "ace_port.h"

/* RFC 9200 Table 6 says text; the RFC's own Figure 9 sends an integer. */
static void skip_hint(struct ace_cbor_reader *r)
{
	if (ace_cbor_peek(r) == ACE_CBOR_UINT)
		(void)ace_cbor_read_uint(r);
	else
		(void)ace_cbor_read_tstr(r);
}

enum ace_oauth_error as_introspection_read(struct ace_slice body, struct as_introspection *ret_request)
{
	struct as_introspection request = { 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	ace_cbor_read_init(&r, body);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		if (key == ACE_INTROSPECT_TOKEN)
			request.token = ace_cbor_read_bstr(&r);
		else if (key == ACE_INTROSPECT_TOKEN_TYPE_HINT)
			skip_hint(&r);
		else
			(void)ace_cbor_read_raw(&r);
	}
	if (ace_cbor_read_finish(&r) || !request.token.len)
		return ACE_OAUTH_INVALID_REQUEST;
	*ret_request = request;
	return ACE_OAUTH_NONE;
}

struct shape {
	size_t claims;
	bool has_iss;
};

static enum ace_err measure(struct ace_slice claims, struct shape *ret_shape)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	*ret_shape = (struct shape){ 0 };
	ace_cbor_read_init(&r, claims);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		ret_shape->claims++;
		ret_shape->has_iss |= key == ACE_CLAIM_ISS;
		(void)ace_cbor_read_raw(&r);
	}
	return ace_cbor_read_finish(&r);
}

/* What is added to the claims, each in its place among ascending keys (RFC 8949 4.2.1). */
static void write_added(struct ace_cbor_writer *w, int64_t after, int64_t before, bool with_type)
{
	if (after < ACE_INTROSPECT_ACTIVE && ACE_INTROSPECT_ACTIVE < before) {
		ace_cbor_write_uint(w, ACE_INTROSPECT_ACTIVE);
		ace_cbor_write_bool(w, true);
	}
	if (with_type && after < ACE_PARAM_TOKEN_TYPE && ACE_PARAM_TOKEN_TYPE < before) {
		ace_cbor_write_uint(w, ACE_PARAM_TOKEN_TYPE);
		ace_cbor_write_uint(w, ACE_TOKEN_TYPE_POP);
	}
}

/* The claims are our own bytes: deterministic, with ascending keys. */
static void write_merged(struct ace_cbor_writer *w, struct ace_slice claims, bool with_type)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key, last = 0;

	ace_cbor_read_init(&r, claims);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		write_added(w, last, key, with_type);
		ace_cbor_write_int(w, key);
		ace_cbor_write_raw(w, ace_cbor_read_raw(&r));
		last = key;
	}
	write_added(w, last, INT64_MAX, with_type);
}

enum ace_err as_introspection_active(struct as_answer *answer, struct ace_slice claims)
{
	struct ace_cbor_writer w;
	struct ace_slice written;
	struct shape shape;
	enum ace_err err = measure(claims, &shape);

	if (err)
		return err;
	ace_cbor_write_init(&w, answer->payload, sizeof answer->payload);
	ace_cbor_write_map(&w, shape.claims + (shape.has_iss ? 2 : 1));
	write_merged(&w, claims, shape.has_iss);
	err = ace_cbor_written(&w, &written);
	if (err) {
		ace_wipe(answer->payload, sizeof answer->payload);
		return err;
	}
	as_answer_cbor(answer, ACE_COAP_CREATED, ACE_FORMAT_ACE_CBOR, written.len);
	return ACE_OK;
}

void as_introspection_inactive(struct as_answer *answer)
{
	struct ace_cbor_writer w;

	ace_cbor_write_init(&w, answer->payload, sizeof answer->payload);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_uint(&w, ACE_INTROSPECT_ACTIVE);
	ace_cbor_write_bool(&w, false);
	as_answer_cbor(answer, ACE_COAP_CREATED, ACE_FORMAT_ACE_CBOR, w.len);
}
