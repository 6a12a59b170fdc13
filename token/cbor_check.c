/* SPDX-License-Identifier: Apache-2.0 */
/* Is it well-formed CBOR, within the limits, without duplicate keys? One walk over the bytes, without recursion. */
#include "token/cbor_head.h"

#define MAY_BE_INDEFINITE                                                                                              \
	(CBOR_STRINGS | CBOR_MAJOR(ACE_CBOR_ARRAY) | CBOR_MAJOR(ACE_CBOR_MAP) | CBOR_MAJOR(ACE_CBOR_SIMPLE))

static void slice_drop(struct ace_slice *rest, size_t len)
{
	rest->ptr += len;
	rest->len -= len;
}

static bool item_is_break(const struct cbor_item *item)
{
	return item->major == ACE_CBOR_SIMPLE && item->info == CBOR_INDEFINITE;
}

static enum ace_err head_take(struct ace_slice *rest, struct cbor_item *ret_item)
{
	const uint8_t *bytes = rest->ptr;
	uint64_t value;
	unsigned info;
	size_t extra = 0;

	if (rest->len == 0)
		return ACE_ERR_TRUNCATED;
	value = info = bytes[0] & 31;
	ret_item->major = bytes[0] >> 5;
	ret_item->info = (uint8_t)info;
	ret_item->content = (struct ace_slice){ NULL, 0 };
	if (info > CBOR_EIGHT_BYTES) {
		if (info != CBOR_INDEFINITE || !(MAY_BE_INDEFINITE & CBOR_MAJOR(ret_item->major)))
			return ACE_ERR_MALFORMED;
	} else if (info >= CBOR_ONE_BYTE) {
		extra = (size_t)1 << (info - CBOR_ONE_BYTE);
		value = 0;
	}
	if (rest->len <= extra)
		return ACE_ERR_TRUNCATED;
	for (size_t i = 1; i <= extra; i++)
		value = value << 8 | bytes[i];
	ret_item->value = value;
	slice_drop(rest, extra + 1);
	/* RFC 8949 3.3: sequences "that start with 0xf8 [...] and continue with a byte less than 0x20 [...] are not
	 * well-formed". */
	if (ret_item->major == ACE_CBOR_SIMPLE && info == CBOR_ONE_BYTE && value < 32)
		return ACE_ERR_MALFORMED;
	return ACE_OK;
}

static enum ace_err content_take(struct ace_slice *rest, struct cbor_item *item)
{
	if (item->value > rest->len)
		return ACE_ERR_TRUNCATED;
	item->content = (struct ace_slice){ rest->ptr, (size_t)item->value };
	slice_drop(rest, item->content.len);
	return ACE_OK;
}

/* A string of indefinite length that has one chunk, or none, is as good as that chunk. */
static enum ace_err chunks_take(struct ace_slice *rest, struct cbor_item *item)
{
	struct cbor_item chunk;
	enum ace_err err = head_take(rest, &chunk);

	if (err)
		return err;
	item->value = 0;
	item->content = (struct ace_slice){ rest->ptr, 0 };
	if (item_is_break(&chunk))
		return ACE_OK;
	if (chunk.major != item->major || chunk.info == CBOR_INDEFINITE)
		return ACE_ERR_MALFORMED;
	item->value = chunk.value;
	err = content_take(rest, item);
	if (err || rest->len == 0)
		return ACE_ERR_TRUNCATED;
	if (rest->ptr[0] != CBOR_BREAK)
		return rest->ptr[0] >> 5 == item->major ? ACE_ERR_UNKNOWN : ACE_ERR_MALFORMED;
	slice_drop(rest, 1);
	return ACE_OK;
}

enum ace_err ace_cbor_item_take(struct ace_slice *rest, struct cbor_item *ret_item)
{
	enum ace_err err = head_take(rest, ret_item);

	if (err || !(CBOR_STRINGS & CBOR_MAJOR(ret_item->major)))
		return err;
	return ret_item->info == CBOR_INDEFINITE ? chunks_take(rest, ret_item) : content_take(rest, ret_item);
}

