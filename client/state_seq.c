/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers that must never repeat: sender sequence numbers and our Recipient IDs. */
#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "client/state.h"

#define FLOOR_EPOCH INT64_C(1704067200) /* 2024 */
#define FLOOR_BITS 10

enum { KEY_NEXT = 1 };

enum ace_err client_seq_init(const struct ace_oscore_input *input, struct client_seq *ret_seq)
{
	const struct ace_slice about[] = { input->master_secret, input->master_salt, input->id_context,
					   input->sender_id };

	memset(ret_seq, 0, sizeof *ret_seq);
	return client_name_make(CLIENT_KIND_SEQ, about, ACE_ARRAY_LEN(about), &ret_seq->name);
}

static enum ace_err number_read(const struct client_state *state, const struct client_name *name,
				uint64_t *ret_number, struct cli_error *ret_error)
{
	struct cli_bytes content = { 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	uint64_t number = 0;
	int64_t key;
	bool found = false;
	enum ace_err err = client_record_read(state, name, &content, ret_error);

	if (err)
		return err;
	ace_cbor_read_init(&r, (struct ace_slice){ content.ptr, content.len });
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key)) {
		if (key == KEY_NEXT) {
			number = ace_cbor_read_uint(&r);
			found = true;
		} else {
			ace_cbor_read_raw(&r);
		}
	}
	err = ace_cbor_read_finish(&r);
	cli_bytes_free(&content);
	if (err || !found)
		return client_record_damaged(state, name, "it holds no number", ret_error);
	*ret_number = number;
	return ACE_OK;
}

static enum ace_err number_write(const struct client_state *state, const struct client_name *name, uint64_t number,
				 struct cli_error *ret_error)
{
	uint8_t bytes[16];
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err err;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_int(&w, KEY_NEXT);
	ace_cbor_write_uint(&w, number);
	err = ace_cbor_written(&w, &written);
	return err ? err : client_record_write(state, name, written, ret_error);
}

enum ace_err client_seq_floor(uint64_t *ret_first)
{
	int64_t now;
	uint64_t first;
	enum ace_err err = ace_port_wall_clock(&now);

	if (err)
		return err;
	if (now < FLOOR_EPOCH)
		return ACE_ERR_CLOCK;
	first = (uint64_t)(now - FLOOR_EPOCH) << FLOOR_BITS;
	if (first > ACE_OSCORE_SEQ_MAX)
		return ACE_ERR_EXHAUSTED;
	*ret_first = first;
	return ACE_OK;
}

enum ace_err client_seq_create(const struct client_state *state, const struct client_seq *seq, uint64_t first,
			       struct cli_error *ret_error)
{
	uint64_t number;
	enum ace_err err = client_state_lock(state, ret_error);

	if (err)
		return err;
	err = number_read(state, &seq->name, &number, ret_error);
	if (err == ACE_ERR_NOT_FOUND)
		err = number_write(state, &seq->name, first, ret_error);
	client_state_unlock(state);
	return err;
}

static enum ace_err block_take(const struct client_state *state, struct client_seq *seq, struct cli_error *ret_error)
{
	uint64_t next, end;
	enum ace_err err = number_read(state, &seq->name, &next, ret_error);

	if (err == ACE_ERR_NOT_FOUND) {
		err = cli_error_set(ret_error, err, "%s/%s is missing: it told which sequence numbers were used",
				    state->dir, seq->name.text);
		cli_error_hint(ret_error, "enrol with a new ticket");
		if (ret_error)
			ret_error->exit = CLI_EXIT_BROKEN;
		return err;
	}
	if (err)
		return err;
	/* RFC 8613 7.2.1: "the endpoint MUST NOT process any more messages with the given Sender Context." */
	if (next > ACE_OSCORE_SEQ_MAX)
		return cli_error_set(ret_error, ACE_ERR_EXHAUSTED, "the sequence numbers of this context are used up");
	end = ACE_OSCORE_SEQ_MAX - next < CLIENT_SEQ_BLOCK ? ACE_OSCORE_SEQ_MAX + 1 : next + CLIENT_SEQ_BLOCK;
	err = number_write(state, &seq->name, end, ret_error);
	if (err)
		return err;
	seq->next = next;
	seq->end = end;
	return ACE_OK;
}

enum ace_err client_seq_take(const struct client_state *state, struct client_seq *seq, uint64_t *ret_seq,
			     struct cli_error *ret_error)
{
	enum ace_err err;

	if (seq->next == seq->end) {
		/* RFC 8613 7.2: reading and incrementing the number is one step, for all processes. */
		err = client_state_lock(state, ret_error);
		if (err)
			return err;
		err = block_take(state, seq, ret_error);
		client_state_unlock(state);
		if (err)
			return err;
	}
	*ret_seq = seq->next++;
	return ACE_OK;
}

/* One byte while there are few, then two; the value is never empty, as our ID towards an AS is. */
static struct ace_oscore_id id_of(uint64_t number)
{
	struct ace_oscore_id id = { .len = number > 0xff ? 2 : 1 };

	if (id.len == 2)
		id.bytes[0] = (uint8_t)(number >> 8);
	id.bytes[id.len - 1] = (uint8_t)number;
	return id;
}

static enum ace_err id_is_used(const struct client_state *state, struct ace_oscore_id id, bool *ret_used,
			       struct cli_error *ret_error)
{
	struct client_name *names = NULL;
	size_t len = 0;
	bool used = false;
	enum ace_err err = client_record_list(state, CLIENT_KIND_TOKEN, &names, &len, ret_error);

	for (size_t i = 0; !err && !used && i < len; i++) {
		struct client_assoc assoc;

		err = client_assoc_load(state, &names[i], &assoc, ret_error);
		if (err == ACE_ERR_NOT_FOUND) { /* removed meanwhile */
			err = ACE_OK;
			continue;
		}
		if (err)
			break;
		used = assoc.has_context && ace_slice_equal(assoc.id1, (struct ace_slice){ id.bytes, id.len });
		client_assoc_free(&assoc);
	}
	free(names);
	if (!err)
		*ret_used = used;
	return err;
}

/* RFC 9203 4.1: "the client makes sure that it does not collide with any of its Recipient IDs, nor with any other
 * identifier ID1 if the client is executing this exchange with a different RS at the same time": stored ones are passed
 * over, and those of other processes are behind the counter. */
static enum ace_err id_take_locked(const struct client_state *state, const struct client_name *name,
				   struct ace_oscore_id *ret_id, struct cli_error *ret_error)
{
	uint8_t first = 0;
	uint64_t number;
	bool used = true;
	enum ace_err err = number_read(state, name, &number, ret_error);

	if (err == ACE_ERR_NOT_FOUND) {
		err = ace_port_random(&first, 1);
		number = first & 0x7f;
	}
	for (unsigned int tries = 0; !err && used; tries++) {
		if (tries == 0x10000)
			return cli_error_set(ret_error, ACE_ERR_FULL, "no free OSCORE recipient id");
		number = (number + 1) & 0xffff;
		*ret_id = id_of(number);
		err = id_is_used(state, *ret_id, &used, ret_error);
	}
	return err ? err : number_write(state, name, number, ret_error);
}

enum ace_err client_id_take(const struct client_state *state, struct ace_oscore_id *ret_id,
			    struct cli_error *ret_error)
{
	struct client_name name;
	enum ace_err err = client_name_make(CLIENT_KIND_IDS, NULL, 0, &name);

	if (!err)
		err = client_state_lock(state, ret_error);
	if (err)
		return err;
	err = id_take_locked(state, &name, ret_id, ret_error);
	client_state_unlock(state);
	return err;
}
