/* SPDX-License-Identifier: Apache-2.0 */
/* --wireshark-keys: the library keeps no master secret, so the token is opened a second time for the file that
 * the developer asked for. */
#include "device/request.h"

#include "ace_cose.h"
#include "cli/wireshark.h"

struct members {
	struct ace_slice token, nonce1, client_id;
	struct ace_slice nonce2, server_id;
};

static void members_read(struct members *members, struct ace_slice body, enum ace_err *err)
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	if (*err)
		return;
	ace_cbor_read_init(&r, body);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		if (key == ACE_PARAM_ACCESS_TOKEN)
			members->token = ace_cbor_read_bstr(&r);
		else if (key == ACE_PARAM_NONCE1)
			members->nonce1 = ace_cbor_read_bstr(&r);
		else if (key == ACE_PARAM_CLIENT_RECIPIENT_ID)
			members->client_id = ace_cbor_read_bstr(&r);
		else if (key == ACE_PARAM_NONCE2)
			members->nonce2 = ace_cbor_read_bstr(&r);
		else if (key == ACE_PARAM_SERVER_RECIPIENT_ID)
			members->server_id = ace_cbor_read_bstr(&r);
		else
			(void)ace_cbor_read_raw(&r);
	}
	*err = ace_cbor_read_finish(&r);
}

/* Under the first key that opens it. */
static enum ace_err token_open(const struct device *device, struct ace_slice token, struct ace_buf *plain)
{
	struct ace_cose_encrypt0 cose;
	enum ace_err err = ace_cose_read(token, &cose);

	for (size_t i = 0; !err && i < device->bundle.token_keys_len; i++) {
		err = ace_cose_open(&cose, device->keys[i].key, plain);
		if (!err)
			return ACE_OK;
		if (err == ACE_ERR_TAG || err == ACE_ERR_USAGE)
			err = ACE_OK;
	}
	return err ? err : ACE_ERR_NO_KEY;
}

static enum ace_err context_append(const struct device *device, const struct members *members, struct ace_slice plain)
{
	uint8_t salt_bytes[DEVICE_TOKEN_MAX];
	struct ace_buf salt = ACE_BUF_OF(salt_bytes);
	struct ace_claims claims;
	enum ace_err osc_err, err;

	err = ace_claims_read(plain, &claims, &osc_err);
	if (!err)
		err = osc_err;
	if (!err)
		err = ace_master_salt(claims.osc.salt, members->nonce1, members->nonce2, &salt);
	if (err)
		return err;
	/* Each side's Recipient ID is the other's Sender ID. */
	return cli_wireshark_append(device->wireshark_path,
				    &(struct cli_wireshark_context) {
					    .client_id = members->server_id,
					    .server_id = members->client_id,
					    .master_secret = claims.osc.ms,
					    .master_salt = ace_buf_slice(&salt),
					    .id_context = claims.osc.context_id,
					    .alg = claims.osc.alg ? claims.osc.alg : ACE_ALG_CCM_16_64_128,
				    },
				    NULL);
}

enum ace_err device_wireshark_append(const struct device *device, struct ace_slice post, struct ace_slice answer)
{
	uint8_t plain_bytes[DEVICE_TOKEN_MAX];
	struct ace_buf plain = ACE_BUF_OF(plain_bytes);
	struct members members = { 0 };
	enum ace_err err = ACE_OK;

	members_read(&members, post, &err);
	members_read(&members, answer, &err);
	if (!err)
		err = token_open(device, members.token, &plain);
	if (!err)
		err = context_append(device, &members, ace_buf_slice(&plain));
	ace_wipe(plain_bytes, sizeof plain_bytes);
	return err;
}
