/* SPDX-License-Identifier: Apache-2.0 */
/* The OSCORE option and the classes of all others. */
#include "oscore/cose_object.h"

#include "token/mem.h"

#define FLAG_PIV_LEN 0x07
#define FLAG_KID 0x08
#define FLAG_KID_CONTEXT 0x10
#define FLAG_RESERVED 0xe0

/* EDHOC, which goes before OSCORE and outside it (RFC 9668 3.1); we have no other use for the number. */
#define OPT_EDHOC 21

static enum ace_oscore_class class_of(uint32_t number)
{
	static const uint8_t outer[] = { ACE_OPT_URI_HOST, ACE_OPT_URI_PORT, OPT_EDHOC, ACE_OPT_PROXY_URI,
					 ACE_OPT_PROXY_SCHEME };

	if (number == ACE_OPT_OSCORE)
		return ACE_OSCORE_ITSELF;
	if (number == ACE_OPT_OBSERVE)
		return ACE_OSCORE_OBSERVE;
	for (size_t i = 0; i < sizeof outer; i++)
		if (number == outer[i])
			return ACE_OSCORE_CLASS_U;
	/* RFC 8613 4.1: "Options that are unknown ... SHALL be processed as Class E". */
	return ACE_OSCORE_CLASS_E;
}

enum ace_err ace_oscore_option_read(struct ace_slice value, struct ace_oscore_option *ret_option)
{
	const uint8_t *at = value.ptr;
	size_t left = value.len, len;
	uint8_t flags;

	*ret_option = (struct ace_oscore_option){ .piv.len = 0 };
	if (!left--)
		return ACE_OK;
	flags = *at++;
	len = flags & FLAG_PIV_LEN;
	/* RFC 8613 6.1: "if any of these bits are set to 1, the message is considered to be malformed"; 2: "If the
	 * OSCORE flag bits are all zero (0x00), the option value SHALL be empty". */
	if (!flags || flags & FLAG_RESERVED || len > ACE_OSCORE_PIV_MAX)
		return ACE_ERR_MALFORMED;
	if (left < len)
		return ACE_ERR_TRUNCATED;
	/* RFC 8613 5: "All leading bytes of value zero SHALL be removed when encoding the Partial IV". */
	if (len > 1 && !*at)
		return ACE_ERR_MALFORMED;
	ret_option->piv = (struct ace_slice){ at, len };
	at += len;
	left -= len;
	ret_option->has_kid_context = flags & FLAG_KID_CONTEXT;
	if (ret_option->has_kid_context) {
		if (!left || left - 1 < *at)
			return ACE_ERR_TRUNCATED;
		len = *at++;
		ret_option->kid_context = (struct ace_slice){ at, len };
		at += len;
		left -= 1 + len;
	}
	ret_option->has_kid = flags & FLAG_KID;
	ret_option->kid = (struct ace_slice){ at, left };
	return ret_option->has_kid || !left ? ACE_OK : ACE_ERR_MALFORMED;
}

/* The caller has checked that there is room. */
static void append(struct ace_buf *out, struct ace_slice bytes)
{
	if (bytes.len)
		memcpy(out->ptr + out->len, bytes.ptr, bytes.len);
	out->len += bytes.len;
}

enum ace_err ace_oscore_option_write(const struct ace_oscore_option *option, struct ace_buf *out)
{
	uint8_t flags = (uint8_t)(option->piv.len | (option->has_kid ? FLAG_KID : 0) |
				  (option->has_kid_context ? FLAG_KID_CONTEXT : 0));
	uint8_t context_len = (uint8_t)option->kid_context.len;
	size_t len = option->piv.len;

	if (option->piv.len > ACE_OSCORE_PIV_MAX || option->kid_context.len > UINT8_MAX)
		return ACE_ERR_USAGE;
	if (!flags)
		return ACE_OK;
	len += 1 + (option->has_kid_context ? 1 + option->kid_context.len : 0) + (option->has_kid ? option->kid.len : 0);
	if (out->len > out->cap || len > out->cap - out->len)
		return ACE_ERR_SPACE;
	append(out, (struct ace_slice){ &flags, 1 });
	append(out, option->piv);
	if (option->has_kid_context) {
		append(out, (struct ace_slice){ &context_len, 1 });
		append(out, option->kid_context);
	}
	if (option->has_kid)
		append(out, option->kid);
	return ACE_OK;
}

void ace_oscore_marks_find(struct ace_slice options, struct ace_oscore_marks *ret_marks)
{
	struct ace_coap_options it;
	struct ace_coap_option option;

	*ret_marks = (struct ace_oscore_marks){ .oscore = 0 };
	ace_coap_options_init(&it, options);
	while (ace_coap_options_next(&it, &option)) {
		ret_marks->observe += option.number == ACE_OPT_OBSERVE;
		if (option.number == ACE_OPT_OSCORE) {
			ret_marks->oscore++;
			ret_marks->value = option.value;
		}
	}
}

enum ace_err ace_oscore_peek(const struct ace_coap_message *msg, struct ace_oscore_option *ret_option)
{
	struct ace_oscore_marks marks;

	ace_oscore_marks_find(msg->options, &marks);
	if (!marks.oscore)
		return ACE_ERR_UNPROTECTED;
	/* RFC 8613 2: "An endpoint receiving a CoAP message without payload that also contains an OSCORE option
	 * SHALL treat it as malformed and reject it." The option is "not repeatable". */
	if (marks.oscore > 1 || !msg->payload.len)
		return ACE_ERR_MALFORMED;
	return ace_oscore_option_read(marks.value, ret_option);
}

#define NUMBER_END UINT32_MAX

/* A list of which an option is at hand; its number is NUMBER_END when there is none left. */
struct source {
	struct ace_coap_options rest;
	struct ace_coap_option option;
	unsigned classes;
};

__attribute__((noinline)) static void advance(struct source *source)
{
	do {
		if (!ace_coap_options_next(&source->rest, &source->option)) {
			source->option.number = NUMBER_END;
			return;
		}
	} while (!(class_of(source->option.number) & source->classes));
	if (source->option.number == ACE_OPT_OBSERVE && source->classes & ACE_OSCORE_EMPTY_OBSERVE)
		source->option.value.len = 0;
}

static void start(struct source *source, const struct ace_oscore_list *list)
{
	ace_coap_options_init(&source->rest, list->options);
	source->classes = list->classes;
	advance(source);
}

void ace_oscore_options_merge(struct ace_coap_writer *w, const struct ace_oscore_list *outer,
			      const struct ace_oscore_list *inner)
{
	struct source a, b, *next;

	start(&a, outer);
	start(&b, inner);
	for (;;) {
		next = b.option.number <= a.option.number ? &b : &a;
		if (next->option.number == NUMBER_END)
			return;
		ace_coap_write_option(w, next->option.number, next->option.value);
		advance(next);
	}
}
