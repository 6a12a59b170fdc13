/* SPDX-License-Identifier: Apache-2.0 */
/* The tables: one shape for each $defs entry of policies/ace-policy-1.schema.json. */
#include "policy/parse_shape.h"

#define MEMBERS(...) (const struct policy_shape_member[]){ __VA_ARGS__, { 0 } }
#define WORDS(...) (const char *const[]){ __VA_ARGS__, NULL }
#define REQUIRED true

const char *const policy_method_words[] = {
	"GET",         "POST",           "PUT",           "DELETE",        "FETCH",          "PATCH", "iPATCH", "Dynamic-GET",
	"Dynamic-POST", "Dynamic-PUT",   "Dynamic-DELETE", "Dynamic-FETCH", "Dynamic-PATCH", "Dynamic-iPATCH", NULL,
};

static const struct policy_shape any_text = { POLICY_SHAPE_TEXT };
static const struct policy_shape description = { POLICY_SHAPE_TEXT, .max = 500 };
static const struct policy_shape boolean = { POLICY_SHAPE_BOOLEAN };
static const struct policy_shape id = { POLICY_SHAPE_TEXT, .is_text = policy_is_id,
	.rule = "an id: a letter or digit, then letters, digits, “.”, “_”, “-”, at most 64 in all" };
static const struct policy_shape duration = { POLICY_SHAPE_TEXT, .is_text = policy_is_duration,
	.rule = "a duration such as “30m”: a whole number from 1 and s, m, h or d" };
static const struct policy_shape timestamp = { POLICY_SHAPE_TEXT, .is_text = policy_is_timestamp,
	.rule = "a time such as “2027-06-30T22:00:00Z”" };
static const struct policy_shape clock_time = { POLICY_SHAPE_TEXT, .is_text = policy_is_clock_time,
	.rule = "a time of day such as “07:00”, up to “24:00”" };

static const struct policy_shape method = { POLICY_SHAPE_WORD, .words = policy_method_words };
static const struct policy_shape methods = { POLICY_SHAPE_LIST, .item = &method, .min = 1, .is_unique = true };
static const struct policy_shape permissions = { POLICY_SHAPE_MAP, .item = &methods, .is_text = policy_is_path, .min = 1,
	.rule = "a path: “/”, then no white space, “?” or “#”, at most 128 characters" };
static const struct policy_shape resources = { POLICY_SHAPE_MAP, .item = &methods, .is_text = policy_is_path, .min = 1,
	.max = POLICY_PATHS_MAX, .rule = "a path: “/”, then no white space, “?” or “#”, at most 128 characters" };
static const struct policy_shape scopes = { POLICY_SHAPE_MAP, .item = &permissions, .is_text = policy_is_scope_name,
	.rule = "a scope name: 1 to 64 printable characters without space, quote and backslash" };

#define TAG_KEY_RULE "a tag key: a small letter, then small letters, digits, “_”, “-”, at most 32 in all"
static const struct policy_shape tag_value = { POLICY_SHAPE_TEXT, .min = 1, .max = 64 };
static const struct policy_shape tag_key = { POLICY_SHAPE_TEXT, .is_text = policy_is_tag_key, .rule = TAG_KEY_RULE };
static const struct policy_shape tag_values = { POLICY_SHAPE_LIST, .item = &tag_value, .min = 1, .is_unique = true };
static const struct policy_shape match_value = { POLICY_SHAPE_EITHER,
	.members = MEMBERS({ "", &tag_value }, { "", &tag_values }) };
static const struct policy_shape tags = { POLICY_SHAPE_MAP, .item = &tag_value, .is_text = policy_is_tag_key,
	.max = 64, .rule = TAG_KEY_RULE };
static const struct policy_shape tag_match = { POLICY_SHAPE_MAP, .item = &match_value, .is_text = policy_is_tag_key,
	.min = 1, .max = 64, .rule = TAG_KEY_RULE };
static const struct policy_shape tag_keys = { POLICY_SHAPE_LIST, .item = &tag_key, .min = 1, .is_unique = true };

static const struct policy_shape selector = { POLICY_SHAPE_TEXT, .is_text = policy_is_selector,
	.rule = "an id, “group:NAME”, “tag:KEY=VALUE” or “*”" };
static const struct policy_shape selectors = { POLICY_SHAPE_LIST, .item = &selector, .min = 1, .is_unique = true };
static const struct policy_shape members = { POLICY_SHAPE_LIST, .item = &id, .is_unique = true };
static const struct policy_shape group = { POLICY_SHAPE_OBJECT, .what = "a group", .min = 1,
	.members = MEMBERS({ "description", &description }, { "members", &members }, { "match", &tag_match }) };
static const struct policy_shape groups = { POLICY_SHAPE_MAP, .item = &group, .is_text = policy_is_id,
	.rule = "a group name (an id)" };

static const struct policy_shape limits = { POLICY_SHAPE_OBJECT, .what = "limits", .members = MEMBERS(
	{ "lifetime", &duration },
	{ "scope_bytes", &(const struct policy_shape){ POLICY_SHAPE_INTEGER, .min = 8, .max = POLICY_SCOPE_MAX } },
	{ "token_bytes", &(const struct policy_shape){ POLICY_SHAPE_INTEGER, .min = 64, .max = 4096 } }) };
