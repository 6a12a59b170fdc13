/* SPDX-License-Identifier: Apache-2.0 */
#include "as/endpoints.h"

#include <string.h>

/* What the options of a request say, found in one look. */
struct asked {
	bool has_unknown; /* a critical option that an ACE endpoint does not know */
	bool has_blocks;
	bool has_format, has_accept;
	struct ace_slice format, accept;
};

static void first_of(bool *has, struct ace_slice *ret_value, struct ace_slice value)
{
	if (!*has)
		*ret_value = value;
	*has = true;
}

/* RFC 7252 5.4.1: "Unrecognized options of class 'critical' ... MUST cause the return of a 4.02". Uri-Query is known and has
 * no effect: parameters travel in the body only (RFC 9200 5). */
static struct asked read_options(struct ace_slice options)
{
	struct asked asked = { .has_unknown = false };
	struct ace_coap_options it;
	struct ace_coap_option option;

	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option))
		switch (option.number) {
		case ACE_OPT_BLOCK1:
		case ACE_OPT_BLOCK2:
			asked.has_blocks = true;
			break;
		case ACE_OPT_CONTENT_FORMAT:
			first_of(&asked.has_format, &asked.format, option.value);
			break;
		case ACE_OPT_ACCEPT:
			first_of(&asked.has_accept, &asked.accept, option.value);
			break;
		case ACE_OPT_URI_HOST:
		case ACE_OPT_URI_PORT:
		case ACE_OPT_URI_PATH:
		case ACE_OPT_URI_QUERY:
			break;
		default:
			asked.has_unknown = asked.has_unknown || ace_coap_option_is_critical(option.number);
		}
	return asked;
}

/* Absent, or that one. */
static bool format_is(bool is_there, struct ace_slice value, uint32_t wanted)
{
	uint32_t format;

	return !is_there || (!ace_coap_option_uint(value, &format) && format == wanted);
}

static bool path_is(struct ace_slice path, const char *wanted)
{
	return path.len == strlen(wanted) && !memcmp(path.ptr, wanted, path.len);
}

/* An endpoint, and what is checked before it is called. */
struct route {
	const char *path; /* borrows from the server or its configuration */
	uint8_t method;
	uint32_t format; /* of the answer, and of the body of a POST */
	bool is_public;  /* also for who sends no OSCORE */
	void (*run)(struct as_server *as, struct as_job *job);
};

static bool find_route(const struct as_server *as, struct ace_slice options, struct route *ret_route)
{
	const struct route routes[] = {
		{ as->token_path, ACE_COAP_POST, ACE_FORMAT_ACE_CBOR, false, as_token_endpoint },
		{ as->config->introspect_path, ACE_COAP_POST, ACE_FORMAT_ACE_CBOR, false, as_introspect_endpoint },
		{ as->config->trl_path, ACE_COAP_GET, ACE_FORMAT_TRL, false, as_trl_endpoint },
		{ "/.well-known/core", ACE_COAP_GET, ACE_FORMAT_LINK, true, as_discovery },
	};
	uint8_t bytes[STORE_URI_MAX];
	struct ace_buf path = ACE_BUF_OF(bytes);

	if (ace_coap_uri_path(options, &path))
		return false;
	for (size_t i = 0; i < ACE_ARRAY_LEN(routes); i++) {
		if (!path_is(ace_buf_slice(&path), routes[i].path))
			continue;
		*ret_route = routes[i];
		return true;
	}
	return false;
}

void as_dispatch(struct as_server *as, struct as_job *job)
{
	struct asked asked = read_options(job->inner.options);
	struct route route;

	if (asked.has_unknown)
		as_answer_code(&job->answer, ACE_COAP_BAD_OPTION);
	else if (!find_route(as, job->inner.options, &route))
		as_answer_code(&job->answer, ACE_COAP_NOT_FOUND);
	else if (job->inner.code != route.method)
		as_answer_code(&job->answer, ACE_COAP_METHOD_NOT_ALLOWED);
	else if (route.method == ACE_COAP_POST && !format_is(asked.has_format, asked.format, route.format))
		as_answer_code(&job->answer, ACE_COAP_UNSUPPORTED_FORMAT);
	else if (!format_is(asked.has_accept, asked.accept, route.format))
		as_answer_code(&job->answer, ACE_COAP_NOT_ACCEPTABLE);
	else if (!asked.has_blocks || as_blocks_take(as, job))
		route.run(as, job);
}

void as_dispatch_public(struct as_server *as, struct as_job *job)
{
	const struct ace_coap_message *msg = job->way.message;
	struct asked asked = read_options(msg->options);
	struct route route;

	/* OSCORE is no option that read_options() knows: what came with it and did not verify ends here. */
	if (asked.has_unknown || asked.has_blocks || !find_route(as, msg->options, &route) || !route.is_public ||
	    msg->code != route.method)
		return;
	if (format_is(asked.has_accept, asked.accept, route.format))
		route.run(as, job);
	else
		as_answer_code(&job->answer, ACE_COAP_NOT_ACCEPTABLE);
}
