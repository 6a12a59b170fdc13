/* SPDX-License-Identifier: Apache-2.0 */
/* Who may do what at which device, and for how long: files in, decisions out.
 *
 * Operators write policy files (models, scopes, groups, rules) and inventory files (clients, devices).
 * policy_load() checks a set of them and yields three things: a compiled policy, its canonical text
 * (what the store keeps as a generation, and policy_compile() reads back), and the inventory as plain
 * structs (which the store keeps as records of their own). policy_decide() then answers one token
 * request: a pure function without I/O, clock or allocation that cannot fail; a refusal is an outcome.
 * policy/inventory.h has the inventory, policy/explain.h the words for people. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "ace_cose.h"
#include "ace_err.h"
#include "ace_registry.h"
#include "ace_scope.h"
#include "ace_tag.h"
#include "policy/problem.h"

#define POLICY_ID_MAX 64                     /* bytes of a client, device, model, group or rule id */
#define POLICY_PATHS_MAX 64                  /* paths a model offers */
#define POLICY_SCOPE_MAX 1024                /* bytes of a scope, asked or issued, AIF or text */
#define POLICY_RULES_MAX 65536               /* rules in a policy */
#define POLICY_FILE_MAX (32u << 20)          /* bytes of one file */
#define POLICY_LIFETIME_DEFAULT_S 3600u      /* where neither rule nor defaults set one */
#define POLICY_LIFETIME_MAX_S (31u * 86400u) /* the server's maximum, unless the options name another */
#define POLICY_DECISION_RULES_MAX 32         /* rules that a decision names; more set a flag */

/* Compiled and immutable: any number of threads may decide with it at once. */
struct policy;
struct policy_inventory;

/* One file, already in memory. */
struct policy_source {
	const char *name; /* as the operator knows it, for messages */
	const char *text; /* need not end in NUL; borrowed for the call */
	size_t len;
};

/* What else exists beside the files of this call, usually in the store. */
enum policy_kind {
	POLICY_KIND_CLIENT,
	POLICY_KIND_DEVICE,     /* the id, or an audience alias */
	POLICY_KIND_CLIENT_TAG, /* a tag key that some client carries */
	POLICY_KIND_DEVICE_TAG,
	POLICY_KIND_MODEL,
};
typedef bool policy_known_fn(void *context, enum policy_kind kind, const char *name);

/* All zero is the strict default. Borrowed for the call. */
struct policy_options {
	bool allow_unknown;       /* selectors may name clients, devices and tags that nobody knows yet */
	policy_known_fn *known;   /* NULL: only the files count */
	void *known_context;
	uint32_t lifetime_max_s;  /* 0: POLICY_LIFETIME_MAX_S */
	const char *zoneinfo_dir; /* NULL: /usr/share/zoneinfo */
	const char *issuer;       /* what tokens call it, for their length; NULL: the one of a new store */
	int64_t now;              /* seconds since 1970, to warn of what is over; 0: do not */
};

struct policy_counts {
	size_t clients, devices, models, scopes, groups, rules;
};

/* What a set of files says. policy_loaded_free() releases it whole. */
struct policy_loaded {
	struct policy *policy;              /* NULL when there are errors */
	struct policy_inventory *inventory; /* NULL when there are errors */
	char *canonical;                    /* NUL-terminated; NULL when there are errors */
	size_t canonical_len;
	bool has_policy; /* some file has models, scopes, groups, rules or defaults: apply replaces those as a whole */
	struct policy_counts counts;
};

/* Parse, check and compile a set of files as one.
 *
 * @param sources     policies and inventories in any order; the same id twice is an error.
 * @param options     NULL: all zero.
 * @param problems    errors and warnings are added to it, in the order of files and positions.
 * @param ret_loaded  written only on ACE_OK; end it with policy_loaded_free().
 * @return ACE_OK, perhaps with warnings; ACE_ERR_MALFORMED at least one error was added;
 *         ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_load(const struct policy_source *sources, size_t sources_len,
					const struct policy_options *options, struct policy_problems *problems,
					struct policy_loaded *ret_loaded);
void policy_loaded_free(struct policy_loaded *loaded);

/* Compile the canonical text of a stored generation. Selectors match ids as they come with a query, so
 * that no inventory is needed. Returns as policy_load(). End it with policy_free(). */
ACE_MUST_CHECK enum ace_err policy_compile(const struct policy_source *generation, struct policy_problems *problems,
					   struct policy **ret_policy);
/* The policy of a store where nothing was applied yet: no models, no rules, everything is refused. */
ACE_MUST_CHECK enum ace_err policy_compile_empty(struct policy **ret_policy);
void policy_free(struct policy *policy);

/* A kind of device: what it offers, and what its tokens must look like. Borrows from the policy. */
struct policy_model {
	const char *id;
	const char *description;        /* NULL: none */
	struct ace_resources resources; /* paths sorted; text scopes: those that mean something here, cut to what is offered */
	bool scope_is_text;
	bool has_clock;       /* false: tokens carry exi instead of exp */
	bool cnonce;          /* its hints carry a client nonce */
	int32_t profile;      /* ACE_PROFILE_...: what its devices speak with clients; this server serves coap_oscore */
	uint32_t lifetime_s;  /* 0: no limit of its own */
	uint32_t scope_bytes; /* POLICY_SCOPE_MAX when not limited */
	uint32_t token_bytes; /* 0: not limited */
	enum ace_cose_layout token_layout;
	bool token_salt;        /* tokens carry an OSCORE salt */
	uint8_t token_id_bytes; /* osc.id padded to that length; 0: shortest form */
	bool omit_iss, omit_sub, omit_iat;
};

