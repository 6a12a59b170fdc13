/* SPDX-License-Identifier: Apache-2.0 */
#include "zephyr/ace_rs_zephyr.h"

#include <errno.h>
#include <string.h>

static int pool_add(struct ace_rs *rs, const struct ace_oscore_input *in, struct ace_rs_zephyr_context *place)
{
	const struct coap_oscore_init_params params = {
		in->master_secret.ptr, in->master_secret.len, in->sender_id.ptr, in->sender_id.len, in->recipient_id.ptr,
		in->recipient_id.len, in->master_salt.ptr, in->master_salt.len, in->id_context.ptr, in->id_context.len,
		.fresh_master_secret_salt = true }; /* our nonce is in the salt; the algorithms are 0, the default */

	place->serial = ace_rs_foreign_serial(rs, in->recipient_id);
	memcpy(place->kid, in->recipient_id.ptr, sizeof place->kid);
	return in->aead && in->aead != ACE_ALG_CCM_16_64_128 ? -ENOTSUP : coap_oscore_context_add(&params, &place->ctx);
}

int ace_rs_zephyr_add(struct ace_rs *rs, struct ace_slice body, struct ace_slice answer,
		      struct ace_rs_zephyr_context *contexts, size_t len)
{
	uint8_t bytes[ACE_RS_MATERIAL_MAX];
	struct ace_buf room = ACE_BUF_OF(bytes);
	struct ace_rs_zephyr_context *place = NULL;
	struct ace_oscore_input in;
	int failed = -ENOMEM;

	if (ace_rs_foreign_material(rs, body, answer, &room, &in))
		return -EINVAL;
	ace_rs_zephyr_sweep(rs, contexts, len);
	for (size_t i = 0; failed == -ENOMEM && i < len; i++)
		if (!contexts[i].ctx)
			place = &contexts[i];
		else if (!memcmp(contexts[i].kid, in.recipient_id.ptr, sizeof contexts[i].kid))
			failed = contexts[i].serial == ace_rs_foreign_serial(rs, in.recipient_id) ? 0 : -EAGAIN; /* its token is over */
	if (failed == -ENOMEM && place)
		failed = pool_add(rs, &in, place);
	if (failed)
		ace_rs_foreign_end(rs, in.recipient_id);
	ace_wipe(bytes, sizeof bytes);
	return failed;
}

void ace_rs_zephyr_sweep(struct ace_rs *rs, struct ace_rs_zephyr_context *contexts, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (contexts[i].ctx && contexts[i].serial != ace_rs_foreign_serial(rs, ACE_SLICE_OF(contexts[i].kid)) &&
		    coap_oscore_context_remove(contexts[i].ctx) != -EAGAIN)
			contexts[i].ctx = NULL;
}
