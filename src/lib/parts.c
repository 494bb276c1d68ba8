/* lib/parts.c - see lib/parts.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdlib.h>

#include "base/places.h"
#include "base/trace.h"
#include "base/utf.h"
#include "ipc/reason.h"
#include "lib/modules.h"
#include "lib/parts.h"
#include "lsa/audit.h"

/* Defaults of section [accounts]: ten bad passwords within ten minutes close an account for ten. */
#define LOCKOUT_THRESHOLD 10
#define LOCKOUT_SECONDS 600
#define OBSERVATION_SECONDS 600
#define PAM_SECONDS 30
#define DELAY_MS 250

NTSTATUS parts_open_policy(struct parts *p)
{
	struct text why = { 0 };

	if (p->policy)
		return STATUS_SUCCESS;
	if (!place_home_is_usable()) {
		call_reason_keep("OPENSSPI_HOME has to be an absolute path");
		return fail(SEC_E_INTERNAL_ERROR, "understanding OPENSSPI_HOME");
	}
	NTSTATUS status = policy_open(&p->policy, &why);
	if (failed(status)) {
		char *words = text_finish(&why);
		trace_line("policy: %s", words ? words : "?");
		call_reason_keep(words);
		mem_free(words);
		return status == STATUS_NO_MEMORY ? status :
						    fail(SEC_E_INTERNAL_ERROR, "reading the policy");
	}
	text_done(&why);
	return STATUS_SUCCESS;
}

/* A whole number of section [accounts], or its default. */
static NTSTATUS account_number(const struct parts *p, const char *name, uint32_t otherwise,
			       uint32_t *out)
{
	const char *value = policy_setting(p->policy, "accounts", name);
	char *end;

	*out = otherwise;
	if (!value)
		return STATUS_SUCCESS;
	unsigned long number = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || number > INT32_MAX)
		return fail(SEC_E_INTERNAL_ERROR, "reading a number of section [accounts]");
	*out = (uint32_t)number;
	return STATUS_SUCCESS;
}

/* Who is asked for other domains' accounts: nobody unless the configuration says so. */
static NTSTATUS account_domain(const struct parts *p, bool *winbind)
{
	const char *value = policy_setting(p->policy, "accounts", "domain");

	*winbind = value && strcmp(value, "winbind") == 0;
	if (value && !*winbind && strcmp(value, "none") != 0)
		return fail(SEC_E_INTERNAL_ERROR, "reading domain of section [accounts]");
	return STATUS_SUCCESS;
}

/* Which PAM service is asked about delegated passwords. */
static NTSTATUS account_pam(const struct parts *p, struct pam_settings *out)
{
	out->service = policy_setting(p->policy, "accounts", "pam");
	out->folder = policy_setting(p->policy, "accounts", "pam folder");
	out->program = policy_setting(p->policy, "accounts", "pam program");
	if ((out->service && !pam_service_is_fine(out->service)) ||
	    (out->folder && *out->folder != '/') || (out->program && *out->program != '/'))
		return fail(SEC_E_INTERNAL_ERROR, "reading pam of section [accounts]");
	return account_number(p, "pam seconds", PAM_SECONDS, &out->seconds);
}

static bool keep_name(const UNICODE_STRING *name, char **out)
{
	return *out || utf8_from_utf16(name->Buffer, name->Length / sizeof(WCHAR), out, NULL);
}

static NTSTATUS name_machine(struct parts *p)
{
	if (p->machine_name && p->machine_domain)
		return STATUS_SUCCESS;
	NTSTATUS status = p->machine ? STATUS_SUCCESS : machine_new(p->policy, &p->machine);
	if (failed(status))
		return status;
	const OPENSSPI_MACHINE_NAMES *names = machine_names(p->machine);
	if (!keep_name(&names->NetbiosComputer, &p->machine_name) ||
	    !keep_name(&names->NetbiosDomain, &p->machine_domain))
		return STATUS_NO_MEMORY;
	return STATUS_SUCCESS;
}

static NTSTATUS open_authority(struct parts *p)
{
	struct authority_settings settings = { 0 };

	if (p->authority)
		return STATUS_SUCCESS;
	NTSTATUS status = name_machine(p);
	if (!failed(status))
		status = account_number(p, "lockout threshold", LOCKOUT_THRESHOLD,
					&settings.lockout_threshold);
	if (!failed(status))
		status = account_number(p, "lockout seconds", LOCKOUT_SECONDS,
					&settings.lockout_seconds);
	if (!failed(status))
		status = account_number(p, "observation seconds", OBSERVATION_SECONDS,
					&settings.observation_seconds);
	if (!failed(status))
		status = account_number(p, "delay milliseconds", DELAY_MS, &settings.delay_ms);
	if (!failed(status))
		status = account_domain(p, &settings.winbind);
	if (!failed(status))
		status = account_pam(p, &settings.pam);
	if (failed(status))
		return status;
	settings.file = policy_setting(p->policy, "accounts", "file");
	settings.machine = p->machine_name;
	settings.machine_domain = p->machine_domain;
	return authority_open(&settings, &p->authority);
}

/* Where the audit goes: the system's log for the daemon unless it is told otherwise; a program's own LSA
 * writes a file that it was told, or nothing. */
static NTSTATUS find_audit(const struct parts *p, const char **out)
{
	const char *value = policy_setting(p->policy, "lsa", "audit");

	*out = NULL;
	if (!value)
		value = AUDIT_SYSLOG;
	if (*value == '/') /* a program of lsad's has its lines there */
		*out = p->share == LSA_OF_CALLER ? NULL : value;
	else if (strcmp(value, AUDIT_SYSLOG) == 0)
		*out = p->share == LSA_AT_HOME ? AUDIT_SYSLOG : NULL;
	else if (strcmp(value, "none") != 0)
		return fail(SEC_E_INTERNAL_ERROR, "reading audit of section [lsa]");
	return STATUS_SUCCESS;
}

/* The user's credentials: the lasting ones in the usual place, those of the session in its folder. */
static NTSTATUS open_credentials(struct parts *p)
{
	struct credman_places places = { 0 };

	if (p->credman)
		return STATUS_SUCCESS;
	CLEANUP(mem_free_p) char *session = place_path(PLACE_USER_RUNTIME, "session.db");
	CLEANUP(mem_free_p) char *key = place_path(PLACE_USER_RUNTIME, "session.key");
	if (!session || !key)
		return STATUS_NO_MEMORY;
	if (place_has_runtime()) { /* else they live as long as this process */
		places.session = session;
		places.session_key = key;
	}
	return credman_new(&places, &p->credman);
}

NTSTATUS parts_open(struct parts *p)
{
	const char *audit = NULL;

	if (p->lsa)
		return STATUS_SUCCESS;
	NTSTATUS status = parts_open_policy(p);
	if (!failed(status))
		status = find_audit(p, &audit);
	if (!failed(status))
		status = open_authority(p);
	if (!failed(status) && p->share == LSA_ALL)
		status = open_credentials(p);
	if (failed(status))
		return status;
	const struct package_module *const *modules = modules_current(p->policy);
	struct lsa_setup setup = {
		.modules = modules,
		.policy = p->policy,
		.authority = p->authority,
		.credman = p->credman,
		.credman_of = p->credman_of,
		.share = p->share,
		.audit = audit,
		.remote = p->remote,
	};
	setup.userhalves = userhalves_current(); /* they know the modules by now */
	return setup.userhalves ? lsa_new(&setup, &p->lsa) : STATUS_NO_MEMORY;
}
