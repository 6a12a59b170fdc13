/* SPDX-License-Identifier: Apache-2.0 */
/* ace-client: the command line. */
#include "client/verbs.h"

static const struct cli_flag program_flags[] = {
	{ .name = "state-dir", .value = "DIR", .env = "ACE_STATE",
	  .help = "credentials, tokens and pins (default: ~/.local/state/ace-client)" },
	{ .name = "break", .letter = 'B', .value = "SECS", .help = "wait at most so long for each answer (default: 90)" },
	{ .name = "explain", .help = "print every pair of messages with its size: --trace text" },
	{ .name = "trace", .value = "FORM", .help = "print every pair of messages on stderr: text, json or mermaid" },
	{ .name = "wireshark-keys", .value = "FILE", .help = "append the OSCORE contexts for Wireshark" },
	{ 0 },
};

#define AUTHORITY_FLAGS                                                                                                \
	{ .name = "as", .value = "URI", .help = "the AS to ask, one that this client is enrolled with" },              \
	{ .name = "scope", .letter = 's', .value = "SCOPE", .help = "names, or paths as in /temp:GET,PUT" },           \
	{ .name = "audience", .letter = 'a', .value = "AUDIENCE", .help = "the device as the AS knows it" }

static const struct cli_flag request_flags[] = {
	{ .name = "method", .letter = 'm', .value = "get|post|put|delete|fetch|patch|ipatch", .help = "instead of the verb's" },
	{ .name = "text", .letter = 'e', .value = "TEXT", .help = "payload; @FILE reads a file, - stdin" },
	{ .name = "file", .letter = 'f', .value = "FILE", .help = "payload from a file, - from stdin" },
	{ .name = "output", .letter = 'o', .value = "FILE", .help = "write the answer's payload to a file" },
	{ .name = "type", .letter = 't', .value = "FORMAT", .help = "Content-Format of the payload: a number or a name" },
	{ .name = "accept", .letter = 'A', .value = "FORMAT", .help = "Content-Format that is wanted" },
	{ .name = "non", .letter = 'N', .help = "send as NON" },
	{ .name = "option", .letter = 'O', .value = "NUM,TEXT", .repeatable = true,
	  .help = "add an option; a value that begins with 0x is hex" },
	{ .name = "fresh", .help = "begin with a new token" },
	AUTHORITY_FLAGS,
	{ 0 },
};

static const struct cli_flag token_flags[] = {
	AUTHORITY_FLAGS,
	{ .name = "show", .help = "print the token in hex as well" },
	{ 0 },
};

#define REQUEST(verb, text, sample)                                                                                            \
	{                                                                                                              \
		.name = verb, .args = "URI", .args_min = 1, .args_max = 1, .help = text, .flags = request_flags,       \
		.examples = sample, .run = client_verb_request                                                         \
	}

static const struct cli_verb verbs[] = {
	{ .name = "enroll", .args = "TICKET", .args_min = 1, .args_max = 1, .run = client_verb_enroll,
	  .help = "move a ticket into the state directory, after a test with the AS",
	  .examples = "ace-client enroll wallboard-1.ace\n" },
	REQUEST("get", "read a resource", "ace-client get coap://127.0.0.1:5690/temp --explain\n"
					  "ace-client get coap://127.0.0.1:5690/temp -o temp.txt\n"),
	REQUEST("put", "write a resource", "ace-client put coap://127.0.0.1:5690/setpoint -e 19\n"
					   "ace-client put coap://127.0.0.1:5690/schedule -f week.cbor -t 60\n"),
	REQUEST("post", "send something to a resource", "ace-client post coap://127.0.0.1:5690/firmware -f new.bin -t 42\n"),
	REQUEST("delete", "delete a resource", "ace-client delete coap://127.0.0.1:5690/log\n"),
	REQUEST("fetch", "read a part of a resource, which the payload names",
		"ace-client fetch coap://127.0.0.1:5690/log -e last=10 -t text/plain\n"),
	REQUEST("patch", "change a part of a resource", "ace-client patch coap://127.0.0.1:5690/schedule -f change.cbor -t 60\n"),
	REQUEST("ipatch", "change a part of a resource, in a way that may be repeated",
		"ace-client ipatch coap://127.0.0.1:5690/schedule -f change.cbor -t 60\n"),
	{ .name = "token", .args = "", .help = "only ask for a token", .flags = token_flags, .run = client_verb_token,
	  .examples = "ace-client token -a thermo-101 -s climate.read\n"
		      "ace-client token -a thermo-101 -s \"/temp:GET /setpoint:GET,PUT\"\n" },
	{ .name = "whoami", .args = "", .help = "who this client is, to which AS",
	  .examples = "ace-client whoami\n", .run = client_verb_whoami },
	{ .name = "list", .args = "", .help = "pinned devices and tokens",
	  .examples = "ace-client list\n", .run = client_verb_list },
	{ .name = "forget", .args = "URI", .args_min = 1, .args_max = 1, .run = client_verb_forget,
	  .help = "unpin a device and drop its token and keys",
	  .examples = "ace-client forget coap://127.0.0.1:5690\n" },
	{ 0 },
};

static const struct cli_program program = {
	.name = "ace-client",
	.summary = "CoAP requests under OSCORE, with tokens from an ACE authorization server",
	.examples = "ace-client enroll wallboard-1.ace\n"
		    "ace-client get coap://127.0.0.1:5690/temp --explain\n"
		    "ace-client put coap://127.0.0.1:5690/setpoint -e 19\n",
	.flags = program_flags,
	.verbs = verbs,
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
