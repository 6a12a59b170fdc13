/* SPDX-License-Identifier: Apache-2.0 */
#include "client/explain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/scope.h"

void client_step_begin(struct client_step *step, struct client_explain *explain, const char *format, ...)
{
	va_list args;

	memset(step, 0, sizeof *step);
	step->explain = explain;
	va_start(args, format);
	vsnprintf(step->what, sizeof step->what, format, args);
	va_end(args);
}

static void tell(struct client_step *step, const struct client_answer *answer, uint8_t code, const char *text)
{
	struct client_explain *explain = step->explain;
	const bool is_again = step->lines++ > 0;

	if (!explain->seen)
		return;
	if (!is_again)
		explain->steps++;
	explain->seen(explain->arg, &(struct ace_client_step){
		.number = explain->steps, .is_again = is_again, .is_to_as = step->is_to_as, .request = step->what, .code = code,
		.answer = text, .sent_len = answer->sent_len, .received_len = code ? answer->received_len : 0 });
}

void client_step_line(struct client_step *step, const struct client_answer *answer, const char *format, ...)
{
	char text[CLI_SCOPE_TEXT_MAX + 512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof text, format, args);
	va_end(args);
	tell(step, answer, answer->msg.code, text);
}

void client_step_failed(struct client_step *step, const struct client_answer *answer, const char *why)
{
	tell(step, answer, 0, why);
}

void client_step_seen(void *arg, const struct client_answer *answer, const char *again)
{
	if (again)
		client_step_line(arg, answer, "%s", again);
}
