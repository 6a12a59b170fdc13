/* SPDX-License-Identifier: Apache-2.0 */
/* What texts of policies and inventories may be, for who takes them from elsewhere. */
#ifndef POLICY_WORDS_H
#define POLICY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

bool policy_is_id(const char *text);
bool policy_is_tag_key(const char *text);
/* How many characters a UTF-8 text has. */
size_t policy_text_chars(const char *text);

#endif
