/* SPDX-License-Identifier: Apache-2.0 */
/* The device library against the model of its states: posts, replays, forgeries, requests, updates, revocations, pauses and
 * restarts in random order. After each event both have the same contexts, tokens and hashes, and the invariants hold.
 *
 *   test_rs_model [SEED [EVENTS]] */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rs_model_case.h"

enum event { TAKEN, RESENT, SCRAPPED, REFUSED, FULL, AWAITED, FORGED, SERVED, PROVEN, REPLAYED, GONE, UPDATED, UPDATE_REFUSED,
	     ENDED_FOR_OBSERVERS, REVOKED, DROPPED, REBOOTED, EVENTS };

static size_t seen[EVENTS];
static uint64_t seed = 20260101;
static uint32_t steps = 6000;

/* --- events --- */

static void nonce2_is_new(const uint8_t *nonce2)
{
	for (size_t i = 0; i < nonces_len && i < NONCES_KEPT; i++)
		assert_memory_not_equal(nonces[i], nonce2, ACE_RS_NONCE2_LEN);
	memcpy(nonces[nonces_len++ % NONCES_KEPT], nonce2, ACE_RS_NONCE2_LEN);
}

static void took(const struct issued *issued, const struct model_plan *plan, uint32_t nonce1)
{
	struct client *client = &clients[next_random(CLIENTS)];
	static uint32_t ids;

	assert_int_equal(f.answer_len, ACE_RS_ANSWER_MAX);
	if (plan->is_resend) {
		struct model_context *context = model_by_kid(&m, f.answer + 15);

		/* The same answer: that of the context which waits. */
		assert_non_null(context);
		assert_int_equal(context->role, ACE_RS_PENDING);
		seen[RESENT]++;
		return;
	}
	nonce2_is_new(f.answer + 4);
	*client = (struct client){ .id = ++ids };
	fixture_client(&f, NULL, nonce1, 9, &client->ctx);
	model_commit(&m, plan, &issued->token, f.answer + 15, client->id);
	seen[plan->role == ACE_RS_SCRAP ? SCRAPPED : TAKEN]++;
}

static void post(bool is_forged)
{
	struct issued *issued = &pool[next_random(POOL)];
	uint32_t nonce1 = 1 + next_random(4);
	uint8_t token[256], bytes[320], code = ACE_COAP_UNAUTHORIZED;
	struct ace_buf body = ACE_BUF_OF(bytes);
	struct ace_rs_grant before[MODEL_CONTEXTS];
	struct model_plan plan;

	memcpy(token, issued->bytes, issued->len);
	model_tick(&m);
	ace_rs_tick(&f.rs);
	keep_currents(before);
	if (is_forged)
		token[issued->len - 1 - next_random(40)] ^= (uint8_t)(1u << next_random(8));
	if (!is_forged)
		code = model_post(&m, &issued->token, nonce1, &plan);
	else if (m.now_ms < m.wait_until_ms)
		code = ACE_COAP_UNAVAILABLE;
	(void)fixture_post(&f, NULL, fixture_body((struct ace_slice){ token, issued->len }, nonce1, 9, &body));
	assert_int_equal(f.code, code);
	currents_are(before);
	if (code == ACE_COAP_CREATED)
		took(issued, &plan, nonce1);
	else
		seen[is_forged ? FORGED : m.now_ms < m.wait_until_ms ? AWAITED : code == ACE_COAP_UNAVAILABLE ? FULL : REFUSED]++;
}

static struct client *some_client(void)
{
	struct client *client = &clients[next_random(CLIENTS)];

	return client->id ? client : NULL;
}

static void write_request(struct client *client)
{
	static const uint8_t plain[] = { 0x50, ACE_COAP_GET, 0, 1, 0x60, 0x51, 's', 0x04, 't', 'e', 'm', 'p' };
	struct ace_buf out = ACE_BUF_OF(client->datagram);
	struct ace_coap_message msg;
	struct ace_oscore_exchange exchange;

	assert_int_equal(ace_coap_read(ACE_SLICE_OF(plain), &msg), ACE_OK);
	assert_int_equal(ace_oscore_seq_take(&client->ctx, &client->seq), ACE_OK);
	assert_int_equal(ace_oscore_protect_request(&client->ctx, client->seq, &msg, &out, &exchange), ACE_OK);
	client->len = out.len;
}

