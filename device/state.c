/* SPDX-License-Identifier: Apache-2.0 */
/* What a device must know after a restart: one small JSON file, replaced as a whole before an answer goes out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "cli/hex.h"
#include "cli/json.h"
#include "device/device.h"

#define STATE_FORMAT "ace-device-state/1"
#define STATE_FILE "state.json"
#define STATE_FILE_MAX (4096 + 2 * ACE_RS_REVOKED_SAVED(DEVICE_REVOKED))
#define STATE_TEXT_MAX 1024 /* longest text that is read */
#define LINE_EPOCH INT64_C(1704067200) /* 2024 */
#define LINE_BITS 10 /* a device asks its AS less than 1,024 times a second */

/* Two devices with one state would each take what the other one knows as used. */
static enum ace_err dir_lock(const char *dir, int *ret_fd, struct cli_error *error)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool is_taken;

	if (fd < 0)
		return cli_error_set(error, ACE_ERR_IO, "%s: %s", dir, strerror(errno));
	if (!flock(fd, LOCK_EX | LOCK_NB)) {
		*ret_fd = fd;
		return ACE_OK;
	}
	is_taken = errno == EWOULDBLOCK;
	cli_error_set(error, is_taken ? ACE_ERR_BUSY : ACE_ERR_IO, "%s: %s", dir,
		      is_taken ? "another ace-device uses it" : strerror(errno));
	close(fd);
	return is_taken ? ACE_ERR_BUSY : ACE_ERR_IO;
}

static void text_check(struct cli_json_reader *r, const struct cli_json_place *root, const char *member,
		       const char *want)
{
	const char *text = cli_json_get_text(r, root, member, STATE_TEXT_MAX);

	if (text && strcmp(text, want))
		cli_json_refuse(r, root, member, "\"%s\" is \"%s\", but this is \"%s\"", member, text, want);
}

/* A device that does not ask for the list now keeps what is in the file for the day when it does. */
static void revoked_take(struct device *device, struct cli_json_reader *r, const struct cli_json_place *root)
{
	struct ace_buf *saved = &device->state.revoked;

	cli_json_get_hex(r, root, "revoked_hex", 1, saved);
	if (!r->err && device->revoked && ace_rs_revoked_restore(&device->rs, ace_buf_slice(saved)))
		cli_json_refuse(r, root, "revoked_hex", "\"revoked_hex\" is not what was written");
}

static enum ace_err state_parse(struct device *device, struct ace_slice bytes, struct cli_error *error)
{
	static const char *const members[] = { "format", "device", "issuer", "exi_highest_seen", "line_next",
						"revoked_hex", NULL };
	struct cli_json_reader r = { .file = device->state.path, .error = error };
	struct json_t *document = cli_json_parse(&r, bytes);
	struct cli_json_place root;
	int64_t highest = -1, line = 0;

	if (document) {
		cli_json_root(&r, document, members, &root);
		text_check(&r, &root, "format", STATE_FORMAT);
		text_check(&r, &root, "device", device->bundle.device);
		text_check(&r, &root, "issuer", device->bundle.issuer);
		if (cli_json_has(&root, "exi_highest_seen") || !cli_json_has(&root, "line_next"))
			highest = cli_json_get_int(&r, &root, "exi_highest_seen", 0, UINT32_MAX);
		if (cli_json_has(&root, "line_next"))
			line = cli_json_get_int(&r, &root, "line_next", 0, ACE_OSCORE_SEQ_MAX + ACE_RS_LINE_BLOCK);
		if (cli_json_has(&root, "revoked_hex"))
			revoked_take(device, &r, &root);
	}
	cli_json_free(document);
	if (r.err)
		return r.err;
	device->state.exi_saved = highest;
	device->state.line_saved = (uint64_t)line;
	ace_rs_exi_restore(&device->rs, 0, highest);
	return ACE_OK;
}

static enum ace_err state_read(struct device *device, struct cli_error *error)
{
	struct cli_bytes bytes = { 0 };
	enum ace_err err = cli_file_read(device->state.path, STATE_FILE_MAX, &bytes, error);

	if (err == ACE_ERR_NOT_FOUND) /* the first start */
		return ACE_OK;
	if (!err)
		err = state_parse(device, (struct ace_slice) { bytes.ptr, bytes.len }, error);
	cli_bytes_free(&bytes);
	/* To start without it would let tokens come back whose countdown is over. */
	if (err && error) {
		error->exit = CLI_EXIT_BROKEN;
		cli_error_hint(error, "without it, tokens with exi that this device took before would count again");
	}
	return err;
}

