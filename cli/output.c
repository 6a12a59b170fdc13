/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/output.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "cli/json.h"

void cli_note(const struct cli_output *output, const char *format, ...)
{
	va_list args;

	if (output->quiet || output->json != CLI_TEXT)
		return;
	va_start(args, format);
	vfprintf(output->err, format, args);
	va_end(args);
	fputc('\n', output->err);
}

void cli_say(const struct cli_output *output, const char *format, ...)
{
	va_list args;

	if (output->json != CLI_TEXT)
		return;
	va_start(args, format);
	vfprintf(output->out, format, args);
	va_end(args);
	fputc('\n', output->out);
}

void cli_say_done(const struct cli_output *output, const char *format, ...)
{
	va_list args;

	if (output->quiet || output->json != CLI_TEXT)
		return;
	va_start(args, format);
	vfprintf(output->out, format, args);
	va_end(args);
	fputc('\n', output->out);
}

static enum ace_err print_document(const struct cli_output *output, const struct json_t *document)
{
	char *text = cli_json_text(document, output->json == CLI_JSON_LINES);
	bool written;

	if (!text)
		return ACE_ERR_MEMORY;
	written = fputs(text, output->out) >= 0;
	cli_json_text_free(text);
	return written ? ACE_OK : ACE_ERR_IO;
}

enum ace_err cli_output_json(const struct cli_output *output, struct json_t *document)
{
	struct cli_json_place root = { .value = document }, element;
	enum ace_err err = ACE_OK;

	if (output->json == CLI_JSON_LINES && cli_json_is_array(&root)) {
		for (size_t i = 0; !err && cli_json_nth(&root, i, &element, NULL); i++)
			err = print_document(output, element.value);
	} else if (output->json != CLI_TEXT) {
		err = print_document(output, document);
	}
	cli_json_free(document);
	return err;
}

const char *cli_color(bool on, enum cli_color color)
{
	static const char *const sequences[] = {
		[CLI_COLOR_OFF] = "\x1b[0m",   [CLI_COLOR_BOLD] = "\x1b[1m",    [CLI_COLOR_RED] = "\x1b[31m",
		[CLI_COLOR_GREEN] = "\x1b[32m", [CLI_COLOR_YELLOW] = "\x1b[33m", [CLI_COLOR_DIM] = "\x1b[2m",
	};

	return on && (unsigned int)color < ACE_ARRAY_LEN(sequences) ? sequences[color] : "";
}

void cli_time_text(int64_t seconds, char ret_text[CLI_TIME_TEXT_MAX])
{
	time_t when = (time_t)seconds;
	struct tm tm;

	if (seconds < 0 || !gmtime_r(&when, &tm) || tm.tm_year > 9999 - 1900 ||
	    !strftime(ret_text, CLI_TIME_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm)) {
		ret_text[0] = '?';
		ret_text[1] = '\0';
	}
}

/* Two digits at text, within bounds; -1 otherwise. */
static int two_digits(const char *text, int min, int max)
{
	int value;

	if (text[0] < '0' || text[0] > '9' || text[1] < '0' || text[1] > '9')
		return -1;
	value = (text[0] - '0') * 10 + text[1] - '0';
	return value >= min && value <= max ? value : -1;
}

/* "Z" or "+hh:mm" up to the end, in seconds. */
static bool parse_offset(const char *text, int *ret_seconds)
{
	int hours, minutes;

	if ((text[0] == 'Z' || text[0] == 'z') && !text[1]) {
		*ret_seconds = 0;
		return true;
	}
	if (text[0] != '+' && text[0] != '-')
		return false;
	hours = two_digits(text + 1, 0, 23);
	if (hours < 0 || text[3] != ':')
		return false;
	minutes = two_digits(text + 4, 0, 59);
	if (minutes < 0 || text[6])
		return false;
	*ret_seconds = (hours * 60 + minutes) * (text[0] == '-' ? -60 : 60);
	return true;
}

bool cli_time_parse(const char *text, int64_t *ret_seconds)
{
	struct tm tm = { 0 };
	struct tm same;
	int century, offset, second = 0;
	time_t when;

	/* Each test ends at the terminating NUL before anything behind it is looked at. */
	century = two_digits(text, 19, 99);
	if (century < 0 || (tm.tm_year = two_digits(text + 2, 0, 99)) < 0 || text[4] != '-' ||
	    (tm.tm_mon = two_digits(text + 5, 1, 12)) < 0 || text[7] != '-' ||
	    (tm.tm_mday = two_digits(text + 8, 1, 31)) < 0 || (text[10] != 'T' && text[10] != 't') ||
	    (tm.tm_hour = two_digits(text + 11, 0, 23)) < 0 || text[13] != ':' ||
	    (tm.tm_min = two_digits(text + 14, 0, 59)) < 0)
		return false;
	text += 16;
	if (*text == ':') {
		second = two_digits(text + 1, 0, 60);
		if (second < 0)
			return false;
		text += 3;
	}
	if (!parse_offset(text, &offset))
		return false;
	tm.tm_year += century * 100 - 1900;
	tm.tm_mon -= 1;
	same = tm;
	when = timegm(&same);
	if (same.tm_mday != tm.tm_mday) /* 31 April */
		return false;
	*ret_seconds = (int64_t)when + second - offset;
	return true;
}
