/* SPDX-License-Identifier: Apache-2.0 */
#include "as/batch.h"

#include <time.h>

#include "as/authenticate.h"
#include "as/changes.h"
#include "as/endpoints.h"
#include "as/overload.h"
#include "as/sequence.h"
#include "cli/log.h"
#include "storage/counters.h"

enum ace_err as_batch_write(struct as_server *as, struct store_txn **ret_txn)
{
	struct as_batch *batch = as->batch;

	if (!batch->write && !batch->write_err) {
		batch->write_err = store_begin_write(as->store, &batch->write);
		/* What acectl has disabled or forbidden meanwhile gets no token after its live ones were revoked. */
		if (!batch->write_err)
			batch->write_err = as_changes_check(as, batch->write);
		batch->is_overtaken = batch->write && batch->write_err == ACE_ERR_BUSY;
		if (batch->is_overtaken) {
			batch->write_err = ACE_OK;
		} else if (batch->write_err) {
			store_abort(batch->write);
			batch->write = NULL;
		}
	}
	if (batch->write_err || batch->is_overtaken)
		return batch->write_err ? batch->write_err : ACE_ERR_BUSY;
	*ret_txn = batch->write;
	return ACE_OK;
}

static void read_clocks(struct as_batch *batch)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	batch->now = now.tv_sec;
	batch->now_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
	batch->monotonic_ms = ace_port_monotonic_ms();
}

/* A fresh Partial IV goes with a challenge: it is no answer to the request, whose nonce stays unused. */
static enum ace_err protect_challenge(struct as_server *as, struct as_job *job, struct ace_buf *out)
{
	uint8_t value[AS_ECHO_LEN], plain[64];
	struct ace_coap_writer w;
	struct ace_slice written;
	struct ace_coap_message message;
	enum ace_err err = as_echo_make(&as->echo, (struct ace_slice){ job->exchange.kid.bytes, job->exchange.kid.len },
					as->batch->monotonic_ms, value);

	ace_coap_write_init(&w, plain, sizeof plain);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_ACK, ACE_COAP_UNAUTHORIZED, job->inner.mid,
							     job->inner.token });
	ace_coap_write_option(&w, ACE_OPT_ECHO, ACE_SLICE_OF(value));
	if (!err)
		err = ace_coap_written(&w, &written);
	if (!err)
		err = ace_coap_read(written, &message);
	if (!err)
		err = job->sender_err;
	return err ? err : ace_oscore_protect_response(&job->peer->ctx, &job->exchange, &job->sender_number, &message, out);
}

/* Under the nonce of the request, once: nothing else is ever protected with it. */
static enum ace_err protect_answer(struct as_job *job, struct ace_buf *out)
{
	uint8_t plain[AS_MESSAGE_MAX];
	struct ace_buf buf = ACE_BUF_OF(plain);
	struct ace_coap_message message;
	enum ace_err err = as_answer_write(&job->answer, &job->inner, &buf);

	if (!err)
		err = ace_coap_read(ace_buf_slice(&buf), &message);
	if (!err)
		err = ace_oscore_protect_response(&job->peer->ctx, &job->exchange, NULL, &message, out);
	ace_wipe(plain, sizeof plain);
	return err;
}

static enum ace_err protect(struct as_server *as, struct as_job *job, struct ace_buf *out)
{
	switch (job->state) {
	case AS_JOB_CHALLENGED:
		return protect_challenge(as, job, out);
	case AS_JOB_VERIFIED:
		as_blocks_cut(as, job);
		if (job->way.kind == AS_WAY_UDP)
			return protect_answer(job, out);
		return as_answer_write(&job->answer, &job->inner, out);
	case AS_JOB_PLAIN:
	case AS_JOB_SILENT:
	default:
		return as_answer_write(&job->answer, job->way.message, out);
	}
}

