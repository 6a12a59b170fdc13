/* SPDX-License-Identifier: Apache-2.0 */
/* The device as a client of its AS: one confirmable request at a time over the device's OSCORE line, whose timers run in
 * the loop that serves, so that nobody waits for the AS. */
#ifndef DEVICE_AS_LINE_H
#define DEVICE_AS_LINE_H

#include "device/device.h"

#define DEVICE_QUESTION_MAX 1400  /* bytes of a request before it is protected */
#define DEVICE_BODY_MAX 32768     /* bytes of an answer, over all of its blocks */
#define DEVICE_TOKEN_LEN 4
#define DEVICE_DATAGRAMS_MAX 32 /* that one step takes, so that a flood leaves time to serve */
#define DEVICE_ETAG_MAX 8     /* RFC 7252 5.10.6 */
#define DEVICE_RESTARTS_MAX 8 /* of an answer that changed while its blocks were fetched */

struct device_as {
	struct device *device; /* borrows; has the line */
	int fd;                /* owns; connected to the AS */
	bool is_open, busy;
	const void *asker;     /* whose question is under way, or was the last: nobody else takes its answer */
	bool acked;            /* an answer of its own is to come */
	bool echoed;           /* the request was sent again with an Echo */
	uint16_t mid;
	uint8_t token[DEVICE_TOKEN_LEN];
	struct ace_oscore_exchange exchange;
	uint64_t due_ms, timeout_ms, end_ms; /* next copy, what it is waited for, and when it is given up; monotonic */
	uint8_t copies;        /* that were sent after the first */
	uint32_t block;        /* of the answer that is asked for */
	uint8_t block_szx;
	uint8_t etag[DEVICE_ETAG_MAX], etag_len; /* of the blocks so far */
	uint8_t restarts;
	struct ace_buf question, sealed, body; /* over the bytes below */
	uint8_t question_bytes[DEVICE_QUESTION_MAX];
	uint8_t sealed_bytes[DEVICE_QUESTION_MAX + ACE_OSCORE_OVERHEAD_MAX];
	uint8_t body_bytes[DEVICE_BODY_MAX];
};

/* A socket to the AS of the device's provisioning file, and its line at the number that the state has. The state must be
 * open. The name of the AS is looked up here, once, so this may wait.
 * @return ACE_OK; ACE_ERR_USAGE no state directory, or the file has no OSCORE line; others as cli_address_parse(),
 * cli_address_resolve(), device_line_open(); ACE_ERR_IO. *error has the text. */
ACE_MUST_CHECK enum ace_err device_as_open(struct device_as *as, struct device *device, struct cli_error *error);
/* A zeroed struct is fine. */
void device_as_close(struct device_as *as);

/* Send a CoAP request, a whole message whose type, Message ID and token are set here. One at a time: ACE_ERR_BUSY.
 * ACE_ERR_SPACE; others as device_state_save() and ace_rs_line_protect(): nothing was sent then. */
ACE_MUST_CHECK enum ace_err device_as_ask(struct device_as *as, const void *asker, struct ace_slice message, uint64_t now_ms);
/* Nobody waits for the answer any more; when it comes it is dropped. */
void device_as_forget(struct device_as *as);

struct device_as_answer {
	uint8_t code;
	uint32_t format;        /* UINT32_MAX: none */
	struct ace_slice body;  /* borrows until the next call; its blocks put together */
};
/* What has come, and what timers want. ACE_ERR_BUSY: nothing yet, or nothing was asked; ACE_OK: the verified answer;
 * ACE_ERR_NOT_FOUND none came in time (a reset counts for nothing: anybody can send one); ACE_ERR_SPACE it is too long; the malformed
 * band: its blocks do not fit together, or it changed again and again; others as device_as_ask(), for the request of the next block.
 * Source: RFC 7252 4.2, RFC 7959 2.4, RFC 9175 2.3. */
ACE_MUST_CHECK enum ace_err device_as_step(struct device_as *as, uint64_t now_ms, struct device_as_answer *ret_answer);

#endif
