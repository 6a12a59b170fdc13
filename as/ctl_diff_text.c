/* SPDX-License-Identifier: Apache-2.0 */
/* policy diff for people. */
#include "as/ctl_diff.h"

#include <inttypes.h>

#include "as/ctl_can.h"

#define RULES_SHOWN 40

void ctl_diff_title(const struct ctl_diff *diff, FILE *out)
{
	fprintf(out, "generation %" PRIu64 " → ", diff->generations[0]);
	if (diff->is_draft)
		fputs("draft", out);
	else
		fprintf(out, "%" PRIu64, diff->generations[1]);
}

static void count_words(size_t count, const char *one, const char *many, const char **between, FILE *out)
{
	if (!count)
		return;
	if (**between)
		fprintf(out, "%s%zu %s", *between, count, count == 1 ? one : many);
	else
		fprintf(out, "%zu client%s %s", count, CLI_S(count), count == 1 ? one : many);
	*between = ", ";
}

void ctl_diff_summary(const struct ctl_diff *diff, FILE *out)
{
	struct policy_diff_counts counts;
	const char *between = "";

	policy_diff_count(diff->diff, &counts);
	if (!ctl_diff_is_any(diff)) {
		fputs("nobody gains or loses anything", out);
		return;
	}
	count_words(counts.clients_gaining, "gains", "gain", &between, out);
	count_words(counts.clients_losing, "loses", "lose", &between, out);
	count_words(counts.clients_changing, "has other times or lifetimes", "have other times or lifetimes", &between, out);
	fprintf(out, ", at %zu device%s", counts.devices, CLI_S(counts.devices));
}

const char *ctl_diff_state(const struct policy_diff_who *who)
{
	static const char *const now[] = { NULL, "gone", "now disabled", "its model is gone", "another profile now" };
	static const char *const then[] = { NULL, "new", "was disabled", "its model is new", "another profile before" };

	return who->after != POLICY_DIFF_ACTIVE ? now[who->after] : then[who->before];
}

static void say_who(const struct policy_diff_who *who, const char *noun, FILE *out)
{
	size_t named = who->ids_len < CTL_CAN_NAMED ? who->ids_len : CTL_CAN_NAMED;

	if (who->is_everybody && who->count > 1) {
		fprintf(out, "all %zu %ss", who->count, noun);
	} else if (who->selector) {
		fprintf(out, "%s (%zu %ss)", who->selector, who->count, noun);
	} else {
		for (size_t i = 0; i < named; i++)
			fprintf(out, "%s%s", i ? ", " : "", who->ids[i]);
		if (who->count > named)
			fprintf(out, " and %zu more", who->count - named);
	}
	if (ctl_diff_state(who))
		fprintf(out, " (%s)", ctl_diff_state(who));
}

static void say_row(const struct ctl_diff *diff, const struct policy_diff_row *row, bool color, FILE *out)
{
	static const struct {
		char sign;
		enum cli_color color;
	} signs[] = { { '+', CLI_COLOR_GREEN }, { '-', CLI_COLOR_RED }, { '~', CLI_COLOR_YELLOW } };

	fprintf(out, "%s%c", cli_color(color, signs[row->kind].color), signs[row->kind].sign);
	ctl_can_say(ctl_diff_policy_of(diff, row), &row->right, out);
	if (row->kind == POLICY_DIFF_CHANGED) {
		fprintf(out, "%-33s ", "     was");
		ctl_can_say_grounds(diff->before, &row->before, out);
	}
	if (row->denied.len) {
		fputs("     denied by ", out);
		policy_rules_words(diff->after, &row->denied, out);
		fputc('\n', out);
	}
	fputs(cli_color(color, CLI_COLOR_OFF), out);
}

static void say_rules(const struct ctl_diff *diff, FILE *out)
{
	static const char signs[] = " +~-";
	enum policy_diff_rule listed;
	size_t told = 0;
	const char *id;

	for (size_t i = 0; (id = policy_diff_rule_at(diff->diff, i, &listed)); i++) {
		if (listed == POLICY_DIFF_RULE_SAME)
			continue;
		if (told < RULES_SHOWN)
			fprintf(out, "%s%c%s", told ? "  " : "rules: ", signs[listed], id);
		told++;
	}
	if (told > RULES_SHOWN)
		fprintf(out, "  and %zu more", told - RULES_SHOWN);
	if (told)
		fputc('\n', out);
}

enum ace_err ctl_diff_say(const struct ctl_diff *diff, bool color, FILE *out)
{
	size_t len = policy_diff_blocks_len(diff->diff);
	struct policy_diff_block block;
	enum ace_err err = ACE_OK;

	ctl_diff_title(diff, out);
	fputs(": ", out);
	ctl_diff_summary(diff, out);
	fputc('\n', out);
	say_rules(diff, out);
	for (size_t i = 0; !err && i < len && i < CTL_DIFF_SHOWN; i++) {
		err = policy_diff_block_at(diff->diff, i, &block);
		if (err)
			return err;
		say_who(&block.clients, "client", out);
		fputs(" → ", out);
		say_who(&block.devices, "device", out);
		fprintf(out, " (%s)\n", block.model);
		for (size_t k = 0; k < block.rows_len; k++)
			say_row(diff, block.rows[k], color, out);
	}
	if (len > CTL_DIFF_SHOWN)
		fprintf(out, "and %zu more changes; --format json has all\n", len - CTL_DIFF_SHOWN);
	return err;
}
