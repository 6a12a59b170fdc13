/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_modelless.h"

#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "policy/policy.h"

enum ace_err ctl_modelless_find(const struct ctl_draft *draft, struct ctl_modelless *modelless)
{
	struct ctl_party *party = calloc(1, sizeof *party);
	enum ace_err err = party ? ACE_OK : ACE_ERR_MEMORY;

	modelless->devices = 0;
	while (!err) {
		err = ctl_draft_next(draft, STORE_DEVICE, party);
		if (err || (draft->prune && !party->is_listed) || policy_model_find(draft->policy, party->model))
			continue;
		if (modelless->devices < CTL_MODELLESS_FIRST)
			memcpy(modelless->first[modelless->devices], party->id, sizeof party->id);
		modelless->devices++;
	}
	free(party);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static size_t named(const struct ctl_modelless *modelless)
{
	return modelless->devices < CTL_MODELLESS_FIRST ? modelless->devices : CTL_MODELLESS_FIRST;
}

void ctl_modelless_say(const struct cli_output *output, const struct ctl_modelless *modelless)
{
	bool is_one = modelless->devices == 1;

	if (!modelless->devices)
		return;
	cli_say(output, "%zu device%s a model that the new policy lacks:", modelless->devices, is_one ? " has" : "s have");
	for (size_t i = 0; i < named(modelless); i++)
		cli_say(output, "  %s", modelless->first[i]);
	if (modelless->devices > CTL_MODELLESS_FIRST)
		cli_say(output, "  and %zu more", modelless->devices - CTL_MODELLESS_FIRST);
	cli_note(output, "no token is issued for %s, and policy export writes what is not valid: apply a policy with such a model, or "
			 "acectl device delete", is_one ? "it" : "them");
}

struct json_t *ctl_modelless_record(const struct ctl_modelless *modelless)
{
	struct json_t *object = cli_json_object(), *first = cli_json_array();

	cli_json_put_int(object, "count", (int64_t)modelless->devices);
	for (size_t i = 0; i < named(modelless); i++)
		cli_json_add_text(first, modelless->first[i]);
	cli_json_put(object, "first", first);
	return object;
}
