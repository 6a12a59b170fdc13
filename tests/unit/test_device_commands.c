/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that change the simulated world: whole ones, cut ones, nonsense, endless ones. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <unistd.h>

#include "cli/log.h"
#include "device/commands.h"
#include "device_case.h"

static struct device_commands commands;
static int writer;

static int start(void **state)
{
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	commands = (struct device_commands) { .fd = ends[0] };
	writer = ends[1];
	cli_log_level_set(CLI_LOG_ERROR);
	return setup(state);
}

static int stop(void **state)
{
	close(writer);
	if (commands.fd >= 0)
		close(commands.fd);
	return teardown(state);
}

static void say(const char *text)
{
	size_t len = strlen(text);

	assert_int_equal(write(writer, text, len), len);
	device_commands_read(&commands, &device);
}

static void assert_value(const char *path, const char *value)
{
	struct ace_slice name = { (const uint8_t *)path, strlen(path) };
	size_t index;

	assert_true(device_resource_find(&device, name, &index));
	assert_slice_equal((struct ace_slice) { device.values[index].bytes, device.values[index].len },
			   (struct ace_slice) { (const uint8_t *)value, strlen(value) });
}

static void a_whole_line_sets_a_value(void **state)
{
	(void)state;
	say("set /s/temp 2");
	assert_value("/s/temp", "21.5");
	say("2.0 degrees\nset /temp 1\nset /a/led");
	assert_value("/s/temp", "22.0 degrees");
	assert_value("/temp", "1");
	say(" \n");
	assert_value("/a/led", "");
}

static void a_line_that_makes_no_sense_changes_nothing(void **state)
{
	(void)state;
	say("\nset\nset \nset /temp\nset /none 1\nSET /temp 1\nset  /temp 1\n");
	assert_value("/temp", "");
	assert_value("/s/temp", "21.5");
}

static void an_endless_line_is_passed_over(void **state)
{
	char text[400];

	(void)state;
	memset(text, 'x', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	say("set /temp ");
	for (size_t i = 0; i < 10; i++)
		say(text);
	say("\nset /s/temp 9\n");
	assert_value("/temp", "");
	assert_value("/s/temp", "9");
}

static void the_end_of_the_input_is_the_end_of_reading(void **state)
{
	int fd = commands.fd;

	(void)state;
	close(writer);
	device_commands_read(&commands, &device);
	assert_int_equal(commands.fd, -1);
	close(fd);
	writer = dup(0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_whole_line_sets_a_value),
		CASE(a_line_that_makes_no_sense_changes_nothing),
		CASE(an_endless_line_is_passed_over),
		CASE(the_end_of_the_input_is_the_end_of_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
