/* SPDX-License-Identifier: Apache-2.0 */
/* get, put, post, delete. */
#include <string.h>

#include "ace_registry.h"
#include "cli/files.h"
#include "cli/hex.h"
#include "cli/json.h"
#include "cli/scope.h"
#include "client/request.h"
#include "client/verbs.h"

#define PAYLOAD_MAX (1 << 20)
#define OPTIONS_MAX 48
#define OPTION_BYTES_MAX 2048

static const struct {
	const char *name;
	uint32_t number;
} formats[] = {
	{ "text/plain", ACE_FORMAT_TEXT }, { "application/link-format", ACE_FORMAT_LINK },
	{ "application/octet-stream", ACE_FORMAT_OCTETS }, { "application/cbor", ACE_FORMAT_CBOR },
	{ "application/json", 50 }, { "application/senml+json", 110 }, { "application/senml+cbor", 112 },
};

static enum ace_err usage(struct cli_error *error, enum ace_err err)
{
	error->exit = CLI_EXIT_USAGE;
	return err;
}

/* A request as the command line describes it; what its parts borrow from. */
struct typed {
	struct ace_client_request request;
	struct ace_client_option options[OPTIONS_MAX];
	uint8_t values[OPTION_BYTES_MAX];
	size_t values_len;
	struct cli_bytes file; /* owns the payload when it came from a file */
};

/* Keep a copy of an option's value. */
static enum ace_err value_add(struct typed *typed, uint16_t number, struct ace_slice value, struct cli_error *error)
{
	uint8_t *room = typed->values + typed->values_len;

	if (typed->request.options_len == OPTIONS_MAX || value.len > sizeof typed->values - typed->values_len)
		return usage(error, cli_error_set(error, ACE_ERR_SPACE, "the options are too many or too long"));
	if (value.len)
		memcpy(room, value.ptr, value.len);
	typed->values_len += value.len;
	typed->options[typed->request.options_len++] = (struct ace_client_option){ number, room, value.len };
	return ACE_OK;
}

/* A Content-Format by number or name, as an option of the request. */
static enum ace_err format_add(const struct cli_call *call, const char *flag, uint16_t option, struct typed *typed,
			       struct cli_error *error)
{
	const char *text = cli_flag_value(call, flag);
	int64_t number = -1;
	uint8_t bytes[2];
	size_t skip;

	if (!text)
		return ACE_OK;
	for (size_t i = 0; i < ACE_ARRAY_LEN(formats); i++)
		if (!strcmp(text, formats[i].name))
			number = formats[i].number;
	if (number < 0 && !cli_number_parse(text, 0, 65535, &number))
		return usage(error, cli_error_set(error, ACE_ERR_USAGE,
						  "--%s: \"%s\" is no Content-Format: give its number, or a name such "
						  "as text/plain", flag, text));
	bytes[0] = (uint8_t)(number >> 8);
	bytes[1] = (uint8_t)number;
	skip = number > 0xff ? 0 : number ? 1 : 2;
	return value_add(typed, option, (struct ace_slice){ bytes + skip, sizeof bytes - skip }, error);
}

/* "NUM,TEXT" or "NUM,0xHEX". */
static enum ace_err option_add(const char *text, struct typed *typed, struct cli_error *error)
{
	const char *comma = strchr(text, ',');
	char digits[8] = "";
	uint8_t bytes[512];
	struct ace_buf value = ACE_BUF_OF(bytes);
	int64_t number;

	if (comma && (size_t)(comma - text) < sizeof digits)
		memcpy(digits, text, (size_t)(comma - text));
	if (!comma || !cli_number_parse(digits, 1, 65535, &number))
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "-O: \"%s\" is not NUM,TEXT", text));
	if (strncmp(comma + 1, "0x", 2))
		return value_add(typed, (uint16_t)number, (struct ace_slice){ (const uint8_t *)comma + 1, strlen(comma + 1) },
				 error);
	if (cli_hex_decode(comma + 3, strlen(comma + 3), &value))
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "-O: \"%s\" is no hex", comma + 1));
	return value_add(typed, (uint16_t)number, ace_buf_slice(&value), error);
}

static enum ace_err payload_read(const struct cli_call *call, struct typed *typed, struct cli_error *error)
{
	const char *text = cli_flag_value(call, "text"), *file = cli_flag_value(call, "file");
	enum ace_err err;

	if (text && file)
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "-e and -f: one of them"));
	if ((text || file) && typed->request.method == ACE_COAP_GET)
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "a GET has no payload"));
	if (text && text[0] == '@')
		file = text + 1;
	else if (text && !strcmp(text, "-"))
		file = text;
	if (!file) {
		typed->request.payload = text;
		typed->request.payload_len = text ? strlen(text) : 0;
		return ACE_OK;
	}
	err = cli_file_read(file, PAYLOAD_MAX, &typed->file, error);
	if (!err) {
		typed->request.payload = typed->file.ptr;
		typed->request.payload_len = typed->file.len;
	}
	return err;
}

static enum ace_err request_read(const struct cli_call *call, struct typed *typed, struct cli_error *error)
{
	const char *method = cli_flag_value(call, "method"), *option;
	enum ace_err err = ACE_OK;

