/* SPDX-License-Identifier: Apache-2.0 */
/* What verbs share, and enroll, token, whoami. */
#include "client/verbs.h"

#include <string.h>

#include "cli/hex.h"
#include "cli/json.h"

#define ANSWER_WAIT_S 90 /* as coap-client: longer than a CON is retransmitted */

int client_failure_print(const struct ace_client *client, const struct cli_output *output)
{
	const struct ace_client_failure failure = ace_client_failure(client);
	struct cli_error error = { 0 };

	(void)cli_error_set(&error, failure.err, "%s", failure.message);
	error.exit = (int)failure.fault;
	snprintf(error.code, sizeof error.code, "%s", failure.code);
	snprintf(error.file, sizeof error.file, "%s", failure.file);
	if (failure.advice[0])
		cli_error_hint(&error, "%s", failure.advice);
	return cli_error_print(output, &error);
}

static void note(void *arg, const char *text)
{
	const struct client_trace *trace = arg;

	cli_note(trace->output, "%s", text);
}

static void step(void *arg, const struct ace_client_step *told)
{
	client_trace_step(arg, told);
}

int client_verb_with(const struct cli_call *call, const struct cli_output *output, client_work_fn *work)
{
	const struct cli_number wait = { .flag = "break", .min = 1, .max = 3600, .fallback = ANSWER_WAIT_S };
	struct client_trace trace;
	struct ace_client *client;
	int64_t seconds;
	int code;

	if (!cli_flag_number(call, output, &wait, &seconds) || !client_trace_read(call, output, &trace))
		return CLI_EXIT_USAGE;
	if (ace_client_open(&(struct ace_client_options){
		    .state_dir = cli_flag_value(call, "state-dir"),
		    .wireshark_path = cli_flag_value(call, "wireshark-keys"),
		    .timeout_ms = (uint32_t)seconds * 1000,
		    .note = note, .step = trace.form ? step : NULL, .arg = &trace }, &client))
		code = client_failure_print(client, output);
	else
		code = work(client, call, output);
	ace_client_close(client);
	return code;
}

struct ace_client_wish client_wish_read(const struct cli_call *call)
{
	return (struct ace_client_wish){ .as_uri = cli_flag_value(call, "as"),
					 .audience = cli_flag_value(call, "audience"),
					 .scope = cli_flag_value(call, "scope") };
}

static int json_print(const struct cli_output *output, struct json_t *document)
{
	return cli_output_json(output, document) ? CLI_EXIT_BROKEN : CLI_EXIT_OK;
}

/* --- enroll --- */

static struct json_t *enrolment_json(const struct ace_client_enrolment *enrolment)
{
	struct json_t *document = cli_json_object();

	cli_json_put_text(document, "client", enrolment->client);
	cli_json_put_text(document, "as_uri", enrolment->as_uri);
	return document;
}

/* "coap://127.0.0.1:5683" of the token endpoint's URI. */
static size_t authority_len(const char *uri)
{
	const char *host = strstr(uri, "://");

	return host ? (size_t)(host - uri) + 3 + strcspn(host + 3, "/?") : strlen(uri);
}

static int enroll(struct ace_client *client, const struct cli_call *call, const struct cli_output *output)
{
	struct ace_client_enrolment enrolment;

	if (ace_client_enroll(client, call->args[0], call->yes, &enrolment))
		return client_failure_print(client, output);
	cli_say_done(output, "enrolled as %s at %.*s", enrolment.client, (int)authority_len(enrolment.as_uri),
		     enrolment.as_uri);
	return json_print(output, enrolment_json(&enrolment));
}

int client_verb_enroll(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, enroll);
}

/* --- token --- */

static int token(struct ace_client *client, const struct cli_call *call, const struct cli_output *output)
{
	const struct ace_client_wish wish = client_wish_read(call);
	struct json_t *document;
	struct ace_client_token granted;
	struct ace_slice bytes;
	char hex[CLI_HEX_CAP(4096)];

	if (ace_client_token(client, &wish, &granted))
		return client_failure_print(client, output);
	bytes = (struct ace_slice){ granted.bytes, granted.bytes_len };
	cli_hex_encode(bytes, hex, sizeof hex);
	cli_say(output, "%s%sscope %s, expires in %lld s, %zu bytes", granted.audience ? granted.audience : "",
		granted.audience ? ": " : "", granted.scope ? granted.scope : "-", (long long)granted.expires_in_s, bytes.len);
	if (cli_flag(call, "show"))
		cli_say(output, "%s", hex);
	document = cli_json_object();
	if (granted.audience)
		cli_json_put_text(document, "audience", granted.audience);
	cli_json_put_text(document, "scope", granted.scope);
	cli_json_put_int(document, "expires_in", granted.expires_in_s);
	if (cli_flag(call, "show"))
		cli_json_put_hex(document, "access_token", bytes);
	return json_print(output, document);
}

int client_verb_token(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, token);
}

/* --- whoami --- */

struct people {
	const struct cli_output *output;
	struct json_t *list;
};

static void whoami_add(void *arg, const struct ace_client_enrolment *enrolment)
{
	struct people *people = arg;

	cli_say(people->output, "%s at %s", enrolment->client, enrolment->as_uri);
	cli_json_add(people->list, enrolment_json(enrolment));
}

static int whoami(struct ace_client *client, const struct cli_call *call, const struct cli_output *output)
{
	struct people people = { output, cli_json_array() };

	(void)call;
	if (!ace_client_enrolments(client, whoami_add, &people))
		return json_print(output, people.list);
	cli_json_free(people.list);
	return client_failure_print(client, output);
}

int client_verb_whoami(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, whoami);
}
