/* cli/logon.c - sspi logon: signs in to a server and says what was agreed, or where it failed.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "cli/known_hosts.h"
#include "cli/logon.h"
#include "cli/rdp.h"
#include "cli/status.h"
#include "cli/trace.h"

static void logon_done(struct logon **l)
{
	if (!*l)
		return;
	exchange_done(&(*l)->exchange);
	exchange_done(&(*l)->tls);
	link_finish(&(*l)->link);
	link_close(&(*l)->link);
	password_done(&(*l)->password);
	free((*l)->name);
	free((*l)->identity);
	free((*l)->found_user);
	free(*l);
}

static bool is_package(const struct logon *l, const char *name)
{
	return l->package && strcasecmp(l->package, name) == 0;
}

static bool is_mechanism(const struct logon *l, const char *word)
{
	return l->mechanism && strcasecmp(l->mechanism, word) == 0;
}

#define TRY_NTLM (-2) /* beside OPTIONS_GO and the exit codes */

/* A port's number; names of services and numbers that wrap are none. */
static bool port_is_one(const char *text)
{
	size_t n = strlen(text);
	return n > 0 && n <= 5 && strspn(text, "0123456789") == n && atoi(text) > 0 &&
	       atoi(text) < 65536;
}

/* What stands before ://, and the port that it means. */
static const struct {
	const char *prefix;
	enum logon_kind kind;
	const char *port, *service;
} kinds[] = {
	{ "rdp://", LOGON_RDP, "3389", "TERMSRV" },
	{ "tcp://", LOGON_TCP, NULL, "TERMSRV" },
	{ "http://", LOGON_HTTP, "80", "HTTP" },
	{ "https://", LOGON_HTTPS, "443", "HTTP" },
};

static bool is_web(const struct logon *l)
{
	return l->kind == LOGON_HTTP || l->kind == LOGON_HTTPS;
}

/* What may stand for a host: it goes into HTTP's head and into the file of certificates. */
static bool is_host(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7F || strchr("@\\\"", *p))
			return false;
	return true;
}

/* Takes HOST[:PORT][/PATH] apart; only HTTP has paths. */
static bool read_place(struct logon *l, const char *place, const char *port)
{
	size_t n = strcspn(place, "/?#");

	l->path = place[n] ? place + n : "/";
	if ((!is_web(l) && strcmp(l->path, "/") != 0) || l->path[0] != '/' || n > 255)
		return false;
	for (const char *p = l->path; *p; p++)
		if (*p <= ' ' || *p >= 0x7F || *p == '#')
			return false;
	l->name = strndup(place, n);
	if (!l->name || !is_host(l->name) || !link_split(l->name, &l->host, &l->port))
		return false;
	if (!l->port)
		l->port = (char *)port;
	return l->port && port_is_one(l->port);
}

static bool read_url(struct logon *l)
{
	const char *service = NULL;

	for (size_t i = 0; !service && i < ARRAY_LEN(kinds); i++) {
		size_t n = strlen(kinds[i].prefix);
		if (strncasecmp(l->url, kinds[i].prefix, n) != 0)
			continue;
		l->kind = kinds[i].kind;
		service = kinds[i].service;
		if (!read_place(l, l->url + n, kinds[i].port))
			return false;
	}
	if (!service)
		return false;
	if (is_web(l) && l->package && is_package(l, "CREDSSP"))
		service = "WSMAN";
	if (!is_web(l) && !l->package)
		l->package = "CREDSSP";
	snprintf(l->known_name, sizeof(l->known_name), "%s:%s", l->host, l->port);
	if (l->spn)
		snprintf(l->target, sizeof(l->target), "%s", l->spn);
	else
		snprintf(l->target, sizeof(l->target), "%s/%s", service, l->host);
	return true;
}

int logon_reach(struct logon *l)
{
	const char *why;

	l->link.framed = l->kind == LOGON_TCP;
	if (!link_connect(&l->link, l->host, l->port, l->report.address, &why)) {
		report_failure(&l->report, "connect", "%s port %s: %s", l->host, l->port, why);
		report_advice(&l->report,
			      "check the name and the port, and whether a firewall is between");
		return EXIT_UNREACHABLE;
	}
	report_stage(&l->report, "connect", "%s", l->report.address);
	return OPTIONS_GO;
}

int logon_link_failure(struct logon *l, const char *stage, enum link_result result)
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
	if (l->remote_guard && !(confirm->flags & RDP_CONFIRM_REMOTE_GUARD)) {
		report_failure(&l->report, stage, "the server takes no Remote Credential Guard");
		report_advice(&l->report, "use --restricted-admin, or neither of the two");
		return EXIT_POLICY;
	}
	report_stage(&l->report, stage, "%s", rdp_protocol_name(confirm->value));
	return OPTIONS_GO;
}

