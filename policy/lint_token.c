/* SPDX-License-Identifier: Apache-2.0 */
/* Do tokens and scopes fit the devices that they are for? By the encoder that makes them, for a client that is granted
 * everything that the rules allow to anybody. */
#include <string.h>

#include "policy/rule.h"
#include "policy/token_form.h"

#define MESSAGE_MAX 1024 /* bytes of payload that one answer of the server takes */
#define ANSWER_REST 64   /* what surrounds token and scope in it: input material, lifetime, profile, heads */

/* Where the files name nobody. */
#define SOME_NAME "sixteen-letters-"

struct fitting {
	struct policy_build *build;
	const struct policy_model_private *model;
	uint64_t rules[POLICY_RULE_WORDS];  /* that allow something at a device of the model, as bits */
	uint64_t methods[POLICY_PATHS_MAX]; /* of each resource, that some rule allows */
	uint32_t lifetime_s;                /* the longest */
	struct ace_scope scope;             /* all that, as issued; its bytes do not count */
	const char *client;
	const struct policy_device *device; /* the one with the longest token; NULL: the files have none of the model */
	size_t token_len;
};

static const char *issuer_of(const struct policy_build *build)
{
	return build->options->issuer ? build->options->issuer : "coap://127.0.0.1:5683";
}

static bool allows(const struct fitting *f, size_t rule)
{
	return f->rules[rule / 64] >> rule % 64 & 1;
}

static bool does_allow(const struct fitting *f, const struct policy_rule *rule)
{
	return rule->is_enabled && !rule->is_deny && policy_rule_touches(rule, f->model) &&
	       policy_rule_reaches(f->build, rule, &f->model->public);
}

static void join_lifetime(struct fitting *f, uint32_t lifetime_s)
{
	const struct policy *policy = f->build->policy;
	uint32_t most = f->model->public.lifetime_s;

	if (!lifetime_s)
		lifetime_s = policy->default_lifetime_s ? policy->default_lifetime_s : POLICY_LIFETIME_DEFAULT_S;
	if (most && lifetime_s > most)
		lifetime_s = most;
	if (lifetime_s > f->lifetime_s)
		f->lifetime_s = lifetime_s;
}

/* What the allow rules give together. @return false: nothing. */
static bool join_rules(struct fitting *f)
{
	const struct policy *policy = f->build->policy;
	bool is_any = false;

	for (size_t r = 0; r < policy->rules_len; r++) {
		const struct policy_masks *masks = &policy->rules[r].masks;

		if (!does_allow(f, &policy->rules[r]))
			continue;
		is_any = true;
		f->rules[r / 64] |= UINT64_C(1) << r % 64;
		join_lifetime(f, policy->rules[r].lifetime_s);
		for (size_t i = 0, m = 0; i < f->model->permissions.len; i++) {
			while (m < masks->len && masks->list[m].path_id < f->model->path_ids[i])
				m++;
			if (m < masks->len && masks->list[m].path_id == f->model->path_ids[i])
				f->methods[i] |= masks->list[m].methods & f->model->permissions.list[i].methods;
		}
	}
	return is_any;
}

static size_t aif_len(const struct fitting *f)
{
	const struct ace_resources *resources = &f->model->public.resources;
	struct ace_cbor_writer w;
	size_t count = 0;

	for (size_t i = 0; i < resources->entries_len; i++)
		count += f->methods[i] != 0;
	ace_cbor_write_init(&w, NULL, 0);
	ace_cbor_write_array(&w, count);
	for (size_t i = 0; i < resources->entries_len; i++) {
		if (!f->methods[i])
			continue;
		ace_cbor_write_array(&w, 2);
		ace_cbor_write_tstr(&w, resources->entries[i].path);
		ace_cbor_write_uint(&w, f->methods[i]);
	}
	return w.len;
}

static size_t names_len(const struct fitting *f)
{
	const struct ace_resources *resources = &f->model->public.resources;
	size_t len = 0;

	for (size_t n = 0; n < resources->text_scopes_len; n++) {
		const struct policy_cut *cuts = f->model->cuts[n];
		bool is_whole = true;

		for (size_t i = 0; i < resources->text_scopes[n].grants_len; i++)
			is_whole = is_whole && !(cuts[i].methods & ~f->methods[cuts[i].index]);
		if (is_whole)
			len += resources->text_scopes[n].name.len + (len > 0);
	}
	return len;
}

static struct policy_place place(const struct fitting *f, const char *object, const char *member, struct policy_pointer *at)
{
	*at = policy_pointer_make((const char *const[]){ "models", f->model->public.id, object, member, NULL }, SIZE_MAX);
	return (struct policy_place){ f->model->source, at->text };
}

/* More is never issued than the device takes, so that the token is measured with that. */
static void fit_scope(struct fitting *f)
{
	static const uint8_t bytes[POLICY_SCOPE_MAX];
	const struct policy_model *model = &f->model->public;
	size_t len = model->scope_is_text ? names_len(f) : aif_len(f);
	struct policy_pointer at;

	if (len > model->scope_bytes)
		policy_report(f->build->problems,
			      place(f, model->scope_bytes < POLICY_SCOPE_MAX ? "limits" : NULL, "scope_bytes", &at), "W210",
			      "a client granted everything needs %zu bytes of %s; “%s” takes %u", len,
			      model->scope_is_text ? "scope names" : "AIF", model->id, model->scope_bytes);
	f->scope = (struct ace_scope){ model->scope_is_text ? ACE_SCOPE_TEXT : ACE_SCOPE_AIF,
				       { bytes, len < model->scope_bytes ? len : model->scope_bytes } };
}

