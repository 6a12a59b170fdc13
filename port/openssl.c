/* SPDX-License-Identifier: Apache-2.0 */
/* The port for hosts: OpenSSL 3 and POSIX clocks. Looking an algorithm up costs more than sealing a
 * short message, so each is fetched once for the process, and each thread keeps one context per
 * algorithm and direction that only gets a new key and nonce. */
#include "ace_port.h"
#include "ace_port_host.h"
#include "port/secret.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>

/* CCM with 13-byte nonces has a 2-byte length field (RFC 3610 2). */
#define CCM_TEXT_MAX 65535

struct aead {
	int32_t alg;
	const char *name;
	uint8_t key_len, nonce_len, tag_len;
	bool is_ccm;
};

static const struct aead aeads[] = {
	{ 1, "AES-128-GCM", 16, 12, 16, false },
	{ 10, "AES-128-CCM", 16, 13, 8, true },
	{ 30, "AES-128-CCM", 16, 13, 16, true },
	{ 31, "AES-256-CCM", 32, 13, 16, true },
};

enum direction { OPEN = 0, SEAL = 1 }; /* the numbers are OpenSSL's */

/* Fetched once, never released: they live as long as the process. */
static EVP_CIPHER *ciphers[ACE_ARRAY_LEN(aeads)];
static EVP_MAC *hmac;
static EVP_MD *sha256;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t thread_key;
static bool is_ready;

/* What one thread keeps. Owns its contexts. */
struct thread_state {
	EVP_CIPHER_CTX *cipher[ACE_ARRAY_LEN(aeads)][2];
	EVP_MAC_CTX *hmac;
	EVP_MD_CTX *sha256;
};

static _Thread_local struct thread_state *thread_state;

static void thread_state_free(void *memory)
{
	struct thread_state *state = memory;

	for (size_t i = 0; i < ACE_ARRAY_LEN(aeads); i++) {
		EVP_CIPHER_CTX_free(state->cipher[i][OPEN]);
		EVP_CIPHER_CTX_free(state->cipher[i][SEAL]);
	}
	EVP_MAC_CTX_free(state->hmac);
	EVP_MD_CTX_free(state->sha256);
	free(state);
}

static void fetch_all(void)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(aeads); i++) {
		ciphers[i] = EVP_CIPHER_fetch(NULL, aeads[i].name, NULL);
		if (!ciphers[i])
			return;
	}
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	is_ready = hmac && sha256 && !pthread_key_create(&thread_key, thread_state_free);
}

/* The calling thread's state; NULL when OpenSSL lacks an algorithm or there is no memory. */
static struct thread_state *thread_state_get(void)
{
	struct thread_state *state = thread_state;

	if (state)
		return state;
	if (pthread_once(&once, fetch_all) || !is_ready)
		return NULL;
	state = calloc(1, sizeof *state);
	if (!state)
		return NULL;
	if (pthread_setspecific(thread_key, state)) {
		free(state);
		return NULL;
	}
	thread_state = state;
	return state;
}

/* A context that has algorithm, nonce length and tag length, but no key yet. */
static EVP_CIPHER_CTX *cipher_ctx_new(size_t index, enum direction direction)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	const struct aead *aead = &aeads[index];

	if (!ctx)
		return NULL;
	if (EVP_CipherInit_ex2(ctx, ciphers[index], NULL, NULL, direction, NULL) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, aead->nonce_len, NULL) != 1 ||
	    (aead->is_ccm && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, aead->tag_len, NULL) != 1)) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return ctx;
}

static EVP_CIPHER_CTX *cipher_ctx_get(const struct aead *aead, enum direction direction)
{
	struct thread_state *state = thread_state_get();
	size_t index = (size_t)(aead - aeads);

	if (!state)
		return NULL;
	if (!state->cipher[index][direction]) {
		port_secret_scope_set(true);
		state->cipher[index][direction] = cipher_ctx_new(index, direction);
		port_secret_scope_set(false);
	}
	return state->cipher[index][direction];
}

/* Check everything that does not depend on the direction. */
static enum ace_err input_check(const struct ace_aead_input *in, const struct aead **ret_aead)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(aeads); i++) {
		const struct aead *aead = &aeads[i];

