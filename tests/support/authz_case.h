/* SPDX-License-Identifier: Apache-2.0 */
/* One post to the device of the vectors, whose memory is compared before and after. Include after cmocka.h. */
#ifndef TESTS_AUTHZ_CASE_H
#define TESTS_AUTHZ_CASE_H

#include <stdlib.h>
#include <string.h>

#include "ace_rs_as.h"
#include "port_fake.h"
#include "rs_fixture.h"
#include "vectors.h"

struct authz_case {
	const char *name, *expect; /* expect as "4.01" */
	const char *mode;          /* of negative_authz_info.modes */
	bool is_update;            /* inside OSCORE, after the first post of the vectors */
	struct ace_slice payload;
};

static inline const json_t *authz_case_message(const json_t *file, const char *name)
{
	return vectors_named(json_object_get(file, "messages"), name);
}

/* The first post of the vectors and the first request under its context. */
static inline void authz_case_exchange(struct fixture *f, const json_t *file, struct ace_rs_exchange *ret_ex)
{
	static const uint8_t random[] = { 0x25, 0xa8, 0x99, 0x1c, 0xd7, 0x00, 0xac, 0x01, 0, 0 };
	uint8_t opened[256];
	struct ace_buf out = ACE_BUF_OF(opened);

	port_fake_next_random(random, sizeof random);
	assert_int_equal(fixture_post(f, NULL, vectors_hex(authz_case_message(file, "authz-info-request"), "payload")),
			 ACE_OK);
	assert_int_equal(ace_rs_unprotect(&f->rs, vectors_hex(authz_case_message(file, "oscore-first-request"),
							      "oscore_coap"), &out, ret_ex), ACE_OK);
}

/* "4.01" as a CoAP code. */
static inline uint8_t authz_case_code(const char *text)
{
	return (uint8_t)((text[0] - '0') << 5 | strtol(text + 2, NULL, 10));
}

static inline void authz_case_run(struct fixture *f, const json_t *file, const struct authz_case *c)
{
	struct ace_rs_revoked revoked[2];
	struct ace_rs_exchange ex;
	struct ace_rs_trl trl;
	uint8_t arena[sizeof f->arena];
	uint32_t serial;
	bool is_taken = !strcmp(c->expect, "2.01");
	enum ace_err err;

	fixture_start(f);
	f->config.strict_layout = !strncmp(c->mode, "trl", 3);
	f->config.cnonce = strcmp(c->mode, "cnonce") ? ACE_CNONCE_OFF : ACE_CNONCE_STATELESS;
	f->config.revoked = revoked;
	f->config.revoked_len = f->config.strict_layout ? ACE_ARRAY_LEN(revoked) : 0;
	fixture_restart(f);
	if (f->config.strict_layout) /* the whole list, which names T1 or nothing */
		assert_int_equal(ace_rs_trl_read(&f->rs, vectors_hex(authz_case_message(
			file, strcmp(c->mode, "trl") ? "trl-notification" : "trl-full-response-empty"), "payload"), &trl), ACE_OK);
	if (!strcmp(c->mode, "exi-highest-expired-41"))
		ace_rs_exi_restore(&f->rs, 0, 41);
	if (c->is_update)
		authz_case_exchange(f, file, &ex);
	serial = f->rs.serial;
	memcpy(arena, f->arena, sizeof arena);
	err = fixture_post(f, c->is_update ? &ex : NULL, c->payload);
	if (f->code != authz_case_code(c->expect))
		fail_msg("%s: code %u.%02u, expected %s (%s)", c->name, f->code >> 5, f->code & 0x1fu, c->expect,
			 ace_rs_strerror(err));
	assert_int_equal(!err, is_taken);
	if (!is_taken) /* nothing is stored */
		assert_memory_equal(arena, f->arena, sizeof arena);
	assert_int_equal(f->rs.serial, serial + (is_taken && !c->is_update));
	assert_int_equal(f->answer_len, is_taken && !c->is_update ? ACE_RS_ANSWER_MAX : 0);
}

#endif
