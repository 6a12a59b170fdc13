/* SPDX-License-Identifier: Apache-2.0 */
/* get, put, post, delete. */
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "cli/hex.h"
#include "cli/json.h"
#include "cli/scope.h"
#include "client/verbs.h"

#define PAYLOAD_MAX 65536 /* read so much; what a datagram cannot take is refused when it is sent */

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

/* A Content-Format by number or name, as an option of the request. */
static enum ace_err format_add(const struct cli_call *call, const char *flag, uint32_t option,
			       struct client_request *request, struct cli_error *error)
{
	const char *text = cli_flag_value(call, flag);
	int64_t number = -1;

	if (!text)
		return ACE_OK;
	for (size_t i = 0; i < ACE_ARRAY_LEN(formats); i++)
		if (!strcmp(text, formats[i].name))
			number = formats[i].number;
	if (number < 0 && !cli_number_parse(text, 0, 65535, &number))
		return usage(error, cli_error_set(error, ACE_ERR_USAGE,
						  "--%s: \"%s\" is no Content-Format: give its number, or a name such "
						  "as text/plain", flag, text));
	return client_request_uint(request, option, (uint32_t)number);
}

/* "NUM,TEXT" or "NUM,0xHEX". */
static enum ace_err option_add(const char *text, struct client_request *request, struct cli_error *error)
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
	/* RFC 8613 4.1.3.7: no OSCORE option in a message that is to be protected; Echo is the protocol's own. */
	if (number == ACE_OPT_OSCORE || number == ACE_OPT_ECHO)
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "-O: option %d is not the user's to set",
						  (int)number));
	if (strncmp(comma + 1, "0x", 2))
		return client_request_option(request, (uint32_t)number, client_slice(comma + 1));
	if (cli_hex_decode(comma + 3, strlen(comma + 3), &value))
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "-O: \"%s\" is no hex", comma + 1));
	return client_request_option(request, (uint32_t)number, ace_buf_slice(&value));
}

static enum ace_err payload_read(const struct cli_call *call, struct client_request *request,
				 struct cli_bytes *ret_file, struct cli_error *error)
{
	const char *text = cli_flag_value(call, "text"), *file = cli_flag_value(call, "file");
	enum ace_err err;

	if (text && file)
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "-e and -f: one of them"));
	if ((text || file) && request->code == ACE_COAP_GET)
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "a GET has no payload"));
	if (text && text[0] == '@')
		file = text + 1;
	else if (text && !strcmp(text, "-"))
		file = text;
	if (!file) {
		request->payload = client_slice(text);
		return ACE_OK;
	}
	err = cli_file_read(file, PAYLOAD_MAX, ret_file, error);
	if (!err)
		request->payload = (struct ace_slice){ ret_file->ptr, ret_file->len };
	return err;
}

static enum ace_err request_read(const struct cli_call *call, const struct cli_address *address,
				 struct client_request *request, struct cli_bytes *ret_file, struct cli_error *error)
{
	const char *method = cli_flag_value(call, "method"), *option;
	uint8_t code = client_method_code(method ? method : call->verb->name);
	enum ace_err err;

	if (!code)
		return usage(error, cli_error_set(error, ACE_ERR_USAGE, "-m: \"%s\" is not get, post, put or delete",
						  method));
	err = client_request_init(request, code, address);
	if (err == ACE_ERR_MALFORMED)
		return usage(error, cli_error_set(error, err, "the URI has a %% that two hex digits do not follow"));
	request->non = cli_flag(call, "non");
	for (size_t i = 0; !err && (option = cli_flag_nth(call, "option", i)); i++)
		err = option_add(option, request, error);
	if (!err)
		err = format_add(call, "type", ACE_OPT_CONTENT_FORMAT, request, error);
	if (!err)
		err = format_add(call, "accept", ACE_OPT_ACCEPT, request, error);
	if (!err)
		err = payload_read(call, request, ret_file, error);
	if (err == ACE_ERR_SPACE)
		return usage(error, cli_error_set(error, err, "the URI and the options are too long"));
	return err;
}

