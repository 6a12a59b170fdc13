/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and devices. */
#include <stdlib.h>
#include <string.h>

#include "policy/parse_read.h"

static int compare_tags(const void *left, const void *right)
{
	const struct ace_tag *a = left, *b = right;

	return strcmp(a->key, b->key);
}

static struct ace_tags read_tags(struct policy_arena *arena, const json_t *object)
{
	struct ace_tag *list = policy_arena_array(arena, json_object_size(object), sizeof *list);
	const char *key;
	json_t *value;
	size_t len = 0;

	if (!list)
		return (struct ace_tags){ 0 };
	json_object_foreach((json_t *)(uintptr_t)object, key, value) {
		list[len].key = policy_arena_text(arena, key);
		list[len].value = policy_arena_text(arena, json_string_value(value));
		if (!list[len].key || !list[len].value)
			return (struct ace_tags){ 0 };
		len++;
	}
	qsort(list, len, sizeof *list, compare_tags);
	return (struct ace_tags){ list, len };
}

static struct policy_key read_key(struct policy_arena *arena, const json_t *object)
{
	const json_t *key = json_object_get(object, "key");

	if (json_is_string(key))
		return (struct policy_key){ POLICY_KEY_GENERATE, NULL };
	if (json_object_get(key, "file"))
		return (struct policy_key){ POLICY_KEY_FILE, policy_read_text(arena, key, "file") };
	return (struct policy_key){ POLICY_KEY_FINGERPRINT, policy_read_text(arena, key, "fingerprint") };
}

static enum policy_line_method read_method(const json_t *line)
{
	const char *text = json_string_value(json_object_get(line, "method"));

	return text && !strcmp(text, "dtls-psk") ? POLICY_LINE_DTLS_PSK : POLICY_LINE_OSCORE;
}

static struct policy_client read_client(struct policy_arena *arena, const struct policy_entry *entry, const char *file)
{
	const json_t *auth = json_object_get(entry->value, "auth");

	return (struct policy_client){
		.id = policy_arena_text(arena, entry->id),
		.description = policy_read_text(arena, entry->value, "description"),
		.enabled = policy_read_bool(entry->value, "enabled", true),
		.tags = read_tags(arena, json_object_get(entry->value, "tags")),
		.method = read_method(auth),
		.key = read_key(arena, auth),
		.default_scope = policy_read_text(arena, entry->value, "default_scope"),
		.default_audience = policy_read_text(arena, entry->value, "default_audience"),
		.file = policy_arena_text(arena, file),
	};
}

static unsigned int hex_digit(char c)
{
	return c <= '9' ? (unsigned int)(c - '0') : (unsigned int)(c - 'a' + 10);
}

static void read_kid(const char *hex, struct policy_device *device)
{
	for (; *hex; hex += 2)
		device->kid[device->kid_len++] = (uint8_t)(hex_digit(hex[0]) << 4 | hex_digit(hex[1]));
}

static int32_t read_alg(const json_t *as_key)
{
	const char *text = json_string_value(json_object_get(as_key, "alg"));

	if (!text || !strcmp(text, "AES-CCM-16-64-128"))
		return ACE_ALG_CCM_16_64_128;
	if (!strcmp(text, "AES-CCM-16-128-128"))
		return ACE_ALG_CCM_16_128_128;
	return strcmp(text, "A128GCM") ? ACE_ALG_CCM_16_128_256 : ACE_ALG_A128GCM;
}

static struct policy_device read_device(struct policy_arena *arena, const struct policy_entry *entry, const char *file)
{
	const json_t *as_key = json_object_get(entry->value, "as_key");
	const json_t *as_line = json_object_get(entry->value, "as_line");
	struct policy_device device = {
		.id = policy_arena_text(arena, entry->id),
		.description = policy_read_text(arena, entry->value, "description"),
		.enabled = policy_read_bool(entry->value, "enabled", true),
		.tags = read_tags(arena, json_object_get(entry->value, "tags")),
		.model = policy_read_text(arena, entry->value, "model"),
		.audience = policy_read_text(arena, entry->value, "audience"),
		.alg = read_alg(as_key),
		.as_key = read_key(arena, as_key),
		.has_as_line = as_line != NULL,
		.as_line_method = read_method(as_line),
		.file = policy_arena_text(arena, file),
	};

	read_kid(json_string_value(json_object_get(as_key, "kid_hex")), &device);
	if (as_line)
		device.as_line_key = read_key(arena, as_line);
	return device;
}

/* Characters were counted so far; the wire and the store count bytes. */
static void check_audience(struct policy_build *build, const struct policy_entry *entry, const char *section,
			   const char *member)
{
	const char *text = json_string_value(json_object_get(entry->value, member));
	struct policy_pointer pointer;

	if (!text || strlen(text) <= 128)
		return;
	pointer = policy_pointer_make((const char *const[]){ section, entry->id, member, NULL }, SIZE_MAX);
	policy_report(build->problems, (struct policy_place){ entry->source, pointer.text }, "E006",
		      "%zu bytes, at most 128 are allowed", strlen(text));
}

void policy_parse_inventory(const struct policy_parsed *parsed, struct policy_inventory_private *inventory,
			    struct policy_build *build)
{
	struct policy_arena *arena = &inventory->arena;
	struct policy_entries c = policy_parse_section(parsed, "clients"), d = policy_parse_section(parsed, "devices");
	struct policy_client *clients = policy_arena_array(arena, c.len, sizeof *clients);
	struct policy_device *devices = policy_arena_array(arena, d.len, sizeof *devices);
	uint32_t *client_sources = policy_arena_array(arena, c.len, sizeof *client_sources);
	uint32_t *device_sources = policy_arena_array(arena, d.len, sizeof *device_sources);

	if (!clients || !devices || !client_sources || !device_sources)
		return;
	for (size_t i = 0; i < c.len; i++) {
		clients[i] = read_client(arena, &c.list[i], parsed->sources[c.list[i].source].name);
		client_sources[i] = c.list[i].source;
		check_audience(build, &c.list[i], "clients", "default_audience");
	}
	for (size_t i = 0; i < d.len; i++) {
		devices[i] = read_device(arena, &d.list[i], parsed->sources[d.list[i].source].name);
		device_sources[i] = d.list[i].source;
		check_audience(build, &d.list[i], "devices", "audience");
	}
	inventory->public = (struct policy_inventory){ clients, c.len, devices, d.len };
	build->client_sources = client_sources;
	build->device_sources = device_sources;
}
