/* SPDX-License-Identifier: Apache-2.0 */
/* What token inspect is made of: take a token from the command line, open it, tell what its claims mean. */
#ifndef AS_CTL_INSPECT_H
#define AS_CTL_INSPECT_H

#include "ace_issue.h"
#include "cli/diag.h"
#include "cli/files.h"
#include "storage/devices.h"
#include "storage/tokens.h"

struct json_t;

#define CTL_TOKEN_MAX 2048 /* bytes: none is longer, since none would fit a message */

/* A token in hex, in base64url (or base64) or, from a file or stdin, as it is. name: its text, "@FILE" or "-".
 * ACE_ERR_MALFORMED it is none of these; errors of cli_file_read(). */
ACE_MUST_CHECK enum ace_err ctl_token_take(const char *name, struct ace_buf *out, struct cli_error *ret_error);

/* "live", "revoked" or "expired". */
ACE_MUST_CHECK enum ace_err ctl_token_state(struct store_txn *txn, int64_t now, const struct store_token *token,
					    const char **ret_state);

struct ctl_inspected {
	struct ace_slice token; /* borrowed */
	struct ace_cose_encrypt0 cose;
	int64_t now;            /* seconds since 1970 */
	bool is_recorded;
	struct store_token record; /* counts when is_recorded */
	const char *state;         /* of the record; NULL: there is none */
	struct store_device device;
	size_t key; /* of the device, under which it was sealed */
	struct ace_buf plain;
	uint8_t plaintext[CTL_TOKEN_MAX]; /* holds a master secret: wiped by the caller */
};
/* Fill in what follows of token, now and cose. device: whose keys are tried; NULL: those of whoever it was issued for, or else of all
 * devices that have a key with its kid. ACE_ERR_TAG none of them opens it; ACE_ERR_NOT_FOUND no such device. */
ACE_MUST_CHECK enum ace_err ctl_inspect_open(struct store_txn *txn, const char *device, struct ctl_inspected *in);

/* Headers, and claims with or without their secrets, as cli_diag_text() shows them. */
extern const struct cli_diag_view ctl_headers_view, ctl_claims_view, ctl_claims_secret_view;
/* Claims one by one: key, name, value in words, what it is for. Empty when they are no map. The caller frees it. */
struct json_t *ctl_claims_meanings(struct ace_slice claims, int64_t now, struct cli_table *table);

#endif
