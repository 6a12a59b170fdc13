/* SPDX-License-Identifier: Apache-2.0 */
/* Is it well-formed CBOR, within the limits, without duplicate keys? No recursion, work bounded by the input's length. */
#include "token/cbor_head.h"

#define MAY_BE_INDEFINITE                                                                                              \
	(CBOR_MAJOR(ACE_CBOR_BSTR) | CBOR_MAJOR(ACE_CBOR_TSTR) | CBOR_MAJOR(ACE_CBOR_ARRAY) |                          \
	 CBOR_MAJOR(ACE_CBOR_MAP) | CBOR_MAJOR(ACE_CBOR_SIMPLE))
#define KEY_BLOCK 16 /* keys remembered at a time: four walks over the largest map, 64 bytes of stack */

static void slice_drop(struct ace_slice *rest, size_t len)
{
	rest->ptr += len;
	rest->len -= len;
}

static bool head_is_break(const struct cbor_head *head)
{
	return head->major == ACE_CBOR_SIMPLE && head->info == CBOR_INDEFINITE;
}

enum ace_err ace_cbor_head_take(struct ace_slice *rest, struct cbor_head *ret_head)
{
	const uint8_t *bytes = rest->ptr;
	uint64_t value;
	size_t extra = 0;

	if (rest->len == 0)
		return ACE_ERR_TRUNCATED;
	ret_head->major = bytes[0] >> 5;
	ret_head->info = bytes[0] & 31;
	value = ret_head->info;
	if (value > CBOR_EIGHT_BYTES) {
		if (value != CBOR_INDEFINITE || !(MAY_BE_INDEFINITE & CBOR_MAJOR(ret_head->major)))
			return ACE_ERR_MALFORMED;
	} else if (value >= CBOR_ONE_BYTE) {
		extra = (size_t)1 << (value - CBOR_ONE_BYTE);
		value = 0;
	}
	if (rest->len <= extra)
		return ACE_ERR_TRUNCATED;
	for (size_t i = 1; i <= extra; i++)
		value = value << 8 | bytes[i];
	ret_head->value = value;
	slice_drop(rest, extra + 1);
	/* RFC 8949 3.3: sequences "that start with 0xf8 [...] and continue with a byte less than 0x20 [...] are not
	 * well-formed". */
	if (ret_head->major == ACE_CBOR_SIMPLE && ret_head->info == CBOR_ONE_BYTE && value < 32)
		return ACE_ERR_MALFORMED;
	return ACE_OK;
}

static enum ace_err content_take(struct ace_slice *rest, uint64_t len, struct ace_slice *ret_content)
{
	if (len > rest->len)
		return ACE_ERR_TRUNCATED;
	*ret_content = (struct ace_slice){ rest->ptr, (size_t)len };
	slice_drop(rest, (size_t)len);
	return ACE_OK;
}

enum ace_err ace_cbor_string_take(struct ace_slice *rest, const struct cbor_head *head, struct ace_slice *ret_content)
{
	struct cbor_head chunk;
	enum ace_err err;

	if (head->info != CBOR_INDEFINITE)
		return content_take(rest, head->value, ret_content);
	*ret_content = (struct ace_slice){ rest->ptr, 0 };
	for (size_t chunks = 0;; chunks++) {
		err = ace_cbor_head_take(rest, &chunk);
		if (err)
			return err;
		if (head_is_break(&chunk))
			return ACE_OK;
		if (chunk.major != head->major || chunk.info == CBOR_INDEFINITE)
			return ACE_ERR_MALFORMED;
		if (chunks > 0)
			return ACE_ERR_UNKNOWN;
		err = content_take(rest, chunk.value, ret_content);
		if (err)
			return err;
	}
}

/* How many items an array, map or tag holds. Counts are checked before anything is multiplied or looped over. */
static enum ace_err items_count(const struct cbor_head *head, size_t rest_len, size_t *ret_left)
{
	if (head->major == ACE_CBOR_TAG) {
		*ret_left = 1;
	} else if (head->info == CBOR_INDEFINITE) {
		*ret_left = CBOR_UNTIL_BREAK;
	} else if (head->value > rest_len) { /* an item has at least one byte */
		return ACE_ERR_TRUNCATED;
	} else if (head->major == ACE_CBOR_ARRAY) {
		*ret_left = (size_t)head->value;
	} else {
		if (head->value > ACE_CBOR_ENTRIES_MAX)
			return ACE_ERR_DEPTH;
		*ret_left = 2 * (size_t)head->value;
	}
	return ACE_OK;
}

/* Arrays, maps and tags that are open around the place reached; level 0 is the one item that is walked over. */
struct walk {
	size_t left[ACE_CBOR_DEPTH_MAX + 1];
	uint16_t maps; /* bit for each level that is a map */
	uint8_t level;
};

static bool walk_is_over(struct walk *walk)
{
	while (walk->left[walk->level] == 0) {
		if (walk->level == 0)
			return true;
		walk->level--;
	}
	return false;
}

static enum ace_err walk_push(struct walk *walk, const struct cbor_head *head, size_t rest_len)
{
	if (walk->level == ACE_CBOR_DEPTH_MAX)
		return ACE_ERR_DEPTH;
	walk->level++;
	walk->maps &= (uint16_t)~CBOR_MAJOR(walk->level);
	if (head->major == ACE_CBOR_MAP)
		walk->maps |= (uint16_t)CBOR_MAJOR(walk->level);
	return items_count(head, rest_len, &walk->left[walk->level]);
}

