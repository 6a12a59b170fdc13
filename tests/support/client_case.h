/* SPDX-License-Identifier: Apache-2.0 */
/* The whole client in a state directory of its own, enrolled with the AS of scripted_peer.h. Include after cmocka.h. */
#ifndef TESTS_CLIENT_CASE_H
#define TESTS_CLIENT_CASE_H

#include "ace_port_host.h"
#include "client/client.h"
#include "client_state_dir.h"
#include "scripted_peer.h"

static char dir[64];
static struct peer peer;
static struct client client;
static struct cli_error error;

static inline void client_start(void)
{
	assert_int_equal(client_open(&client, &(struct ace_client_options){ .state_dir = dir, .timeout_ms = 3000 }, NULL),
			 ACE_OK);
}

static inline void enrol(void)
{
	char uri[64];
	struct cli_client_bundle bundle = {
		.client = "c", .as_uri = uri,
		.line = { CLI_LINE_OSCORE, { .master_secret = ACE_SLICE_OF(peer_as_secret),
					     .sender_id = ACE_LITERAL("c"), .alg = ACE_ALG_CCM_16_64_128 } } };
	struct client_as_line line;

	snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/token", peer.port);
	assert_int_equal(client_credentials_write(&client.state, &bundle, NULL), ACE_OK);
	assert_int_equal(client_as_open(&client, &bundle, true, &line, NULL), ACE_OK);
	client_as_close(&line);
}

static inline int start(void **state)
{
	(void)state;
	state_dir_make(dir);
	peer_start(&peer);
	client_start();
	enrol();
	memset(&error, 0, sizeof error);
	link_waits = 0;
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	client_close(&client);
	peer_stop(&peer);
	state_dir_remove(dir);
	return 0;
}

/* One request of the tool; the payload of a verified 2.xx answer, NULL and the error else. */
static inline const char *ask(uint8_t code, struct client_job *job)
{
	static struct client_answer answer;
	static char text[64];
	struct client_request request;
	char uri[64];
	enum ace_err err;

	memset(&error, 0, sizeof error);
	snprintf(uri, sizeof uri, "coap://127.0.0.1:%u/temp", peer.port);
	assert_int_equal(cli_address_parse(uri, &job->address, NULL), ACE_OK);
	assert_int_equal(client_request_init(&request, code, &job->address), ACE_OK);
	if (code == ACE_COAP_PUT)
		request.payload = ACE_LITERAL("19");
	job->request = &request;
	err = client_flow(&client, job, &answer, &error);
	if (err)
		return NULL;
	snprintf(text, sizeof text, "%u.%02u %.*s", answer.msg.code >> 5, answer.msg.code & 0x1f,
		 (int)answer.msg.payload.len, (const char *)answer.msg.payload.ptr);
	client_answer_wipe(&answer);
	return text;
}

static inline const char *get(void)
{
	return ask(ACE_COAP_GET, &(struct client_job){ 0 });
}

static inline const char *put(void)
{
	return ask(ACE_COAP_PUT, &(struct client_job){ 0 });
}

#endif
