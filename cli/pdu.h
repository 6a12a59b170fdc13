/* SPDX-License-Identifier: Apache-2.0 */
/* Between libcoap's messages and ours, for the two files that use libcoap. */
#ifndef CLI_PDU_H
#define CLI_PDU_H

#include <coap3/coap.h>

#include "ace_coap.h"

/* What libcoap has taken apart, put together again: its own form keeps no slices of the datagram.
 * @param ret_msg  borrows from bytes. @return ACE_OK; ACE_ERR_SPACE; what ace_coap_read() says of a message. */
ACE_MUST_CHECK enum ace_err cli_pdu_read(const coap_pdu_t *pdu, uint8_t *bytes, size_t cap,
					 struct ace_coap_message *ret_msg);
/* Token, options and payload into a message that has type, code and Message ID. ACE_ERR_SPACE: it does not fit; the PDU
 * is the caller's then as before. */
ACE_MUST_CHECK enum ace_err cli_pdu_fill(coap_pdu_t *pdu, struct ace_slice token, const struct ace_coap_message *msg);

#endif
