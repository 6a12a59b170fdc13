/* SPDX-License-Identifier: Apache-2.0 */
/* The Authorization Information Format for REST resources (RFC 9237), as CBOR. */
#include "ace_scope.h"
#include "token/cbor_head.h"
#include "token/mem.h"
#include "token/members.h"

void ace_aif_read_init(struct ace_aif_reader *it, struct ace_slice bytes)
{
	it->err = ace_cbor_whole_check(bytes);
	if (!it->err)
		it->err = ace_items_open(&bytes, ACE_CBOR_ARRAY, &it->rest);
}

bool ace_aif_read_next(struct ace_aif_reader *it, struct ace_aif_entry *ret_entry)
{
	static const struct member members[] = {
		{ 0, MEMBER_TEXT, offsetof(struct ace_aif_entry, path) },
		{ 1, MEMBER_UINT, offsetof(struct ace_aif_entry, methods) },
	};
	static const struct member_table pair = { ACE_CBOR_ARRAY, ACE_ARRAY_LEN(members), true, members };
	struct ace_slice encoded;
	struct member_keys keys;

	if (it->err || !it->rest.len)
		return false;
	it->err = ace_cbor_raw_take(&it->rest, &encoded);
	if (!it->err)
		it->err = ace_members_read(&encoded, &pair, ret_entry, &keys);
	if (!it->err && keys.bits[0] != 3)
		it->err = ACE_ERR_SCOPE;
	return !it->err;
}

/* Order of bytes; a path sorts before those that it begins. */
static bool path_is_after(struct ace_slice a, struct ace_slice b)
{
	size_t shorter = a.len < b.len ? a.len : b.len;
	int order = shorter > 0 ? memcmp(a.ptr, b.ptr, shorter) : 0;

	return order != 0 ? order > 0 : a.len > b.len;
}

/* Shell's sort: short, in place, and far from quadratic for the long lists that a peer may send to an issuer. */
static void entries_sort(struct ace_aif_entry *entries, size_t len)
{
	size_t gap = 1;

	while (gap < len / 3)
		gap = 3 * gap + 1;
	for (; gap > 0; gap /= 3) {
		for (size_t i = gap; i < len; i++) {
			struct ace_aif_entry moved = entries[i];
			size_t to = i;

			for (; to >= gap && path_is_after(entries[to - gap].path, moved.path); to -= gap)
				entries[to] = entries[to - gap];
			entries[to] = moved;
		}
	}
}

size_t ace_aif_canonicalize(struct ace_aif_entry *entries, size_t len)
{
	size_t kept = 0;

	entries_sort(entries, len);
	for (size_t i = 0; i < len; i++) {
		/* RFC 9237 3: entries with the same URI-local-part "are merged into a single entry that specifies the
		 * union of the permission sets". */
		if (kept > 0 && ace_slice_equal(entries[kept - 1].path, entries[i].path))
			entries[kept - 1].methods |= entries[i].methods;
		else
			entries[kept++] = entries[i];
	}
	return kept;
}

void ace_aif_write(struct ace_cbor_writer *w, const struct ace_aif_entry *entries, size_t len)
{
	ace_cbor_write_array(w, len);
	for (size_t i = 0; i < len; i++) {
		ace_cbor_write_array(w, 2);
		ace_cbor_write_tstr(w, entries[i].path);
		ace_cbor_write_uint(w, entries[i].methods);
	}
}
