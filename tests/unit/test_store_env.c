/* SPDX-License-Identifier: Apache-2.0 */
/* Opening: what is wrong is named, with the file and what to do; files belong to whom they should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "storage/clients.h"
#include "storage/files.h"
#include "storage/record.h"
#include "tmp_store.h"

static struct tmp_store tmp;

static int setup(void **state)
{
	(void)state;
	return tmp_store_make(&tmp);
}

static int teardown(void **state)
{
	(void)state;
	tmp_store_remove(&tmp);
	return 0;
}

static void path_of(const char *name, char ret_path[128])
{
	snprintf(ret_path, 128, "%s/%s", tmp.dir, name);
}

static mode_t mode_of(const char *name)
{
	char path[128];
	struct stat st;

	path_of(name, path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777;
}

static void write_file(const char *name, const void *bytes, size_t len)
{
	char path[128];
	int fd;

	path_of(name, path);
	unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes, len), len);
	close(fd);
}

/* Open as a tool does, and expect a failure whose text has this word. */
static void open_fails(enum ace_err expected, const char *word)
{
	struct store_options options = { .dir = tmp.dir };
	struct store_error error;
	struct store *store = NULL;

	assert_int_equal(store_open(&options, &store, &error), expected);
	assert_null(store);
	assert_int_equal(error.err, expected);
	assert_non_null(strstr(error.text, word));
	assert_non_null(strstr(error.text, tmp.dir));
}

static void files_have_the_modes_of_the_design(void **state)
{
	(void)state;
	assert_int_equal(mode_of("data.mdb"), 0660);
	assert_int_equal(mode_of("lock.mdb"), 0660);
	assert_int_equal(mode_of("aced.lock"), 0660);
	assert_int_equal(mode_of("kek"), 0440);
}

static void a_store_is_made_once(void **state)
{
	struct store_setup again = { "coap://other", "coap://other/token", TMP_STORE_NOW };
	struct store_error error;

	(void)state;
	assert_int_equal(store_create(&tmp.options, &again, &error), ACE_ERR_EXISTS);
	assert_non_null(strstr(error.text, "data.mdb"));
	again.issuer = "";
	assert_int_equal(store_create(&tmp.options, &again, &error), ACE_ERR_RANGE);
}

static void what_is_no_store_is_named(void **state)
{
	static const uint8_t junk[8192] = { 1, 2, 3 };
	char path[128];

	(void)state;
	store_close(tmp.store);
	tmp.store = NULL;
	write_file("data.mdb", junk, sizeof(junk));
	open_fails(ACE_ERR_DAMAGED, "not a store");
	write_file("data.mdb", junk, 0);
	open_fails(ACE_ERR_DAMAGED, "not a store");
	path_of("data.mdb", path);
	unlink(path);
	open_fails(ACE_ERR_NOT_FOUND, "acectl init");
}

static void a_newer_schema_is_named(void **state)
{
	struct store_txn *txn;

	(void)state;
	assert_int_equal(store_begin_write(tmp.store, &txn), ACE_OK);
	assert_int_equal(record_number_put(txn, TABLE_META, ACE_LITERAL("schema"), 2), ACE_OK);
	assert_int_equal(store_commit(txn), ACE_OK);
	store_close(tmp.store);
	tmp.store = NULL;
	open_fails(ACE_ERR_VERSION, "upgrade");
}

/* unlock after the key file was changed */
static void unlock_fails(enum ace_err expected, const char *word)
{
	struct store_options options = { .dir = tmp.dir };
	struct store_error error;
	struct store *store;
	struct store_txn *txn;
	uint64_t count;

	assert_int_equal(store_open(&options, &store, &error), ACE_OK);
	assert_int_equal(store_unlock(store, &error), expected);
	assert_non_null(strstr(error.text, word));
	assert_non_null(strstr(error.text, "/kek"));
	/* What touches no secret works all the same. */
	assert_int_equal(store_begin_read(store, &txn), ACE_OK);
	assert_int_equal(store_client_count(txn, &count), ACE_OK);
	store_abort(txn);
	store_close(store);
}

static void missing_short_and_wrong_keys_are_told_apart(void **state)
{
	static const uint8_t other[STORE_KEK_LEN] = { 1 };
	char path[128];

	(void)state;
	store_close(tmp.store);
	tmp.store = NULL;
	write_file("kek", other, sizeof(other));
	unlock_fails(ACE_ERR_WRONG_KEY, "not the key of the store");
	write_file("kek", other, sizeof(other) - 1);
	unlock_fails(ACE_ERR_WRONG_KEY, "32 bytes");
	path_of("kek", path);
	unlink(path);
	unlock_fails(ACE_ERR_NO_KEY, "--kek");
}

