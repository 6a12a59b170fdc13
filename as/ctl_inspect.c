/* SPDX-License-Identifier: Apache-2.0 */
/* token inspect: what an access token says, which only its device and this store can read. */
#include "as/ctl_inspect.h"

#include <string.h>

#include "ace_port.h"
#include "as/ctl.h"
#include "cli/bundle.h"
#include "cli/json.h"

/* What is printed below the record; may hold a secret. */
struct texts {
	struct cli_text headers, headers_hex, claims, claims_hex;
};

static void texts_free(struct texts *texts)
{
	cli_text_free(&texts->headers);
	cli_text_free(&texts->headers_hex);
	cli_text_free(&texts->claims);
	cli_text_free(&texts->claims_hex);
}

static const char *text_of(const struct cli_text *text)
{
	return text->bytes.ptr ? (const char *)text->bytes.ptr : "";
}

static enum ace_err make_texts(const struct ctl_inspected *in, bool is_open, bool secrets, struct texts *texts)
{
	const struct cli_diag_view *view = secrets ? &ctl_claims_secret_view : &ctl_claims_view;
	struct ace_slice plain = ace_buf_slice(&in->plain);
	enum ace_err err = cli_diag_text(in->token, &ctl_headers_view, &texts->headers);

	if (!err)
		err = cli_diag_hex(in->token, &ctl_headers_view, &texts->headers_hex);
	if (!err && is_open)
		err = cli_diag_text(plain, view, &texts->claims);
	if (!err && is_open)
		err = cli_diag_hex(plain, view, &texts->claims_hex);
	if (texts->headers.failed || texts->headers_hex.failed || texts->claims.failed || texts->claims_hex.failed)
		return ACE_ERR_MEMORY;
	return err;
}

static void put_record(struct json_t *object, const struct ctl_inspected *in)
{
	char decision[STORE_DECISION_TEXT_LEN + 1];

	cli_json_put_text(object, "state", in->state ? in->state : "not recorded");
	if (!in->is_recorded)
		return;
	store_decision_id_text(&in->record.decision, decision);
	cli_json_put_int(object, "id", (int64_t)in->record.sequence);
	cli_json_put_text(object, "decision", decision);
	cli_json_put_text(object, "client", in->record.client);
	cli_json_put_hex(object, "hash_hex", ACE_SLICE_OF(in->record.hash));
}

static struct json_t *record_of(const struct ctl_inspected *in, bool is_open)
{
	struct json_t *object = cli_json_object();
	const char *alg = cli_alg_name(in->cose.alg);

	put_record(object, in);
	if (is_open) {
		cli_json_put_text(object, "device", in->device.id);
		cli_json_put_int(object, "key_version", in->device.keys[in->key].version);
	} else if (in->is_recorded) {
		cli_json_put_text(object, "device", in->record.device);
	}
	if (in->cose.kid.ptr)
		cli_json_put_hex(object, "kid_hex", in->cose.kid);
	else
		cli_json_put_null(object, "kid_hex");
	cli_json_put_text(object, "alg", alg ? alg : "unknown");
	cli_json_put_int(object, "bytes", (int64_t)in->token.len);
	return object;
}

static int print_json(const struct cli_output *output, const struct texts *texts, struct json_t *record, struct json_t *claims)
{
	cli_json_put(record, "claims", claims);
	cli_json_put_text(record, "headers_diagnostic", text_of(&texts->headers));
	cli_json_put_text(record, "headers_annotated", text_of(&texts->headers_hex));
	cli_json_put_text(record, "claims_diagnostic", text_of(&texts->claims));
	cli_json_put_text(record, "claims_annotated", text_of(&texts->claims_hex));
	return ctl_printed(output, cli_output_json(output, record));
}

static int print_text(const struct cli_output *output, const struct texts *texts, struct json_t *record,
		      struct cli_table *table)
{
	enum ace_err err = cli_output_record(output, record);

