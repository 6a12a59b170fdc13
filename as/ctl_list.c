/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

typedef enum ace_err fill_fn(struct store_txn *txn, struct cli_table *table); /* rows of one kind of record */

static enum ace_err fill_clients(struct store_txn *txn, struct cli_table *table)
{
	struct store_client client = { 0 };
	enum ace_err err;

	while (!(err = store_client_next(txn, client.id, &client))) {
		cli_table_cell(table, "%s", client.id);
		cli_table_cell(table, "%s", client.is_enabled ? "enabled" : "disabled");
		cli_table_cell(table, "%s", client.method == STORE_AUTH_OSCORE ? "oscore" : "dtls-psk");
		cli_table_cell(table, "%s", client.ticket_expires ? "ticket" : "");
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err fill_devices(struct store_txn *txn, struct cli_table *table)
{
	struct store_device device = { 0 };
	enum ace_err err;

	while (!(err = store_device_next(txn, device.id, &device))) {
		cli_table_cell(table, "%s", device.id);
		cli_table_cell(table, "%s", device.is_enabled ? "enabled" : "disabled");
		cli_table_cell(table, "%s", device.model);
		cli_table_cell(table, "%s", device.audience[0] ? device.audience : device.id);
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static int list(const struct cli_call *call, const struct cli_output *output, fill_fn *fill)
{
	struct cli_table table;
	struct store_txn *txn;
	struct store *store;
	enum ace_err err;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	cli_table_init(&table, 4);
	err = store_begin_read(store, &txn);
	if (!err) {
		err = fill(txn, &table);
		store_abort(txn);
	}
	if (cli_table_print(&table, output) && !err)
		err = ACE_ERR_MEMORY;
	if (err)
		code = ctl_fail(output, store, err);
	store_close(store);
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
