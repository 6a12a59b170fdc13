/* SPDX-License-Identifier: Apache-2.0 */
#include "as/server.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "ace_udp_later.h"
#include "as/coaps.h"
#include "as/health.h"
#include "as/observe.h"
#include "as/trl.h"
#include "cli/log.h"
#include "storage/clients.h"
#include "storage/device_keys.h"
#include "storage/tokens.h"

#define IDLE_MS 250           /* how long a change of the store may go unseen */
#define HOUSEKEEPING_MS 10000 /* counts of joined refusals, expired tokens */
#define EXPIRY_MS 1000        /* how long a revoked token may stay listed after its end */
#define HEARTBEAT_MS 60000
#define HTTP_MS 1000 /* how long a connection that is over may stay while requests never end */

struct loop {
	struct as_server *as;
	int epoll_fd, signal_fd;
	uint64_t housekept_ms, expired_ms, heartbeat_ms, beat_ms;
	uint64_t sign_ms; /* between two signs of life for the service manager; 0: none */
	uint64_t http_ms;     /* when connections were looked at */
	bool http_waits;      /* it has more to do at once */
	uint64_t drop_position; /* where store_token_drop() goes on */
	char device_position[STORE_ID_MAX + 1], client_position[STORE_ID_MAX + 1]; /* the same of keys that are over */
	bool has_more;          /* observers wait for their notifications */
};

static enum ace_err watch(int epoll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? ACE_ERR_IO : ACE_OK;
}

static enum ace_err open_loop(struct as_server *as, struct loop *ret_loop)
{
	sigset_t signals;

	*ret_loop = (struct loop){ .as = as, .epoll_fd = -1, .signal_fd = -1 };
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	if (sigprocmask(SIG_BLOCK, &signals, NULL))
		return ACE_ERR_IO;
	ret_loop->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	ret_loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (ret_loop->signal_fd < 0 || ret_loop->epoll_fd < 0 || watch(ret_loop->epoll_fd, ret_loop->signal_fd))
		return ACE_ERR_IO;
	if (as->http && watch(ret_loop->epoll_fd, as_http_fd(as->http)))
		return ACE_ERR_IO;
	if (as->coaps && watch(ret_loop->epoll_fd, as_coaps_fd(as->coaps)))
		return ACE_ERR_IO;
	return watch(ret_loop->epoll_fd, ace_udp_fd(as->udp));
}

static void close_loop(struct loop *loop)
{
	if (loop->signal_fd >= 0)
		close(loop->signal_fd);
	if (loop->epoll_fd >= 0)
		close(loop->epoll_fd);
}

static enum ace_err housekeep(struct store_txn *txn, void *arg)
{
	struct loop *loop = arg;
	size_t dropped;
	enum ace_err err = as_refusals_store(&loop->as->refusals, txn);

	if (!err)
		err = store_token_drop(txn, loop->as->batch->now, &loop->drop_position, &dropped);
	if (!err)
		err = store_device_keys_drop(txn, loop->as->batch->now, loop->device_position);
	return err ? err : store_client_keys_drop(txn, loop->as->batch->now, loop->client_position);
}

/* What has to be done now and then; a store that is full or busy only puts it off. */
static enum ace_err keep_house(struct loop *loop, uint64_t now_ms)
{
	enum ace_err err = ACE_OK;

	if (now_ms - loop->housekept_ms >= HOUSEKEEPING_MS) {
		loop->housekept_ms = now_ms;
		ace_bodies_expire(&loop->as->bodies, now_ms);
		err = store_write(loop->as->store, housekeep, loop);
	}
	if (err != ACE_ERR_STORAGE && now_ms - loop->expired_ms >= EXPIRY_MS) {
		loop->expired_ms = now_ms;
		err = as_trl_expire(loop->as, loop->as->batch->now);
	}
	if (err != ACE_ERR_STORAGE && now_ms - loop->heartbeat_ms >= HEARTBEAT_MS) {
		loop->heartbeat_ms = now_ms;
		store_maintain(loop->as->store);
		err = as_heartbeat(loop->as);
		loop->as->commit_err = err; /* what nobody asks for does not stay broken */
	}
	if (err && err != ACE_ERR_STORAGE)
		cli_log(CLI_LOG_WARN, "housekeeping.failed", cli_log_err(err));
	return err == ACE_ERR_STORAGE ? err : ACE_OK;
}

static bool is_stopped(const struct loop *loop)
{
	struct signalfd_siginfo info;

	return read(loop->signal_fd, &info, sizeof info) == sizeof info;
}

/* Until when nothing has to be done if nothing comes. */
static int wait_ms(const struct loop *loop)
{
	uint64_t now_ms = ace_port_monotonic_ms(), due_ms = ace_udp_due_ms(loop->as->udp);
	uint32_t max_ms = as_coaps_wait_ms(loop->as->coaps, now_ms, IDLE_MS);

	if (loop->has_more || loop->http_waits || due_ms <= now_ms)
		return 0;
	return due_ms - now_ms < max_ms ? (int)(due_ms - now_ms) : (int)max_ms;
}

/* Where somebody waits, and when nothing else is to do or a while is over, for what took too long. */
static void serve_http(struct loop *loop, const struct epoll_event *events, int count)
{
	uint64_t now_ms = ace_port_monotonic_ms();
	bool is_due = count <= 0 || loop->http_waits || now_ms - loop->http_ms >= HTTP_MS;

	if (!loop->as->http)
		return;
	for (int i = 0; i < count; i++)
		is_due |= events[i].data.fd == as_http_fd(loop->as->http);
	if (!is_due)
		return;
	loop->http_ms = now_ms;
	loop->http_waits = as_http_run(loop->as->http);
}

/* From here, so that it means what it says: the loop turns. */
static void give_sign(struct loop *loop)
{
	uint64_t now_ms = ace_port_monotonic_ms();

	if (!loop->sign_ms || now_ms - loop->beat_ms < loop->sign_ms)
		return;
	loop->beat_ms = now_ms;
	as_health_beat(loop->as);
}

static enum ace_err turn(struct loop *loop)
{
	struct epoll_event events[4];
	int count = epoll_wait(loop->epoll_fd, events, ACE_ARRAY_LEN(events), wait_ms(loop));
	enum ace_err err;

	if (count < 0 && errno != EINTR)
		return ACE_ERR_IO;
	err = as_batch_run(loop->as);
	if (!err)
		err = as_observe_tell(loop->as, &loop->has_more);
	if (!err)
		err = keep_house(loop, ace_port_monotonic_ms());
	if (err)
		return err;
	serve_http(loop, events, count);
	give_sign(loop);
	return ACE_OK;
}

enum ace_err as_server_run(struct as_server *as)
{
	struct loop loop;
	enum ace_err err = open_loop(as, &loop);

	loop.housekept_ms = loop.heartbeat_ms = ace_port_monotonic_ms();
	loop.sign_ms = as_health_beat_ms();
	if (!err)
		err = as_heartbeat(as);
	if (!err)
		err = store_tell_up(as->store);
	if (!err)
		as_health_notify("READY=1");
	if (!err && loop.sign_ms)
		as_health_beat(as);
	while (!err && !is_stopped(&loop))
		err = turn(&loop);
	/* What was joined in the last seconds is kept, unless the store is what failed. */
	if (!err)
		err = store_write(as->store, housekeep, &loop);
	close_loop(&loop);
	return err;
}
