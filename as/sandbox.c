/* SPDX-License-Identifier: Apache-2.0 */
#include "as/sandbox.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include "as/server.h"
#include "cli/log.h"

/* What a sanitizer or a coverage report needs at run time differs from release to release of the compiler. */
#ifdef AS_SANDBOX_NOT_IN_THIS_BUILD
static const bool is_built = false;
#else
static const bool is_built = true;
#endif

bool as_sandbox_parse(const char *name, enum as_sandbox_mode *ret_mode)
{
	static const char *const names[] = { [AS_SANDBOX_AUTO] = "auto", [AS_SANDBOX_OFF] = "off",
					     [AS_SANDBOX_REQUIRE] = "require" };

	for (size_t i = 0; i < ACE_ARRAY_LEN(names); i++)
		if (!strcmp(names[i], name)) {
			*ret_mode = (enum as_sandbox_mode)i;
			return true;
		}
	return false;
}

static enum ace_err missing(const struct as_server *as, const char *what, const char *why)
{
	bool is_required = as->config->sandbox == AS_SANDBOX_REQUIRE;

	cli_log(is_required ? CLI_LOG_ERROR : CLI_LOG_WARN, "sandbox.missing", cli_log_text("what", what),
		cli_log_text("why", why));
	return is_required ? ACE_ERR_UNSUPPORTED : ACE_OK;
}

/* Files first: afterwards the calls for it are gone. */
static enum ace_err restrict_all(struct as_server *as)
{
	size_t calls = 0;
	int abi = 0;
	enum ace_err err = ACE_OK;

	if (as_sandbox_files(as->config, &abi))
		err = missing(as, "landlock", strerror(errno));
	if (!err && as_sandbox_calls(as->config, &calls))
		err = missing(as, "seccomp", strerror(errno));
	if (err)
		return err;
	as->sandbox = calls ? abi ? "seccomp landlock" : "seccomp" : abi ? "landlock" : "off";
	cli_log(CLI_LOG_INFO, "sandbox", cli_log_text("with", as->sandbox), cli_log_int("calls", (int64_t)calls),
		cli_log_int("landlock", abi));
	return ACE_OK;
}

enum ace_err as_sandbox_enter(struct as_server *as)
{
	tzset(); /* here, so that nobody looks for /etc/localtime later */
	as->sandbox = "off";
	if (as->config->sandbox == AS_SANDBOX_OFF) {
		cli_log(CLI_LOG_WARN, "sandbox.off", cli_log_text("why", "the configuration says so"));
		return ACE_OK;
	}
	if (!is_built)
		return missing(as, "seccomp landlock", "this build is for tests: with sanitizers or coverage");
	return restrict_all(as);
}
