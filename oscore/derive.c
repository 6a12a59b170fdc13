/* SPDX-License-Identifier: Apache-2.0 */
/* From a shared secret to the keys of both directions. */
#include "oscore/cose_object.h"

#include "token/mem.h"

_Static_assert(ACE_OSCORE_ID_CONTEXT_MAX < 24, "longer ones would need another CBOR head");
/* [ id, id_context, alg, type, L ] with heads; L takes two bytes for 32. */
#define INFO_MAX (1 + 1 + ACE_OSCORE_ID_MAX + 1 + ACE_OSCORE_ID_CONTEXT_MAX + 2 + 4 + 2)
_Static_assert(INFO_MAX <= ACE_HKDF_INFO_MAX, "info must fit");

enum kind { KIND_KEY, KIND_IV };

static enum ace_err expand(const struct ace_oscore_ctx *ctx, const uint8_t prk[ACE_SHA256_LEN],
			   const struct ace_oscore_id *id, enum kind kind, uint8_t *ret_bytes)
{
	uint8_t len = kind == KIND_KEY ? ace_alg_key_len(ctx->aead) : ace_alg_nonce_len(ctx->aead);
	uint8_t info[INFO_MAX] = { 0x85 };
	uint8_t *end = ace_oscore_put_bstr(info + 1, ace_oscore_id_slice(id));

	if (ctx->has_id_context)
		end = ace_oscore_put_bstr(end, (struct ace_slice){ ctx->id_context, ctx->id_context_len });
	else
		*end++ = 0xf6;
	end = ace_oscore_put_alg(end, ctx->aead);
	memcpy(end, kind == KIND_KEY ? "\x63Key" : "\x62IV", 4); /* text with its head; of "IV" the NUL goes again */
	end += kind == KIND_KEY ? 4 : 3;
	end = ace_oscore_put_alg(end, len); /* a small number like any other */
	return ace_hkdf_expand(prk, (struct ace_slice){ info, (size_t)(end - info) }, ret_bytes, len);
}

static enum ace_err id_copy(struct ace_slice bytes, int32_t aead, struct ace_oscore_id *ret_id)
{
	/* RFC 8613 3.3: "The maximum length of Sender ID in bytes equals the length of the AEAD nonce minus 6". */
	if (bytes.len > (size_t)ace_alg_nonce_len(aead) - ACE_OSCORE_NONCE_OVER_ID)
		return ACE_ERR_RANGE;
	ret_id->len = (uint8_t)bytes.len;
	if (bytes.len)
		memcpy(ret_id->bytes, bytes.ptr, bytes.len);
	return ACE_OK;
}

/* Everything of the context that is not secret. */
static enum ace_err names_copy(const struct ace_oscore_input *in, struct ace_oscore_ctx *ctx)
{
	int32_t aead = in->aead ? in->aead : ACE_ALG_CCM_16_64_128;
	enum ace_err err;

	if (in->hkdf && in->hkdf != ACE_ALG_HMAC_256 && in->hkdf != ACE_ALG_DIRECT_HKDF_SHA_256)
		return ACE_ERR_UNSUPPORTED;
	if (!ace_alg_is_known(aead) || ace_alg_key_len(aead) > ACE_OSCORE_KEY_MAX)
		return ACE_ERR_UNSUPPORTED;
	if (!in->master_secret.len || (in->has_id_context && in->id_context.len > ACE_OSCORE_ID_CONTEXT_MAX))
		return ACE_ERR_RANGE;
	err = id_copy(in->sender_id, aead, &ctx->sender_id);
	if (!err)
		err = id_copy(in->recipient_id, aead, &ctx->recipient_id);
	if (err)
		return err;
	/* Equal ids would make both directions use the same keys and nonces. */
	if (ace_slice_equal(in->sender_id, in->recipient_id))
		return ACE_ERR_CNF;
	ctx->aead = (int8_t)aead;
	ctx->has_id_context = in->has_id_context;
	if (in->has_id_context && in->id_context.len) {
		ctx->id_context_len = (uint8_t)in->id_context.len;
		memcpy(ctx->id_context, in->id_context.ptr, in->id_context.len);
	}
	return ACE_OK;
}

enum ace_err ace_oscore_derive(const struct ace_oscore_input *in, struct ace_oscore_ctx *ret_ctx)
{
	static const struct ace_oscore_id no_id;
	struct ace_oscore_ctx ctx = { .window.known = true };
	uint8_t prk[ACE_SHA256_LEN];
	enum ace_err err = names_copy(in, &ctx);

	if (err)
		return err;
	err = ace_hkdf_extract(in->master_salt, in->master_secret, prk);
	if (!err)
		err = expand(&ctx, prk, &ctx.sender_id, KIND_KEY, ctx.sender_key);
	if (!err)
		err = expand(&ctx, prk, &ctx.recipient_id, KIND_KEY, ctx.recipient_key);
	if (!err)
		err = expand(&ctx, prk, &no_id, KIND_IV, ctx.common_iv);
	if (!err)
		*ret_ctx = ctx;
	ace_wipe(prk, sizeof prk);
	ace_wipe(&ctx, sizeof ctx);
	return err;
}
