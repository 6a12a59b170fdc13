/* SPDX-License-Identifier: Apache-2.0 */
/* policy rollback: an old generation in force again, as a new one. History stays as it was; keys, clients and devices, too. */
#include "as/ctl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "as/ctl_apply.h"
#include "as/ctl_diff.h"
#include "cli/json.h"
#include "policy/inventory.h"
#include "storage/policies.h"

struct request {
	const struct cli_call *call;
	const struct cli_output *output;
	struct store *store;
	uint64_t wanted;
	struct ctl_draft draft;
	struct policy_inventory nobody; /* a rollback brings no parties */
	struct policy_loaded old;
	struct ctl_diff diff;
	struct json_t *document; /* filled with the diff, then with what was done */
	struct ctl_apply_input in;
	struct ctl_applied applied;
	char message[STORE_DESCRIPTION_MAX + 1];
};

/* Generation 0 has no record: it is the policy of a store where nothing was applied. */
static enum ace_err read_old(struct request *r)
{
	static const char empty[] = "{\"format\":\"ace-policy/1\"}";
	struct policy_source source = { .name = "the stored policy" };
	struct policy_problems problems = { 0 };
	enum ace_err err = ACE_OK;

	if (r->wanted) {
		err = store_policy_text(r->draft.txn, r->wanted, &r->old.canonical, &r->old.canonical_len);
	} else {
		r->old.canonical = strdup(empty);
		r->old.canonical_len = sizeof empty - 1;
	}
	if (err || !r->old.canonical)
		return err ? err : ACE_ERR_MEMORY;
	source.text = r->old.canonical;
	source.len = r->old.canonical_len;
	err = policy_compile(&source, &problems, &r->old.policy);
	policy_problems_free(&problems);
	r->old.inventory = &r->nobody;
	r->old.has_policy = true;
	return err == ACE_ERR_MALFORMED ? ACE_ERR_DAMAGED : err;
}

static enum ace_err compare(struct request *r)
{
	enum ace_err err;

	r->diff = (struct ctl_diff){ .before = r->draft.running, .after = r->old.policy,
				     .generations = { r->draft.generation, r->wanted } };
	err = ctl_diff_make(&r->draft, r->in.now, &r->diff);
	/* What cannot be told can be done all the same. */
	if (err == ACE_ERR_RANGE) {
		cli_note(r->output, "more than %d different changes: not told", POLICY_DIFF_ROWS_MAX);
		return ACE_OK;
	}
	if (err)
		return err;
	if (r->output->json != CLI_TEXT)
		return ctl_diff_put(&r->diff, r->document);
	return r->output->quiet && !r->in.is_rehearsal ? ACE_OK : ctl_diff_say(&r->diff, r->output->color_out, r->output->out);
}

/* What was compared is what is replaced: nobody's work in between is undone unseen. */
static int look(struct request *r)
{
	enum ace_err err = ctl_draft_begin(r->store, NULL, &r->draft);

	if (err)
		return ctl_fail(r->output, r->store, err);
	if (!r->in.has_expected) {
		r->in.has_expected = true;
		r->in.expected = r->draft.generation;
	}
	err = read_old(r);
	if (err)
		return err == ACE_ERR_NOT_FOUND ? ctl_no_generation(r->output, r->call->args[0]) : ctl_fail(r->output, r->store, err);
	/* A generation that is not the expected one is refused by ctl_apply(), before anything is printed. */
	if (r->in.expected != r->draft.generation)
		return CLI_EXIT_OK;
	err = compare(r);
	return err ? ctl_fail(r->output, r->store, err) : CLI_EXIT_OK;
}

static int apply(struct request *r)
{
	struct cli_error error = { 0 };
	enum ace_err err;

	r->in.loaded = &r->old;
	err = ctl_apply(r->store, &r->in, &r->applied, &error);
	if (err && error.message[0])
		return cli_error_print(r->output, &error);
	return err ? ctl_fail(r->output, r->store, err) : CLI_EXIT_OK;
}

