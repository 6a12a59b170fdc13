/* SPDX-License-Identifier: Apache-2.0 */
/* policy export: files that say what the store has, so that applying them changes nothing. Large inventories become several
 * files, each of which validate and apply can read. */
#include "as/ctl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "as/ctl_inventory.h"
#include "cli/files.h"
#include "cli/json.h"
#include "policy/policy.h"
#include "storage/policies.h"

#define PART_MAX (POLICY_FILE_MAX / 8) /* bytes after which another file begins: editors want to read it, too */
#define HEAD "{\n  \"format\": \"ace-policy/1\""

struct exporting {
	const struct cli_call *call;
	const struct cli_output *output;
	struct store *store;
	struct store_txn *txn;
	const char *dir;  /* NULL: all in one document on stdout */
	FILE *out;        /* stdout, or a stream over text */
	char *text;       /* owns */
	size_t len;
	size_t parts;     /* inventory files that are complete */
	bool is_open;     /* a section is */
	enum store_kind kind;
	uint64_t clients, devices, generation;
	struct json_t *files; /* names of those that were written */
	struct cli_error error;
};

static enum ace_err write_file(struct exporting *e, const char *name, struct ace_slice bytes)
{
	char path[CTL_PATH_MAX];
	enum cli_write_mode mode = e->call->yes ? CLI_WRITE_REPLACE : CLI_WRITE_NEW;
	enum ace_err err;

	if ((size_t)snprintf(path, sizeof path, "%s/%s", e->dir, name) >= sizeof path)
		return cli_error_set(&e->error, ACE_ERR_RANGE, "%s: the path is too long", e->dir);
	err = cli_file_write(path, bytes, mode, &e->error);
	if (err == ACE_ERR_EXISTS)
		cli_error_hint(&e->error, "with -y it is replaced");
	if (!err) {
		cli_json_add_text(e->files, path);
		cli_say_done(e->output, "%s", path);
	}
	return err;
}

static enum ace_err end_part(struct exporting *e)
{
	char name[64];
	enum ace_err err = ACE_OK;

	if (!e->out)
		return ACE_OK;
	fputs(e->is_open ? "\n  }\n}\n" : "\n}\n", e->out);
	e->is_open = false;
	if (!e->dir) {
		e->out = NULL;
		return ACE_OK;
	}
	if (fclose(e->out))
		err = ACE_ERR_MEMORY;
	e->out = NULL;
	if (++e->parts == 1)
		snprintf(name, sizeof name, "inventory.json");
	else
		snprintf(name, sizeof name, "inventory-%zu.json", e->parts);
	if (!err)
		err = write_file(e, name, (struct ace_slice){ (const uint8_t *)e->text, e->len });
	free(e->text);
	e->text = NULL;
	return err;
}

static enum ace_err begin_part(struct exporting *e)
{
	if (e->dir && e->out && ftell(e->out) > (long)PART_MAX) {
		enum ace_err err = end_part(e);

		if (err)
			return err;
	}
	if (e->out)
		return ACE_OK;
	e->out = e->dir ? open_memstream(&e->text, &e->len) : e->output->out;
	if (!e->out)
		return ACE_ERR_MEMORY;
	fputs(HEAD, e->out);
	return ACE_OK;
}

/* A line for each client and each device. Takes the record. */
static enum ace_err put_party(struct exporting *e, enum store_kind kind, const char *id, struct json_t *record)
{
	enum ace_err err = begin_part(e);
	char *text = err ? NULL : cli_json_text(record, true);

	cli_json_free(record);
	if (!text)
		return err ? err : ACE_ERR_MEMORY;
	if (e->is_open && e->kind != kind) {
		fputs("\n  }", e->out);
		e->is_open = false;
	}
	if (!e->is_open)
		fprintf(e->out, ",\n  \"%s\": {\n", kind == STORE_CLIENT ? "clients" : "devices");
	else
		fputs(",\n", e->out);
	e->is_open = true;
	e->kind = kind;
	fprintf(e->out, "    \"%s\": %.*s", id, (int)strcspn(text, "\n"), text);
	cli_json_text_free(text);
	return ACE_OK;
}

static enum ace_err put_clients(struct exporting *e)
{
	struct store_client client = { 0 };
	struct json_t *record;
	enum ace_err err;

