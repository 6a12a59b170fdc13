/* SPDX-License-Identifier: Apache-2.0 */
/* Files of the state directory: a magic line, 8 bytes of SHA-256 over the rest, one CBOR item. The hash tells damage:
 * a sequence number with a flipped bit would otherwise be believed. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ace_port.h"
#include "cli/hex.h"
#include "client/state.h"

#define MAGIC "ace-client state 1\n"
#define MAGIC_LEN (sizeof MAGIC - 1)
#define HASH_LEN 8
#define HEAD_LEN (MAGIC_LEN + HASH_LEN)
#define NAME_HASH_LEN 12
#define ABOUT_MAX 4096

static const struct {
	const char *prefix;
	const char *advice; /* what to do with a damaged file of that kind */
} kinds[] = {
	[CLIENT_KIND_CREDENTIALS] = { "as-", "move it away and enrol again with a new ticket" },
	[CLIENT_KIND_PIN] = { "pin-", "move it away: the next request pins the device anew" },
	[CLIENT_KIND_TOKEN] = { "token-", "move it away: the next request asks for a new token" },
	[CLIENT_KIND_SEQ] = { "seq-", "its numbers must not repeat: leave it, and enrol with a new ticket, or "
				      "forget the device that it belongs to" },
	[CLIENT_KIND_IDS] = { "ids", "move it away, and forget the devices that are in use" },
};

enum ace_err client_name_make(enum client_kind kind, const struct ace_slice *about, size_t about_len,
			      struct client_name *ret_name)
{
	uint8_t bytes[ABOUT_MAX], hash[ACE_SHA256_LEN];
	char hex[CLI_HEX_CAP(NAME_HASH_LEN)] = "";
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_array(&w, about_len);
	for (size_t i = 0; i < about_len; i++)
		ace_cbor_write_bstr(&w, about[i]);
	err = ace_cbor_written(&w, &written);
	if (!err && about_len) {
		err = ace_port_sha256(written, hash);
		if (!err)
			cli_hex_encode((struct ace_slice){ hash, NAME_HASH_LEN }, hex, sizeof hex);
	}
	ace_wipe(bytes, sizeof bytes);
	if (err)
		return err;
	ret_name->kind = kind;
	snprintf(ret_name->text, sizeof ret_name->text, "%s%s", kinds[kind].prefix, hex);
	return ACE_OK;
}

static enum ace_err record_path(const struct client_state *state, const struct client_name *name,
				char ret_path[CLIENT_PATH_MAX], struct cli_error *ret_error)
{
	enum ace_err err = cli_path_join(state->dir, name->text, ret_path, CLIENT_PATH_MAX);

	return err ? cli_error_set(ret_error, err, "%s: the path is too long", state->dir) : ACE_OK;
}

enum ace_err client_record_damaged(const struct client_state *state, const struct client_name *name, const char *why,
				   struct cli_error *ret_error)
{
	enum ace_err err = cli_error_set(ret_error, ACE_ERR_DAMAGED, "%s/%s is damaged: %s", state->dir, name->text,
					 why);

	if (ret_error)
		ret_error->exit = CLI_EXIT_BROKEN;
	cli_error_hint(ret_error, "%s", kinds[name->kind].advice);
	return err;
}

/* Check magic and hash, and leave the CBOR item in bytes. */
static const char *record_check(struct cli_bytes *bytes)
{
	uint8_t hash[ACE_SHA256_LEN];

	if (bytes->len < HEAD_LEN)
		return "it is too short";
	if (memcmp(bytes->ptr, MAGIC, MAGIC_LEN))
		return "it does not begin as a state file of this version";
	if (ace_port_sha256((struct ace_slice){ bytes->ptr + HEAD_LEN, bytes->len - HEAD_LEN }, hash))
		return "its hash cannot be computed";
	if (!ace_equal_ct(hash, bytes->ptr + MAGIC_LEN, HASH_LEN))
		return "its contents do not match their hash";
	memmove(bytes->ptr, bytes->ptr + HEAD_LEN, bytes->len - HEAD_LEN);
	bytes->len -= HEAD_LEN;
	return NULL;
}

