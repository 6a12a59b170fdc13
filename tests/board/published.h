/* SPDX-License-Identifier: Apache-2.0 */
/* The published posts and derivations, as make_vectors.py writes them down. */
#ifndef TESTS_BOARD_PUBLISHED_H
#define TESTS_BOARD_PUBLISHED_H

#include "rs_fixture.h"

enum mode { MODE_BASE, MODE_TRL, MODE_EXI };

struct post {
	const char *name;
	enum mode mode;
	bool is_update;
	uint8_t code;
	struct ace_slice payload;
};

struct derivation {
	bool has_context;
	struct ace_slice secret, salt, context, sender_id, recipient_id, sender_key, recipient_key, iv;
};

/* Random bytes that make the device answer as in the vectors: nonce and id. */
#define PUBLISHED_RANDOM { 0x25, 0xa8, 0x99, 0x1c, 0xd7, 0x00, 0xac, 0x01, 0, 0 }

#endif
