/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_doctor.h"

#include <stdarg.h>

#include "cli/json.h"

static const struct {
	const char *name;
	enum cli_color color;
} states[] = { [DOCTOR_OK] = { "ok", CLI_COLOR_GREEN }, [DOCTOR_WARN] = { "warn", CLI_COLOR_YELLOW },
	       [DOCTOR_FAIL] = { "fail", CLI_COLOR_RED } };

void doctor_add(struct doctor *d, const char *name, enum doctor_state state, const char *format, ...)
{
	struct doctor_check *check = &d->checks[d->len];
	va_list args;

	if (d->len == DOCTOR_CHECKS_MAX)
		return;
	*check = (struct doctor_check){ .name = name, .state = state };
	va_start(args, format);
	vsnprintf(check->message, sizeof check->message, format, args);
	va_end(args);
	d->len++;
}

void doctor_advise(struct doctor *d, const char *format, ...)
{
	va_list args;

	if (!d->len)
		return;
	va_start(args, format);
	vsnprintf(d->checks[d->len - 1].advice, sizeof d->checks[0].advice, format, args);
	va_end(args);
}

void doctor_store_failed(struct doctor *d, const char *name, enum ace_err err)
{
	const struct store_error *last = store_last_error(d->store);

	d->is_damaged |= err == ACE_ERR_DAMAGED || err == ACE_ERR_STORAGE;
	doctor_add(d, name, DOCTOR_FAIL, "%s", last->err == err && last->text[0] ? last->text : ace_err_name(err));
	if (d->is_damaged)
		doctor_advise(d, "stop aced, then: acectl restore BACKUP");
	else
		doctor_advise(d, "try again; if it stays, look at the disk");
}

static size_t count(const struct doctor *d, enum doctor_state state)
{
	size_t found = 0;

	for (size_t i = 0; i < d->len; i++)
		found += d->checks[i].state == state;
	return found;
}

static void say(const struct doctor *d)
{
	bool color = d->output->color_out;

	for (size_t i = 0; i < d->len; i++) {
		const struct doctor_check *check = &d->checks[i];

		cli_say(d->output, "%s%-4s%s  %-12s %s", cli_color(color, states[check->state].color), states[check->state].name,
			cli_color(color, CLI_COLOR_OFF), check->name, check->message);
		if (check->advice[0])
			cli_say(d->output, "      %-12s → %s", "", check->advice);
	}
	cli_say(d->output, "%zu ok, %zu warning%s, %zu failed", count(d, DOCTOR_OK), count(d, DOCTOR_WARN),
		CLI_S(count(d, DOCTOR_WARN)), count(d, DOCTOR_FAIL));
}

static int print(const struct doctor *d)
{
	struct json_t *document = cli_json_object(), *list = cli_json_array();

	say(d);
	for (size_t i = 0; i < d->len; i++) {
		const struct doctor_check *check = &d->checks[i];
		struct json_t *entry = cli_json_object();

		cli_json_put_text(entry, "name", check->name);
		cli_json_put_text(entry, "state", states[check->state].name);
		cli_json_put_text(entry, "message", check->message);
		cli_json_put_text(entry, "advice", check->advice[0] ? check->advice : NULL);
		cli_json_add(list, entry);
	}
	cli_json_put_int(document, "ok", (int64_t)count(d, DOCTOR_OK));
	cli_json_put_int(document, "warnings", (int64_t)count(d, DOCTOR_WARN));
	cli_json_put_int(document, "failed", (int64_t)count(d, DOCTOR_FAIL));
	cli_json_put(document, "checks", list);
	return ctl_printed(d->output, cli_output_json(d->output, document));
}

/* What cannot be opened is said like any other failure, so that what else is wrong is said, too. */
static int open_store(struct doctor *d)
{
	struct store_error error;
	struct store_options options = { .dir = ctl_state_dir(d->call), .kek_path = cli_flag_value(d->call, "kek") };
	enum ace_err err = store_open(&options, &d->store, &error);

	if (!err) {
		doctor_add(d, "store", DOCTOR_OK, "%s opens", ctl_state_dir(d->call));
		return CLI_EXIT_OK;
	}
	d->store = NULL;
	doctor_add(d, "store", DOCTOR_FAIL, "%s", error.text);
	if (err == ACE_ERR_DAMAGED)
		doctor_advise(d, "stop aced, then: acectl restore BACKUP --accept-lost-revocations");
	else if (err == ACE_ERR_VERSION)
		doctor_advise(d, "upgrade, or restore a backup from before the upgrade that was taken back");
	else if (err == ACE_ERR_NOT_FOUND)
		doctor_advise(d, "acectl init makes one; acectl restore brings one back");
	else
		doctor_advise(d, "until it opens, nothing in it can be looked at");
	return cli_exit_of(err);
}

int ctl_doctor(const struct cli_call *call, const struct cli_output *output)
{
	struct doctor d = { .call = call, .output = output, .now = ctl_now() };
	int code, printed;

	ctl_damage_watch(output, ctl_state_dir(call));
	code = open_store(&d);
	if (d.store) {
		doctor_store(&d);
		doctor_files(&d);
		doctor_keys(&d);
	}
	doctor_host(&d);
	store_close(d.store);
	printed = print(&d);
	if (code || printed)
		return code ? code : printed;
	if (d.is_damaged)
		return CLI_EXIT_BROKEN;
	return count(&d, DOCTOR_FAIL) ? CLI_EXIT_NO : CLI_EXIT_OK;
}
