/* SPDX-License-Identifier: Apache-2.0 */
/* Pins: what the first use of a host and port has found there. */
#include <string.h>

#include "client/state.h"

enum { KEY_ORIGIN = 1, KEY_AS = 2, KEY_AUDIENCE = 3 };

static enum ace_err pin_name(struct ace_slice origin, struct client_name *ret_name, struct cli_error *ret_error)
{
	enum ace_err err = client_name_make(CLIENT_KIND_PIN, &origin, 1, ret_name);

	return err ? cli_error_set(ret_error, err, "cannot name the pin's file") : ACE_OK;
}

void client_pin_free(struct client_pin *pin)
{
	cli_bytes_free(&pin->content);
	memset(pin, 0, sizeof *pin);
}

enum ace_err client_pin_load(const struct client_state *state, const struct client_name *name,
			     struct client_pin *ret_pin, struct cli_error *ret_error)
{
	struct client_pin pin = { 0 };
	struct ace_cbor_reader r;
	struct ace_cbor_seq map;
	int64_t key;
	enum ace_err err = client_record_read(state, name, &pin.content, ret_error);

	if (err)
		return err;
	ace_cbor_read_init(&r, (struct ace_slice){ pin.content.ptr, pin.content.len });
	ace_cbor_map_enter(&r, &map);
	while (ace_cbor_map_next(&r, &map, &key)) {
		if (key == KEY_ORIGIN)
			pin.origin = ace_cbor_read_tstr(&r);
		else if (key == KEY_AS)
			pin.as_uri = ace_cbor_read_tstr(&r);
		else if (key == KEY_AUDIENCE)
			pin.audience = ace_cbor_read_tstr(&r);
		else
			ace_cbor_read_raw(&r);
	}
	if (ace_cbor_read_finish(&r) || !pin.origin.len || !pin.as_uri.len || !pin.audience.len) {
		client_pin_free(&pin);
		return client_record_damaged(state, name, "it is no pin", ret_error);
	}
	*ret_pin = pin;
	return ACE_OK;
}

enum ace_err client_pin_read(const struct client_state *state, struct ace_slice origin, struct client_pin *ret_pin,
			     struct cli_error *ret_error)
{
	struct client_name name;
	enum ace_err err = pin_name(origin, &name, ret_error);

	return err ? err : client_pin_load(state, &name, ret_pin, ret_error);
}

enum ace_err client_pin_write(const struct client_state *state, const struct client_pin *pin,
			      struct cli_error *ret_error)
{
	uint8_t bytes[4096];
	struct client_name name;
	struct ace_cbor_writer w;
	struct ace_slice written;
	enum ace_err err = pin_name(pin->origin, &name, ret_error);

	if (err)
		return err;
	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 3);
	ace_cbor_write_int(&w, KEY_ORIGIN);
	ace_cbor_write_tstr(&w, pin->origin);
	ace_cbor_write_int(&w, KEY_AS);
	ace_cbor_write_tstr(&w, pin->as_uri);
	ace_cbor_write_int(&w, KEY_AUDIENCE);
	ace_cbor_write_tstr(&w, pin->audience);
	err = ace_cbor_written(&w, &written);
	if (err)
		return cli_error_set(ret_error, err, "the names of AS and audience are too long");
	return client_record_write(state, &name, written, ret_error);
}

enum ace_err client_pin_remove(const struct client_state *state, struct ace_slice origin, struct cli_error *ret_error)
{
	struct client_name name;
	enum ace_err err = pin_name(origin, &name, ret_error);

	return err ? err : client_record_remove(state, &name, ret_error);
}
