/* SPDX-License-Identifier: Apache-2.0 */
/* DTLS sessions, and whose they are. */
#include "as/coaps_core.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

struct as_coaps *as_coaps_of(const coap_session_t *session)
{
	return coap_get_app_data(coap_session_get_context(session));
}

static struct as_coaps_session *session_add(struct as_coaps *coaps, coap_session_t *coap)
{
	struct as_coaps_session *session = calloc(1, sizeof *session);

	if (!session)
		return NULL;
	session->next = coaps->sessions;
	session->link = &coaps->sessions;
	if (session->next)
		session->next->link = &session->next;
	coaps->sessions = session;
	coap_session_set_app_data(coap, session);
	return session;
}

void as_coaps_session_remove(struct as_coaps_session *session)
{
	*session->link = session->next;
	if (session->next)
		session->next->link = session->link;
	as_copies_fini(&session->copies);
	free(session);
}

static enum ace_err look_up(struct as_coaps *coaps, struct ace_slice identity, struct as_psk_owner *ret_owner)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(coaps->store, &txn);

	if (err)
		return err;
	err = as_psk_find(txn, identity, time(NULL), ret_owner, &coaps->secret);
	store_abort(txn);
	return err;
}

/* The key of an identity, as a handshake needs it. One that nobody has gets a key as well, which opens nothing. A session
 * keeps its first owner: an identity that is named later, in a second handshake, is not the one that was verified. */
const coap_bin_const_t *as_coaps_on_identity(coap_bin_const_t *identity, coap_session_t *coap, void *arg)
{
	struct as_coaps *coaps = arg;
	struct ace_slice name = { identity->s, identity->length };
	struct as_coaps_session *session = coap_session_get_app_data(coap);
	enum ace_err err = ACE_ERR_NOT_FOUND;

	if (!session) {
		session = session_add(coaps, coap);
		err = session ? look_up(coaps, name, &session->owner) : ACE_ERR_MEMORY;
	}
	if (err && err != ACE_ERR_NOT_FOUND)
		cli_log_paced(&coaps->pace, coaps->now_ms, CLI_LOG_WARN, "coaps.identity", cli_log_err(err));
	if (err && as_psk_decoy(coaps->boot_key, name, &coaps->secret))
		return NULL;
	coaps->key = (coap_bin_const_t){ .s = coaps->secret.key, .length = coaps->secret.key_len };
	return &coaps->key;
}

int as_coaps_on_event(coap_session_t *coap, const coap_event_t event)
{
	struct as_coaps_session *session = coap_session_get_app_data(coap);

	/* Without DTLS nobody hears anything any more; libcoap keeps the rest of a session while it is referred to. */
	if (event == COAP_EVENT_DTLS_CLOSED || event == COAP_EVENT_DTLS_ERROR)
		as_coaps_observed_lose(as_coaps_of(coap), coap);
	if (event != COAP_EVENT_SERVER_SESSION_DEL || !session)
		return 0;
	coap_session_set_app_data(coap, NULL);
	as_coaps_session_remove(session);
	return 0;
}

/* The identity that DTLS verified must be the one whose key was handed out. */
const struct as_psk_owner *as_coaps_owner(const coap_session_t *coap, const struct as_coaps_session *session)
{
	const coap_bin_const_t *identity = coap_session_get_psk_identity(coap);
	struct ace_slice id = { (const uint8_t *)session->owner.identity, strlen(session->owner.identity) };

	if (!id.len || !identity || !ace_slice_equal((struct ace_slice){ identity->s, identity->length }, id))
		return NULL;
	return &session->owner;
}
