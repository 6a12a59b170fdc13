/* SPDX-License-Identifier: Apache-2.0 */
#include "flood.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

const char *flood_metrics_get(const struct bench_daemon *daemon)
{
	static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n";
	static char text[1 << 20];
	const struct timeval wait = { .tv_sec = 20 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t len = 0;
	ssize_t got;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait) ||
	    connect(fd, (const struct sockaddr *)&daemon->metrics, sizeof daemon->metrics) ||
	    write(fd, request, sizeof request - 1) != (ssize_t)(sizeof request - 1))
		bench_die("no metrics: %s", strerror(errno));
	while ((got = read(fd, text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)got;
	if (got < 0)
		bench_die("metrics do not come: %s", strerror(errno));
	text[len] = '\0';
	close(fd);
	return text;
}

uint64_t flood_metrics_value(const char *text, const char *name)
{
	char line[128];
	const char *found;

	snprintf(line, sizeof line, "\n%s ", name);
	found = strstr(text, line);
	if (!found)
		bench_die("no %s among the metrics", name);
	return strtoull(found + strlen(line), NULL, 10);
}
