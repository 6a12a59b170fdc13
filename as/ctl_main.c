/* SPDX-License-Identifier: Apache-2.0 */
#include "as/config.h"
#include "as/ctl.h"
#include "as/ctl_complete.h"

#include <stdint.h>

static const struct cli_flag program_flags[] = {
	{ .name = "state-dir", .value = "DIR", .env = "ACE_STATE", .help = "the store (default " STORE_DIR_DEFAULT ")" },
	{ .name = "kek", .value = "FILE",
	  .help = "key-encryption key (default " STORE_KEK_DEFAULT "; DIR/kek with another DIR)" },
	{ 0 },
};

static const struct cli_flag init_flags[] = {
	{ .name = "as-uri", .value = "URI", .help = "token endpoint (default coap://127.0.0.1:5683/token)" },
	{ .name = "issuer", .value = "URI", .help = "what tokens call their issuer (default: the AS URI without its path)" },
	{ 0 },
};

static const struct cli_flag status_flags[] = {
	{ .name = "wait", .value = "SECS", .value_optional = true, .help = "wait until aced runs (default 10 s)" },
	{ 0 },
};

static const struct cli_flag metrics_flags[] = {
	{ .name = "from", .value = "ADDRESS:PORT", .help = "where aced serves them (default what " AS_CONFIG_DEFAULT " says, or " AS_METRICS_DEFAULT ")" },
	{ 0 },
};

#define ALLOW_UNKNOWN { .name = "allow-unknown", .help = "rules may name clients, devices and tags that nobody knows yet" }

static const struct cli_flag validate_flags[] = {
	ALLOW_UNKNOWN,
	{ 0 },
};

static const struct cli_flag test_flags[] = {
	{ .name = "coverage", .help = "list the rules that no test made match" },
	ALLOW_UNKNOWN,
	{ 0 },
};

static const struct cli_flag fmt_flags[] = {
	{ .name = "check", .help = "change nothing, name the files that would be; exit 1 when there is any" },
	{ 0 },
};

static const struct cli_flag apply_flags[] = {
	{ .name = "dry-run", .help = "show what would change, and change nothing" },
	{ .name = "expect", .value = "GEN", .help = "only if this generation is in force" },
	{ .name = "prune", .help = "remove clients and devices that the files do not have" },
	ALLOW_UNKNOWN,
	{ .name = "message", .letter = 'm', .value = "TEXT", .help = "why, for the history" },
	{ .name = "no-tests", .help = "leave out the tests that come with the files" },
	{ 0 },
};

static const struct cli_flag diff_flags[] = {
	{ .name = "from", .value = "GEN", .help = "compare with this generation (default the one in force)" },
	{ .name = "to", .value = "GEN", .help = "a generation instead of files" },
	{ .name = "replay", .value = "DURATION", .help = "and decide the logged requests of that time again: 7d, 24h" },
	{ .name = "prune", .help = "as if clients and devices that the files do not have were removed" },
	{ .name = "format", .value = "text|json|markdown", .help = "text (default), for programs, or for a review" },
	{ 0 },
};

static const struct cli_flag rollback_flags[] = {
	{ .name = "dry-run", .help = "show what would change, and change nothing" },
	{ .name = "expect", .value = "GEN", .help = "only if this generation is in force" },
	{ .name = "message", .letter = 'm', .value = "TEXT", .help = "why, for the history" },
	{ 0 },
};

static const struct cli_flag policy_export_flags[] = {
	{ .name = "generation", .value = "GEN", .help = "the policy of this generation, without an inventory" },
	{ 0 },
};

static const struct cli_flag graph_flags[] = {
	{ .name = "format", .value = "dot|mermaid", .help = "for graphviz (default), or for Markdown" },
	{ 0 },
};

