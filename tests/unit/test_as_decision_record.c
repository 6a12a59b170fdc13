/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a decision, whatever stood in the record before, and what the log may say of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "ace_scope.h"
#include "as/decision_record.h"
#include "as/health.h"
#include "as/reasons.h"
#include "as_fixture.h"

static struct as_fixture fx;
static struct as_client client;
static struct as_request request;
static struct store_decision record;

static int setup(void **state)
{
	(void)state;
	memset(&request, 0, sizeof request);
	memset(&record, 0xa5, sizeof record); /* what an earlier request left on the stack */
	client = (struct as_client){ .id = "anna", .is_enabled = true };
	return as_fixture_open(&fx, "");
}

static int teardown(void **state)
{
	(void)state;
	cli_log_fd_set(STDERR_FILENO);
	return as_fixture_close(&fx);
}

static void fill(enum ace_oauth_error error, int32_t reason)
{
	assert_int_equal(as_decision_fill(&fx.as, &(struct as_decided){ .client = &client,
		.request = &request, .reason = reason, .error = error, .lifetime_s = 600 }, &record), ACE_OK);
}

/* Store the refusal and read it back. */
static void record_and_read(bool joined_wanted)
{
	struct store_decision_id id;
	struct store_txn *txn;
	bool joined;

	assert_int_equal(as_record_refusal(&fx.as, &record, &joined), ACE_OK);
	assert_int_equal(joined, joined_wanted);
	id = record.id;
	as_fixture_commit(&fx);
	assert_int_equal(store_begin_read(fx.as.store, &txn), ACE_OK);
	assert_int_equal(store_decision_get(txn, &id, &record), ACE_OK);
	store_abort(txn);
}

static void nothing_of_an_earlier_record_is_left(void **state)
{
	(void)state;
	as_fixture_begin(&fx, "anna");
	fill(ACE_OAUTH_INVALID_REQUEST, AS_REASON_REQUEST);
	assert_int_equal(record.token, 0);
	assert_int_equal(record.lifetime_s, 0);
	assert_int_equal(record.count, 1);
	assert_int_equal(record.granted.kind, ACE_SCOPE_ABSENT);
	assert_int_equal(record.granted.len, 0);
	assert_int_equal(record.requested.len, 0);
	assert_string_equal(record.device.id, "");
	assert_false(record.device.is_known);
	assert_false(record.device.is_enabled);
	assert_int_equal(record.device.tags.count, 0);
	assert_true(record.client.is_known);
	assert_true(record.client.is_enabled);
	assert_int_equal(store_decision_id_time_ms(&record.id), fx.now_ms);
	assert_int_equal(record.last_at_ms, fx.now_ms);
	record_and_read(false);
	assert_int_equal(record.reason, AS_REASON_REQUEST);
	assert_string_equal(record.client.id, "anna");
}

static void an_unknown_audience_is_kept_as_it_was_asked(void **state)
{
	(void)state;
	request.audience = ACE_LITERAL("coap://nowhere");
	as_fixture_begin(&fx, "anna");
	fill(ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE);
	record_and_read(false);
	assert_string_equal(record.device.id, "coap://nowhere");
	assert_false(record.device.is_known);
}

/* A record that cannot be read back would be a damaged store. */
static void a_long_audience_is_cut_between_characters(void **state)
{
	uint8_t text[2 * STORE_AUDIENCE_MAX];

	(void)state;
	for (size_t shift = 0; shift < 4; shift++) {
		memset(text, 'a', sizeof text);
		for (size_t i = shift; i + 4 <= sizeof text; i += 4)
			memcpy(text + i, "\xf0\x9f\x94\x91", 4);
		request.audience = (struct ace_slice){ text, sizeof text / 4 * 4 - 4 + shift };
		as_fixture_begin(&fx, "anna");
		memset(&record, 0xa5, sizeof record);
		fill(ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE);
		record_and_read(false);
		assert_int_equal(strlen(record.device.id), shift ? STORE_AUDIENCE_MAX - 4 + shift : STORE_AUDIENCE_MAX);
	}
}

static void alike_refusals_share_a_record_and_its_id(void **state)
{
	struct store_decision_id first;
	uint64_t tokens, decisions;
	bool joined;

	(void)state;
	as_fixture_begin(&fx, "anna");
	fill(ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE);
	record_and_read(false);
	first = record.id;
	as_fixture_begin(&fx, "anna");
	for (int i = 0; i < 3; i++) {
		fill(ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE);
		assert_int_equal(as_record_refusal(&fx.as, &record, &joined), ACE_OK);
		assert_true(joined);
		assert_memory_equal(&record.id, &first, sizeof first);
	}
	/* There was nothing to write for them. */
	assert_null(fx.as.batch->write);
	as_fixture_commit(&fx);
	as_fixture_counts(&fx, &tokens, &decisions);
	assert_int_equal(decisions, 1);
	assert_int_equal(tokens, 0);
}

/* --- the log --- */

static char logged[CLI_LOG_LINE_MAX + 1];

static int log_ends[2];

static void log_begin(void)
{
	assert_int_equal(pipe(log_ends), 0);
	cli_log_fd_set(log_ends[1]);
}

static const char *log_end(void)
{
	ssize_t len;

	close(log_ends[1]);
	len = read(log_ends[0], logged, sizeof logged - 1);
	close(log_ends[0]);
	logged[len > 0 ? len : 0] = '\0';
	return logged;
}

/* What as_token_log() writes about an event, at that level. */
static const char *log_of(const struct as_token_event *event)
{
	log_begin();
	as_token_log(&fx.config, event);
	return log_end();
}

