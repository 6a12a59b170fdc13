/* SPDX-License-Identifier: Apache-2.0 */
/* The CBOR form of a device's bundle, written. bundle_internal.h has its labels. */
#include <string.h>

#include "ace_registry.h"
#include "cli/bundle_internal.h"

static void text(struct ace_cbor_writer *w, const char *value)
{
	ace_cbor_write_tstr(w, (struct ace_slice){ (const uint8_t *)value, strlen(value) });
}

static void text_member(struct ace_cbor_writer *w, int label, const char *value)
{
	ace_cbor_write_int(w, label);
	text(w, value);
}

static void bytes_member(struct ace_cbor_writer *w, int label, struct ace_slice value)
{
	ace_cbor_write_int(w, label);
	ace_cbor_write_bstr(w, value);
}

static void int_member(struct ace_cbor_writer *w, int label, int64_t value)
{
	ace_cbor_write_int(w, label);
	ace_cbor_write_int(w, value);
}

/* AIF in the order given: that of a model, which the firmware's table keeps. */
static void aif(struct ace_cbor_writer *w, const struct ace_aif_entry *entries, size_t len)
{
	ace_cbor_write_array(w, len);
	for (size_t i = 0; i < len; i++) {
		ace_cbor_write_array(w, 2);
		ace_cbor_write_tstr(w, entries[i].path);
		ace_cbor_write_uint(w, entries[i].methods);
	}
}

void cli_device_resources_write(struct ace_cbor_writer *w, const struct ace_resources *resources)
{
	aif(w, resources->entries, resources->entries_len);
}

void cli_device_text_scopes_write(struct ace_cbor_writer *w, const struct ace_resources *resources)
{
	ace_cbor_write_array(w, resources->text_scopes_len);
	for (size_t i = 0; i < resources->text_scopes_len; i++) {
		ace_cbor_write_array(w, 2);
		ace_cbor_write_tstr(w, resources->text_scopes[i].name);
		aif(w, resources->text_scopes[i].grants, resources->text_scopes[i].grants_len);
	}
}

static void write_token_keys(struct ace_cbor_writer *w, const struct cli_device_bundle *bundle)
{
	ace_cbor_write_int(w, CLI_DEVICE_TOKEN_KEYS);
	ace_cbor_write_array(w, bundle->token_keys_len);
	for (size_t i = 0; i < bundle->token_keys_len; i++) {
		ace_cbor_write_map(w, 4);
		int_member(w, CLI_KEY_KTY, CLI_KTY_SYMMETRIC);
		bytes_member(w, CLI_KEY_KID, bundle->token_keys[i].kid);
		int_member(w, CLI_KEY_ALG, bundle->token_keys[i].alg);
		bytes_member(w, CLI_KEY_K, bundle->token_keys[i].key);
	}
}

static void write_line(struct ace_cbor_writer *w, const struct cli_line *line)
{
	const struct cli_oscore_line *oscore = &line->oscore;

	if (line->method == CLI_LINE_OSCORE) {
		ace_cbor_write_int(w, CLI_DEVICE_AS_OSCORE);
		ace_cbor_write_map(w, oscore->has_id_context ? 6 : 5);
		bytes_member(w, ACE_OSC_MS, oscore->master_secret);
		int_member(w, ACE_OSC_ALG, oscore->alg);
		bytes_member(w, ACE_OSC_SALT, oscore->master_salt);
		if (oscore->has_id_context)
			bytes_member(w, ACE_OSC_CONTEXT_ID, oscore->id_context);
		bytes_member(w, CLI_LINE_SENDER_ID, oscore->sender_id);
		bytes_member(w, CLI_LINE_RECIPIENT_ID, oscore->recipient_id);
	} else if (line->method == CLI_LINE_DTLS_PSK) {
		ace_cbor_write_int(w, CLI_DEVICE_AS_PSK);
		ace_cbor_write_map(w, 2);
		text_member(w, CLI_PSK_IDENTITY, line->psk_identity);
		bytes_member(w, CLI_PSK_KEY, line->psk_key);
	}
}

static void write_trl(struct ace_cbor_writer *w, const struct cli_trl *trl)
{
	if (!trl->path)
		return;
	ace_cbor_write_int(w, CLI_DEVICE_TRL);
	ace_cbor_write_map(w, 3);
	text_member(w, CLI_TRL_PATH, trl->path);
	int_member(w, CLI_TRL_MAX_N, trl->max_n);
	int_member(w, CLI_TRL_MAX_DIFF_BATCH, trl->max_diff_batch);
}

static void write_bundle(struct ace_cbor_writer *w, const struct cli_device_bundle *bundle)
{
	bool scopes = bundle->resources.text_scopes_len != 0;

	ace_cbor_write_map(w, 8u + (bundle->as_line.method != CLI_LINE_NONE) + scopes + (bundle->hint_scope != NULL) +
				      (bundle->trl.path != NULL));
	text_member(w, CLI_DEVICE_FORMAT_NAME, CLI_DEVICE_FORMAT);
	text_member(w, CLI_DEVICE_ID, bundle->device);
	text_member(w, CLI_DEVICE_ISSUER, bundle->issuer);
	text_member(w, CLI_DEVICE_AUDIENCE, bundle->audience);
	text_member(w, CLI_DEVICE_AS_URI, bundle->as_uri);
	write_token_keys(w, bundle);
	write_line(w, &bundle->as_line);
	ace_cbor_write_int(w, CLI_DEVICE_RESOURCES);
	cli_device_resources_write(w, &bundle->resources);
	if (scopes) {
		ace_cbor_write_int(w, CLI_DEVICE_TEXT_SCOPES);
		cli_device_text_scopes_write(w, &bundle->resources);
	}
	if (bundle->hint_scope)
		text_member(w, CLI_DEVICE_HINT_SCOPE, bundle->hint_scope);
	ace_cbor_write_int(w, CLI_DEVICE_CLOCK);
	ace_cbor_write_bool(w, bundle->has_clock);
	write_trl(w, &bundle->trl);
}

enum ace_err cli_device_cbor(const struct cli_device_bundle *bundle, struct cli_bytes *ret_bytes,
			     struct cli_error *ret_error)
{
	struct ace_cbor_writer w;
	struct cli_text out = { 0 };
	uint8_t *room;
	size_t len;

	ace_cbor_write_init(&w, NULL, 0);
	write_bundle(&w, bundle);
	len = w.len;
	room = cli_text_room(&out, len);
	if (room) {
		ace_cbor_write_init(&w, room, len);
		write_bundle(&w, bundle);
	}
	return cli_text_take(&out, ret_bytes) ? cli_error_set(ret_error, ACE_ERR_MEMORY, "out of memory") : ACE_OK;
}
