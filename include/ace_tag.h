/* SPDX-License-Identifier: Apache-2.0 */
/* A tag of a client or device, as the store keeps it and as policies match it (hosted code). */
#ifndef ACE_TAG_H
#define ACE_TAG_H

#include <stddef.h>

struct ace_tag {
	const char *key;   /* borrows; NUL-terminated */
	const char *value; /* borrows; NUL-terminated */
};

struct ace_tags {
	const struct ace_tag *list; /* borrows; sorted by key, one value a key */
	size_t len;
};

#endif
