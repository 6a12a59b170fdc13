/* SPDX-License-Identifier: Apache-2.0 */
/* Hexadecimal text. */
#ifndef CLI_HEX_H
#define CLI_HEX_H

#include "ace_err.h"
#include "ace_slice.h"

/* Room for len bytes in hex with the NUL. */
#define CLI_HEX_CAP(len) (2 * (len) + 1)

/* Lower case, NUL-terminated. cap must be CLI_HEX_CAP(bytes.len) at least, else the text is cut at whole bytes. */
void cli_hex_encode(struct ace_slice bytes, char *ret_text, size_t cap);
/* Either case, no separators; out->len is set on success.
 * ACE_ERR_MALFORMED not hex or an odd number of digits; ACE_ERR_SPACE more than out->cap bytes. */
ACE_MUST_CHECK enum ace_err cli_hex_decode(const char *text, size_t text_len, struct ace_buf *out);

#endif