	if (err)
		return ctl_printed(output, err);
	if (table->cells_len) {
		cli_say(output, "\nclaims:");
		err = cli_table_print(table, output);
		if (err)
			return ctl_printed(output, err);
	}
	cli_say(output, "\nheaders, in diagnostic notation and in hex:\n%s\n%s", text_of(&texts->headers),
		text_of(&texts->headers_hex));
	if (texts->claims.bytes.ptr)
		cli_say(output, "claims, in diagnostic notation and in hex:\n%s\n%s", text_of(&texts->claims),
			text_of(&texts->claims_hex));
	return CLI_EXIT_OK;
}

static int print(const struct cli_output *output, const struct ctl_inspected *in, bool is_open, bool secrets)
{
	struct texts texts = { 0 };
	struct json_t *record, *claims;
	struct cli_table table;
	enum ace_err err = make_texts(in, is_open, secrets, &texts);
	int code;

	cli_table_init(&table, 4);
	if (err) {
		texts_free(&texts);
		if (!ACE_ERR_IS_MALFORMED(err))
			return ctl_printed(output, err);
		return cli_fail(output, CLI_EXIT_NO, "the key of %s opens it, but what is in it are no claims", in->device.id);
	}
	record = record_of(in, is_open);
	claims = ctl_claims_meanings(is_open ? ace_buf_slice(&in->plain) : (struct ace_slice){ 0 }, in->now, &table);
	if (output->json != CLI_TEXT) {
		code = print_json(output, &texts, record, claims);
	} else {
		cli_json_free(claims);
		code = print_text(output, &texts, record, &table);
	}
	cli_table_free(&table);
	texts_free(&texts);
	return code;
}

/* What can be seen without a key is shown, and then why there is no more. */
static int print_closed(const struct cli_call *call, const struct cli_output *output, const struct ctl_inspected *in)
{
	const char *device = cli_flag_value(call, "device");
	int code = output->json == CLI_TEXT ? print(output, in, false, false) : CLI_EXIT_OK;

	if (code)
		return code;
	if (device)
		return cli_fail(output, CLI_EXIT_REFUSED, "no key of %.80s opens this token", device);
	if (in->is_recorded)
		return cli_fail(output, CLI_EXIT_REFUSED, "%s has no key any more that opens this token", in->record.device);
	return cli_fail(output, CLI_EXIT_REFUSED, "no key of any device opens this token: it was altered, or issued elsewhere");
}

static int inspect(const struct cli_call *call, const struct cli_output *output, struct store *store, struct ctl_inspected *in)
{
	const char *device = cli_flag_value(call, "device");
	struct store_txn *txn;
	enum ace_err err = store_begin_read(store, &txn);

	if (err)
		return ctl_fail(output, store, err);
	err = ctl_inspect_open(txn, device, in);
	store_abort(txn);
	if (err == ACE_ERR_NOT_FOUND)
		return ctl_unknown(output, store, STORE_DEVICE, device);
	if (err == ACE_ERR_TAG)
		return print_closed(call, output, in);
	return err ? ctl_fail(output, store, err) : print(output, in, true, cli_flag(call, "show-secrets"));
}

int ctl_token_inspect(const struct cli_call *call, const struct cli_output *output)
{
	uint8_t token[CTL_TOKEN_MAX];
	struct ace_buf taken = ACE_BUF_OF(token);
	struct ctl_inspected in = { .now = ctl_now() };
	struct cli_error error;
	struct store *store;
	int code;

	if (ctl_token_take(call->args[0], &taken, &error))
		return cli_error_print(output, &error);
	in.token = ace_buf_slice(&taken);
	if (ace_cose_read(in.token, &in.cose))
		return cli_fail(output, CLI_EXIT_NO, "these %zu bytes are no COSE_Encrypt0: is it a token, and whole?", in.token.len);
	code = ctl_open(call, output, true, &store);
	if (code)
		return code;
	code = inspect(call, output, store, &in);
	store_close(store);
	ace_wipe(in.plaintext, sizeof in.plaintext);
	return code;
}
