/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in and out of one socket, many with a system call. */
#ifndef COAP_UDP_SOCKET_H
#define COAP_UDP_SOCKET_H

#include <netinet/in.h>
#include <sys/socket.h>

#include "coap/udp_table.h"

#define ACE_UDP_CALL_MAX 64 /* datagrams of one system call */

/* Bind a non-blocking socket that tells the destination of each datagram. Errors as ace_udp_open(). */
ACE_MUST_CHECK enum ace_err ace_udp_socket_open(const char *listen, int *ret_fd, char ret_text[ACE_UDP_TEXT_MAX]);
/* As ace_udp_receive_bytes(); 0 when the system does not tell. */
size_t ace_udp_socket_receive_bytes(int fd);
/* Datagrams that the system threw away because the socket was full; 0 when it does not tell. */
uint64_t ace_udp_socket_lost(int fd);
/* The remote end as text. */
void ace_udp_endpoint_text(const struct ace_udp_endpoint *endpoint, char ret_text[ACE_UDP_TEXT_MAX]);

struct ace_udp_datagram {
	struct ace_udp_endpoint endpoint;
	struct ace_slice bytes;
	bool truncated; /* it was longer than ACE_UDP_DATAGRAM_MAX */
	bool unicast;   /* sent to an address of this host, from one that can be answered */
};

union ace_udp_control {
	struct cmsghdr align;
	uint8_t bytes[CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

/* Buffers of received datagrams. Those of requests are kept until the batch ends, the others are filled
 * again at once: so there are as many as a batch and one call need. */
struct ace_udp_input {
	uint8_t *buffers;     /* owned */
	uint32_t next_buffer; /* the first that this batch has not used */
	struct mmsghdr headers[ACE_UDP_CALL_MAX];
	struct iovec vectors[ACE_UDP_CALL_MAX];
	struct sockaddr_in6 sources[ACE_UDP_CALL_MAX];
	union ace_udp_control controls[ACE_UDP_CALL_MAX];
};
ACE_MUST_CHECK enum ace_err ace_udp_input_init(struct ace_udp_input *input);
void ace_udp_input_fini(struct ace_udp_input *input);
/* Give back all buffers. */
void ace_udp_input_restart(struct ace_udp_input *input);
/* How many datagrams came, at most max; 0 when there are none. */
size_t ace_udp_input_read(struct ace_udp_input *input, int fd, size_t max);
void ace_udp_input_get(const struct ace_udp_input *input, size_t nth, struct ace_udp_datagram *ret_datagram);
/* Keep the bytes of that datagram until the next restart. */
void ace_udp_input_keep(struct ace_udp_input *input, size_t nth);

struct ace_udp_sending {
	struct ace_udp_endpoint to;
	struct ace_slice bytes; /* borrows from the ring of answers, or is the buffer of this place */
};

/* A batch of answers always has its places; what is sent later takes as many others. */
#define ACE_UDP_QUEUE_MAX (2 * ACE_UDP_BATCH_MAX)

/* What waits to be sent. */
struct ace_udp_output {
	struct ace_udp_sending *queue; /* owned: ACE_UDP_QUEUE_MAX places */
	uint8_t *buffers;              /* owned: ACE_UDP_ANSWER_MAX bytes for each place */
	size_t sent, len;              /* places before sent are done */
	uint64_t unsent;               /* what the socket did not take */
};
ACE_MUST_CHECK enum ace_err ace_udp_output_init(struct ace_udp_output *output);
void ace_udp_output_fini(struct ace_udp_output *output);
/* Forget what is still queued. */
void ace_udp_output_restart(struct ace_udp_output *output);
/* Queue bytes that stay where they are until they are sent. The queue must not be full. */
void ace_udp_output_add(struct ace_udp_output *output, const struct ace_udp_endpoint *to, struct ace_slice bytes);
/* Queue a copy, of at most ACE_UDP_ANSWER_MAX bytes. @return the copy. */
uint8_t *ace_udp_output_copy(struct ace_udp_output *output, const struct ace_udp_endpoint *to, struct ace_slice bytes);
/* As ace_udp_flush(). */
ACE_MUST_CHECK enum ace_err ace_udp_output_send(struct ace_udp_output *output, int fd);

#endif
