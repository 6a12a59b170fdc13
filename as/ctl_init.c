/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <string.h>

#include "as/ctl_uri.h"
#include "cli/json.h"

/* "coap://host:port/token" without its path. */
static void issuer_of(const char *as_uri, char *ret_issuer, size_t cap)
{
	const char *host = strstr(as_uri, "://"), *path = host ? strchr(host + 3, '/') : NULL;
	size_t len = path ? (size_t)(path - as_uri) : strlen(as_uri);

	snprintf(ret_issuer, cap, "%.*s", (int)len, as_uri);
}

static int print_created(const struct cli_call *call, const struct cli_output *output,
			 const struct store_setup *setup, const char *listen)
{
	struct json_t *document = cli_json_object();

	cli_json_put_text(document, "state_dir", ctl_state_dir(call));
	cli_json_put_int(document, "generation", 0);
	cli_json_put_text(document, "issuer", setup->issuer);
	cli_json_put_text(document, "as_uri", setup->as_uri);
	cli_say_done(output, "created the store (generation 0) and its key-encryption key");
	if (cli_flag(call, "state-dir"))
		cli_note(output, "next: aced --state-dir %s --listen %s &", ctl_state_dir(call), listen);
	else
		cli_note(output, "next: aced --listen %s &", listen);
	return ctl_printed(output, cli_output_json(output, document));
}

int ctl_init(const struct cli_call *call, const struct cli_output *output)
{
	const char *as_uri = cli_flag_value(call, "as-uri"), *issuer = cli_flag_value(call, "issuer");
	char derived[STORE_URI_MAX + 1];
	struct store_setup setup = { .as_uri = as_uri ? as_uri : "coap://127.0.0.1:5683/token", .now = ctl_now() };
	struct store_error error = { 0 };
	struct cli_error wrong;
	enum ace_err err;

	/* Clients and devices are told this URI: a typo would reach all of them. */
	if (ctl_uri_check(setup.as_uri, NULL, &wrong))
		return cli_error_print(output, &wrong);
	issuer_of(setup.as_uri, derived, sizeof derived);
	setup.issuer = issuer ? issuer : derived;
	err = store_create(&(struct store_options){ .dir = ctl_state_dir(call),
						    .kek_path = cli_flag_value(call, "kek") }, &setup, &error);
	return err ? ctl_store_error(output, &error) : print_created(call, output, &setup, derived);
}
