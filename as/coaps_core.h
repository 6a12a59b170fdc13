/* SPDX-License-Identifier: Apache-2.0 */
/* The server for DTLS itself, for the files that make it up: coaps.c (opening, what comes in, answers),
 * coaps_session.c (sessions and whose they are) and coaps_observe.c (observations). */
#ifndef AS_COAPS_CORE_H
#define AS_COAPS_CORE_H

#include "as/coaps.h"
#include "as/coaps_observe.h"
#include "cli/log.h"
#include "cli/pdu.h"

/* A session whose client has named an identity. */
struct as_coaps_session {
	struct as_psk_owner owner;
	struct as_copies copies;
	size_t observing; /* observations in this session */
	struct as_coaps_session *next, **link; /* the one that points here */
};

enum as_coaps_observed_state { AS_COAPS_FREE = 0, AS_COAPS_OBSERVES, AS_COAPS_ENDED };

/* An observation; AS_COAPS_ENDED until the caller has heard of it. */
struct as_coaps_observed {
	enum as_coaps_observed_state state;
	bool is_told, is_pending; /* there was a notification; there is to be one */
	uint8_t token[8], token_len;
	uint32_t generation;
	coap_session_t *coap; /* one reference, while it observes */
	uint64_t cookie;
	uint64_t told_ms; /* the latest notification, or the registration */
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
	bool has_ended;  /* one of observed is AS_COAPS_ENDED */
	uint32_t observe_number;
	size_t observed_used; /* places before which all observations are */
	size_t observing, sessions_max; /* sessions that observe, which are not idle */
	uint64_t looked_ms;
	struct as_coaps_observed *observed; /* owns AS_COAPS_OBSERVED_MAX of them */
	size_t len;
	struct as_coaps_request requests[AS_COAPS_BATCH_MAX];
};

struct as_coaps *as_coaps_of(const coap_session_t *coap);
/* The end of what we keep of a session. */
void as_coaps_session_remove(struct as_coaps_session *session);
/* Callbacks of libcoap: the key of an identity (arg is the server), and the end of a session. */
const coap_bin_const_t *as_coaps_on_identity(coap_bin_const_t *identity, coap_session_t *coap, void *arg);
int as_coaps_on_event(coap_session_t *coap, coap_event_t event);
/* Send a whole response as a message of that type and Message ID. ACE_ERR_BUSY: the session has ended. */
ACE_MUST_CHECK enum ace_err as_coaps_send(coap_session_t *coap, coap_pdu_type_t type, coap_mid_t mid, struct ace_slice message);
/* A message that was sent is rejected, or was never acknowledged: a callback of libcoap. */
void as_coaps_on_nack(coap_session_t *coap, const coap_pdu_t *sent, coap_nack_reason_t reason, coap_mid_t mid);
/* All observations of a session are over. */
void as_coaps_observed_lose(struct as_coaps *coaps, const coap_session_t *coap);
/* Let go of all sessions. */
void as_coaps_observed_fini(struct as_coaps *coaps);
/* Who sends what comes in that session; NULL: nobody who may ask. */
const struct as_psk_owner *as_coaps_owner(const coap_session_t *coap, const struct as_coaps_session *session);

#endif
