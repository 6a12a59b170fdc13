/* SPDX-License-Identifier: Apache-2.0 */
/* A device's bundle as single items, for tool chains that keep settings by name: ESP-IDF's NVS (a CSV for
 * nvs_partition_gen.py), Zephyr's settings (commands of its shell), a C header. */
#include <ctype.h>
#include <string.h>

#include "cli/bundle_internal.h"

#define ITEMS_MAX 40

struct item {
	char name[16]; /* NVS takes 15 characters */
	enum { ITEM_TEXT, ITEM_BYTES, ITEM_INT } kind;
	const char *text;
	struct ace_slice bytes;
	int64_t number;
};

struct items {
	struct item list[ITEMS_MAX];
	size_t len;
};

static struct item *add(struct items *items, const char *name, size_t index)
{
	struct item *item = &items->list[items->len++];

	if (index == SIZE_MAX)
		snprintf(item->name, sizeof item->name, "%s", name);
	else
		snprintf(item->name, sizeof item->name, "%s%u", name, (unsigned int)index % 10);
	return item;
}

static void add_text(struct items *items, const char *name, const char *text)
{
	struct item *item = add(items, name, SIZE_MAX);

	item->kind = ITEM_TEXT;
	item->text = text;
}

static void add_bytes(struct items *items, const char *name, size_t index, struct ace_slice bytes)
{
	struct item *item = add(items, name, index);

	item->kind = ITEM_BYTES;
	item->bytes = bytes;
}

static void add_int(struct items *items, const char *name, size_t index, int64_t number)
{
	struct item *item = add(items, name, index);

	item->kind = ITEM_INT;
	item->number = number;
}

static void add_line(struct items *items, const struct cli_line *line)
{
	if (line->method == CLI_LINE_OSCORE) {
		add_bytes(items, "as_secret", SIZE_MAX, line->oscore.master_secret);
		add_bytes(items, "as_salt", SIZE_MAX, line->oscore.master_salt);
		add_bytes(items, "as_sender", SIZE_MAX, line->oscore.sender_id);
		add_bytes(items, "as_recipient", SIZE_MAX, line->oscore.recipient_id);
		if (line->oscore.has_id_context)
			add_bytes(items, "as_context", SIZE_MAX, line->oscore.id_context);
		add_int(items, "as_alg", SIZE_MAX, line->oscore.alg);
	} else if (line->method == CLI_LINE_DTLS_PSK) {
		add_text(items, "as_psk_id", line->psk_identity);
		add_bytes(items, "as_psk", SIZE_MAX, line->psk_key);
	}
}

/* CBOR made by one of the two writers, in memory of the arena. */
static struct ace_slice encoded(struct cli_arena *arena, const struct ace_resources *resources,
				void (*write)(struct ace_cbor_writer *, const struct ace_resources *))
{
	struct ace_cbor_writer w;
	uint8_t *room;
	size_t len;

	ace_cbor_write_init(&w, NULL, 0);
	write(&w, resources);
	len = w.len;
	room = cli_arena_alloc(arena, len);
	if (!room)
		return (struct ace_slice){ 0 };
	ace_cbor_write_init(&w, room, len);
	write(&w, resources);
	return (struct ace_slice){ room, len };
}

static bool collect(struct items *items, struct cli_arena *arena, const struct cli_device_bundle *bundle)
{
	const struct ace_resources *resources = &bundle->resources;
	struct ace_slice aif = encoded(arena, resources, cli_device_resources_write);
	struct ace_slice scopes = encoded(arena, resources, cli_device_text_scopes_write);

	if (!aif.ptr || !scopes.ptr)
		return false;
	add_text(items, "device", bundle->device);
	add_text(items, "audience", bundle->audience);
	add_text(items, "issuer", bundle->issuer);
	add_text(items, "as_uri", bundle->as_uri);
	for (size_t i = 0; i < bundle->token_keys_len; i++) {
		add_bytes(items, "kid", i, bundle->token_keys[i].kid);
		add_int(items, "alg", i, bundle->token_keys[i].alg);
		add_bytes(items, "key", i, bundle->token_keys[i].key);
	}
	add_line(items, &bundle->as_line);
	if (bundle->trl.path) {
		add_text(items, "trl_path", bundle->trl.path);
		add_int(items, "trl_max_n", SIZE_MAX, bundle->trl.max_n);
		add_int(items, "trl_max_batch", SIZE_MAX, bundle->trl.max_diff_batch);
	}
	add_bytes(items, "resources", SIZE_MAX, aif);
	if (resources->text_scopes_len)
		add_bytes(items, "text_scopes", SIZE_MAX, scopes);
	if (bundle->hint_scope)
		add_text(items, "hint_scope", bundle->hint_scope);
	add_int(items, "clock", SIZE_MAX, bundle->has_clock);
	return true;
}

