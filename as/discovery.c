/* SPDX-License-Identifier: Apache-2.0 */
/* GET /.well-known/core: where the endpoints are (RFC 6690). It names no client, no device and no token, so strangers may
 * ask too. Resource types of an AS are not registered; these are nouns of our own. */
#include "as/endpoints.h"

#include <stdio.h>
#include <string.h>

/* One link, with what can be filtered for. */
struct link {
	const char *path;
	const char *type; /* rt */
	unsigned int format; /* ct */
};

/* RFC 6690 4.1: a value that ends in "*" is a prefix. */
static bool value_fits(struct ace_slice wanted, const char *value)
{
	size_t len = strlen(value);

	if (wanted.len && wanted.ptr[wanted.len - 1] == '*')
		return len >= wanted.len - 1 && !memcmp(value, wanted.ptr, wanted.len - 1);
	return len == wanted.len && !memcmp(value, wanted.ptr, len);
}

/* "NAME=VALUE"; links do not have attributes of other names. */
static bool link_fits(const struct link *link, struct ace_slice filter)
{
	char format[16];
	const struct {
		const char *name, *value;
	} attributes[] = { { "href=", link->path }, { "rt=", link->type }, { "ct=", format } };

	snprintf(format, sizeof format, "%u", link->format);
	for (size_t i = 0; i < ACE_ARRAY_LEN(attributes); i++) {
		size_t len = strlen(attributes[i].name);

		if (filter.len >= len && !memcmp(filter.ptr, attributes[i].name, len))
			return value_fits((struct ace_slice){ filter.ptr + len, filter.len - len }, attributes[i].value);
	}
	return false;
}

static bool is_wanted(const struct link *link, struct ace_slice options)
{
	struct ace_coap_options it;
	struct ace_coap_option option;

	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option))
		if (option.number == ACE_OPT_URI_QUERY && !link_fits(link, option.value))
			return false;
	return true;
}

/* All that are wanted, or false when they do not fit. */
static bool write_links(const struct as_server *as, struct ace_slice options, bool with_attributes, struct ace_buf *out)
{
	const struct link links[] = {
		{ as->token_path, "as.token", ACE_FORMAT_ACE_CBOR },
		{ as->config->introspect_path, "as.introspect", ACE_FORMAT_ACE_CBOR },
		{ as->config->trl_path, "as.trl", ACE_FORMAT_TRL },
	};

	out->len = 0;
	for (size_t i = 0; i < ACE_ARRAY_LEN(links); i++) {
		char *at = (char *)out->ptr + out->len;
		size_t room = out->cap - out->len;
		int len;

		if (!is_wanted(&links[i], options))
			continue;
		/* RFC 8613 9: "osc" says that the resource is to be accessed with OSCORE. */
		len = with_attributes ? snprintf(at, room, "%s<%s>;rt=\"%s\";ct=%u;osc", out->len ? "," : "",
						 links[i].path, links[i].type, links[i].format) :
					snprintf(at, room, "%s<%s>", out->len ? "," : "", links[i].path);
		if (len < 0 || (size_t)len >= room)
			return false;
		out->len += (size_t)len;
	}
	return true;
}

/* Bytes of an answer beside its payload: header, Content-Format, marker. */
#define OVERHEAD (ACE_COAP_HEADER_LEN + 2 + 1)

/* What a stranger's address may get (RFC 9175 2.4), or what fits one protected message. */
static size_t room_of(const struct as_job *job)
{
	size_t max = sizeof job->answer.payload, overhead = OVERHEAD + job->way.message->token.len, answer_max;

	if (job->state != AS_JOB_PLAIN || job->way.kind != AS_WAY_UDP)
		return max;
	answer_max = job->way.from.udp->answer_max;
	if (answer_max <= overhead)
		return 0;
	/* snprintf wants a byte more for its NUL, which is not sent. */
	return answer_max - overhead + 1 < max ? answer_max - overhead + 1 : max;
}

/* The attributes go first where there is no room for all. */
void as_discovery(struct as_server *as, struct as_job *job)
{
	struct ace_buf out = { job->answer.payload, room_of(job), 0 };
	struct ace_slice options = job->state == AS_JOB_PLAIN ? job->way.message->options : job->inner.options;

	if (write_links(as, options, true, &out) || write_links(as, options, false, &out))
		as_answer_cbor(&job->answer, ACE_COAP_CONTENT, ACE_FORMAT_LINK, out.len);
	else
		as_answer_code(&job->answer, ACE_COAP_NOT_FOUND);
}
