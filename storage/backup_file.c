/* SPDX-License-Identifier: Apache-2.0 */
/* The trailer: 12 bytes that say what it is, 2 of length, a record, zeros, and SHA-256 of all before it. */
#include "storage/backup_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ace_port.h"
#include "storage/env.h"
#include "storage/field.h"

#define MAGIC "aced backup\n"
#define MAGIC_LEN (sizeof(MAGIC) - 1)
#define RECORD_AT (MAGIC_LEN + 2)
#define HASH_AT (BACKUP_TRAILER_LEN - ACE_SHA256_LEN)

#define BIT(key) (UINT64_C(1) << (key))
enum backup_key { BACKUP_STORE = 1, BACKUP_SCHEMA, BACKUP_CREATED, BACKUP_TAKEN, BACKUP_GENERATION, BACKUP_CLIENTS, BACKUP_DEVICES,
		  BACKUP_TOKENS, BACKUP_DECISIONS, BACKUP_LAST };

static enum ace_err record_write(const struct store_backup *backup, struct ace_buf *out)
{
	struct field_writer f;

	field_begin(&f, out, STORE_BACKUP_FORMAT);
	field_put_bytes(&f, BACKUP_STORE, ACE_SLICE_OF(backup->store_id));
	field_put_uint(&f, BACKUP_SCHEMA, backup->schema);
	field_put_int(&f, BACKUP_CREATED, backup->created);
	field_put_int(&f, BACKUP_TAKEN, backup->taken_at);
	field_put_uint(&f, BACKUP_GENERATION, backup->generation);
	field_put_uint(&f, BACKUP_CLIENTS, backup->clients);
	field_put_uint(&f, BACKUP_DEVICES, backup->devices);
	field_put_uint(&f, BACKUP_TOKENS, backup->tokens);
	field_put_uint(&f, BACKUP_DECISIONS, backup->decisions);
	return field_end(&f);
}

static enum ace_err record_read(struct ace_slice in, struct store_backup *ret_backup)
{
	struct field_reader f;
	int key;

	field_open(&f, in, STORE_BACKUP_FORMAT);
	while (field_next(&f, &key)) {
		switch (key) {
		case BACKUP_STORE: field_array(&f, ret_backup->store_id, sizeof ret_backup->store_id); break;
		case BACKUP_SCHEMA: ret_backup->schema = (uint32_t)field_uint(&f, UINT32_MAX); break;
		case BACKUP_CREATED: ret_backup->created = field_int(&f, 0, INT64_MAX); break;
		case BACKUP_TAKEN: ret_backup->taken_at = field_int(&f, 0, INT64_MAX); break;
		case BACKUP_GENERATION: ret_backup->generation = field_uint(&f, UINT64_MAX); break;
		case BACKUP_CLIENTS: ret_backup->clients = field_uint(&f, UINT64_MAX); break;
		case BACKUP_DEVICES: ret_backup->devices = field_uint(&f, UINT64_MAX); break;
		case BACKUP_TOKENS: ret_backup->tokens = field_uint(&f, UINT64_MAX); break;
		case BACKUP_DECISIONS: ret_backup->decisions = field_uint(&f, UINT64_MAX); break;
		default: field_unknown(&f);
		}
	}
	return field_finish(&f, BIT(BACKUP_LAST) - BIT(BACKUP_STORE));
}

/* A file as it is now, in memory. */
struct mapped {
	int fd;
	const uint8_t *ptr;
	size_t len;
};

static enum ace_err map_open(const char *path, struct mapped *ret_mapped, struct store_error *ret_error)
{
	struct stat st;
	void *ptr;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return error_set(ret_error, errno == ENOENT ? ACE_ERR_NOT_FOUND : ACE_ERR_PERMISSION, errno, "%.300s: %s", path,
				 strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size <= BACKUP_TRAILER_LEN) {
		close(fd);
		return error_set(ret_error, ACE_ERR_DAMAGED, 0, "%.300s: not a backup that acectl made, or not all of it", path);
	}
	ptr = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (ptr == MAP_FAILED) {
		close(fd);
		return error_set(ret_error, ACE_ERR_MEMORY, ENOMEM, "%.300s: out of memory", path);
	}
	*ret_mapped = (struct mapped){ fd, ptr, (size_t)st.st_size };
	return ACE_OK;
}

