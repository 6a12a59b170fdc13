/* SPDX-License-Identifier: Apache-2.0 */
/* Is it well-formed CBOR, within the limits, without duplicate keys? One walk over the bytes, without recursion. */
#include "token/cbor_head.h"

#define MAY_BE_INDEFINITE                                                                                              \
	(CBOR_STRINGS | CBOR_MAJOR(ACE_CBOR_ARRAY) | CBOR_MAJOR(ACE_CBOR_MAP) | CBOR_MAJOR(ACE_CBOR_SIMPLE))
#define HAVE_ITEMS (CBOR_MAJOR(ACE_CBOR_ARRAY) | CBOR_MAJOR(ACE_CBOR_MAP) | CBOR_MAJOR(ACE_CBOR_TAG))

static void slice_drop(struct ace_slice *rest, size_t len)
{
	rest->ptr += len;
	rest->len -= len;
}

static enum ace_err head_take(struct ace_slice *rest, struct cbor_item *ret_item)
{
	const uint8_t *bytes = rest->ptr;
	uint64_t value;
	unsigned info;
	size_t extra = 0;

	if (rest->len == 0)
		return ACE_ERR_TRUNCATED;
	ret_item->initial = *bytes;
	value = info = cbor_info(ret_item);
	if (info > CBOR_EIGHT_BYTES) {
		if (info != CBOR_INDEFINITE || !cbor_is_of(ret_item, MAY_BE_INDEFINITE))
			return ACE_ERR_MALFORMED;
	} else if (info >= CBOR_ONE_BYTE) {
		extra = (size_t)1 << (info - CBOR_ONE_BYTE);
		value = 0;
	}
	if (rest->len <= extra)
		return ACE_ERR_TRUNCATED;
	slice_drop(rest, extra + 1);
	for (; extra > 0; extra--)
		value = value << 8 | *++bytes;
	ret_item->value = value;
	/* RFC 8949 3.3: sequences "that start with 0xf8 [...] and continue with a byte less than 0x20 [...] are not
	 * well-formed". */
	if (ret_item->initial == (ACE_CBOR_SIMPLE << 5 | CBOR_ONE_BYTE) && value < 32)
		return ACE_ERR_MALFORMED;
	return ACE_OK;
}

/* The head, or of a string of indefinite length the head of its first chunk; *ret_whole is 0 or the string's own. */
static enum ace_err heads_take(struct ace_slice *rest, struct cbor_item *ret_item, uint8_t *ret_whole)
{
	*ret_whole = 0;
	for (;;) {
		enum ace_err err = head_take(rest, ret_item);

		if (err || *ret_whole || cbor_info(ret_item) != CBOR_INDEFINITE || !cbor_is_string(ret_item))
			return err;
		*ret_whole = ret_item->initial;
	}
}

enum ace_err ace_cbor_item_take(struct ace_slice *rest, struct cbor_item *ret_item)
{
	uint8_t whole;
	enum ace_err err = heads_take(rest, ret_item, &whole);

	if (err)
		return err;
	/* A string of indefinite length that has one chunk, or none, is as good as that chunk. */
	if (whole && ret_item->initial == CBOR_BREAK) {
		ret_item->initial = whole & 0xe0;
		ret_item->value = whole = 0;
	} else if (whole && ((ret_item->initial ^ whole) >> 5 || ret_item->initial == whole)) {
		return ACE_ERR_MALFORMED;
	}
	if (!cbor_is_string(ret_item))
		return ACE_OK;
	if (ret_item->value > rest->len)
		return ACE_ERR_TRUNCATED;
	ret_item->content = rest->ptr;
	slice_drop(rest, (size_t)ret_item->value);
	if (!whole)
		return ACE_OK;
	if (rest->len == 0)
		return ACE_ERR_TRUNCATED;
	if (*rest->ptr != CBOR_BREAK)
		return (*rest->ptr ^ whole) >> 5 ? ACE_ERR_MALFORMED : ACE_ERR_UNKNOWN;
	slice_drop(rest, 1);
	return ACE_OK;
}

/* An array, map or tag that is open around the place reached. */
struct level {
	size_t left;  /* items to come */
	uint8_t keys; /* where its keys start among all */
	bool is_map;
};

/* Level 0 is the one item that is walked over. */
struct walk {
	struct ace_slice *rest;
	struct level *level;
	size_t keys_len;
	const uint8_t *keys[ACE_CBOR_KEYS_MAX]; /* of the maps that are open */
	struct level levels[ACE_CBOR_DEPTH_MAX + 1];
};

