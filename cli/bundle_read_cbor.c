/* SPDX-License-Identifier: Apache-2.0 */
/* A device's bundle in CBOR, read with the strict reader that the device library has. */
#include <stdio.h>
#include <string.h>

#include "ace_registry.h"
#include "cli/bundle_internal.h"

/* Reading of one bundle. Results live in the arena, for the file's bytes are wiped afterwards. */
struct reading {
	struct ace_cbor_reader r;
	struct cli_arena *arena;
	const char *file;
	struct cli_error *error;
	enum ace_err err;   /* sticks */
	const char *member; /* being read, for messages */
};

static void fail(struct reading *in, enum ace_err err, const char *what)
{
	if (in->err)
		return;
	in->err = cli_error_set(in->error, err, "%s%s%s%s", in->member ? "\"" : "", in->member ? in->member : "",
				in->member ? "\" " : "", what);
	cli_error_place(in->error, in->file, 0, 0);
}

/* The reader's own error, told with the member at which it came up. */
static bool went_wrong(struct reading *in)
{
	if (in->r.err && !in->err)
		fail(in, in->r.err, "is of the wrong type or out of range");
	return in->err != ACE_OK;
}

static struct ace_slice copy(struct reading *in, struct ace_slice bytes, size_t min, size_t max)
{
	char *memory;

	if (went_wrong(in))
		return (struct ace_slice){ 0 };
	if (bytes.len < min || bytes.len > max) {
		fail(in, ACE_ERR_RANGE, "has a length that is not allowed");
		return (struct ace_slice){ 0 };
	}
	memory = cli_arena_text(in->arena, (const char *)bytes.ptr, bytes.len);
	if (!memory) {
		fail(in, ACE_ERR_MEMORY, "does not fit into memory");
		return (struct ace_slice){ 0 };
	}
	return (struct ace_slice){ (const uint8_t *)memory, bytes.len };
}

static struct ace_slice bytes_of(struct reading *in, size_t min, size_t max)
{
	return copy(in, ace_cbor_read_bstr(&in->r), min, max);
}

static const char *text_of(struct reading *in, size_t max)
{
	struct ace_slice text = copy(in, ace_cbor_read_tstr(&in->r), 1, max);

	if (text.ptr && memchr(text.ptr, 0, text.len))
		fail(in, ACE_ERR_RANGE, "holds a zero byte");
	return (const char *)text.ptr;
}

static int32_t alg_of(struct reading *in)
{
	int64_t alg = ace_cbor_read_int(&in->r);

	if (!went_wrong(in) && (alg < -65536 || alg > 65535))
		fail(in, ACE_ERR_RANGE, "is out of range");
	return (int32_t)alg;
}

/* A member of a map that this version does not know. */
static void unknown(struct reading *in)
{
	ace_cbor_read_raw(&in->r);
	fail(in, ACE_ERR_UNKNOWN, "has a member that is not known here");
}

static void read_token_key(struct reading *in, struct cli_token_key *key)
{
	struct ace_cbor_seq seq;
	int64_t label;
	bool symmetric = false;

	ace_cbor_map_enter(&in->r, &seq);
	while (ace_cbor_map_next(&in->r, &seq, &label)) {
		if (label == CLI_KEY_KTY)
			symmetric = ace_cbor_read_int(&in->r) == CLI_KTY_SYMMETRIC;
		else if (label == CLI_KEY_KID)
			key->kid = bytes_of(in, 1, CLI_KID_MAX);
		else if (label == CLI_KEY_ALG)
			key->alg = alg_of(in);
		else if (label == CLI_KEY_K)
			key->key = bytes_of(in, 16, 32);
		else
			unknown(in);
	}
	if (!went_wrong(in) && (!symmetric || !key->kid.len || !key->key.len))
		fail(in, ACE_ERR_MISSING, "lacks kty 4, kid or k");
}

static void read_token_keys(struct reading *in, struct cli_device_bundle *bundle)
{
	struct ace_cbor_seq seq;

	ace_cbor_array_enter(&in->r, &seq);
	while (ace_cbor_array_next(&in->r, &seq)) {
		if (bundle->token_keys_len == CLI_TOKEN_KEYS_MAX) {
			ace_cbor_read_raw(&in->r);
			fail(in, ACE_ERR_RANGE, "has too many keys");
			continue;
		}
		read_token_key(in, &bundle->token_keys[bundle->token_keys_len++]);
	}
}

