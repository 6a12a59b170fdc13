/* SPDX-License-Identifier: Apache-2.0 */
/* Backups: whole or not taken for one. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "storage/backup.h"
#include "storage/backup_file.h"
#include "storage/clients.h"
#include "storage/env.h"
#include "tmp_store.h"

static struct tmp_store tmp;
static char path[128];

static int make(void **state)
{
	(void)state;
	if (tmp_store_make(&tmp))
		return -1;
	snprintf(path, sizeof path, "%s/backup", tmp.dir);
	return 0;
}

static int remove_all(void **state)
{
	(void)state;
	tmp_store_remove(&tmp);
	return 0;
}

static enum ace_err create_client(struct store_txn *txn, void *arg)
{
	struct store_client client = { .method = STORE_AUTH_OSCORE, .is_enabled = true };
	struct store_secret secret = { .key = { 1 }, .key_len = 16, .salt = { 2 }, .salt_len = 8 };

	snprintf(client.id, sizeof client.id, "%s", (const char *)arg);
	return store_client_create(txn, &client, &secret);
}

static void add_client(const char *id)
{
	char name[STORE_ID_MAX + 1];

	snprintf(name, sizeof name, "%s", id);
	assert_int_equal(store_write(tmp.store, create_client, name), ACE_OK);
}

static struct store_backup take(void)
{
	struct store_backup backup;
	struct store_error error;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(store_backup_write(tmp.store, fd, path, TMP_STORE_NOW + 7, &backup, &error), ACE_OK);
	close(fd);
	return backup;
}

static size_t load(uint8_t *bytes, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, bytes, cap);

	close(fd);
	assert_true(len > 0 && (size_t)len < cap);
	return (size_t)len;
}

static void save(const uint8_t *bytes, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

static enum ace_err check(void)
{
	struct store_backup backup;
	struct store_error error;
	enum ace_err err = store_backup_check(path, &backup, &error);

	assert_int_equal(error.err, err);
	assert_int_equal(!error.text[0], !err);
	return err;
}

static void a_backup_says_what_is_in_it(void **state)
{
	struct store_backup backup, again;
	struct store_error error;

	(void)state;
	add_client("a");
	add_client("b");
	backup = take();
	assert_int_equal(backup.clients, 2);
	assert_int_equal(backup.taken_at, TMP_STORE_NOW + 7);
	assert_int_equal(backup.created, TMP_STORE_NOW);
	assert_int_equal(backup.schema, STORE_SCHEMA);
	add_client("c");
	assert_int_equal(store_backup_check(path, &again, &error), ACE_OK);
	assert_memory_equal(&again, &backup, sizeof again);
}

static void backups_of_one_store_have_one_id(void **state)
{
	struct store_backup first, second;

	(void)state;
	first = take();
	add_client("a");
	second = take();
	assert_memory_equal(first.store_id, second.store_id, STORE_UID_LEN);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	second = take();
	assert_memory_equal(first.store_id, second.store_id, STORE_UID_LEN);
}

static void a_copy_opens_as_a_store_where_it_is_put_by_hand(void **state)
{
	struct store_client client;
	struct store_secret secret;
	char data[128];
	struct store_txn *txn;

	(void)state;
	add_client("a");
	take();
	add_client("b");
	store_close(tmp.store);
	tmp.store = NULL;
	snprintf(data, sizeof data, "%s/data.mdb", tmp.dir);
	assert_int_equal(rename(path, data), 0);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	assert_int_equal(store_begin_read(tmp.store, &txn), ACE_OK);
	assert_int_equal(store_client_get(txn, "b", &client), ACE_ERR_NOT_FOUND);
	assert_int_equal(store_client_get(txn, "a", &client), ACE_OK);
	assert_int_equal(store_client_secret(txn, &client, &secret), ACE_OK);
	store_abort(txn);
	add_client("b");
}

static void every_truncation_is_refused(void **state)
{
	static uint8_t bytes[1 << 18];
	size_t len, step = 61;

	(void)state;
	take();
	len = load(bytes, sizeof bytes);
	for (size_t cut = 0; cut < len; cut += cut + 700 < len ? step : 1) {
		save(bytes, cut);
		assert_int_equal(check(), ACE_ERR_DAMAGED);
	}
	bytes[len] = 0;
	save(bytes, len + 1);
	assert_int_equal(check(), ACE_ERR_DAMAGED);
}

static void every_flipped_bit_is_refused(void **state)
{
	static uint8_t bytes[1 << 18];
	size_t len;

	(void)state;
	take();
	len = load(bytes, sizeof bytes);
	for (size_t at = 0; at < len; at += at + BACKUP_TRAILER_LEN < len ? 41 : 1) {
		uint8_t bit = (uint8_t)(1u << at % 8);

		bytes[at] ^= bit;
		save(bytes, len);
		assert_int_equal(check(), ACE_ERR_DAMAGED);
		bytes[at] ^= bit;
	}
	save(bytes, len);
	assert_int_equal(check(), ACE_OK);
}

static void other_things_are_no_backups(void **state)
{
	struct store_backup backup;
	struct store_error error;

	(void)state;
	assert_int_equal(check(), ACE_ERR_NOT_FOUND);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(check(), ACE_ERR_DAMAGED);
	rmdir(path);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(check(), ACE_ERR_DAMAGED);
	unlink(path);
	assert_int_equal(store_backup_check("/dev/zero", &backup, &error), ACE_ERR_DAMAGED);
	snprintf(path, sizeof path, "%s/data.mdb", tmp.dir);
	assert_int_equal(check(), ACE_ERR_DAMAGED);
	assert_non_null(strstr(error.text, "not a backup"));
}

static void a_backup_of_newer_software_is_told_from_damage(void **state)
{
	struct store_backup backup = take();
	struct store_error error;
	int fd = open(path, O_RDWR | O_APPEND | O_CLOEXEC);

	(void)state;
	backup.schema = STORE_SCHEMA + 1;
	assert_int_equal(backup_trailer_write(fd, path, &backup, &error), ACE_OK);
	close(fd);
	assert_int_equal(check(), ACE_ERR_VERSION);
}

/* The bytes of a row, as they lie in the file of the store. */
static void a_damaged_row_is_not_copied_as_if_it_were_whole(void **state)
{
	static uint8_t bytes[1 << 20];
	struct store_backup backup;
	struct store_error error;
	char data[128];
	ssize_t len;
	int fd;

	(void)state;
	add_client("a-name-to-be-found");
	snprintf(data, sizeof data, "%s/data.mdb", tmp.dir);
	fd = open(data, O_RDWR | O_CLOEXEC);
	len = read(fd, bytes, sizeof bytes);
	for (ssize_t i = 0; i + 18 < len; i++)
		if (!memcmp(bytes + i, "a-name-to-be-found", 18))
			assert_int_equal(pwrite(fd, "A", 1, i + 2), 1);
	close(fd);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_int_equal(store_backup_write(tmp.store, fd, path, TMP_STORE_NOW, &backup, &error), ACE_ERR_DAMAGED);
	close(fd);
	assert_non_null(strstr(error.text, "damaged"));
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, make, remove_all)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_backup_says_what_is_in_it),
		CASE(backups_of_one_store_have_one_id),
		CASE(a_copy_opens_as_a_store_where_it_is_put_by_hand),
		CASE(every_truncation_is_refused),
		CASE(every_flipped_bit_is_refused),
		CASE(other_things_are_no_backups),
		CASE(a_backup_of_newer_software_is_told_from_damage),
		CASE(a_damaged_row_is_not_copied_as_if_it_were_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
