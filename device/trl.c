/* SPDX-License-Identifier: Apache-2.0 */
#include "device/trl.h"

#include <string.h>

static enum ace_err ask(struct device_trl *trl, struct device_as *as, uint64_t now_ms)
{
	uint8_t bytes[DEVICE_QUESTION_MAX];
	struct ace_buf message = ACE_BUF_OF(bytes);
	const struct cli_trl *list = &as->device->bundle.trl;
	/* 0: all changes that there are. Without a cursor, some might be missed, so the whole list is asked for. */
	struct ace_rs_trl_query query = {
		.path = { (const uint8_t *)list->path, strlen(list->path) },
		.has_diff = trl->has_cursor,
		.has_cursor = trl->has_cursor,
		.cursor = trl->cursor,
	};
	enum ace_err err = ace_rs_trl_request(&query, &message);

	return err ? err : device_as_ask(as, trl, ace_buf_slice(&message), now_ms);
}

/* A verified answer. What it revokes has ended when this returns. */
static enum ace_err take(struct device_trl *trl, struct device *device, const struct device_as_answer *answer,
			 uint64_t now_ms)
{
	struct ace_rs_trl list;
	enum ace_err err = ACE_ERR_DENIED;

	if (answer->code == ACE_COAP_CONTENT)
		err = answer->format == ACE_FORMAT_TRL ? ace_rs_trl_read(&device->rs, answer->body, &list) :
							 ACE_ERR_UNSUPPORTED;
	if (!err && !list.is_full && !trl->has_cursor)
		err = ACE_ERR_MISSING; /* changes, without what they are changes of */
	if (err) {
		trl->has_cursor = false; /* whatever is wrong with it, the whole list has it all */
		return err;
	}
	trl->has_cursor = list.has_cursor && !list.is_lost;
	trl->cursor = list.cursor;
	if (!list.is_full && (list.more || list.is_lost))
		trl->due_ms = now_ms;
	cli_log(CLI_LOG_DEBUG, list.is_full ? "trl.whole" : "trl.changes", cli_log_int("revoked", device->rs.revoked_used));
	return ACE_OK;
}

static void failed(struct device_trl *trl, enum ace_err err, const struct device_as_answer *answer, uint64_t now_ms)
{
	cli_log_paced(&trl->unread, now_ms, CLI_LOG_WARN, "trl.unread", cli_log_int("code_class", answer->code >> 5),
		      cli_log_int("code_detail", answer->code & 0x1f), cli_log_err(err));
}

/* Ticks and posts change what is to be kept, too. A disk that takes nothing is not asked at each turn of the loop. */
static void keep(struct device_trl *trl, struct device *device, uint64_t now_ms)
{
	enum ace_err err = now_ms < trl->save_due_ms ? ACE_OK : device_state_save(device);

	if (err) {
		trl->save_wait_ms = trl->save_wait_ms ? 2 * trl->save_wait_ms : DEVICE_SAVE_WAIT_MIN_MS;
		if (trl->save_wait_ms > DEVICE_SAVE_WAIT_MAX_MS)
			trl->save_wait_ms = DEVICE_SAVE_WAIT_MAX_MS;
		trl->save_due_ms = now_ms + trl->save_wait_ms;
		cli_log_paced(&trl->unwritten, now_ms, CLI_LOG_ERROR, "state.unwritten", cli_log_err(err));
	} else if (now_ms >= trl->save_due_ms) {
		trl->save_wait_ms = 0;
	}
}

void device_trl_step(struct device_trl *trl, struct device_as *as, uint64_t now_ms)
{
	struct device_as_answer answer = { 0 };
	enum ace_err err;

	if (!trl->poll_s)
		return;
	err = as->asker && as->asker != trl ? ACE_ERR_BUSY : device_as_step(as, now_ms, &answer);
	if (err != ACE_ERR_BUSY) {
		trl->due_ms = now_ms + trl->poll_s * UINT64_C(1000);
		if (!err)
			err = take(trl, as->device, &answer, now_ms);
		if (err)
			failed(trl, err, &answer, now_ms);
	}
	if (!as->busy && now_ms >= trl->due_ms) {
		err = ask(trl, as, now_ms);
		trl->due_ms = now_ms + trl->poll_s * UINT64_C(1000);
		if (err)
			failed(trl, err, &(struct device_as_answer) { 0 }, now_ms);
	}
	keep(trl, as->device, now_ms);
}
