/* SPDX-License-Identifier: Apache-2.0 */
/* Sequence numbers: each of ours is used once, each of the peer's is taken once. */
#include "oscore/cose_object.h"

_Static_assert(ACE_OSCORE_WINDOW == 32, "struct ace_oscore_window keeps 32 bits");

enum ace_err ace_oscore_seq_take(struct ace_oscore_ctx *ctx, uint64_t *ret_seq)
{
	/* RFC 8613 7.2.1: "If the Sender Sequence Number exceeds the maximum, the endpoint MUST NOT process any
	 * more messages with the given Sender Context." */
	if (ctx->sender_seq > ACE_OSCORE_SEQ_MAX)
		return ACE_ERR_EXHAUSTED;
	*ret_seq = ctx->sender_seq++;
	return ACE_OK;
}

bool ace_oscore_window_is_replay(const struct ace_oscore_window *window, uint64_t seq)
{
	uint64_t age;

	if (!window->known)
		return true;
	if (!window->seen || seq > window->highest)
		return false;
	age = window->highest - seq;
	return age >= ACE_OSCORE_WINDOW || (window->seen >> age & 1);
}

void ace_oscore_window_mark(struct ace_oscore_window *window, uint64_t seq)
{
	uint64_t step = seq - window->highest;

	if (!window->seen || seq > window->highest) {
		/* Shifting by the whole width or more is undefined: then nothing of it is left. */
		window->seen = step < ACE_OSCORE_WINDOW ? window->seen << step : 0;
		window->highest = seq;
	}
	step = window->highest - seq;
	if (step < ACE_OSCORE_WINDOW)
		window->seen |= UINT32_C(1) << step;
}

enum ace_err ace_oscore_window_start(struct ace_oscore_window *window, struct ace_oscore_exchange *exchange)
{
	uint64_t seq = ace_oscore_piv_read((struct ace_slice){ exchange->piv, exchange->piv_len });

	if (!window->known)
		*window = (struct ace_oscore_window){ .highest = seq, .seen = UINT32_MAX, .known = true };
	else if (ace_oscore_window_is_replay(window, seq))
		return ACE_ERR_REPLAY;
	else
		ace_oscore_window_mark(window, seq);
	exchange->unproven = false;
	return ACE_OK;
}
