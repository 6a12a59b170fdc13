/* SPDX-License-Identifier: Apache-2.0 */
/* The published messages of the profile, for tests of those who write and read them. Include after cmocka.h. */
#ifndef SUPPORT_PROFILE_VECTORS_H
#define SUPPORT_PROFILE_VECTORS_H

#include "vectors.h"

static json_t *root;

static inline int load(void **state)
{
	(void)state;
	root = vectors_load("ace-oscore-profile");
	return 0;
}

static inline int unload(void **state)
{
	json_decref(root);
	return vectors_free_all(state);
}

static inline struct ace_slice payload(const char *name)
{
	return vectors_hex(vectors_named(json_object_get(root, "messages"), name), "payload");
}

#endif
