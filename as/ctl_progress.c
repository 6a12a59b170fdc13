/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_progress.h"

#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SHOWN_EVERY_MS 200

static void show(const struct ctl_progress *progress)
{
	uint64_t done, percent;
	struct stat st;

	if (fstat(progress->fd, &st))
		return;
	done = (uint64_t)st.st_size;
	percent = done < progress->bytes ? done * 100 / progress->bytes : 100;
	fprintf(progress->output->err, "\r%s %llu MiB, %llu %%", progress->what, (unsigned long long)(done >> 20),
		(unsigned long long)percent);
	fflush(progress->output->err);
}

static void *run(void *arg)
{
	struct ctl_progress *progress = arg;
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	pthread_mutex_lock(&progress->lock);
	while (!progress->is_over) {
		until.tv_nsec += SHOWN_EVERY_MS * 1000000L;
		until.tv_sec += until.tv_nsec / 1000000000L;
		until.tv_nsec %= 1000000000L;
		if (pthread_cond_timedwait(&progress->over, &progress->lock, &until))
			show(progress);
	}
	pthread_mutex_unlock(&progress->lock);
	return NULL;
}

void ctl_progress_begin(struct ctl_progress *progress, const struct cli_output *output, const char *what, int fd, uint64_t bytes)
{
	*progress = (struct ctl_progress){ .output = output, .what = what, .fd = fd, .bytes = bytes };
	if (output->quiet || output->json || !bytes || !isatty(fileno(output->err)))
		return;
	pthread_mutex_init(&progress->lock, NULL);
	pthread_cond_init(&progress->over, NULL);
	progress->is_shown = !pthread_create(&progress->thread, NULL, run, progress);
}

void ctl_progress_end(struct ctl_progress *progress)
{
	if (!progress->is_shown)
		return;
	pthread_mutex_lock(&progress->lock);
	progress->is_over = true;
	pthread_cond_signal(&progress->over);
	pthread_mutex_unlock(&progress->lock);
	pthread_join(progress->thread, NULL);
	pthread_cond_destroy(&progress->over);
	pthread_mutex_destroy(&progress->lock);
	fprintf(progress->output->err, "\r\x1b[K");
}
