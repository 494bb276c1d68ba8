/* cli/logon.c - sspi logon: signs in to a server and says what was agreed, or where it failed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <credssp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/known_hosts.h"
#include "cli/options.h"
#include "cli/prompt.h"
#include "cli/rdp.h"
#include "cli/stages.h"
#include "cli/trace.h"
#include "cli/status.h"

/* One sign-in: what was asked for, and what it works with. */
struct logon {
	const char *url, *user, *domain, *spn, *package, *message;
	int password_fd, timeout;
	bool trace, verify, restricted_admin, json, accept_changed;

	bool rdp;
	char *name, *host, *port; /* name owns what host and port point into */
	char *identity, *identity_domain, *identity_user;
	char target[300], known_name[300];
	bool wants_result; /* HYBRID_EX: the server says at the end whether the user may come in */
	bool certificate_checked, certificate_changed, tls_said;
	struct password password;
	struct link link;
	struct exchange exchange;
	struct report report;
};

static void logon_done(struct logon **l)
{
	if (!*l)
		return;
	exchange_done(&(*l)->exchange);
	link_finish(&(*l)->link);
	link_close(&(*l)->link);
	password_done(&(*l)->password);
	free((*l)->name);
	free((*l)->identity);
	free(*l);
}

static bool is_package(const struct logon *l, const char *name)
{
	return strcasecmp(l->package, name) == 0;
}

/* A port's number; names of services and numbers that wrap are none. */
static bool port_is_one(const char *text)
{
	size_t n = strlen(text);
	return n > 0 && n <= 5 && strspn(text, "0123456789") == n && atoi(text) > 0 && atoi(text) < 65536;
}

/* Takes rdp://HOST[:PORT] or tcp://HOST:PORT apart. */
static bool read_url(struct logon *l)
{
	l->rdp = strncasecmp(l->url, "rdp://", 6) == 0;
	if (!l->rdp && strncasecmp(l->url, "tcp://", 6) != 0)
		return false;
	l->name = strndup(l->url + 6, 255);
	size_t n = l->name ? strlen(l->name) : 0;
	if (n && l->name[n - 1] == '/')
		l->name[n - 1] = '\0';
	if (!l->name || !link_split(l->name, &l->host, &l->port))
		return false;
	if (!l->port && l->rdp)
		l->port = (char *)"3389";
	if (!l->port || !port_is_one(l->port))
		return false;

	snprintf(l->known_name, sizeof(l->known_name), "%s:%s", l->host, l->port);
	if (l->spn)
		snprintf(l->target, sizeof(l->target), "%s", l->spn);
	else
		snprintf(l->target, sizeof(l->target), "TERMSRV/%s", l->host);
	return true;
}

/* DOMAIN\name becomes two parts; name@realm stays one, as Windows has it. */
static bool read_user(struct logon *l)
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

static int reach(struct logon *l)
{
	const char *why;

	l->link.deadline = link_now() + (long long)l->timeout * 1000;
	l->link.framed = !l->rdp;
	if (!link_connect(&l->link, l->host, l->port, l->report.address, &why)) {
		report_failure(&l->report, "connect", "%s port %s: %s", l->host, l->port, why);
		report_advice(&l->report,
			      "check the name and the port, and whether a firewall is between");
		return EXIT_UNREACHABLE;
	}
	report_stage(&l->report, "connect", "%s", l->report.address);
	return OPTIONS_GO;
}

static int link_failure(struct logon *l, const char *stage, enum link_result result)
{
	report_failure(&l->report, stage, "%s", link_why(result));
	return EXIT_PROTOCOL;
}

static int judge_confirm(struct logon *l, const struct rdp_confirm *confirm)
{
	const char *stage = "negotiation";

	if (confirm->answer == RDP_ANSWER_FAILURE) {
		report_failure(&l->report, stage, "%s (code %u)", rdp_failure_name(confirm->value),
			       (unsigned)confirm->value);
		return EXIT_PROTOCOL;
	}
	l->wants_result = confirm->value == RDP_HYBRID_EX;
	if (confirm->answer == RDP_ANSWER_OLD ||
	    (confirm->value != RDP_HYBRID && confirm->value != RDP_HYBRID_EX)) {
		report_failure(
			&l->report, stage, "the server chose %s: it signs nobody in by CredSSP",
			rdp_protocol_name(confirm->answer == RDP_ANSWER_OLD ? 0 : confirm->value));
		report_advice(&l->report, "allow Network Level Authentication (NLA) on the server");
		return EXIT_PROTOCOL;
	}
	report_stage(&l->report, stage, "%s", rdp_protocol_name(confirm->value));
	return OPTIONS_GO;
}

