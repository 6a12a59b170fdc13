/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/wireshark.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "ace_port.h"
#include "ace_registry.h"
#include "cli/files.h"
#include "cli/files_internal.h"
#include "cli/hex.h"

#define FIELD_MAX 128 /* bytes: the longest is a salt with both nonces */
#define LINE_MAX_LEN (5 * CLI_HEX_CAP(FIELD_MAX) + 64)
#define FILE_MAX_LEN (16u * 1024 * 1024)

/* Exactly six quoted fields; tshark knows the algorithm under this name only. */
static enum ace_err make_line(const struct cli_wireshark_context *context, char *ret_line, size_t cap)
{
	const struct ace_slice fields[] = { context->client_id, context->server_id, context->master_secret,
					    context->master_salt, context->id_context };
	char hex[CLI_HEX_CAP(FIELD_MAX)];
	size_t at = 0;

	for (size_t i = 0; i < ACE_ARRAY_LEN(fields); i++) {
		if (fields[i].len > FIELD_MAX)
			return ACE_ERR_RANGE;
		cli_hex_encode(fields[i], hex, sizeof hex);
		at += (size_t)snprintf(ret_line + at, cap - at, "\"%s\",", hex);
	}
	ace_wipe(hex, sizeof hex);
	snprintf(ret_line + at, cap - at, "\"AES-CCM-16-64-128 (CCM*)\"\n");
	return ACE_OK;
}

/* Is the line in the file already? One that is too long to look at is taken as one without. */
static bool holds(const char *path, const char *line)
{
	struct cli_bytes bytes;
	bool found;

	if (cli_file_read(path, FILE_MAX_LEN, &bytes, NULL))
		return false;
	found = strstr((const char *)bytes.ptr, line) != NULL;
	cli_bytes_free(&bytes);
	return found;
}

/* One write under a lock: several programs may share the file. 0 or an errno. */
static int append(int fd, const char *path, const char *line)
{
	size_t len = strlen(line);
	ssize_t written;

	if (flock(fd, LOCK_EX))
		return errno;
	if (holds(path, line))
		return 0;
	written = write(fd, line, len);
	if (written < 0)
		return errno;
	return (size_t)written == len ? 0 : ENOSPC;
}

enum ace_err cli_wireshark_append(const char *path, const struct cli_wireshark_context *context,
				  struct cli_error *ret_error)
{
	char line[LINE_MAX_LEN];
	int fd, error_number;

	if (context->alg != ACE_ALG_CCM_16_64_128)
		return cli_error_set(ret_error, ACE_ERR_UNSUPPORTED,
				     "tshark knows AES-CCM-16-64-128 only: no line for %s", path);
	if (make_line(context, line, sizeof line))
		return cli_error_set(ret_error, ACE_ERR_RANGE, "a context does not fit into a line of %s", path);
	fd = open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	error_number = fd < 0 ? errno : append(fd, path, line);
	ace_wipe(line, sizeof line);
	if (fd >= 0)
		close(fd);
	if (error_number)
		return cli_error_errno(ret_error, error_number, "write", path);
	return ACE_OK;
}
