/* SPDX-License-Identifier: Apache-2.0 */
#include "device/asking.h"

#include <string.h>

#include "device/log.h"

/* The one of that source, or else the one that has the least to remember. */
static struct device_source *find_source(struct device_asking *asking, uint64_t source)
{
	struct device_source *best = asking->sources;

	for (size_t i = 0; i < DEVICE_SOURCES_MAX; i++) {
		if (asking->sources[i].source == source)
			return &asking->sources[i];
		if (asking->sources[i].paid_ms < best->paid_ms)
			best = &asking->sources[i];
	}
	*best = (struct device_source) { .source = source };
	return best;
}

bool device_asking_allows(struct device_asking *asking, uint64_t source, uint64_t now_ms)
{
	struct device_source *entry = find_source(asking, source);

	if (entry->paid_ms < now_ms)
		entry->paid_ms = now_ms;
	if (entry->paid_ms - now_ms > (DEVICE_QUESTION_BURST - 1) * DEVICE_QUESTION_EVERY_MS)
		return false;
	entry->paid_ms += DEVICE_QUESTION_EVERY_MS;
	return true;
}

enum ace_err device_asking_keep(struct device_asking *asking, const struct ace_udp_request *request,
				const struct device_outcome *outcome, uint64_t now_ms)
{
	struct device_post *post = outcome->post;
	enum ace_err err;

	/* RFC 9200 6.10: the RS is to limit the introspections that clients can make it send. */
	if (!device_asking_allows(asking, ace_udp_source(asking->server, request), now_ms)) {
		post->refusal = ACE_COAP_TOO_MANY_REQUESTS;
		return ACE_ERR_BUSY;
	}
	/* RFC 7252 5.2.2, for those who receive at their address; an answer to others must not grow into several. */
	if (outcome->verified || request->confirmed)
		err = ace_udp_defer(asking->server, request, DEVICE_POST_ACK_MS, &post->handle);
	else
		err = ace_udp_hold(asking->server, request, 2 * DEVICE_POST_WAIT_MS, &post->handle);
	if (err)
		return err;
	ace_udp_peer_text(asking->server, request, post->peer);
	post->since_ms = now_ms;
	return ACE_OK;
}

static void finish(struct device_asking *asking, struct device *device, struct device_post *post,
		   const struct ace_rs_introspection *said)
{
	uint8_t bytes[ACE_UDP_ANSWER_MAX];
	struct ace_buf answer = ACE_BUF_OF(bytes);
	struct device_outcome outcome;
	bool confirmable = post->type == ACE_COAP_CON;
	char peer[ACE_UDP_TEXT_MAX];
	uint64_t handle = post->handle;

	memcpy(peer, post->peer, sizeof peer);
	if (post == asking->asked)
		asking->asked = NULL;
	if (device_post_finish(device, post, said, &answer, &outcome)) {
		ace_udp_drop_later(asking->server, handle);
		return;
	}
	device_log(peer, &outcome);
	if (ace_udp_answer_later(asking->server, handle, ace_buf_slice(&answer), confirmable))
		ace_udp_drop_later(asking->server, handle);
	/* Before the next batch is read, which begins its queue anew; what a full socket does not take is asked for again. */
	if (ace_udp_flush(asking->server))
		return;
}

/* What has waited too long, with a question or without. RFC 9200 6.10: no answer, no access. */
static void give_up(struct device_asking *asking, struct device_as *as, uint64_t now_ms)
{
	struct device *device = as->device;

	for (size_t i = 0; i < DEVICE_POSTS_MAX; i++) {
		struct device_post *post = &device->posts[i];

		if (!post->is_used || now_ms - post->since_ms < DEVICE_POST_WAIT_MS)
			continue;
		if (post == asking->asked) {
			cli_log_paced(&asking->unasked, now_ms, CLI_LOG_WARN, "introspect.unanswered",
				      cli_log_err(ACE_ERR_NOT_FOUND));
			device_as_forget(as);
		}
		finish(asking, device, post, &(struct ace_rs_introspection) { 0 });
	}
}

void device_asking_take(struct device_asking *asking, struct device_as *as, uint64_t now_ms)
{
	struct device_as_answer answer = { 0 };
	enum ace_err err;

	if (!asking->path)
		return;
	/* Before the first question as well: what somebody sends there meanwhile would wake the loop for ever. */
	err = as->asker && as->asker != asking ? ACE_ERR_BUSY : device_as_step(as, now_ms, &answer);
	if (err != ACE_ERR_BUSY && asking->asked) {
		bool is_known = !err && answer.format == ACE_FORMAT_ACE_CBOR;

		if (!is_known)
			cli_log_paced(&asking->unasked, now_ms, CLI_LOG_WARN, "introspect.unanswered",
				      cli_log_int("code_class", answer.code >> 5),
				      cli_log_int("code_detail", answer.code & 0x1f), cli_log_err(err));
		finish(asking, as->device, asking->asked,
		       &(struct ace_rs_introspection) { .code = is_known ? answer.code : 0, .payload = answer.body });
		device_as_forget(as);
	}
	give_up(asking, as, now_ms);
}

static struct device_post *oldest(const struct device *device)
{
	struct device_post *found = NULL;

	for (size_t i = 0; i < DEVICE_POSTS_MAX; i++) {
		struct device_post *post = &device->posts[i];

		if (post->is_used && !post->is_asked && (!found || post->since_ms < found->since_ms))
			found = post;
	}
	return found;
}

static enum ace_err question_write(const char *path, const struct device_post *post, struct ace_buf *out)
{
	struct ace_coap_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &(struct ace_coap_header) { .code = ACE_COAP_POST });
	ace_coap_write_path(&w, (struct ace_slice) { (const uint8_t *)path, strlen(path) });
	ace_coap_write_option_uint(&w, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	ace_coap_write_payload(&w, ace_buf_slice(&post->question));
	err = ace_coap_written(&w, &written);
	out->len = err ? 0 : written.len;
	return err;
}

void device_asking_ask(struct device_asking *asking, struct device_as *as, uint64_t now_ms)
{
	uint8_t bytes[DEVICE_QUESTION_MAX];
	struct ace_buf message = ACE_BUF_OF(bytes);
	struct device_post *post;
	enum ace_err err;

	if (!asking->path || as->busy)
		return;
	post = oldest(as->device);
	if (!post)
		return;
	err = question_write(asking->path, post, &message);
	if (!err)
		err = device_as_ask(as, asking, ace_buf_slice(&message), now_ms);
	if (err) {
		cli_log_paced(&asking->unasked, now_ms, CLI_LOG_WARN, "introspect.unanswered", cli_log_err(err));
		finish(asking, as->device, post, &(struct ace_rs_introspection) { 0 });
		return;
	}
	post->is_asked = true;
	asking->asked = post;
}
