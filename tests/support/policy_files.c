/* SPDX-License-Identifier: Apache-2.0 */
#include "policy_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "policy/files.h"

char *policy_files_text(const char *path, size_t *ret_len)
{
	FILE *file = fopen(path, "rb");
	char *text = malloc(1 << 20);

	assert_non_null(text);
	if (!file)
		fail_msg("%s cannot be read", path);
	*ret_len = fread(text, 1, (1 << 20) - 1, file);
	text[*ret_len] = 0;
	fclose(file);
	return text;
}

struct policy_loaded policy_files_load_worked(const char *name, struct policy_problems *problems)
{
	static const char *const files[] = { "policy.json", "inventory.json" };
	struct policy_source sources[2];
	struct policy_loaded loaded;
	char path[512];

	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/%s/%s", POLICIES_DIR, name, files[i]);
		sources[i].name = files[i];
		sources[i].text = policy_files_text(path, &sources[i].len);
	}
	if (policy_load(sources, 2, NULL, problems, &loaded)) {
		policy_problems_print(stderr, problems);
		fail_msg("policies/%s does not load", name);
	}
	for (size_t i = 0; i < 2; i++)
		free((void *)(uintptr_t)sources[i].text);
	return loaded;
}

struct policy_loaded policy_files_load_folder(const char *path, struct policy_problems *problems)
{
	char whole[512];
	const char *const paths[] = { whole };
	struct policy_files files;
	struct policy_loaded loaded;

	snprintf(whole, sizeof whole, "%s/%s", POLICIES_DIR, path);
	assert_int_equal(policy_files_read(paths, 1, problems, &files), ACE_OK);
	if (policy_load(files.sources, files.sources_len, NULL, problems, &loaded)) {
		policy_problems_print(stderr, problems);
		fail_msg("%s does not load", whole);
	}
	policy_files_free(&files);
	return loaded;
}

int64_t policy_files_time(const char *text)
{
	struct tm tm = { 0 };

	assert_int_equal(sscanf(text, "%d-%d-%dT%d:%d:%dZ", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min,
				&tm.tm_sec),
			 6);
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	return timegm(&tm);
}

struct policy_query policy_files_query(const struct policy_loaded *loaded, const char *client, const char *device,
				       const char *scope, const char *now)
{
	struct policy_query query = {
		.scope = { ACE_SCOPE_TEXT, { (const uint8_t *)scope, strlen(scope) } },
		.now = policy_files_time(now),
	};

	for (size_t i = 0; i < loaded->inventory->clients_len; i++) {
		const struct policy_client *c = &loaded->inventory->clients[i];

		if (!strcmp(c->id, client))
			query.client = (struct policy_party){ c->id, c->enabled, c->tags };
	}
	for (size_t i = 0; i < loaded->inventory->devices_len; i++) {
		const struct policy_device *d = &loaded->inventory->devices[i];

		if (!strcmp(d->id, device)) {
			query.device = (struct policy_party){ d->id, d->enabled, d->tags };
			query.model = d->model;
		}
	}
	if (!query.client.id || !query.device.id)
		fail_msg("no client %s or no device %s", client, device);
	return query;
}
