/* SPDX-License-Identifier: Apache-2.0 */
/* Each pair of messages on stderr: as a numbered line, as a JSON document a line, or as a sequence diagram. */
#include <string.h>

#include "cli/json.h"
#include "client/verbs.h"

#define REQUEST_WIDTH 30

bool client_trace_read(const struct cli_call *call, const struct cli_output *output, struct client_trace *ret_trace)
{
	static const char *const forms[] = {
		[CLIENT_TRACE_TEXT] = "text", [CLIENT_TRACE_JSON] = "json", [CLIENT_TRACE_MERMAID] = "mermaid" };
	const char *text = cli_flag_value(call, "trace");
	struct client_trace trace = { .output = output };

	if (cli_flag(call, "explain"))
		trace.form = CLIENT_TRACE_TEXT;
	for (size_t i = CLIENT_TRACE_TEXT; text && i < ACE_ARRAY_LEN(forms); i++)
		if (!strcmp(text, forms[i]))
			trace.form = (enum client_trace_form)i;
	if (text && (!trace.form || strcmp(text, forms[trace.form]))) {
		(void)cli_fail(output, CLI_EXIT_USAGE, "--trace: \"%s\" is not text, json or mermaid", text);
		return false;
	}
	*ret_trace = trace;
	return true;
}

static void code_text(uint8_t code, char ret_text[8])
{
	snprintf(ret_text, 8, "%u.%02u", code >> 5, code & 0x1f);
}

static void text_line(const struct ace_client_step *step, FILE *to)
{
	char code[8];

	if (step->is_again)
		fputs("   ", to);
	else
		fprintf(to, "%u  ", step->number);
	fprintf(to, "%-*s\xe2\x86\x92 ", REQUEST_WIDTH, step->request);
	code_text(step->code, code);
	if (step->code)
		fprintf(to, "%s  %s   (%zu \xe2\x86\x92 %zu bytes)\n", code, step->answer, step->sent_len,
			step->received_len);
	else
		fprintf(to, "%s   (%zu bytes sent)\n", step->answer, step->sent_len);
}

static void json_line(const struct ace_client_step *step, const struct cli_output *output)
{
	const struct cli_output lines = { .program = output->program, .out = output->err, .err = output->err,
					  .json = CLI_JSON_LINES };
	struct json_t *document = cli_json_object();
	char code[8];

	code_text(step->code, code);
	cli_json_put_int(document, "step", step->number);
	cli_json_put_text(document, "to", step->is_to_as ? "as" : "device");
	cli_json_put_text(document, "request", step->request);
	cli_json_put_text(document, "code", step->code ? code : NULL);
	cli_json_put_text(document, "answer", step->answer);
	cli_json_put_int(document, "sent_bytes", (int64_t)step->sent_len);
	cli_json_put_int(document, "received_bytes", (int64_t)step->received_len);
	if (cli_output_json(&lines, document))
		fputs("{}\n", output->err);
}

/* Mermaid ends a message at ";" and "#" begins an entity. */
static void mermaid_text(const char *text, FILE *to)
{
	for (; *text; text++)
		fputc(*text == ';' || *text == '#' || *text == '\n' ? ',' : *text, to);
}

static void mermaid_lines(const struct ace_client_step *step, bool is_first, FILE *to)
{
	const char *peer = step->is_to_as ? "A" : "D";
	char code[8];

	if (is_first)
		fputs("sequenceDiagram\n    participant C as client\n    participant A as AS\n    participant D as device\n", to);
	fprintf(to, "    C->>%s: ", peer);
	mermaid_text(step->request, to);
	fprintf(to, " (%zu bytes)\n", step->sent_len);
	code_text(step->code, code);
	if (step->code)
		fprintf(to, "    %s-->>C: %s ", peer, code);
	else
		fprintf(to, "    %s--xC: ", peer);
	mermaid_text(step->answer, to);
	fprintf(to, " (%zu bytes)\n", step->received_len);
}

void client_trace_step(struct client_trace *trace, const struct ace_client_step *step)
{
	switch (trace->form) {
	case CLIENT_TRACE_NONE: return;
	case CLIENT_TRACE_TEXT: text_line(step, trace->output->err); break;
	case CLIENT_TRACE_JSON: json_line(step, trace->output); break;
	case CLIENT_TRACE_MERMAID: mermaid_lines(step, !trace->has_begun, trace->output->err); break;
	}
	trace->has_begun = true;
}
