/* SPDX-License-Identifier: Apache-2.0 */
/* Ids of what the store has, for the completion of shells: no key is needed, and nothing is said when there is no store. */
#include "as/ctl_complete.h"

#include <stdlib.h>
#include <string.h>

#include "as/ctl.h"
#include "cli/files.h"
#include "cli/text.h"
#include "policy/words.h"
#include "storage/decisions.h"
#include "storage/policies.h"
#include "storage/tokens.h"

#define LOOKED_AT_MAX 10000 /* of more than that none is offered: it would take long, and nobody reads them */
#define GENERATIONS_SHOWN 100

/* Candidates so far. All or none are printed, since a shell inserts what they have in common. */
struct ids {
	const struct cli_wanted *wanted;
	struct cli_text text; /* owns */
	size_t looked_at;
};

static bool begins(const struct ids *ids, const char *id)
{
	return !strncmp(id, ids->wanted->word, strlen(ids->wanted->word));
}

/* A shell inserts it as it is: a store that somebody has spoilt, and that nobody has unlocked, may not make it type commands. */
static void add(struct ids *ids, const char *id)
{
	if (begins(ids, id) && policy_is_id(id))
		cli_text_printf(&ids->text, "%.*s%s\n", (int)ids->wanted->before_len, ids->wanted->before, id);
}

/* From what was typed on: rows are in the order of ids. */
static void add_clients(struct store_txn *txn, struct ids *ids)
{
	struct store_client client;
	enum ace_err err = store_client_get(txn, ids->wanted->word, &client);

	if (!err)
		add(ids, client.id);
	snprintf(client.id, sizeof client.id, "%s", ids->wanted->word);
	while (ids->looked_at++ < LOOKED_AT_MAX && !store_client_next(txn, client.id, &client) && begins(ids, client.id))
		add(ids, client.id);
}

static void add_devices(struct store_txn *txn, struct ids *ids)
{
	struct store_device device;
	enum ace_err err = store_device_get(txn, ids->wanted->word, &device);

	if (!err)
		add(ids, device.id);
	snprintf(device.id, sizeof device.id, "%s", ids->wanted->word);
	while (ids->looked_at++ < LOOKED_AT_MAX && !store_device_next(txn, device.id, &device) && begins(ids, device.id))
		add(ids, device.id);
}

static void add_tokens(struct store_txn *txn, struct ids *ids)
{
	struct store_token token = { 0 };
	char number[24];

	while (ids->looked_at++ < LOOKED_AT_MAX && !store_token_next(txn, token.sequence, &token)) {
		snprintf(number, sizeof number, "%llu", (unsigned long long)token.sequence);
		add(ids, number);
	}
}

static void add_generations(struct store_txn *txn, struct ids *ids)
{
	struct store_policy policy;
	uint64_t current = 0;
	char number[24];

	if (store_policy_current(txn, &current))
		return;
	for (uint64_t i = 0; i < current && i < GENERATIONS_SHOWN; i++) {
		if (store_policy_get(txn, current - i, &policy))
			continue;
		snprintf(number, sizeof number, "%llu", (unsigned long long)(current - i));
		add(ids, number);
	}
}

/* Those of the last day, or hour, or minute, whichever is not too many. */
static void add_decisions(struct store_txn *txn, struct ids *ids)
{
	static const int64_t spans_s[] = { 86400, 3600, 60 };
	struct store_decision decision = { 0 };
	char text[STORE_DECISION_TEXT_LEN + 1];

	for (size_t i = 0; i < ACE_ARRAY_LEN(spans_s); i++) {
		cli_text_free(&ids->text);
		ids->text = (struct cli_text){ .cap = 0 };
		ids->looked_at = 0;
		store_decision_id_before((ctl_now() - spans_s[i]) * 1000, &decision.id);
		while (ids->looked_at < LOOKED_AT_MAX && !store_decision_next(txn, &decision.id, &decision)) {
			ids->looked_at++;
			store_decision_id_text(&decision.id, text);
			add(ids, text);
		}
		if (ids->looked_at < LOOKED_AT_MAX)
			return;
	}
}

static void add_methods(struct ids *ids)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH" };

	for (size_t i = 0; i < ACE_ARRAY_LEN(methods); i++)
		add(ids, methods[i]);
}

static void add_stored(const struct cli_call *call, const char *kind, struct ids *ids)
{
	struct store_error error;
	struct store_txn *txn;
	struct store *store;

	if (store_open(&(struct store_options){ .dir = ctl_state_dir(call) }, &store, &error))
		return;
	if (!store_begin_read(store, &txn)) {
		if (!strncmp(kind, "CLIENT", 6))
			add_clients(txn, ids);
		else if (!strncmp(kind, "DEVICE", 6))
			add_devices(txn, ids);
		else if (!strcmp(kind, "TOKEN-ID"))
			add_tokens(txn, ids);
		else if (!strcmp(kind, "GEN"))
			add_generations(txn, ids);
		else
			add_decisions(txn, ids);
		store_abort(txn);
	}
	store_close(store);
}

void ctl_complete(const struct cli_call *call, const char *kind, const struct cli_wanted *wanted)
{
	static const char *const stored[] = { "CLIENT", "CLIENT-ID", "DEVICE", "DEVICE-ID", "TOKEN-ID", "GEN", "DECISION-ID" };
	struct ids ids = { .wanted = wanted };
	struct cli_bytes bytes = { NULL, 0 };

	if (!strcmp(kind, "METHOD"))
		add_methods(&ids);
	for (size_t i = 0; i < ACE_ARRAY_LEN(stored); i++)
		if (!strcmp(kind, stored[i]) && strlen(wanted->word) <= STORE_ID_MAX)
			add_stored(call, kind, &ids);
	if (!cli_text_take(&ids.text, &bytes) && ids.looked_at < LOOKED_AT_MAX && bytes.len)
		fwrite(bytes.ptr, 1, bytes.len, wanted->out);
	cli_bytes_free(&bytes);
}
