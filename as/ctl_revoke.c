/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_revoke.h"

#include <stdlib.h>
#include <string.h>

#include "as/ctl_draft.h"
#include "as/ctl_exceed.h"
#include "storage/clients.h"
#include "storage/devices.h"

/* Sequences of the tokens found, and where their devices' names are gathered. */
struct found {
	uint64_t *sequences; /* owns */
	size_t len, cap;
	struct store_txn *txn;
	struct ctl_revoked *revoked;
};

static enum ace_err append(struct found *found, uint64_t sequence)
{
	if (found->len == found->cap) {
		size_t cap = found->cap ? found->cap * 2 : STORE_REVOKE_MAX;
		uint64_t *grown = reallocarray(found->sequences, cap, sizeof *grown);

		if (!grown)
			return ACE_ERR_MEMORY;
		found->sequences = grown;
		found->cap = cap;
	}
	found->sequences[found->len++] = sequence;
	return ACE_OK;
}

/* Is its client or its device disabled or gone? */
static enum ace_err is_unheld(struct store_txn *txn, const struct store_token *token, bool *ret_unheld)
{
	struct store_client client;
	struct store_device device;
	enum ace_err err = store_client_get(txn, token->client, &client);

	if (!err && client.is_enabled)
		err = store_device_get(txn, token->device, &device);
	else if (!err)
		err = ACE_ERR_NOT_FOUND;
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	*ret_unheld = err || !device.is_enabled;
	return ACE_OK;
}

/* ACE_ERR_NOT_FOUND: not one of the selection, or not alive. */
static enum ace_err match(const struct ctl_draft *draft, const struct ctl_selection *selection, int64_t now,
			  const struct store_token *token)
{
	struct store_revoked revoked;
	bool unheld = true, exceeds = true;
	enum ace_err err;

	if (token->expires_at <= now || (selection->sequence && selection->sequence != token->sequence) ||
	    (selection->client && strcmp(selection->client, token->client)) ||
	    (selection->device && strcmp(selection->device, token->device)))
		return ACE_ERR_NOT_FOUND;
	err = store_revoked_get(draft->txn, token, &revoked);
	if (err != ACE_ERR_NOT_FOUND)
		return err ? err : ACE_ERR_NOT_FOUND;
	err = selection->unheld ? is_unheld(draft->txn, token, &unheld) : ACE_OK;
	if (!err && unheld && selection->exceeding)
		err = ctl_token_exceeds(draft, token, now, &exceeds);
	return err || (unheld && exceeds) ? err : ACE_ERR_NOT_FOUND;
}

static enum ace_err note_device(struct store_txn *txn, const char *id, struct ctl_revoked *revoked)
{
	struct store_device device;
	size_t named = revoked->devices < CTL_REVOKE_NAMED ? revoked->devices : CTL_REVOKE_NAMED;
	enum ace_err err;

	for (size_t i = 0; i < named; i++)
		if (!strcmp(revoked->named[i], id))
			return ACE_OK;
	err = store_device_get(txn, id, &device);
	if (err == ACE_ERR_NOT_FOUND) /* nobody is left to learn it */
		return ACE_OK;
	if (err)
		return err;
	if (revoked->devices < CTL_REVOKE_NAMED)
		memcpy(revoked->named[revoked->devices], device.id, sizeof device.id);
	revoked->devices++;
	revoked->all_have_lines &= device.line_method != STORE_AUTH_NONE;
	return ACE_OK;
}

