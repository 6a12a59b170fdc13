/* SPDX-License-Identifier: Apache-2.0 */
/* Posts that wait until the AS has said that their tokens are active (RFC 9200 5.9): a few at a time, in memory that is there
 * from the start. */
#include "device/request.h"

#include <string.h>

static struct device_post *free_post(const struct device *device)
{
	for (size_t i = 0; i < DEVICE_POSTS_MAX; i++)
		if (!device->posts[i].is_used)
			return &device->posts[i];
	return NULL;
}

static void remember(struct device_post *post, const struct device_request *request)
{
	const struct ace_coap_message *msg = &request->msg;

	post->is_used = true;
	post->is_protected = request->ex != NULL;
	if (request->ex)
		post->ex = *request->ex;
	post->type = msg->type;
	post->mid = msg->mid;
	post->token_len = (uint8_t)msg->token.len;
	if (msg->token.len)
		memcpy(post->token, msg->token.ptr, msg->token.len);
	post->stranger_max = request->stranger_max;
	memcpy(post->body_bytes, msg->payload.ptr, msg->payload.len);
	post->body = (struct ace_buf) { post->body_bytes, sizeof post->body_bytes, msg->payload.len };
}

void device_post_begin(struct device *device, const struct device_request *request, struct device_reply *reply,
		       struct device_outcome *outcome)
{
	struct device_post *post = free_post(device);
	uint8_t code = ACE_COAP_UNAVAILABLE;

	outcome->err = ACE_ERR_FULL;
	if (post) {
		post->question = (struct ace_buf) ACE_BUF_OF(post->question_bytes);
		outcome->err = ace_rs_introspect_request(&device->rs, request->ex, request->msg.payload, &post->question,
							 &code);
	}
	if (outcome->err) {
		device_authz_info_end(device, request, reply, code, outcome);
		return;
	}
	remember(post, request);
	outcome->post = post;
}

enum ace_err device_post_finish(struct device *device, struct device_post *post, const struct ace_rs_introspection *said,
				struct ace_buf *answer, struct device_outcome *ret_outcome)
{
	static const char path[] = "/authz-info";
	struct device_request request = {
		.msg = { .type = post->type, .code = ACE_COAP_POST, .mid = post->mid,
			 .token = { post->token, post->token_len }, .payload = ace_buf_slice(&post->body) },
		.ex = post->is_protected ? &post->ex : NULL,
		.stranger_max = post->stranger_max,
	};
	struct device_reply reply = { .code = ACE_COAP_INTERNAL_ERROR, .has_format = true, .format = ACE_FORMAT_ACE_CBOR,
				      .len_max = post->is_protected ? ACE_UDP_ANSWER_MAX - ACE_OSCORE_OVERHEAD_MAX :
								      post->stranger_max };
	struct device_outcome outcome = { .method = ACE_COAP_POST, .verified = post->is_protected, .posted = true,
					  .path_len = sizeof path - 1, .err = ACE_ERR_BUSY };
	uint8_t code = post->refusal;
	enum ace_err err;

	memcpy(outcome.path, path, sizeof path - 1);
	device_reply_room(&reply, &request);
	if (!code)
		outcome.err = ace_rs_introspect_finish(
			&device->rs, request.ex, &(struct ace_rs_introspection) { request.msg.payload, said->code, said->payload },
			&reply.payload, &code);
	device_authz_info_end(device, &request, &reply, code, &outcome);
	err = device_reply_end(device, &request, &reply, answer, &outcome);
	ace_wipe(post, sizeof *post);
	*ret_outcome = outcome;
	return err;
}
