/* cli/web.c - sspi logon for HTTP: asks, is challenged, signs in on the same connection.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * RFC 4559 and [MS-NTHT]: the tokens travel in base64 behind the scheme's name, and the sign-in
 * belongs to the connection. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/base64.h"
#include "cli/logon.h"
#include "cli/sealed.h"
#include "cli/status.h"
#include "cli/stream.h"

#define LEGS_MAX 12
#define UNISP "Microsoft Unified Security Protocol Provider"

/* What HTTP calls a package, best first; the last one is used only when asked for. */
static const struct scheme {
	const char *name, *package;
} schemes[] = { { "Negotiate", "Negotiate" }, { "NTLM", "NTLM" }, { "CredSSP", "CREDSSP" } };

struct web {
	struct logon *l;
	struct stream stream;
	const struct scheme *scheme;
	SecPkgContext_Bindings bindings;
	struct http_message answer;
	bool winrm; /* the server is asked to identify itself */
};

static void web_done(struct web *w)
{
	if (w->bindings.Bindings)
		FreeContextBuffer(w->bindings.Bindings);
	http_message_done(&w->answer);
	stream_done(&w->stream);
}

/* ---- TLS around it */

/* A certificate that an authority vouches for may change; others are remembered. */
static bool approve_tls(void *argument, bool finished)
{
	struct logon *l = argument;
	struct report *r = &l->report;

	if (l->insecure)
		return logon_see_tls(l, &l->tls);
	if (finished && exchange_fingerprint(&l->tls, r->fingerprint)) {
		l->certificate_checked = true;
		r->known = "trusted";
		logon_see_tls(l, &l->tls);
		report_stage(r, "certificate", "SHA-256 %s (trusted)", r->fingerprint);
	}
	return true;
}

static SECURITY_STATUS acquire_tls(struct logon *l)
{
	char package[] = UNISP;
	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, package, SECPKG_CRED_OUTBOUND,
							   NULL, NULL, NULL, NULL,
							   &l->tls.credential, NULL);
	l->tls.has_credential = status == SEC_E_OK;
	return status;
}

static int explain_tls(struct logon *l, const struct exchange_outcome *outcome)
{
	l->report.alert = l->tls.alert;
	if (outcome->end == EXCHANGE_DISAPPROVED)
		return EXIT_POLICY;
	if (outcome->end == EXCHANGE_LINK)
		return logon_link_failure(l, "tls", outcome->link);
	report_status(&l->report, "tls", outcome->status);
	if (status_exit(outcome->status) == EXIT_POLICY)
		report_advice(&l->report,
			      "use --ca with the authority's certificate, or --insecure "
			      "to remember the server's instead");
	return status_exit(outcome->status);
}

static int begin_tls(struct web *w)
{
	struct logon *l = w->l;

	exchange_done(&l->tls);
	exchange_init(&l->tls, &l->link, false);
	SECURITY_STATUS status = acquire_tls(l);
	if (status != SEC_E_OK) {
		report_status(&l->report, "tls", status);
		return status_exit(status);
	}
	l->tls.target = l->host;
	l->tls.requirements = ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_STREAM | ISC_REQ_CONFIDENTIALITY |
			      ISC_REQ_INTEGRITY | ISC_REQ_SEQUENCE_DETECT | ISC_REQ_REPLAY_DETECT |
			      ISC_REQ_EXTENDED_ERROR;
	if (l->insecure)
		l->tls.requirements |= ISC_REQ_MANUAL_CRED_VALIDATION;
	l->tls.trace = l->trace;
	l->tls.approve = approve_tls;
	l->tls.argument = l;
	struct exchange_outcome outcome = exchange_run(&l->tls);
	if (outcome.end != EXCHANGE_DONE)
		return explain_tls(l, &outcome);
	w->stream.tls = &l->tls;
	if (w->bindings.Bindings) /* of a connection before */
		FreeContextBuffer(w->bindings.Bindings);
	w->bindings = (SecPkgContext_Bindings){ 0 };
	if (exchange_endpoint(&l->tls, &w->bindings))
		l->report.binding = "tls-server-end-point";
	return OPTIONS_GO;
}