static bool is_text(struct ace_slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++)
		if (bytes.ptr[i] < 0x20 && !strchr("\t\r\n", bytes.ptr[i]))
			return false;
	return true;
}

static enum ace_err answer_json(const struct client_answer *answer, const struct cli_output *output)
{
	struct json_t *document = cli_json_object();
	struct ace_slice value;
	uint32_t format;
	char code[8];

	snprintf(code, sizeof code, "%u.%02u", answer->msg.code >> 5, answer->msg.code & 0x1f);
	cli_json_put_text(document, "code", code);
	if (ace_coap_option_find(answer->msg.options, ACE_OPT_CONTENT_FORMAT, &value) &&
	    !ace_coap_option_uint(value, &format))
		cli_json_put_int(document, "content_format", format);
	if (is_text(answer->msg.payload))
		cli_json_put_slice(document, "payload", answer->msg.payload);
	else
		cli_json_put_hex(document, "payload_hex", answer->msg.payload);
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

static int refusal_print(const struct client_answer *answer, const struct cli_output *output)
{
	const uint8_t code = answer->msg.code;
	struct cli_error error;
	char text[200] = "";

	if (is_text(answer->msg.payload))
		cli_text_clean(answer->msg.payload, text, sizeof text);
	cli_error_set(&error, ACE_OK, "the device answered %u.%02u%s%s%s", code >> 5, code & 0x1f, code_name(code),
		      *text ? ": " : "", text);
	error.exit = CLI_EXIT_NO;
	memcpy(error.code, "no", sizeof "no");
	if (code == ACE_COAP_CODE(4, 3) || code == ACE_COAP_CODE(4, 5))
		cli_error_hint(&error, "the AS gives this client no more; ace-client list shows what its token allows");
	return cli_error_print(output, &error);
}

/* Data to stdout or a file; a refusal of the device to stderr. */
static int answer_print(const struct cli_call *call, const struct client_answer *answer,
			const struct cli_output *output)
{
	const struct ace_slice payload = answer->msg.payload;
	const char *file = cli_flag_value(call, "output");
	struct cli_error error = { 0 };

	if (answer->msg.code >> 5 != 2)
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

static int request_run(const struct cli_call *call, const struct cli_output *output, struct client_job *job,
		       struct cli_error *error)
{
	struct client_settings settings;
	struct client_answer answer;
	struct client client;
	int code;

	if (!client_settings_read(call, output, &settings))
		return CLI_EXIT_USAGE;
	if (client_open(&client, &settings, output, error))
		return cli_error_print(output, error);
	memset(&answer, 0, sizeof answer);
	if (client_flow(&client, job, &answer, error))
		code = cli_error_print(output, error);
	else
		code = answer_print(call, &answer, output);
	client_answer_wipe(&answer);
	client_close(&client);
	return code;
}

static enum ace_err scheme_check(const struct cli_address *address, const struct cli_call *call,
				 struct cli_error *error)
{
	return address->has_scheme ? ACE_OK : cli_error_set(error, ACE_ERR_USAGE, "\"%s\" is no coap:// URI",
							    call->args[0]);
}

int client_verb_request(const struct cli_call *call, const struct cli_output *output)
{
	const char *scope = cli_flag_value(call, "scope");
	uint8_t scope_bytes[CLI_SCOPE_MAX];
	struct ace_buf scope_buf = ACE_BUF_OF(scope_bytes);
	struct client_request request;
	struct cli_bytes file = { 0 };
	struct cli_error error = { 0 };
	struct client_job job = { .request = &request, .as_uri = cli_flag_value(call, "as"),
				  .audience = cli_flag_value(call, "audience"), .fresh = cli_flag(call, "fresh") };
	int code;

	if (cli_address_parse(call->args[0], &job.address, &error) || scheme_check(&job.address, call, &error) ||
	    (scope && cli_scope_parse(scope, &scope_buf, &job.scope, &error))) {
		(void)usage(&error, error.err);
		return cli_error_print(output, &error);
	}
	if (request_read(call, &job.address, &request, &file, &error))
		code = cli_error_print(output, &error);
	else
		code = request_run(call, output, &job, &error);
	cli_bytes_free(&file);
	return code;
}