static void read_oscore(struct reading *in, struct cli_line *line)
{
	struct cli_oscore_line *oscore = &line->oscore;
	struct ace_cbor_seq seq;
	int64_t label;

	line->method = CLI_LINE_OSCORE;
	ace_cbor_map_enter(&in->r, &seq);
	while (ace_cbor_map_next(&in->r, &seq, &label)) {
		if (label == ACE_OSC_MS) {
			oscore->master_secret = bytes_of(in, 16, CLI_SECRET_MAX);
		} else if (label == ACE_OSC_ALG) {
			oscore->alg = alg_of(in);
		} else if (label == ACE_OSC_SALT) {
			oscore->master_salt = bytes_of(in, 0, CLI_SALT_MAX);
		} else if (label == ACE_OSC_CONTEXT_ID) {
			oscore->id_context = bytes_of(in, 0, CLI_KID_MAX);
			oscore->has_id_context = true;
		} else if (label == CLI_LINE_SENDER_ID) {
			oscore->sender_id = bytes_of(in, 0, CLI_KID_MAX);
		} else if (label == CLI_LINE_RECIPIENT_ID) {
			oscore->recipient_id = bytes_of(in, 0, CLI_KID_MAX);
		} else {
			unknown(in);
		}
	}
	if (!went_wrong(in) && !oscore->master_secret.len)
		fail(in, ACE_ERR_MISSING, "lacks the master secret");
}

static void read_psk(struct reading *in, struct cli_line *line)
{
	struct ace_cbor_seq seq;
	int64_t label;

	line->method = CLI_LINE_DTLS_PSK;
	ace_cbor_map_enter(&in->r, &seq);
	while (ace_cbor_map_next(&in->r, &seq, &label)) {
		if (label == CLI_PSK_IDENTITY)
			line->psk_identity = text_of(in, 128);
		else if (label == CLI_PSK_KEY)
			line->psk_key = bytes_of(in, 16, CLI_SECRET_MAX);
		else
			unknown(in);
	}
	if (!went_wrong(in) && (!line->psk_identity || !line->psk_key.len))
		fail(in, ACE_ERR_MISSING, "lacks identity or key");
}

static uint32_t count_of(struct reading *in)
{
	uint64_t count = ace_cbor_read_uint(&in->r);

	if (!went_wrong(in) && count > UINT32_MAX)
		fail(in, ACE_ERR_RANGE, "is out of range");
	return (uint32_t)count;
}

static void read_trl(struct reading *in, struct cli_trl *trl)
{
	struct ace_cbor_seq seq;
	int64_t label;

	ace_cbor_map_enter(&in->r, &seq);
	while (ace_cbor_map_next(&in->r, &seq, &label)) {
		if (label == CLI_TRL_PATH)
			trl->path = text_of(in, CLI_TRL_PATH_MAX);
		else if (label == CLI_TRL_MAX_N)
			trl->max_n = count_of(in);
		else if (label == CLI_TRL_MAX_DIFF_BATCH)
			trl->max_diff_batch = count_of(in);
		else
			unknown(in);
	}
	if (!went_wrong(in) && (!trl->path || !trl->max_n))
		fail(in, ACE_ERR_MISSING, "lacks path or max_n");
}

/* AIF: [["/temp", 1], ...] */
static struct ace_aif_entry *read_entries(struct reading *in, size_t *ret_len)
{
	struct ace_aif_entry *entries = cli_arena_alloc(in->arena, CLI_ENTRIES_MAX * sizeof *entries);
	struct ace_cbor_seq list, pair;
	size_t len = 0;

	ace_cbor_array_enter(&in->r, &list);
	while (ace_cbor_array_next(&in->r, &list)) {
		if (!entries || len == CLI_ENTRIES_MAX) {
			ace_cbor_read_raw(&in->r);
			fail(in, entries ? ACE_ERR_RANGE : ACE_ERR_MEMORY, "has too many entries");
			continue;
		}
		ace_cbor_array_enter(&in->r, &pair);
		for (size_t i = 0; ace_cbor_array_next(&in->r, &pair); i++) {
			if (i == 0) {
				entries[len].path = copy(in, ace_cbor_read_tstr(&in->r), 1, 1024);
			} else if (i == 1) {
				entries[len].methods = ace_cbor_read_uint(&in->r);
			} else {
				unknown(in);
			}
		}
		len++;
	}
	if (!went_wrong(in) && !len)
		fail(in, ACE_ERR_RANGE, "is empty");
	*ret_len = in->err ? 0 : len;
	return entries;
}

static void read_text_scopes(struct reading *in, struct ace_resources *resources)
{
	struct ace_text_scope *scopes = cli_arena_alloc(in->arena, CLI_ENTRIES_MAX * sizeof *scopes);
	struct ace_cbor_seq list, pair;
	size_t len = 0;

	ace_cbor_array_enter(&in->r, &list);
	while (ace_cbor_array_next(&in->r, &list)) {
		if (!scopes || len == CLI_ENTRIES_MAX) {
			ace_cbor_read_raw(&in->r);
			fail(in, scopes ? ACE_ERR_RANGE : ACE_ERR_MEMORY, "has too many entries");
			continue;
		}
		ace_cbor_array_enter(&in->r, &pair);
		for (size_t i = 0; ace_cbor_array_next(&in->r, &pair); i++) {
			if (i == 0)
				scopes[len].name = copy(in, ace_cbor_read_tstr(&in->r), 1, 1024);
			else if (i == 1)
				scopes[len].grants = read_entries(in, &scopes[len].grants_len);
			else
				unknown(in);
		}
		len++;
	}
	resources->text_scopes = scopes;
	resources->text_scopes_len = went_wrong(in) ? 0 : len;
}

