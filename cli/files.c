/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ace_port.h"
#include "cli/files_internal.h"
#include "cli/hex.h"

void cli_bytes_free(struct cli_bytes *bytes)
{
	if (bytes->ptr)
		ace_wipe(bytes->ptr, bytes->len);
	free(bytes->ptr);
	*bytes = (struct cli_bytes){ 0 };
}

enum ace_err cli_error_errno(struct cli_error *ret_error, int error_number, const char *what, const char *path)
{
	enum ace_err err = ACE_ERR_IO;
	int exit_code = 0;

	if (error_number == ENOENT || error_number == ENOTDIR) {
		err = ACE_ERR_NOT_FOUND;
		exit_code = CLI_EXIT_USAGE;
	} else if (error_number == EACCES || error_number == EPERM || error_number == EROFS) {
		err = ACE_ERR_PERMISSION;
	} else if (error_number == EEXIST) {
		err = ACE_ERR_EXISTS;
	} else if (error_number == ENOSPC || error_number == EDQUOT || error_number == EFBIG) {
		err = ACE_ERR_FULL;
	} else if (error_number == ENOMEM) {
		err = ACE_ERR_MEMORY;
	} else if (error_number == EISDIR || error_number == ENAMETOOLONG || error_number == ELOOP) {
		err = ACE_ERR_USAGE;
	}
	cli_error_set(ret_error, err, "cannot %s %s: %s", what, path, strerror(error_number));
	if (err == ACE_ERR_FULL)
		cli_error_hint(ret_error, "free some space on that disk and try again; nothing was written");
	if (ret_error)
		ret_error->exit = exit_code;
	return err;
}

/* A block of twice the size; the old one may hold a secret, so realloc() will not do. */
static bool grow(struct cli_bytes *bytes, size_t *cap, size_t max)
{
	size_t new_cap = *cap * 2 < max ? *cap * 2 : max;
	uint8_t *bigger = malloc(new_cap + 1);

	if (!bigger)
		return false;
	memcpy(bigger, bytes->ptr, bytes->len);
	ace_wipe(bytes->ptr, bytes->len);
	free(bytes->ptr);
	bytes->ptr = bigger;
	*cap = new_cap;
	return true;
}

/* One byte more than max is read, to tell a file that is too large. */
static enum ace_err read_all(int fd, size_t max, struct cli_bytes *bytes)
{
	size_t cap = 4096;

	if (cap > max)
		cap = max;
	bytes->ptr = malloc(cap + 1);
	if (!bytes->ptr)
		return ACE_ERR_MEMORY;
	for (;;) {
		ssize_t n;

		if (bytes->len == cap && cap < max && !grow(bytes, &cap, max))
			return ACE_ERR_MEMORY;
		n = read(fd, bytes->ptr + bytes->len, cap + 1 - bytes->len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ACE_ERR_IO;
		if (n == 0)
			break;
		bytes->len += (size_t)n;
		if (bytes->len > max)
			return ACE_ERR_RANGE;
		if (bytes->len > cap && !grow(bytes, &cap, max))
			return ACE_ERR_MEMORY;
	}
	bytes->ptr[bytes->len] = '\0';
	return ACE_OK;
}

enum ace_err cli_file_read(const char *path, size_t cap, struct cli_bytes *ret_bytes, struct cli_error *ret_error)
{
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	struct cli_bytes bytes = { 0 };
	enum ace_err err;
	int saved;

	if (fd < 0)
		return cli_error_errno(ret_error, errno, "read", path);
	err = read_all(fd, cap, &bytes);
	saved = errno;
	if (!is_stdin)
		close(fd);
	if (!err) {
		*ret_bytes = bytes;
		return ACE_OK;
	}
	cli_bytes_free(&bytes);
	if (err == ACE_ERR_IO)
		return cli_error_errno(ret_error, saved, "read", path);
	if (err == ACE_ERR_MEMORY)
		return cli_error_set(ret_error, err, "no memory to read %s", path);
	return cli_error_set(ret_error, err, "%s is larger than %zu bytes", path, cap);
}

bool cli_file_is_public(const char *path)
{
	struct stat st;

	return strcmp(path, "-") && !stat(path, &st) && (st.st_mode & S_IROTH);
}

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct ace_slice trimmed(struct ace_slice text)
{
	while (text.len && is_space(text.ptr[0])) {
		text.ptr++;
		text.len--;
	}
	while (text.len && is_space(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

enum ace_err cli_key_read(const char *path, size_t min, size_t max, struct ace_buf *out, struct cli_error *ret_error)
{
	struct cli_bytes file;
	struct ace_slice hex;
	enum ace_err err = cli_file_read(path, 4 * max + 64, &file, ret_error);

	if (err)
		return err;
	/* A key of the one right length is raw even when its bytes look like hex: 32 digits are a key of 16 bytes
	 * only where 32 bytes would be too many. Where several lengths fit, hex is taken for hex. */
	hex = trimmed((struct ace_slice){ file.ptr, file.len });
	if (!(min == max && file.len == min) && hex.len >= 2 * min && hex.len <= 2 * max &&
	    cli_hex_decode((const char *)hex.ptr, hex.len, out) == ACE_OK) {
		err = ACE_OK;
	} else if (file.len >= min && file.len <= max) {
		memcpy(out->ptr, file.ptr, file.len);
		out->len = file.len;
	} else {
		err = ACE_ERR_RANGE;
	}
	if (err && min == max)
		cli_error_set(ret_error, err, "%s: a key of %zu bytes is wanted, raw or in hex", path, min);
	else if (err)
		cli_error_set(ret_error, err, "%s: a key of %zu to %zu bytes is wanted, raw or in hex", path, min, max);
	if (err && ret_error)
		ret_error->exit = CLI_EXIT_USAGE;
	cli_bytes_free(&file);
	if (err)
		ace_wipe(out->ptr, out->cap);
	return err;
}
