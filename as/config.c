/* SPDX-License-Identifier: Apache-2.0 */
#include "as/config.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "as/listen.h"
#include "cli/command.h"
#include "cli/files.h"
#include "policy/locate.h"
#include "storage/revocations.h"

#define RATE_MAX 1000000
#define KEPT_MAX (16 * 1024 * 1024)
/* What the UDP server allows with its 65536 peers: half of them may observe, a quarter may be owed a message. */
#define OBSERVERS_MAX 32768
#define MESSAGES_MAX 16384
#define SESSIONS_MAX 10000 /* libcoap looks at each of them in every turn */
#define KEEP_DAYS_MAX 36500
#define KEEP_BYTES_MIN (1024 * 1024)
#define KEEP_BYTES_MAX (INT64_C(1024) * 1024 * 1024 * 1024)
#define FILE_MAX (64 * 1024)

void as_config_init(struct as_config *ret_config)
{
	*ret_config = (struct as_config){
		.state_dir = STORE_DIR_DEFAULT,
		.listen = "127.0.0.1:5683",
		.introspect_path = "/introspect",
		.trl_path = AS_TRL_PATH,
		.trl = { .updates = STORE_TRL_UPDATES, .page = STORE_TRL_PAGE, .index_max = UINT32_MAX },
		.log_level = CLI_LOG_INFO,
		.grants = { .per_second = 100, .burst = 1000 },
		.refusals = { .per_second = 10, .burst = 50 },
		.keep_days = 90,
		.keep_bytes = 1024 * 1024 * 1024,
		.peers_max = 65536,
		.devices_max = 65536,
		.observers_max = 16384,
		.messages_max = 8192,
		.dtls_sessions_max = 1000,
	};
}

/* --- members --- */

static bool read_text(const json_t *value, char *text, size_t cap)
{
	const char *given = json_string_value(value);

	if (!given || !*given || json_string_length(value) >= cap || json_string_length(value) != strlen(given))
		return false;
	snprintf(text, cap, "%s", given);
	return true;
}

static bool read_number(const json_t *value, uint32_t max, uint32_t *ret_number)
{
	if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > max)
		return false;
	*ret_number = (uint32_t)json_integer_value(value);
	return true;
}

static bool read_state_dir(const json_t *value, struct as_config *config)
{
	return read_text(value, config->state_dir, sizeof config->state_dir);
}

static bool read_kek(const json_t *value, struct as_config *config)
{
	return read_text(value, config->kek, sizeof config->kek);
}

static bool read_issuer(const json_t *value, struct as_config *config)
{
	return read_text(value, config->issuer, sizeof config->issuer);
}

/* One URI, or one of each scheme. */
static bool read_listen(const json_t *value, struct as_config *config)
{
	bool seen[2] = { false, false };
	size_t len = json_is_array(value) ? json_array_size(value) : 1;

	for (size_t i = 0; i < len; i++) {
		char text[AS_LISTEN_MAX + 16];
		struct as_listen listen;

		if (!read_text(json_is_array(value) ? json_array_get(value, i) : value, text, sizeof text) ||
		    as_listen_parse(text, &listen, NULL) || seen[listen.secure])
			return false;
		seen[listen.secure] = true;
		as_listen_put(&listen, config);
	}
	return len != 0;
}

static bool read_log_level(const json_t *value, struct as_config *config)
{
	return json_is_string(value) && cli_log_level_parse(json_string_value(value), &config->log_level);
}

static bool read_sandbox(const json_t *value, struct as_config *config)
{
	return json_is_string(value) && as_sandbox_parse(json_string_value(value), &config->sandbox);
}

static bool read_log_tokens(const json_t *value, struct as_config *config)
{
	config->log_tokens = json_is_true(value);
	return json_is_boolean(value);
}

static bool read_metrics(const json_t *value, struct as_config *config)
{
	struct sockaddr_storage address;
	socklen_t len;

	return read_text(value, config->metrics, sizeof config->metrics) &&
	       !as_metrics_address_parse(config->metrics, &address, &len, NULL);
}

static bool read_description(const json_t *value, struct as_config *config)
{
	(void)config;
	return json_is_string(value);
}

static bool read_object(const json_t *value, struct as_config *config)
{
	(void)config; /* its members are read one by one */
	return json_is_object(value);
}

static bool read_client_rate(const json_t *value, struct as_config *config)
{
	return read_number(value, RATE_MAX, &config->grants.per_second);
}

static bool read_client_burst(const json_t *value, struct as_config *config)
{
	return read_number(value, RATE_MAX, &config->grants.burst);
}

static bool read_contexts(const json_t *value, struct as_config *config)
{
	return read_number(value, KEPT_MAX, &config->peers_max);
}

