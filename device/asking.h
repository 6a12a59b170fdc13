/* SPDX-License-Identifier: Apache-2.0 */
/* --introspect: posts wait while the AS is asked whether their tokens are active (RFC 9200 5.9), one at a time over the
 * device's line. Whoever posts gets no more questions asked than its share, and no answer larger than one at once. */
#ifndef DEVICE_ASKING_H
#define DEVICE_ASKING_H

#include "ace_udp_later.h"
#include "cli/log.h"
#include "device/as_line.h"

#define DEVICE_INTROSPECT_PATH "/introspect"
#define DEVICE_POST_WAIT_MS 10000     /* then it is answered 5.03 */
#define DEVICE_POST_ACK_MS 1000       /* when a confirmed client is told that its post has come */
#define DEVICE_QUESTION_EVERY_MS 2000 /* one question for a source address in this time on average, */
#define DEVICE_QUESTION_BURST 5       /* and so many at once.  Source: RFC 9200 6.10. */
#define DEVICE_SOURCES_MAX 64         /* that are told apart */

struct device_source {
	uint64_t source;  /* as ace_udp_source(); 0: free */
	uint64_t paid_ms; /* monotonic; the share of this address is used up to then */
};

struct device_asking {
	const char *path; /* borrows; NULL: the AS is not asked */
	struct ace_udp_server *server; /* borrows */
	struct device_post *asked;     /* borrows from the device; NULL: none */
	struct device_source sources[DEVICE_SOURCES_MAX];
	struct cli_log_pace unasked;
};

/* May one more question be asked for that source? If so, it is counted. */
ACE_MUST_CHECK bool device_asking_allows(struct device_asking *asking, uint64_t source, uint64_t now_ms);
/* Keep a request of the batch whose outcome has a post, until device_asking_take(). Otherwise, with the reason, post->refusal is
 * set when it is the client's, and device_post_finish() answers it: ACE_ERR_BUSY too many questions; ACE_ERR_FULL. */
ACE_MUST_CHECK enum ace_err device_asking_keep(struct device_asking *asking, const struct ace_udp_request *request,
					       const struct device_outcome *outcome, uint64_t now_ms);
/* Answer what the AS has answered, and what has waited too long; flushes the server. */
void device_asking_take(struct device_asking *asking, struct device_as *as, uint64_t now_ms);
/* Ask about the post that has waited longest, when the line is free. */
void device_asking_ask(struct device_asking *asking, struct device_as *as, uint64_t now_ms);

#endif
