/* SPDX-License-Identifier: Apache-2.0 */
#include "as/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ace_port_host.h"
#include "as/batch.h"
#include "as/blocks.h"
#include "as/listen.h"
#include "cli/address.h"
#include "cli/log.h"
#include "storage/counters.h"
#include "storage/policies.h"

static enum ace_err explain(struct store_error *ret_error, enum ace_err err, const char *text)
{
	ret_error->err = err;
	snprintf(ret_error->text, sizeof ret_error->text, "%s", text);
	return err;
}

static int64_t wall_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static enum ace_err open_store(struct as_server *as, bool is_daemon, struct store_error *ret_error)
{
	const struct as_config *config = as->config;
	enum ace_err err = store_open(&(struct store_options){
		.dir = config->state_dir, .kek_path = config->kek[0] ? config->kek : NULL, .is_daemon = is_daemon },
		&as->store, ret_error);

	if (!err)
		err = store_unlock(as->store, ret_error);
	if (err || !is_daemon)
		return err;
	err = store_counters_start(as->store, wall_ms());
	return err ? explain(ret_error, err, "the clock is before 2024: set it, then start again") : ACE_OK;
}

/* What the store says about itself is what tokens say; a flag may only agree. */
static enum ace_err read_info(struct as_server *as, struct store_txn *txn, struct store_error *ret_error)
{
	struct cli_address address;
	struct cli_error error;
	enum ace_err err = store_info_get(txn, &as->info);

	if (err)
		return explain(ret_error, err, store_last_error(as->store)->text);
	if (as->config->issuer[0] && strcmp(as->config->issuer, as->info.issuer)) {
		snprintf(ret_error->text, sizeof ret_error->text,
			 "--issuer %.120s: this store issues as %.120s; devices know that name", as->config->issuer,
			 as->info.issuer);
		return ret_error->err = ACE_ERR_USAGE;
	}
	err = cli_address_parse(as->info.as_uri, &address, &error);
	if (err)
		return explain(ret_error, err, error.message);
	snprintf(as->token_path, sizeof as->token_path, "%s", address.path[0] ? address.path : "/token");
	return ACE_OK;
}

static enum ace_err read_store(struct as_server *as, struct store_error *ret_error)
{
	struct store_txn *txn;
	enum ace_err err = store_begin_read(as->store, &txn);

	if (err)
		return explain(ret_error, err, store_last_error(as->store)->text);
	err = read_info(as, txn, ret_error);
	if (!err) {
		err = as_policy_refresh(as, txn);
		if (err)
			explain(ret_error, err, store_last_error(as->store)->err ? store_last_error(as->store)->text :
				"the stored policy does not compile: apply one that does");
	}
	store_abort(txn);
	return err;
}

/* Random for this run: Echo key, IV prefix, and a context that nobody shares. */
static enum ace_err draw_secrets(struct as_server *as)
{
	static const uint8_t decoy_id[] = { 0 };
	uint8_t secret[16];
	enum ace_err err = as_echo_init(&as->echo);

	if (!err)
		err = ace_port_random(as->iv_prefix, sizeof as->iv_prefix);
	if (!err)
		err = ace_port_random(secret, sizeof secret);
	if (!err)
		err = ace_oscore_derive(&(struct ace_oscore_input){ .master_secret = ACE_SLICE_OF(secret),
								    .recipient_id = ACE_SLICE_OF(decoy_id) },
					&as->decoy);
	ace_wipe(secret, sizeof secret);
	return err;
}

static enum ace_err open_tables(struct as_server *as, struct store_error *ret_error)
{
	enum ace_err err = draw_secrets(as);

	if (!err)
		err = as_peer_table_init(&as->peers, as->config->peers_max);
	if (!err)
		err = as_device_cache_init(&as->devices, as->config->devices_max);
	if (!err)
		err = as_refusals_init(&as->refusals);
	if (!err)
		err = as_observers_init(&as->observers, as->config->observers_max);
	if (!err)
		err = as_bodies_open(&as->bodies);
	as->batch = ace_port_host_secret_new(sizeof *as->batch);
	if (!err && !as->batch)
		err = ACE_ERR_MEMORY;
	return err ? explain(ret_error, err, "no memory or no random numbers") : ACE_OK;
}

static enum ace_err open_socket(struct as_server *as, struct store_error *ret_error)
{
	enum ace_err err = ace_udp_open(&(struct ace_udp_config){ .listen = as->config->listen,
		.observers_max = as->config->observers_max, .messages_max = as->config->messages_max }, &as->udp);

