/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "storage/clients.h"
#include "storage/decisions.h"
#include "storage/devices.h"
#include "storage/merge.h"
#include "storage/policies.h"
#include "storage/record.h"
#include "storage/secrets.h"

static void note(struct store_names *names, const char *id)
{
	if (names->count < STORE_NAMES_FIRST)
		snprintf(names->first[names->count], sizeof names->first[0], "%s", id);
	names->count++;
}

/* What a comparison needs of a client or device. */
struct party {
	char id[STORE_ID_MAX + 1];
	bool is_enabled;
	uint64_t line;
	uint32_t versions[2]; /* newest secret of its line, newest token key */
};

static enum ace_err client_step(struct store_txn *txn, const char *id, bool exact, struct party *ret_party)
{
	static struct store_client client;
	enum ace_err err = exact ? store_client_get(txn, id, &client) : store_client_next(txn, id, &client);

	if (err)
		return err;
	*ret_party = (struct party){ .is_enabled = client.is_enabled, .line = client.line,
				     .versions = { client.key_version, 0 } };
	memcpy(ret_party->id, client.id, sizeof client.id);
	return ACE_OK;
}

static enum ace_err device_step(struct store_txn *txn, const char *id, bool exact, struct party *ret_party)
{
	static struct store_device device;
	enum ace_err err = exact ? store_device_get(txn, id, &device) : store_device_next(txn, id, &device);

	if (err)
		return err;
	*ret_party = (struct party){ .is_enabled = device.is_enabled, .line = device.line,
				     .versions = { device.line_key_version, device.keys[device.keys_len - 1u].version } };
	memcpy(ret_party->id, device.id, sizeof device.id);
	return ACE_OK;
}

/* Both orders of one walk: who is in the first and how that looks in the second. */
static enum ace_err walk(struct store_txn *first, struct store_txn *second,
			 enum ace_err (*step)(struct store_txn *, const char *, bool, struct party *), bool first_is_current,
			 struct store_party_loss *loss)
{
	struct party here = { .is_enabled = false }, there;
	enum ace_err err;

	while (!(err = step(first, here.id, false, &here))) {
		bool is_there;

		err = step(second, here.id, true, &there);
		if (err && err != ACE_ERR_NOT_FOUND)
			return err;
		is_there = !err;
		if (first_is_current && !is_there)
			note(&loss->gone, here.id);
		else if (first_is_current && (here.line != there.line || memcmp(here.versions, there.versions, sizeof here.versions)))
			note(&loss->rekeyed, here.id);
		else if (!first_is_current && here.is_enabled && (!is_there || !there.is_enabled))
			note(&loss->back, here.id);
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err compare_parties(struct store_txn *current, struct store_txn *copy,
				    enum ace_err (*step)(struct store_txn *, const char *, bool, struct party *),
				    struct store_party_loss *loss)
{
	enum ace_err err = walk(current, copy, step, true, loss);

	return err ? err : walk(copy, current, step, false, loss);
}

static enum ace_err count_tokens(struct store_txn *current, struct store_txn *copy, int64_t now, uint64_t *tokens)
{
	struct store_token token = { .sequence = 0 }, there;
	enum ace_err err;

	while (!(err = store_token_next(current, token.sequence, &token))) {
		if (token.expires_at <= now)
			continue;
		err = store_token_get(copy, token.sequence, &there);
		if (err && err != ACE_ERR_NOT_FOUND)
			return err;
		*tokens += err == ACE_ERR_NOT_FOUND;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err count_revocations(struct store_txn *current, struct store_txn *copy, uint64_t *revocations)
{
	struct ace_slice key = { NULL, 0 }, value, there;
	enum ace_err err;

	while (!(err = table_next(current, TABLE_REVOKED, key, &key, &value))) {
		err = table_get(copy, TABLE_REVOKED, key, &there);
		if (err && err != ACE_ERR_NOT_FOUND)
			return err;
		*revocations += err == ACE_ERR_NOT_FOUND;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

enum ace_err merge_compare(struct store_txn *current, struct store_txn *copy, int64_t now, struct store_loss *loss)
{
	uint64_t bytes, decisions;
	enum ace_err err = store_policy_current(current, &loss->generation);

	if (!err)
		err = compare_parties(current, copy, client_step, &loss->clients);
	if (!err)
		err = compare_parties(current, copy, device_step, &loss->devices);
	if (!err)
		err = store_decision_count(current, &decisions, &bytes);
	if (!err)
		err = count_tokens(current, copy, now, &loss->tokens);
	if (!err)
		err = count_revocations(current, copy, &loss->revocations);
	if (!err)
		loss->decisions = decisions > loss->backup.decisions ? decisions - loss->backup.decisions : 0;
	return err;
}
