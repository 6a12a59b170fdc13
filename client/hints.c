/* SPDX-License-Identifier: Apache-2.0 */
#include "client/hints.h"

#include "ace_scope.h"

enum ace_err client_hints_read(struct ace_slice payload, struct client_hints *ret_hints)
{
	struct client_hints hints = { 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	enum ace_err err = ACE_OK;
	int64_t key;

	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &map);
	while (!err && ace_cbor_map_next(&r, &map, &key))
		switch (key) {
		case ACE_HINT_AS: hints.as_uri = ace_cbor_read_tstr(&r); break;
		case ACE_HINT_KID: hints.kid = ace_cbor_read_bstr(&r); break;
		case ACE_HINT_AUDIENCE: hints.audience = ace_cbor_read_tstr(&r); break;
		case ACE_HINT_SCOPE: err = ace_scope_read(&r, &hints.scope); break;
		case ACE_HINT_CNONCE: hints.cnonce = ace_cbor_read_bstr(&r); break;
		default: ace_cbor_read_raw(&r);
		}
	if (!err)
		err = ace_cbor_read_finish(&r);
	if (!err)
		*ret_hints = hints;
	return err;
}
