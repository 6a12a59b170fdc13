/* SPDX-License-Identifier: Apache-2.0 */
#include "as/refusals.h"

#include <stdlib.h>
#include <string.h>

enum ace_err as_refusals_init(struct as_refusals *refusals)
{
	refusals->slots = calloc(AS_REFUSALS_LEN, sizeof *refusals->slots);
	refusals->unstored = 0;
	refusals->pending = 0;
	return refusals->slots ? ACE_OK : ACE_ERR_MEMORY;
}

void as_refusals_fini(struct as_refusals *refusals)
{
	if (!refusals)
		return;
	free(refusals->slots);
	refusals->slots = NULL;
}

/* What makes two refusals alike, each part with its length before it so that no two tuples read the same. */
static enum ace_err digest_of(const struct store_decision *decision, uint8_t ret_digest[16])
{
	uint8_t text[2 * (STORE_AUDIENCE_MAX + 2) + STORE_SCOPE_MAX + 32], hash[ACE_SHA256_LEN];
	uint64_t numbers[] = { (uint64_t)decision->reason, (uint64_t)decision->oauth_error, decision->generation,
			       strlen(decision->client.id), strlen(decision->device.id), decision->requested.kind };
	size_t len = 0;
	enum ace_err err;

	for (size_t i = 0; i < ACE_ARRAY_LEN(numbers); i++)
		for (int shift = 0; shift < 32; shift += 8)
			text[len++] = (uint8_t)(numbers[i] >> shift);
	memcpy(text + len, decision->client.id, numbers[3]);
	len += numbers[3];
	memcpy(text + len, decision->device.id, numbers[4]);
	len += numbers[4];
	memcpy(text + len, decision->requested.bytes, decision->requested.len);
	len += decision->requested.len;
	err = ace_port_sha256((struct ace_slice){ text, len }, hash);
	if (!err)
		memcpy(ret_digest, hash, 16);
	return err;
}

/* A slot that is free or over its minute may be taken; one with a count that is not stored yet rather not. */
static bool is_better_victim(const struct as_refusal *slot, const struct as_refusal *than)
{
	if (!than || (slot->more == 0) != (than->more == 0))
		return !than || slot->more == 0;
	return slot->made_ms < than->made_ms;
}

enum ace_err as_refusal_find(struct as_refusals *refusals, const struct store_decision *decision, uint64_t now_ms,
			     struct as_refusal **ret_refusal, bool *ret_joined)
{
	struct as_refusal *victim = NULL;
	uint8_t digest[16];
	size_t start;
	enum ace_err err = digest_of(decision, digest);

	if (err)
		return err;
	start = (size_t)(digest[0] | digest[1] << 8) % AS_REFUSALS_LEN;
	for (size_t i = 0; i < 8; i++) {
		struct as_refusal *slot = &refusals->slots[(start + i) % AS_REFUSALS_LEN];

		if (!memcmp(slot->digest, digest, sizeof digest) && now_ms - slot->made_ms < AS_REFUSAL_JOIN_MS) {
			refusals->unstored += slot->more++ == 0;
			slot->last_at_ms = decision->last_at_ms;
			*ret_refusal = slot;
			*ret_joined = true;
			return ACE_OK;
		}
		if (is_better_victim(slot, victim))
			victim = slot;
	}
	refusals->unstored -= victim->more > 0;
	refusals->pending -= victim->is_pending;
	memset(victim, 0, sizeof *victim);
	memcpy(victim->digest, digest, sizeof digest);
	*ret_refusal = victim;
	*ret_joined = false;
	return ACE_OK;
}

size_t as_refusals_held(const struct as_refusals *refusals)
{
	static const uint8_t unused[sizeof refusals->slots->digest];
	size_t held = 0;

	for (size_t i = 0; i < AS_REFUSALS_LEN; i++)
		held += memcmp(refusals->slots[i].digest, unused, sizeof unused) != 0;
	return held;
}

void as_refusal_recorded(struct as_refusals *refusals, struct as_refusal *refusal, const struct store_decision_id *id,
			 uint64_t now_ms)
{
	refusal->id = *id;
	refusal->made_ms = now_ms;
	refusal->is_pending = true;
	refusals->pending++;
}

void as_refusals_settle(struct as_refusals *refusals, bool committed)
{
	for (size_t i = 0; refusals->pending && i < AS_REFUSALS_LEN; i++) {
		struct as_refusal *slot = &refusals->slots[i];

		if (!slot->is_pending)
			continue;
		slot->is_pending = false;
		refusals->pending--;
		if (committed)
			continue;
		refusals->unstored -= slot->more > 0;
		memset(slot, 0, sizeof *slot);
	}
}

enum ace_err as_refusals_store(struct as_refusals *refusals, struct store_txn *txn)
{
	for (size_t i = 0; refusals->unstored && i < AS_REFUSALS_LEN; i++) {
		struct as_refusal *slot = &refusals->slots[i];
		enum ace_err err;

		if (!slot->more)
			continue;
		err = store_decision_join(txn, &slot->id, slot->more, slot->last_at_ms);
		/* A record that has left with its time takes its count along. */
		if (err && err != ACE_ERR_NOT_FOUND)
			return err;
		slot->more = 0;
		refusals->unstored--;
	}
	return ACE_OK;
}
