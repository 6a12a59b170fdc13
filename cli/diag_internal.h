/* SPDX-License-Identifier: Apache-2.0 */
/* What notation and annotated hex share: one walk over bytes that ace_cbor_read_init() has taken. */
#ifndef CLI_DIAG_INTERNAL_H
#define CLI_DIAG_INTERNAL_H

#include "cli/diag.h"

#define DIAG_INDEFINITE 31

struct diag_walk {
	struct ace_slice rest; /* what is to come */
	const struct cli_diag_view *view;
	struct cli_text *text;
	struct cli_diag_path path;
	size_t indent;
	unsigned depth; /* of byte strings that hold CBOR */
};

struct diag_head {
	unsigned major, info;
	uint64_t value;           /* 0 for an indefinite length */
	struct ace_slice bytes;   /* the head itself */
	struct ace_slice content; /* of a string */
};

/* Take a head, and the content of a string. */
struct diag_head diag_head_take(struct diag_walk *walk);
/* Does an array or map that has given out taken items go on? The break at its end is passed over; *ret_end has it. */
bool diag_goes_on(struct diag_walk *walk, const struct diag_head *head, uint64_t taken, struct ace_slice *ret_end);
/* The step of the key that is next. */
int64_t diag_key(const struct diag_walk *walk);
void diag_step(struct diag_walk *walk, int64_t step);
/* How the next item is to be shown; one that holds CBOR does, and not too deep. */
enum cli_diag_as diag_show(const struct diag_walk *walk);
/* Pass over the next item. */
struct ace_slice diag_skip(struct diag_walk *walk);
/* Numbers, strings, simple values. */
void diag_scalar(struct cli_text *text, const struct diag_head *head);
/* A walk over the content of a string, with the same path. */
struct diag_walk diag_inside(const struct diag_walk *walk, const struct diag_head *head);

#endif
