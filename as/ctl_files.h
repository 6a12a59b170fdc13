/* SPDX-License-Identifier: Apache-2.0 */
/* The files that policy validate and policy apply are given: read, checked, and what is to be said about them. */
#ifndef AS_CTL_FILES_H
#define AS_CTL_FILES_H

#include "cli/command.h"
#include "policy/files.h"
#include "policy/policy.h"
#include "policy/test.h"

struct json_t;

/* Starts as { 0 }; ended by ctl_files_free(). */
struct ctl_files {
	struct policy_problems problems;
	struct policy_files files;
	struct policy_loaded loaded; /* only when nothing is wrong */
	struct policy_tests tests;   /* the same */
};

/* Read the paths of the call and check them as one.
 * @return ACE_OK; ACE_ERR_MEMORY; another error: problems tells. */
ACE_MUST_CHECK enum ace_err ctl_files_load(const struct cli_call *call, const struct policy_options *options,
					   struct ctl_files *ret_files);
/* The same with paths that stand elsewhere. */
ACE_MUST_CHECK enum ace_err ctl_files_load_paths(const char *const *paths, size_t paths_len,
						 const struct policy_options *options, struct ctl_files *ret_files);
/* The same where files of tests may stand alone: the policies are those in their folders. */
ACE_MUST_CHECK enum ace_err ctl_files_load_tests(const struct cli_call *call, const struct policy_options *options,
						 struct ctl_files *ret_files);
/* Say what is wrong with them, and in text what follows from that. Returns the exit code. */
int ctl_files_tell_problems(const struct cli_output *output, const struct ctl_files *files, const char *consequence);
void ctl_files_free(struct ctl_files *files);

/* Name on stderr what of a folder was passed over. */
void ctl_files_note_ignored(const struct cli_output *output, const struct ctl_files *files);
/* [{"code", "file", "line", "column", "pointer", "message", "hint"}, ...] */
struct json_t *ctl_problems_record(const struct policy_problems *problems);
struct json_t *ctl_ignored_record(const struct ctl_files *files);

#endif
