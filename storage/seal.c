/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/seal.h"

#include <string.h>

#include "ace_cbor.h"
#include "ace_port.h"
#include "ace_port_host.h"
#include "storage/env.h"

#define SEAL_VERSION 1
#define AAD_MAX 256

/* Where a sealed value belongs, as bytes. */
static enum ace_err place_write(const struct seal_place *place, struct ace_cbor_writer *w, struct ace_slice *ret_aad)
{
	const char *table = table_name(place->table);

	ace_cbor_write_array(w, 3);
	ace_cbor_write_tstr(w, (struct ace_slice){ (const uint8_t *)table, strlen(table) });
	ace_cbor_write_bstr(w, place->key);
	ace_cbor_write_uint(w, SEAL_VERSION);
	return ace_cbor_written(w, ret_aad);
}

enum ace_err seal_close(const struct seal *seal, const struct seal_place *place, struct ace_slice plain,
			struct ace_buf *out)
{
	struct ace_host_seal_input in = { .key = ACE_SLICE_OF(seal->key), .text = plain };
	uint8_t aad[AAD_MAX];
	struct ace_cbor_writer w;
	enum ace_err err;

	if (!seal->is_open)
		return ACE_ERR_USAGE;
	if (plain.len > SEAL_PLAIN_MAX)
		return ACE_ERR_RANGE;
	ace_cbor_write_init(&w, aad, sizeof(aad));
	err = place_write(place, &w, &in.aad);
	if (err)
		return err;
	/* [version, sealed]: sealed is longer than plain by a constant, so the head can come first. */
	ace_cbor_write_init(&w, out->ptr + out->len, out->cap - out->len);
	ace_cbor_write_array(&w, 2);
	ace_cbor_write_uint(&w, SEAL_VERSION);
	ace_cbor_write_bstr_head(&w, plain.len + ACE_HOST_SEAL_EXTRA);
	if (w.len > w.cap)
		return ACE_ERR_SPACE;
	out->len += w.len;
	err = ace_port_host_seal(&in, out);
	if (err)
		out->len -= w.len;
	return err;
}

enum ace_err seal_open(const struct seal *seal, const struct seal_place *place, struct ace_slice sealed,
		       struct ace_buf *out)
{
	struct ace_host_seal_input in = { .key = ACE_SLICE_OF(seal->key) };
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	uint8_t aad[AAD_MAX];
	struct ace_cbor_writer w;
	uint64_t version = 0;
	enum ace_err err;

	if (!seal->is_open)
		return ACE_ERR_USAGE;
	ace_cbor_read_own(&r, sealed);
	ace_cbor_array_enter(&r, &seq);
	if (ace_cbor_array_next(&r, &seq))
		version = ace_cbor_read_uint(&r);
	if (version > SEAL_VERSION)
		return ACE_ERR_VERSION;
	if (ace_cbor_array_next(&r, &seq))
		in.text = ace_cbor_read_bstr(&r);
	if (ace_cbor_array_next(&r, &seq) || ace_cbor_read_finish(&r) || version != SEAL_VERSION)
		return ACE_ERR_DAMAGED;
	ace_cbor_write_init(&w, aad, sizeof(aad));
	err = place_write(place, &w, &in.aad);
	if (!err)
		err = ace_port_host_open(&in, out);
	return err == ACE_ERR_TAG || err == ACE_ERR_SPACE ? ACE_ERR_DAMAGED : err;
}
