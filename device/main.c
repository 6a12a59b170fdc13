/* SPDX-License-Identifier: Apache-2.0 */
/* ace-device: a resource server on the host. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ace_port_host.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/log.h"
#include "device/serve.h"

/* The last second of the year 9999: what still can be written as a date. */
#define TIME_MAX INT64_C(253402300799)
#define POLL_MAX_S 86400

/* What the command line said, read. */
struct run {
	const struct cli_call *call;     /* borrows */
	const struct cli_output *output; /* borrows */
	uint32_t trl_poll_s;             /* 0: no --trl */
	const char *introspect_path;     /* borrows; NULL: no --introspect */
	uint32_t reboot_after;           /* requests; 0: never */
};

static enum ace_err bundle_load(const char *path, struct cli_device_bundle *ret_bundle, struct cli_error *error)
{
	struct cli_bytes bytes = { 0 };
	enum ace_err err = cli_file_read(path, CLI_BUNDLE_FILE_MAX, &bytes, error);

	if (!err)
		err = cli_device_bundle_read((struct ace_slice) { bytes.ptr, bytes.len }, path, ret_bundle, error);
	cli_bytes_free(&bytes);
	return err;
}

static enum ace_err device_load(const char *path, const struct device_options *options, struct device *device,
				struct cli_error *error)
{
	struct cli_device_bundle bundle = { 0 };
	enum ace_err err = bundle_load(path, &bundle, error);

	if (err)
		return err;
	err = device_init(device, &bundle, options);
	if (err)
		cli_error_set(error, err, "%s: the device cannot start with it: %s", path, ace_rs_strerror(err));
	cli_device_bundle_fini(&bundle);
	return err;
}

/* One --set PATH=VALUE. */
static enum ace_err value_give(struct device *device, const char *setting, struct cli_error *error)
{
	const char *equals = strchr(setting, '=');
	struct ace_slice path, value;
	enum ace_err err;

	if (!equals)
		return cli_error_set(error, ACE_ERR_USAGE, "--set %s: expected PATH=VALUE", setting);
	path = (struct ace_slice) { (const uint8_t *)setting, (size_t)(equals - setting) };
	value = (struct ace_slice) { (const uint8_t *)equals + 1, strlen(equals + 1) };
	err = device_value_set(device, path, value);
	if (err == ACE_ERR_NOT_FOUND)
		return cli_error_set(error, ACE_ERR_USAGE, "--set %s: the device does not host %.*s", setting,
				     (int)path.len, setting);
	if (err)
		return cli_error_set(error, ACE_ERR_USAGE, "--set %.*s: at most %d bytes", (int)path.len, setting,
				     DEVICE_VALUE_MAX);
	return ACE_OK;
}

static enum ace_err values_give(struct device *device, const struct cli_call *call, struct cli_error *error)
{
	const char *setting;
	enum ace_err err = ACE_OK;

	for (size_t i = 0; !err && (setting = cli_flag_nth(call, "set", i)) != NULL; i++)
		err = value_give(device, setting, error);
	if (err)
		error->exit = CLI_EXIT_USAGE;
	return err;
}

static enum ace_err socket_open(const char *listen, struct ace_udp_server **ret_server, struct cli_error *error)
{
	enum ace_err err = ace_udp_open(&(struct ace_udp_config) { .listen = listen }, ret_server);

	if (err == ACE_ERR_MALFORMED)
		cli_error_set(error, err, "--listen %s: expected HOST:PORT, IPv6 in brackets", listen);
	else if (err == ACE_ERR_NOT_FOUND)
		cli_error_set(error, err, "--listen %s: no such host", listen);
	else if (err)
		cli_error_set(error, err, "cannot listen on %s: %s", listen,
			      err == ACE_ERR_IO ? strerror(errno) : ace_err_name(err));
	if (err)
		error->exit = err == ACE_ERR_MALFORMED ? CLI_EXIT_USAGE : CLI_EXIT_UNREACHABLE;
	return err;
}

static enum ace_err say_ready(const struct device *device, const struct ace_udp_server *server,
			      const struct cli_output *output)
{
	struct json_t *document;

	cli_note(output,
		 "ace-device: %s ready on coap://%s \xe2\x80\x94 /authz-info open, everything else needs OSCORE",
		 device->bundle.device, ace_udp_address(server));
	/* RFC 9200 6.6: state that a token's countdown needs is gone with a restart unless it is stored. */
	if (!device->bundle.has_clock && !device->state.path[0])
		cli_note(output, "ace-device: without --state-dir, tokens taken before a restart count again after it");
	if (output->json == CLI_TEXT)
		return ACE_OK;
	document = cli_json_object();
	cli_json_put_text(document, "event", "ready");
	cli_json_put_text(document, "device", device->bundle.device);
	cli_json_put_text(document, "audience", device->bundle.audience);
	cli_json_put_text(document, "address", ace_udp_address(server));
	return cli_output_json(output, document);
}

