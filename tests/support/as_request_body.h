/* SPDX-License-Identifier: Apache-2.0 */
/* Token requests in CBOR, from what a test cares about. Include after cmocka.h. */
#ifndef TESTS_AS_REQUEST_BODY_H
#define TESTS_AS_REQUEST_BODY_H

#include <string.h>

#include "ace_cbor.h"
#include "ace_registry.h"

/* NULL and 0: left out. */
struct as_body {
	const char *audience, *scope, *client_id;
	struct ace_slice aif;     /* a scope of the other kind */
	struct ace_slice cnonce;
	uint64_t grant_type;
	bool asks_profile;
	uint64_t req_cnf;         /* member of the map: ACE_CNF_KID, ACE_CNF_COSE_KEY */
	struct ace_slice kid;     /* with ACE_CNF_KID; left out: h'01' */
};

static inline void as_body_text(struct ace_cbor_writer *w, uint64_t key, const char *text)
{
	if (!text)
		return;
	ace_cbor_write_uint(w, key);
	ace_cbor_write_tstr(w, (struct ace_slice){ (const uint8_t *)text, strlen(text) });
}

static inline void as_body_bytes(struct ace_cbor_writer *w, uint64_t key, struct ace_slice bytes)
{
	if (!bytes.ptr)
		return;
	ace_cbor_write_uint(w, key);
	ace_cbor_write_bstr(w, bytes);
}

static inline void as_body_cnf(struct ace_cbor_writer *w, uint64_t member, struct ace_slice kid)
{
	static const uint8_t one[] = { 1 };

	if (!member)
		return;
	ace_cbor_write_uint(w, ACE_PARAM_REQ_CNF);
	ace_cbor_write_map(w, 1);
	ace_cbor_write_uint(w, member);
	if (member == ACE_CNF_KID) {
		ace_cbor_write_bstr(w, kid.ptr ? kid : ACE_SLICE_OF(one));
		return;
	}
	ace_cbor_write_map(w, 1); /* a COSE_Key of type EC2 */
	ace_cbor_write_uint(w, 1);
	ace_cbor_write_uint(w, 2);
}

static inline struct ace_slice as_body_write(const struct as_body *body, uint8_t *bytes, size_t cap)
{
	struct ace_cbor_writer w;
	struct ace_slice written;
	size_t pairs = (body->audience != NULL) + (body->scope != NULL) + (body->client_id != NULL) +
		       (body->aif.ptr != NULL) + (body->cnonce.ptr != NULL) + (body->grant_type != 0) +
		       body->asks_profile + (body->req_cnf != 0);

	ace_cbor_write_init(&w, bytes, cap);
	ace_cbor_write_map(&w, pairs);
	as_body_cnf(&w, body->req_cnf, body->kid);
	as_body_text(&w, ACE_PARAM_AUDIENCE, body->audience);
	as_body_text(&w, ACE_PARAM_SCOPE, body->scope);
	as_body_bytes(&w, ACE_PARAM_SCOPE, body->aif);
	as_body_text(&w, ACE_PARAM_CLIENT_ID, body->client_id);
	if (body->grant_type) {
		ace_cbor_write_uint(&w, ACE_PARAM_GRANT_TYPE);
		ace_cbor_write_uint(&w, body->grant_type);
	}
	if (body->asks_profile) {
		ace_cbor_write_uint(&w, ACE_PARAM_PROFILE);
		ace_cbor_write_null(&w);
	}
	as_body_bytes(&w, ACE_PARAM_CNONCE, body->cnonce);
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	return written;
}

/* What an answer of the token endpoint says. Slices borrow from the payload. */
struct as_said {
	struct ace_slice token, description, scope_text, scope_aif;
	uint64_t expires_in, error, profile;
	struct ace_slice cnf; /* encoded */
};

static inline void as_said_member(struct ace_cbor_reader *r, int64_t key, struct as_said *said)
{
	if (key == ACE_PARAM_ACCESS_TOKEN)
		said->token = ace_cbor_read_bstr(r);
	else if (key == ACE_PARAM_EXPIRES_IN)
		said->expires_in = ace_cbor_read_uint(r);
	else if (key == ACE_PARAM_ERROR)
		said->error = ace_cbor_read_uint(r);
	else if (key == ACE_PARAM_ERROR_DESCRIPTION)
		said->description = ace_cbor_read_tstr(r);
	else if (key == ACE_PARAM_PROFILE)
		said->profile = ace_cbor_read_uint(r);
	else if (key == ACE_PARAM_SCOPE && ace_cbor_peek(r) == ACE_CBOR_BSTR)
		said->scope_aif = ace_cbor_read_bstr(r);
	else if (key == ACE_PARAM_SCOPE)
		said->scope_text = ace_cbor_read_tstr(r);
	else if (key == ACE_PARAM_CNF)
		said->cnf = ace_cbor_read_raw(r);
	else
		fail_msg("an answer with member %lld", (long long)key);
}

static inline void as_said_read(struct ace_slice payload, struct as_said *ret_said)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	memset(ret_said, 0, sizeof *ret_said);
	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key))
		as_said_member(&r, key, ret_said);
	assert_int_equal(ace_cbor_read_finish(&r), ACE_OK);
}

#endif
