/* SPDX-License-Identifier: Apache-2.0 */
/* policy diff as a table in Markdown: for the review of a change where policies are kept. */
#include "as/ctl_diff.h"

#include <stdlib.h>

/* As code within a cell. Ids have no backtick; tags may have what they like. */
static void put_code(const char *text, FILE *out)
{
	fputc('`', out);
	for (; *text; text++)
		if (*text == '|')
			fputs("\\|", out);
		else
			fputc(*text == '`' || (unsigned char)*text < ' ' ? '?' : *text, out);
	fputc('`', out);
}

static void put_who(const struct policy_diff_who *who, FILE *out)
{
	size_t named = who->ids_len < 10 ? who->ids_len : 10;

	fputs("| ", out);
	if (who->is_everybody && who->count > 1) {
		fprintf(out, "all %zu", who->count);
	} else if (who->selector) {
		put_code(who->selector, out);
		fprintf(out, " (%zu)", who->count);
	} else {
		for (size_t i = 0; i < named; i++) {
			fputs(i ? ", " : "", out);
			put_code(who->ids[i], out);
		}
		if (who->count > named)
			fprintf(out, " and %zu more", who->count - named);
	}
	fprintf(out, "%s%s%s ", ctl_diff_state(who) ? " (" : "", ctl_diff_state(who) ? ctl_diff_state(who) : "",
		ctl_diff_state(who) ? ")" : "");
}

static void put_rules(const struct policy *policy, const struct policy_rule_list *rules, FILE *out)
{
	for (size_t i = 0; i < rules->len; i++) {
		fputs(i ? ", " : "", out);
		put_code(policy_rule_id(policy, rules->rules[i]), out);
	}
	fputs(rules->is_cut ? ", ..." : "", out);
}

static enum ace_err put_right(const struct policy_right *right, FILE *out)
{
	char *text = NULL;
	size_t len = 0;
	FILE *words = open_memstream(&text, &len);

	if (!words)
		return ACE_ERR_MEMORY;
	policy_right_words(right, words);
	if (fclose(words)) {
		free(text);
		return ACE_ERR_MEMORY;
	}
	fputs("| ", out);
	put_code(text, out);
	free(text);
	return ACE_OK;
}

static enum ace_err put_row(const struct ctl_diff *diff, const struct policy_diff_block *block,
			    const struct policy_diff_row *row, FILE *out)
{
	static const char *const kinds[] = { "gained", "**lost**", "changed" };
	enum ace_err err;

	fprintf(out, "| %s ", kinds[row->kind]);
	put_who(&block->clients, out);
	put_who(&block->devices, out);
	err = put_right(&row->right, out);
	if (row->kind == POLICY_DIFF_CHANGED && row->before.lifetime_s != row->right.lifetime_s)
		fprintf(out, " | %u s → %u s | ", row->before.lifetime_s, row->right.lifetime_s);
	else
		fprintf(out, " | %u s | ", row->right.lifetime_s);
	put_rules(ctl_diff_policy_of(diff, row), &row->right.by, out);
	if (row->kind == POLICY_DIFF_CHANGED && row->before.times != row->right.times)
		fputs(" at other times", out);
	if (row->denied.len) {
		fputs(", denied by ", out);
		put_rules(diff->after, &row->denied, out);
	}
	fputs(" |\n", out);
	return err;
}

enum ace_err ctl_diff_markdown(const struct ctl_diff *diff, FILE *out)
{
	size_t len = policy_diff_blocks_len(diff->diff);
	struct policy_diff_block block;
	enum ace_err err = ACE_OK;

	fputs("### Policy: ", out);
	ctl_diff_title(diff, out);
	fputs("\n\n", out);
	ctl_diff_summary(diff, out);
	fputs(".\n", out);
	if (len)
		fputs("\n| | clients | devices | right | lifetime | by |\n|---|---|---|---|---|---|\n", out);
	for (size_t i = 0; !err && i < len && i < CTL_DIFF_SHOWN; i++) {
		err = policy_diff_block_at(diff->diff, i, &block);
		for (size_t k = 0; !err && k < block.rows_len; k++)
			err = put_row(diff, &block, block.rows[k], out);
	}
	if (!err && len > CTL_DIFF_SHOWN)
		fprintf(out, "\n… and %zu more.\n", len - CTL_DIFF_SHOWN);
	return err;
}
