/* SPDX-License-Identifier: Apache-2.0 */
/* What every parser must survive: each prefix, each flipped bit, a trailing byte. Include after cmocka.h. */
#ifndef SUPPORT_PARSER_WALK_H
#define SUPPORT_PARSER_WALK_H

#include <stdlib.h>
#include <string.h>

#include "ace_err.h"
#include "ace_slice.h"

typedef enum ace_err parser_fn(struct ace_slice bytes);

/* The whole is taken; no proper prefix is, nor one byte more. Each attempt reads a block of exactly its length, so that
 * a sanitizer sees the first byte too many. Flipped bits may be taken or refused, but must not be caller's bugs. */
static inline void parser_walk(parser_fn *parse, struct ace_slice valid)
{
	uint8_t *copy;

	assert_int_equal(parse(valid), ACE_OK);
	for (size_t len = 0; len < valid.len; len++) {
		copy = malloc(len + 1);
		assert_non_null(copy);
		memcpy(copy + 1, valid.ptr, len);
		assert_int_not_equal(parse((struct ace_slice){ copy + 1, len }), ACE_OK);
		free(copy);
	}
	copy = malloc(valid.len + 1);
	assert_non_null(copy);
	memcpy(copy, valid.ptr, valid.len);
	copy[valid.len] = 0;
	assert_int_equal(parse((struct ace_slice){ copy, valid.len + 1 }), ACE_ERR_TRAILING);
	for (size_t bit = 0; bit < 8 * valid.len; bit++) {
		enum ace_err err;

		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		err = parse((struct ace_slice){ copy, valid.len });
		assert_true(err == ACE_OK || ACE_ERR_IS_MALFORMED(err) || ACE_ERR_IS_UNTRUSTED(err));
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(copy);
}

#endif
