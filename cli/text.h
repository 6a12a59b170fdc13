/* SPDX-License-Identifier: Apache-2.0 */
/* Text that grows and may be secret: what it outgrows is wiped. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "cli/files.h"

struct cli_text {
	struct cli_bytes bytes; /* owns */
	size_t cap;
	bool failed; /* memory was out; sticks */
};

void cli_text_printf(struct cli_text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void cli_text_hex(struct cli_text *text, struct ace_slice bytes);
/* len more bytes to be filled by the caller; NULL when memory is out. */
uint8_t *cli_text_room(struct cli_text *text, size_t len);
/* Hand the bytes over, or free them and return ACE_ERR_MEMORY. */
ACE_MUST_CHECK enum ace_err cli_text_take(struct cli_text *text, struct cli_bytes *ret_bytes);
void cli_text_free(struct cli_text *text);

#endif