	for (; !(err = store_client_next(e->txn, client.id, &client)); e->clients++) {
		record = ctl_inventory_client(e->txn, &client, &err);
		if (record)
			err = put_party(e, STORE_CLIENT, client.id, record);
		if (err)
			return err;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err put_devices(struct exporting *e)
{
	struct store_device device = { 0 };
	struct json_t *record;
	enum ace_err err;

	for (; !(err = store_device_next(e->txn, device.id, &device)); e->devices++) {
		record = ctl_inventory_device(e->txn, &device, &err);
		if (record)
			err = put_party(e, STORE_DEVICE, device.id, record);
		if (err)
			return err;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

/* The sections of a generation, indented as the rest is: all but the outer braces and the format. */
static enum ace_err put_policy(struct exporting *e, const char *canonical, size_t len)
{
	struct cli_json_reader reader = { .file = "the stored policy", .error = &e->error };
	struct json_t *policy = cli_json_parse(&reader, (struct ace_slice){ (const uint8_t *)canonical, len });
	char *text = policy ? cli_json_text(policy, false) : NULL;
	enum ace_err err = policy && !text ? ACE_ERR_MEMORY : reader.err;

	cli_json_free(policy);
	if (!err && e->dir) {
		err = write_file(e, "policy.json", (struct ace_slice){ (const uint8_t *)text, strlen(text) });
	} else if (!err) {
		/* What follows in the same document continues it: without the last brace and line end. */
		text[strlen(text) - 3] = '\0';
		e->out = e->output->out;
		fputs(text, e->out);
	}
	cli_json_text_free(text);
	return err;
}

static enum ace_err export_policy(struct exporting *e, const int64_t *wanted)
{
	char *text = NULL;
	size_t len;
	enum ace_err err = store_policy_current(e->txn, &e->generation);

	if (!err && wanted)
		e->generation = (uint64_t)*wanted;
	if (err)
		return err;
	if (!e->generation) {
		static const char empty[] = "{\"format\":\"ace-policy/1\"}";

		return wanted || !e->dir ? put_policy(e, empty, sizeof empty - 1) : ACE_OK;
	}
	err = store_policy_text(e->txn, e->generation, &text, &len);
	if (!err)
		err = put_policy(e, text, len);
	free(text);
	return err;
}

static enum ace_err export_all(struct exporting *e, const int64_t *wanted)
{
	enum ace_err err = store_begin_read(e->store, &e->txn);

	if (err)
		return err;
	err = export_policy(e, wanted);
	/* No inventory is kept of the past. */
	if (!err && !wanted)
		err = put_clients(e);
	if (!err && !wanted)
		err = put_devices(e);
	if (!err)
		err = end_part(e);
	if (e->out && e->dir)
		fclose(e->out);
	free(e->text);
	store_abort(e->txn);
	return err;
}

static int print(struct exporting *e)
{
	struct json_t *document;

	if (!e->dir)
		return CLI_EXIT_OK;
	document = cli_json_object();
	cli_json_put_int(document, "generation", (int64_t)e->generation);
	cli_json_put_int(document, "clients", (int64_t)e->clients);
	cli_json_put_int(document, "devices", (int64_t)e->devices);
	cli_json_put(document, "files", e->files);
	e->files = NULL;
	return ctl_printed(e->output, cli_output_json(e->output, document));
}

static int run(struct exporting *e, const int64_t *wanted)
{
	enum ace_err err;

	if (e->dir && mkdir(e->dir, 0777) && errno != EEXIST)
		return cli_fail(e->output, CLI_EXIT_USAGE, "%s: %s", e->dir, strerror(errno));
	err = export_all(e, wanted);
	if (err == ACE_ERR_NOT_FOUND && wanted)
		return ctl_no_generation(e->output, cli_flag_value(e->call, "generation"));
	if (err && e->error.message[0])
		return cli_error_print(e->output, &e->error);
	return err ? ctl_fail(e->output, e->store, err) : print(e);
}

int ctl_policy_export(const struct cli_call *call, const struct cli_output *output)
{
	const struct cli_number generation = { .flag = "generation", .min = 0, .max = INT64_MAX };
	struct exporting *e;
	bool has_wanted = cli_flag(call, "generation");
	int64_t wanted = 0;
	int code;

	if (!cli_flag_number(call, output, &generation, &wanted))
		return CLI_EXIT_USAGE;
	e = calloc(1, sizeof *e);
	if (!e)
		return ctl_printed(output, ACE_ERR_MEMORY);
	e->call = call;
	e->output = output;
	e->dir = call->args_len ? call->args[0] : NULL;
	e->files = cli_json_array();
	/* Fingerprints are of keys. */
	code = ctl_open(call, output, !has_wanted, &e->store);
	if (!code) {
		code = run(e, has_wanted ? &wanted : NULL);
		store_close(e->store);
	}
	cli_json_free(e->files);
	free(e);
	return code;
}
