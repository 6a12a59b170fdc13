/* SPDX-License-Identifier: Apache-2.0 */
/* What the files about bundles share. */
#ifndef CLI_BUNDLE_INTERNAL_H
#define CLI_BUNDLE_INTERNAL_H

#include "cli/bundle.h"
#include "cli/json.h"
#include "cli/text.h"

#define CLI_CLIENT_FORMAT "ace-client/1"
#define CLI_DEVICE_FORMAT "ace-device/1"
#define CLI_URI_MAX 255
#define CLI_NAME_MAX 64
#define CLI_AUDIENCE_MAX 128
#define CLI_SECRET_MAX 64  /* OSCORE Master Secret, PSK */
#define CLI_SALT_MAX 64    /* OSCORE Master Salt */
#define CLI_KID_MAX 8
#define CLI_TRL_PATH_MAX 1024
#define CLI_ENTRIES_MAX 64 /* resources, entries of a scope, text scopes */

/* Labels of the CBOR form of a device's bundle. Keys of token keys are those of a COSE_Key (RFC 9052 7), members of
 * the line those of OSCORE_Input_Material (RFC 9203 3.2.1) with the two ids added, resources and scopes are AIF. */
enum cli_device_label {
	CLI_DEVICE_FORMAT_NAME = 0,
	CLI_DEVICE_ID = 1,
	CLI_DEVICE_ISSUER = 2,
	CLI_DEVICE_AUDIENCE = 3,
	CLI_DEVICE_AS_URI = 4,
	CLI_DEVICE_TOKEN_KEYS = 5,
	CLI_DEVICE_AS_OSCORE = 6,
	CLI_DEVICE_AS_PSK = 7,
	CLI_DEVICE_RESOURCES = 8,
	CLI_DEVICE_TEXT_SCOPES = 9,
	CLI_DEVICE_HINT_SCOPE = 10,
	CLI_DEVICE_CLOCK = 11, /* true: it has one */
	CLI_DEVICE_TRL = 12,
};
enum cli_line_label { CLI_LINE_SENDER_ID = 16, CLI_LINE_RECIPIENT_ID = 17 };
enum cli_psk_label { CLI_PSK_IDENTITY = 1, CLI_PSK_KEY = 2 };
enum cli_trl_label { CLI_TRL_PATH = 1, CLI_TRL_MAX_N = 2, CLI_TRL_MAX_DIFF_BATCH = 3 };
enum cli_cose_key_label { CLI_KEY_KTY = 1, CLI_KEY_KID = 2, CLI_KEY_ALG = 3, CLI_KEY_K = -1 };
#define CLI_KTY_SYMMETRIC 4

/* Key length that an algorithm wants; 0: it is not known here. */
size_t cli_alg_key_len(int64_t alg);
/* Longest Sender or Recipient ID with that algorithm. Source: RFC 8613 3.3. */
size_t cli_alg_id_max(int64_t alg);

/* Names of methods as in RFC 9237. A bit without a name cannot come out of a policy. */
void cli_methods_put(struct json_t *object, const char *path, uint64_t methods);
bool cli_method_bit(const char *name, uint64_t *ret_bit);

/* {"master_secret_hex": ...} or {"identity": ..., "key_hex": ...}, under key prefix + "oscore" or "dtls_psk". */
void cli_line_put(struct json_t *object, const char *prefix, const struct cli_line *line);
/* {"path": ..., "max_n": ..., "max_diff_batch": ...} under "revocation_list", if anything is told. */
void cli_trl_put(struct json_t *object, const struct cli_trl *trl);
/* The document as bytes; frees it. */
enum ace_err cli_document_bytes(struct json_t *document, struct cli_bytes *ret_bytes, struct cli_error *ret_error);

/* The CBOR form, and the parts of it that other forms carry. */
enum ace_err cli_device_cbor(const struct cli_device_bundle *bundle, struct cli_bytes *ret_bytes,
			     struct cli_error *ret_error);
void cli_device_resources_write(struct ace_cbor_writer *w, const struct ace_resources *resources);
void cli_device_text_scopes_write(struct ace_cbor_writer *w, const struct ace_resources *resources);
enum ace_err cli_device_items(const struct cli_device_bundle *bundle, enum cli_bundle_format format,
			      struct cli_bytes *ret_bytes, struct cli_error *ret_error);

/* Checks that hold for every form that was read. They refuse with a text at that pointer. */
struct cli_bundle_check {
	const char *file;
	struct cli_error *error;
	enum ace_err err; /* sticks */
};
void cli_check_line(struct cli_bundle_check *check, const char *pointer, const struct cli_line *line);
void cli_check_trl(struct cli_bundle_check *check, const struct cli_trl *trl);
void cli_check_token_keys(struct cli_bundle_check *check, const struct cli_device_bundle *bundle);
void cli_check_device(struct cli_bundle_check *check, const struct cli_device_bundle *bundle);
enum ace_err cli_device_read_cbor(struct ace_slice bytes, const char *name, struct cli_device_bundle *bundle,
				  struct cli_error *ret_error);

#endif
