/* SPDX-License-Identifier: Apache-2.0 */
/* What a verb asks about the flags that it was called with. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"

bool cli_flag(const struct cli_call *call, const char *name)
{
	for (size_t i = 0; i < call->given_len; i++)
		if (!strcmp(call->given[i].flag->name, name))
			return true;
	return false;
}

const char *cli_flag_value(const struct cli_call *call, const char *name)
{
	for (size_t i = call->given_len; i-- > 0;)
		if (!strcmp(call->given[i].flag->name, name))
			return call->given[i].value;
	return NULL;
}

const char *cli_flag_nth(const struct cli_call *call, const char *name, size_t nth)
{
	for (size_t i = 0; i < call->given_len; i++)
		if (!strcmp(call->given[i].flag->name, name) && nth-- == 0)
			return call->given[i].value;
	return NULL;
}

bool cli_number_parse(const char *text, int64_t min, int64_t max, int64_t *ret_value)
{
	char *end;
	long long value;

	/* strtoll() would pass over white space and take a plus sign. */
	if (!((*text >= '0' && *text <= '9') || *text == '-'))
		return false;
	errno = 0;
	value = strtoll(text, &end, 10);
	if (errno || end == text || *end || value < min || value > max)
		return false;
	*ret_value = value;
	return true;
}

bool cli_flag_number(const struct cli_call *call, const struct cli_output *output, const struct cli_number *number,
		     int64_t *ret_value)
{
	const char *text = cli_flag_value(call, number->flag);

	if (!text) {
		*ret_value = number->fallback;
		return true;
	}
	if (cli_number_parse(text, number->min, number->max, ret_value))
		return true;
	cli_fail(output, CLI_EXIT_USAGE, "--%s must be a number from %lld to %lld, not \"%s\"", number->flag,
		 (long long)number->min, (long long)number->max, text);
	return false;
}

bool cli_confirm(const struct cli_call *call, const struct cli_output *output, const char *question)
{
	char answer[16];

	if (call->yes)
		return true;
	if (!isatty(STDIN_FILENO) || output->json != CLI_TEXT) {
		cli_fail(output, CLI_EXIT_USAGE, "%s Say so with --yes", question);
		return false;
	}
	fprintf(output->err, "%s [y/N] ", question);
	fflush(output->err);
	if (fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y'))
		return true;
	cli_fail(output, CLI_EXIT_USAGE, "nothing was done");
	return false;
}