/* From here on the signals wait until device_serve() looks. */
static void signals_block(void)
{
	sigset_t ending;

	sigemptyset(&ending);
	sigaddset(&ending, SIGTERM);
	sigaddset(&ending, SIGINT);
	sigprocmask(SIG_BLOCK, &ending, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* --trl and --introspect: the line to the AS, and where the list is. */
static enum ace_err line_open(struct device *device, const struct run *given, struct device_as *as, struct cli_error *error)
{
	enum ace_err err = ACE_OK;

	if (given->trl_poll_s || given->introspect_path)
		err = device_as_open(as, device, error);
	if (err || !given->trl_poll_s || device->bundle.trl.path)
		return err;
	err = cli_error_set(error, ACE_ERR_USAGE, "--trl: the provisioning file of %s names no revocation list: export it "
			    "again", device->bundle.device);
	error->exit = CLI_EXIT_USAGE;
	return err;
}

/* Who rebooted is found under the address that it had. */
static enum ace_err reboot_check(const char *listen, struct cli_error *error)
{
	size_t len = strlen(listen);
	enum ace_err err;

	if (len < 2 || strcmp(listen + len - 2, ":0"))
		return ACE_OK;
	err = cli_error_set(error, ACE_ERR_USAGE, "--reboot-after needs a port in --listen: another one would be free then");
	error->exit = CLI_EXIT_USAGE;
	return err;
}

static char **arguments; /* of main(), for reboot() */

/* As a power loss: nothing is tidied up, whatever was in memory is gone, and descriptors close by themselves. Returns
 * only when it fails. */
static enum ace_err reboot(void)
{
	cli_log(CLI_LOG_INFO, "reboot", cli_log_int("pid", getpid()));
	execv("/proc/self/exe", arguments);
	return ACE_ERR_IO;
}

static enum ace_err device_run(struct device *device, const struct run *given, struct cli_error *error)
{
	const struct cli_call *call = given->call;
	static struct device_as as;
	static struct device_asking asking;
	static struct device_observers observers;
	static struct device_commands commands;
	struct device_trl trl = { .poll_s = given->trl_poll_s };
	struct ace_udp_server *server;
	enum ace_err err = values_give(device, call, error);

	if (!err && given->reboot_after)
		err = reboot_check(cli_flag_value(call, "listen"), error);
	if (!err && cli_flag_value(call, "state-dir"))
		err = device_state_open(device, cli_flag_value(call, "state-dir"), error);
	if (!err)
		err = line_open(device, given, &as, error);
	if (!err)
		err = socket_open(cli_flag_value(call, "listen"), &server, error);
	if (err) {
		device_as_close(&as);
		return err;
	}
	device->wireshark_path = cli_flag_value(call, "wireshark-keys");
	asking.path = given->introspect_path;
	asking.server = server;
	observers.device = device;
	observers.server = server;
	device->observers = &observers;
	commands.fd = cli_flag(call, "commands") ? STDIN_FILENO : -1;
	signals_block();
	err = say_ready(device, server, given->output);
	if (!err)
		err = device_serve(&(struct device_loop) { device, server, &as, &trl, &asking, &observers, &commands, given->reboot_after });
	if (err == ACE_ERR_EXHAUSTED)
		err = reboot();
	if (err)
		cli_error_set(error, err, "stopped serving: %s",
			      err == ACE_ERR_IO ? strerror(errno) : ace_err_name(err));
	device->observers = NULL;
	ace_wipe(&observers, sizeof observers);
	ace_udp_close(server);
	device_as_close(&as);
	return err;
}

static void log_level_choose(const struct cli_output *output)
{
	if (output->quiet)
		cli_log_level_set(CLI_LOG_ERROR);
	else
		cli_log_level_set(output->verbosity ? CLI_LOG_DEBUG : CLI_LOG_INFO);
}

/* --cnonce; false: what it says is printed. */
static bool cnonce_choose(const struct cli_call *call, const struct cli_output *output, enum ace_rs_cnonce_mode *ret_mode)
{
	const char *mode = cli_flag_value(call, "cnonce");

	if (!mode) {
		*ret_mode = ACE_CNONCE_OFF;
	} else if (!strcmp(mode, "stored")) {
		*ret_mode = ACE_CNONCE_STORED;
	} else if (!strcmp(mode, "stateless")) {
		*ret_mode = ACE_CNONCE_STATELESS;
	} else {
		(void)cli_fail(output, CLI_EXIT_USAGE, "--cnonce %s: expected stored or stateless", mode);
		return false;
	}
	return true;
}

/* --introspect[=PATH] */
static bool introspect_choose(const struct cli_call *call, const char **ret_path)
{
	const char *path = cli_flag_value(call, "introspect");

	if (!cli_flag(call, "introspect"))
		return false;
	*ret_path = path ? path : DEVICE_INTROSPECT_PATH;
	return true;
}

static int run(const struct cli_call *call, const struct cli_output *output)
{
	const char *provision = cli_flag_value(call, "provision");
	static struct device device;
	struct cli_error error = { 0 };
	struct device_options options = { 0 };
	struct run given = { .call = call, .output = output };
	int64_t fixed, poll_s, reboot_after, contexts;
	enum ace_err err;

	if (!provision || !cli_flag_value(call, "listen"))
		return cli_fail(output, CLI_EXIT_USAGE, "--provision FILE and --listen HOST:PORT are needed");
	if (!cli_flag_number(call, output,
			     &(struct cli_number) { .flag = "fixed-time", .min = 0, .max = TIME_MAX, .fallback = -1 },
			     &fixed) ||
	    !cli_flag_number(call, output,
			     &(struct cli_number) { .flag = "trl", .min = 1, .max = POLL_MAX_S, .fallback = 0 },
			     &poll_s) ||
	    !cli_flag_number(call, output,
			     &(struct cli_number) { .flag = "reboot-after", .min = 1, .max = INT32_MAX, .fallback = 0 },
			     &reboot_after) ||
	    !cli_flag_number(call, output,
			     &(struct cli_number) { .flag = "contexts", .min = 1, .max = DEVICE_CONTEXTS_MAX, .fallback = 0 },
			     &contexts) ||
	    !cnonce_choose(call, output, &options.cnonce))
		return CLI_EXIT_USAGE;
	if (fixed >= 0)
		ace_port_openssl_fix_clock(fixed);
	given.trl_poll_s = (uint32_t)poll_s;
	given.reboot_after = (uint32_t)reboot_after;
	options.trl = poll_s != 0;
	options.contexts = (uint16_t)contexts;
	options.introspect = introspect_choose(call, &given.introspect_path);
	log_level_choose(output);
	if (cli_file_is_public(provision))
		cli_note(output, "ace-device: warning: every user of this machine can read %s, which holds the device's "
			 "keys: chmod o= %s", provision, provision);
	err = device_load(provision, &options, &device, &error);
	if (!err)
		err = device_run(&device, &given, &error);
	device_fini(&device);
	return err ? cli_error_print(output, &error) : CLI_EXIT_OK;
}

static const struct cli_flag flags[] = {
	{ .name = "provision", .value = "FILE", .help = "what `acectl device export` wrote for this device" },
	{ .name = "listen", .value = "HOST:PORT", .help = "where to serve coap; port 0 takes a free one" },
	{ .name = "state-dir", .value = "DIR",
	  .help = "keep there what must outlive a restart: without it, a token with exi counts again afterwards" },
	{ .name = "set", .value = "PATH=VALUE", .repeatable = true, .help = "value of a resource at start, as text" },
	{ .name = "commands", .help = "read lines of standard input that change values: set PATH VALUE" },
	{ .name = "trl", .value = "POLL_SECONDS",
	  .help = "ask the AS so often which tokens are revoked, which end at once; needs --state-dir" },
	{ .name = "introspect", .value = "PATH", .value_optional = true,
	  .help = "ask the AS about each token before it counts, at /introspect or that path; needs --state-dir" },
	{ .name = "cnonce", .value = "stored|stateless",
	  .help = "take only tokens with a client nonce that a refusal has told less than a minute before" },
	{ .name = "reboot-after", .value = "N",
	  .help = "lose everything but --state-dir after N requests, as when the power fails, and start again" },
	{ .name = "contexts", .value = "N", .help = "clients that can have a token here at a time, 64 unless told" },
	{ .name = "fixed-time", .value = "EPOCH", .help = "keep the wall clock at that second since 1970" },
	{ .name = "wireshark-keys", .value = "FILE", .help = "append the keys of each OSCORE context to that file" },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ .name = "", .args = "", .help = "serve until SIGINT or SIGTERM", .flags = flags, .run = run },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct cli_program program = {
		.name = "ace-device",
		.summary = "a simulated resource server that takes access tokens (RFC 9200, RFC 9203)",
		.examples = "ace-device --provision thermo-101.json --listen 127.0.0.1:5690 --set /temp=21.5\n",
		.verbs = verbs,
	};

	arguments = argv;
	return cli_main(&program, argc, argv);
}
