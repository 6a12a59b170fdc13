/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/types.h"

#include <string.h>

#include "ace_port.h"
#include "storage/record.h"

/* Append text and its NUL. */
static bool tag_text_add(struct store_tags *tags, const char *text)
{
	size_t len = strlen(text) + 1;

	if (len > sizeof(tags->text) - tags->len)
		return false;
	memcpy(tags->text + tags->len, text, len);
	tags->len = (uint16_t)(tags->len + len);
	return true;
}

enum ace_err store_tags_set(const struct ace_tags *tags, struct store_tags *ret_tags)
{
	struct store_tags result;

	result.count = 0;
	result.len = 0;
	if (tags->len > STORE_TAGS_MAX)
		return ACE_ERR_RANGE;
	for (size_t i = 0; i < tags->len; i++) {
		if (strcmp(i ? tags->list[i - 1].key : "", tags->list[i].key) >= 0)
			return ACE_ERR_USAGE;
		if (!tag_text_add(&result, tags->list[i].key) || !tag_text_add(&result, tags->list[i].value))
			return ACE_ERR_RANGE;
		result.count++;
	}
	ret_tags->count = result.count;
	ret_tags->len = result.len;
	memcpy(ret_tags->text, result.text, result.len);
	return ACE_OK;
}

struct ace_tags store_tags_view(const struct store_tags *tags, struct ace_tag list[STORE_TAGS_MAX])
{
	const char *at = tags->text;

	for (size_t i = 0; i < tags->count; i++) {
		list[i].key = at;
		at += strlen(at) + 1;
		list[i].value = at;
		at += strlen(at) + 1;
	}
	return (struct ace_tags){ list, tags->count };
}

enum ace_err store_scope_set(uint8_t kind, struct ace_slice bytes, struct store_scope *ret_scope)
{
	if (bytes.len > sizeof(ret_scope->bytes))
		return ACE_ERR_RANGE;
	ret_scope->kind = kind;
	ret_scope->len = (uint16_t)bytes.len;
	if (bytes.len)
		memcpy(ret_scope->bytes, bytes.ptr, bytes.len);
	return ACE_OK;
}

struct ace_slice store_scope_slice(const struct store_scope *scope)
{
	return (struct ace_slice){ scope->bytes, scope->len };
}

enum ace_err store_text_set(const char *text, char *ret_text, size_t cap)
{
	size_t len = text ? strlen(text) : 0;

	if (len >= cap)
		return ACE_ERR_RANGE;
	if (len)
		memcpy(ret_text, text, len);
	ret_text[len] = '\0';
	return ACE_OK;
}

void store_secret_wipe(struct store_secret *secret)
{
	ace_wipe(secret, sizeof(*secret));
}

size_t store_line_kid(uint64_t line, uint8_t ret_kid[STORE_KID_MAX])
{
	struct table_number number = table_number(line);
	size_t zeros = 0;

	while (zeros < TABLE_NUMBER_LEN - 1 && !number.bytes[zeros])
		zeros++;
	memcpy(ret_kid, number.bytes + zeros, TABLE_NUMBER_LEN - zeros);
	return TABLE_NUMBER_LEN - zeros;
}

enum ace_err store_kid_line(struct ace_slice kid, uint64_t *ret_line)
{
	uint64_t line = 0;

	if (!kid.len || kid.len > STORE_KID_MAX || !kid.ptr[0])
		return ACE_ERR_NOT_FOUND;
	for (size_t i = 0; i < kid.len; i++)
		line = line << 8 | kid.ptr[i];
	*ret_line = line;
	return ACE_OK;
}

enum ace_err store_line_find(struct store_txn *txn, uint64_t line, enum store_kind *ret_kind,
			     char ret_id[STORE_ID_MAX + 1])
{
	struct table_number key = table_number(line);
	struct record_line record;
	struct ace_slice value;
	enum ace_err err = table_get(txn, TABLE_LINES, table_number_key(&key), &value);

	if (err)
		return err;
	err = record_line_read(value, &record);
	if (err)
		return record_failed(txn, err, TABLE_LINES);
	*ret_kind = record.kind;
	memcpy(ret_id, record.id, sizeof(record.id));
	return ACE_OK;
}

bool store_old_line_lives(const struct store_old_line *old, int64_t now)
{
	return old->line && (!old->until || now < old->until);
}