/* Count the item that starts at the place reached, or end the level when it is a break. */
static enum ace_err walk_count(struct walk *walk, const struct cbor_head *head)
{
	size_t *left = &walk->left[walk->level];
	size_t seen = CBOR_UNTIL_BREAK - *left;
	bool is_map = walk->maps & CBOR_MAJOR(walk->level);

	if (head_is_break(head)) {
		if (!CBOR_IS_UNTIL_BREAK(*left) || (is_map && seen % 2 != 0))
			return ACE_ERR_MALFORMED;
		*left = 0;
		return ACE_OK;
	}
	if (is_map && seen == 2 * ACE_CBOR_ENTRIES_MAX)
		return ACE_ERR_DEPTH;
	--*left;
	return ACE_OK;
}

enum ace_err ace_cbor_item_skip(struct ace_slice *rest)
{
	struct walk walk = { .left = { 1 } };
	struct ace_slice content;
	struct cbor_head head;
	enum ace_err err = ACE_OK;

	while (!err && !walk_is_over(&walk)) {
		err = ace_cbor_head_take(rest, &head);
		if (!err)
			err = walk_count(&walk, &head);
		if (err)
			break;
		if (head.major == ACE_CBOR_BSTR || head.major == ACE_CBOR_TSTR)
			err = ace_cbor_string_take(rest, &head, &content);
		else if (head.major >= ACE_CBOR_ARRAY && head.major <= ACE_CBOR_TAG)
			err = walk_push(&walk, &head, rest->len);
	}
	return err;
}

/* Number and string of a map key; its other types are refused, since their equality takes more than bytes. */
static enum ace_err key_take(struct ace_slice *rest, struct cbor_head *ret_head, struct ace_slice *ret_text)
{
	enum ace_err err = ace_cbor_head_take(rest, ret_head);

	*ret_text = (struct ace_slice){ NULL, 0 };
	if (err)
		return err;
	if (ret_head->major > ACE_CBOR_TSTR)
		return ACE_ERR_UNKNOWN;
	if (ret_head->major < ACE_CBOR_BSTR)
		return ACE_OK;
	err = ace_cbor_string_take(rest, ret_head, ret_text);
	ret_head->value = ret_text->len;
	return err;
}

/* Equal whatever the length form of their heads. end is that of the input, which is known to be well-formed. */
static enum ace_err key_compare(const uint8_t *key, const struct cbor_head *head, struct ace_slice text, const uint8_t *end)
{
	struct ace_slice rest = { key, (size_t)(end - key) }, other_text;
	struct cbor_head other;
	enum ace_err err = key_take(&rest, &other, &other_text);

	if (err)
		return err;
	if (other.major != head->major || other.value != head->value || !ace_slice_equal(text, other_text))
		return ACE_OK;
	return ACE_ERR_DUPLICATE; /* RFC 8949 5.6: "Not accept maps with duplicate keys" */
}

bool ace_cbor_seq_next(struct ace_slice *rest, struct ace_cbor_seq *seq)
{
	if (CBOR_IS_UNTIL_BREAK(seq->left)) {
		if (rest->len > 0 && rest->ptr[0] != CBOR_BREAK)
			return true;
		slice_drop(rest, rest->len > 0);
		seq->left = 0;
		return false;
	}
	if (seq->left == 0)
		return false;
	seq->left--;
	return true;
}

/* Compare each key from number first on with those before it, as far back as first and at most KEY_BLOCK of them. */
static enum ace_err keys_check_block(struct ace_slice rest, struct ace_cbor_seq seq, size_t first, size_t *ret_keys)
{
	const uint8_t *block[KEY_BLOCK], *end = rest.ptr + rest.len;
	struct ace_slice text;
	struct cbor_head head;
	enum ace_err err = ACE_OK;
	size_t i;

	for (i = 0; !err && ace_cbor_seq_next(&rest, &seq); i++) {
		const uint8_t *start = rest.ptr;

		err = key_take(&rest, &head, &text);
		for (size_t k = first; !err && k < i && k < first + KEY_BLOCK; k++)
			err = key_compare(block[k - first], &head, text, end);
		if (i >= first && i < first + KEY_BLOCK)
			block[i - first] = start;
		if (!err)
			err = ace_cbor_item_skip(&rest);
	}
	*ret_keys = i;
	return err;
}

/* For each map of a well-formed item: are its keys numbers or strings, none of them twice? All heads are visited in
 * their order of bytes, whatever they nest in. */
enum ace_err ace_cbor_keys_check(struct ace_slice rest)
{
	struct ace_slice content;
	struct cbor_head head;
	enum ace_err err = ACE_OK;
	size_t keys;

	while (!err && rest.len > 0) {
		err = ace_cbor_head_take(&rest, &head);
		if (!err && (head.major == ACE_CBOR_BSTR || head.major == ACE_CBOR_TSTR))
			err = ace_cbor_string_take(&rest, &head, &content);
		if (head.major != ACE_CBOR_MAP)
			continue;
		keys = 1;
		for (size_t first = 0; !err && first < keys; first += KEY_BLOCK)
			err = keys_check_block(rest, (struct ace_cbor_seq){ head.info == CBOR_INDEFINITE ? CBOR_UNTIL_BREAK
										    : (size_t)head.value },
					       first, &keys);
	}
	return err;
}
