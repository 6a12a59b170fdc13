/* SPDX-License-Identifier: Apache-2.0 */
/* Associations: a token with its secret, and the nonces and ids that its context was agreed with. Keys are derived
 * again at each start. */
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "client/state.h"

enum {
	KEY_AS = 1, KEY_AUDIENCE = 2, KEY_SCOPE = 3, KEY_TOKEN = 4, KEY_EXPIRES = 5, KEY_OSC = 6, KEY_NONCE1 = 7,
	KEY_NONCE2 = 8, KEY_ID1 = 9, KEY_ID2 = 10, KEY_REFUSALS = 11, KEY_PROVEN = 12,
	KEY_UPDATE = 13,
};

static enum ace_err assoc_name(struct ace_slice as_uri, struct ace_slice audience, struct client_name *ret_name,
			       struct cli_error *ret_error)
{
	const struct ace_slice about[] = { as_uri, audience };
	enum ace_err err = client_name_make(CLIENT_KIND_TOKEN, about, ACE_ARRAY_LEN(about), ret_name);

	return err ? cli_error_set(ret_error, err, "cannot name the token's file") : ACE_OK;
}

void client_assoc_free(struct client_assoc *assoc)
{
	cli_bytes_free(&assoc->content);
	memset(assoc, 0, sizeof *assoc);
}

static void member_read(struct ace_cbor_reader *r, int64_t key, struct client_assoc *assoc)
{
	enum ace_err err = ACE_OK;

	switch (key) {
	case KEY_AS: assoc->as_uri = ace_cbor_read_tstr(r); break;
	case KEY_AUDIENCE: assoc->audience = ace_cbor_read_tstr(r); break;
	case KEY_SCOPE: err = ace_scope_read(r, &assoc->scope); break;
	case KEY_TOKEN: assoc->token = ace_cbor_read_bstr(r); break;
	case KEY_UPDATE: assoc->update = ace_cbor_read_bstr(r); break;
	case KEY_EXPIRES: assoc->expires = ace_cbor_read_int(r); break;
	case KEY_OSC: err = ace_osc_read(ace_cbor_read_raw(r), &assoc->osc); break;
	case KEY_NONCE1: assoc->nonce1 = ace_cbor_read_bstr(r); break;
	case KEY_NONCE2: assoc->nonce2 = ace_cbor_read_bstr(r); break;
	case KEY_ID1: assoc->id1 = ace_cbor_read_bstr(r); break;
	case KEY_ID2: assoc->id2 = ace_cbor_read_bstr(r); assoc->has_context = true; break;
	case KEY_REFUSALS: assoc->refusals = ace_cbor_read_uint(r); break;
	case KEY_PROVEN: assoc->proven = ace_cbor_read_bool(r); break;
	default: ace_cbor_read_raw(r);
	}
	if (err && !r->err)
		r->err = err;
}

static enum ace_err assoc_parse(struct client_assoc *assoc)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	int64_t key;

	ace_cbor_read_init(&r, (struct ace_slice){ assoc->content.ptr, assoc->content.len });
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key))
		member_read(&r, key, assoc);
	if (ace_cbor_read_finish(&r))
		return ACE_ERR_DAMAGED;
	if (!assoc->as_uri.len || !assoc->audience.len || !assoc->token.len || !assoc->osc.ms.len)
		return ACE_ERR_DAMAGED;
	return assoc->has_context && (!assoc->nonce1.len || !assoc->nonce2.len) ? ACE_ERR_DAMAGED : ACE_OK;
}

enum ace_err client_assoc_load(const struct client_state *state, const struct client_name *name,
			       struct client_assoc *ret_assoc, struct cli_error *ret_error)
{
	struct client_assoc assoc = { 0 };
	enum ace_err err = client_record_read(state, name, &assoc.content, ret_error);

	if (err)
		return err;
	if (assoc_parse(&assoc)) {
		client_assoc_free(&assoc);
		return client_record_damaged(state, name, "it is no token", ret_error);
	}
	*ret_assoc = assoc;
	return ACE_OK;
}

enum ace_err client_assoc_read(const struct client_state *state, struct ace_slice as_uri, struct ace_slice audience,
			       struct client_assoc *ret_assoc, struct cli_error *ret_error)
{
	struct client_name name;
	enum ace_err err = assoc_name(as_uri, audience, &name, ret_error);

	return err ? err : client_assoc_load(state, &name, ret_assoc, ret_error);
}

static void bstr_put(struct ace_cbor_writer *w, int64_t key, struct ace_slice bytes)
{
	ace_cbor_write_int(w, key);
	ace_cbor_write_bstr(w, bytes);
}

