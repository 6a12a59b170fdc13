/* SPDX-License-Identifier: Apache-2.0 */
/* An id that nobody has: which one was meant? */
#include "as/ctl.h"

#include <string.h>

#define LOOKED_AT_MAX 10000 /* a typo is answered at once, whatever the size of the store */

/* Keep the one of both that is nearer to word; the old one when both are alike. */
static void keep_nearer(const char *word, const char *candidate, char best[STORE_AUDIENCE_MAX + 1])
{
	const char *list[] = { best[0] ? best : NULL, candidate };
	const char *near = cli_nearest(word, list, ACE_ARRAY_LEN(list));

	if (near == candidate)
		snprintf(best, STORE_AUDIENCE_MAX + 1, "%s", candidate);
}

static void look_at_clients(struct store_txn *txn, const char *word, char best[STORE_AUDIENCE_MAX + 1])
{
	struct store_client client = { 0 };

	for (size_t i = 0; i < LOOKED_AT_MAX && !store_client_next(txn, client.id, &client); i++)
		keep_nearer(word, client.id, best);
}

static void look_at_devices(struct store_txn *txn, const char *word, char best[STORE_AUDIENCE_MAX + 1])
{
	struct store_device device = { 0 };

	for (size_t i = 0; i < LOOKED_AT_MAX && !store_device_next(txn, device.id, &device); i++) {
		keep_nearer(word, device.id, best);
		if (device.audience[0])
			keep_nearer(word, device.audience, best);
	}
}

int ctl_unknown(const struct cli_output *output, struct store *store, enum store_kind kind, const char *id)
{
	const char *noun = kind == STORE_CLIENT ? "client" : "device";
	char near[STORE_AUDIENCE_MAX + 1] = "";
	struct cli_error error;
	struct store_txn *txn;

	if (!store_begin_read(store, &txn)) {
		if (kind == STORE_CLIENT)
			look_at_clients(txn, id, near);
		else
			look_at_devices(txn, id, near);
		store_abort(txn);
	}
	if (near[0])
		cli_error_set(&error, ACE_ERR_NOT_FOUND, "no %s %.128s (did you mean %s?)", noun, id, near);
	else
		cli_error_set(&error, ACE_ERR_NOT_FOUND, "no %s %.128s", noun, id);
	cli_error_hint(&error, "acectl %s list names them all", noun);
	return cli_error_print(output, &error);
}
