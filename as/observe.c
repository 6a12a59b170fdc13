/* SPDX-License-Identifier: Apache-2.0 */
#include "as/observe.h"

#include <string.h>

#include "as/changes.h"
#include "as/observe_way.h"
#include "as/peer_get.h"
#include "as/trl.h"
#include "ace_block.h"
#include "cli/log.h"
#include "storage/changes.h"
#include "storage/counters.h"

#define TOLD_MAX 256 /* notifications in one go: requests wait meanwhile */
#define REGISTER 0   /* RFC 7641 2 */
#define DEREGISTER 1

/* --- registrations --- */

/* What the answer depends on. RFC 7959 2.6: "the server only sends the first block", in the size that was asked for. */
static enum ace_err copy_options(struct ace_slice options, struct as_observation *observation)
{
	struct ace_coap_writer w;
	struct ace_coap_options it;
	struct ace_coap_option option;
	struct ace_slice written;
	enum ace_err err;

	ace_coap_write_init(&w, observation->options, sizeof observation->options);
	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option))
		if (option.number == ACE_OPT_URI_QUERY || option.number == ACE_OPT_BLOCK2)
			ace_coap_write_option(&w, option.number, option.value);
	err = ace_coap_written(&w, &written);
	observation->options_len = err ? 0 : written.len;
	return err;
}

/* The one of the request's endpoint and token; NULL also when it is another peer's. */
static struct as_observation *find_own(struct as_server *as, const struct as_job *job)
{
	struct as_observation *observation;
	uint64_t handle, cookie;

	if (as_watch_find(as, &job->way, &handle, &cookie))
		return NULL;
	observation = as_observation_of(&as->observers, cookie, handle);
	return observation && observation->line == job->peer->line ? observation : NULL;
}

static void end(struct as_server *as, struct as_observation *observation)
{
	as_watch_end(as, observation->handle);
	as_observers_remove(&as->observers, observation);
}

static enum ace_err enter(struct as_server *as, struct as_job *job, struct as_observation *observation)
{
	enum ace_err err = copy_options(job->inner.options, observation);

	if (!err)
		err = as_watch_add(as, &job->way, as_observation_cookie(&as->observers, observation), &observation->handle);
	if (err)
		return err;
	observation->exchange = job->exchange;
	/* The answer to the registration goes under the request's nonce: what comes after never may. */
	observation->exchange.nonce_spent = true;
	observation->since = as->changes_seen;
	return ACE_OK;
}

/* RFC 7641 3.1: when it is not added "the request falls back to a normal GET request and the response does not include the
 * Observe Option". */
static void add(struct as_server *as, struct as_job *job)
{
	struct as_observation *observation = find_own(as, job);
	enum ace_err err;

	if (observation)
		end(as, observation);
	/* Nobody was told of anything while nobody observed. */
	if (!as->observers.used)
		as->observers.position = as->changes_seen;
	err = as_observers_add(&as->observers, job->peer, &observation);
	if (!err) {
		err = enter(as, job, observation);
		if (err)
			as_observers_remove(&as->observers, observation);
	}
	if (err) {
		cli_log(CLI_LOG_DEBUG, "observer.refused", cli_log_text("peer", job->peer->id), cli_log_err(err));
		return;
	}
	job->answer.extra.has_observe = true;
	job->answer.extra.observe = as_watch_number(as, observation->handle);
}

static bool asks_for_later_block(struct ace_slice options)
{
	struct ace_block block;
	bool present;

	return ace_block_find(options, ACE_OPT_BLOCK2, &present, &block) || (present && block.num);
}

void as_observe(struct as_server *as, struct as_job *job)
{
	struct as_observation *observation;
	struct ace_slice value;
	uint32_t wish;

	if (!as->observers.len || job->answer.code != ACE_COAP_CONTENT ||
	    !ace_coap_option_find(job->inner.options, ACE_OPT_OBSERVE, &value) || ace_coap_option_uint(value, &wish))
		return;
	if (wish == REGISTER && !asks_for_later_block(job->inner.options))
		add(as, job);
	if (wish != DEREGISTER)
		return;
	observation = find_own(as, job);
	if (observation)
		end(as, observation);
}

/* --- notifications --- */

static void take_events(struct as_server *as)
{
	struct ace_udp_observe_event event;

	while (as_watch_event(as, &event)) {
		struct as_observation *observation = as_observation_of(&as->observers, event.cookie, event.handle);

		if (!observation)
			continue;
		if (event.kind == ACE_UDP_OBSERVE_DUE)
			as_observation_mark(&as->observers, observation);
		else
			as_observers_remove(&as->observers, observation);
	}
}

/* An administrator observes under its own name what all of them see. */
static void mark(struct as_server *as, const struct as_trl_changed *changed)
{
	struct as_observers *observers = &as->observers;

	if (changed->kind == STORE_TRL_DEVICE)
		as_observers_mark(observers, AS_PEER_DEVICE, changed->id, observers->position);
	else if (changed->kind == STORE_TRL_CLIENT)
		as_observers_mark(observers, AS_PEER_CLIENT, changed->id, observers->position);
	else
		for (size_t i = 0; i < as->config->administrators_len; i++)
			as_observers_mark(observers, AS_PEER_CLIENT, as->config->administrators[i], observers->position);
}

/* RFC 9770 11: told are those whose part of the list has changed, and nobody else. */
static enum ace_err follow(struct as_server *as)
{
	struct as_trl_changed changed;
	enum ace_err err;

