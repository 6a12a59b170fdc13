/* SPDX-License-Identifier: Apache-2.0 */
#include "as/endpoints.h"

#include <stdio.h>
#include <string.h>

/* Longer links would not fit the answer that an unconfirmed address may get. */
#define LINKS_MAX 112

void as_discovery(struct as_server *as, struct as_job *job)
{
	struct as_answer *answer = &job->answer;
	char links[LINKS_MAX + 1];
	int len = snprintf(links, sizeof links, "<%s>;ct=%d,<%s>;ct=%d,<%s>;ct=%d", as->token_path,
			   ACE_FORMAT_ACE_CBOR, as->config->introspect_path, ACE_FORMAT_ACE_CBOR, as->config->trl_path,
			   ACE_FORMAT_TRL);

	if (len < 0 || len > LINKS_MAX) {
		as_answer_code(answer, ACE_COAP_NOT_FOUND);
		return;
	}
	as_answer_code(answer, ACE_COAP_CONTENT);
	answer->format = ACE_FORMAT_LINK;
	answer->len = (size_t)len;
	memcpy(answer->payload, links, answer->len);
}
