/* SPDX-License-Identifier: Apache-2.0 */
/* "Did you mean": the known name that takes the fewest changes to the one that was written. */
#include <string.h>

#include "policy/report.h"

#define WORD_MAX 64

/* Edits (insert, remove, replace, swap of neighbours) from a to b. */
static size_t distance(const char *a, const char *b)
{
	size_t before[WORD_MAX + 1], last[WORD_MAX + 1], now[WORD_MAX + 1];
	size_t a_len = strlen(a), b_len = strlen(b);

	if (a_len > WORD_MAX || b_len > WORD_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b_len; j++)
		last[j] = before[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			size_t best = last[j - 1] + (a[i - 1] != b[j - 1]);

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (now[j - 1] + 1 < best)
				best = now[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			now[j] = best;
		}
		memcpy(before, last, sizeof last);
		memcpy(last, now, sizeof now);
	}
	return last[b_len];
}

const char *policy_suggest(const char *word, struct policy_names names)
{
	size_t best = strlen(word) / 3 + 1;
	const char *found = NULL;

	for (size_t i = 0; i < names.len; i++) {
		size_t d = distance(word, names.list[i]);

		if (d < best) {
			best = d;
			found = names.list[i];
		}
	}
	return found;
}
