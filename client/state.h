/* SPDX-License-Identifier: Apache-2.0 */
/* What the client keeps between runs, in a directory of its own (0700, files 0600): credentials, pins, tokens with
 * their contexts, and the sequence numbers that must never repeat. Every file is replaced at once or stays as it is;
 * a damaged one is named and never overwritten. Several processes may share the directory. */
#ifndef CLIENT_STATE_H
#define CLIENT_STATE_H

#include "ace_claims.h"
#include "ace_oscore.h"
#include "cli/bundle.h"
#include "cli/files.h"

#define CLIENT_PATH_MAX 1024
#define CLIENT_NAME_MAX 48
#define CLIENT_RECORD_MAX 16384

struct client_state {
	char dir[CLIENT_PATH_MAX];
	int lock_fd; /* owns; -1: closed */
};

/* Open (and make) the directory: path, or $XDG_STATE_HOME/ace-client, or ~/.local/state/ace-client. */
ACE_MUST_CHECK enum ace_err client_state_open(const char *path, struct client_state *ret_state,
					      struct cli_error *ret_error);
/* A zeroed struct is fine. */
void client_state_close(struct client_state *state);

/* Exclusive among all processes of this directory, for a moment only. Waits. */
ACE_MUST_CHECK enum ace_err client_state_lock(const struct client_state *state, struct cli_error *ret_error);
void client_state_unlock(const struct client_state *state);

/* --- Records (state_record.c): a magic line, a hash, one CBOR item. --- */

enum client_kind { CLIENT_KIND_CREDENTIALS, CLIENT_KIND_PIN, CLIENT_KIND_TOKEN, CLIENT_KIND_SEQ, CLIENT_KIND_IDS };

struct client_name {
	enum client_kind kind;
	char text[CLIENT_NAME_MAX]; /* of the file, in the state directory */
};
/* The name of a record of that kind about these things, in that order. */
ACE_MUST_CHECK enum ace_err client_name_make(enum client_kind kind, const struct ace_slice *about, size_t about_len,
					     struct client_name *ret_name);
/* ACE_ERR_NOT_FOUND (no text) when there is none; ACE_ERR_DAMAGED with the file and what to do; others.
 * ret_content is the CBOR item; it may be secret: cli_bytes_free(). */
