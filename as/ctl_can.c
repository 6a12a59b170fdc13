/* SPDX-License-Identifier: Apache-2.0 */
/* acectl can, who-can: everything that a client may do, and everybody who may do something. Devices (or clients) with the
 * same rights come as one, so that the answer is as long as the policy is manifold, not as the fleet is large. */
#include <stdlib.h>
#include <string.h>

#include "as/ctl_can.h"
#include "cli/json.h"

#define KINDS_MAX 10000

struct looking {
	const struct cli_call *call;
	const struct cli_output *output;
	struct ctl_draft draft;
	struct ctl_can_groups groups;
	struct ctl_party client, device;
	struct policy_can_query query;
	enum store_kind many;   /* whom there are many of */
	struct ace_slice path;  /* of who-can */
	uint64_t method;        /* 0: all rights */
};

struct telling {
	const struct looking *l;
	FILE *out;            /* NULL: as JSON */
	struct json_t *array;
	bool is_any;
};

static void tell(void *context, const struct policy_right *right)
{
	struct telling *t = context;
	struct policy_right one = *right;

	if (t->l->method && !policy_right_covers(right, t->l->path, t->l->method))
		return;
	if (t->l->method && !one.name)
		one.methods = t->l->method;
	t->is_any = true;
	if (t->out)
		ctl_can_say(t->l->draft.policy, &one, t->out);
	else
		cli_json_add(t->array, ctl_can_record(t->l->draft.policy, &one));
}

static enum ace_err look_at_pair(struct looking *l)
{
	const struct ctl_party *one = l->many == STORE_DEVICE ? &l->device : &l->client;
	struct telling t = { .l = l };
	struct ctl_can_group *group;
	char *text = NULL;
	size_t len;

	l->query.client = l->client.party;
	l->query.device = l->device.party;
	l->query.model = l->device.model;
	t.out = open_memstream(&text, &len);
	if (!t.out)
		return ACE_ERR_MEMORY;
	if (l->many == STORE_DEVICE)
		fprintf(t.out, "%s\n", l->device.model);
	policy_can(l->draft.policy, &l->query, tell, &t);
	if (fclose(t.out))
		return ACE_ERR_MEMORY;
	if (!t.is_any) {
		free(text);
		return ACE_OK;
	}
	group = ctl_can_group_of(&l->groups, text, KINDS_MAX);
	if (!group)
		return l->groups.is_full ? ACE_ERR_RANGE : ACE_ERR_MEMORY;
	if (!group->count && l->output->json != CLI_TEXT) {
		t = (struct telling){ .l = l, .array = cli_json_array() };
		policy_can(l->draft.policy, &l->query, tell, &t);
		group->rights = t.array;
	}
	return ctl_can_group_add(group, one->id) ? ACE_OK : ACE_ERR_MEMORY;
}

static enum ace_err look_at_all(struct looking *l)
{
	struct ctl_party *one = l->many == STORE_DEVICE ? &l->device : &l->client;
	enum ace_err err;

