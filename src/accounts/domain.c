/* accounts/domain.c - see accounts/domain.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "accounts/domain.h"
#include "accounts/table.h"
#include "base/trace.h"
#include "base/utf.h"
#include "winbind/winbind.h"
#include "wire/sids.h"

#define NAME_BYTES_MAX 254 /* what winbindd has room for: it would cut the rest off */

NTSTATUS domain_ops(const struct winbind_ops *ops, const struct winbind_ops **out)
{
	static struct part_module winbind = { .file = WINBIND_MODULE_FILE,
					      .entry = WINBIND_MODULE_ENTRY };
	const void *table = ops;

	NTSTATUS status = ops ? STATUS_SUCCESS : part_load(&winbind, &table);
	*out = table;
	if (status == STATUS_NO_MEMORY)
		return status;
	return failed(status) ? fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "loading winbind's module")
			      : STATUS_SUCCESS;
}

bool domain_is_reachable(const struct winbind_ops *ops)
{
	return !failed(domain_ops(ops, &ops)) && ops->is_reachable();
}

/* ---- the question ---- */

struct names {
	char *domain, *user, *workstation;
};

static void names_done(struct names *n)
{
	mem_free(n->domain);
	mem_free(n->user);
	mem_free(n->workstation);
}

/* A copy in UTF-8. An odd name is one that nobody has. */
static NTSTATUS name_make(const UNICODE_STRING *from, bool may_be_empty, char **out)
{
	size_t n, units = from->Length / sizeof(WCHAR);

	if (units > ACCOUNT_NAME_MAX || utf8_need(from->Buffer, units) > NAME_BYTES_MAX)
		return fail(STATUS_LOGON_FAILURE, "reading a domain account's name");
	if (!utf8_from_utf16(from->Buffer, units, out, &n))
		return fail(STATUS_NO_MEMORY, "reading a domain account's name");
	if (strlen(*out) != n || !account_name_is_fine(*out, may_be_empty))
		return fail(STATUS_LOGON_FAILURE, "reading a domain account's name");
	return STATUS_SUCCESS;
}

static NTSTATUS names_make(const OPENSSPI_NTLM_LOGON *logon, struct names *out)
{
	NTSTATUS status = name_make(&logon->Domain, true, &out->domain);
	if (!failed(status))
		status = name_make(&logon->User, false, &out->user);
	if (failed(status))
		return status;
	/* what a client calls its machine decides nothing */
	status = name_make(&logon->Workstation, true, &out->workstation);
	if (status == STATUS_LOGON_FAILURE) {
		mem_free(out->workstation);
		out->workstation = mem_dup_text("");
		return out->workstation ? STATUS_SUCCESS : STATUS_NO_MEMORY;
	}
	return status;
}

/* ---- the answer ---- */

static NTSTATUS sids_give(const struct winbind_answer *from, struct wr *out)
{
	size_t count;

	*out = WR(SIDS_BYTES_MAX);
	for (size_t i = 0; i < from->sid_count; i++)
		sids_write(out, from->sids[i]);
	if (!wr_ok(out))
		return fail(STATUS_NO_MEMORY, "taking a domain account's SIDs");
	return sids_are_sound(wr_view(out), &count)
		       ? STATUS_SUCCESS
		       : fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "taking a domain account's SIDs");
}

static NTSTATUS answer_give(const struct winbind_answer *from, struct authority_answer *out)
{
	if (!account_name_is_fine(from->domain, false) || !account_name_is_fine(from->user, false))
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "taking a domain account's names");
	NTSTATUS status = sids_give(from, &out->sids);
	if (failed(status))
		return status;
	if (!utf16_from_utf8(from->domain, strlen(from->domain), &out->domain, &out->domain_n) ||
	    !utf16_from_utf8(from->user, strlen(from->user), &out->user, &out->user_n))
		return fail(STATUS_NO_MEMORY, "taking a domain account's names");
	memcpy(out->session_base_key, from->user_session_key, sizeof(out->session_base_key));
	return STATUS_SUCCESS;
}

static NTSTATUS ask(const struct winbind_ops *ops, const struct domain_question *question,
		    const struct names *names, struct authority_answer *out)
{
	const OPENSSPI_NTLM_LOGON *logon = question->logon;
	struct winbind_question asked = {
		.domain = names->domain,
		.user = names->user,
		.workstation = names->workstation,
		.response = rd_of(logon->NtResponse, logon->NtResponseLength),
	};
	struct winbind_answer answer = { .domain = NULL };

	memcpy(asked.challenge, question->challenge, sizeof(asked.challenge));
	trace_line("accounts: winbind is asked for %s\\%s", names->domain, names->user);
	NTSTATUS status = ops->authenticate(&asked, &answer);
	if (status == STATUS_LOGON_FAILURE && trace_is_on() &&
	    !ops->is_called(question->our_domain, question->our_computer))
		trace_line(
			"accounts: winbind's machine is not called %s\\%s; the controller may refuse "
			"everybody for that: see [lsa] netbios name and netbios domain",
			question->our_domain, question->our_computer);
	if (!failed(status))
		status = answer_give(&answer, out);
	ops->done(&answer);
	return status;
}

NTSTATUS domain_check_ntlm(const struct winbind_ops *ops, const struct domain_question *question,
			   struct authority_answer *out)
{
	CLEANUP(names_done) struct names names = { NULL };

	NTSTATUS status = names_make(question->logon, &names);
	if (!failed(status))
		status = domain_ops(ops, &ops);
	if (!failed(status))
		status = ask(ops, question, &names, out);
	if (failed(status))
		authority_answer_done(out);
	return status;
}
