/* SPDX-License-Identifier: Apache-2.0 */
#include "cli/diag_internal.h"

#include <math.h>
#include <string.h>

#define ONE_BYTE 24
#define MAJOR_SIMPLE 7
#define EMBEDDED_MAX 2

static struct ace_slice take(struct ace_slice *rest, uint64_t len)
{
	struct ace_slice taken = { rest->ptr, len < rest->len ? (size_t)len : rest->len };

	rest->ptr += taken.len;
	rest->len -= taken.len;
	return taken;
}

struct diag_head diag_head_take(struct diag_walk *walk)
{
	struct diag_head head = { .bytes = walk->rest };
	struct ace_slice first = take(&walk->rest, 1), more;

	if (!first.len)
		return head;
	head.major = first.ptr[0] >> 5;
	head.info = first.ptr[0] & 31u;
	head.value = head.info < ONE_BYTE ? head.info : 0;
	if (head.info >= ONE_BYTE && head.info < ONE_BYTE + 4) {
		more = take(&walk->rest, UINT64_C(1) << (head.info - ONE_BYTE));
		for (size_t i = 0; i < more.len; i++)
			head.value = head.value << 8 | more.ptr[i];
	}
	head.bytes.len = (size_t)(walk->rest.ptr - head.bytes.ptr);
	if (head.major == ACE_CBOR_BSTR || head.major == ACE_CBOR_TSTR)
		head.content = take(&walk->rest, head.value);
	return head;
}

bool diag_goes_on(struct diag_walk *walk, const struct diag_head *head, uint64_t taken, struct ace_slice *ret_end)
{
	*ret_end = (struct ace_slice){ 0 };
	if (head->info != DIAG_INDEFINITE)
		return taken < head->value && walk->rest.len;
	if (walk->rest.len && walk->rest.ptr[0] != 0xff)
		return true;
	*ret_end = take(&walk->rest, 1);
	return false;
}

int64_t diag_key(const struct diag_walk *walk)
{
	struct diag_walk ahead = *walk;
	struct diag_head head = diag_head_take(&ahead);

	if (head.major > ACE_CBOR_NINT || head.value >= INT64_MAX)
		return INT64_MIN;
	return head.major == ACE_CBOR_UINT ? (int64_t)head.value : -1 - (int64_t)head.value;
}

void diag_step(struct diag_walk *walk, int64_t step)
{
	if (walk->path.len < CLI_DIAG_PATH_MAX)
		walk->path.steps[walk->path.len++] = step;
}

enum cli_diag_as diag_show(const struct diag_walk *walk)
{
	enum cli_diag_as as = walk->view->show(&walk->path);
	struct diag_walk ahead = *walk;
	struct diag_head head;
	struct ace_cbor_reader r;

	if (as != CLI_DIAG_EMBEDDED)
		return as;
	head = diag_head_take(&ahead);
	if (head.major != ACE_CBOR_BSTR || walk->depth >= EMBEDDED_MAX)
		return CLI_DIAG_PLAIN;
	ace_cbor_read_init(&r, head.content);
	return r.err ? CLI_DIAG_PLAIN : CLI_DIAG_EMBEDDED;
}

struct ace_slice diag_skip(struct diag_walk *walk)
{
	struct ace_cbor_reader r;
	struct ace_slice raw;

	ace_cbor_read_own(&r, walk->rest);
	raw = ace_cbor_read_raw(&r);
	if (r.err)
		raw = walk->rest;
	return take(&walk->rest, raw.len);
}

struct diag_walk diag_inside(const struct diag_walk *walk, const struct diag_head *head)
{
	struct diag_walk inside = *walk;

	inside.rest = head->content;
	inside.depth++;
	return inside;
}

/* What is no printable ASCII is escaped as in JSON; valid UTF-8 beyond that is shown by its code points. */
static void quote(struct cli_text *text, struct ace_slice content)
{
	cli_text_printf(text, "\"");
	for (size_t i = 0; i < content.len;) {
		uint8_t byte = content.ptr[i++];
		unsigned more = byte < 0xc0 ? 0 : byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
		unsigned long point = more ? byte & (0x3fu >> more) : byte;

		for (; more && i < content.len; more--)
			point = point << 6 | (content.ptr[i++] & 0x3f);
		if (point == '"' || point == '\\')
			cli_text_printf(text, "\\%c", (int)point);
		else if (point >= 0x20 && point < 0x7f)
			cli_text_printf(text, "%c", (int)point);
		else if (point < 0x10000)
			cli_text_printf(text, "\\u%04lx", point);
		else
			cli_text_printf(text, "\\u%04lx\\u%04lx", 0xd7c0 + (point >> 10), 0xdc00 + (point & 0x3ff));
	}
	cli_text_printf(text, "\"");
}

static double half(uint64_t bits)
{
	int exponent = (int)(bits >> 10 & 31);
	double fraction = (double)(bits & 1023), value;

	if (exponent == 31)
		value = bits & 1023 ? (double)NAN : (double)INFINITY;
	else
		value = exponent ? ldexp(fraction + 1024, exponent - 25) : ldexp(fraction, -24);
	return bits & 0x8000 ? -value : value;
}

static double float_of(const struct diag_head *head)
{
	uint32_t bits = (uint32_t)head->value;
	double value;
	float single;

	if (head->info == ONE_BYTE + 1)
		return half(head->value);
	if (head->info == ONE_BYTE + 2) {
		memcpy(&single, &bits, sizeof single);
		return (double)single;
	}
	memcpy(&value, &head->value, sizeof value);
	return value;
}

static void simple(struct cli_text *text, const struct diag_head *head)
{
	static const char *const names[] = { "false", "true", "null", "undefined" };
	double value;

	if (head->info <= ONE_BYTE) {
		if (head->value >= 20 && head->value < 24)
			cli_text_printf(text, "%s", names[head->value - 20]);
		else
			cli_text_printf(text, "simple(%u)", (unsigned)head->value);
		return;
	}
	value = float_of(head);
	if (isnan(value) || isinf(value))
		cli_text_printf(text, "%s", isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity");
	else
		cli_text_printf(text, value == floor(value) && fabs(value) < 1e15 ? "%.1f" : "%.17g", value);
}

void diag_scalar(struct cli_text *text, const struct diag_head *head)
{
	if (head->major == ACE_CBOR_UINT)
		cli_text_printf(text, "%llu", (unsigned long long)head->value);
	else if (head->major == ACE_CBOR_NINT && head->value == UINT64_MAX)
		cli_text_printf(text, "-18446744073709551616");
	else if (head->major == ACE_CBOR_NINT)
		cli_text_printf(text, "-%llu", (unsigned long long)head->value + 1);
	else if (head->major == ACE_CBOR_TSTR)
		quote(text, head->content);
	else if (head->major == MAJOR_SIMPLE)
		simple(text, head);
	else {
		cli_text_printf(text, "h'");
		cli_text_hex(text, head->content);
		cli_text_printf(text, "'");
	}
}
