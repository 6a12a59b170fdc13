/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept comes back; what is damaged is named and left alone; numbers never repeat. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "client_state_dir.h"
#include "vectors.h"

static char dir[64];
static struct client_state client;

static int open_state(void **state)
{
	(void)state;
	state_dir_make(dir);
	return client_state_open(dir, &client, NULL);
}

static int close_state(void **state)
{
	client_state_close(&client);
	state_dir_remove(dir);
	return vectors_free_all(state);
}

static struct client_seq seq_of(const char *secret)
{
	struct client_seq seq;

	assert_int_equal(client_seq_init(&(struct ace_oscore_input){
		.master_secret = vectors_unhex(secret), .sender_id = ACE_LITERAL("c") }, &seq), ACE_OK);
	return seq;
}

/* RFC 8613 7.2: "the read and increment are atomic": counting goes on after a restart, behind the block. */
static void seq_counts_and_goes_on_after_a_restart(void **state)
{
	struct client_seq seq = seq_of("00"), again = seq_of("00");
	uint64_t number;

	(void)state;
	assert_int_equal(client_seq_take(&client, &seq, &number, NULL), ACE_ERR_NOT_FOUND);
	assert_int_equal(client_seq_create(&client, &seq, 0, NULL), ACE_OK);
	for (uint64_t want = 0; want < 2 * CLIENT_SEQ_BLOCK; want++) {
		assert_int_equal(client_seq_take(&client, &seq, &number, NULL), ACE_OK);
		assert_int_equal(number, want);
	}
	assert_int_equal(client_seq_take(&client, &again, &number, NULL), ACE_OK);
	assert_int_equal(number, 2 * CLIENT_SEQ_BLOCK);
	/* The same credential once more: it does not begin at 0 again. */
	again = seq_of("00");
	assert_int_equal(client_seq_create(&client, &again, 0, NULL), ACE_OK);
	assert_int_equal(client_seq_take(&client, &again, &number, NULL), ACE_OK);
	assert_true(number > 2 * CLIENT_SEQ_BLOCK);
}

static void seq_of_another_key_is_another(void **state)
{
	struct client_seq one = seq_of("00"), two = seq_of("01");

	(void)state;
	assert_string_not_equal(one.name.text, two.name.text);
	assert_int_equal(client_seq_create(&client, &one, 0, NULL), ACE_OK);
	assert_int_equal(client_seq_take(&client, &two, &(uint64_t){ 0 }, NULL), ACE_ERR_NOT_FOUND);
}

static void put_number(const struct client_seq *seq, uint64_t number)
{
	uint8_t bytes[16];
	struct ace_cbor_writer w;
	struct ace_slice written;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_cbor_write_map(&w, 1);
	ace_cbor_write_int(&w, 1);
	ace_cbor_write_uint(&w, number);
	assert_int_equal(ace_cbor_written(&w, &written), ACE_OK);
	assert_int_equal(client_record_write(&client, &seq->name, written, NULL), ACE_OK);
}

/* RFC 8613 7.2.1: "the endpoint MUST NOT process any more messages with the given Sender Context" (C-030). */
static void seq_ends_at_the_end_of_the_space(void **state)
{
	struct client_seq seq = seq_of("00");
	uint64_t number;

	(void)state;
	put_number(&seq, ACE_OSCORE_SEQ_MAX - 1);
	assert_int_equal(client_seq_take(&client, &seq, &number, NULL), ACE_OK);
	assert_int_equal(client_seq_take(&client, &seq, &number, NULL), ACE_OK);
	assert_true(number == ACE_OSCORE_SEQ_MAX);
	assert_int_equal(client_seq_take(&client, &seq, &number, NULL), ACE_ERR_EXHAUSTED);
	put_number(&seq, UINT64_MAX);
	assert_int_equal(client_seq_take(&client, &seq, &number, NULL), ACE_ERR_EXHAUSTED);
}

/* In a child: say each number after it was taken, until killed. */
static void take_and_tell(int to)
{
	struct client_state own;
	struct client_seq seq = seq_of("00");
	uint64_t number;

	if (client_state_open(dir, &own, NULL))
		_exit(1);
	while (!client_seq_take(&own, &seq, &number, NULL))
		if (write(to, &number, sizeof number) != sizeof number)
			break;
	_exit(1);
}

