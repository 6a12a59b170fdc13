/* SPDX-License-Identifier: Apache-2.0 */
/* The compiled form that the files of policy/ share. The readers (parse_*.c) fill what files say, the
 * compiler adds what decisions need. All of it lives in the policy's arena. Internal. */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include "policy/arena.h"
#include "policy/inventory.h"
#include "policy/report.h"

#define POLICY_METHODS 14
#define POLICY_RULE_WORDS (POLICY_RULES_MAX / 64)
#define POLICY_NO_PATH UINT32_MAX

struct policy_permission {
	const char *path;
	uint64_t methods;
	uint8_t order[POLICY_METHODS]; /* bits in the order of the file, for messages */
	uint8_t order_len;
	uint32_t path_id; /* place in the policy's sorted list of paths, or POLICY_NO_PATH */
};

struct policy_permissions {
	struct policy_permission *list; /* sorted by path */
	size_t len;
};

/* Methods on a path, by number. */
struct policy_mask {
	uint32_t path_id;
	uint64_t methods;
};

struct policy_masks {
	const struct policy_mask *list; /* sorted by path_id */
	size_t len;
};

struct policy_scope {
	const char *id;
	uint32_t source;
	struct policy_permissions permissions;
	struct policy_masks masks;
	bool is_used;
};

/* A tag that must have one of several values. */
struct policy_tag_match {
	const char *key;
	struct policy_names values;
};

struct policy_tag_matches {
	const struct policy_tag_match *list; /* all must hold */
	size_t len;
};

struct policy_group {
	const char *id;
	uint32_t source;
	struct policy_names members;
	struct policy_tag_matches match; /* len 0: by members only */
	bool is_used;
};

struct policy_zone {
	const char *name;
	const int64_t *at; /* when a new type begins, ascending */
	const uint8_t *type;
	size_t len;
	uint8_t first_type; /* before the first transition */
	const int32_t *offset_s; /* of each type, east of Greenwich */
	const char *const *abbreviation;
};

struct policy_window {
	uint8_t days; /* bit 0 is Monday */
	uint32_t from_s, to_s; /* of the local day */
	const char *tz;
	const struct policy_zone *zone;
};

struct policy_when {
	const struct policy_window *windows;
	size_t windows_len;
	bool has_not_before, has_not_after;
	int64_t not_before, not_after;
	struct policy_tag_matches client_tags, device_tags;
	struct policy_names same_tag;
};

struct policy_rule {
	const char *id;
	const char *description;
	uint32_t source;
	bool is_enabled, is_deny;
	struct policy_names clients, devices, scopes;
	struct policy_permissions permissions;
	struct policy_when when;
	uint32_t lifetime_s; /* 0: none */
	struct policy_masks masks;
};

/* Methods on a path of one model. */
struct policy_cut {
	uint8_t index; /* of the model's resources */
	uint64_t methods;
};

struct policy_model_private {
	struct policy_model public;
	uint32_t source;
	struct policy_permissions permissions;
	const uint32_t *path_ids; /* of each resource, ascending */
	const struct policy_cut *const *cuts; /* of each text scope */
};

/* Rules that one selector chooses: as a list, or as bits where that is shorter. */
struct policy_posting {
	const uint32_t *rules;
	size_t len;
	const uint64_t *bits;
};

/* What a client id or a tag leads to. check: the rest of a group's match that must hold too. */
struct policy_link {
	const struct policy_posting *posting;
	const struct policy_group *check;
};

struct policy_index_entry {
	const char *key;   /* an id, or a tag's key */
	const char *value; /* a tag's value; NULL for an id */
	const struct policy_link *links;
	size_t len;
};

/* From an id or tag to rules, for clients or for devices. */
struct policy_index {
	const struct policy_index_entry *entries;
	size_t len;
	const uint32_t *slots; /* hash table of entry numbers plus 1; 0: free */
	size_t slots_len;      /* a power of two */
	const uint64_t *all;   /* rules with "*" */
};

struct policy {
	struct policy_arena arena;
	uint32_t default_lifetime_s, default_source; /* and the file that says so */
	struct policy_model_private *models;
	size_t models_len;
	struct policy_scope *scopes;
	size_t scopes_len;
	struct policy_group *client_groups, *device_groups;
	size_t client_groups_len, device_groups_len;
	struct policy_rule *rules;
	size_t rules_len, words; /* words: of a set of rules as bits */
	const char *const *paths;
	size_t paths_len;
	const struct policy_zone **zones;
	size_t zones_len;
	struct policy_index clients, devices;
	const struct policy_posting *by_path; /* for each path */
};

/* The inventory and its memory; public comes first. */
struct policy_inventory_private {
	struct policy_inventory public;
	struct policy_arena arena;
};

/* What the compiler works with. */
struct policy_build {
	struct policy *policy;
	struct policy_inventory *inventory;
	const struct policy_options *options;
	struct policy_problems *problems;
	const uint32_t *client_sources, *device_sources; /* file of each */
};

