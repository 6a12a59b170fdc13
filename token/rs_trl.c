/* SPDX-License-Identifier: Apache-2.0 */
/* The question for the list of revoked tokens, and its answers (RFC 9770 7 to 9). An answer is read through before
 * anything is taken from it. */
#include "ace_issue.h"
#include "token/rs.h"

#if ACE_RS_TRL

#include "ace_rs_as.h"
#include "token/mem.h"

/* --- the question --- */

static struct ace_slice query_text(const char *name, uint32_t value, struct ace_buf *text)
{
	uint8_t digits[10], *digit = digits + sizeof digits;
	size_t len = 0;

	do {
		*--digit = (uint8_t)('0' + value % 10);
		value /= 10;
	} while (value);
	while (name[len])
		len++;
	memcpy(text->ptr, name, len);
	memcpy(text->ptr + len, digit, (size_t)(digits + sizeof digits - digit));
	text->len = len + (size_t)(digits + sizeof digits - digit);
	return ace_buf_slice(text);
}

enum ace_err ace_rs_trl_request(const struct ace_rs_trl_query *query, struct ace_buf *out)
{
	struct ace_coap_header header = query->header;
	uint8_t bytes[20]; /* "cursor=" and ten digits */
	struct ace_buf text = ACE_BUF_OF(bytes);
	struct ace_coap_writer w;
	struct ace_slice written;
	enum ace_err err;

	/* RFC 9770 6.3: a cursor without diff is refused by the AS. */
	if (query->has_cursor && !query->has_diff)
		return ACE_ERR_USAGE;
	header.code = ACE_COAP_GET;
	ace_coap_write_init(&w, out->ptr + out->len, out->cap - out->len);
	ace_coap_write_header(&w, &header);
	if (query->observe)
		ace_coap_write_option_uint(&w, ACE_OPT_OBSERVE, 0);
	ace_coap_write_path(&w, query->path);
	if (query->has_diff)
		ace_coap_write_option(&w, ACE_OPT_URI_QUERY, query_text("diff=", query->diff, &text));
	if (query->has_cursor)
		ace_coap_write_option(&w, ACE_OPT_URI_QUERY, query_text("cursor=", query->cursor, &text));
	err = ace_coap_written(&w, &written);
	if (!err)
		out->len += written.len;
	return err;
}

/* --- answers --- */

enum action { LOOK, ADD, REMOVE };

static void hash_take(struct ace_rs *rs, struct ace_cbor_reader *r, enum action action)
{
	struct ace_slice hash = ace_cbor_read_bstr(r);

	if (r->err)
		return;
	/* RFC 6920 9.4: 1 is SHA-256, and the one function of our tokens. */
	if (hash.len != ACE_TOKEN_HASH_LEN || hash.ptr[0] != 1)
		r->err = ACE_ERR_UNSUPPORTED;
	else if (action == ADD)
		ace_rs_revoked_add(rs, hash.ptr + 1);
	else if (action == REMOVE)
		ace_rs_revoked_remove(rs, hash.ptr + 1);
}

static void hashes_take(struct ace_rs *rs, struct ace_cbor_reader *r, enum action action)
{
	struct ace_cbor_seq seq;

	ace_cbor_array_enter(r, &seq);
	while (ace_cbor_array_next(r, &seq))
		hash_take(rs, r, action);
}

/* [removed, added]. What both lists of different changes name was added first: tokens are revoked once. So all that
 * was added is taken before anything that was removed, and the order of changes does not matter. */
static void change_take(struct ace_rs *rs, struct ace_cbor_reader *r, enum action action)
{
	struct ace_cbor_seq seq;
	size_t lists = 0;

	ace_cbor_array_enter(r, &seq);
	for (; ace_cbor_array_next(r, &seq); lists++)
		hashes_take(rs, r, (lists == 0) == (action == REMOVE) ? action : LOOK);
	if (!r->err && lists != 2)
		r->err = ACE_ERR_RANGE;
}

static enum ace_err changes_take(struct ace_rs *rs, struct ace_slice changes, enum action action)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;

	ace_cbor_read_init(&r, changes);
	ace_cbor_array_enter(&r, &seq);
	while (ace_cbor_array_next(&r, &seq))
		change_take(rs, &r, action);
	return ace_cbor_read_finish(&r);
}

static enum ace_err list_take(struct ace_rs *rs, struct ace_slice list, enum action action)
{
	struct ace_cbor_reader r;

	ace_cbor_read_init(&r, list);
	hashes_take(rs, &r, action);
	return ace_cbor_read_finish(&r);
}

static void cursor_read(struct ace_cbor_reader *r, struct ace_rs_trl *trl)
{
	uint64_t cursor;

	if (ace_cbor_peek(r) == ACE_CBOR_SIMPLE) {
		ace_cbor_read_null(r);
		return;
	}
	cursor = ace_cbor_read_uint(r);
	if (cursor > UINT32_MAX) {
		r->err = ACE_ERR_RANGE;
		return;
	}
	trl->has_cursor = true;
	trl->cursor = (uint32_t)cursor;
}

/* The members; ret_list is the one of the two that is there. */
static enum ace_err members_read(struct ace_slice payload, struct ace_rs_trl *trl, struct ace_slice *ret_list)
{
	struct ace_slice full = { NULL, 0 }, diff = { NULL, 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	*trl = (struct ace_rs_trl){ .is_full = false };
	ace_cbor_read_init(&r, payload);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		if (key == ACE_TRL_FULL_SET)
			full = ace_cbor_read_raw(&r);
		else if (key == ACE_TRL_DIFF_SET)
			diff = ace_cbor_read_raw(&r);
		else if (key == ACE_TRL_CURSOR)
			cursor_read(&r, trl);
		else if (key == ACE_TRL_MORE)
			trl->more = ace_cbor_read_bool(&r);
		else
			(void)ace_cbor_read_raw(&r);
	}
	if (ace_cbor_read_finish(&r))
		return ace_cbor_read_finish(&r);
	if (!full.ptr == !diff.ptr)
		return full.ptr ? ACE_ERR_MALFORMED : ACE_ERR_MISSING;
	trl->is_full = full.ptr != NULL;
	/* RFC 9770 9.2.3: (null, true) says that the changes asked for are not there any more. */
	trl->is_lost = diff.ptr && trl->more && !trl->has_cursor;
	*ret_list = full.ptr ? full : diff;
	return ACE_OK;
}

enum ace_err ace_rs_trl_read(struct ace_rs *rs, struct ace_slice payload, struct ace_rs_trl *ret_trl)
{
	struct ace_rs_trl trl;
	struct ace_slice list;
	enum ace_err err;

	if (!rs->config.revoked_len)
		return ACE_ERR_USAGE;
	ace_rs_tick(rs);
	err = members_read(payload, &trl, &list);
	if (!err)
		err = trl.is_full ? list_take(rs, list, LOOK) : changes_take(rs, list, LOOK);
	if (err)
		return err;
	/* From here on it is known to be well-formed. */
	if (trl.is_full) {
		ace_rs_revoked_list_begin(rs);
		err = list_take(rs, list, ADD);
		ace_rs_revoked_list_end(rs);
	} else {
		err = changes_take(rs, list, ADD);
		if (!err)
			err = changes_take(rs, list, REMOVE);
	}
	ace_rs_tick(rs);
	if (!err)
		*ret_trl = trl;
	return err;
}

#endif
