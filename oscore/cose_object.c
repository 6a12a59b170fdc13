/* SPDX-License-Identifier: Apache-2.0 */
#include "oscore/cose_object.h"

#include "token/mem.h"

/* [ "Encrypt0", h'', external_aad ] around [ version 1, [ algorithm ], request kid, request Partial IV, no options ], as
 * far as it is the same for all. */
static const uint8_t aad_start[] = { 0x83, 0x68, 'E', 'n', 'c', 'r', 'y', 'p', 't', '0', 0x40, 0x40, 0x85, 1, 0x81 };
#define AAD_ARRAY_HEAD_AT 11 /* that of the string with the array, which is shorter than 24 bytes */
#define AAD_MAX (sizeof aad_start + 2 + 1 + ACE_OSCORE_ID_MAX + 1 + ACE_OSCORE_PIV_MAX + 1)

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

/* Combine bytes with those that end at the place. */
static void xor_before(uint8_t *end, const uint8_t *bytes, size_t len)
{
	while (len-- > 0)
		*--end ^= bytes[len];
}

void ace_oscore_nonce_make(const struct ace_oscore_ctx *ctx, const struct ace_oscore_id *id, struct ace_slice piv,
			   uint8_t ret_nonce[ACE_AEAD_NONCE_MAX])
{
	uint8_t *end = ret_nonce + ace_alg_nonce_len(oscore_alg(ctx));

	memcpy(ret_nonce, ctx->common_iv, ACE_AEAD_NONCE_MAX);
	ret_nonce[0] ^= id->len;
	xor_before(end - ACE_OSCORE_PIV_MAX, id->bytes, id->len);
	xor_before(end, piv.ptr, piv.len);
}

static size_t aad_write(const struct ace_oscore_crypt *crypt, uint8_t ret_aad[AAD_MAX])
{
	const struct ace_oscore_exchange *exchange = crypt->exchange;
	uint8_t *end;

	memcpy(ret_aad, aad_start, sizeof aad_start);
	end = oscore_put_number(ret_aad + sizeof aad_start, oscore_alg(crypt->ctx));
	end = ace_cbor_put_bytes(end, exchange->kid.bytes, exchange->kid.len);
	end = ace_cbor_put_bytes(end, exchange->piv, exchange->piv_len);
	*end++ = 0x40;
	ret_aad[AAD_ARRAY_HEAD_AT] |= (uint8_t)(end - ret_aad - AAD_ARRAY_HEAD_AT - 1);
	return (size_t)(end - ret_aad);
}

enum ace_err ace_oscore_crypt(const struct ace_oscore_crypt *crypt, struct ace_buf *out)
{
	const struct ace_oscore_exchange *exchange = crypt->exchange;
	const struct ace_oscore_ctx *ctx = crypt->ctx;
	const struct ace_oscore_id *id = crypt->is_sealed ? &ctx->recipient_id : &ctx->sender_id;
	struct ace_slice piv = crypt->piv;
	uint8_t nonce[ACE_AEAD_NONCE_MAX], aad[AAD_MAX];
	struct ace_aead_input in;

	if (!piv.len) {
		piv = (struct ace_slice){ exchange->piv, exchange->piv_len };
		id = &exchange->kid;
	}
	ace_oscore_nonce_make(ctx, id, piv, nonce);
	in.alg = oscore_alg(ctx);
	in.key.bytes.ptr = crypt->is_sealed ? ctx->recipient_key : ctx->sender_key;
	in.key.bytes.len = ace_alg_key_len(in.alg);
	in.key.port_id = 0;
	in.nonce = (struct ace_slice){ nonce, ace_alg_nonce_len(in.alg) };
	in.aad = (struct ace_slice){ aad, aad_write(crypt, aad) };
	in.text = crypt->text;
	return crypt->is_sealed ? ace_port_aead_open(&in, out) : ace_port_aead_seal(&in, out);
}
