/* SPDX-License-Identifier: Apache-2.0 */
/* Keys of new clients and devices: made here, or read from the files that the inventory names. */
#include "as/ctl_apply_internal.h"

#include <string.h>

#include "ace_port.h"
#include "cli/files.h"

#define MASTER_SECRET_LEN 16
#define MASTER_SALT_LEN 8
#define PSK_LEN 32
#define PSK_LEN_MIN 16

struct length {
	size_t min, max; /* a key that is made has min bytes */
};

/* A key file is named relative to the folder of the inventory that names it; "": of a command line. */
static enum ace_err read_key_file(const char *inventory, const char *name, struct length length,
				  struct ace_buf *key, struct cli_error *error)
{
	char path[1024];
	const char *slash = strrchr(inventory, '/');
	enum ace_err err;
	int len;

	if (name[0] == '/' || !inventory[0])
		len = snprintf(path, sizeof path, "%s", name);
	else if (!slash)
		len = snprintf(path, sizeof path, "./%s", name); /* "-" is a file here, and not standard input */
	else
		len = snprintf(path, sizeof path, "%.*s/%s", (int)(slash - inventory), inventory, name);
	if (len < 0 || (size_t)len >= sizeof path)
		err = cli_error_set(error, ACE_ERR_USAGE, "%.100s...: the path of the key file is too long", name);
	else
		err = cli_key_read(path, length.min, length.max, key, error);
	/* The command line is in order; the inventory names a file that is not. */
	if (err && inventory[0] && error->exit == CLI_EXIT_USAGE)
		error->exit = CLI_EXIT_NO;
	if (err && inventory[0])
		cli_error_hint(error, "%.200s names that key", inventory);
	return err;
}

static void count_imported(struct ctl_applied *applied, const char *name)
{
	if (applied->imported < CTL_IMPORTED_NAMED)
		applied->imported_names[applied->imported] = name;
	applied->imported++;
}

static enum ace_err make(struct apply *apply, const struct apply_key *from, struct length length, struct ace_buf *key)
{
	const struct policy_key *source = from->source;
	enum ace_err err;

	if (source->source == POLICY_KEY_FILE) {
		err = read_key_file(from->inventory, source->value, length, key, apply->error);
		if (!err)
			count_imported(apply->applied, source->value);
		return err;
	}
	if (source->source == POLICY_KEY_FINGERPRINT)
		return cli_error_set(apply->error, ACE_ERR_NOT_FOUND,
				     "%s: a fingerprint stands for a key that is not in this store; use \"generate\" or a file",
				     from->inventory);
	if (from->is_device)
		apply->applied->keys_of_devices++;
	else
		apply->applied->keys_of_clients++;
	key->len = length.min;
	return ace_port_random(key->ptr, key->len);
}

enum ace_err apply_make_key(struct apply *apply, const struct apply_key *from, size_t len, struct ace_buf *key)
{
	return make(apply, from, (struct length){ len, len }, key);
}

enum ace_err apply_make_secret(struct apply *apply, const struct apply_key *from, enum store_auth method,
			       struct store_secret *ret_secret)
{
	bool is_psk = method == STORE_AUTH_DTLS_PSK, is_file = from->source->source == POLICY_KEY_FILE;
	struct ace_buf key = { ret_secret->key, sizeof ret_secret->key, 0 };
	struct length length = { MASTER_SECRET_LEN, MASTER_SECRET_LEN };
	enum ace_err err;

	if (is_psk)
		length = (struct length){ is_file ? PSK_LEN_MIN : PSK_LEN, STORE_SECRET_MAX };
	err = make(apply, from, length, &key);
	ret_secret->key_len = (uint8_t)key.len;
	ret_secret->salt_len = is_psk ? 0 : MASTER_SALT_LEN;
	return err || is_psk ? err : ace_port_random(ret_secret->salt, ret_secret->salt_len);
}
