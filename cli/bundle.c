/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/bundle.h"

#include <stdio.h>
#include <string.h>

#include "ace_registry.h"
#include "cli/bundle_internal.h"
#include "cli/command.h"

static const struct {
	int64_t alg;
	size_t key_len;
	size_t nonce_len;
	const char *name;
} algs[] = {
	{ ACE_ALG_CCM_16_64_128, 16, 13, "AES-CCM-16-64-128" },
	{ ACE_ALG_CCM_16_128_128, 16, 13, "AES-CCM-16-128-128" },
	{ ACE_ALG_CCM_16_128_256, 32, 13, "AES-CCM-16-128-256" },
	{ ACE_ALG_A128GCM, 16, 12, "A128GCM" },
};

size_t cli_alg_key_len(int64_t alg)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++)
		if (algs[i].alg == alg)
			return algs[i].key_len;
	return 0;
}

size_t cli_alg_id_max(int64_t alg)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++)
		if (algs[i].alg == alg)
			return algs[i].nonce_len - 6;
	return 0;
}

const char *cli_alg_name(int64_t alg)
{
	for (size_t i = 0; i < ACE_ARRAY_LEN(algs); i++)
		if (algs[i].alg == alg)
			return algs[i].name;
	return NULL;
}

struct format_name {
	const char *name;
	enum cli_bundle_format format;
};
static const struct format_name client_formats[] = {
	{ "json", CLI_FORMAT_JSON }, { "libcoap", CLI_FORMAT_LIBCOAP }, { "aiocoap", CLI_FORMAT_AIOCOAP },
};
static const struct format_name device_formats[] = {
	{ "json", CLI_FORMAT_JSON },     { "cbor", CLI_FORMAT_CBOR },         { "nvs-csv", CLI_FORMAT_NVS_CSV },
	{ "zephyr", CLI_FORMAT_ZEPHYR }, { "c-header", CLI_FORMAT_C_HEADER }, { "hex", CLI_FORMAT_HEX },
};

static enum ace_err find_format(const struct format_name *list, size_t len, const char *name,
				enum cli_bundle_format *ret_format, struct cli_error *ret_error)
{
	const char *names[8];
	const char *near;
	char all[80] = "";

	for (size_t i = 0; i < len; i++) {
		size_t used = strlen(all);

		if (!strcmp(name, list[i].name)) {
			*ret_format = list[i].format;
			return ACE_OK;
		}
		names[i] = list[i].name;
		snprintf(all + used, sizeof all - used, "%s%s", i ? ", " : "", list[i].name);
	}
	near = cli_nearest(name, names, len);
	cli_error_set(ret_error, ACE_ERR_USAGE, "unknown format \"%.40s\": it is one of %s", name, all);
	if (near)
		cli_error_hint(ret_error, "did you mean \"%s\"?", near);
	return ACE_ERR_USAGE;
}

enum ace_err cli_client_format(const char *name, enum cli_bundle_format *ret_format, struct cli_error *ret_error)
{
	return find_format(client_formats, ACE_ARRAY_LEN(client_formats), name, ret_format, ret_error);
}

enum ace_err cli_device_format(const char *name, enum cli_bundle_format *ret_format, struct cli_error *ret_error)
{
	return find_format(device_formats, ACE_ARRAY_LEN(device_formats), name, ret_format, ret_error);
}

void cli_client_bundle_fini(struct cli_client_bundle *bundle)
{
	cli_arena_free(&bundle->arena);
	*bundle = (struct cli_client_bundle){ 0 };
}

void cli_device_bundle_fini(struct cli_device_bundle *bundle)
{
	cli_arena_free(&bundle->arena);
	*bundle = (struct cli_device_bundle){ 0 };
}
