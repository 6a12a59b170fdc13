/* SPDX-License-Identifier: Apache-2.0 */
/* A client's credential: json, libcoap's OSCORE configuration, aiocoap's credentials. */
#include <string.h>

#include "ace_registry.h"
#include "cli/address.h"
#include "cli/bundle_internal.h"

static void oscore_put(struct json_t *object, const struct cli_oscore_line *line)
{
	cli_json_put_hex(object, "master_secret_hex", line->master_secret);
	cli_json_put_hex(object, "master_salt_hex", line->master_salt);
	cli_json_put_hex(object, "sender_id_hex", line->sender_id);
	cli_json_put_hex(object, "recipient_id_hex", line->recipient_id);
	if (line->has_id_context)
		cli_json_put_hex(object, "id_context_hex", line->id_context);
	else
		cli_json_put_null(object, "id_context_hex");
	cli_json_put_int(object, "aead", line->alg);
	cli_json_put_text(object, "hkdf", "sha256");
}

void cli_line_put(struct json_t *object, const char *prefix, const struct cli_line *line)
{
	struct json_t *inner;
	char key[24];

	if (line->method == CLI_LINE_NONE)
		return;
	inner = cli_json_object();
	if (line->method == CLI_LINE_OSCORE) {
		oscore_put(inner, &line->oscore);
	} else {
		cli_json_put_text(inner, "identity", line->psk_identity);
		cli_json_put_hex(inner, "key_hex", line->psk_key);
	}
	snprintf(key, sizeof key, "%s%s", prefix, line->method == CLI_LINE_OSCORE ? "oscore" : "dtls_psk");
	cli_json_put(object, key, inner);
}

void cli_trl_put(struct json_t *object, const struct cli_trl *trl)
{
	struct json_t *inner;

	if (!trl->path)
		return;
	inner = cli_json_object();
	cli_json_put_text(inner, "path", trl->path);
	cli_json_put_int(inner, "max_n", trl->max_n);
	cli_json_put_int(inner, "max_diff_batch", trl->max_diff_batch);
	cli_json_put(object, "revocation_list", inner);
}

enum ace_err cli_document_bytes(struct json_t *document, struct cli_bytes *ret_bytes, struct cli_error *ret_error)
{
	struct cli_text out = { 0 };
	char *text = cli_json_text(document, false);
	enum ace_err err = ACE_ERR_MEMORY;

	cli_json_free(document);
	if (text) {
		cli_text_printf(&out, "%s", text);
		err = cli_text_take(&out, ret_bytes);
	}
	cli_json_text_free(text);
	return err ? cli_error_set(ret_error, err, "out of memory") : ACE_OK;
}

static enum ace_err write_json(const struct cli_client_bundle *bundle, struct cli_bytes *ret_bytes,
			       struct cli_error *ret_error)
{
	struct json_t *document = cli_json_object();

	cli_json_put_text(document, "format", CLI_CLIENT_FORMAT);
	cli_json_put_text(document, "client", bundle->client);
	cli_json_put_text(document, "as_uri", bundle->as_uri);
	if (bundle->expires)
		cli_json_put_time(document, "expires", bundle->expires);
	cli_line_put(document, "", &bundle->line);
	cli_trl_put(document, &bundle->trl);
	return cli_document_bytes(document, ret_bytes, ret_error);
}

static enum ace_err unsupported(struct cli_error *ret_error, const char *what)
{
	cli_error_set(ret_error, ACE_ERR_UNSUPPORTED, "this format cannot say %s", what);
	cli_error_hint(ret_error, "--format json can");
	if (ret_error)
		ret_error->exit = CLI_EXIT_USAGE;
	return ACE_ERR_UNSUPPORTED;
}

static void libcoap_line(struct cli_text *out, const char *keyword, struct ace_slice bytes)
{
	cli_text_printf(out, "%s,hex,\"", keyword);
	cli_text_hex(out, bytes);
	cli_text_printf(out, "\"\n");
}

/* Lines of keyword,encoding,value. Empty ids are written: the AS's own is empty. */
static enum ace_err write_libcoap(const struct cli_client_bundle *bundle, struct cli_bytes *ret_bytes,
				  struct cli_error *ret_error)
{
	const struct cli_oscore_line *line = &bundle->line.oscore;
	struct cli_text out = { 0 };

