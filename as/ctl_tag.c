/* SPDX-License-Identifier: Apache-2.0 */
/* client tag, device tag: KEY=VALUE sets a tag, KEY- takes one away; the others stay. */
#include "as/ctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "as/ctl_record.h"
#include "as/ctl_text.h"
#include "cli/json.h"
#include "policy/words.h"

#define TAG_KEY_MAX 32
#define TAG_VALUE_CHARS_MAX 64 /* as in an inventory, so that an export can be applied */

struct tagging {
	const struct cli_output *output;
	enum store_kind kind;
	const char *id;
	char *const *args; /* KEY=VALUE or KEY- */
	size_t args_len;
	size_t changed; /* tags that are not what they were */
	struct store_client client;
	struct ctl_device device;
};

static int compare(const void *a, const void *b)
{
	return strcmp(((const struct ace_tag *)a)->key, ((const struct ace_tag *)b)->key);
}

/* What one argument says. value NULL: take it away. The key is copied, the value borrowed. */
static bool read_arg(const char *arg, char ret_key[TAG_KEY_MAX + 1], const char **ret_value)
{
	const char *equals = strchr(arg, '=');
	size_t len = equals ? (size_t)(equals - arg) : strlen(arg);

	if (!equals && (len == 0 || arg[--len] != '-'))
		return false;
	if (len > TAG_KEY_MAX)
		return false;
	memcpy(ret_key, arg, len);
	ret_key[len] = '\0';
	*ret_value = equals ? equals + 1 : NULL;
	return policy_is_tag_key(ret_key);
}

/* Before the store is opened, so that nothing is done by halves. */
static int check_args(const struct tagging *t)
{
	char key[TAG_KEY_MAX + 1], other[TAG_KEY_MAX + 1];
	const char *value, *ignored;

	for (size_t i = 0; i < t->args_len; i++) {
		if (!read_arg(t->args[i], key, &value))
			return cli_fail(t->output, CLI_EXIT_USAGE, "\"%.60s\" is neither KEY=VALUE nor KEY-, with a key of a small "
								   "letter, then small letters, digits, _, -, at most 32 in all",
					t->args[i]);
		if (value && (!*value || !ctl_is_utf8((struct ace_slice){ (const uint8_t *)value, strlen(value) }) || policy_text_chars(value) > TAG_VALUE_CHARS_MAX))
			return cli_fail(t->output, CLI_EXIT_USAGE, "the value of %s must be UTF-8 text of 1 to %d characters", key,
					TAG_VALUE_CHARS_MAX);
		for (size_t j = 0; j < i; j++)
			if (read_arg(t->args[j], other, &ignored) && !strcmp(key, other))
				return cli_fail(t->output, CLI_EXIT_USAGE, "%s is named twice", key);
	}
	return CLI_EXIT_OK;
}

/* One argument on a list that has room for one tag more. New keys are kept in keys, of which the list borrows. */
static enum ace_err change(struct tagging *t, size_t index, struct ace_tag *list, size_t *len,
			   char keys[][TAG_KEY_MAX + 1])
{
	const char *value;
	size_t at = 0;

	if (!read_arg(t->args[index], keys[index], &value))
		return ACE_ERR_USAGE;
	while (at < *len && strcmp(list[at].key, keys[index]))
		at++;
	if (at == *len && value) {
		list[(*len)++] = (struct ace_tag){ keys[index], value };
		t->changed++;
	} else if (at < *len && !value) {
		list[at] = list[--*len];
		t->changed++;
	} else if (at < *len && strcmp(list[at].value, value)) {
		list[at].value = value;
		t->changed++;
	}
	return ACE_OK;
}

static enum ace_err change_all(struct tagging *t, struct store_tags *tags)
{
	const struct store_tags before = *tags;
	struct ace_tag *list = calloc(STORE_TAGS_MAX + t->args_len, sizeof *list);
	char(*keys)[TAG_KEY_MAX + 1] = calloc(t->args_len, sizeof *keys);
	struct ace_tags view = { list, 0 };
	enum ace_err err = list && keys ? ACE_OK : ACE_ERR_MEMORY;

	t->changed = 0;
	if (!err)
		view.len = store_tags_view(&before, list).len;
	for (size_t i = 0; i < t->args_len && !err; i++)
		err = change(t, i, list, &view.len, keys);
	if (!err) {
		qsort(list, view.len, sizeof *list, compare);
		err = store_tags_set(&view, tags);
	}
	free(keys);
	free(list);
	return err;
}

static enum ace_err tag_one(struct store_txn *txn, void *arg)
{
	struct tagging *t = arg;
	enum ace_err err;

	if (t->kind == STORE_CLIENT) {
		err = store_client_get(txn, t->id, &t->client);
		if (!err)
			err = change_all(t, &t->client.tags);
		return err || !t->changed ? err : store_client_update(txn, &t->client);
	}
	err = store_device_get(txn, t->id, &t->device.record);
	if (!err)
		err = change_all(t, &t->device.record.tags);
	if (!err && t->changed)
		err = store_device_update(txn, &t->device.record);
	return err ? err : ctl_device_count(txn, &t->device);
}

static int print_tagged(const struct tagging *t)
{
	if (t->output->json != CLI_TEXT)
		return ctl_printed(t->output, cli_output_json(t->output, t->kind == STORE_CLIENT ? ctl_client_record(&t->client) :
												   ctl_device_record(&t->device)));
	if (!t->changed) {
		cli_say_done(t->output, "%s: nothing to change", t->id);
		return CLI_EXIT_OK;
	}
	cli_say_done(t->output, "%s: %zu tag%s changed, effective now", t->id, t->changed, CLI_S(t->changed));
	cli_note(t->output, "tokens live on; acectl token revoke --exceeding ends those that would not be given now");
	return CLI_EXIT_OK;
}

static int tag(const struct cli_call *call, const struct cli_output *output, enum store_kind kind)
{
	struct tagging t = { .output = output, .kind = kind, .id = call->args[0], .args = call->args + 1,
			     .args_len = call->args_len - 1 };
	struct store *store;
	enum ace_err err;
	int code = check_args(&t);

	if (!code)
		code = ctl_open(call, output, false, &store);
	if (code)
		return code;
	err = store_write(store, tag_one, &t);
	if (err == ACE_ERR_NOT_FOUND)
		code = ctl_unknown(output, store, kind, t.id);
	else if (err == ACE_ERR_RANGE)
		code = cli_fail(output, CLI_EXIT_NO, "%s would have more tags than there is room for: %d of %d bytes in all", t.id,
				STORE_TAGS_MAX, STORE_TAGS_TEXT_MAX);
	else
		code = err ? ctl_fail(output, store, err) : print_tagged(&t);
	store_close(store);
	return code;
}

int ctl_client_tag(const struct cli_call *call, const struct cli_output *output)
{
	return tag(call, output, STORE_CLIENT);
}

int ctl_device_tag(const struct cli_call *call, const struct cli_output *output)
{
	return tag(call, output, STORE_DEVICE);
}
