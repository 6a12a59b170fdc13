/* SPDX-License-Identifier: Apache-2.0 */
#include "as/secret.h"

#include <sys/resource.h>

#include "ace_port_host.h"
#include "as/batch.h"
#include "as/blocks.h"
#include "cli/log.h"

#define REST ((size_t)1 << 20) /* contexts of the cipher library, the store's data key, this server's own secrets */

/* All of them are taken at the start, but for the keys of devices. */
static size_t wanted(const struct as_config *config)
{
	size_t keys = ace_port_host_secret_block(STORE_DEVICE_KEYS_MAX * sizeof(struct store_key));

	return ace_port_host_secret_block(config->peers_max * sizeof(struct as_peer)) + config->devices_max * keys +
	       ace_port_host_secret_block(sizeof(struct as_batch)) +
	       ace_port_host_secret_block((size_t)AS_BODIES * AS_BODY_MAX) + REST;
}

enum ace_err as_secret_open(const struct as_config *config)
{
	size_t len = wanted(config);
	struct rlimit limit = { 0, 0 };
	bool is_locked;
	enum ace_err err;

	/* As far as it goes without asking anybody. */
	if (!getrlimit(RLIMIT_MEMLOCK, &limit))
		(void)setrlimit(RLIMIT_MEMLOCK, &(struct rlimit){ limit.rlim_max, limit.rlim_max });
	err = ace_port_host_secret_open(len, &is_locked);
	if (!err && !is_locked)
		cli_log(CLI_LOG_WARN, "memory.unlocked", cli_log_int("wanted", (int64_t)ace_port_host_secret_block(len)),
			cli_log_int("limit", (int64_t)limit.rlim_max),
			cli_log_text("advice", "keys may be swapped: raise LimitMEMLOCK of the unit, or ulimit -l"));
	return err;
}
