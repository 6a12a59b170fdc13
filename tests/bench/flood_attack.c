/* SPDX-License-Identifier: Apache-2.0 */
#include "flood.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_SOURCE UINT32_C(0x7f400001)
#define LONGEST 160
#define BUFFER_BYTES (8 << 20)
#define NICE 5 /* who measures goes first: the server is to be what limits, not the core that both share */

union control {
	struct cmsghdr head;
	uint8_t space[CMSG_SPACE(sizeof(struct in_pktinfo))];
};

struct flood_attack {
	pid_t pid;
	struct flood_sent *sent; /* shared with the process that attacks, which writes with atomics */
};

/* The process that attacks. Everything is prepared once: what is written for a datagram is its source and Message ID. */
struct attacker {
	int fd;
	struct sockaddr_in server;
	uint64_t random;
	struct mmsghdr out[BENCH_CALL_MAX], in[BENCH_CALL_MAX];
	struct iovec out_vectors[BENCH_CALL_MAX], in_vectors[BENCH_CALL_MAX];
	union control controls[BENCH_CALL_MAX];
	uint8_t bytes[BENCH_CALL_MAX][LONGEST], heard[BENCH_CALL_MAX][BENCH_DATAGRAM_MAX];
};

static uint64_t draw(struct attacker *a)
{
	a->random ^= a->random << 13;
	a->random ^= a->random >> 7;
	a->random ^= a->random << 17;
	return a->random;
}

static void draw_bytes(struct attacker *a, uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)draw(a);
}

/* A request of the shape that a client's has, plain, or under OSCORE with a kid that is nobody's. */
static size_t write_request(struct attacker *a, uint8_t *bytes, bool is_oscore)
{
	uint8_t token[4], payload[90], option[] = { 0x09, 1, 0xff, 0xff, 0xff, 0xff }; /* Partial IV 1, a kid of four bytes */
	struct ace_coap_writer w;
	struct ace_slice written;

	draw_bytes(a, token, sizeof token);
	draw_bytes(a, payload, sizeof payload);
	draw_bytes(a, option + 3, 3);
	ace_coap_write_init(&w, bytes, LONGEST);
	ace_coap_write_header(&w, &(struct ace_coap_header){ ACE_COAP_CON, ACE_COAP_POST, 0, ACE_SLICE_OF(token) });
	if (is_oscore)
		ace_coap_write_option(&w, ACE_OPT_OSCORE, ACE_SLICE_OF(option));
	else
		ace_coap_write_path(&w, ACE_LITERAL("/token"));
	ace_coap_write_payload(&w, ACE_SLICE_OF(payload));
	if (ace_coap_written(&w, &written))
		bench_die("an attack cannot be made");
	return written.len;
}

/* A third of each: bytes that are no message (of version 1, so that they are looked at), plain requests, and kids. */
static size_t write_attack(struct attacker *a, size_t nth)
{
	uint8_t *bytes = a->bytes[nth];

	if (nth % 3)
		return write_request(a, bytes, nth % 3 == 1);
	draw_bytes(a, bytes, 100);
	bytes[0] = 0x49; /* confirmable, with a token of nine bytes, which there is not */
	return 100;
}

static void prepare(struct attacker *a)
{
	for (size_t i = 0; i < BENCH_CALL_MAX; i++) {
		a->out_vectors[i] = (struct iovec){ a->bytes[i], write_attack(a, i) };
		a->in_vectors[i] = (struct iovec){ a->heard[i], BENCH_DATAGRAM_MAX };
		a->in[i].msg_hdr = (struct msghdr){ .msg_iov = &a->in_vectors[i], .msg_iovlen = 1 };
		a->controls[i].head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(struct in_pktinfo)),
							.cmsg_level = IPPROTO_IP, .cmsg_type = IP_PKTINFO };
		a->out[i].msg_hdr = (struct msghdr){ .msg_name = &a->server, .msg_namelen = sizeof a->server,
						     .msg_iov = &a->out_vectors[i], .msg_iovlen = 1,
						     .msg_control = &a->controls[i],
						     .msg_controllen = sizeof a->controls[i] };
	}
}

