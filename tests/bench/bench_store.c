/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "policy/policy.h"
#include "storage/clients.h"
#include "storage/devices.h"
#include "storage/policies.h"

#define ROWS_A_COMMIT 10000
#define COORDINATES "coap://as.example"

static char made_dir[256];
static uint64_t *lines; /* of each client, as the store chose them; owned, until the next store is made */

static const char policy_text[] =
	"{ \"format\": \"ace-policy/1\","
	"  \"defaults\": { \"effect\": \"deny\", \"lifetime\": \"1h\" },"
	"  \"models\": { \"thermo\": { \"resources\": { \"/temp\": [\"GET\"], \"/setpoint\": [\"GET\", \"PUT\"] },"
	"                            \"scope_format\": \"aif\", \"clock\": \"rtc\" } },"
	"  \"scopes\": { \"climate.read\": { \"/temp\": [\"GET\"] },"
	"              \"climate.set\": { \"/setpoint\": [\"GET\", \"PUT\"] } },"
	"  \"client_groups\": { \"boards\": { \"match\": { \"role\": \"board\" } },"
	"                     \"technicians\": { \"match\": { \"role\": \"technician\" } } },"
	"  \"device_groups\": { \"climate\": { \"match\": { \"kind\": \"climate\" } } },"
	"  \"rules\": {"
	"    \"boards-read\": { \"effect\": \"allow\", \"clients\": [\"group:boards\"],"
	"                     \"devices\": [\"group:climate\"], \"scopes\": [\"climate.read\"],"
	"                     \"when\": { \"same_tag\": [\"site\"] } },"
	"    \"technicians-set\": { \"effect\": \"allow\", \"clients\": [\"group:technicians\"],"
	"                         \"devices\": [\"group:climate\"], \"scopes\": [\"climate.set\", \"climate.read\"] } } }";

void bench_client_id(size_t client, char ret_id[24])
{
	snprintf(ret_id, 24, "board-%07zu", client);
}

void bench_device_id(size_t device, char ret_id[24])
{
	snprintf(ret_id, 24, "thermo-%07zu", device);
}

/* Keys of a benchmark only have to differ. */
static void fill_key(uint64_t number, uint8_t *ret_bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		number = number * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		ret_bytes[i] = (uint8_t)(number >> 33);
	}
}

static void client_secret(size_t client, struct store_secret *ret_secret)
{
	*ret_secret = (struct store_secret){ .key_len = 16, .salt_len = 8 };
	fill_key(client, ret_secret->key, ret_secret->key_len);
	fill_key(~(uint64_t)client, ret_secret->salt, ret_secret->salt_len);
}

void bench_client_context(size_t client, struct ace_oscore_ctx *ret_ctx)
{
	struct store_secret secret;
	uint8_t kid[STORE_KID_MAX];
	size_t kid_len = store_line_kid(lines[client], kid);

	client_secret(client, &secret);
	if (ace_oscore_derive(&(struct ace_oscore_input){ .master_secret = { secret.key, secret.key_len },
							  .master_salt = { secret.salt, secret.salt_len },
							  .sender_id = { kid, kid_len } }, ret_ctx))
		bench_die("no OSCORE context for client %zu", client);
}

static void die(const struct store *store, const char *what, enum ace_err err)
{
	bench_die("%s: %s: %s", what, ace_err_name(err), store_last_error(store)->text);
}

static enum ace_err add_client(struct store_txn *txn, size_t number)
{
	struct store_client client = { .is_enabled = true, .method = STORE_AUTH_OSCORE, .created = time(NULL) };
	struct ace_tag tags[] = { { "role", "board" }, { "site", "b7" } };
	struct store_secret secret;
	enum ace_err err = store_tags_set(&(struct ace_tags){ tags, ACE_ARRAY_LEN(tags) }, &client.tags);

	bench_client_id(number, client.id);
	client_secret(number, &secret);
	if (!err)
		err = store_client_create(txn, &client, &secret);
	lines[number] = client.line;
	return err;
}

