/* SPDX-License-Identifier: Apache-2.0 */
#include "as/config.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

#define RATE_MAX 1000000
#define PEERS_MAX (16 * 1024 * 1024)

void as_config_init(struct as_config *ret_config)
{
	*ret_config = (struct as_config){
		.state_dir = STORE_DIR_DEFAULT,
		.listen = "127.0.0.1:5683",
		.log_level = CLI_LOG_INFO,
		.grants = { .per_second = 100, .burst = 1000 },
		.refusals = { .per_second = 10, .burst = 50 },
		.peers_max = 65536,
	};
}

static enum ace_err wrong(struct cli_error *ret_error, const char *member, const char *what)
{
	return cli_error_set(ret_error, ACE_ERR_MALFORMED, "%s: %s", member, what);
}

static enum ace_err read_text(const char *member, const json_t *value, char *text, size_t cap)
{
	const char *given = json_string_value(value);

	(void)member;
	if (!given || strlen(given) >= cap || json_string_length(value) != strlen(given))
		return ACE_ERR_MALFORMED;
	snprintf(text, cap, "%s", given);
	return ACE_OK;
}

static enum ace_err read_listen(const json_t *value, struct as_config *config)
{
	const char *given = json_string_value(value);

	if (!given || strncmp(given, "coap://", 7) || strlen(given + 7) >= sizeof config->listen)
		return ACE_ERR_MALFORMED;
	snprintf(config->listen, sizeof config->listen, "%s", given + 7);
	return ACE_OK;
}

static enum ace_err read_number(const json_t *value, uint32_t max, uint32_t *ret_number)
{
	if (!json_is_integer(value) || json_integer_value(value) < 1 || json_integer_value(value) > max)
		return ACE_ERR_MALFORMED;
	*ret_number = (uint32_t)json_integer_value(value);
	return ACE_OK;
}

static enum ace_err read_limits(json_t *object, struct as_config *config, struct cli_error *ret_error)
{
	const char *key;
	json_t *value;

	if (!json_is_object(object))
		return wrong(ret_error, "limits", "must be an object");
	json_object_foreach(object, key, value) {
		uint32_t *number = !strcmp(key, "client_rate")  ? &config->grants.per_second :
				   !strcmp(key, "client_burst") ? &config->grants.burst :
				   !strcmp(key, "contexts")     ? &config->peers_max :
								  NULL;

		if (!number)
			return wrong(ret_error, key, "no such member of limits: client_rate, client_burst or contexts");
		if (read_number(value, number == &config->peers_max ? PEERS_MAX : RATE_MAX, number))
			return wrong(ret_error, key, "must be a whole number from 1");
	}
	return ACE_OK;
}

static enum ace_err read_member(const char *key, json_t *value, struct as_config *config, struct cli_error *ret_error)
{
	enum ace_err err;

	if (!strcmp(key, "limits"))
		return read_limits(value, config, ret_error);
	if (!strcmp(key, "state_dir"))
		err = read_text(key, value, config->state_dir, sizeof config->state_dir);
	else if (!strcmp(key, "kek"))
		err = read_text(key, value, config->kek, sizeof config->kek);
	else if (!strcmp(key, "issuer"))
		err = read_text(key, value, config->issuer, sizeof config->issuer);
	else if (!strcmp(key, "listen"))
		err = read_listen(value, config);
	else if (!strcmp(key, "log_level"))
		err = json_is_string(value) && cli_log_level_parse(json_string_value(value), &config->log_level) ?
			      ACE_OK : ACE_ERR_MALFORMED;
	else if (!strcmp(key, "description"))
		err = ACE_OK;
	else
		return wrong(ret_error, key, "no such member: state_dir, kek, listen, issuer, log_level, limits");
	return err ? wrong(ret_error, key, "wrong type, too long, or a value that is not known") : ACE_OK;
}

enum ace_err as_config_read(const char *path, struct as_config *config, struct cli_error *ret_error)
{
	json_error_t json_error;
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &json_error), *value;
	enum ace_err err = ACE_OK;
	const char *key;

	if (!root) {
		err = cli_error_set(ret_error, json_error.line > 0 ? ACE_ERR_MALFORMED : ACE_ERR_IO, "%s",
				    json_error.text);
		cli_error_place(ret_error, path, json_error.line > 0 ? (unsigned int)json_error.line : 0,
				json_error.column > 0 ? (unsigned int)json_error.column : 0);
		return err;
	}
	if (!json_is_object(root))
		err = wrong(ret_error, path, "must hold one JSON object");
	else
		json_object_foreach(root, key, value)
			if (!err)
				err = read_member(key, value, config, ret_error);
	if (err)
		cli_error_place(ret_error, path, 0, 0);
	json_decref(root);
	return err;
}
