/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define BUFFER_BYTES (8 << 20)
#define WAIT_US 5000

union control {
	struct cmsghdr head;
	uint8_t space[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct bench_socket {
	int fd;
	size_t queued;
	struct sockaddr_in server;
	struct mmsghdr out[BENCH_CALL_MAX], in[BENCH_CALL_MAX];
	struct iovec out_vectors[BENCH_CALL_MAX], in_vectors[BENCH_CALL_MAX];
	union control controls[BENCH_CALL_MAX];
	uint8_t received[BENCH_CALL_MAX][BENCH_DATAGRAM_MAX];
};

static void prepare(struct bench_socket *s)
{
	for (size_t i = 0; i < BENCH_CALL_MAX; i++) {
		s->in_vectors[i] = (struct iovec){ s->received[i], BENCH_DATAGRAM_MAX };
		s->in[i].msg_hdr = (struct msghdr){ .msg_iov = &s->in_vectors[i], .msg_iovlen = 1 };
		s->controls[i].head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
							.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
		s->out[i].msg_hdr = (struct msghdr){ .msg_name = &s->server, .msg_namelen = sizeof s->server,
						     .msg_iov = &s->out_vectors[i], .msg_iovlen = 1,
						     .msg_control = &s->controls[i],
						     .msg_controllen = sizeof s->controls[i] };
	}
}

struct bench_socket *bench_socket_new(const struct sockaddr_in *server)
{
	struct bench_socket *s = calloc(1, sizeof *s);
	struct sockaddr_in any = { .sin_family = AF_INET };
	struct timeval wait = { .tv_usec = WAIT_US };
	int bytes = BUFFER_BYTES;

	if (!s)
		bench_die("no memory");
	s->server = *server;
	prepare(s);
	s->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&any, sizeof any) ||
	    setsockopt(s->fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait))
		bench_die("no socket: %s", strerror(errno));
	/* Best effort: less makes for some retransmissions, which are counted. */
	(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
	return s;
}

void bench_socket_free(struct bench_socket *s)
{
	close(s->fd);
	free(s);
}

void bench_socket_flush(struct bench_socket *s)
{
	size_t done = 0;

	while (done < s->queued) {
		int sent = sendmmsg(s->fd, s->out + done, (unsigned int)(s->queued - done), 0);

		if (sent < 0 && errno != EINTR && errno != ENOBUFS && errno != EAGAIN)
			bench_die("sending: %s", strerror(errno));
		done += sent > 0 ? (size_t)sent : 0;
	}
	s->queued = 0;
}

void bench_socket_send(struct bench_socket *s, uint32_t endpoint, struct ace_slice bytes)
{
	struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(UINT32_C(0x7f010001) + endpoint) };

	memcpy(CMSG_DATA(&s->controls[s->queued].head), &info, sizeof info);
	/* sendmmsg only reads; iovec has no const of its own. */
	memcpy(&s->out_vectors[s->queued].iov_base, &bytes.ptr, sizeof bytes.ptr);
	s->out_vectors[s->queued].iov_len = bytes.len;
	if (++s->queued == BENCH_CALL_MAX)
		bench_socket_flush(s);
}

size_t bench_socket_receive(struct bench_socket *s)
{
	int received = recvmmsg(s->fd, s->in, BENCH_CALL_MAX, MSG_WAITFORONE, NULL);

	if (received < 0 && errno != EINTR && errno != EAGAIN)
		bench_die("receiving: %s", strerror(errno));
	return received > 0 ? (size_t)received : 0;
}

struct ace_slice bench_socket_get(const struct bench_socket *s, size_t nth)
{
	return (struct ace_slice){ s->received[nth], s->in[nth].msg_len };
}
