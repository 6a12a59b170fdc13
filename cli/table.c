/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli/output.h"

void cli_table_init(struct cli_table *table, size_t columns)
{
	*table = (struct cli_table){ .columns = columns };
}

static bool make_room(struct cli_table *table)
{
	size_t cap = table->cells_cap ? 2 * table->cells_cap : 64;
	char **cells;

	if (table->cells_len < table->cells_cap)
		return true;
	cells = reallocarray(table->cells, cap, sizeof *cells);
	if (!cells)
		return false;
	table->cells = cells;
	table->cells_cap = cap;
	return true;
}

/* Control characters would let a stored text play with the terminal. */
static char *printable(const char *text)
{
	char *copy = malloc(4 * strlen(text) + 1);
	size_t at = 0;

	for (; copy && *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c < 0x20 || c == 0x7f)
			at += (size_t)snprintf(copy + at, 5, "\\x%02x", c);
		else
			copy[at++] = *text;
	}
	if (copy)
		copy[at] = '\0';
	return copy;
}

void cli_table_cell(struct cli_table *table, const char *format, ...)
{
	char *text = NULL, *cell;
	va_list args;
	int len;

	va_start(args, format);
	len = vasprintf(&text, format, args);
	va_end(args);
	if (len < 0) {
		table->failed = true;
		return;
	}
	cell = printable(text);
	free(text);
	if (!cell || !make_room(table)) {
		free(cell);
		table->failed = true;
		return;
	}
	table->cells[table->cells_len++] = cell;
}

static size_t width(const char *text)
{
	size_t characters = 0;

	for (; *text; text++)
		characters += ((unsigned char)*text & 0xc0) != 0x80;
	return characters;
}

static size_t column_width(const struct cli_table *table, size_t column)
{
	size_t widest = 0;

	for (size_t i = column; i < table->cells_len; i += table->columns)
		if (width(table->cells[i]) > widest)
			widest = width(table->cells[i]);
	return widest;
}

/* Trailing empty cells leave no blanks at the end of the line. */
static void print_row(const struct cli_table *table, const size_t *widths, size_t row, FILE *out)
{
	size_t pending = 0;

	for (size_t column = 0; column < table->columns; column++) {
		const char *cell = table->cells[row + column];

		if (*cell) {
			fprintf(out, "%*s%s", (int)pending, "", cell);
			pending = 0;
		}
		pending += widths[column] - width(cell) + 2;
	}
	fputc('\n', out);
}

enum ace_err cli_table_print(struct cli_table *table, const struct cli_output *output)
{
	size_t *widths = calloc(table->columns, sizeof *widths);
	enum ace_err err = table->failed || !widths ? ACE_ERR_MEMORY : ACE_OK;

	for (size_t column = 0; widths && column < table->columns; column++)
		widths[column] = column_width(table, column);
	for (size_t row = 0; !err && output->json == CLI_TEXT && row + table->columns <= table->cells_len;
	     row += table->columns)
		print_row(table, widths, row, output->out);
	free(widths);
	cli_table_free(table);
	return err;
}

void cli_table_free(struct cli_table *table)
{
	for (size_t i = 0; i < table->cells_len; i++)
		free(table->cells[i]);
	free(table->cells);
	*table = (struct cli_table){ 0 };
}
