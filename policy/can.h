/* SPDX-License-Identifier: Apache-2.0 */
/* Not one request, but everything that could be asked: what may this client do at this device, by which rules, for how
 * long, and when? The same answer as policy_decide() gives to each right when it is asked for alone, but for the
 * lengths that a scope and a token may have. */
#ifndef POLICY_CAN_H
#define POLICY_CAN_H

#include <stdio.h>

#include "policy/policy.h"

/* Borrows from the policy. Of a device that takes AIF: methods on a path. Of one that takes text: a name, which is granted
 * as a whole; path is empty and methods 0 then. */
struct policy_right {
	struct ace_slice path;
	uint64_t methods;
	const struct ace_text_scope *name; /* NULL: AIF */
	uint32_t lifetime_s;               /* of a token for nothing else; at any time: where no window ends it earlier */
	struct policy_rule_list by;        /* rules that allow it */
	struct policy_rule_list unless;    /* deny rules that hold at times; only when asked for any time */
	uint64_t times; /* a number for the times at which it is allowed, as rules state them; the same number in another policy: the same times */
};

struct policy_can_query {
	struct policy_party client, device; /* borrowed */
	const char *model;                  /* the device's */
	int64_t now;                        /* seconds since 1970 */
	bool at_any_time;                   /* what windows will allow counts, too; what has ended for good does not */
};

typedef void policy_right_fn(void *context, const struct policy_right *right);

/* Tell each right to found, in the order of paths, or of names. Methods of a path that are alike come as one.
 * @return whether there was any. No heap, no I/O; about 20 KB of stack. */
bool policy_can(const struct policy *policy, const struct policy_can_query *query, policy_right_fn *found, void *context);

/* Does the right cover that method (one bit) on that path? */
bool policy_right_covers(const struct policy_right *right, struct ace_slice path, uint64_t method);
/* "GET PUT /setpoint", or "door.open (GET PUT /lock)". */
void policy_right_words(const struct policy_right *right, FILE *out);
/* "mon-fri 07:00–18:00 Europe/Stockholm, until 2027-06-30T22:00:00Z"; nothing for a rule that holds always. */
void policy_times_words(const struct policy *policy, uint32_t rule, FILE *out);
/* "read-climate, techs-adjust-own-site": at most four, then how many more. */
void policy_rules_words(const struct policy *policy, const struct policy_rule_list *rules, FILE *out);
/* One bit for "GET" and the others of RFC 9237; 0: no such method. */
uint64_t policy_method_bit(const char *name);
/* Of one bit: "GET". */
const char *policy_method_text(uint64_t method);

#endif
