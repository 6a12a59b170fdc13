/* SPDX-License-Identifier: Apache-2.0 */
/* What the UDP server sends later than the batch that asked for it: separate responses (RFC 7252 5.2.2)
 * and notifications (RFC 7641), both with their own Message ID.
 *
 * How it works. A message that waits for an acknowledgement, or for its turn, lies in one of a fixed
 * number of places of ACE_UDP_ANSWER_MAX bytes; each peer has at most one under way (NSTART is 1), the
 * others queue behind it. So an acknowledgement is looked up in its peer, without a search. Timers are a
 * wheel of ticks. Peers with something here are pinned: neither age nor a flood takes them. Nothing of
 * this but ace_udp_hold() is open to an address that nobody has confirmed, since a forged request would be
 * answered five times. All of it runs inside ace_udp_read(), which must be called no later than ace_udp_due_ms().
 *
 * Observations. The layer knows the outer message only: endpoint, token, and that there is an Observe
 * number. What changed, for whom, and the protection of each notification are the caller's:
 *
 *	a verified request with Observe 0:  ace_udp_observe(server, request, cookie, &handle), then answer it
 *	                                    with ace_udp_observe_number() in the Observe option
 *	a verified request with Observe 1:  ace_udp_observe_find(), compare the cookie, ace_udp_observe_end()
 *	the resource changed:               ace_udp_notify(server, handle, &notification)
 *	after each ace_udp_read():          while (ace_udp_observe_event(server, &event)) ...
 *
 * A notification that waits for its turn is replaced by a newer one of the same observation, so a slow
 * observer skips states but always sees the last one. */
#ifndef ACE_UDP_LATER_H
#define ACE_UDP_LATER_H

#include "ace_udp_server.h"

#define ACE_UDP_ACK_TIMEOUT_MS 2000  /* RFC 7252 4.8; times 1 to 1.5, doubled for each attempt */
#define ACE_UDP_RETRANSMIT_MAX 4     /* RFC 7252 4.8 */
#define ACE_UDP_NON_INTERVAL_MS 3000 /* RFC 7641 4.5.1: between non-confirmable notifications to a peer */
#define ACE_UDP_DEFERRED_A_PEER 16
#define ACE_UDP_HELD_MAX 64         /* requests of anybody's that wait for their answer without an acknowledgement */
#define ACE_UDP_HOLD_MAX_MS 93000   /* RFC 7252 4.8.2, MAX_TRANSMIT_WAIT: so long does a client wait for any answer */
#define ACE_UDP_OBSERVATIONS_A_PEER 64
#define ACE_UDP_OBSERVE_REFRESH_MS UINT64_C(86400000) /* RFC 7641 4.5 */
/* Non-confirmable notifications in a row; the next one is confirmable whatever the caller says. */
#define ACE_UDP_UNACKNOWLEDGED_MAX 8

/* When ace_udp_read() must be called again, on its clock, for the timers' sake; UINT64_MAX: no timer. */
uint64_t ace_udp_due_ms(const struct ace_udp_server *server);

/* Leave a request of the batch unanswered for now; its bytes end with the batch, so copy what the answer needs. A
 * confirmable one is acknowledged after ack_ms (0: at the next ace_udp_read()), unless it is answered before; its
 * copies are acknowledged likewise, and never handed out.
 * The handle is good until it is answered or dropped, at most EXCHANGE_LIFETIME after the request was read.
 * @return ACE_OK; ACE_ERR_DENIED the address is not confirmed; ACE_ERR_FULL too many wait, of this peer or in all;
 * ACE_ERR_RANGE ack_ms above ACE_UDP_ACK_TIMEOUT_MS, after which the client sends copies;
 * ACE_ERR_USAGE answered, dropped or deferred before. *ret_handle (never 0) is written on ACE_OK only.
 * Source: RFC 7252 5.2.2. */
ACE_MUST_CHECK enum ace_err ace_udp_defer(struct ace_udp_server *server, const struct ace_udp_request *request,
					  uint32_t ack_ms, uint64_t *ret_handle);
/* Answer it: in the acknowledgement if that was not sent yet, else in a message of its own.
 * @param message      a whole CoAP response with the request's token; borrowed for the call.
 * @param confirmable  for a message of its own: is it repeated until it is acknowledged? RFC 7252 5.2.3 wants
 * it for a confirmable request.
 * @return ACE_OK: the handle has ended; ACE_ERR_NOT_FOUND it ended before; ACE_ERR_SPACE above ACE_UDP_ANSWER_MAX;
 * ACE_ERR_USAGE no response code, another token; ACE_ERR_BUSY too much is queued: ace_udp_flush() and call again.
 * Source: RFC 7252 5.2.2. */
ACE_MUST_CHECK enum ace_err ace_udp_answer_later(struct ace_udp_server *server, uint64_t handle,
						 struct ace_slice message, bool confirmable);
