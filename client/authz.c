/* SPDX-License-Identifier: Apache-2.0 */
#include "client/authz.h"

#include "ace_registry.h"

void client_authz_post_write(struct ace_cbor_writer *w, const struct client_authz_post *post)
{
	ace_cbor_write_map(w, 3);
	ace_cbor_write_int(w, ACE_PARAM_ACCESS_TOKEN);
	ace_cbor_write_bstr(w, post->token);
	ace_cbor_write_int(w, ACE_PARAM_NONCE1);
	ace_cbor_write_bstr(w, post->nonce1);
	ace_cbor_write_int(w, ACE_PARAM_CLIENT_RECIPIENT_ID);
	ace_cbor_write_bstr(w, post->id1);
}

/* RFC 8613 3.3: the nonce length minus 6. */
static size_t id_max(int32_t alg)
{
	return alg == ACE_ALG_A128GCM ? 6 : ACE_OSCORE_ID_MAX;
}

enum ace_err client_authz_reply_read(struct ace_slice payload, struct ace_slice id1, int32_t alg,
				     struct client_authz_reply *ret_reply)
{
	struct client_authz_reply reply = { 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	bool has_nonce = false, has_id = false;
	enum ace_err err;
	int64_t key;

	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key)) {
		if (key == ACE_PARAM_NONCE2) {
			reply.nonce2 = ace_cbor_read_bstr(&r);
			has_nonce = true;
		} else if (key == ACE_PARAM_SERVER_RECIPIENT_ID) {
			reply.id2 = ace_cbor_read_bstr(&r);
			has_id = true;
		} else {
			ace_cbor_read_raw(&r);
		}
	}
	err = ace_cbor_read_finish(&r);
	if (err)
		return err;
	if (!has_nonce || !has_id)
		return ACE_ERR_MISSING;
	if (!reply.nonce2.len || reply.nonce2.len > CLIENT_NONCE_MAX || reply.id2.len > id_max(alg))
		return ACE_ERR_RANGE;
	/* RFC 9203 4.3: if the two ids are equal, "the client MUST stop the exchange and MUST NOT derive the
	 * security context." */
	if (ace_slice_equal(reply.id2, id1))
		return ACE_ERR_CNF;
	*ret_reply = reply;
	return ACE_OK;
}
