/* SPDX-License-Identifier: Apache-2.0 */
/* Files and folders that an operator names, as sources for policy_load(). */
#ifndef POLICY_FILES_H
#define POLICY_FILES_H

#include "policy/policy.h"

struct policy_files {
	struct policy_source *sources;
	size_t sources_len;
	struct policy_source *tests; /* for policy_tests_load() */
	size_t tests_len;
	char **ignored; /* JSON files of a folder that are neither: to be named to the operator */
	size_t ignored_len;
};

/* Read them: a file counts whatever is in it; of a folder (not of those below it) every *.json whose "format" is
 * "ace-policy/1", in the order of names. "-" is standard input. Files of tests, by their "format" or by a name that ends in
 * ".test.json", are kept apart; those beside a file that is named, X.test.json beside X.json, are read with it.
 * @param problems   E001 is added for each that cannot be read, is too large, or is a folder without any policy.
 * @param ret_files  written only on ACE_OK; end it with policy_files_free().
 * @return ACE_OK; ACE_ERR_IO at least one problem was added; ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err policy_files_read(const char *const *paths, size_t paths_len,
					      struct policy_problems *problems, struct policy_files *ret_files);
/* The same for policy tests: where only files of tests are named, the policies are those of the folders they are in. */
ACE_MUST_CHECK enum ace_err policy_files_read_tests(const char *const *paths, size_t paths_len,
						    struct policy_problems *problems, struct policy_files *ret_files);
void policy_files_free(struct policy_files *files);

#endif
