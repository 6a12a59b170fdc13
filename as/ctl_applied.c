/* SPDX-License-Identifier: Apache-2.0 */
/* What policy apply did, in words and as a document. */
#include "as/ctl.h"

#include <string.h>

#include "as/ctl_apply.h"

struct section {
	const char *name;
	const struct cli_json_tally *tally;
};

#define SECTIONS_MAX 6

/* Clients first, as in the summary of validate. */
static size_t sections_of(const struct ctl_applied *applied, struct section ret_list[SECTIONS_MAX])
{
	const struct section list[SECTIONS_MAX] = {
		{ "clients", &applied->clients }, { "devices", &applied->devices }, { "models", &applied->models },
		{ "scopes", &applied->scopes },	  { "rules", &applied->rules },	    { "groups", &applied->groups },
	};

	memcpy(ret_list, list, sizeof list);
	return SECTIONS_MAX;
}

bool ctl_applied_anything(const struct ctl_applied *applied)
{
	struct section sections[SECTIONS_MAX];
	size_t len = sections_of(applied, sections);
	bool is_any = applied->generation != applied->generation_before || applied->is_defaults_changed;

	for (size_t i = 0; i < len; i++)
		is_any = is_any || sections[i].tally->added || sections[i].tally->changed || sections[i].tally->removed;
	return is_any;
}

/* Live tokens follow the policy, and devices their models: which ones does it leave behind? */
enum ace_err ctl_applied_look(struct store *store, const struct ctl_apply_input *in, struct ctl_applied *applied)
{
	struct ctl_draft draft;
	enum ace_err err;

	if (!ctl_applied_anything(applied))
		return ACE_OK;
	err = ctl_draft_begin(store, in->is_rehearsal ? in->loaded : NULL, &draft);
	if (err)
		return err;
	draft.prune = in->is_rehearsal && in->prune;
	err = ctl_exceeding_find(&draft, in->now, &applied->exceeding);
	if (!err && applied->generation != applied->generation_before)
		err = ctl_modelless_find(&draft, &applied->modelless);
	ctl_draft_end(&draft);
	return err;
}

/* " +5 ~1 -2 clients": new, changed, gone; nothing when there is nothing to tell. @return whether there was. */
static bool print_tally(FILE *out, const struct section *section)
{
	const struct cli_json_tally *tally = section->tally;
	size_t sum = tally->added + tally->changed + tally->removed;

	if (!sum)
		return false;
	if (tally->added)
		fprintf(out, " +%zu", tally->added);
	if (tally->changed)
		fprintf(out, " ~%zu", tally->changed);
	if (tally->removed)
		fprintf(out, " -%zu", tally->removed);
	fprintf(out, " %.*s", (int)(strlen(section->name) - (sum == 1)), section->name);
	return true;
}

/* @return whether there was anything. */
static bool say_changes(const struct cli_output *output, const struct ctl_apply_input *in,
			const struct ctl_applied *applied)
{
	struct section sections[SECTIONS_MAX];
	size_t len = sections_of(applied, sections);
	FILE *out = output->out;
	bool any = applied->is_defaults_changed;

	if (applied->generation == applied->generation_before)
		fprintf(out, "generation %llu:", (unsigned long long)applied->generation);
	else
		fprintf(out, "generation %llu → %llu:", (unsigned long long)applied->generation_before,
			(unsigned long long)applied->generation);
	for (size_t i = 0; i < len; i++)
		any |= print_tally(out, &sections[i]);
	fputs(applied->is_defaults_changed ? " defaults" : any ? "" : " nothing to change", out);
	if (in->tests)
		fprintf(out, in->tests_skipped ? "   (%zu test%s skipped)" : "   (tests: %zu passed)", in->tests,
			CLI_S(in->tests));
	fputc('\n', out);
	return any;
}

