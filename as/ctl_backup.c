/* SPDX-License-Identifier: Apache-2.0 */
/* backup: a copy of the store in a file that has its name only when it is whole. */
#include "as/ctl.h"

#include <unistd.h>

#include "as/ctl_progress.h"
#include "cli/files.h"
#include "cli/json.h"
#include "storage/backup.h"
#include "storage/usage.h"

static int print_backup(const struct cli_output *output, const char *file, const struct store_backup *backup,
			const char *kek_path)
{
	struct json_t *document = cli_json_object();

	cli_say_done(output, "%s: %llu bytes   generation %llu   %llu client%s %llu device%s %llu token%s %llu decision%s",
		     file, (unsigned long long)backup->bytes, (unsigned long long)backup->generation,
		     (unsigned long long)backup->clients, CLI_S(backup->clients), (unsigned long long)backup->devices,
		     CLI_S(backup->devices), (unsigned long long)backup->tokens, CLI_S(backup->tokens),
		     (unsigned long long)backup->decisions, CLI_S(backup->decisions));
	cli_note(output, "the key-encryption key is not in it, and opens it: keep a copy of %s, in another place than the backup",
		 kek_path);
	cli_json_put_text(document, "file", file);
	cli_json_put_int(document, "bytes", (int64_t)backup->bytes);
	cli_json_put_time(document, "taken_at", backup->taken_at);
	cli_json_put_hex(document, "store_id_hex", ACE_SLICE_OF(backup->store_id));
	cli_json_put_int(document, "generation", (int64_t)backup->generation);
	cli_json_put_int(document, "clients", (int64_t)backup->clients);
	cli_json_put_int(document, "devices", (int64_t)backup->devices);
	cli_json_put_int(document, "tokens", (int64_t)backup->tokens);
	cli_json_put_int(document, "decisions", (int64_t)backup->decisions);
	cli_json_put_text(document, "kek", kek_path);
	return ctl_printed(output, cli_output_json(output, document));
}

static int write_backup(const struct cli_output *output, struct store *store, struct cli_new_file *file)
{
	struct ctl_progress progress;
	struct store_usage usage = { 0 };
	struct store_backup backup;
	struct store_error error;
	struct cli_error wrong;
	enum ace_err err = store_usage(store, &usage);

	if (!err) {
		ctl_progress_begin(&progress, output, "copying", file->fd, usage.used_bytes);
		err = store_backup_write(store, file->fd, file->temporary, ctl_now(), &backup, &error);
		ctl_progress_end(&progress);
	} else {
		error = *store_last_error(store);
	}
	if (err) {
		cli_new_file_drop(file);
		return ctl_store_error(output, &error);
	}
	if (cli_new_file_end(file, &wrong))
		return cli_error_print(output, &wrong);
	return print_backup(output, file->path, &backup, store_kek_path(store));
}

int ctl_backup(const struct cli_call *call, const struct cli_output *output)
{
	const char *path = call->args[0];
	bool is_there = !access(path, F_OK);
	struct cli_new_file file;
	struct cli_error wrong;
	struct store *store;
	int code = ctl_open(call, output, false, &store);

	if (code)
		return code;
	if (is_there && !cli_confirm(call, output, "Replace the file of that name?"))
		code = CLI_EXIT_USAGE;
	else if (cli_new_file_begin(path, is_there ? CLI_WRITE_REPLACE : CLI_WRITE_NEW, &file, &wrong))
		code = cli_error_print(output, &wrong);
	else
		code = write_backup(output, store, &file);
	store_close(store);
	return code;
}
