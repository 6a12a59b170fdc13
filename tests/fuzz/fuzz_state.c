/* SPDX-License-Identifier: Apache-2.0 */
/* What a client and a device keep in files. The first byte chooses what the rest is: a file as it lies on disk, or what is
 * inside a record whose hash holds. */
#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "client/state.h"
#include "device/device.h"
#include "fuzz.h"

static const char bundle_text[] =
	"{\"format\":\"ace-device/1\",\"device\":\"d\",\"audience\":\"d\",\"issuer\":\"coap://as\",\"as_uri\":\"coap://as/token\","
	"\"token_keys\":[{\"kid_hex\":\"01\",\"alg\":10,\"key_hex\":\"000102030405060708090a0b0c0d0e0f\"}],"
	"\"resources\":{\"/temp\":[\"GET\"]},\"clock\":\"rtc\"}";
static char dir[] = "/tmp/ace-fuzz-XXXXXX";
static struct client_state state;
static struct device device;
static bool is_open;

/* No disk is waited for. */
int fsync(int fd)
{
	(void)fd;
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static void stop(void)
{
	client_state_close(&state);
	device_fini(&device);
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void start(void)
{
	struct cli_device_bundle bundle;
	struct cli_error error = { 0 };

	fuzz_require(mkdtemp(dir) && client_state_open(dir, &state, &error) == ACE_OK);
	fuzz_require(cli_device_bundle_read((struct ace_slice){ (const uint8_t *)bundle_text, sizeof bundle_text - 1 },
					    "bundle", &bundle, &error) == ACE_OK);
	fuzz_require(device_init(&device, &bundle, &(struct device_options){ 0 }) == ACE_OK);
	is_open = true;
	atexit(stop);
}

static void load(enum client_kind kind, const struct client_name *name)
{
	struct client_seq seq = { .name = *name };
	struct client_enrolments enrolments;
	struct cli_error error = { 0 };
	struct client_assoc assoc;
	struct client_pin pin;
	uint64_t number;

	if (kind == CLIENT_KIND_CREDENTIALS && !client_enrolments_read(&state, &enrolments, &error)) {
		fuzz_accepted += enrolments.len;
		client_enrolments_free(&enrolments);
	} else if (kind == CLIENT_KIND_PIN && !client_pin_load(&state, name, &pin, &error)) {
		fuzz_accepted++;
		client_pin_free(&pin);
	} else if (kind == CLIENT_KIND_TOKEN && !client_assoc_load(&state, name, &assoc, &error)) {
		fuzz_accepted++;
		client_assoc_free(&assoc);
	} else if (kind == CLIENT_KIND_SEQ && !client_seq_take(&state, &seq, &number, &error)) {
		fuzz_accepted++;
		fuzz_require(number <= ACE_OSCORE_SEQ_MAX);
	}
}

static void put(const char *name, struct ace_slice bytes, char *path, size_t cap)
{
	FILE *file;

	snprintf(path, cap, "%s/%s", dir, name);
	file = fopen(path, "wb");
	fuzz_require(file && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len && !fclose(file));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static const struct ace_slice about = { (const uint8_t *)"x", 1 };
	struct cli_error error = { 0 };
	struct client_name name;
	struct ace_slice rest;
	char path[CLIENT_PATH_MAX + CLIENT_NAME_MAX];

	if (!is_open)
		start();
	if (!len || len > CLIENT_RECORD_MAX)
		return 0;
	rest = (struct ace_slice){ bytes + 1, len - 1 };
	if (bytes[0] % 9 == 8) {
		put("state.json", rest, path, sizeof path);
		fuzz_accepted += !device_state_open(&device, dir, &error);
		device_state_close(&device);
		(void)!unlink(path);
		return 0;
	}
	fuzz_require(client_name_make((enum client_kind)(bytes[0] % 4), &about, 1, &name) == ACE_OK);
	if (bytes[0] % 9 < 4)
		put(name.text, rest, path, sizeof path);
	else if (client_record_write(&state, &name, rest, &error))
		return 0;
	load((enum client_kind)(bytes[0] % 4), &name);
	fuzz_require(client_record_remove(&state, &name, &error) == ACE_OK);
	return 0;
}
