/* SPDX-License-Identifier: Apache-2.0 */
/* What a harness has: it is given bytes, and says when something is wrong and when its parser took them. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ace_coap.h"

/* The harness. The name is libFuzzer's; without it, replay.c calls the same with each file of the corpus. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* Inputs that got past the parser. A corpus without any of them has been left behind by the code, and its replay fails. */
extern unsigned long fuzz_accepted;

static inline void fuzz_require_at(bool holds, const char *file, int line, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}
#define fuzz_require(holds) fuzz_require_at(holds, __FILE__, __LINE__, #holds)

/* Sequences: each event is a kind, a length of two bytes, and so many bytes. false: no whole one is left. */
static inline bool fuzz_event(struct ace_slice *in, uint8_t *ret_kind, struct ace_slice *ret_bytes)
{
	size_t len = in->len < 3 ? 0 : (size_t)in->ptr[1] << 8 | in->ptr[2];

	if (in->len < 3 || len > in->len - 3)
		return false;
	*ret_kind = in->ptr[0];
	*ret_bytes = (struct ace_slice){ in->ptr + 3, len };
	*in = (struct ace_slice){ in->ptr + 3 + len, in->len - 3 - len };
	return true;
}

#endif
