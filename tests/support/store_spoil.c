/* SPDX-License-Identifier: Apache-2.0 */
/* store_spoil DIR WHAT [ARG]: bring a store into a state that no program of ours would, for tests of what notices it.
 *     uses DEVICE N    its first key was used for N tokens, or a few more
 *     policy TEXT      a generation that aced cannot compile
 *     line CLIENT      its kid leads to nobody
 *     version TEXT     the aced that runs is of that version, and has issued 90 tokens within its first minute
 *     schema N         made by a newer aced */
#include <stdlib.h>
#include <string.h>

#include "storage/key_uses.h"
#include "storage/record.h"
#include "storage/secrets.h"

static enum ace_err spoil_uses(struct store_txn *txn, const char *device, uint64_t wanted)
{
	uint64_t uses = 0;
	enum ace_err err = ACE_OK;

	while (!err && uses < wanted)
		err = store_key_uses_step(txn, device, 1, &uses);
	return err;
}

static enum ace_err spoil_policy(struct store_txn *txn, const char *text)
{
	struct store_policy policy = { .author = "test" };

	return store_policy_add(txn, (struct ace_slice){ (const uint8_t *)text, strlen(text) }, &policy);
}

static enum ace_err spoil_line(struct store_txn *txn, const char *id)
{
	struct store_client client;
	enum ace_err err = store_client_get(txn, id, &client);

	return err ? err : line_delete(txn, client.line);
}

static enum ace_err spoil_version(struct store_txn *txn, const char *version)
{
	struct store_heartbeat beat;
	enum ace_err err = store_heartbeat_get(txn, &beat);

	snprintf(beat.version, sizeof beat.version, "%s", version);
	beat.tokens_issued = 90;
	beat.started_at = beat.seen_at - 60;
	return err ? err : store_heartbeat_put(txn, &beat);
}

static enum ace_err spoil(struct store_txn *txn, void *arg)
{
	char **argv = arg;

	if (!strcmp(argv[2], "uses") && argv[4])
		return spoil_uses(txn, argv[3], strtoull(argv[4], NULL, 10));
	if (!strcmp(argv[2], "policy"))
		return spoil_policy(txn, argv[3]);
	if (!strcmp(argv[2], "line"))
		return spoil_line(txn, argv[3]);
	if (!strcmp(argv[2], "version"))
		return spoil_version(txn, argv[3]);
	if (!strcmp(argv[2], "schema"))
		return record_number_put(txn, TABLE_META, ACE_LITERAL("schema"), strtoull(argv[3], NULL, 10));
	return ACE_ERR_USAGE;
}

int main(int argc, char **argv)
{
	struct store_options options = { .dir = argc > 3 ? argv[1] : NULL };
	struct store_error error = { 0 };
	struct store *store;
	enum ace_err err;

	if (argc < 4) {
		fprintf(stderr, "usage: store_spoil DIR WHAT ARG...\n");
		return 2;
	}
	if (store_open(&options, &store, &error)) {
		fprintf(stderr, "store_spoil: %s\n", error.text);
		return 5;
	}
	err = store_write(store, spoil, argv);
	if (err)
		fprintf(stderr, "store_spoil: %d %s\n", (int)err, store_last_error(store)->text);
	store_close(store);
	return err ? 5 : 0;
}
