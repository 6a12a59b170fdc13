/* SPDX-License-Identifier: Apache-2.0 */
/* acectl explain: why a request is, or was, granted or refused. */
#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "as/ctl.h"
#include "as/ctl_draft.h"
#include "as/policy_stored.h"
#include "as/reasons.h"
#include "as/token_size.h"
#include "cli/bundle.h"
#include "cli/json.h"
#include "cli/scope.h"
#include "policy/explain.h"
#include "storage/decisions.h"
#include "storage/device_keys.h"
#include "storage/meta.h"

/* What is to be explained. Texts of the query borrow from here. */
struct question {
	uint64_t generation;
	const struct policy *policy;
	struct policy *recorded_policy; /* owns: of a decision that was made */
	struct store_info info;
	struct store_device device; /* without keys: it is not in the store */
	struct store_decision record; /* of a decision that was made */
	bool is_recorded;
	char id_text[STORE_DECISION_TEXT_LEN + 1];
	struct ace_tag client_tags[STORE_TAGS_MAX], device_tags[STORE_TAGS_MAX];
	struct policy_query query;
	uint8_t scope_bytes[CLI_SCOPE_MAX];
};

static enum ace_err load_policy(struct store_txn *txn, struct question *q)
{
	struct policy_problems problems = { 0 };
	enum ace_err err = as_policy_stored(txn, q->generation, &problems, &q->recorded_policy);

	policy_problems_free(&problems);
	q->policy = q->recorded_policy;
	return err ? err : store_info_get(txn, &q->info);
}

/* A decision that was made: its generation, its time, and the tags that it read. */
static enum ace_err ask_recorded(struct store_txn *txn, const char *text, struct question *q)
{
	struct store_decision_id id;
	enum ace_err err = store_decision_id_parse(text, &id);

	if (!err)
		err = store_decision_get(txn, &id, &q->record);
	if (err)
		return err == ACE_ERR_MALFORMED ? ACE_ERR_USAGE : err;
	q->is_recorded = true;
	store_decision_id_text(&id, q->id_text);
	q->generation = q->record.generation;
	q->query.client = (struct policy_party){ q->record.client.id, q->record.client.is_enabled,
						 store_tags_view(&q->record.client.tags, q->client_tags) };
	q->query.device = (struct policy_party){ q->record.device.id, q->record.device.is_enabled,
						 store_tags_view(&q->record.device.tags, q->device_tags) };
	/* The model is not in the record: a device keeps it for life, unless it was deleted meanwhile. */
	err = q->record.device.is_known ? store_device_get(txn, q->record.device.id, &q->device) : ACE_ERR_NOT_FOUND;
	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	q->query.model = err ? "" : q->device.model;
	q->query.scope.kind = (enum ace_scope_kind)q->record.requested.kind;
	q->query.scope.bytes = store_scope_slice(&q->record.requested);
	q->query.now = store_decision_id_time_ms(&id) / 1000;
	return load_policy(txn, q);
}

/* Why it was refused before the policy was asked, in words. */
static const char *early_words(int32_t reason)
{
	switch (reason) {
	case AS_REASON_REQUEST:
		return "the request is malformed: no CBOR map, a key twice, or a value of a wrong type";
	case AS_REASON_GRANT_TYPE:
		return "another grant type than client_credentials was asked for";
	case AS_REASON_IDENTITY:
		return "who asked is a device, and not a client";
	case AS_REASON_CLIENT_ID:
		return "the client_id in the request is not the one that its key belongs to";
	case AS_REASON_AUDIENCE:
		return "no device has that id or audience, or none was named and the client has no default";
	case AS_REASON_REQ_CNF:
		return "the client brought a key of its own (req_cnf), which has no use with OSCORE";
	case AS_REASON_KID_UNKNOWN:
		return "an update of access rights (req_cnf) for a kid that no token brought, or whose tokens expired long ago";
	case AS_REASON_KID_CLIENT:
		return "an update of access rights (req_cnf) for the kid of another client";
	case AS_REASON_KID_DEVICE:
		return "an update of access rights (req_cnf) for a kid that belongs to another device";
	case AS_REASON_KID_EXPIRED:
		return "an update of access rights (req_cnf) for a token that has expired";
	case AS_REASON_KID_REVOKED:
		return "an update of access rights (req_cnf) for a token that is revoked";
	default:
		return "for a reason that this version does not know";
	}
}

