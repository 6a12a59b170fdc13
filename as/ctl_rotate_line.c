/* SPDX-License-Identifier: Apache-2.0 */
/* device rotate-line: a new secret for the line that a device has to the AS. */
#include "as/ctl.h"

#include "as/ctl_record.h"
#include "as/ctl_secret.h"
#include "cli/json.h"

struct line_rotation {
	const char *id;
	bool at_once;
	uint32_t overlap_s; /* 0: until the new one was used */
	int64_t now;
	struct store_secret secret;
	struct ctl_device device; /* afterwards */
};

static enum ace_err rotate_work(struct store_txn *txn, void *arg)
{
	struct line_rotation *r = arg;
	struct store_device *device = &r->device.record;
	enum ace_err err = store_device_get(txn, r->id, device);

	if (!err)
		err = ctl_secret_make(device->line_method, &r->secret);
	if (!err)
		err = store_device_line_rotate(txn, &(struct store_line_rotation){ .id = r->id, .secret = &r->secret,
			.now = r->now, .old_until = r->overlap_s ? r->now + r->overlap_s : 0 }, device);
	if (!err && r->at_once)
		err = store_device_line_settle(txn, r->id);
	if (!err)
		err = store_device_get(txn, r->id, device);
	return err ? err : ctl_device_count(txn, &r->device);
}

static int print(const struct cli_output *output, const struct line_rotation *r)
{
	cli_say_done(output, "%s has a new key for its line to the AS; the old one %s", r->id,
		r->at_once ? "is dead" : "is taken until the new one was used");
	cli_note(output, "acectl device export %s -o FILE", r->id);
	return ctl_printed(output, cli_output_json(output, ctl_device_record(&r->device)));
}

static int run(const struct cli_output *output, struct store *store, struct line_rotation *r)
{
	enum ace_err err = store_write(store, rotate_work, r);

	if (err == ACE_ERR_NOT_FOUND)
		return ctl_unknown(output, store, STORE_DEVICE, r->id);
	if (err == ACE_ERR_UNSUPPORTED)
		return cli_fail(output, CLI_EXIT_NO, "%s has no line to the AS; its inventory gives it one (as_line)", r->id);
	return err ? ctl_fail(output, store, err) : print(output, r);
}

int ctl_device_rotate_line(const struct cli_call *call, const struct cli_output *output)
{
	struct line_rotation r = { .id = call->args[0], .now = ctl_now(), .at_once = cli_flag(call, "now") };
	const char *overlap = cli_flag_value(call, "overlap");
	struct store *store;
	int code;

	if (overlap && r.at_once)
		return cli_fail(output, CLI_EXIT_USAGE, "with --now nothing overlaps: leave --overlap out");
	if (overlap && !ctl_duration_parse(overlap, &r.overlap_s))
		return cli_fail(output, CLI_EXIT_USAGE, "--overlap %.40s: a duration such as 90s, 30m, 24h or 31d", overlap);
	code = ctl_open(call, output, true, &store);
	if (code)
		return code;
	code = run(output, store, &r);
	store_secret_wipe(&r.secret);
	store_close(store);
	return code;
}