enum ace_err client_record_read(const struct client_state *state, const struct client_name *name,
				struct cli_bytes *ret_content, struct cli_error *ret_error)
{
	struct cli_bytes bytes = { 0 };
	char path[CLIENT_PATH_MAX];
	const char *why;
	enum ace_err err = record_path(state, name, path, ret_error);

	if (err)
		return err;
	if (access(path, F_OK) && errno == ENOENT)
		return ACE_ERR_NOT_FOUND;
	err = cli_file_read(path, CLIENT_RECORD_MAX, &bytes, ret_error);
	if (err == ACE_ERR_RANGE)
		return client_record_damaged(state, name, "it is too large", ret_error);
	if (err)
		return err;
	why = record_check(&bytes);
	if (why) {
		cli_bytes_free(&bytes);
		return client_record_damaged(state, name, why, ret_error);
	}
	*ret_content = bytes;
	return ACE_OK;
}

enum ace_err client_record_write(const struct client_state *state, const struct client_name *name,
				 struct ace_slice content, struct cli_error *ret_error)
{
	uint8_t bytes[CLIENT_RECORD_MAX], hash[ACE_SHA256_LEN];
	char path[CLIENT_PATH_MAX];
	enum ace_err err = record_path(state, name, path, ret_error);

	if (err)
		return err;
	if (content.len > sizeof bytes - HEAD_LEN)
		return cli_error_set(ret_error, ACE_ERR_SPACE, "%s: more than a state file holds", path);
	if (ace_port_sha256(content, hash))
		return cli_error_set(ret_error, ACE_ERR_CRYPTO, "%s: cannot hash", path);
	memcpy(bytes, MAGIC, MAGIC_LEN);
	memcpy(bytes + MAGIC_LEN, hash, HASH_LEN);
	memcpy(bytes + HEAD_LEN, content.ptr, content.len);
	err = cli_file_write(path, (struct ace_slice){ bytes, HEAD_LEN + content.len }, CLI_WRITE_REPLACE, ret_error);
	ace_wipe(bytes, sizeof bytes);
	return err;
}

enum ace_err client_record_remove(const struct client_state *state, const struct client_name *name,
				  struct cli_error *ret_error)
{
	char path[CLIENT_PATH_MAX];
	enum ace_err err = record_path(state, name, path, ret_error);

	if (err)
		return err;
	if (unlink(path) && errno != ENOENT)
		return cli_error_set(ret_error, ACE_ERR_IO, "%s: %s", path, strerror(errno));
	return ACE_OK;
}

static int name_compare(const void *a, const void *b)
{
	return strcmp(((const struct client_name *)a)->text, ((const struct client_name *)b)->text);
}

/* A record's own file, not a temporary one beside it. */
static bool name_fits(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(text, prefix, len) && strlen(text) == len + 2 * NAME_HASH_LEN &&
	       strspn(text + len, "0123456789abcdef") == 2 * NAME_HASH_LEN;
}

enum ace_err client_record_list(const struct client_state *state, enum client_kind kind,
				struct client_name **ret_names, size_t *ret_len, struct cli_error *ret_error)
{
	DIR *dir = opendir(state->dir);
	struct client_name *names = NULL, *more;
	const struct dirent *entry;
	size_t len = 0;

	if (!dir)
		return cli_error_set(ret_error, ACE_ERR_IO, "%s: %s", state->dir, strerror(errno));
	while ((entry = readdir(dir))) {
		if (!name_fits(entry->d_name, kinds[kind].prefix))
			continue;
		more = reallocarray(names, len + 1, sizeof *names);
		if (!more) {
			free(names);
			closedir(dir);
			return cli_error_set(ret_error, ACE_ERR_MEMORY, "no memory");
		}
		names = more;
		names[len].kind = kind;
		snprintf(names[len].text, sizeof names[len].text, "%.47s", entry->d_name);
		len++;
	}
	closedir(dir);
	if (len)
		qsort(names, len, sizeof *names, name_compare);
	*ret_names = names;
	*ret_len = len;
	return ACE_OK;
}
