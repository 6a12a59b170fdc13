/* SPDX-License-Identifier: Apache-2.0 */
/* device rotate-key: which step of a rotation it is, and what the operator does after it. */
#include "as/ctl.h"

#include <string.h>

#include "ace_cose.h"
#include "ace_port.h"
#include "as/ctl_record.h"
#include "as/ctl_revoke.h"
#include "as/policy_stored.h"
#include "cli/json.h"
#include "storage/device_keys.h"
#include "storage/policies.h"

enum key_step { STEP_ADD, STEP_ACTIVATE, STEP_CANCEL, STEP_NOW };

struct key_rotation {
	const struct cli_output *output;
	struct store_key_step step;
	enum key_step what;
	int64_t from;       /* STEP_ACTIVATE */
	uint32_t overlap_s; /* 0: as long as a token can live */
	struct store_key key;
	struct ctl_device device; /* afterwards */
	struct ctl_revoked revoked;
};

/* The longest life of a token of that device: what its model says, else the longest that any token has. */
static enum ace_err longest_life(struct store_txn *txn, const char *model_id, uint32_t *ret_life_s)
{
	struct policy_problems problems = { 0 };
	const struct policy_model *model = NULL;
	struct policy *policy = NULL;
	uint64_t generation;
	enum ace_err err = store_policy_current(txn, &generation);

	if (!err)
		err = as_policy_stored(txn, generation, &problems, &policy);
	if (!err)
		model = policy_model_find(policy, model_id);
	if (!err)
		*ret_life_s = model && model->lifetime_s ? model->lifetime_s : POLICY_LIFETIME_MAX_S;
	policy_free(policy);
	policy_problems_free(&problems);
	return err;
}

static enum ace_err make_key(int32_t alg, struct store_key *key)
{
	uint8_t key_len, nonce_len, tag_len;
	enum ace_err err;

	if (key->len) /* a second try of the transaction */
		return ACE_OK;
	err = ace_cose_alg_lengths(alg, &key_len, &nonce_len, &tag_len);
	if (!err)
		err = ace_port_random(key->bytes, key_len);
	key->len = err ? 0 : key_len;
	return err;
}

static enum ace_err take_step(struct store_txn *txn, struct key_rotation *r)
{
	uint32_t overlap_s = r->overlap_s;
	enum ace_err err = store_device_get(txn, r->step.id, &r->device.record);
	int32_t alg;

	if (err)
		return err;
	alg = r->device.record.keys[r->device.record.keys_len - 1].alg;
	if (r->what == STEP_CANCEL)
		return store_device_key_cancel(txn, &r->step, &r->device.record);
	if (r->what == STEP_ACTIVATE) {
		if (!overlap_s)
			err = longest_life(txn, r->device.record.model, &overlap_s);
		return err ? err : store_device_key_switch(txn, &r->step, r->from, overlap_s, &r->device.record);
	}
	err = make_key(alg, &r->key);
	if (err)
		return err;
	return r->what == STEP_ADD ? store_device_key_add(txn, &r->step, alg, &r->key, &r->device.record) :
				     store_device_rekey(txn, &r->step, alg, &r->key, &r->device.record);
}

static enum ace_err rotate_work(struct store_txn *txn, void *arg)
{
	struct key_rotation *r = arg;
	enum ace_err err = take_step(txn, r);

	return err ? err : ctl_device_count(txn, &r->device);
}

static int explain(const struct key_rotation *r, struct store *store, enum ace_err err)
{
	const char *id = r->step.id;
	char until[CLI_TIME_TEXT_MAX];

	if (err == ACE_ERR_NOT_FOUND)
		return ctl_unknown(r->output, store, STORE_DEVICE, id);
	if (err == ACE_ERR_EXISTS)
		return cli_fail(r->output, CLI_EXIT_NO, "%s has a key that waits already: device export, then --activate; or --cancel",
				id);
	if (err == ACE_ERR_NO_KEY)
		return cli_fail(r->output, CLI_EXIT_NO, "%s has no key that waits: rotate-key without a flag makes one", id);
	if (err != ACE_ERR_BUSY)
		return ctl_fail(r->output, store, err);
	cli_time_text(r->device.record.keys[0].until, until);
	return cli_fail(r->output, CLI_EXIT_NO, "the key before the present one of %s is of use until %s; then there is room for another",
			id, until);
}

