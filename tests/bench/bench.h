/* SPDX-License-Identifier: Apache-2.0 */
/* What as-bench is made of: a store with many clients and devices, the real aced on one core, a load generator on
 * another, and two reference programs that show what the machine gives. Every function prints what went wrong and
 * ends the program: a benchmark that goes on after a failure measures nothing. */
#ifndef TESTS_BENCH_H
#define TESTS_BENCH_H

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <sys/types.h>

#include "ace_oscore.h"

#define BENCH_IN_FLIGHT_MAX 4096
#define BENCH_ENDPOINTS 4096 /* source addresses: 27 requests a second each at 110,000, of 265 that RFC 7252 allows */
#define BENCH_DATAGRAM_MAX 1280
#define BENCH_CALL_MAX 128 /* datagrams of one recvmmsg or sendmmsg */

/* Set by SIGINT and SIGTERM: everything ends early and is cleaned up. */
extern volatile sig_atomic_t bench_is_stopped;

/* Print to stderr, remove what was made, exit with 1. */
_Noreturn void bench_die(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* SIGINT and SIGTERM set bench_is_stopped. */
void bench_catch_signals(void);
uint64_t bench_now_ns(void);
/* Run the calling process on that core only; false when there is no such core. */
bool bench_pin(pid_t pid, int core);
/* Where aced of this build is. */
void bench_find_aced(char *ret_path, size_t cap);

/* --- the store (bench_store.c) --- */

/* Make a directory below parent and a store with that many clients and devices in it. ret_dir is removed at exit. */
void bench_store_make(const char *parent, size_t clients, char ret_dir[256]);
void bench_store_remove(void);
void bench_client_id(size_t client, char ret_id[24]);
void bench_device_id(size_t device, char ret_id[24]);
/* The OSCORE context that a client has to the server. */
void bench_client_context(size_t client, struct ace_oscore_ctx *ret_ctx);

/* --- the server (bench_daemon.c) --- */

struct bench_daemon {
	pid_t pid;
	struct sockaddr_in address;
	struct sockaddr_in metrics; /* when it was started with has_metrics */
};

struct bench_daemon_options {
	const char *aced;    /* path of the program */
	const char *profile; /* callgrind's output; NULL: run as it is */
	const char *dir;     /* the store */
	size_t contexts;     /* limits.contexts */
	size_t devices;      /* limits.devices */
	int core;
	bool has_metrics;    /* serve them on a free port */
};

void bench_daemon_start(const struct bench_daemon_options *options, struct bench_daemon *ret_daemon);
void bench_daemon_stop(struct bench_daemon *daemon);
/* What it holds in memory, the mapped store not counted. */
size_t bench_daemon_rss_kb(const struct bench_daemon *daemon);
/* CPU time of all its threads, in user space and kernel. */
uint64_t bench_daemon_cpu_ns(const struct bench_daemon *daemon);

/* --- requests (bench_request.c) --- */

/* A client that asks, one request at a time. */
struct bench_client {
	struct ace_oscore_ctx ctx;
	uint32_t number;   /* which one of the store */
	uint32_t endpoint; /* its source address */
	bool is_ready;     /* ctx is derived */
	bool is_busy;
};

struct bench_slot {
	struct bench_client *client; /* borrows; NULL: free */
	struct ace_oscore_exchange exchange;
	uint32_t device;
	uint32_t generation; /* goes into the CoAP token with the slot's number, so that old answers are known */
	uint16_t mid;
	uint64_t sent_ns;
	size_t len;
	uint8_t bytes[256];
};

enum bench_answer { BENCH_GRANTED, BENCH_CHALLENGED, BENCH_REFUSED, BENCH_UNVERIFIED };

/* Write a protected request of slot->client for a token at slot->device into slot; echo may be empty. */
void bench_request_write(struct bench_slot *slot, uint16_t nth, struct ace_slice echo);
/* Which slot is an answer for? BENCH_IN_FLIGHT_MAX: none. */
size_t bench_answer_slot(struct ace_slice datagram, uint32_t *ret_generation);
/* Verify an answer under OSCORE and look into it. ret_echo: of a challenge, borrows from plain. */
enum bench_answer bench_answer_read(struct bench_slot *slot, struct ace_slice datagram, struct ace_buf *plain,
				    struct ace_slice *ret_echo);

/* --- load (bench_load.c) --- */

struct bench_load; /* the clients and the socket; heap */

struct bench_load_options {
	struct sockaddr_in server;
	size_t clients; /* of the store, and as many devices */
	size_t active;  /* of them ask */
};

struct bench_measured {
	uint64_t tokens, elapsed_ns;
	uint64_t resent;              /* requests that were sent again after a second */
	uint64_t challenged, refused, unverified;
	double p50_ms, p99_ms;
	size_t request_len, answer_len; /* of the last ones: datagrams in bytes */
};

struct bench_load *bench_load_new(const struct bench_load_options *options);
void bench_load_free(struct bench_load *load);
/* Keep in_flight requests going until time or the number of tokens is reached (0: not limited), and all are answered. */
void bench_load_run(struct bench_load *load, unsigned int in_flight, uint64_t duration_ns, uint64_t tokens,
		    struct bench_measured *ret_measured);
/* So many requests, each for another device, of one active client after the other: each answers its Echo. */
void bench_load_warm(struct bench_load *load, uint64_t tokens, struct bench_measured *ret_measured);

/* --- sockets (bench_socket.c) --- */

/* A socket that sends to one server from many addresses of 127.0.0.0/8, in batches. Heap. */
struct bench_socket;

struct bench_socket *bench_socket_new(const struct sockaddr_in *server);
void bench_socket_free(struct bench_socket *socket);
/* Queue a datagram, which must stay until the next flush; a full queue is sent. */
void bench_socket_send(struct bench_socket *socket, uint32_t endpoint, struct ace_slice bytes);
void bench_socket_flush(struct bench_socket *socket);
/* Wait at most 5 ms, as exactly as the kernel's ticks are, for at least one. @return how many; bytes of each through bench_socket_get(). */
size_t bench_socket_receive(struct bench_socket *socket);
struct ace_slice bench_socket_get(const struct bench_socket *socket, size_t nth);

/* --- what the machine gives (bench_reference.c) --- */

struct bench_echo_options {
	unsigned int in_flight;
	size_t request_len, answer_len;
	uint64_t duration_ns;
	int core; /* of the echoing process */
};
/* Datagrams a second that a bare recvmmsg and sendmmsg loop answers. */
double bench_udp_echo(const struct bench_echo_options *options);
/* 64-byte rows a second that LMDB appends below dir, with that many rows in a commit; on the calling process's core. */
double bench_lmdb_puts(const char *dir, size_t batch, uint64_t duration_ns);
/* How many commits the store in dir has seen. */
uint64_t bench_commits(const char *dir);

#endif
