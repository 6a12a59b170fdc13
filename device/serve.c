/* SPDX-License-Identifier: Apache-2.0 */
#include "device/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "device/log.h"

#define TICK_MS 250 /* how late the keys of an expired token may go on a quiet device */

/* A post about which the AS is asked is answered later, or refused now. */
static bool is_kept(const struct device_loop *run, const struct ace_udp_request *request, struct ace_buf *answer,
		    struct device_outcome *outcome)
{
	struct device_post *post = outcome->post;

	if (!device_asking_keep(run->asking, request, outcome, ace_port_monotonic_ms()))
		return true;
	if (device_post_finish(run->device, post, &(struct ace_rs_introspection) { 0 }, answer, outcome))
		answer->len = 0;
	return false;
}

static void handle(const struct device_loop *run, const struct ace_udp_request *request)
{
	uint8_t bytes[ACE_UDP_ANSWER_MAX];
	struct ace_buf answer = ACE_BUF_OF(bytes);
	struct device_outcome outcome;
	char peer[ACE_UDP_TEXT_MAX];

	run->observers->request = request;
	if (device_answer(run->device, request->datagram, request->answer_max, &answer, &outcome)) {
		ace_udp_drop(run->server, request);
		return;
	}
	if (outcome.verified)
		ace_udp_confirm(run->server, request);
	if (outcome.post && is_kept(run, request, &answer, &outcome))
		return;
	ace_udp_peer_text(run->server, request, peer);
	device_log(peer, &outcome);
	if (!answer.len || ace_udp_answer(run->server, request, ace_buf_slice(&answer)))
		ace_udp_drop(run->server, request);
}

/* *left, when there is one, counts down; what the batch has beyond it is lost. */
static enum ace_err handle_batch(const struct device_loop *run, uint32_t *left)
{
	const struct ace_udp_request *batch;
	size_t len = ace_udp_read(run->server, ace_port_monotonic_ms(), &batch);
	enum ace_err err;

	for (size_t i = 0; i < len && (!left || *left); i++) {
		handle(run, &batch[i]);
		if (left)
			--*left;
	}
	err = ace_udp_flush(run->server);
	/* A full socket: clients ask again and get the stored answers. */
	return err == ACE_ERR_BUSY ? ACE_OK : err;
}

static enum ace_err loop(const struct device_loop *run, int signals)
{
	struct pollfd fds[4] = { { .fd = ace_udp_fd(run->server), .events = POLLIN },
				 { .fd = signals, .events = POLLIN },
				 { .fd = run->as->is_open ? run->as->fd : -1, .events = POLLIN } };
	uint32_t left = run->requests_max, *counted = left ? &left : NULL;
	enum ace_err err = ACE_OK;

	while (!err) {
		fds[3] = (struct pollfd) { .fd = run->commands->fd, .events = POLLIN };
		if (poll(fds, ACE_ARRAY_LEN(fds), TICK_MS) < 0 && errno != EINTR)
			return ACE_ERR_IO;
		if (fds[1].revents)
			return ACE_OK;
		/* What is revoked is known before anything is served that came at the same time. */
		device_asking_take(run->asking, run->as, ace_port_monotonic_ms());
		device_trl_step(run->trl, run->as, ace_port_monotonic_ms());
		err = handle_batch(run, counted);
		device_asking_ask(run->asking, run->as, ace_port_monotonic_ms());
		if (!err && counted && !left)
			err = ACE_ERR_EXHAUSTED;
		if (fds[3].revents)
			device_commands_read(run->commands, run->device);
		device_observe_step(run->observers);
		/* A full socket: what is confirmable is sent again. */
		if (!err && ace_udp_flush(run->server) == ACE_ERR_IO)
			err = ACE_ERR_IO;
		ace_rs_tick(&run->device->rs);
	}
	return err;
}

enum ace_err device_serve(const struct device_loop *run)
{
	sigset_t ending;
	int signals;
	enum ace_err err;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	signals = signalfd(-1, &ending, SFD_CLOEXEC);
	if (signals < 0)
		return ACE_ERR_IO;
	err = loop(run, signals);
	close(signals);
	return err;
}