/* The policy had no say, so the record is all there is. The device is the client's own word. */
static int answer_early(const struct cli_output *output, const struct question *q)
{
	const struct store_decision *record = &q->record;
	const char *error = as_oauth_error_name((enum ace_oauth_error)record->oauth_error);
	char time[CLI_TIME_TEXT_MAX], device[sizeof record->device.id];
	struct json_t *document = cli_json_object();

	cli_time_text(q->query.now, time);
	memcpy(device, record->device.id, sizeof device);
	for (char *c = device; *c; c++)
		*c = iscntrl((unsigned char)*c) ? '?' : *c;
	cli_say(output, "DENY (not the policy)   %s → %s   client gets 4.00 %s   policy generation %" PRIu64 ", %s",
		record->client.id, *device ? device : "?", error, record->generation, time);
	cli_say(output, "  decision        %s\n  because         %s", q->id_text, early_words(record->reason));
	cli_json_put_text(document, "decision", "deny (not the policy)");
	cli_json_put_text(document, "reason", as_reason_name(record->reason));
	cli_json_put_text(document, "client", record->client.id);
	cli_json_put_text(document, "device", device);
	cli_json_put_int(document, "now", q->query.now);
	cli_json_put_text(document, "error", error);
	cli_json_put_int(document, "generation", (int64_t)record->generation);
	cli_json_put_text(document, "decision_id", q->id_text);
	return ctl_printed(output, cli_output_json(output, document)) ? CLI_EXIT_BROKEN : CLI_EXIT_NO;
}

/* What the policy allows is refused all the same when the token gets too long. */
static void measure(const struct question *q, const struct policy_decision *decision,
		    struct policy_explain_options *options)
{
	const struct store_device *device = &q->device;
	bool fits;

	if (device->keys_len)
		options->alg = cli_alg_name(device->keys[store_key_issuing(device->keys, device->keys_len, q->query.now)].alg);
	if (decision->outcome == POLICY_ALLOW && device->keys_len &&
	    !as_token_size(&(struct as_token_size_input){ .issuer = q->info.issuer, .device = device, .query = &q->query,
							  .decision = decision, .number = q->record.token },
			   &options->token_bytes, &fits))
		options->token_too_long = !fits;
	if (q->is_recorded)
		options->token_too_long = q->record.reason == AS_REASON_TOKEN_TOO_LONG;
}

static int answer(const struct cli_output *output, const struct question *q)
{
	struct policy_decision decision;
	struct policy_explain_options options = {
		.generation = q->generation,
		.decision_id = q->is_recorded ? q->id_text : NULL,
	};

	policy_decide(q->policy, &q->query, &decision);
	measure(q, &decision, &options);
	if (output->json == CLI_TEXT)
		policy_explain(q->policy, &q->query, &decision, &options, output->out);
	else if (policy_explain_json(q->policy, &q->query, &decision, &options, output->out))
		return cli_fail(output, CLI_EXIT_BROKEN, "out of memory");
	if (q->is_recorded && q->record.count > 1)
		cli_note(output, "this stands for %u alike requests", (unsigned int)q->record.count);
	return decision.outcome == POLICY_ALLOW && !options.token_too_long ? CLI_EXIT_OK : CLI_EXIT_NO;
}

/* The record is all there is when the policy had no say. */
static bool was_early(const struct question *q)
{
	return q->is_recorded && q->record.reason >= AS_REASON_REQUEST && q->record.reason != AS_REASON_TOKEN_TOO_LONG;
}

static int no_decision(const struct cli_call *call, const struct cli_output *output)
{
	struct cli_error error;

	cli_error_set(&error, ACE_ERR_NOT_FOUND, "no decision %.40s in %s", call->args[0], ctl_state_dir(call));
	cli_error_hint(&error, "is that the store of the aced that decided?");
	return cli_error_print(output, &error);
}

