/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_text.h"

#include <stdlib.h>
#include <string.h>

#include "ace_cbor.h"

#define HEAD_MAX 9 /* of a CBOR item */

/* The strict reader of CBOR knows what UTF-8 is. */
bool ctl_is_utf8(struct ace_slice text)
{
	size_t cap = text.len + HEAD_MAX;
	uint8_t *item = malloc(cap);
	struct ace_cbor_writer w;
	struct ace_cbor_reader r;
	struct ace_slice encoded;
	bool is_text = false;

	if (!item)
		return false;
	ace_cbor_write_init(&w, item, cap);
	ace_cbor_write_tstr(&w, text);
	if (!ace_cbor_written(&w, &encoded)) {
		ace_cbor_read_init(&r, encoded);
		ace_cbor_read_tstr(&r);
		is_text = ace_cbor_read_finish(&r) == ACE_OK && !memchr(text.ptr, 0, text.len);
	}
	free(item);
	return is_text;
}
