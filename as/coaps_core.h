/* SPDX-License-Identifier: Apache-2.0 */
/* The server for DTLS itself, for the files that make it up: coaps.c (opening, what comes in, answers) and
 * coaps_session.c (sessions and whose they are). */
#ifndef AS_COAPS_CORE_H
#define AS_COAPS_CORE_H

#include "as/coaps.h"
#include "cli/log.h"
#include "cli/pdu.h"

/* A session whose client has named an identity. */
struct as_coaps_session {
	struct as_psk_owner owner;
	struct as_copies copies;
	struct as_coaps_session *next, **link; /* the one that points here */
};

struct as_coaps {
	coap_context_t *coap; /* owns */
	struct store *store;
	struct as_coaps_session *sessions; /* owns all of them */
	uint8_t boot_key[AS_PSK_BOOT_KEY_LEN];
	struct store_secret secret; /* what libcoap copies a key from; wiped when its round is over */
	coap_bin_const_t key;       /* borrows from secret */
	char address[128];
	uint64_t now_ms, due_ms;
	struct cli_log_pace pace; /* anybody can name an identity */
	bool is_touched; /* due_ms has to be asked for again */
	size_t len;
	struct as_coaps_request requests[AS_COAPS_BATCH_MAX];
};

struct as_coaps *as_coaps_of(const coap_session_t *coap);
/* The end of what we keep of a session. */
void as_coaps_session_remove(struct as_coaps_session *session);
/* Callbacks of libcoap: the key of an identity (arg is the server), and the end of a session. */
const coap_bin_const_t *as_coaps_on_identity(coap_bin_const_t *identity, coap_session_t *coap, void *arg);
int as_coaps_on_event(coap_session_t *coap, coap_event_t event);
/* Who sends what comes in that session; NULL: nobody who may ask. */
const struct as_psk_owner *as_coaps_owner(const coap_session_t *coap, const struct as_coaps_session *session);

#endif