static int negotiate(struct logon *l)
{
	const struct rdp_request request = {
		.flags = l->restricted_admin ? RDP_REQUEST_RESTRICTED_ADMIN : 0,
		.protocols = RDP_SSL | RDP_HYBRID | RDP_HYBRID_EX,
	};
	unsigned char message[RDP_MESSAGE_MAX];
	struct rdp_confirm confirm;

	size_t n = rdp_build_request(message, &request);
	enum link_result result = link_write(&l->link, message, n);
	if (result == LINK_OK)
		result = rdp_read(&l->link, message, &n);
	if (result != LINK_OK)
		return link_failure(l, "negotiation", result);
	if (!rdp_parse_confirm(message, n, &confirm)) {
		report_failure(&l->report, "negotiation", "the answer is not RDP's");
		return EXIT_PROTOCOL;
	}
	return judge_confirm(l, &confirm);
}

static SECURITY_STATUS acquire(struct logon *l)
{
	SEC_WINNT_AUTH_IDENTITY_A identity = {
		.User = (unsigned char *)l->identity_user,
		.UserLength = (ULONG)strlen(l->identity_user),
		.Domain = (unsigned char *)l->identity_domain,
		.DomainLength = (ULONG)strlen(l->identity_domain),
		.Password = (unsigned char *)l->password.text,
		.PasswordLength = (ULONG)strlen(l->password.text),
		.Flags = SEC_WINNT_AUTH_IDENTITY_ANSI,
	};
	CREDSSP_CRED credssp = { .Type = CredsspPasswordCreds, .pSpnegoCred = &identity };
	void *data = is_package(l, "CREDSSP") ? (void *)&credssp : &identity;

	SECURITY_STATUS status =
		AcquireCredentialsHandleA(NULL, (char *)l->package, SECPKG_CRED_OUTBOUND, NULL,
					  data, NULL, NULL, &l->exchange.credential, NULL);
	l->exchange.has_credential = status == SEC_E_OK;
	password_done(&l->password);
	return status;
}

static bool check_certificate(struct logon *l)
{
	struct report *r = &l->report;
	CLEANUP(free_p) char *path = known_hosts_path();

	l->certificate_checked = true;
	enum known_host k = known_hosts_check(l->known_name, r->fingerprint, l->accept_changed);
	r->known = known_host_name(k);
	report_stage(r, "certificate", "SHA-256 %s (%s)", r->fingerprint, r->known);
	if (k == KNOWN_HOST_UNSAVED)
		fprintf(stderr,
			"sspi logon: %s cannot be used: the fingerprint is not remembered\n",
			path ? path : "the memory of certificates");
	if (k != KNOWN_HOST_CHANGED)
		return true;

	l->certificate_changed = true;
	fprintf(stderr,
		"WARNING: THE CERTIFICATE OF %s IS NOT THE ONE REMEMBERED.\n"
		"Somebody may be between you and the server, or it has a new certificate.\n"
		"Nothing more was sent. Ask the server's administrator for the fingerprint; then "
		"use\n"
		"--accept-changed once, or remove the server's line from\n%s\n",
		l->known_name, path ? path : "");
	report_failure(r, "certificate", "the server's certificate is not the one remembered");
	report_advice(r,
		      "compare the fingerprint with the server's, then use --accept-changed once");
	return false;
}

/* Between the calls: says what TLS agreed as soon as it did, and looks at the certificate before
 * anything more is sent. */
static bool approve(void *argument, bool finished)
{
	struct logon *l = argument;
	struct report *r = &l->report;

	if (!l->tls_said && exchange_tls(&l->exchange, r->tls, r->cipher)) {
		l->tls_said = true;
		report_stage(r, "tls", "%s%s%s", r->tls, r->cipher[0] ? ", " : "", r->cipher);
	}
	if (l->certificate_checked || !exchange_fingerprint(&l->exchange, r->fingerprint))
		return true;
	return check_certificate(l);
}

/* The stage a conversation was at, told by what went out before it ended. */
static const char *stage_reached(const struct logon *l)
{
	static const char *const stages[] = { "tls", "sign-in", "sign-in", "delegation" };
	int sent = l->exchange.sealed_sent;
	if (!is_package(l, "CREDSSP"))
		return "sign-in";
	return stages[sent < 3 ? sent : 3];
}

