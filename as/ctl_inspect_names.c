/* SPDX-License-Identifier: Apache-2.0 */
/* What the numbers in a token are called, which of them are secret, and what they mean. */
#include "as/ctl_inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ace_scope.h"
#include "cli/hex.h"
#include "cli/json.h"
#include "cli/scope.h"

#define COSE_KEY_K (-1)      /* RFC 9053 6.1 */
#define VALUE_MAX (CLI_SCOPE_TEXT_MAX + 64)
#define TIME_MAX INT64_C(253402300799)

struct word {
	int64_t key;
	const char *name;
	const char *meaning;
};

static const struct word headers[] = {
	{ ACE_COSE_ALG, "alg", NULL }, { ACE_COSE_CRIT, "crit", NULL }, { ACE_COSE_CONTENT_TYPE, "content type", NULL },
	{ ACE_COSE_KID, "kid", NULL }, { ACE_COSE_IV, "IV", NULL },	{ ACE_COSE_PARTIAL_IV, "Partial IV", NULL },
};

static const struct word claims[] = {
	{ ACE_CLAIM_ISS, "iss", "who issued it" },
	{ ACE_CLAIM_SUB, "sub", "whom it is about" },
	{ ACE_CLAIM_AUD, "aud", "the device that takes it" },
	{ ACE_CLAIM_EXP, "exp", "when it ends" },
	{ ACE_CLAIM_NBF, "nbf", "when it begins" },
	{ ACE_CLAIM_IAT, "iat", "when it was issued" },
	{ ACE_CLAIM_CTI, "cti", "its id" },
	{ ACE_CLAIM_CNF, "cnf", "the key that its holder proves" },
	{ ACE_CLAIM_SCOPE, "scope", "what it allows" },
	{ ACE_CLAIM_PROFILE, "ace_profile", "how client and device talk" },
	{ ACE_CLAIM_CNONCE, "cnonce", "the device's nonce: shows that the token is fresh" },
	{ ACE_CLAIM_EXI, "exi", "how long it lasts from when the device first sees it" },
};

static const struct word confirmations[] = {
	{ ACE_CNF_COSE_KEY, "COSE_Key", NULL },
	{ ACE_CNF_ENCRYPTED_KEY, "Encrypted_COSE_Key", NULL },
	{ ACE_CNF_KID, "kid", NULL },
	{ ACE_CNF_OSC, "osc", NULL },
};

static const struct word material[] = {
	{ ACE_OSC_ID, "id", NULL },	{ ACE_OSC_VERSION, "version", NULL }, { ACE_OSC_MS, "ms", NULL },
	{ ACE_OSC_HKDF, "hkdf", NULL }, { ACE_OSC_ALG, "alg", NULL },	      { ACE_OSC_SALT, "salt", NULL },
	{ ACE_OSC_CONTEXT_ID, "contextId", NULL },
};

static const struct word key_members[] = {
	{ 1, "kty", NULL }, { 2, "kid", NULL }, { 3, "alg", NULL }, { COSE_KEY_K, "k", NULL },
};

static const struct word *find(const struct word *words, size_t len, int64_t key)
{
	for (size_t i = 0; i < len; i++)
		if (words[i].key == key)
			return &words[i];
	return NULL;
}

static const char *name_in(const struct word *words, size_t len, int64_t key)
{
	const struct word *word = find(words, len, key);

	return word ? word->name : NULL;
}

static const char *header_name(const struct cli_diag_path *path)
{
	if (path->len != 2 || path->steps[0] < 0 || path->steps[0] > 1)
		return NULL;
	return name_in(headers, ACE_ARRAY_LEN(headers), path->steps[1]);
}

static enum cli_diag_as header_show(const struct cli_diag_path *path)
{
	return path->len == 1 && path->steps[0] == 0 ? CLI_DIAG_EMBEDDED : CLI_DIAG_PLAIN;
}

