/* SPDX-License-Identifier: Apache-2.0 */
/* A resource server on the host, built on the device library that firmware links. Requests go in and
 * answers come out as bytes: no socket and no log in here, so tests need neither. */
#ifndef DEVICE_DEVICE_H
#define DEVICE_DEVICE_H

#include "ace_rs_as.h"
#include "ace_udp_server.h"
#include "cli/bundle.h"

#define DEVICE_VALUE_MAX 256  /* bytes of a resource's value */
#define DEVICE_PATH_MAX 256   /* bytes of a path that is looked at; a longer one is no resource */
#define DEVICE_CONTEXTS 64    /* clients at a time, unless options.contexts says otherwise */
#define DEVICE_CONTEXTS_MAX 10000
#define DEVICE_SCOPE_MAX 1024 /* bytes of a token's scope */
#define DEVICE_TOKEN_MAX 1024 /* bytes of a token */
/* Unprotected posts to authz-info: 50 a second, 50 at once.  Source: RFC 9200 5.10.1.2. */
#define DEVICE_POST_INTERVAL_MS 20
#define DEVICE_POST_BURST 50
#define DEVICE_REVOKED 512 /* revoked tokens that are remembered, with options.trl */
#define DEVICE_POSTS_MAX 8 /* posts that wait for the AS at a time, with options.introspect */
#define DEVICE_RETRY_S 5 /* Max-Age of 4.29 and 5.03 */

struct device_value {
	uint8_t bytes[DEVICE_VALUE_MAX];
	size_t len;
};

/* What outlives a restart; all zero without a state directory. */
struct device_state {
	char path[512];    /* of the file */
	int dir_fd;        /* owns; locked */
	int64_t exi_saved; /* the highest exi sequence number that is on disk, -1: none */
	uint64_t line_saved;      /* numbers of the line to the AS below it may be used up; 0: it was never used */
	bool unsaved;             /* a write failed */
	struct ace_buf revoked;   /* over revoked_bytes: as it is on disk */
	uint8_t revoked_bytes[ACE_RS_REVOKED_SAVED(DEVICE_REVOKED)];
};

/* What may be had from the library; all zero is fine. */
struct device_options {
	bool trl; /* tokens end when the AS's list says so, and posts wait for the first whole list */
	enum ace_rs_cnonce_mode cnonce;
	uint16_t contexts; /* 0: DEVICE_CONTEXTS; at most DEVICE_CONTEXTS_MAX */
	bool introspect; /* the AS is asked about a token before it counts: outcome.post */
};

/* A post about which the AS is asked, until device_post_finish(). Private but for the first members. */
struct device_post {
	uint64_t handle;  /* the caller's, of the message layer */
	uint64_t since_ms; /* the caller's, monotonic */
	char peer[ACE_UDP_TEXT_MAX]; /* the caller's, for logs */
	uint8_t refusal;  /* the caller's: the code to refuse it with, whatever the AS says; 0: none */
	bool is_asked;    /* the caller's */
	bool is_used, is_protected;
	uint8_t type, token_len;
	uint16_t mid;
	size_t stranger_max;
	struct ace_buf body, question; /* over the bytes below; question is what to POST to the AS */
	uint8_t token[ACE_COAP_TOKEN_MAX];
	struct ace_rs_exchange ex; /* with is_protected */
	uint8_t body_bytes[DEVICE_TOKEN_MAX + ACE_RS_BODY_EXTRA];
	uint8_t question_bytes[DEVICE_TOKEN_MAX + 8];
};

struct device {
	struct cli_device_bundle bundle; /* owns; the library borrows from it */
	struct ace_rs_as_key keys[CLI_TOKEN_KEYS_MAX];
	struct ace_rs rs;
	uint8_t *arena;              /* owns */
	struct device_value *values; /* owns; beside bundle.resources.entries */
	struct ace_rs_revoked *revoked; /* owns; NULL without options.trl */
	struct device_observers *observers; /* borrows; NULL: nothing is observed. device/observe.h */
	struct device_post *posts;      /* owns DEVICE_POSTS_MAX; NULL without options.introspect */
	struct ace_rs_line line;     /* to the AS; of use when has_line */
	bool has_line;
	const char *wireshark_path;  /* borrows; NULL: keys are not told */
	struct device_state state;
};