static void say(const struct request *r)
{
	const struct ctl_applied *applied = &r->applied;

	if (r->output->json != CLI_TEXT || (r->output->quiet && !r->in.is_rehearsal))
		return;
	if (applied->generation == applied->generation_before) {
		cli_say(r->output, "generation %" PRIu64 " says the same as %" PRIu64 ": nothing to change", applied->generation, r->wanted);
		return;
	}
	cli_say(r->output, "generation %" PRIu64 " → %" PRIu64 ", as %" PRIu64 " was", applied->generation_before, applied->generation,
		r->wanted);
	if (r->in.is_rehearsal)
		cli_say(r->output, "dry run: nothing was changed");
	else
		cli_say(r->output, "effective %s", store_daemon_running(ctl_state_dir(r->call)) ? "now" : "as soon as aced runs");
	ctl_exceeding_say(r->output, &applied->exceeding, r->in.is_rehearsal);
	ctl_modelless_say(r->output, &applied->modelless);
}

static int print(struct request *r)
{
	struct json_t *document = r->document;

	say(r);
	cli_json_put_bool(document, "dry_run", r->in.is_rehearsal);
	cli_json_put_int(document, "restored", (int64_t)r->wanted);
	cli_json_put_int(document, "generation_before", (int64_t)r->applied.generation_before);
	cli_json_put_int(document, "generation", (int64_t)r->applied.generation);
	cli_json_put(document, "exceeding", ctl_exceeding_record(&r->applied.exceeding));
	cli_json_put(document, "modelless", ctl_modelless_record(&r->applied.modelless));
	r->document = NULL;
	return ctl_printed(r->output, cli_output_json(r->output, document));
}

/* What came into force is told whatever becomes of the tokens. */
static int settle(struct request *r)
{
	enum ace_err err = ctl_applied_look(r->store, &r->in, &r->applied);
	int code = print(r);

	return err ? ctl_fail(r->output, r->store, err) : code;
}

static int run(struct request *r)
{
	int code = look(r);

	ctl_diff_free(&r->diff);
	ctl_draft_end(&r->draft);
	if (!code)
		code = apply(r);
	if (!code)
		code = settle(r);
	policy_free(r->old.policy);
	free(r->old.canonical);
	return code;
}

/* Say of which generation it is, and then what the operator says. */
static bool write_message(struct request *r)
{
	const char *text = cli_flag_value(r->call, "message");
	int len = snprintf(r->message, sizeof r->message, "rollback to generation %" PRIu64 "%s%s", r->wanted, text ? ": " : "",
			   text ? text : "");

	r->in.message = r->message;
	return len > 0 && (size_t)len < sizeof r->message;
}

static int start(struct request *r)
{
	const struct cli_number expect = { .flag = "expect", .min = 0, .max = INT64_MAX };
	int64_t wanted = 0, expected = 0;
	int code;

	if (!cli_number_parse(r->call->args[0], 0, INT64_MAX, &wanted))
		return cli_fail(r->output, CLI_EXIT_USAGE, "\"%.40s\" is no generation: policy rollback takes a number", r->call->args[0]);
	if (!cli_flag_number(r->call, r->output, &expect, &expected))
		return CLI_EXIT_USAGE;
	r->wanted = (uint64_t)wanted;
	r->in = (struct ctl_apply_input){ .now = ctl_now(), .is_rehearsal = cli_flag(r->call, "dry-run"),
					  .has_expected = cli_flag(r->call, "expect"), .expected = (uint64_t)expected };
	if (!write_message(r))
		return cli_fail(r->output, CLI_EXIT_USAGE, "the message is longer than %d bytes", STORE_DESCRIPTION_MAX);
	code = ctl_open(r->call, r->output, false, &r->store);
	if (code)
		return code;
	code = run(r);
	store_close(r->store);
	return code;
}

int ctl_policy_rollback(const struct cli_call *call, const struct cli_output *output)
{
	struct request *r = calloc(1, sizeof *r);
	int code;

	if (!r)
		return ctl_printed(output, ACE_ERR_MEMORY);
	r->call = call;
	r->output = output;
	r->document = cli_json_object();
	code = start(r);
	cli_json_free(r->document);
	free(r);
	return code;
}