static const char *claim_name(const struct cli_diag_path *path)
{
	const int64_t *step = path->steps;

	if (path->len == 1)
		return name_in(claims, ACE_ARRAY_LEN(claims), step[0]);
	if (path->len < 2 || step[0] != ACE_CLAIM_CNF)
		return NULL;
	if (path->len == 2)
		return name_in(confirmations, ACE_ARRAY_LEN(confirmations), step[1]);
	if (path->len == 3 && step[1] == ACE_CNF_OSC)
		return name_in(material, ACE_ARRAY_LEN(material), step[2]);
	if (path->len == 3 && step[1] == ACE_CNF_COSE_KEY)
		return name_in(key_members, ACE_ARRAY_LEN(key_members), step[2]);
	return NULL;
}

/* Of keys, whatever has no name here may be a secret. */
static bool is_secret(const struct cli_diag_path *path)
{
	const int64_t *step = path->steps;

	if (path->len < 2 || step[0] != ACE_CLAIM_CNF)
		return false;
	if (!claim_name(path))
		return true;
	return path->len == 3 && ((step[1] == ACE_CNF_OSC && step[2] == ACE_OSC_MS) ||
				  (step[1] == ACE_CNF_COSE_KEY && step[2] == COSE_KEY_K));
}

static enum cli_diag_as claim_show_all(const struct cli_diag_path *path)
{
	return path->len == 1 && path->steps[0] == ACE_CLAIM_SCOPE ? CLI_DIAG_EMBEDDED : CLI_DIAG_PLAIN;
}

static enum cli_diag_as claim_show(const struct cli_diag_path *path)
{
	return is_secret(path) ? CLI_DIAG_HIDDEN : claim_show_all(path);
}

const struct cli_diag_view ctl_headers_view = { header_name, header_show };
const struct cli_diag_view ctl_claims_view = { claim_name, claim_show };
const struct cli_diag_view ctl_claims_secret_view = { claim_name, claim_show_all };

/* --- values in words --- */

static void span_words(uint64_t seconds, char *ret_text, size_t cap)
{
	uint64_t minutes = seconds / 60, hours = minutes / 60, days = hours / 24;

	if (days)
		snprintf(ret_text, cap, "%" PRIu64 " d %" PRIu64 " h", days, hours % 24);
	else if (hours)
		snprintf(ret_text, cap, "%" PRIu64 " h %" PRIu64 " min", hours, minutes % 60);
	else if (minutes)
		snprintf(ret_text, cap, "%" PRIu64 " min %" PRIu64 " s", minutes, seconds % 60);
	else
		snprintf(ret_text, cap, "%" PRIu64 " s", seconds);
}

static void time_words(int64_t when, int64_t now, char ret_text[VALUE_MAX])
{
	char date[CLI_TIME_TEXT_MAX], span[48];

	if (when < 0 || when > TIME_MAX) {
		snprintf(ret_text, VALUE_MAX, "%" PRId64 " (no date of these times)", when);
		return;
	}
	cli_time_text(when, date);
	span_words(when > now ? (uint64_t)(when - now) : (uint64_t)(now - when), span, sizeof span);
	snprintf(ret_text, VALUE_MAX, when > now ? "%s (in %s)" : "%s (%s ago)", date, span);
}

/* What the holder proves, without the key. */
static void cnf_words(struct ace_slice raw, char ret_text[VALUE_MAX])
{
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	int64_t key;

	snprintf(ret_text, VALUE_MAX, "unknown");
	ace_cbor_read_own(&r, raw);
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		const char *kind = key == ACE_CNF_OSC ? "OSCORE input material" :
				   key == ACE_CNF_KID ? "that of a token before (an update of rights)" :
							name_in(confirmations, ACE_ARRAY_LEN(confirmations), key);

		if (kind)
			snprintf(ret_text, VALUE_MAX, "%s", kind);
		ace_cbor_read_raw(&r);
	}
}