/* "protected", "rfc8392", "bare". */
const char *policy_layout_name(enum ace_cose_layout layout);
/* NULL: no such model. */
const struct policy_model *policy_model_find(const struct policy *policy, const char *id);
size_t policy_models_len(const struct policy *policy);
const struct policy_model *policy_model_at(const struct policy *policy, size_t index);

struct policy_counts policy_counts(const struct policy *policy); /* clients and devices are 0 */
/* Rules are numbered by their id's order, from 0; disabled ones have a number too. */
const char *policy_rule_id(const struct policy *policy, size_t index);
bool policy_rule_is_deny(const struct policy *policy, size_t index);

/* A client or a device as its record in the store has it. */
struct policy_party {
	const char *id; /* NUL-terminated */
	bool enabled;
	struct ace_tags tags;
};

/* Everything a decision depends on, beside the policy. Borrowed; the decision borrows on from scope. */
struct policy_query {
	struct policy_party client;
	struct policy_party device;
	const char *model;      /* the device's */
	struct ace_scope scope; /* as asked, or the client's default scope; at most POLICY_SCOPE_MAX bytes */
	int64_t now;            /* seconds since 1970 */
};

enum policy_outcome { POLICY_ALLOW, POLICY_DENY_EXPLICIT, POLICY_DENY_IMPLICIT };

enum policy_reason {
	POLICY_REASON_GRANTED,
	POLICY_REASON_CLIENT_DISABLED,
	POLICY_REASON_DEVICE_DISABLED,
	POLICY_REASON_MODEL_UNKNOWN,   /* the device's model is not in the policy any more */
	POLICY_REASON_NOTHING_ALLOWED, /* no rule allows this client anything at this device, whatever scope and time */
	POLICY_REASON_SCOPE_ABSENT,    /* nothing asked, and no default */
	POLICY_REASON_SCOPE_MALFORMED, /* no AIF, no list of names, or too long */
	POLICY_REASON_SCOPE_UNKNOWN,   /* nothing that was asked exists at this device */
	POLICY_REASON_NOT_ALLOWED,     /* something is allowed, but nothing of what was asked, or not now */
	POLICY_REASON_SCOPE_TOO_LONG,  /* what could be granted is more than the device takes: ask for less */
	POLICY_REASON_PROFILE,         /* the device speaks another profile than the one that is served here */
	POLICY_REASONS_LEN,
};

enum policy_bound_kind {
	POLICY_BOUND_RULE,      /* lifetime of a rule */
	POLICY_BOUND_WINDOW,    /* end of a time window of a rule */
	POLICY_BOUND_NOT_AFTER, /* not_after of a rule */
	POLICY_BOUND_DENIAL,    /* a rule begins to deny some of it */
	POLICY_BOUND_DEFAULT,   /* defaults.lifetime, or the built-in one */
	POLICY_BOUND_MODEL,     /* limits.lifetime of the model */
};

struct policy_bound {
	enum policy_bound_kind kind;
	uint32_t rule; /* its number; for the first four kinds */
	uint32_t lifetime_s;
};

struct policy_rule_list {
	uint32_t rules[POLICY_DECISION_RULES_MAX]; /* numbers, ascending */
	size_t len;
	bool is_cut; /* there were more */
};

/* One answer. Only outcome, error, reason and denied_by are of use when it is no. */
struct policy_decision {
	enum policy_outcome outcome;
	enum policy_reason reason;
	enum ace_oauth_error error; /* what the client hears; ACE_OAUTH_NONE when allowed */

	struct ace_aif_entry granted[POLICY_PATHS_MAX]; /* canonical; paths borrow from the policy or the asked scope */
	size_t granted_len;
	bool is_narrowed;   /* less than what was asked */
	bool scope_differs; /* the issued scope is not the asked one byte for byte: the answer must carry it */
	enum ace_scope_kind scope_kind;
	uint8_t scope_bytes[POLICY_SCOPE_MAX];
	size_t scope_len;

	const struct policy_model *model; /* borrows from the policy; NULL with POLICY_REASON_MODEL_UNKNOWN */
	uint32_t lifetime_s;              /* at least 1 when allowed */
	bool uses_exi;                    /* the device has no clock: exi, not exp */
	struct policy_bound bound;        /* what made the lifetime this short */
	struct policy_rule_list allowed_by; /* rules that contributed to what is granted */
	struct policy_rule_list denied_by;  /* deny rules that took away something asked */
};

/* Decide one request: granted = what is asked and offered, in the union of the matching allow rules,
 * minus every matching deny rule. Nothing matching means no.
 *
 * @param ret_decision  always written whole.
 * No heap, no I/O; about 30 KB of stack. Source: RFC 9200 5.8.3, RFC 6749 3.3, RFC 9237. */
void policy_decide(const struct policy *policy, const struct policy_query *query, struct policy_decision *ret_decision);

/* The scope as it goes into token and answer; borrows from the decision. */
struct ace_scope policy_decision_scope(const struct policy_decision *decision);

/* "allow", "deny (explicit)", "deny (implicit)". */
const char *policy_outcome_name(enum policy_outcome outcome);
/* "granted", "client-disabled", ...: for records and logs. */
const char *policy_reason_name(enum policy_reason reason);

#endif