/* An array, map or tag that is open around the place reached. */
struct level {
	size_t left;    /* items to come */
	uint8_t keys;   /* where its keys start among all */
	bool is_map;
};

/* Level 0 is the one item that is walked over. */
struct walk {
	struct ace_slice rest;
	struct level levels[ACE_CBOR_DEPTH_MAX + 1];
	const uint8_t *keys[ACE_CBOR_KEYS_MAX]; /* of the maps that are open */
	uint8_t level, keys_len;
};

/* The item is a key that ends at the place reached: equal to one before it, whatever the length form of their heads? */
static enum ace_err key_check(struct walk *walk, const uint8_t *start, const struct cbor_item *key)
{
	struct cbor_item other;

	/* The equality of other types takes more than a look at bytes. */
	if (key->major > ACE_CBOR_TSTR)
		return ACE_ERR_UNKNOWN;
	if (walk->keys_len == ACE_CBOR_KEYS_MAX)
		return ACE_ERR_DEPTH;
	for (size_t i = walk->levels[walk->level].keys; i < walk->keys_len; i++) {
		struct ace_slice rest = { walk->keys[i], (size_t)(walk->rest.ptr - walk->keys[i]) };
		enum ace_err err = ace_cbor_item_take(&rest, &other);

		if (err)
			return err;
		if (other.major == key->major && other.value == key->value && ace_slice_equal(other.content, key->content))
			return ACE_ERR_DUPLICATE; /* RFC 8949 5.6: "Not accept maps with duplicate keys" */
	}
	walk->keys[walk->keys_len++] = start;
	return ACE_OK;
}

/* Counts are checked before anything is multiplied or looped over. */
static enum ace_err level_open(struct walk *walk, const struct cbor_item *item)
{
	struct level *level = &walk->levels[walk->level + 1];

	if (walk->level == ACE_CBOR_DEPTH_MAX)
		return ACE_ERR_DEPTH;
	walk->level++;
	*level = (struct level){ CBOR_UNTIL_BREAK, walk->keys_len, item->major == ACE_CBOR_MAP };
	if (item->major == ACE_CBOR_TAG) {
		level->left = 1;
	} else if (item->info != CBOR_INDEFINITE) {
		if (item->value > walk->rest.len) /* an item has at least one byte */
			return ACE_ERR_TRUNCATED;
		level->left = (size_t)item->value << level->is_map;
	}
	return ACE_OK;
}

/* The item at the place reached, as far as its head goes or, of a string, to its end. */
static enum ace_err walk_step(struct walk *walk)
{
	struct level *level = &walk->levels[walk->level];
	const uint8_t *start = walk->rest.ptr;
	struct cbor_item item;
	bool is_key = level->is_map && level->left % 2 == 0;
	enum ace_err err = ace_cbor_item_take(&walk->rest, &item);

	if (err)
		return err;
	if (item_is_break(&item)) {
		if (!CBOR_IS_UNTIL_BREAK(level->left) || (level->is_map && !is_key))
			return ACE_ERR_MALFORMED;
		level->left = 0;
		return ACE_OK;
	}
	level->left--;
	if (is_key)
		return key_check(walk, start, &item);
	if (item.major >= ACE_CBOR_ARRAY && item.major <= ACE_CBOR_TAG)
		return level_open(walk, &item);
	return ACE_OK;
}

enum ace_err ace_cbor_item_skip(struct ace_slice *rest)
{
	struct walk walk;
	enum ace_err err = ACE_OK;

	walk.rest = *rest;
	walk.level = walk.keys_len = 0;
	walk.levels[0] = (struct level){ 1, 0, false };
	while (!err && (walk.level > 0 || walk.levels[0].left > 0)) {
		if (walk.levels[walk.level].left > 0)
			err = walk_step(&walk);
		else
			walk.keys_len = walk.levels[walk.level--].keys;
	}
	*rest = walk.rest;
	return err;
}
