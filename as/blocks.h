/* SPDX-License-Identifier: Apache-2.0 */
/* Block-wise transfer (RFC 7959) of what lies inside OSCORE: a large request is served once, when it is whole, and a large
 * answer goes out in parts. Each block is a protected exchange of its own. */
#ifndef AS_BLOCKS_H
#define AS_BLOCKS_H

#include "ace_block.h"
#include "as/answer.h"

struct as_server;
struct as_job;

#define AS_BODY_MAX 2048 /* bytes of a request, or of an answer that is kept: as much as one datagram can bring */
#define AS_BODIES 128    /* at a time */
#define AS_BODIES_A_PEER 2
#define AS_BODY_LIFETIME_MS 60000 /* after its last block */

/* ACE_ERR_MEMORY. The second wipes what is there; a zeroed struct is fine. */
ACE_MUST_CHECK enum ace_err as_bodies_open(struct ace_bodies *ret_bodies);
void as_bodies_close(struct ace_bodies *bodies);

/* Before an endpoint runs a request with an option about blocks: put its body together, in job->inner.
 * @return true: it is whole; false: job->answer says what to answer instead.  Source: RFC 7959 2.3, 2.5, 2.9. */
bool as_blocks_take(struct as_server *as, struct as_job *job);
/* Before the answer is written: the options about blocks, and the part that was asked for. What cannot be made again is
 * kept, so not before it may be told. */
void as_blocks_cut(struct as_server *as, struct as_job *job);
/* Put the part of a 2.05 that the options ask for, or the first, into the answer, whose body is borrowed for the call.
 * @param etag  changes whenever the body does, so that nobody joins parts of two; not 0.  Source: RFC 7959 2.4. */
void as_blocks_slice(struct as_answer *answer, struct ace_slice options, struct ace_slice body, uint64_t etag);

#endif
