/* SPDX-License-Identifier: Apache-2.0 */
/* restore: a backup takes the place of the store, and what that means is told before and after. */
#include "as/ctl.h"

#include <string.h>

#include "cli/json.h"
#include "cli/text.h"
#include "storage/restore.h"

struct restoring {
	const struct cli_call *call;
	const struct cli_output *output;
	struct store_options store;
	struct store_restore in;
	bool is_rehearsal;
	struct store_loss loss;
};

static void say_names(const struct cli_output *output, const char *what, const char *noun, const struct store_names *names)
{
	struct cli_text text = { .cap = 0 };
	struct cli_bytes bytes = { NULL, 0 };

	if (!names->count)
		return;
	for (size_t i = 0; i < names->count && i < STORE_NAMES_FIRST; i++)
		cli_text_printf(&text, " %s", names->first[i]);
	if (names->count > STORE_NAMES_FIRST)
		cli_text_printf(&text, " ...");
	if (!cli_text_take(&text, &bytes))
		cli_say_done(output, "  %-22s%llu %s%s:%s", what, (unsigned long long)names->count, noun, CLI_S(names->count),
			     (const char *)bytes.ptr);
	cli_bytes_free(&bytes);
}

static void say_loss(const struct restoring *r)
{
	const struct store_loss *loss = &r->loss;
	const struct cli_output *output = r->output;
	char taken[CLI_TIME_TEXT_MAX];

	cli_time_text(loss->backup.taken_at, taken);
	cli_say_done(output, "%s: backup of %s   generation %llu   %llu client%s %llu device%s", r->in.file, taken,
		     (unsigned long long)loss->backup.generation, (unsigned long long)loss->backup.clients,
		     CLI_S(loss->backup.clients), (unsigned long long)loss->backup.devices, CLI_S(loss->backup.devices));
	if (!loss->has_current)
		return;
	cli_say_done(output, "  %-22s%llu → %llu", "generation", (unsigned long long)loss->generation,
		     (unsigned long long)loss->backup.generation);
	say_names(output, "unknown afterwards", "client", &loss->clients.gone);
	say_names(output, "unknown afterwards", "device", &loss->devices.gone);
	say_names(output, "in force again", "client", &loss->clients.back);
	say_names(output, "in force again", "device", &loss->devices.back);
	say_names(output, "with their old keys", "client", &loss->clients.rekeyed);
	say_names(output, "with their old keys", "device", &loss->devices.rekeyed);
	cli_say_done(output, "  %-22s%llu decision%s", "lost", (unsigned long long)loss->decisions, CLI_S(loss->decisions));
	cli_say_done(output, "  %-22s%llu live token%s, %llu revocation%s", "taken over", (unsigned long long)loss->tokens,
		     CLI_S(loss->tokens), (unsigned long long)loss->revocations, CLI_S(loss->revocations));
}

static struct json_t *names_record(const struct store_names *names)
{
	struct json_t *object = cli_json_object(), *first = cli_json_array();

	cli_json_put_int(object, "count", (int64_t)names->count);
	for (size_t i = 0; i < names->count && i < STORE_NAMES_FIRST; i++)
		cli_json_add_text(first, names->first[i]);
	cli_json_put(object, "first", first);
	return object;
}

static struct json_t *party_record(const struct store_party_loss *loss)
{
	struct json_t *object = cli_json_object();

	cli_json_put(object, "unknown", names_record(&loss->gone));
	cli_json_put(object, "in_force_again", names_record(&loss->back));
	cli_json_put(object, "old_keys", names_record(&loss->rekeyed));
	return object;
}