static uid_t owner_of(const char *name)
{
	char path[128];
	struct stat st;

	path_of(name, path);
	assert_int_equal(stat(path, &st), 0);
	return st.st_uid;
}

static void root_makes_files_of_the_owner_that_the_daemon_can_open(void **state)
{
	struct store_setup first = { "coap://as.example", "coap://as.example/token", TMP_STORE_NOW };
	struct store_error error;
	int status;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	tmp_store_remove(&tmp);
	assert_int_equal(mkdir(tmp.dir, 0770), 0);
	assert_int_equal(chown(tmp.dir, 65534, 65534), 0);
	assert_int_equal(store_create(&tmp.options, &first, &error), ACE_OK);
	assert_int_equal(tmp_store_reopen(&tmp), 0);
	assert_int_equal(geteuid(), 0);
	assert_int_equal(owner_of("data.mdb"), 65534);
	assert_int_equal(owner_of("lock.mdb"), 65534);
	assert_int_equal(owner_of("aced.lock"), 65534);
	assert_int_equal(owner_of("kek"), 0);
	assert_int_equal(mode_of("kek"), 0440);
	store_close(tmp.store);
	tmp.store = NULL;
	pid = fork();
	if (!pid) {
		if (setgid(65534) || setuid(65534))
			_exit(2);
		_exit(tmp_store_reopen(&tmp) ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(chmod(tmp.dir, 0700), 0);
	pid = fork();
	if (!pid) {
		struct store *store;

		if (setgid(65533) || setuid(65533))
			_exit(2);
		_exit(store_open(&tmp.options, &store, &error) == ACE_ERR_PERMISSION && strstr(error.text, "run as root") ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

/* What a daemon that was killed left in the store says nothing about the one that is starting now. */
static void a_daemon_is_up_from_when_it_says_so_until_it_ends(void **state)
{
	struct store_options options = { .dir = tmp.dir, .is_daemon = true };
	struct store_error error;
	struct store *store;

	(void)state;
	store_close(tmp.store);
	tmp.store = NULL;
	for (int run = 0; run < 2; run++) {
		assert_false(store_daemon_running(tmp.dir));
		assert_int_equal(store_open(&options, &store, &error), ACE_OK);
		assert_true(store_daemon_running(tmp.dir));
		assert_false(store_daemon_up(tmp.dir));
		assert_int_equal(store_tell_up(store), ACE_OK);
		assert_true(store_daemon_up(tmp.dir));
		assert_true(store_daemon_running(tmp.dir));
		store_close(store);
		assert_false(store_daemon_up(tmp.dir));
	}
	options.is_daemon = false;
	assert_int_equal(store_open(&options, &store, &error), ACE_OK);
	assert_int_equal(store_tell_up(store), ACE_ERR_USAGE);
	store_close(store);
}

/* In a child: groups are the process's own. */
#define HOLD(condition)                                                                                                \
	do                                                                                                             \
		if (!(condition))                                                                                      \
			_exit(1);                                                                                      \
	while (0)

static void enter_and_leave_with_groups(void)
{
	static const gid_t before[] = { 0, 4242 };
	struct files_identity identity;
	struct store_error error;
	gid_t groups[8];

	HOLD(!setgroups(2, before));
	HOLD(!files_identity_enter(tmp.dir, &identity, &error));
	HOLD(geteuid() == 65534 && getegid() == 65534);
	HOLD(getgroups(8, groups) == 0);
	files_identity_leave(&identity);
	HOLD(!geteuid() && !getegid());
	HOLD(getgroups(8, groups) == 2 && groups[0] == 0 && groups[1] == 4242);
	_exit(0);
}

static void root_leaves_its_groups_while_it_is_the_owner(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (geteuid())
		skip();
	assert_int_equal(chown(tmp.dir, 65534, 65534), 0);
	pid = fork();
	if (!pid)
		enter_and_leave_with_groups();
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(files_have_the_modes_of_the_design, setup, teardown),
		cmocka_unit_test_setup_teardown(a_store_is_made_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_no_store_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(a_newer_schema_is_named, setup, teardown),
		cmocka_unit_test_setup_teardown(missing_short_and_wrong_keys_are_told_apart, setup, teardown),
		cmocka_unit_test_setup_teardown(a_daemon_is_up_from_when_it_says_so_until_it_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(root_makes_files_of_the_owner_that_the_daemon_can_open, setup, teardown),
		cmocka_unit_test_setup_teardown(root_leaves_its_groups_while_it_is_the_owner, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
