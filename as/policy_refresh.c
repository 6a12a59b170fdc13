/* SPDX-License-Identifier: Apache-2.0 */
/* A new generation is compiled aside and swapped in only when it is valid. */
#include <string.h>

#include "as/policy_stored.h"
#include "as/server.h"
#include "cli/log.h"
#include "storage/policies.h"

/* The log escapes what is not ASCII, so typographic quotes become plain ones there. */
static void plain_quotes(const char *text, char *ret_text, size_t cap)
{
	size_t used = 0;

	while (*text && used + 1 < cap) {
		bool is_quote = !strncmp(text, "“", 3) || !strncmp(text, "”", 3);

		ret_text[used++] = is_quote ? '\'' : *text;
		text += is_quote ? 3 : 1;
	}
	ret_text[used] = '\0';
}

static enum ace_err compile(struct store_txn *txn, uint64_t generation, struct policy **ret_policy)
{
	struct policy_problems problems = { 0 };
	enum ace_err err = as_policy_stored(txn, generation, &problems, ret_policy);
	char message[256];

	if (problems.len) {
		plain_quotes(problems.list[0].message, message, sizeof message);
		cli_log(CLI_LOG_WARN, "policy.problem", cli_log_int("generation", (int64_t)generation),
			cli_log_text("code", problems.list[0].code), cli_log_text("message", message));
	}
	policy_problems_free(&problems);
	return err;
}

enum ace_err as_policy_refresh(struct as_server *as, struct store_txn *txn)
{
	struct policy *policy;
	uint64_t generation;
	enum ace_err err = store_policy_current(txn, &generation);

	if (err || (as->policy && (generation == as->generation || generation == as->generation_refused)))
		return err;
	err = compile(txn, generation, &policy);
	if (err && as->policy) {
		/* The one in force stays in force. */
		as->generation_refused = generation;
		as->metrics.policies_refused++;
		cli_log(CLI_LOG_ERROR, "policy.refused", cli_log_int("generation", (int64_t)generation),
			cli_log_err(err));
		return ACE_OK;
	}
	if (err)
		return err;
	policy_free(as->policy);
	as->policy = policy;
	as->generation = generation;
	as->metrics.policies_applied++;
	cli_log(CLI_LOG_INFO, "policy.applied", cli_log_int("generation", (int64_t)generation));
	return ACE_OK;
}