static void say(const struct key_rotation *r)
{
	const struct store_device *device = &r->device.record;
	const char *id = device->id;
	char from[CLI_TIME_TEXT_MAX], until[CLI_TIME_TEXT_MAX];

	if (r->what == STEP_ADD) {
		cli_say_done(r->output, "%s has a second token key, which nothing is issued under yet", id);
		cli_note(r->output, "give the device both: acectl device export %s -o FILE; then: acectl device rotate-key %s --activate",
			 id, id);
	} else if (r->what == STEP_ACTIVATE) {
		cli_time_text(device->keys[1].from, from);
		cli_time_text(device->keys[0].until, until);
		cli_say_done(r->output, "tokens of %s are issued under its new key from %s; the old one is of use until %s", id, from, until);
	} else if (r->what == STEP_CANCEL) {
		cli_say_done(r->output, "%s: the key that waited is gone", id);
	} else {
		cli_say_done(r->output, "%s has a new token key, effective now; it refuses tokens until it is given that key", id);
		if (r->revoked.tokens)
			ctl_revoke_say(r->output, &r->revoked);
		cli_note(r->output, "acectl device export %s -o FILE", id);
	}
}

static int print(const struct key_rotation *r)
{
	struct json_t *document = ctl_device_record(&r->device);

	say(r);
	cli_json_put_int(document, "tokens_revoked", (int64_t)r->revoked.tokens);
	return ctl_printed(r->output, cli_output_json(r->output, document));
}

static int run(struct key_rotation *r, struct store *store)
{
	struct ctl_selection selection = { .device = r->step.id };
	enum ace_err err = store_write(store, rotate_work, r);

	if (err)
		return explain(r, store, err);
	/* Under a key that is gone nothing opens; the list tells whoever holds such a token. */
	if (r->what == STEP_NOW)
		err = ctl_revoke(store, &selection, ctl_now(), &r->revoked);
	return err ? ctl_fail(r->output, store, err) : print(r);
}

/* Which step the flags ask for; they exclude each other. */
static int read_flags(const struct cli_call *call, struct key_rotation *r)
{
	const char *at = cli_flag_value(call, "at"), *overlap = cli_flag_value(call, "overlap");
	bool now = cli_flag(call, "now"), cancel = cli_flag(call, "cancel"), activate = cli_flag(call, "activate") || at;

	if (now + cancel + activate > 1)
		return cli_fail(r->output, CLI_EXIT_USAGE, "--activate (or --at), --cancel and --now are different steps: give one");
	if (overlap && !activate)
		return cli_fail(r->output, CLI_EXIT_USAGE, "--overlap goes with --activate or --at");
	if (overlap && !ctl_duration_parse(overlap, &r->overlap_s))
		return cli_fail(r->output, CLI_EXIT_USAGE, "--overlap %.40s: a duration such as 90s, 30m, 24h or 31d", overlap);
	r->from = r->step.now;
	if (at && (!cli_time_parse(at, &r->from) || r->from < r->step.now))
		return cli_fail(r->output, CLI_EXIT_USAGE, "--at %.40s: a time to come, such as 2026-11-24T17:50:00Z", at);
	r->what = now ? STEP_NOW : cancel ? STEP_CANCEL : activate ? STEP_ACTIVATE : STEP_ADD;
	return CLI_EXIT_OK;
}

int ctl_device_rotate_key(const struct cli_call *call, const struct cli_output *output)
{
	struct key_rotation r = { .output = output, .step = { call->args[0], ctl_now() } };
	struct store *store;
	int code = read_flags(call, &r);

	if (!code)
		code = ctl_open(call, output, true, &store);
	if (code)
		return code;
	code = run(&r, store);
	ace_wipe(&r.key, sizeof r.key);
	store_close(store);
	return code;
}
