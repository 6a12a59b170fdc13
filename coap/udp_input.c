/* SPDX-License-Identifier: Apache-2.0 */
/* Datagrams in: recvmmsg, and who sent what to which address. */
#include "coap/udp_socket.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define BUFFERS (ACE_UDP_BATCH_MAX + ACE_UDP_CALL_MAX)

enum ace_err ace_udp_input_init(struct ace_udp_input *input)
{
	input->buffers = malloc((size_t)BUFFERS * ACE_UDP_DATAGRAM_MAX);
	if (!input->buffers)
		return ACE_ERR_MEMORY;
	ace_udp_input_restart(input);
	return ACE_OK;
}

void ace_udp_input_fini(struct ace_udp_input *input)
{
	free(input->buffers);
	input->buffers = NULL;
}

static void buffer_assign(struct ace_udp_input *input, size_t nth)
{
	input->vectors[nth] = (struct iovec) {
		.iov_base = input->buffers + (size_t)input->next_buffer++ * ACE_UDP_DATAGRAM_MAX,
		.iov_len = ACE_UDP_DATAGRAM_MAX,
	};
}

void ace_udp_input_restart(struct ace_udp_input *input)
{
	input->next_buffer = 0;
	for (size_t i = 0; i < ACE_UDP_CALL_MAX; i++)
		buffer_assign(input, i);
}

void ace_udp_input_keep(struct ace_udp_input *input, size_t nth)
{
	buffer_assign(input, nth);
}

size_t ace_udp_input_read(struct ace_udp_input *input, int fd, size_t max)
{
	int received;

	if (max > ACE_UDP_CALL_MAX)
		max = ACE_UDP_CALL_MAX;
	for (size_t i = 0; i < max; i++)
		input->headers[i].msg_hdr = (struct msghdr) {
			.msg_name = &input->sources[i],
			.msg_namelen = sizeof input->sources[i],
			.msg_iov = &input->vectors[i],
			.msg_iovlen = 1,
			.msg_control = &input->controls[i],
			.msg_controllen = sizeof input->controls[i],
		};
	do
		received = recvmmsg(fd, input->headers, (unsigned int)max, MSG_DONTWAIT, NULL);
	while (received < 0 && errno == EINTR);
	return received > 0 ? (size_t)received : 0;
}

/* An IPv4 datagram to a broadcast or multicast address has another local address than its destination. */
static bool read_ipv4(const struct cmsghdr *control, const struct sockaddr_in6 *source,
		      struct ace_udp_endpoint *endpoint)
{
	struct sockaddr_in in;
	struct in_pktinfo info;

	memcpy(&in, source, sizeof in);
	memcpy(&info, CMSG_DATA(control), sizeof info);
	memcpy(endpoint->remote, &in.sin_addr, sizeof in.sin_addr);
	memcpy(endpoint->local, &info.ipi_spec_dst, sizeof info.ipi_spec_dst);
	endpoint->port = ntohs(in.sin_port);
	return info.ipi_addr.s_addr == info.ipi_spec_dst.s_addr && !IN_MULTICAST(ntohl(info.ipi_addr.s_addr)) &&
	       !IN_MULTICAST(ntohl(in.sin_addr.s_addr)) && endpoint->port;
}

static bool read_ipv6(const struct cmsghdr *control, const struct sockaddr_in6 *source,
		      struct ace_udp_endpoint *endpoint)
{
	struct in6_pktinfo info;

	memcpy(&info, CMSG_DATA(control), sizeof info);
	memcpy(endpoint->remote, &source->sin6_addr, sizeof source->sin6_addr);
	memcpy(endpoint->local, &info.ipi6_addr, sizeof info.ipi6_addr);
	endpoint->scope = source->sin6_scope_id;
	endpoint->port = ntohs(source->sin6_port);
	return !IN6_IS_ADDR_MULTICAST(&info.ipi6_addr) && !IN6_IS_ADDR_MULTICAST(&source->sin6_addr) && endpoint->port;
}

static bool read_endpoint(struct msghdr *header, const struct sockaddr_in6 *source, struct ace_udp_endpoint *endpoint)
{
	const struct cmsghdr *control = CMSG_FIRSTHDR(header);

	*endpoint = (struct ace_udp_endpoint) { .family = source->sin6_family };
	if (!control)
		return false;
	if (control->cmsg_level == IPPROTO_IP && control->cmsg_type == IP_PKTINFO)
		return read_ipv4(control, source, endpoint);
	if (control->cmsg_level == IPPROTO_IPV6 && control->cmsg_type == IPV6_PKTINFO)
		return read_ipv6(control, source, endpoint);
	return false;
}

void ace_udp_input_get(const struct ace_udp_input *input, size_t nth, struct ace_udp_datagram *ret_datagram)
{
	struct msghdr header = input->headers[nth].msg_hdr;

	ret_datagram->unicast = read_endpoint(&header, &input->sources[nth], &ret_datagram->endpoint);
	ret_datagram->bytes = (struct ace_slice) { input->vectors[nth].iov_base, input->headers[nth].msg_len };
	ret_datagram->truncated = header.msg_flags & MSG_TRUNC;
}
