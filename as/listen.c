/* SPDX-License-Identifier: Apache-2.0 */
#include "as/listen.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define URI_MAX (AS_LISTEN_MAX + 16)

/* A port 0 asks for a free one; no URI can say that, so another one stands in its place while the address is read. */
static enum ace_err parse(const char *text, struct cli_address *ret_address, bool *ret_any_port,
			  struct cli_error *ret_error)
{
	char uri[URI_MAX];
	size_t len = strlen(text);

	if (len >= sizeof uri)
		return cli_error_set(ret_error, ACE_ERR_MALFORMED, "an address of more than %zu bytes", sizeof uri - 1);
	snprintf(uri, sizeof uri, "%s", text);
	*ret_any_port = len > 2 && !strcmp(text + len - 2, ":0");
	if (*ret_any_port)
		uri[len - 1] = '1';
	return cli_address_parse(uri, ret_address, ret_error);
}

enum ace_err as_listen_parse(const char *text, struct as_listen *ret_listen, struct cli_error *ret_error)
{
	struct cli_address address;
	bool any_port;
	enum ace_err err = parse(text, &address, &any_port, ret_error);
	unsigned int port;

	if (err)
		return err;
	if (!address.has_scheme || address.path[0] || address.query[0])
		return cli_error_set(ret_error, ACE_ERR_MALFORMED, "\"%.200s\" is not coap://HOST:PORT", text);
	port = any_port ? 0 : address.port;
	ret_listen->secure = address.secure;
	if (snprintf(ret_listen->address, AS_LISTEN_MAX, strchr(address.host, ':') ? "[%s]:%u" : "%s:%u", address.host,
		     port) >= AS_LISTEN_MAX)
		return cli_error_set(ret_error, ACE_ERR_MALFORMED, "an address that is too long");
	return ACE_OK;
}

void as_listen_put(const struct as_listen *listen, struct as_config *config)
{
	memcpy(listen->secure ? config->listen_dtls : config->listen, listen->address, AS_LISTEN_MAX);
}

enum ace_err as_listen_resolve(const char *address, struct sockaddr_storage *ret_addr, socklen_t *ret_len,
			       struct cli_error *ret_error)
{
	struct cli_address parsed;
	bool any_port;
	enum ace_err err = parse(address, &parsed, &any_port, ret_error);

	if (!err)
		err = cli_address_resolve(&parsed, true, ret_addr, ret_len, ret_error);
	if (err || !any_port)
		return err;
	if (ret_addr->ss_family == AF_INET6)
		((struct sockaddr_in6 *)(void *)ret_addr)->sin6_port = 0;
	else
		((struct sockaddr_in *)(void *)ret_addr)->sin_port = 0;
	return ACE_OK;
}