	one->id[0] = '\0';
	while (!(err = ctl_draft_next(&l->draft, l->many, one)))
		if ((err = look_at_pair(l)))
			return err;
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static void say(const struct looking *l)
{
	for (size_t i = 0; i < l->groups.len; i++) {
		const struct ctl_can_group *group = &l->groups.list[i];
		const char *rights = l->many == STORE_DEVICE ? strchr(group->text, '\n') + 1 : group->text;

		ctl_can_names(group, l->output->out);
		if (l->many == STORE_DEVICE)
			fprintf(l->output->out, " (%.*s)", (int)(rights - 1 - group->text), group->text);
		fprintf(l->output->out, "\n%s", rights);
	}
}

static int print(struct looking *l)
{
	struct json_t *document = cli_json_object();

	if (l->output->json == CLI_TEXT)
		say(l);
	if (l->many == STORE_DEVICE) {
		cli_json_put_text(document, "client", l->client.id);
	} else {
		cli_json_put_text(document, "method", policy_method_text(l->method));
		cli_json_put_slice(document, "path", l->path);
		cli_json_put_text(document, "device", l->device.id);
	}
	cli_json_put_int(document, "generation", (int64_t)l->draft.generation);
	cli_json_put_bool(document, "draft", l->draft.has_files);
	if (l->query.at_any_time)
		cli_json_put_null(document, "at");
	else
		cli_json_put_time(document, "at", l->query.now);
	cli_json_put(document, "groups", ctl_can_groups_record(&l->groups, l->many == STORE_DEVICE ? "devices" : "clients"));
	return ctl_printed(l->output, cli_output_json(l->output, document));
}

static int unknown(struct looking *l, enum store_kind kind, const char *id, enum ace_err err)
{
	if (err != ACE_ERR_NOT_FOUND)
		return ctl_fail(l->output, l->draft.store, err);
	/* It reads for itself what is there. */
	store_abort(l->draft.txn);
	l->draft.txn = NULL;
	return ctl_unknown(l->output, l->draft.store, kind, id);
}

static int answer(struct looking *l, const char *client, const char *device)
{
	enum ace_err err = client ? ctl_draft_find(&l->draft, STORE_CLIENT, client, &l->client) : ACE_OK;

	if (err)
		return unknown(l, STORE_CLIENT, client, err);
	err = device ? ctl_draft_find(&l->draft, STORE_DEVICE, device, &l->device) : ACE_OK;
	if (err)
		return unknown(l, STORE_DEVICE, device, err);
	err = client && device ? look_at_pair(l) : look_at_all(l);
	if (err == ACE_ERR_RANGE)
		return cli_fail(l->output, CLI_EXIT_NO, "more than %d different answers: name a device", KINDS_MAX);
	if (err)
		return ctl_fail(l->output, l->draft.store, err);
	if (print(l))
		return CLI_EXIT_BROKEN;
	if (l->groups.len)
		return CLI_EXIT_OK;
	cli_note(l->output, "%s%s", client ? client : "nobody",
		 client ? " may do nothing" : " may do that");
	return CLI_EXIT_NO;
}

/* With --at what is allowed then; else what is allowed at any time from now on. */
static int look(struct looking *l, const char *client, const char *device)
{
	const char *at = cli_flag_value(l->call, "at");
	int code;

	l->query.now = ctl_now();
	l->query.at_any_time = !at;
	if (at && !cli_time_parse(at, &l->query.now))
		return cli_fail(l->output, CLI_EXIT_USAGE, "--at is a time like 2026-11-24T17:50:00Z");
	code = ctl_draft_open_flag(l->call, l->output, &l->draft);
	if (code)
		return code;
	code = answer(l, client, device);
	ctl_can_groups_free(&l->groups);
	ctl_draft_close(&l->draft);
	return code;
}

static int start(const struct looking *from, const char *client, const char *device)
{
	struct looking *l = malloc(sizeof *l);
	int code;

	if (!l)
		return ctl_printed(from->output, ACE_ERR_MEMORY);
	*l = *from;
	code = look(l, client, device);
	free(l);
	return code;
}

int ctl_can(const struct cli_call *call, const struct cli_output *output)
{
	return start(&(struct looking){ .call = call, .output = output, .many = STORE_DEVICE }, call->args[0],
		     call->args_len > 1 ? call->args[1] : NULL);
}

int ctl_who_can(const struct cli_call *call, const struct cli_output *output)
{
	struct looking l = { .call = call, .output = output, .many = STORE_CLIENT,
			     .path = { (const uint8_t *)call->args[1], strlen(call->args[1]) },
			     .method = policy_method_bit(call->args[0]) };

	if (!l.method)
		return cli_fail(output, CLI_EXIT_USAGE, "\"%.40s\" is no method: GET, POST, PUT, DELETE, FETCH, PATCH, iPATCH",
				call->args[0]);
	return start(&l, NULL, call->args[2]);
}