	if (bundle->line.method != CLI_LINE_OSCORE)
		return unsupported(ret_error, "a dtls-psk key");
	if (line->alg != ACE_ALG_CCM_16_64_128)
		return unsupported(ret_error, "an algorithm other than AES-CCM-16-64-128");
	libcoap_line(&out, "master_secret", line->master_secret);
	if (line->master_salt.len)
		libcoap_line(&out, "master_salt", line->master_salt);
	if (line->has_id_context)
		libcoap_line(&out, "id_context", line->id_context);
	libcoap_line(&out, "sender_id", line->sender_id);
	libcoap_line(&out, "recipient_id", line->recipient_id);
	cli_text_printf(&out, "replay_window,integer,32\naead_alg,integer,%d\nhkdf_alg,integer,%d\n", (int)line->alg,
			ACE_ALG_DIRECT_HKDF_SHA_256);
	return cli_text_take(&out, ret_bytes) ? cli_error_set(ret_error, ACE_ERR_MEMORY, "out of memory") : ACE_OK;
}

/* aiocoap keeps OSCORE contexts in directories of their own, so the map only says where. */
static void aiocoap_oscore(struct json_t *entry, const struct cli_client_bundle *bundle)
{
	struct json_t *oscore = cli_json_object();
	char directory[CLI_NAME_MAX + 16];

	snprintf(directory, sizeof directory, "%.64s" CLI_AIOCOAP_SUFFIX "/", bundle->client);
	cli_json_put_text(oscore, "contextfile", directory);
	cli_json_put(entry, "oscore", oscore);
}

static void aiocoap_dtls(struct json_t *entry, const struct cli_client_bundle *bundle)
{
	struct json_t *dtls = cli_json_object(), *psk = cli_json_object(), *identity = cli_json_object();

	cli_json_put_hex(psk, "hex", bundle->line.psk_key);
	cli_json_put_text(identity, "ascii", bundle->line.psk_identity);
	cli_json_put(dtls, "psk", psk);
	cli_json_put(dtls, "client-identity", identity);
	cli_json_put(entry, "dtls", dtls);
}

static enum ace_err write_aiocoap(const struct cli_client_bundle *bundle, struct cli_bytes *ret_bytes,
				  struct cli_error *ret_error)
{
	struct json_t *document = cli_json_object(), *entry = cli_json_object();
	char pattern[CLI_URI_MAX + 8];
	const char *authority = strstr(bundle->as_uri, "://");
	size_t len = authority ? (size_t)(authority - bundle->as_uri) + 3 : 0;

	len += strcspn(bundle->as_uri + len, "/?");
	snprintf(pattern, sizeof pattern, "%.*s/*", (int)len, bundle->as_uri);
	if (bundle->line.method == CLI_LINE_OSCORE)
		aiocoap_oscore(entry, bundle);
	else
		aiocoap_dtls(entry, bundle);
	cli_json_put(document, pattern, entry);
	return cli_document_bytes(document, ret_bytes, ret_error);
}

enum ace_err cli_aiocoap_secret_write(const struct cli_client_bundle *bundle, struct cli_bytes *ret_bytes,
				      struct cli_error *ret_error)
{
	const struct cli_oscore_line *line = &bundle->line.oscore;
	struct json_t *document = cli_json_object();

	cli_json_put_text(document, "algorithm", cli_alg_name(line->alg));
	cli_json_put_text(document, "kdf-hashfun", "sha256");
	cli_json_put_hex(document, "secret_hex", line->master_secret);
	cli_json_put_hex(document, "salt_hex", line->master_salt);
	cli_json_put_hex(document, "sender-id_hex", line->sender_id);
	cli_json_put_hex(document, "recipient-id_hex", line->recipient_id);
	if (line->has_id_context)
		cli_json_put_hex(document, "id-context_hex", line->id_context);
	return cli_document_bytes(document, ret_bytes, ret_error);
}

enum ace_err cli_client_bundle_write(const struct cli_client_bundle *bundle, enum cli_bundle_format format,
				     struct cli_bytes *ret_bytes, struct cli_error *ret_error)
{
	switch (format) {
	case CLI_FORMAT_JSON:
		return write_json(bundle, ret_bytes, ret_error);
	case CLI_FORMAT_LIBCOAP:
		return write_libcoap(bundle, ret_bytes, ret_error);
	case CLI_FORMAT_AIOCOAP:
		return write_aiocoap(bundle, ret_bytes, ret_error);
	case CLI_FORMAT_CBOR:
	case CLI_FORMAT_NVS_CSV:
	case CLI_FORMAT_ZEPHYR:
	case CLI_FORMAT_C_HEADER:
	case CLI_FORMAT_HEX:
		break;
	}
	return cli_error_set(ret_error, ACE_ERR_USAGE, "not a format for clients");
}
