/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles in JSON, read. */
#include <string.h>

#include "cli/bundle_internal.h"

/* One reading: the sticky JSON error, and where the results live. */
struct reading {
	struct cli_json_reader r;
	struct cli_arena *arena;
};

static const char *copy_text(struct reading *in, const struct cli_json_place *at, const char *member, size_t max)
{
	const char *text = cli_json_get_text(&in->r, at, member, max);
	char *copy = text ? cli_arena_text(in->arena, text, strlen(text)) : NULL;

	if (text && !copy && !in->r.err)
		in->r.err = cli_error_set(in->r.error, ACE_ERR_MEMORY, "out of memory");
	return copy;
}

static struct ace_slice copy_hex(struct reading *in, const struct cli_json_place *at, const char *member, size_t min,
				 size_t max)
{
	struct ace_buf out = { .ptr = cli_arena_alloc(in->arena, max), .cap = max };

	if (!out.ptr) {
		if (!in->r.err)
			in->r.err = cli_error_set(in->r.error, ACE_ERR_MEMORY, "out of memory");
		return (struct ace_slice){ 0 };
	}
	cli_json_get_hex(&in->r, at, member, min, &out);
	return ace_buf_slice(&out);
}

static const char *const oscore_members[] = { "master_secret_hex", "master_salt_hex", "sender_id_hex",
					      "recipient_id_hex",  "id_context_hex",  "aead", "hkdf", NULL };
static const char *const psk_members[] = { "identity", "key_hex", NULL };

static void read_oscore(struct reading *in, const struct cli_json_place *at, struct cli_oscore_line *line)
{
	const char *hkdf;

	line->master_secret = copy_hex(in, at, "master_secret_hex", 16, CLI_SECRET_MAX);
	line->master_salt = copy_hex(in, at, "master_salt_hex", 0, CLI_SALT_MAX);
	line->sender_id = copy_hex(in, at, "sender_id_hex", 0, CLI_KID_MAX);
	line->recipient_id = copy_hex(in, at, "recipient_id_hex", 0, CLI_KID_MAX);
	line->has_id_context = cli_json_has(at, "id_context_hex");
	if (line->has_id_context)
		line->id_context = copy_hex(in, at, "id_context_hex", 0, CLI_KID_MAX);
	line->alg = (int32_t)cli_json_get_int(&in->r, at, "aead", -65536, 65535);
	hkdf = cli_json_get_text(&in->r, at, "hkdf", 16);
	if (hkdf && strcmp(hkdf, "sha256"))
		cli_json_refuse(&in->r, at, "hkdf", "\"hkdf\" must be \"sha256\"");
}

static void read_psk(struct reading *in, const struct cli_json_place *at, struct cli_line *line)
{
	line->psk_identity = copy_text(in, at, "identity", 128);
	line->psk_key = copy_hex(in, at, "key_hex", 16, CLI_SECRET_MAX);
}

/* The one of two members that is there; CLI_LINE_NONE when neither is. */
static void read_line(struct reading *in, const struct cli_json_place *root, const char *oscore, const char *psk,
		      struct cli_line *line)
{
	struct cli_json_place at;

	if (cli_json_enter(&in->r, root, oscore, oscore_members, &at)) {
		line->method = CLI_LINE_OSCORE;
		read_oscore(in, &at, &line->oscore);
	}
	if (!cli_json_enter(&in->r, root, psk, psk_members, &at))
		return;
	if (line->method != CLI_LINE_NONE)
		cli_json_refuse(&in->r, &at, NULL, "\"%s\" and \"%s\" rule each other out", oscore, psk);
	line->method = CLI_LINE_DTLS_PSK;
	read_psk(in, &at, line);
}

static void read_trl(struct reading *in, const struct cli_json_place *root, struct cli_trl *trl)
{
	static const char *const members[] = { "path", "max_n", "max_diff_batch", NULL };
	struct cli_json_place at;

	if (!cli_json_enter(&in->r, root, "revocation_list", members, &at))
		return;
	trl->path = copy_text(in, &at, "path", CLI_TRL_PATH_MAX);
	trl->max_n = (uint32_t)cli_json_get_int(&in->r, &at, "max_n", 0, UINT32_MAX);
	trl->max_diff_batch = (uint32_t)cli_json_get_int(&in->r, &at, "max_diff_batch", 0, UINT32_MAX);
}

/* The right kind of file in the right version? Told before anything else, so that the text helps. */
static void check_format(struct cli_json_reader *r, const struct cli_json_place *root, const char *want)
{
	const char *format = cli_json_get_text(r, root, "format", 64);
	size_t stem = strcspn(want, "/");

	if (!format || !strcmp(format, want))
		return;
	if (strncmp(format, want, stem + 1)) {
		cli_json_refuse(r, root, "format", "this is a \"%s\" file, not \"%s\"", format, want);
		if (!strcmp(want, CLI_CLIENT_FORMAT))
			cli_error_hint(r->error, "acectl client ticket ID -o FILE makes one");
		else
			cli_error_hint(r->error, "acectl device export ID --format json -o FILE makes one");
		return;
	}
	cli_json_refuse(r, root, "format", "format \"%s\" is of another version than \"%s\"", format, want);
	if (r->error)
		r->error->err = ACE_ERR_VERSION;
	r->err = ACE_ERR_VERSION;
}

