/* SPDX-License-Identifier: Apache-2.0 */
/* Every reader of ace_cbor.h, steered by what the input says it is. */
#include "ace_cbor.h"
#include "fuzz.h"

static void read_item(struct ace_cbor_reader *r, int depth);

static void read_scalar(struct ace_cbor_reader *r, enum ace_cbor_type type)
{
	struct ace_cbor_reader before = *r;

	if (type == ACE_CBOR_UINT)
		(void)ace_cbor_read_uint(r);
	else if (type == ACE_CBOR_NINT)
		(void)ace_cbor_read_int(r);
	else if (type == ACE_CBOR_BSTR)
		(void)ace_cbor_read_bstr(r);
	else if (type == ACE_CBOR_TSTR)
		(void)ace_cbor_read_tstr(r);
	else if (type == ACE_CBOR_FLOAT)
		(void)ace_cbor_read_time(r);
	else
		(void)ace_cbor_read_bool(r);
	(void)ace_cbor_read_time(&before);
	if (type == ACE_CBOR_SIMPLE && r->err) {
		before = *r;
		ace_cbor_read_null(&before);
	}
}

static void read_container(struct ace_cbor_reader *r, enum ace_cbor_type type, int depth)
{
	struct ace_cbor_seq seq;
	int64_t key;

	if (type == ACE_CBOR_ARRAY)
		ace_cbor_array_enter(r, &seq);
	else
		ace_cbor_map_enter(r, &seq);
	while (type == ACE_CBOR_ARRAY ? ace_cbor_array_next(r, &seq) : ace_cbor_map_next(r, &seq, &key))
		read_item(r, depth + 1);
}

static void read_item(struct ace_cbor_reader *r, int depth)
{
	enum ace_cbor_type type = ace_cbor_peek(r);

	fuzz_require(depth <= ACE_CBOR_DEPTH_MAX + 1);
	if (type == ACE_CBOR_ARRAY || type == ACE_CBOR_MAP) {
		read_container(r, type, depth);
	} else if (type == ACE_CBOR_TAG) {
		(void)ace_cbor_read_tag(r);
		read_item(r, depth + 1);
	} else {
		read_scalar(r, type);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_slice in = { bytes, len };
	struct ace_cbor_reader r;

	ace_cbor_read_init(&r, in);
	if (!r.err) {
		fuzz_accepted++;
		fuzz_require(ace_slice_equal(ace_cbor_read_raw(&r), in));
		fuzz_require(ace_cbor_read_finish(&r) == ACE_OK);
	}
	ace_cbor_read_init(&r, in);
	read_item(&r, 0);
	(void)!ace_cbor_read_finish(&r);
	return 0;
}
