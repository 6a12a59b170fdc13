/* SPDX-License-Identifier: Apache-2.0 */
/* client list, device list: a table, or the records that show prints, as one array or one a line. */
#include "as/ctl.h"

#include "as/ctl_record.h"
#include "cli/json.h"

/* What is listed so far. With --json=lines nothing is kept, so that a million records need no memory. */
struct listing {
	const struct cli_output *output;
	struct cli_table table;
	struct json_t *array;
};

typedef enum ace_err fill_fn(struct store_txn *txn, struct listing *listing); /* rows of one kind of record */

static enum ace_err add_record(struct listing *listing, struct json_t *record)
{
	if (listing->output->json == CLI_JSON_LINES)
		return cli_output_json(listing->output, record);
	cli_json_add(listing->array, record);
	return ACE_OK;
}

static void add_client_row(struct cli_table *table, const struct store_client *client)
{
	cli_table_cell(table, "%s", client->id);
	cli_table_cell(table, "%s", client->is_enabled ? "enabled" : "disabled");
	cli_table_cell(table, "%s", ctl_method_name(client->method));
	cli_table_cell(table, "%s", client->ticket_expires ? "ticket" : "");
}

static enum ace_err fill_clients(struct store_txn *txn, struct listing *listing)
{
	struct store_client client = { 0 };
	enum ace_err err;

	while (!(err = store_client_next(txn, client.id, &client))) {
		if (listing->output->json == CLI_TEXT)
			add_client_row(&listing->table, &client);
		else if ((err = add_record(listing, ctl_client_record(&client))))
			return err;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static void add_device_row(struct cli_table *table, const struct store_device *device)
{
	cli_table_cell(table, "%s", device->id);
	cli_table_cell(table, "%s", device->is_enabled ? "enabled" : "disabled");
	cli_table_cell(table, "%s", device->model);
	cli_table_cell(table, "%s", device->audience[0] ? device->audience : device->id);
}

static enum ace_err fill_devices(struct store_txn *txn, struct listing *listing)
{
	struct ctl_device device = { 0 };
	enum ace_err err;

	while (!(err = store_device_next(txn, device.record.id, &device.record))) {
		if (listing->output->json == CLI_TEXT)
			add_device_row(&listing->table, &device.record);
		else if ((err = ctl_device_count(txn, &device)) || (err = add_record(listing, ctl_device_record(&device))))
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

static int list(const struct cli_call *call, const struct cli_output *output, fill_fn *fill)
{
	struct listing listing = { .output = output, .array = cli_json_array() };
	struct store_txn *txn;
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	cli_table_init(&listing.table, 4);
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

int ctl_client_list(const struct cli_call *call, const struct cli_output *output)
{
	return list(call, output, fill_clients);
}

int ctl_device_list(const struct cli_call *call, const struct cli_output *output)
{
	return list(call, output, fill_devices);
}