static enum ace_err send(struct client *client, struct ace_rs_exchange *ret_ex)
{
	uint8_t opened[128];
	struct ace_buf open = ACE_BUF_OF(opened);
	const struct model_context *context = model_by_kid(&m, client->ctx.sender_id.bytes);
	enum ace_err err = ace_rs_unprotect(&f.rs, (struct ace_slice){ client->datagram, client->len }, &open, ret_ex);

	/* Under a kid that is another one's by now the number may have been seen before the tag is looked at. */
	return err == ACE_ERR_REPLAY && context && context->client != client->id ? ACE_ERR_TAG : err;
}

/* What the context of that kid makes of a request of this client. *ret_context: the one that takes it. */
static enum ace_err expect_request(const struct client *client, struct model_context **ret_context)
{
	struct model_context *context = model_by_kid(&m, client->ctx.sender_id.bytes);

	*ret_context = NULL;
	if (!context || context->role == ACE_RS_ENDING)
		return ACE_ERR_NO_CONTEXT;
	if (context->client != client->id) /* it has the kid of somebody who is gone */
		return ACE_ERR_TAG;
	*ret_context = context;
	return ACE_OK;
}

static void update(struct ace_rs_exchange *ex, struct model_context *context)
{
	struct issued *issued = &pool[next_random(POOL)];
	uint8_t bytes[320], code;
	struct ace_buf body = ACE_BUF_OF(bytes);

	code = model_update(&m, context, &issued->token);
	(void)fixture_post(&f, ex, fixture_body((struct ace_slice){ issued->bytes, issued->len }, 1, 9, &body));
	assert_int_equal(f.code, code);
	assert_int_equal(f.answer_len, 0);
	seen[code == ACE_COAP_CREATED ? UPDATED : UPDATE_REFUSED]++;
}

static void request(bool with_update)
{
	struct client *client = some_client();
	struct model_context *context;
	struct ace_rs_exchange ex;
	enum ace_err want;

	if (!client)
		return;
	model_tick(&m);
	want = expect_request(client, &context);
	write_request(client);
	assert_int_equal(send(client, &ex), want);
	if (!context) {
		seen[GONE]++;
		return;
	}
	seen[context->role == ACE_RS_CURRENT ? SERVED : PROVEN]++;
	if (context->role != ACE_RS_CURRENT)
		model_promote(&m, context);
	assert_true(ace_rs_allowed(&ex, ACE_COAP_GET, "/s/temp"));
	assert_false(ace_rs_allowed(&ex, ACE_COAP_GET, "/a/led"));
	if (with_update) {
		update(&ex, context);
	} else if (next_random(4) == 0) {
		ex.oscore.observe = true;
		context->observers++;
		assert_int_equal(ace_rs_observe_begin(&ex), ACE_OK);
	}
}

/* The latest request of a client once more, or with a bit of its tag turned. */
static void outsider(bool is_replay)
{
	struct client *client = some_client();
	struct ace_rs_grant before[MODEL_CONTEXTS];
	struct model_context *context;
	struct ace_rs_exchange ex;
	enum ace_err want;

	if (!client)
		return;
	if (!is_replay)
		write_request(client);
	else if (!client->len)
		return;
	model_tick(&m);
	ace_rs_tick(&f.rs);
	want = expect_request(client, &context);
	if (want == ACE_OK && is_replay && context->role != ACE_RS_CURRENT)
		return; /* it never arrived, so this would be its first time */
	if (!is_replay)
		client->datagram[client->len - 1] ^= 1;
	keep_currents(before);
	if (want == ACE_OK && !is_replay)
		want = ACE_ERR_TAG;
	if (want == ACE_OK)
		want = ACE_ERR_REPLAY;
	assert_int_equal(send(client, &ex), want);
	currents_are(before);
	client->len = 0;
	seen[is_replay ? REPLAYED : FORGED]++;
}

