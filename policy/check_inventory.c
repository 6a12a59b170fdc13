/* SPDX-License-Identifier: Apache-2.0 */
/* Clashes within an inventory: audiences and key ids. */
#include <stdlib.h>
#include <string.h>

#include "policy/rule.h"

struct name {
	const char *text;
	uint32_t device;
	bool is_alias;
};

static int compare_names(const void *left, const void *right)
{
	const struct name *a = left, *b = right;
	int order = strcmp(a->text, b->text);

	return order ? order : (int)a->is_alias - (int)b->is_alias;
}

static void report(struct policy_build *build, uint32_t device, const char *member, const char *code,
		   const char *message)
{
	struct policy_pointer at = policy_pointer_make(
		(const char *const[]){ "devices", build->inventory->devices[device].id, member, NULL }, SIZE_MAX);

	if (!strcmp(member, "as_key"))
		policy_pointer_push(&at, "kid_hex");
	policy_report(build->problems, (struct policy_place){ build->device_sources[device], at.text }, code, "%s",
		      message);
}

static void check_audiences(struct policy_build *build, struct name *names)
{
	const struct policy_inventory *inventory = build->inventory;
	char message[256];
	size_t len = 0;

	for (uint32_t i = 0; i < inventory->devices_len; i++) {
		names[len++] = (struct name){ inventory->devices[i].id, i, false };
		if (inventory->devices[i].audience)
			names[len++] = (struct name){ inventory->devices[i].audience, i, true };
	}
	if (len)
		qsort(names, len, sizeof *names, compare_names);
	for (size_t i = 1; i < len; i++) {
		if (strcmp(names[i - 1].text, names[i].text) || names[i - 1].device == names[i].device)
			continue;
		snprintf(message, sizeof message, "“%s” is the audience of device “%s” too", names[i].text,
			 inventory->devices[names[i - 1].device].id);
		report(build, names[i].device, "audience", "E106", message);
	}
}

static void kid_text(const struct policy_device *device, char *ret_hex)
{
	for (size_t i = 0; i < device->kid_len; i++)
		snprintf(ret_hex + 2 * i, 3, "%02x", device->kid[i]);
}

/* Key ids, and the fingerprints of keys: a key id must be neither twice. */
static void check_kids(struct policy_build *build, struct name *names, char (*hex)[2 * POLICY_KID_MAX + 1])
{
	const struct policy_inventory *inventory = build->inventory;
	char message[256];
	size_t len = 0;

	for (uint32_t i = 0; i < inventory->devices_len; i++) {
		const struct policy_device *device = &inventory->devices[i];

		kid_text(device, hex[i]);
		names[len++] = (struct name){ hex[i], i, true };
		if (device->as_key.source == POLICY_KEY_FINGERPRINT)
			names[len++] = (struct name){ device->as_key.value + 7, i, false };
	}
	if (len)
		qsort(names, len, sizeof *names, compare_names);
	for (size_t i = 1; i < len; i++) {
		if (strcmp(names[i - 1].text, names[i].text) || !names[i].is_alias)
			continue;
		snprintf(message, sizeof message, "key id %s is %s of device “%s” too", names[i].text,
			 names[i - 1].is_alias ? "that" : "the key's fingerprint", inventory->devices[names[i - 1].device].id);
		report(build, names[i].device, "as_key", "E109", message);
	}
}

static bool has_psk(const struct policy_device *device)
{
	return device->has_as_line && device->as_line_method == POLICY_LINE_DTLS_PSK;
}

/* An id is the PSK identity of its line with DTLS, and that alone says who talks. Both lists are sorted. */
static void check_identities(struct policy_build *build)
{
	const struct policy_inventory *inventory = build->inventory;
	size_t c = 0;

	for (uint32_t i = 0; i < inventory->devices_len; i++) {
		const struct policy_device *device = &inventory->devices[i];

		while (c < inventory->clients_len && strcmp(inventory->clients[c].id, device->id) < 0)
			c++;
		if (c < inventory->clients_len && !strcmp(inventory->clients[c].id, device->id) && has_psk(device) &&
		    inventory->clients[c].method == POLICY_LINE_DTLS_PSK)
			report(build, i, "as_line", "E115", "a client of the same id has the same PSK identity");
	}
}

void policy_check_inventory(struct policy_build *build);
void policy_check_inventory(struct policy_build *build)
{
	size_t len = build->inventory->devices_len;
	struct name *names = calloc(2 * len + 1, sizeof *names);
	char(*hex)[2 * POLICY_KID_MAX + 1] = calloc(len + 1, sizeof *hex);

	check_identities(build);
	if (names && hex) {
		check_audiences(build, names);
		check_kids(build, names, hex);
	} else {
		build->problems->no_memory = true;
	}
	free(names);
	free(hex);
}
