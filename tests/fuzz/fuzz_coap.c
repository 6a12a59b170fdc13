/* SPDX-License-Identifier: Apache-2.0 */
/* A datagram: header, options, path and query, block options. Written again it reads as the same. */
#include "ace_block.h"
#include "fuzz.h"

static void write_again(const struct ace_coap_message *msg)
{
	uint8_t bytes[4096];
	struct ace_coap_writer w;
	struct ace_coap_options it;
	struct ace_coap_option option;
	struct ace_coap_message again;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ msg->type, msg->code, msg->mid, msg->token });
	ace_coap_options_init(&it, msg->options);
	while (ace_coap_options_next(&it, &option))
		ace_coap_write_option(&w, option.number, option.value);
	ace_coap_write_payload(&w, msg->payload);
	if (ace_coap_written(&w, &written))
		return;
	fuzz_require(ace_coap_read(written, &again) == ACE_OK && again.mid == msg->mid && again.code == msg->code);
	fuzz_require(ace_slice_equal(again.payload, msg->payload) && ace_slice_equal(again.token, msg->token));
}

/* The options that a path is made into give that path. */
static void path_again(struct ace_slice path)
{
	uint8_t bytes[512], text[128];
	struct ace_buf again = ACE_BUF_OF(text);
	struct ace_coap_writer w;
	struct ace_coap_message msg;
	struct ace_slice written;

	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ .code = ACE_COAP_GET });
	ace_coap_write_path(&w, path);
	fuzz_require(ace_coap_written(&w, &written) == ACE_OK && ace_coap_read(written, &msg) == ACE_OK);
	fuzz_require(ace_coap_uri_path(msg.options, &again) == ACE_OK && ace_slice_equal(ace_buf_slice(&again), path));
}

static void look(struct ace_slice options)
{
	uint8_t text[2][128], body[600] = { 0 };
	struct ace_buf path = ACE_BUF_OF(text[0]), query = ACE_BUF_OF(text[1]);
	struct ace_block2 slice;
	struct ace_block block;
	struct ace_slice value;
	uint32_t number;
	bool present;

	if (!ace_coap_uri_path(options, &path))
		path_again(ace_buf_slice(&path));
	(void)!ace_coap_uri_query(options, &query);
	(void)ace_block_outer(options);
	if (!ace_block_find(options, ACE_OPT_BLOCK1, &present, &block) && present)
		fuzz_require(block.szx <= ACE_BLOCK_SZX_MAX);
	if (!ace_block2_slice(options, ACE_SLICE_OF(body), 256, &slice))
		fuzz_require(slice.payload.len <= 256 && slice.payload.ptr + slice.payload.len <= body + sizeof body);
	if (!ace_block2_slice(options, (struct ace_slice){ body, 100 }, 100, &slice))
		fuzz_require(slice.payload.len <= 100 && slice.payload.ptr + slice.payload.len <= body + 100);
	/* No block is so short that it fits. */
	fuzz_require(ace_block2_slice(options, (struct ace_slice){ body, 100 }, 8, &slice) != 0 || slice.payload.len <= 8);
	if (ace_coap_option_find(options, ACE_OPT_OBSERVE, &value))
		(void)!ace_coap_option_uint(value, &number);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_coap_message msg;

	if (ace_coap_read((struct ace_slice){ bytes, len }, &msg))
		return 0;
	fuzz_accepted++;
	look(msg.options);
	write_again(&msg);
	return 0;
}
