/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <lmdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROW_LEN 64
#define MAP_BYTES ((size_t)16 << 30)

struct echo_call {
	struct mmsghdr headers[BENCH_CALL_MAX];
	struct iovec vectors[BENCH_CALL_MAX];
	struct sockaddr_in peers[BENCH_CALL_MAX];
	uint8_t bytes[BENCH_CALL_MAX][BENCH_DATAGRAM_MAX];
};

/* Everything that a server must do, and nothing else: take what is there, answer all of it. */
_Noreturn static void echo_serve(int fd, size_t answer_len)
{
	static struct echo_call call;

	for (;;) {
		int received;

		for (size_t i = 0; i < BENCH_CALL_MAX; i++) {
			call.vectors[i] = (struct iovec){ call.bytes[i], BENCH_DATAGRAM_MAX };
			call.headers[i].msg_hdr = (struct msghdr){ .msg_name = &call.peers[i],
								   .msg_namelen = sizeof call.peers[i],
								   .msg_iov = &call.vectors[i], .msg_iovlen = 1 };
		}
		received = recvmmsg(fd, call.headers, BENCH_CALL_MAX, MSG_WAITFORONE, NULL);
		for (int i = 0; i < received; i++)
			call.vectors[i].iov_len = answer_len;
		if (received > 0)
			(void)sendmmsg(fd, call.headers, (unsigned int)received, 0);
	}
}

static pid_t echo_start(const struct bench_echo_options *options, struct sockaddr_in *ret_address)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), bytes = 4 << 20;
	socklen_t len = sizeof *ret_address;
	pid_t pid;

	*ret_address = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	if (fd < 0 || bind(fd, (struct sockaddr *)ret_address, sizeof *ret_address) ||
	    getsockname(fd, (struct sockaddr *)ret_address, &len))
		bench_die("no socket: %s", strerror(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
	pid = fork();
	if (pid < 0)
		bench_die("no process");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		signal(SIGTERM, SIG_DFL);
		(void)bench_pin(0, options->core);
		echo_serve(fd, options->answer_len);
	}
	close(fd);
	return pid;
}

double bench_udp_echo(const struct bench_echo_options *options)
{
	static const uint8_t request[BENCH_DATAGRAM_MAX];
	struct sockaddr_in address;
	pid_t pid = echo_start(options, &address);
	struct bench_socket *socket = bench_socket_new(&address);
	uint64_t begin = bench_now_ns(), end = begin + options->duration_ns, answered = 0;
	size_t wanted = options->in_flight;

	while (bench_now_ns() < end && !bench_is_stopped) {
		for (size_t i = 0; i < wanted; i++)
			bench_socket_send(socket, (uint32_t)((answered + i) % BENCH_ENDPOINTS),
					  (struct ace_slice){ request, options->request_len });
		bench_socket_flush(socket);
		wanted = bench_socket_receive(socket);
		answered += wanted;
		if (!wanted)
			wanted = options->in_flight; /* all were lost, which loopback hardly does */
	}
	end = bench_now_ns();
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	bench_socket_free(socket);
	return (double)answered * 1e9 / (double)(end - begin);
}

static void must(int rc)
{
	if (rc)
		bench_die("LMDB: %s", mdb_strerror(rc));
}

static void put_batch(MDB_env *env, MDB_dbi dbi, uint64_t first, size_t batch)
{
	uint8_t row[ROW_LEN] = { 0 }, key[8];
	MDB_txn *txn;

	must(mdb_txn_begin(env, NULL, 0, &txn));
	for (size_t i = 0; i < batch; i++) {
		MDB_val mdb_key = { sizeof key, key }, value = { sizeof row, row };

		for (size_t byte = 0; byte < sizeof key; byte++)
			key[byte] = (uint8_t)((first + i) >> (56 - 8 * byte));
		memcpy(row, key, sizeof key);
		must(mdb_put(txn, dbi, &mdb_key, &value, MDB_APPEND));
	}
	must(mdb_txn_commit(txn));
}

double bench_lmdb_puts(const char *dir, size_t batch, uint64_t duration_ns)
{
	uint64_t begin, end, rows = 0;
	char path[300];
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;

	snprintf(path, sizeof path, "%s/reference-%zu-%llu", dir, batch, (unsigned long long)bench_now_ns());
	if (mkdir(path, 0700))
		bench_die("cannot make %s", path);
	must(mdb_env_create(&env));
	must(mdb_env_set_mapsize(env, MAP_BYTES));
	must(mdb_env_open(env, path, 0, 0600));
	must(mdb_txn_begin(env, NULL, 0, &txn));
	must(mdb_dbi_open(txn, NULL, 0, &dbi));
	must(mdb_txn_commit(txn));
	begin = bench_now_ns();
	for (end = begin; end - begin < duration_ns && !bench_is_stopped; end = bench_now_ns(), rows += batch)
		put_batch(env, dbi, rows, batch);
	mdb_env_close(env);
	return end > begin ? (double)rows * 1e9 / (double)(end - begin) : 0;
}

uint64_t bench_commits(const char *dir)
{
	MDB_envinfo info;
	MDB_env *env;

	must(mdb_env_create(&env));
	must(mdb_env_open(env, dir, MDB_RDONLY | MDB_NOTLS, 0600));
	must(mdb_env_info(env, &info));
	mdb_env_close(env);
	return info.me_last_txnid;
}