/* compile.c, compile_model.c, compile_index.c: false when there is no memory. */
bool policy_compile_all(struct policy_build *build);
bool policy_compile_models(struct policy_build *build);
bool policy_compile_index(struct policy *policy);
/* check.c, lint.c, lint_rule.c, lint_token.c */
void policy_check(struct policy_build *build);
void policy_lint(struct policy_build *build);
void policy_lint_rules(struct policy_build *build);
void policy_lint_tokens(struct policy_build *build);
/* May the rule say anything about what the model offers? */
bool policy_rule_touches(const struct policy_rule *rule, const struct policy_model_private *model);
/* Does it select a device of that model? Where no device is known, it may. */
bool policy_rule_reaches(const struct policy_build *build, const struct policy_rule *rule,
			 const struct policy_model *model);

/* Lookups, by the sorted id. */
struct policy_scope *policy_scope_find(const struct policy *policy, const char *id);
struct policy_group *policy_group_find(struct policy_group *groups, size_t len, const char *id);
uint32_t policy_path_find(const struct policy *policy, const char *path, size_t len);

/* match.c: one question a function. */
const char *policy_tag_value(struct ace_tags tags, const char *key);
bool policy_names_have(struct policy_names names, const char *name);
bool policy_tags_match(struct policy_tag_matches matches, struct ace_tags tags);
bool policy_group_has(const struct policy_group *group, const struct policy_party *party);
bool policy_selector_matches(const struct policy_group *groups, size_t groups_len, const char *selector,
			     const struct policy_party *party);
/* The first of selectors that matches, or NULL. */
const char *policy_client_selected(const struct policy *policy, const struct policy_rule *rule,
				   const struct policy_party *party);
const char *policy_device_selected(const struct policy *policy, const struct policy_rule *rule,
				   const struct policy_party *party);
bool policy_when_tags_hold(const struct policy_when *when, const struct policy_query *query);
/* The first key of same_tag that differs or is missing; NULL: all are the same. */
const char *policy_same_tag_miss(const struct policy_when *when, const struct policy_query *query);
bool policy_when_time_holds(const struct policy_when *when, int64_t now);
/* Holds at all times, or at none. */
bool policy_when_is_timeless(const struct policy_when *when);
/* Until when does one that holds now go on to do so? INT64_MAX: for good. */
int64_t policy_when_end(const struct policy_when *when, int64_t now);
/* When does one that does not hold now begin to? INT64_MAX: never again. */
int64_t policy_when_begin(const struct policy_when *when, int64_t now);

/* window.c */
/* Seconds of the day and day of the week (0 is Monday) at a place. */
struct policy_local_time {
	int32_t offset_s;
	int64_t day;
	uint32_t second;
	uint8_t weekday;
	const char *abbreviation;
};
struct policy_local_time policy_zone_local(const struct policy_zone *zone, int64_t now);
/* Is it open now, and until when does it stay open without a break? */
bool policy_window_open(const struct policy_window *window, int64_t now, int64_t *ret_end);
/* The first second from now on at which it is open. */
int64_t policy_window_next(const struct policy_window *window, int64_t now);
int64_t policy_days_from_civil(int64_t year, unsigned int month, unsigned int day);

/* zone.c. NULL: unknown, or no memory (then the arena says so). */
const struct policy_zone *policy_zone_load(struct policy_arena *arena, const char *dir, const char *name);
/* The transitions that a rule as in POSIX TZ makes from year on; see zone_rule.c. */
struct policy_zone_change {
	int64_t at;
	int32_t offset_s;
	char abbreviation[8];
};
#define POLICY_ZONE_CHANGES_MAX 400
bool policy_zone_rule(const char *text, int64_t from, struct policy_zone_change *ret_list, size_t *ret_len);

/* want.c: what is asked, in terms of the model. */
struct policy_want {
	uint8_t index; /* of the model's resources */
	uint64_t methods;
	struct ace_slice path;
};

struct policy_wants {
	struct policy_want list[POLICY_PATHS_MAX]; /* sorted by index */
	size_t len;
	bool lost_some; /* something asked does not exist at this model */
	uint64_t names[POLICY_SCOPE_MAX / 2]; /* text: the model's text scopes that were asked, as numbers */
	size_t names_len;
};
enum policy_reason policy_want_read(const struct policy_model_private *model, const struct ace_scope *scope,
				    struct policy_wants *ret_wants);
/* Write the scope to issue; for a text model cuts granted to whole names. */
enum policy_reason policy_want_grant(const struct policy_model_private *model, const struct ace_scope *asked,
				     const struct policy_wants *wants, uint64_t *granted,
				     struct policy_decision *decision);

/* select.c: sets of rules as bits. */
void policy_select(const struct policy *policy, const struct policy_index *index, const struct policy_party *party,
		   uint64_t *ret_bits);
void policy_posting_add(const struct policy_posting *posting, size_t words, uint64_t *bits);
/* The next rule of a set from *at on; false: none. */
bool policy_rules_next(const uint64_t *bits, size_t words, uint32_t *at);
uint64_t policy_hash(const char *key, const char *value);

#endif
