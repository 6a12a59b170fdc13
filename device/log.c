/* SPDX-License-Identifier: Apache-2.0 */
#include "device/log.h"

#include <stdio.h>

#include "cli/log.h"

void device_log(const char *peer, const struct device_outcome *outcome)
{
	/* Anybody can make a refusal happen, at authz-info too, so those are shown on demand only. */
	bool taken = outcome->verified || (outcome->posted && !outcome->err);
	enum cli_log_level level = taken ? CLI_LOG_INFO : CLI_LOG_DEBUG;
	const char *event = outcome->posted ? "authz_info" : outcome->verified ? "request" : "unprotected";
	char code[8], method[8];

	snprintf(code, sizeof code, "%u.%02u", outcome->code >> 5, outcome->code & 0x1fu);
	snprintf(method, sizeof method, "0.%02u", outcome->method & 0x1fu);
	cli_log(level, event, cli_log_text("peer", peer), cli_log_text("method", method),
		cli_log_slice("path", (struct ace_slice) { (const uint8_t *)outcome->path, outcome->path_len }),
		cli_log_text("code", code), cli_log_err(outcome->err));
	if (outcome->state)
		cli_log(CLI_LOG_ERROR, "state.unwritten", cli_log_err(outcome->state));
	if (outcome->trace)
		cli_log(CLI_LOG_WARN, "wireshark.unwritten", cli_log_err(outcome->trace));
}