static bool read_devices(const json_t *value, struct as_config *config)
{
	return read_number(value, KEPT_MAX, &config->devices_max);
}

static bool read_observers(const json_t *value, struct as_config *config)
{
	return read_number(value, OBSERVERS_MAX, &config->observers_max);
}

static bool read_messages(const json_t *value, struct as_config *config)
{
	return read_number(value, MESSAGES_MAX, &config->messages_max);
}

static bool read_dtls_sessions(const json_t *value, struct as_config *config)
{
	return read_number(value, SESSIONS_MAX, &config->dtls_sessions_max);
}

static bool read_keep_days(const json_t *value, struct as_config *config)
{
	return read_number(value, KEEP_DAYS_MAX, &config->keep_days);
}

static bool read_max_bytes(const json_t *value, struct as_config *config)
{
	if (!json_is_integer(value) || json_integer_value(value) < KEEP_BYTES_MIN || json_integer_value(value) > KEEP_BYTES_MAX)
		return false;
	config->keep_bytes = (uint64_t)json_integer_value(value);
	return true;
}

/* As a request spells it: "/a/b". */
static bool read_path(const json_t *value, char *path, size_t cap)
{
	size_t len;

	if (!read_text(value, path, cap))
		return false;
	len = strlen(path);
	return len > 1 && path[0] == '/' && path[len - 1] != '/' && !strstr(path, "//") && !strpbrk(path, "?#%<>\"");
}

static bool read_introspect(const json_t *value, struct as_config *config)
{
	return read_path(value, config->introspect_path, sizeof config->introspect_path);
}

static bool read_trl_path(const json_t *value, struct as_config *config)
{
	return read_path(value, config->trl_path, sizeof config->trl_path);
}

static bool read_administrators(const json_t *value, struct as_config *config)
{
	size_t len = json_array_size(value);

	if (!json_is_array(value) || len > AS_ADMINISTRATORS_MAX)
		return false;
	for (size_t i = 0; i < len; i++)
		if (!read_text(json_array_get(value, i), config->administrators[i], sizeof config->administrators[i]))
			return false;
	config->administrators_len = len;
	return true;
}

struct member {
	const char *name;
	const char *wanted; /* for the hint */
	bool (*read)(const json_t *value, struct as_config *config);
};

static const struct member members[] = {
	{ "administrators", "an array of at most 16 ids of clients", read_administrators },
	{ "audit", "an object with any of keep_days and max_bytes", read_object },
	{ "description", "any text", read_description },
	{ "issuer", "the URI that the store issues as", read_issuer },
	{ "kek", "the path of the key-encryption key", read_kek },
	{ "limits", "an object with any of client_rate, client_burst, contexts, devices, dtls_sessions, messages and observers",
	  read_object },
	{ "listen", "a URI like \"coap://[::]:5683\", or an array of one with coap:// and one with coaps://", read_listen },
	{ "log_level", "one of \"error\", \"warn\", \"info\" and \"debug\"", read_log_level },
	{ "log_tokens", "true or false", read_log_tokens },
	{ "metrics", "a loopback address like \"" AS_METRICS_DEFAULT "\"", read_metrics },
	{ "paths", "an object with any of introspect and revocation_list", read_object },
	{ "sandbox", "one of \"auto\", \"off\" and \"require\"", read_sandbox },
	{ "state_dir", "the path of the store", read_state_dir },
};

static const struct member audit[] = {
	{ "keep_days", "a whole number from 1 to 36500: for how long decisions are kept", read_keep_days },
	{ "max_bytes", "a whole number from 1048576 to 1099511627776: what decisions may take of the store", read_max_bytes },
};

static const struct member limits[] = {
	{ "client_burst", "a whole number from 1 to 1000000: grants that a client may have at once", read_client_burst },
	{ "client_rate", "a whole number from 1 to 1000000: grants a second of one client", read_client_rate },
	{ "contexts", "a whole number from 1 to 16777216: OSCORE contexts kept in memory", read_contexts },
	{ "devices", "a whole number from 1 to 16777216: devices kept in memory", read_devices },
	{ "dtls_sessions", "a whole number from 1 to 10000: idle DTLS sessions kept", read_dtls_sessions },
	{ "messages", "a whole number from 1 to 16384: messages that wait for an acknowledgement", read_messages },
	{ "observers", "a whole number from 1 to 32768: observations of the revocation list", read_observers },
};

static const struct member paths[] = {
	{ "introspect", "a path such as /introspect", read_introspect },
	{ "revocation_list", "a path such as /revoke/trl", read_trl_path },
};

/* Members that are objects with members of their own. */
static const struct {
	const char *name, *pointer;
	const struct member *members;
	size_t len;
} objects[] = {
	{ "audit", "/audit", audit, ACE_ARRAY_LEN(audit) },
	{ "limits", "/limits", limits, ACE_ARRAY_LEN(limits) },
	{ "paths", "/paths", paths, ACE_ARRAY_LEN(paths) },
};