		if (aead->alg != in->alg)
			continue;
		if (in->key.port_id || in->key.bytes.len != aead->key_len || in->nonce.len != aead->nonce_len)
			return ACE_ERR_USAGE;
		if (in->aad.len > INT_MAX || in->text.len > INT_MAX - ACE_AEAD_TAG_MAX)
			return ACE_ERR_USAGE;
		*ret_aead = aead;
		return ACE_OK;
	}
	return ACE_ERR_UNSUPPORTED;
}

/* Run text through ctx into to, which may be text itself; for CCM opening verifies here already. */
static bool cipher_run(EVP_CIPHER_CTX *ctx, const struct ace_aead_input *in, struct ace_slice text, uint8_t *to)
{
	uint8_t none = 0; /* OpenSSL takes NULL for another call */
	int len;

	if (in->aad.len && EVP_CipherUpdate(ctx, NULL, &len, in->aad.ptr, (int)in->aad.len) != 1)
		return false;
	if (!text.len)
		return EVP_CipherUpdate(ctx, &none, &len, &none, 0) == 1;
	return EVP_CipherUpdate(ctx, to, &len, text.ptr, (int)text.len) == 1;
}

static bool cipher_start(EVP_CIPHER_CTX *ctx, const struct ace_aead_input *in, const struct aead *aead,
			 size_t text_len)
{
	int len;

	if (EVP_CipherInit_ex2(ctx, NULL, in->key.bytes.ptr, in->nonce.ptr, -1, NULL) != 1)
		return false;
	return !aead->is_ccm || EVP_CipherUpdate(ctx, NULL, &len, NULL, (int)text_len) == 1;
}

/* Nothing may stay in OpenSSL's error queue: a DTLS library in the same thread would find it there and
 * take it for its own. */
static enum ace_err failed(enum ace_err err)
{
	ERR_clear_error();
	return err;
}

enum ace_err ace_port_aead_seal(const struct ace_aead_input *in, struct ace_buf *out)
{
	const struct aead *aead;
	EVP_CIPHER_CTX *ctx;
	int len;
	enum ace_err err = input_check(in, &aead);

	if (err)
		return err;
	if (aead->is_ccm && in->text.len > CCM_TEXT_MAX)
		return ACE_ERR_USAGE;
	if (out->cap < in->text.len + aead->tag_len)
		return ACE_ERR_SPACE;
	ctx = cipher_ctx_get(aead, SEAL);
	if (!ctx)
		return failed(ACE_ERR_CRYPTO);
	if (!cipher_start(ctx, in, aead, in->text.len) || !cipher_run(ctx, in, in->text, out->ptr) ||
	    EVP_CipherFinal_ex(ctx, out->ptr + in->text.len, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, aead->tag_len, out->ptr + in->text.len) != 1)
		return failed(ACE_ERR_CRYPTO);
	out->len = in->text.len + aead->tag_len;
	return ACE_OK;
}

enum ace_err ace_port_aead_open(const struct ace_aead_input *in, struct ace_buf *out)
{
	const struct aead *aead;
	struct ace_slice text = in->text;
	uint8_t tag[ACE_AEAD_TAG_MAX];
	EVP_CIPHER_CTX *ctx;
	int len;
	enum ace_err err = input_check(in, &aead);

	if (err)
		return err;
	if (text.len < aead->tag_len)
		return ACE_ERR_TAG;
	text.len -= aead->tag_len;
	if (aead->is_ccm && text.len > CCM_TEXT_MAX)
		return ACE_ERR_USAGE;
	if (out->cap < text.len)
		return ACE_ERR_SPACE;
	ctx = cipher_ctx_get(aead, OPEN);
	if (!ctx)
		return failed(ACE_ERR_CRYPTO);
	for (size_t i = 0; i < aead->tag_len; i++)
		tag[i] = text.ptr[text.len + i];
	if (EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, aead->tag_len, tag) != 1 ||
	    !cipher_start(ctx, in, aead, text.len))
		return failed(ACE_ERR_CRYPTO);
	/* Past this point OpenSSL fails only because the tag is wrong. GCM tells in Final, CCM before. */
	if (!cipher_run(ctx, in, text, out->ptr) || EVP_CipherFinal_ex(ctx, tag, &len) != 1) {
		ace_wipe(out->ptr, text.len);
		return failed(ACE_ERR_TAG);
	}
	out->len = text.len;
	return ACE_OK;
}

