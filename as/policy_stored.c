/* SPDX-License-Identifier: Apache-2.0 */
#include "as/policy_stored.h"

#include <stdlib.h>

#include "storage/policies.h"

enum ace_err as_policy_stored(struct store_txn *txn, uint64_t generation, struct policy_problems *problems,
			      struct policy **ret_policy)
{
	struct policy_source source = { .name = "the stored policy" };
	char *text = NULL;
	enum ace_err err;

	if (generation == 0)
		return policy_compile_empty(ret_policy);
	err = store_policy_text(txn, generation, &text, &source.len);
	if (err)
		return err;
	source.text = text;
	err = policy_compile(&source, problems, ret_policy);
	free(text);
	/* Only what compiled was ever stored. */
	return err == ACE_ERR_MALFORMED ? ACE_ERR_DAMAGED : err;
}
