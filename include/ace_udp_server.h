/* SPDX-License-Identifier: Apache-2.0 */
/* The message layer of a CoAP server over UDP (RFC 7252 4), for hosts. Nothing is called back: the
 * caller waits on the descriptor, takes a batch of new requests, does its work (and commits it),
 * answers, and flushes. So an answer never leaves before its record is on disk.
 *
 *	for (;;) {
 *		wait until ace_udp_fd() is readable, or ace_udp_due_ms()
 *		len = ace_udp_read(server, now_ms, &batch);
 *		handle batch[0] to batch[len - 1]; commit
 *		ace_udp_answer(server, &batch[i], message), once for each, or ace_udp_drop()
 *		ace_udp_flush(server)
 *	}
 *
 * The server answers by itself: pings, malformed messages, unexpected responses, and copies of a
 * request that was answered. All memory is taken when it opens: no datagram makes it grow. One
 * server belongs to one thread.
 *
 * ace_udp_later.h has what is sent later than its batch: separate responses, notifications. Block-wise transfer
 * stands above this layer, since it lives inside OSCORE: ace_block.h. */
#ifndef ACE_UDP_SERVER_H
#define ACE_UDP_SERVER_H

#include "ace_coap.h"

#define ACE_UDP_BATCH_MAX 512     /* requests in one batch */
#define ACE_UDP_DATAGRAM_MAX 2048 /* bytes; a longer confirmable request is answered 4.13 */
/* Bytes of an answer: with the headers of IPv6 and UDP it fills the smallest packet that every path
 * carries unfragmented.  Source: RFC 8200 5, RFC 7252 4.6. */
#define ACE_UDP_ANSWER_MAX 1232
/* Bytes to an address that nobody has confirmed, the token not counted.  Source: RFC 9175 2.4. */
#define ACE_UDP_UNCONFIRMED_MAX 136
#define ACE_UDP_ANSWERS_A_PEER 4
/* What a source may do wrong before it gets silence, and how many sources are told apart. */
#define ACE_UDP_FAULTS_PER_S 20
#define ACE_UDP_FAULTS_BURST 400
#define ACE_UDP_SOURCES_MAX 65536
/* Requests of a batch that may come from unconfirmed addresses while more arrives than is handled. */
#define ACE_UDP_STRANGERS_MAX (ACE_UDP_BATCH_MAX / 2)
#define ACE_UDP_EXCHANGE_LIFETIME_MS UINT64_C(247000) /* RFC 7252 4.8.2 */
/* Bytes that the system is asked to let wait in the socket, while a commit runs say: some 5,000 requests. */
#define ACE_UDP_RECEIVE_BYTES (4 << 20)
#define ACE_UDP_TEXT_MAX 64 /* an address as text with its NUL: "[fe80::1%4294967295]:65535" */

struct ace_udp_server;

struct ace_udp_config {
	const char *listen;        /* "HOST:PORT"; IPv6 in brackets; port 0 takes a free one */
	uint32_t peers_max;        /* 0: 65,536; at least 4,096 */
	uint32_t exchanges_max;    /* 0: 131,072; at least 1,024 */
	uint32_t answer_bytes_max; /* 0: 16 MiB of stored answers; at least 2 MiB */
	/* For ace_udp_later.h. */
	uint32_t observers_max; /* 0: a quarter of the peers; at most half */
	uint32_t messages_max;  /* of 1,232 bytes each. 0: an eighth of the peers, but at most a quarter of the exchanges */
};

/* Open and bind the socket and take all memory. A name is resolved; "[::]" takes IPv6 only.
 * @return ACE_OK; ACE_ERR_MALFORMED listen is not HOST:PORT; ACE_ERR_RANGE a limit; ACE_ERR_NOT_FOUND
 * the host does not resolve; ACE_ERR_IO socket or bind failed, errno tells why; ACE_ERR_MEMORY;
 * ACE_ERR_RANDOM. *ret_server is written on ACE_OK only; ace_udp_close() releases it. */
ACE_MUST_CHECK enum ace_err ace_udp_open(const struct ace_udp_config *config, struct ace_udp_server **ret_server);
/* NULL is fine. */
void ace_udp_close(struct ace_udp_server *server);

/* Readable when there is something for ace_udp_read(), writable when ace_udp_flush() can go on. */
int ace_udp_fd(const struct ace_udp_server *server);
/* The bound address as "HOST:PORT", with the real port; borrows from the server. */
const char *ace_udp_address(const struct ace_udp_server *server);

/* A new request: no copy, well-formed, to a unicast address. Borrows from the server until the next
 * ace_udp_read(); answering or dropping it does not end that. */
struct ace_udp_request {
	struct ace_slice datagram;   /* as received */
	struct ace_coap_message msg; /* CON or NON, a request code; its slices borrow from the datagram */
	size_t answer_max;           /* bytes of the whole answer; ace_udp_confirm() raises it */
	bool confirmed;              /* somebody receives what is sent to this address */
	uint64_t received_ms;        /* on the caller's clock */
};

/* Read until the socket is empty or the batch is full. Requests of the last batch that were neither
 * answered nor dropped count as dropped. Time is the caller's, so that tests can set it.
 * @param now_ms     monotonic milliseconds; must not go back.
 * @param ret_batch  borrows from the server until the next call.
 * @return how many new requests; 0 is no error. Call it now and then when idle too: it expires peers. */
