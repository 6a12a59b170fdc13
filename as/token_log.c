/* SPDX-License-Identifier: Apache-2.0 */
#include "as/token_log.h"

#include <string.h>

#include "ace_scope.h"
#include "as/config.h"
#include "as/reasons.h"

/* In the order of their bits (RFC 9237 5.3); Dynamic-X is 32 bits up. */
static const char *const methods[] = { "GET", "POST", "PUT", "DELETE", "FETCH", "PATCH", "iPATCH" };
#define DYNAMIC_BIT 32

struct text {
	uint8_t *bytes;
	size_t len, cap;
};

static void put(struct text *text, struct ace_slice bytes)
{
	size_t room = text->cap - text->len;

	if (bytes.len > room)
		bytes.len = room;
	if (bytes.len)
		memcpy(text->bytes + text->len, bytes.ptr, bytes.len);
	text->len += bytes.len;
}

static void put_word(struct text *text, const char *word)
{
	put(text, (struct ace_slice){ (const uint8_t *)word, strlen(word) });
}

static void put_methods(struct text *text, uint64_t set)
{
	const char *separator = ":";

	for (size_t bit = 0; bit < 2 * DYNAMIC_BIT; bit++) {
		size_t method = bit % DYNAMIC_BIT;

		if (!(set >> bit & 1) || method >= ACE_ARRAY_LEN(methods))
			continue;
		put_word(text, separator);
		put_word(text, bit < DYNAMIC_BIT ? "" : "Dynamic-");
		put_word(text, methods[method]);
		separator = ",";
	}
}

size_t as_scope_text(const struct store_scope *scope, uint8_t *ret_text, size_t cap)
{
	struct text text = { ret_text, 0, cap };
	struct ace_aif_reader it;
	struct ace_aif_entry entry;

	if (scope->kind != ACE_SCOPE_AIF) {
		put(&text, store_scope_slice(scope));
		return text.len;
	}
	ace_aif_read_init(&it, store_scope_slice(scope));
	while (ace_aif_read_next(&it, &entry)) {
		put_word(&text, text.len ? " " : "");
		put(&text, entry.path);
		put_methods(&text, entry.methods);
	}
	if (ace_aif_read_finish(&it))
		put_word(&text, "?");
	return text.len;
}

static enum cli_log_level level_of(const struct as_config *config, enum as_token_event_kind kind)
{
	if (kind == AS_TOKEN_REFUSED || (kind == AS_TOKEN_ISSUED && config->log_tokens))
		return CLI_LOG_INFO;
	return CLI_LOG_DEBUG;
}

static void note_party(const char *party, struct as_token_event *event)
{
	struct text text = { event->party, 0, sizeof event->party };

	put_word(&text, party);
	event->party_len = text.len;
}

void as_token_note_issued(const struct as_config *config, const struct store_token *token, uint64_t generation,
			  struct as_token_event *ret_event)
{
	ret_event->kind = AS_TOKEN_ISSUED;
	if (!cli_log_shows(level_of(config, AS_TOKEN_ISSUED)))
		return;
	ret_event->decision = token->decision;
	memcpy(ret_event->client, token->client, sizeof ret_event->client);
	note_party(token->device, ret_event);
	ret_event->scope_len = as_scope_text(&token->scope, ret_event->scope, sizeof ret_event->scope);
	ret_event->expires_at = token->expires_at;
	ret_event->generation = generation;
}

void as_token_note_refused(const struct as_config *config, const struct store_decision *record, bool joined,
			   struct as_token_event *ret_event)
{
	ret_event->kind = joined ? AS_TOKEN_REFUSED_AGAIN : AS_TOKEN_REFUSED;
	ret_event->reason = record->reason; /* counted in any case */
	if (!cli_log_shows(level_of(config, ret_event->kind)))
		return;
	ret_event->decision = record->id;
	memcpy(ret_event->client, record->client.id, sizeof ret_event->client);
	note_party(record->device.id, ret_event);
	ret_event->error = (enum ace_oauth_error)record->oauth_error;
	ret_event->generation = record->generation;
}

void as_token_log(const struct as_config *config, const struct as_token_event *event)
{
	enum cli_log_level level = level_of(config, event->kind);
	struct ace_slice party = { event->party, event->party_len }, scope = { event->scope, event->scope_len };
	char id[STORE_DECISION_TEXT_LEN + 1];

	if (event->kind == AS_TOKEN_NONE || !cli_log_shows(level))
		return;
	store_decision_id_text(&event->decision, id);
	if (event->kind == AS_TOKEN_ISSUED)
		cli_log(level, "token.issued", cli_log_text("decision", id), cli_log_text("client", event->client),
			cli_log_slice("device", party), cli_log_slice("scope", scope),
			cli_log_int("expires", event->expires_at),
			cli_log_int("generation", (int64_t)event->generation));
	else
		cli_log(level, "token.refused", cli_log_text("decision", id), cli_log_text("client", event->client),
			cli_log_slice("audience", party), cli_log_text("reason", as_reason_name(event->reason)),
			cli_log_text("error", as_oauth_error_name(event->error)),
			cli_log_int("generation", (int64_t)event->generation));
}
