/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/command.h"

static enum ace_err refuse(struct cli_error *ret_error, const char *text, const char *why)
{
	enum ace_err err = cli_error_set(ret_error, ACE_ERR_MALFORMED, "\"%.200s\": %s", text, why);

	if (ret_error)
		ret_error->exit = CLI_EXIT_USAGE;
	return err;
}

/* Past the scheme, or NULL when it is one that is not spoken here. */
static const char *take_scheme(const char *text, struct cli_address *address)
{
	const char *colon = strstr(text, "://");

	address->port = CLI_COAP_PORT;
	if (!colon)
		return text;
	address->has_scheme = true;
	if (colon - text == 5 && !strncasecmp(text, "coaps", 5)) {
		address->secure = true;
		address->port = CLI_COAPS_PORT;
		return colon + 3;
	}
	return colon - text == 4 && !strncasecmp(text, "coap", 4) ? colon + 3 : NULL;
}

/* Path and query from at on; false when they are too long. */
static bool take_path(const char *at, struct cli_address *address)
{
	size_t path_len = strcspn(at, "?");
	const char *query = at[path_len] ? at + path_len + 1 : "";

	if (path_len > CLI_PATH_MAX || strlen(query) > CLI_PATH_MAX)
		return false;
	memcpy(address->path, at, path_len);
	memcpy(address->query, query, strlen(query));
	return true;
}

/* "host", "host:port", "[v6]", "[v6]:port" of len bytes. NULL or what is wrong. */
static const char *take_authority(const char *text, size_t len, struct cli_address *address)
{
	char authority[CLI_HOST_MAX + 16], *host = authority, *port = NULL, *colon;
	struct in6_addr v6;
	int64_t number;

	if (!len || len >= sizeof authority)
		return len ? "the host is too long" : "the host is missing";
	memcpy(authority, text, len);
	authority[len] = '\0';
	if (*host == '[') {
		char *end = strchr(host, ']');

		if (!end || (end[1] && end[1] != ':'))
			return "an IPv6 address stands in brackets: [::1]:5683";
		port = end[1] ? end + 2 : NULL;
		*end = '\0';
		host++;
		if (inet_pton(AF_INET6, host, &v6) != 1)
			return "not an IPv6 address";
	} else {
		colon = strchr(host, ':');
		if (colon && strchr(colon + 1, ':'))
			return "an IPv6 address stands in brackets: [::1]:5683";
		port = colon ? colon + 1 : NULL;
		if (colon)
			*colon = '\0';
	}
	if (!*host || strlen(host) > CLI_HOST_MAX)
		return "the host is missing or too long";
	if (port && !cli_number_parse(port, 1, 65535, &number))
		return "the port must be a number from 1 to 65535";
	if (port)
		address->port = (uint16_t)number;
	for (size_t i = 0; host[i]; i++)
		address->host[i] = host[i] >= 'A' && host[i] <= 'Z' ? (char)(host[i] + 32) : host[i];
	return NULL;
}

enum ace_err cli_address_parse(const char *text, struct cli_address *ret_address, struct cli_error *ret_error)
{
	struct cli_address address = { 0 };
	const char *rest, *why;
	size_t len;

	for (const char *c = text; *c; c++)
		if ((unsigned char)*c <= ' ' || (unsigned char)*c >= 0x7f)
			return refuse(ret_error, text, "blanks, control and non-ASCII characters must be written as %XX");
	rest = take_scheme(text, &address);
	if (!rest)
		return refuse(ret_error, text, "only coap:// and coaps:// are spoken here");
	if (strchr(rest, '#'))
		return refuse(ret_error, text, "a CoAP URI has no fragment");
	len = strcspn(rest, "/?");
	if (memchr(rest, '@', len))
		return refuse(ret_error, text, "a CoAP URI has no user part");
	why = take_authority(rest, len, &address);
	if (why)
		return refuse(ret_error, text, why);
	if (rest[len] && !address.has_scheme)
		return refuse(ret_error, text, "HOST:PORT has no path; write coap://HOST:PORT/path");
	if (!take_path(rest + len, &address))
		return refuse(ret_error, text, "path or query is too long");
	*ret_address = address;
	return ACE_OK;
}

enum ace_err cli_address_resolve(const struct cli_address *address, bool passive, struct sockaddr_storage *ret_addr,
				 socklen_t *ret_len, struct cli_error *ret_error)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct addrinfo *list = NULL;
	char port[8];
	int rc;

	hints.ai_flags = AI_NUMERICSERV | (passive ? AI_PASSIVE : 0);
	snprintf(port, sizeof port, "%u", (unsigned int)address->port);
	rc = getaddrinfo(address->host, port, &hints, &list);
	if (rc) {
		cli_error_set(ret_error, ACE_ERR_NOT_FOUND, "no address for host \"%s\": %s", address->host,
			      gai_strerror(rc));
		if (ret_error)
			ret_error->exit = CLI_EXIT_UNREACHABLE;
		return ACE_ERR_NOT_FOUND;
	}
	memset(ret_addr, 0, sizeof *ret_addr);
	memcpy(ret_addr, list->ai_addr, list->ai_addrlen);
	*ret_len = list->ai_addrlen;
	freeaddrinfo(list);
	return ACE_OK;
}

void cli_address_text(const struct sockaddr *addr, bool secure, char ret_text[CLI_ADDRESS_TEXT_MAX])
{
	char host[INET6_ADDRSTRLEN] = "?";
	const char *scheme = secure ? "coaps" : "coap";
	unsigned int port = 0;
	bool v6 = addr->sa_family == AF_INET6;

	if (v6) {
		struct sockaddr_in6 in6;

		memcpy(&in6, addr, sizeof in6);
		inet_ntop(AF_INET6, &in6.sin6_addr, host, sizeof host);
		port = ntohs(in6.sin6_port);
	} else if (addr->sa_family == AF_INET) {
		struct sockaddr_in in;

		memcpy(&in, addr, sizeof in);
		inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
		port = ntohs(in.sin_port);
	}
	snprintf(ret_text, CLI_ADDRESS_TEXT_MAX, "%s://%s%s%s:%u", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}
