/* SPDX-License-Identifier: Apache-2.0 */
/* Test vectors from tests/vectors/NAME.json, and hex for tests. Everything here fails the running
 * test instead of returning an error. */
#ifndef TESTS_VECTORS_H
#define TESTS_VECTORS_H

#include <jansson.h>

#include "ace_slice.h"

/* The parsed file; the caller ends it with json_decref(). */
json_t *vectors_load(const char *name);
/* Bytes of a member that holds hex, or of any hex text. The memory lives until vectors_free_all(). */
struct ace_slice vectors_hex(const json_t *object, const char *member);
struct ace_slice vectors_unhex(const char *hex);
/* A member that is a string; fails when it is absent. */
const char *vectors_text(const json_t *object, const char *member);
/* The element of an array whose "name" (or "id") is that. */
json_t *vectors_named(const json_t *array, const char *name);
/* cmocka teardown: releases what vectors_hex() and vectors_unhex() handed out. */
int vectors_free_all(void **state);

/* Fails with both sides in hex when they differ. */
void assert_slice_equal(struct ace_slice got, struct ace_slice want);

#endif
