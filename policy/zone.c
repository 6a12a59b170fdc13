/* SPDX-License-Identifier: Apache-2.0 */
/* Time zone files (RFC 8536), read once when a policy is compiled. */
#include <stdio.h>
#include <string.h>

#include "policy/rule.h"

#define ZONE_FILE_MAX 65536
#define HEADER_LEN 44

struct zone_counts {
	uint32_t isutcnt, isstdcnt, leapcnt, timecnt, typecnt, charcnt;
};

static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static int64_t get64(const uint8_t *p)
{
	return (int64_t)((uint64_t)get32(p) << 32 | get32(p + 4));
}

static bool read_header(struct ace_slice in, struct zone_counts *ret)
{
	if (in.len < HEADER_LEN || memcmp(in.ptr, "TZif", 4))
		return false;
	*ret = (struct zone_counts){ get32(in.ptr + 20), get32(in.ptr + 24), get32(in.ptr + 28),
				     get32(in.ptr + 32), get32(in.ptr + 36), get32(in.ptr + 40) };
	return ret->isutcnt < ZONE_FILE_MAX && ret->isstdcnt < ZONE_FILE_MAX && ret->leapcnt < ZONE_FILE_MAX &&
	       ret->timecnt < ZONE_FILE_MAX && ret->typecnt && ret->typecnt <= 256 && ret->charcnt < ZONE_FILE_MAX;
}

static size_t block_len(const struct zone_counts *c, size_t time_len)
{
	return c->timecnt * (time_len + 1) + c->typecnt * 6 + c->charcnt + c->leapcnt * (time_len + 4) + c->isstdcnt +
	       c->isutcnt;
}

struct zone_fill {
	struct policy_arena *arena;
	int64_t *at;
	uint8_t *type;
	int32_t *offset;
	const char **abbreviation;
	size_t len, types;
};

static bool fill_begin(struct zone_fill *fill, size_t transitions, size_t types)
{
	fill->at = policy_arena_array(fill->arena, transitions + POLICY_ZONE_CHANGES_MAX, sizeof *fill->at);
	fill->type = policy_arena_array(fill->arena, transitions + POLICY_ZONE_CHANGES_MAX, 1);
	fill->offset = policy_arena_array(fill->arena, types + 2, sizeof *fill->offset);
	fill->abbreviation = policy_arena_array(fill->arena, types + 2, sizeof *fill->abbreviation);
	return fill->at && fill->type && fill->offset && fill->abbreviation;
}

static bool read_types(const struct zone_counts *c, const uint8_t *types, struct zone_fill *fill)
{
	const char *names = (const char *)(types + c->typecnt * 6);

	for (size_t i = 0; i < c->typecnt; i++) {
		int64_t offset = (int32_t)get32(types + 6 * i);
		uint8_t index = types[6 * i + 5];

		if (offset < -93600 || offset > 93600 || index >= c->charcnt)
			return false;
		fill->offset[i] = (int32_t)offset;
		fill->abbreviation[i] =
			policy_arena_printf(fill->arena, "%.*s", (int)(c->charcnt - index < 8 ? c->charcnt - index : 8),
					    names + index);
		if (!fill->abbreviation[i])
			return false;
	}
	fill->types = c->typecnt;
	return true;
}

static bool read_transitions(const struct zone_counts *c, const uint8_t *data, struct zone_fill *fill)
{
	for (size_t i = 0; i < c->timecnt; i++) {
		fill->at[i] = get64(data + 8 * i);
		fill->type[i] = data[8 * c->timecnt + i];
		if (fill->type[i] >= c->typecnt || (i && fill->at[i] <= fill->at[i - 1]))
			return false;
	}
	fill->len = c->timecnt;
	return true;
}

/* The type for a change that the rule at the end of the file makes: an old one, or one of two new. */
static size_t change_type(struct zone_fill *fill, size_t types_max, const struct policy_zone_change *change)
{
	for (size_t i = 0; i < fill->types; i++)
		if (fill->offset[i] == change->offset_s && !strcmp(fill->abbreviation[i], change->abbreviation))
			return i;
	if (fill->types == types_max)
		return SIZE_MAX;
	fill->offset[fill->types] = change->offset_s;
	fill->abbreviation[fill->types] = policy_arena_text(fill->arena, change->abbreviation);
	return fill->abbreviation[fill->types] ? fill->types++ : SIZE_MAX;
}

