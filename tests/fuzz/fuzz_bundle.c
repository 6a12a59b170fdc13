/* SPDX-License-Identifier: Apache-2.0 */
/* Bundles and tickets, in JSON and CBOR; what was read can be written, and reads again. */
#include "cli/bundle.h"
#include "fuzz.h"

static void read_client(struct ace_slice in)
{
	struct cli_client_bundle bundle, again;
	struct cli_error error = { 0 };
	struct cli_bytes bytes;

	if (cli_client_bundle_read(in, "file", &bundle, &error))
		return;
	fuzz_accepted++;
	fuzz_require(cli_client_bundle_write(&bundle, CLI_FORMAT_JSON, &bytes, &error) == ACE_OK);
	fuzz_require(cli_client_bundle_read((struct ace_slice){ bytes.ptr, bytes.len }, "again", &again, &error) == ACE_OK);
	cli_client_bundle_fini(&again);
	cli_bytes_free(&bytes);
	cli_client_bundle_fini(&bundle);
}

static void read_device(struct ace_slice in)
{
	struct cli_device_bundle bundle, again;
	struct cli_error error = { 0 };
	struct cli_bytes bytes;

	if (cli_device_bundle_read(in, "file", &bundle, &error))
		return;
	fuzz_accepted++;
	for (int format = CLI_FORMAT_JSON; format <= CLI_FORMAT_CBOR; format += CLI_FORMAT_CBOR - CLI_FORMAT_JSON) {
		fuzz_require(cli_device_bundle_write(&bundle, (enum cli_bundle_format)format, &bytes, &error) == ACE_OK);
		fuzz_require(cli_device_bundle_read((struct ace_slice){ bytes.ptr, bytes.len }, "again", &again, &error) ==
			     ACE_OK);
		cli_device_bundle_fini(&again);
		cli_bytes_free(&bytes);
	}
	cli_device_bundle_fini(&bundle);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	read_client((struct ace_slice){ bytes, len });
	read_device((struct ace_slice){ bytes, len });
	return 0;
}
