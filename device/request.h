/* SPDX-License-Identifier: Apache-2.0 */
/* Inside device/: a request as the endpoints see it, and the answer that they fill. */
#ifndef DEVICE_REQUEST_H
#define DEVICE_REQUEST_H

#include "device/device.h"

struct device_request {
	struct ace_coap_message msg; /* borrows from the datagram, or from what was opened */
	struct ace_rs_exchange *ex;  /* borrows; NULL: it came unprotected */
	size_t stranger_max;         /* bytes of an answer to whom nobody has confirmed */
	bool has_format, has_accept;
	uint32_t format, accept;
	struct ace_buf path; /* over path_bytes; empty: not to be told, so it is no resource */
	uint8_t path_bytes[DEVICE_PATH_MAX];
};

/* Endpoints start with 5.00: only success or a mapped error changes it. */
struct device_reply {
	uint8_t code;
	bool has_format, has_max_age, has_size1;
	uint32_t format, max_age_s, size1;
	bool has_observe;
	uint32_t observe;
	size_t len_max;         /* of the whole message */
	struct ace_buf payload; /* over payload_bytes; its cap is set by device_reply_room() */
	uint8_t payload_bytes[ACE_UDP_ANSWER_MAX];
};

/* Read the options that endpoints look at.
 * @return 0, or the code to refuse it with: 4.02 an option that must be understood and is not, 5.05 a proxy is
 * wanted.  Source: RFC 7252 5.4.1, 5.4.3, 5.4.5, 5.7.2. */
uint8_t device_options_read(struct device_request *request);

/* Let the payload have what the options chosen so far leave of len_max. */
void device_reply_room(struct device_reply *reply, const struct device_request *request);
/* ACE_ERR_SPACE. */
ACE_MUST_CHECK enum ace_err device_reply_write(const struct device_reply *reply, const struct device_request *request,
					       struct ace_buf *out);

/* 4.01, 4.03 or 4.05 with what the client should ask the AS for; to a request that could not be opened (its path is
 * empty) only where the AS is. */
void device_refuse(struct device *device, const struct device_request *request, struct device_reply *reply,
		   uint8_t code);

/* The endpoints. */
void device_authz_info(struct device *device, const struct device_request *request, struct device_reply *reply,
		       struct device_outcome *outcome);
void device_well_known(const struct device *device, const struct device_request *request, struct device_reply *reply);
void device_resource(struct device *device, const struct device_request *request, struct device_reply *reply);

/* The AS must be asked about a post that passed what is checked before: keep it as outcome->post, or refuse it. */
void device_post_begin(struct device *device, const struct device_request *request, struct device_reply *reply,
		       struct device_outcome *outcome);
/* The library took a post, or refused it, with that code: what goes with it, and what is kept of it. outcome->err and
 * reply->payload are set. */
void device_authz_info_end(struct device *device, const struct device_request *request, struct device_reply *reply,
			   uint8_t code, struct device_outcome *outcome);
/* Write the answer, protected when the request was. When that fails, it is refused in the clear. */
ACE_MUST_CHECK enum ace_err device_reply_end(struct device *device, const struct device_request *request,
					     struct device_reply *reply, struct ace_buf *answer,
					     struct device_outcome *outcome);

/* Append the context that a post makes to the file for Wireshark. answer is the body of the 2.01. */
ACE_MUST_CHECK enum ace_err device_wireshark_append(const struct device *device, struct ace_slice post,
						    struct ace_slice answer);

#endif
