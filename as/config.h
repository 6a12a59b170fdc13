/* SPDX-License-Identifier: Apache-2.0 */
/* What aced is told at start: defaults, then the configuration file, then flags. */
#ifndef AS_CONFIG_H
#define AS_CONFIG_H

#include "as/bucket.h"
#include "as/metrics_http.h"
#include "as/sandbox.h"
#include "as/trl_query.h"
#include "cli/address.h"
#include "cli/log.h"
#include "cli/output.h"
#include "storage/store.h"

#define AS_CONFIG_DEFAULT "/etc/aced/aced.json"
#define AS_PATH_MAX 1024
#define AS_TRL_PATH "/revoke/trl"
#define AS_LISTEN_MAX 280
#define AS_ADMINISTRATORS_MAX 16

/* All strings are the struct's own. */
struct as_config {
	char state_dir[AS_PATH_MAX];
	char kek[AS_PATH_MAX];            /* "": the store's default */
	char listen[AS_LISTEN_MAX];       /* "HOST:PORT" of coap:// */
	char metrics[AS_METRICS_ADDRESS_MAX]; /* "ADDRESS:PORT" of this machine; "": no metrics */
	char listen_dtls[AS_LISTEN_MAX];  /* of coaps://; "": it is not served */
	char issuer[STORE_URI_MAX + 1];   /* "": what the store says; another is refused */
	char wireshark_keys[AS_PATH_MAX]; /* "": none */
	char introspect_path[CLI_PATH_MAX + 1]; /* "/introspect" */
	char trl_path[CLI_PATH_MAX + 1];        /* AS_TRL_PATH */
	struct as_trl_limits trl;               /* of a requester of the revocation list */
	char administrators[AS_ADMINISTRATORS_MAX][STORE_ID_MAX + 1]; /* clients that see all of it */
	size_t administrators_len;
	enum cli_log_level log_level;
	enum as_sandbox_mode sandbox;
	bool log_tokens;                  /* a line for each token that is issued: see as/token_log.h */
	struct as_rate grants, refusals;  /* of one client */
	uint32_t keep_days;               /* decisions are kept for so long, */
	uint64_t keep_bytes;              /* and while they take no more of the store than this */
	uint32_t peers_max;               /* OSCORE contexts kept in memory */
	uint32_t devices_max;             /* devices kept in memory with their keys opened */
	uint32_t observers_max;           /* observations of the revocation list */
	uint32_t messages_max;            /* of the UDP server, that wait for an acknowledgement or for their turn */
	uint32_t dtls_sessions_max;       /* idle ones of coaps:// */
};

void as_config_init(struct as_config *ret_config);
/* Read a configuration file over what is there: a JSON object with any of state_dir, kek, listen, issuer, log_level,
 * log_tokens, metrics, sandbox, limits {client_rate, client_burst, contexts, devices, dtls_sessions, messages, observers},
 * paths {introspect, revocation_list},
 * audit {keep_days, max_bytes}, administrators and description. Nothing else may be in it.
 * After a failure config is as before. ACE_ERR_MALFORMED with file, line, column, pointer and a hint; errors of
 * cli_file_read(). ret_error may not be NULL. */
ACE_MUST_CHECK enum ace_err as_config_read(const char *path, struct as_config *config, struct cli_error *ret_error);

#endif