size_t ace_udp_read(struct ace_udp_server *server, uint64_t now_ms, const struct ace_udp_request **ret_batch);
/* Add what has come since then to the batch, behind the requests that are in it; before the first of them is answered.
 * @return how many the batch has now; as before: the socket is empty, or the batch is full. */
size_t ace_udp_read_more(struct ace_udp_server *server);

/* Queue the answer to a request of the current batch, and keep it for copies of a confirmable one.
 * Its type and Message ID are set here: an acknowledgement, or non-confirmable for such a request.
 * @param message  a whole CoAP response with the request's token; borrowed for the call.
 * @return ACE_OK; ACE_ERR_SPACE longer than the address may get (at most request->answer_max): shrink it
 * and call again; ACE_ERR_USAGE answered or dropped before, no response code, another token.
 * Source: RFC 7252 5.2.1, 5.2.3. */
ACE_MUST_CHECK enum ace_err ace_udp_answer(struct ace_udp_server *server, const struct ace_udp_request *request,
					   struct ace_slice message);
/* No answer at all, to copies neither. */
void ace_udp_drop(struct ace_udp_server *server, const struct ace_udp_request *request);
/* The request proved that its sender receives at this address: OSCORE verified and it is no replay, or its
 * Echo value was fresh. Holds until EXCHANGE_LIFETIME passes without another proof. */
void ace_udp_confirm(struct ace_udp_server *server, const struct ace_udp_request *request);
/* Its answer asks for another request, as a challenge with Echo does, and not everybody could make this one: the next request from its
 * address is not turned away while more arrives than is handled. One that is known would not be anyway. */
void ace_udp_expect(struct ace_udp_server *server, const struct ace_udp_request *request);
/* The request failed: it did not verify, or asked for what only verified senders get. Counts for its source address, of
 * whatever port; /64 for IPv6. A request that verifies never counts, so that many clients behind one proxy, or one whose
 * address somebody else makes use of, do not run out.
 * @return true: answer it. false: the source has had more than its share of answers, so drop it: an answer would serve
 * nobody but who wants the source to get it. */
ACE_MUST_CHECK bool ace_udp_blame(struct ace_udp_server *server, const struct ace_udp_request *request);
/* What the system granted of ACE_UDP_RECEIVE_BYTES: without CAP_NET_ADMIN no more than net.core.rmem_max. */
size_t ace_udp_receive_bytes(const struct ace_udp_server *server);
/* Datagrams that the system threw away since opening, because the socket was full of others. */
uint64_t ace_udp_lost(const struct ace_udp_server *server);
/* Send what is queued.
 * @return ACE_OK; ACE_ERR_BUSY the socket takes no more now: call again when it is writable (what the
 * next ace_udp_read() still finds is left to the client's retransmission); ACE_ERR_IO the socket is
 * broken, errno tells why. A single answer that cannot be sent is skipped. */
ACE_MUST_CHECK enum ace_err ace_udp_flush(struct ace_udp_server *server);

/* The sender's address for logs, NUL-terminated. */
void ace_udp_peer_text(const struct ace_udp_server *server, const struct ace_udp_request *request,
		       char ret_text[ACE_UDP_TEXT_MAX]);

/* Counters since opening, then what is held now. */
struct ace_udp_stats {
	uint64_t datagrams;        /* read */
	uint64_t requests;         /* handed out */
	uint64_t copies;           /* of requests that were seen: dropped or answered again */
	uint64_t resent;           /* stored answers sent again */
	uint64_t resets;           /* RST sent: pings, malformed, unexpected */
	uint64_t ignored;          /* thrown away in silence */
	uint64_t unanswered;       /* faults of sources that had too many: no RST, or ace_udp_blame() said no */
	uint64_t turned_away;      /* thrown away unread under load: of unconfirmed addresses, beyond their share */
	uint64_t lost;             /* as ace_udp_lost() */
	uint64_t sources_evicted;  /* left before their faults were forgiven, because their set was full */
	uint64_t too_long;         /* answered 4.13 */
	uint64_t over_limit;       /* answers refused with ACE_ERR_SPACE, or not sent again to a shorter copy */
	uint64_t unsent;           /* answers that the socket did not take */
	uint64_t peers_evicted;    /* left early, because the table was full */
	uint64_t answers_evicted;  /* likewise, or their peer had four newer ones */
	uint64_t retransmissions;  /* of confirmable messages */
	uint64_t given_up;         /* confirmable messages that were never acknowledged */
	uint64_t observations_ended;
	uint32_t peers, exchanges; /* held now */
	uint32_t messages;         /* held now: deferred requests, and messages that wait or are under way */
	uint32_t observers;        /* held now */
	uint32_t sources;          /* that were at fault, held now: of ACE_UDP_SOURCES_MAX */
	uint32_t peers_max, exchanges_max, messages_max, observers_max; /* the limits that hold */
	size_t answer_bytes;       /* held now, gaps included */
};
void ace_udp_stats(const struct ace_udp_server *server, struct ace_udp_stats *ret_stats);

#endif
