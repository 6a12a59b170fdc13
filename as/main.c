/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "ace_port_host.h"
#include "as/coaps.h"
#include "as/health.h"
#include "as/listen.h"
#include "as/secret.h"
#include "as/server.h"
#include "cli/command.h"
#include "cli/json.h"
#include "cli/log.h"

static const struct cli_flag flags[] = {
	{ .name = "config", .value = "FILE", .env = "ACE_CONFIG",
	  .help = "JSON configuration (default " AS_CONFIG_DEFAULT ", if there is one)" },
	{ .name = "state-dir", .value = "DIR", .env = "ACE_STATE", .help = "the store (default " STORE_DIR_DEFAULT ")" },
	{ .name = "kek", .value = "FILE",
	  .help = "key-encryption key (default " STORE_KEK_DEFAULT "; DIR/kek with another DIR)" },
	{ .name = "listen", .value = "URI", .repeatable = true,
	  .help = "where to serve: coap://HOST:PORT (default coap://127.0.0.1:5683), and coaps://HOST:PORT for DTLS" },
	{ .name = "issuer", .value = "URI", .help = "start only if this is what the store issues as" },
	{ .name = "metrics", .value = "ADDRESS:PORT", .help = "serve metrics for Prometheus on a loopback address" },
	{ .name = "log-level", .value = "error|warn|info|debug", .help = "what is told (default info)" },
	{ .name = "log-tokens", .help = "a line for each token that is issued, at level info" },
	{ .name = "sandbox", .value = "MODE",
	  .help = "auto (default), off, or require: give up files and system calls after the start" },
	{ .name = "check", .help = "check configuration, store, key and policy, then exit" },
	{ .name = "foreground", .help = "the default, accepted for habit" },
	{ .name = "wireshark-keys", .value = "FILE",
	  .help = "append OSCORE contexts with their secrets to FILE, for tests" },
	{ 0 },
};

/* Copy a flag's value over the configuration. */
static bool take(const struct cli_call *call, const char *flag, char *text, size_t cap)
{
	const char *value = cli_flag_value(call, flag);

	if (!value)
		return true;
	return (size_t)snprintf(text, cap, "%s", value) < cap;
}

static int take_listen(const struct cli_call *call, const struct cli_output *output, struct as_config *config)
{
	bool seen[2] = { false, false };
	struct as_listen listen;
	struct cli_error error;
	const char *value;

	for (size_t i = 0; (value = cli_flag_nth(call, "listen", i)); i++) {
		if (as_listen_parse(value, &listen, &error))
			return cli_fail(output, CLI_EXIT_USAGE, "--listen: %s", error.message);
		if (seen[listen.secure])
			return cli_fail(output, CLI_EXIT_USAGE, "--listen: one of coap:// and one of coaps:// is served");
		seen[listen.secure] = true;
		as_listen_put(&listen, config);
	}
	return CLI_EXIT_OK;
}

static int take_metrics(const struct cli_call *call, const struct cli_output *output, struct as_config *config)
{
	struct sockaddr_storage address;
	struct cli_error error;
	socklen_t len;

	if (!take(call, "metrics", config->metrics, sizeof config->metrics))
		return cli_fail(output, CLI_EXIT_USAGE, "--metrics: an address that is too long");
	if (config->metrics[0] && as_metrics_address_parse(config->metrics, &address, &len, &error))
		return cli_fail(output, CLI_EXIT_USAGE, "--metrics: %s", error.message);
	return take_listen(call, output, config);
}

static int read_config(const struct cli_call *call, const struct cli_output *output, struct as_config *config)
{
	const char *path = cli_flag_value(call, "config"), *level = cli_flag_value(call, "log-level"),
		   *sandbox = cli_flag_value(call, "sandbox");
	struct cli_error error;

	as_config_init(config);
	if (!path && !access(AS_CONFIG_DEFAULT, R_OK))
		path = AS_CONFIG_DEFAULT;
	if (path && as_config_read(path, config, &error))
		return cli_error_print(output, &error);
	if (!take(call, "state-dir", config->state_dir, sizeof config->state_dir) ||
	    !take(call, "kek", config->kek, sizeof config->kek) ||
	    !take(call, "issuer", config->issuer, sizeof config->issuer) ||
	    !take(call, "wireshark-keys", config->wireshark_keys, sizeof config->wireshark_keys))
		return cli_fail(output, CLI_EXIT_USAGE, "a path or URI on the command line is too long");
	if (level && !cli_log_level_parse(level, &config->log_level))
		return cli_fail(output, CLI_EXIT_USAGE, "--log-level %s: use error, warn, info or debug", level);
	if (sandbox && !as_sandbox_parse(sandbox, &config->sandbox))
		return cli_fail(output, CLI_EXIT_USAGE, "--sandbox %s: use auto, off or require", sandbox);
	config->log_tokens |= cli_flag(call, "log-tokens");
	return take_metrics(call, output, config);
}

/* Clients go to the port of the token endpoint's URI. Another one here is right behind a proxy, and else a slip. */
static void warn_elsewhere(const struct as_server *as, const char *listen)
{
	struct cli_address told, here;

	if (cli_address_parse(as->info.as_uri, &told, NULL) || cli_address_parse(listen, &here, NULL))
		return;
	if (told.port != here.port)
		cli_log(CLI_LOG_WARN, "listen.elsewhere", cli_log_text("listen", listen), cli_log_text("as_uri", as->info.as_uri));
}

