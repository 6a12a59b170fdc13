/* SPDX-License-Identifier: Apache-2.0 */
#include "oscore/cose_object.h"

#include "token/mem.h"

uint8_t *ace_oscore_put_alg(uint8_t *to, int32_t aead)
{
	if (aead >= 24)
		*to++ = 0x18;
	*to++ = (uint8_t)aead;
	return to;
}

struct ace_slice ace_oscore_id_slice(const struct ace_oscore_id *id)
{
	return (struct ace_slice){ id->bytes, id->len };
}

uint8_t ace_oscore_piv_write(uint64_t seq, uint8_t piv[ACE_OSCORE_PIV_MAX])
{
	uint8_t len = 1;

	for (uint64_t rest = seq >> 8; rest; rest >>= 8)
		len++;
	for (uint8_t i = len; i-- > 0; seq >>= 8)
		piv[i] = (uint8_t)seq;
	return len;
}

uint64_t ace_oscore_piv_read(struct ace_slice piv)
{
	uint64_t seq = 0;

	for (size_t i = 0; i < piv.len; i++)
		seq = seq << 8 | piv.ptr[i];
	return seq;
}

void ace_oscore_nonce_make(const struct ace_oscore_ctx *ctx, const struct ace_oscore_id *id, struct ace_slice piv,
			   uint8_t ret_nonce[ACE_AEAD_NONCE_MAX])
{
	size_t len = ace_alg_nonce_len(ctx->aead);
	size_t id_at = len - ACE_OSCORE_PIV_MAX - id->len;

	memcpy(ret_nonce, ctx->common_iv, ACE_AEAD_NONCE_MAX);
	ret_nonce[0] ^= id->len;
	for (size_t i = 0; i < id->len; i++)
		ret_nonce[id_at + i] ^= id->bytes[i];
	for (size_t i = 0; i < piv.len; i++)
		ret_nonce[len - piv.len + i] ^= piv.ptr[i];
}

void ace_oscore_aead_prepare(const struct ace_oscore_ctx *ctx, const struct ace_oscore_exchange *exchange,
			     struct ace_aead_input *ret_in, uint8_t ret_aad[ACE_OSCORE_AAD_MAX])
{
	/* [ "Encrypt0", h'', external_aad ] as far as it is the same for all. */
	static const uint8_t head[] = { 0x83, 0x68, 'E', 'n', 'c', 'r', 'y', 'p', 't', '0', 0x40 };
	uint8_t array[ACE_OSCORE_AAD_ARRAY_MAX] = { 0x85, 1, 0x81 };
	uint8_t *end = ace_oscore_put_alg(array + 3, ctx->aead);

	end = ace_cbor_put_bstr(end, ace_oscore_id_slice(&exchange->kid));
	end = ace_cbor_put_bstr(end, (struct ace_slice){ exchange->piv, exchange->piv_len });
	*end++ = 0x40; /* no class I options exist */
	memcpy(ret_aad, head, sizeof head);
	end = ace_cbor_put_bstr(ret_aad + sizeof head, (struct ace_slice){ array, (size_t)(end - array) });
	*ret_in = (struct ace_aead_input){
		.alg = ctx->aead,
		.key.bytes.len = ace_alg_key_len(ctx->aead),
		.nonce.len = ace_alg_nonce_len(ctx->aead),
		.aad = { ret_aad, (size_t)(end - ret_aad) },
	};
}