/* The line at the end says how it goes on after the last transition: as more transitions. */
static bool read_footer(struct ace_slice rest, size_t types_max, struct zone_fill *fill)
{
	struct policy_zone_change changes[POLICY_ZONE_CHANGES_MAX];
	char text[128];
	size_t len = 0, count;
	int64_t from = fill->len ? fill->at[fill->len - 1] + 1 : INT64_C(-2208988800);

	if (rest.len < 2 || rest.ptr[0] != '\n')
		return false;
	while (len + 1 < rest.len && len + 1 < sizeof text && rest.ptr[len + 1] != '\n') {
		text[len] = (char)rest.ptr[len + 1];
		len++;
	}
	text[len] = 0;
	if (!len)
		return true;
	if (!policy_zone_rule(text, from, changes, &count))
		return false;
	for (size_t i = 0; i < count; i++) {
		size_t type = change_type(fill, types_max, &changes[i]);

		if (type == SIZE_MAX || type > 255)
			return false;
		fill->at[fill->len] = changes[i].at;
		fill->type[fill->len++] = (uint8_t)type;
	}
	return true;
}

static bool zone_parse(struct policy_arena *arena, struct ace_slice in, struct policy_zone *zone)
{
	struct zone_fill fill = { .arena = arena };
	struct zone_counts c;
	size_t skip;

	if (!read_header(in, &c) || in.ptr[4] < '2')
		return false;
	skip = HEADER_LEN + block_len(&c, 4);
	if (in.len < skip)
		return false;
	in = (struct ace_slice){ in.ptr + skip, in.len - skip };
	/* Zones with leap seconds do not count as everybody else does. */
	if (!read_header(in, &c) || c.leapcnt || in.len < HEADER_LEN + block_len(&c, 8))
		return false;
	if (!fill_begin(&fill, c.timecnt, c.typecnt) ||
	    !read_types(&c, in.ptr + HEADER_LEN + c.timecnt * 9, &fill) ||
	    !read_transitions(&c, in.ptr + HEADER_LEN, &fill))
		return false;
	skip = HEADER_LEN + block_len(&c, 8);
	if (!read_footer((struct ace_slice){ in.ptr + skip, in.len - skip }, c.typecnt + 2, &fill))
		return false;
	*zone = (struct policy_zone){ zone->name, fill.at, fill.type, fill.len, 0, fill.offset, fill.abbreviation };
	return true;
}

static size_t file_read(const char *dir, const char *name, uint8_t *buffer)
{
	char path[4096];
	size_t len;
	FILE *file;

	if (snprintf(path, sizeof path, "%s/%s", dir ? dir : "/usr/share/zoneinfo", name) >= (int)sizeof path)
		return 0;
	file = fopen(path, "rb");
	if (!file)
		return 0;
	len = fread(buffer, 1, ZONE_FILE_MAX, file);
	if (ferror(file))
		len = 0;
	fclose(file);
	return len;
}

const struct policy_zone *policy_zone_load(struct policy_arena *arena, const char *dir, const char *name)
{
	static const int32_t utc_offset[] = { 0 };
	static const char *const utc_name[] = { "UTC" };
	struct policy_zone *zone = policy_arena_alloc(arena, sizeof *zone);
	uint8_t *buffer;

	if (!zone)
		return NULL;
	zone->name = name;
	if (!strcmp(name, "UTC") || !strcmp(name, "Etc/UTC")) { /* also where no zones are installed */
		zone->offset_s = utc_offset;
		zone->abbreviation = utc_name;
		return zone;
	}
	buffer = policy_arena_alloc(arena, ZONE_FILE_MAX);
	if (!buffer || !zone_parse(arena, (struct ace_slice){ buffer, file_read(dir, name, buffer) }, zone))
		return NULL;
	return zone;
}