	if (!err)
		return ACE_OK;
	ret_error->err = err;
	snprintf(ret_error->text, sizeof ret_error->text, "cannot listen on %s: %s", as->config->listen,
		 err == ACE_ERR_IO ? strerror(errno) : ace_err_name(err));
	return err;
}

static enum ace_err open_metrics(struct as_server *as, struct store_error *ret_error)
{
	enum ace_err err = as->config->metrics[0] ? as_http_open(as, as->config->metrics, &as->http) : ACE_OK;

	if (!err)
		return ACE_OK;
	ret_error->err = err;
	snprintf(ret_error->text, sizeof ret_error->text, "cannot serve metrics on %s: %s", as->config->metrics,
		 err == ACE_ERR_IO ? strerror(errno) : ace_err_name(err));
	return err;
}

/* Off unless configured: OSCORE over coap:// has no part of libcoap in it. */
static enum ace_err open_coaps(struct as_server *as, struct store_error *ret_error)
{
	const char *listen = as->config->listen_dtls;
	struct sockaddr_storage addr;
	struct cli_error error;
	struct as_coaps_config config = { .addr = &addr, .sessions_max = as->config->dtls_sessions_max,
					  .store = as->store };
	enum ace_err err;

	if (!listen[0])
		return ACE_OK;
	err = as_listen_resolve(listen, &addr, &config.addr_len, &error);
	if (err)
		return explain(ret_error, err, error.message);
	err = as_coaps_open(&config, &as->coaps);
	if (!err) {
		cli_log(CLI_LOG_WARN, "coaps.risk", cli_log_text("library", as_coaps_library()),
			cli_log_text("advice", "the DTLS code of releases up to 4.3.5 has known flaws, not all mended in "
					       "distributions: keep it patched, or serve coap:// alone"));
		return ACE_OK;
	}
	ret_error->err = err;
	snprintf(ret_error->text, sizeof ret_error->text, "cannot listen on coaps://%s: %s", listen,
		 err == ACE_ERR_IO && errno ? strerror(errno) : ace_err_name(err));
	return err;
}

static enum ace_err put_heartbeat(struct store_txn *txn, void *arg)
{
	return store_heartbeat_put(txn, arg);
}

enum ace_err as_server_open(const struct as_config *config, struct as_server *ret_server,
			    struct store_error *ret_error)
{
	enum ace_err err;

	memset(ret_server, 0, sizeof *ret_server);
	ret_server->config = config;
	err = open_store(ret_server, true, ret_error);
	if (!err)
		err = open_tables(ret_server, ret_error);
	if (!err)
		err = read_store(ret_server, ret_error);
	if (!err)
		err = open_socket(ret_server, ret_error);
	if (!err)
		err = open_metrics(ret_server, ret_error);
	if (!err)
		err = open_coaps(ret_server, ret_error);
	ret_server->started_at = wall_ms() / 1000;
	if (err)
		as_server_close(ret_server);
	return err;
}

enum ace_err as_server_check(const struct as_config *config, struct as_server *ret_server,
			     struct store_error *ret_error)
{
	enum ace_err err;

	memset(ret_server, 0, sizeof *ret_server);
	ret_server->config = config;
	err = open_store(ret_server, false, ret_error);
	if (!err)
		err = read_store(ret_server, ret_error);
	if (err)
		as_server_close(ret_server);
	return err;
}

void as_server_close(struct as_server *as)
{
	as_http_close(as->http);
	ace_udp_close(as->udp);
	as_coaps_close(as->coaps);
	policy_free(as->policy);
	as_peer_table_fini(&as->peers);
	as_device_cache_fini(&as->devices);
	as_refusals_fini(&as->refusals);
	as_observers_fini(&as->observers);
	as_bodies_close(&as->bodies);
	ace_port_host_secret_free(as->batch, sizeof *as->batch);
	store_close(as->store);
	as_echo_fini(&as->echo);
	ace_wipe(&as->decoy, sizeof as->decoy);
	memset(as, 0, sizeof *as);
}

enum ace_err as_heartbeat(struct as_server *as)
{
	struct store_heartbeat beat = { .pid = getpid(), .started_at = as->started_at, .seen_at = wall_ms() / 1000,
					.tokens_issued = as->tokens_issued, .generation = as->generation,
					.version = ACED_VERSION };

	snprintf(beat.listen, sizeof beat.listen, as->coaps ? "coap://%s coaps://%s" : "coap://%s",
		 ace_udp_address(as->udp), as->coaps ? as_coaps_address(as->coaps) : "");
	snprintf(beat.sandbox, sizeof beat.sandbox, "%s", as->sandbox ? as->sandbox : "");
	snprintf(beat.trl_path, sizeof beat.trl_path, "%s", as->config->trl_path);
	return store_write(as->store, put_heartbeat, &beat);
}
