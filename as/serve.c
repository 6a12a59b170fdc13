/* SPDX-License-Identifier: Apache-2.0 */
/* From verified requests to answers, and once more when acectl was quicker. */
#include "as/authenticate.h"
#include "as/batch.h"
#include "as/endpoints.h"
#include "as/overload.h"
#include "as/peer_get.h"

static void serve(struct as_server *as, struct as_job *job)
{
	enum ace_err err;

	if (as_overload_sheds(as)) {
		as_overload_answer(as, job);
		return;
	}
	err = as_enrol(as, job);
	if (err)
		as_answer_failure(&job->answer, err);
	else
		as_dispatch(as, job);
}

/* The one at which it was seen. Those before it have written nothing, so they need no commit to be answered. */
static void overtake(struct as_batch *batch, size_t at)
{
	for (size_t i = 0; i < at; i++)
		batch->jobs[i].answer.waits = false;
	batch->overtaken_from = at;
}

void as_serve_all(struct as_server *as)
{
	struct as_batch *batch = as->batch;

	for (size_t i = 0; i < batch->len; i++) {
		struct as_job *job = &batch->jobs[i];
		bool was_overtaken = batch->is_overtaken;

		if (job->state == AS_JOB_PLAIN)
			as_dispatch_public(as, job);
		if (job->state != AS_JOB_VERIFIED)
			continue;
		if (!was_overtaken)
			serve(as, job);
		if (!was_overtaken && batch->is_overtaken)
			overtake(batch, i);
		job->answer.waits |= batch->is_overtaken;
	}
}

/* By which secret a request was verified. */
struct proof {
	uint64_t line;
	enum store_auth method;
	uint32_t key_version;
};

/* What would protect the answer is not there. Its key is gone, or we could not read it: then it is no fault of the client. */
static void refuse_plain(struct as_job *job, enum ace_err err)
{
	job->state = AS_JOB_PLAIN;
	job->peer = NULL;
	if (err != ACE_ERR_NOT_FOUND && err != ACE_ERR_NO_CONTEXT) {
		as_answer_failure(&job->answer, err);
		return;
	}
	as_answer_code(&job->answer, ACE_COAP_UNAUTHORIZED);
	job->answer.has_max_age = true;
	job->answer.max_age_s = 0;
}

static void serve_with(struct as_server *as, struct as_job *job, const struct proof *proof)
{
	enum ace_err err = as_peer_get(as, proof->line, proof->method, &job->peer);

	as_answer_fini(&job->answer);
	as_answer_init(&job->answer);
	job->event.kind = AS_TOKEN_NONE;
	if (!err && job->peer->key_version != proof->key_version)
		err = ACE_ERR_NO_CONTEXT;
	if (err)
		refuse_plain(job, err);
	else
		serve(as, job);
	job->answer.waits = true;
}

void as_serve_again(struct as_server *as)
{
	struct as_batch *batch = as->batch;
	struct proof proofs[AS_JOBS_MAX];

	if (!batch->is_overtaken)
		return;
	batch->is_overtaken = false;
	/* All of them first: a peer that is read anew may leave its place to another. */
	for (size_t i = batch->overtaken_from; i < batch->len; i++)
		if (batch->jobs[i].state == AS_JOB_VERIFIED) {
			const struct as_peer *peer = batch->jobs[i].peer;

			proofs[i] = (struct proof){ peer->line, peer->method, peer->key_version };
		}
	batch->write_err = as_batch_look(as);
	if (batch->write_err) {
		store_abort(batch->write);
		batch->write = NULL;
		return;
	}
	for (size_t i = batch->overtaken_from; i < batch->len; i++)
		if (batch->jobs[i].state == AS_JOB_VERIFIED)
			serve_with(as, &batch->jobs[i], &proofs[i]);
	store_abort(batch->read);
}