/* A connection ready for requests. */
static int open_connection(struct web *w)
{
	struct logon *l = w->l;

	int code = logon_reach(l);
	if (code == OPTIONS_GO && l->kind == LOGON_HTTPS)
		code = begin_tls(w);
	return code;
}

/* ---- one request, one answer */

static int receive(struct web *w)
{
	enum link_result why;

	http_message_done(&w->answer);
	enum http_result result = stream_receive_response(&w->stream, &w->answer, &why);
	if (result == HTTP_WHOLE) {
		w->l->report.http_status = w->answer.head.status;
		return OPTIONS_GO;
	}
	report_failure(&w->l->report, w->scheme ? "sign-in" : "negotiation", "%s",
		       stream_why(result, why));
	return EXIT_PROTOCOL;
}

/* How WinRM's messages are sealed; NULL: TLS around them does it. */
static const char *sealing(const struct web *w)
{
	if (strcmp(w->scheme->package, "CREDSSP") == 0)
		return WINRM_CREDSSP;
	return w->stream.tls ? NULL : WINRM_SPNEGO;
}

/* The end of the head, and the body: WinRM's message once somebody may read it. */
static SECURITY_STATUS print_content(struct web *w, bool with_message, struct bytes *request)
{
	struct bytes CLEANUP(bytes_done) soap = { 0 };

	if (!w->winrm)
		return http_print(request, "\r\n") ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
	if (with_message && !http_print(&soap, "%s", winrm_identify))
		return SEC_E_INSUFFICIENT_MEMORY;
	return sealed_print(&w->l->exchange, w->scheme ? sealing(w) : NULL, &soap, request);
}

static bool print_head(struct web *w, const struct bytes *token, struct bytes *request)
{
	const struct logon *l = w->l;
	bool six = strchr(l->host, ':') != NULL;

	if (!http_print(request, "%s %s HTTP/1.1\r\nHost: %s%s%s:%s\r\nUser-Agent: sspi\r\n",
			w->winrm ? "POST" : "GET", l->path, six ? "[" : "", l->host, six ? "]" : "",
			l->port))
		return false;
	if (!token || !token->len)
		return true;
	return http_print(request, "Authorization: %s ", w->scheme->name) &&
	       bytes_append_base64(request, token->p, token->len) && http_print(request, "\r\n");
}

/* Sends a request with that token and receives the answer. */
static int ask(struct web *w, const struct bytes *token, bool with_message)
{
	struct bytes CLEANUP(bytes_done) request = { 0 };
	struct logon *l = w->l;

	SECURITY_STATUS status = print_head(w, token, &request)
					 ? print_content(w, with_message, &request)
					 : SEC_E_INSUFFICIENT_MEMORY;
	if (status != SEC_E_OK) {
		report_status(&l->report, "message", status);
		return EXIT_PROTOCOL;
	}
	enum link_result result = stream_send(&w->stream, request.p, request.len);
	if (result != LINK_OK)
		return logon_link_failure(l, w->scheme ? "sign-in" : "negotiation", result);
	return receive(w);
}

/* ---- which package */

static bool is_wanted(const struct logon *l, const struct scheme *s)
{
	if (l->package)
		return strcasecmp(l->package, s->package) == 0;
	if (strcmp(s->name, "NTLM") == 0 && l->package_list)
		return strcmp(l->package_list, "NTLM") == 0;
	return strcmp(s->name, "CredSSP") != 0;
}

static void offers(const struct web *w, char out[DETAIL_MAX])
{
	struct http_text token;
	size_t at = 0;

	out[0] = '\0';
	for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
		if (http_challenge(&w->answer.head, schemes[i].name, &token))
			at += (size_t)snprintf(out + at, DETAIL_MAX - at, "%s%s", at ? ", " : "",
					       schemes[i].name);
	if (!at)
		snprintf(out, DETAIL_MAX, "none of Negotiate, NTLM, CredSSP");
}

