/* SPDX-License-Identifier: Apache-2.0 */
#include "vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct block {
	struct block *next;
	uint8_t bytes[];
};

static struct block *blocks;

json_t *vectors_load(const char *name)
{
	char path[512];
	json_error_t error;
	json_t *root;

	snprintf(path, sizeof path, "%s/%s.json", VECTORS_DIR, name);
	root = json_load_file(path, 0, &error);
	if (!root)
		fail_msg("%s:%d: %s", path, error.line, error.text);
	return root;
}

struct ace_slice vectors_unhex(const char *hex)
{
	size_t len = strlen(hex) / 2;
	struct block *block = malloc(sizeof *block + len + 1);

	assert_non_null(block);
	block->next = blocks;
	blocks = block;
	for (size_t i = 0; i < len; i++) {
		unsigned int byte;

		if (sscanf(hex + 2 * i, "%2x", &byte) != 1)
			fail_msg("not hex: %s", hex);
		block->bytes[i] = (uint8_t)byte;
	}
	return (struct ace_slice){ block->bytes, len };
}

const char *vectors_text(const json_t *object, const char *member)
{
	const char *text = json_string_value(json_object_get(object, member));

	if (!text)
		fail_msg("no string member %s", member);
	return text;
}

struct ace_slice vectors_hex(const json_t *object, const char *member)
{
	return vectors_unhex(vectors_text(object, member));
}

json_t *vectors_named(const json_t *array, const char *name)
{
	size_t i;
	json_t *element;

	json_array_foreach(array, i, element) {
		const char *id = json_string_value(json_object_get(element, "name"));

		if (!id)
			id = json_string_value(json_object_get(element, "id"));
		if (id && !strcmp(id, name))
			return element;
	}
	fail_msg("no vector named %s", name);
	return NULL;
}

int vectors_free_all(void **state)
{
	(void)state;
	while (blocks) {
		struct block *next = blocks->next;

		free(blocks);
		blocks = next;
	}
	return 0;
}

static void print_hex(const char *label, struct ace_slice bytes)
{
	fprintf(stderr, "%s (%zu)", label, bytes.len);
	for (size_t i = 0; i < bytes.len; i++)
		fprintf(stderr, "%s%02x", i % 32 ? "" : "\n  ", bytes.ptr[i]);
	fputc('\n', stderr);
}

void assert_slice_equal(struct ace_slice got, struct ace_slice want)
{
	if (ace_slice_equal(got, want))
		return;
	print_hex("got", got);
	print_hex("want", want);
	fail_msg("bytes differ");
}
