/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl.h"

#include <string.h>

#include "ace_port.h"
#include "as/ctl_trl.h"
#include "as/policy_stored.h"
#include "as/psk.h"
#include "cli/bundle.h"
#include "cli/hex.h"
#include "storage/device_keys.h"
#include "storage/meta.h"
#include "storage/policies.h"

struct device_with_secrets {
	const char *id;
	struct store_device device;
	struct store_key keys[STORE_DEVICE_KEYS_MAX];
	int64_t now;
	struct store_secret line;
	char identity[AS_PSK_IDENTITY_MAX + 1]; /* of the line, where it is opened by DTLS */
	struct store_info info;
	struct ctl_trl trl;
	struct policy *policy; /* owns: the model's resources are borrowed from it */
};

static enum ace_err read_all(struct store_txn *txn, struct device_with_secrets *d)
{
	struct policy_problems problems = { 0 };
	uint64_t generation;
	enum ace_err err = store_device_get(txn, d->id, &d->device);

	if (!err)
		err = store_info_get(txn, &d->info);
	if (!err)
		err = ctl_trl_get(txn, &d->trl);
	for (size_t i = 0; i < d->device.keys_len && !err; i++)
		err = store_device_key(txn, &d->device, i, &d->keys[i]);
	if (!err && d->device.line_method != STORE_AUTH_NONE)
		err = store_device_line_secret(txn, &d->device, &d->line);
	if (!err)
		as_psk_identity(d->device.id, d->device.line_key_version, d->identity);
	if (!err)
		err = store_policy_current(txn, &generation);
	if (!err)
		err = as_policy_stored(txn, generation, &problems, &d->policy);
	policy_problems_free(&problems);
	return err;
}

static void fill_line(const struct device_with_secrets *d, struct ace_slice kid, struct cli_line *ret_line)
{
	struct ace_slice key = { d->line.key, d->line.key_len };

	if (d->device.line_method == STORE_AUTH_OSCORE)
		*ret_line = (struct cli_line){ .method = CLI_LINE_OSCORE, .oscore = {
			.master_secret = key, .master_salt = { d->line.salt, d->line.salt_len },
			.sender_id = kid, .alg = ACE_ALG_CCM_16_64_128 } };
	else if (d->device.line_method == STORE_AUTH_DTLS_PSK)
		*ret_line = (struct cli_line){ .method = CLI_LINE_DTLS_PSK, .psk_identity = d->identity,
					       .psk_key = key };
}

/* The key that tokens are issued under, and one that comes after it or was before it. */
static void fill_keys(const struct device_with_secrets *d, struct cli_device_bundle *bundle)
{
	for (size_t i = 0; i < d->device.keys_len; i++) {
		const struct store_device_key *key = &d->device.keys[i];

		if (store_key_lives(key, d->now))
			bundle->token_keys[bundle->token_keys_len++] = (struct cli_token_key){
				{ key->kid, key->kid_len }, key->alg, { d->keys[i].bytes, d->keys[i].len } };
	}
}

static void say_written(const struct cli_output *output, const struct cli_device_bundle *bundle, const char *path)
{
	char kids[2][CLI_HEX_CAP(STORE_KID_MAX)] = { "", "" };

	for (size_t i = 0; i < bundle->token_keys_len && i < ACE_ARRAY_LEN(kids); i++)
		cli_hex_encode(bundle->token_keys[i].kid, kids[i], sizeof kids[i]);
	cli_say_done(output, "%s: audience, kid %s%s%s, AS key, algorithm — contains a secret, written 0600", path, kids[0],
		kids[1][0] ? " and " : "", kids[1]);
}

static int write_bundle(const struct cli_output *output, const struct device_with_secrets *d,
			enum cli_bundle_format format, const char *format_name, const char *path)
{
	const struct policy_model *model = policy_model_find(d->policy, d->device.model);
	uint8_t kid[STORE_KID_MAX];
	struct cli_device_bundle bundle = { .device = d->device.id, .issuer = d->info.issuer, .as_uri = d->info.as_uri,
		.audience = d->device.audience[0] ? d->device.audience : d->device.id };
	struct cli_bytes bytes = { 0 };
	struct cli_error error;
	enum ace_err err;

	fill_keys(d, &bundle);
	if (!model)
		return cli_fail(output, CLI_EXIT_NO, "%s: model %s is not in the policy; apply one that has it",
				d->device.id, d->device.model);
	bundle.resources = model->resources;
	bundle.has_clock = model->has_clock;
	fill_line(d, (struct ace_slice){ kid, store_line_kid(d->device.line, kid) }, &bundle.as_line);
	if (bundle.as_line.method != CLI_LINE_NONE)
		bundle.trl = ctl_trl_told(&d->trl);
	err = cli_device_bundle_write(&bundle, format, &bytes, &error);
	if (!err)
		err = cli_file_write(path, (struct ace_slice){ bytes.ptr, bytes.len }, CLI_WRITE_NEW, &error);
	cli_bytes_free(&bytes);
	if (err)
		return cli_error_print(output, &error);
	say_written(output, &bundle, path);
	return ctl_written_print(output, &(struct ctl_written){ .noun = "device", .id = d->device.id, .path = path,
								.format = format_name });
}

int ctl_device_export(const struct cli_call *call, const struct cli_output *output)
{
	struct device_with_secrets d = { .id = call->args[0], .now = ctl_now() };
	const char *name = cli_flag_value(call, "format"), *path = cli_flag_value(call, "output");
	enum cli_bundle_format format = CLI_FORMAT_JSON;
	struct cli_error error;
	struct store_txn *txn;
	struct store *store;
	enum ace_err err;
	int code;

	if (!path || !strcmp(path, "-"))
		return cli_fail(output, CLI_EXIT_USAGE, "-o FILE is needed: a secret never goes to a terminal");
	if (name && cli_device_format(name, &format, &error))
		return cli_error_print(output, &error);
	code = ctl_open(call, output, true, &store);
	if (code)
		return code;
	err = store_begin_read(store, &txn);
	if (!err) {
		err = read_all(txn, &d);
		store_abort(txn);
	}
	if (err == ACE_ERR_NOT_FOUND)
		code = ctl_unknown(output, store, STORE_DEVICE, d.id);
	else
		code = err ? ctl_fail(output, store, err) : write_bundle(output, &d, format, name ? name : "json", path);
	ace_wipe(d.keys, sizeof d.keys);
	store_secret_wipe(&d.line);
	policy_free(d.policy);
	store_close(store);
	return code;
}
