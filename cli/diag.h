/* SPDX-License-Identifier: Apache-2.0 */
/* CBOR for people: diagnostic notation (RFC 8949 8), and the bytes with what they mean beside them. */
#ifndef CLI_DIAG_H
#define CLI_DIAG_H

#include "ace_cbor.h"
#include "cli/text.h"

enum cli_diag_as {
	CLI_DIAG_PLAIN = 0,
	CLI_DIAG_HIDDEN,   /* only how long it is */
	CLI_DIAG_EMBEDDED, /* a byte string that holds CBOR, if it does */
};

/* Where an item stands: keys of maps and places in arrays, from the outside in. Byte strings that hold CBOR, and tags, are no
 * step of their own. */
#define CLI_DIAG_PATH_MAX (2 * ACE_CBOR_DEPTH_MAX)
struct cli_diag_path {
	size_t len;
	int64_t steps[CLI_DIAG_PATH_MAX]; /* INT64_MIN: a key that is no integer, or a large one */
};

/* What is known of the items. */
struct cli_diag_view {
	const char *(*name)(const struct cli_diag_path *path); /* of a member; NULL: it has none */
	enum cli_diag_as (*show)(const struct cli_diag_path *path);
};

/* Append item, whatever it is, with one member of a map a line: errors of ace_cbor_read_init(), nothing is appended then. Memory
 * that is out sticks in text. Text is escaped so that a terminal takes it for nothing else. */
ACE_MUST_CHECK enum ace_err cli_diag_text(struct ace_slice item, const struct cli_diag_view *view, struct cli_text *text);
/* The same, with one line for each head: its bytes in hex, and what they mean. */
ACE_MUST_CHECK enum ace_err cli_diag_hex(struct ace_slice item, const struct cli_diag_view *view, struct cli_text *text);

#endif
