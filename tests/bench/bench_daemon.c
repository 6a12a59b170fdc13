/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <arpa/inet.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_NAME "bench.json"

/* No client of a benchmark is held back; each that asks, and each device, has its place in memory. */
static void write_config(const char *dir, const struct bench_daemon_options *options)
{
	char path[300];
	FILE *file;

	snprintf(path, sizeof path, "%s/" CONFIG_NAME, dir);
	file = fopen(path, "w");
	if (!file || fprintf(file, "{ \"limits\": { \"client_rate\": 1000000, \"client_burst\": 1000000,"
			     " \"contexts\": %zu, \"devices\": %zu } }\n", options->contexts, options->devices) < 0 || fclose(file))
		bench_die("cannot write %s", path);
}

_Noreturn static void run_aced(const struct bench_daemon_options *options, in_port_t metrics_port, int stderr_fd)
{
	char config[300], out[1100], metrics[32];
	const char *plain[] = { options->aced, NULL };
	const char *profiled[] = { "valgrind", "--tool=callgrind", out, "--toggle-collect=as_batch_run", options->aced, NULL };
	const char *rest[] = { "--config", config, "--state-dir", options->dir, "--listen", "coap://127.0.0.1:0",
			       "--log-level", "warn", options->has_metrics ? "--metrics" : NULL, metrics, NULL };
	/* Valgrind makes calls of its own. */
	const char *aside[] = { "--sandbox", "off", NULL }, **arg;
	const char **first = options->profile ? profiled : plain;
	char *argv[20];
	size_t len = 0;

	snprintf(metrics, sizeof metrics, "127.0.0.1:%u", ntohs(metrics_port));
	snprintf(config, sizeof config, "%s/" CONFIG_NAME, options->dir);
	snprintf(out, sizeof out, "--callgrind-out-file=%s", options->profile ? options->profile : "");
	for (; *first; first++)
		argv[len++] = strdup(*first);
	for (arg = rest; *arg; arg++)
		argv[len++] = strdup(*arg);
	for (arg = aside; options->profile && *arg; arg++)
		argv[len++] = strdup(*arg);
	argv[len] = NULL;
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(stderr_fd, STDERR_FILENO);
	execvp(argv[0], argv);
	_exit(127);
}

/* "aced VERSION ready: coap://127.0.0.1:PORT/token ...". What else it says is shown. */
static void wait_ready(FILE *said, struct bench_daemon *daemon)
{
	static const char mark[] = "ready: coap://127.0.0.1:";
	char line[1024];

	while (fgets(line, sizeof line, said)) {
		const char *at = strstr(line, mark);

		if (at) {
			unsigned long port = strtoul(at + sizeof mark - 1, NULL, 10);

			daemon->address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
			daemon->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
			return;
		}
		if (strncmp(line, "==", 2))
			fputs(line, stderr);
	}
	bench_die("aced did not start");
}

/* Of TCP, free a moment ago. */
static void find_free_port(struct sockaddr_in *ret_address)
{
	socklen_t len = sizeof *ret_address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	*ret_address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)ret_address, len) || getsockname(fd, (struct sockaddr *)ret_address, &len))
		bench_die("no free port");
	close(fd);
}

void bench_daemon_start(const struct bench_daemon_options *options, struct bench_daemon *ret_daemon)
{
	struct bench_daemon daemon = { 0 };
	int fds[2];
	FILE *said;

	write_config(options->dir, options);
	if (options->has_metrics)
		find_free_port(&daemon.metrics);
	if (pipe(fds))
		bench_die("no pipe");
	daemon.pid = fork();
	if (daemon.pid < 0)
		bench_die("no process");
	if (!daemon.pid) {
		(void)bench_pin(0, options->core);
		run_aced(options, daemon.metrics.sin_port, fds[1]);
	}
	close(fds[1]);
	said = fdopen(fds[0], "r");
	if (!said)
		bench_die("no stream");
	wait_ready(said, &daemon);
	/* Left open: a closed pipe would turn a warning into a failure of aced. */
	*ret_daemon = daemon;
}

void bench_daemon_stop(struct bench_daemon *daemon)
{
	int status;

	if (!daemon->pid)
		return;
	kill(daemon->pid, SIGTERM);
	if (waitpid(daemon->pid, &status, 0) == daemon->pid && !bench_is_stopped &&
	    (!WIFEXITED(status) || WEXITSTATUS(status)))
		fprintf(stderr, "aced ended with status %#x\n", (unsigned int)status);
	daemon->pid = 0;
}

uint64_t bench_daemon_cpu_ns(const struct bench_daemon *daemon)
{
	struct timespec used;
	clockid_t clock;

	if (clock_getcpuclockid(daemon->pid, &clock) || clock_gettime(clock, &used))
		bench_die("aced is gone");
	return (uint64_t)used.tv_sec * UINT64_C(1000000000) + (uint64_t)used.tv_nsec;
}

size_t bench_daemon_rss_kb(const struct bench_daemon *daemon)
{
	char path[64], line[256];
	unsigned long kb = 0;
	FILE *status;

	snprintf(path, sizeof path, "/proc/%d/status", (int)daemon->pid);
	status = fopen(path, "r");
	while (status && fgets(line, sizeof line, status))
		if (!strncmp(line, "RssAnon:", 8))
			kb = strtoul(line + 8, NULL, 10);
	if (status)
		fclose(status);
	return kb;
}
