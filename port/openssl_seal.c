/* SPDX-License-Identifier: Apache-2.0 */
/* AES-256-GCM for what is kept on disk. Opening a secret is rare next to sealing a message, so the
 * context is made anew each time; only the algorithm is looked up once. */
#include "ace_port.h"
#include "ace_port_host.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include <openssl/evp.h>

#define TAG_LEN (ACE_HOST_SEAL_EXTRA - ACE_HOST_SEAL_NONCE_LEN)

enum direction { OPEN = 0, SEAL = 1 }; /* the numbers are OpenSSL's */

static EVP_CIPHER *cipher; /* lives as long as the process */
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static EVP_CIPHER_CTX *context_new(struct ace_slice key, const uint8_t *nonce, enum direction direction)
{
	EVP_CIPHER_CTX *ctx;

	if (pthread_once(&once, fetch) || !cipher)
		return NULL;
	ctx = EVP_CIPHER_CTX_new();
	if (ctx && EVP_CipherInit_ex2(ctx, cipher, key.ptr, nonce, direction, NULL) != 1) {
		EVP_CIPHER_CTX_free(ctx);
		return NULL;
	}
	return ctx;
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
	ctx = context_new(in->key, nonce, SEAL);
	if (!ctx)
		return ACE_ERR_CRYPTO;
	err = ACE_ERR_CRYPTO;
	if (transform(ctx, in->aad, in->text, text) && EVP_CipherFinal_ex(ctx, text + in->text.len, &len) == 1 &&
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, text + in->text.len) == 1)
		err = ACE_OK;
	EVP_CIPHER_CTX_free(ctx);
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
	ctx = context_new(in->key, in->text.ptr, OPEN);
	if (!ctx)
		return ACE_ERR_CRYPTO;
	memcpy(tag, text.ptr + text.len, TAG_LEN);
	if (!transform(ctx, in->aad, text, out->ptr + out->len) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) != 1)
		err = ACE_ERR_CRYPTO;
	else if (EVP_CipherFinal_ex(ctx, tag, &len) != 1)
		err = ACE_ERR_TAG;
	EVP_CIPHER_CTX_free(ctx);
	if (err)
		ace_wipe(out->ptr + out->len, text.len);
	else
		out->len += text.len;
	return err;
}