static int negotiate(struct logon *l)
{
	const struct rdp_request request = {
		.flags = l->restricted_admin ? RDP_REQUEST_RESTRICTED_ADMIN
			 : l->remote_guard   ? RDP_REQUEST_REMOTE_GUARD
					     : 0,
		.protocols = RDP_SSL | RDP_HYBRID | RDP_HYBRID_EX,
	};
	unsigned char message[RDP_MESSAGE_MAX];
	struct rdp_confirm confirm;

	size_t n = rdp_build_request(message, &request);
	enum link_result result = link_write(&l->link, message, n);
	if (result == LINK_OK)
		result = rdp_read(&l->link, message, &n);
	if (result != LINK_OK)
		return logon_link_failure(l, "negotiation", result);
	if (!rdp_parse_confirm(message, n, &confirm)) {
		report_failure(&l->report, "negotiation", "the answer is not RDP's");
		return EXIT_PROTOCOL;
	}
	return judge_confirm(l, &confirm);
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

bool logon_see_tls(struct logon *l, struct exchange *x)
{
	struct report *r = &l->report;

	if (!l->tls_said && exchange_tls(x, r->tls, r->cipher)) {
		l->tls_said = true;
		report_stage(r, "tls", "%s%s%s", r->tls, r->cipher[0] ? ", " : "", r->cipher);
	}
	if (l->certificate_checked || !exchange_fingerprint(x, r->fingerprint))
		return true;
	return check_certificate(l);
}

/* HTTPS with a trusted certificate proves the server's name as well as the package could. */
static bool server_is_proven(const struct logon *l)
{
	return l->exchange.attributes & ISC_RET_MUTUAL_AUTH ||
	       (l->kind == LOGON_HTTPS && !l->insecure);
}

/* Between the calls, before anything more is sent. */
bool logon_approve(void *argument, bool finished)
{
	struct logon *l = argument;

	if (!logon_see_tls(l, &l->exchange))
		return false;
	if (!finished)
		return true;
	if (l->verify && !server_is_proven(l)) {
		report_status(&l->report, "sign-in", SEC_E_MUTUAL_AUTH_FAILED);
		return false;
	}
	if (l->remote_guard && !(l->exchange.attributes & ISC_RET_DELEGATE)) {
		report_status_why(&l->report, "delegation", SEC_E_DELEGATION_REQUIRED,
				  "the tickets are not forwardable, or policy does not let them go "
				  "there (sspi policy show)");
		return false;
	}
	return true;
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

/* Servers such as FreeRDP 2's take bare NTLM alone and close on seeing SPNEGO. Nothing that proves
 * the password has been sent by then. */
static bool knows_no_spnego(const struct logon *l, bool closed)
{
	return closed && l->kind == LOGON_RDP && !l->ntlm_only && l->user &&
	       !is_mechanism(l, "kerberos") && !l->remote_guard && l->exchange.sealed_sent == 1;
}

static int explain(struct logon *l, const struct exchange_outcome *outcome)
{
	const char *stage = stage_reached(l);
	bool closed = (outcome->end == EXCHANGE_LINK && outcome->link == LINK_CLOSED) ||
		      outcome->status == SEC_I_CONTEXT_EXPIRED;

	l->report.alert = l->exchange.alert;
	if (outcome->end == EXCHANGE_DISAPPROVED)
		return EXIT_POLICY;
	if (knows_no_spnego(l, closed))
		return TRY_NTLM;
	if (closed && l->exchange.sealed_sent >= 2) {
		/* FreeRDP and old Windows servers say nothing: they close after AUTHENTICATE. */
		report_status(&l->report, stage, SEC_E_LOGON_DENIED);
		return EXIT_REFUSED;
	}
	if (outcome->end == EXCHANGE_LINK)
		return logon_link_failure(l, stage, outcome->link);
	report_status_why(&l->report, stage, outcome->status, l->exchange.reason);
	return status_exit(outcome->status);
}

ULONG logon_requirements(const struct logon *l, const char *package)
{
	bool credssp = strcasecmp(package, "CREDSSP") == 0;
	ULONG wanted = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_SEQUENCE_DETECT;
	if (credssp)
		wanted |= ISC_REQ_STREAM | ISC_REQ_EXTENDED_ERROR | ISC_REQ_MANUAL_CRED_VALIDATION;
	else
		wanted |= ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY | ISC_REQ_REPLAY_DETECT |
			  ISC_REQ_MUTUAL_AUTH;
	if (credssp ? !l->restricted_admin : l->delegate)
		wanted |= ISC_REQ_DELEGATE;
	return l->verify ? wanted | ISC_REQ_MUTUAL_AUTH : wanted;
}

void logon_say_agreed(struct logon *l)
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
	exchange_better(&l->exchange, r->not_better);
	if (exchange_mechanism(&l->exchange, r->mechanism))
		report_stage(r, "mechanism", "%s%s%s", r->mechanism, r->not_better[0] ? "; " : "",
			     r->not_better);
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
		return logon_link_failure(l, stage, result);
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
		return logon_link_failure(l, "message", result);
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

	SECURITY_STATUS status = logon_acquire(l, l->package);
	if (status != SEC_E_OK) {
		report_status_why(&l->report, "credentials", status, l->exchange.reason);
		return status_exit(status);
	}
	x->target = l->target;
	x->requirements = logon_requirements(l, l->package);
	x->trace = l->trace;
	x->approve = logon_approve;
	x->argument = l;
	struct exchange_outcome outcome = exchange_run(x);
	if (outcome.end != EXCHANGE_DONE)
		return explain(l, &outcome);

	logon_say_agreed(l);
	int code = l->wants_result ? early_authorization(l) : OPTIONS_GO;
	if (code == OPTIONS_GO && l->message)
		code = converse(l);
	exchange_farewell(x);
	return code == OPTIONS_GO ? EXIT_DONE : code;
}

/* --package, which means something else to each kind of server. */
static int check_package(struct logon *l, const struct command_line *line)
{
	bool web = is_package(l, "Negotiate") || is_package(l, "NTLM") || is_package(l, "CREDSSP");

	if (is_package(l, "TSSSP"))
		return options_wrong(line,
				     "TSSSP needs a TLS connection of its caller's; use CREDSSP");
	if (is_web(l) && l->package && !web)
		return options_wrong(line, "--package of HTTP is negotiate, ntlm or credssp");
	if (l->kind != LOGON_RDP)
		return OPTIONS_GO;
	l->ntlm_only = is_package(l, "NTLM");
	if (!l->ntlm_only && !is_package(l, "CREDSSP"))
		return options_wrong(line, "--package of rdp:// is credssp, or ntlm inside it");
	l->package = "CREDSSP";
	return OPTIONS_GO;
}

/* What only some kinds of servers know. */
static int check_kind(struct logon *l, const struct command_line *line)
{
	if (l->kind != LOGON_TCP && l->message)
		return options_wrong(line, "--message is for tcp:// alone");
	if (l->message && (!l->message[0] || strlen(l->message) > MESSAGE_MAX))
		return options_wrong(line, "--message needs 1 to %d bytes", MESSAGE_MAX);
	if (l->kind != LOGON_HTTPS && (l->authorities || l->insecure))
		return options_wrong(line, "--ca and --insecure are for https:// alone");
	if (l->authorities && l->insecure)
		return options_wrong(line, "--ca and --insecure exclude each other");
	if (l->authorities && access(l->authorities, R_OK) != 0)
		return options_wrong(line, "%s: %s", l->authorities, strerror(errno));
	return check_package(l, line);
}

/* Which mechanisms may be used. */
static int check_mechanism(struct logon *l, const struct command_line *line)
{
	bool chooses = !l->package || is_package(l, "Negotiate") || is_package(l, "CREDSSP");

	if (!l->mechanism)
		return OPTIONS_GO;
	if (!logon_read_mechanism(l))
		return options_wrong(line, "--mechanism is kerberos, ntlm or negotiate");
	if (!chooses || l->ntlm_only)
		return options_wrong(line,
				     "--mechanism is for Negotiate and CREDSSP, which choose one");
	return OPTIONS_GO;
}

/* What is handed over. */
static int check_delegation(const struct logon *l, const struct command_line *line)
{
	if (l->delegate && is_package(l, "CREDSSP"))
		return options_wrong(line, "CREDSSP delegates without --delegate");
	if (!l->remote_guard)
		return OPTIONS_GO;
	if (l->kind != LOGON_RDP)
		return options_wrong(line, "--remote-guard is for rdp:// alone");
	if (l->restricted_admin)
		return options_wrong(line,
				     "--remote-guard and --restricted-admin exclude each other");
	if (l->ntlm_only || is_mechanism(l, "ntlm"))
		return options_wrong(line, "--remote-guard needs Kerberos");
	return OPTIONS_GO;
}

static int check_user(struct logon *l, const struct command_line *line)
{
	if (l->saved && (l->user || l->domain || l->password_fd >= 0))
		return options_wrong(line,
				     "--saved goes without --user, --domain and --password-fd");
	if (!l->user && (l->domain || l->password_fd >= 0))
		return options_wrong(line, "--domain and --password-fd go with --user");
	if (l->user && !logon_read_user(l))
		return options_wrong(line, "--user is NAME, 'DOMAIN\\NAME' or NAME@REALM");
	if (!l->user && l->ntlm_only)
		return options_wrong(line, "bare NTLM inside CredSSP needs --user");
	return OPTIONS_GO;
}

static int check_line(struct logon *l, const struct command_line *line)
{
	l->url = line->given[0];
	l->report.target = l->url;
	l->report.user = l->user;
	l->report.json = l->json;
	if (!read_url(l))
		return options_wrong(line,
				     "%s is none of rdp://HOST[:PORT], tcp://HOST:PORT, "
				     "http[s]://HOST[:PORT][/PATH]",
				     l->url);
	int code = check_kind(l, line);
	if (code == OPTIONS_GO)
		code = check_user(l, line);
	if (code == OPTIONS_GO)
		code = check_mechanism(l, line);
	return code == OPTIONS_GO ? check_delegation(l, line) : code;
}

static int parse(struct logon *l, int argc, char **argv)
{
	const struct option_row rows[] = {
		{ "--user", OPTION_TEXT, &l->user, "NAME",
		  "NAME, 'DOMAIN\\NAME' or NAME@REALM; else the tickets that are there" },
		{ "--domain", OPTION_TEXT, &l->domain, "D", "the user's domain" },
		{ "--password-fd", OPTION_NUMBER, &l->password_fd, "N",
		  "read the password from descriptor N" },
		{ "--mechanism", OPTION_TEXT, &l->mechanism, "M",
		  "kerberos or ntlm alone; negotiate by default" },
		{ "--saved", OPTION_FLAG, &l->saved, NULL,
		  "with the credential that is saved for the server, or the default one" },
		{ "--target", OPTION_TEXT, &l->spn, "SPN",
		  "the server's name; TERMSRV/HOST or HTTP/HOST by default" },
		{ "--package", OPTION_TEXT, &l->package, "P",
		  "CREDSSP by default; http(s)://: negotiate, ntlm or credssp" },
		{ "--message", OPTION_TEXT, &l->message, "TEXT",
		  "send TEXT sealed, print the answer; tcp:// only" },
		{ "--verify", OPTION_FLAG, &l->verify, NULL,
		  "insist on a server that proved its name" },
		{ "--delegate", OPTION_FLAG, &l->delegate, NULL,
		  "hand the server a ticket to act for the user; not with CREDSSP" },
		{ "--restricted-admin", OPTION_FLAG, &l->restricted_admin, NULL,
		  "delegate no credentials" },
		{ "--remote-guard", OPTION_FLAG, &l->remote_guard, NULL,
		  "Remote Credential Guard: delegate tickets, no password; rdp:// only" },
		{ "--ca", OPTION_TEXT, &l->authorities, "FILE",
		  "trust the authorities in FILE (PEM) instead of the system's; https:// only" },
		{ "--insecure", OPTION_FLAG, &l->insecure, NULL,
		  "remember the certificate instead of checking it; https:// only" },
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
		.operands = "rdp://HOST[:PORT]|tcp://HOST:PORT|http[s]://HOST[:PORT][/PATH]",
		.rows = rows,
		.least = 1,
		.most = 1,
		.summary = "Signs in to a server and says, stage by stage, what was "
			   "agreed or where it failed."
	};
	int code = options_parse(&line, argc, argv);
	return code == OPTIONS_GO ? check_line(l, &line) : code;
}

/* One connection from its beginning. */
static int run_once(struct logon *l)
{
	int code = logon_reach(l);

	if (code == OPTIONS_GO && l->kind == LOGON_RDP)
		code = negotiate(l);
	return code == OPTIONS_GO ? sign_in(l) : code;
}

static int run(struct logon *l)
{
	if (is_web(l))
		return logon_web(l);
	int code = run_once(l);
	if (code != TRY_NTLM)
		return code;

	report_stage(&l->report, "retry", "the server closed without a word: now bare NTLM");
	exchange_done(&l->exchange);
	link_finish(&l->link);
	link_close(&l->link);
	l->link.deadline = l->deadline;
	exchange_init(&l->exchange, &l->link, false);
	l->certificate_checked = l->tls_said = false;
	l->ntlm_only = true;
	return run_once(l);
}

int logon_run(int argc, char **argv)
{
	CLEANUP(logon_done) struct logon *l = calloc(1, sizeof(*l));

	if (!l)
		return EXIT_PROTOCOL;
	l->password_fd = -1;
	l->timeout = 30;
	l->link.fd = -1;
	l->report.alert = -1;
	exchange_init(&l->exchange, &l->link, false);
	exchange_init(&l->tls, &l->link, false);

	int code = parse(l, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	code = logon_gather(l);
	if (code != OPTIONS_GO)
		return code;
	if (l->trace)
		trace_begin();
	l->deadline = l->link.deadline = link_now() + (long long)l->timeout * 1000;
	return report_finish(&l->report, run(l));
}