static void map_close(struct mapped *mapped)
{
	union {
		const uint8_t *in;
		void *out;
	} ptr = { mapped->ptr };

	munmap(ptr.out, mapped->len);
	close(mapped->fd);
}

static enum ace_err write_all(int fd, const char *path, struct ace_slice bytes, struct store_error *ret_error)
{
	while (bytes.len) {
		ssize_t n = write(fd, bytes.ptr, bytes.len < 1 << 20 ? bytes.len : 1 << 20);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_from_errno(ret_error, errno, path);
		bytes.ptr += n;
		bytes.len -= (size_t)n;
	}
	return fsync(fd) ? error_from_errno(ret_error, errno, path) : ACE_OK;
}

/* The hash covers the trailer's own beginning, too, so it is made when that is on disk. */
enum ace_err backup_trailer_write(int fd, const char *path, const struct store_backup *backup, struct store_error *ret_error)
{
	uint8_t head[HASH_AT] = MAGIC, hash[ACE_SHA256_LEN];
	struct ace_buf out = { head + RECORD_AT, sizeof head - RECORD_AT, 0 };
	struct mapped file;
	enum ace_err err = record_write(backup, &out);

	if (err)
		return error_set(ret_error, err, 0, "%.300s: what is in it could not be written down", path);
	head[MAGIC_LEN] = (uint8_t)(out.len >> 8);
	head[MAGIC_LEN + 1] = (uint8_t)out.len;
	if (lseek(fd, 0, SEEK_END) < 0)
		return error_from_errno(ret_error, errno, path);
	err = write_all(fd, path, ACE_SLICE_OF(head), ret_error);
	if (!err)
		err = map_open(path, &file, ret_error);
	if (err)
		return err;
	err = ace_port_sha256((struct ace_slice){ file.ptr, file.len }, hash);
	map_close(&file);
	if (err)
		return error_set(ret_error, err, 0, "%.300s: no hash could be made", path);
	return write_all(fd, path, ACE_SLICE_OF(hash), ret_error);
}

/* The magic number first: what is no backup is told from one that was damaged. */
static enum ace_err check(const char *path, const struct mapped *file, struct store_backup *ret_backup,
			  struct store_error *ret_error)
{
	const uint8_t *trailer = file->ptr + file->len - BACKUP_TRAILER_LEN;
	uint8_t hash[ACE_SHA256_LEN];
	struct store_backup backup = { .bytes = file->len };
	size_t len = (size_t)trailer[MAGIC_LEN] << 8 | trailer[MAGIC_LEN + 1];
	enum ace_err err;

	if (memcmp(trailer, MAGIC, MAGIC_LEN))
		return error_set(ret_error, ACE_ERR_DAMAGED, 0, "%.300s: not a backup that acectl made, or not all of it", path);
	err = ace_port_sha256((struct ace_slice){ file->ptr, file->len - ACE_SHA256_LEN }, hash);
	if (err)
		return error_set(ret_error, err, 0, "%.300s: no hash could be made", path);
	if (memcmp(hash, trailer + HASH_AT, sizeof hash) || len > HASH_AT - RECORD_AT)
		return error_set(ret_error, ACE_ERR_DAMAGED, 0, "%.300s: the backup is damaged: take another one", path);
	err = record_read((struct ace_slice){ trailer + RECORD_AT, len }, &backup);
	if (err == ACE_ERR_VERSION || (!err && backup.schema > STORE_SCHEMA))
		return error_set(ret_error, ACE_ERR_VERSION, 0, "%.300s: made by a newer acectl: upgrade this program", path);
	if (err)
		return error_set(ret_error, ACE_ERR_DAMAGED, 0, "%.300s: the backup is damaged: take another one", path);
	*ret_backup = backup;
	return ACE_OK;
}

enum ace_err backup_body_copy(const char *path, int fd, struct store_backup *ret_backup, struct store_error *ret_error)
{
	struct store_backup backup;
	struct mapped file;
	enum ace_err err = map_open(path, &file, ret_error);

	if (err)
		return err;
	err = check(path, &file, &backup, ret_error);
	if (!err && fd >= 0)
		err = write_all(fd, path, (struct ace_slice){ file.ptr, file.len - BACKUP_TRAILER_LEN }, ret_error);
	map_close(&file);
	if (!err)
		*ret_backup = backup;
	return err;
}