/* --- the file --- */

/* One file while it is read. */
struct reading {
	const char *path;
	struct cli_bytes text;
	struct as_config config;
	struct cli_error *error;
};

/* An error at what the pointer means. */
static enum ace_err wrong(const struct reading *in, const char *pointer, const char *hint)
{
	struct policy_line line = { 0 };
	size_t offset;

	if (policy_locate((const char *)in->text.ptr, in->text.len, pointer, &offset))
		line = policy_locate_line((const char *)in->text.ptr, in->text.len, offset);
	cli_error_place(in->error, in->path, line.line, line.column);
	cli_error_hint(in->error, "%s", hint);
	snprintf(in->error->pointer, sizeof in->error->pointer, "%s", pointer);
	return ACE_ERR_MALFORMED;
}

static enum ace_err no_such_member(const struct reading *in, const struct member *list, size_t len, const char *key,
				   const char *pointer)
{
	const char *names[ACE_ARRAY_LEN(members)], *near;
	char hint[200] = "known here are";
	size_t used = strlen(hint);

	for (size_t i = 0; i < len; i++) {
		names[i] = list[i].name;
		used += (size_t)snprintf(hint + used, sizeof hint - used, "%s %s", i ? "," : "", names[i]);
	}
	near = cli_nearest(key, names, len);
	if (near)
		snprintf(hint, sizeof hint, "did you mean %s?", near);
	cli_error_set(in->error, ACE_ERR_MALFORMED, "no such member: %.80s", key);
	return wrong(in, pointer, hint);
}

/* RFC 6901: "/" and "~" within a name. */
static void append_name(char *pointer, size_t cap, const char *name)
{
	size_t len = strlen(pointer);

	len += (size_t)snprintf(pointer + len, cap - len, "/");
	for (; *name && len + 3 < cap; name++)
		len += (size_t)snprintf(pointer + len, cap - len, *name == '~' ? "~0" : *name == '/' ? "~1" : "%c", *name);
}

static enum ace_err read_members(struct reading *in, json_t *object, const struct member *list, size_t len,
				 const char *parent)
{
	const char *key;
	json_t *value;

	json_object_foreach(object, key, value) {
		const struct member *member = NULL;
		char pointer[160];

		snprintf(pointer, sizeof pointer, "%s", parent);
		append_name(pointer, sizeof pointer, key);
		for (size_t i = 0; i < len; i++)
			if (!strcmp(list[i].name, key))
				member = &list[i];
		if (!member)
			return no_such_member(in, list, len, key, pointer);
		if (!member->read(value, &in->config)) {
			cli_error_set(in->error, ACE_ERR_MALFORMED, "%s is not what it must be", key);
			return wrong(in, pointer, member->wanted);
		}
	}
	return ACE_OK;
}

static enum ace_err read_root(struct reading *in, json_t *root)
{
	enum ace_err err;

	if (!json_is_object(root)) {
		cli_error_set(in->error, ACE_ERR_MALFORMED, "the file must hold one JSON object");
		return wrong(in, "", "an empty one, {}, changes nothing");
	}
	err = read_members(in, root, members, ACE_ARRAY_LEN(members), "");
	for (size_t i = 0; !err && i < ACE_ARRAY_LEN(objects); i++) {
		json_t *object = json_object_get(root, objects[i].name);

		if (object)
			err = read_members(in, object, objects[i].members, objects[i].len, objects[i].pointer);
	}
	return err;
}

static enum ace_err read_json(struct reading *in)
{
	json_error_t problem;
	json_t *root = json_loadb((const char *)in->text.ptr, in->text.len, JSON_REJECT_DUPLICATES, &problem);
	enum ace_err err;

	if (!root) {
		cli_error_set(in->error, ACE_ERR_MALFORMED, "%s", problem.text);
		cli_error_place(in->error, in->path, problem.line > 0 ? (unsigned int)problem.line : 1,
				problem.column > 0 ? (unsigned int)problem.column : 1);
		cli_error_hint(in->error, "the file is JSON: one object, no comments, no comma behind the last member");
		return ACE_ERR_MALFORMED;
	}
	err = read_root(in, root);
	json_decref(root);
	return err;
}

enum ace_err as_config_read(const char *path, struct as_config *config, struct cli_error *ret_error)
{
	struct reading in = { .path = path, .config = *config, .error = ret_error };
	enum ace_err err = cli_file_read(path, FILE_MAX, &in.text, ret_error);

	if (err)
		return err;
	err = read_json(&in);
	if (!err)
		*config = in.config;
	cli_bytes_free(&in.text);
	return err;
}
