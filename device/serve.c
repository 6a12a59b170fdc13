/* SPDX-License-Identifier: Apache-2.0 */
#include "device/serve.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "cli/log.h"

#define TICK_MS 250 /* how late the keys of an expired token may go on a quiet device */

static void log_outcome(const struct ace_udp_server *server, const struct ace_udp_request *request,
			const struct device_outcome *outcome)
{
	/* Anybody can make a refusal happen, at authz-info too, so those are shown on demand only. */
	bool taken = outcome->verified || (outcome->posted && !outcome->err);
	enum cli_log_level level = taken ? CLI_LOG_INFO : CLI_LOG_DEBUG;
	const char *event = outcome->posted ? "authz_info" : outcome->verified ? "request" : "unprotected";
	char peer[ACE_UDP_TEXT_MAX], code[8], method[8];

	ace_udp_peer_text(server, request, peer);
	snprintf(code, sizeof code, "%u.%02u", outcome->code >> 5, outcome->code & 0x1fu);
	snprintf(method, sizeof method, "0.%02u", outcome->method & 0x1fu);
	cli_log(level, event, cli_log_text("peer", peer), cli_log_text("method", method),
		cli_log_slice("path", (struct ace_slice) { (const uint8_t *)outcome->path, outcome->path_len }),
		cli_log_text("code", code), cli_log_err(outcome->err));
	if (outcome->state)
		cli_log(CLI_LOG_ERROR, "state.unwritten", cli_log_err(outcome->state));
	if (outcome->trace)
		cli_log(CLI_LOG_WARN, "wireshark.unwritten", cli_log_err(outcome->trace));
}

static void handle(struct device *device, struct ace_udp_server *server, const struct ace_udp_request *request)
{
	uint8_t bytes[ACE_UDP_ANSWER_MAX];
	struct ace_buf answer = ACE_BUF_OF(bytes);
	struct device_outcome outcome;

	if (device_answer(device, request->datagram, request->answer_max, &answer, &outcome)) {
		ace_udp_drop(server, request);
		return;
	}
	if (outcome.verified)
		ace_udp_confirm(server, request);
	log_outcome(server, request, &outcome);
	if (ace_udp_answer(server, request, ace_buf_slice(&answer)))
		ace_udp_drop(server, request);
}

/* *left, when there is one, counts down; what the batch has beyond it is lost. */
static enum ace_err handle_batch(struct device *device, struct ace_udp_server *server, uint32_t *left)
{
	const struct ace_udp_request *batch;
	size_t len = ace_udp_read(server, ace_port_monotonic_ms(), &batch);
	enum ace_err err;

	for (size_t i = 0; i < len && (!left || *left); i++) {
		handle(device, server, &batch[i]);
		if (left)
			--*left;
	}
	err = ace_udp_flush(server);
	/* A full socket: clients ask again and get the stored answers. */
	return err == ACE_ERR_BUSY ? ACE_OK : err;
}

static enum ace_err loop(const struct device_loop *run, int signals)
{
	struct pollfd fds[3] = { { .fd = ace_udp_fd(run->server), .events = POLLIN },
				 { .fd = signals, .events = POLLIN },
				 { .fd = run->as->is_open ? run->as->fd : -1, .events = POLLIN } };
	uint32_t left = run->requests_max, *counted = left ? &left : NULL;
	enum ace_err err = ACE_OK;

	while (!err) {
		if (poll(fds, ACE_ARRAY_LEN(fds), TICK_MS) < 0 && errno != EINTR)
			return ACE_ERR_IO;
		if (fds[1].revents)
			return ACE_OK;
		/* What is revoked is known before anything is served that came at the same time. */
		device_trl_step(run->trl, run->as, ace_port_monotonic_ms());
		err = handle_batch(run->device, run->server, counted);
		if (!err && counted && !left)
			err = ACE_ERR_EXHAUSTED;
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
