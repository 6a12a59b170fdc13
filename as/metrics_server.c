/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics of what the server holds: the socket, the tables, the store. */
#include <time.h>

#include "as/coaps.h"
#include "as/health.h"
#include "as/metrics_text.h"
#include "as/server.h"
#include "storage/clients.h"
#include "storage/decisions.h"
#include "storage/devices.h"
#include "storage/tokens.h"
#include "storage/usage.h"

static void write_transport(struct as_text *text, const struct ace_udp_stats *s)
{
	as_text_counter(text, "aced_datagrams_total", "Datagrams read.", s->datagrams);
	as_text_counter(text, "aced_requests_total", "New CoAP requests.", s->requests);
	as_text_counter(text, "aced_duplicates_total", "Copies of requests that were seen.", s->copies);
	as_text_counter(text, "aced_duplicates_answered_total", "Copies that got the stored answer again.", s->resent);
	as_text_counter(text, "aced_resets_total", "RST sent: pings, malformed and unexpected messages.", s->resets);
	as_text_counter(text, "aced_ignored_total", "Datagrams thrown away in silence.", s->ignored);
	as_text_counter(text, "aced_socket_lost_total", "Datagrams that the system dropped, because the socket was full.", s->lost);
	as_text_counter(text, "aced_turned_away_total", "Requests of unconfirmed addresses, thrown away unread under load.",
			s->turned_away);
	as_text_counter(text, "aced_faults_unanswered_total", "Faults of sources over their budget, left without answer.",
			s->unanswered);
	as_text_counter(text, "aced_too_long_total", "Requests answered 4.13.", s->too_long);
	as_text_counter(text, "aced_answers_too_large_total", "Answers too large for an unconfirmed address.", s->over_limit);
	as_text_counter(text, "aced_unsent_total", "Answers that the socket did not take.", s->unsent);
	as_text_counter(text, "aced_retransmissions_total", "Confirmable messages sent again.", s->retransmissions);
	as_text_counter(text, "aced_given_up_total", "Confirmable messages that were never acknowledged.", s->given_up);
}

static size_t bodies_held(const struct ace_bodies *bodies)
{
	size_t held = 0;

	for (size_t i = 0; i < bodies->count; i++)
		held += bodies->places[i].state != ACE_BODY_FREE;
	return held;
}

/* One table: what it holds, what it can hold, what left early. */
static void write_tables(struct as_text *text, const struct as_server *as, const struct ace_udp_stats *s)
{
	const struct table {
		const char *labels;
		uint64_t held, max, evicted;
	} tables[] = {
		{ "table=\"peers\"", s->peers, s->peers_max, s->peers_evicted },
		{ "table=\"exchanges\"", s->exchanges, s->exchanges_max, s->answers_evicted },
		{ "table=\"observers\"", as->observers.used, as->observers.len, 0 },
		{ "table=\"messages\"", s->messages, s->messages_max, 0 },
		{ "table=\"contexts\"", as->peers.held, as->peers.len, as->peers.evicted },
		{ "table=\"sources\"", s->sources, ACE_UDP_SOURCES_MAX, s->sources_evicted },
		{ "table=\"refusals\"", as_refusals_held(&as->refusals), AS_REFUSALS_LEN, 0 },
		{ "table=\"bodies\"", bodies_held(&as->bodies), as->bodies.count, 0 },
		{ "table=\"dtls_sessions\"", as_coaps_sessions(as->coaps), as->coaps ? as->config->dtls_sessions_max : 0, 0 },
		{ "table=\"devices\"", as->devices.held, as->devices.len, as->devices.evicted },
	};

	as_text_head(text, "aced_table_entries", "gauge", "Entries that a table in memory holds.");
	for (size_t i = 0; i < ACE_ARRAY_LEN(tables); i++)
		as_text_value(text, "aced_table_entries", tables[i].labels, tables[i].held);
	as_text_head(text, "aced_table_max_entries", "gauge", "Entries that a table in memory has room for.");
	for (size_t i = 0; i < ACE_ARRAY_LEN(tables); i++)
		as_text_value(text, "aced_table_max_entries", tables[i].labels, tables[i].max);
	as_text_head(text, "aced_table_evictions_total", "counter", "Entries that left early to make room.");
	for (size_t i = 0; i < ACE_ARRAY_LEN(tables); i++)
		as_text_value(text, "aced_table_evictions_total", tables[i].labels, tables[i].evicted);
	as_text_gauge(text, "aced_answer_bytes", "Bytes of answers that are kept for copies of requests.", s->answer_bytes);
	as_text_gauge(text, "aced_oscore_window_bits", "Partial IVs that a replay window tells apart.", ACE_OSCORE_WINDOW);
}

