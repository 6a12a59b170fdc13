/* SPDX-License-Identifier: Apache-2.0 */
#include "as/trl.h"

#include <stdlib.h>
#include <string.h>

#include "as/endpoints.h"
#include "as/observe.h"
#include "as/trl_message.h"
#include "storage/clients.h"

#define AS_TRL_LIST_MAX (1024 * 1024) /* bytes of an answer in all its parts: about 29,000 hashes */

#define AS_TRL_BYTES_A_GRANT (32 * 1024) /* made in less than a millisecond */

/* What is made in parts. */
struct as_trl_part {
	struct as_answer *answer;
	size_t len; /* of the whole */
	uint64_t etag;
};

static bool is_administrator(const struct as_config *config, const char *client)
{
	for (size_t i = 0; i < config->administrators_len; i++)
		if (!strcmp(config->administrators[i], client))
			return true;
	return false;
}

/* RFC 9770 6: "the AS MUST provide" a requester only what pertains to it; administrators "the whole list". */
enum ace_err as_trl_view(struct as_server *as, const struct as_peer *peer, struct store_trl_view *ret_view)
{
	struct store_client client;
	enum ace_err err;

	*ret_view = (struct store_trl_view){ peer->kind == AS_PEER_DEVICE ? STORE_TRL_DEVICE : STORE_TRL_CLIENT,
					     peer->id };
	if (peer->kind != AS_PEER_CLIENT || !is_administrator(as->config, peer->id))
		return ACE_OK;
	err = store_client_get(as->batch->read, peer->id, &client);
	if (!err && client.is_enabled)
		*ret_view = (struct store_trl_view){ STORE_TRL_ALL, "" };
	return err;
}

static enum ace_err make_plan(struct as_server *as, const struct store_trl_view *view, struct ace_slice options,
			      struct as_trl_history *ret_history, struct as_trl_plan *ret_plan)
{
	struct as_trl_history history = { 0 };
	struct as_trl_query query;
	enum ace_err err = store_trl_newest(as->batch->read, view, &history.newest);

	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	history.is_empty = err == ACE_ERR_NOT_FOUND;
	as_trl_query_read(options, &query);
	as_trl_plan_make(&query, &as->config->trl, &history, ret_plan);
	*ret_history = history;
	return ACE_OK;
}

/* A number that changes with each update. */
static uint64_t version_of(const struct as_trl_history *history)
{
	return history->is_empty ? 1 : history->newest + 2;
}

/* The whole list in memory, of which one part is sent: len bytes, as a first attempt has counted them. */
static enum ace_err answer_part(struct as_server *as, const struct store_trl_view *view, const struct as_trl_plan *plan,
				struct ace_slice options, const struct as_trl_part *part)
{
	uint8_t *bytes = part->len <= AS_TRL_LIST_MAX ? malloc(part->len) : NULL;
	struct ace_cbor_writer w;
	enum ace_err err = part->len <= AS_TRL_LIST_MAX ? ACE_ERR_MEMORY : ACE_ERR_SPACE;

	if (!bytes)
		return err;
	ace_cbor_write_init(&w, bytes, part->len);
	err = as_trl_write(as->batch->read, view, plan, &w);
	if (!err)
		as_blocks_slice(part->answer, options, (struct ace_slice){ bytes, w.len }, part->etag);
	if (!err && part->answer->code == ACE_COAP_CONTENT)
		part->answer->format = ACE_FORMAT_TRL;
	free(bytes);
	return err;
}

static bool wants_blocks(struct ace_slice options)
{
	struct ace_slice value;

	return ace_coap_option_find(options, ACE_OPT_BLOCK2, &value);
}

enum ace_err as_trl_answer(struct as_server *as, const struct store_trl_view *view, struct ace_slice options,
			   struct as_answer *answer)
{
	struct ace_cbor_writer w;
	struct as_trl_history history;
	struct as_trl_plan plan;
	enum ace_err err = make_plan(as, view, options, &history, &plan);

	if (err)
		return err;
	ace_cbor_write_init(&w, answer->payload, sizeof answer->payload);
	if (plan.what == AS_TRL_ERROR) {
		as_trl_write_error(&plan, &w);
		as_answer_cbor(answer, ACE_COAP_BAD_REQUEST, ACE_FORMAT_PROBLEM, w.len);
		return ACE_OK;
	}
	err = as_trl_write(as->batch->read, view, &plan, &w);
	answer->more_grants = (uint32_t)(w.len / AS_TRL_BYTES_A_GRANT);
	if (err == ACE_ERR_SPACE || (!err && wants_blocks(options)))
		return answer_part(as, view, &plan, options, &(struct as_trl_part){ answer, w.len, version_of(&history) });
	if (!err)
		as_answer_cbor(answer, ACE_COAP_CONTENT, ACE_FORMAT_TRL, w.len);
	return err;
}

void as_trl_endpoint(struct as_server *as, struct as_job *job)
{
	struct store_trl_view view;
	enum ace_err err = ACE_ERR_BUSY;

	if (as_bucket_take(&job->peer->grants, &as->config->grants, as->batch->monotonic_ms))
		err = as_trl_view(as, job->peer, &view);
	if (!err)
		err = as_trl_answer(as, &view, job->inner.options, &job->answer);
	/* Each part is cut from the whole list, which is as long as the client had tokens: time that others wait. */
	as_bucket_owe(&job->peer->grants, &as->config->grants, job->answer.more_grants);
	if (err)
		as_answer_failure(&job->answer, err);
	else
		as_observe(as, job);
}
