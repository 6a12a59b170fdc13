/* SPDX-License-Identifier: Apache-2.0 */
/* From a shared secret to the keys of both directions. */
#include "oscore/cose_object.h"

#include "oscore/hkdf.h"
#include "token/mem.h"

_Static_assert(ACE_OSCORE_ID_CONTEXT_MAX < 24, "longer ones would need another CBOR head");
/* [ id, id_context, alg, type, L ] with heads; L takes two bytes for 32. And a byte for HKDF. */
#define INFO_MAX (1 + 1 + ACE_OSCORE_ID_MAX + 1 + ACE_OSCORE_ID_CONTEXT_MAX + 2 + 4 + 2 + 1)

/* What is derived, and where it goes. The Common IV belongs to nobody. */
enum output { SENDER_KEY, RECIPIENT_KEY, COMMON_IV, OUTPUTS };

__attribute__((noinline)) static enum ace_err expand(struct ace_oscore_ctx *ctx, const uint8_t prk[ACE_SHA256_LEN], enum output output)
{
	static const uint8_t types[2][5] = { "\x63Key", "\x62IV" }; /* text with its head, and a NUL */
	const struct ace_oscore_id *id = output == SENDER_KEY ? &ctx->sender_id : &ctx->recipient_id;
	uint8_t info[INFO_MAX], *end, *key, len = ace_alg_key_len(oscore_alg(ctx)), id_len = id->len;
	bool is_iv = output == COMMON_IV;

	key = output == SENDER_KEY ? ctx->sender_key : ctx->recipient_key;
	if (is_iv) {
		id_len = 0;
		key = ctx->common_iv;
		len = ace_alg_nonce_len(oscore_alg(ctx));
	}
	info[0] = 0x85;
	end = ace_cbor_put_bytes(info + 1, id->bytes, id_len);
	if (ctx->has_id_context)
		end = ace_cbor_put_bytes(end, ctx->id_context, ctx->id_context_len);
	else
		*end++ = 0xf6;
	end = oscore_put_number(end, oscore_alg(ctx));
	memcpy(end, types[is_iv], 4);
	end = oscore_put_number(end + 4 - is_iv, len);
	return hkdf_expand(prk, info, (size_t)(end - info), key, len);
}

enum ace_err ace_oscore_keys_derive(const struct ace_slice *master_secret, const struct ace_slice *master_salt,
				     struct ace_oscore_ctx *ctx)
{
	uint8_t prk[ACE_SHA256_LEN];
	enum ace_err err = hkdf_extract(*master_salt, *master_secret, prk);

	for (int output = SENDER_KEY; !err && output < OUTPUTS; output++)
		err = expand(ctx, prk, (enum output)output);
	ace_wipe(prk, sizeof prk);
	ctx->window.known = true;
	if (err)
		ace_wipe(ctx, sizeof *ctx);
	return err;
}

static void id_copy(struct ace_slice bytes, struct ace_oscore_id *ret_id)
{
	ret_id->len = (uint8_t)bytes.len;
	if (bytes.len)
		memcpy(ret_id->bytes, bytes.ptr, bytes.len);
}

/* Everything of the context that is not secret. */
static enum ace_err names_copy(const struct ace_oscore_input *in, struct ace_oscore_ctx *ctx)
{
	int32_t aead = in->aead ? in->aead : ACE_ALG_CCM_16_64_128;
	struct ace_slice id_context = { NULL, 0 };
	size_t id_max;

	if (in->hkdf && in->hkdf != ACE_ALG_HMAC_256 && in->hkdf != ACE_ALG_DIRECT_HKDF_SHA_256)
		return ACE_ERR_UNSUPPORTED;
	if (!ace_alg_is_known(aead) || ace_alg_key_len(aead) > ACE_OSCORE_KEY_MAX)
		return ACE_ERR_UNSUPPORTED;
	/* RFC 8613 3.3: "The maximum length of Sender ID in bytes equals the length of the AEAD nonce minus 6". */
	id_max = ace_alg_nonce_len(aead) - ACE_OSCORE_NONCE_OVER_ID;
	if (in->has_id_context)
		id_context = in->id_context;
	if (!in->master_secret.len || id_context.len > ACE_OSCORE_ID_CONTEXT_MAX || in->sender_id.len > id_max ||
	    in->recipient_id.len > id_max)
		return ACE_ERR_RANGE;
	/* Equal ids would make both directions use the same keys and nonces. */
	if (ace_slice_equal(in->sender_id, in->recipient_id))
		return ACE_ERR_CNF;
	id_copy(in->sender_id, &ctx->sender_id);
	id_copy(in->recipient_id, &ctx->recipient_id);
	ctx->aead = (int8_t)aead;
	ctx->has_id_context = in->has_id_context;
	ctx->id_context_len = (uint8_t)id_context.len;
	if (id_context.len)
		memcpy(ctx->id_context, id_context.ptr, id_context.len);
	return ACE_OK;
}

enum ace_err ace_oscore_derive(const struct ace_oscore_input *in, struct ace_oscore_ctx *ret_ctx)
{
	enum ace_err err;

	memset(ret_ctx, 0, sizeof *ret_ctx);
	err = names_copy(in, ret_ctx);
	return err ? err : ace_oscore_keys_derive(&in->master_secret, &in->master_salt, ret_ctx);
}
