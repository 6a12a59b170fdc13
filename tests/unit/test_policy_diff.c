/* SPDX-License-Identifier: Apache-2.0 */
/* What policy_diff says at once is what comes out when each client is looked at with each device, before and after. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/diff.h"
#include "policy_world.h"

#define PARTIES 10
#define THINGS (PATHS * 3 + 2 * SCOPES)

/* Kinds of difference as bits, for each method on a path, then for each name by what it means before and after. */
typedef uint8_t kinds_of[THINGS];

struct both {
	struct policy_party party[2];
	bool is_there[2];
	const char *model[2];
	char id[8];
	struct ace_tag tags[2][2];
};

struct setting {
	struct policy *policy[2];
	struct world world[2];
	struct both clients[PARTIES], devices[PARTIES];
	int64_t now;
	kinds_of expected[PARTIES][PARTIES], told[PARTIES][PARTIES];
	size_t differences;
};

static void alter_rules(struct world *w)
{
	unsigned int r = world_dice(w->rules_len);

	switch (world_dice(6)) {
	case 0:
		w->rules[r].is_enabled = !w->rules[r].is_enabled;
		break;
	case 1:
		w->rules[r].scopes = 1 + world_dice((1u << SCOPES) - 1);
		break;
	case 2:
		w->rules[r].lifetime = w->rules[r].is_deny ? 0 : 1 + world_dice(500);
		break;
	case 3:
		w->rules[r].has_same = !w->rules[r].has_same;
		break;
	case 4:
		world_limits(&w->rules[r]);
		break;
	default:
		w->rules_len -= w->rules_len > 1;
	}
}

/* A little of one thing or the other; or nothing. */
static void alter(struct world *w)
{
	unsigned int p = world_dice(PATHS);

	for (unsigned int n = world_dice(3); n; n--)
		alter_rules(w);
	if (!world_dice(6))
		w->groups[world_dice(2)][world_dice(GROUPS)].k = world_dice(3);
	if (!world_dice(8))
		w->scopes[world_dice(SCOPES)][p] |= 1u << world_dice(3);
	if (!world_dice(8))
		w->offered[1][p] ^= p ? 1u << world_dice(3) : 2;
}

static void make_both(struct both *b, char side, unsigned int number)
{
	static const char *const models[] = { "m0", "m1", "m2", "none" };
	struct person person = { number, (int)world_dice(4) - 1, (int)world_dice(4) - 1 };

	for (unsigned int s = 0; s < 2; s++) {
		if (s && !world_dice(6))
			person.k = (int)world_dice(4) - 1;
		b->party[s] = world_party(&person, side, b->id, b->tags[s]);
		b->party[s].enabled = world_dice(12) != 0;
		b->is_there[s] = world_dice(12) != 0;
		b->model[s] = s && world_dice(8) ? b->model[0] : models[world_dice(16) ? world_dice(3) : 3];
	}
	b->is_there[1] = b->is_there[1] || !b->is_there[0];
}

/* --- by going over all pairs --- */

struct rights {
	struct policy_right list[64];
	size_t len;
};

static void keep(void *context, const struct policy_right *right)
{
	struct rights *rights = context;

	assert_true(rights->len < 64);
	rights->list[rights->len++] = *right;
}

/* Does a name mean the same in both? */
static bool same_meaning(const struct setting *s, unsigned int scope, const struct both *device)
{
	for (unsigned int p = 0; p < PATHS; p++) {
		unsigned int means[2];

		for (unsigned int side = 0; side < 2; side++)
			means[side] = s->world[side].scopes[scope][p] & s->world[side].offered[device->model[side][1] != '0'][p];
		if (means[0] != means[1])
			return false;
	}
	return true;
}

/* Whose things are numbered as in kinds_of; a name that means something else afterwards is another thing. */
static const struct policy_right *thing_of(const struct setting *s, const struct rights *rights, unsigned int side,
					   unsigned int thing, const struct both *device)
{
	unsigned int scope = (thing - PATHS * 3) % SCOPES;

	for (size_t i = 0; i < rights->len; i++) {
		const struct policy_right *right = &rights->list[i];

		if (thing < PATHS * 3 && !right->name && right->path.ptr[2] == '0' + thing / 3 && (right->methods >> thing % 3 & 1))
			return right;
		if (thing >= PATHS * 3 && right->name && right->name->name.ptr[1] == '0' + scope &&
		    (thing < PATHS * 3 + SCOPES || (side && !same_meaning(s, scope, device))))
			return right;
	}
	return NULL;
}