static const struct policy_shape omit_word = { POLICY_SHAPE_WORD, .words = WORDS("iss", "sub", "iat") };
static const struct policy_shape omit = { POLICY_SHAPE_LIST, .item = &omit_word, .is_unique = true };
static const struct policy_shape token = { POLICY_SHAPE_OBJECT, .what = "token", .members = MEMBERS(
	{ "layout", &(const struct policy_shape){ POLICY_SHAPE_WORD, .words = WORDS("protected", "rfc8392", "bare") } },
	{ "salt", &boolean },
	{ "id_bytes", &(const struct policy_shape){ POLICY_SHAPE_INTEGER, .min = 6, .max = 8 } },
	{ "omit", &omit }) };
static const struct policy_shape model = { POLICY_SHAPE_OBJECT, .what = "a model", .members = MEMBERS(
	{ "description", &description },
	{ "resources", &resources, REQUIRED },
	{ "scope_format", &(const struct policy_shape){ POLICY_SHAPE_WORD, .words = WORDS("aif", "text") } },
	{ "clock", &(const struct policy_shape){ POLICY_SHAPE_WORD, .words = WORDS("rtc", "none") } },
	{ "profile", &(const struct policy_shape){ POLICY_SHAPE_WORD, .words = WORDS("coap_oscore", "coap_dtls") } },
	{ "limits", &limits },
	{ "cnonce", &boolean },
	{ "token", &token }) };
static const struct policy_shape models = { POLICY_SHAPE_MAP, .item = &model, .is_text = policy_is_id,
	.rule = "a model's name (an id)" };

static const struct policy_shape day = { POLICY_SHAPE_WORD,
	.words = WORDS("mon", "tue", "wed", "thu", "fri", "sat", "sun") };
static const struct policy_shape days = { POLICY_SHAPE_LIST, .item = &day, .min = 1, .is_unique = true };
static const struct policy_shape window = { POLICY_SHAPE_OBJECT, .what = "a time window", .members = MEMBERS(
	{ "days", &days },
	{ "from", &clock_time, REQUIRED },
	{ "to", &clock_time, REQUIRED },
	{ "tz", &(const struct policy_shape){ POLICY_SHAPE_TEXT, .is_text = policy_is_zone_name,
		.rule = "the name of a time zone such as “Europe/Stockholm”" } }) };
static const struct policy_shape windows = { POLICY_SHAPE_LIST, .item = &window, .min = 1 };
static const struct policy_shape when = { POLICY_SHAPE_OBJECT, .what = "when", .min = 1, .members = MEMBERS(
	{ "time", &windows },
	{ "not_before", &timestamp },
	{ "not_after", &timestamp },
	{ "client_tags", &tag_match },
	{ "device_tags", &tag_match },
	{ "same_tag", &tag_keys }) };
static const struct policy_shape scope_name = { POLICY_SHAPE_TEXT, .is_text = policy_is_scope_name,
	.rule = "a scope name" };
static const struct policy_shape scope_names = { POLICY_SHAPE_LIST, .item = &scope_name, .min = 1, .is_unique = true };
static const struct policy_shape rule = { POLICY_SHAPE_OBJECT, .what = "a rule", .members = MEMBERS(
	{ "description", &description },
	{ "enabled", &boolean },
	{ "effect", &(const struct policy_shape){ POLICY_SHAPE_WORD, .words = WORDS("allow", "deny") }, REQUIRED },
	{ "clients", &selectors, REQUIRED },
	{ "devices", &selectors, REQUIRED },
	{ "scopes", &scope_names },
	{ "permissions", &permissions },
	{ "when", &when },
	{ "lifetime", &duration }) };
static const struct policy_shape rules = { POLICY_SHAPE_MAP, .item = &rule, .is_text = policy_is_id,
	.max = POLICY_RULES_MAX, .rule = "a rule's name (an id)" };

static const struct policy_shape key_word = { POLICY_SHAPE_WORD, .words = WORDS("generate") };
static const struct policy_shape key_object = { POLICY_SHAPE_OBJECT, .what = "a key", .min = 1, .max = 1, .members = MEMBERS(
	{ "file", &(const struct policy_shape){ POLICY_SHAPE_TEXT, .min = 1, .max = 4095 } },
	{ "fingerprint", &(const struct policy_shape){ POLICY_SHAPE_TEXT, .is_text = policy_is_fingerprint,
		.rule = "a fingerprint: “sha256:” and 16 small hex digits" } }) };
static const struct policy_shape key = { POLICY_SHAPE_EITHER,
	.members = MEMBERS({ "", &key_word }, { "", &key_object }) };
static const struct policy_shape line_method = { POLICY_SHAPE_WORD, .words = WORDS("oscore", "dtls-psk") };
static const struct policy_shape line = { POLICY_SHAPE_OBJECT, .what = "the line to the server",
	.members = MEMBERS({ "method", &line_method, REQUIRED }, { "key", &key, REQUIRED }) };