static void read_client(struct reading *in, struct json_t *document, struct cli_client_bundle *bundle)
{
	static const char *const members[] = { "format", "client", "as_uri", "expires", "oscore", "dtls_psk",
					       "revocation_list", NULL };
	struct cli_json_place root;

	cli_json_root(&in->r, document, NULL, &root);
	check_format(&in->r, &root, CLI_CLIENT_FORMAT);
	cli_json_root(&in->r, document, members, &root);
	bundle->client = copy_text(in, &root, "client", CLI_NAME_MAX);
	bundle->as_uri = copy_text(in, &root, "as_uri", CLI_URI_MAX);
	if (cli_json_has(&root, "expires"))
		bundle->expires = cli_json_get_time(&in->r, &root, "expires");
	read_line(in, &root, "oscore", "dtls_psk", &bundle->line);
	read_trl(in, &root, &bundle->trl);
	if (bundle->line.method == CLI_LINE_NONE && !in->r.err) {
		cli_json_refuse(&in->r, &root, NULL, "one of \"oscore\" and \"dtls_psk\" must be there");
		in->r.err = ACE_ERR_MISSING;
		if (in->r.error)
			in->r.error->err = ACE_ERR_MISSING;
	}
}

enum ace_err cli_client_bundle_read(struct ace_slice bytes, const char *name, struct cli_client_bundle *ret_bundle,
				    struct cli_error *ret_error)
{
	struct cli_client_bundle bundle = { 0 };
	struct reading in = { .r = { .file = name, .error = ret_error }, .arena = &bundle.arena };
	struct cli_bundle_check check = { .file = name, .error = ret_error };
	struct json_t *document = cli_json_parse(&in.r, bytes);

	if (document)
		read_client(&in, document, &bundle);
	cli_json_free(document);
	check.err = in.r.err;
	cli_check_line(&check, "/oscore", &bundle.line);
	cli_check_trl(&check, &bundle.trl);
	if (check.err) {
		cli_client_bundle_fini(&bundle);
		return check.err;
	}
	*ret_bundle = bundle;
	return ACE_OK;
}

static void read_token_keys(struct reading *in, const struct cli_json_place *root, struct cli_device_bundle *bundle)
{
	static const char *const members[] = { "kid_hex", "alg", "key_hex", NULL };
	struct cli_json_place list, at;

	if (!cli_json_member(&in->r, root, "token_keys", &list) || !cli_json_is_array(&list) || !cli_json_size(&list) ||
	    cli_json_size(&list) > CLI_TOKEN_KEYS_MAX) {
		cli_json_refuse(&in->r, root, "token_keys", "\"token_keys\" must be a list of 1 to %d keys", CLI_TOKEN_KEYS_MAX);
		return;
	}
	for (size_t i = 0; !in->r.err && cli_json_nth(&list, i, &at, NULL); i++) {
		struct cli_token_key *key = &bundle->token_keys[i];

		cli_json_check(&in->r, &at, members);
		key->kid = copy_hex(in, &at, "kid_hex", 1, CLI_KID_MAX);
		key->alg = (int32_t)cli_json_get_int(&in->r, &at, "alg", -65536, 65535);
		key->key = copy_hex(in, &at, "key_hex", 16, 32);
		bundle->token_keys_len = i + 1;
	}
}

static uint64_t read_methods(struct reading *in, const struct cli_json_place *at)
{
	struct cli_json_place item;
	uint64_t set = 0, bit;

	if (!cli_json_is_array(at))
		cli_json_refuse(&in->r, at, NULL, "must be a list of methods");
	for (size_t i = 0; !in->r.err && cli_json_nth(at, i, &item, NULL); i++) {
		const char *name = cli_json_string(&item);

		if (name && cli_method_bit(name, &bit))
			set |= bit;
		else
			cli_json_refuse(&in->r, &item, NULL, "not a method: %.40s", name ? name : "it must be a text");
	}
	return set;
}

/* {"/temp": ["GET"], ...} */
static struct ace_aif_entry *read_entries(struct reading *in, const struct cli_json_place *at, size_t *ret_len)
{
	struct ace_aif_entry *entries;
	struct cli_json_place item;
	size_t len = cli_json_is_array(at) ? 0 : cli_json_size(at);
	const char *path;