static void plain_words(struct ace_cbor_reader *r, char ret_text[VALUE_MAX])
{
	enum ace_cbor_type type = ace_cbor_peek(r);

	if (type == ACE_CBOR_TSTR)
		cli_text_clean(ace_cbor_read_tstr(r), ret_text, VALUE_MAX);
	else if (type == ACE_CBOR_BSTR)
		cli_hex_encode(ace_cbor_read_bstr(r), ret_text, VALUE_MAX);
	else if (type == ACE_CBOR_UINT || type == ACE_CBOR_NINT)
		snprintf(ret_text, VALUE_MAX, "%" PRId64, ace_cbor_read_int(r));
	else
		snprintf(ret_text, VALUE_MAX, "see the notation");
}

static void profile_words(int64_t profile, char ret_text[VALUE_MAX])
{
	if (profile == ACE_PROFILE_COAP_OSCORE || profile == ACE_PROFILE_COAP_DTLS)
		snprintf(ret_text, VALUE_MAX, profile == ACE_PROFILE_COAP_OSCORE ? "coap_oscore" : "coap_dtls");
	else
		snprintf(ret_text, VALUE_MAX, "%" PRId64 ", which is unknown", profile);
}

static void value_words(int64_t key, struct ace_slice raw, int64_t now, char ret_text[VALUE_MAX])
{
	struct ace_cbor_reader r;
	struct ace_scope scope;
	bool is_number;

	ace_cbor_read_own(&r, raw);
	is_number = ace_cbor_peek(&r) == ACE_CBOR_UINT;
	if (key == ACE_CLAIM_CNF)
		cnf_words(raw, ret_text);
	else if ((key == ACE_CLAIM_EXP || key == ACE_CLAIM_NBF || key == ACE_CLAIM_IAT) &&
		 (is_number || ace_cbor_peek(&r) == ACE_CBOR_FLOAT))
		time_words(ace_cbor_read_time(&r), now, ret_text);
	else if (key == ACE_CLAIM_EXI && is_number)
		span_words(ace_cbor_read_uint(&r), ret_text, VALUE_MAX);
	else if (key == ACE_CLAIM_PROFILE && is_number)
		profile_words(ace_cbor_read_int(&r), ret_text);
	else if (key == ACE_CLAIM_SCOPE && ace_scope_read(&r, &scope) == ACE_OK)
		cli_scope_text(&scope, ret_text, VALUE_MAX);
	else
		plain_words(&r, ret_text);
}

static void tell(struct json_t *array, struct cli_table *table, int64_t key, const char *value)
{
	const struct word *word = find(claims, ACE_ARRAY_LEN(claims), key);
	struct json_t *object = cli_json_object();

	cli_json_put_int(object, "key", key);
	if (word)
		cli_json_put_text(object, "name", word->name);
	else
		cli_json_put_null(object, "name");
	cli_json_put_text(object, "value", value);
	cli_json_put_text(object, "meaning", word ? word->meaning : "unknown");
	cli_json_add(array, object);
	cli_table_cell(table, "%" PRId64, key);
	cli_table_cell(table, "%s", word ? word->name : "?");
	cli_table_cell(table, "%s", value);
	cli_table_cell(table, "%s", word ? word->meaning : "unknown");
}

struct json_t *ctl_claims_meanings(struct ace_slice bytes, int64_t now, struct cli_table *table)
{
	struct json_t *array = cli_json_array();
	struct ace_cbor_reader r;
	struct ace_cbor_seq seq;
	char value[VALUE_MAX];
	int64_t key;

	ace_cbor_read_init(&r, bytes);
	if (r.err || ace_cbor_peek(&r) != ACE_CBOR_MAP)
		return array;
	ace_cbor_map_enter(&r, &seq);
	while (ace_cbor_map_next(&r, &seq, &key)) {
		value_words(key, ace_cbor_read_raw(&r), now, value);
		tell(array, table, key, value);
	}
	return array;
}
