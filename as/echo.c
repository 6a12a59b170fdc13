/* SPDX-License-Identifier: Apache-2.0 */
#include "as/echo.h"

#include <string.h>

#define TIME_LEN 8
#define MAC_LEN (AS_ECHO_LEN - TIME_LEN)
#define KID_MAX 7

enum ace_err as_echo_init(struct as_echo *echo)
{
	return ace_port_random(echo->key, sizeof echo->key);
}

void as_echo_fini(struct as_echo *echo)
{
	if (echo)
		ace_wipe(echo->key, sizeof echo->key);
}

static enum ace_err make_at(const struct as_echo *echo, struct ace_slice kid, uint64_t made_ms,
			    uint8_t ret_value[AS_ECHO_LEN])
{
	uint8_t message[TIME_LEN + KID_MAX], mac[ACE_SHA256_LEN];
	enum ace_err err;

	if (kid.len > KID_MAX)
		return ACE_ERR_RANGE;
	for (int i = 0; i < TIME_LEN; i++)
		message[i] = (uint8_t)(made_ms >> (8 * (TIME_LEN - 1 - i)));
	if (kid.len)
		memcpy(message + TIME_LEN, kid.ptr, kid.len);
	err = ace_port_hmac_sha256(ACE_SLICE_OF(echo->key), (struct ace_slice){ message, TIME_LEN + kid.len }, mac);
	if (err)
		return err;
	memcpy(ret_value, message, TIME_LEN);
	memcpy(ret_value + TIME_LEN, mac, MAC_LEN);
	return ACE_OK;
}

enum ace_err as_echo_make(const struct as_echo *echo, struct ace_slice kid, uint64_t now_ms,
			  uint8_t ret_value[AS_ECHO_LEN])
{
	return make_at(echo, kid, now_ms, ret_value);
}

bool as_echo_is_fresh(const struct as_echo *echo, struct ace_slice kid, uint64_t now_ms, struct ace_slice value)
{
	uint8_t expected[AS_ECHO_LEN];
	uint64_t made_ms = 0;

	if (value.len != AS_ECHO_LEN)
		return false;
	for (int i = 0; i < TIME_LEN; i++)
		made_ms = made_ms << 8 | value.ptr[i];
	if (made_ms > now_ms || now_ms - made_ms > AS_ECHO_VALID_MS)
		return false;
	return !make_at(echo, kid, made_ms, expected) && ace_equal_ct(expected, value.ptr, AS_ECHO_LEN);
}