static void check_format(struct reading *in)
{
	struct ace_slice format = ace_cbor_read_tstr(&in->r);

	if (!went_wrong(in) && !ace_slice_equal(format, ACE_LITERAL(CLI_DEVICE_FORMAT)))
		fail(in, ACE_ERR_VERSION, "is not \"" CLI_DEVICE_FORMAT "\"");
}

static const char *const member_names[] = {
	[CLI_DEVICE_FORMAT_NAME] = "format",     [CLI_DEVICE_ID] = "device",
	[CLI_DEVICE_ISSUER] = "issuer",          [CLI_DEVICE_AUDIENCE] = "audience",
	[CLI_DEVICE_AS_URI] = "as_uri",          [CLI_DEVICE_TOKEN_KEYS] = "token_keys",
	[CLI_DEVICE_AS_OSCORE] = "as_oscore",    [CLI_DEVICE_AS_PSK] = "as_dtls_psk",
	[CLI_DEVICE_RESOURCES] = "resources",    [CLI_DEVICE_TEXT_SCOPES] = "text_scopes",
	[CLI_DEVICE_HINT_SCOPE] = "hint_scope",  [CLI_DEVICE_CLOCK] = "clock",
	[CLI_DEVICE_TRL] = "revocation_list",
};

static void read_member(struct reading *in, enum cli_device_label label, struct cli_device_bundle *bundle)
{
	switch (label) {
	case CLI_DEVICE_FORMAT_NAME:
		check_format(in);
		break;
	case CLI_DEVICE_ID:
		bundle->device = text_of(in, CLI_NAME_MAX);
		break;
	case CLI_DEVICE_ISSUER:
		bundle->issuer = text_of(in, CLI_URI_MAX);
		break;
	case CLI_DEVICE_AUDIENCE:
		bundle->audience = text_of(in, CLI_AUDIENCE_MAX);
		break;
	case CLI_DEVICE_AS_URI:
		bundle->as_uri = text_of(in, CLI_URI_MAX);
		break;
	case CLI_DEVICE_TOKEN_KEYS:
		read_token_keys(in, bundle);
		break;
	case CLI_DEVICE_AS_OSCORE:
		read_oscore(in, &bundle->as_line);
		break;
	case CLI_DEVICE_AS_PSK:
		read_psk(in, &bundle->as_line);
		break;
	case CLI_DEVICE_RESOURCES:
		bundle->resources.entries = read_entries(in, &bundle->resources.entries_len);
		break;
	case CLI_DEVICE_TEXT_SCOPES:
		read_text_scopes(in, &bundle->resources);
		break;
	case CLI_DEVICE_HINT_SCOPE:
		bundle->hint_scope = text_of(in, 1024);
		break;
	case CLI_DEVICE_CLOCK:
		bundle->has_clock = ace_cbor_read_bool(&in->r);
		break;
	case CLI_DEVICE_TRL:
		read_trl(in, &bundle->trl);
		break;
	}
}

/* All but the line with its list, text scopes and hint scope must be there. */
static void check_complete(struct reading *in, uint32_t seen)
{
	const uint32_t optional = 1u << CLI_DEVICE_AS_OSCORE | 1u << CLI_DEVICE_AS_PSK | 1u << CLI_DEVICE_TEXT_SCOPES |
				  1u << CLI_DEVICE_HINT_SCOPE | 1u << CLI_DEVICE_TRL;
	const uint32_t both = 1u << CLI_DEVICE_AS_OSCORE | 1u << CLI_DEVICE_AS_PSK;

	for (size_t i = 0; i < ACE_ARRAY_LEN(member_names); i++) {
		in->member = member_names[i];
		if (!((seen | optional) >> i & 1))
			fail(in, ACE_ERR_MISSING, "is missing");
	}
	in->member = "as_dtls_psk";
	if ((seen & both) == both)
		fail(in, ACE_ERR_RANGE, "and \"as_oscore\" rule each other out");
}

enum ace_err cli_device_read_cbor(struct ace_slice bytes, const char *name, struct cli_device_bundle *bundle,
				  struct cli_error *ret_error)
{
	struct reading in = { .arena = &bundle->arena, .file = name, .error = ret_error };
	struct ace_cbor_seq seq;
	uint32_t seen = 0;
	int64_t label;

	ace_cbor_read_init(&in.r, bytes);
	if (in.r.err)
		fail(&in, in.r.err, "not one well-formed CBOR item");
	ace_cbor_map_enter(&in.r, &seq);
	while (!in.err && ace_cbor_map_next(&in.r, &seq, &label)) {
		if (label < 0 || (size_t)label >= ACE_ARRAY_LEN(member_names)) {
			in.member = "the bundle";
			unknown(&in);
			continue;
		}
		in.member = member_names[label];
		read_member(&in, (enum cli_device_label)label, bundle);
		went_wrong(&in);
		seen |= 1u << label;
	}
	in.member = NULL;
	if (!in.err)
		check_complete(&in, seen);
	in.member = NULL;
	if (!in.err && ace_cbor_read_finish(&in.r))
		fail(&in, ace_cbor_read_finish(&in.r), "not one well-formed CBOR item");
	return in.err;
}