/* C-039: processes side by side, each killed at an arbitrary moment, again and again. */
static void seq_never_repeats_though_two_processes_are_killed(void **state)
{
	enum { ROUNDS = 24, NUMBERS_MAX = 1 << 20 };
	uint8_t *seen = calloc(NUMBERS_MAX, 1);
	struct client_seq seq = seq_of("00");
	uint64_t number, taken = 0;
	int fds[2];

	(void)state;
	assert_non_null(seen);
	assert_int_equal(client_seq_create(&client, &seq, 0, NULL), ACE_OK);
	assert_int_equal(pipe(fds), 0);
	assert_true(fcntl(fds[0], F_SETFL, O_NONBLOCK) == 0);
	for (int round = 0; round < ROUNDS; round++) {
		pid_t pids[2];

		for (int i = 0; i < 2; i++) {
			pids[i] = fork();
			assert_true(pids[i] >= 0);
			if (!pids[i])
				take_and_tell(fds[1]);
		}
		usleep(5000 + (useconds_t)round * 1777 % 20000);
		for (int i = 0; i < 2; i++) {
			assert_int_equal(kill(pids[i], SIGKILL), 0);
			assert_int_equal(waitpid(pids[i], NULL, 0), pids[i]);
			usleep(500);
		}
		while (read(fds[0], &number, sizeof number) == sizeof number) {
			assert_true(number < NUMBERS_MAX);
			assert_int_equal(seen[number], 0);
			seen[number] = 1;
			taken++;
		}
	}
	close(fds[0]);
	close(fds[1]);
	free(seen);
	assert_true(taken > ROUNDS);
	/* What the dead left behind does not hinder the living. */
	assert_int_equal(client_seq_take(&client, &seq, &number, NULL), ACE_OK);
}

static const char secret_token[] = "opaque";

static struct client_assoc assoc_make(const char *audience)
{
	return (struct client_assoc){
		.as_uri = ACE_LITERAL("coap://as.example.com/token"),
		.audience = { (const uint8_t *)audience, strlen(audience) },
		.scope = { ACE_SCOPE_TEXT, ACE_LITERAL("read") },
		.token = ACE_LITERAL(secret_token),
		.expires = 1767229200,
		.osc = { .id = vectors_unhex("0001"), .ms = vectors_unhex("7b1c2f5d8e9a40b3c6d7e8f90a1b2c3d"),
			 .salt = vectors_unhex("5a17c0de5a17c0de"), .has_salt = true },
		.has_context = true,
		.nonce1 = vectors_unhex("018a278f7faab55a"), .nonce2 = vectors_unhex("25a8991cd700ac01"),
		.id1 = vectors_unhex("1645"), .id2 = vectors_unhex("0000"),
		.refusals = 2,
	};
}

static void assoc_comes_back_as_it_was(void **state)
{
	struct client_assoc assoc = assoc_make("sensor-17"), back = { 0 };

	(void)state;
	assert_int_equal(client_assoc_read(&client, assoc.as_uri, assoc.audience, &back, NULL), ACE_ERR_NOT_FOUND);
	assert_int_equal(client_assoc_write(&client, &assoc, NULL), ACE_OK);
	assert_int_equal(client_assoc_read(&client, assoc.as_uri, assoc.audience, &back, NULL), ACE_OK);
	assert_slice_equal(back.token, ACE_LITERAL(secret_token));
	assert_slice_equal(back.osc.ms, vectors_unhex("7b1c2f5d8e9a40b3c6d7e8f90a1b2c3d"));
	assert_slice_equal(back.osc.salt, vectors_unhex("5a17c0de5a17c0de"));
	assert_slice_equal(back.nonce2, vectors_unhex("25a8991cd700ac01"));
	assert_slice_equal(back.id2, vectors_unhex("0000"));
	assert_slice_equal(back.scope.bytes, ACE_LITERAL("read"));
	assert_int_equal(back.expires, 1767229200);
	assert_int_equal(back.refusals, 2);
	assert_true(back.has_context);
	assert_false(back.proven);
	client_assoc_free(&back);
	assert_int_equal(client_assoc_remove(&client, &assoc, NULL), ACE_OK);
	assert_int_equal(client_assoc_read(&client, assoc.as_uri, assoc.audience, &back, NULL), ACE_ERR_NOT_FOUND);
	client_assoc_free(&assoc);
}

