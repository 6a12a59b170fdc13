/* SPDX-License-Identifier: Apache-2.0 */
/* How a key-encryption key is replaced: a list of steps, each of which leaves a store that opens with the key in its place.
 *     1. the new key lies beside the old one, on disk;      2. both open the store;
 *     3. the new one is renamed into the place of the old;  4. only the new one opens the store.
 */
#include "storage/kek.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "ace_port.h"
#include "storage/env.h"
#include "storage/files.h"

struct rotation {
	struct store *store;
	int64_t now;
	struct store_error *error;
	char path[PATH_MAX], next[PATH_MAX], parent[PATH_MAX];
	uint8_t present[STORE_KEK_LEN], fresh[STORE_KEK_LEN];
	int lock_fd; /* of the directory: one rotation at a time */
};

enum ace_err store_kek_status(struct store_txn *txn, struct store_kek_status *ret_status)
{
	struct seal_wraps wraps;
	enum ace_err err = seal_wraps_get(txn, &wraps);

	if (!err)
		*ret_status = (struct store_kek_status){ wraps.len, wraps.since };
	return err;
}

/* What the store said, for people; ACE_OK passes. */
static enum ace_err tell(struct store *store, enum ace_err err, struct store_error *ret_error)
{
	if (!err || ret_error->err)
		return err;
	*ret_error = store->error;
	if (ret_error->err != err)
		return error_set(ret_error, err, 0, "%.300s/data.mdb: the data key could not be sealed anew", store->dir);
	return err;
}

struct change {
	const uint8_t *kek;
	int64_t now;
	bool keep; /* make it the only one; else add it */
};

static enum ace_err change_work(struct store_txn *txn, void *arg)
{
	const struct change *change = arg;

	return change->keep ? seal_wrap_keep(txn, change->kek) : seal_wrap_add(txn, change->kek, change->now);
}

static enum ace_err wrap_add(struct store *store, const uint8_t *kek, int64_t now, struct store_error *ret_error)
{
	enum ace_err err = store_write(store, change_work, &(struct change){ .kek = kek, .now = now });

	if (err == ACE_ERR_EXISTS)
		return error_set(ret_error, err, 0,
				 "%.300s: that key opens the store already, or a second one is waiting to take over", store->dir);
	return tell(store, err, ret_error);
}

static enum ace_err wrap_keep(struct store *store, const uint8_t *kek, struct store_error *ret_error)
{
	return tell(store, store_write(store, change_work, &(struct change){ .kek = kek, .keep = true }), ret_error);
}

/* Two keys, and this is the newer? *ret_len: how many keys there are. ACE_ERR_WRONG_KEY it opens nothing. */
static enum ace_err look(struct store *store, const uint8_t *kek, size_t *ret_len, bool *ret_newest)
{
	struct seal_wraps wraps = { 0 };
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return err;
	err = seal_wraps_get(txn, &wraps);
	if (!err)
		err = seal_wrap_is_newest(txn, kek, ret_newest);
	store_abort(txn);
	*ret_len = wraps.len;
	return err;
}

static enum ace_err begin(struct rotation *r)
{
	/* A link stays where it is, and what it leads to is replaced. */
	if (!realpath(r->store->kek_path, r->path))
		return error_from_errno(r->error, errno, r->store->kek_path);
	if (snprintf(r->next, sizeof(r->next), "%s.next", r->path) >= (int)sizeof(r->next))
		return error_set(r->error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", r->path);
	files_parent(r->path, r->parent);
	r->lock_fd = open(r->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r->lock_fd < 0)
		return error_from_errno(r->error, errno, r->parent);
	if (flock(r->lock_fd, LOCK_EX | LOCK_NB))
		return error_set(r->error, ACE_ERR_BUSY, errno, "%.300s: another rotate-kek is at work", r->parent);
	return files_kek_read(r->path, r->present, r->error);
}

static enum ace_err move_in_place(struct rotation *r)
{
	if (rename(r->next, r->path))
		return error_from_errno(r->error, errno, r->path);
	return files_dir_sync(r->parent, r->error);
}

static enum ace_err take_over(struct rotation *r)
{
	enum ace_err err = move_in_place(r);

	return err ? err : wrap_keep(r->store, r->fresh, r->error);
}

/* The new key is on disk before the store is sealed under it. */
static enum ace_err begin_anew(struct rotation *r)
{
	enum ace_err err;

	/* Of one that was interrupted before step 2: nothing is sealed under it. */
	if (unlink(r->next) && errno != ENOENT)
		return error_from_errno(r->error, errno, r->next);
	err = files_kek_fresh(r->next, r->store->dir, r->error);
	if (!err)
		err = files_kek_read(r->next, r->fresh, r->error);
	if (!err)
		err = wrap_add(r->store, r->fresh, r->now, r->error);
	return err ? err : take_over(r);
}

/* Two keys open the store: interrupted before step 3 or 4, or a second key waits that is not ours to move. */
static enum ace_err resume(struct rotation *r, bool present_is_newest)
{
	struct store_error ignored = { .err = ACE_OK };
	bool is_newest = false;
	size_t len;

	if (present_is_newest)
		return wrap_keep(r->store, r->present, r->error);
	if (!files_kek_read(r->next, r->fresh, &ignored) && !look(r->store, r->fresh, &len, &is_newest) && is_newest)
		return take_over(r);
	return error_set(r->error, ACE_ERR_EXISTS, 0,
			 "%.300s: a second key-encryption key is waiting to take over: put it in place, or drop it with --finish",
			 r->store->dir);
}

static enum ace_err run(struct rotation *r, bool *ret_resumed)
{
	bool is_newest = false;
	size_t len = 0;
	enum ace_err err = begin(r);

	if (!err)
		err = tell(r->store, look(r->store, r->present, &len, &is_newest), r->error);
	if (err)
		return err;
	*ret_resumed = len > 1;
	return len > 1 ? resume(r, is_newest) : begin_anew(r);
}

enum ace_err store_kek_rotate(struct store *store, int64_t now, bool *ret_resumed, struct store_error *ret_error)
{
	struct rotation r = { .store = store, .now = now, .error = ret_error, .lock_fd = -1 };
	enum ace_err err;

	*ret_error = (struct store_error){ .err = ACE_OK };
	err = run(&r, ret_resumed);
	if (r.lock_fd >= 0)
		close(r.lock_fd);
	ace_wipe(r.present, sizeof(r.present));
	ace_wipe(r.fresh, sizeof(r.fresh));
	return err;
}

enum ace_err store_kek_add(struct store *store, const char *path, int64_t now, struct store_error *ret_error)
{
	uint8_t kek[STORE_KEK_LEN];
	enum ace_err err;

	*ret_error = (struct store_error){ .err = ACE_OK };
	err = files_kek_create(path, store->dir, ret_error);
	if (!err)
		err = files_kek_read(path, kek, ret_error);
	if (!err)
		err = wrap_add(store, kek, now, ret_error);
	ace_wipe(kek, sizeof(kek));
	return err;
}

enum ace_err store_kek_finish(struct store *store, struct store_error *ret_error)
{
	uint8_t kek[STORE_KEK_LEN];
	enum ace_err err;

	*ret_error = (struct store_error){ .err = ACE_OK };
	err = files_kek_read(store->kek_path, kek, ret_error);
	if (!err)
		err = wrap_keep(store, kek, ret_error);
	ace_wipe(kek, sizeof(kek));
	return err;
}
