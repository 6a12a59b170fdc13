/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams out: sendmmsg, each from the address that its request was sent to. */
#include "coap/udp_socket.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum ace_err ace_udp_output_init(struct ace_udp_output *output)
{
	output->queue = calloc(ACE_UDP_QUEUE_MAX, sizeof *output->queue);
	output->buffers = malloc((size_t)ACE_UDP_QUEUE_MAX * ACE_UDP_ANSWER_MAX);
	return output->queue && output->buffers ? ACE_OK : ACE_ERR_MEMORY;
}

void ace_udp_output_fini(struct ace_udp_output *output)
{
	free(output->queue);
	free(output->buffers);
	*output = (struct ace_udp_output) { 0 };
}

void ace_udp_output_restart(struct ace_udp_output *output)
{
	output->unsent += output->len - output->sent;
	output->sent = 0;
	output->len = 0;
}

void ace_udp_output_add(struct ace_udp_output *output, const struct ace_udp_endpoint *to, struct ace_slice bytes)
{
	assert(output->len < ACE_UDP_QUEUE_MAX);
	output->queue[output->len++] = (struct ace_udp_sending) { .to = *to, .bytes = bytes };
}

uint8_t *ace_udp_output_copy(struct ace_udp_output *output, const struct ace_udp_endpoint *to, struct ace_slice bytes)
{
	uint8_t *copy = output->buffers + output->len * ACE_UDP_ANSWER_MAX;

	assert(bytes.len <= ACE_UDP_ANSWER_MAX);
	memcpy(copy, bytes.ptr, bytes.len);
	ace_udp_output_add(output, to, (struct ace_slice) { copy, bytes.len });
	return copy;
}

struct call {
	struct mmsghdr headers[ACE_UDP_CALL_MAX];
	struct iovec vectors[ACE_UDP_CALL_MAX];
	struct sockaddr_in6 targets[ACE_UDP_CALL_MAX];
	union ace_udp_control controls[ACE_UDP_CALL_MAX];
};

static void control_fill(struct msghdr *header, int level, int type, struct ace_slice info)
{
	struct cmsghdr *control;

	header->msg_controllen = CMSG_SPACE(info.len);
	control = CMSG_FIRSTHDR(header);
	control->cmsg_level = level;
	control->cmsg_type = type;
	control->cmsg_len = CMSG_LEN(info.len);
	memcpy(CMSG_DATA(control), info.ptr, info.len);
}

static void target_ipv4(struct msghdr *header, const struct ace_udp_endpoint *to)
{
	struct sockaddr_in target = { .sin_family = AF_INET, .sin_port = htons(to->port) };
	struct in_pktinfo info = { 0 };
	uint8_t bytes[sizeof info];

	memcpy(&target.sin_addr, to->remote, sizeof target.sin_addr);
	memcpy(&info.ipi_spec_dst, to->local, sizeof info.ipi_spec_dst);
	memcpy(bytes, &info, sizeof info);
	memcpy(header->msg_name, &target, sizeof target);
	header->msg_namelen = sizeof target;
	control_fill(header, IPPROTO_IP, IP_PKTINFO, ACE_SLICE_OF(bytes));
}

static void target_ipv6(struct msghdr *header, const struct ace_udp_endpoint *to)
{
	struct sockaddr_in6 target = { .sin6_family = AF_INET6,
				       .sin6_port = htons(to->port),
				       .sin6_scope_id = to->scope };
	struct in6_pktinfo info = { .ipi6_ifindex = to->scope };
	uint8_t bytes[sizeof info];

	memcpy(&target.sin6_addr, to->remote, sizeof target.sin6_addr);
	memcpy(&info.ipi6_addr, to->local, sizeof info.ipi6_addr);
	memcpy(bytes, &info, sizeof info);
	memcpy(header->msg_name, &target, sizeof target);
	header->msg_namelen = sizeof target;
	control_fill(header, IPPROTO_IPV6, IPV6_PKTINFO, ACE_SLICE_OF(bytes));
}

static void sending_fill(struct call *call, size_t nth, struct ace_udp_sending *sending)
{
	struct msghdr *header = &call->headers[nth].msg_hdr;

	memset(&call->controls[nth], 0, sizeof call->controls[nth]);
	/* sendmmsg only reads; iovec has no const of its own. */
	memcpy(&call->vectors[nth].iov_base, &sending->bytes.ptr, sizeof sending->bytes.ptr);
	call->vectors[nth].iov_len = sending->bytes.len;
	*header = (struct msghdr) {
		.msg_name = &call->targets[nth],
		.msg_iov = &call->vectors[nth],
		.msg_iovlen = 1,
		.msg_control = &call->controls[nth],
	};
	if (sending->to.family == AF_INET6)
		target_ipv6(header, &sending->to);
	else
		target_ipv4(header, &sending->to);
}

/* Is it the socket that fails, rather than the way to one address? */
static bool error_is_final(int error)
{
	return error == EBADF || error == ENOTSOCK || error == EFAULT || error == ENOMEM;
}

/* Send the next few; a datagram that has no way to its target is skipped. */
static enum ace_err send_some(struct ace_udp_output *output, int fd)
{
	struct call call;
	size_t len = output->len - output->sent;
	int sent;

	if (len > ACE_UDP_CALL_MAX)
		len = ACE_UDP_CALL_MAX;
	for (size_t i = 0; i < len; i++)
		sending_fill(&call, i, &output->queue[output->sent + i]);
	sent = sendmmsg(fd, call.headers, (unsigned int)len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (sent > 0) {
		output->sent += (size_t)sent;
		return ACE_OK;
	}
	if (errno == EINTR)
		return ACE_OK;
	if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)
		return ACE_ERR_BUSY;
	if (error_is_final(errno))
		return ACE_ERR_IO;
	output->sent++;
	output->unsent++;
	return ACE_OK;
}

enum ace_err ace_udp_output_send(struct ace_udp_output *output, int fd)
{
	while (output->sent < output->len) {
		enum ace_err err = send_some(output, fd);

		if (err)
			return err;
	}
	output->sent = 0;
	output->len = 0;
	return ACE_OK;
}