static void answer(struct as_server *as, struct as_job *job)
{
	uint8_t bytes[ACE_UDP_ANSWER_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	enum ace_err err;

	if (job->state == AS_JOB_SILENT) {
		as_way_drop(as, &job->way);
		return;
	}
	err = protect(as, job, &out);
	if (err) {
		/* What cannot be protected is said in the clear, without a word of what it was. */
		as_answer_failure(&job->answer, err);
		out.len = 0;
		err = as_answer_write(&job->answer, job->way.message, &out);
	}
	if (!err)
		err = as_way_answer(as, &job->way, ace_buf_slice(&out));
	if (err) {
		cli_log_paced(&as->paces.answer, as->batch->monotonic_ms, CLI_LOG_WARN, "answer.dropped", cli_log_err(err));
		as_way_drop(as, &job->way);
	}
	if (job->way.kind == AS_WAY_DTLS)
		ace_wipe(bytes, sizeof bytes);
	as_answer_fini(&job->answer);
}

/* Who sent it? A challenge takes its number here: the store may have to write on its own for that, which it cannot once
 * the batch has a write transaction. */
static void receive(struct as_server *as, struct as_job *job, struct as_way way)
{
	job->way = way;
	job->event.kind = AS_TOKEN_NONE;
	job->block1.has_option = false;
	as_authenticate(as, job);
	as->batch->verified += job->state == AS_JOB_VERIFIED;
	if (job->state == AS_JOB_CHALLENGED)
		job->sender_err = store_sender_take(as->store, job->peer->id, as->batch->now_ms, &job->sender_number);
}

/* What was waiting, by the way it came. */
struct arrived {
	const struct ace_udp_request *udp;
	struct as_coaps_request *dtls;
	size_t udp_len, dtls_len;
};

static struct arrived read_ways(struct as_server *as)
{
	struct arrived arrived = { 0 };

	arrived.udp_len = ace_udp_read(as->udp, as->batch->monotonic_ms, &arrived.udp);
	arrived.dtls_len = as_coaps_read(as->coaps, as->batch->monotonic_ms, &arrived.dtls);
	return arrived;
}

/* While those of UDP are verified others arrive. They join: the more share a commit, the more are served. */
static void receive_all(struct as_server *as, const struct arrived *arrived)
{
	struct as_batch *batch = as->batch;

	batch->len = arrived->udp_len;
	for (size_t i = 0; i < batch->len; i++) {
		receive(as, &batch->jobs[i], as_way_udp(&arrived->udp[i]));
		if (i + 1 == batch->len)
			batch->len = ace_udp_read_more(as->udp);
	}
	for (size_t i = 0; i < arrived->dtls_len; i++)
		receive(as, &batch->jobs[batch->len++], as_way_dtls(&arrived->dtls[i]));
}

/* Those that wait for the commit, or the others. */
static void answer_all(struct as_server *as, bool waiting)
{
	for (size_t i = 0; i < as->batch->len; i++)
		if (as->batch->jobs[i].answer.waits == waiting)
			answer(as, &as->batch->jobs[i]);
}

/* What is on disk may be told. */
static void report(struct as_server *as)
{
	for (size_t i = 0; i < as->batch->len; i++) {
		const struct as_token_event *event = &as->batch->jobs[i].event;

		as->tokens_issued += event->kind == AS_TOKEN_ISSUED;
		as_metrics_token(&as->metrics, event);
		as_token_log(as->config, event);
	}
}

static void fail_waiting(struct as_server *as)
{
	struct as_batch *batch = as->batch;

	for (size_t i = 0; i < batch->len; i++)
		if (batch->jobs[i].answer.waits) {
			as_answer_failure(&batch->jobs[i].answer, ACE_ERR_STORAGE);
			as->metrics.failed++;
		}
}

/* From here on what the batch wrote is on disk, or none of it counts. */
static enum ace_err commit(struct as_server *as)
{
	struct as_batch *batch = as->batch;
	bool is_written = batch->write || batch->write_err;
	uint64_t since_us = is_written ? as_metrics_now_us() : 0;
	enum ace_err err = batch->write ? store_commit(batch->write) : batch->write_err;

	batch->write = NULL;
	if (is_written) {
		as->commit_err = err;
		as_metrics_commit(&as->metrics, since_us, err);
	}
	as_refusals_settle(&as->refusals, !err);
	if (!err) {
		report(as);
		return ACE_OK;
	}
	cli_log_paced(&as->paces.commit, batch->monotonic_ms, CLI_LOG_ERROR, "commit.failed", cli_log_err(err),
		      cli_log_text("reason", store_last_error(as->store)->text));
	fail_waiting(as);
	return err == ACE_ERR_STORAGE ? err : ACE_OK;
}

/* Without numbers there are no tokens, but all else goes on. */
static void reserve_numbers(struct as_server *as)
{
	enum ace_err err = as_sequence_reserve(as, AS_JOBS_MAX);

	as->sequence_err = err;
	if (!err)
		return;
	as->metrics.numbers_refused++;
	cli_log_paced(&as->paces.sequence, as->batch->monotonic_ms, CLI_LOG_WARN, "sequence.refused", cli_log_err(err));
}

enum ace_err as_batch_look(struct as_server *as)
{
	struct as_batch *batch = as->batch;
	enum ace_err err = store_begin_read(as->store, &batch->read);

	if (err)
		return err;
	err = as_policy_refresh(as, batch->read);
	if (!err)
		err = as_changes_follow(as, batch->read);
	if (err)
		store_abort(batch->read);
	return err;
}

static void put_off(struct as_server *as, struct as_way way, enum ace_err err)
{
	struct as_job *job = &as->batch->jobs[0];

	job->way = way;
	job->state = AS_JOB_PLAIN;
	as_answer_init(&job->answer);
	as_answer_failure(&job->answer, err);
	answer(as, job);
}

/* Without a view of the store nothing can be decided. To say so is no secret; silence would last, since copies of a
 * request that was dropped get silence, too. Only a store that failed ends the service. */
static enum ace_err put_off_all(struct as_server *as, const struct arrived *arrived, enum ace_err err)
{
	cli_log_paced(&as->paces.batch, as->batch->monotonic_ms, CLI_LOG_ERROR, "batch.failed", cli_log_err(err));
	if (err == ACE_ERR_STORAGE)
		return err;
	for (size_t i = 0; i < arrived->udp_len; i++)
		put_off(as, as_way_udp(&arrived->udp[i]), err);
	for (size_t i = 0; i < arrived->dtls_len; i++)
		put_off(as, as_way_dtls(&arrived->dtls[i]), err);
	return as_ways_flush(as);
}

/* as-bench --profile counts what happens inside, so it is a function in every build. */
__attribute__((noinline)) enum ace_err as_batch_run(struct as_server *as)
{
	struct as_batch *batch = as->batch;
	struct arrived arrived;
	uint64_t since_us;
	enum ace_err err;

	read_clocks(batch);
	batch->verified = 0;
	arrived = read_ways(as);
	since_us = as_metrics_now_us();
	if (arrived.udp_len || arrived.dtls_len)
		reserve_numbers(as);
	batch->write = NULL;
	batch->write_err = ACE_OK;
	batch->is_overtaken = false;
	err = as_batch_look(as);
	if (err)
		return put_off_all(as, &arrived, err);
	receive_all(as, &arrived);
	as_overload_note(as);
	as_serve_all(as);
	store_abort(batch->read);
	answer_all(as, false);
	err = as_ways_flush(as);
	if (!err)
		as_serve_again(as);
	if (!err)
		err = commit(as);
	if (err)
		return err;
	answer_all(as, true);
	if (batch->len)
		as_metrics_batch(&as->metrics, batch->len, since_us);
	return as_ways_flush(as);
}
