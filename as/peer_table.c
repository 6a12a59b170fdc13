/* SPDX-License-Identifier: Apache-2.0 */
#include "as/peer_table.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port_host.h"
#include "as/echo.h"

enum ace_err as_kid_line(struct ace_slice kid, uint64_t *ret_line)
{
	uint64_t line = 0;

	if (kid.len == 0 || kid.len > ACE_OSCORE_ID_MAX || kid.ptr[0] == 0)
		return ACE_ERR_NO_CONTEXT;
	for (size_t i = 0; i < kid.len; i++)
		line = line << 8 | kid.ptr[i];
	*ret_line = line;
	return ACE_OK;
}

enum ace_err as_peer_table_init(struct as_peer_table *table, size_t len)
{
	struct as_peer_table made = { .len = len };
	enum ace_err err = ace_port_random((uint8_t *)&made.hash_key, sizeof made.hash_key);

	if (err)
		return err;
	made.slots = len <= SIZE_MAX / sizeof *made.slots ? ace_port_host_secret_new(len * sizeof *made.slots) : NULL;
	made.chains = calloc(len, sizeof(struct as_peer *));
	if (!made.slots || !made.chains) {
		ace_port_host_secret_free(made.slots, len * sizeof *made.slots);
		free(made.chains);
		return ACE_ERR_MEMORY;
	}
	for (size_t i = len; i-- > 0;) {
		made.slots[i].next = made.unused;
		made.unused = &made.slots[i];
	}
	*table = made;
	return ACE_OK;
}

void as_peer_table_fini(struct as_peer_table *table)
{
	if (!table || !table->slots)
		return;
	as_peers_forget_clients(table);
	ace_port_host_secret_free(table->slots, table->len * sizeof *table->slots);
	free(table->chains);
	*table = (struct as_peer_table){ 0 };
}

/* Line numbers are ours, but which of them are in use at once is not: a keyed mix spreads them. */
static struct as_peer **chain_of(const struct as_peer_table *table, uint64_t line)
{
	uint64_t mixed = (line ^ table->hash_key) * UINT64_C(0x9e3779b97f4a7c15);

	return &table->chains[(mixed ^ mixed >> 32) % table->len];
}

struct as_peer *as_peer_find(const struct as_peer_table *table, uint64_t line)
{
	struct as_peer *peer = *chain_of(table, line);

	while (peer && peer->line != line)
		peer = peer->next;
	return peer;
}

static void unlink_use(struct as_peer_table *table, struct as_peer *peer)
{
	if (peer->newer)
		peer->newer->older = peer->older;
	else
		table->newest = peer->older;
	if (peer->older)
		peer->older->newer = peer->newer;
	else
		table->oldest = peer->newer;
}

static void link_oldest(struct as_peer_table *table, struct as_peer *peer)
{
	peer->older = NULL;
	peer->newer = table->oldest;
	if (table->oldest)
		table->oldest->older = peer;
	else
		table->newest = peer;
	table->oldest = peer;
}

static void link_newest(struct as_peer_table *table, struct as_peer *peer)
{
	peer->newer = NULL;
	peer->older = table->newest;
	if (table->newest)
		table->newest->newer = peer;
	else
		table->oldest = peer;
	table->newest = peer;
}

void as_peer_touch(struct as_peer_table *table, struct as_peer *peer, uint64_t now_ms)
{
	unlink_use(table, peer);
	link_newest(table, peer);
	peer->used_ms = now_ms;
	peer->is_proven = true;
}

void as_peer_remove(struct as_peer_table *table, struct as_peer *peer)
{
	struct as_peer **link = chain_of(table, peer->line);

	while (*link != peer)
		link = &(*link)->next;
	*link = peer->next;
	unlink_use(table, peer);
	as_peer_forget_client(peer);
	ace_wipe(peer, sizeof *peer);
	peer->next = table->unused;
	table->unused = peer;
	table->held--;
}

enum ace_err as_peer_add(struct as_peer_table *table, uint64_t line, uint64_t now_ms, struct as_peer **ret_peer)
{
	struct as_peer **chain = chain_of(table, line);
	struct as_peer *peer;

	if (!table->unused) {
		if (table->oldest->is_proven && now_ms - table->oldest->used_ms <= AS_ECHO_VALID_MS)
			return ACE_ERR_BUSY;
		as_peer_remove(table, table->oldest);
		table->evicted++;
	}
	peer = table->unused;
	table->unused = peer->next;
	memset(peer, 0, sizeof *peer);
	peer->line = line;
	peer->used_ms = now_ms;
	peer->next = *chain;
	*chain = peer;
	link_oldest(table, peer);
	table->held++;
	*ret_peer = peer;
	return ACE_OK;
}

void as_peer_forget_client(struct as_peer *peer)
{
	as_client_free(peer->client);
	peer->client = NULL;
}

void as_peers_forget_clients(struct as_peer_table *table)
{
	for (size_t i = 0; i < table->len; i++)
		as_peer_forget_client(&table->slots[i]);
}
