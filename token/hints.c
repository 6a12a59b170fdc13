/* SPDX-License-Identifier: Apache-2.0 */
/* AS Request Creation Hints (RFC 9200 5.3). */
#include "token/rs.h"

/* What is in the map; each later step of shrinking leaves one member out. */
struct members {
	struct ace_slice kid, audience, cnonce;
	const struct ace_scope *scope;
};

static enum ace_err write_hints(struct ace_slice as_uri, const struct members *members, struct ace_buf *out)
{
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_cbor_write_init(&w, out->ptr + out->len, out->cap - out->len);
	ace_cbor_write_map(&w, 1u + (members->kid.len != 0) + (members->audience.len != 0) + (members->scope != NULL) +
				(members->cnonce.len != 0));
	ace_cbor_write_uint(&w, ACE_HINT_AS);
	ace_cbor_write_tstr(&w, as_uri);
	if (members->kid.len) {
		ace_cbor_write_uint(&w, ACE_HINT_KID);
		ace_cbor_write_bstr(&w, members->kid);
	}
	if (members->audience.len) {
		ace_cbor_write_uint(&w, ACE_HINT_AUDIENCE);
		ace_cbor_write_tstr(&w, members->audience);
	}
	if (members->scope) {
		ace_cbor_write_uint(&w, ACE_HINT_SCOPE);
		ace_scope_write(&w, members->scope);
	}
	if (members->cnonce.len) {
		ace_cbor_write_uint(&w, ACE_HINT_CNONCE);
		ace_cbor_write_bstr(&w, members->cnonce);
	}
	err = ace_cbor_written(&w, &written);
	if (!err)
		out->len += written.len;
	return err;
}

enum ace_err ace_rs_hints(struct ace_rs *rs, const struct ace_rs_exchange *ex, const struct ace_scope *scope,
			  struct ace_buf *out)
{
	struct members members = { .scope = scope };
	enum ace_err err;
#if ACE_RS_CNONCE
	uint8_t bytes[ACE_RS_CNONCE_MAX];
	struct ace_buf cnonce = ACE_BUF_OF(bytes);

	err = ace_rs_cnonce_make(rs, &cnonce);
	if (err)
		return err;
	members.cnonce = ace_buf_slice(&cnonce);
#endif

	if (ex && ex->grant->serial == ex->serial) {
		const struct ace_rs_association *association = ex->grant->association;

		members.kid = (struct ace_slice){ association->osc_id, association->osc_id_len };
	}
	if (scope)
		members.audience = rs->config.audience;
	err = write_hints(rs->config.as_uri, &members, out);
	if (err && members.scope) {
		members.scope = NULL;
		err = write_hints(rs->config.as_uri, &members, out);
	}
	if (err && members.audience.len) {
		members.audience.len = 0;
		err = write_hints(rs->config.as_uri, &members, out);
	}
	return err;
}