/* As ace_udp_defer(), of any address: there is one answer, of at most request->answer_max bytes, and nothing before it, so that a
 * forged address gets no more than at once. A confirmable request is sent again by its client meanwhile; copies get silence, and
 * the answer once it is there. For what is answered within seconds, not for what may take minutes.
 * After hold_ms it is dropped. @return as ace_udp_defer(), but for ACE_ERR_DENIED; ACE_ERR_FULL also when
 * ACE_UDP_HELD_MAX are held; ACE_ERR_RANGE hold_ms above ACE_UDP_HOLD_MAX_MS.  Source: RFC 7252 4.2, 5.2.1, RFC 9175 2.4. */
ACE_MUST_CHECK enum ace_err ace_udp_hold(struct ace_udp_server *server, const struct ace_udp_request *request,
					 uint32_t hold_ms, uint64_t *ret_handle);
/* Who shares a limit: stands for the source address of a request, whatever its port; for IPv6 for its /64. Never 0; another
 * value for each server. */
uint64_t ace_udp_source(const struct ace_udp_server *server, const struct ace_udp_request *request);
/* No answer; a confirmable request that was not acknowledged gets silence. A handle that has ended is fine. */
void ace_udp_drop_later(struct ace_udp_server *server, uint64_t handle);

/* Add the sender and token of a request of the batch to the observers. An observation with that endpoint and token
 * ends with an event of its own.
 * @param cookie  the caller's, given back with events.
 * @return ACE_OK; ACE_ERR_DENIED the address is not confirmed; ACE_ERR_FULL too many, of this peer or in all:
 * answer without Observe option; the one before has ended all the same. *ret_handle (never 0, nor with its highest bit,
 * which is the caller's) is written on ACE_OK only.  Source: RFC 7641 4.1. */
ACE_MUST_CHECK enum ace_err ace_udp_observe(struct ace_udp_server *server, const struct ace_udp_request *request,
					    uint64_t cookie, uint64_t *ret_handle);
/* The observation of that sender and token, for a request that ends it. ACE_ERR_NOT_FOUND. */
ACE_MUST_CHECK enum ace_err ace_udp_observe_find(const struct ace_udp_server *server,
						 const struct ace_udp_request *request, uint64_t *ret_handle,
						 uint64_t *ret_cookie);
/* Forget it, with what is still to be sent of it; no event follows. A handle that has ended is fine. */
void ace_udp_observe_end(struct ace_udp_server *server, uint64_t handle);
/* The number for the Observe option of the next notification: newer than all before, also those of an earlier
 * observation with the same token. Take it once for each. 0 when the handle has ended.  Source: RFC 7641 4.4. */
uint32_t ace_udp_observe_number(struct ace_udp_server *server, uint64_t handle);
/* The token that notifications carry; empty when the handle has ended. Borrows until the observation ends. */
struct ace_slice ace_udp_observe_token(const struct ace_udp_server *server, uint64_t handle);

struct ace_udp_notification {
	struct ace_slice message; /* a whole CoAP response with the token; its type and Message ID are set later */
	bool confirmable;         /* false is a wish: see ACE_UDP_UNACKNOWLEDGED_MAX and ACE_UDP_OBSERVE_REFRESH_MS */
	bool last;                /* the observation ends with it (an error, say); repeated until acknowledged */
};
/* Send it as soon as the peer has nothing else under way.
 * @return ACE_OK; ACE_ERR_NOT_FOUND the handle has ended; ACE_ERR_SPACE above ACE_UDP_ANSWER_MAX; ACE_ERR_USAGE no
 * response code, another token; ACE_ERR_FULL no place: an event ACE_UDP_OBSERVE_DUE tells when to try again.
 * Source: RFC 7641 4.2, 4.5. */
ACE_MUST_CHECK enum ace_err ace_udp_notify(struct ace_udp_server *server, uint64_t handle,
					   const struct ace_udp_notification *notification);

enum ace_udp_observe_event_kind {
	ACE_UDP_OBSERVE_DUE = 1,  /* notify again: a day without acknowledgement, or there is room now */
	ACE_UDP_OBSERVE_REPLACED, /* the same endpoint and token registered again */
	ACE_UDP_OBSERVE_RESET,    /* the observer rejected a notification */
	ACE_UDP_OBSERVE_TIMEOUT,  /* the last attempt of its notification, or of what that waited for, was in vain */
};
struct ace_udp_observe_event {
	uint64_t handle; /* has ended, unless DUE */
	uint64_t cookie;
	uint8_t kind; /* enum ace_udp_observe_event_kind */
};
/* Take the next event; false when there is none. An ended observation holds its place until its event is taken. */
bool ace_udp_observe_event(struct ace_udp_server *server, struct ace_udp_observe_event *ret_event);

#endif
