/* SPDX-License-Identifier: Apache-2.0 */
#include "as/metrics_http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "as/health.h"
#include "as/metrics.h"
#include "as/server.h"

#define TIMEOUT_S 2 /* of silence: on one machine that is long */
#define AGE_MAX_MS 5000 /* of a connection, however much it says */
#define CONNECTION_BYTES 8192 /* of memory that a connection may take */
#define TYPE_METRICS "text/plain; version=0.0.4; charset=utf-8"
#define TYPE_TEXT "text/plain; charset=utf-8"

struct as_http {
	struct as_server *as; /* borrows */
	struct MHD_Daemon *daemon;
	int listen_fd, epoll_fd; /* both belong to the daemon */
	struct connection {
		int fd; /* belongs to the daemon; -1: free */
		uint64_t begun_ms;
	} connections[AS_METRICS_CONNECTIONS_MAX];
	char address[AS_METRICS_ADDRESS_MAX];
};

/* --- where --- */

static bool parse_port(const char *text, in_port_t *ret_port)
{
	size_t digits = strspn(text, "0123456789");
	unsigned long port = digits && digits <= 5 && !text[digits] ? strtoul(text, NULL, 10) : UINT16_MAX + 1ul;

	*ret_port = htons((uint16_t)port);
	return port <= UINT16_MAX;
}

static bool parse_host(const char *host, in_port_t port, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = port };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = port };

	memset(ret_address, 0, sizeof *ret_address);
	if (inet_pton(AF_INET, host, &in.sin_addr) == 1) {
		memcpy(ret_address, &in, sizeof in);
		*ret_len = sizeof in;
		return ntohl(in.sin_addr.s_addr) >> 24 == IN_LOOPBACKNET;
	}
	if (inet_pton(AF_INET6, host, &in6.sin6_addr) != 1)
		return false;
	memcpy(ret_address, &in6, sizeof in6);
	*ret_len = sizeof in6;
	return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

enum ace_err as_metrics_address_parse(const char *text, struct sockaddr_storage *ret_address, socklen_t *ret_len,
				      struct cli_error *ret_error)
{
	const char *colon = strrchr(text, ':');
	char host[AS_METRICS_ADDRESS_MAX];
	size_t skip = text[0] == '[', len = colon ? (size_t)(colon - text) : 0;
	in_port_t port;

	if (len <= 2 * skip || len >= sizeof host || (skip && text[len - 1] != ']') || !parse_port(colon + 1, &port))
		return cli_error_set(ret_error, ACE_ERR_MALFORMED, "\"%.80s\" is not ADDRESS:PORT", text);
	snprintf(host, sizeof host, "%.*s", (int)(len - 2 * skip), text + skip);
	if (parse_host(host, port, ret_address, ret_len))
		return ACE_OK;
	return cli_error_set(ret_error, ACE_ERR_MALFORMED, "\"%.80s\" is no loopback address such as 127.0.0.1 or [::1]", host);
}

static enum ace_err keep_address(int fd, struct as_http *http)
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} bound;
	socklen_t len = sizeof bound;
	char host[INET6_ADDRSTRLEN] = "";

	if (getsockname(fd, &bound.any, &len))
		return ACE_ERR_IO;
	if (bound.any.sa_family == AF_INET6) {
		inet_ntop(AF_INET6, &bound.in6.sin6_addr, host, sizeof host);
		snprintf(http->address, sizeof http->address, "[%s]:%u", host, ntohs(bound.in6.sin6_port));
	} else {
		inet_ntop(AF_INET, &bound.in.sin_addr, host, sizeof host);
		snprintf(http->address, sizeof http->address, "%s:%u", host, ntohs(bound.in.sin_port));
	}
	return ACE_OK;
}

static enum ace_err listen_on(const char *text, struct as_http *http)
{
	struct sockaddr_storage address;
	socklen_t len;
	int on = 1;
	enum ace_err err = as_metrics_address_parse(text, &address, &len, NULL);

