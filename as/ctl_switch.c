/* SPDX-License-Identifier: Apache-2.0 */
/* client enable, client disable, device enable, device disable. What is disabled holds no token any more. */
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

/* Disabled first, revoked then: so nothing is issued in between. A second call revokes what a first one left, for example
 * because it was interrupted. */
static enum ace_err revoke_all(struct store *store, struct switching *s)
{
	struct ctl_selection selection = { .client = s->kind == STORE_CLIENT ? s->id : NULL,
					   .device = s->kind == STORE_DEVICE ? s->id : NULL };

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
