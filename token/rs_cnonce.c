/* SPDX-License-Identifier: Apache-2.0 */
/* Client nonces (RFC 9200 5.3.1), for devices that cannot compare clocks with the AS: a token that carries one was issued
 * after the device handed it out. Any number of clients may use the same one. */
#include "token/rs.h"

#if ACE_RS_CNONCE

#include "token/mem.h"

#define TICK_LEN 4
#define MAC_LEN 8

/* --- stateless: the time of this run, and who made it --- */

/* Nearly seconds; nothing has to be divided. */
static uint32_t tick_now(void)
{
	return (uint32_t)(ace_port_monotonic_ms() >> 10);
}

static enum ace_err mac(const struct ace_rs *rs, const uint8_t tick[TICK_LEN], uint8_t ret_mac[ACE_SHA256_LEN])
{
	return ace_port_hmac_sha256(ACE_SLICE_OF(rs->cnonce_key), (struct ace_slice){ tick, TICK_LEN }, ret_mac);
}

static enum ace_err stateless_make(struct ace_rs *rs, uint8_t ret_nonce[TICK_LEN + MAC_LEN])
{
	uint8_t tag[ACE_SHA256_LEN];
	uint32_t tick = tick_now();
	enum ace_err err = ACE_OK;

	/* A key of this run: after a restart the old nonces are not fresh, whatever the clock says. */
	if (!rs->has_cnonce_key)
		err = ace_port_random(rs->cnonce_key, sizeof rs->cnonce_key);
	if (err)
		return err;
	rs->has_cnonce_key = true;
	for (size_t i = 0; i < TICK_LEN; i++)
		ret_nonce[i] = (uint8_t)(tick >> (24 - 8 * i));
	err = mac(rs, ret_nonce, tag);
	if (!err)
		memcpy(ret_nonce + TICK_LEN, tag, MAC_LEN);
	return err;
}

static enum ace_err stateless_check(const struct ace_rs *rs, struct ace_slice nonce)
{
	uint8_t tag[ACE_SHA256_LEN];
	uint32_t tick;
	enum ace_err err;

	if (!rs->has_cnonce_key || nonce.len != TICK_LEN + MAC_LEN)
		return ACE_ERR_CNONCE;
	err = mac(rs, nonce.ptr, tag);
	if (err)
		return err;
	tick = (uint32_t)nonce.ptr[0] << 24 | (uint32_t)nonce.ptr[1] << 16 | (uint32_t)nonce.ptr[2] << 8 | nonce.ptr[3];
	if (!ace_equal_ct(tag, nonce.ptr + TICK_LEN, MAC_LEN) || tick_now() - tick > (ACE_RS_CNONCE_MS + 1023) >> 10)
		return ACE_ERR_CNONCE;
	return ACE_OK;
}

/* --- stored: the latest few --- */

/* The newest one is handed out for a while, so that whoever asks for hints all the time pushes none out. */
static enum ace_err stored_make(struct ace_rs *rs, uint8_t ret_nonce[ACE_RS_CNONCE_LEN])
{
	struct ace_rs_cnonce *newest = &rs->cnonces[rs->cnonce_at];
	uint64_t now_ms = ace_port_monotonic_ms();
	enum ace_err err;

	if (!newest->is_there || now_ms - newest->born_ms >= ACE_RS_CNONCE_MS / (ACE_RS_CNONCES - 1)) {
		uint8_t bytes[ACE_RS_CNONCE_LEN];

		err = ace_port_random(bytes, sizeof bytes);
		if (err)
			return err;
		rs->cnonce_at = (uint8_t)((rs->cnonce_at + 1) % ACE_RS_CNONCES);
		newest = &rs->cnonces[rs->cnonce_at];
		*newest = (struct ace_rs_cnonce){ .born_ms = now_ms, .is_there = true };
		memcpy(newest->bytes, bytes, sizeof bytes);
	}
	memcpy(ret_nonce, newest->bytes, sizeof newest->bytes);
	return ACE_OK;
}

/* Fresh for the lifetime after it was handed out last. */
static enum ace_err stored_check(const struct ace_rs *rs, struct ace_slice nonce)
{
	uint64_t now_ms = ace_port_monotonic_ms();

	for (size_t i = 0; i < ACE_RS_CNONCES; i++) {
		const struct ace_rs_cnonce *each = &rs->cnonces[i];

		if (each->is_there && ace_slice_equal(nonce, ACE_SLICE_OF(each->bytes)))
			return now_ms - each->born_ms < ACE_RS_CNONCE_MS + ACE_RS_CNONCE_MS / (ACE_RS_CNONCES - 1) ?
				       ACE_OK : ACE_ERR_CNONCE;
	}
	return ACE_ERR_CNONCE;
}

/* --- both --- */

enum ace_err ace_rs_cnonce_make(struct ace_rs *rs, struct ace_buf *out)
{
	enum ace_err err = ACE_OK;

	if (rs->config.cnonce == ACE_CNONCE_STATELESS) {
		err = stateless_make(rs, out->ptr);
		out->len = TICK_LEN + MAC_LEN;
	} else if (rs->config.cnonce == ACE_CNONCE_STORED) {
		err = stored_make(rs, out->ptr);
		out->len = ACE_RS_CNONCE_LEN;
	}
	return err;
}

enum ace_err ace_rs_cnonce_check(const struct ace_rs *rs, struct ace_slice nonce)
{
	if (rs->config.cnonce == ACE_CNONCE_OFF)
		return ACE_OK;
	/* RFC 9200 5.3.1: a token without a cnonce, or with one that is not fresh, "MUST" be discarded. */
	return rs->config.cnonce == ACE_CNONCE_STATELESS ? stateless_check(rs, nonce) : stored_check(rs, nonce);
}

#endif