static int print_document(const struct restoring *r)
{
	const struct store_loss *loss = &r->loss;
	struct json_t *document = cli_json_object();

	cli_json_put_text(document, "file", r->in.file);
	cli_json_put_bool(document, "dry_run", r->is_rehearsal);
	cli_json_put_time(document, "taken_at", loss->backup.taken_at);
	cli_json_put_hex(document, "store_id_hex", ACE_SLICE_OF(loss->backup.store_id));
	if (loss->has_current)
		cli_json_put_int(document, "generation_before", (int64_t)loss->generation);
	else
		cli_json_put_null(document, "generation_before");
	cli_json_put_int(document, "generation", (int64_t)loss->backup.generation);
	cli_json_put(document, "clients", party_record(&loss->clients));
	cli_json_put(document, "devices", party_record(&loss->devices));
	cli_json_put_int(document, "decisions_lost", (int64_t)loss->decisions);
	cli_json_put_int(document, "tokens_taken_over", (int64_t)loss->tokens);
	cli_json_put_int(document, "tokens_revoked", (int64_t)loss->revoked);
	cli_json_put_int(document, "revocations_taken_over", (int64_t)loss->revocations);
	cli_json_put_bool(document, "revocations_lost", !loss->has_current);
	return ctl_printed(r->output, cli_output_json(r->output, document));
}

static void give_advice(const struct restoring *r)
{
	const struct store_loss *loss = &r->loss;

	if (!loss->has_current) {
		cli_note(r->output, "what was revoked after the backup counts again, and is accepted until it expires: give devices new "
				    "keys, acectl device rotate-key ID --now");
		return;
	}
	if (loss->revoked)
		cli_note(r->output, "%llu token%s of clients and devices that are unknown or disabled now revoked",
			 (unsigned long long)loss->revoked, CLI_S(loss->revoked));
	if (loss->clients.back.count || loss->devices.back.count)
		cli_note(r->output, "what was disabled or deleted since is in force again: acectl client disable, acectl device disable");
	if (loss->clients.rekeyed.count || loss->devices.rekeyed.count)
		cli_note(r->output, "who has another key than the store needs the one of the store: acectl client ticket, acectl device "
				    "export");
	if (loss->tokens)
		cli_note(r->output, "live tokens that the restored policy would not give: acectl token revoke --exceeding");
}

/* The store is in use: a "no" of ours, not a peer that cannot be reached. */
static int fail(const struct restoring *r, const struct store_error *error)
{
	struct cli_error shown;

	cli_error_set(&shown, error->err, "%s", error->text);
	if (error->err == ACE_ERR_BUSY) {
		snprintf(shown.code, sizeof shown.code, "in_use");
		shown.exit = CLI_EXIT_NO;
	}
	if (error->err == ACE_ERR_WRONG_KEY || error->err == ACE_ERR_NO_KEY)
		cli_error_hint(&shown, "a backup opens with the key-encryption key of its time: put that in its place, or name it with --kek");
	return cli_error_print(r->output, &shown);
}

static int refuse_without_current(const struct restoring *r)
{
	struct cli_error shown;

	cli_error_set(&shown, ACE_ERR_NOT_FOUND, "%s: no store there, or none that can be read, whose counters and revocations could be "
		      "taken over", ctl_state_dir(r->call));
	cli_error_hint(&shown, "tokens that were revoked after the backup would count again; if so be it: --accept-lost-revocations");
	return cli_error_print(r->output, &shown);
}

static int replace(struct restoring *r)
{
	struct store_error error;

	if (!r->loss.has_current && !r->in.accept_lost)
		return refuse_without_current(r);
	if (!r->call->yes) {
		say_loss(r);
		if (!cli_confirm(r->call, r->output, "Put the backup in the place of the store?"))
			return CLI_EXIT_USAGE;
	}
	if (store_restore(&r->in, &r->loss, &error))
		return fail(r, &error);
	if (r->call->yes)
		say_loss(r);
	cli_say_done(r->output, "restored");
	give_advice(r);
	return print_document(r);
}

int ctl_restore(const struct cli_call *call, const struct cli_output *output)
{
	struct restoring r = {
		.call = call,
		.output = output,
		.store = { .dir = ctl_state_dir(call), .kek_path = cli_flag_value(call, "kek") },
		.is_rehearsal = cli_flag(call, "dry-run"),
	};
	struct store_error error;

	r.in = (struct store_restore){ .store = &r.store, .file = call->args[0], .now = ctl_now(),
				       .accept_lost = cli_flag(call, "accept-lost-revocations") };
	ctl_damage_watch(output, ctl_state_dir(call));
	if (store_restore_look(&r.in, &r.loss, &error))
		return fail(&r, &error);
	if (!r.is_rehearsal)
		return replace(&r);
	say_loss(&r);
	return print_document(&r);
}
