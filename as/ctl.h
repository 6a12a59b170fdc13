/* SPDX-License-Identifier: Apache-2.0 */
/* What the verbs of acectl share: the open store, and how its failures are told. */
#ifndef AS_CTL_H
#define AS_CTL_H

#include "cli/command.h"
#include "storage/clients.h"
#include "storage/devices.h"
#include "storage/store.h"

#define CTL_PATH_MAX 1024

/* Open the store of --state-dir; unlock it when the verb touches secrets. Prints what is wrong.
 * @return CLI_EXIT_OK, or the exit code. */
int ctl_open(const struct cli_call *call, const struct cli_output *output, bool unlock, struct store **ret_store);
/* From now on a file that cannot be read where it is mapped is told as damage, and ends the program. */
void ctl_damage_watch(const struct cli_output *output, const char *dir);
/* Print a failure of the store and return its exit code. */
int ctl_fail(const struct cli_output *output, const struct store *store, enum ace_err err);
/* The same of an error that a function of the store filled. */
int ctl_store_error(const struct cli_output *output, const struct store_error *error);
/* Tell that no client (or device) has that id, and which one was probably meant. Returns the exit code. */
int ctl_unknown(const struct cli_output *output, struct store *store, enum store_kind kind, const char *id);
/* The same of a generation of the policy. */
int ctl_no_generation(const struct cli_output *output, const char *number);
/* The exit code of what cli_output_*() returned; tells what went wrong. */
int ctl_printed(const struct cli_output *output, enum ace_err err);
/* The directory of --state-dir or the default one. */
const char *ctl_state_dir(const struct cli_call *call);
/* Seconds since 1970. */
int64_t ctl_now(void);
/* "90s", "30m", "24h", "31d": from one second on. */
ACE_MUST_CHECK bool ctl_duration_parse(const char *text, uint32_t *ret_seconds);
/* A document that says which file was written for whom; prints it if --json was given. Returns the exit code. */
struct ctl_written {
	const char *noun; /* "client", "device" */
	const char *id;
	const char *path;
	const char *format;
	const char *secret_dir; /* NULL: none */
	int64_t expires;        /* of a ticket; 0: none */
};
int ctl_written_print(const struct cli_output *output, const struct ctl_written *written);

/* The verbs, one file a noun. */
int ctl_init(const struct cli_call *call, const struct cli_output *output);
int ctl_status(const struct cli_call *call, const struct cli_output *output);
int ctl_metrics(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_validate(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_apply(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_test(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_diff(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_rollback(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_export(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_graph(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_fmt(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_schema(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_log(const struct cli_call *call, const struct cli_output *output);
int ctl_policy_show(const struct cli_call *call, const struct cli_output *output);
int ctl_client_list(const struct cli_call *call, const struct cli_output *output);
int ctl_client_show(const struct cli_call *call, const struct cli_output *output);
int ctl_client_create(const struct cli_call *call, const struct cli_output *output);
int ctl_client_ticket(const struct cli_call *call, const struct cli_output *output);
int ctl_client_rotate_key(const struct cli_call *call, const struct cli_output *output);
int ctl_client_export(const struct cli_call *call, const struct cli_output *output);
int ctl_client_enable(const struct cli_call *call, const struct cli_output *output);
int ctl_client_disable(const struct cli_call *call, const struct cli_output *output);
int ctl_client_delete(const struct cli_call *call, const struct cli_output *output);
int ctl_client_tag(const struct cli_call *call, const struct cli_output *output);
int ctl_device_list(const struct cli_call *call, const struct cli_output *output);
int ctl_device_show(const struct cli_call *call, const struct cli_output *output);
int ctl_device_create(const struct cli_call *call, const struct cli_output *output);
int ctl_device_rotate_line(const struct cli_call *call, const struct cli_output *output);
int ctl_device_rotate_key(const struct cli_call *call, const struct cli_output *output);
int ctl_device_export(const struct cli_call *call, const struct cli_output *output);
int ctl_device_enable(const struct cli_call *call, const struct cli_output *output);
int ctl_device_disable(const struct cli_call *call, const struct cli_output *output);
int ctl_device_delete(const struct cli_call *call, const struct cli_output *output);
int ctl_device_tag(const struct cli_call *call, const struct cli_output *output);
int ctl_token_list(const struct cli_call *call, const struct cli_output *output);
int ctl_token_show(const struct cli_call *call, const struct cli_output *output);
int ctl_token_inspect(const struct cli_call *call, const struct cli_output *output);
int ctl_token_revoke(const struct cli_call *call, const struct cli_output *output);
int ctl_key_status(const struct cli_call *call, const struct cli_output *output);
int ctl_key_rotate_kek(const struct cli_call *call, const struct cli_output *output);
int ctl_backup(const struct cli_call *call, const struct cli_output *output);
int ctl_restore(const struct cli_call *call, const struct cli_output *output);
int ctl_completion(const struct cli_call *call, const struct cli_output *output);
int ctl_doctor(const struct cli_call *call, const struct cli_output *output);
int ctl_can(const struct cli_call *call, const struct cli_output *output);
int ctl_who_can(const struct cli_call *call, const struct cli_output *output);
int ctl_explain(const struct cli_call *call, const struct cli_output *output);

#endif