static void assoc_put(struct ace_cbor_writer *w, const struct client_assoc *assoc)
{
	bool scoped = assoc->scope.kind != ACE_SCOPE_ABSENT;

	ace_cbor_write_map(w, 5 + (scoped ? 1 : 0) + (assoc->update.len ? 1 : 0) + (assoc->has_context ? 6 : 0));
	ace_cbor_write_int(w, KEY_AS);
	ace_cbor_write_tstr(w, assoc->as_uri);
	ace_cbor_write_int(w, KEY_AUDIENCE);
	ace_cbor_write_tstr(w, assoc->audience);
	if (scoped) {
		ace_cbor_write_int(w, KEY_SCOPE);
		ace_scope_write(w, &assoc->scope);
	}
	bstr_put(w, KEY_TOKEN, assoc->token);
	ace_cbor_write_int(w, KEY_EXPIRES);
	ace_cbor_write_int(w, assoc->expires);
	ace_cbor_write_int(w, KEY_OSC);
	ace_osc_write(w, &assoc->osc);
	if (assoc->update.len)
		bstr_put(w, KEY_UPDATE, assoc->update);
	if (!assoc->has_context)
		return;
	bstr_put(w, KEY_NONCE1, assoc->nonce1);
	bstr_put(w, KEY_NONCE2, assoc->nonce2);
	bstr_put(w, KEY_ID1, assoc->id1);
	bstr_put(w, KEY_ID2, assoc->id2);
	ace_cbor_write_int(w, KEY_REFUSALS);
	ace_cbor_write_uint(w, assoc->refusals);
	ace_cbor_write_int(w, KEY_PROVEN);
	ace_cbor_write_bool(w, assoc->proven);
}

static enum ace_err assoc_copy(struct ace_slice written, bool is_candidate, struct client_assoc *ret_assoc,
			       struct cli_error *ret_error)
{
	struct client_assoc copy = { .is_candidate = is_candidate,
				     .content = { .ptr = malloc(written.len), .len = written.len } };

	if (!copy.content.ptr)
		return cli_error_set(ret_error, ACE_ERR_MEMORY, "no memory for a token");
	memcpy(copy.content.ptr, written.ptr, written.len);
	if (assoc_parse(&copy)) {
		client_assoc_free(&copy);
		return cli_error_set(ret_error, ACE_ERR_DAMAGED, "the token that was to be kept is none");
	}
	*ret_assoc = copy;
	return ACE_OK;
}

enum ace_err client_assoc_write(const struct client_state *state, struct client_assoc *assoc,
				struct cli_error *ret_error)
{
	uint8_t bytes[CLIENT_RECORD_MAX - 64];
	struct client_assoc kept;
	struct client_name name;
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err err = assoc_name(assoc->as_uri, assoc->audience, &name, ret_error);

	if (err)
		return err;
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	assoc_put(&w, assoc);
	err = ace_cbor_written(&w, &written);
	if (err)
		(void)cli_error_set(ret_error, err, "the token is too long to be kept");
	else if (!assoc->is_candidate)
		err = client_record_write(state, &name, written, ret_error);
	if (!err)
		err = assoc_copy(written, assoc->is_candidate, &kept, ret_error);
	ace_wipe(bytes, sizeof bytes);
	if (err)
		return err;
	client_assoc_free(assoc);
	*assoc = kept;
	return ACE_OK;
}

enum ace_err client_assoc_input(const struct client_assoc *assoc, struct ace_buf *salt,
				struct ace_oscore_input *ret_input)
{
	enum ace_err err = ace_master_salt(assoc->osc.salt, assoc->nonce1, assoc->nonce2, salt);

	if (err)
		return err;
	*ret_input = (struct ace_oscore_input){
		.master_secret = assoc->osc.ms,
		.master_salt = ace_buf_slice(salt),
		.id_context = assoc->osc.context_id,
		.has_id_context = assoc->osc.has_context_id,
		.sender_id = assoc->id2, /* RFC 9203 4.3: the peer's Recipient ID is our Sender ID */
		.recipient_id = assoc->id1,
		.aead = assoc->osc.alg,
		.hkdf = assoc->osc.hkdf,
	};
	return ACE_OK;
}

static enum ace_err numbers_remove(const struct client_state *state, const struct client_assoc *assoc,
				   struct cli_error *ret_error)
{
	uint8_t salt_bytes[512];
	struct ace_buf salt = ACE_BUF_OF(salt_bytes);
	struct ace_oscore_input input;
	struct client_seq seq;
	enum ace_err err;

	if (!assoc->has_context)
		return ACE_OK;
	err = client_assoc_input(assoc, &salt, &input);
	if (!err)
		err = client_seq_init(&input, &seq);
	return err ? cli_error_set(ret_error, err, "cannot name the context's sequence") :
		     client_record_remove(state, &seq.name, ret_error);
}

/* First the keys, then their numbers: never keys whose numbers are unknown. */
enum ace_err client_assoc_replace(const struct client_state *state, const struct client_assoc *old,
				  struct client_assoc *assoc, struct cli_error *ret_error)
{
	enum ace_err err = client_assoc_write(state, assoc, ret_error);

	return err ? err : numbers_remove(state, old, ret_error);
}

enum ace_err client_assoc_remove(const struct client_state *state, const struct client_assoc *assoc,
				 struct cli_error *ret_error)
{
	struct client_name name;
	enum ace_err err = assoc_name(assoc->as_uri, assoc->audience, &name, ret_error);

	if (!err && !assoc->is_candidate)
		err = client_record_remove(state, &name, ret_error);
	return err ? err : numbers_remove(state, assoc, ret_error);
}