/* Start with a bundle, which the device owns from then on (on failure it stays the caller's). Values are empty.
 * @return ACE_OK; ACE_ERR_MEMORY; others as ace_rs_init(). device_fini() ends it, and wipes. */
ACE_MUST_CHECK enum ace_err device_init(struct device *device, struct cli_device_bundle *bundle,
					const struct device_options *options);
/* A zeroed struct is fine. */
void device_fini(struct device *device);

/* The number of a resource; false when it is not hosted. */
bool device_resource_find(const struct device *device, struct ace_slice path, size_t *ret_index);
/* ACE_ERR_NOT_FOUND no such resource; ACE_ERR_SPACE longer than DEVICE_VALUE_MAX. */
ACE_MUST_CHECK enum ace_err device_value_set(struct device *device, struct ace_slice path, struct ace_slice value);

/* Keep what must outlive a restart in that directory, which is made when it is not there, and take up what an earlier
 * process left in it. One process at a time. device_fini() lets go of it.
 * @return ACE_OK; ACE_ERR_BUSY another device uses it; malformed band: the file is damaged, or another device's;
 * others as cli_dir_make() and cli_file_read(). *error has the text. */
ACE_MUST_CHECK enum ace_err device_state_open(struct device *device, const char *dir, struct cli_error *error);
void device_state_close(struct device *device);
/* Make the line to the AS that the bundle has, an OSCORE one, ready for device_state_save() and ace_rs_line_protect(); after
 * device_state_open(). ACE_ERR_NOT_READY a new state without a clock; others as ace_rs_line_init(); *error has the text. */
ACE_MUST_CHECK enum ace_err device_line_open(struct device *device, struct cli_error *error);
/* Put it on disk when it has changed, before anybody learns of the change. ACE_OK without a state directory.
 * Errors as cli_file_write(); the next call tries again.  Source: RFC 9200 5.10.3, 6.6. */
ACE_MUST_CHECK enum ace_err device_state_save(struct device *device);

/* What happened, for the log and the message layer. */
struct device_outcome {
	uint8_t method, code; /* codes of request and answer; for OSCORE the inner ones */
	bool verified;        /* OSCORE proved who sent it from where */
	bool posted;          /* a token came to authz-info */
	struct device_post *post; /* NULL, or what the AS is to be asked about: there is no answer yet */
	enum ace_err err;     /* why it was refused, where the library says; never for peers */
	enum ace_err trace;   /* the key file for Wireshark could not be written */
	enum ace_err state;   /* the state could not be written, so a good token was refused */
	char path[DEVICE_PATH_MAX];
	size_t path_len;
};

/* Answer one request.
 * @param datagram      a well-formed CoAP request, borrowed for the call.
 * @param stranger_max  bytes that the address may get as long as no verified request confirms it.
 * @param answer        the whole response is put there. Type and Message ID are those of the request, for the
 *                      message layer to set.
 * @return ACE_OK: an answer is there, unless outcome->post is set; ACE_ERR_SPACE not even the shortest one fits: send none. */
ACE_MUST_CHECK enum ace_err device_answer(struct device *device, struct ace_slice datagram, size_t stranger_max,
					  struct ace_buf *answer, struct device_outcome *ret_outcome);

/* The AS has answered about a post, or will not: said has the code (0: no answer) and payload of that. Answer, outcome and
 * errors are as with device_answer(); the post is wiped.  Source: RFC 9200 5.9, 6.10. */
ACE_MUST_CHECK enum ace_err device_post_finish(struct device *device, struct device_post *post,
					       const struct ace_rs_introspection *said, struct ace_buf *answer,
					       struct device_outcome *ret_outcome);

#endif
