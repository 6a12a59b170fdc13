/* SPDX-License-Identifier: Apache-2.0 */
/* A whole aced on a real store and socket: datagrams of strangers, and protected requests of a client and of a device, as
 * the input has them inside. The server never fails, and answers to protected requests are protected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "as_fixture.h"
#include "as_line.h"
#include "as_message.h"
#include "storage/tokens.h"
#include "storage/revocations.h"
#include "as/batch.h"
#include "as/observe.h"
#include "fuzz.h"

enum { STRANGER, CLIENT, DEVICE, REVOKE, KINDS };

static struct as_fixture fx;
static struct as_line lines[2]; /* of the client and of the device */
static bool is_open;

/* No disk is waited for. */
int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

static void stop(void)
{
	if (is_open)
		as_fixture_close(&fx);
	is_open = false;
}

static void run(void)
{
	uint8_t datagram[2048];
	struct ace_coap_message msg;
	bool more;

	fuzz_require(as_batch_run(&fx.as) == ACE_OK);
	fuzz_require(as_observe_tell(&fx.as, &more) == ACE_OK);
	for (size_t i = 0; i < 2; i++)
		for (ssize_t len; (len = recv(lines[i].fd, datagram, sizeof datagram, 0)) > 0;)
			fuzz_require(ace_coap_read((struct ace_slice){ datagram, (size_t)len }, &msg) == ACE_OK);
}

/* code, options and payload of the input, under the line's context. */
static void ask(struct as_line *line, struct ace_slice inner)
{
	uint8_t plain[1400] = { 0x41 }, sealed[1600], reply[2048];
	struct ace_buf out = ACE_BUF_OF(sealed), opened = ACE_BUF_OF(plain);
	struct ace_coap_message msg;
	ssize_t len;

	if (!inner.len || inner.len > 1300)
		return;
	plain[1] = inner.ptr[0];
	plain[2] = (uint8_t)(++line->mid >> 8);
	plain[3] = plain[4] = (uint8_t)line->mid;
	memcpy(plain + 5, inner.ptr + 1, inner.len - 1);
	if (ace_coap_read((struct ace_slice){ plain, inner.len + 4 }, &msg) ||
	    ace_oscore_protect_request(&line->ctx, line->seq++, &msg, &out, &line->exchange))
		return;
	as_line_send(line, ace_buf_slice(&out));
	fuzz_require(as_batch_run(&fx.as) == ACE_OK);
	len = recv(line->fd, reply, sizeof reply, 0);
	if (len <= 0 || ace_coap_read((struct ace_slice){ reply, (size_t)len }, &msg) ||
	    ace_oscore_unprotect_response(&line->ctx, &line->exchange, &msg, &opened))
		return; /* a notification of an older observation, say */
	/* 5.03 is to be had: numbers of tokens appear at one a millisecond. */
	fuzz_require(ace_coap_read(ace_buf_slice(&opened), &msg) == ACE_OK && msg.code != ACE_COAP_INTERNAL_ERROR);
	fuzz_accepted += msg.code >> 5 == 2;
}

static void token_revoke(struct ace_slice which)
{
	struct store_txn *txn;
	uint64_t sequence = fx.as.sequence.next - (which.len ? which.ptr[0] : 1);
	size_t revoked;

	fuzz_require(store_begin_write(fx.as.store, &txn) == ACE_OK);
	(void)!store_token_revoke(txn, &sequence, 1, fx.now_ms / 1000, &revoked);
	fuzz_require(store_commit(txn) == ACE_OK);
}

/* Its line has the secret of the clients, and the next number behind theirs. */
static void device_line_add(void)
{
	struct store_secret secret = { .key_len = sizeof as_fixture_secret, .salt_len = sizeof as_fixture_salt };
	struct store_txn *txn;

	memcpy(secret.key, as_fixture_secret, sizeof as_fixture_secret);
	memcpy(secret.salt, as_fixture_salt, sizeof as_fixture_salt);
	fuzz_require(store_begin_write(fx.as.store, &txn) == ACE_OK);
	fuzz_require(store_device_line_set(txn, "d-clock", STORE_AUTH_OSCORE, &secret, TMP_STORE_NOW) == ACE_OK);
	fuzz_require(store_commit(txn) == ACE_OK);
}

static void device_line_open(struct as_line *line)
{
	struct store_device device;
	struct store_txn *txn;
	uint8_t kid[STORE_KID_MAX];

	as_line_open(line, &fx, "anna");
	fuzz_require(store_begin_read(fx.as.store, &txn) == ACE_OK);
	fuzz_require(store_device_get(txn, "d-clock", &device) == ACE_OK);
	store_abort(txn);
	fuzz_require(ace_oscore_derive(&(struct ace_oscore_input){
		.master_secret = ACE_SLICE_OF(as_fixture_secret), .master_salt = ACE_SLICE_OF(as_fixture_salt),
		.sender_id = { kid, store_line_kid(device.line, kid) } }, &line->ctx) == ACE_OK);
}

/* The first request is challenged, and the second shows that it is fresh. */
static void start(void)
{
	struct as_heard heard;

	as_fixture_open(&fx, "");
	is_open = true;
	atexit(stop);
	usleep(20000); /* sender numbers appear at one a millisecond */
	device_line_add();
	as_line_open(&lines[0], &fx, "anna");
	device_line_open(&lines[1]);
	for (size_t i = 0; i < 4; i++) {
		as_line_ask(&lines[i % 2], "nothing-here", ACE_LITERAL("x"));
		fuzz_require(as_batch_run(&fx.as) == ACE_OK);
		as_line_hear(&lines[i % 2], &heard);
		fuzz_require(heard.code == (i < 2 ? ACE_COAP_UNAUTHORIZED : ACE_COAP_NOT_FOUND));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_slice in = { bytes, len }, what;
	uint8_t kind;

	if (!is_open)
		start();
	while (fuzz_event(&in, &kind, &what)) {
		if (kind % KINDS == STRANGER)
			(void)!send(lines[0].fd, what.ptr, what.len, 0);
		else if (kind % KINDS == REVOKE)
			token_revoke(what);
		else
			ask(&lines[kind % KINDS == DEVICE], what);
		run();
	}
	return 0;
}
