/* SPDX-License-Identifier: Apache-2.0 */
#include "as/answer.h"

#include <string.h>

#include "ace_port.h"
#include "ace_scope.h"

#define RETRY_SOON_S 1
#define RETRY_LATER_S 5
#define RETRY_OPERATOR_S 60 /* somebody has to do something */

void as_answer_init(struct as_answer *answer)
{
	answer->code = ACE_COAP_INTERNAL_ERROR;
	answer->format = AS_NO_FORMAT;
	answer->has_max_age = false;
	answer->waits = false;
	answer->more_grants = 0;
	answer->extra = (struct as_answer_extra){ 0 };
	answer->len = 0;
}

void as_answer_fini(struct as_answer *answer)
{
	if (answer)
		ace_wipe(answer->payload, sizeof answer->payload);
}

void as_answer_code(struct as_answer *answer, uint8_t code)
{
	answer->code = code;
	answer->format = AS_NO_FORMAT;
	answer->has_max_age = false;
	answer->extra = (struct as_answer_extra){ 0 };
	answer->len = 0;
}

void as_answer_cbor(struct as_answer *answer, uint8_t code, int32_t format, size_t len)
{
	as_answer_code(answer, code);
	answer->format = format;
	answer->len = len;
}

/* Keys ascend as deterministic encoding wants (RFC 8949 4.2.1). */
enum ace_err as_answer_grant(struct as_answer *answer, const struct as_grant *grant)
{
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_cbor_write_init(&w, answer->payload, sizeof answer->payload);
	ace_cbor_write_map(&w, 2 + (grant->osc ? 1 : 0) + (grant->scope ? 1 : 0) + (grant->with_profile ? 1 : 0));
	ace_cbor_write_uint(&w, ACE_PARAM_ACCESS_TOKEN);
	ace_cbor_write_bstr(&w, grant->token);
	ace_cbor_write_uint(&w, ACE_PARAM_EXPIRES_IN);
	ace_cbor_write_uint(&w, grant->expires_in_s);
	/* RFC 9203 3.2: to an update of access rights "the AS MUST omit the cnf parameter in the response". */
	if (grant->osc) {
		ace_cbor_write_uint(&w, ACE_PARAM_CNF);
		ace_cbor_write_map(&w, 1);
		ace_cbor_write_uint(&w, ACE_CNF_OSC);
		ace_osc_write(&w, grant->osc);
	}
	if (grant->scope) {
		ace_cbor_write_uint(&w, ACE_PARAM_SCOPE);
		ace_scope_write(&w, grant->scope);
	}
	if (grant->with_profile) {
		/* RFC 9200 5.8.4.3: "the AS MUST indicate the profile" when asked with null. */
		ace_cbor_write_uint(&w, ACE_PARAM_PROFILE);
		ace_cbor_write_uint(&w, ACE_PROFILE_COAP_OSCORE);
	}
	err = ace_cbor_written(&w, &written);
	if (err) {
		ace_wipe(answer->payload, sizeof answer->payload);
		return err;
	}
	as_answer_cbor(answer, ACE_COAP_CREATED, ACE_FORMAT_ACE_CBOR, written.len);
	return ACE_OK;
}

void as_answer_oauth_error(struct as_answer *answer, enum ace_oauth_error error, const char *description)
{
	struct ace_cbor_writer w;
	struct ace_slice written;

	ace_cbor_write_init(&w, answer->payload, sizeof answer->payload);
	ace_cbor_write_map(&w, description ? 2 : 1);
	ace_cbor_write_uint(&w, ACE_PARAM_ERROR);
	ace_cbor_write_uint(&w, error);
	if (description) {
		ace_cbor_write_uint(&w, ACE_PARAM_ERROR_DESCRIPTION);
		ace_cbor_write_tstr(&w, (struct ace_slice){ (const uint8_t *)description, strlen(description) });
	}
	if (ace_cbor_written(&w, &written)) {
		as_answer_failure(answer, ACE_ERR_SPACE);
		return;
	}
	as_answer_cbor(answer, ACE_COAP_BAD_REQUEST, ACE_FORMAT_ACE_CBOR, written.len);
}

static uint32_t retry_after_s(enum ace_err err)
{
	if (err == ACE_ERR_BUSY)
		return RETRY_SOON_S;
	if (err == ACE_ERR_FULL || err == ACE_ERR_STORAGE || err == ACE_ERR_CLOCK || err == ACE_ERR_IO ||
	    err == ACE_ERR_RANDOM || err == ACE_ERR_MEMORY)
		return RETRY_LATER_S;
	if (err == ACE_ERR_EXHAUSTED)
		return RETRY_OPERATOR_S;
	return 0;
}

void as_answer_failure(struct as_answer *answer, enum ace_err err)
{
	uint32_t seconds = retry_after_s(err);

	as_answer_code(answer, seconds ? ACE_COAP_UNAVAILABLE : ACE_COAP_INTERNAL_ERROR);
	answer->has_max_age = seconds != 0;
	answer->max_age_s = seconds;
}

static void write_etag(struct ace_coap_writer *w, uint64_t etag)
{
	uint8_t bytes[8];
	size_t at = sizeof bytes;

	for (; etag; etag >>= 8)
		bytes[--at] = (uint8_t)etag;
	if (at < sizeof bytes)
		ace_coap_write_option(w, ACE_OPT_ETAG, (struct ace_slice){ bytes + at, sizeof bytes - at });
}

static void write_if(struct ace_coap_writer *w, bool is_there, uint32_t number, uint32_t value)
{
	if (is_there)
		ace_coap_write_option_uint(w, number, value);
}

enum ace_err as_answer_write(const struct as_answer *answer, const struct ace_coap_message *request,
			     struct ace_buf *out)
{
	const struct as_answer_extra *extra = &answer->extra;
	struct ace_coap_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_coap_write_init(&w, out->ptr, out->cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){
		.type = ACE_COAP_ACK, .code = answer->code, .mid = request->mid, .token = request->token });
	write_etag(&w, extra->etag);
	write_if(&w, extra->has_observe, ACE_OPT_OBSERVE, extra->observe);
	write_if(&w, answer->format != AS_NO_FORMAT, ACE_OPT_CONTENT_FORMAT, (uint32_t)answer->format);
	write_if(&w, answer->has_max_age, ACE_OPT_MAX_AGE, answer->max_age_s);
	write_if(&w, extra->has_block2, ACE_OPT_BLOCK2, extra->block2);
	write_if(&w, extra->has_block1, ACE_OPT_BLOCK1, extra->block1);
	write_if(&w, extra->size2, ACE_OPT_SIZE2, extra->size2);
	write_if(&w, extra->size1, ACE_OPT_SIZE1, extra->size1);
	ace_coap_write_payload(&w, (struct ace_slice){ answer->payload, answer->len });
	err = ace_coap_written(&w, &written);
	if (!err)
		out->len = written.len;
	return err;
}
