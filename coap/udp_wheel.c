/* SPDX-License-Identifier: Apache-2.0 */
#include "coap/udp_wheel.h"

#include <stdlib.h>

enum ace_err ace_udp_wheel_init(struct ace_udp_wheel *wheel, uint32_t max)
{
	wheel->links = calloc((size_t)max + 1, sizeof *wheel->links);
	wheel->places = calloc((size_t)max + 1, sizeof *wheel->places);
	return wheel->links && wheel->places ? ACE_OK : ACE_ERR_MEMORY;
}

void ace_udp_wheel_fini(struct ace_udp_wheel *wheel)
{
	free(wheel->links);
	free(wheel->places);
	*wheel = (struct ace_udp_wheel) { 0 };
}

void ace_udp_wheel_add(struct ace_udp_wheel *wheel, uint32_t record, uint64_t due_ms)
{
	uint64_t tick = due_ms / ACE_UDP_TICK_MS + (due_ms % ACE_UDP_TICK_MS != 0);
	size_t place;

	if (tick < wheel->tick)
		tick = wheel->tick;
	place = tick % ACE_UDP_WHEEL_TICKS;
	ace_udp_list_add(&wheel->ticks[place], wheel->links, record);
	wheel->filled[place / 64] |= UINT64_C(1) << place % 64;
	wheel->places[record] = (uint16_t)(place + 1);
}

void ace_udp_wheel_remove(struct ace_udp_wheel *wheel, uint32_t record)
{
	size_t place;

	if (!wheel->places[record])
		return;
	place = wheel->places[record] - 1u;
	wheel->places[record] = 0;
	ace_udp_list_remove(&wheel->ticks[place], wheel->links, record);
	if (!wheel->ticks[place].oldest)
		wheel->filled[place / 64] &= ~(UINT64_C(1) << place % 64);
}

/* Ticks from now until the next one that has records; a whole turn when none has. */
static uint64_t ticks_ahead(const struct ace_udp_wheel *wheel)
{
	size_t start = wheel->tick % ACE_UDP_WHEEL_TICKS;
	uint64_t word = wheel->filled[start / 64] >> start % 64;
	size_t ahead = 0;

	while (!word && ahead < ACE_UDP_WHEEL_TICKS) {
		ahead += 64 - (start + ahead) % 64;
		word = wheel->filled[(start + ahead) / 64 % ACE_ARRAY_LEN(wheel->filled)];
	}
	if (!word)
		return ACE_UDP_WHEEL_TICKS;
	return ahead + (uint64_t)__builtin_ctzll(word);
}

uint32_t ace_udp_wheel_next(struct ace_udp_wheel *wheel, uint64_t now_ms)
{
	uint64_t now = now_ms / ACE_UDP_TICK_MS, ahead = ticks_ahead(wheel);
	uint32_t record;

	if (ahead == ACE_UDP_WHEEL_TICKS || wheel->tick + ahead > now) {
		if (wheel->tick <= now)
			wheel->tick = now + 1;
		return 0;
	}
	wheel->tick += ahead;
	record = wheel->ticks[wheel->tick % ACE_UDP_WHEEL_TICKS].oldest;
	ace_udp_wheel_remove(wheel, record);
	return record;
}

uint64_t ace_udp_wheel_due_ms(const struct ace_udp_wheel *wheel)
{
	uint64_t ahead = ticks_ahead(wheel);

	return ahead == ACE_UDP_WHEEL_TICKS ? UINT64_MAX : (wheel->tick + ahead) * ACE_UDP_TICK_MS;
}
