/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies in blocks: a sequence of messages of several peers, with time between them. */
#include "ace_block.h"
#include "fuzz.h"
#include "port_fuzz.h"

#define PLACES 3
#define BODY_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_body places[PLACES] = { { 0 } };
	uint8_t memory[PLACES * BODY_MAX];
	struct ace_bodies bodies = { places, memory, BODY_MAX, 5000, PLACES, 2, 2 };
	struct ace_slice in = { bytes, len }, datagram;
	struct ace_block2_answer answer;
	struct ace_block1 block1;
	struct ace_coap_message msg;
	uint64_t now_ms = 0;
	uint8_t kind;

	while (fuzz_event(&in, &kind, &datagram)) {
		uint64_t peer = kind & 3;

		now_ms += kind >> 2 & 15 ? (uint64_t)(kind >> 2 & 15) * 500 : 1;
		if (ace_coap_read(datagram, &msg))
			continue;
		ace_block1_take(&bodies, peer, now_ms, &msg, &block1);
		fuzz_require(block1.code || block1.body.len <= BODY_MAX || block1.body.ptr == msg.payload.ptr);
		fuzz_accepted += !block1.code;
		if (kind & 64) {
			answer = (struct ace_block2_answer){ msg.payload, kind };
			(void)!ace_block2_keep(&bodies, peer, now_ms, &msg, &answer);
		}
		if (ace_block2_kept(&bodies, peer, now_ms, &msg, &answer))
			fuzz_require(answer.body.len <= BODY_MAX);
		if (kind & 128)
			ace_bodies_expire(&bodies, now_ms);
	}
	ace_bodies_fini(&bodies);
	for (size_t i = 0; i < PLACES; i++)
		fuzz_require(places[i].state == ACE_BODY_FREE);
	return 0;
}
