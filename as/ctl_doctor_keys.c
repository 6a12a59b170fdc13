/* SPDX-License-Identifier: Apache-2.0 */
/* The key-encryption key, how old keys are and how much they were used, and whether each kid stands for one key. */
#include <string.h>

#include "as/ctl_doctor.h"
#include "as/ctl_record.h"
#include "storage/device_keys.h"
#include "storage/kek.h"
#include "storage/key_uses.h"
#include "storage/meta.h"

#define DAY_S 86400

/* A number of clients or devices, and the first of them. */
struct found {
	uint64_t count;
	char first[STORE_ID_MAX + 1];
};

struct findings {
	struct found old, wearing, worn, clashing;
	uint64_t lines, devices;
};

static void note(struct found *found, const char *id)
{
	if (!found->count++)
		snprintf(found->first, sizeof found->first, "%s", id);
}

static bool same_kid(const struct store_device_key *a, const struct store_device_key *b)
{
	return a->kid_len == b->kid_len && !memcmp(a->kid, b->kid, a->kid_len);
}

/* The kid of a line must lead to who has it. */
static enum ace_err look_at_line(struct store_txn *txn, enum store_kind kind, const char *id, uint64_t line, struct findings *f)
{
	char owner[STORE_ID_MAX + 1] = "";
	enum store_kind found = STORE_POLICY;
	enum ace_err err = line ? store_line_find(txn, line, &found, owner) : ACE_OK;

	if (err && err != ACE_ERR_NOT_FOUND)
		return err;
	if (line && (err || found != kind || strcmp(owner, id)))
		note(&f->clashing, id);
	f->lines += line != 0;
	return ACE_OK;
}

static void look_at_keys(const struct ctl_device *device, int64_t now, struct findings *f)
{
	const struct store_device *record = &device->record;
	size_t issuing = store_key_issuing(record->keys, record->keys_len, now);
	const struct store_device_key *key = &record->keys[issuing];
	int64_t since = key->from ? key->from : record->created;

	for (size_t i = 1; i < record->keys_len; i++)
		if (same_kid(&record->keys[i - 1], &record->keys[i]))
			note(&f->clashing, record->id);
	if (now - since > (int64_t)DOCTOR_TOKEN_KEY_DAYS * DAY_S)
		note(&f->old, record->id);
	if (device->uses[issuing] >= store_key_uses_limit(key->alg))
		note(&f->worn, record->id);
	else if (device->uses[issuing] >= store_key_uses_alarm(key->alg))
		note(&f->wearing, record->id);
}

static enum ace_err look_at_devices(struct store_txn *txn, int64_t now, struct findings *f)
{
	static struct ctl_device device;
	enum ace_err err;