enum ace_err device_state_open(struct device *device, const char *dir, struct cli_error *error)
{
	struct device_state *state = &device->state;
	enum ace_err err = cli_dir_make(dir, 0700, error);

	if (err)
		return err;
	if (cli_path_join(dir, STATE_FILE, state->path, sizeof state->path)) {
		state->path[0] = '\0';
		return cli_error_set(error, ACE_ERR_USAGE, "%s: the path is too long", dir);
	}
	state->exi_saved = -1;
	state->revoked = (struct ace_buf) ACE_BUF_OF(state->revoked_bytes);
	err = dir_lock(dir, &state->dir_fd, error);
	if (err) {
		state->path[0] = '\0';
		return err;
	}
	return state_read(device, error);
}

void device_state_close(struct device *device)
{
	if (device->state.path[0])
		close(device->state.dir_fd);
	device->state = (struct device_state) { 0 };
}

/* Where the line's numbers go on. An export may have been in use with another state directory, so a new one begins where
 * nobody was. This is the machine's clock, never --fixed-time.  RFC 8613 7.2: "An AEAD nonce MUST NOT be used more than
 * once per AEAD key." */
static enum ace_err line_first(const struct device *device, uint64_t *ret_first)
{
	struct timespec now;

	if (device->state.line_saved) {
		*ret_first = device->state.line_saved;
		return ACE_OK;
	}
	if (clock_gettime(CLOCK_REALTIME, &now) || now.tv_sec <= LINE_EPOCH)
		return ACE_ERR_NOT_READY;
	*ret_first = (uint64_t)(now.tv_sec - LINE_EPOCH) << LINE_BITS;
	return ACE_OK;
}

enum ace_err device_line_open(struct device *device, struct cli_error *error)
{
	uint64_t first;
	struct ace_oscore_input input = cli_oscore_line_input(&device->bundle.as_line.oscore);
	enum ace_err err = line_first(device, &first);

	if (err)
		return cli_error_set(error, err, "the line of %s to its AS may have been used before, and the clock is needed "
				     "to go on where nobody was: set it", device->bundle.device);
	err = ace_rs_line_init(&device->line, &input, first);
	device->has_line = !err;
	return err ? cli_error_set(error, err, "the line of %s to its AS gives no OSCORE context (%s)",
				   device->bundle.device, ace_err_name(err)) :
		     ACE_OK;
}

static char *state_text(const struct device *device, int64_t highest, uint64_t line)
{
	struct json_t *document = cli_json_object();
	char *text;

	cli_json_put_text(document, "format", STATE_FORMAT);
	cli_json_put_text(document, "device", device->bundle.device);
	cli_json_put_text(document, "issuer", device->bundle.issuer);
	if (highest >= 0)
		cli_json_put_int(document, "exi_highest_seen", highest);
	if (line)
		cli_json_put_int(document, "line_next", (int64_t)line);
	if (device->state.revoked.len)
		cli_json_put_hex(document, "revoked_hex", ace_buf_slice(&device->state.revoked));
	text = cli_json_text(document, false);
	cli_json_free(document);
	return text;
}

enum ace_err device_state_save(struct device *device)
{
	struct device_state *state = &device->state;
	int64_t highest = ace_rs_exi_highest_seen(&device->rs, 0);
	uint64_t line = device->has_line ? ace_rs_line_to_store(&device->line) : 0;
	bool revoked = device->revoked && ace_rs_revoked_changed(&device->rs);
	enum ace_err err = ACE_OK;
	char *text;

	if (!state->path[0] || (highest <= state->exi_saved && !line && !revoked && !state->unsaved))
		return ACE_OK;
	line = line ? line : state->line_saved;
	if (revoked) {
		state->revoked.len = 0;
		err = ace_rs_revoked_save(&device->rs, &state->revoked);
	}
	text = err ? NULL : state_text(device, highest, line);
	if (!err)
		err = text ? cli_file_write(state->path, (struct ace_slice) { (const uint8_t *)text, strlen(text) },
					    CLI_WRITE_REPLACE, NULL) :
			     ACE_ERR_MEMORY;
	cli_json_text_free(text);
	state->unsaved = err != ACE_OK;
	if (err)
		return err;
	state->exi_saved = highest;
	state->line_saved = line;
	ace_rs_line_stored(&device->line, line);
	return ACE_OK;
}
