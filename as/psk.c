/* SPDX-License-Identifier: Apache-2.0 */
#include "as/psk.h"

#include <string.h>

#include "ace_port.h"
#include "storage/devices.h"

static enum ace_err client_key(struct store_txn *txn, struct as_psk_owner *owner, struct store_secret *ret_secret)
{
	struct store_client client;
	enum ace_err err = store_client_get(txn, owner->id, &client);

	if (err)
		return err;
	if (client.method != STORE_AUTH_DTLS_PSK)
		return ACE_ERR_NOT_FOUND;
	owner->line = client.line;
	owner->key_version = client.key_version;
	return store_client_secret(txn, &client, ret_secret);
}

static enum ace_err device_key(struct store_txn *txn, struct as_psk_owner *owner, struct store_secret *ret_secret)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, owner->id, &device);

	if (err)
		return err;
	if (device.line_method != STORE_AUTH_DTLS_PSK)
		return ACE_ERR_NOT_FOUND;
	owner->line = device.line;
	owner->key_version = device.line_key_version;
	return store_device_line_secret(txn, &device, ret_secret);
}

enum ace_err as_psk_find(struct store_txn *txn, struct ace_slice identity, struct as_psk_owner *ret_owner,
			 struct store_secret *ret_secret)
{
	struct as_psk_owner owner = { 0 };
	struct store_secret secret = { 0 };
	enum ace_err err;

	if (identity.len == 0 || identity.len > STORE_ID_MAX || memchr(identity.ptr, 0, identity.len))
		return ACE_ERR_NOT_FOUND;
	memcpy(owner.id, identity.ptr, identity.len);
	err = client_key(txn, &owner, &secret);
	if (err == ACE_ERR_NOT_FOUND)
		err = device_key(txn, &owner, &secret);
	if (!err) {
		*ret_owner = owner;
		*ret_secret = secret;
	}
	store_secret_wipe(&secret);
	return err;
}

enum ace_err as_psk_decoy(const uint8_t boot_key[AS_PSK_BOOT_KEY_LEN], struct ace_slice identity,
			  struct store_secret *ret_secret)
{
	enum ace_err err = ace_port_hmac_sha256((struct ace_slice){ boot_key, AS_PSK_BOOT_KEY_LEN }, identity,
						ret_secret->key);

	ret_secret->key_len = AS_PSK_DECOY_LEN;
	ret_secret->salt_len = 0;
	return err;
}
