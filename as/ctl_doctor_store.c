/* SPDX-License-Identifier: Apache-2.0 */
/* Rows, room, readers, the policy, and the aced that runs. */
#include <string.h>

#include "as/ctl_doctor.h"
#include "as/policy_stored.h"
#include "storage/meta.h"
#include "storage/policies.h"
#include "storage/usage.h"

#define HEARTBEAT_LATE_S 180 /* three that are missing */

static void check_rows(struct doctor *d, struct store_txn *txn)
{
	uint64_t rows;
	enum ace_err err = store_rows_check(txn, &rows);

	if (err)
		doctor_store_failed(d, "rows", err);
	else
		doctor_add(d, "rows", DOCTOR_OK, "all %llu read, none damaged", (unsigned long long)rows);
}

static unsigned int percent(uint64_t part, uint64_t whole)
{
	return whole ? (unsigned int)(part / (whole / 100 + 1)) : 0;
}

static void check_room(struct doctor *d)
{
	struct store_usage usage;
	unsigned int full;
	enum ace_err err = store_usage(d->store, &usage);

	if (err) {
		doctor_store_failed(d, "map", err);
		return;
	}
	full = percent(usage.used_bytes, usage.map_max_bytes);
	doctor_add(d, "map", !usage.room_bytes ? DOCTOR_FAIL : full >= DOCTOR_FULL_PERCENT ? DOCTOR_WARN : DOCTOR_OK,
		   "%llu of at most %llu MiB used (%u %%)", (unsigned long long)(usage.used_bytes >> 20),
		   (unsigned long long)(usage.map_max_bytes >> 20), full);
	if (!usage.room_bytes || full >= DOCTOR_FULL_PERCENT)
		doctor_advise(d, "keep less of the audit (audit.keep_days, audit.max_bytes), and free disk space");
	doctor_add(d, "disk", usage.disk_free_bytes < DOCTOR_DISK_BYTES ? DOCTOR_WARN : DOCTOR_OK, "%llu MiB free",
		   (unsigned long long)(usage.disk_free_bytes >> 20));
	if (usage.disk_free_bytes < DOCTOR_DISK_BYTES)
		doctor_advise(d, "free some: with a full disk aced refuses tokens and goes on revoking");
	doctor_add(d, "readers", usage.oldest_reader > DOCTOR_READER_BEHIND ? DOCTOR_WARN : DOCTOR_OK,
		   "%u slots, %u of programs that died and were cleared; the oldest is %llu transactions behind", usage.readers,
		   usage.dead_readers, (unsigned long long)usage.oldest_reader);
	if (usage.oldest_reader > DOCTOR_READER_BEHIND)
		doctor_advise(d, "find the acectl that has been reading for so long: the store grows until it ends");
}

static void check_policy(struct doctor *d, struct store_txn *txn)
{
	struct policy_problems problems = { 0 };
	struct policy *policy = NULL;
	uint64_t generation = 0;
	enum ace_err err = store_policy_current(txn, &generation);

	if (!err)
		err = as_policy_stored(txn, generation, &problems, &policy);
	if (problems.errors) {
		doctor_add(d, "policy", DOCTOR_FAIL, "generation %llu does not compile: %s %s", (unsigned long long)generation,
			   problems.list[0].code, problems.list[0].message);
		doctor_advise(d, "acectl policy rollback GEN, or apply it mended; aced refuses everything until then");
	} else if (err) {
		doctor_store_failed(d, "policy", err);
	} else {
		doctor_add(d, "policy", generation ? DOCTOR_OK : DOCTOR_WARN, generation ? "generation %llu compiles" :
			   "generation %llu: none was applied yet, everything is refused", (unsigned long long)generation);
		if (!generation)
			doctor_advise(d, "acectl policy apply PATH");
	}
	policy_problems_free(&problems);
	policy_free(policy);
}

/* A store that is newer than this program did not open; here the program that serves is another one than this. */
static void check_versions(struct doctor *d, const struct store_heartbeat *beat)
{
	if (strcmp(beat->version, ACED_VERSION) == 0) {
		doctor_add(d, "version", DOCTOR_OK, "aced and acectl are both %s", ACED_VERSION);
		return;
	}
	doctor_add(d, "version", DOCTOR_WARN, "aced %s runs, acectl is %s", beat->version, ACED_VERSION);
	doctor_advise(d, "restart aced after an upgrade; see which acectl comes first in PATH");
}

static void check_daemon(struct doctor *d, struct store_txn *txn)
{
	const char *dir = ctl_state_dir(d->call);
	struct store_heartbeat beat;
	long long late;

	if (!store_daemon_up(dir)) {
		doctor_add(d, "aced", DOCTOR_WARN, store_daemon_running(dir) ? "starts, and is not ready yet" : "does not run on this store");
		doctor_advise(d, "acectl status --wait; its log says why it ends");
		return;
	}
	if (store_heartbeat_get(txn, &beat))
		return;
	late = (long long)(d->now - beat.seen_at);
	doctor_add(d, "aced", late > HEARTBEAT_LATE_S ? DOCTOR_FAIL : DOCTOR_OK, "runs at %.200s; last sign of life %lld s ago", beat.listen,
		   late < 0 ? 0 : late);
	if (late > HEARTBEAT_LATE_S)
		doctor_advise(d, "it writes nothing any more: look at its log, the disk, and who holds the store");
	check_versions(d, &beat);
}

void doctor_store(struct doctor *d)
{
	struct store_txn *txn;
	enum ace_err err;

	check_room(d); /* before this one reads, too */
	err = store_begin_read(d->store, &txn);
	if (err) {
		doctor_store_failed(d, "rows", err);
		return;
	}
	check_rows(d, txn);
	check_policy(d, txn);
	check_daemon(d, txn);
	store_abort(txn);
}
