/* SPDX-License-Identifier: Apache-2.0 */
/* Landlock: what is open stays open, and nothing else can be opened, but for the files of time zones. The C library has no
 * functions for it, and headers of a distribution may be older than its kernel, so what is newer is written out here. */
#include "as/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "as/config.h"

/* As struct landlock_ruleset_attr is today; an older kernel is given as much as it knows. */
struct ruleset {
	uint64_t files, net, scopes;
};

#define FILES_ABI_1 ((UINT64_C(1) << 13) - 1) /* LANDLOCK_ACCESS_FS_EXECUTE to _MAKE_SYM */
#define FILES_ABI_2 (UINT64_C(1) << 13)       /* _REFER */
#define FILES_ABI_3 (UINT64_C(1) << 14)       /* _TRUNCATE */
#define FILES_ABI_5 (UINT64_C(1) << 15)       /* _IOCTL_DEV */
#define NET_ABI_4 UINT64_C(3)                 /* LANDLOCK_ACCESS_NET_BIND_TCP, _CONNECT_TCP */
#define SCOPE_ABI_6_ABSTRACT UINT64_C(1)      /* LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET */
#define SCOPE_ABI_6_SIGNAL UINT64_C(2)

#define ZONES_DEFAULT "/usr/share/zoneinfo"

static size_t ruleset_fill(struct ruleset *rules, int abi)
{
	const char *notify = getenv("NOTIFY_SOCKET");

	rules->files = FILES_ABI_1 | (abi >= 2 ? FILES_ABI_2 : 0) | (abi >= 3 ? FILES_ABI_3 : 0) | (abi >= 5 ? FILES_ABI_5 : 0);
	rules->net = abi >= 4 ? NET_ABI_4 : 0;
	rules->scopes = abi >= 6 ? SCOPE_ABI_6_SIGNAL : 0;
	if (abi >= 6 && !(notify && notify[0] == '@')) /* a service manager may listen at one of these */
		rules->scopes |= SCOPE_ABI_6_ABSTRACT;
	return abi >= 6 ? sizeof *rules : abi >= 4 ? offsetof(struct ruleset, scopes) : offsetof(struct ruleset, net);
}

/* Let what is at path be used in these ways. What is not there needs no rule. */
static int add(int ruleset_fd, const char *path, int flags, uint64_t access)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = access, .parent_fd = open(path, flags | O_CLOEXEC, 0600) };
	int rc;

	if (rule.parent_fd < 0)
		return 0;
	rc = (int)syscall(SYS_landlock_add_rule, ruleset_fd, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
	close(rule.parent_fd);
	return rc;
}

static int restrict_self(int ruleset_fd, const struct as_config *config)
{
	int rc = add(ruleset_fd, ZONES_DEFAULT, O_PATH, LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR);

	if (!rc && config->wireshark_keys[0])
		rc = add(ruleset_fd, config->wireshark_keys, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW,
			 LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE);
	if (!rc)
		rc = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	return rc ? rc : (int)syscall(SYS_landlock_restrict_self, ruleset_fd, 0);
}

enum ace_err as_sandbox_files(const struct as_config *config, int *ret_abi)
{
	int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), fd, rc, saved;
	struct ruleset rules;
	size_t len;

	if (abi < 1)
		return ACE_ERR_UNSUPPORTED;
	len = ruleset_fill(&rules, abi);
	fd = (int)syscall(SYS_landlock_create_ruleset, &rules, len, 0);
	if (fd < 0)
		return ACE_ERR_UNSUPPORTED;
	rc = restrict_self(fd, config);
	saved = errno;
	close(fd);
	errno = saved;
	if (rc)
		return ACE_ERR_UNSUPPORTED;
	*ret_abi = abi;
	return ACE_OK;
}
