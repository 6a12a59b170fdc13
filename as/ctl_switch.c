/* SPDX-License-Identifier: Apache-2.0 */
/* client enable, client disable, client delete, and the same of devices. What is disabled or gone holds no token any more. */
#include "as/ctl.h"

#include "as/ctl_revoke.h"
#include "cli/json.h"

struct switching {
	enum store_kind kind;
	const char *id;
	bool on;
	bool was_so; /* nothing to do */
	struct ctl_revoked revoked;
};

static enum ace_err switch_client(struct store_txn *txn, struct switching *s)
{
	struct store_client client;
	enum ace_err err = store_client_get(txn, s->id, &client);

	if (err)
		return err;
	s->was_so = client.is_enabled == s->on;
	client.is_enabled = s->on;
	return s->was_so ? ACE_OK : store_client_update(txn, &client);
}

static enum ace_err switch_device(struct store_txn *txn, struct switching *s)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, s->id, &device);

	if (err)
		return err;
	s->was_so = device.is_enabled == s->on;
	device.is_enabled = s->on;
	return s->was_so ? ACE_OK : store_device_update(txn, &device);
}

static enum ace_err switch_one(struct store_txn *txn, void *arg)
{
	struct switching *s = arg;

	return s->kind == STORE_CLIENT ? switch_client(txn, s) : switch_device(txn, s);
}

static struct ctl_selection tokens_of(const struct switching *s)
{
	return (struct ctl_selection){ .client = s->kind == STORE_CLIENT ? s->id : NULL,
				       .device = s->kind == STORE_DEVICE ? s->id : NULL };
}

/* Disabled first, revoked then: so nothing is issued in between. A second call revokes what a first one left, for example
 * because it was interrupted. */
static enum ace_err revoke_all(struct store *store, struct switching *s)
{
	struct ctl_selection selection = tokens_of(s);

	return s->on ? ACE_OK : ctl_revoke(store, &selection, ctl_now(), &s->revoked);
}

static int print_switched(const struct cli_output *output, const struct switching *s)
{
	struct json_t *document = cli_json_object();
	const char *word = s->on ? "enabled" : "disabled";

	if (s->was_so)
		cli_say_done(output, "%s was %s already", s->id, word);
	else
		cli_say_done(output, "%s %s, effective now", s->id, word);
	if (s->revoked.tokens)
		ctl_revoke_say(output, &s->revoked);
	cli_json_put_text(document, s->kind == STORE_CLIENT ? "client" : "device", s->id);
	cli_json_put_bool(document, "enabled", s->on);
	cli_json_put_bool(document, "changed", !s->was_so);
	cli_json_put_int(document, "tokens_revoked", (int64_t)s->revoked.tokens);
	return ctl_printed(output, cli_output_json(output, document));
}

static int enable(const struct cli_call *call, const struct cli_output *output, enum store_kind kind, bool on)
{
	struct switching s = { .kind = kind, .id = call->args[0], .on = on };
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = store_write(store, switch_one, &s);
	if (err == ACE_ERR_NOT_FOUND) {
		code = ctl_unknown(output, store, kind, s.id);
	} else {
		if (!err)
			err = revoke_all(store, &s);
		code = err ? ctl_fail(output, store, err) : print_switched(output, &s);
	}
	store_close(store);
	return code;
}

/* --- delete --- */

static enum ace_err find(struct store *store, const struct switching *s)
{
	struct store_client client;
	struct store_device device;
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = s->kind == STORE_CLIENT ? store_client_get(txn, s->id, &client) : store_device_get(txn, s->id, &device);
	store_abort(txn);
	return err;
}

static enum ace_err delete_one(struct store_txn *txn, void *arg)
{
	const struct switching *s = arg;

	return s->kind == STORE_CLIENT ? store_client_delete(txn, s->id) : store_device_delete(txn, s->id);
}

/* It goes last: whatever interrupts this leaves something disabled, of which a second call takes what is left. */
static enum ace_err delete_all(struct store *store, struct switching *s)
{
	enum ace_err err = store_write(store, switch_one, s);

	if (!err)
		err = revoke_all(store, s);
	return err ? err : store_write(store, delete_one, s);
}

static int print_deleted(const struct cli_output *output, const struct switching *s)
{
	struct json_t *document = cli_json_object();

	cli_say_done(output, "%s deleted, effective now", s->id);
	if (s->revoked.tokens)
		ctl_revoke_say(output, &s->revoked);
	cli_json_put_text(document, s->kind == STORE_CLIENT ? "client" : "device", s->id);
	cli_json_put_bool(document, "deleted", true);
	cli_json_put_int(document, "tokens_revoked", (int64_t)s->revoked.tokens);
	return ctl_printed(output, cli_output_json(output, document));
}

static bool confirm(const struct cli_call *call, const struct cli_output *output, const struct switching *s, size_t tokens)
{
	char question[STORE_ID_MAX + 96];

	snprintf(question, sizeof question, "Delete %s %s with its keys, and revoke %zu %s?",
		 s->kind == STORE_CLIENT ? "client" : "device", s->id, tokens, tokens == 1 ? "token" : "tokens");
	return cli_confirm(call, output, question);
}

static int delete(const struct cli_call *call, const struct cli_output *output, enum store_kind kind)
{
	struct switching s = { .kind = kind, .id = call->args[0] };
	const struct ctl_selection selection = tokens_of(&s);
	struct store *store;
	size_t tokens;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = find(store, &s);
	if (!err)
		err = ctl_revoke_count(store, &selection, ctl_now(), &tokens);
	if (!err && !confirm(call, output, &s, tokens)) {
		store_close(store);
		return CLI_EXIT_USAGE;
	}
	if (!err)
		err = delete_all(store, &s);
	if (err == ACE_ERR_NOT_FOUND)
		code = ctl_unknown(output, store, kind, s.id);
	else
		code = err ? ctl_fail(output, store, err) : print_deleted(output, &s);
	store_close(store);
	return code;
}

int ctl_client_delete(const struct cli_call *call, const struct cli_output *output)
{
	return delete(call, output, STORE_CLIENT);
}

int ctl_device_delete(const struct cli_call *call, const struct cli_output *output)
{
	return delete(call, output, STORE_DEVICE);
}

int ctl_client_enable(const struct cli_call *call, const struct cli_output *output)
{
	return enable(call, output, STORE_CLIENT, true);
}

int ctl_client_disable(const struct cli_call *call, const struct cli_output *output)
{
	return enable(call, output, STORE_CLIENT, false);
}

int ctl_device_enable(const struct cli_call *call, const struct cli_output *output)
{
	return enable(call, output, STORE_DEVICE, true);
}

int ctl_device_disable(const struct cli_call *call, const struct cli_output *output)
{
	return enable(call, output, STORE_DEVICE, false);
}
