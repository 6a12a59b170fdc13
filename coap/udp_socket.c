/* SPDX-License-Identifier: Apache-2.0 */
/* The socket itself, and addresses as text. */
#include "coap/udp_socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/sock_diag.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HOST_MAX 255
#define PORT_DIGITS_MAX 5

static void address_text(int family, const uint8_t *address, uint32_t scope, uint16_t port,
			 char ret_text[ACE_UDP_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "?", zone[12] = "";

	inet_ntop(family, address, host, sizeof host);
	if (scope)
		snprintf(zone, sizeof zone, "%%%u", (unsigned int)scope);
	snprintf(ret_text, ACE_UDP_TEXT_MAX, family == AF_INET6 ? "[%s%s]:%u" : "%s%s:%u", host, zone,
		 (unsigned int)port);
}

void ace_udp_endpoint_text(const struct ace_udp_endpoint *endpoint, char ret_text[ACE_UDP_TEXT_MAX])
{
	address_text(endpoint->family, endpoint->remote, endpoint->scope, endpoint->port, ret_text);
}

static bool port_is_valid(const char *port)
{
	size_t digits = strspn(port, "0123456789");

	return digits && digits <= PORT_DIGITS_MAX && !port[digits] && strtoul(port, NULL, 10) <= UINT16_MAX;
}

/* "HOST:PORT" or "[IPv6]:PORT" into its parts. */
static enum ace_err listen_split(const char *listen, char ret_host[HOST_MAX + 1], const char **ret_port)
{
	const char *colon = strrchr(listen, ':');
	bool bracketed = listen[0] == '[';
	size_t len;

	if (!colon || !port_is_valid(colon + 1))
		return ACE_ERR_MALFORMED;
	len = (size_t)(colon - listen);
	if (bracketed && (len < 3 || listen[len - 1] != ']'))
		return ACE_ERR_MALFORMED;
	if (bracketed) {
		listen++;
		len -= 2;
	}
	if (!len || len > HOST_MAX || (!bracketed && memchr(listen, ':', len)))
		return ACE_ERR_MALFORMED;
	memcpy(ret_host, listen, len);
	ret_host[len] = '\0';
	*ret_port = colon + 1;
	return ACE_OK;
}

static bool socket_set_up(int fd, const struct addrinfo *address)
{
	int on = 1, buffer = ACE_UDP_RECEIVE_BYTES;

	/* Best effort: without it a flood loses datagrams a little earlier. What may go above net.core.rmem_max does. */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof buffer))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
	if (address->ai_family == AF_INET6 && (setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) ||
					       setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)))
		return false;
	if (address->ai_family == AF_INET && setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof on))
		return false;
	return bind(fd, address->ai_addr, address->ai_addrlen) == 0;
}

size_t ace_udp_socket_receive_bytes(int fd)
{
	int bytes = 0;
	socklen_t len = sizeof bytes;

	/* socket(7): the system doubles what is set, for its own bookkeeping, and tells the double. */
	return getsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, &len) || bytes < 0 ? 0 : (size_t)bytes / 2;
}

uint64_t ace_udp_socket_lost(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof info;

	return getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) ? 0 : info[SK_MEMINFO_DROPS];
}

static enum ace_err socket_text(int fd, char ret_text[ACE_UDP_TEXT_MAX])
{
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} bound;
	socklen_t len = sizeof bound;
	uint8_t address[16];

	if (getsockname(fd, &bound.any, &len))
		return ACE_ERR_IO;
	if (bound.any.sa_family == AF_INET6) {
		memcpy(address, &bound.in6.sin6_addr, 16);
		address_text(AF_INET6, address, bound.in6.sin6_scope_id, ntohs(bound.in6.sin6_port), ret_text);
	} else {
		memcpy(address, &bound.in.sin_addr, 4);
		address_text(AF_INET, address, 0, ntohs(bound.in.sin_port), ret_text);
	}
	return ACE_OK;
}

static enum ace_err socket_bind(const struct addrinfo *address, int *ret_fd, char ret_text[ACE_UDP_TEXT_MAX])
{
	int fd = socket(address->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
	int saved;

	if (fd < 0)
		return ACE_ERR_IO;
	if (!socket_set_up(fd, address) || socket_text(fd, ret_text)) {
		saved = errno;
		close(fd);
		errno = saved;
		return ACE_ERR_IO;
	}
	*ret_fd = fd;
	return ACE_OK;
}

enum ace_err ace_udp_socket_open(const char *listen, int *ret_fd, char ret_text[ACE_UDP_TEXT_MAX])
{
	const struct addrinfo wanted = { .ai_flags = AI_PASSIVE | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *found;
	char host[HOST_MAX + 1];
	const char *port;
	int saved;
	enum ace_err err = listen_split(listen, host, &port);

	if (err)
		return err;
	if (getaddrinfo(host, port, &wanted, &found))
		return ACE_ERR_NOT_FOUND;
	err = socket_bind(found, ret_fd, ret_text);
	saved = errno;
	freeaddrinfo(found);
	errno = saved;
	return err;
}