/* Takes the best scheme that is offered, wanted and there. */
static int choose(struct web *w)
{
	SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;
	struct logon *l = w->l;
	char offered[DETAIL_MAX];
	struct http_text token;

	offers(w, offered);
	for (size_t i = 0; i < ARRAY_LEN(schemes) && status == SEC_E_SECPKG_NOT_FOUND; i++) {
		if (!is_wanted(l, &schemes[i]) ||
		    !http_challenge(&w->answer.head, schemes[i].name, &token))
			continue;
		w->scheme = &schemes[i];
		status = logon_acquire(l, schemes[i].package);
	}
	if (!w->scheme) {
		report_failure(&l->report, "negotiation", "the server offers %s", offered);
		return EXIT_PROTOCOL;
	}
	if (status != SEC_E_OK) {
		report_status_why(&l->report, "credentials", status, l->exchange.reason);
		return status_exit(status);
	}
	password_done(&l->password);
	l->report.scheme = w->scheme->name;
	report_stage(&l->report, "negotiation", "%s (offered: %s)", w->scheme->name, offered);
	return OPTIONS_GO;
}

/* The first request says nothing about who asks. */
static int probe(struct web *w)
{
	struct logon *l = w->l;

	int code = ask(w, NULL, false);
	if (code != OPTIONS_GO)
		return code;
	if (w->answer.head.status != 401) {
		report_failure(&l->report, "negotiation",
			       "the server answers %d without asking who we are",
			       w->answer.head.status);
		return EXIT_PROTOCOL;
	}
	code = choose(w);
	if (code != OPTIONS_GO || w->answer.head.keep_alive)
		return code;
	stream_done(&w->stream);
	link_close(&l->link);
	l->certificate_checked = l->tls_said = false;
	w->answer.head.keep_alive = true; /* of the new connection */
	return open_connection(w);
}

/* ---- signing in */

static int denied(struct web *w, SECURITY_STATUS status)
{
	report_status_why(&w->l->report, "sign-in", status, w->l->exchange.reason);
	return status_exit(status);
}

/* The server's token of the last answer, in bytes; false when it is not base64. */
static bool read_token(struct web *w, struct bytes *in)
{
	struct http_text text;

	bytes_done(in);
	return !http_challenge(&w->answer.head, w->scheme->name, &text) ||
	       bytes_append_decoded(in, text.p, text.n);
}

/* The server let us in, perhaps before our end is content: its last token proves that it knows the
 * password. Nothing of WinRM's has been said until then. */
static int finish(struct web *w, bool done, const struct bytes *in)
{
	struct bytes CLEANUP(bytes_done) out = { 0 };

	if (done)
		return OPTIONS_GO;
	if (!in->len) {
		report_failure(&w->l->report, "sign-in",
			       "the server answered before the sign-in was complete");
		return EXIT_PROTOCOL;
	}
	SECURITY_STATUS status = exchange_turn(&w->l->exchange, in->p, in->len, &out);
	if (status != SEC_E_OK || out.len)
		return denied(w, status < 0 ? status : SEC_E_INVALID_TOKEN);
	return w->winrm && w->answer.head.status < 400 ? ask(w, NULL, true) : OPTIONS_GO;
}

/* The first token says nothing of who we are. */
static int no_interest(struct web *w)
{
	struct report *r = &w->l->report;

	report_failure(r, "sign-in", "the server refused the first token of %s", w->scheme->name);
	report_advice(r, "try another --package that the server offers");
	return EXIT_REFUSED;
}

static int legs(struct web *w)
{
	struct bytes CLEANUP(bytes_done) in = { 0 }, CLEANUP(bytes_done) out = { 0 };

	for (int leg = 0; leg < LEGS_MAX; leg++) {
		bytes_done(&out);
		SECURITY_STATUS status = exchange_turn(&w->l->exchange, in.p, in.len, &out);
		if (status < 0)
			return w->l->certificate_changed ? EXIT_POLICY : denied(w, status);
		if (!w->answer.head.keep_alive)
			return logon_link_failure(w->l, "sign-in", LINK_CLOSED);
		int code = ask(w, &out, status == SEC_E_OK);
		if (code != OPTIONS_GO)
			return code;
		if (!read_token(w, &in))
			return denied(w, SEC_E_INVALID_TOKEN);
		if (w->answer.head.status != 401)
			return finish(w, status == SEC_E_OK, &in);
		if (leg == 0 && !in.len)
			return no_interest(w);
		if (status == SEC_E_OK || !in.len)
			return denied(w, SEC_E_LOGON_DENIED);
	}
	return denied(w, SEC_E_INVALID_TOKEN);
}

