/* SPDX-License-Identifier: Apache-2.0 */
/* Who we are to which AS: the bundle that came as a ticket, one file an AS. */
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "cli/address.h"
#include "client/state.h"

static struct ace_slice slice_of(const char *text)
{
	return (struct ace_slice){ (const uint8_t *)text, strlen(text) };
}

static bool address_of(struct ace_slice uri, struct cli_address *ret_address)
{
	char text[CLI_HOST_MAX + CLI_PATH_MAX + 32];

	if (!uri.len || uri.len >= sizeof text || memchr(uri.ptr, 0, uri.len))
		return false;
	memcpy(text, uri.ptr, uri.len);
	text[uri.len] = '\0';
	return !cli_address_parse(text, ret_address, NULL);
}

/* The two ports of one server: 5683 and 5684, or any other pair of neighbours. */
static bool is_same_server(const struct cli_address *a, const struct cli_address *b)
{
	return a->port == b->port || (a->secure && !b->secure && a->port == b->port + 1) ||
	       (!a->secure && b->secure && a->port + 1 == b->port);
}

bool client_same_as(struct ace_slice a, struct ace_slice b)
{
	struct cli_address x, y;

	if (ace_slice_equal(a, b))
		return true;
	if (!address_of(a, &x) || !address_of(b, &y))
		return false;
	/* protocol.md 2.1: C may swap coap and coaps to match how it talks to the AS. */
	return !strcmp(x.host, y.host) && !strcmp(x.path, y.path) && !strcmp(x.query, y.query) && is_same_server(&x, &y);
}

static enum ace_err credentials_load(const struct client_state *state, const struct client_name *name,
				     struct cli_client_bundle *ret_bundle, struct cli_error *ret_error)
{
	struct cli_bytes content = { 0 };
	struct ace_cbor_reader r;
	struct ace_slice json;
	char path[CLIENT_PATH_MAX + CLIENT_NAME_MAX];
	enum ace_err err = client_record_read(state, name, &content, ret_error);

	if (err)
		return err;
	snprintf(path, sizeof path, "%s/%s", state->dir, name->text);
	ace_cbor_read_init(&r, (struct ace_slice){ content.ptr, content.len });
	json = ace_cbor_read_tstr(&r);
	err = ace_cbor_read_finish(&r);
	if (err)
		err = client_record_damaged(state, name, "it holds no credentials", ret_error);
	else
		err = cli_client_bundle_read(json, path, ret_bundle, ret_error);
	cli_bytes_free(&content);
	return err;
}

void client_enrolments_free(struct client_enrolments *enrolments)
{
	for (size_t i = 0; i < enrolments->len; i++)
		cli_client_bundle_fini(&enrolments->bundles[i]);
	free(enrolments->bundles);
	memset(enrolments, 0, sizeof *enrolments);
}

enum ace_err client_enrolments_read(const struct client_state *state, struct client_enrolments *ret_enrolments,
				    struct cli_error *ret_error)
{
	struct client_enrolments enrolments = { 0 };
	struct client_name *names = NULL;
	size_t len = 0;
	enum ace_err err = client_record_list(state, CLIENT_KIND_CREDENTIALS, &names, &len, ret_error);

	if (!err && len) {
		enrolments.bundles = calloc(len, sizeof *enrolments.bundles);
		if (!enrolments.bundles)
			err = cli_error_set(ret_error, ACE_ERR_MEMORY, "no memory");
	}
	for (size_t i = 0; !err && i < len; i++) {
		err = credentials_load(state, &names[i], &enrolments.bundles[enrolments.len], ret_error);
		if (!err)
			enrolments.len++;
		else if (err == ACE_ERR_NOT_FOUND) /* removed meanwhile */
			err = ACE_OK;
	}
	free(names);
	if (err)
		client_enrolments_free(&enrolments);
	else
		*ret_enrolments = enrolments;
	return err;
}

enum ace_err client_credentials_write(const struct client_state *state, const struct cli_client_bundle *bundle,
				      struct cli_error *ret_error)
{
	struct ace_slice about = slice_of(bundle->as_uri), written;
	uint8_t bytes[CLIENT_RECORD_MAX - 64];
	struct cli_client_bundle kept = *bundle;
	struct cli_bytes json = { 0 };
	struct client_name name;
	struct ace_cbor_writer w;
	enum ace_err err;

	kept.expires = 0; /* it is no ticket any more */
	err = client_name_make(CLIENT_KIND_CREDENTIALS, &about, 1, &name);
	if (err)
		return cli_error_set(ret_error, err, "cannot name the credentials' file");
	err = cli_client_bundle_write(&kept, CLI_FORMAT_JSON, &json, ret_error);
	if (err)
		return err;
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_tstr(&w, (struct ace_slice){ json.ptr, json.len });
	err = ace_cbor_written(&w, &written);
	if (err)
		(void)cli_error_set(ret_error, err, "the credentials are too long");
	else
		err = client_record_write(state, &name, written, ret_error);
	ace_wipe(bytes, sizeof bytes);
	cli_bytes_free(&json);
	return err;
}

const struct cli_client_bundle *client_enrolment_find(const struct client_enrolments *enrolments,
						      struct ace_slice as_uri)
{
	for (size_t i = 0; i < enrolments->len; i++)
		if (client_same_as(slice_of(enrolments->bundles[i].as_uri), as_uri))
			return &enrolments->bundles[i];
	return NULL;
}
