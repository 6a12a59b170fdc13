/* SPDX-License-Identifier: Apache-2.0 */
/* What must hold for a bundle in whatever form it came. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/bundle_internal.h"

static void refuse(struct cli_bundle_check *check, enum ace_err err, const char *pointer, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void refuse(struct cli_bundle_check *check, enum ace_err err, const char *pointer, const char *format, ...)
{
	char text[200];
	va_list args;

	if (check->err)
		return;
	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	check->err = cli_error_set(check->error, err, "%s", text);
	cli_error_place(check->error, check->file, 0, 0);
	if (check->error)
		snprintf(check->error->pointer, sizeof check->error->pointer, "%s", pointer);
}

static void check_oscore(struct cli_bundle_check *check, const char *pointer, const struct cli_oscore_line *line)
{
	size_t id_max = cli_alg_id_max(line->alg);

	if (!id_max) {
		refuse(check, ACE_ERR_UNSUPPORTED, pointer, "AEAD algorithm %d is not known here", (int)line->alg);
	} else if (line->sender_id.len > id_max || line->recipient_id.len > id_max) {
		refuse(check, ACE_ERR_RANGE, pointer, "an id is longer than %zu bytes", id_max);
	} else if (ace_slice_equal(line->sender_id, line->recipient_id)) {
		/* "The Sender ID and Recipient ID ... MUST be different" in effect: equal ids mean equal keys and nonces
		 * for both directions. RFC 8613 3.3. */
		refuse(check, ACE_ERR_RANGE, pointer, "sender id and recipient id are equal");
	}
}

void cli_check_line(struct cli_bundle_check *check, const char *pointer, const struct cli_line *line)
{
	if (line->method == CLI_LINE_OSCORE)
		check_oscore(check, pointer, &line->oscore);
}

/* RFC 9770 6.2.1: a batch holds at most what is kept. */
void cli_check_trl(struct cli_bundle_check *check, const struct cli_trl *trl)
{
	if (trl->path && trl->path[0] != '/')
		refuse(check, ACE_ERR_RANGE, "/revocation_list/path", "a path must begin with /");
	else if (trl->max_diff_batch > trl->max_n)
		refuse(check, ACE_ERR_RANGE, "/revocation_list/max_diff_batch", "more than \"max_n\"");
}

void cli_check_token_keys(struct cli_bundle_check *check, const struct cli_device_bundle *bundle)
{
	char pointer[48];

	for (size_t i = 0; i < bundle->token_keys_len; i++) {
		const struct cli_token_key *key = &bundle->token_keys[i];
		size_t want = cli_alg_key_len(key->alg);

		snprintf(pointer, sizeof pointer, "/token_keys/%zu", i);
		if (!want)
			refuse(check, ACE_ERR_UNSUPPORTED, pointer, "algorithm %d is not known here", (int)key->alg);
		else if (key->key.len != want)
			refuse(check, ACE_ERR_RANGE, pointer, "%s wants a key of %zu bytes, not %zu", cli_alg_name(key->alg),
			       want, key->key.len);
		for (size_t j = 0; j < i; j++)
			if (ace_slice_equal(key->kid, bundle->token_keys[j].kid))
				refuse(check, ACE_ERR_DUPLICATE, pointer, "two token keys have the same kid");
	}
}

/* Path of a resource or of a grant. */
static void check_entries(struct cli_bundle_check *check, const char *pointer, const struct ace_aif_entry *entries,
			  size_t len)
{
	for (size_t i = 0; i < len; i++) {
		if (!entries[i].path.len || entries[i].path.ptr[0] != '/')
			refuse(check, ACE_ERR_RANGE, pointer, "a path must begin with /");
		else if (!entries[i].methods || entries[i].methods & ~ACE_AIF_ALL)
			refuse(check, ACE_ERR_RANGE, pointer, "no methods, or unknown ones, on \"%.*s\"",
			       entries[i].path.len > 64 ? 64 : (int)entries[i].path.len,
			       (const char *)entries[i].path.ptr);
	}
}

/* A scope token of RFC 6749 3.3: no blanks, quotes, backslashes. */
static bool is_scope_name(struct ace_slice name)
{
	for (size_t i = 0; i < name.len; i++)
		if (name.ptr[i] <= ' ' || name.ptr[i] == '"' || name.ptr[i] == '\\' || name.ptr[i] >= 0x7f)
			return false;
	return name.len > 0;
}

void cli_check_device(struct cli_bundle_check *check, const struct cli_device_bundle *bundle)
{
	const struct ace_resources *resources = &bundle->resources;

	cli_check_token_keys(check, bundle);
	cli_check_line(check, "/as_oscore", &bundle->as_line);
	cli_check_trl(check, &bundle->trl);
	if (bundle->trl.path && bundle->as_line.method == CLI_LINE_NONE)
		refuse(check, ACE_ERR_RANGE, "/revocation_list", "without a line to the AS nobody can ask for it");
	check_entries(check, "/resources", resources->entries, resources->entries_len);
	for (size_t i = 0; i < resources->text_scopes_len; i++) {
		const struct ace_text_scope *scope = &resources->text_scopes[i];

		if (!is_scope_name(scope->name))
			refuse(check, ACE_ERR_RANGE, "/text_scopes", "a scope's name is not a scope token of RFC 6749");
		check_entries(check, "/text_scopes", scope->grants, scope->grants_len);
	}
}
