/* SPDX-License-Identifier: Apache-2.0 */
/* Both kinds of scope: walked, understood, asked, and AIF written again. */
#include "ace_scope.h"
#include "fuzz.h"

#define ENTRIES 64

static const struct ace_aif_entry hosted[] = { { { (const uint8_t *)"/s/temp", 7 }, ACE_AIF_STATIC_ALL },
					       { { (const uint8_t *)"/a/led", 6 }, ACE_AIF_ALL } };
static const struct ace_text_scope names[] = { { { (const uint8_t *)"read", 4 }, hosted, 1 },
					       { { (const uint8_t *)"all", 3 }, hosted, 2 } };
static const struct ace_resources resources = { hosted, 2, names, 2 };

static void ask(enum ace_scope_kind kind, struct ace_slice in)
{
	struct ace_scope scope = { kind, in };
	bool understood = !ace_scope_understood(&scope, &resources);
	enum ace_access access = ace_scope_access(&scope, &resources, hosted[0].path, ACE_LITERAL("a=1"), 1);

	(void)ace_scope_access(&scope, &resources, ACE_LITERAL("/nowhere"), ACE_LITERAL(""), 5);
	fuzz_accepted += understood && access == ACE_ACCESS_ALLOWED;
}

static void rewrite(struct ace_slice in)
{
	struct ace_aif_entry entries[ENTRIES], entry;
	struct ace_aif_reader it;
	uint8_t bytes[4096];
	struct ace_cbor_writer w;
	struct ace_slice written;
	size_t len = 0, again = 0;

	ace_aif_read_init(&it, in);
	while (ace_aif_read_next(&it, &entry))
		if (len < ENTRIES)
			entries[len++] = entry;
	if (ace_aif_read_finish(&it) || len == ENTRIES)
		return;
	len = ace_aif_canonicalize(entries, len);
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_aif_write(&w, entries, len);
	if (ace_cbor_written(&w, &written))
		return;
	ace_aif_read_init(&it, written);
	for (; ace_aif_read_next(&it, &entry); again++)
		fuzz_require(ace_slice_equal(entry.path, entries[again].path) && entry.methods == entries[again].methods);
	fuzz_require(ace_aif_read_finish(&it) == ACE_OK && again == len);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_slice in = { bytes, len }, name;
	struct ace_cbor_reader r;
	struct ace_scope scope;
	size_t pos = 0;

	while (ace_scope_text_next(in, &pos, &name))
		fuzz_require(name.len && pos <= len);
	ask(ACE_SCOPE_TEXT, in);
	ask(ACE_SCOPE_AIF, in);
	rewrite(in);
	ace_cbor_read_init(&r, in);
	(void)!ace_scope_read(&r, &scope);
	return 0;
}