static bool may_ask(const struct fitting *f, const struct policy_client *client)
{
	const struct policy *policy = f->build->policy;
	const struct policy_party party = { client->id, client->enabled, client->tags };

	for (size_t r = 0; r < policy->rules_len; r++)
		if (allows(f, r) && policy_client_selected(policy, &policy->rules[r], &party))
			return true;
	return false;
}

/* The one with the longest id, of those whom a rule selects. */
static void find_client(struct fitting *f)
{
	const struct policy_inventory *inventory = f->build->inventory;
	size_t longest = 0;

	f->client = SOME_NAME;
	for (size_t c = 0; !f->model->public.omit_sub && c < inventory->clients_len; c++) {
		size_t len = strlen(inventory->clients[c].id);

		if (len <= longest || !may_ask(f, &inventory->clients[c]))
			continue;
		longest = len;
		f->client = inventory->clients[c].id;
	}
}

/* 0: no such token. */
static size_t token_len(const struct fitting *f, const struct policy_model *model, const struct policy_device *device)
{
	const char *audience = !device ? SOME_NAME : device->audience ? device->audience : device->id;
	size_t len;
	enum ace_err err = policy_token_len(&(struct policy_token_size){
		.token = { .model = model, .issuer = issuer_of(f->build), .client = f->client, .audience = audience,
			   .scope = f->scope, .now = INT32_MAX, .lifetime_s = f->lifetime_s },
		.number_len = POLICY_TOKEN_NUMBER_LEN, .alg = device ? device->alg : ACE_ALG_CCM_16_64_128,
		.kid_len = device ? device->kid_len : 1 }, &len);

	return err ? 0 : len;
}

static void find_device(struct fitting *f)
{
	const struct policy_inventory *inventory = f->build->inventory;

	for (size_t d = 0; d < inventory->devices_len; d++) {
		const struct policy_device *device = &inventory->devices[d];
		size_t len = strcmp(device->model, f->model->public.id) ? 0 : token_len(f, &f->model->public, device);

		if (len <= f->token_len)
			continue;
		f->token_len = len;
		f->device = device;
	}
	if (!f->device)
		f->token_len = token_len(f, &f->model->public, NULL);
}

/* What can be spared, what is missed least first. Nothing is left out unless the model says so. */
static void hint_shorter(const struct fitting *f)
{
	struct policy_model model = f->model->public;
	bool *const spared[] = { &model.omit_iat, &model.omit_iss, &model.omit_sub };
	size_t len = f->token_len;

	for (size_t i = 0; i < ACE_ARRAY_LEN(spared) && len > model.token_bytes; i++) {
		*spared[i] = true;
		len = token_len(f, &model, f->device);
	}
	if (len > model.token_bytes) {
		model.token_salt = false;
		len = token_len(f, &model, f->device);
	}
	policy_report_hint(f->build->problems, "%s “omit”%s%s%s%s it is %zu bytes",
			   len > model.token_bytes ? "even with" : "with", model.omit_iat ? " iat" : "",
			   model.omit_iss ? " iss" : "", model.omit_sub ? " sub" : "",
			   model.token_salt ? "" : " and “salt” false", len);
}

static void fit_token(struct fitting *f)
{
	const struct policy_model *model = &f->model->public;
	struct policy_pointer at;
	const char *whose;

	find_client(f);
	find_device(f);
	whose = f->device ? f->device->id : model->id;
	if (model->token_bytes && f->token_len > model->token_bytes) {
		policy_report(f->build->problems, place(f, "limits", "token_bytes", &at), "W211",
			      "a token for “%s” with everything granted is %zu bytes; “%s” takes %u", whose, f->token_len,
			      model->id, model->token_bytes);
		hint_shorter(f);
	} else if (f->token_len + f->scope.bytes.len + ANSWER_REST > MESSAGE_MAX) {
		policy_report(f->build->problems, place(f, NULL, NULL, &at), "W212",
			      "a token for “%s” with everything granted is %zu bytes; with it an answer needs more than one "
			      "message, and is refused",
			      whose, f->token_len);
	}
}

/* RFC 9770 14.6: bytes that the tag does not cover can be altered, and with them the hash that the list names. */
static void lint_layout(struct fitting *f)
{
	const struct policy_inventory *inventory = f->build->inventory;
	struct policy_pointer at;

	if (f->model->public.token_layout == ACE_COSE_PROTECTED)
		return;
	for (size_t d = 0; d < inventory->devices_len; d++) {
		const struct policy_device *device = &inventory->devices[d];

		if (!device->has_as_line || strcmp(device->model, f->model->public.id))
			continue;
		policy_report(f->build->problems, place(f, "token", "layout", &at), "W213",
			      "“%s” has a line to the server, but with this layout its revocation list cannot be relied on: "
			      "a token can be altered so that the list does not name it",
			      device->id);
		return;
	}
}

void policy_lint_tokens(struct policy_build *build)
{
	for (size_t m = 0; m < build->policy->models_len; m++) {
		struct fitting f = { .build = build, .model = &build->policy->models[m] };

		lint_layout(&f);
		if (!join_rules(&f))
			continue;
		fit_scope(&f);
		fit_token(&f);
	}
}
