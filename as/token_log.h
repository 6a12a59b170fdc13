/* SPDX-License-Identifier: Apache-2.0 */
/* What the log says about a token request. It is noted while the request is handled and written after the batch's
 * commit, so that no line speaks of a token or a record that is not on disk.
 *
 * Every issued token has a decision record in the store; a line for each beside it costs more than the token itself when
 * there are many. So token.issued is a debug line, unless log_tokens is configured. A new refusal is an info line: at most
 * one a minute for refusals that are alike; the others, which join its record, are debug lines. */
#ifndef AS_TOKEN_LOG_H
#define AS_TOKEN_LOG_H

#include "ace_claims.h"
#include "cli/log.h"
#include "storage/decisions.h"
#include "storage/tokens.h"

enum as_token_event_kind { AS_TOKEN_NONE = 0, AS_TOKEN_ISSUED, AS_TOKEN_REFUSED, AS_TOKEN_REFUSED_AGAIN };

/* Scope and party are cut to what a line shows; with one byte more, which makes the log say that it cut. */
struct as_token_event {
	enum as_token_event_kind kind;
	struct store_decision_id decision;
	char client[STORE_ID_MAX + 1];
	size_t party_len, scope_len;
	uint8_t party[CLI_LOG_VALUE_MAX + 1]; /* the device, or the audience as asked */
	uint8_t scope[CLI_LOG_VALUE_MAX + 1];
	int64_t expires_at;
	int32_t reason;
	enum ace_oauth_error error;
	uint64_t generation;
	bool is_narrowed; /* of AS_TOKEN_ISSUED: less than was asked */
};

struct as_config;

/* Note one of the three; what its line would say is copied only if the line will be written. */
void as_token_note_issued(const struct as_config *config, const struct store_token *token, uint64_t generation,
			  struct as_token_event *ret_event);
void as_token_note_refused(const struct as_config *config, const struct store_decision *record, bool joined,
			   struct as_token_event *ret_event);
/* Write the line. */
void as_token_log(const struct as_config *config, const struct as_token_event *event);

/* A scope for people: names as they are, AIF as "/temp:GET /setpoint:GET,PUT", cut to cap bytes. @return its length. */
size_t as_scope_text(const struct store_scope *scope, uint8_t *ret_text, size_t cap);

#endif
