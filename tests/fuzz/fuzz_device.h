/* SPDX-License-Identifier: Apache-2.0 */
/* The device of the vectors, on the port that hides nothing. */
#ifndef TESTS_FUZZ_DEVICE_H
#define TESTS_FUZZ_DEVICE_H

#include "ace_rs.h"
#include "port_fuzz.h"

#define FUZZ_CONTEXTS 2

struct fuzz_device {
	struct ace_rs rs;
	uint8_t arena[ACE_RS_ARENA_SIZE(FUZZ_CONTEXTS, 64)];
};

/* A second device has two keys, takes the one form of tokens only that has one hash, and has little room. */
static inline void fuzz_device_start(struct fuzz_device *device, bool is_second)
{
	static const uint8_t key[16] = { 1 };
	static const struct ace_aif_entry hosted[] = { { { (const uint8_t *)"/s/temp", 7 }, ACE_AIF_STATIC_ALL },
						       { { (const uint8_t *)"/a/led", 6 }, ACE_AIF_STATIC_ALL } };
	static const struct ace_text_scope names[] = { { { (const uint8_t *)"read", 4 }, hosted, 1 } };
	static struct ace_rs_as_key as_keys[2];
	struct ace_rs_config config = {
		.audience = ACE_LITERAL("sensor-17"), .as_uri = ACE_LITERAL("coap://as.example.com/token"),
		.keys = as_keys, .keys_len = is_second ? 2 : 1, .resources = { hosted, 2, names, 1 }, .clock = ACE_CLOCK_WALL,
		.contexts = FUZZ_CONTEXTS, .scope_bytes = is_second ? 16 : 64, .strict_layout = is_second,
		.token_bytes = is_second ? 300 : 0,
	};

	as_keys[0] = (struct ace_rs_as_key){ .key = { .bytes = ACE_SLICE_OF(key) }, .kid = ACE_LITERAL("k1"),
					 .issuer = ACE_LITERAL("coap://as.example.com") };
	as_keys[1] = as_keys[0];
	as_keys[1].kid = ACE_LITERAL("k2");
	port_fuzz_reset();
	memset(device, 0, sizeof *device);
	fuzz_require(ace_rs_init(&device->rs, &config, device->arena, sizeof device->arena) == ACE_OK);
}

#endif
