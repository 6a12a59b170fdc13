/* SPDX-License-Identifier: Apache-2.0 */
/* A device's life: posts in plain and over a context, datagrams, requests under its contexts, and time. Its invariants
 * hold after each event. */
#include "fuzz.h"
#include "fuzz_device.h"

enum { POST, POST_PROTECTED, DATAGRAM, REQUEST, PAUSE, KINDS };

static struct fuzz_device device;
static struct ace_rs_exchange latest;
static bool has_latest;

static void post(struct ace_rs_exchange *ex, struct ace_slice body)
{
	uint8_t bytes[ACE_RS_ANSWER_MAX], code = 0;
	struct ace_buf answer = ACE_BUF_OF(bytes);

	fuzz_accepted += !ace_rs_authz_info(&device.rs, ex, body, &answer, &code);
	fuzz_require(code >> 5 >= 2);
}

static void take(struct ace_slice datagram)
{
	static const uint8_t response[] = { 0x60, ACE_COAP_CONTENT, 0, 1, 0xff, 'x' };
	uint8_t plain_bytes[2048], out_bytes[128], hint_bytes[64];
	struct ace_buf plain = ACE_BUF_OF(plain_bytes), out = ACE_BUF_OF(out_bytes), hints = ACE_BUF_OF(hint_bytes);
	struct ace_coap_message msg;
	enum ace_err err = ace_rs_unprotect(&device.rs, datagram, &plain, &latest);

	has_latest = !err;
	if (err) {
		fuzz_require(err == ACE_ERR_UNPROTECTED || ace_rs_oscore_code(err) >> 5 >= 4);
		return;
	}
	fuzz_accepted++;
	fuzz_require(ace_coap_read(ace_buf_slice(&plain), &msg) == ACE_OK);
	(void)!ace_rs_access_options(&latest, msg.code, msg.options);
	(void)!ace_rs_hints(&device.rs, &latest, NULL, &hints);
	fuzz_require(ace_rs_protect(&latest, ACE_SLICE_OF(response), &out) == ACE_OK);
}

/* Protect plain (a code, options, payload) as the client of the grant that the first byte chooses would. */
static void request(struct ace_slice plain)
{
	uint8_t bytes[512] = { 0x40, ACE_COAP_POST, 0, 1 }, sealed[400];
	struct ace_rs_grant *grant;
	uint8_t option[16] = { 0x09 };
	struct ace_coap_writer w;
	struct ace_slice datagram;

	if (plain.len < 2 || plain.len > 300)
		return;
	grant = &device.rs.grants[plain.ptr[0] % ACE_RS_GRANTS(FUZZ_CONTEXTS)];
	option[1] = (uint8_t)(grant->ctx.window.seen ? grant->ctx.window.highest + 1 : 0);
	memcpy(option + 2, grant->ctx.recipient_id.bytes, grant->ctx.recipient_id.len);
	memcpy(sealed, plain.ptr + 1, plain.len - 1);
	memset(sealed + plain.len - 1, 0, ACE_AEAD_TAG_MAX);
	ace_coap_write_init(&w, bytes, sizeof bytes);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_CON, ACE_COAP_POST, 1, { NULL, 0 } });
	ace_coap_write_option(&w, ACE_OPT_OSCORE, (struct ace_slice){ option, 2u + grant->ctx.recipient_id.len });
	ace_coap_write_payload(&w, (struct ace_slice){ sealed, plain.len - 1 + 8 });
	if (!ace_coap_written(&w, &datagram))
		take(datagram);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_slice in = { bytes, len }, what;
	uint8_t kind;

	fuzz_device_start(&device, false);
	has_latest = false;
	while (fuzz_event(&in, &kind, &what)) {
		if (kind % KINDS == POST)
			post(NULL, what);
		else if (kind % KINDS == POST_PROTECTED && has_latest)
			post(&latest, what);
		else if (kind % KINDS == DATAGRAM)
			take(what);
		else if (kind % KINDS == REQUEST)
			request(what);
		else if (kind % KINDS == PAUSE)
			port_fuzz_pass_ms(what.len * UINT64_C(1000) * (what.len ? what.ptr[0] : 0));
		ace_rs_tick(&device.rs);
		fuzz_require(ace_rs_invariants_hold(&device.rs));
	}
	ace_rs_fini(&device.rs);
	return 0;
}