/* WinRM's answer to Identify. */
static int read_identity(struct web *w)
{
	struct bytes CLEANUP(bytes_done) soap = { 0 };
	struct report *r = &w->l->report;
	char vendor[128], version[64];

	SECURITY_STATUS status =
		sealed_open(&w->l->exchange, sealing(w), &w->answer.head, &w->answer.body, &soap);
	if (status != SEC_E_OK) {
		report_status(r, "message", status);
		return EXIT_PROTOCOL;
	}
	if (!winrm_is_identified(&soap) ||
	    !winrm_element(&soap, "ProductVendor", vendor, sizeof(vendor)) ||
	    !winrm_element(&soap, "ProductVersion", version, sizeof(version))) {
		report_failure(r, "message", "the answer is not Identify's");
		return EXIT_PROTOCOL;
	}
	snprintf(r->answer, sizeof(r->answer), "%s %s", vendor, version);
	report_stage(r, "answer", "%s%s", r->answer, sealing(w) ? ", sealed" : "");
	return EXIT_DONE;
}

/* What the server says to who we are now. With 403 it knows; other errors may have come before it
 * looked. */
static int judge(struct web *w)
{
	int status = w->answer.head.status;

	if (status < 400 && w->winrm)
		return read_identity(w);
	if (status < 400) {
		report_stage(&w->l->report, "answer", "%d, %zu bytes", status, w->answer.body.len);
		return EXIT_DONE;
	}
	if (status == 403) {
		report_failure(&w->l->report, "answer",
			       "the server knows who we are and answers 403");
		report_advice(&w->l->report, "give the user the right to what was asked for");
		return EXIT_REFUSED;
	}
	report_failure(&w->l->report, "answer",
		       "the server answers %d to the request that signs in", status);
	return EXIT_PROTOCOL;
}

/* CredSSP brings a TLS of its own, whose certificate is another service's: remembered by itself. */
static void prepare_credssp(struct web *w)
{
	struct logon *l = w->l;
	size_t n = strlen(l->known_name);

	snprintf(l->known_name + n, sizeof(l->known_name) - n, "/CredSSP");
	l->certificate_checked = l->tls_said = false;
	l->report.binding = NULL;
}

static int sign_in(struct web *w)
{
	struct logon *l = w->l;
	struct exchange *x = &l->exchange;

	x->target = l->target;
	x->requirements = logon_requirements(l, w->scheme->package);
	x->trace = l->trace;
	x->approve = logon_approve;
	x->argument = l;
	if (strcmp(w->scheme->package, "CREDSSP") == 0)
		prepare_credssp(w);
	else
		x->bindings = w->bindings;
	int code = legs(w);
	if (code != OPTIONS_GO)
		return code;
	logon_say_agreed(l);
	if (l->report.binding)
		report_stage(&l->report, "binding", "%s", l->report.binding);
	else if (x->bindings.BindingsLength == 0 && l->kind == LOGON_HTTPS &&
		 strcmp(w->scheme->package, "CREDSSP") != 0)
		report_stage(&l->report, "binding",
			     "none: the certificate's signature names no hash");
	return judge(w);
}

int logon_web(struct logon *l)
{
	struct web CLEANUP(web_done) w = { .l = l, .stream.link = &l->link };

	w.winrm = strcmp(l->path, "/wsman") == 0 || strncmp(l->path, "/wsman?", 7) == 0;
	if (l->authorities) {
		setenv("SSL_CERT_FILE", l->authorities, 1);
		setenv("SSL_CERT_DIR", "", 1);
	}
	int code = open_connection(&w);
	if (code == OPTIONS_GO)
		code = probe(&w);
	if (code == OPTIONS_GO)
		code = sign_in(&w);
	exchange_farewell(&l->tls);
	return code;
}