static void expect(struct setting *s, unsigned int c, unsigned int d)
{
	const struct both *client = &s->clients[c], *device = &s->devices[d];
	struct rights rights[2] = { { .len = 0 }, { .len = 0 } };

	for (unsigned int side = 0; side < 2; side++)
		if (client->is_there[side] && device->is_there[side])
			policy_can(s->policy[side], &(struct policy_can_query){ client->party[side], device->party[side],
				   device->model[side], s->now, true }, keep, &rights[side]);
	for (unsigned int i = 0; i < THINGS; i++) {
		const struct policy_right *before = thing_of(s, &rights[0], 0, i, device);
		const struct policy_right *after = thing_of(s, &rights[1], 1, i, device);
		unsigned int scope = (i - PATHS * 3) % SCOPES, kind;

		if (i >= PATHS * 3 && !same_meaning(s, scope, device)) {
			before = i < PATHS * 3 + SCOPES ? before : NULL;
			after = i < PATHS * 3 + SCOPES ? NULL : after;
		} else if (i >= PATHS * 3 + SCOPES) {
			continue;
		}
		if (before && after && before->lifetime_s == after->lifetime_s && before->times == after->times)
			continue;
		if (!before && !after)
			continue;
		kind = before && after ? POLICY_DIFF_CHANGED : before ? POLICY_DIFF_LOST : POLICY_DIFF_GAINED;
		s->expected[c][d][i] = (uint8_t)(1u << kind);
		s->differences++;
	}
}

static void tell_row(struct setting *s, const struct policy_diff_row *row, unsigned int c, unsigned int d)
{
	uint8_t *told = s->told[c][d];
	unsigned int scope;

	if (!row->right.name) {
		for (unsigned int m = 0; m < 3; m++)
			if (row->right.methods >> m & 1) {
				assert_int_equal(told[(row->right.path.ptr[2] - '0') * 3 + m], 0);
				told[(row->right.path.ptr[2] - '0') * 3 + m] = (uint8_t)(1u << row->kind);
			}
		return;
	}
	scope = row->right.name->name.ptr[1] - '0';
	if (row->kind == POLICY_DIFF_GAINED && !same_meaning(s, scope, &s->devices[d]))
		scope += SCOPES;
	assert_int_equal(told[PATHS * 3 + scope], 0);
	told[PATHS * 3 + scope] = (uint8_t)(1u << row->kind);
}

static void tell(struct setting *s, struct policy_diff *diff)
{
	for (size_t i = 0; i < policy_diff_blocks_len(diff); i++) {
		struct policy_diff_block block;

		assert_int_equal(policy_diff_block_at(diff, i, &block), ACE_OK);
		assert_true(block.rows_len && block.clients.count == block.clients.ids_len &&
			    block.devices.count == block.devices.ids_len);
		for (size_t r = 0; r < block.rows_len; r++)
			for (size_t c = 0; c < block.clients.ids_len; c++)
				for (size_t d = 0; d < block.devices.ids_len; d++)
					tell_row(s, block.rows[r], (unsigned int)(block.clients.ids[c][1] - '0'),
						 (unsigned int)(block.devices.ids[d][1] - '0'));
	}
}

static void add(struct policy_diff *diff, enum policy_kind kind, const struct both *b)
{
	assert_int_equal(policy_diff_add(diff, kind, &(struct policy_diff_party){
		b->id, b->is_there[0] ? &b->party[0] : NULL, b->is_there[1] ? &b->party[1] : NULL, b->model[0], b->model[1] }), ACE_OK);
}

static struct policy_diff *compare(const struct setting *s)
{
	struct policy_diff *diff;

	assert_int_equal(policy_diff_new(s->policy[0], s->policy[1], s->now, &diff), ACE_OK);
	for (unsigned int i = 0; i < PARTIES; i++) {
		add(diff, POLICY_KIND_CLIENT, &s->clients[i]);
		add(diff, POLICY_KIND_DEVICE, &s->devices[i]);
	}
	assert_int_equal(policy_diff_run(diff), ACE_OK);
	return diff;
}

static void what_differs_is_what_all_pairs_say(void **state)
{
	static struct setting s;
	size_t differences = 0, same = 0;

	(void)state;
	for (unsigned int round = 0; round < 400; round++) {
		struct policy_diff *diff;

		memset(&s, 0, sizeof s);
		world_make(&s.world[0]);
		s.world[1] = s.world[0];
		if (world_dice(20))
			alter(&s.world[1]);
		else
			world_make(&s.world[1]);
		s.now = world_dice(200);
		for (unsigned int i = 0; i < PARTIES; i++) {
			make_both(&s.clients[i], 'c', i);
			make_both(&s.devices[i], 'd', i);
		}
		for (unsigned int side = 0; side < 2; side++)
			s.policy[side] = world_compile(&s.world[side]);
		for (unsigned int pair = 0; pair < PARTIES * PARTIES; pair++)
			expect(&s, pair / PARTIES, pair % PARTIES);
		diff = compare(&s);
		tell(&s, diff);
		for (unsigned int pair = 0; pair < PARTIES * PARTIES; pair++)
			assert_memory_equal(s.told[pair / PARTIES][pair % PARTIES], s.expected[pair / PARTIES][pair % PARTIES],
					    sizeof(kinds_of));
		differences += s.differences;
		same += !s.differences;
		policy_diff_free(diff);
		policy_free(s.policy[0]);
		policy_free(s.policy[1]);
	}
	/* Both happen, so that both were tried. */
	assert_true(differences > 1000 && same > 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_differs_is_what_all_pairs_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