static enum ace_err add_device(struct store_txn *txn, size_t number)
{
	struct store_device device = { .is_enabled = true, .model = "thermo", .created = time(NULL),
				       .keys = { { .alg = ACE_ALG_CCM_16_64_128, .kid_len = 4 } } };
	struct ace_tag tags[] = { { "kind", "climate" }, { "room", "101" }, { "site", "b7" } };
	struct store_key key = { .len = 16 };
	enum ace_err err = store_tags_set(&(struct ace_tags){ tags, ACE_ARRAY_LEN(tags) }, &device.tags);

	bench_device_id(number, device.id);
	for (size_t i = 0; i < 4; i++)
		device.keys[0].kid[i] = (uint8_t)(number >> (24 - 8 * i));
	fill_key(number ^ UINT64_C(0x5555555555555555), key.bytes, key.len);
	return err ? err : store_device_create(txn, &device, &key, NULL);
}

static enum ace_err add_policy(struct store_txn *txn)
{
	struct policy_source source = { "bench.json", policy_text, sizeof policy_text - 1 };
	struct policy_problems problems = { 0 };
	struct policy_loaded loaded;
	struct store_policy policy = { .applied_at = time(NULL), .author = "as-bench", .message = "benchmark" };
	enum ace_err err = policy_load(&source, 1, &(struct policy_options){ .allow_unknown = true }, &problems, &loaded);

	if (err) {
		policy_problems_print(stderr, &problems);
		bench_die("the policy of the benchmark does not load");
	}
	err = store_policy_add(txn, (struct ace_slice){ (const uint8_t *)loaded.canonical, loaded.canonical_len }, &policy);
	policy_loaded_free(&loaded);
	policy_problems_free(&problems);
	return err;
}

/* Rows first to last of a kind, in one transaction that is done again when the map has to grow. */
struct rows {
	enum ace_err (*add)(struct store_txn *txn, size_t number);
	size_t first, last;
};

static enum ace_err add_rows(struct store_txn *txn, void *arg)
{
	const struct rows *rows = arg;
	enum ace_err err = ACE_OK;

	for (size_t i = rows->first; !err && i < rows->last; i++)
		err = rows->add(txn, i);
	return err;
}

static void add_all(struct store *store, struct rows rows)
{
	size_t end = rows.last;

	for (; rows.first < end && !bench_is_stopped; rows.first = rows.last) {
		enum ace_err err;

		rows.last = end - rows.first > ROWS_A_COMMIT ? rows.first + ROWS_A_COMMIT : end;
		err = store_write(store, add_rows, &rows);
		if (err)
			die(store, "filling the store", err);
	}
}

static enum ace_err add_policy_row(struct store_txn *txn, void *arg)
{
	(void)arg;
	return add_policy(txn);
}

void bench_store_make(const char *parent, size_t clients, char ret_dir[256])
{
	struct store_options options = { .dir = made_dir, .map_initial = (size_t)256 << 20 };
	struct store_error error;
	struct store *store;
	enum ace_err err;

	if ((size_t)snprintf(made_dir, sizeof made_dir, "%s/as-bench-XXXXXX", parent) >= sizeof made_dir ||
	    !mkdtemp(made_dir))
		bench_die("cannot make a directory in %s", parent);
	if (store_create(&options, &(struct store_setup){ COORDINATES, COORDINATES "/token", time(NULL) }, &error) ||
	    store_open(&options, &store, &error) || store_unlock(store, &error))
		bench_die("%s", error.text);
	free(lines);
	lines = calloc(clients, sizeof *lines);
	if (!lines)
		bench_die("no memory for %zu clients", clients);
	err = store_write(store, add_policy_row, NULL);
	if (err)
		die(store, "the policy", err);
	add_all(store, (struct rows){ add_client, 0, clients });
	add_all(store, (struct rows){ add_device, 0, clients });
	store_close(store);
	snprintf(ret_dir, 256, "%s", made_dir);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

void bench_store_remove(void)
{
	if (made_dir[0])
		nftw(made_dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	made_dir[0] = '\0';
}
