/* SPDX-License-Identifier: Apache-2.0 */
#include "device/observe.h"

#include <stdlib.h>
#include <string.h>

static uint16_t contexts_of(const struct device_options *options)
{
	return options->contexts ? options->contexts : DEVICE_CONTEXTS;
}

static size_t arena_len(const struct device_options *options)
{
	return ACE_RS_ARENA_SIZE_TOKEN(contexts_of(options), DEVICE_SCOPE_MAX, DEVICE_TOKEN_MAX);
}

static struct ace_slice text_slice(const char *text)
{
	return (struct ace_slice) { (const uint8_t *)text, strlen(text) };
}

static void keys_borrow(struct device *device, const struct cli_device_bundle *bundle)
{
	for (size_t i = 0; i < bundle->token_keys_len; i++)
		device->keys[i] = (struct ace_rs_as_key) {
			.key = { .bytes = bundle->token_keys[i].key },
			.kid = bundle->token_keys[i].kid,
			.issuer = text_slice(bundle->issuer),
			.alg = bundle->token_keys[i].alg,
		};
}

static enum ace_err library_init(struct device *device, const struct cli_device_bundle *bundle,
				 const struct device_options *options)
{
	keys_borrow(device, bundle);
	return ace_rs_init(&device->rs,
			   &(struct ace_rs_config) {
				   .audience = text_slice(bundle->audience),
				   .as_uri = text_slice(bundle->as_uri),
				   .keys = device->keys,
				   .keys_len = bundle->token_keys_len,
				   .resources = bundle->resources,
				   .clock = bundle->has_clock ? ACE_CLOCK_WALL : ACE_CLOCK_NONE,
				   .contexts = contexts_of(options),
				   .scope_bytes = DEVICE_SCOPE_MAX,
				   .token_bytes = DEVICE_TOKEN_MAX,
				   .post_interval_ms = DEVICE_POST_INTERVAL_MS,
				   .post_burst = DEVICE_POST_BURST,
				   .cnonce = options->cnonce,
				   .introspect = options->introspect ? ACE_INTROSPECT_OWN : ACE_INTROSPECT_OFF,
				   .strict_layout = options->trl, /* RFC 9770 11.1 */
				   .revoked = device->revoked,
				   .revoked_len = options->trl ? DEVICE_REVOKED : 0,
			   },
			   device->arena, arena_len(options));
}

enum ace_err device_init(struct device *device, struct cli_device_bundle *bundle, const struct device_options *options)
{
	enum ace_err err = ACE_ERR_MEMORY;

	memset(device, 0, sizeof *device);
	device->arena = malloc(arena_len(options));
	device->values = calloc(bundle->resources.entries_len + 1, sizeof *device->values);
	device->revoked = options->trl ? calloc(DEVICE_REVOKED, sizeof *device->revoked) : NULL;
	device->posts = options->introspect ? calloc(DEVICE_POSTS_MAX, sizeof *device->posts) : NULL;
	if (device->arena && device->values && (device->revoked || !options->trl) && (device->posts || !options->introspect))
		err = library_init(device, bundle, options);
	if (err) {
		device_fini(device);
		return err;
	}
	device->bundle = *bundle;
	*bundle = (struct cli_device_bundle) { 0 };
	return ACE_OK;
}

void device_fini(struct device *device)
{
	device_state_close(device);
	ace_rs_fini(&device->rs);
	free(device->arena); /* wiped by the library, whose contexts lived there */
	free(device->values);
	free(device->revoked);
	if (device->posts)
		ace_wipe(device->posts, DEVICE_POSTS_MAX * sizeof *device->posts);
	free(device->posts);
	cli_device_bundle_fini(&device->bundle);
	ace_wipe(device, sizeof *device); /* the line's keys are in it */
}

bool device_resource_find(const struct device *device, struct ace_slice path, size_t *ret_index)
{
	const struct ace_resources *resources = &device->bundle.resources;

	for (size_t i = 0; i < resources->entries_len; i++) {
		if (!ace_slice_equal(resources->entries[i].path, path))
			continue;
		*ret_index = i;
		return true;
	}
	return false;
}

enum ace_err device_value_set(struct device *device, struct ace_slice path, struct ace_slice value)
{
	size_t index;

	if (!device_resource_find(device, path, &index))
		return ACE_ERR_NOT_FOUND;
	if (value.len > DEVICE_VALUE_MAX)
		return ACE_ERR_SPACE;
	if (value.len)
		memcpy(device->values[index].bytes, value.ptr, value.len);
	device->values[index].len = value.len;
	device_observe_changed(device, index);
	return ACE_OK;
}
