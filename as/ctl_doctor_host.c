/* SPDX-License-Identifier: Apache-2.0 */
/* What aced finds on its machine: the clock, the socket's buffer, the library for DTLS; and who may touch its files. */
#include <inttypes.h>
#include <string.h>
#include <sys/timex.h>
#include <unistd.h>

#include "ace_udp_server.h"
#include "as/coaps.h"
#include "as/ctl_doctor.h"
#include "storage/counters.h"
#include "storage/meta.h"
#include "storage/usage.h"

#define RECEIVE_LIMIT "/proc/sys/net/core/rmem_max"

/* RFC 9200 6.4 and all that expires rest on it. */
static void check_clock(struct doctor *d)
{
	struct timex timex = { .modes = 0 };
	struct store_txn *txn;
	int64_t iat = 0;
	int state = adjtimex(&timex);

	if (d->store && !store_begin_read(d->store, &txn)) {
		enum ace_err err = store_newest_iat(txn, &iat);

		store_abort(txn);
		if (err)
			doctor_store_failed(d, "clock", err);
	}
	if (d->now < STORE_EPOCH || d->now < iat) {
		doctor_add(d, "clock", DOCTOR_FAIL, d->now < iat ? "behind the newest token, by %" PRId64 " s: nothing is issued" :
			   "before 2024, by %" PRId64 " s: nothing is issued", (d->now < iat ? iat : STORE_EPOCH) - d->now);
		doctor_advise(d, "set the clock; aced goes on by itself");
	} else if (state < 0 || state == TIME_ERROR || timex.status & STA_UNSYNC) {
		doctor_add(d, "clock", DOCTOR_WARN, "not synchronized with any other, says the kernel");
		doctor_advise(d, "run chrony or systemd-timesyncd; devices with a clock compare it with the one of aced");
	} else {
		doctor_add(d, "clock", DOCTOR_OK, "synchronized, and not behind the newest token");
	}
}

static void check_buffer(struct doctor *d)
{
	FILE *file = fopen(RECEIVE_LIMIT, "re");
	unsigned long long limit = 0;
	bool is_known = file && fscanf(file, "%llu", &limit) == 1;

	if (file)
		fclose(file);
	if (!is_known)
		return; /* not a Linux, or hidden: nothing to say */
	doctor_add(d, "socket", limit < ACE_UDP_RECEIVE_BYTES ? DOCTOR_WARN : DOCTOR_OK,
		   "net.core.rmem_max is %llu bytes, aced asks for %d", limit, ACE_UDP_RECEIVE_BYTES);
	if (limit < ACE_UDP_RECEIVE_BYTES)
		doctor_advise(d, "sysctl net.core.rmem_max=%d: without it (or CAP_NET_ADMIN) bursts are lost while a commit runs",
			      ACE_UDP_RECEIVE_BYTES);
}

/* What the aced that runs, or ran last, has told of itself; false: nothing. */
static bool read_beat(struct doctor *d, struct store_heartbeat *ret_beat)
{
	struct store_txn *txn;
	enum ace_err err;

	if (!d->store || store_begin_read(d->store, &txn))
		return false;
	err = store_heartbeat_get(txn, ret_beat);
	store_abort(txn);
	return !err;
}

static void check_coaps(struct doctor *d, const struct store_heartbeat *beat)
{
	if (!strstr(beat->listen, "coaps://")) {
		doctor_add(d, "coaps", DOCTOR_OK, "not served");
		return;
	}
	doctor_add(d, "coaps", DOCTOR_WARN, "served by %s: the DTLS code of releases up to 4.3.5 has known flaws (CVE-2025-65493 to 65501), not "
		   "all mended in distributions", as_coaps_library());
	doctor_advise(d, "keep it patched, or serve coap:// alone");
}

/* Without Landlock, as in many containers, the filter of system calls is most of it. */
static void check_sandbox(struct doctor *d, const struct store_heartbeat *beat)
{
	if (!beat->sandbox[0])
		return; /* no aced has run, or one that did not tell */
	if (strstr(beat->sandbox, "seccomp")) {
		doctor_add(d, "sandbox", DOCTOR_OK, "aced is restricted by %s", beat->sandbox);
		return;
	}
	doctor_add(d, "sandbox", DOCTOR_WARN, "aced runs without its filter of system calls (sandbox: %s)", beat->sandbox);
	doctor_advise(d, "leave sandbox out of its configuration and command line; the log (sandbox.off, sandbox.missing) says why it is so");
}

void doctor_host(struct doctor *d)
{
	struct store_heartbeat beat = { .pid = 0 };
	bool is_told = read_beat(d, &beat);

	check_clock(d);
	check_buffer(d);
	check_coaps(d, &beat);
	if (is_told)
		check_sandbox(d, &beat);
}

/* Nobody but its owner and its group has anything to do there. */
static void check_mode(struct doctor *d, enum store_file file, const char *what, unsigned int allowed, const char *advised)
{
	struct store_mode mode;

	if (store_file_mode(d->store, file, &mode))
		return; /* what is missing is told by others */
	if (mode.mode & ~allowed & 0777) {
		doctor_add(d, "permissions", mode.mode & 07 ? DOCTOR_FAIL : DOCTOR_WARN, "%s %s%s has mode %04o", what, mode.path,
			   file == STORE_FILE_DATA ? "/data.mdb" : "", mode.mode);
		doctor_advise(d, "chmod %s %s%s", advised, mode.path, file == STORE_FILE_DATA ? "/data.mdb" : "");
	}
}

/* aced runs as the owner of the directory. */
static void check_owner(struct doctor *d)
{
	struct store_mode dir, data, kek;

	if (store_file_mode(d->store, STORE_FILE_DIR, &dir) || store_file_mode(d->store, STORE_FILE_DATA, &data))
		return;
	if (data.uid != dir.uid && (data.gid != dir.gid || (data.mode & 060) != 060)) {
		doctor_add(d, "owner", DOCTOR_FAIL, "%s/data.mdb belongs to %u:%u, its directory to %u:%u", dir.path, data.uid, data.gid,
			   dir.uid, dir.gid);
		doctor_advise(d, "chown %u:%u %s/*", dir.uid, dir.gid, dir.path);
	}
	if (store_file_mode(d->store, STORE_FILE_KEK, &kek) || !dir.uid)
		return;
	if (!(kek.uid == dir.uid && kek.mode & 0400) && !(kek.gid == dir.gid && kek.mode & 040)) {
		doctor_add(d, "owner", DOCTOR_WARN, "%s belongs to %u:%u: the owner of the store, %u:%u, cannot read it", kek.path, kek.uid,
			   kek.gid, dir.uid, dir.gid);
		doctor_advise(d, "chgrp %u %s && chmod 0440 %s; or give aced the key as a systemd credential", dir.gid, kek.path, kek.path);
	}
}

void doctor_files(struct doctor *d)
{
	size_t before = d->len;

	check_mode(d, STORE_FILE_DIR, "the directory", 0770, "0770");
	check_mode(d, STORE_FILE_DATA, "the data", 0660, "0660");
	check_mode(d, STORE_FILE_KEK, "the key-encryption key", 0640, "0440");
	check_owner(d);
	if (d->len == before)
		doctor_add(d, "permissions", DOCTOR_OK, "store and key-encryption key are for their owner and group alone");
}