static EVP_MAC_CTX *hmac_ctx_get(void)
{
	struct thread_state *state = thread_state_get();
	char digest[] = "SHA256";
	OSSL_PARAM params[] = { OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
				OSSL_PARAM_construct_end() };

	if (!state)
		return NULL;
	if (state->hmac)
		return state->hmac;
	state->hmac = EVP_MAC_CTX_new(hmac);
	if (state->hmac && EVP_MAC_CTX_set_params(state->hmac, params) != 1) {
		EVP_MAC_CTX_free(state->hmac);
		state->hmac = NULL;
	}
	return state->hmac;
}

static enum ace_err hmac_run(struct ace_slice key, struct ace_slice message, uint8_t ret_mac[ACE_SHA256_LEN])
{
	static const uint8_t none[1] = { 0 }; /* a NULL key would mean the one before */
	EVP_MAC_CTX *ctx = hmac_ctx_get();
	size_t len;

	if (!ctx || EVP_MAC_init(ctx, key.len ? key.ptr : none, key.len, NULL) != 1)
		return failed(ACE_ERR_CRYPTO);
	if (message.len && EVP_MAC_update(ctx, message.ptr, message.len) != 1)
		return failed(ACE_ERR_CRYPTO);
	return EVP_MAC_final(ctx, ret_mac, &len, ACE_SHA256_LEN) == 1 ? ACE_OK : failed(ACE_ERR_CRYPTO);
}

/* Its state is as good as the key, and afterwards as what came out. */
enum ace_err ace_port_hmac_sha256(struct ace_slice key, struct ace_slice message, uint8_t ret_mac[ACE_SHA256_LEN])
{
	enum ace_err err;

	port_secret_scope_set(true);
	err = hmac_run(key, message, ret_mac);
	port_secret_scope_set(false);
	return err;
}

enum ace_err ace_port_sha256(struct ace_slice message, uint8_t ret_hash[ACE_SHA256_LEN])
{
	struct thread_state *state = thread_state_get();

	if (!state)
		return failed(ACE_ERR_CRYPTO);
	if (!state->sha256)
		state->sha256 = EVP_MD_CTX_new();
	if (!state->sha256 || EVP_DigestInit_ex2(state->sha256, sha256, NULL) != 1)
		return failed(ACE_ERR_CRYPTO);
	if (message.len && EVP_DigestUpdate(state->sha256, message.ptr, message.len) != 1)
		return failed(ACE_ERR_CRYPTO);
	return EVP_DigestFinal_ex(state->sha256, ret_hash, NULL) == 1 ? ACE_OK : failed(ACE_ERR_CRYPTO);
}

static _Atomic bool is_clock_fixed;
static _Atomic int64_t fixed_seconds;

void ace_port_openssl_fix_clock(int64_t seconds)
{
	fixed_seconds = seconds;
	is_clock_fixed = true;
}

enum ace_err ace_port_wall_clock(int64_t *ret_seconds)
{
	struct timespec now;

	if (is_clock_fixed) {
		*ret_seconds = fixed_seconds;
		return ACE_OK;
	}
	if (clock_gettime(CLOCK_REALTIME, &now))
		return ACE_ERR_CLOCK;
	*ret_seconds = now.tv_sec;
	return ACE_OK;
}

uint64_t ace_port_monotonic_ms(void)
{
	struct timespec now = { 0 };

	/* Linux has this clock always; there is nothing to do if not. */
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

bool ace_equal_ct(const uint8_t *a, const uint8_t *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

void ace_wipe(void *bytes, size_t len)
{
	/* The C library's: as hard to leave out as OpenSSL's, and wide stores where that goes byte by byte. */
	if (len)
		explicit_bzero(bytes, len);
}