/* A request that could not be served, so many milliseconds after the start. */
static const char *log_of_failure(enum ace_err err, uint64_t at_ms)
{
	fx.as.batch->monotonic_ms = at_ms;
	log_begin();
	as_health_failed(&fx.as, err);
	return log_end();
}

/* Two reasons in turn get a line each, not one for each request; a new reason waits for no minute of another. */
static void requests_that_fail_are_logged_once_a_minute_and_reason(void **state)
{
	(void)state;
	cli_log_level_set(CLI_LOG_WARN);
	assert_string_equal(log_of_failure(ACE_ERR_FULL, 0), "level=warn event=token.failed err=full\n");
	assert_string_equal(log_of_failure(ACE_ERR_CLOCK, 1), "level=warn event=token.failed err=clock\n");
	for (uint64_t at_ms = 2; at_ms < CLI_LOG_PACE_MS; at_ms += 5000) {
		assert_string_equal(log_of_failure(ACE_ERR_FULL, at_ms), "");
		assert_string_equal(log_of_failure(ACE_ERR_CLOCK, at_ms), "");
	}
	assert_string_equal(log_of_failure(ACE_ERR_FULL, CLI_LOG_PACE_MS), "level=warn event=token.failed err=full more=12\n");
	/* The ends of the list, and what is on neither side of it. */
	assert_string_equal(log_of_failure(ACE_ERR_SPACE, 1), "level=warn event=token.failed err=space\n");
	assert_string_equal(log_of_failure(ACE_ERR_USAGE, 1), "level=warn event=token.failed err=usage\n");
	assert_string_equal(log_of_failure(ACE_ERR_RANGE, 1), "level=warn event=token.failed err=range\n");
	assert_string_equal(log_of_failure(ACE_ERR_TYPE, 1), "");
}

static void a_refusal_in_the_log_is_one_escaped_line(void **state)
{
	struct as_token_event event = { 0 };
	char id[STORE_DECISION_TEXT_LEN + 1], wanted[CLI_LOG_LINE_MAX];

	(void)state;
	request.audience = ACE_LITERAL("evil\nevent=token.issued \"x\"");
	as_fixture_begin(&fx, "anna");
	fill(ACE_OAUTH_INVALID_REQUEST, AS_REASON_AUDIENCE);
	as_fixture_commit(&fx);
	cli_log_level_set(CLI_LOG_INFO);
	as_token_note_refused(&fx.config, &record, false, &event);
	store_decision_id_text(&record.id, id);
	snprintf(wanted, sizeof wanted,
		 "level=info event=token.refused decision=%s client=anna "
		 "audience=\"evil\\x0aevent=token.issued \\\"x\\\"\" reason=audience-unknown error=invalid_request "
		 "generation=1\n", id);
	assert_string_equal(log_of(&event), wanted);
	/* Those that join it are for debugging, and cost nothing else. */
	as_token_note_refused(&fx.config, &record, true, &event);
	assert_string_equal(log_of(&event), "");
	cli_log_level_set(CLI_LOG_WARN);
	as_token_note_refused(&fx.config, &record, false, &event);
	assert_string_equal(log_of(&event), "");
}

static void an_issued_token_is_logged_only_when_that_is_chosen(void **state)
{
	/* [["/set", GET and PUT], ["/temp", GET]] */
	static const uint8_t aif[] = { 0x82, 0x82, 0x64, '/', 's', 'e', 't', 0x05, 0x82, 0x65, '/', 't', 'e', 'm', 'p', 1 };
	struct store_token token = { .client = "anna", .device = "d-clock", .expires_at = 1790000600 };
	struct as_token_event event = { 0 };

	(void)state;
	assert_int_equal(store_scope_set(ACE_SCOPE_AIF, ACE_SLICE_OF(aif), &token.scope), ACE_OK);
	cli_log_level_set(CLI_LOG_INFO);
	as_token_note_issued(&fx.config, &token, 7, &event);
	assert_int_equal(event.kind, AS_TOKEN_ISSUED);
	assert_string_equal(log_of(&event), "");
	fx.config.log_tokens = true;
	as_token_note_issued(&fx.config, &token, 7, &event);
	assert_string_equal(log_of(&event),
			    "level=info event=token.issued decision=D-0000000000000000 client=anna device=d-clock "
			    "scope=\"/set:GET,PUT /temp:GET\" expires=1790000600 generation=7\n");
	cli_log_level_set(CLI_LOG_WARN);
	assert_string_equal(log_of(&event), "");
}

static void a_long_scope_is_cut_and_says_so(void **state)
{
	struct store_scope scope;
	uint8_t names[400], text[64];

	(void)state;
	memset(names, 'n', sizeof names);
	assert_int_equal(store_scope_set(ACE_SCOPE_TEXT, ACE_SLICE_OF(names), &scope), ACE_OK);
	assert_int_equal(as_scope_text(&scope, text, sizeof text), sizeof text);
	/* What is no AIF says so instead of being shown. */
	scope.kind = ACE_SCOPE_AIF;
	assert_int_equal(as_scope_text(&scope, text, sizeof text), 1);
	assert_int_equal(text[0], '?');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(nothing_of_an_earlier_record_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(an_unknown_audience_is_kept_as_it_was_asked, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_audience_is_cut_between_characters, setup, teardown),
		cmocka_unit_test_setup_teardown(alike_refusals_share_a_record_and_its_id, setup, teardown),
		cmocka_unit_test_setup_teardown(a_refusal_in_the_log_is_one_escaped_line, setup, teardown),
		cmocka_unit_test_setup_teardown(an_issued_token_is_logged_only_when_that_is_chosen, setup, teardown),
		cmocka_unit_test_setup_teardown(requests_that_fail_are_logged_once_a_minute_and_reason, setup, teardown),
		cmocka_unit_test_setup_teardown(a_long_scope_is_cut_and_says_so, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
