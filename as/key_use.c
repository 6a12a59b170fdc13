/* SPDX-License-Identifier: Apache-2.0 */
#include "as/key_use.h"

#include "ace_port.h"
#include "cli/log.h"
#include "storage/key_uses.h"

#define TOLD_EACH 100 /* parts of the limit; the alarm is repeated with each */

static void tell(enum cli_log_level level, const char *event, const struct as_device *device, size_t index)
{
	const struct store_device_key *key = &device->described[index];

	cli_log(level, event, cli_log_text("device", device->id),
		cli_log_hex("kid", (struct ace_slice){ key->kid, key->kid_len }),
		cli_log_int("uses", (int64_t)device->uses[index]),
		cli_log_int("limit", (int64_t)store_key_uses_limit(key->alg)));
}

/* One part further than the last time, and above the alarm. */
static bool is_news(int32_t alg, uint64_t before, uint64_t uses)
{
	uint64_t limit = store_key_uses_limit(alg);

	return uses >= store_key_uses_alarm(alg) && before * TOLD_EACH / limit != uses * TOLD_EACH / limit;
}

/* One token in STORE_KEY_USES_STEP, so that the count is right on average and others need no row. */
static enum ace_err is_drawn(bool *ret_drawn)
{
	uint8_t lot;
	enum ace_err err = ace_port_random(&lot, sizeof lot);

	if (!err)
		*ret_drawn = !lot;
	return err;
}

static enum ace_err count(struct as_server *as, struct as_device *device, size_t index)
{
	const struct store_device_key *key = &device->described[index];
	uint64_t before = device->uses[index];
	struct store_txn *txn;
	enum ace_err err = as_batch_write(as, &txn);

	if (!err)
		err = store_key_uses_step(txn, device->id, key->version, &device->uses[index]);
	if (!err && is_news(key->alg, before, device->uses[index]))
		tell(CLI_LOG_WARN, "key.wearing", device, index);
	return err;
}

enum ace_err as_key_use(struct as_server *as, const struct as_device *device, size_t index)
{
	struct as_device *kept = as->devices.slots[device->slot];
	bool drawn = false;
	enum ace_err err;

	/* RFC 9053 4.2.1: "one should restrict the number of messages encrypted to 2^23". */
	if (device->uses[index] >= store_key_uses_limit(device->described[index].alg)) {
		if (!kept->worn_is_told)
			tell(CLI_LOG_ERROR, "key.worn", device, index);
		kept->worn_is_told = true;
		return ACE_ERR_EXHAUSTED;
	}
	err = is_drawn(&drawn);
	return err || !drawn ? err : count(as, kept, index);
}