	device = (struct ctl_device){ .uses = { 0 } };
	while (!(err = store_device_next(txn, device.record.id, &device.record))) {
		f->devices++;
		err = look_at_line(txn, STORE_DEVICE, device.record.id, device.record.line, f);
		if (!err)
			err = ctl_device_count(txn, &device);
		if (err)
			return err;
		look_at_keys(&device, now, f);
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static enum ace_err look_at_clients(struct store_txn *txn, struct findings *f)
{
	static struct store_client client;
	enum ace_err err;

	client.id[0] = '\0';
	while (!(err = store_client_next(txn, client.id, &client))) {
		err = look_at_line(txn, STORE_CLIENT, client.id, client.line, f);
		if (err)
			return err;
	}
	return err == ACE_ERR_NOT_FOUND ? ACE_OK : err;
}

static void tell_kids(struct doctor *d, const struct findings *f)
{
	if (!f->clashing.count) {
		doctor_add(d, "kids", DOCTOR_OK, "%llu line%s and the token keys of %llu device%s, each with a kid of its own",
			   (unsigned long long)f->lines, CLI_S(f->lines), (unsigned long long)f->devices, CLI_S(f->devices));
		return;
	}
	doctor_add(d, "kids", DOCTOR_FAIL, "%llu have a kid that stands for something else, the first is %s",
		   (unsigned long long)f->clashing.count, f->clashing.first);
	doctor_advise(d, "new keys for it: acectl client rotate-key, acectl device rotate-key --now, device rotate-line --now");
}

static void tell_token_keys(struct doctor *d, const struct findings *f)
{
	if (f->worn.count) {
		doctor_add(d, "token keys", DOCTOR_FAIL, "%llu device%s with a key that is worn, the first is %s: no tokens are issued for it",
			   (unsigned long long)f->worn.count, CLI_S(f->worn.count), f->worn.first);
		doctor_advise(d, "acectl device rotate-key %s", f->worn.first);
	}
	if (f->wearing.count) {
		doctor_add(d, "token keys", DOCTOR_WARN, "%llu device%s with a key that wears, the first is %s",
			   (unsigned long long)f->wearing.count, CLI_S(f->wearing.count), f->wearing.first);
		doctor_advise(d, "acectl key status names them; acectl device rotate-key %s", f->wearing.first);
	}
	if (f->old.count) {
		doctor_add(d, "token keys", DOCTOR_WARN, "%llu device%s with a key of more than %d days, the first is %s",
			   (unsigned long long)f->old.count, CLI_S(f->old.count), DOCTOR_TOKEN_KEY_DAYS, f->old.first);
		doctor_advise(d, "acectl device rotate-key %s", f->old.first);
	}
	if (!f->worn.count && !f->wearing.count && !f->old.count)
		doctor_add(d, "token keys", DOCTOR_OK, "none is worn, wears, or is older than %d days", DOCTOR_TOKEN_KEY_DAYS);
}

/* From which moment on a key-encryption key opens the store. */
static void check_kek_age(struct doctor *d, struct store_txn *txn)
{
	struct store_kek_status status;
	struct store_info info;
	long long days, data_days;
	enum ace_err err = store_kek_status(txn, &status);

	if (!err)
		err = store_info_get(txn, &info);
	if (err) {
		doctor_store_failed(d, "key age", err);
		return;
	}
	days = (long long)(d->now - status.since) / DAY_S;
	data_days = (long long)(d->now - info.created) / DAY_S;
	if (status.keys > 1) {
		doctor_add(d, "key age", DOCTOR_WARN, "two key-encryption keys open the store: a rotation is not finished");
		doctor_advise(d, "acectl key rotate-kek --finish when aced runs with the new one");
		return;
	}
	doctor_add(d, "key age", days > DOCTOR_KEK_DAYS ? DOCTOR_WARN : DOCTOR_OK,
		   "key-encryption key in use for %lld day%s, data key for %lld", days, CLI_S(days), data_days);
	if (days > DOCTOR_KEK_DAYS)
		doctor_advise(d, "acectl key rotate-kek");
}

/* Last of all, since it opens what is sealed. */
static void check_kek(struct doctor *d)
{
	struct store_error error;

	if (!store_unlock(d->store, &error)) {
		doctor_add(d, "key file", DOCTOR_OK, "%s opens the store", store_kek_path(d->store));
		return;
	}
	d->is_damaged |= error.err == ACE_ERR_DAMAGED;
	doctor_add(d, "key file", DOCTOR_FAIL, "%s", error.text);
	doctor_advise(d, "put the right key there from where you keep its copy, or name it with --kek; without it no secret of the store opens");
}

void doctor_keys(struct doctor *d)
{
	struct findings findings = { .lines = 0 };
	struct store_txn *txn;
	enum ace_err err = store_begin_read(d->store, &txn);

	if (err) {
		doctor_store_failed(d, "kids", err);
		return;
	}
	check_kek_age(d, txn);
	err = look_at_clients(txn, &findings);
	if (!err)
		err = look_at_devices(txn, d->now, &findings);
	store_abort(txn);
	if (err) {
		doctor_store_failed(d, "kids", err);
	} else {
		tell_kids(d, &findings);
		tell_token_keys(d, &findings);
	}
	check_kek(d);
}