static const struct policy_shape audience = { POLICY_SHAPE_TEXT, .min = 1, .max = 128 };
static const struct policy_shape client = { POLICY_SHAPE_OBJECT, .what = "a client", .members = MEMBERS(
	{ "description", &description },
	{ "enabled", &boolean },
	{ "tags", &tags },
	{ "auth", &line, REQUIRED },
	{ "default_scope", &(const struct policy_shape){ POLICY_SHAPE_TEXT, .is_text = policy_is_scope_text,
		.rule = "a list of scope names with single spaces between" } },
	{ "default_audience", &audience }) };
static const struct policy_shape as_key = { POLICY_SHAPE_OBJECT, .what = "as_key", .members = MEMBERS(
	{ "kid_hex", &(const struct policy_shape){ POLICY_SHAPE_TEXT, .is_text = policy_is_kid_hex,
		.rule = "a key id: 1 to 8 bytes in small hex digits" }, REQUIRED },
	{ "alg", &(const struct policy_shape){ POLICY_SHAPE_WORD,
		.words = WORDS("AES-CCM-16-64-128", "AES-CCM-16-128-128", "AES-CCM-16-128-256", "A128GCM") } },
	{ "key", &key, REQUIRED }) };
static const struct policy_shape device = { POLICY_SHAPE_OBJECT, .what = "a device", .members = MEMBERS(
	{ "description", &description },
	{ "enabled", &boolean },
	{ "model", &id, REQUIRED },
	{ "audience", &audience },
	{ "tags", &tags },
	{ "as_key", &as_key, REQUIRED },
	{ "as_line", &line }) };
static const struct policy_shape clients = { POLICY_SHAPE_MAP, .item = &client, .is_text = policy_is_id,
	.rule = "a client's id: a letter or digit, then letters, digits, “.”, “_”, “-”, at most 64 in all" };
static const struct policy_shape devices = { POLICY_SHAPE_MAP, .item = &device, .is_text = policy_is_id,
	.rule = "a device's id: a letter or digit, then letters, digits, “.”, “_”, “-”, at most 64 in all" };
static const struct policy_shape defaults = { POLICY_SHAPE_OBJECT, .what = "defaults", .members = MEMBERS(
	{ "effect", &(const struct policy_shape){ POLICY_SHAPE_WORD, .words = WORDS("deny") } },
	{ "lifetime", &duration }) };

const struct policy_shape policy_shape_file = { POLICY_SHAPE_OBJECT, .what = "the file", .members = MEMBERS(
	{ "$schema", &any_text },
	{ "format", &(const struct policy_shape){ POLICY_SHAPE_WORD, .words = WORDS("ace-policy/1") }, REQUIRED },
	{ "description", &description },
	{ "defaults", &defaults },
	{ "models", &models },
	{ "scopes", &scopes },
	{ "client_groups", &groups },
	{ "device_groups", &groups },
	{ "clients", &clients },
	{ "devices", &devices },
	{ "rules", &rules }) };

static const struct policy_shape rule_ids = { POLICY_SHAPE_LIST, .item = &id, .is_unique = true };
static const struct policy_shape expect = { POLICY_SHAPE_OBJECT, .what = "what is expected", .members = MEMBERS(
	{ "decision", &(const struct policy_shape){ POLICY_SHAPE_WORD,
		.words = WORDS("allow", "deny", "deny (explicit)", "deny (implicit)") }, REQUIRED },
	{ "granted", &permissions },
	{ "expires_in", &(const struct policy_shape){ POLICY_SHAPE_INTEGER, .min = 1, .max = UINT32_MAX } },
	{ "rules", &rule_ids },
	{ "denied_by", &rule_ids },
	{ "error", &(const struct policy_shape){ POLICY_SHAPE_WORD,
		.words = WORDS("invalid_scope", "unauthorized_client", "incompatible_ace_profiles") } }) };
static const struct policy_shape test = { POLICY_SHAPE_OBJECT, .what = "a test", .members = MEMBERS(
	{ "name", &(const struct policy_shape){ POLICY_SHAPE_TEXT, .min = 1, .max = 200 }, REQUIRED },
	{ "description", &description },
	{ "now", &timestamp, REQUIRED },
	{ "client", &id, REQUIRED },
	{ "device", &audience, REQUIRED },
	{ "scope", &(const struct policy_shape){ POLICY_SHAPE_TEXT, .is_text = policy_is_scope_text,
		.rule = "a list of scope names with single spaces between" } },
	{ "permissions", &resources },
	{ "expect", &expect, REQUIRED }) };
static const struct policy_shape tests = { POLICY_SHAPE_LIST, .item = &test, .min = 1 };

const struct policy_shape policy_shape_tests = { POLICY_SHAPE_OBJECT, .what = "a file of tests", .members = MEMBERS(
	{ "$schema", &any_text },
	{ "format", &(const struct policy_shape){ POLICY_SHAPE_WORD, .words = WORDS("ace-policy-tests/1") }, REQUIRED },
	{ "description", &description },
	{ "tests", &tests, REQUIRED }) };