/* RFC 9203 4.3: Sender ID is what the device chose, Recipient ID what we chose; salt as CBOR (C-012, C-019 to 022). */
static void assoc_derives_the_context_of_the_vectors(void **state)
{
	struct client_assoc assoc = assoc_make("sensor-17");
	uint8_t salt_bytes[128];
	struct ace_buf salt = ACE_BUF_OF(salt_bytes);
	struct ace_oscore_input input;
	struct ace_oscore_ctx ctx;

	(void)state;
	assert_int_equal(client_assoc_input(&assoc, &salt, &input), ACE_OK);
	assert_int_equal(ace_oscore_derive(&input, &ctx), ACE_OK);
	assert_slice_equal((struct ace_slice){ ctx.sender_key, 16 }, vectors_unhex("d81ba50dff532f07fa6cec02e037992e"));
	assert_slice_equal((struct ace_slice){ ctx.recipient_key, 16 },
			   vectors_unhex("7bc6e6785e1b32c3539cea0437278605"));
	assert_slice_equal((struct ace_slice){ ctx.common_iv, 13 }, vectors_unhex("3d2036a8efd9ec6b71725e9f70"));
}

/* RFC 9203 4.1: no two Recipient IDs are equal, nor is one equal to that of a stored context (C-015). */
static void ids_differ_from_stored_ones_and_from_each_other(void **state)
{
	struct client_assoc assoc = assoc_make("sensor-17");
	struct ace_oscore_id first, id;
	uint8_t seen[256] = { 0 };

	(void)state;
	assert_int_equal(client_id_take(&client, &first, NULL), ACE_OK);
	/* The next one is in use by a context. */
	id = first;
	id.bytes[0]++;
	assoc.id1 = (struct ace_slice){ id.bytes, id.len };
	assert_int_equal(client_assoc_write(&client, &assoc, NULL), ACE_OK);
	seen[first.bytes[0]] = seen[(uint8_t)(first.bytes[0] + 1)] = 1;
	for (int i = 0; i < 40; i++) {
		assert_int_equal(client_id_take(&client, &id, NULL), ACE_OK);
		assert_int_equal(id.len, 1);
		assert_int_equal(seen[id.bytes[0]], 0);
		seen[id.bytes[0]] = 1;
	}
	client_assoc_free(&assoc);
}

static void pin_comes_back_and_goes(void **state)
{
	const struct client_pin pin = { .origin = ACE_LITERAL("coap://127.0.0.1:5690"),
					.as_uri = ACE_LITERAL("coap://as/token"), .audience = ACE_LITERAL("a") };
	struct client_pin back = { 0 };

	(void)state;
	assert_int_equal(client_pin_read(&client, pin.origin, &back, NULL), ACE_ERR_NOT_FOUND);
	assert_int_equal(client_pin_write(&client, &pin, NULL), ACE_OK);
	assert_int_equal(client_pin_read(&client, pin.origin, &back, NULL), ACE_OK);
	assert_slice_equal(back.audience, pin.audience);
	assert_slice_equal(back.as_uri, pin.as_uri);
	client_pin_free(&back);
	assert_int_equal(client_pin_read(&client, ACE_LITERAL("coap://127.0.0.1:5691"), &back, NULL),
			 ACE_ERR_NOT_FOUND);
	assert_int_equal(client_pin_remove(&client, pin.origin, NULL), ACE_OK);
	assert_int_equal(client_pin_read(&client, pin.origin, &back, NULL), ACE_ERR_NOT_FOUND);
}

static size_t file_bytes(const char *name, uint8_t *bytes, size_t cap)
{
	char path[128];
	FILE *file;
	size_t len;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	file = fopen(path, "rb");
	assert_non_null(file);
	len = fread(bytes, 1, cap, file);
	fclose(file);
	return len;
}

static void file_put(const char *name, const uint8_t *bytes, size_t len)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	file = fopen(path, "wb");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
}

