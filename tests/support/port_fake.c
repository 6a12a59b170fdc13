/* SPDX-License-Identifier: Apache-2.0 */
#include "port_fake.h"

#include <string.h>

#include "ace_port.h"

/* port/openssl.c or port/psa.c, compiled once more with these names (see meson.build). */
enum ace_err port_fake_real_seal(const struct ace_aead_input *in, struct ace_buf *out);
enum ace_err port_fake_real_open(const struct ace_aead_input *in, struct ace_buf *out);
enum ace_err port_fake_real_hmac(struct ace_slice key, struct ace_slice message, uint8_t *ret_mac);
enum ace_err port_fake_real_sha256(struct ace_slice message, uint8_t *ret_hash);

static struct {
	unsigned int calls, fail_at;
	bool fail_all, wall_stopped;
	uint64_t random_state, monotonic_ms;
	int64_t wall_s;
	const uint8_t *scripted; /* borrows from the test */
	size_t scripted_len;
} fake = { .random_state = 1, .wall_s = PORT_FAKE_NOW };

int port_fake_reset(void **state)
{
	(void)state;
	memset(&fake, 0, sizeof fake);
	fake.random_state = 1;
	fake.wall_s = PORT_FAKE_NOW;
	return 0;
}

void port_fake_fail_call(unsigned int n)
{
	fake.calls = 0;
	fake.fail_at = n;
}

void port_fake_fail_all(bool fail)
{
	fake.fail_all = fail;
}

unsigned int port_fake_calls(void)
{
	return fake.calls;
}

void port_fake_seed(uint64_t seed)
{
	fake.random_state = seed;
}

void port_fake_next_random(const uint8_t *bytes, size_t len)
{
	fake.scripted = bytes;
	fake.scripted_len = len;
}

void port_fake_set_wall(int64_t seconds)
{
	fake.wall_s = seconds;
}

void port_fake_stop_wall(bool stopped)
{
	fake.wall_stopped = stopped;
}

void port_fake_set_monotonic(uint64_t ms)
{
	fake.monotonic_ms = ms;
}

static bool call_fails(void)
{
	return ++fake.calls == fake.fail_at || fake.fail_all;
}

enum ace_err ace_port_aead_seal(const struct ace_aead_input *in, struct ace_buf *out)
{
	return call_fails() ? ACE_ERR_CRYPTO : port_fake_real_seal(in, out);
}

enum ace_err ace_port_aead_open(const struct ace_aead_input *in, struct ace_buf *out)
{
	return call_fails() ? ACE_ERR_CRYPTO : port_fake_real_open(in, out);
}

enum ace_err ace_port_hmac_sha256(struct ace_slice key, struct ace_slice message, uint8_t ret_mac[ACE_SHA256_LEN])
{
	return call_fails() ? ACE_ERR_CRYPTO : port_fake_real_hmac(key, message, ret_mac);
}

enum ace_err ace_port_sha256(struct ace_slice message, uint8_t ret_hash[ACE_SHA256_LEN])
{
	return call_fails() ? ACE_ERR_CRYPTO : port_fake_real_sha256(message, ret_hash);
}

/* splitmix64: every seed gives another long sequence. */
static uint64_t random_next(void)
{
	uint64_t z = fake.random_state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

enum ace_err ace_port_random(uint8_t *ret_bytes, size_t len)
{
	if (call_fails())
		return ACE_ERR_RANDOM;
	for (size_t i = 0; i < len; i++) {
		if (fake.scripted_len) {
			ret_bytes[i] = *fake.scripted++;
			fake.scripted_len--;
		} else {
			ret_bytes[i] = (uint8_t)random_next();
		}
	}
	return ACE_OK;
}

enum ace_err ace_port_wall_clock(int64_t *ret_seconds)
{
	if (call_fails() || fake.wall_stopped)
		return ACE_ERR_CLOCK;
	*ret_seconds = fake.wall_s;
	return ACE_OK;
}

uint64_t ace_port_monotonic_ms(void)
{
	return fake.monotonic_ms;
}
