/* SPDX-License-Identifier: Apache-2.0 */
/* What an endpoint has to say, before anything is protected or sent. It starts as 5.00; only success
 * or a mapped error changes it. */
#ifndef AS_ANSWER_H
#define AS_ANSWER_H

#include "ace_claims.h"
#include "ace_coap.h"
#include "ace_issue.h"

/* An answer fits one datagram without fragmentation (RFC 7252 4.6: 1,024 bytes of payload). */
#define AS_PAYLOAD_MAX 1024
#define AS_MESSAGE_MAX (AS_PAYLOAD_MAX + 64) /* of an unprotected message with such a payload */
#define AS_NO_FORMAT (-1)

/* Of observations (RFC 7641) and blocks (RFC 7959). Zeroed: none of them. */
struct as_answer_extra {
	bool has_observe, has_block1, has_block2;
	uint32_t observe, block1, block2;
	uint32_t size1, size2; /* 0: not there */
	uint64_t etag;         /* 0: not there */
};

struct as_answer {
	uint8_t code;       /* enum ace_coap_code */
	int32_t format;     /* Content-Format, or AS_NO_FORMAT */
	bool has_max_age;
	bool waits;         /* something was written for it: it counts only after the commit */
	uint32_t max_age_s;
	uint32_t more_grants; /* what making it cost, beside one */
	struct as_answer_extra extra;
	size_t len;
	uint8_t payload[AS_PAYLOAD_MAX]; /* may hold a master secret: wiped by as_answer_fini() */
};

/* What a granted request returns. Slices are borrowed for the call. */
struct as_grant {
	struct ace_slice token;
	uint32_t expires_in_s;
	const struct ace_osc *osc;     /* NULL: an update of access rights, which brings no keys */
	const struct ace_scope *scope; /* NULL when it is what was asked for (RFC 6749 5.1) */
	bool with_profile;
};

void as_answer_init(struct as_answer *answer);
void as_answer_fini(struct as_answer *answer);

/* 2.01 with access information.  Source: RFC 9200 5.8.2, RFC 9201 3.2, RFC 9203 3.2.
 * ACE_ERR_SPACE when it does not fit one message; the answer is then as before. */
ACE_MUST_CHECK enum ace_err as_answer_grant(struct as_answer *answer, const struct as_grant *grant);
/* 4.00 with an error map; description (NULL: none) is what the operator can look up, never a reason.
 * Source: RFC 9200 5.8.3. */
void as_answer_oauth_error(struct as_answer *answer, enum ace_oauth_error error, const char *description);
/* The one table from our own failures to codes: 5.03 with Max-Age where trying again helps, 5.00 else. */
void as_answer_failure(struct as_answer *answer, enum ace_err err);
/* A code with len bytes that stand in answer->payload. */
void as_answer_cbor(struct as_answer *answer, uint8_t code, int32_t format, size_t len);
/* A bare code without payload. */
void as_answer_code(struct as_answer *answer, uint8_t code);

/* The whole CoAP message: the answer under the token and Message ID of the request. */
ACE_MUST_CHECK enum ace_err as_answer_write(const struct as_answer *answer, const struct ace_coap_message *request,
					    struct ace_buf *out);

#endif
