/* SPDX-License-Identifier: Apache-2.0 */
#include "device/commands.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "cli/log.h"

static enum ace_err line_do(struct device *device, struct ace_slice line)
{
	struct ace_slice path = { line.ptr + 4, 0 }, value;

	if (line.len < 4 || memcmp(line.ptr, "set ", 4))
		return ACE_ERR_UNKNOWN;
	while (path.len < line.len - 4 && path.ptr[path.len] != ' ')
		path.len++;
	if (path.len == line.len - 4)
		return ACE_ERR_MISSING;
	value = (struct ace_slice) { path.ptr + path.len + 1, line.len - 4 - path.len - 1 };
	return device_value_set(device, path, value);
}

static void line_end(struct device_commands *commands, struct device *device)
{
	bool fits = commands->len <= sizeof commands->line;
	struct ace_slice line = { (const uint8_t *)commands->line, fits ? commands->len : sizeof commands->line };
	enum ace_err err = fits ? line_do(device, line) : ACE_ERR_SPACE;

	if (err)
		cli_log(CLI_LOG_WARN, "command.unread", cli_log_slice("line", line), cli_log_err(err));
	commands->len = 0;
}

void device_commands_read(struct device_commands *commands, struct device *device)
{
	char bytes[512];
	ssize_t len = read(commands->fd, bytes, sizeof bytes);

	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (len <= 0)
		commands->fd = -1;
	for (ssize_t i = 0; i < len; i++) {
		if (bytes[i] == '\n') {
			line_end(commands, device);
			continue;
		}
		if (commands->len < sizeof commands->line)
			commands->line[commands->len] = bytes[i];
		if (commands->len <= sizeof commands->line)
			commands->len++;
	}
}
