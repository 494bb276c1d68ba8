/* cli/logon_who.c - sspi logon: with whose credentials, and by which mechanisms they may be used.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <credssp.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/cred.h"
#include "cli/logon.h"
#include "cli/tickets.h"
#include "cli/win32.h"

static const struct {
	const char *word, *list;
} mechanisms[] = {
	{ "negotiate", NULL },
	{ "kerberos", "Kerberos" },
	{ "ntlm", "NTLM" },
};

bool logon_read_mechanism(struct logon *l)
{
	for (size_t i = 0; i < ARRAY_LEN(mechanisms); i++) {
		if (strcasecmp(l->mechanism, mechanisms[i].word) != 0)
			continue;
		l->package_list = mechanisms[i].list;
		return true;
	}
	return false;
}

/* DOMAIN\name becomes two parts; name@realm stays one, as Windows has it. */
bool logon_read_user(struct logon *l)
{
	l->identity = strndup(l->user, 1024);
	if (!l->identity)
		return false;
	char *backslash = strchr(l->identity, '\\');
	l->identity_user = l->identity;
	l->identity_domain = (char *)(l->domain ? l->domain : "");
	if (backslash) {
		*backslash = '\0';
		l->identity_domain = l->identity;
		l->identity_user = backslash + 1;
	}
	return l->identity_user[0] && !(backslash && l->domain);
}

static ULONG length_of(const char *text)
{
	return text ? (ULONG)strlen(text) : 0;
}

static SECURITY_STATUS acquire(struct logon *l, const char *package, void *data)
{
	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, (char *)package,
							   SECPKG_CRED_OUTBOUND, NULL, data, NULL,
							   NULL, &l->exchange.credential, NULL);
	l->exchange.has_credential = status == SEC_E_OK;
	if (status != SEC_E_OK)
		status_reason(l->exchange.reason);
	return status;
}

/* CredSSP's own structure around the identity; NULL: the default credentials. */
static SECURITY_STATUS acquire_credssp(struct logon *l, void *identity)
{
	CREDSSP_CRED plain = { .Type = CredsspPasswordCreds, .pSpnegoCred = identity };
	CREDSSP_CRED_EX redirected = {
		.Type = CredsspCredEx,
		.Version = CREDSSP_CRED_EX_VERSION,
		.Flags = CREDSSP_FLAG_REDIRECT,
		.Cred = plain,
	};

	return acquire(l, "CREDSSP", l->remote_guard ? (void *)&redirected : &plain);
}

SECURITY_STATUS logon_acquire(struct logon *l, const char *package)
{
	const char *list = l->ntlm_only ? "NTLM" : l->package_list;
	const char *password = l->user ? l->password.text : NULL;
	SEC_WINNT_AUTH_IDENTITY_EXA identity = {
		.Version = SEC_WINNT_AUTH_IDENTITY_VERSION,
		.Length = sizeof(identity),
		.User = (unsigned char *)l->identity_user,
		.UserLength = length_of(l->identity_user),
		.Domain = (unsigned char *)l->identity_domain,
		.DomainLength = length_of(l->identity_domain),
		.Password = (unsigned char *)password,
		.PasswordLength = length_of(password),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
		.PackageList = (unsigned char *)list,
		.PackageListLength = length_of(list),
	};
	/* Without a user the packages look for what there is: tickets, what is saved for the target. */
	void *data = l->user || list ? &identity : NULL;

	return strcasecmp(package, "CREDSSP") == 0 ? acquire_credssp(l, data)
						   : acquire(l, package, data);
}

/* Says which saved credential the packages will find; false when there is none. The choice is
 * theirs: nothing found is no end. */
static int say_saved(struct logon *l, bool *any)
{
	struct cred_best CLEANUP(cred_best_done) best = { NULL };

	DWORD error = cred_find_best(l->target, &best);
	if (error != ERROR_SUCCESS)
		return win32_finish("logon", "looking for a saved credential", error);
	const CREDENTIALA *c = best.used;
	*any = c != NULL;
	if (c && c->UserName)
		l->report.user = l->found_user = strdup(c->UserName);
	if (c)
		report_stage(&l->report, "saved", "%s%s as %s",
			     c == best.standard ? "the default credential, " : "", c->TargetName,
			     c->UserName ? c->UserName : "nobody named");
	return OPTIONS_GO;
}

/* Says whose ticket there is; false when there is none that is good. */
static bool say_tickets(struct logon *l)
{
	struct ticket_list CLEANUP(ticket_list_done) list = { NULL };
	char why[REASON_MAX], end[32];

	if (tickets_query(&list, why) != SEC_E_OK)
		return false;
	const struct ticket *granting = ticket_granting(&list);
	if (!granting)
		return false;
	ticket_time(granting->end, end);
	l->report.user = l->found_user = strdup(granting->client);
	report_stage(&l->report, "tickets", "of %s, until %s", granting->client, end);
	return true;
}

/* The credentials that are there without anybody being asked. */
static int say_found(struct logon *l)
{
	bool any = !l->saved && l->package_list != mechanisms[2].list && say_tickets(l);

	int code = any ? OPTIONS_GO : say_saved(l, &any);
	if (code == OPTIONS_GO && l->saved && !any)
		report_stage(&l->report, "saved", "nothing for %s, and no default credential",
			     l->target);
	if (code != OPTIONS_GO || l->saved || any)
		return code;
	fprintf(stderr,
		"sspi logon: whose? --user NAME, 'DOMAIN\\NAME' or NAME@REALM is needed: there are no "
		"tickets\n(kinit makes one), and nothing is saved for %s\n",
		l->target);
	return EXIT_USAGE;
}

int logon_gather(struct logon *l)
{
	char question[400];

	if (!l->user)
		return say_found(l);
	snprintf(question, sizeof(question), "Password of %s at %s", l->user, l->host);
	return password_read(&l->password, l->password_fd, question, false) ? OPTIONS_GO
									    : EXIT_USAGE;
}
