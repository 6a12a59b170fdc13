/* SPDX-License-Identifier: Apache-2.0 */
/* Block options, and answers cut into blocks. */
#include "ace_block.h"

#define SZX_MASK 7
#define MORE_BIT 8
#define VALUE_LEN_MAX 3
#define NUM_MAX 0xfffffu

uint8_t ace_block_find(struct ace_slice options, uint32_t number, bool *ret_present, struct ace_block *ret_block)
{
	struct ace_coap_options it;
	struct ace_coap_option option;
	uint32_t value = 0, count = 0;

	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option)) {
		if (option.number != number)
			continue;
		/* RFC 7959 2.1: "Either Block option MUST NOT occur more than once in a single message." It is
		 * critical, so RFC 7252 5.4.5 and 5.4.3 make both of these a bad option. */
		if (count++ || option.value.len > VALUE_LEN_MAX)
			return ACE_COAP_BAD_OPTION;
		if (ace_coap_option_uint(option.value, &value))
			return ACE_COAP_BAD_OPTION;
	}
	/* RFC 7959 2.2: "The value 7 for SZX [...] MUST lead to a 4.00 Bad Request response code". */
	if ((value & SZX_MASK) > ACE_BLOCK_SZX_MAX)
		return ACE_COAP_BAD_REQUEST;
	*ret_present = count != 0;
	if (count)
		*ret_block = (struct ace_block) { .num = value >> 4,
						  .szx = (uint8_t)(value & SZX_MASK),
						  .more = value & MORE_BIT };
	return 0;
}

uint32_t ace_block_value(const struct ace_block *block)
{
	return block->num << 4 | (block->more ? MORE_BIT : 0) | block->szx;
}

/* RFC 8613 4.1.3.4.2: blocks are collected until "the cumulated message size of the blocks exceeds
 * MAX_UNFRAGMENTED_SIZE". That is one datagram here, so the first block is the whole message, or too little. */
uint8_t ace_block_outer(struct ace_slice options)
{
	struct ace_block block;
	bool present;
	uint8_t code = ace_block_find(options, ACE_OPT_BLOCK2, &present, &block);

	if (code || present)
		return code ? code : ACE_COAP_BAD_OPTION;
	code = ace_block_find(options, ACE_OPT_BLOCK1, &present, &block);
	if (code || !present)
		return code;
	return block.num || block.more ? ACE_COAP_TOO_LARGE : 0;
}

/* FNV-1a: what is compared is one peer's with its own. */
uint64_t ace_block_tag(struct ace_slice bytes)
{
	uint64_t tag = UINT64_C(0xcbf29ce484222325);

	for (size_t i = 0; i < bytes.len; i++)
		tag = (tag ^ bytes.ptr[i]) * UINT64_C(0x100000001b3);
	return tag;
}

/* RFC 7959 2.4: "The server uses the block size indicated in the request option or a smaller size". The block begins
 * where the one that was asked for begins. */
static bool shrink(struct ace_block *block, size_t payload_max)
{
	while (block->szx && (size_t)16 << block->szx > payload_max) {
		block->szx--;
		block->num *= 2;
	}
	return (size_t)16 << block->szx <= payload_max;
}

uint8_t ace_block2_slice(struct ace_slice options, struct ace_slice body, size_t payload_max,
			 struct ace_block2 *ret_slice)
{
	struct ace_block block = { .szx = ACE_BLOCK_SZX_MAX };
	size_t start, size;
	bool present;
	uint8_t code = ace_block_find(options, ACE_OPT_BLOCK2, &present, &block);

	if (code)
		return code;
	if (!present && body.len <= payload_max) {
		*ret_slice = (struct ace_block2) { .payload = body };
		return 0;
	}
	start = (size_t)block.num << (block.szx + 4);
	if (block.num && start >= body.len)
		return ACE_COAP_BAD_REQUEST;
	if (!shrink(&block, payload_max) && body.len - start > payload_max)
		return ACE_COAP_INTERNAL_ERROR;
	if (block.num > NUM_MAX)
		return ACE_COAP_INTERNAL_ERROR;
	size = (size_t)16 << block.szx;
	block.more = body.len - start > size;
	*ret_slice = (struct ace_block2) {
		.payload = { body.ptr ? body.ptr + start : NULL, block.more ? size : body.len - start },
		.has_option = true,
		.option = ace_block_value(&block),
		.has_size = !block.num,
	};
	return 0;
}