	while (!(err = as_trl_next_changed(as->batch->read, &as->observers.position, &changed)))
		mark(as, &changed);
	if (err == ACE_ERR_EXHAUSTED)
		as_observers_mark_all(&as->observers);
	return err == ACE_ERR_EXHAUSTED || err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err write(struct as_server *as, const struct as_observation *observation, struct as_answer *answer,
			  struct ace_buf *out)
{
	return as_answer_write(answer, &(struct ace_coap_message){ .token = as_watch_token(as, observation->handle) }, out);
}

static enum ace_err protect(struct as_server *as, struct as_observation *observation, const struct as_peer *peer,
			    struct as_answer *answer, struct ace_buf *out)
{
	uint8_t bytes[AS_MESSAGE_MAX];
	struct ace_buf plain = ACE_BUF_OF(bytes);
	struct ace_coap_message message;
	uint64_t number;
	/* RFC 8613 4.1.3.5.2: "a Partial IV MUST be included in all notifications (both successful and error), except for
	 * the first one". */
	enum ace_err err = store_sender_take(as->store, peer->id, as->batch->now_ms, &number);

	if (!err)
		err = write(as, observation, answer, &plain);
	if (!err)
		err = ace_coap_read(ace_buf_slice(&plain), &message);
	if (!err)
		err = ace_oscore_protect_response(&peer->ctx, &observation->exchange, &number, &message, out);
	ace_wipe(bytes, sizeof bytes);
	return err;
}

/* The answer that the request would get now. RFC 7641 4.2: after one that is not 2.xx the server "MUST remove the associated
 * entry", and such a notification "MUST NOT include an Observe Option". */
static enum ace_err make(struct as_server *as, struct as_observation *observation, const struct as_peer *peer,
			 struct as_answer *answer)
{
	struct store_trl_view view;
	enum ace_err err = as_trl_view(as, peer, &view);

	as_answer_init(answer);
	if (!err)
		err = as_trl_answer(as, &view, (struct ace_slice){ observation->options, observation->options_len }, answer);
	if (err == ACE_ERR_SPACE) {
		/* It will be no shorter at the next turn. */
		as_answer_failure(answer, err);
		err = ACE_OK;
	}
	if (err)
		return err;
	answer->extra.has_observe = answer->code == ACE_COAP_CONTENT;
	answer->extra.observe = as_watch_number(as, observation->handle);
	return ACE_OK;
}

/* The peer by which it was registered, whose context may have left memory meanwhile. Another key: the observer is gone. */
static enum ace_err find_peer(struct as_server *as, const struct as_observation *observation, struct as_peer **ret_peer)
{
	enum ace_err err = as_peer_get(as, observation->line, as_watch_method(observation->handle), ret_peer);

	if (!err && (*ret_peer)->key_version != observation->key_version)
		return ACE_ERR_NO_CONTEXT;
	return err;
}

static enum ace_err notify(struct as_server *as, struct as_observation *observation)
{
	uint8_t bytes[ACE_UDP_ANSWER_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct as_answer answer;
	struct as_peer *peer;
	bool last;
	enum ace_err err = find_peer(as, observation, &peer);

	if (!err)
		err = make(as, observation, peer, &answer);
	if (!err)
		err = peer->method == STORE_AUTH_OSCORE ? protect(as, observation, peer, &answer, &out) :
							  write(as, observation, &answer, &out);
	as_answer_fini(&answer);
	if (err)
		return err;
	last = !answer.extra.has_observe;
	observation->since = as->observers.position;
	err = as_watch_notify(as, observation->handle, &(struct ace_udp_notification){
		.message = ace_buf_slice(&out), .confirmable = true, .last = last });
	/* Without a place there, or too soon, an event says when it may be. */
	as_observation_unmark(&as->observers, observation);
	if (!err && last)
		as_observers_remove(&as->observers, observation);
	return err == ACE_ERR_FULL ? ACE_OK : err;
}

/* It could not be told. Whoever has no line or another key will never be; else it waits for its next turn: true. */
static bool put_off(struct as_server *as, struct as_observation *observation, enum ace_err err)
{
	bool is_gone = err == ACE_ERR_NOT_FOUND || err == ACE_ERR_NO_CONTEXT;

	cli_log(CLI_LOG_DEBUG, is_gone ? "observer.ended" : "observer.waits", cli_log_text("peer", observation->id),
		cli_log_err(err));
	if (is_gone) {
		end(as, observation);
		return false;
	}
	as_observation_unmark(&as->observers, observation);
	as_observation_mark(&as->observers, observation);
	return true;
}

/* Those who are due, as many as may be. *ret_waits: some of them have to wait for something. */
static enum ace_err tell(struct as_server *as, bool *ret_waits)
{
	for (size_t i = 0; i < TOLD_MAX && as->observers.due_first && !*ret_waits; i++) {
		struct as_observation *observation = as->observers.due_first;
		enum ace_err err = notify(as, observation);

		if (err == ACE_ERR_STORAGE)
			return err;
		*ret_waits = err && put_off(as, observation, err);
	}
	return ACE_OK;
}

enum ace_err as_observe_tell(struct as_server *as, bool *ret_more)
{
	bool waits = false;
	enum ace_err err;

	*ret_more = false;
	take_events(as);
	if (!as->observers.used)
		return ACE_OK;
	err = store_begin_read(as->store, &as->batch->read);
	if (err)
		return err == ACE_ERR_STORAGE ? err : ACE_OK;
	err = as_changes_follow(as, as->batch->read);
	if (!err)
		err = follow(as);
	if (!err)
		err = tell(as, &waits);
	store_abort(as->batch->read);
	*ret_more = !err && !waits && as->observers.due_first;
	if (!err)
		err = as_ways_flush(as);
	return err == ACE_ERR_STORAGE || err == ACE_ERR_IO ? err : ACE_OK;
}
