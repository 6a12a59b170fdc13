/* SPDX-License-Identifier: Apache-2.0 */
/* A night setback in one page: read a thermostat, and turn it down when it is warm.
 *
 *	thermostat STATE_DIR coap://HOST:PORT DEGREES        after: ace-client --state-dir STATE_DIR enroll TICKET */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <ace_client.h>

static void note(void *arg, const char *text)
{
	(void)arg;
	fprintf(stderr, "note: %s\n", text);
}

static int failed(struct ace_client *client, const char *what)
{
	fprintf(stderr, "thermostat: %s: %s\n", what, ace_client_strerror(client));
	ace_client_close(client);
	return EXIT_FAILURE;
}

/* The device said so, and proved that it did. */
static int refused(struct ace_client *client, const char *what, unsigned int code)
{
	fprintf(stderr, "thermostat: %s: the device answers %u.%02u\n", what, code >> 5, code & 0x1f);
	ace_client_close(client);
	return EXIT_FAILURE;
}

int main(int argc, char **argv)
{
	struct ace_client_answer answer;
	struct ace_client *client;
	char temp[300], setpoint[300], degrees[32];

	if (argc != 4) {
		fputs("usage: thermostat STATE_DIR coap://HOST:PORT DEGREES\n", stderr);
		return 2;
	}
	snprintf(temp, sizeof temp, "%s/temp", argv[2]);
	snprintf(setpoint, sizeof setpoint, "%s/setpoint", argv[2]);
	if (ace_client_open(&(struct ace_client_options){ .state_dir = argv[1], .note = note }, &client))
		return failed(client, "open");
	/* Hints, token, keys: all that is needed happens in here, and is kept for the next time. */
	if (ace_client_request(client, &(struct ace_client_request){ .uri = temp }, &answer))
		return failed(client, "read");
	if (answer.code != 0x45)
		return refused(client, "read", answer.code);
	snprintf(degrees, sizeof degrees, "%.*s", (int)answer.payload_len, (const char *)answer.payload);
	printf("%s degrees\n", degrees);
	if (strtod(degrees, NULL) > strtod(argv[3], NULL)) {
		/* More rights are asked for when the device says that they are needed. */
		if (ace_client_request(client, &(struct ace_client_request){
			    .uri = setpoint, .method = 3, .payload = argv[3], .payload_len = strlen(argv[3]) }, &answer))
			return failed(client, "turn down");
		if (answer.code >> 5 != 2)
			return refused(client, "turn down", answer.code);
		printf("turned down to %s: %u.%02u\n", argv[3], answer.code >> 5, answer.code & 0x1f);
	}
	ace_client_close(client);
	return EXIT_SUCCESS;
}
