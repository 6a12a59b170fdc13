/* SPDX-License-Identifier: Apache-2.0 */
#include "as/peer_get.h"

#include <string.h>

#include "cli/log.h"
#include "cli/wireshark.h"
#include "storage/devices.h"

/* A line's owner as the store has it now. */
struct owner {
	enum as_peer_kind kind;
	enum store_auth method; /* by which it is to open the line */
	char id[STORE_ID_MAX + 1];
	uint32_t key_version;
	bool has_ticket; /* nobody used the key yet */
	bool is_old;     /* it is of the line that is being replaced */
	struct as_client *client;   /* of a client; owned until the peer has it */
	struct store_secret secret; /* when asked for; wiped by who asked */
};

/* What a record says about the lines of its owner. */
struct lines {
	uint64_t line;
	uint32_t key_version;
	int64_t ticket_expires; /* 0: none */
	struct store_old_line old;
};

/* Which secret opens a line: the present one, or the one that it is about to replace. */
static enum ace_err choose(const struct as_server *as, const struct lines *lines, uint64_t line, struct owner *owner)
{
	owner->is_old = line != lines->line;
	if (owner->is_old) {
		owner->key_version = lines->old.key_version;
		owner->has_ticket = false;
		return line == lines->old.line && store_old_line_lives(&lines->old, as->batch->now) ? ACE_OK :
												    ACE_ERR_NO_CONTEXT;
	}
	owner->key_version = lines->key_version;
	owner->has_ticket = lines->ticket_expires || lines->old.line;
	/* A ticket that nobody used in time opens no line any more. */
	return lines->ticket_expires && lines->ticket_expires <= as->batch->now ? ACE_ERR_NO_CONTEXT : ACE_OK;
}

static enum ace_err client_owner(struct as_server *as, uint64_t line, struct owner *owner, bool with_secret)
{
	struct store_client client;
	enum ace_err err = store_client_get(as->batch->read, owner->id, &client);

	if (!err && client.method != owner->method)
		err = ACE_ERR_NO_CONTEXT;
	if (!err)
		err = choose(as, &(struct lines){ client.line, client.key_version, client.ticket_expires, client.old }, line,
			     owner);
	if (!err && with_secret)
		err = owner->is_old ? store_client_old_secret(as->batch->read, &client, &owner->secret) :
				      store_client_secret(as->batch->read, &client, &owner->secret);
	if (err)
		return err;
	owner->client = as_client_new(&client);
	return owner->client ? ACE_OK : ACE_ERR_MEMORY;
}

static enum ace_err device_owner(struct as_server *as, uint64_t line, struct owner *owner, bool with_secret)
{
	struct store_device device;
	enum ace_err err = store_device_get(as->batch->read, owner->id, &device);

	if (!err && device.line_method != owner->method)
		err = ACE_ERR_NO_CONTEXT;
	if (!err)
		err = choose(as, &(struct lines){ device.line, device.line_key_version, 0, device.old }, line, owner);
	if (err || !with_secret)
		return err;
	return owner->is_old ? store_device_old_secret(as->batch->read, &device, &owner->secret) :
			       store_device_line_secret(as->batch->read, &device, &owner->secret);
}

static enum ace_err read_owner(struct as_server *as, uint64_t line, struct owner *owner)
{
	/* DTLS has its own keys by now, but OSCORE's are derived here. */
	bool with_secret = owner->method == STORE_AUTH_OSCORE;
	enum store_kind kind;
	enum ace_err err = store_line_find(as->batch->read, line, &kind, owner->id);

	if (err)
		return err;
	owner->kind = kind == STORE_CLIENT ? AS_PEER_CLIENT : AS_PEER_DEVICE;
	return kind == STORE_CLIENT ? client_owner(as, line, owner, with_secret) :
				      device_owner(as, line, owner, with_secret);
}

static void note_for_wireshark(const struct as_server *as, const struct owner *owner, struct ace_slice kid)
{
	struct cli_error error;

	if (!as->config->wireshark_keys[0])
		return;
	if (cli_wireshark_append(as->config->wireshark_keys, &(struct cli_wireshark_context){
			.client_id = kid, .alg = ACE_ALG_CCM_16_64_128,
			.master_secret = { owner->secret.key, owner->secret.key_len },
			.master_salt = { owner->secret.salt, owner->secret.salt_len } }, &error))
		cli_log(CLI_LOG_WARN, "wireshark.failed", cli_log_text("reason", error.message));
}

