/* SPDX-License-Identifier: Apache-2.0 */
#include "as/known.h"

#include <stdlib.h>
#include <string.h>

#include "ace_port.h"
#include "ace_port_host.h"

#define KEYS_LEN (STORE_DEVICE_KEYS_MAX * sizeof(struct store_key))

/* Where the next bytes of a block go; tags come first, since they have to be aligned. */
struct packer {
	char *at;
};

static const char *pack_text(struct packer *packer, const char *text)
{
	size_t len = strlen(text) + 1;
	char *copy = memcpy(packer->at, text, len);

	packer->at += len;
	return copy;
}

static size_t tags_size(const struct store_tags *tags)
{
	return tags->count * sizeof(struct ace_tag) + tags->len;
}

static struct ace_tags pack_tags(struct packer *packer, const struct store_tags *tags, struct ace_slice *ret_text)
{
	struct ace_tag list[STORE_TAGS_MAX], *copy = (struct ace_tag *)(void *)packer->at;
	struct ace_tags view = store_tags_view(tags, list);
	char *text = packer->at + view.len * sizeof *copy;

	for (size_t i = 0; i < view.len; i++)
		copy[i] = (struct ace_tag){ text + (list[i].key - tags->text), text + (list[i].value - tags->text) };
	memcpy(text, tags->text, tags->len);
	*ret_text = (struct ace_slice){ (const uint8_t *)text, tags->len };
	packer->at = text + tags->len;
	return (struct ace_tags){ copy, view.len };
}

struct as_client *as_client_new(const struct store_client *record)
{
	size_t size = sizeof(struct as_client) + tags_size(&record->tags) + strlen(record->id) +
		      strlen(record->default_audience) + strlen(record->default_scope) + 3;
	struct as_client *client = malloc(size);
	struct packer packer = { (char *)(client + 1) };

	if (!client)
		return NULL;
	client->tags = pack_tags(&packer, &record->tags, &client->tag_text);
	client->id = pack_text(&packer, record->id);
	client->default_audience = pack_text(&packer, record->default_audience);
	client->default_scope = pack_text(&packer, record->default_scope);
	client->is_enabled = record->is_enabled;
	client->method = record->method;
	client->line = record->line;
	client->key_version = record->key_version;
	client->old = record->old;
	client->ticket_expires = record->ticket_expires;
	client->created = record->created;
	return client;
}

void as_client_free(struct as_client *client)
{
	free(client);
}

struct as_device *as_device_new(const struct store_device *record, const struct store_key *keys)
{
	size_t size = sizeof(struct as_device) + tags_size(&record->tags) + strlen(record->id) +
		      strlen(record->audience) + strlen(record->model) + 3;
	struct as_device *device = malloc(size);
	struct packer packer = { (char *)(device + 1) };

	if (!device)
		return NULL;
	device->keys = ace_port_host_secret_new(KEYS_LEN);
	if (!device->keys) {
		free(device);
		return NULL;
	}
	device->tags = pack_tags(&packer, &record->tags, &device->tag_text);
	device->id = pack_text(&packer, record->id);
	device->alias = pack_text(&packer, record->audience);
	device->audience = device->alias[0] ? device->alias : device->id;
	device->model = pack_text(&packer, record->model);
	device->is_enabled = record->is_enabled;
	device->keys_len = record->keys_len;
	memset(device->uses, 0, sizeof device->uses);
	device->worn_is_told = false;
	memcpy(device->described, record->keys, sizeof device->described);
	memcpy(device->keys, keys, record->keys_len * sizeof *keys);
	device->created = record->created;
	return device;
}

void as_device_free(struct as_device *device)
{
	if (device)
		ace_port_host_secret_free(device->keys, KEYS_LEN);
	free(device);
}