	*ret_len = 0;
	if (!len || len > CLI_ENTRIES_MAX)
		cli_json_refuse(&in->r, at, NULL, "must be an object of 1 to %d paths", CLI_ENTRIES_MAX);
	entries = in->r.err ? NULL : cli_arena_alloc(in->arena, len * sizeof *entries);
	for (size_t i = 0; entries && !in->r.err && cli_json_nth(at, i, &item, &path); i++) {
		entries[i].path.ptr = (const uint8_t *)cli_arena_text(in->arena, path, strlen(path));
		entries[i].path.len = entries[i].path.ptr ? strlen(path) : 0;
		entries[i].methods = read_methods(in, &item);
		*ret_len = i + 1;
	}
	return entries;
}

static void read_text_scopes(struct reading *in, const struct cli_json_place *at, struct ace_resources *resources)
{
	struct ace_text_scope *scopes;
	struct cli_json_place item;
	size_t len = cli_json_is_array(at) ? 0 : cli_json_size(at);
	const char *name;

	if (!len || len > CLI_ENTRIES_MAX)
		cli_json_refuse(&in->r, at, NULL, "must be an object of 1 to %d scopes", CLI_ENTRIES_MAX);
	scopes = in->r.err ? NULL : cli_arena_alloc(in->arena, len * sizeof *scopes);
	for (size_t i = 0; scopes && !in->r.err && cli_json_nth(at, i, &item, &name); i++) {
		scopes[i].name.ptr = (const uint8_t *)cli_arena_text(in->arena, name, strlen(name));
		scopes[i].name.len = scopes[i].name.ptr ? strlen(name) : 0;
		scopes[i].grants = read_entries(in, &item, &scopes[i].grants_len);
		resources->text_scopes_len = i + 1;
	}
	resources->text_scopes = scopes;
}

static void read_offers(struct reading *in, const struct cli_json_place *root, struct cli_device_bundle *bundle)
{
	struct cli_json_place at;
	const char *clock;

	if (cli_json_member(&in->r, root, "resources", &at))
		bundle->resources.entries = read_entries(in, &at, &bundle->resources.entries_len);
	else
		cli_json_refuse(&in->r, root, "resources", "\"resources\" is missing");
	if (cli_json_member(&in->r, root, "text_scopes", &at))
		read_text_scopes(in, &at, &bundle->resources);
	if (cli_json_has(root, "hint_scope"))
		bundle->hint_scope = copy_text(in, root, "hint_scope", 1024);
	clock = cli_json_get_text(&in->r, root, "clock", 8);
	if (clock && strcmp(clock, "none") && strcmp(clock, "rtc"))
		cli_json_refuse(&in->r, root, "clock", "\"clock\" must be \"none\" or \"rtc\"");
	bundle->has_clock = clock && !strcmp(clock, "rtc");
}

static enum ace_err read_device_json(struct ace_slice bytes, const char *name, struct cli_device_bundle *bundle,
				     struct cli_error *ret_error)
{
	static const char *const members[] = { "format",    "device",    "audience",     "issuer",      "as_uri",
					       "token_keys", "as_oscore", "as_dtls_psk", "resources", "text_scopes",
					       "hint_scope", "clock",     "revocation_list", NULL };
	struct reading in = { .r = { .file = name, .error = ret_error }, .arena = &bundle->arena };
	struct json_t *document = cli_json_parse(&in.r, bytes);
	struct cli_json_place root;

	if (document) {
		cli_json_root(&in.r, document, NULL, &root);
		check_format(&in.r, &root, CLI_DEVICE_FORMAT);
		cli_json_root(&in.r, document, members, &root);
		bundle->device = copy_text(&in, &root, "device", CLI_NAME_MAX);
		bundle->audience = copy_text(&in, &root, "audience", CLI_AUDIENCE_MAX);
		bundle->issuer = copy_text(&in, &root, "issuer", CLI_URI_MAX);
		bundle->as_uri = copy_text(&in, &root, "as_uri", CLI_URI_MAX);
		read_token_keys(&in, &root, bundle);
		read_line(&in, &root, "as_oscore", "as_dtls_psk", &bundle->as_line);
		read_trl(&in, &root, &bundle->trl);
		read_offers(&in, &root, bundle);
	}
	cli_json_free(document);
	return in.r.err;
}

enum ace_err cli_device_bundle_read(struct ace_slice bytes, const char *name, struct cli_device_bundle *ret_bundle,
				    struct cli_error *ret_error)
{
	struct cli_device_bundle bundle = { 0 };
	struct cli_bundle_check check = { .file = name, .error = ret_error };
	/* A CBOR map begins with 0xa0 to 0xbf: no character that JSON may begin with. */
	bool is_cbor = bytes.len && (bytes.ptr[0] & 0xe0) == 0xa0;

	check.err = is_cbor ? cli_device_read_cbor(bytes, name, &bundle, ret_error)
			    : read_device_json(bytes, name, &bundle, ret_error);
	cli_check_device(&check, &bundle);
	if (check.err) {
		cli_device_bundle_fini(&bundle);
		return check.err;
	}
	*ret_bundle = bundle;
	return ACE_OK;
}