#define CREATE_FLAGS \
	{ .name = "tag", .value = "KEY=VALUE", .repeatable = true, .help = "what rules may ask for; any number of them" }, \
	{ .name = "description", .value = "TEXT", .help = "for people" }, \
	{ .name = "disabled", .help = "switched off until it is enabled" }, \
	{ .name = "key-file", .value = "FILE", .help = "its key, raw or in hex (default: one is generated)" }, \
	{ .name = "key-stdin", .help = "the same from standard input" }

static const struct cli_flag client_create_flags[] = {
	CREATE_FLAGS,
	{ .name = "method", .value = "METHOD", .help = "how it proves who it is: oscore (default) or dtls-psk" },
	{ .name = "default-scope", .value = "SCOPE", .help = "what it gets when it asks for nothing in particular" },
	{ .name = "default-audience", .value = "AUDIENCE", .help = "and where, when it names no device" },
	{ 0 },
};

static const struct cli_flag device_create_flags[] = {
	CREATE_FLAGS,
	{ .name = "model", .value = "MODEL", .help = "of the policy in force; needed" },
	{ .name = "audience", .value = "AUDIENCE", .help = "what clients call it, beside its id" },
	{ .name = "kid", .value = "HEX", .help = "id of its token key (default: the lowest that no device has)" },
	{ .name = "alg", .value = "ALG", .help = "of its token key (default AES-CCM-16-64-128)" },
	{ .name = "line", .value = "METHOD", .help = "a line of its own to aced, oscore or dtls-psk, with a generated key" },
	{ 0 },
};

static const struct cli_flag client_export_flags[] = {
	{ .name = "format", .value = "json|libcoap|aiocoap", .help = "for ace-client (default), or for a CoAP library" },
	{ .name = "output", .letter = 'o', .value = "FILE", .help = "a new file, written 0600" },
	{ .name = "as-uri", .value = "URI", .help = "where this client reaches the token endpoint, when not at the store's URI" },
	{ 0 },
};

static const struct cli_flag export_flags[] = {
	{ .name = "format", .value = "json|cbor|nvs-csv|zephyr|c-header|hex", .help = "how (default json)" },
	{ .name = "output", .letter = 'o', .value = "FILE", .help = "a new file, written 0600" },
	{ 0 },
};

static const struct cli_flag ticket_flags[] = {
	{ .name = "output", .letter = 'o', .value = "FILE", .help = "a new file, written 0600" },
	{ 0 },
};

static const struct cli_flag token_flags[] = {
	{ .name = "client", .value = "CLIENT", .help = "tokens of this client" },
	{ .name = "device", .value = "DEVICE", .help = "tokens for this device" },
	{ 0 },
};

static const struct cli_flag inspect_flags[] = {
	{ .name = "device", .value = "DEVICE", .help = "with the keys of this device (default: of the one that it was issued for)" },
	{ .name = "show-secrets", .help = "print the key that is in it, too" },
	{ 0 },
};

static const struct cli_flag revoke_flags[] = {
	{ .name = "client", .value = "CLIENT", .help = "tokens of this client" },
	{ .name = "device", .value = "DEVICE", .help = "tokens for this device" },
	{ .name = "exceeding", .help = "tokens that the policy in force would not give" },
	{ 0 },
};

static const struct cli_flag client_rotate_flags[] = {
	{ .name = "output", .letter = 'o', .value = "FILE", .help = "a new file, written 0600" },
	{ .name = "overlap", .value = "DURATION", .help = "how long the old key is taken, at most (default: until the new one was used)" },
	{ 0 },
};

static const struct cli_flag rotate_line_flags[] = {
	{ .name = "overlap", .value = "DURATION", .help = "how long the old key is taken, at most (default: until the new one was used)" },
	{ .name = "now", .help = "the old key is dead at once" },
	{ 0 },
};

static const struct cli_flag rotate_key_flags[] = {
	{ .name = "activate", .help = "issue under the key that waits, from now on" },
	{ .name = "at", .value = "TIME", .help = "the same from a time on: 2026-11-24T17:50:00Z" },
	{ .name = "overlap", .value = "DURATION", .help = "how long the old key is of use after that (default: as long as a token can live)" },
	{ .name = "cancel", .help = "forget the key that waits" },
	{ .name = "now", .help = "replace all keys at once and revoke what lives: the old key is known to others" },
	{ 0 },
};

