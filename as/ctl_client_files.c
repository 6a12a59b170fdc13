/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_client_files.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Beside the map: CLIENT.oscore, and in it secret.json. */
static enum ace_err name_secret(const char *client, const char *path, struct ctl_client_files *files,
				struct cli_error *ret_error)
{
	const char *slash = strrchr(path, '/');
	int len = snprintf(files->secret_dir, sizeof files->secret_dir, "%.*s%s" CLI_AIOCOAP_SUFFIX,
			   slash ? (int)(slash - path) + 1 : 0, path, client);

	if (len < 0 || (size_t)len >= sizeof files->secret_dir ||
	    cli_path_join(files->secret_dir, "secret.json", files->secret_path, sizeof files->secret_path))
		return cli_error_set(ret_error, ACE_ERR_RANGE, "%.200s: the path is too long", path);
	return ACE_OK;
}

static enum ace_err write_bytes(const char *path, struct cli_bytes *bytes, struct cli_error *ret_error)
{
	enum ace_err err = cli_file_write(path, (struct ace_slice){ bytes->ptr, bytes->len }, CLI_WRITE_NEW, ret_error);

	cli_bytes_free(bytes);
	return err;
}

static enum ace_err write_secret(const struct cli_client_bundle *bundle, const struct ctl_client_files *files,
				 struct cli_error *ret_error)
{
	struct cli_bytes bytes = { 0 };
	enum ace_err err = cli_aiocoap_secret_write(bundle, &bytes, ret_error);

	return err ? err : write_bytes(files->secret_path, &bytes, ret_error);
}

/* aiocoap writes its sequence numbers there, too: another context's must not be mixed with ours. */
static enum ace_err make_secret_dir(const struct ctl_client_files *files, struct cli_error *ret_error)
{
	if (!access(files->secret_dir, F_OK)) {
		cli_error_set(ret_error, ACE_ERR_EXISTS, "%s is there already and is not overwritten", files->secret_dir);
		cli_error_hint(ret_error, "move it away or choose another folder");
		return ACE_ERR_EXISTS;
	}
	return cli_dir_make(files->secret_dir, 0700, ret_error);
}

enum ace_err ctl_client_files_write(const struct cli_client_bundle *bundle, enum cli_bundle_format format,
				    const char *path, struct ctl_client_files *ret_files, struct cli_error *ret_error)
{
	struct ctl_client_files files = { .path = path };
	struct cli_bytes bytes = { 0 };
	enum ace_err err = cli_client_bundle_write(bundle, format, &bytes, ret_error);

	if (err || format != CLI_FORMAT_AIOCOAP || bundle->line.method != CLI_LINE_OSCORE) {
		err = err ? err : write_bytes(path, &bytes, ret_error);
		if (!err)
			*ret_files = files;
		return err;
	}
	err = name_secret(bundle->client, path, &files, ret_error);
	if (!err)
		err = make_secret_dir(&files, ret_error);
	if (err) {
		cli_bytes_free(&bytes);
		return err;
	}
	err = write_secret(bundle, &files, ret_error);
	if (!err)
		err = write_bytes(path, &bytes, ret_error);
	cli_bytes_free(&bytes);
	if (!err) {
		*ret_files = files;
		return ACE_OK;
	}
	unlink(files.secret_path);
	rmdir(files.secret_dir);
	return err;
}

void ctl_client_files_remove(const struct ctl_client_files *files)
{
	unlink(files->path);
	if (files->secret_dir[0]) {
		unlink(files->secret_path);
		rmdir(files->secret_dir);
	}
}
