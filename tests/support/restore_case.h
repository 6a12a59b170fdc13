/* SPDX-License-Identifier: Apache-2.0 */
/* A store that hands out numbers of every kind, is backed up, and comes back. */
#ifndef TESTS_RESTORE_CASE_H
#define TESTS_RESTORE_CASE_H

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "storage/clients.h"
#include "storage/counters.h"
#include "storage/decisions.h"
#include "storage/device_keys.h"
#include "storage/devices.h"
#include "storage/restore.h"
#include "storage/tokens.h"
#include "tmp_store.h"

#define NOW TMP_STORE_NOW
#define TAKEN_MAX 512

static struct tmp_store tmp;
static char path[128];

/* All numbers of one kind that were ever handed out, whatever became of the store. */
struct taken {
	uint64_t numbers[TAKEN_MAX];
	size_t len;
};
static struct taken sequences, senders, exis, lines, kids, decisions;

static inline void note(struct taken *taken, uint64_t number)
{
	for (size_t i = 0; i < taken->len; i++)
		if (taken->numbers[i] == number)
			fail_msg("%llu comes a second time", (unsigned long long)number);
	assert_true(taken->len < TAKEN_MAX);
	taken->numbers[taken->len++] = number;
}

static inline uint64_t number_of(const uint8_t *bytes, size_t len)
{
	uint64_t number = 0;

	for (size_t i = 0; i < len; i++)
		number = number << 8 | bytes[i];
	return number;
}

static inline struct store_txn *begin(void)
{
	struct store_txn *txn;

	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	return txn;
}

static inline void add_client(struct store_txn *txn, const char *id, int64_t now)
{
	struct store_client client = { .is_enabled = true, .method = STORE_AUTH_OSCORE, .created = now };
	struct store_secret secret = { .key_len = 16 };

	snprintf(client.id, sizeof client.id, "%s", id);
	assert_int_equal(store_client_create(txn, &client, &secret), ACE_OK);
	note(&lines, client.line);
}

static inline void rotate_client(struct store_txn *txn, const char *id, int64_t now)
{
	struct store_secret secret = { .key_len = 16 };
	struct store_line_rotation rotation = { .id = id, .secret = &secret, .now = now };
	struct store_client client;

	assert_int_equal(store_client_rotate(txn, &rotation, &client), ACE_OK);
	note(&lines, client.line);
}

static inline void add_device(struct store_txn *txn, const char *id)
{
	struct store_device device = { .is_enabled = true, .model = "m", .created = NOW,
				       .keys = { { .alg = 10, .kid = "k", .kid_len = 1 } } };
	struct store_key key = { .len = 16 };

	snprintf(device.id, sizeof device.id, "%s", id);
	assert_int_equal(store_device_create(txn, &device, &key, NULL), ACE_OK);
}

static inline uint64_t add_token(const char *client, const char *device, int64_t now)
{
	struct store_token token = { .issued_at = now, .expires_at = NOW + 3600 };
	struct store_txn *txn;

	assert_int_equal(store_sequence_take(tmp.store, now * 1000 + 900, 1, &token.sequence), ACE_OK);
	note(&sequences, token.sequence);
	token.osc_id = token.sequence;
	snprintf(token.client, sizeof token.client, "%s", client);
	snprintf(token.device, sizeof token.device, "%s", device);
	memcpy(token.hash, &token.sequence, sizeof token.sequence);
	txn = begin();
	assert_int_equal(store_token_add(txn, &token), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	return token.sequence;
}

static inline void take_exi_and_kid(struct store_txn *txn, int64_t now)
{
	struct store_key key = { .len = 16 };
	struct store_device device;
	uint32_t exi;

	assert_int_equal(store_exi_take(txn, "lock", now, &exi), ACE_OK);
	note(&exis, exi);
	assert_int_equal(store_device_rekey(txn, &(struct store_key_step){ "lock", now }, 10, &key, &device), ACE_OK);
	note(&kids, number_of(device.keys[0].kid, device.keys[0].kid_len));
}

static inline void take_decision(int64_t now)
{
	struct store_decision decision = { .outcome = STORE_REFUSED };
	struct store_txn *txn;

	assert_int_equal(store_decision_id_take(tmp.store, now * 1000, &decision.id), ACE_OK);
	note(&decisions, number_of(decision.id.bytes + 2, 8)); /* all that change within a hundred years */
	txn = begin();
	assert_int_equal(store_decision_add(txn, &decision), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
}

static inline void start(int64_t now)
{
	assert_int_equal(store_counters_start(tmp.store, now * 1000), ACE_OK);
}

static inline void reopen(int64_t now)
{
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	start(now);
}

static inline int make(void **state)
{
	struct store_txn *txn;

	(void)state;
	if (tmp_store_make(&tmp))
		return -1;
	sequences.len = senders.len = exis.len = lines.len = kids.len = decisions.len = 0;
	snprintf(path, sizeof path, "%s/backup", tmp.dir);
	start(NOW);
	txn = begin();
	add_client(txn, "anna", NOW);
	add_client(txn, "bo", NOW);
	add_device(txn, "lock");
	return store_commit(txn) ? -1 : 0;
}

static inline int remove_all(void **state)
{
	(void)state;
	tmp_store_remove(&tmp);
	return 0;
}

static inline void back_up(int64_t now)
{
	struct store_backup backup;
	struct store_error error;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(store_backup_write(tmp.store, fd, path, now, &backup, &error), ACE_OK);
	close(fd);
}

static inline void shut(void)
{
	store_close(tmp.store);
	tmp.store = NULL;
}

static inline enum ace_err restore(int64_t now, bool accept_lost, struct store_loss *ret_loss)
{
	struct store_restore in = { &(struct store_options){ .dir = tmp.dir }, path, now, accept_lost };
	struct store_error error;
	enum ace_err err = store_restore(&in, ret_loss, &error);

	assert_int_equal(error.err, err);
	assert_int_equal(!error.text[0] || !err, !err);
	return err;
}

#endif
