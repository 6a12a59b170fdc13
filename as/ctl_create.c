/* SPDX-License-Identifier: Apache-2.0 */
/* client create, device create: what an inventory file would say, in flags. */
#include "as/ctl.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "as/ctl_new.h"
#include "as/ctl_record.h"
#include "as/ctl_text.h"
#include "as/policy_stored.h"
#include "cli/hex.h"
#include "cli/json.h"
#include "storage/policies.h"

#define KIDS_LEN 65536 /* of one and two bytes */

struct creation {
	const struct cli_call *call;
	const struct cli_output *output;
	struct store *store;
	uint64_t generation; /* of the policy */
	struct policy *policy; /* owns: the one in force */
	struct json_t *object; /* owns: as a row has it */
	struct ctl_new_input in;
	struct ctl_new party;
	struct ctl_device counted;
	struct cli_error error;
};

/* What a flag says becomes a member, so that the rules of an inventory hold for it. */
static int put_flag(struct creation *c, struct json_t *object, const char *flag, const char *member)
{
	const char *value = cli_flag_value(c->call, flag);

	if (!value)
		return CLI_EXIT_OK;
	if (!ctl_is_utf8((struct ace_slice){ (const uint8_t *)value, strlen(value) }))
		return cli_fail(c->output, CLI_EXIT_USAGE, "--%s: the value is not UTF-8", flag);
	cli_json_put_text(object, member, value);
	return CLI_EXIT_OK;
}

/* len: of KEY= */
static bool is_given_before(const struct cli_call *call, size_t nth, size_t len)
{
	const char *arg = cli_flag_nth(call, "tag", nth);

	for (size_t i = 0; i < nth; i++)
		if (!strncmp(cli_flag_nth(call, "tag", i), arg, len))
			return true;
	return false;
}

static int put_tags(struct creation *c)
{
	struct json_t *tags = cli_json_object();
	const char *arg;
	char key[64];

	for (size_t i = 0; (arg = cli_flag_nth(c->call, "tag", i)); i++) {
		const char *equals = strchr(arg, '=');
		size_t len = equals ? (size_t)(equals - arg) : sizeof key;

		if (len >= sizeof key || !ctl_is_utf8((struct ace_slice){ (const uint8_t *)arg, strlen(arg) })) {
			cli_json_free(tags);
			return cli_fail(c->output, CLI_EXIT_USAGE, "--tag takes KEY=VALUE, in UTF-8");
		}
		memcpy(key, arg, len);
		key[len] = '\0';
		if (is_given_before(c->call, i, len + 1)) {
			cli_json_free(tags);
			return cli_fail(c->output, CLI_EXIT_USAGE, "--tag %s is given twice", key);
		}
		cli_json_put_text(tags, key, equals + 1);
	}
	cli_json_put(c->object, "tags", tags);
	return CLI_EXIT_OK;
}

/* Never in an argument, where other users would see it. */
static int put_key(struct creation *c, struct json_t *object)
{
	const char *path = cli_flag_value(c->call, "key-file");
	struct json_t *key;
	int code = CLI_EXIT_OK;

	if (path && cli_flag(c->call, "key-stdin"))
		return cli_fail(c->output, CLI_EXIT_USAGE, "--key-file and --key-stdin exclude each other");
	if (!path && !cli_flag(c->call, "key-stdin")) {
		cli_json_put_text(object, "key", "generate");
		return CLI_EXIT_OK;
	}
	key = cli_json_object();
	if (path)
		code = put_flag(c, key, "key-file", "file");
	else
		cli_json_put_text(key, "file", "-");
	cli_json_put(object, "key", key);
	return code;
}

static int put_common(struct creation *c)
{
	int code = put_flag(c, c->object, "description", "description");

	cli_json_put_text(c->object, "id", c->call->args[0]);
	if (cli_flag(c->call, "disabled"))
		cli_json_put_bool(c->object, "enabled", false);
	return code ? code : put_tags(c);
}

