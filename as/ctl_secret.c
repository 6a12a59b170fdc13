/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_secret.h"

#include "ace_port.h"

#define MASTER_SECRET_LEN 16
#define MASTER_SALT_LEN 8
#define PSK_LEN 32

enum ace_err ctl_secret_make(enum store_auth method, struct store_secret *secret)
{
	bool is_psk = method == STORE_AUTH_DTLS_PSK;
	enum ace_err err;

	if (method == STORE_AUTH_NONE)
		return ACE_ERR_UNSUPPORTED;
	if (secret->key_len)
		return ACE_OK;
	err = ace_port_random(secret->key, is_psk ? PSK_LEN : MASTER_SECRET_LEN);
	if (!err && !is_psk)
		err = ace_port_random(secret->salt, MASTER_SALT_LEN);
	if (err)
		return err;
	secret->key_len = is_psk ? PSK_LEN : MASTER_SECRET_LEN;
	secret->salt_len = is_psk ? 0 : MASTER_SALT_LEN;
	return ACE_OK;
}
