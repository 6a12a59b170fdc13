/* SPDX-License-Identifier: Apache-2.0 */
/* token list, token show, token revoke. A token is named by its number, or by the id of the decision that granted it. */
#include "as/ctl.h"

#include <string.h>

#include "ace_claims.h"
#include "as/ctl_inspect.h"
#include "as/ctl_revoke.h"
#include "cli/json.h"
#include "cli/scope.h"

/* A token and what has become of it. */
struct shown {
	struct store_token token;
	const char *state; /* "live", "revoked", "expired" */
};

enum ace_err ctl_token_state(struct store_txn *txn, int64_t now, const struct store_token *token, const char **ret_state)
{
	struct store_revoked revoked;
	enum ace_err err;

	*ret_state = "expired";
	if (token->expires_at <= now)
		return ACE_OK;
	err = store_revoked_get(txn, token, &revoked);
	*ret_state = err ? "live" : "revoked";
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static struct json_t *record_of(const struct shown *shown)
{
	const struct store_token *token = &shown->token;
	const struct ace_scope scope = { (enum ace_scope_kind)token->scope.kind, store_scope_slice(&token->scope) };
	char decision[STORE_DECISION_TEXT_LEN + 1], text[CLI_SCOPE_TEXT_MAX];
	struct json_t *object = cli_json_object();

	store_decision_id_text(&token->decision, decision);
	cli_json_put_int(object, "id", (int64_t)token->sequence);
	cli_json_put_text(object, "decision", decision);
	cli_json_put_text(object, "state", shown->state);
	cli_json_put_text(object, "client", token->client);
	cli_json_put_text(object, "device", token->device);
	cli_scope_text(&scope, text, sizeof text);
	cli_json_put_text(object, "scope", text);
	if (scope.kind == ACE_SCOPE_AIF)
		cli_json_put_hex(object, "scope_hex", scope.bytes);
	cli_json_put_time(object, "issued", token->issued_at);
	cli_json_put_time(object, "expires", token->expires_at);
	cli_json_put_hex(object, "hash_hex", ACE_SLICE_OF(token->hash));
	return object;
}

/* A number, or a decision's id. ACE_ERR_MALFORMED; ACE_ERR_NOT_FOUND. */
static enum ace_err find_sequence(struct store_txn *txn, const char *name, uint64_t *ret_sequence)
{
	struct store_decision_id id;
	struct store_decision decision;
	int64_t number;
	enum ace_err err;

	if (cli_number_parse(name, 1, INT64_MAX, &number)) {
		*ret_sequence = (uint64_t)number;
		return ACE_OK;
	}
	err = store_decision_id_parse(name, &id);
	if (!err)
		err = store_decision_get(txn, &id, &decision);
	if (!err && !decision.token)
		err = ACE_ERR_NOT_FOUND;
	if (!err)
		*ret_sequence = decision.token;
	return err;
}

static enum ace_err read_token(struct store *store, const char *name, struct shown *ret_shown)
{
	struct store_txn *txn;
	uint64_t sequence;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = find_sequence(txn, name, &sequence);
	if (!err)
		err = store_token_get(txn, sequence, &ret_shown->token);
	if (!err)
		err = ctl_token_state(txn, ctl_now(), &ret_shown->token, &ret_shown->state);
	store_abort(txn);
	return err;
}

static int fail_token(const struct cli_output *output, struct store *store, const char *name, enum ace_err err)
{
	if (err == ACE_ERR_MALFORMED)
		return cli_fail(output, CLI_EXIT_USAGE, "%.80s is neither the number of a token nor a decision's id", name);
	if (err == ACE_ERR_NOT_FOUND)
		return cli_fail(output, CLI_EXIT_NO, "no token %.80s; acectl token list names those that are kept", name);
	return ctl_fail(output, store, err);
}

int ctl_token_show(const struct cli_call *call, const struct cli_output *output)
{
	struct shown shown;
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = read_token(store, call->args[0], &shown);
	if (err)
		code = fail_token(output, store, call->args[0], err);
	else
		code = ctl_printed(output, cli_output_record(output, record_of(&shown)));
	store_close(store);
	return code;
}

/* --- list --- */

struct listing {
	const struct cli_output *output;
	const char *client, *device; /* NULL: any */
	struct cli_table table;
	struct json_t *array;
};

static enum ace_err add_row(struct listing *listing, const struct shown *shown)
{
	char expires[CLI_TIME_TEXT_MAX];
	struct cli_table *table = &listing->table;

	if (listing->output->json == CLI_JSON_LINES)
		return cli_output_json(listing->output, record_of(shown));
	if (listing->output->json == CLI_JSON) {
		cli_json_add(listing->array, record_of(shown));
		return ACE_OK;
	}
	cli_time_text(shown->token.expires_at, expires);
	cli_table_cell(table, "%llu", (unsigned long long)shown->token.sequence);
	cli_table_cell(table, "%s", shown->token.client);
	cli_table_cell(table, "%s", shown->token.device);
	cli_table_cell(table, "%s", shown->state);
	cli_table_cell(table, "%s", expires);
	return ACE_OK;
}

static enum ace_err fill(struct store_txn *txn, struct listing *listing)
{
	struct shown shown = { .token = { .sequence = 0 } };
	int64_t now = ctl_now();
	enum ace_err err;

