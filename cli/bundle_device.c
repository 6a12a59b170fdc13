/* SPDX-License-Identifier: Apache-2.0 */
/* A device's bundle as json, cbor and hex. */
#include <string.h>

#include "ace_registry.h"
#include "cli/bundle_internal.h"

static const struct {
	const char *name;
	uint8_t code;
} methods[] = {
	{ "GET", ACE_COAP_GET },     { "POST", ACE_COAP_POST },   { "PUT", ACE_COAP_PUT },       { "DELETE", ACE_COAP_DELETE },
	{ "FETCH", ACE_COAP_FETCH }, { "PATCH", ACE_COAP_PATCH }, { "iPATCH", ACE_COAP_IPATCH },
};
#define DYNAMIC "Dynamic-"

void cli_methods_put(struct json_t *object, const char *path, uint64_t set)
{
	struct json_t *list = cli_json_array();
	char name[24];

	for (size_t i = 0; i < ACE_ARRAY_LEN(methods); i++)
		if (set & ACE_AIF_BIT(methods[i].code))
			cli_json_add_text(list, methods[i].name);
	for (size_t i = 0; i < ACE_ARRAY_LEN(methods); i++) {
		snprintf(name, sizeof name, DYNAMIC "%s", methods[i].name);
		if (set & ACE_AIF_BIT(methods[i].code) << 32)
			cli_json_add_text(list, name);
	}
	cli_json_put(object, path, list);
}

bool cli_method_bit(const char *name, uint64_t *ret_bit)
{
	bool dynamic = !strncmp(name, DYNAMIC, strlen(DYNAMIC));

	if (dynamic)
		name += strlen(DYNAMIC);
	for (size_t i = 0; i < ACE_ARRAY_LEN(methods); i++) {
		if (strcmp(name, methods[i].name))
			continue;
		*ret_bit = ACE_AIF_BIT(methods[i].code) << (dynamic ? 32 : 0);
		return true;
	}
	return false;
}

/* {"/temp": ["GET"], ...} */
static struct json_t *permissions(const struct ace_aif_entry *entries, size_t len)
{
	struct json_t *object = cli_json_object();
	char path[1032];

	for (size_t i = 0; i < len; i++) {
		snprintf(path, sizeof path, "%.*s", (int)entries[i].path.len, (const char *)entries[i].path.ptr);
		cli_methods_put(object, path, entries[i].methods);
	}
	return object;
}

static struct json_t *token_keys(const struct cli_device_bundle *bundle)
{
	struct json_t *list = cli_json_array();

	for (size_t i = 0; i < bundle->token_keys_len; i++) {
		struct json_t *key = cli_json_object();

		cli_json_put_hex(key, "kid_hex", bundle->token_keys[i].kid);
		cli_json_put_int(key, "alg", bundle->token_keys[i].alg);
		cli_json_put_hex(key, "key_hex", bundle->token_keys[i].key);
		cli_json_add(list, key);
	}
	return list;
}

static struct json_t *text_scopes(const struct ace_resources *resources)
{
	struct json_t *object = cli_json_object();
	char name[1032];

	for (size_t i = 0; i < resources->text_scopes_len; i++) {
		const struct ace_text_scope *scope = &resources->text_scopes[i];

		snprintf(name, sizeof name, "%.*s", (int)scope->name.len, (const char *)scope->name.ptr);
		cli_json_put(object, name, permissions(scope->grants, scope->grants_len));
	}
	return object;
}

static enum ace_err write_json(const struct cli_device_bundle *bundle, struct cli_bytes *ret_bytes,
			       struct cli_error *ret_error)
{
	struct json_t *document = cli_json_object();

	cli_json_put_text(document, "format", CLI_DEVICE_FORMAT);
	cli_json_put_text(document, "device", bundle->device);
	cli_json_put_text(document, "audience", bundle->audience);
	cli_json_put_text(document, "issuer", bundle->issuer);
	cli_json_put_text(document, "as_uri", bundle->as_uri);
	cli_json_put(document, "token_keys", token_keys(bundle));
	cli_line_put(document, "as_", &bundle->as_line);
	cli_trl_put(document, &bundle->trl);
	cli_json_put(document, "resources", permissions(bundle->resources.entries, bundle->resources.entries_len));
	if (bundle->resources.text_scopes_len)
		cli_json_put(document, "text_scopes", text_scopes(&bundle->resources));
	if (bundle->hint_scope)
		cli_json_put_text(document, "hint_scope", bundle->hint_scope);
	cli_json_put_text(document, "clock", bundle->has_clock ? "rtc" : "none");
	return cli_document_bytes(document, ret_bytes, ret_error);
}

static enum ace_err write_hex(const struct cli_device_bundle *bundle, struct cli_bytes *ret_bytes,
			      struct cli_error *ret_error)
{
	struct cli_text out = { 0 };
	struct cli_bytes cbor;
	enum ace_err err = cli_device_cbor(bundle, &cbor, ret_error);

	if (err)
		return err;
	cli_text_hex(&out, (struct ace_slice){ cbor.ptr, cbor.len });
	cli_text_printf(&out, "\n");
	cli_bytes_free(&cbor);
	return cli_text_take(&out, ret_bytes) ? cli_error_set(ret_error, ACE_ERR_MEMORY, "out of memory") : ACE_OK;
}

enum ace_err cli_device_bundle_write(const struct cli_device_bundle *bundle, enum cli_bundle_format format,
				     struct cli_bytes *ret_bytes, struct cli_error *ret_error)
{
	switch (format) {
	case CLI_FORMAT_JSON:
		return write_json(bundle, ret_bytes, ret_error);
	case CLI_FORMAT_CBOR:
		return cli_device_cbor(bundle, ret_bytes, ret_error);
	case CLI_FORMAT_HEX:
		return write_hex(bundle, ret_bytes, ret_error);
	case CLI_FORMAT_NVS_CSV:
	case CLI_FORMAT_ZEPHYR:
	case CLI_FORMAT_C_HEADER:
		return cli_device_items(bundle, format, ret_bytes, ret_error);
	case CLI_FORMAT_LIBCOAP:
	case CLI_FORMAT_AIOCOAP:
		break;
	}
	return cli_error_set(ret_error, ACE_ERR_USAGE, "not a format for devices");
}
