/* SPDX-License-Identifier: Apache-2.0 */
/* sd_notify(3) is one datagram and documented as stable, so no library is linked for it. */
#include "as/health.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "as/batch.h"
#include "as/server.h"
#include "cli/log.h"
#include "storage/usage.h"

static int notify_fd = -1; /* open for as long as the process lives: in the sandbox there are no new ones */

#define STATUS_MS 10000 /* a status that is older says little */

static bool is_not(char ret_reason[AS_HEALTH_TEXT_MAX], const char *why, const char *what)
{
	snprintf(ret_reason, AS_HEALTH_TEXT_MAX, "%s%s%s", why, what[0] ? ": " : "", what);
	return false;
}

bool as_health_ready(struct as_server *as, char ret_reason[AS_HEALTH_TEXT_MAX])
{
	struct store_usage usage;

	if (!as->udp || ace_udp_fd(as->udp) < 0)
		return is_not(ret_reason, "no socket", "");
	if (!as->policy)
		return is_not(ret_reason, "no policy is in force", "");
	if (as->commit_err)
		return is_not(ret_reason, "the last commit failed", ace_err_name(as->commit_err));
	if (as->sequence_err)
		return is_not(ret_reason, "no token numbers, as with a clock that runs behind", ace_err_name(as->sequence_err));
	if (store_usage(as->store, &usage))
		return is_not(ret_reason, "the store is not usable", "");
	if (!usage.room_bytes)
		return is_not(ret_reason, "disk or store full: no room for tokens", "");
	snprintf(ret_reason, AS_HEALTH_TEXT_MAX, "ready");
	return true;
}

/* Those of ours in their order, then one for all others. */
static struct cli_log_pace *pace_of(struct as_paces *paces, enum ace_err err)
{
	size_t last = ACE_ARRAY_LEN(paces->failed) - 1, at = (size_t)err - AS_PACES_FIRST;

	return &paces->failed[err < AS_PACES_FIRST || at > last ? last : at];
}

void as_health_failed(struct as_server *as, enum ace_err err)
{
	cli_log_paced(pace_of(&as->paces, err), as->batch->monotonic_ms, CLI_LOG_WARN, "token.failed", cli_log_err(err));
}

void as_health_open(void)
{
	if (notify_fd < 0 && getenv("NOTIFY_SOCKET"))
		notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

void as_health_notify(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t len = path ? strlen(path) : 0;

	if (notify_fd < 0 || len < 2 || len >= sizeof to.sun_path || (path[0] != '/' && path[0] != '@'))
		return;
	memcpy(to.sun_path, path, len);
	if (path[0] == '@') /* an abstract name */
		to.sun_path[0] = '\0';
	(void)sendto(notify_fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)(const void *)&to,
		     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len));
}

uint64_t as_health_beat_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t half_ms;

	if (!getenv("NOTIFY_SOCKET"))
		return 0;
	if (!usec || (pid && strtoll(pid, NULL, 10) != getpid()))
		return STATUS_MS;
	/* sd_watchdog_enabled(3): "send a keep-alive notification message [...] every half of the time returned". */
	half_ms = strtoull(usec, NULL, 10) / 2000;
	return half_ms && half_ms < STATUS_MS ? half_ms : STATUS_MS;
}

void as_health_beat(struct as_server *as)
{
	char reason[AS_HEALTH_TEXT_MAX], state[AS_HEALTH_TEXT_MAX + 128];
	bool is_ready = as_health_ready(as, reason);
	/* A full disk is no reason to be started again: what can be done goes on. */
	bool is_alive = !as->commit_err || as->commit_err == ACE_ERR_FULL;

	snprintf(state, sizeof state, "STATUS=%s%s; policy generation %llu, %llu token%s issued%s", is_ready ? "" : "not ready: ",
		 reason, (unsigned long long)as->generation, (unsigned long long)as->tokens_issued, CLI_S(as->tokens_issued),
		 is_alive ? "\nWATCHDOG=1" : "");
	as_health_notify(state);
}