static void take_list(const struct issued *const *tokens, size_t len)
{
	uint8_t bytes[512];
	struct ace_cbor_writer w;
	struct ace_slice written;
	struct ace_rs_trl trl;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_uint(&w, ACE_TRL_FULL_SET);
	ace_cbor_write_array(&w, len);
	for (size_t i = 0; i < len; i++)
		ace_cbor_write_bstr(&w, ACE_SLICE_OF(tokens[i]->token.hash));
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	assert_int_equal(ace_rs_trl_read(&f.rs, written, &trl), ACE_OK);
}

/* One more token is revoked, or the one that was revoked first has expired; then the device asks for the whole list. */
static void list(void)
{
	const struct issued *named[ACE_ARRAY_LEN(listed)];
	bool had_left;

	if (listed_len == ACE_ARRAY_LEN(listed) || (listed_len && next_random(2)))
		memmove(&listed[0], &listed[1], --listed_len * sizeof listed[0]);
	else
		listed[listed_len++] = pool[next_random(POOL)];
	for (size_t i = 0; i + 1 < listed_len; i++)
		if (listed[i].token.id == listed[listed_len - 1].token.id) {
			listed_len--; /* it is revoked already */
			break;
		}
	for (size_t i = 0; i < listed_len; i++)
		named[i] = &listed[i];
	take_list(named, listed_len);
	model_tick(&m);
	for (size_t i = 0; i < listed_len; i++)
		model_revoke(&m, &listed[i].token);
	for (size_t i = 0; i < m.revoked_len; i++) {
		had_left = true;
		for (size_t k = 0; k < listed_len; k++)
			had_left &= listed[k].token.id != m.revoked[i].token.id;
		if (had_left)
			model_list_leave(&m, m.revoked[i].token.id);
	}
	m.wait_until_ms = 0;
	model_tick(&m);
	seen[REVOKED]++;
	seen[DROPPED] += f.rs.revoked_dropped != 0;
}

static void reboot(void)
{
	uint8_t bytes[ACE_RS_REVOKED_SAVED(MODEL_REVOKED)];
	struct ace_buf saved = ACE_BUF_OF(bytes);
	int64_t highest = ace_rs_exi_highest_seen(&f.rs, 0);

	assert_int_equal(ace_rs_revoked_save(&f.rs, &saved), ACE_OK);
	fixture_restart(&f);
	assert_int_equal(ace_rs_revoked_restore(&f.rs, ace_buf_slice(&saved)), ACE_OK);
	ace_rs_exi_restore(&f.rs, 0, highest);
	model_reboot(&m);
	seen[REBOOTED]++;
}

static void pass_time(uint32_t most_ms)
{
	/* A millisecond more each time, modulo a second: no two moments are the same, whatever is added to them. */
	m.now_ms += 1 + 1000 * (uint64_t)next_random(most_ms / 1000 + 1);
	port_fake_set_monotonic(m.now_ms);
	port_fake_set_wall(model_wall(&m));
}

static void step(void)
{
	uint32_t event = next_random(100);

	pass_time(next_random(20) ? 1000 : 30000);
	if (event < 12)
		issue(&pool[next_random(POOL)]);
	else if (event < 50)
		post(event < 16);
	else if (event < 75)
		request(event < 57);
	else if (event < 85)
		outsider(event < 80);
	else if (event < 94)
		list();
	else if (event == 94)
		reboot();
	model_tick(&m);
	ace_rs_tick(&f.rs);
	for (size_t i = 0; i < MODEL_CONTEXTS; i++)
		seen[ENDED_FOR_OBSERVERS] += m.contexts[i].role == ACE_RS_ENDING;
	compare();
}

static void the_library_does_what_the_model_does(void **state)
{
	(void)state;
	print_message("seed %llu, %u events\n", (unsigned long long)seed, steps);
	rng = seed;
	fixture_start(&f);
	f.config.strict_layout = true;
	f.config.revoked = room;
	f.config.revoked_len = MODEL_REVOKED;
	fixture_restart(&f);
	model_start(&m, 1000);
	for (size_t i = 0; i < POOL; i++)
		issue(&pool[i]);
	for (uint32_t i = 0; i < steps; i++)
		step();
	for (size_t i = 0; i < EVENTS && steps >= 2000; i++)
		if (!seen[i])
			fail_msg("event %zu never happened", i);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(the_library_does_what_the_model_does) };

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		steps = (uint32_t)strtoul(argv[2], NULL, 10);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
