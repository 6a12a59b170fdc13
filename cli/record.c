/* SPDX-License-Identifier: Apache-2.0 */
/* A document as "key: value" lines for people, so that text and JSON never tell two things. */
#include <jansson.h>
#include <string.h>

#include "cli/json.h"

/* Names and values may come from files: nothing in them may steer a terminal. */
static void print_plain(const char *text, FILE *out)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*text);
		else
			fputc(*text, out);
}

static void print_scalar(const json_t *value, FILE *out)
{
	if (json_is_string(value))
		print_plain(json_string_value(value), out);
	else if (json_is_integer(value))
		fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
	else
		fputs(json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "-", out);
}

/* "site=b7 role=technician"; an array's entries are divided by ", ". Records are no deeper than that. */
static void print_value(json_t *value, FILE *out)
{
	bool is_array = json_is_array(value);
	size_t entries = is_array ? json_array_size(value) : 1;
	const char *key, *gap;
	json_t *member;

	if (!is_array && !json_is_object(value)) {
		print_scalar(value, out);
		return;
	}
	for (size_t i = 0; i < entries; i++) {
		json_t *entry = is_array ? json_array_get(value, i) : value;

		fputs(i ? ", " : "", out);
		if (!json_is_object(entry)) {
			print_scalar(entry, out);
			continue;
		}
		gap = "";
		json_object_foreach(entry, key, member) {
			fputs(gap, out);
			print_plain(key, out);
			fputc('=', out);
			print_scalar(member, out);
			gap = " ";
		}
	}
}

static bool is_empty(const json_t *value)
{
	return (json_is_object(value) && !json_object_size(value)) || (json_is_array(value) && !json_array_size(value));
}

enum ace_err cli_output_record(const struct cli_output *output, struct json_t *document)
{
	size_t widest = 0;
	const char *key;
	json_t *value;

	if (!document)
		return ACE_ERR_MEMORY;
	if (output->json != CLI_TEXT)
		return cli_output_json(output, document);
	json_object_foreach(document, key, value)
		if (strlen(key) > widest)
			widest = strlen(key);
	json_object_foreach(document, key, value) {
		fprintf(output->out, "%s:%*s", key, (int)(widest - strlen(key)) + 1, "");
		if (is_empty(value))
			fputc('-', output->out);
		else
			print_value(value, output->out);
		fputc('\n', output->out);
	}
	cli_json_free(document);
	return ACE_OK;
}
