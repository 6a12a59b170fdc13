/* SPDX-License-Identifier: Apache-2.0 */
/* How a backup comes into the place of the store:
 *     1. nobody else uses the store;                     2. its bytes lie beside it, on disk, in a directory of their own;
 *     3. what must survive was taken over, in one transaction;  4. the key-encryption key opens it;
 *     5. it is renamed into its place.
 * Until then the store is as it was; what an interrupted run left behind is removed by the next. */
#include "storage/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "storage/backup_file.h"
#include "storage/env.h"
#include "storage/files.h"
#include "storage/merge.h"

#define FRESH_NAME ".restore"

struct restoration {
	const struct store_restore *in;
	struct store_error *error;
	struct store_loss loss;
	const char *dir;
	char kek_path[PATH_MAX], data[PATH_MAX], fresh[PATH_MAX], fresh_data[PATH_MAX], fresh_lock[PATH_MAX];
	int lock_fd;
	struct store *current; /* NULL: there is none of which anything could be taken over */
};

/* What a store said, for people; ACE_OK passes. */
static enum ace_err tell(const struct restoration *r, const struct store *store, enum ace_err err)
{
	if (!err)
		return ACE_OK;
	if (store->error.err == err)
		*r->error = store->error;
	else
		error_set(r->error, err, 0, "%.300s: a record cannot be read: %s", store->dir, "damaged, or made by newer software");
	return err;
}

static enum ace_err begin(const struct store_restore *in, struct restoration *r, struct store_error *error)
{
	*error = (struct store_error){ .err = ACE_OK };
	*r = (struct restoration){ .in = in, .error = error, .lock_fd = -1,
				   .dir = in->store->dir ? in->store->dir : STORE_DIR_DEFAULT };
	if (files_kek_path(in->store, r->kek_path) || files_path(r->dir, "data.mdb", PATH_MAX, r->data) ||
	    files_path(r->dir, FRESH_NAME, PATH_MAX, r->fresh) || files_path(r->fresh, "data.mdb", PATH_MAX, r->fresh_data) ||
	    files_path(r->fresh, "lock.mdb", PATH_MAX, r->fresh_lock))
		return error_set(error, ACE_ERR_RANGE, 0, "%.300s: the path is too long", r->dir);
	return backup_body_copy(in->file, -1, &r->loss.backup, error);
}

/* The store that is there, if it can be read. Anything else but that it is missing or damaged is a failure. */
static enum ace_err open_current(struct restoration *r, bool has_lock)
{
	struct store_error error;
	enum ace_err err = env_store_open(&(struct store_options){ .dir = r->dir, .kek_path = r->kek_path }, has_lock,
					  &r->current, &error);

	if (!err)
		return ACE_OK;
	r->current = NULL;
	*r->error = error;
	return err == ACE_ERR_NOT_FOUND || err == ACE_ERR_DAMAGED ? ACE_OK : err;
}

static enum ace_err same_store(struct restoration *r, struct store_txn *current)
{
	uint8_t id[STORE_UID_LEN];
	enum ace_err err = store_uid_get(current, id);

	if (err && err != ACE_ERR_NOT_FOUND)
		return tell(r, r->current, err);
	if (!err && !memcmp(id, r->loss.backup.store_id, sizeof id))
		return ACE_OK;
	return error_set(r->error, ACE_ERR_DENIED, 0, "%.200s: a backup of another store than the one in %.200s: move that one away first",
			 r->in->file, r->dir);
}

static enum ace_err compare(struct restoration *r, struct store *copy)
{
	struct store_txn *now, *then;
	enum ace_err err = store_begin_read(r->current, &now);

	if (err)
		return tell(r, r->current, err);
	err = same_store(r, now);
	if (!err)
		err = tell(r, copy, store_begin_read(copy, &then));
	if (!err) {
		err = tell(r, r->current, merge_compare(now, then, r->in->now, &r->loss));
		store_abort(then);
	}
	store_abort(now);
	r->loss.has_current = !err;
	return err;
}

/* It opened, and cannot be read: as if it were not there. */
static enum ace_err forget_current(struct restoration *r)
{
	store_close(r->current);
	r->current = NULL;
	r->loss = (struct store_loss){ .backup = r->loss.backup };
	return ACE_OK;
}

enum ace_err store_restore_look(const struct store_restore *in, struct store_loss *ret_loss, struct store_error *ret_error)
{
	struct restoration r;
	struct store *copy;
	enum ace_err err = begin(in, &r, ret_error);