static const struct cli_flag rotate_kek_flags[] = {
	{ .name = "new-kek", .value = "FILE", .help = "let the key of FILE open the store, too; made when it is not there" },
	{ .name = "finish", .help = "only the present key opens the store from now on" },
	{ 0 },
};

static const struct cli_flag restore_flags[] = {
	{ .name = "dry-run", .help = "tell what would be lost, and change nothing" },
	{ .name = "accept-lost-revocations", .help = "also where there is no store of which they could be taken over" },
	{ 0 },
};

static const struct cli_flag explain_flags[] = {
	{ .name = "at", .value = "TIME", .help = "as if it were that time: 2026-11-24T17:50:00Z (default now)" },
	{ .name = "policy", .value = "PATH", .repeatable = true, .help = "as if these files were applied" },
	{ 0 },
};

static const struct cli_flag can_flags[] = {
	{ .name = "at", .value = "TIME", .help = "what is allowed then: 2026-11-24T17:50:00Z (default: at any time from now on)" },
	{ .name = "policy", .value = "PATH", .repeatable = true, .help = "as if these files were applied" },
	{ 0 },
};

static const struct cli_verb verbs[] = {
	{ .name = "init", .args = "", .help = "make a store and its keys",
	  .examples = "acectl --state-dir ./state init\n"
		      "acectl init --as-uri coap://as.example:5683/token\n",
	  .flags = init_flags, .run = ctl_init },
	{ .name = "status", .args = "", .help = "is aced running, and with what",
	  .examples = "acectl status --wait && echo aced runs\n",
	  .flags = status_flags, .run = ctl_status },
	{ .name = "doctor", .args = "", .help = "checks of the store, its keys and this machine, with advice; exit 1 when one fails",
	  .examples = "acectl doctor\n"
		      "acectl doctor --json | jq '.checks[] | select(.state != \"ok\")'\n", .run = ctl_doctor },
	{ .name = "metrics", .args = "", .help = "what aced counts, as Prometheus gets it",
	  .examples = "acectl metrics --from 127.0.0.1:9683 | grep ready\n",
	  .flags = metrics_flags, .run = ctl_metrics },
	{ .name = "policy validate", .args = "PATH...", .args_min = 1, .args_max = SIZE_MAX,
	  .help = "check files without touching the store",
	  .examples = "acectl policy validate policies/demo\n",
	  .flags = validate_flags, .run = ctl_policy_validate },
	{ .name = "policy test", .args = "PATH...", .args_min = 1, .args_max = SIZE_MAX,
	  .help = "run the tests of a policy at the times that they name; exit 1 when one fails",
	  .examples = "acectl policy test policies/demo --coverage\n"
		      "acectl policy test policy.json inventory.json night-shift.test.json\n",
	  .flags = test_flags, .run = ctl_policy_test },
	{ .name = "policy fmt", .args = "PATH...", .args_min = 1, .args_max = SIZE_MAX,
	  .help = "lay out files in the one way that makes differences small",
	  .examples = "acectl policy fmt policies/demo\n"
		      "acectl policy fmt --check policies/demo && echo laid out\n"
		      "acectl policy fmt - <policy.json\n",
	  .flags = fmt_flags, .run = ctl_policy_fmt },
	{ .name = "policy apply", .args = "PATH...", .args_min = 1, .args_max = SIZE_MAX,
	  .help = "put policy and inventory in force",
	  .examples = "acectl policy apply policies/demo -m \"first cut\"\n"
		      "acectl policy apply policy.json --expect 3 --dry-run\n",
	  .flags = apply_flags, .run = ctl_policy_apply },
	{ .name = "policy diff", .args = "PATH...", .args_max = SIZE_MAX,
	  .help = "who gains and who loses what, if files were applied; exit 1 when anybody does",
	  .examples = "acectl policy diff draft\n"
		      "acectl policy diff draft --replay 7d\n"
		      "acectl policy diff policy.json --format markdown >review.md\n"
		      "acectl policy diff --from 3 --to 5\n",
	  .flags = diff_flags, .run = ctl_policy_diff },
	{ .name = "policy rollback", .args = "GEN", .args_min = 1, .args_max = 1,
	  .help = "an old generation in force again, as a new one",
	  .examples = "acectl policy rollback 3 --dry-run\n"
		      "acectl policy rollback 3 --expect 4 -m \"night shift could not enter\"\n",
	  .flags = rollback_flags, .run = ctl_policy_rollback },
	{ .name = "policy log", .args = "", .help = "all generations, newest first",
	  .examples = "acectl policy log\n", .run = ctl_policy_log },
	{ .name = "policy show", .args = "[GEN]", .args_max = 1, .help = "the policy in force, or that of a generation",
	  .examples = "acectl policy show 3 >policy.json\n", .run = ctl_policy_show },
	{ .name = "policy export", .args = "[DIR]", .args_max = 1,
	  .help = "policy, clients and devices as files; applied again they change nothing",
	  .examples = "acectl policy export site\n"
		      "acectl policy export --generation 3 >policy.json\n",
	  .flags = policy_export_flags, .run = ctl_policy_export },
	{ .name = "policy graph", .args = "[PATH...]", .args_max = SIZE_MAX,
	  .help = "a drawing of who may do what where: of the policy in force, or of files",
	  .examples = "acectl policy graph | dot -Tsvg >policy.svg\n"
		      "acectl policy graph policies/demo --format mermaid\n",
	  .flags = graph_flags, .run = ctl_policy_graph },
	{ .name = "policy schema", .args = "[tests]", .args_max = 1,
	  .help = "the JSON Schema of policy files, or of their tests, for editors",
	  .examples = "acectl policy schema >ace-policy-1.schema.json\n"
		      "acectl policy schema tests >ace-policy-tests-1.schema.json\n",
	  .run = ctl_policy_schema },
	{ .name = "client list", .args = "", .help = "all clients",
	  .examples = "acectl client list --json=lines\n", .run = ctl_client_list },
	{ .name = "client show", .args = "ID", .args_min = 1, .args_max = 1, .help = "one client, without its key",
	  .examples = "acectl client show wallboard-1\n", .run = ctl_client_show },
	{ .name = "client create", .args = "ID", .args_min = 1, .args_max = 1, .help = "add one client",
	  .examples = "acectl client create wallboard-3\n"
		      "acectl client create tech-eva --tag role=technician --tag site=b7 --key-file tech-eva.key\n",
	  .flags = client_create_flags, .run = ctl_client_create },
	{ .name = "client ticket", .args = "ID", .args_min = 1, .args_max = 1,
	  .help = "a new key for a client, to be enrolled within 24 hours",
	  .examples = "acectl client ticket wallboard-1 -o wallboard-1.ace\n",
	  .flags = ticket_flags,
	  .run = ctl_client_ticket },
	{ .name = "client rotate-key", .args = "ID", .args_min = 1, .args_max = 1,
	  .help = "a ticket for a new key; the old one stays in force until it is used",
	  .examples = "acectl client rotate-key wallboard-1 -o wallboard-1.ace\n", .flags = client_rotate_flags,
	  .run = ctl_client_rotate_key },
	{ .name = "client export", .args = "ID", .args_min = 1, .args_max = 1, .help = "a client's credentials",
	  .examples = "acectl client export wallboard-1 --format libcoap -o wallboard-1.conf\n",
	  .flags = client_export_flags, .run = ctl_client_export },
	{ .name = "client enable", .args = "ID", .args_min = 1, .args_max = 1, .help = "let a client ask again",
	  .examples = "acectl client enable wallboard-1\n", .run = ctl_client_enable },
	{ .name = "client disable", .args = "ID", .args_min = 1, .args_max = 1, .help = "refuse whatever a client asks, and revoke its tokens",
	  .examples = "acectl client disable wallboard-1\n", .run = ctl_client_disable },
	{ .name = "client tag", .args = "ID KEY=VALUE... KEY-...", .args_min = 2, .args_max = SIZE_MAX,
	  .help = "set tags of a client, and take tags away",
	  .examples = "acectl client tag tech-bo role=technician site=b7\n"
		      "acectl client tag tech-bo site-\n",
	  .run = ctl_client_tag },
	{ .name = "client delete", .args = "ID", .args_min = 1, .args_max = 1, .help = "forget a client, and revoke its tokens",
	  .examples = "acectl client delete wallboard-1 -y\n", .run = ctl_client_delete },
	{ .name = "device list", .args = "", .help = "all devices",
	  .examples = "acectl device list --json=lines\n", .run = ctl_device_list },
	{ .name = "device show", .args = "ID", .args_min = 1, .args_max = 1,
	  .help = "one device, by its id or audience, without its keys",
	  .examples = "acectl device show thermo-101\n", .run = ctl_device_show },
	{ .name = "device create", .args = "ID", .args_min = 1, .args_max = 1, .help = "add one device",
	  .examples = "acectl device create thermo-102 --model thermo-v2 --tag kind=climate\n"
		      "acectl device create door-rear --model door-v1 --audience coap://door-rear.example --line oscore\n",
	  .flags = device_create_flags, .run = ctl_device_create },
	{ .name = "device export", .args = "ID", .args_min = 1, .args_max = 1, .help = "what a device has to know",
	  .examples = "acectl device export thermo-101 --format json -o thermo-101.json\n"
		      "acectl device export thermo-101 --format c-header -o thermo-101.h\n",
	  .flags = export_flags, .run = ctl_device_export },
	{ .name = "device rotate-key", .args = "ID", .args_min = 1, .args_max = 1,
	  .help = "a new token key: make it, export it, activate it",
	  .examples = "acectl device rotate-key thermo-101\n"
		      "acectl device export thermo-101 -o thermo-101.json\n"
		      "acectl device rotate-key thermo-101 --activate\n",
	  .flags = rotate_key_flags, .run = ctl_device_rotate_key },
	{ .name = "device rotate-line", .args = "ID", .args_min = 1, .args_max = 1,
	  .help = "a new key for the device's own line to the AS",
	  .examples = "acectl device rotate-line thermo-101\n"
		      "acectl device export thermo-101 -o thermo-101.json\n",
	  .flags = rotate_line_flags, .run = ctl_device_rotate_line },
	{ .name = "device enable", .args = "ID", .args_min = 1, .args_max = 1, .help = "let tokens be issued for a device again",
	  .examples = "acectl device enable thermo-101\n", .run = ctl_device_enable },
	{ .name = "device disable", .args = "ID", .args_min = 1, .args_max = 1,
	  .help = "issue no tokens for a device, and revoke those that live",
	  .examples = "acectl device disable thermo-101\n", .run = ctl_device_disable },
	{ .name = "device tag", .args = "ID KEY=VALUE... KEY-...", .args_min = 2, .args_max = SIZE_MAX,
	  .help = "set tags of a device, and take tags away",
	  .examples = "acectl device tag thermo-101 floor=1 site=b7\n", .run = ctl_device_tag },
	{ .name = "device delete", .args = "ID", .args_min = 1, .args_max = 1,
	  .help = "forget a device, and revoke the tokens for it",
	  .examples = "acectl device delete thermo-101 -y\n", .run = ctl_device_delete },
	{ .name = "token list", .args = "", .help = "the tokens that are kept: live, revoked, and some that expired",
	  .examples = "acectl token list --client wallboard-1\n",
	  .flags = token_flags, .run = ctl_token_list },
	{ .name = "token show", .args = "ID", .args_min = 1, .args_max = 1,
	  .help = "one token, by its number or the decision that granted it",
	  .examples = "acectl token show D-01KB2R7Q8ZJ4N0PX\n", .run = ctl_token_show },
	{ .name = "token inspect", .args = "TOKEN|@FILE|-", .args_min = 1, .args_max = 1,
	  .help = "what an access token says; it is opened with the key of its device",
	  .examples = "acectl token inspect @token.cwt\n"
		      "acectl token inspect 2D3QgUUBogEKBEEB... --device thermo-101\n",
	  .flags = inspect_flags, .run = ctl_token_inspect },
	{ .name = "token revoke", .args = "[ID]", .args_max = 1, .help = "end tokens before their time",
	  .examples = "acectl token revoke --client wallboard-1 -y\n"
		      "acectl token revoke --exceeding\n",
	  .flags = revoke_flags, .run = ctl_token_revoke },
	{ .name = "key status", .args = "", .help = "how old the keys of the store are",
	  .examples = "acectl key status --json\n", .run = ctl_key_status },
	{ .name = "key rotate-kek", .args = "", .help = "a new key-encryption key; aced goes on",
	  .examples = "acectl key rotate-kek -y\n",
	  .flags = rotate_kek_flags, .run = ctl_key_rotate_kek },
	{ .name = "backup", .args = "FILE", .args_min = 1, .args_max = 1,
	  .help = "a copy of the store in one file; aced goes on",
	  .examples = "acectl backup /srv/backup/aced-monday\n"
		      "acectl backup /srv/backup/aced-latest -y\n", .run = ctl_backup },
	{ .name = "restore", .args = "FILE", .args_min = 1, .args_max = 1,
	  .help = "a backup in the place of the store; aced must not run",
	  .examples = "acectl restore /srv/backup/aced-monday --dry-run\n"
		      "acectl restore /srv/backup/aced-monday -y\n",
	  .flags = restore_flags, .run = ctl_restore },
	{ .name = "explain", .args = "CLIENT DEVICE SCOPE | DECISION-ID", .args_min = 1, .args_max = 3,
	  .help = "why it would be, or was, granted or refused; exit 0 or 1",
	  .examples = "acectl explain wallboard-1 thermo-101 climate.read\n"
		      "acectl explain wallboard-1 thermo-101 /setpoint:GET,PUT\n"
		      "acectl explain tech-anna thermo-srv \"climate.read climate.set\" --at 2026-11-24T17:50:00+01:00\n",
	  .flags = explain_flags, .run = ctl_explain },
	{ .name = "can", .args = "CLIENT [DEVICE]", .args_min = 1, .args_max = 2,
	  .help = "everything that a client may do; exit 1 when that is nothing",
	  .examples = "acectl can tech-anna\n"
		      "acectl can tech-anna thermo-101 --at 2026-11-24T17:50:00+01:00\n",
	  .flags = can_flags, .run = ctl_can },
	{ .name = "who-can", .args = "METHOD PATH DEVICE", .args_min = 3, .args_max = 3,
	  .help = "all clients that may do something at a device; exit 1 when nobody may",
	  .examples = "acectl who-can PUT /setpoint thermo-101\n"
		      "acectl who-can POST /fw thermo-101 --policy draft/policy.json\n",
	  .flags = can_flags, .run = ctl_who_can },
	{ .name = "completion", .args = "bash", .args_min = 1, .args_max = 1,
	  .help = "what bash has to read to complete verbs, flags, ids and files",
	  .examples = "source <(acectl completion bash)\n", .run = ctl_completion },
	{ 0 },
};

int main(int argc, char **argv)
{
	static const struct cli_program program = {
		.name = "acectl",
		.summary = "keeps the policies, clients and devices of aced",
		.examples = "acectl --state-dir ./state init\n"
			    "acectl --state-dir ./state policy apply policies/demo -m \"first cut\"\n"
			    "acectl --state-dir ./state client ticket wallboard-1 -o wallboard-1.ace\n",
		.flags = program_flags,
		.verbs = verbs,
		.complete = ctl_complete,
	};

	return cli_main(&program, argc, argv);
}