static void say_keys(const struct cli_output *output, const struct ctl_applied *applied)
{
	FILE *out = output->out;
	size_t named = applied->imported < CTL_IMPORTED_NAMED ? applied->imported : CTL_IMPORTED_NAMED;
	bool any = applied->keys_of_clients || applied->keys_of_devices;

	if (any)
		fprintf(out, "  generated keys: %zu client%s, %zu device%s", applied->keys_of_clients,
			CLI_S(applied->keys_of_clients), applied->keys_of_devices, CLI_S(applied->keys_of_devices));
	if (applied->imported) {
		fprintf(out, "%simported: %zu (", any ? "     " : "  ", applied->imported);
		for (size_t i = 0; i < named; i++)
			fprintf(out, "%s%s", i ? ", " : "", applied->imported_names[i]);
		fputs(applied->imported > named ? ", ...)" : ")", out);
	}
	if (any || applied->imported)
		fputc('\n', out);
}

static int print_document(const struct cli_output *output, const struct ctl_files *files,
			  const struct ctl_apply_input *in, const struct ctl_applied *applied)
{
	struct json_t *document = cli_json_object(), *keys = cli_json_object(), *object;
	struct section sections[SECTIONS_MAX];
	size_t len = sections_of(applied, sections);

	cli_json_put_bool(document, "dry_run", in->is_rehearsal);
	cli_json_put_int(document, "generation_before", (int64_t)applied->generation_before);
	cli_json_put_int(document, "generation", (int64_t)applied->generation);
	for (size_t i = 0; i < len; i++) {
		object = cli_json_object();
		cli_json_put_int(object, "added", (int64_t)sections[i].tally->added);
		cli_json_put_int(object, "changed", (int64_t)sections[i].tally->changed);
		cli_json_put_int(object, "removed", (int64_t)sections[i].tally->removed);
		cli_json_put(document, sections[i].name, object);
	}
	cli_json_put_bool(document, "defaults_changed", applied->is_defaults_changed);
	cli_json_put_int(keys, "generated_for_clients", (int64_t)applied->keys_of_clients);
	cli_json_put_int(keys, "generated_for_devices", (int64_t)applied->keys_of_devices);
	cli_json_put_int(keys, "imported", (int64_t)applied->imported);
	cli_json_put(document, "keys", keys);
	object = cli_json_object();
	cli_json_put_int(object, "passed", in->tests_skipped ? 0 : (int64_t)in->tests);
	cli_json_put_int(object, "skipped", in->tests_skipped ? (int64_t)in->tests : 0);
	cli_json_put(document, "tests", object);
	cli_json_put_int(document, "tokens_revoked", (int64_t)applied->revoked.tokens);
	cli_json_put(document, "exceeding", ctl_exceeding_record(&applied->exceeding));
	cli_json_put(document, "modelless", ctl_modelless_record(&applied->modelless));
	cli_json_put(document, "problems", ctl_problems_record(&files->problems));
	cli_json_put(document, "ignored", ctl_ignored_record(files));
	return ctl_printed(output, cli_output_json(output, document));
}

int ctl_applied_tell(const struct cli_call *call, const struct cli_output *output, const struct ctl_files *files,
		     const struct ctl_apply_input *in, const struct ctl_applied *applied)
{
	if (output->json != CLI_TEXT)
		return print_document(output, files, in, applied);
	ctl_files_note_ignored(output, files);
	if (files->problems.warnings)
		cli_note(output, "%zu warning%s; acectl policy validate shows where", files->problems.warnings,
			 CLI_S(files->problems.warnings));
	/* What a rehearsal tells is what it was asked for. */
	if (output->quiet && !in->is_rehearsal)
		return CLI_EXIT_OK;
	if (!say_changes(output, in, applied))
		return CLI_EXIT_OK;
	say_keys(output, applied);
	if (in->is_rehearsal)
		cli_say(output, "dry run: nothing was changed");
	else if (store_daemon_running(ctl_state_dir(call)))
		cli_say_done(output, "effective now");
	else
		cli_say_done(output, "effective as soon as aced runs");
	if (applied->revoked.tokens)
		ctl_revoke_say(output, &applied->revoked);
	ctl_exceeding_say(output, &applied->exceeding, in->is_rehearsal);
	ctl_modelless_say(output, &applied->modelless);
	return CLI_EXIT_OK;
}