/* The peer's Sender ID is its line's number, ours is empty: so the two always differ. */
static enum ace_err derive(struct as_server *as, const struct owner *owner, uint64_t line,
			   struct ace_oscore_ctx *ret_ctx)
{
	uint8_t bytes[STORE_KID_MAX];
	struct ace_slice kid = { bytes, store_line_kid(line, bytes) };
	enum ace_err err = ace_oscore_derive(&(struct ace_oscore_input){
		.master_secret = { owner->secret.key, owner->secret.key_len },
		.master_salt = { owner->secret.salt, owner->secret.salt_len },
		.recipient_id = kid }, ret_ctx);

	if (err)
		return err;
	/* RFC 8613 B.1.2: what was seen before is not known, so an Echo must prove that the request is fresh. */
	ret_ctx->window.known = false;
	note_for_wireshark(as, owner, kid);
	return ACE_OK;
}

/* Put the owner of a line into the table. */
static enum ace_err load_peer(struct as_server *as, uint64_t line, enum store_auth method, struct as_peer **ret_peer)
{
	struct owner owner = { .method = method };
	struct ace_oscore_ctx ctx = { 0 };
	struct as_peer *peer;
	enum ace_err err = read_owner(as, line, &owner);

	if (!err && method == STORE_AUTH_OSCORE)
		err = derive(as, &owner, line, &ctx);
	store_secret_wipe(&owner.secret);
	if (!err)
		err = as_peer_add(&as->peers, line, as->batch->monotonic_ms, &peer);
	if (err) {
		as_client_free(owner.client);
	} else {
		peer->kind = owner.kind;
		peer->method = method;
		peer->key_version = owner.key_version;
		peer->has_ticket = owner.has_ticket;
		memcpy(peer->id, owner.id, sizeof peer->id);
		peer->client = owner.client;
		peer->ctx = ctx;
		*ret_peer = peer;
	}
	ace_wipe(&ctx, sizeof ctx);
	return err;
}

/* What the record of a peer that is a client says, when as/changes.c made it be forgotten. */
static enum ace_err know_client(struct as_server *as, struct as_peer *peer)
{
	struct store_client record;
	enum ace_err err;

	if (peer->client)
		return ACE_OK;
	err = store_client_get(as->batch->read, peer->id, &record);
	if (err)
		return err;
	peer->client = as_client_new(&record);
	return peer->client ? ACE_OK : ACE_ERR_MEMORY;
}

/* The version that the record of a peer has now for its line, when it still opens it. */
static enum ace_err key_version_now(struct as_server *as, struct as_peer *peer, uint32_t *ret_version)
{
	struct owner owner = { .kind = peer->kind, .method = peer->method };
	const struct as_client *client;
	enum ace_err err;

	if (peer->kind == AS_PEER_CLIENT) {
		err = know_client(as, peer);
		if (err)
			return err;
		client = peer->client;
		err = client->method != peer->method ? ACE_ERR_NO_CONTEXT :
			choose(as, &(struct lines){ client->line, client->key_version, client->ticket_expires, client->old },
			       peer->line, &owner);
	} else {
		memcpy(owner.id, peer->id, sizeof owner.id);
		err = device_owner(as, peer->line, &owner, false);
	}
	peer->has_ticket = owner.has_ticket;
	*ret_version = owner.key_version;
	return err;
}

enum ace_err as_peer_get(struct as_server *as, uint64_t line, enum store_auth method, struct as_peer **ret_peer)
{
	struct as_peer *peer = as_peer_find(&as->peers, line);
	uint32_t key_version = 0;
	enum ace_err err;

	if (peer) {
		err = key_version_now(as, peer, &key_version);
		if (!err && key_version == peer->key_version) {
			/* It stays, whoever sends us its line's number by another way. */
			if (peer->method != method)
				return ACE_ERR_NO_CONTEXT;
			*ret_peer = peer;
			return ACE_OK;
		}
		if (err && err != ACE_ERR_NOT_FOUND && err != ACE_ERR_NO_CONTEXT)
			return err;
		as_peer_remove(&as->peers, peer);
	}
	return load_peer(as, line, method, ret_peer);
}