	if (err)
		return err;
	http->listen_fd = socket(address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* A restart must not wait for connections of the run before. */
	if (http->listen_fd < 0 || setsockopt(http->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
	    bind(http->listen_fd, (const struct sockaddr *)(const void *)&address, len) ||
	    listen(http->listen_fd, AS_METRICS_CONNECTIONS_MAX))
		return ACE_ERR_IO;
	return keep_address(http->listen_fd, http);
}

/* --- what --- */

static enum MHD_Result answer(struct MHD_Connection *connection, unsigned int status, const char *type, const char *text,
			      size_t len)
{
	/* MHD_RESPMEM_MUST_COPY: it takes void *, and reads only. */
	struct MHD_Response *response = MHD_create_response_from_buffer(len, (void *)(uintptr_t)text, MHD_RESPMEM_MUST_COPY);
	enum MHD_Result result;

	if (!response)
		return MHD_NO;
	result = MHD_add_response_header(response, MHD_HTTP_HEADER_CONTENT_TYPE, type);
	if (result == MHD_YES && status == MHD_HTTP_METHOD_NOT_ALLOWED)
		result = MHD_add_response_header(response, MHD_HTTP_HEADER_ALLOW, "GET, HEAD");
	if (result == MHD_YES)
		result = MHD_queue_response(connection, status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result answer_text(struct MHD_Connection *connection, unsigned int status, const char *text)
{
	return answer(connection, status, TYPE_TEXT, text, strlen(text));
}

static enum MHD_Result answer_metrics(struct as_server *as, struct MHD_Connection *connection)
{
	enum MHD_Result result;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	enum ace_err err;

	if (!out)
		return MHD_NO;
	err = as_metrics_write(as, out);
	/* The text is there when the stream is closed, whatever became of it. */
	result = fclose(out) || err ? MHD_NO : answer(connection, MHD_HTTP_OK, TYPE_METRICS, text, len);
	free(text);
	return result;
}

static enum MHD_Result answer_ready(struct as_server *as, struct MHD_Connection *connection)
{
	char reason[AS_HEALTH_TEXT_MAX], text[AS_HEALTH_TEXT_MAX + 1];
	bool is_ready = as_health_ready(as, reason);

	snprintf(text, sizeof text, "%s\n", reason);
	return answer_text(connection, is_ready ? MHD_HTTP_OK : MHD_HTTP_SERVICE_UNAVAILABLE, text);
}

/* A page from elsewhere whose name was made to mean this machine (DNS rebinding) sends that name; who is meant to read this
 * sends an address, localhost, or nothing. */
static bool is_for_us(const char *host)
{
	struct in6_addr address;
	char name[INET6_ADDRSTRLEN];
	size_t skip = host && host[0] == '[', len = host ? strcspn(host + skip, skip ? "]" : ":") : 0;

	if (!host)
		return true;
	if (len >= sizeof name)
		return false;
	memcpy(name, host + skip, len);
	name[len] = '\0';
	return skip ? inet_pton(AF_INET6, name, &address) == 1
		    : inet_pton(AF_INET, name, &address) == 1 || !strcasecmp(name, "localhost");
}

/* Called by MHD_run(), when the head of a request is there. A body is not read: it ends with the connection. */
static enum MHD_Result handle(void *arg, struct MHD_Connection *connection, const char *url, const char *method,
			      const char *version, const char *upload, size_t *upload_len, void **context)
{
	struct as_http *http = arg;

	(void)version;
	(void)upload;
	(void)context;
	*upload_len = 0;
	if (!is_for_us(MHD_lookup_connection_value(connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_HOST)))
		return answer_text(connection, MHD_HTTP_MISDIRECTED_REQUEST, "ask by the address, or as localhost\n");
	if (strcmp(method, MHD_HTTP_METHOD_GET) && strcmp(method, MHD_HTTP_METHOD_HEAD))
		return answer_text(connection, MHD_HTTP_METHOD_NOT_ALLOWED, "GET or HEAD\n");
	if (!strcmp(url, "/metrics"))
		return answer_metrics(http->as, connection);
	if (!strcmp(url, "/readyz"))
		return answer_ready(http->as, connection);
	if (!strcmp(url, "/healthz"))
		return answer_text(connection, MHD_HTTP_OK, "alive\n");
	return answer_text(connection, MHD_HTTP_NOT_FOUND, "/metrics, /healthz, /readyz\n");
}

/* --- the daemon --- */

/* Its complaints are about peers; what matters shows in the answers. */
static void say_nothing(void *arg, const char *format, va_list args)
{
	(void)arg;
	(void)format;
	(void)args;
}

/* Called by the daemon at both ends of a connection. */
static void note_connection(void *arg, struct MHD_Connection *connection, void **context,
			    enum MHD_ConnectionNotificationCode what)
{
	struct as_http *http = arg;
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);

	for (size_t i = 0; what == MHD_CONNECTION_NOTIFY_STARTED && info && i < ACE_ARRAY_LEN(http->connections); i++) {
		struct connection *slot = &http->connections[i];

		if (slot->fd >= 0)
			continue;
		*slot = (struct connection){ info->connect_fd, ace_port_monotonic_ms() };
		*context = slot;
		return;
	}
	if (what == MHD_CONNECTION_NOTIFY_CLOSED && *context)
		((struct connection *)*context)->fd = -1;
}

/* The daemon's own time-out starts anew with each byte, so that who sends one now and then would stay. Without its
 * socket, a connection is over at the next look. */
static void end_old(struct as_http *http)
{
	uint64_t now_ms = ace_port_monotonic_ms();

	for (size_t i = 0; i < ACE_ARRAY_LEN(http->connections); i++)
		if (http->connections[i].fd >= 0 && now_ms - http->connections[i].begun_ms > AGE_MAX_MS)
			(void)shutdown(http->connections[i].fd, SHUT_RDWR);
}

static enum ace_err start(struct as_http *http)
{
	const union MHD_DaemonInfo *info;

	http->daemon = MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, handle, http, MHD_OPTION_EXTERNAL_LOGGER, say_nothing,
					NULL, MHD_OPTION_LISTEN_SOCKET, http->listen_fd, MHD_OPTION_CONNECTION_LIMIT,
					(unsigned int)AS_METRICS_CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
					(unsigned int)TIMEOUT_S, MHD_OPTION_NOTIFY_CONNECTION, note_connection, http,
					MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES,
					MHD_OPTION_END);
	info = http->daemon ? MHD_get_daemon_info(http->daemon, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info)
		return ACE_ERR_IO;
	http->epoll_fd = info->epoll_fd;
	return ACE_OK;
}

enum ace_err as_http_open(struct as_server *as, const char *address, struct as_http **ret_http)
{
	struct as_http *http = calloc(1, sizeof *http);
	enum ace_err err;
	int saved;

	if (!http)
		return ACE_ERR_MEMORY;
	*http = (struct as_http){ .as = as, .listen_fd = -1, .epoll_fd = -1 };
	for (size_t i = 0; i < ACE_ARRAY_LEN(http->connections); i++)
		http->connections[i].fd = -1;
	err = listen_on(address, http);
	if (!err)
		err = start(http);
	if (err) {
		saved = errno;
		as_http_close(http);
		errno = saved;
		return err;
	}
	*ret_http = http;
	return ACE_OK;
}

void as_http_close(struct as_http *http)
{
	if (!http)
		return;
	if (http->daemon)
		MHD_stop_daemon(http->daemon); /* closes the socket too */
	else if (http->listen_fd >= 0)
		close(http->listen_fd);
	free(http);
}

const char *as_http_address(const struct as_http *http)
{
	return http->address;
}

int as_http_fd(const struct as_http *http)
{
	return http->epoll_fd;
}

bool as_http_run(struct as_http *http)
{
	MHD_UNSIGNED_LONG_LONG wait_ms;

	end_old(http);
	if (MHD_run(http->daemon) != MHD_YES)
		return false;
	return MHD_get_timeout(http->daemon, &wait_ms) == MHD_YES && !wait_ms;
}
