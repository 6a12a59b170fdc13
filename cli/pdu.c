/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/pdu.h"

enum ace_err cli_pdu_read(const coap_pdu_t *pdu, uint8_t *bytes, size_t cap, struct ace_coap_message *ret_msg)
{
	coap_bin_const_t token = coap_pdu_get_token(pdu);
	struct ace_coap_writer w;
	struct ace_slice written;
	coap_opt_iterator_t it;
	coap_opt_t *option;
	const uint8_t *data = NULL;
	size_t data_len = 0;
	enum ace_err err;

	ace_coap_write_init(&w, bytes, cap);
	ace_coap_write_header(&w, &(struct ace_coap_header){
		.type = (uint8_t)coap_pdu_get_type(pdu), .code = (uint8_t)coap_pdu_get_code(pdu),
		.mid = (uint16_t)coap_pdu_get_mid(pdu), .token = { token.s, token.length } });
	if (coap_option_iterator_init(pdu, &it, COAP_OPT_ALL))
		while ((option = coap_option_next(&it)))
			ace_coap_write_option(&w, it.number, (struct ace_slice){ coap_opt_value(option),
										 coap_opt_length(option) });
	if (coap_get_data(pdu, &data_len, &data))
		ace_coap_write_payload(&w, (struct ace_slice){ data, data_len });
	err = ace_coap_written(&w, &written);
	return err ? err : ace_coap_read(written, ret_msg);
}

enum ace_err cli_pdu_fill(coap_pdu_t *pdu, struct ace_slice token, const struct ace_coap_message *msg)
{
	struct ace_coap_options it;
	struct ace_coap_option option;

	if (!coap_add_token(pdu, token.len, token.ptr))
		return ACE_ERR_SPACE;
	ace_coap_options_init(&it, msg->options);
	while (ace_coap_options_next(&it, &option))
		if (!coap_add_option(pdu, (coap_option_num_t)option.number, option.value.len, option.value.ptr))
			return ACE_ERR_SPACE;
	if (msg->payload.len && !coap_add_data(pdu, msg->payload.len, msg->payload.ptr))
		return ACE_ERR_SPACE;
	return ACE_OK;
}
