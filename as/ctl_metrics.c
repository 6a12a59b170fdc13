/* SPDX-License-Identifier: Apache-2.0 */
/* acectl metrics: ask the port of aced that serves them. */
#include "as/ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "as/config.h"
#include "cli/json.h"

#define WAIT_S 5
#define TEXT_MAX (1024 * 1024)

/* What the flag says, or else the daemon's configuration, or else the default. */
static int find_address(const struct cli_call *call, const struct cli_output *output, char ret_text[AS_METRICS_ADDRESS_MAX])
{
	static struct as_config config;
	const char *from = cli_flag_value(call, "from");
	struct cli_error error;

	as_config_init(&config);
	if (!from && !access(AS_CONFIG_DEFAULT, R_OK) && as_config_read(AS_CONFIG_DEFAULT, &config, &error))
		return cli_error_print(output, &error);
	if (!from)
		from = config.metrics[0] ? config.metrics : AS_METRICS_DEFAULT;
	snprintf(ret_text, AS_METRICS_ADDRESS_MAX, "%s", from);
	return CLI_EXIT_OK;
}

static int unreachable(const struct cli_output *output, const char *text)
{
	struct cli_error error;

	cli_error_set(&error, ACE_ERR_NOT_FOUND, "no metrics on %s: %s", text, strerror(errno));
	cli_error_hint(&error, "aced serves them when told to: aced --metrics %s, or \"metrics\" in its configuration", text);
	snprintf(error.code, sizeof error.code, "unreachable");
	error.exit = CLI_EXIT_UNREACHABLE;
	return cli_error_print(output, &error);
}

static int connect_to(const struct sockaddr_storage *address, socklen_t len)
{
	const struct timeval wait = { .tv_sec = WAIT_S };
	int saved, fd = socket(address->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) &&
	    !setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait) &&
	    !connect(fd, (const struct sockaddr *)(const void *)address, len))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* HTTP/1.0: the answer ends with the connection. @return bytes, or -1 with errno. */
static ssize_t fetch(int fd, char *text, size_t cap)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\nConnection: close\r\n\r\n";
	size_t len = 0;

	if (send(fd, request, sizeof request - 1, MSG_NOSIGNAL) != (ssize_t)(sizeof request - 1))
		return -1;
	for (;;) {
		ssize_t got = recv(fd, text + len, cap - len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return got < 0 ? -1 : (ssize_t)len;
		len += (size_t)got;
		if (len == cap) {
			errno = EMSGSIZE;
			return -1;
		}
	}
}

static int print(const struct cli_output *output, const char *text, size_t len)
{
	const char *body = memmem(text, len, "\r\n\r\n", 4);
	struct json_t *document;

	if (!body || len < 13 || memcmp(text, "HTTP/1.", 7) || memcmp(text + 8, " 200 ", 5))
		return cli_fail(output, CLI_EXIT_BROKEN, "what answers there is no aced");
	body += 4;
	if (output->json == CLI_TEXT) {
		fwrite(body, 1, len - (size_t)(body - text), output->out);
		return CLI_EXIT_OK;
	}
	document = cli_json_object();
	cli_json_put_text(document, "prometheus", body);
	return ctl_printed(output, cli_output_json(output, document));
}

int ctl_metrics(const struct cli_call *call, const struct cli_output *output)
{
	char where[AS_METRICS_ADDRESS_MAX];
	struct sockaddr_storage address;
	struct cli_error error;
	socklen_t address_len;
	char *text;
	ssize_t len = -1;
	int fd, code = find_address(call, output, where);

	if (code)
		return code;
	if (as_metrics_address_parse(where, &address, &address_len, &error))
		return cli_fail(output, CLI_EXIT_USAGE, "--from: %s", error.message);
	text = calloc(1, TEXT_MAX + 1);
	if (!text)
		return cli_fail(output, CLI_EXIT_BROKEN, "no memory");
	fd = connect_to(&address, address_len);
	if (fd >= 0)
		len = fetch(fd, text, TEXT_MAX);
	code = len < 0 ? unreachable(output, where) : print(output, text, (size_t)len);
	if (fd >= 0)
		close(fd);
	free(text);
	return code;
}
