/* SPDX-License-Identifier: Apache-2.0 */
/* What a device must know after a restart: one small JSON file, replaced as a whole before an answer goes out. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cli/json.h"
#include "device/device.h"

#define STATE_FORMAT "ace-device-state/1"
#define STATE_FILE "state.json"
#define STATE_FILE_MAX 4096
#define STATE_TEXT_MAX 1024 /* longest text that is read */

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

static enum ace_err state_parse(struct device *device, struct ace_slice bytes, struct cli_error *error)
{
	static const char *const members[] = { "format", "device", "issuer", "exi_highest_seen", NULL };
	struct cli_json_reader r = { .file = device->state.path, .error = error };
	struct json_t *document = cli_json_parse(&r, bytes);
	struct cli_json_place root;
	int64_t highest = -1;

	if (document) {
		cli_json_root(&r, document, members, &root);
		text_check(&r, &root, "format", STATE_FORMAT);
		text_check(&r, &root, "device", device->bundle.device);
		text_check(&r, &root, "issuer", device->bundle.issuer);
		highest = cli_json_get_int(&r, &root, "exi_highest_seen", 0, UINT32_MAX);
	}
	cli_json_free(document);
	if (r.err)
		return r.err;
	device->state.exi_saved = highest;
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

enum ace_err device_state_save(struct device *device)
{
	int64_t highest = ace_rs_exi_highest_seen(&device->rs, 0);
	struct json_t *document;
	enum ace_err err = ACE_ERR_MEMORY;
	char *text;

	if (!device->state.path[0] || highest <= device->state.exi_saved)
		return ACE_OK;
	document = cli_json_object();
	cli_json_put_text(document, "format", STATE_FORMAT);
	cli_json_put_text(document, "device", device->bundle.device);
	cli_json_put_text(document, "issuer", device->bundle.issuer);
	cli_json_put_int(document, "exi_highest_seen", highest);
	text = cli_json_text(document, false);
	if (text)
		err = cli_file_write(device->state.path, (struct ace_slice) { (const uint8_t *)text, strlen(text) },
				     CLI_WRITE_REPLACE, NULL);
	if (!err)
		device->state.exi_saved = highest;
	cli_json_text_free(text);
	cli_json_free(document);
	return err;
}