static int put_client(struct creation *c)
{
	struct json_t *auth = cli_json_object();
	int code = put_common(c);

	cli_json_put_text(auth, "method", "oscore");
	if (!code)
		code = put_flag(c, auth, "method", "method");
	if (!code)
		code = put_key(c, auth);
	if (!code)
		code = put_flag(c, c->object, "default-scope", "default_scope");
	if (!code)
		code = put_flag(c, c->object, "default-audience", "default_audience");
	cli_json_put(c->object, "auth", auth);
	return code;
}

/* A key id that no device of this store has: the lowest of one byte, or else of two; then one of four by chance. */
static enum ace_err choose_kid(struct store_txn *txn, uint8_t kid[STORE_KID_MAX], size_t *ret_len)
{
	struct store_device device = { 0 };
	bool *is_taken = calloc(KIDS_LEN, sizeof *is_taken);
	size_t number = 1;
	enum ace_err err = is_taken ? ACE_OK : ACE_ERR_MEMORY;

	while (!err && !(err = store_device_next(txn, device.id, &device)))
		for (size_t i = 0; i < device.keys_len; i++) {
			const struct store_device_key *key = &device.keys[i];

			if (key->kid_len == 1 || (key->kid_len == 2 && key->kid[0]))
				is_taken[key->kid_len == 1 ? key->kid[0] : key->kid[0] << 8 | key->kid[1]] = true;
		}
	while (err == ACE_ERR_NOT_FOUND && number < KIDS_LEN && is_taken[number])
		number++;
	free(is_taken);
	if (err != ACE_ERR_NOT_FOUND)
		return err;
	*ret_len = number < 256 ? 1 : number < KIDS_LEN ? 2 : 4;
	if (*ret_len == 4)
		return ace_port_random(kid, 4);
	kid[0] = (uint8_t)(number < 256 ? number : number >> 8);
	kid[1] = (uint8_t)number;
	return ACE_OK;
}

static int put_kid(struct creation *c, struct json_t *as_key)
{
	uint8_t kid[STORE_KID_MAX];
	struct store_txn *txn;
	size_t len = 0;
	enum ace_err err;

	if (cli_flag(c->call, "kid"))
		return put_flag(c, as_key, "kid", "kid_hex");
	err = store_begin_read(c->store, &txn);
	if (!err) {
		err = choose_kid(txn, kid, &len);
		store_abort(txn);
	}
	if (err)
		return ctl_fail(c->output, c->store, err);
	cli_json_put_hex(as_key, "kid_hex", (struct ace_slice){ kid, len });
	return CLI_EXIT_OK;
}

static int put_as_line(struct creation *c)
{
	struct json_t *line;
	int code;

	if (!cli_flag(c->call, "line"))
		return CLI_EXIT_OK;
	line = cli_json_object();
	code = put_flag(c, line, "line", "method");
	cli_json_put_text(line, "key", "generate");
	cli_json_put(c->object, "as_line", line);
	return code;
}

static int put_device(struct creation *c)
{
	struct json_t *as_key = cli_json_object();
	int code = cli_flag(c->call, "model") ? put_common(c) :
		   cli_fail(c->output, CLI_EXIT_USAGE, "--model MODEL is needed: acectl policy show names them");

	if (!code)
		code = put_flag(c, c->object, "model", "model");
	if (!code)
		code = put_flag(c, c->object, "audience", "audience");
	if (!code)
		code = put_kid(c, as_key);
	if (!code)
		code = put_flag(c, as_key, "alg", "alg");
	if (!code)
		code = put_key(c, as_key);
	cli_json_put(c->object, "as_key", as_key);
	return code ? code : put_as_line(c);
}

static enum ace_err read_policy(struct store_txn *txn, uint64_t *ret_generation, struct policy **ret_policy)
{
	struct policy_problems problems = { 0 };
	enum ace_err err = store_policy_current(txn, ret_generation);

	if (!err)
		err = as_policy_stored(txn, *ret_generation, &problems, ret_policy);
	policy_problems_free(&problems);
	return err;
}