static void open_socket(struct attacker *a)
{
	struct sockaddr_in any = { .sin_family = AF_INET };
	int bytes = BUFFER_BYTES;

	a->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (a->fd < 0 || bind(a->fd, (struct sockaddr *)&any, sizeof any))
		bench_die("no socket: %s", strerror(errno));
	if (setsockopt(a->fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes))
		(void)setsockopt(a->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	(void)setsockopt(a->fd, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void add(uint64_t *count, uint64_t more)
{
	__atomic_fetch_add(count, more, __ATOMIC_RELAXED);
}

static void send_round(struct attacker *a, size_t sources, struct flood_sent *sent)
{
	int done;

	for (size_t i = 0; i < BENCH_CALL_MAX; i++) {
		uint64_t random = draw(a);
		struct in_pktinfo info = { .ipi_spec_dst.s_addr = htonl(FIRST_SOURCE + (uint32_t)(random % sources)) };

		memcpy(CMSG_DATA(&a->controls[i].head), &info, sizeof info);
		a->bytes[i][2] = (uint8_t)(random >> 40);
		a->bytes[i][3] = (uint8_t)(random >> 48);
	}
	done = sendmmsg(a->fd, a->out, BENCH_CALL_MAX, 0);
	for (int i = 0; i < done; i++)
		add(&sent->bytes, a->out[i].msg_len);
	add(&sent->datagrams, done > 0 ? (uint64_t)done : 0);
}

static void hear(struct attacker *a, struct flood_sent *sent)
{
	int got;

	do {
		got = recvmmsg(a->fd, a->in, BENCH_CALL_MAX, MSG_DONTWAIT, NULL);
		for (int i = 0; i < got; i++)
			add(&sent->answer_bytes, a->in[i].msg_len);
		add(&sent->answers, got > 0 ? (uint64_t)got : 0);
	} while (got == BENCH_CALL_MAX);
}

_Noreturn static void attack_until_killed(const struct flood_attack_options *options, struct flood_sent *sent)
{
	struct attacker *a = calloc(1, sizeof *a);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)bench_pin(0, options->core);
	if (nice(NICE) < 0)
		bench_die("nice: %s", strerror(errno));
	if (!a)
		bench_die("no memory");
	a->random = UINT64_C(0x9e3779b97f4a7c15);
	a->server = options->server;
	open_socket(a);
	prepare(a);
	for (;;) {
		send_round(a, options->sources, sent);
		hear(a, sent);
	}
}

struct flood_attack *flood_attack_start(const struct flood_attack_options *options)
{
	struct flood_attack *attack = calloc(1, sizeof *attack);
	void *shared = mmap(NULL, sizeof(struct flood_sent), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (!attack || shared == MAP_FAILED)
		bench_die("no memory");
	attack->sent = shared;
	attack->pid = fork();
	if (attack->pid < 0)
		bench_die("no process");
	if (!attack->pid)
		attack_until_killed(options, attack->sent);
	return attack;
}

void flood_attack_look(const struct flood_attack *attack, struct flood_sent *ret_sent)
{
	ret_sent->datagrams = __atomic_load_n(&attack->sent->datagrams, __ATOMIC_RELAXED);
	ret_sent->bytes = __atomic_load_n(&attack->sent->bytes, __ATOMIC_RELAXED);
	ret_sent->answers = __atomic_load_n(&attack->sent->answers, __ATOMIC_RELAXED);
	ret_sent->answer_bytes = __atomic_load_n(&attack->sent->answer_bytes, __ATOMIC_RELAXED);
}

void flood_attack_stop(struct flood_attack *attack, struct flood_sent *ret_sent)
{
	kill(attack->pid, SIGKILL);
	(void)waitpid(attack->pid, NULL, 0);
	flood_attack_look(attack, ret_sent);
	munmap(attack->sent, sizeof *attack->sent);
	free(attack);
}
