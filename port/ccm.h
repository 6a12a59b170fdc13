/* SPDX-License-Identifier: Apache-2.0 */
/* AES-128-CCM by the processor's own AES instructions. The messages here are short, so that OpenSSL's way from a call
 * to its cipher costs more than the cipher; this one has no way. Where there are no such instructions nothing is there. */
#ifndef ACE_PORT_CCM_H
#define ACE_PORT_CCM_H

#include "ace_port.h"

/* AAD is shorter than this: longer ones have another encoding (RFC 3610 2.2), which nobody needs. */
#define ACE_CCM_AAD_MAX 0xff00

/* What this processor has. */
bool ace_ccm_is_there(void);

/* in has a key of 16 bytes, a nonce of 13 and less AAD than ACE_CCM_AAD_MAX, and ace_ccm_is_there(): the caller has checked it.
 * Text is up to 65535 bytes; ret_bytes may be where it stands. tag_len is 8 or 16.  Source: RFC 3610. */

/* ret_bytes: as long as the text, and tag_len more. */
void ace_ccm_seal(const struct ace_aead_input *in, size_t tag_len, uint8_t *ret_bytes);

/* ret_bytes: as long as the text without its tag. False: not authentic, and nothing of it is left there. */
ACE_MUST_CHECK bool ace_ccm_open(const struct ace_aead_input *in, size_t tag_len, uint8_t *ret_bytes);

#endif
