/* SPDX-License-Identifier: Apache-2.0 */
#include "as/endpoints.h"

#include <string.h>

/* Options that an ACE endpoint knows; a critical one that is none of these refuses the request.
 * Uri-Query is known and has no effect: parameters travel in the body only (RFC 9200 5). */
static bool is_known_option(uint32_t number)
{
	switch (number) {
	case ACE_OPT_URI_HOST:
	case ACE_OPT_URI_PORT:
	case ACE_OPT_URI_PATH:
	case ACE_OPT_URI_QUERY:
	case ACE_OPT_ACCEPT:
		return true;
	default:
		return !ace_coap_option_is_critical(number);
	}
}

/* RFC 7252 5.4.1: "Unrecognized options of class 'critical' ... MUST cause the return of a 4.02". */
static bool options_are_known(struct ace_slice options)
{
	struct ace_coap_options it;
	struct ace_coap_option option;

	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option))
		if (!is_known_option(option.number))
			return false;
	return true;
}

/* Absent, or application/ace+cbor. */
static bool format_is_ace(struct ace_slice options, uint32_t number)
{
	struct ace_slice value;
	uint32_t format;

	if (!ace_coap_option_find(options, number, &value))
		return true;
	return !ace_coap_option_uint(value, &format) && format == ACE_FORMAT_ACE_CBOR;
}

static bool path_is(struct ace_slice options, const char *path)
{
	uint8_t bytes[STORE_URI_MAX];
	struct ace_buf text = ACE_BUF_OF(bytes);

	return !ace_coap_uri_path(options, &text) && text.len == strlen(path) && !memcmp(bytes, path, text.len);
}

void as_dispatch(struct as_server *as, struct as_job *job)
{
	struct ace_slice options = job->inner.options;

	if (!options_are_known(options))
		as_answer_code(&job->answer, ACE_COAP_BAD_OPTION);
	else if (!path_is(options, as->token_path))
		as_answer_code(&job->answer, ACE_COAP_NOT_FOUND);
	else if (job->inner.code != ACE_COAP_POST)
		as_answer_code(&job->answer, ACE_COAP_METHOD_NOT_ALLOWED);
	else if (!format_is_ace(options, ACE_OPT_CONTENT_FORMAT))
		as_answer_code(&job->answer, ACE_COAP_UNSUPPORTED_FORMAT);
	else if (!format_is_ace(options, ACE_OPT_ACCEPT))
		as_answer_code(&job->answer, ACE_COAP_NOT_ACCEPTABLE);
	else
		as_token_endpoint(as, job);
}
