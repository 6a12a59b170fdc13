/* SPDX-License-Identifier: Apache-2.0 */
/* A claims set, and the OSCORE input material alone. What was read and is written again reads as the same. */
#include "ace_claims.h"
#include "fuzz.h"

static void read_osc(struct ace_slice in)
{
	struct ace_cbor_reader r;
	struct ace_slice raw;
	struct ace_osc osc;

	ace_cbor_read_init(&r, in);
	raw = ace_cbor_read_raw(&r);
	if (!ace_cbor_read_finish(&r) && !ace_osc_read(raw, &osc)) {
		fuzz_accepted++;
		fuzz_require(osc.ms.len >= ACE_MASTER_SECRET_MIN && osc.id.len <= ACE_OSC_ID_MAX);
	}
}

static void write_and_read(const struct ace_claims *claims)
{
	uint8_t bytes[4096];
	struct ace_cbor_writer w;
	struct ace_claims again;
	struct ace_slice written;
	enum ace_err osc_err;

	ace_cbor_write_init(&w, bytes, sizeof bytes);
	ace_claims_write(&w, claims);
	if (ace_cbor_written(&w, &written))
		return;
	fuzz_require(ace_claims_read(written, &again, &osc_err) == ACE_OK && osc_err == ACE_OK);
	fuzz_require(ace_slice_equal(again.iss, claims->iss) && ace_slice_equal(again.sub, claims->sub));
	fuzz_require(ace_slice_equal(again.aud, claims->aud) && ace_slice_equal(again.cti, claims->cti));
	fuzz_require(again.exp == claims->exp && again.exi == claims->exi && again.scope.kind == claims->scope.kind);
	fuzz_require(ace_slice_equal(again.scope.bytes, claims->scope.bytes));
	if (claims->cnf == ACE_CNF_IS_OSC)
		fuzz_require(ace_slice_equal(again.osc.id, claims->osc.id) && ace_slice_equal(again.osc.ms, claims->osc.ms));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct ace_slice in = { bytes, len };
	struct ace_claims claims;
	enum ace_err osc_err;

	read_osc(in);
	if (ace_claims_read(in, &claims, &osc_err))
		return 0;
	fuzz_accepted++;
	if (!osc_err && claims.cnf != ACE_CNF_IS_OTHER)
		write_and_read(&claims);
	return 0;
}