	typed->request = (struct ace_client_request){
		.uri = call->args[0], .method = client_method_code(method ? method : call->verb->name),
		.is_non = cli_flag(call, "non"), .is_fresh = cli_flag(call, "fresh"), .options = typed->options,
		.wish = client_wish_read(call) };
	if (!typed->request.method)
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "-m: \"%s\" is not get, post, put, delete, fetch, "
						  "patch or ipatch", method));
	for (size_t i = 0; !err && (option = cli_flag_nth(call, "option", i)); i++)
		err = option_add(option, typed, error);
	if (!err)
		err = format_add(call, "type", ACE_OPT_CONTENT_FORMAT, typed, error);
	if (!err)
		err = format_add(call, "accept", ACE_OPT_ACCEPT, typed, error);
	return err ? err : payload_read(call, typed, error);
}

static bool is_text(struct ace_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] < 0x20 && !memchr("\t\r\n", bytes.ptr[i], 3))
			return false;
	return true;
}

static enum ace_err answer_json(const struct ace_client_answer *answer, const struct cli_output *output)
{
	const struct ace_slice payload = { answer->payload, answer->payload_len };
	struct json_t *document = cli_json_object();
	char code[8];

	snprintf(code, sizeof code, "%u.%02u", answer->code >> 5, answer->code & 0x1f);
	cli_json_put_text(document, "code", code);
	if (answer->has_format)
		cli_json_put_int(document, "content_format", answer->format);
	if (is_text(payload))
		cli_json_put_slice(document, "payload", payload);
	else
		cli_json_put_hex(document, "payload_hex", payload);
	return cli_output_json(output, document);
}

static const char *code_name(uint8_t code)
{
	static const struct {
		uint8_t code;
		const char *name;
	} names[] = {
		{ ACE_COAP_CODE(4, 0), " Bad Request" },
		{ ACE_COAP_CODE(4, 1), " Unauthorized" },
		{ ACE_COAP_CODE(4, 2), " Bad Option" },
		{ ACE_COAP_CODE(4, 3), " Forbidden" },
		{ ACE_COAP_CODE(4, 4), " Not Found" },
		{ ACE_COAP_CODE(4, 5), " Method Not Allowed" },
		{ ACE_COAP_CODE(4, 6), " Not Acceptable" },
		{ ACE_COAP_CODE(4, 13), " Request Entity Too Large" },
		{ ACE_COAP_CODE(4, 15), " Unsupported Content-Format" },
		{ ACE_COAP_CODE(5, 0), " Internal Server Error" },
		{ ACE_COAP_CODE(5, 1), " Not Implemented" },
		{ ACE_COAP_CODE(5, 3), " Service Unavailable" },
	};

	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++)
		if (names[i].code == code)
			return names[i].name;
	return "";
}

static int refusal_print(const struct ace_client_answer *answer, const struct cli_output *output)
{
	const struct ace_slice payload = { answer->payload, answer->payload_len };
	const uint8_t code = answer->code;
	struct cli_error error;
	char text[200] = "";

	if (is_text(payload))
		cli_text_clean(payload, text, sizeof text);
	cli_error_set(&error, ACE_OK, "the device answered %u.%02u%s%s%s", code >> 5, code & 0x1f, code_name(code),
		      *text ? ": " : "", text);
	error.exit = CLI_EXIT_NO;
	memcpy(error.code, "no", sizeof "no");
	if (code == ACE_COAP_CODE(4, 3) || code == ACE_COAP_CODE(4, 5))
		cli_error_hint(&error, "the AS gives this client no more; ace-client list shows what its token allows");
	return cli_error_print(output, &error);
}

/* Data to stdout or a file; a refusal of the device to stderr. */
static int answer_print(const struct cli_call *call, const struct ace_client_answer *answer,
			const struct cli_output *output)
{
	const struct ace_slice payload = { answer->payload, answer->payload_len };
	const char *file = cli_flag_value(call, "output");
	struct cli_error error = { 0 };

	if (answer->code >> 5 != 2)
		return refusal_print(answer, output);
	if (file && strcmp(file, "-")) {
		if (cli_file_write(file, payload, CLI_WRITE_REPLACE, &error))
			return cli_error_print(output, &error);
		return CLI_EXIT_OK;
	}
	if (output->json != CLI_TEXT)
		return answer_json(answer, output) ? CLI_EXIT_BROKEN : CLI_EXIT_OK;
	if (payload.len)
		fwrite(payload.ptr, 1, payload.len, output->out);
	/* A person wants the prompt on a line of its own; a file gets the bytes alone. */
	if (!file && payload.len && is_text(payload) && payload.ptr[payload.len - 1] != '\n')
		fputc('\n', output->out);
	return CLI_EXIT_OK;
}

static int request_run(struct ace_client *client, const struct cli_call *call, const struct cli_output *output)
{
	struct typed typed = { .values_len = 0 };
	struct ace_client_answer answer;
	struct cli_error error = { 0 };
	int code;

	if (request_read(call, &typed, &error))
		code = cli_error_print(output, &error);
	else if (ace_client_request(client, &typed.request, &answer))
		code = client_failure_print(client, output);
	else
		code = answer_print(call, &answer, output);
	cli_bytes_free(&typed.file);
	return code;
}

int client_verb_request(const struct cli_call *call, const struct cli_output *output)
{
	return client_verb_with(call, output, request_run);
}
