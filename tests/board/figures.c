/* SPDX-License-Identifier: Apache-2.0 */
/* What calls of the library cost on a board: instructions, of these those of the port's crypto, and stack. Lines of
 * "figure CALL total crypto stack". */
#include <cmocka.h>

#include "port_fake.h"
#include "published.h"
#include "token/mem.h"

#include "board_vectors.h"

static struct fixture f;
static struct ace_rs_exchange ex;
static uint8_t bytes[256];
static struct ace_buf out;
static uint32_t crypto_ticks;

/* Crypto goes through these: see --wrap in board.py. */
enum ace_err __real_port_fake_real_open(const struct ace_aead_input *in, struct ace_buf *buf);
enum ace_err __wrap_port_fake_real_open(const struct ace_aead_input *in, struct ace_buf *buf);
enum ace_err __real_port_fake_real_seal(const struct ace_aead_input *in, struct ace_buf *buf);
enum ace_err __wrap_port_fake_real_seal(const struct ace_aead_input *in, struct ace_buf *buf);
enum ace_err __real_port_fake_real_hmac(struct ace_slice key, struct ace_slice message, uint8_t *ret_mac);
enum ace_err __wrap_port_fake_real_hmac(struct ace_slice key, struct ace_slice message, uint8_t *ret_mac);
enum ace_err __real_port_fake_real_sha256(struct ace_slice message, uint8_t *ret_hash);
enum ace_err __wrap_port_fake_real_sha256(struct ace_slice message, uint8_t *ret_hash);

enum ace_err __wrap_port_fake_real_open(const struct ace_aead_input *in, struct ace_buf *buf)
{
	uint32_t before = board_ticks();
	enum ace_err err = __real_port_fake_real_open(in, buf);

	crypto_ticks += board_ticks() - before;
	return err;
}

enum ace_err __wrap_port_fake_real_seal(const struct ace_aead_input *in, struct ace_buf *buf)
{
	uint32_t before = board_ticks();
	enum ace_err err = __real_port_fake_real_seal(in, buf);

	crypto_ticks += board_ticks() - before;
	return err;
}

enum ace_err __wrap_port_fake_real_hmac(struct ace_slice key, struct ace_slice message, uint8_t *ret_mac)
{
	uint32_t before = board_ticks();
	enum ace_err err = __real_port_fake_real_hmac(key, message, ret_mac);

	crypto_ticks += board_ticks() - before;
	return err;
}

enum ace_err __wrap_port_fake_real_sha256(struct ace_slice message, uint8_t *ret_hash)
{
	uint32_t before = board_ticks();
	enum ace_err err = __real_port_fake_real_sha256(message, ret_hash);

	crypto_ticks += board_ticks() - before;
	return err;
}

static enum ace_err call_authz_info(void)
{
	return ace_rs_authz_info(&f.rs, NULL, first_post, &out, &f.code);
}

static enum ace_err call_unprotect(void)
{
	return ace_rs_unprotect(&f.rs, first_request, &out, &ex);
}

static enum ace_err call_access(void)
{
	return ace_rs_access(&ex, ACE_COAP_GET, ACE_LITERAL("/s/temp"), (struct ace_slice){ NULL, 0 }) ==
	       ACE_ACCESS_ALLOWED ? ACE_OK : ACE_ERR_DENIED;
}

static enum ace_err call_protect(void)
{
	/* 2.05 with Content-Format 0 and "21.5". */
	static const uint8_t answer[] = { 0x60, 0x45, 0, 1, 0xc0, 0xff, '2', '1', '.', '5' };

	return ace_rs_protect(&ex, (struct ace_slice)ACE_SLICE_OF(answer), &out);
}

static const struct call {
	const char *name;
	enum ace_err (*run)(void);
} calls[] = {
	{ "ace_rs_authz_info", call_authz_info },
	{ "ace_rs_unprotect", call_unprotect },
	{ "ace_rs_access", call_access },
	{ "ace_rs_protect", call_protect },
};

/* As far as before the n-th call. */
static void prepare(size_t n)
{
	static const uint8_t random[] = PUBLISHED_RANDOM;

	fixture_start(&f);
	port_fake_next_random(random, sizeof random);
	for (size_t i = 0; i < n; i++) {
		out = (struct ace_buf)ACE_BUF_OF(bytes);
		assert_int_equal(calls[i].run(), ACE_OK);
	}
	out = (struct ace_buf)ACE_BUF_OF(bytes);
	crypto_ticks = 0;
}

static void print_instructions(uint32_t ticks)
{
	board_print(" ");
	board_print_number(ticks * 5 / 8);
}

static void measure(size_t n)
{
	uint32_t ticks, crypto, stack;

	prepare(n);
	board_ticks_start();
	assert_int_equal(calls[n].run(), ACE_OK);
	ticks = board_ticks();
	crypto = crypto_ticks;
	prepare(n);
	board_stack_paint();
	assert_int_equal(calls[n].run(), ACE_OK);
	stack = board_stack_used();
	board_print("figure ");
	board_print(calls[n].name);
	print_instructions(ticks);
	print_instructions(crypto);
	board_print(" ");
	board_print_number(stack);
	board_print("\n");
}

int board_main(void)
{
	prepare(ACE_ARRAY_LEN(calls)); /* the tables of AES are made at its first use */
	for (size_t n = 0; n < ACE_ARRAY_LEN(calls); n++)
		measure(n);
	return 0;
}
