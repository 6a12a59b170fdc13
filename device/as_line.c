/* SPDX-License-Identifier: Apache-2.0 */
#include "device/as_line.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ace_block.h"
#include "ace_udp_later.h"
#include "cli/address.h"

static enum ace_err socket_connect(struct device_as *as, const struct cli_address *address, struct cli_error *error)
{
	struct sockaddr_storage peer;
	socklen_t peer_len;
	enum ace_err err = cli_address_resolve(address, false, &peer, &peer_len, error);

	if (err)
		return err;
	as->fd = socket(peer.ss_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (as->fd < 0)
		return cli_error_set(error, ACE_ERR_IO, "a socket to the AS: %s", strerror(errno));
	as->is_open = true;
	if (connect(as->fd, (const struct sockaddr *)&peer, peer_len))
		return cli_error_set(error, ACE_ERR_IO, "a socket to the AS: %s", strerror(errno));
	return ACE_OK;
}

enum ace_err device_as_open(struct device_as *as, struct device *device, struct cli_error *error)
{
	struct cli_address address;
	enum ace_err err;

	memset(as, 0, sizeof *as);
	as->device = device;
	as->question = (struct ace_buf) ACE_BUF_OF(as->question_bytes);
	as->sealed = (struct ace_buf) ACE_BUF_OF(as->sealed_bytes);
	as->body = (struct ace_buf) ACE_BUF_OF(as->body_bytes);
	/* RFC 8613 7.2.1: numbers that were used must be known after a restart. */
	if (!device->state.path[0] || device->bundle.as_line.method != CLI_LINE_OSCORE) {
		err = cli_error_set(error, ACE_ERR_USAGE, device->state.path[0] ?
				    "%s has no OSCORE line to its AS: give it an as_line in the policy" :
				    "%s needs --state-dir for its line to the AS", device->bundle.device);
		error->exit = CLI_EXIT_USAGE;
		return err;
	}
	err = cli_address_parse(device->bundle.as_uri, &address, error);
	if (!err)
		err = device_line_open(device, error);
	if (!err)
		err = socket_connect(as, &address, error);
	if (err)
		device_as_close(as);
	return err;
}

void device_as_close(struct device_as *as)
{
	if (as->is_open)
		close(as->fd);
	ace_wipe(as, sizeof *as);
}

/* The question with what this round adds. Type, Message ID and token are fresh, so that late answers are told apart. */
static enum ace_err round_write(struct device_as *as, struct ace_slice echo, struct ace_buf *out)
{
	struct ace_coap_message question;
	struct ace_coap_options it;
	struct ace_coap_option option;
	struct ace_coap_writer w;
	struct ace_slice written;
	enum ace_err err = ace_coap_read(ace_buf_slice(&as->question), &question);
	struct ace_block block = { .num = as->block, .szx = as->block_szx };

	if (!err)
		err = ace_port_random(as->token, sizeof as->token);
	if (err)
		return err;
	as->mid++;
	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &(struct ace_coap_header) { .type = ACE_COAP_CON, .code = question.code, .mid = as->mid,
							      .token = { as->token, sizeof as->token } });
	ace_coap_options_init(&it, question.options);
	while (ace_coap_options_next(&it, &option))
		ace_coap_write_option(&w, option.number, option.value);
	if (as->block)
		ace_coap_write_option_uint(&w, ACE_OPT_BLOCK2, ace_block_value(&block));
	if (echo.len)
		ace_coap_write_option(&w, ACE_OPT_ECHO, echo);
	/* RFC 7959 2.7: requests for later blocks of an answer repeat no payload. */
	ace_coap_write_payload(&w, as->block ? (struct ace_slice) { 0 } : question.payload);
	err = ace_coap_written(&w, &written);
	out->len = err ? 0 : written.len;
	return err;
}

/* What the socket does not take is sent again when nothing answers. */
static void send_sealed(const struct device_as *as)
{
	if (send(as->fd, as->sealed.ptr, as->sealed.len, MSG_NOSIGNAL) < 0)
		return;
}

static enum ace_err round_begin(struct device_as *as, struct ace_slice echo, uint64_t now_ms)
{
	uint8_t bytes[DEVICE_QUESTION_MAX];
	struct ace_buf plain = ACE_BUF_OF(bytes);
	uint16_t random;
	enum ace_err err = round_write(as, echo, &plain);

