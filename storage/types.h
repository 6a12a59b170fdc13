/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that several records have. */
#ifndef STORAGE_TYPES_H
#define STORAGE_TYPES_H

#include "ace_tag.h"
#include "storage/store.h"

/* How somebody proves to the AS who it is. The numbers are stored. */
enum store_auth { STORE_AUTH_NONE = 0, STORE_AUTH_OSCORE = 1, STORE_AUTH_DTLS_PSK = 2 };

/* Whom a line or a change is about. The numbers are stored. */
enum store_kind { STORE_CLIENT = 1, STORE_DEVICE = 2, STORE_POLICY = 3, STORE_TOKEN = 4, STORE_TRL = 5 };

/* Tags in a form that can be assigned: key NUL value NUL, sorted by key. Fill and read through the functions. */
struct store_tags {
	uint16_t count;
	uint16_t len; /* used bytes of text */
	char text[STORE_TAGS_TEXT_MAX];
};

/* ACE_ERR_RANGE: too many or too long; ACE_ERR_USAGE: an empty key, not sorted, or a key twice. */
ACE_MUST_CHECK enum ace_err store_tags_set(const struct ace_tags *tags, struct store_tags *ret_tags);
/* For policy_decide(): list gets one entry a tag, which borrows from tags; the result borrows from both. */
struct ace_tags store_tags_view(const struct store_tags *tags, struct ace_tag list[STORE_TAGS_MAX]);

/* A scope: enum ace_scope_kind of ace_claims.h, and its bytes. */
struct store_scope {
	uint8_t kind;
	uint16_t len;
	uint8_t bytes[STORE_SCOPE_MAX];
};

/* Copy a borrowed scope. ACE_ERR_RANGE when too long. */
ACE_MUST_CHECK enum ace_err store_scope_set(uint8_t kind, struct ace_slice bytes, struct store_scope *ret_scope);
struct ace_slice store_scope_slice(const struct store_scope *scope);

/* Copy text into a fixed array of cap bytes with its NUL; NULL counts as "". ACE_ERR_RANGE: too long. */
ACE_MUST_CHECK enum ace_err store_text_set(const char *text, char *ret_text, size_t cap);

/* What one side of an OSCORE line or a DTLS-PSK line holds in secret. The holder wipes it (store_secret_wipe). */
struct store_secret {
	uint8_t key[STORE_SECRET_MAX]; /* OSCORE Master Secret (16 or 32 bytes), or the PSK (16 to 64) */
	uint8_t key_len;
	uint8_t salt[16]; /* OSCORE Master Salt */
	uint8_t salt_len;
};

void store_secret_wipe(struct store_secret *secret);

/* The kid of a line: its number in shortest big-endian form, 1 to 8 bytes. Numbers start at 1. */
#define STORE_KID_MAX 8
size_t store_line_kid(uint64_t line, uint8_t ret_kid[STORE_KID_MAX]);
/* The other way; ACE_ERR_NOT_FOUND for bytes that are no shortest form of a number. */
ACE_MUST_CHECK enum ace_err store_kid_line(struct ace_slice kid, uint64_t *ret_line);

/* A line that is being replaced by another one of the same owner. */
struct store_old_line {
	uint64_t line;        /* 0: none */
	uint32_t key_version; /* of its secret */
	int64_t until;        /* seconds since 1970: not accepted from then on; 0: until the new line was used */
};

struct store_line_rotation {
	const char *id;                    /* borrowed */
	const struct store_secret *secret; /* borrowed */
	int64_t now, old_until;            /* seconds since 1970 */
	int64_t ticket_expires;            /* as in the struct; of a client */
};

bool store_old_line_lives(const struct store_old_line *old, int64_t now);

/* Whose line is it? ret_id gets the client's or device's id. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err store_line_find(struct store_txn *txn, uint64_t line, enum store_kind *ret_kind,
					    char ret_id[STORE_ID_MAX + 1]);

#endif