enum ace_err ctl_live_each(const struct ctl_draft *draft, const struct ctl_selection *selection, int64_t now,
			   ctl_live_fn *found, void *context)
{
	struct store_token token = { .sequence = selection->sequence ? selection->sequence - 1 : 0 };
	enum ace_err err;

	while (!(err = store_token_next(draft->txn, token.sequence, &token))) {
		if (selection->sequence && token.sequence > selection->sequence)
			return ACE_OK;
		err = match(draft, selection, now, &token);
		if (err == ACE_ERR_NOT_FOUND)
			continue;
		if (!err)
			err = found(context, &token);
		if (err)
			return err;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err take(void *context, const struct store_token *token)
{
	struct found *found = context;
	enum ace_err err = append(found, token->sequence);

	return err ? err : note_device(found->txn, token->device, found->revoked);
}

/* The policy is compiled only where it is asked for. */
static enum ace_err find_all(struct store *store, const struct ctl_selection *selection, int64_t now,
			     struct found *found)
{
	struct ctl_draft draft = { 0 };
	enum ace_err err = selection->exceeding ? ctl_draft_begin(store, NULL, &draft) : store_begin_read(store, &draft.txn);

	*found->revoked = (struct ctl_revoked){ .all_have_lines = true };
	if (err)
		return err;
	found->txn = draft.txn;
	err = ctl_live_each(&draft, selection, now, take, found);
	ctl_draft_end(&draft);
	return err;
}

enum ace_err ctl_revoke_count(struct store *store, const struct ctl_selection *selection, int64_t now,
			      size_t *ret_count)
{
	struct ctl_revoked revoked;
	struct found found = { .revoked = &revoked };
	enum ace_err err = find_all(store, selection, now, &found);

	if (!err)
		*ret_count = found.len;
	free(found.sequences);
	return err;
}

struct step {
	const uint64_t *sequences;
	size_t len, revoked;
	int64_t now;
};

static enum ace_err revoke_step(struct store_txn *txn, void *arg)
{
	struct step *step = arg;

	return store_token_revoke(txn, step->sequences, step->len, step->now, &step->revoked);
}

enum ace_err ctl_revoke(struct store *store, const struct ctl_selection *selection, int64_t now,
			struct ctl_revoked *ret_revoked)
{
	struct found found = { .revoked = ret_revoked };
	enum ace_err err = find_all(store, selection, now, &found);

	for (size_t at = 0; at < found.len && !err; at += STORE_REVOKE_MAX) {
		struct step step = { .sequences = found.sequences + at, .len = found.len - at, .now = now };

		if (step.len > STORE_REVOKE_MAX)
			step.len = STORE_REVOKE_MAX;
		err = store_write(store, revoke_step, &step);
		ret_revoked->tokens += step.revoked;
	}
	free(found.sequences);
	return err;
}

/* "thermo-101, thermo-102 and 7 others" */
static void name_devices(const struct ctl_revoked *revoked, char *text, size_t cap)
{
	size_t named = revoked->devices < CTL_REVOKE_NAMED ? revoked->devices : CTL_REVOKE_NAMED, len = 0;

	text[0] = '\0';
	for (size_t i = 0; i < named && len < cap; i++)
		len += (size_t)snprintf(text + len, cap - len, "%s%s", i ? ", " : "", revoked->named[i]);
	if (revoked->devices > named && len < cap)
		snprintf(text + len, cap - len, " and others");
}

void ctl_revoke_say(const struct cli_output *output, const struct ctl_revoked *revoked)
{
	char names[CTL_REVOKE_NAMED * (STORE_ID_MAX + 2) + 16];
	const char *tokens = revoked->tokens == 1 ? "token" : "tokens", *learn, *when;

	if (!revoked->devices || !revoked->tokens) {
		cli_say_done(output, "%zu %s revoked", revoked->tokens, tokens);
		return;
	}
	name_devices(revoked, names, sizeof names);
	learn = revoked->devices == 1 ? "learns it at its" : "learn it at their";
	when = revoked->tokens == 1 ? "the token expires" : "the tokens expire";
	if (revoked->all_have_lines)
		cli_say_done(output, "%zu %s revoked; %s %s next poll, at the latest when %s there", revoked->tokens, tokens,
			names, learn, when);
	else
		cli_say_done(output, "%zu %s revoked; %s: a device without a line to the AS takes it until %s there",
			revoked->tokens, tokens, names, when);
}
