/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "cli/json.h"

/* A text that was cut must not end inside a UTF-8 character. */
static void trim_utf8(char *text)
{
	size_t len = strlen(text), start = len;

	while (start && ((unsigned char)text[start - 1] & 0xc0) == 0x80)
		start--;
	if (start && ((unsigned char)text[start - 1] & 0xc0) == 0xc0) {
		unsigned char lead = (unsigned char)text[start - 1];
		size_t want = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;

		if (len - start < want)
			text[start - 1] = '\0';
	}
}

__attribute__((format(printf, 3, 0))) static void fill(char *text, size_t cap, const char *format, va_list args)
{
	if (vsnprintf(text, cap, format, args) >= (int)cap)
		trim_utf8(text);
}

enum ace_err cli_error_set(struct cli_error *ret_error, enum ace_err err, const char *format, ...)
{
	va_list args;

	if (!ret_error)
		return err;
	memset(ret_error, 0, sizeof *ret_error);
	ret_error->err = err;
	va_start(args, format);
	fill(ret_error->message, sizeof ret_error->message, format, args);
	va_end(args);
	return err;
}

void cli_error_hint(struct cli_error *error, const char *format, ...)
{
	va_list args;

	if (!error)
		return;
	va_start(args, format);
	fill(error->hint, sizeof error->hint, format, args);
	va_end(args);
}

void cli_error_place(struct cli_error *error, const char *file, unsigned int line, unsigned int column)
{
	if (!error)
		return;
	if (snprintf(error->file, sizeof error->file, "%s", file) >= (int)sizeof error->file)
		trim_utf8(error->file);
	error->line = line;
	error->column = column;
}

int cli_exit_of(enum ace_err err)
{
	if (err == ACE_OK)
		return CLI_EXIT_OK;
	if (err == ACE_ERR_TAG || err == ACE_ERR_UNPROTECTED || err == ACE_ERR_NO_KEY || err == ACE_ERR_REPLAY ||
	    err == ACE_ERR_PERMISSION || err == ACE_ERR_WRONG_KEY)
		return CLI_EXIT_REFUSED;
	if (err == ACE_ERR_USAGE || err == ACE_ERR_EXISTS)
		return CLI_EXIT_USAGE;
	if (err == ACE_ERR_BUSY)
		return CLI_EXIT_UNREACHABLE;
	return ACE_ERR_IS_OURS(err) ? CLI_EXIT_BROKEN : CLI_EXIT_NO;
}

static const char *code_of(const struct cli_error *error)
{
	if (error->code[0])
		return error->code;
	return error->err == ACE_OK ? "error" : ace_err_name(error->err);
}

static void print_json(const struct cli_output *output, const struct cli_error *error)
{
	struct json_t *document = cli_json_object(), *object = cli_json_object();
	char *text;

	cli_json_put_text(object, "code", code_of(error));
	cli_json_put_text(object, "message", error->message);
	if (error->hint[0])
		cli_json_put_text(object, "hint", error->hint);
	if (error->file[0])
		cli_json_put_text(object, "file", error->file);
	if (error->line)
		cli_json_put_int(object, "line", error->line);
	if (error->column)
		cli_json_put_int(object, "column", error->column);
	if (error->pointer[0])
		cli_json_put_text(object, "pointer", error->pointer);
	cli_json_put(document, "error", object);
	text = cli_json_text(document, true);
	fputs(text ? text : "{\"error\":{\"code\":\"memory\",\"message\":\"out of memory\"}}\n", output->err);
	cli_json_text_free(text);
	cli_json_free(document);
}

static void print_text(const struct cli_output *output, const struct cli_error *error)
{
	bool on = output->color_err;

	if (error->file[0]) {
		fprintf(output->err, "%s:", error->file);
		if (error->line)
			fprintf(output->err, "%u:", error->line);
		if (error->line && error->column)
			fprintf(output->err, "%u:", error->column);
		fprintf(output->err, " %serror%s", cli_color(on, CLI_COLOR_RED), cli_color(on, CLI_COLOR_OFF));
		if (error->code[0])
			fprintf(output->err, " %s", error->code);
	} else {
		fprintf(output->err, "%s", output->program);
	}
	fprintf(output->err, ": %s", error->message);
	if (error->pointer[0])
		fprintf(output->err, "  %s", error->pointer);
	fputc('\n', output->err);
	if (error->hint[0])
		fprintf(output->err, "  hint: %s\n", error->hint);
}

int cli_error_print(const struct cli_output *output, const struct cli_error *error)
{
	if (output->json == CLI_TEXT)
		print_text(output, error);
	else
		print_json(output, error);
	return error->exit ? error->exit : cli_exit_of(error->err);
}

int cli_fail(const struct cli_output *output, int exit_code, const char *format, ...)
{
	static const char *const codes[] = { "ok", "no", "usage", "unreachable", "refused", "broken" };
	struct cli_error error = { .exit = exit_code };
	va_list args;

	if (exit_code >= 0 && (size_t)exit_code < ACE_ARRAY_LEN(codes))
		snprintf(error.code, sizeof error.code, "%s", codes[exit_code]);
	va_start(args, format);
	fill(error.message, sizeof error.message, format, args);
	va_end(args);
	return cli_error_print(output, &error);
}
