/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "cli/command.h"

#define WORD_MAX 64

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edits (insert, delete, replace, swap of neighbours) that lead from a to b. Both are at most WORD_MAX long. */
static unsigned int distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned int rows[3][WORD_MAX + 1];
	unsigned int *before = rows[0], *above = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b_len; j++)
		above[j] = (unsigned int)j;
	memset(before, 0, sizeof rows[0]);
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int *spare = before;

		row[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[b_len];
}

const char *cli_nearest(const char *word, const char *const *list, size_t len)
{
	size_t word_len = strlen(word);
	const char *best = NULL;
	unsigned int best_distance = word_len < 4 ? 2 : 3; /* at most one or two edits away */

	if (word_len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		size_t item_len = list[i] ? strlen(list[i]) : WORD_MAX + 1;
		unsigned int edits;

		if (item_len > WORD_MAX)
			continue;
		edits = distance(word, word_len, list[i], item_len);
		if (edits < best_distance && edits < item_len) {
			best = list[i];
			best_distance = edits;
		}
	}
	return best;
}
