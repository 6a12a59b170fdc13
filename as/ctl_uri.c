/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_uri.h"

#include <stdio.h>
#include <string.h>

enum ace_err ctl_uri_check(const char *as_uri, struct cli_address *ret_address, struct cli_error *ret_error)
{
	struct cli_address address;
	enum ace_err err = cli_address_parse(as_uri, &address, ret_error);

	if (!err && (!address.has_scheme || address.path[0] != '/' || !address.path[1]))
		err = cli_error_set(ret_error, ACE_ERR_MALFORMED,
				    "--as-uri %s: a token endpoint is like coap://HOST:PORT/token", as_uri);
	if (err && ret_error)
		ret_error->exit = CLI_EXIT_USAGE;
	if (!err && ret_address)
		*ret_address = address;
	return err;
}

enum ace_err ctl_uri_dtls(const char *as_uri, char ret_uri[STORE_URI_MAX + 1], struct cli_error *ret_error)
{
	struct cli_address address;
	enum ace_err err = cli_address_parse(as_uri, &address, ret_error);
	char port[8] = "";
	int len;

	if (err)
		return err;
	if (!address.secure && address.port == UINT16_MAX)
		return cli_error_set(ret_error, ACE_ERR_RANGE, "%s: no port is above its own; use --as-uri", as_uri);
	if (!address.secure)
		address.port++;
	if (address.port != CLI_COAPS_PORT)
		snprintf(port, sizeof port, ":%u", address.port);
	len = snprintf(ret_uri, STORE_URI_MAX + 1, strchr(address.host, ':') ? "coaps://[%s]%s%s" : "coaps://%s%s%s",
		       address.host, port, address.path);
	return len > STORE_URI_MAX ? cli_error_set(ret_error, ACE_ERR_RANGE, "%s is too long", as_uri) : ACE_OK;
}
