/* SPDX-License-Identifier: Apache-2.0 */
/* What the module uses of the header of Zephyr 4.5, by the same names, for hosts. */
#ifndef ZEPHYR_STUB_COAP_OSCORE_H
#define ZEPHYR_STUB_COAP_OSCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct coap_oscore_context;

enum coap_oscore_aead_alg { COAP_OSCORE_AEAD_AES_CCM_16_64_128 = 0 };
enum coap_oscore_hkdf { COAP_OSCORE_HKDF_SHA_256 = 0 };

struct coap_oscore_init_params {
	const uint8_t *master_secret;
	size_t master_secret_len;
	const uint8_t *sender_id;
	size_t sender_id_len;
	const uint8_t *recipient_id;
	size_t recipient_id_len;
	const uint8_t *master_salt;
	size_t master_salt_len;
	const uint8_t *id_context;
	size_t id_context_len;
	enum coap_oscore_aead_alg aead_alg;
	enum coap_oscore_hkdf hkdf;
	bool fresh_master_secret_salt;
};

int coap_oscore_context_add(const struct coap_oscore_init_params *params, struct coap_oscore_context **ctx);
int coap_oscore_context_remove(struct coap_oscore_context *ctx);

#endif
