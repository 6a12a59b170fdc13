/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls the server makes between its start and its end. The list was taken from what the tests make it do; one that is
 * missing ends the process, and the kernel's log names its number (type=1326). */
#include "as/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "as/config.h"

/* By name, since not every machine has all of them: some have epoll_pwait in the place of epoll_wait. */
static const char *const always[] = {
	/* Datagrams, and the loop that waits for them. */
	"recvmmsg", "sendmmsg", "getsockopt", "epoll_wait", "epoll_pwait", "epoll_ctl", "poll", "ppoll", "timerfd_settime",
	/* The store, the log, and files that are open. */
	"read", "readv", "pread64", "write", "writev", "pwrite64", "pwritev", "lseek", "fstat", "newfstatat", "statfs",
	"fstatfs", "fdatasync", "fsync", "msync", "ftruncate", "close",
	/* Memory, locks, time, random numbers. */
	"brk", "munmap", "mremap", "madvise", "futex", "clock_gettime", "gettimeofday", "time", "getrandom",
	"sysinfo", /* qsort() of glibc asks how much memory there is, once it sorts a lot */
	/* Itself. */
	"getpid", "gettid", "rt_sigprocmask", "rt_sigreturn", "restart_syscall", "exit", "exit_group",
};

static const char *const with_metrics[] = { "accept4", "recvfrom", "sendto", "sendmsg", "shutdown", "setsockopt" };
static const char *const with_dtls[] = { "recvfrom", "sendto", "recvmsg", "sendmsg", "getsockname", "setsockopt" };
/* By which a process asks for signals, to others too, is not among them. */
static const int fcntl_commands[] = { F_GETFD, F_SETFD, F_GETFL, F_GETLK, F_SETLK, F_SETLKW, F_OFD_GETLK, F_OFD_SETLK };

struct rules {
	scmp_filter_ctx filter;
	int rc; /* the first failure: a negative errno */
	size_t len;
};

static void allow(struct rules *rules, const char *name, const struct scmp_arg_cmp *condition)
{
	int number = seccomp_syscall_resolve_name(name);

	if (rules->rc || number == __NR_SCMP_ERROR)
		return; /* this machine has none of that name */
	rules->rc = seccomp_rule_add_array(rules->filter, SCMP_ACT_ALLOW, number, condition ? 1 : 0, condition);
	rules->len++;
}

static void allow_all(struct rules *rules, const char *const *names, size_t len)
{
	for (size_t i = 0; i < len; i++)
		allow(rules, names[i], NULL);
}

/* What is harmless in one form only. */
static void allow_in_part(struct rules *rules, const struct as_config *config)
{
	const struct scmp_arg_cmp no_code = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
	const struct scmp_arg_cmp only_read = SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY);
	const struct scmp_arg_cmp only_append = SCMP_A2(SCMP_CMP_MASKED_EQ, O_ACCMODE | O_APPEND | O_TRUNC, O_RDWR | O_APPEND);
	const struct scmp_arg_cmp is_terminal = SCMP_A1(SCMP_CMP_EQ, TCGETS);
	const struct scmp_arg_cmp ourselves = SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid());

	allow(rules, "mmap", &no_code);
	allow(rules, "mprotect", &no_code);
	allow(rules, "openat", &only_read); /* time zones, when a policy is compiled */
	if (config->wireshark_keys[0]) {
		allow(rules, "openat", &only_append);
		allow(rules, "flock", NULL);
	}
	if (getenv("NOTIFY_SOCKET"))
		allow(rules, "sendto", NULL);
	for (size_t i = 0; i < ACE_ARRAY_LEN(fcntl_commands); i++) {
		const struct scmp_arg_cmp command = SCMP_A1(SCMP_CMP_EQ, (scmp_datum_t)fcntl_commands[i]);

		allow(rules, "fcntl", &command);
	}
	allow(rules, "ioctl", &is_terminal);                                    /* of the C library, on its streams */
	allow(rules, "tgkill", &ourselves);                                     /* abort() */
}

static int build(struct rules *rules, const struct as_config *config)
{
	int rc = seccomp_attr_set(rules->filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);

	if (!rc)
		rc = seccomp_attr_set(rules->filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a binary tree: each call pays for it */
	rules->rc = rc;
	allow_all(rules, always, ACE_ARRAY_LEN(always));
	if (config->metrics[0])
		allow_all(rules, with_metrics, ACE_ARRAY_LEN(with_metrics));
	if (config->listen_dtls[0])
		allow_all(rules, with_dtls, ACE_ARRAY_LEN(with_dtls));
	allow_in_part(rules, config);
	return rules->rc;
}

enum ace_err as_sandbox_calls(const struct as_config *config, size_t *ret_calls)
{
	struct rules rules = { .filter = seccomp_init(SCMP_ACT_KILL_PROCESS) };
	int rc = -ENOMEM;

	if (rules.filter)
		rc = build(&rules, config);
	if (!rc)
		rc = seccomp_load(rules.filter);
	seccomp_release(rules.filter);
	errno = -rc;
	if (rc)
		return ACE_ERR_UNSUPPORTED;
	*ret_calls = rules.len;
	return ACE_OK;
}