static enum ace_err load_policy(struct creation *c)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(c->store, &txn);

	if (err)
		return err;
	err = read_policy(txn, &c->generation, &c->policy);
	store_abort(txn);
	return err;
}

static enum ace_err work(struct store_txn *txn, void *arg)
{
	struct creation *c = arg;
	uint64_t generation;
	enum ace_err err = store_policy_current(txn, &generation);

	/* Its model was looked for in the policy that was in force before. */
	if (!err && generation != c->generation)
		return cli_error_set(&c->error, ACE_ERR_BUSY, "another policy came into force meanwhile: try again");
	if (!err)
		err = ctl_new_store(txn, &c->party, &c->error);

	if (err || c->in.kind == STORE_CLIENT)
		return err;
	c->counted.record = c->party.device;
	return ctl_device_count(txn, &c->counted);
}

static int tell(struct creation *c)
{
	const char *id = c->call->args[0], *key = c->party.is_generated ? "generated" : "imported";
	char kid[CLI_HEX_CAP(STORE_KID_MAX)] = "";
	struct json_t *record;

	if (c->in.kind == STORE_CLIENT) {
		cli_say_done(c->output, "%s created, its key %s, effective now", id, key);
		cli_note(c->output, c->party.is_generated ? "next: acectl client ticket %s -o %s.ace" :
			 "next: acectl client export %s -o %s.json, unless it has its key already", id, id);
		record = ctl_client_record(&c->party.client);
	} else {
		cli_hex_encode((struct ace_slice){ c->party.device.keys[0].kid, c->party.device.keys[0].kid_len }, kid, sizeof kid);
		cli_say_done(c->output, "%s created, its key %s with kid %s, effective now", id, key, kid);
		cli_note(c->output, "next: acectl device export %s -o %s.json", id, id);
		record = ctl_device_record(&c->counted);
	}
	return ctl_printed(c->output, cli_output_json(c->output, record));
}

static int run(struct creation *c)
{
	enum ace_err err = load_policy(c);
	int code;

	if (err)
		return ctl_fail(c->output, c->store, err);
	c->object = cli_json_object();
	c->in.policy = c->policy;
	code = c->in.kind == STORE_CLIENT ? put_client(c) : put_device(c);
	if (code)
		return code;
	/* A member that found no memory is not there: "enabled" is among them. */
	err = cli_json_is_whole() ? ctl_new_read(&c->in, c->object, &c->party, &c->error) : ACE_ERR_MEMORY;
	if (err && !c->error.message[0])
		return ctl_printed(c->output, err);
	if (err)
		return cli_error_print(c->output, &c->error);
	err = store_write(c->store, work, c);
	if (err && c->error.message[0])
		return cli_error_print(c->output, &c->error);
	return err ? ctl_fail(c->output, c->store, err) : tell(c);
}

static int create(const struct cli_call *call, const struct cli_output *output, enum store_kind kind)
{
	struct creation *c = calloc(1, sizeof *c);
	int code;

	if (!c)
		return ctl_printed(output, ACE_ERR_MEMORY);
	c->call = call;
	c->output = output;
	c->in = (struct ctl_new_input){ .kind = kind, .file = "", .now = ctl_now() };
	code = ctl_is_utf8((struct ace_slice){ (const uint8_t *)call->args[0], strlen(call->args[0]) }) ?
		       ctl_open(call, output, true, &c->store) : cli_fail(output, CLI_EXIT_USAGE, "the id is not UTF-8");
	if (!code)
		code = run(c);
	store_close(c->store);
	ctl_new_wipe(&c->party);
	cli_json_free(c->object);
	policy_free(c->policy);
	free(c);
	return code;
}

int ctl_client_create(const struct cli_call *call, const struct cli_output *output)
{
	return create(call, output, STORE_CLIENT);
}

int ctl_device_create(const struct cli_call *call, const struct cli_output *output)
{
	return create(call, output, STORE_DEVICE);
}
