/* SPDX-License-Identifier: Apache-2.0 */
/* store_dump DIR: the records of tokens and decisions of a store, one JSON object a line, for tests to compare with what
 * went over the wire. */
#include <inttypes.h>

#include "storage/decisions.h"
#include "storage/tokens.h"

/* Ids are plain; an audience that nobody has is what a client made up. */
static void print_text(const char *name, const char *text)
{
	printf("\"%s\": \"", name);
	for (; *text; text++)
		if (*text < ' ' || *text == '"' || *text == '\\' || *text == 0x7f)
			printf("\\u%04x", (unsigned char)*text);
		else
			putchar(*text);
	printf("\", ");
}

static void print_token(const struct store_token *token)
{
	char decision[STORE_DECISION_TEXT_LEN + 1];

	store_decision_id_text(&token->decision, decision);
	printf("{\"record\": \"token\", \"sequence\": %" PRIu64 ", \"osc_id\": %" PRIu64 ", ", token->sequence,
	       token->osc_id);
	print_text("client", token->client);
	print_text("device", token->device);
	printf("\"iat\": %" PRId64 ", \"exp\": %" PRId64 ", \"exi_number\": ", token->issued_at, token->expires_at);
	if (token->has_exi)
		printf("%" PRIu32, token->exi_number);
	else
		printf("null");
	printf(", \"decision\": \"%s\", \"hash\": \"", decision);
	for (size_t i = 0; i < sizeof token->hash; i++)
		printf("%02x", token->hash[i]);
	printf("\"}\n");
}

static void print_decision(const struct store_decision *decision)
{
	char id[STORE_DECISION_TEXT_LEN + 1];

	store_decision_id_text(&decision->id, id);
	printf("{\"record\": \"decision\", \"id\": \"%s\", \"granted\": %s, ", id,
	       decision->outcome == STORE_GRANTED ? "true" : "false");
	print_text("client", decision->client.id);
	print_text("device", decision->device.id);
	printf("\"reason\": %" PRId32 ", \"token\": %" PRIu64 ", \"count\": %" PRIu32 "}\n", decision->reason,
	       decision->token, decision->count);
}

static enum ace_err print_all(struct store_txn *txn)
{
	static struct store_decision decision;
	static struct store_token token;
	struct store_decision_id last = { { 0 } };
	uint64_t after = 0;
	enum ace_err err;

	while (!(err = store_token_next(txn, after, &token))) {
		after = token.sequence;
		print_token(&token);
	}
	if (err != ACE_ERR_NOT_FOUND)
		return err;
	while (!(err = store_decision_next(txn, &last, &decision))) {
		last = decision.id;
		print_decision(&decision);
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

int main(int argc, char **argv)
{
	struct store_options options = { .dir = argc == 2 ? argv[1] : NULL };
	struct store_error error = { 0 };
	struct store_txn *txn;
	struct store *store;
	enum ace_err err;

	if (argc != 2) {
		fprintf(stderr, "usage: store_dump DIR\n");
		return 2;
	}
	if (store_open(&options, &store, &error)) {
		fprintf(stderr, "store_dump: %s\n", error.text);
		return 5;
	}
	err = store_begin_read(store, &txn);
	if (!err) {
		err = print_all(txn);
		store_abort(txn);
	}
	if (err)
		fprintf(stderr, "store_dump: %s\n", store_last_error(store)->text);
	store_close(store);
	return err ? 5 : 0;
}
