/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM for what is kept on disk. The algorithm is looked up once, and each thread keeps one context
 * for each direction that only gets a new key and nonce. */
#include "ace_port.h"
#include "ace_port_host.h"
#include "port/secret.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

#define TAG_LEN (ACE_HOST_SEAL_EXTRA - ACE_HOST_SEAL_NONCE_LEN)

enum direction { OPEN = 0, SEAL = 1 }; /* the numbers are OpenSSL's */

static EVP_CIPHER *cipher; /* lives as long as the process */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t keys[2]; /* for the end of a thread */
static bool is_ready;
static _Thread_local EVP_CIPHER_CTX *contexts[2];

static void context_free(void *ctx)
{
	EVP_CIPHER_CTX_free(ctx);
}

static void fetch(void)
{
	cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	is_ready = cipher && !pthread_key_create(&keys[OPEN], context_free) &&
		   !pthread_key_create(&keys[SEAL], context_free);
}

static EVP_CIPHER_CTX *context_new(enum direction direction)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();

	if (!ctx)
		return NULL;
	if (EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, direction, NULL) != 1 ||
	    pthread_setspecific(keys[direction], ctx)) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	contexts[direction] = ctx;
	return ctx;
}

/* The calling thread's context for a direction; NULL when there is no memory or no such algorithm. */
static EVP_CIPHER_CTX *context_get(enum direction direction)
{
	EVP_CIPHER_CTX *ctx = contexts[direction];

	if (ctx)
		return ctx;
	if (pthread_once(&once, fetch) || !is_ready)
		return NULL;
	port_secret_scope_set(true);
	ctx = context_new(direction);
	port_secret_scope_set(false);
	return ctx;
}

static EVP_CIPHER_CTX *context_start(struct ace_slice key, const uint8_t *nonce, enum direction direction)
{
	EVP_CIPHER_CTX *ctx = context_get(direction);

	return ctx && EVP_CipherInit_ex2(ctx, NULL, key.ptr, nonce, -1, NULL) == 1 ? ctx : NULL;
}

/* One pass over aad and text; the tag comes before or after it, depending on the direction. */
static bool transform(EVP_CIPHER_CTX *ctx, struct ace_slice aad, struct ace_slice text, uint8_t *ret_text)
{
	int len;

	if (aad.len && EVP_CipherUpdate(ctx, NULL, &len, aad.ptr, (int)aad.len) != 1)
		return false;
	return !text.len || EVP_CipherUpdate(ctx, ret_text, &len, text.ptr, (int)text.len) == 1;
}

static enum ace_err check(const struct ace_host_seal_input *in)
{
	if (in->key.len != ACE_HOST_SEAL_KEY_LEN || in->aad.len > INT_MAX || in->text.len > INT_MAX)
		return ACE_ERR_USAGE;
	return ACE_OK;
}

enum ace_err ace_port_host_seal(const struct ace_host_seal_input *in, struct ace_buf *out)
{
	uint8_t *nonce = out->ptr + out->len;
	uint8_t *text = nonce + ACE_HOST_SEAL_NONCE_LEN;
	EVP_CIPHER_CTX *ctx;
	enum ace_err err = check(in);
	int len;

	if (err)
		return err;
	if (out->cap - out->len < ACE_HOST_SEAL_EXTRA || out->cap - out->len - ACE_HOST_SEAL_EXTRA < in->text.len)
		return ACE_ERR_SPACE;
	err = ace_port_random(nonce, ACE_HOST_SEAL_NONCE_LEN);
	if (err)
		return err;
	ctx = context_start(in->key, nonce, SEAL);
	if (!ctx)
		return ACE_ERR_CRYPTO;
	err = ACE_ERR_CRYPTO;
	if (transform(ctx, in->aad, in->text, text) && EVP_CipherFinal_ex(ctx, text + in->text.len, &len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, text + in->text.len) == 1)
		err = ACE_OK;
	if (!err)
		out->len += in->text.len + ACE_HOST_SEAL_EXTRA;
	return err;
}

enum ace_err ace_port_host_open(const struct ace_host_seal_input *in, struct ace_buf *out)
{
	struct ace_slice text;
	uint8_t tag[TAG_LEN];
	EVP_CIPHER_CTX *ctx;
	enum ace_err err = check(in);
	int len;

	if (err)
		return err;
	if (in->text.len < ACE_HOST_SEAL_EXTRA)
		return ACE_ERR_TAG;
	text.ptr = in->text.ptr + ACE_HOST_SEAL_NONCE_LEN;
	text.len = in->text.len - ACE_HOST_SEAL_EXTRA;
	if (out->cap - out->len < text.len)
		return ACE_ERR_SPACE;
	ctx = context_start(in->key, in->text.ptr, OPEN);
	if (!ctx)
		return ACE_ERR_CRYPTO;
	memcpy(tag, text.ptr + text.len, TAG_LEN);
	if (!transform(ctx, in->aad, text, out->ptr + out->len) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1)
		err = ACE_ERR_CRYPTO;
	else if (EVP_CipherFinal_ex(ctx, tag, &len) != 1)
		err = ACE_ERR_TAG;
	if (err)
		ace_wipe(out->ptr + out->len, text.len);
	else
		out->len += text.len;
	return err;
}
