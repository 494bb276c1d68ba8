/* cli/lsa.c - sspi lsa: which LSA serves this program, its logon sessions, its packages.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <ntsecapi.h>

#include "cli/cred.h"
#include "cli/json.h"
#include "cli/options.h"
#include "cli/status.h"
#include "cli/utf.h"

static void lsa_status_p(POPENSSPI_LSA_STATUS *status)
{
	FreeContextBuffer(*status);
}

/* The exit code when there is none to be had; `why` it does not answer. */
static int ask(const char *command, POPENSSPI_LSA_STATUS *out, char why[REASON_MAX])
{
	why[0] = '\0';
	SECURITY_STATUS status = OpensspiLsaStatus(out);
	if (status != SEC_E_OK) {
		status_print(command, "finding the LSA", status);
		return EXIT_REFUSED;
	}
	if ((*out)->Status == SEC_E_OK)
		return EXIT_DONE;
	status_reason(why);
	if (!why[0])
		snprintf(why, REASON_MAX, "it cannot be %s", (*out)->Path ? "used" : "made");
	return EXIT_DONE;
}

static const char *name_of(SECURITY_STATUS status)
{
	const char *name = NULL;

	OpensspiDescribeStatus(status, &name, NULL, NULL);
	return name;
}

/* ---- status ---- */

static void status_text(const OPENSSPI_LSA_STATUS *s, const char *why)
{
	if (s->Path) {
		printf("lsa      lsad, at ");
		text_print(stdout, s->Path);
		putchar('\n');
	} else {
		puts("lsa      embedded: in each program's own process");
	}
	if (s->Status == SEC_E_OK) {
		printf("answers  yes, %u packages\n", (unsigned)s->PackageCount);
		return;
	}
	printf("answers  no: ");
	text_print(stdout, why);
	printf(" (%s)\n", name_of(s->Status));
}

static void status_json(const OPENSSPI_LSA_STATUS *s, const char *why)
{
	struct json j = { .out = stdout };

	json_open(&j, NULL, '{');
	json_text(&j, "lsa", s->Path ? "socket" : "embedded");
	json_text(&j, "path", s->Path);
	json_bool(&j, "reachable", s->Status == SEC_E_OK);
	json_text(&j, "status", name_of(s->Status));
	json_text(&j, "why", s->Status != SEC_E_OK ? why : NULL);
	json_number(&j, "packages", s->PackageCount);
	json_close(&j, '}');
	putchar('\n');
}

static int parse(struct command_line *line, int argc, char **argv, bool *as_json)
{
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, as_json, NULL, "print JSON" },
		{ NULL },
	};

	line->operands = "";
	line->rows = rows;
	return options_parse(line, argc, argv);
}

static int status_run(int argc, char **argv)
{
	struct command_line line = { .command = "lsa status",
				     .summary = "Says which LSA serves this user's programs, and "
						"whether it answers." };
	CLEANUP(lsa_status_p) POPENSSPI_LSA_STATUS status = NULL;
	char why[REASON_MAX];
	bool as_json = false;

	int code = parse(&line, argc, argv, &as_json);
	if (code != OPTIONS_GO)
		return code;
	code = ask(line.command, &status, why);
	if (code != EXIT_DONE)
		return code;
	(as_json ? status_json : status_text)(status, why);
	return status->Status == SEC_E_OK ? EXIT_DONE : EXIT_UNREACHABLE;
}

/* ---- sessions ---- */

static const char *type_name(ULONG type)
{
	static const char *const names[] = {
		[Interactive] = "interactive",
		[Network] = "network",
		[Batch] = "batch",
		[Service] = "service",
		[Proxy] = "proxy",
		[Unlock] = "unlock",
		[NetworkCleartext] = "network, cleartext",
		[NewCredentials] = "new credentials",
		[RemoteInteractive] = "remote interactive",
		[CachedInteractive] = "cached interactive",
		[CachedRemoteInteractive] = "cached remote interactive",
		[CachedUnlock] = "cached unlock",
	};

	return type < ARRAY_LEN(names) && names[type] ? names[type] : "unknown";
}

/* What is printed of a session. */
struct session_words {
	char id[24], since[32];
	char *user, *domain, *package;
	char sid[224];
};

static void words_done(struct session_words *w)
{
	free(w->user);
	free(w->domain);
	free(w->package);
}

/* [MS-DTYP] 2.4.2.1; "" for none. */
static void sid_words(const SID *sid, char *out, size_t room)
{
	unsigned long long authority = 0;

	out[0] = '\0';
	if (!sid || sid->SubAuthorityCount > SID_MAX_SUB_AUTHORITIES)
		return;
	for (size_t i = 0; i < sizeof(sid->IdentifierAuthority.Value); i++)
		authority = authority << 8 | sid->IdentifierAuthority.Value[i];
	size_t n = (size_t)snprintf(out, room, authority >> 32 ? "S-%u-0x%012llx" : "S-%u-%llu",
				    sid->Revision, authority);
	for (size_t i = 0; i < sid->SubAuthorityCount; i++)
		n += (size_t)snprintf(out + n, room - n, "-%u", (unsigned)sid->SubAuthority[i]);
}

static void words_of(const SECURITY_LOGON_SESSION_DATA *s, struct session_words *w)
{
	FILETIME since = { (DWORD)s->LogonTime.LowPart, (DWORD)s->LogonTime.HighPart };

	snprintf(w->id, sizeof(w->id), "%x:%x", (unsigned)s->LogonId.HighPart,
		 (unsigned)s->LogonId.LowPart);
	cred_time(since, w->since);
	w->user = utf8_from_wide(&s->UserName);
	w->domain = utf8_from_wide(&s->LogonDomain);
	w->package = utf8_from_wide(&s->AuthenticationPackage);
	sid_words(s->Sid, w->sid, sizeof(w->sid));
}

