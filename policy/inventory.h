/* SPDX-License-Identifier: Apache-2.0 */
/* Clients and devices as inventory files list them: what acectl turns into records of the store.
 * No secrets in here: a key is to be made, to be read from a file, or only known by its fingerprint. */
#ifndef POLICY_INVENTORY_H
#define POLICY_INVENTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ace_tag.h"

#define POLICY_KID_MAX 8

enum policy_key_source {
	POLICY_KEY_GENERATE,    /* make one where none exists */
	POLICY_KEY_FILE,        /* value is a path, relative to the folder of the inventory file */
	POLICY_KEY_FINGERPRINT, /* value is "sha256:" and 16 hex digits: as exported: the key is there already */
};

struct policy_key {
	enum policy_key_source source;
	const char *value; /* NULL for POLICY_KEY_GENERATE */
};

enum policy_line_method { POLICY_LINE_OSCORE, POLICY_LINE_DTLS_PSK };

struct policy_client {
	const char *id;
	const char *description; /* NULL: none */
	bool enabled;
	struct ace_tags tags;
	enum policy_line_method method;
	struct policy_key key;
	const char *default_scope;    /* NULL: none */
	const char *default_audience; /* NULL: none */
	const char *file;             /* the inventory file, for messages and relative paths */
};

struct policy_device {
	const char *id;
	const char *description; /* NULL: none */
	bool enabled;
	struct ace_tags tags;
	const char *model;
	const char *audience; /* NULL: the id is its audience */
	uint8_t kid[POLICY_KID_MAX];
	size_t kid_len;
	int32_t alg; /* enum ace_alg */
	struct policy_key as_key;
	bool has_as_line;
	enum policy_line_method as_line_method;
	struct policy_key as_line_key;
	const char *file;
};

/* Sorted by id. All strings live as long as the policy_loaded that it belongs to. */
struct policy_inventory {
	const struct policy_client *clients;
	size_t clients_len;
	const struct policy_device *devices;
	size_t devices_len;
};

#endif
