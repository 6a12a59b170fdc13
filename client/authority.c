/* SPDX-License-Identifier: Apache-2.0 */
/* Who is in charge of a device? Hints are suggestions that anybody can make. */
#include "client/flow.h"

static enum ace_err refuse(struct cli_error *ret_error, int exit_code, const char *hint)
{
	if (ret_error)
		ret_error->exit = exit_code;
	cli_error_hint(ret_error, "%s", hint);
	return ret_error ? ret_error->err : ACE_ERR_DENIED;
}

static enum ace_err changed(const struct client_choice_input *in, const char *what, struct ace_slice now,
			    struct ace_slice before, struct cli_error *ret_error)
{
	char now_text[160], before_text[160];

	cli_text_clean(now, now_text, sizeof now_text);
	cli_text_clean(before, before_text, sizeof before_text);
	(void)cli_error_set(ret_error, ACE_ERR_DENIED, "%s names %s %s now, but is pinned to %s", in->origin, what,
			    now_text, before_text);
	return refuse(ret_error, CLI_EXIT_REFUSED, "if that is right, name the new one with --audience (and --as), or "
						   "use: ace-client forget URI");
}

static enum ace_err as_choose(const struct client_choice_input *in, const struct cli_client_bundle **ret_as,
			      struct cli_error *ret_error)
{
	struct ace_slice hinted = in->hints->as_uri, pinned = in->pin->as_uri;
	struct ace_slice wanted = in->as_uri ? client_slice(in->as_uri) : hinted.len ? hinted : pinned;
	char text[200];

	if (!in->as_uri && hinted.len && pinned.len && !client_same_as(hinted, pinned))
		return changed(in, "the AS", hinted, pinned, ret_error);
	if (!wanted.len && in->enrolments->len == 1)
		wanted = client_slice(in->enrolments->bundles[0].as_uri);
	if (!wanted.len) {
		(void)cli_error_set(ret_error, ACE_ERR_MISSING, "%s does not say which AS is in charge of it",
				    in->origin);
		return refuse(ret_error, CLI_EXIT_REFUSED, "name it with --as URI");
	}
	*ret_as = client_enrolment_find(in->enrolments, wanted);
	if (*ret_as)
		return ACE_OK;
	/* RFC 9200 6.4: an attacker could name an AS of its own. */
	cli_text_clean(wanted, text, sizeof text);
	(void)cli_error_set(ret_error, ACE_ERR_DENIED, "not enrolled with the AS %s%s; nothing was sent to it", text,
			    in->as_uri ? "" : " that the device names");
	return refuse(ret_error, CLI_EXIT_REFUSED, "enrol with a ticket of its operator, or name the right AS with --as");
}

enum ace_err client_choose(const struct client_choice_input *in, struct client_choice *ret_choice,
			   struct cli_error *ret_error)
{
	struct ace_slice hinted = in->hints->audience, pinned = in->pin->audience;
	struct client_choice choice;
	enum ace_err err = as_choose(in, &choice.as, ret_error);

	if (err)
		return err;
	choice.audience = in->audience ? client_slice(in->audience) : hinted.len ? hinted : pinned;
	if (!in->audience && hinted.len && pinned.len && !ace_slice_equal(hinted, pinned))
		return changed(in, "the audience", hinted, pinned, ret_error);
	if (!choice.audience.len) {
		(void)cli_error_set(ret_error, ACE_ERR_MISSING, "%s does not say which audience it is", in->origin);
		return refuse(ret_error, CLI_EXIT_REFUSED, "name it with --audience");
	}
	*ret_choice = choice;
	return ACE_OK;
}
