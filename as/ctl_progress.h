/* SPDX-License-Identifier: Apache-2.0 */
/* How far a long piece of work is: one line on a terminal that is written again and again, nothing elsewhere. */
#ifndef AS_CTL_PROGRESS_H
#define AS_CTL_PROGRESS_H

#include <pthread.h>

#include "cli/output.h"

struct ctl_progress {
	const struct cli_output *output;
	const char *what;
	int fd;         /* of a file that grows */
	uint64_t bytes; /* about as many as it will have */
	bool is_shown;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool is_over;
};

/* Show how a file grows until the end. The struct stays where it is; what is borrowed lives as long. */
void ctl_progress_begin(struct ctl_progress *progress, const struct cli_output *output, const char *what, int fd, uint64_t bytes);
void ctl_progress_end(struct ctl_progress *progress);

#endif
