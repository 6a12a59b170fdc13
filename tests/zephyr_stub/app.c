/* SPDX-License-Identifier: Apache-2.0 */
/* An application: a device that starts, and refuses what is no token. Prints the macros that it was built with. */
#include <stdio.h>

#include "ace_alg.h"
#include "ace_rs.h"

static const uint8_t key[16] = { 1 };
static const struct ace_rs_as_key keys[] = { { .key = { .bytes = ACE_SLICE_OF(key) }, .kid = ACE_LITERAL("k"),
					       .issuer = ACE_LITERAL("coap://as.example.com") } };
static uint8_t arena[ACE_RS_ARENA_SIZE(2, 32)];
static struct ace_rs rs;

int main(void)
{
	const struct ace_rs_config config = { .audience = ACE_LITERAL("a"), .as_uri = ACE_LITERAL("coap://as.example.com/token"),
					      .keys = keys, .keys_len = 1, .contexts = 2, .scope_bytes = 32 };
	uint8_t bytes[32], code = 0;
	struct ace_buf answer = ACE_BUF_OF(bytes);
	uint8_t hash[ACE_SHA256_LEN];

	if (ace_rs_init(&rs, &config, arena, sizeof arena) || ace_port_sha256(ACE_LITERAL("abc"), hash) || hash[0] != 0xba)
		return 1;
	if (ace_rs_authz_info(&rs, NULL, ACE_LITERAL("no token"), &answer, &code) == ACE_OK || code != 0x80)
		return 1;
	printf("KEYS_MAX=%d TEXT_SCOPES=%d TRL=%d ALG_ONLY=%d\n", ACE_RS_KEYS_MAX, ACE_RS_TEXT_SCOPES, ACE_RS_TRL, ACE_ALG_ONLY);
	ace_rs_fini(&rs);
	return 0;
}
