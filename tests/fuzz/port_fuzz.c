/* SPDX-License-Identifier: Apache-2.0 */
#include "port_fuzz.h"

#include <string.h>

#include "ace_alg.h"

#define TAG_LEN(alg) ((size_t)ace_alg_tag_len(alg))

static uint64_t now_ms, random_state;

void port_fuzz_reset(void)
{
	now_ms = 1000;
	random_state = 1;
}

void port_fuzz_pass_ms(uint64_t ms)
{
	now_ms += ms;
}

static enum ace_err lengths(const struct ace_aead_input *in)
{
	if (!ace_alg_is_known(in->alg))
		return ACE_ERR_UNSUPPORTED;
	if (in->key.bytes.len != ace_alg_key_len(in->alg) || in->nonce.len != ace_alg_nonce_len(in->alg))
		return ACE_ERR_USAGE;
	return ACE_OK;
}

enum ace_err ace_port_aead_seal(const struct ace_aead_input *in, struct ace_buf *out)
{
	enum ace_err err = lengths(in);

	if (err)
		return err;
	if (in->text.len > out->cap || out->cap - in->text.len < TAG_LEN(in->alg))
		return ACE_ERR_SPACE;
	if (in->text.len)
		memmove(out->ptr, in->text.ptr, in->text.len);
	memset(out->ptr + in->text.len, 0, TAG_LEN(in->alg));
	out->len = in->text.len + TAG_LEN(in->alg);
	return ACE_OK;
}

enum ace_err ace_port_aead_open(const struct ace_aead_input *in, struct ace_buf *out)
{
	enum ace_err err = lengths(in);

	if (err)
		return err;
	if (in->text.len < TAG_LEN(in->alg) || in->text.ptr[in->text.len - 1] == 0xff)
		return ACE_ERR_TAG;
	if (in->text.len - TAG_LEN(in->alg) > out->cap)
		return ACE_ERR_SPACE;
	out->len = in->text.len - TAG_LEN(in->alg);
	if (out->len)
		memmove(out->ptr, in->text.ptr, out->len);
	return ACE_OK;
}

static void mix(struct ace_slice bytes, uint64_t state, uint8_t *ret_hash)
{
	for (size_t i = 0; i < bytes.len; i++)
		state = (state ^ bytes.ptr[i]) * UINT64_C(1099511628211);
	for (size_t i = 0; i < ACE_SHA256_LEN; i++) {
		state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
		ret_hash[i] = (uint8_t)(state >> 56);
	}
}

enum ace_err ace_port_sha256(struct ace_slice message, uint8_t ret_hash[ACE_SHA256_LEN])
{
	mix(message, UINT64_C(14695981039346656037), ret_hash);
	return ACE_OK;
}

enum ace_err ace_port_hmac_sha256(struct ace_slice key, struct ace_slice message, uint8_t ret_mac[ACE_SHA256_LEN])
{
	uint8_t first[ACE_SHA256_LEN];
	uint64_t state;

	mix(key, 1, first);
	memcpy(&state, first, sizeof state);
	mix(message, state, ret_mac);
	return ACE_OK;
}

enum ace_err ace_port_random(uint8_t *ret_bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		random_state = random_state * UINT64_C(6364136223846793005) + 1442695040888963407;
		ret_bytes[i] = (uint8_t)(random_state >> 56);
	}
	return ACE_OK;
}

enum ace_err ace_port_wall_clock(int64_t *ret_seconds)
{
	*ret_seconds = PORT_FUZZ_NOW + (int64_t)(now_ms / 1000);
	return ACE_OK;
}

uint64_t ace_port_monotonic_ms(void)
{
	return now_ms;
}

bool ace_equal_ct(const uint8_t *a, const uint8_t *b, size_t len)
{
	return !len || !memcmp(a, b, len);
}

void ace_wipe(void *bytes, size_t len)
{
	if (len)
		memset(bytes, 0, len);
}
