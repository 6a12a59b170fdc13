/* SPDX-License-Identifier: Apache-2.0 */
/* An aced with two clients on real sockets, "anna" who may and "bob" who may not, batch by batch: what happens in which order,
 * with commits that fail and an acectl that is quicker when the test says so. store_commit(), store_begin_write() and
 * ace_oscore_protect_response() are wrapped by the linker. Include after cmocka.h, in one file of a test. */
#ifndef TESTS_BATCH_CASE_H
#define TESTS_BATCH_CASE_H

#include "as_fixture.h"
#include "as_line.h"
#include "as_request_body.h"

static struct as_fixture fx;
static struct as_line anna, bob;
static struct as_heard heard;
static uint8_t body_bytes[256];

/* What happened, in order: C commit, c a commit that failed, P protected under the nonce of the request, E a challenge. */
static char story[64];
static size_t story_len;
static enum ace_err commit_fails, begin_fails;
/* What acectl writes just before the batch's write transaction begins, once. */
static enum ace_err (*acectl_changes)(struct store_txn *txn);

static void tell(char what)
{
	if (story_len + 1 < sizeof story)
		story[story_len++] = what;
	story[story_len] = '\0';
}

enum ace_err __real_store_commit(struct store_txn *txn);
enum ace_err __wrap_store_commit(struct store_txn *txn);
enum ace_err __wrap_store_commit(struct store_txn *txn)
{
	enum ace_err err = commit_fails;

	tell(err ? 'c' : 'C');
	if (!err)
		return __real_store_commit(txn);
	store_abort(txn);
	return err;
}

enum ace_err __real_store_begin_write(struct store *store, struct store_txn **ret_txn);
enum ace_err __wrap_store_begin_write(struct store *store, struct store_txn **ret_txn);
enum ace_err __wrap_store_begin_write(struct store *store, struct store_txn **ret_txn)
{
	enum ace_err (*change)(struct store_txn *) = acectl_changes;
	struct store_txn *txn;

	if (begin_fails)
		return begin_fails;
	acectl_changes = NULL;
	if (change) {
		assert_int_equal(__real_store_begin_write(store, &txn), ACE_OK);
		assert_int_equal(change(txn), ACE_OK);
		assert_int_equal(__real_store_commit(txn), ACE_OK);
	}
	return __real_store_begin_write(store, ret_txn);
}

enum ace_err __real_ace_oscore_protect_response(const struct ace_oscore_ctx *ctx, struct ace_oscore_exchange *exchange,
						const uint64_t *seq, const struct ace_coap_message *msg,
						struct ace_buf *out);
enum ace_err __wrap_ace_oscore_protect_response(const struct ace_oscore_ctx *ctx, struct ace_oscore_exchange *exchange,
						const uint64_t *seq, const struct ace_coap_message *msg,
						struct ace_buf *out);
enum ace_err __wrap_ace_oscore_protect_response(const struct ace_oscore_ctx *ctx, struct ace_oscore_exchange *exchange,
						const uint64_t *seq, const struct ace_coap_message *msg,
						struct ace_buf *out)
{
	tell(seq ? 'E' : 'P');
	return __real_ace_oscore_protect_response(ctx, exchange, seq, msg, out);
}

static enum ace_err run(void)
{
	story_len = 0;
	story[0] = '\0';
	return as_batch_run(&fx.as);
}

static struct ace_slice token_body(const char *audience)
{
	struct as_body body = { .audience = audience, .scope = "read" };

	return as_body_write(&body, body_bytes, sizeof body_bytes);
}

/* A first request, its challenge, and an answer to that: the window is known then. */
static void settle(struct as_line *line)
{
	for (int i = 0; i < 2; i++) {
		as_line_ask(line, "nothing-here", token_body("d-clock"));
		assert_int_equal(run(), ACE_OK);
		as_line_hear(line, &heard);
		assert_true(heard.is_protected);
		assert_int_equal(heard.code, i ? ACE_COAP_NOT_FOUND : ACE_COAP_UNAUTHORIZED);
	}
}

static int batch_case_setup(void **state)
{
	(void)state;
	commit_fails = begin_fails = ACE_OK;
	acectl_changes = NULL;
	if (as_fixture_open(&fx, ""))
		return -1;
	usleep(20000); /* sender numbers appear at one a millisecond */
	as_line_open(&anna, &fx, "anna");
	as_line_open(&bob, &fx, "bob");
	settle(&anna);
	settle(&bob);
	return 0;
}

static int batch_case_teardown(void **state)
{
	(void)state;
	cli_log_fd_set(STDERR_FILENO);
	as_line_close(&anna);
	as_line_close(&bob);
	return as_fixture_close(&fx);
}

static void assert_heard(struct as_line *line, uint8_t code)
{
	as_line_hear(line, &heard);
	assert_true(heard.came);
	assert_true(heard.is_protected);
	assert_int_equal(heard.code, code);
}

static void assert_stored(uint64_t tokens_wanted, uint64_t decisions_wanted)
{
	uint64_t tokens, decisions;

	as_fixture_counts(&fx, &tokens, &decisions);
	assert_int_equal(tokens, tokens_wanted);
	assert_int_equal(decisions, decisions_wanted);
}

/* The writer of the token sequence has its own commit, before anything is handled: have it behind us. */
static inline void reserve_numbers(void)
{
	as_line_ask(&anna, "token", token_body("d-clock"));
	assert_int_equal(run(), ACE_OK);
	assert_heard(&anna, ACE_COAP_CREATED);
}

#endif