/* With a small buffer a burst is lost while a commit runs; only the administrator of the machine can make it larger. */
static void tell_buffer(const struct as_server *as)
{
	size_t granted = ace_udp_receive_bytes(as->udp);

	cli_log(granted < ACE_UDP_RECEIVE_BYTES ? CLI_LOG_WARN : CLI_LOG_INFO, "socket.buffer",
		cli_log_int("wanted", ACE_UDP_RECEIVE_BYTES), cli_log_int("granted", (int64_t)granted),
		cli_log_text("limit", "net.core.rmem_max"));
}

static int serve(struct as_server *as, const struct cli_output *output)
{
	enum ace_err err;

	fprintf(output->err, "aced %s ready: coap://%s%s (oscore), ", ACED_VERSION, ace_udp_address(as->udp),
		as->token_path);
	if (as->coaps)
		fprintf(output->err, "coaps://%s%s (dtls-psk), ", as_coaps_address(as->coaps), as->token_path);
	fprintf(output->err, "issuer %s, policy generation %llu\n", as->info.issuer, (unsigned long long)as->generation);
	warn_elsewhere(as, ace_udp_address(as->udp));
	tell_buffer(as);
	if (as->http)
		cli_log(CLI_LOG_INFO, "metrics.served", cli_log_text("address", as_http_address(as->http)));
	err = as_server_run(as);
	as_health_notify("STOPPING=1");
	if (err == ACE_ERR_UNSUPPORTED && as->config->sandbox == AS_SANDBOX_REQUIRE)
		return cli_fail(output, CLI_EXIT_BROKEN, "the sandbox that the configuration requires cannot be had, as the log says: use a "
							 "kernel with seccomp and Landlock, or sandbox \"auto\"");
	if (err)
		return cli_fail(output, CLI_EXIT_BROKEN, "stopped: %s: %s", ace_err_name(err),
				store_last_error(as->store)->text);
	cli_log(CLI_LOG_INFO, "stopped", cli_log_int("tokens", (int64_t)as->tokens_issued));
	return CLI_EXIT_OK;
}

/* What --check found, as one line. */
static int say_checked(const struct as_server *as, const struct cli_output *output)
{
	const char *dtls = as->config->listen_dtls;
	struct json_t *document = cli_json_object();

	warn_elsewhere(as, as->config->listen);
	cli_say(output, "in order: store %s, issuer %s, policy generation %llu, to listen on coap://%s%s%s",
		as->config->state_dir, as->info.issuer, (unsigned long long)as->generation, as->config->listen,
		dtls[0] ? " and coaps://" : "", dtls);
	cli_json_put_text(document, "state_dir", as->config->state_dir);
	cli_json_put_text(document, "issuer", as->info.issuer);
	cli_json_put_int(document, "generation", (int64_t)as->generation);
	cli_json_put_text(document, "listen", as->config->listen);
	if (dtls[0])
		cli_json_put_text(document, "listen_dtls", dtls);
	return cli_output_json(output, document) ? CLI_EXIT_BROKEN : CLI_EXIT_OK;
}

/* As everywhere, but that a second daemon on one store is a fault of the installation, not a wait. */
static int exit_of_start(enum ace_err err)
{
	return err == ACE_ERR_BUSY ? CLI_EXIT_BROKEN : cli_exit_of(err);
}

static int run(const struct cli_call *call, const struct cli_output *output)
{
	static struct as_config config;
	struct as_server *as;
	struct store_error error = { 0 };
	bool is_check = cli_flag(call, "check");
	int code = read_config(call, output, &config);
	enum ace_err err;

	if (code)
		return code;
	signal(SIGPIPE, SIG_IGN); /* a log that nobody reads any more is no reason to end */
	/* A check has one line to say; what hinders a start is an error, not an event. */
	cli_log_level_set(is_check ? CLI_LOG_WARN : config.log_level);
	if (!is_check && as_secret_open(&config))
		return cli_fail(output, CLI_EXIT_BROKEN, "out of memory");
	as = ace_port_host_secret_new(sizeof *as);
	if (!as)
		return cli_fail(output, CLI_EXIT_BROKEN, "out of memory");
	err = is_check ? as_server_check(&config, as, &error) : as_server_open(&config, as, &error);
	if (err)
		code = cli_fail(output, exit_of_start(err), "%s", error.text);
	else
		code = is_check ? say_checked(as, output) : serve(as, output);
	if (!err)
		as_server_close(as);
	ace_port_host_secret_free(as, sizeof *as);
	return code;
}

int main(int argc, char **argv)
{
	static const struct cli_verb verbs[] = {
		{ .name = "", .args = "", .help = "serve until SIGTERM", .flags = flags, .run = run },
		{ 0 },
	};
	static const struct cli_program program = {
		.name = "aced",
		.summary = "authorization server for ACE-OSCORE: checks clients against policies, issues access tokens",
		.examples = "aced --state-dir ./state --listen coap://127.0.0.1:5683\n"
			    "aced --check\n",
		.verbs = verbs,
	};

	if (!ace_port_host_secret_prepare()) {
		fputs("aced: something that was loaded with it has used OpenSSL already, so that keys cannot be kept apart: start it "
		      "without LD_PRELOAD\n", stderr);
		return CLI_EXIT_BROKEN;
	}
	return cli_main(&program, argc, argv);
}
