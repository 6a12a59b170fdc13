/* SPDX-License-Identifier: Apache-2.0 */
/* Scopes as a person writes and reads them, and as sets. A person writes names ("climate.read climate.set") or, for
 * AIF, paths with methods ("/temp:GET /setpoint:GET,PUT"). */
#ifndef CLI_SCOPE_H
#define CLI_SCOPE_H

#include "ace_scope.h"
#include "cli/output.h"

#define CLI_SCOPE_MAX 1024
#define CLI_SCOPE_PARTS_MAX 64

/* *ret_scope borrows from out (which must hold CLI_SCOPE_MAX), or from text when that is made of names.
 * ACE_ERR_SCOPE with a text. */
ACE_MUST_CHECK enum ace_err cli_scope_parse(const char *text, struct ace_buf *out, struct ace_scope *ret_scope,
					       struct cli_error *ret_error);
/* For people: what is not printable is shown as "?", what does not fit is cut, an absent scope is "-". */
#define CLI_SCOPE_TEXT_MAX (CLI_SCOPE_MAX + 256)
void cli_scope_text(const struct ace_scope *scope, char *ret_text, size_t cap);
/* Peers' text for people, in the same way. */
void cli_text_clean(struct ace_slice text, char *ret_text, size_t cap);

/* What is in a, and what is in both (all of b and a): of one kind only, else ACE_ERR_UNSUPPORTED. The result borrows
 * from out, and is absent when nothing is left. ACE_ERR_SCOPE malformed or too many parts; ACE_ERR_SPACE. */
ACE_MUST_CHECK enum ace_err cli_scope_less(const struct ace_scope *a, const struct ace_scope *b,
					      struct ace_buf *out, struct ace_scope *ret_scope);
ACE_MUST_CHECK enum ace_err cli_scope_join(const struct ace_scope *a, const struct ace_scope *b,
					      struct ace_buf *out, struct ace_scope *ret_scope);

#endif
