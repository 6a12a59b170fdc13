/* SPDX-License-Identifier: Apache-2.0 */
/* policy diff: who gains and who loses what, between files and the policy in force, or between two generations. */
#include "as/ctl.h"

#include <stdlib.h>
#include <string.h>

#include "as/ctl_diff.h"
#include "as/ctl_replay.h"
#include "as/policy_stored.h"
#include "cli/json.h"

enum format { FORMAT_TEXT, FORMAT_JSON, FORMAT_MARKDOWN };

struct request {
	const struct cli_call *call;
	struct cli_output output; /* JSON also when --format asks for it */
	enum format format;
	struct ctl_draft draft;
	struct ctl_diff diff;
	struct policy *stored[2]; /* owns: generations that are named */
	bool has_replay;
	uint32_t back_s; /* how far the replay goes back */
	struct ctl_replay replay;
	int64_t now;
};

static bool read_format(const struct cli_call *call, struct request *r)
{
	static const char *const names[] = { "text", "json", "markdown" };
	const char *wanted = cli_flag_value(call, "format");

	r->format = r->output.json == CLI_TEXT ? FORMAT_TEXT : FORMAT_JSON;
	for (size_t i = 0; wanted && i < ACE_ARRAY_LEN(names); i++)
		if (!strcmp(wanted, names[i])) {
			r->format = (enum format)i;
			wanted = NULL;
		}
	if (r->format == FORMAT_JSON && r->output.json == CLI_TEXT)
		r->output.json = CLI_JSON;
	if (r->format != FORMAT_JSON)
		r->output.json = CLI_TEXT;
	return !wanted;
}

/* A generation that a flag names takes the place of the one in force. */
static int take_generation(struct request *r, const char *flag, unsigned int side)
{
	const char *text = cli_flag_value(r->call, flag);
	struct policy_problems problems = { 0 };
	int64_t number;
	enum ace_err err;

	if (!text)
		return CLI_EXIT_OK;
	if (!cli_number_parse(text, 0, INT64_MAX, &number))
		return cli_fail(&r->output, CLI_EXIT_USAGE, "--%s takes the number of a generation, not \"%.40s\"", flag, text);
	err = as_policy_stored(r->draft.txn, (uint64_t)number, &problems, &r->stored[side]);
	policy_problems_free(&problems);
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ctl_no_generation(&r->output, text) : ctl_fail(&r->output, r->draft.store, err);
	r->diff.generations[side] = (uint64_t)number;
	*(side ? &r->diff.after : &r->diff.before) = r->stored[side];
	return CLI_EXIT_OK;
}

static enum ace_err print_json(struct request *r)
{
	struct json_t *document = cli_json_object();
	enum ace_err err = ctl_diff_put(&r->diff, document);

	if (r->has_replay)
		cli_json_put(document, "replay", ctl_replay_record(&r->replay));
	if (!err)
		return cli_output_json(&r->output, document);
	cli_json_free(document);
	return err;
}

static int print(struct request *r)
{
	enum ace_err err;

	if (r->format == FORMAT_JSON)
		err = print_json(r);
	else if (r->format == FORMAT_MARKDOWN)
		err = ctl_diff_markdown(&r->diff, r->output.out);
	else
		err = ctl_diff_say(&r->diff, r->output.color_out, r->output.out);
	if (err)
		return ctl_printed(&r->output, err);
	if (r->has_replay && r->format == FORMAT_MARKDOWN)
		ctl_replay_markdown(&r->replay, r->output.out);
	else if (r->has_replay && r->format == FORMAT_TEXT)
		ctl_replay_say(&r->replay, r->output.out);
	return ctl_diff_is_any(&r->diff) || r->replay.otherwise ? CLI_EXIT_NO : CLI_EXIT_OK;
}

static int compare(struct request *r)
{
	enum ace_err err;
	int code;

	r->draft.prune = cli_flag(r->call, "prune");
	r->diff.before = r->draft.running;
	r->diff.after = r->draft.policy;
	r->diff.generations[0] = r->diff.generations[1] = r->draft.generation;
	r->diff.is_draft = r->draft.has_files;
	code = take_generation(r, "from", 0);
	if (!code)
		code = take_generation(r, "to", 1);
	if (code)
		return code;
	err = ctl_diff_make(&r->draft, r->now, &r->diff);
	if (!err && r->has_replay)
		err = ctl_replay_make(&r->draft, &r->diff, r->now - r->back_s, &r->replay);
	return err ? ctl_diff_fail(&r->output, &r->draft, err) : print(r);
}

static int run(struct request *r)
{
	int code = ctl_draft_open(r->call, &r->output, (const char *const *)r->call->args, r->call->args_len, &r->draft);

	if (code)
		return code;
	code = compare(r);
	ctl_replay_free(&r->replay);
	ctl_diff_free(&r->diff);
	policy_free(r->stored[0]);
	policy_free(r->stored[1]);
	ctl_draft_close(&r->draft);
	return code;
}

int ctl_policy_diff(const struct cli_call *call, const struct cli_output *output)
{
	bool from = cli_flag(call, "from"), to = cli_flag(call, "to");
	const char *back = cli_flag_value(call, "replay");
	struct request *r;
	int code;

	if ((!call->args_len && !from && !to) || (call->args_len && to) || (!call->args_len && cli_flag(call, "prune")))
		return cli_fail(output, CLI_EXIT_USAGE, "usage: acectl policy diff PATH... [--from GEN] [--prune], or --from GEN, --to GEN, "
				"or both");
	r = calloc(1, sizeof *r);
	if (!r)
		return ctl_printed(output, ACE_ERR_MEMORY);
	r->call = call;
	r->output = *output;
	r->now = ctl_now();
	r->has_replay = back != NULL;
	if (!read_format(call, r))
		code = cli_fail(output, CLI_EXIT_USAGE, "--format is text, json or markdown");
	else if (back && !ctl_duration_parse(back, &r->back_s))
		code = cli_fail(output, CLI_EXIT_USAGE, "--replay is a duration like 90s, 30m, 24h or 7d");
	else
		code = run(r);
	free(r);
	return code;
}