	if (!err)
		err = ace_port_random((uint8_t *)&random, sizeof random);
	if (!err)
		err = device_state_save(as->device); /* numbers before their use */
	as->sealed.len = 0;
	if (!err)
		err = ace_rs_line_protect(&as->device->line, ace_buf_slice(&plain), &as->sealed, &as->exchange);
	ace_wipe(bytes, sizeof bytes);
	as->busy = !err;
	if (err)
		return err;
	as->acked = false;
	as->copies = 0;
	/* RFC 7252 4.2: a random time between ACK_TIMEOUT and half as much again. */
	as->timeout_ms = ACE_UDP_ACK_TIMEOUT_MS + random % (ACE_UDP_ACK_TIMEOUT_MS / 2 + 1);
	as->due_ms = now_ms + as->timeout_ms;
	as->end_ms = now_ms + as->timeout_ms * ((2u << ACE_UDP_RETRANSMIT_MAX) - 1);
	send_sealed(as);
	return ACE_OK;
}

void device_as_forget(struct device_as *as)
{
	as->busy = false;
	ace_wipe(as->body.ptr, as->body.len); /* it may have keys */
	as->body.len = 0;
}

enum ace_err device_as_ask(struct device_as *as, const void *asker, struct ace_slice message, uint64_t now_ms)
{
	enum ace_err err;

	if (as->busy)
		return ACE_ERR_BUSY;
	if (message.len > as->question.cap)
		return ACE_ERR_SPACE;
	if (!as->mid) {
		err = ace_port_random((uint8_t *)&as->mid, sizeof as->mid);
		if (err)
			return err;
	}
	as->asker = asker;
	memcpy(as->question.ptr, message.ptr, message.len);
	as->question.len = message.len;
	as->body.len = 0;
	as->block = 0;
	as->restarts = 0;
	as->echoed = false;
	return round_begin(as, (struct ace_slice) { 0 }, now_ms);
}

/* A message of the AS's own gets its acknowledgement, or a reset when nobody waits for it. RFC 7252 4.2 */
static void acknowledge(const struct device_as *as, const struct ace_coap_message *msg, bool expected)
{
	const uint8_t empty[] = { (uint8_t)(0x40 | (expected ? ACE_COAP_ACK : ACE_COAP_RST) << 4), 0,
				  (uint8_t)(msg->mid >> 8), (uint8_t)msg->mid };

	if (msg->type == ACE_COAP_CON && send(as->fd, empty, sizeof empty, MSG_NOSIGNAL) < 0)
		return; /* it comes again */
}

/* Ask for that block. ACE_ERR_BUSY: it was asked for. */
static enum ace_err block_ask(struct device_as *as, uint32_t num, uint64_t now_ms)
{
	as->block = num;
	as->echoed = false;
	return round_begin(as, (struct ace_slice) { 0 }, now_ms) ? ACE_ERR_IO : ACE_ERR_BUSY;
}

/* Is it a block of the same body as those before it? An ETag of another length than it may have counts as none. */
static bool etag_fits(struct device_as *as, struct ace_slice options)
{
	struct ace_slice etag = { 0 };

	if (ace_coap_option_find(options, ACE_OPT_ETAG, &etag) && etag.len > sizeof as->etag)
		etag.len = 0;
	if (as->block)
		return ace_slice_equal(etag, (struct ace_slice) { as->etag, as->etag_len });
	as->etag_len = (uint8_t)etag.len;
	if (etag.len)
		memcpy(as->etag, etag.ptr, etag.len);
	return true;
}

/* Put a block of the answer to those before it. ACE_ERR_BUSY: the next one was asked for. */
static enum ace_err block_take(struct device_as *as, const struct ace_coap_message *msg, uint64_t now_ms)
{
	struct ace_block block = { 0 };
	bool present;

	if (ace_block_find(msg->options, ACE_OPT_BLOCK2, &present, &block))
		return ACE_ERR_MALFORMED;
	/* RFC 7959 2.4: the blocks follow each other without a gap; a server that makes them smaller says so first. */
	if (present ? (size_t)block.num << (block.szx + 4) != as->body.len : as->block != 0)
		return ACE_ERR_MALFORMED;
	/* RFC 7959 2.4: "the client, when reassembling the representation from the blocks being exchanged, MUST compare
	 * ETag Options." What has changed is fetched anew. */
	if (!etag_fits(as, msg->options)) {
		ace_wipe(as->body.ptr, as->body.len);
		as->body.len = 0;
		return as->restarts++ < DEVICE_RESTARTS_MAX ? block_ask(as, 0, now_ms) : ACE_ERR_MALFORMED;
	}
	if (present && block.more && msg->payload.len != (size_t)16 << block.szx)
		return ACE_ERR_MALFORMED;
	if (as->body.cap - as->body.len < msg->payload.len)
		return ACE_ERR_SPACE;
	if (msg->payload.len)
		memcpy(as->body.ptr + as->body.len, msg->payload.ptr, msg->payload.len);
	as->body.len += msg->payload.len;
	if (!present || !block.more)
		return ACE_OK;
	as->block_szx = block.szx;
	return block_ask(as, block.num + 1, now_ms);
}

