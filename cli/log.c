/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/log.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char *const level_names[] = { "error", "warn", "info", "debug" };

static enum cli_log_level threshold = CLI_LOG_INFO;
static int log_fd = STDERR_FILENO;

struct cli_log_field cli_log_text(const char *key, const char *text)
{
	const char *shown = text ? text : "-";

	return (struct cli_log_field){ .key = key, .bytes = { (const uint8_t *)shown, strlen(shown) } };
}

struct cli_log_field cli_log_slice(const char *key, struct ace_slice text)
{
	return (struct cli_log_field){ .key = key, .bytes = text };
}

struct cli_log_field cli_log_hex(const char *key, struct ace_slice bytes)
{
	return (struct cli_log_field){ .key = key, .kind = CLI_LOG_HEX, .bytes = bytes };
}

struct cli_log_field cli_log_int(const char *key, int64_t number)
{
	return (struct cli_log_field){ .key = key, .kind = CLI_LOG_INT, .number = number };
}

struct cli_log_field cli_log_err(enum ace_err err)
{
	return cli_log_text("err", ace_err_name(err));
}

void cli_log_level_set(enum cli_log_level level)
{
	threshold = level;
}

bool cli_log_shows(enum cli_log_level level)
{
	return level <= threshold;
}

bool cli_log_level_parse(const char *name, enum cli_log_level *ret_level)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(level_names); i++) {
		if (strcmp(name, level_names[i]))
			continue;
		*ret_level = (enum cli_log_level)i;
		return true;
	}
	return false;
}

void cli_log_fd_set(int fd)
{
	log_fd = fd;
}

/* A line that is being made; the last byte is kept for the newline. */
struct line {
	char text[CLI_LOG_LINE_MAX];
	size_t len;
};

static void put(struct line *line, const char *text)
{
	while (*text && line->len < sizeof line->text - 1)
		line->text[line->len++] = *text++;
}

/* Is a value shown as it is? Else it stands in quotes. */
static bool is_plain(struct ace_slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] <= ' ' || text.ptr[i] >= 0x7f || strchr("\"\\=", text.ptr[i]))
			return false;
	return text.len > 0;
}

static void put_text(struct line *line, struct ace_slice text)
{
	bool cut = text.len > CLI_LOG_VALUE_MAX;
	bool plain;

	if (cut)
		text.len = CLI_LOG_VALUE_MAX;
	plain = is_plain(text);
	put(line, plain ? "" : "\"");
	for (size_t i = 0; i < text.len; i++) {
		char shown[8] = { (char)text.ptr[i], '\0' };

		if (text.ptr[i] == '"' || text.ptr[i] == '\\')
			snprintf(shown, sizeof shown, "\\%c", text.ptr[i]);
		else if (text.ptr[i] < ' ' || text.ptr[i] >= 0x7f)
			snprintf(shown, sizeof shown, "\\x%02x", text.ptr[i]);
		put(line, shown);
	}
	put(line, cut ? "..." : "");
	put(line, plain ? "" : "\"");
}

static void put_hex(struct line *line, struct ace_slice bytes)
{
	char digits[3];

	put(line, bytes.len ? "" : "\"\"");
	for (size_t i = 0; i < bytes.len && i < CLI_LOG_VALUE_MAX / 2; i++) {
		snprintf(digits, sizeof digits, "%02x", bytes.ptr[i]);
		put(line, digits);
	}
	put(line, bytes.len > CLI_LOG_VALUE_MAX / 2 ? "..." : "");
}

static void put_field(struct line *line, const struct cli_log_field *field)
{
	char number[24];

	put(line, " ");
	put(line, field->key);
	put(line, "=");
	if (field->kind == CLI_LOG_TEXT) {
		put_text(line, field->bytes);
	} else if (field->kind == CLI_LOG_HEX) {
		put_hex(line, field->bytes);
	} else {
		snprintf(number, sizeof number, "%lld", (long long)field->number);
		put(line, number);
	}
}

void cli_log_fields(enum cli_log_level level, const char *event, const struct cli_log_field *fields, size_t len)
{
	int saved = errno;
	struct line line = { .len = 0 };

	if (!cli_log_shows(level))
		return;
	put(&line, "level=");
	put(&line, level_names[level]);
	put(&line, " event=");
	put(&line, event);
	for (size_t i = 0; i < len; i++)
		put_field(&line, &fields[i]);
	line.text[line.len++] = '\n';
	/* One write a line, so that lines of several processes do not mix. A log that cannot be written is lost. */
	while (write(log_fd, line.text, line.len) < 0 && errno == EINTR)
		continue;
	errno = saved;
}

static bool may_tell(struct cli_log_pace *pace, uint64_t now_ms)
{
	if (pace->is_told && now_ms - pace->told_ms < CLI_LOG_PACE_MS) {
		pace->left_out++;
		return false;
	}
	pace->is_told = true;
	pace->told_ms = now_ms;
	return true;
}

void cli_log_fields_paced(struct cli_log_pace *pace, uint64_t now_ms, enum cli_log_level level, const char *event,
			  const struct cli_log_field *fields, size_t len)
{
	struct cli_log_field with_more[CLI_LOG_PACED_FIELDS + 1];
	size_t kept = len < CLI_LOG_PACED_FIELDS ? len : CLI_LOG_PACED_FIELDS;

	if (!may_tell(pace, now_ms))
		return;
	memcpy(with_more, fields, kept * sizeof *fields);
	if (pace->left_out)
		with_more[kept++] = cli_log_int("more", (int64_t)pace->left_out);
	pace->left_out = 0;
	cli_log_fields(level, event, with_more, kept);
}
