/* SPDX-License-Identifier: Apache-2.0 */
/* A throw-away store in a directory of its own, for tests of storage/ and above it. */
#ifndef TESTS_TMP_STORE_H
#define TESTS_TMP_STORE_H

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "storage/store.h"

#define TMP_STORE_NOW INT64_C(1790000000) /* seconds since 1970: some day in 2026 */

struct tmp_store {
	char dir[64];
	struct store_options options;
	struct store *store;
};

static inline int tmp_store_unlink(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

/* Make a store and open it as the daemon, unlocked. 0 on success, as cmocka's setup functions want. */
static inline int tmp_store_make(struct tmp_store *tmp)
{
	struct store_setup setup = { "coap://as.example", "coap://as.example/token", TMP_STORE_NOW };
	struct store_error error;

	*tmp = (struct tmp_store){ .dir = "/tmp/aced-test-XXXXXX" };
	if (!mkdtemp(tmp->dir))
		return -1;
	tmp->options = (struct store_options){ .dir = tmp->dir, .is_daemon = true };
	if (store_create(&tmp->options, &setup, &error) || store_open(&tmp->options, &tmp->store, &error) ||
	    store_unlock(tmp->store, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return -1;
	}
	return 0;
}

/* Close and open again, unlocked. */
static inline int tmp_store_reopen(struct tmp_store *tmp)
{
	struct store_error error;

	store_close(tmp->store);
	tmp->store = NULL;
	if (store_open(&tmp->options, &tmp->store, &error) || store_unlock(tmp->store, &error)) {
		fprintf(stderr, "%s\n", error.text);
		return -1;
	}
	return 0;
}

static inline void tmp_store_remove(struct tmp_store *tmp)
{
	store_close(tmp->store);
	tmp->store = NULL;
	nftw(tmp->dir, tmp_store_unlink, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
