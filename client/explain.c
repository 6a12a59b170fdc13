/* SPDX-License-Identifier: Apache-2.0 */
#include "client/explain.h"

#include <stdarg.h>
#include <string.h>

#define WHAT_WIDTH 30

void client_step_begin(struct client_step *step, struct client_explain *explain, const char *format, ...)
{
	va_list args;

	memset(step, 0, sizeof *step);
	step->explain = explain;
	va_start(args, format);
	vsnprintf(step->what, sizeof step->what, format, args);
	va_end(args);
}

static void line_begin(struct client_step *step, FILE *to)
{
	if (step->lines++ == 0)
		fprintf(to, "%u  ", ++step->explain->steps);
	else
		fputs("   ", to);
	fprintf(to, "%-*s\xe2\x86\x92 ", WHAT_WIDTH, step->what);
}

void client_step_line(struct client_step *step, const struct client_answer *answer, const char *format, ...)
{
	const struct cli_output *output = step->explain->output;
	va_list args;

	if (!output)
		return;
	line_begin(step, output->err);
	fprintf(output->err, "%u.%02u  ", answer->msg.code >> 5, answer->msg.code & 0x1f);
	va_start(args, format);
	vfprintf(output->err, format, args);
	va_end(args);
	fprintf(output->err, "   (%zu \xe2\x86\x92 %zu bytes)\n", answer->sent_len, answer->received_len);
}

void client_step_failed(struct client_step *step, const struct client_answer *answer, const char *why)
{
	const struct cli_output *output = step->explain->output;

	if (!output)
		return;
	line_begin(step, output->err);
	fprintf(output->err, "%s   (%zu bytes sent)\n", why, answer->sent_len);
}

void client_step_seen(void *arg, const struct client_answer *answer, bool echo_follows)
{
	if (echo_follows)
		client_step_line(arg, answer, "Echo: proves the request fresh when it comes back");
}
