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
#include "as/retain.h"
#include "as/sandbox.h"
#include "as/trl.h"
#include "cli/log.h"
#include "storage/clients.h"
#include "storage/device_keys.h"

#define IDLE_MS 250           /* how long a change of the store may go unseen */
#define HOUSEKEEPING_MS 10000 /* counts of joined refusals */
#define EXPIRY_MS 1000        /* how long a revoked token may stay listed after its end */
#define RETAIN_MS 1000
#define RETAIN_ROUNDS 16      /* transactions of one call */
#define HEARTBEAT_MS 60000
#define HTTP_MS 1000 /* how long a connection that is over may stay while requests never end */

struct loop {
	struct as_server *as;
	int epoll_fd, signal_fd;
	uint64_t housekept_ms, expired_ms, retained_ms, heartbeat_ms, beat_ms;
	uint64_t sign_ms; /* between two signs of life for the service manager; 0: none */
	uint64_t http_ms;     /* when connections were looked at */
	bool http_waits;      /* it has more to do at once */
	uint64_t drop_position; /* where as_retain() goes on */
	bool is_behind;         /* it has more to drop */
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
	enum ace_err err = as_refusals_store(&loop->as->refusals, txn);

	if (!err)
		err = store_device_keys_drop(txn, loop->as->batch->now, loop->device_position);
	return err ? err : store_client_keys_drop(txn, loop->as->batch->now, loop->client_position);
}

/* A store that is full or busy only puts it off; one that failed ends the service. */
static enum ace_err put_off(enum ace_err err)
{
	if (err && err != ACE_ERR_STORAGE)
		cli_log(CLI_LOG_WARN, "housekeeping.failed", cli_log_err(err));
	return err == ACE_ERR_STORAGE ? err : ACE_OK;
}

static bool is_time(uint64_t *last_ms, uint64_t now_ms, uint64_t every_ms)
{
	if (now_ms - *last_ms < every_ms)
		return false;
	*last_ms = now_ms;
	return true;
}

/* A second's share at once; of what is more than that, a little between any two batches. */
static enum ace_err retain(struct loop *loop, uint64_t now_ms)
{
	bool is_new = is_time(&loop->retained_ms, now_ms, RETAIN_MS);

	if (!is_new && !loop->is_behind)
		return ACE_OK;
	return as_retain(loop->as, &loop->drop_position, is_new ? RETAIN_ROUNDS : 1, &loop->is_behind);
}

static enum ace_err heartbeat(struct as_server *as)
{
	store_maintain(as->store);
	as->commit_err = as_heartbeat(as); /* what nobody asks for does not stay broken */
	return as->commit_err;
}

/* What has to be done now and then. */
static enum ace_err keep_house(struct loop *loop, uint64_t now_ms)
{
	struct as_server *as = loop->as;
	enum ace_err err = ACE_OK;

	if (is_time(&loop->housekept_ms, now_ms, HOUSEKEEPING_MS)) {
		ace_bodies_expire(&as->bodies, now_ms);
		err = put_off(store_write(as->store, housekeep, loop));
	}
	if (!err && is_time(&loop->expired_ms, now_ms, EXPIRY_MS))
		err = put_off(as_trl_expire(as, as->batch->now));
	if (!err)
		err = put_off(retain(loop, now_ms));
	if (!err && is_time(&loop->heartbeat_ms, now_ms, HEARTBEAT_MS))
		err = put_off(heartbeat(as));
	return err;
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

	if (loop->has_more || loop->http_waits || loop->is_behind || due_ms <= now_ms)
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

	as_health_open();
	if (!err)
		err = as_sandbox_enter(as);
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
