/* SPDX-License-Identifier: Apache-2.0 */
#include "as/blocks.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port_host.h"
#include "as/batch.h"

enum ace_err as_bodies_open(struct ace_bodies *ret_bodies)
{
	struct ace_bodies made = { .body_max = AS_BODY_MAX, .lifetime_ms = AS_BODY_LIFETIME_MS, .count = AS_BODIES,
				   .peer_max = AS_BODIES_A_PEER, .szx_max = ACE_BLOCK_SZX_MAX };

	made.places = calloc(AS_BODIES, sizeof *made.places);
	made.bytes = ace_port_host_secret_new((size_t)AS_BODIES * AS_BODY_MAX); /* tokens with their secrets */
	*ret_bodies = made;
	return made.places && made.bytes ? ACE_OK : ACE_ERR_MEMORY;
}

void as_bodies_close(struct ace_bodies *bodies)
{
	if (bodies->places && bodies->bytes)
		ace_bodies_fini(bodies);
	free(bodies->places);
	ace_port_host_secret_free(bodies->bytes, (size_t)AS_BODIES * AS_BODY_MAX);
	*bodies = (struct ace_bodies){ 0 };
}

/* The security context: another key of the same line begins anew. */
static uint64_t context_of(const struct as_peer *peer)
{
	return peer->line ^ (uint64_t)peer->key_version << 40;
}

/* --- answers --- */

static void put(struct as_answer *answer, const struct ace_block2 *slice, size_t whole_len)
{
	memmove(answer->payload, slice->payload.ptr, slice->payload.len);
	if (slice->payload.len < answer->len)
		ace_wipe(answer->payload + slice->payload.len, answer->len - slice->payload.len);
	answer->len = slice->payload.len;
	answer->extra.has_block2 = slice->has_option;
	answer->extra.block2 = slice->option;
	answer->extra.size2 = slice->has_size ? (uint32_t)whole_len : 0;
}

void as_blocks_slice(struct as_answer *answer, struct ace_slice options, struct ace_slice body, uint64_t etag)
{
	struct ace_block2 slice;
	uint8_t code = ace_block2_slice(options, body, sizeof answer->payload, &slice);

	if (code) {
		as_answer_code(answer, code);
		return;
	}
	answer->code = ACE_COAP_CONTENT;
	answer->len = 0;
	put(answer, &slice, body.len);
	answer->extra.etag = etag;
}

/* Code and format of an answer whose later blocks will be asked for. */
static uint32_t note_of(const struct as_answer *answer)
{
	return (uint32_t)(answer->format + 1) << 8 | answer->code;
}

/* RFC 7959 2.4, 3.3: the later blocks of an answer to POST are asked for by requests like the first one, which must not be
 * served again. */
static bool keep(struct as_server *as, struct as_job *job)
{
	struct ace_slice body = { job->answer.payload, job->answer.len };

	return !ace_block2_keep(&as->bodies, context_of(job->peer), as->batch->monotonic_ms, &job->inner,
				&(struct ace_block2_answer){ body, note_of(&job->answer) });
}

static void cut(struct as_server *as, struct as_job *job)
{
	struct as_answer *answer = &job->answer;
	struct ace_slice body = { answer->payload, answer->len };
	struct ace_block2 slice;
	uint8_t code = ace_block2_slice(job->inner.options, body, sizeof answer->payload, &slice);

	if (code)
		as_answer_code(answer, code);
	else if (slice.payload.len < body.len && job->inner.code != ACE_COAP_GET && !keep(as, job))
		as_answer_failure(answer, ACE_ERR_BUSY);
	else
		put(answer, &slice, body.len);
}

void as_blocks_cut(struct as_server *as, struct as_job *job)
{
	struct as_answer *answer = &job->answer;
	struct ace_slice value;

	if (job->block1.has_option) {
		answer->extra.has_block1 = true;
		answer->extra.block1 = job->block1.option;
	}
	if (answer->len && !answer->extra.has_block2 && ace_coap_option_find(job->inner.options, ACE_OPT_BLOCK2, &value))
		cut(as, job);
}

/* --- requests --- */

static void answer_kept(struct as_job *job, const struct ace_block2_answer *kept)
{
	struct as_answer *answer = &job->answer;
	struct ace_block2 slice;
	uint8_t code = ace_block2_slice(job->inner.options, kept->body, sizeof answer->payload, &slice);

	as_answer_code(answer, code ? code : (uint8_t)kept->note);
	if (code)
		return;
	answer->format = (int32_t)(kept->note >> 8) - 1;
	put(answer, &slice, kept->body.len);
}

/* An option that is wrong must not be found out after the request has been served. */
static bool takes_block2(struct as_server *as, struct as_job *job)
{
	struct ace_block block = { 0 };
	struct ace_block2_answer kept;
	bool present;
	uint8_t code = ace_block_find(job->inner.options, ACE_OPT_BLOCK2, &present, &block);

	if (!code && (job->inner.code == ACE_COAP_GET || !block.num))
		return true;
	if (!code && ace_block2_kept(&as->bodies, context_of(job->peer), as->batch->monotonic_ms, &job->inner, &kept))
		answer_kept(job, &kept);
	else
		as_answer_code(&job->answer, code ? code : ACE_COAP_INCOMPLETE);
	return false;
}

bool as_blocks_take(struct as_server *as, struct as_job *job)
{
	struct ace_block1 *result = &job->block1;

	/* Served before, in a batch that acectl has overtaken: the block was taken then, and the body is gone. */
	if (result->has_option && result->option >> 4) {
		as_answer_failure(&job->answer, ACE_ERR_BUSY);
		return false;
	}
	if (!takes_block2(as, job))
		return false;
	ace_block1_take(&as->bodies, context_of(job->peer), as->batch->monotonic_ms, &job->inner, result);
	if (!result->code) {
		job->inner.payload = result->body;
		return true;
	}
	as_answer_code(&job->answer, result->code);
	job->answer.has_max_age = result->max_age_s;
	job->answer.max_age_s = result->max_age_s;
	job->answer.extra.size1 = result->size1;
	return false;
}
