/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that come or go in blocks. They may hold secrets, so what is over is wiped. */
#include "ace_block.h"
#include "ace_port.h"
#include "token/mem.h"

static uint8_t *bytes_of(const struct ace_bodies *bodies, const struct ace_body *place)
{
	return bodies->bytes + (size_t)(place - bodies->places) * bodies->body_max;
}

static void release(struct ace_bodies *bodies, struct ace_body *place)
{
	ace_wipe(bytes_of(bodies, place), place->len);
	*place = (struct ace_body) { 0 };
}

void ace_bodies_expire(struct ace_bodies *bodies, uint64_t now_ms)
{
	for (struct ace_body *place = bodies->places; place < bodies->places + bodies->count; place++)
		if (place->state == ACE_BODY_WHOLE ||
		    (place->state && now_ms - place->touched_ms >= bodies->lifetime_ms))
			release(bodies, place);
}

void ace_bodies_fini(struct ace_bodies *bodies)
{
	for (struct ace_body *place = bodies->places; place < bodies->places + bodies->count; place++)
		if (place->state)
			release(bodies, place);
}

static uint64_t mix(uint64_t key, uint64_t more)
{
	return (key ^ more) * UINT64_C(0x100000001b3);
}

/* RFC 9175 1.1: an operation is the code and "the same set of options, with the exception that elective NoCacheKey
 * options and options involved in block-wise transfer (Block1, Block2 [...]) need not be the same", and Request-Tag is
 * one of the set for servers (3.3). RFC 7641 2: Observe "is not part of the Cache-Key". */
static bool tells_apart(uint32_t number)
{
	bool elective_no_cache_key = (number & 0x1f) == 0x1c;

	return number != ACE_OPT_BLOCK1 && number != ACE_OPT_BLOCK2 && number != ACE_OPT_OBSERVE &&
	       !elective_no_cache_key;
}

static uint64_t key_of(const struct ace_coap_message *msg)
{
	struct ace_coap_options it;
	struct ace_coap_option option;
	uint64_t key = msg->code;

	ace_coap_options_init(&it, msg->options);
	while (ace_coap_options_next(&it, &option))
		if (tells_apart(option.number))
			key = mix(mix(mix(key, option.number), option.value.len), ace_block_tag(option.value));
	return key;
}

static struct ace_body *find(const struct ace_bodies *bodies, uint64_t peer, uint64_t key, uint8_t state)
{
	for (struct ace_body *place = bodies->places; place < bodies->places + bodies->count; place++)
		if (place->state == state && place->peer == peer && place->key == key)
			return place;
	return NULL;
}

/* A place for something new: a free one, or the oldest of a peer that has as many as it may. RFC 9175 3.3: a server
 * "can forget about the state established with the older operation". */
static struct ace_body *take(struct ace_bodies *bodies, const struct ace_body *wanted)
{
	struct ace_body *unused = NULL, *oldest = NULL;
	uint32_t own = 0;

	for (struct ace_body *place = bodies->places; place < bodies->places + bodies->count; place++) {
		if (!place->state) {
			unused = place;
		} else if (place->peer == wanted->peer) {
			own++;
			if (!oldest || place->touched_ms < oldest->touched_ms)
				oldest = place;
		}
	}
	if (own >= bodies->peer_max && oldest) {
		release(bodies, oldest);
		unused = oldest;
	}
	if (unused)
		*unused = *wanted;
	return unused;
}

static bool has_body(uint8_t code)
{
	return code == ACE_COAP_POST || code == ACE_COAP_PUT || code == ACE_COAP_FETCH || code == ACE_COAP_PATCH ||
	       code == ACE_COAP_IPATCH;
}

static void forget(struct ace_bodies *bodies, struct ace_body *place)
{
	if (place)
		release(bodies, place);
}

/* RFC 7959 2.9.3, RFC 7252 5.9.2.9: 4.13 "SHOULD include a Size1 option [...] to indicate the maximum size". */
static void refuse_long(struct ace_bodies *bodies, struct ace_body *place, struct ace_block1 *result)
{
	forget(bodies, place);
	*result = (struct ace_block1) { .code = ACE_COAP_TOO_LARGE, .size1 = bodies->body_max };
}

/* Does the request itself say that its body will be too long? */
static bool is_announced_long(const struct ace_bodies *bodies, const struct ace_coap_message *msg)
{
	struct ace_slice value;
	uint32_t size;

	return ace_coap_option_find(msg->options, ACE_OPT_SIZE1, &value) && !ace_coap_option_uint(value, &size) &&
	       size > bodies->body_max;
}

/* Put the block behind what there is. */
static void append(struct ace_bodies *bodies, struct ace_body *place, const struct ace_coap_message *msg,
		   const struct ace_block *block, struct ace_block1 *result)
{
	uint8_t *bytes = bytes_of(bodies, place);

	if (msg->payload.len > bodies->body_max - place->len) {
		refuse_long(bodies, place, result);
		return;
	}
	if (msg->payload.len)
		memcpy(bytes + place->len, msg->payload.ptr, msg->payload.len);
	place->len += (uint32_t)msg->payload.len;
	if (block->more) {
		result->code = ACE_COAP_CONTINUE;
		return;
	}
	place->state = ACE_BODY_WHOLE;
	result->body = (struct ace_slice) { bytes, place->len };
}

