/* SPDX-License-Identifier: Apache-2.0 */
/* Changes, lines, numbers, and what there is one of, as bytes. */
#include "storage/record.h"

#include <string.h>

#include "storage/field.h"

#define BIT(key) (UINT64_C(1) << (key))

enum change_key { CHANGE_KIND = 1, CHANGE_ID, CHANGE_NUMBER };

enum ace_err record_change_write(const struct store_change *change, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_uint(&f, CHANGE_KIND, change->kind);
	field_put_text(&f, CHANGE_ID, change->id);
	field_put_uint(&f, CHANGE_NUMBER, change->number);
	return field_end(&f);
}

enum ace_err record_change_read(struct ace_slice in, struct store_change *ret_change)
{
	struct field_reader f;
	int key;

	memset(ret_change, 0, sizeof(*ret_change));
	field_open(&f, in, 1);
	while (field_next(&f, &key)) {
		switch (key) {
		case CHANGE_KIND: ret_change->kind = (enum store_kind)field_int(&f, STORE_CLIENT, STORE_TRL); break;
		case CHANGE_ID: field_text(&f, ret_change->id, sizeof(ret_change->id)); break;
		case CHANGE_NUMBER: ret_change->number = field_uint(&f, UINT64_MAX); break;
		default: field_unknown(&f);
		}
	}
	return field_finish(&f, BIT(CHANGE_KIND) | BIT(CHANGE_NUMBER));
}

enum line_key { LINE_KIND = 1, LINE_ID };

enum ace_err record_line_write(const struct record_line *line, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_uint(&f, LINE_KIND, line->kind);
	field_put_text(&f, LINE_ID, line->id);
	return field_end(&f);
}

enum ace_err record_line_read(struct ace_slice in, struct record_line *ret_line)
{
	struct field_reader f;
	int key;

	memset(ret_line, 0, sizeof(*ret_line));
	field_open(&f, in, 1);
	while (field_next(&f, &key)) {
		switch (key) {
		case LINE_KIND: ret_line->kind = (enum store_kind)field_int(&f, STORE_CLIENT, STORE_DEVICE); break;
		case LINE_ID: field_text(&f, ret_line->id, sizeof(ret_line->id)); break;
		default: field_unknown(&f);
		}
	}
	return field_finish(&f, BIT(LINE_KIND) | BIT(LINE_ID));
}

enum info_key { INFO_CREATED = 1, INFO_ISSUER, INFO_AS_URI };

enum ace_err record_info_write(const struct store_info *info, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_int(&f, INFO_CREATED, info->created);
	field_put_text(&f, INFO_ISSUER, info->issuer);
	field_put_text(&f, INFO_AS_URI, info->as_uri);
	return field_end(&f);
}

enum ace_err record_info_read(struct ace_slice in, struct store_info *ret_info)
{
	struct field_reader f;
	int key;

	memset(ret_info, 0, sizeof(*ret_info));
	field_open(&f, in, 1);
	while (field_next(&f, &key)) {
		switch (key) {
		case INFO_CREATED: ret_info->created = field_int(&f, 0, INT64_MAX); break;
		case INFO_ISSUER: field_text(&f, ret_info->issuer, sizeof(ret_info->issuer)); break;
		case INFO_AS_URI: field_text(&f, ret_info->as_uri, sizeof(ret_info->as_uri)); break;
		default: field_unknown(&f);
		}
	}
	return field_finish(&f, BIT(INFO_CREATED) | BIT(INFO_ISSUER) | BIT(INFO_AS_URI));
}

enum beat_key { BEAT_PID = 1, BEAT_STARTED, BEAT_SEEN, BEAT_TOKENS, BEAT_GENERATION, BEAT_VERSION, BEAT_LISTEN,
		BEAT_TRL_PATH, BEAT_SANDBOX };

enum ace_err record_heartbeat_write(const struct store_heartbeat *beat, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, 1);
	field_put_int(&f, BEAT_PID, beat->pid);
	field_put_int(&f, BEAT_STARTED, beat->started_at);
	field_put_int(&f, BEAT_SEEN, beat->seen_at);
	field_put_uint(&f, BEAT_TOKENS, beat->tokens_issued);
	field_put_uint(&f, BEAT_GENERATION, beat->generation);
	field_put_text(&f, BEAT_VERSION, beat->version);
	field_put_text(&f, BEAT_LISTEN, beat->listen);
	field_put_text(&f, BEAT_TRL_PATH, beat->trl_path);
	field_put_text(&f, BEAT_SANDBOX, beat->sandbox);
	return field_end(&f);
}

enum ace_err record_heartbeat_read(struct ace_slice in, struct store_heartbeat *ret_beat)
{
	struct field_reader f;
	int key;

	memset(ret_beat, 0, sizeof(*ret_beat));
	field_open(&f, in, 1);
	while (field_next(&f, &key)) {
		switch (key) {
		case BEAT_PID: ret_beat->pid = field_int(&f, 0, INT64_MAX); break;
		case BEAT_STARTED: ret_beat->started_at = field_int(&f, 0, INT64_MAX); break;
		case BEAT_SEEN: ret_beat->seen_at = field_int(&f, 0, INT64_MAX); break;
		case BEAT_TOKENS: ret_beat->tokens_issued = field_uint(&f, UINT64_MAX); break;
		case BEAT_GENERATION: ret_beat->generation = field_uint(&f, UINT64_MAX); break;
		case BEAT_VERSION: field_text(&f, ret_beat->version, sizeof(ret_beat->version)); break;
		case BEAT_LISTEN: field_text(&f, ret_beat->listen, sizeof(ret_beat->listen)); break;
		case BEAT_TRL_PATH: field_text(&f, ret_beat->trl_path, sizeof(ret_beat->trl_path)); break;
		case BEAT_SANDBOX: field_text(&f, ret_beat->sandbox, sizeof(ret_beat->sandbox)); break;
		default: field_unknown(&f);
		}
	}
	return field_finish(&f, BIT(BEAT_PID) | BIT(BEAT_STARTED) | BIT(BEAT_SEEN) | BIT(BEAT_TOKENS) |
					BIT(BEAT_GENERATION));
}

enum ace_err record_number_get(struct store_txn *txn, enum table table, struct ace_slice key, uint64_t *ret_number)
{
	struct ace_slice value;
	enum ace_err err = table_get(txn, table, key, &value);

	if (err == ACE_ERR_NOT_FOUND) {
		*ret_number = 0;
		return ACE_OK;
	}
	if (err)
		return err;
	err = table_key_number(value, ret_number);
	return err ? record_failed(txn, err, table) : ACE_OK;
}

enum ace_err record_number_put(struct store_txn *txn, enum table table, struct ace_slice key, uint64_t number)
{
	struct table_number value = table_number(number);

	return table_put(txn, table, key, table_number_key(&value));
}

enum ace_err record_schema_get(struct store_txn *txn, uint32_t *ret_schema)
{
	uint64_t schema;
	enum ace_err err = record_number_get(txn, TABLE_META, ACE_LITERAL("schema"), &schema);

	if (err)
		return err;
	if (!schema)
		return ACE_ERR_NOT_FOUND;
	*ret_schema = schema > UINT32_MAX ? UINT32_MAX : (uint32_t)schema;
	return ACE_OK;
}