/* An absent item stands for no bytes: these tools have no empty values. */
static bool is_empty(const struct item *item)
{
	return item->kind == ITEM_BYTES && !item->bytes.len;
}

static void write_nvs(struct cli_text *out, const struct items *items)
{
	cli_text_printf(out, "key,type,encoding,value\nace_rs,namespace,,\n");
	for (size_t i = 0; i < items->len; i++) {
		const struct item *item = &items->list[i];

		if (is_empty(item))
			continue;
		cli_text_printf(out, "%s,data,", item->name);
		if (item->kind == ITEM_INT) {
			cli_text_printf(out, "i32,%lld", (long long)item->number);
		} else if (item->kind == ITEM_BYTES) {
			cli_text_printf(out, "hex2bin,");
			cli_text_hex(out, item->bytes);
		} else {
			cli_text_printf(out, "string,\"");
			for (const char *c = item->text; *c; c++)
				cli_text_printf(out, "%s%c", *c == '"' ? "\"" : "", *c);
			cli_text_printf(out, "\"");
		}
		cli_text_printf(out, "\n");
	}
}

static void write_zephyr(struct cli_text *out, const struct items *items)
{
	for (size_t i = 0; i < items->len; i++) {
		const struct item *item = &items->list[i];

		if (is_empty(item))
			continue;
		cli_text_printf(out, "settings write %s ace_rs/%s ", item->kind == ITEM_BYTES ? "hex" : "string", item->name);
		if (item->kind == ITEM_BYTES) {
			cli_text_hex(out, item->bytes);
		} else if (item->kind == ITEM_INT) {
			cli_text_printf(out, "%lld", (long long)item->number);
		} else {
			cli_text_printf(out, "\"");
			for (const char *c = item->text; *c; c++)
				cli_text_printf(out, "%s%c", *c == '"' || *c == '\\' ? "\\" : "", *c);
			cli_text_printf(out, "\"");
		}
		cli_text_printf(out, "\n");
	}
}

/* Octal escapes have a fixed length, so no digit that follows is swallowed. */
static void write_c_string(struct cli_text *out, const char *text)
{
	cli_text_printf(out, "\"");
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\' || c == '?' || c < 0x20 || c >= 0x7f)
			cli_text_printf(out, "\\%03o", c);
		else
			cli_text_printf(out, "%c", c);
	}
	cli_text_printf(out, "\"");
}

static void write_c_bytes(struct cli_text *out, const struct item *item, const char *upper)
{
	cli_text_printf(out, "#define ACE_RS_%s_LEN %zu\nstatic const unsigned char ace_rs_%s[] = {", upper,
			item->bytes.len, item->name);
	for (size_t i = 0; i < item->bytes.len; i++)
		cli_text_printf(out, "%s 0x%02x", i ? "," : "", item->bytes.ptr[i]);
	cli_text_printf(out, "%s };\n", item->bytes.len ? "" : " 0");
}

static void write_c_header(struct cli_text *out, const struct items *items)
{
	cli_text_printf(out, "/* Credentials of one device: secret. Include this in one source file. */\n"
			     "#ifndef ACE_RS_PROVISION_H\n#define ACE_RS_PROVISION_H\n\n");
	for (size_t i = 0; i < items->len; i++) {
		const struct item *item = &items->list[i];
		char upper[sizeof item->name];

		for (size_t j = 0; j < sizeof upper; j++)
			upper[j] = (char)toupper((unsigned char)item->name[j]);
		if (item->kind == ITEM_INT) {
			cli_text_printf(out, "#define ACE_RS_%s %lld\n", upper, (long long)item->number);
		} else if (item->kind == ITEM_BYTES) {
			write_c_bytes(out, item, upper);
		} else {
			cli_text_printf(out, "#define ACE_RS_%s ", upper);
			write_c_string(out, item->text);
			cli_text_printf(out, "\n");
		}
	}
	cli_text_printf(out, "\n#endif\n");
}

enum ace_err cli_device_items(const struct cli_device_bundle *bundle, enum cli_bundle_format format,
			      struct cli_bytes *ret_bytes, struct cli_error *ret_error)
{
	struct items items = { .len = 0 };
	struct cli_arena arena = { 0 };
	struct cli_text out = { 0 };
	enum ace_err err = ACE_ERR_MEMORY;

	if (collect(&items, &arena, bundle)) {
		if (format == CLI_FORMAT_NVS_CSV)
			write_nvs(&out, &items);
		else if (format == CLI_FORMAT_ZEPHYR)
			write_zephyr(&out, &items);
		else
			write_c_header(&out, &items);
		err = cli_text_take(&out, ret_bytes);
	}
	cli_arena_free(&arena);
	return err ? cli_error_set(ret_error, err, "out of memory") : ACE_OK;
}