	while (!(err = store_token_next(txn, shown.token.sequence, &shown.token))) {
		if ((listing->client && strcmp(listing->client, shown.token.client)) ||
		    (listing->device && strcmp(listing->device, shown.token.device)))
			continue;
		err = ctl_token_state(txn, now, &shown.token, &shown.state);
		if (!err)
			err = add_row(listing, &shown);
		if (err)
			return err;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static int print(struct listing *listing)
{
	enum ace_err err = cli_table_print(&listing->table, listing->output);

	if (listing->output->json == CLI_JSON) {
		err = cli_output_json(listing->output, listing->array);
		listing->array = NULL;
	}
	return ctl_printed(listing->output, err);
}

int ctl_token_list(const struct cli_call *call, const struct cli_output *output)
{
	struct listing listing = { .output = output, .client = cli_flag_value(call, "client"),
				   .device = cli_flag_value(call, "device"), .array = cli_json_array() };
	struct store_txn *txn;
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	cli_table_init(&listing.table, 5);
	if (code)
		goto out;
	err = store_begin_read(store, &txn);
	if (!err) {
		err = fill(txn, &listing);
		store_abort(txn);
	}
	code = err ? ctl_fail(output, store, err) : print(&listing);
	store_close(store);
out:
	cli_table_free(&listing.table);
	cli_json_free(listing.array);
	return code;
}

/* --- revoke --- */

/* Who is named must exist: a typo revokes nothing, and says so. */
static int check_parties(const struct cli_output *output, struct store *store, const struct ctl_selection *selection)
{
	struct store_client client;
	struct store_device device;
	struct store_txn *txn;
	enum ace_err client_err = ACE_OK, device_err = ACE_OK, err = store_begin_read(store, &txn);

	if (err)
		return ctl_fail(output, store, err);
	if (selection->client)
		client_err = store_client_get(txn, selection->client, &client);
	if (selection->device)
		device_err = store_device_get(txn, selection->device, &device);
	store_abort(txn);
	if (client_err == ACE_ERR_NOT_FOUND)
		return ctl_unknown(output, store, STORE_CLIENT, selection->client);
	if (device_err == ACE_ERR_NOT_FOUND)
		return ctl_unknown(output, store, STORE_DEVICE, selection->device);
	err = client_err ? client_err : device_err;
	return err ? ctl_fail(output, store, err) : CLI_EXIT_OK;
}

static int select_one(const struct cli_output *output, struct store *store, const char *name,
		      struct ctl_selection *selection)
{
	struct shown shown;
	enum ace_err err = read_token(store, name, &shown);

	if (err)
		return fail_token(output, store, name, err);
	if (strcmp(shown.state, "live"))
		return cli_fail(output, CLI_EXIT_NO, "token %llu is %s already", (unsigned long long)shown.token.sequence,
				shown.state);
	selection->sequence = shown.token.sequence;
	return CLI_EXIT_OK;
}

static int revoke_selected(const struct cli_call *call, const struct cli_output *output, struct store *store,
			   const struct ctl_selection *selection)
{
	struct json_t *document;
	struct ctl_revoked revoked;
	char question[64];
	size_t count;
	enum ace_err err = ctl_revoke_count(store, selection, ctl_now(), &count);

	if (err)
		return ctl_fail(output, store, err);
	snprintf(question, sizeof question, "Revoke %zu %s?", count, count == 1 ? "token" : "tokens");
	if (count && !cli_confirm(call, output, question))
		return CLI_EXIT_USAGE;
	err = ctl_revoke(store, selection, ctl_now(), &revoked);
	if (err)
		return ctl_fail(output, store, err);
	ctl_revoke_say(output, &revoked);
	document = cli_json_object();
	cli_json_put_int(document, "tokens_revoked", (int64_t)revoked.tokens);
	return ctl_printed(output, cli_output_json(output, document));
}

int ctl_token_revoke(const struct cli_call *call, const struct cli_output *output)
{
	struct ctl_selection selection = { .client = cli_flag_value(call, "client"),
					   .device = cli_flag_value(call, "device"),
					   .exceeding = cli_flag(call, "exceeding") };
	struct store *store;
	int code;

	if ((call->args_len == 1) == (selection.client || selection.device || selection.exceeding))
		return cli_fail(output, CLI_EXIT_USAGE,
				"name a token, or give --client, --device, --exceeding for all that match");
	code = ctl_open(call, output, false, &store);
	if (code)
		return code;
	code = call->args_len ? select_one(output, store, call->args[0], &selection) :
				check_parties(output, store, &selection);
	if (!code)
		code = revoke_selected(call, output, store, &selection);
	store_close(store);
	return code;
}