static int explain_recorded(const struct cli_call *call, const struct cli_output *output, struct store *store,
			    struct question *q)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);
	int code;

	if (err)
		return ctl_fail(output, store, err);
	err = ask_recorded(txn, call->args[0], q);
	store_abort(txn);
	if (err == ACE_ERR_NOT_FOUND)
		return no_decision(call, output);
	if (err == ACE_ERR_USAGE)
		return cli_fail(output, CLI_EXIT_USAGE, "\"%.40s\" is no decision id: D- and 16 characters", call->args[0]);
	if (err)
		code = ctl_fail(output, store, err);
	else
		code = was_early(q) ? answer_early(output, q) : answer(output, q);
	policy_free(q->recorded_policy);
	return code;
}

/* A request that nobody made, with policy and parties as they are, or as files would make them. */
struct present {
	struct ctl_draft draft;
	struct ctl_party client, device;
};

static int explain_present(const struct cli_call *call, const struct cli_output *output, struct present *p,
			   struct question *q)
{
	enum store_kind kind = STORE_CLIENT;
	enum ace_err err = ctl_draft_find(&p->draft, kind, call->args[0], &p->client);

	if (!err)
		err = ctl_draft_find(&p->draft, kind = STORE_DEVICE, call->args[1], &p->device);
	if (err == ACE_ERR_NOT_FOUND) {
		/* It reads for itself what is there. */
		store_abort(p->draft.txn);
		p->draft.txn = NULL;
		return ctl_unknown(output, p->draft.store, kind, call->args[kind == STORE_CLIENT ? 0 : 1]);
	}
	if (!err)
		err = store_info_get(p->draft.txn, &q->info);
	if (err)
		return ctl_fail(output, p->draft.store, err);
	q->policy = p->draft.policy;
	q->generation = p->draft.has_files ? 0 : p->draft.generation;
	q->query.client = p->client.party;
	q->query.device = p->device.party;
	q->query.model = p->device.model;
	if (p->device.is_stored)
		q->device = p->device.record.device;
	return answer(output, q);
}

static int explain(const struct cli_call *call, const struct cli_output *output, struct question *q)
{
	struct present *p;
	struct store *store;
	int code;

	if (call->args_len == 1) {
		code = ctl_open(call, output, false, &store);
		if (code)
			return code;
		code = explain_recorded(call, output, store, q);
		store_close(store);
		return code;
	}
	p = calloc(1, sizeof *p);
	if (!p)
		return ctl_printed(output, ACE_ERR_MEMORY);
	code = ctl_draft_open_flag(call, output, &p->draft);
	if (!code) {
		code = explain_present(call, output, p, q);
		ctl_draft_close(&p->draft);
	}
	free(p);
	return code;
}

int ctl_explain(const struct cli_call *call, const struct cli_output *output)
{
	const char *at = cli_flag_value(call, "at");
	struct cli_error error = { 0 };
	struct question *q;
	int code;

	if (call->args_len == 2 || (call->args_len == 1 && (at || cli_flag(call, "policy"))))
		return cli_fail(output, CLI_EXIT_USAGE,
				"usage: acectl explain CLIENT DEVICE SCOPE [--at TIME] [--policy PATH] | DECISION-ID");
	q = calloc(1, sizeof *q);
	if (!q)
		return cli_fail(output, CLI_EXIT_BROKEN, "out of memory");
	q->query.now = ctl_now();
	if (at && !cli_time_parse(at, &q->query.now)) {
		free(q);
		return cli_fail(output, CLI_EXIT_USAGE, "--at is a time like 2026-11-24T17:50:00Z");
	}
	if (call->args_len == 3 && cli_scope_parse(call->args[2], &(struct ace_buf){ q->scope_bytes, sizeof q->scope_bytes, 0 },
						   &q->query.scope, &error)) {
		free(q);
		error.exit = CLI_EXIT_USAGE;
		return cli_error_print(output, &error);
	}
	code = explain(call, output, q);
	free(q);
	return code;
}