static enum ace_err answer_take(struct device_as *as, const struct ace_coap_message *msg, uint64_t now_ms,
				struct device_as_answer *ret_answer)
{
	struct ace_slice value;
	enum ace_err err;

	as->busy = false;
	/* RFC 9175 2.3: "the client SHOULD resend the original request with the addition of an Echo option" */
	if (msg->code == ACE_COAP_UNAUTHORIZED && !as->echoed && ace_coap_option_find(msg->options, ACE_OPT_ECHO, &value)) {
		as->echoed = true;
		err = round_begin(as, value, now_ms);
		return err ? err : ACE_ERR_BUSY;
	}
	err = block_take(as, msg, now_ms);
	if (err)
		return err;
	*ret_answer = (struct device_as_answer) { .code = msg->code, .format = UINT32_MAX,
						  .body = ace_buf_slice(&as->body) };
	if (ace_coap_option_find(msg->options, ACE_OPT_CONTENT_FORMAT, &value) &&
	    ace_coap_option_uint(value, &ret_answer->format))
		ret_answer->format = UINT32_MAX;
	return ACE_OK;
}

/* One datagram. Whoever can write the AS's address can send it, so nothing that does not verify is an answer. */
static enum ace_err datagram_take(struct device_as *as, struct ace_slice datagram, uint64_t now_ms,
				  struct device_as_answer *ret_answer)
{
	uint8_t bytes[ACE_UDP_DATAGRAM_MAX];
	struct ace_buf plain = ACE_BUF_OF(bytes);
	struct ace_coap_message msg;
	bool expected;
	enum ace_err err;

	if (ace_coap_read(datagram, &msg))
		return ACE_ERR_BUSY;
	if (as->busy && msg.type == ACE_COAP_ACK && msg.mid == as->mid && !msg.code)
		as->acked = true;
	if (!ace_coap_code_is_response(msg.code))
		return ACE_ERR_BUSY;
	expected = as->busy && ace_slice_equal(msg.token, (struct ace_slice) { as->token, sizeof as->token });
	acknowledge(as, &msg, expected);
	/* RFC 8613 8.4: an answer that does not verify is dropped. */
	if (!expected || ace_rs_line_unprotect(&as->device->line, &as->exchange, datagram, &plain))
		return ACE_ERR_BUSY;
	err = ace_coap_read(ace_buf_slice(&plain), &msg) ? ACE_ERR_BUSY : answer_take(as, &msg, now_ms, ret_answer);
	ace_wipe(bytes, sizeof bytes);
	return err;
}

/* RFC 7252 4.2: the timeout doubles with each copy, of which there are MAX_RETRANSMIT. */
static enum ace_err timers_run(struct device_as *as, uint64_t now_ms)
{
	if (!as->busy)
		return ACE_ERR_BUSY;
	if (now_ms >= as->end_ms) {
		as->busy = false;
		return ACE_ERR_NOT_FOUND;
	}
	if (as->acked || as->copies == ACE_UDP_RETRANSMIT_MAX || now_ms < as->due_ms)
		return ACE_ERR_BUSY;
	as->copies++;
	as->timeout_ms *= 2;
	as->due_ms = now_ms + as->timeout_ms;
	send_sealed(as);
	return ACE_ERR_BUSY;
}

enum ace_err device_as_step(struct device_as *as, uint64_t now_ms, struct device_as_answer *ret_answer)
{
	uint8_t bytes[ACE_UDP_DATAGRAM_MAX];
	enum ace_err err = ACE_ERR_BUSY;

	for (size_t i = 0; err == ACE_ERR_BUSY && i < DEVICE_DATAGRAMS_MAX; i++) {
		ssize_t len = recv(as->fd, bytes, sizeof bytes, 0);

		/* A port where nothing listens is told as an error of the socket: retransmission goes on all the same. */
		if (len < 0)
			break;
		err = datagram_take(as, (struct ace_slice) { bytes, (size_t)len }, now_ms, ret_answer);
	}
	return err == ACE_ERR_BUSY ? timers_run(as, now_ms) : err;
}
