/* SPDX-License-Identifier: Apache-2.0 */
/* What the steps of flow.c hand to each other. */
#ifndef CLIENT_FLOW_H
#define CLIENT_FLOW_H

#include "cli/scope.h"
#include "client/client.h"

struct client_flow {
	struct client *client;              /* borrows */
	const struct client_job *job;       /* borrows */
	struct client_peer peer;            /* the device */
	struct client_enrolments enrolments; /* secret */
	struct client_pin pin;              /* zeroed: this host and port were never used */
	struct client_answer discovery;     /* what hints borrow from */
	struct client_hints hints;
	const struct cli_client_bundle *as; /* the AS in charge, borrows from enrolments; NULL: not known yet */
	struct ace_slice audience;          /* borrows from job, pin or hints */
	struct client_assoc assoc;          /* secret; zeroed: none; what is on disk, or a candidate for its place */
	struct ace_scope wish;              /* what more may come with more rights, if the AS likes; absent: nothing */
	struct client_line line;            /* secret; the context of assoc */
	bool line_ready;                    /* line may be used */
};

/* Who is in charge of the device: the AS must be one that we are enrolled with, whatever the hints say, and what is
 * pinned may change only when the user names the new value. */
struct client_choice {
	const struct cli_client_bundle *as;
	struct ace_slice audience;
};
struct client_choice_input {
	const char *origin; /* of the device, for messages */
	const struct client_hints *hints;
	const struct client_pin *pin; /* zeroed: none */
	const struct client_enrolments *enrolments;
	const char *as_uri;   /* the user's word; NULL: none */
	const char *audience; /* the user's word; NULL: none */
};
/* ACE_ERR_DENIED with a text (exit CLI_EXIT_REFUSED); ACE_ERR_MISSING nobody named an AS or audience.
 * Source: RFC 9200 5.1, 6.4, 6.9. */
ACE_MUST_CHECK enum ace_err client_choose(const struct client_choice_input *in, struct client_choice *ret_choice,
					  struct cli_error *ret_error);

/* Plain GET without payload; reads the hints of a 4.01 (flow_discover.c). */
ACE_MUST_CHECK enum ace_err client_flow_discover(struct client_flow *flow, struct cli_error *ret_error);
/* The method of the request, as AIF has it. */
static inline uint64_t client_flow_method(const struct client_flow *flow)
{
	return ACE_AIF_BIT(flow->job->request->code);
}
/* AIF for the resource of the request with these methods, which borrows from out; false: it has no name in AIF
 * (flow_scope.c). */
bool client_flow_need(const struct client_flow *flow, uint64_t methods, struct ace_buf *out,
		      struct ace_scope *ret_scope);
/* Does the token hold that? A token with names is never known to. */
bool client_flow_is_covered(const struct client_flow *flow);
/* A token for what the user names, else for the request, else for what the hints say. */
ACE_MUST_CHECK enum ace_err client_flow_first_token(struct client_flow *flow, struct cli_error *ret_error);
/* Ask the AS for scope and keep the token as flow->assoc, in the place of the one before (flow_token.c). */
ACE_MUST_CHECK enum ace_err client_flow_token(struct client_flow *flow, const struct ace_scope *scope,
					      struct cli_error *ret_error);
/* Let go of flow->assoc: what is on disk stays there, nothing is left of a candidate (flow_token.c). */
void client_flow_put_down(struct client_flow *flow);
/* Get what scope holds and we do not, and join it to what we hold: by an update of access rights where there is a context,
 * else with a new token for both (flow_token.c). The association goes on as it was when the AS refuses. *ret_changed: there is more now than before. */
ACE_MUST_CHECK enum ace_err client_flow_extend(struct client_flow *flow, const struct ace_scope *scope,
					       bool *ret_changed, struct cli_error *ret_error);
/* Make a context of the token, or begin anew with another token if it is not taken (flow.c). */
ACE_MUST_CHECK enum ace_err client_flow_renew(struct client_flow *flow, struct cli_error *ret_error);
/* The request, until a verified answer comes or the device's refusals are enough (flow_request.c). */
ACE_MUST_CHECK enum ace_err client_flow_request(struct client_flow *flow, struct client_answer *ret_answer,
						struct cli_error *ret_error);

#endif