static int explain(struct logon *l, const struct exchange_outcome *outcome)
{
	const char *stage = stage_reached(l);
	bool closed = (outcome->end == EXCHANGE_LINK && outcome->link == LINK_CLOSED) ||
		      outcome->status == SEC_I_CONTEXT_EXPIRED;

	l->report.alert = l->exchange.alert;
	if (outcome->end == EXCHANGE_DISAPPROVED)
		return EXIT_POLICY;
	if (closed && l->exchange.sealed_sent >= 2) {
		/* FreeRDP and old Windows servers say nothing: they close after AUTHENTICATE. */
		report_status(&l->report, stage, SEC_E_LOGON_DENIED);
		return EXIT_REFUSED;
	}
	if (outcome->end == EXCHANGE_LINK)
		return link_failure(l, stage, outcome->link);
	report_status(&l->report, stage, outcome->status);
	return status_exit(outcome->status);
}

static ULONG requirements(const struct logon *l)
{
	ULONG wanted = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_SEQUENCE_DETECT;
	if (is_package(l, "CREDSSP"))
		wanted |= ISC_REQ_STREAM | ISC_REQ_EXTENDED_ERROR | ISC_REQ_MANUAL_CRED_VALIDATION;
	else
		wanted |= ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT;
	if (!l->restricted_admin && is_package(l, "CREDSSP"))
		wanted |= ISC_REQ_DELEGATE;
	return l->verify ? wanted | ISC_REQ_MUTUAL_AUTH : wanted;
}

static void say_agreed(struct logon *l)
{
	struct report *r = &l->report;
	OPENSSPI_CREDSSP_VERSION version;
	char text[DETAIL_MAX];

	if (QueryContextAttributesA(&l->exchange.context, OPENSSPI_ATTR_CREDSSP_VERSION,
				    &version) == SEC_E_OK) {
		r->credssp = version.Version;
		r->credssp_peer = version.PeerVersion;
		report_stage(r, "credssp", "version %u (the server's: %u)",
			     (unsigned)version.Version, (unsigned)version.PeerVersion);
	}
	if (exchange_mechanism(&l->exchange, r->mechanism))
		report_stage(r, "mechanism", "%s", r->mechanism);
	r->signed_in = true;
	r->attributes = l->exchange.attributes;
	r->expiry = l->exchange.expiry;
	report_flags(false, r->attributes, text);
	report_stage(r, "flags", "%s", text);
	report_time(r->expiry, text);
	report_stage(r, "expires", "%s", text);
}

/* Receives a message after the sign-in; the exit code when none came. */
static int hear(struct logon *l, const char *stage, struct bytes *out)
{
	enum link_result result;
	SECURITY_STATUS status = exchange_hear(&l->exchange, out, &result);

	if (status == SEC_E_OK)
		return OPTIONS_GO;
	if (result != LINK_OK)
		return link_failure(l, stage, result);
	report_status(&l->report, stage, status);
	return EXIT_PROTOCOL;
}

/* [MS-RDPBCGR] 2.2.10.2: four bytes, 0 when the user may come in. */
static int early_authorization(struct logon *l)
{
	struct bytes CLEANUP(bytes_done) answer = { 0 };
	int code = hear(l, "authorization", &answer);

	if (code != OPTIONS_GO)
		return code;
	if (answer.len < 4 || answer.p[0] || answer.p[1] || answer.p[2] || answer.p[3]) {
		report_failure(&l->report, "authorization",
			       "the server knows the user but lets them not in");
		report_advice(&l->report, "add the user to those who may sign in remotely");
		return EXIT_REFUSED;
	}
	report_stage(&l->report, "authorization", "granted");
	return OPTIONS_GO;
}

static int converse(struct logon *l)
{
	struct bytes CLEANUP(bytes_done) answer = { 0 };
	enum link_result result;

	SECURITY_STATUS status =
		exchange_say(&l->exchange, l->message, strlen(l->message), &result);
	if (status != SEC_E_OK) {
		report_status(&l->report, "message", status);
		return EXIT_PROTOCOL;
	}
	if (result != LINK_OK)
		return link_failure(l, "message", result);
	int code = hear(l, "message", &answer);
	if (code != OPTIONS_GO)
		return code;
	snprintf(l->report.answer, sizeof(l->report.answer), "%.*s", (int)answer.len,
		 (char *)answer.p);
	report_stage(&l->report, "answer", "%s", l->report.answer);
	return OPTIONS_GO;
}

