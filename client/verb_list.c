/* SPDX-License-Identifier: Apache-2.0 */
/* list and forget. */
#include "cli/json.h"
#include "client/verbs.h"

struct listing {
	struct cli_table table;
	struct json_t *document;
};

static void row_add(void *arg, const struct ace_client_token *token)
{
	struct listing *listing = arg;
	struct json_t *entry = cli_json_object();
	char when[CLI_TIME_TEXT_MAX] = "-";

	if (token->expires)
		cli_time_text(token->expires, when);
	cli_table_cell(&listing->table, "%s", token->device ? token->device : "-");
	cli_table_cell(&listing->table, "%s", token->audience);
	cli_table_cell(&listing->table, "%s", token->scope ? token->scope : "-");
	cli_table_cell(&listing->table, "%s", when);
	cli_json_put_text(entry, "origin", token->device);
	cli_json_put_text(entry, "audience", token->audience);
	cli_json_put_text(entry, "as_uri", token->as_uri);
	cli_json_put_text(entry, "scope", token->scope);
	cli_json_put_text(entry, "expires", token->expires ? when : NULL);
	cli_json_add(listing->document, entry);
}

static int list(struct ace_client *client, const struct cli_call *call, const struct cli_output *output)
{
	struct listing listing = { .document = cli_json_array() };

	(void)call;
	cli_table_init(&listing.table, 4);
	cli_table_cell(&listing.table, "DEVICE");
	cli_table_cell(&listing.table, "AUDIENCE");
	cli_table_cell(&listing.table, "SCOPE");
	cli_table_cell(&listing.table, "EXPIRES");
	if (ace_client_list(client, row_add, &listing)) {
		cli_table_free(&listing.table);
		cli_json_free(listing.document);
		return client_failure_print(client, output);
	}
	if (!cli_table_print(&listing.table, output))
		return cli_output_json(output, listing.document) ? CLI_EXIT_BROKEN : CLI_EXIT_OK;
	cli_json_free(listing.document);
	return cli_fail(output, CLI_EXIT_BROKEN, "no memory");
}

int client_verb_list(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, list);
}

static int forget(struct ace_client *client, const struct cli_call *call, const struct cli_output *output)
{
	return ace_client_forget(client, call->args[0]) ? client_failure_print(client, output) : CLI_EXIT_OK;
}

int client_verb_forget(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, forget);
}
