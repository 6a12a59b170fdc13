/* SPDX-License-Identifier: Apache-2.0 */
/* The state directory and its lock. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client/state.h"

/* "base/rest"; false when it is too long or base is no absolute path. */
static bool path_set(char *ret_path, const char *base, const char *rest)
{
	int len = base && base[0] == '/' ? snprintf(ret_path, CLIENT_PATH_MAX, "%s%s", base, rest) : -1;

	return len > 0 && len < CLIENT_PATH_MAX;
}

static enum ace_err default_path(char *ret_path, struct cli_error *ret_error)
{
	enum ace_err err;

	if (path_set(ret_path, getenv("XDG_STATE_HOME"), "/ace-client") ||
	    path_set(ret_path, getenv("HOME"), "/.local/state/ace-client"))
		return ACE_OK;
	err = cli_error_set(ret_error, ACE_ERR_NOT_FOUND, "no place for the client's state: HOME is not set");
	if (ret_error)
		ret_error->exit = CLI_EXIT_USAGE;
	cli_error_hint(ret_error, "name one with --state-dir DIR");
	return err;
}

/* The parents of the default place may be missing on a fresh account. */
static void parents_make(const char *path)
{
	char parent[CLIENT_PATH_MAX];
	size_t len = strlen(path);

	for (size_t i = 1; i < len; i++)
		if (path[i] == '/') {
			memcpy(parent, path, i);
			parent[i] = '\0';
			(void)mkdir(parent, 0700); /* what matters fails below, with a text */
		}
}

enum ace_err client_state_open(const char *path, struct client_state *ret_state, struct cli_error *ret_error)
{
	struct client_state state = { .lock_fd = -1 };
	char lock[CLIENT_PATH_MAX];
	enum ace_err err;

	if (!path) {
		err = default_path(state.dir, ret_error);
		if (err)
			return err;
		parents_make(state.dir);
	} else if (!*path || snprintf(state.dir, sizeof state.dir, "%s", path) >= (int)sizeof state.dir) {
		return cli_error_set(ret_error, ACE_ERR_USAGE, "the path of the state directory is empty or too long");
	}
	err = cli_dir_make(state.dir, 0700, ret_error);
	if (err)
		return err;
	if (cli_path_join(state.dir, "lock", lock, sizeof lock))
		return cli_error_set(ret_error, ACE_ERR_RANGE, "%s: the path is too long", state.dir);
	state.lock_fd = open(lock, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (state.lock_fd < 0)
		return cli_error_set(ret_error, errno == EACCES ? ACE_ERR_PERMISSION : ACE_ERR_IO, "%s: %s", lock,
				     strerror(errno));
	*ret_state = state;
	return ACE_OK;
}

void client_state_close(struct client_state *state)
{
	if (state->dir[0] && state->lock_fd >= 0)
		close(state->lock_fd);
	state->lock_fd = -1;
}

enum ace_err client_state_lock(const struct client_state *state, struct cli_error *ret_error)
{
	while (flock(state->lock_fd, LOCK_EX))
		if (errno != EINTR)
			return cli_error_set(ret_error, ACE_ERR_IO, "%s/lock: %s", state->dir, strerror(errno));
	return ACE_OK;
}

void client_state_unlock(const struct client_state *state)
{
	(void)flock(state->lock_fd, LOCK_UN); /* fails on a bad descriptor only */
}