static void session_text(const SECURITY_LOGON_SESSION_DATA *s, bool is_own)
{
	struct session_words CLEANUP(words_done) w = { .user = NULL };

	words_of(s, &w);
	printf("%s%s\n  user     ", w.id, is_own ? "  (this one)" : "");
	if (w.domain && w.domain[0]) {
		text_print(stdout, w.domain);
		putchar('\\');
	}
	text_print(stdout, w.user ? w.user : "");
	printf("\n  type     %s\n  since    %s UTC\n", type_name(s->LogonType), w.since);
	if (w.package && w.package[0]) {
		printf("  package  ");
		text_print(stdout, w.package);
		putchar('\n');
	}
	if (w.sid[0])
		printf("  sid      %s\n", w.sid);
}

static void session_json(struct json *j, const SECURITY_LOGON_SESSION_DATA *s, bool is_own)
{
	struct session_words CLEANUP(words_done) w = { .user = NULL };

	words_of(s, &w);
	json_open(j, NULL, '{');
	json_text(j, "session", w.id);
	json_bool(j, "own", is_own);
	json_text(j, "user", w.user);
	json_text(j, "domain", w.domain);
	json_text(j, "package", w.package);
	json_text(j, "type", type_name(s->LogonType));
	json_number(j, "type_number", s->LogonType);
	json_text(j, "since", w.since);
	json_text(j, "sid", w.sid[0] ? w.sid : NULL);
	json_close(j, '}');
}

/* {0, 0} when it cannot be had. */
static LUID own_session(void)
{
	PSECURITY_LOGON_SESSION_DATA data = NULL;
	LUID id = { 0 };

	if (LsaGetLogonSessionData(&id, &data) != STATUS_SUCCESS)
		return id;
	id = data->LogonId;
	LsaFreeReturnBuffer(data);
	return id;
}

/* One that ended meanwhile is passed over. */
static void show_session(struct json *j, PLUID id, LUID own)
{
	bool is_own = id->HighPart == own.HighPart && id->LowPart == own.LowPart;
	PSECURITY_LOGON_SESSION_DATA data = NULL;

	if (LsaGetLogonSessionData(id, &data) != STATUS_SUCCESS)
		return;
	if (j)
		session_json(j, data, is_own);
	else
		session_text(data, is_own);
	LsaFreeReturnBuffer(data);
}

static int sessions_run(int argc, char **argv)
{
	struct command_line line = { .command = "lsa sessions",
				     .summary = "Lists the logon sessions: the caller's own, and "
						"those made for it; for whom lsad trusts, all." };
	struct json j = { .out = stdout };
	bool as_json = false;
	PLUID ids = NULL;
	ULONG count = 0;

	int code = parse(&line, argc, argv, &as_json);
	if (code != OPTIONS_GO)
		return code;
	NTSTATUS status = LsaEnumerateLogonSessions(&count, &ids);
	if (status != STATUS_SUCCESS) {
		status_print(line.command, "listing the sessions", status);
		return status_exit(status);
	}
	LUID own = own_session();
	if (as_json)
		json_open(&j, NULL, '[');
	for (ULONG i = 0; i < count; i++)
		show_session(as_json ? &j : NULL, &ids[i], own);
	if (as_json) {
		json_close(&j, ']');
		putchar('\n');
	}
	LsaFreeReturnBuffer(ids);
	return EXIT_DONE;
}

/* ---- packages ---- */

static const char *place_of(const OPENSSPI_LSA_STATUS *s, const OPENSSPI_LSA_PACKAGE *p)
{
	return s->Flags & OPENSSPI_LSA_SOCKET && p->Home == OPENSSPI_HOME_LSA ? "lsad" : "program";
}

static int packages_of_lsa_run(int argc, char **argv)
{
	struct command_line line = { .command = "lsa packages",
				     .summary =
					     "Lists the security packages: at home in the LSA or "
					     "in programs, and where they run." };
	CLEANUP(lsa_status_p) POPENSSPI_LSA_STATUS status = NULL;
	struct json j = { .out = stdout };
	char why[REASON_MAX];
	bool as_json = false;

	int code = parse(&line, argc, argv, &as_json);
	if (code != OPTIONS_GO)
		return code;
	code = ask(line.command, &status, why);
	if (code != EXIT_DONE)
		return code;
	if (status->Status != SEC_E_OK) {
		status_print_why(line.command, "asking the LSA", status->Status, why);
		return EXIT_UNREACHABLE;
	}
	if (as_json)
		json_open(&j, NULL, '[');
	for (ULONG i = 0; i < status->PackageCount; i++) {
		const OPENSSPI_LSA_PACKAGE *p = &status->Packages[i];
		const char *home = p->Home == OPENSSPI_HOME_CALLER ? "program" : "lsa";
		if (!as_json) {
			printf("%-45s home %-8s runs in %s\n", p->Name, home, place_of(status, p));
			continue;
		}
		json_open(&j, NULL, '{');
		json_text(&j, "name", p->Name);
		json_text(&j, "home", home);
		json_text(&j, "runs_in", place_of(status, p));
		json_close(&j, '}');
	}
	if (as_json) {
		json_close(&j, ']');
		putchar('\n');
	}
	return EXIT_DONE;
}

static const struct command commands[] = {
	{ "status", "[--json]", "which LSA it is, and whether it answers", status_run },
	{ "sessions", "[--json]", "the logon sessions", sessions_run },
	{ "packages", "[--json]", "the packages, and where they run", packages_of_lsa_run },
	{ NULL },
};

int lsa_run(int argc, char **argv)
{
	return commands_run("lsa", commands, argc, argv);
}