static int sign_in(struct logon *l)
{
	struct exchange *x = &l->exchange;

	if (l->trace)
		trace_begin();
	SECURITY_STATUS status = acquire(l);
	if (status != SEC_E_OK) {
		report_status(&l->report, "credentials", status);
		return status_exit(status);
	}
	x->target = l->target;
	x->requirements = requirements(l);
	x->trace = l->trace;
	x->approve = approve;
	x->argument = l;
	struct exchange_outcome outcome = exchange_run(x);
	if (outcome.end != EXCHANGE_DONE)
		return explain(l, &outcome);

	say_agreed(l);
	int code = l->wants_result ? early_authorization(l) : OPTIONS_GO;
	if (code == OPTIONS_GO && l->message)
		code = converse(l);
	exchange_farewell(x);
	return code == OPTIONS_GO ? EXIT_DONE : code;
}

static int check_line(struct logon *l, const struct command_line *line)
{
	l->url = line->given[0];
	l->report.target = l->url;
	l->report.user = l->user;
	l->report.json = l->json;
	if (!read_url(l))
		return options_wrong(line, "%s is neither rdp://HOST[:PORT] nor tcp://HOST:PORT",
				     l->url);
	if (!l->user || !read_user(l))
		return options_wrong(line, "--user NAME, 'DOMAIN\\NAME' or NAME@REALM is needed");
	if (is_package(l, "TSSSP"))
		return options_wrong(line,
				     "TSSSP needs a TLS connection of its caller's; use CREDSSP");
	if (l->rdp && (!is_package(l, "CREDSSP") || l->message))
		return options_wrong(line, "rdp:// takes neither --package nor --message");
	if (l->message && (!l->message[0] || strlen(l->message) > MESSAGE_MAX))
		return options_wrong(line, "--message needs 1 to %d bytes", MESSAGE_MAX);
	return OPTIONS_GO;
}

static int parse(struct logon *l, int argc, char **argv)
{
	const struct option_row rows[] = {
		{ "--user", OPTION_TEXT, &l->user, "NAME", "NAME, 'DOMAIN\\NAME' or NAME@REALM" },
		{ "--domain", OPTION_TEXT, &l->domain, "D", "the user's domain" },
		{ "--password-fd", OPTION_NUMBER, &l->password_fd, "N",
		  "read the password from descriptor N" },
		{ "--target", OPTION_TEXT, &l->spn, "SPN",
		  "the server's name; TERMSRV/HOST by default" },
		{ "--package", OPTION_TEXT, &l->package, "P", "CREDSSP by default; tcp:// only" },
		{ "--message", OPTION_TEXT, &l->message, "TEXT",
		  "send TEXT sealed, print the answer; tcp:// only" },
		{ "--verify", OPTION_FLAG, &l->verify, NULL,
		  "insist on a server that proved its name" },
		{ "--restricted-admin", OPTION_FLAG, &l->restricted_admin, NULL,
		  "delegate no credentials" },
		{ "--accept-changed", OPTION_FLAG, &l->accept_changed, NULL,
		  "remember the server's new certificate" },
		{ "--timeout", OPTION_NUMBER, &l->timeout, "SECONDS",
		  "for the whole sign-in; 30 by default" },
		{ "--trace", OPTION_FLAG, &l->trace, NULL, "print every token on stderr" },
		{ "--json", OPTION_FLAG, &l->json, NULL, "print one JSON object" },
		{ NULL },
	};
	struct command_line line = {
		.command = "logon",
		.operands = "rdp://HOST[:PORT]|tcp://HOST:PORT",
		.rows = rows,
		.least = 1,
		.most = 1,
		.summary = "Signs in to a server and says, stage by stage, what was "
			   "agreed or where it failed."
	};
	int code = options_parse(&line, argc, argv);
	return code == OPTIONS_GO ? check_line(l, &line) : code;
}

int logon_run(int argc, char **argv)
{
	CLEANUP(logon_done) struct logon *l = calloc(1, sizeof(*l));
	char question[400];

	if (!l)
		return EXIT_PROTOCOL;
	l->package = "CREDSSP";
	l->password_fd = -1;
	l->timeout = 30;
	l->link.fd = -1;
	l->report.alert = -1;
	exchange_init(&l->exchange, &l->link, false);

	int code = parse(l, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	snprintf(question, sizeof(question), "Password of %s at %s", l->user, l->host);
	if (!password_read(&l->password, l->password_fd, question, false))
		return EXIT_USAGE;

	code = reach(l);
	if (code == OPTIONS_GO && l->rdp)
		code = negotiate(l);
	if (code == OPTIONS_GO)
		code = sign_in(l);
	return report_finish(&l->report, code);
}
