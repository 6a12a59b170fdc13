/* SPDX-License-Identifier: Apache-2.0 */
#include "as/ctl_known.h"

#include <string.h>

#include "storage/clients.h"
#include "storage/devices.h"

static bool has_tag(const struct store_tags *tags, const char *key)
{
	struct ace_tag list[STORE_TAGS_MAX];
	struct ace_tags view = store_tags_view(tags, list);

	for (size_t i = 0; i < view.len; i++)
		if (!strcmp(view.list[i].key, key))
			return true;
	return false;
}

static bool client_has_tag(struct store_txn *txn, const char *key)
{
	struct store_client client = { 0 };

	while (!store_client_next(txn, client.id, &client))
		if (has_tag(&client.tags, key))
			return true;
	return false;
}

static bool device_has_tag(struct store_txn *txn, const char *key)
{
	struct store_device device = { 0 };

	while (!store_device_next(txn, device.id, &device))
		if (has_tag(&device.tags, key))
			return true;
	return false;
}

bool ctl_is_known(void *context, enum policy_kind kind, const char *name)
{
	const struct ctl_known *known = context;
	struct store_client client;
	struct store_device device;

	if (kind == POLICY_KIND_MODEL)
		return known->policy && policy_model_find(known->policy, name);
	if (known->prune)
		return false;
	if (kind == POLICY_KIND_CLIENT)
		return !store_client_get(known->txn, name, &client);
	if (kind == POLICY_KIND_DEVICE)
		return !store_device_find(known->txn, (struct ace_slice){ (const uint8_t *)name, strlen(name) }, &device);
	return kind == POLICY_KIND_CLIENT_TAG ? client_has_tag(known->txn, name) : device_has_tag(known->txn, name);
}
