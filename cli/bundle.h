/* SPDX-License-Identifier: Apache-2.0 */
/* The forms in which credentials leave aced: a client's ("ace-client/1", also a ticket) and a device's
 * ("ace-device/1"). The same structs are filled by the readers. They hold secrets: end each with its fini. */
#ifndef CLI_BUNDLE_H
#define CLI_BUNDLE_H

#include "ace_oscore.h"
#include "ace_scope.h"
#include "cli/arena.h"
#include "cli/files.h"

#define CLI_TOKEN_KEYS_MAX 4

/* What one side of a line to the AS holds for OSCORE; ids from the owner's point of view. HKDF is SHA-256. */
struct cli_oscore_line {
	struct ace_slice master_secret;
	struct ace_slice master_salt;  /* may be empty */
	struct ace_slice sender_id;    /* may be empty */
	struct ace_slice recipient_id; /* may be empty */
	bool has_id_context;
	struct ace_slice id_context;
	int32_t alg; /* COSE number: 10, 30, 31 or 1 */
};

/* The same for ace_oscore_derive(); it borrows what the line does. */
static inline struct ace_oscore_input cli_oscore_line_input(const struct cli_oscore_line *line)
{
	return (struct ace_oscore_input){
		.master_secret = line->master_secret,
		.master_salt = line->master_salt,
		.has_id_context = line->has_id_context,
		.id_context = line->id_context,
		.sender_id = line->sender_id,
		.recipient_id = line->recipient_id,
		.aead = line->alg,
	};
}

enum cli_line_method { CLI_LINE_NONE = 0, CLI_LINE_OSCORE, CLI_LINE_DTLS_PSK };

struct cli_line {
	enum cli_line_method method;
	struct cli_oscore_line oscore;  /* CLI_LINE_OSCORE */
	const char *psk_identity;       /* CLI_LINE_DTLS_PSK */
	struct ace_slice psk_key;
};

/* What a requester of the revocation list is told with its credentials: where it is, under the authority of as_uri, and how
 * much of the list's history it can ask for. Hashes are SHA-256.  Source: RFC 9770 10. */
struct cli_trl {
	const char *path;        /* NULL: nothing is told */
	uint32_t max_n;          /* updates that are kept (MAX_N) */
	uint32_t max_diff_batch; /* updates in one answer (MAX_DIFF_BATCH) */
};

/* Slices and texts borrow: from the caller when it is written, from arena when it was read. */
struct cli_client_bundle {
	const char *client;
	const char *as_uri;
	struct cli_line line; /* never CLI_LINE_NONE */
	int64_t expires;      /* seconds since 1970: a ticket to be enrolled until then; 0: no ticket */
	struct cli_trl trl;
	struct cli_arena arena;
};

struct cli_token_key {
	struct ace_slice kid; /* up to 8 bytes */
	int32_t alg;
	struct ace_slice key; /* as long as alg wants */
};

struct cli_device_bundle {
	const char *device;
	const char *audience;
	const char *issuer;
	const char *as_uri;
	struct cli_token_key token_keys[CLI_TOKEN_KEYS_MAX];
	size_t token_keys_len;          /* at least 1 */
	struct cli_line as_line;        /* the device's own line to the AS; CLI_LINE_NONE: it has none */
	struct cli_trl trl;             /* only with such a line */
	struct ace_resources resources; /* what it hosts, and its text scopes */
	const char *hint_scope;         /* NULL: none */
	bool has_clock;                 /* "clock": "rtc"; false: "none" */
	struct cli_arena arena;
};

/* Name of an algorithm as in policies and aiocoap, "AES-CCM-16-64-128"; NULL: not known here. */
const char *cli_alg_name(int64_t alg);

enum cli_bundle_format {
	CLI_FORMAT_JSON,
	CLI_FORMAT_LIBCOAP,  /* client: OSCORE configuration text of libcoap */
	CLI_FORMAT_AIOCOAP,  /* client: credentials map of aiocoap */
	CLI_FORMAT_CBOR,     /* device: integer keys, AIF and COSE_Key inside, for the device library's own reader */
	CLI_FORMAT_NVS_CSV,  /* device: input of ESP-IDF's nvs_partition_gen.py */
	CLI_FORMAT_ZEPHYR,   /* device: commands for Zephyr's settings shell */
	CLI_FORMAT_C_HEADER, /* device: constants for a C source */
	CLI_FORMAT_HEX,      /* device: the CBOR form as one line of hex */
};
/* The format of that name among those of clients (or devices). ACE_ERR_USAGE with a text that names them. */
ACE_MUST_CHECK enum ace_err cli_client_format(const char *name, enum cli_bundle_format *ret_format,
					      struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err cli_device_format(const char *name, enum cli_bundle_format *ret_format,
					      struct cli_error *ret_error);

/* Put a bundle into bytes. ret_bytes is secret: cli_bytes_free() wipes it.
 * ACE_ERR_UNSUPPORTED the format cannot say it (libcoap's has no place for a dtls-psk key, for example);
 * ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err cli_client_bundle_write(const struct cli_client_bundle *bundle,
						    enum cli_bundle_format format, struct cli_bytes *ret_bytes,
						    struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err cli_device_bundle_write(const struct cli_device_bundle *bundle,
						    enum cli_bundle_format format, struct cli_bytes *ret_bytes,
						    struct cli_error *ret_error);

/* aiocoap keeps each OSCORE context in a directory; its credentials map names CLIENT.oscore/ beside itself. This makes
 * what belongs there as "secret.json". Only for CLI_LINE_OSCORE. */
#define CLI_AIOCOAP_SUFFIX ".oscore"
ACE_MUST_CHECK enum ace_err cli_aiocoap_secret_write(const struct cli_client_bundle *bundle,
						     struct cli_bytes *ret_bytes, struct cli_error *ret_error);

/* Read a bundle from bytes (JSON; for devices also CBOR, told apart by the first byte). name is the file's name for
 * messages. Strict: unknown members, wrong types, lengths that do not fit the algorithm, equal ids are refused with a
 * text that names file and member. ret_bundle is written on success only. Expiry of a ticket is the caller's to judge.
 * A malformed-band error, ACE_ERR_VERSION another format or version, ACE_ERR_UNSUPPORTED, ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err cli_client_bundle_read(struct ace_slice bytes, const char *name,
						   struct cli_client_bundle *ret_bundle, struct cli_error *ret_error);
ACE_MUST_CHECK enum ace_err cli_device_bundle_read(struct ace_slice bytes, const char *name,
						   struct cli_device_bundle *ret_bundle, struct cli_error *ret_error);
/* Wipe and free what a reader made; a zeroed bundle is fine. */
void cli_client_bundle_fini(struct cli_client_bundle *bundle);
void cli_device_bundle_fini(struct cli_device_bundle *bundle);

#define CLI_BUNDLE_FILE_MAX 65536 /* cap for cli_file_read() of a bundle */

#endif