/* Each flipped bit and each cut is seen, named, and not written over. */
static void damage_is_named_and_left_alone(void **state)
{
	struct client_seq seq = seq_of("00");
	struct cli_error error = { 0 };
	uint8_t good[256], bad[256];
	size_t len;

	(void)state;
	assert_int_equal(client_seq_create(&client, &seq, 0, NULL), ACE_OK);
	len = file_bytes(seq.name.text, good, sizeof good);
	for (size_t bit = 0; bit < 8 * len; bit++) {
		memcpy(bad, good, len);
		bad[bit / 8] ^= (uint8_t)(1u << bit % 8);
		file_put(seq.name.text, bad, len);
		seq.next = seq.end = 0;
		assert_int_equal(client_seq_take(&client, &seq, &(uint64_t){ 0 }, &error), ACE_ERR_DAMAGED);
		assert_non_null(strstr(error.message, seq.name.text));
		assert_non_null(strstr(error.message, dir));
		assert_true(error.hint[0]);
		assert_int_equal(error.exit, CLI_EXIT_BROKEN);
		assert_int_equal(client_seq_create(&client, &seq, 0, NULL), ACE_ERR_DAMAGED);
		assert_int_equal(file_bytes(seq.name.text, good, sizeof good), len);
		assert_memory_equal(good, bad, len);
		good[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	for (size_t cut = 0; cut < len; cut++) {
		file_put(seq.name.text, good, cut);
		assert_int_equal(client_seq_take(&client, &seq, &(uint64_t){ 0 }, &error), ACE_ERR_DAMAGED);
	}
	file_put(seq.name.text, good, len);
	assert_int_equal(client_seq_take(&client, &seq, &(uint64_t){ 0 }, &error), ACE_OK);
}

/* The hash fits, the contents do not. */
static void records_of_another_kind_are_damaged(void **state)
{
	struct client_assoc assoc = assoc_make("sensor-17"), back;
	struct client_name *names = NULL;
	struct cli_error error = { 0 };
	size_t len = 0;

	(void)state;
	assert_int_equal(client_assoc_write(&client, &assoc, NULL), ACE_OK);
	assert_int_equal(client_record_list(&client, CLIENT_KIND_TOKEN, &names, &len, NULL), ACE_OK);
	assert_int_equal(len, 1);
	assert_int_equal(client_record_write(&client, &names[0], vectors_unhex("a0"), NULL), ACE_OK);
	assert_int_equal(client_assoc_load(&client, &names[0], &back, &error), ACE_ERR_DAMAGED);
	assert_non_null(strstr(error.message, names[0].text));
	free(names);
	client_assoc_free(&assoc);
}

static void files_are_for_the_owner_only(void **state)
{
	struct client_assoc assoc = assoc_make("sensor-17");
	struct stat info;
	char path[128];
	DIR *open;

	(void)state;
	assert_int_equal(client_assoc_write(&client, &assoc, NULL), ACE_OK);
	client_assoc_free(&assoc);
	open = opendir(dir);
	assert_non_null(open);
	for (const struct dirent *entry = readdir(open); entry; entry = readdir(open)) {
		snprintf(path, sizeof path, "%s/%.60s", dir, entry->d_name);
		assert_int_equal(stat(path, &info), 0);
		if (S_ISREG(info.st_mode))
			assert_int_equal(info.st_mode & 0777, 0600);
	}
	closedir(open);
	assert_int_equal(state_dir_count(dir, "token-"), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(seq_counts_and_goes_on_after_a_restart, open_state, close_state),
		cmocka_unit_test_setup_teardown(seq_of_another_key_is_another, open_state, close_state),
		cmocka_unit_test_setup_teardown(seq_ends_at_the_end_of_the_space, open_state, close_state),
		cmocka_unit_test_setup_teardown(seq_never_repeats_though_two_processes_are_killed, open_state,
						close_state),
		cmocka_unit_test_setup_teardown(assoc_comes_back_as_it_was, open_state, close_state),
		cmocka_unit_test_setup_teardown(assoc_derives_the_context_of_the_vectors, open_state, close_state),
		cmocka_unit_test_setup_teardown(ids_differ_from_stored_ones_and_from_each_other, open_state,
						close_state),
		cmocka_unit_test_setup_teardown(pin_comes_back_and_goes, open_state, close_state),
		cmocka_unit_test_setup_teardown(damage_is_named_and_left_alone, open_state, close_state),
		cmocka_unit_test_setup_teardown(records_of_another_kind_are_damaged, open_state, close_state),
		cmocka_unit_test_setup_teardown(files_are_for_the_owner_only, open_state, close_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
