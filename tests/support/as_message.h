/* SPDX-License-Identifier: Apache-2.0 */
/* Requests with any of the options that as_line.h does not know, and all of what comes back. Include after as_line.h. */
#ifndef TESTS_AS_MESSAGE_H
#define TESTS_AS_MESSAGE_H

struct as_ask {
	uint8_t code;
	const char *path, *query; /* query NULL: none; "a=1&b=2" */
	struct ace_slice body;
	const uint32_t *observe, *block1, *block2; /* NULL: not there */
};

/* What came under the exchange of a request, whose slices borrow from it. */
struct as_came {
	struct ace_coap_message message;
	bool has_piv;
	uint64_t piv;
	uint8_t bytes[1400];
};

static inline void as_ask_write(const struct as_ask *ask, struct ace_coap_writer *w)
{
	const char *query = ask->query ? ask->query : "";

	if (ask->observe)
		ace_coap_write_option_uint(w, ACE_OPT_OBSERVE, *ask->observe);
	ace_coap_write_path(w, (struct ace_slice){ (const uint8_t *)ask->path, strlen(ask->path) });
	if (ask->body.len)
		ace_coap_write_option_uint(w, ACE_OPT_CONTENT_FORMAT, ACE_FORMAT_ACE_CBOR);
	while (*query) {
		size_t len = strcspn(query, "&");

		ace_coap_write_option(w, ACE_OPT_URI_QUERY, (struct ace_slice){ (const uint8_t *)query, len });
		query += len + (query[len] == '&');
	}
	if (ask->block2)
		ace_coap_write_option_uint(w, ACE_OPT_BLOCK2, *ask->block2);
	if (ask->block1)
		ace_coap_write_option_uint(w, ACE_OPT_BLOCK1, *ask->block1);
	ace_coap_write_payload(w, ask->body);
}

/* Its exchange is then line->exchange: copy it to hear more than one answer. */
static inline void as_line_ask_with(struct as_line *line, const struct as_ask *ask)
{
	uint8_t plain[1400], sealed[1400], token = (uint8_t)++line->mid;
	struct ace_buf out = ACE_BUF_OF(sealed);
	struct ace_coap_message message;
	struct ace_coap_writer w;
	struct ace_slice written;

	ace_coap_write_init(&w, plain, sizeof plain);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_CON, ask->code, line->mid, { &token, 1 } });
	as_ask_write(ask, &w);
	assert_int_equal(ace_coap_written(&w, &written), ACE_OK);
	assert_int_equal(ace_coap_read(written, &message), ACE_OK);
	assert_int_equal(ace_oscore_protect_request(&line->ctx, line->seq++, &message, &out, &line->exchange), ACE_OK);
	as_line_send(line, ace_buf_slice(&out));
}

/* false: nothing came. What is confirmable is acknowledged. */
static inline bool as_line_came(struct as_line *line, struct ace_oscore_exchange *exchange, struct as_came *ret_came)
{
	uint8_t datagram[1400], ack[4];
	ssize_t len = recv(line->fd, datagram, sizeof datagram, 0);
	struct ace_buf plain = ACE_BUF_OF(ret_came->bytes);
	struct ace_oscore_option option;

	if (len <= 0)
		return false;
	assert_int_equal(ace_coap_read((struct ace_slice){ datagram, (size_t)len }, &ret_came->message), ACE_OK);
	if (ret_came->message.type == ACE_COAP_CON) {
		memcpy(ack, (uint8_t[]){ 0x60, 0, datagram[2], datagram[3] }, sizeof ack);
		as_line_send(line, ACE_SLICE_OF(ack));
	}
	assert_int_equal(ace_oscore_peek(&ret_came->message, &option), ACE_OK);
	ret_came->has_piv = option.piv.len;
	ret_came->piv = 0;
	for (size_t i = 0; i < option.piv.len; i++)
		ret_came->piv = ret_came->piv << 8 | option.piv.ptr[i];
	assert_int_equal(ace_oscore_unprotect_response(&line->ctx, exchange, &ret_came->message, &plain), ACE_OK);
	assert_int_equal(ace_coap_read(ace_buf_slice(&plain), &ret_came->message), ACE_OK);
	return true;
}

static inline bool as_came_with(const struct as_came *came, uint32_t number)
{
	struct ace_slice value;

	return ace_coap_option_find(came->message.options, number, &value);
}

#endif
