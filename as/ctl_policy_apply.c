/* SPDX-License-Identifier: Apache-2.0 */
/* policy apply: files in, one transaction, and what it did. */
#include "as/ctl.h"

#include <stdlib.h>
#include <string.h>

#include "as/ctl_apply.h"
#include "as/ctl_known.h"
#include "as/ctl_tests.h"
#include "as/policy_stored.h"
#include "storage/meta.h"
#include "storage/policies.h"

struct request {
	const struct cli_call *call;
	const struct cli_output *output;
	struct store *store;
	struct ctl_files files;
	struct ctl_apply_input in;
	struct ctl_applied applied;
};

/* Read and check the files against what the store has, or will have once it is pruned. */
static int load_against(struct request *r, bool prune)
{
	struct ctl_known known = { .prune = prune };
	struct policy_options options = { .allow_unknown = cli_flag(r->call, "allow-unknown"), .known = ctl_is_known,
					  .known_context = &known, .now = ctl_now() };
	struct policy_problems problems = { 0 };
	struct store_info info;
	uint64_t generation;
	enum ace_err err = store_begin_read(r->store, &known.txn);

	if (err)
		return ctl_fail(r->output, r->store, err);
	err = store_policy_current(known.txn, &generation);
	if (!err)
		err = store_info_get(known.txn, &info);
	if (!err)
		err = as_policy_stored(known.txn, generation, &problems, &known.policy);
	policy_problems_free(&problems);
	if (err) {
		store_abort(known.txn);
		return ctl_fail(r->output, r->store, err);
	}
	options.issuer = info.issuer;
	err = ctl_files_load(r->call, &options, &r->files);
	store_abort(known.txn);
	policy_free(known.policy);
	if (err == ACE_ERR_MEMORY)
		return ctl_printed(r->output, err);
	return err ? ctl_files_tell_problems(r->output, &r->files, "; nothing was applied") : CLI_EXIT_OK;
}

static int load(struct request *r)
{
	const struct policy_inventory *inventory;
	int code = load_against(r, false);

	if (code || !r->in.prune)
		return code;
	inventory = r->files.loaded.inventory;
	if (!inventory->clients_len && !inventory->devices_len)
		return cli_fail(r->output, CLI_EXIT_USAGE,
				"--prune without an inventory would remove every client and device; nothing was applied");
	ctl_files_free(&r->files);
	return load_against(r, true);
}

static int apply(struct request *r)
{
	struct cli_error error = { 0 };
	enum ace_err err = ctl_apply(r->store, &r->in, &r->applied, &error);

	if (err && error.message[0])
		return cli_error_print(r->output, &error);
	return err ? ctl_fail(r->output, r->store, err) : CLI_EXIT_OK;
}

/* A policy that fails its own tests is not put in force. */
static int test(struct request *r)
{
	struct ctl_tests_input in = { .store = r->store, .files = &r->files, .prune = r->in.prune };

	r->in.tests_skipped = cli_flag(r->call, "no-tests");
	r->in.tests = r->files.tests.len;
	return r->in.tests_skipped || !r->in.tests ? CLI_EXIT_OK : ctl_tests_hold(r->output, &in);
}

/* Removing takes keys away for good: rehearse, and ask when anything would go. */
static int confirm_prune(struct request *r)
{
	bool is_rehearsal = r->in.is_rehearsal;
	char question[128];
	int code;

	if (!r->in.prune || is_rehearsal || r->call->yes)
		return CLI_EXIT_OK;
	r->in.is_rehearsal = true;
	code = apply(r);
	r->in.is_rehearsal = is_rehearsal;
	if (code || (!r->applied.clients.removed && !r->applied.devices.removed))
		return code;
	snprintf(question, sizeof question, "Remove %zu client%s and %zu device%s with their keys?",
		 r->applied.clients.removed, CLI_S(r->applied.clients.removed), r->applied.devices.removed,
		 CLI_S(r->applied.devices.removed));
	return cli_confirm(r->call, r->output, question) ? CLI_EXIT_OK : CLI_EXIT_USAGE;
}

/* What was removed or disabled holds no token any more. */
static enum ace_err revoke_unheld(struct request *r)
{
	const struct cli_json_tally *clients = &r->applied.clients, *devices = &r->applied.devices;

	if (r->in.is_rehearsal || !(clients->removed + clients->changed + devices->removed + devices->changed))
		return ACE_OK;
	return ctl_revoke(r->store, &(struct ctl_selection){ .unheld = true }, r->in.now, &r->applied.revoked);
}

/* What was applied is told whatever becomes of the tokens. */
static int settle(struct request *r)
{
	enum ace_err err = revoke_unheld(r);
	int code;

	if (!err)
		err = ctl_applied_look(r->store, &r->in, &r->applied);
	code = ctl_applied_tell(r->call, r->output, &r->files, &r->in, &r->applied);
	return err ? ctl_fail(r->output, r->store, err) : code;
}

static int run(struct request *r)
{
	int code = load(r);

	if (code)
		return code;
	r->in.loaded = &r->files.loaded;
	r->in.message = cli_flag_value(r->call, "message");
	r->in.now = ctl_now();
	code = test(r);
	if (!code)
		code = confirm_prune(r);
	if (!code)
		code = apply(r);
	return code ? code : settle(r);
}

int ctl_policy_apply(const struct cli_call *call, const struct cli_output *output)
{
	struct request *r;
	const char *expected = cli_flag_value(call, "expect");
	int64_t generation = 0;
	int code;

	if (expected && !cli_number_parse(expected, 0, INT64_MAX, &generation))
		return cli_fail(output, CLI_EXIT_USAGE, "--expect takes the number of a generation, not \"%.40s\"", expected);
	r = calloc(1, sizeof *r);
	if (!r)
		return ctl_printed(output, ACE_ERR_MEMORY);
	r->call = call;
	r->output = output;
	r->in = (struct ctl_apply_input){ .prune = cli_flag(call, "prune"), .is_rehearsal = cli_flag(call, "dry-run"),
					  .has_expected = expected != NULL, .expected = (uint64_t)generation };
	code = ctl_open(call, output, true, &r->store);
	if (!code) {
		code = run(r);
		store_close(r->store);
	}
	ctl_files_free(&r->files);
	free(r);
	return code;
}