/* Block 0 starts anew; later ones must follow on what is there. RFC 7959 2.5: "If not all previous blocks are available
 * [...] error code 4.08 (Request Entity Incomplete) MUST be returned". */
static struct ace_body *place_of(struct ace_bodies *bodies, const struct ace_body *wanted,
				 const struct ace_block *block, uint8_t *ret_code)
{
	struct ace_body *place = find(bodies, wanted->peer, wanted->key, ACE_BODY_COLLECTED);
	uint32_t start = block->num << (block->szx + 4);

	*ret_code = ACE_COAP_INCOMPLETE;
	if (start) {
		if (!place || place->len != start)
			return NULL;
		place->touched_ms = wanted->touched_ms;
		return place;
	}
	forget(bodies, place);
	*ret_code = ACE_COAP_UNAVAILABLE;
	return take(bodies, wanted);
}

static void collect(struct ace_bodies *bodies, const struct ace_body *wanted, const struct ace_coap_message *msg,
		    struct ace_block *block, struct ace_block1 *result)
{
	uint8_t code;
	struct ace_body *place = place_of(bodies, wanted, block, &code);

	if (!place) {
		*result = (struct ace_block1) { .code = code };
		if (code == ACE_COAP_UNAVAILABLE)
			result->max_age_s = bodies->lifetime_ms / 1000 + 1;
		return;
	}
	/* RFC 7959 2.3: SZX of the answer "indicates the largest block size preferred by the server". */
	if (block->szx > bodies->szx_max)
		*result = (struct ace_block1) {
			.has_option = true,
			.option = ace_block_value(&(struct ace_block) { block->num, bodies->szx_max, block->more }),
		};
	append(bodies, place, msg, block, result);
}

void ace_block1_take(struct ace_bodies *bodies, uint64_t peer, uint64_t now_ms, const struct ace_coap_message *msg,
		     struct ace_block1 *ret_result)
{
	struct ace_block1 result = { .body = msg->payload };
	struct ace_body wanted = { .peer = peer, .touched_ms = now_ms, .state = ACE_BODY_COLLECTED };
	struct ace_block block;
	bool present;

	ace_bodies_expire(bodies, now_ms);
	result.code = ace_block_find(msg->options, ACE_OPT_BLOCK1, &present, &block);
	if (!result.code && present) {
		wanted.key = key_of(msg);
		result.has_option = true;
		result.option = ace_block_value(&block);
		/* RFC 7959 2.3: the size "MUST match the size of the payload in bytes, if the M bit is set". */
		if (!has_body(msg->code))
			result = (struct ace_block1) { .code = ACE_COAP_BAD_OPTION };
		else if (block.more && msg->payload.len != (size_t)16 << block.szx)
			result = (struct ace_block1) { .code = ACE_COAP_BAD_REQUEST };
		else if (!block.num && !block.more)
			forget(bodies, find(bodies, peer, wanted.key, ACE_BODY_COLLECTED));
		else if (is_announced_long(bodies, msg))
			refuse_long(bodies, find(bodies, peer, wanted.key, ACE_BODY_COLLECTED), &result);
		else
			collect(bodies, &wanted, msg, &block, &result);
	}
	if (result.code)
		result.body = (struct ace_slice) { 0 };
	*ret_result = result;
}

enum ace_err ace_block2_keep(struct ace_bodies *bodies, uint64_t peer, uint64_t now_ms,
			     const struct ace_coap_message *msg, const struct ace_block2_answer *answer)
{
	struct ace_body wanted = { .peer = peer, .key = key_of(msg), .touched_ms = now_ms, .note = answer->note };
	struct ace_body *place;

	wanted.state = ACE_BODY_KEPT;
	if (answer->body.len > bodies->body_max)
		return ACE_ERR_SPACE;
	ace_bodies_expire(bodies, now_ms);
	forget(bodies, find(bodies, peer, wanted.key, ACE_BODY_KEPT));
	place = take(bodies, &wanted);
	if (!place)
		return ACE_ERR_FULL;
	if (answer->body.len)
		memcpy(bytes_of(bodies, place), answer->body.ptr, answer->body.len);
	place->len = (uint32_t)answer->body.len;
	return ACE_OK;
}

bool ace_block2_kept(struct ace_bodies *bodies, uint64_t peer, uint64_t now_ms, const struct ace_coap_message *msg,
		     struct ace_block2_answer *ret_answer)
{
	struct ace_block block;
	struct ace_body *place;
	bool present;

	ace_bodies_expire(bodies, now_ms);
	if (ace_block_find(msg->options, ACE_OPT_BLOCK2, &present, &block) || !present || !block.num)
		return false;
	place = find(bodies, peer, key_of(msg), ACE_BODY_KEPT);
	if (!place)
		return false;
	place->touched_ms = now_ms;
	*ret_answer = (struct ace_block2_answer) { { bytes_of(bodies, place), place->len }, place->note };
	return true;
}
