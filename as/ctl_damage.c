/* SPDX-License-Identifier: Apache-2.0 */
/* The store is read through memory that the file is mapped to: where the file ends too early, or the disk cannot read
 * it, the system sends SIGBUS instead of an error. That is told like any other damage. */
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "as/ctl.h"

static char *report; /* made beforehand: a signal handler may not */
static size_t report_len;

static void on_bus_error(int number)
{
	ssize_t written = write(STDERR_FILENO, report, report_len);

	(void)number;
	(void)written; /* told or not, there is no way to go on */
	_exit(CLI_EXIT_BROKEN);
}

void ctl_damage_watch(const struct cli_output *output, const char *dir)
{
	struct sigaction action = { .sa_handler = on_bus_error, .sa_flags = (int)SA_RESETHAND };
	struct cli_output told = *output;
	struct cli_error error;

	free(report);
	report = NULL;
	told.err = open_memstream(&report, &report_len);
	if (!told.err)
		return;
	cli_error_set(&error, ACE_ERR_DAMAGED, "%s/data.mdb: damaged, or the disk cannot read it", dir);
	cli_error_hint(&error, "stop all programs that use the store, check the disk, restore a backup");
	cli_error_print(&told, &error);
	if (!fclose(told.err) && report)
		sigaction(SIGBUS, &action, NULL);
}
