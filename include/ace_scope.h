/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes: AIF (RFC 9237) and text names, what they grant, and how they are written. */
#ifndef ACE_SCOPE_H
#define ACE_SCOPE_H

#include "ace_claims.h"

/* Firmware whose tokens all have AIF scopes sets this to 0: text ones are not understood then. */
#ifndef ACE_RS_TEXT_SCOPES
#define ACE_RS_TEXT_SCOPES 1
#endif

/* Bit of a method in an AIF permission set: code - 1; Dynamic-X is bit of X + 32. */
#define ACE_AIF_BIT(method_code) (UINT64_C(1) << ((method_code) - 1))
#define ACE_AIF_STATIC_ALL UINT64_C(0x7f)
#define ACE_AIF_ALL (ACE_AIF_STATIC_ALL | ACE_AIF_STATIC_ALL << 32)

/* One path with the methods on it: an AIF entry, a resource that a device hosts, a part of a text scope. */
struct ace_aif_entry {
	struct ace_slice path; /* local part of the URI: "/temp", with "?query" where it matters */
	uint64_t methods;
};

/* What a text scope name stands for on a device. */
struct ace_text_scope {
	struct ace_slice name;
	const struct ace_aif_entry *grants; /* borrows from the configuration */
	size_t grants_len;
};

/* What a device hosts and which names it knows: the ground on which a scope is understood. */
struct ace_resources {
	const struct ace_aif_entry *entries;
	size_t entries_len;
	const struct ace_text_scope *text_scopes;
	size_t text_scopes_len;
};

/* Walk an AIF array: init checks it whole. ACE_ERR_SCOPE or a malformed-band error from finish.
 *     ace_aif_read_init(&it, bytes); while (ace_aif_read_next(&it, &entry)) ...; err = ace_aif_read_finish(&it); */
struct ace_aif_reader {
	struct ace_slice rest; /* entries to come; borrows from the input */
	enum ace_err err;
};
void ace_aif_read_init(struct ace_aif_reader *it, struct ace_slice bytes);
bool ace_aif_read_next(struct ace_aif_reader *it, struct ace_aif_entry *ret_entry);
ACE_MUST_CHECK static inline enum ace_err ace_aif_read_finish(const struct ace_aif_reader *it)
{
	return it->err;
}
/* Entries must be sorted by path with one entry a path; ace_aif_canonicalize() sees to it, merging by OR. */
size_t ace_aif_canonicalize(struct ace_aif_entry *entries, size_t len);
void ace_aif_write(struct ace_cbor_writer *w, const struct ace_aif_entry *entries, size_t len);

/* The scope as value of key 9: byte string with AIF, or text. */
void ace_scope_write(struct ace_cbor_writer *w, const struct ace_scope *scope);
/* ACE_ERR_TYPE when it is neither. The AIF inside is not looked at. */
ACE_MUST_CHECK enum ace_err ace_scope_read(struct ace_cbor_reader *r, struct ace_scope *ret_scope);

/* Names of a text scope, one after the other: single spaces between, characters of RFC 6749 3.3.
 * Starts with *pos = 0; false at the end or at a malformed place, where *pos stays below the length. */
bool ace_scope_text_next(struct ace_slice text, size_t *pos, struct ace_slice *ret_name);

/* Can this device act on the scope? Every path hosted (its methods known), or every name known; not absent.
 * ACE_OK or ACE_ERR_SCOPE.  Source: RFC 9200 5.10.1.1, RFC 9203 4.2, RFC 9237 6. */
ACE_MUST_CHECK enum ace_err ace_scope_understood(const struct ace_scope *scope, const struct ace_resources *resources);

enum ace_access { ACE_ACCESS_ALLOWED = 0, ACE_ACCESS_NO_RESOURCE /* 4.03 */, ACE_ACCESS_NO_METHOD /* 4.05 */ };
/* Does the scope allow method (a CoAP code) on path? Exact match; an entry without a query covers any
 * query, one with a query that query only. Anything malformed grants nothing.  Source: RFC 9237 2.2. */
enum ace_access ace_scope_access(const struct ace_scope *scope, const struct ace_resources *resources,
				 struct ace_slice path, struct ace_slice query, uint8_t method);

#endif
