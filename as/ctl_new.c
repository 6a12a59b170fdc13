/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_new.h"

#include <stdio.h>
#include <string.h>

#include "ace_port.h"
#include "policy/rows.h"

static void tell_problem(const struct policy_problems *problems, struct cli_error *error)
{
	const struct policy_problem *first = problems->list;

	cli_error_set(error, ACE_ERR_MALFORMED, "%s", first->message);
	if (first->hint)
		cli_error_hint(error, "%s", first->hint);
	snprintf(error->code, sizeof error->code, "%s", first->code);
	snprintf(error->pointer, sizeof error->pointer, "%s", first->pointer);
	error->exit = CLI_EXIT_NO;
}

static enum ace_err make(const struct policy_row *row, struct apply *apply, struct ctl_new *party)
{
	enum ace_err err;

	if (party->kind == STORE_CLIENT) {
		party->is_generated = row->client.key.source == POLICY_KEY_GENERATE;
		err = apply_client_make(&row->client, apply, &party->client, &party->secret);
	} else {
		party->is_generated = row->device.as_key.source == POLICY_KEY_GENERATE;
		err = apply_device_make(&row->device, apply, &party->secrets, &party->device);
	}
	if (!err || apply->error->message[0])
		return err;
	cli_error_set(apply->error, err, err == ACE_ERR_RANGE ? "a text of %s is longer than the store takes" :
		      "the key of %s could not be made", ctl_new_id(party));
	return err;
}

enum ace_err ctl_new_read(const struct ctl_new_input *in, const struct json_t *object, struct ctl_new *ret_party,
			    struct cli_error *ret_error)
{
	struct policy_row_input row_in = { in->kind == STORE_CLIENT ? POLICY_KIND_CLIENT : POLICY_KIND_DEVICE, object,
					   in->file, in->policy };
	struct ctl_apply_input apply_in = { .now = in->now };
	struct ctl_applied applied = { 0 };
	struct apply apply = { &apply_in, &applied, ret_error, false };
	struct policy_problems problems = { 0 };
	struct policy_row row = { 0 };
	enum ace_err err = policy_row_read(&row_in, &problems, &row);

	ret_error->message[0] = '\0';
	if (err == ACE_ERR_MEMORY)
		cli_error_set(ret_error, err, "out of memory");
	else if (err)
		tell_problem(&problems, ret_error);
	policy_problems_free(&problems);
	if (err)
		return err;
	memset(ret_party, 0, sizeof *ret_party);
	ret_party->kind = in->kind;
	err = make(&row, &apply, ret_party);
	policy_row_free(&row);
	if (err)
		ctl_new_wipe(ret_party);
	return err;
}

void ctl_new_wipe(struct ctl_new *party)
{
	store_secret_wipe(&party->secret);
	ace_wipe(&party->secrets, sizeof party->secrets);
}

const char *ctl_new_id(const struct ctl_new *party)
{
	return party->kind == STORE_CLIENT ? party->client.id : party->device.id;
}

static enum ace_err refuse(struct cli_error *error, const char *code, const char *pointer)
{
	snprintf(error->code, sizeof error->code, "%s", code);
	snprintf(error->pointer, sizeof error->pointer, "%s", pointer);
	error->exit = CLI_EXIT_NO;
	return ACE_ERR_EXISTS;
}

static enum ace_err refuse_client(struct cli_error *error, const char *id)
{
	cli_error_set(error, ACE_ERR_EXISTS, "client %s exists already", id);
	cli_error_hint(error, "acectl client show %s; policy apply changes what is there", id);
	return refuse(error, "E101", "/id");
}

/* name is the id or the audience of the new one. */
static enum ace_err refuse_device(struct cli_error *error, const char *name, const struct store_device *other, bool is_id)
{
	bool is_same = is_id && !strcmp(other->id, name);

	if (is_same)
		cli_error_set(error, ACE_ERR_EXISTS, "device %s exists already", name);
	else
		cli_error_set(error, ACE_ERR_EXISTS, "“%s” is the %s of device %s", name,
			      strcmp(other->id, name) ? "audience" : "id", other->id);
	cli_error_hint(error, is_same ? "acectl device show %s; policy apply changes what is there" :
		       "a client that names %s must mean one device", name);
	return refuse(error, is_same ? "E101" : "E106", is_id ? "/id" : "/audience");
}

static enum ace_err check_name(struct store_txn *txn, const char *name, bool is_id, struct cli_error *error)
{
	struct store_device other;
	enum ace_err err = store_device_find(txn, (struct ace_slice){ (const uint8_t *)name, strlen(name) }, &other);

	if (err)
		return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	return refuse_device(error, name, &other, is_id);
}

static enum ace_err check_identity(struct store_txn *txn, const struct ctl_new *party, struct cli_error *error)
{
	struct apply apply = { .error = error };
	enum ace_err err;

	if (party->kind == STORE_CLIENT)
		err = apply_client_check(txn, &(struct policy_client){ .id = party->client.id, .file = "", .method =
			party->client.method == STORE_AUTH_DTLS_PSK ? POLICY_LINE_DTLS_PSK : POLICY_LINE_OSCORE }, &apply);
	else
		err = apply_device_check(txn, &(struct policy_device){ .id = party->device.id, .file = "",
			.has_as_line = party->device.line_method == STORE_AUTH_DTLS_PSK,
			.as_line_method = POLICY_LINE_DTLS_PSK }, &apply);
	return err == ACE_ERR_EXISTS ? refuse(error, "E115", "/id") : err;
}

enum ace_err ctl_new_check(struct store_txn *txn, const struct ctl_new *party, struct cli_error *ret_error)
{
	struct store_client client;
	enum ace_err err;

	if (party->kind == STORE_CLIENT) {
		err = store_client_get(txn, party->client.id, &client);
		if (!err)
			return refuse_client(ret_error, client.id);
		err = err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
	} else {
		err = check_name(txn, party->device.id, true, ret_error);
		if (!err && party->device.audience[0])
			err = check_name(txn, party->device.audience, false, ret_error);
	}
	return err ? err : check_identity(txn, party, ret_error);
}

enum ace_err ctl_new_store(struct store_txn *txn, struct ctl_new *party, struct cli_error *ret_error)
{
	enum ace_err err = ctl_new_check(txn, party, ret_error);

	if (err)
		return err;
	if (party->kind == STORE_CLIENT)
		err = store_client_create(txn, &party->client, &party->secret);
	else
		err = store_device_create(txn, &party->device, &party->secrets.key,
					  party->device.line_method == STORE_AUTH_NONE ? NULL : &party->secrets.line);
	return err;
}
