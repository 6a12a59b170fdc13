/* SPDX-License-Identifier: Apache-2.0 */
/* What is asked for: hints say what a device wants to see, the request says what it needs (docs/decisions/0011). */
#include <string.h>

#include "client/flow.h"

/* The resource as AIF names it: decoded segments, joined. A segment that holds what separates them has no such name. */
static bool path_join(const struct client_request *request, struct ace_buf *out)
{
	for (size_t i = 0; i < request->options_len; i++) {
		const struct ace_slice segment = request->options[i].value;

		if (request->options[i].number != ACE_OPT_URI_PATH)
			continue;
		if (segment.len + 1 > out->cap - out->len)
			return false;
		out->ptr[out->len++] = '/';
		for (size_t at = 0; at < segment.len; at++) {
			if (segment.ptr[at] == '/' || segment.ptr[at] == '?')
				return false;
			out->ptr[out->len++] = segment.ptr[at];
		}
	}
	if (!out->len && out->cap)
		out->ptr[out->len++] = '/';
	return out->len > 0;
}

bool client_flow_need(const struct client_flow *flow, uint64_t methods, struct ace_buf *out,
		      struct ace_scope *ret_scope)
{
	uint8_t path_bytes[256];
	struct ace_buf path = ACE_BUF_OF(path_bytes);
	struct ace_aif_entry entry;
	struct ace_cbor_writer w;
	struct ace_slice aif;

	if (!path_join(flow->job->request, &path))
		return false;
	entry = (struct ace_aif_entry){ ace_buf_slice(&path), methods };
	ace_cbor_write_init(&w, out->ptr, out->cap);
	ace_aif_write(&w, &entry, 1);
	if (ace_cbor_written(&w, &aif))
		return false;
	*ret_scope = (struct ace_scope){ ACE_SCOPE_AIF, aif };
	return true;
}

static bool covers(const struct ace_scope *held, const struct ace_scope *need)
{
	uint8_t bytes[CLI_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_scope rest;

	return held->kind == ACE_SCOPE_AIF && !cli_scope_less(need, held, &out, &rest) && !rest.kind;
}

bool client_flow_is_covered(const struct client_flow *flow)
{
	uint8_t bytes[CLI_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_scope need;

	return client_flow_need(flow, client_flow_method(flow), &out, &need) && covers(&flow->assoc.scope, &need);
}

/* What was granted before is asked for again: hints are anybody's word, and may be for less. */
static enum ace_err token_get(struct client_flow *flow, const struct ace_scope *wanted, struct cli_error *ret_error)
{
	uint8_t bytes[2 * CLI_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_scope scope;

	if (cli_scope_join(&flow->assoc.scope, wanted, &out, &scope))
		scope = *wanted;
	return client_flow_token(flow, &scope, ret_error);
}

/* Has this device's AS answered with AIF before? Then it takes it. */
static enum ace_err aif_is_known(const struct client_flow *flow, bool *ret_known, struct cli_error *ret_error)
{
	struct client_assoc assoc = { 0 };
	enum ace_err err = client_assoc_read(&flow->client->state, client_slice(flow->as->as_uri), flow->audience,
					     &assoc, ret_error);

	*ret_known = !err && assoc.scope.kind == ACE_SCOPE_AIF;
	client_assoc_free(&assoc);
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

/* The hint is for a GET (RFC 9200 6.8): with the method of the request added, in the only form in which a method can be
 * added, it is what to ask for. A part of it may be granted that is not the one that matters: then that one is asked for
 * alone, since only a refusal has a reason. */
static enum ace_err token_with_method(struct client_flow *flow, const struct ace_scope *need,
				      struct cli_error *ret_error)
{
	uint8_t bytes[CLI_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_scope both;
	bool is_known;
	enum ace_err err = aif_is_known(flow, &is_known, ret_error);

	if (err)
		return err;
	if (is_known || !client_flow_need(flow, ACE_AIF_BIT(ACE_COAP_GET) | client_flow_method(flow), &out, &both))
		return token_get(flow, need, ret_error);
	err = token_get(flow, &both, ret_error);
	if (err || flow->assoc.scope.kind != ACE_SCOPE_AIF || covers(&flow->assoc.scope, need))
		return err;
	return client_flow_token(flow, need, ret_error);
}

/* A device that goes by names, or an AS that knows nothing else, refuses AIF: the name that the device hints at gets us
 * to where it says the right one. Where AIF comes of it all the same, the refusal was meant. */
static enum ace_err token_or_named(struct client_flow *flow, const struct ace_scope *need, struct cli_error *ret_error)
{
	struct cli_error refusal = { 0 }, second = { 0 };
	bool is_known = false;
	enum ace_err err = token_with_method(flow, need, &refusal);

	if (err == ACE_ERR_DENIED && aif_is_known(flow, &is_known, &refusal))
		err = ACE_ERR_IO;
	if (err == ACE_ERR_DENIED && !is_known && flow->hints.scope.kind == ACE_SCOPE_TEXT) {
		err = token_get(flow, &flow->hints.scope, &second);
		if (err)
			refusal = second;
		else if (flow->assoc.scope.kind == ACE_SCOPE_AIF && !covers(&flow->assoc.scope, need))
			err = ACE_ERR_DENIED;
	}
	if (err && ret_error)
		*ret_error = refusal;
	return err;
}

enum ace_err client_flow_first_token(struct client_flow *flow, struct cli_error *ret_error)
{
	const struct ace_scope *named = &flow->job->scope, *hinted = &flow->hints.scope;
	uint8_t bytes[CLI_SCOPE_MAX];
	struct ace_buf out = ACE_BUF_OF(bytes);
	struct ace_scope need;

	if (named->kind)
		return token_get(flow, named, ret_error);
	if (flow->job->request->code == ACE_COAP_GET || !hinted->kind || flow->assoc.scope.kind == ACE_SCOPE_TEXT ||
	    !client_flow_need(flow, client_flow_method(flow), &out, &need))
		return token_get(flow, hinted, ret_error);
	return token_or_named(flow, &need, ret_error);
}
