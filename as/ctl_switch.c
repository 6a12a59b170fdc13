/* SPDX-License-Identifier: Apache-2.0 */
/* client enable, client disable. */
#include "as/ctl.h"

#include "cli/json.h"

struct switching {
	const char *id;
	bool on;
	bool was_so; /* nothing to do */
};

static enum ace_err switch_client(struct store_txn *txn, void *arg)
{
	struct switching *s = arg;
	struct store_client client;
	enum ace_err err = store_client_get(txn, s->id, &client);

	if (err)
		return err;
	s->was_so = client.is_enabled == s->on;
	client.is_enabled = s->on;
	return s->was_so ? ACE_OK : store_client_update(txn, &client);
}

static int print_switched(const struct cli_output *output, const struct switching *s)
{
	struct json_t *document = cli_json_object();
	const char *word = s->on ? "enabled" : "disabled";

	if (s->was_so)
		cli_say(output, "%s was %s already", s->id, word);
	else
		cli_say(output, "%s %s, effective now", s->id, word);
	cli_json_put_text(document, "client", s->id);
	cli_json_put_bool(document, "enabled", s->on);
	cli_json_put_bool(document, "changed", !s->was_so);
	return ctl_printed(output, cli_output_json(output, document));
}

static int enable(const struct cli_call *call, const struct cli_output *output, bool on)
{
	struct switching s = { .id = call->args[0], .on = on };
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	err = store_write(store, switch_client, &s);
	if (err == ACE_ERR_NOT_FOUND)
		code = ctl_unknown(output, store, STORE_CLIENT, s.id);
	else
		code = err ? ctl_fail(output, store, err) : print_switched(output, &s);
	store_close(store);
	return code;
}

int ctl_client_enable(const struct cli_call *call, const struct cli_output *output)
{
	return enable(call, output, true);
}

int ctl_client_disable(const struct cli_call *call, const struct cli_output *output)
{
	return enable(call, output, false);
}
