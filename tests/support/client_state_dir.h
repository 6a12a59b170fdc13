/* SPDX-License-Identifier: Apache-2.0 */
/* A state directory of the client that is thrown away afterwards. Include after cmocka.h. */
#ifndef SUPPORT_CLIENT_STATE_DIR_H
#define SUPPORT_CLIENT_STATE_DIR_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "client/state.h"

static inline void state_dir_make(char path[64])
{
	snprintf(path, 64, "/tmp/ace-client-test-XXXXXX");
	assert_non_null(mkdtemp(path));
}

/* Files only: the directory has no folders. */
static inline void state_dir_remove(const char *path)
{
	DIR *dir = opendir(path);
	char file[512];

	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir)) {
		snprintf(file, sizeof file, "%s/%.255s", path, entry->d_name);
		(void)unlink(file); /* fails for . and .. */
	}
	closedir(dir);
	assert_int_equal(rmdir(path), 0);
}

/* How many files begin with that? */
static inline int state_dir_count(const char *path, const char *prefix)
{
	DIR *dir = opendir(path);
	int count = 0;

	assert_non_null(dir);
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		count += !strncmp(entry->d_name, prefix, strlen(prefix));
	closedir(dir);
	return count;
}

#endif