	if (!err)
		err = open_current(&r, false);
	if (!err && r.current) {
		err = backup_env_open(in->file, &copy, ret_error);
		if (!err) {
			err = compare(&r, copy);
			store_close(copy);
		}
		if (err == ACE_ERR_DAMAGED)
			err = forget_current(&r);
		store_close(r.current);
	}
	if (!err) {
		*ret_loss = r.loss;
		ret_error->err = ACE_OK;
	}
	return err;
}

static bool is_same(const struct store_backup *a, const struct store_backup *b)
{
	return a->taken_at == b->taken_at && a->bytes == b->bytes && !memcmp(a->store_id, b->store_id, sizeof a->store_id);
}

/* A directory of its own beside the store, with the backup's bytes as an environment. The backup is read as who called. */
static enum ace_err lay_out(struct restoration *r)
{
	struct files_identity identity;
	struct store_backup again;
	enum ace_err err = files_identity_enter(r->dir, &identity, r->error);
	int fd;

	if (err)
		return err;
	unlink(r->fresh_data);
	unlink(r->fresh_lock);
	if (mkdir(r->fresh, 0770) && errno != EEXIST)
		err = error_from_errno(r->error, errno, r->fresh);
	fd = err ? -1 : open(r->fresh_data, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0660);
	if (!err && fd < 0)
		err = error_from_errno(r->error, errno, r->fresh_data);
	files_identity_leave(&identity);
	if (err)
		return err;
	err = backup_body_copy(r->in->file, fd, &again, r->error);
	close(fd);
	if (!err && !is_same(&again, &r->loss.backup))
		err = error_set(r->error, ACE_ERR_BUSY, 0, "%.300s: the file changed meanwhile", r->in->file);
	return err;
}

struct take_over {
	struct store_txn *current;
	int64_t now;
	uint64_t revoked;
};

static enum ace_err take_over_work(struct store_txn *txn, void *arg)
{
	struct take_over *work = arg;

	return merge_take_over(work->current, txn, work->now, &work->revoked);
}

static enum ace_err take_over(struct restoration *r, struct store *copy)
{
	struct take_over work = { .now = r->in->now };
	enum ace_err err = compare(r, copy);

	if (err)
		return err;
	err = tell(r, r->current, store_begin_read(r->current, &work.current));
	if (err)
		return err;
	err = store_write(copy, take_over_work, &work);
	store_abort(work.current);
	r->loss.revoked = work.revoked;
	return tell(r, r->current->error.err == err ? r->current : copy, err);
}

static enum ace_err prepare(struct restoration *r)
{
	struct store *copy;
	enum ace_err err = lay_out(r);

	if (!err)
		err = env_store_open(&(struct store_options){ .dir = r->fresh, .kek_path = r->kek_path }, true, &copy, r->error);
	if (err)
		return err;
	if (r->current)
		err = take_over(r, copy);
	if (err == ACE_ERR_DAMAGED && r->in->accept_lost)
		err = forget_current(r);
	if (!err)
		err = store_unlock(copy, r->error);
	store_close(copy);
	return err;
}

static enum ace_err put_in_place(struct restoration *r, enum ace_err err)
{
	struct files_identity identity;

	if (files_identity_enter(r->dir, &identity, r->error))
		return r->error->err;
	if (!err && rename(r->fresh_data, r->data))
		err = error_from_errno(r->error, errno, r->data);
	unlink(r->fresh_data);
	unlink(r->fresh_lock);
	rmdir(r->fresh);
	files_identity_leave(&identity);
	return err ? err : files_dir_sync(r->dir, r->error);
}

/* What the store said when it could not be read stays in r->error. */
static enum ace_err may_go_on(const struct restoration *r)
{
	return r->current || r->in->accept_lost ? ACE_OK : r->error->err;
}

enum ace_err store_restore(const struct store_restore *in, struct store_loss *ret_loss, struct store_error *ret_error)
{
	struct restoration r;
	enum ace_err err = begin(in, &r, ret_error);

	if (!err)
		err = files_dir_make(r.dir, ret_error);
	if (!err)
		err = files_lock_alone(r.dir, &r.lock_fd, ret_error);
	if (err)
		return err;
	err = open_current(&r, true);
	if (!err)
		err = may_go_on(&r);
	if (!err)
		err = put_in_place(&r, prepare(&r));
	store_close(r.current);
	close(r.lock_fd);
	if (!err) {
		*ret_loss = r.loss;
		ret_error->err = ACE_OK;
	}
	return err;
}