static enum ace_err read_counts(struct as_server *as, uint64_t ret_counts[4])
{
	struct store_txn *txn;
	uint64_t bytes;
	enum ace_err err = store_begin_read(as->store, &txn);

	if (err)
		return err;
	err = store_client_count(txn, &ret_counts[0]);
	if (!err)
		err = store_device_count(txn, &ret_counts[1]);
	if (!err)
		err = store_token_count(txn, &ret_counts[2]);
	if (!err)
		err = store_decision_count(txn, &ret_counts[3], &bytes);
	store_abort(txn);
	return err;
}

/* What the store cannot tell is left out, which says more than a nought would. */
static void write_store(struct as_text *text, struct as_server *as)
{
	struct store_usage usage;
	uint64_t counts[4];

	if (!read_counts(as, counts)) {
		as_text_gauge(text, "aced_clients", "Clients in the store.", counts[0]);
		as_text_gauge(text, "aced_devices", "Devices in the store.", counts[1]);
		as_text_gauge(text, "aced_tokens_stored", "Token records in the store, expired ones that have not left included.",
			      counts[2]);
		as_text_gauge(text, "aced_decisions_stored", "Decision records in the store.", counts[3]);
	}
	if (store_usage(as->store, &usage))
		return;
	as_text_gauge(text, "aced_store_bytes", "Bytes of the store's map that were ever used.", usage.used_bytes);
	as_text_gauge(text, "aced_store_map_bytes", "Bytes of the store's map.", usage.map_bytes);
	as_text_gauge(text, "aced_store_map_max_bytes", "Bytes that the map may grow to.", usage.map_max_bytes);
	as_text_gauge(text, "aced_store_room_bytes", "Bytes that tokens and decisions may still take.", usage.room_bytes);
	as_text_gauge(text, "aced_store_disk_free_bytes", "Free bytes of the disk that holds the store.", usage.disk_free_bytes);
	as_text_gauge(text, "aced_store_readers", "Slots of readers in use, of all processes.", usage.readers);
}

enum ace_err as_metrics_write(struct as_server *as, FILE *out)
{
	struct as_text text = { out };
	struct ace_udp_stats stats;
	char reason[AS_HEALTH_TEXT_MAX];

	ace_udp_stats(as->udp, &stats);
	as_text_head(&text, "aced_build_info", "gauge", "The version that runs.");
	as_text_value(&text, "aced_build_info", "version=\"" ACED_VERSION "\"", 1);
	as_text_gauge(&text, "aced_start_time_seconds", "When it was started, in seconds since 1970.", (uint64_t)as->started_at);
	as_text_gauge(&text, "aced_ready", "1 when tokens can be issued: what /readyz says.", as_health_ready(as, reason));
	as_text_gauge(&text, "aced_policy_generation", "The policy generation in force.", as->generation);
	as_metrics_write_counters(&text, &as->metrics);
	write_transport(&text, &stats);
	write_tables(&text, as, &stats);
	write_store(&text, as);
	return fflush(out) || ferror(out) ? ACE_ERR_IO : ACE_OK;
}
