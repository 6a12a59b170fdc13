/* SPDX-License-Identifier: Apache-2.0 */
/* The device of the vectors (rs_state in ace-oscore-profile.json), and clients with the other end of its contexts. */
#ifndef TESTS_RS_FIXTURE_H
#define TESTS_RS_FIXTURE_H

#include "ace_issue.h"
#include "ace_rs.h"

#define FIXTURE_CONTEXTS 3

struct fixture {
	struct ace_rs rs;
	struct ace_rs_config config; /* change it, then call fixture_restart() */
	struct ace_rs_as_key key;
	uint8_t arena[ACE_RS_ARENA_SIZE(FIXTURE_CONTEXTS, 64)];
	uint8_t code;                /* of the latest authz-info answer */
	uint8_t answer[64];
	size_t answer_len;
};

/* Port reset, monotonic clock at 1,000 ms, no association. */
void fixture_start(struct fixture *f);
/* As after a reset: the same configuration, empty memory. Clocks go on. */
void fixture_restart(struct fixture *f);
enum ace_err fixture_post(struct fixture *f, struct ace_rs_exchange *ex, struct ace_slice body);

/* A token as the server issues it; what a test does not set has the values of T1. */
struct fixture_token {
	const char *sub;            /* NULL: "client-7" */
	uint8_t osc_id;             /* one byte */
	uint32_t exp_in_s;          /* 0: no exp */
	uint32_t exi_s, exi_seq;    /* exi_s 0: no exi */
	int64_t iat;
	struct ace_slice cnonce;    /* NULL: none */
	uint8_t methods;            /* on /s/temp; 0: GET */
	bool is_update;             /* cnf holds the id only */
};
struct ace_slice fixture_issue(const struct fixture *f, const struct fixture_token *what, struct ace_buf *out);
/* An authz-info body; nonce1 is the number in 8 bytes, the client's id is id1. */
struct ace_slice fixture_body(struct ace_slice token, uint64_t nonce1, uint8_t id1, struct ace_buf *out);

/* The client's end of the context that the latest answer of f speaks of. */
void fixture_client(const struct fixture *f, const struct fixture_token *what, uint64_t nonce1, uint8_t id1,
		    struct ace_oscore_ctx *ret_client);
/* Send one request and open it on the device. */
enum ace_err fixture_request(struct fixture *f, struct ace_oscore_ctx *client, uint8_t method, const char *path,
			     struct ace_rs_exchange *ret_ex);

#endif
