/* SPDX-License-Identifier: Apache-2.0 */
/* The worked policies of policies/, loaded for a test, and queries built from their inventories. */
#ifndef TESTS_POLICY_FILES_H
#define TESTS_POLICY_FILES_H

#include "policy/inventory.h"
#include "policy/policy.h"

/* policies/NAME/policy.json and inventory.json; fails the running test when they do not load. */
struct policy_loaded policy_files_load_worked(const char *name, struct policy_problems *problems);
/* The same for policies/PATH, a file or a folder, as acectl reads it. */
struct policy_loaded policy_files_load_folder(const char *path, struct policy_problems *problems);
/* A whole file; the caller ends it with free(). */
char *policy_files_text(const char *path, size_t *ret_len);
/* Seconds since 1970 of "2026-11-24T10:00:00Z". */
int64_t policy_files_time(const char *text);
/* Who asks, where, for what (a text scope): from the inventory. */
struct policy_query policy_files_query(const struct policy_loaded *loaded, const char *client, const char *device,
				       const char *scope, const char *now);

#endif