/* The item is a key that ends at the place reached: equal to one before it, whatever the length form of their heads? */
static enum ace_err key_check(struct walk *walk, const uint8_t *start, const struct cbor_item *key)
{
	struct cbor_item other;

	/* The equality of other types takes more than a look at bytes. */
	if (cbor_major(key) > ACE_CBOR_TSTR)
		return ACE_ERR_UNKNOWN;
	if (walk->keys_len == ACE_CBOR_KEYS_MAX)
		return ACE_ERR_DEPTH;
	for (size_t i = walk->level->keys; i < walk->keys_len; i++) {
		struct ace_slice rest = { walk->keys[i], (size_t)(walk->rest->ptr - walk->keys[i]) };
		enum ace_err err;

		/* Nearly always each head is one byte, which says enough (and both are when the two or-ed are). */
		if (((*rest.ptr | *start) & 31u) < CBOR_ONE_BYTE && *rest.ptr != *start)
			continue;
		err = ace_cbor_item_take(&rest, &other);
		if (err)
			return err;
		if (cbor_major(&other) == cbor_major(key) && other.value == key->value &&
		    (!cbor_is_string(key) || ace_slice_equal(cbor_string(&other), cbor_string(key))))
			return ACE_ERR_DUPLICATE; /* RFC 8949 5.6: "Not accept maps with duplicate keys" */
	}
	walk->keys[walk->keys_len++] = start;
	return ACE_OK;
}

/* Counts are checked before anything is multiplied or looped over. */
static enum ace_err level_open(struct walk *walk, const struct cbor_item *item)
{
	struct level *level = walk->level;

	if (level == &walk->levels[ACE_CBOR_DEPTH_MAX])
		return ACE_ERR_DEPTH;
	walk->level = ++level;
	level->keys = (uint8_t)walk->keys_len;
	level->is_map = cbor_major(item) == ACE_CBOR_MAP;
	level->left = CBOR_UNTIL_BREAK;
	if (cbor_major(item) == ACE_CBOR_TAG) {
		level->left = 1;
	} else if (cbor_info(item) != CBOR_INDEFINITE) {
		if (item->value > walk->rest->len) /* an item has at least one byte */
			return ACE_ERR_TRUNCATED;
		level->left = (size_t)item->value << level->is_map;
	}
	return ACE_OK;
}

/* The item at the place reached, as far as its head goes or, of a string, to its end. */
static enum ace_err walk_step(struct walk *walk)
{
	struct level *level = walk->level;
	const uint8_t *start = walk->rest->ptr;
	struct cbor_item item;
	bool is_key = level->is_map && level->left % 2 == 0;
	enum ace_err err = ace_cbor_item_take(walk->rest, &item);

	if (err)
		return err;
	if (item.initial == CBOR_BREAK) {
		if (!CBOR_IS_UNTIL_BREAK(level->left) || is_key != level->is_map)
			return ACE_ERR_MALFORMED;
		level->left = 0;
		return ACE_OK;
	}
	level->left--;
	if (is_key)
		return key_check(walk, start, &item);
	return cbor_is_of(&item, HAVE_ITEMS) ? level_open(walk, &item) : ACE_OK;
}

enum ace_err ace_cbor_item_skip(struct ace_slice *rest)
{
	struct walk walk;
	enum ace_err err;

	walk.rest = rest;
	walk.keys_len = 0;
	walk.level = walk.levels;
	walk.levels[0] = (struct level){ 1, 0, false };
	do {
		err = walk_step(&walk);
		for (; walk.level->left == 0 && walk.level != walk.levels; walk.level--)
			walk.keys_len = walk.level->keys;
	} while (!err && walk.level->left > 0);
	return err;
}

enum ace_err ace_cbor_raw_take(struct ace_slice *rest, struct ace_slice *ret_raw)
{
	const uint8_t *start = rest->ptr;
	enum ace_err err = ace_cbor_item_skip(rest);

	*ret_raw = (struct ace_slice){ start, (size_t)(rest->ptr - start) };
	return err;
}

enum ace_err ace_cbor_whole_check(struct ace_slice in)
{
	enum ace_err err = ace_cbor_item_skip(&in);

	return !err && in.len > 0 ? ACE_ERR_TRAILING : err;
}