ACE_MUST_CHECK enum ace_err client_record_read(const struct client_state *state, const struct client_name *name,
					       struct cli_bytes *ret_content, struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err client_record_write(const struct client_state *state, const struct client_name *name,
						struct ace_slice content, struct cli_error *ret_error);
/* Absent is fine. */
ACE_MUST_CHECK enum ace_err client_record_remove(const struct client_state *state, const struct client_name *name,
						 struct cli_error *ret_error);
/* Say that the record is damaged, and what to do about a record of that kind. */
enum ace_err client_record_damaged(const struct client_state *state, const struct client_name *name,
				   const char *why, struct cli_error *ret_error);
/* Names of all records of a kind, sorted; the caller frees the array. */
ACE_MUST_CHECK enum ace_err client_record_list(const struct client_state *state, enum client_kind kind,
					       struct client_name **ret_names, size_t *ret_len,
					       struct cli_error *ret_error);

/* --- Sequence numbers (state_seq.c) --- */

#define CLIENT_SEQ_BLOCK 8

/* Where an OSCORE context's next Partial IVs come from. A block is taken out of the file, and the file is on disk,
 * before the first number of the block is used: a crash loses numbers and never repeats one. */
struct client_seq {
	struct client_name name;
	uint64_t next, end; /* what this process may use without asking */
};
/* Name the sequence of a sender: its key decides. */
ACE_MUST_CHECK enum ace_err client_seq_init(const struct ace_oscore_input *input, struct client_seq *ret_seq);
/* Begin at first, unless the file is there already: a credential that comes back goes on where it stopped. */
ACE_MUST_CHECK enum ace_err client_seq_create(const struct client_state *state, const struct client_seq *seq,
					      uint64_t first, struct cli_error *ret_error);
/* Where to begin with a key that may have been used before, here or by another program: 1,024 numbers for each second
 * since 2024, which nobody uses up. ACE_ERR_CLOCK and others there is no clock, or it is before 2024. */
ACE_MUST_CHECK enum ace_err client_seq_floor(uint64_t *ret_first);
/* ACE_ERR_NOT_FOUND the file is gone: nobody knows what was used; ACE_ERR_EXHAUSTED; others. */
ACE_MUST_CHECK enum ace_err client_seq_take(const struct client_state *state, struct client_seq *seq,
					    uint64_t *ret_seq, struct cli_error *ret_error);
/* A Recipient ID that no context of ours has and that no other process is just about to use (RFC 9203 4.1). */
ACE_MUST_CHECK enum ace_err client_id_take(const struct client_state *state, struct ace_oscore_id *ret_id,
					   struct cli_error *ret_error);

/* --- Credentials (state_credentials.c) --- */

/* What we are enrolled with; end each with cli_client_bundle_fini(). */
struct client_enrolments {
	struct cli_client_bundle *bundles; /* owns */
	size_t len;
};
ACE_MUST_CHECK enum ace_err client_enrolments_read(const struct client_state *state,
						   struct client_enrolments *ret_enrolments,
						   struct cli_error *ret_error);
void client_enrolments_free(struct client_enrolments *enrolments);
ACE_MUST_CHECK enum ace_err client_credentials_write(const struct client_state *state,
						     const struct cli_client_bundle *bundle,
						     struct cli_error *ret_error);
/* The enrolment with the AS of that URI; NULL when there is none. coap and coaps are alike, path and port count. */
const struct cli_client_bundle *client_enrolment_find(const struct client_enrolments *enrolments,
						      struct ace_slice as_uri);
/* Do the two name one AS? */
bool client_same_as(struct ace_slice a, struct ace_slice b);

/* --- Pins (state_pin.c): which AS and audience stand behind a host and port. --- */

struct client_pin {
	struct ace_slice origin; /* "coap://127.0.0.1:5690" */
	struct ace_slice as_uri, audience;
	struct cli_bytes content; /* owns what the slices borrow, when it was read */
};
ACE_MUST_CHECK enum ace_err client_pin_read(const struct client_state *state, struct ace_slice origin,
					    struct client_pin *ret_pin, struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err client_pin_load(const struct client_state *state, const struct client_name *name,
					    struct client_pin *ret_pin, struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err client_pin_write(const struct client_state *state, const struct client_pin *pin,
					     struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err client_pin_remove(const struct client_state *state, struct ace_slice origin,
					      struct cli_error *ret_error);
void client_pin_free(struct client_pin *pin);

/* --- Associations (state_assoc.c): a token, and the context that was agreed with it. --- */

struct client_assoc {
	struct ace_slice as_uri, audience;
	struct ace_scope scope;   /* what is granted */
	struct ace_slice token;   /* brought osc: the one to post again when the context is lost */
	struct ace_slice update;  /* the latest update of its rights, to be posted after it; empty: none */
	int64_t expires;          /* seconds since 1970; of the token in force */
	struct ace_osc osc;       /* secret */
	bool has_context;         /* the token was posted: */
	bool proven;              /* an answer verified under the context: the device is who it should be */
	struct ace_slice nonce1, nonce2;
	struct ace_slice id1, id2; /* our Recipient ID, and the device's */
	uint64_t refusals;        /* unprotected 4.01 in a row to protected requests */
	bool is_candidate;        /* nowhere but in memory: the one on disk stays until this one is proven */
	struct cli_bytes content; /* owns what the slices borrow, when it was read; wiped by free */
};
/* ACE_ERR_NOT_FOUND without a text when there is none. */
ACE_MUST_CHECK enum ace_err client_assoc_read(const struct client_state *state, struct ace_slice as_uri,
					      struct ace_slice audience, struct client_assoc *ret_assoc,
					      struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err client_assoc_load(const struct client_state *state, const struct client_name *name,
					      struct client_assoc *ret_assoc, struct cli_error *ret_error);
/* Write it, unless it is a candidate, and make *assoc borrow from its own content from then on. */
ACE_MUST_CHECK enum ace_err client_assoc_write(const struct client_state *state, struct client_assoc *assoc,
					       struct cli_error *ret_error);
/* Write it in the place of old (zeroed: none), whose keys are not used any more: their numbers are removed. */
ACE_MUST_CHECK enum ace_err client_assoc_replace(const struct client_state *state, const struct client_assoc *old,
						 struct client_assoc *assoc, struct cli_error *ret_error);
/* Remove it together with its sequence numbers: its keys are not used any more. Of a candidate there are only these. */
ACE_MUST_CHECK enum ace_err client_assoc_remove(const struct client_state *state, const struct client_assoc *assoc,
						struct cli_error *ret_error);
void client_assoc_free(struct client_assoc *assoc);
/* What its context is derived from; salt is room for the Master Salt, from which *ret_input borrows. */
ACE_MUST_CHECK enum ace_err client_assoc_input(const struct client_assoc *assoc, struct ace_buf *salt,
					       struct ace_oscore_input *ret_input);

#endif
