/* cli/serve_web.c - sspi serve for HTTP: who signs in on a connection owns it from then on.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * As Windows does it with Negotiate and NTLM: 401 and a token back until the sign-in is complete,
 * then every request of the connection is that user's. A new token begins a new sign-in. */
#include <schannel.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/base64.h"
#include "cli/json.h"
#include "cli/sealed.h"
#include "cli/serve.h"
#include "cli/stream.h"

#define REQUESTS_MAX 1000

static const struct {
	const char *name, *package;
} schemes[SCHEMES] = {
	[SCHEME_NEGOTIATE] = { "Negotiate", "Negotiate" },
	[SCHEME_NTLM] = { "NTLM", "NTLM" },
	[SCHEME_CREDSSP] = { "CredSSP", "CREDSSP" },
};

/* One connection. */
struct web {
	struct connection *c;
	struct stream stream;
	struct exchange tls, auth;
	SecPkgContext_Bindings bindings;
	int scheme;	/* of the sign-in under way or done; SCHEMES: none yet */
	bool signed_in; /* the connection is c->attempt.name's */
	bool close;	/* after the next answer */
	struct http_message request;
};

/* An answer under way. */
struct answer {
	int status;
	const char *reason;
	struct bytes token; /* for WWW-Authenticate */
	const char *type;
	struct bytes body;
	struct bytes content; /* the end of the head with the body, instead of these two */
};

static void answer_done(struct answer *a)
{
	bytes_done(&a->token);
	bytes_done(&a->body);
	bytes_done(&a->content);
}

/* WinRM carries NTLM inside Negotiate. */
static bool is_offered(const struct server *s, int scheme)
{
	if (s->package)
		return strcasecmp(s->package, schemes[scheme].package) == 0;
	if (scheme == SCHEME_NTLM && s->kind == SERVE_WINRM && s->has_scheme[SCHEME_NEGOTIATE])
		return false;
	return scheme != SCHEME_CREDSSP || s->kind == SERVE_WINRM;
}

SECURITY_STATUS serve_web_acquire(struct server *s)
{
	SECURITY_STATUS status = SEC_E_SECPKG_NOT_FOUND;
	bool any = false;

	for (int i = 0; i < SCHEMES; i++) {
		if (!is_offered(s, i))
			continue;
		status = AcquireCredentialsHandleA(NULL, (char *)schemes[i].package,
						   SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
						   &s->schemes[i], NULL);
		s->has_scheme[i] = status == SEC_E_OK;
		any = any || s->has_scheme[i];
		if (status != SEC_E_OK)
			status_reason(s->because);
		if (status != SEC_E_OK && status != SEC_E_SECPKG_NOT_FOUND)
			return status;
	}
	return any ? SEC_E_OK : status;
}

static void web_done(struct web *w)
{
	if (w->bindings.Bindings)
		FreeContextBuffer(w->bindings.Bindings);
	w->auth.has_credential = false; /* the server's */
	exchange_done(&w->auth);
	w->tls.has_credential = false;
	exchange_done(&w->tls);
	http_message_done(&w->request);
	stream_done(&w->stream);
}

static bool begin_tls(struct web *w)
{
	struct connection *c = w->c;

	w->tls.credential = c->server->credential;
	w->tls.trace = c->server->trace;
	w->tls.requirements = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR |
			      ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT |
			      ASC_REQ_CONFIDENTIALITY;
	struct exchange_outcome outcome = exchange_run(&w->tls);
	if (outcome.end == EXCHANGE_LINK)
		return serve_fail(c, "tls", link_why(outcome.link));
	if (outcome.end != EXCHANGE_DONE) {
		c->attempt.status = outcome.status;
		return serve_fail(c, "tls", NULL);
	}
	w->stream.tls = &w->tls;
	return exchange_endpoint(&w->tls, &w->bindings) ||
	       serve_fail(c, "tls",
			  "the certificate's signature names no hash for channel bindings: "
			  "use one signed with RSA or ECDSA");
}

/* ---- answers */

/* The token of a sign-in; what a 401 offers, unless a sign-in is under way. */
static bool print_challenges(struct bytes *out, const struct web *w, const struct answer *a)
{
	bool ok = true, under_way = a->token.len && !w->close;

	if (a->token.len)
		ok = http_print(out, "WWW-Authenticate: %s ", schemes[w->scheme].name) &&
		     bytes_append_base64(out, a->token.p, a->token.len) && http_print(out, "\r\n");
	for (int i = 0; i < SCHEMES && a->status == 401 && !under_way; i++)
		if (w->c->server->has_scheme[i] && !(a->token.len && i == w->scheme))
			ok = ok && http_print(out, "WWW-Authenticate: %s\r\n", schemes[i].name);
	return ok;
}

static bool print_content(struct bytes *out, const struct answer *a, bool head_only)
{
	if (a->content.len)
		return bytes_append(out, a->content.p, a->content.len);
	if (a->body.len && !http_print(out, "Content-Type: %s\r\n", a->type))
		return false;
	return http_print(out, "Content-Length: %zu\r\n\r\n", a->body.len) &&
	       (head_only || bytes_append(out, a->body.p, a->body.len));
}

/* Sends it; false ends the connection. */
static bool send_answer(struct web *w, struct answer *a)
{
	struct bytes CLEANUP(bytes_done) out = { 0 };

	w->close = w->close || !w->request.head.keep_alive;
	bool ok = http_print(&out, "HTTP/1.1 %d %s\r\nServer: sspi\r\n%s", a->status, a->reason,
			     w->close ? "Connection: close\r\n" : "") &&
		  print_challenges(&out, w, a) &&
		  print_content(&out, a, http_text_is(w->request.head.method, "HEAD"));
	return ok && stream_send(&w->stream, out.p, out.len) == LINK_OK && !w->close;
}

static bool refuse(struct web *w, int status, const char *reason)
{
	struct answer CLEANUP(answer_done)
		a = { .status = status, .reason = reason, .type = "text/plain" };

	if (!http_print(&a.body, "%s\n", reason))
		return false;
	return send_answer(w, &a);
}

/* How this message of WinRM's is sealed; NULL: by the TLS around it. */
static const char *sealing(const struct web *w)
{
	struct http_text type;

	http_field(&w->request.head, "Content-Type", &type);
	if (w->scheme == SCHEME_CREDSSP)
		return WINRM_CREDSSP;
	return w->stream.tls && !winrm_is_sealed(type, WINRM_SPNEGO) ? NULL : WINRM_SPNEGO;
}

/* WinRM's Identify. Nothing in the clear is answered: [MS-WSMV] 3.1.4.1.29.1. */
static bool identify(struct web *w, struct answer *a)
{
	struct bytes CLEANUP(bytes_done) soap = { 0 }, CLEANUP(bytes_done) reply = { 0 };

	SECURITY_STATUS status =
		sealed_open(&w->auth, sealing(w), &w->request.head, &w->request.body, &soap);
	if (status != SEC_E_OK || !winrm_is_identify(&soap)) {
		w->close = true;
		return status == SEC_E_ENCRYPT_FAILURE ? refuse(w, 403, "Forbidden")
						       : refuse(w, 400, "Bad Request");
	}
	status = winrm_print_identified(&reply, OPENSSPI_VERSION)
			 ? sealed_print(&w->auth, sealing(w), &reply, &a->content)
			 : SEC_E_INSUFFICIENT_MEMORY;
	return status == SEC_E_OK && send_answer(w, a);
}

static bool print_who(const struct web *w, struct bytes *body)
{
	const struct attempt *who = &w->c->attempt;
	CLEANUP(free_p) char *text = NULL;
	size_t n = 0;

	FILE *out = open_memstream(&text, &n);
	if (!out)
		return false;
	if (w->c->server->json) {
		struct json j = { .out = out };
		json_open(&j, NULL, '{');
		json_text(&j, "name", who->name);
		json_text(&j, "mechanism", who->mechanism);
		json_bool(&j, "ticket_delegated",
			  !who->credssp && who->attributes & ASC_RET_DELEGATE);
		json_close(&j, '}');
		fputc('\n', out);
	} else {
		fprintf(out, "signed in as ");
		text_print(out, who->name);
		fprintf(out, " by %s\n", who->mechanism);
	}
	fclose(out);
	return bytes_append(body, text, n);
}

/* Who the connection belongs to, or what WinRM was asked; with the sign-in's last token. */
static bool welcome(struct web *w, struct bytes *token)
{
	bool json = w->c->server->json;
	struct answer CLEANUP(answer_done) a = {
		.status = 200,
		.reason = "OK",
		.token = *token,
		.type = json ? "application/json" : "text/plain; charset=utf-8",
	};

	*token = (struct bytes){ 0 };
	if (w->c->server->kind != SERVE_WINRM)
		return print_who(w, &a.body) && send_answer(w, &a);
	return w->request.body.len ? identify(w, &a) : send_answer(w, &a);
}

/* ---- signing in */

/* A sign-in that the client gave up. */
static void give_up(struct web *w)
{
	if (w->scheme == SCHEMES || w->signed_in)
		return;
	serve_fail(w->c, "sign-in", "the client did not go on");
	serve_report(w->c);
}

/* False when no more attempts are allowed. */
static bool begin_sign_in(struct web *w, int scheme)
{
	struct connection *c = w->c;
	char peer[LINK_NAME_MAX];

	give_up(w);
	w->auth.has_credential = false;
	exchange_done(&w->auth);
	exchange_init(&w->auth, &c->link, true);
	w->auth.credential = c->server->schemes[scheme];
	w->auth.trace = c->server->trace;
	w->auth.requirements = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_CONFIDENTIALITY |
			       ASC_REQ_INTEGRITY | ASC_REQ_REPLAY_DETECT | ASC_REQ_SEQUENCE_DETECT;
	if (scheme == SCHEME_CREDSSP)
		w->auth.requirements |= ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR;
	else
		w->auth.bindings = w->bindings;
	w->scheme = scheme;
	w->signed_in = false;
	memcpy(peer, c->attempt.peer, sizeof(peer));
	attempt_done(&c->attempt);
	memcpy(c->attempt.peer, peer, sizeof(peer));
	if (serve_claim(c))
		return true;
	w->scheme = SCHEMES;
	return false;
}

/* What a refusal has to say (CredSSP's errorCode) goes with it. */
static bool sign_in_failed(struct web *w, SECURITY_STATUS status, struct answer *a)
{
	w->c->attempt.status = status;
	memcpy(w->c->attempt.because, w->auth.reason, sizeof(w->auth.reason));
	serve_fail(w->c, "sign-in", NULL);
	serve_report(w->c);
	w->close = true;
	send_answer(w, a);
	w->scheme = SCHEMES;
	return false;
}

/* Takes the client's token a step further. */
static bool take_token(struct web *w, const struct bytes *in)
{
	struct answer CLEANUP(answer_done) a = { .status = 401, .reason = "Unauthorized" };

	SECURITY_STATUS status = exchange_turn(&w->auth, in->p, in->len, &a.token);
	if (status == SEC_I_CONTINUE_NEEDED && a.token.len)
		return send_answer(w, &a);
	if (status != SEC_E_OK)
		return sign_in_failed(w, status < 0 ? status : SEC_E_INVALID_TOKEN, &a);
	attempt_learn(&w->c->attempt, &w->auth);
	if (w->stream.tls && w->scheme != SCHEME_CREDSSP)
		exchange_tls(&w->tls, w->c->attempt.tls, w->c->attempt.cipher);
	w->signed_in = true;
	w->close = serve_is_full(w->c->server);
	serve_report(w->c);
	return welcome(w, &a.token);
}

static int find_scheme(const struct web *w, struct http_text name)
{
	for (int i = 0; i < SCHEMES; i++)
		if (w->c->server->has_scheme[i] && http_text_is(name, schemes[i].name))
			return i;
	return SCHEMES;
}

static bool is_wsman(struct http_text target)
{
	return target.n >= 6 && strncmp(target.p, "/wsman", 6) == 0 &&
	       (target.n == 6 || target.p[6] == '?');
}

static bool is_answered(const struct web *w, struct http_text method)
{
	if (http_text_is(method, "POST"))
		return true;
	return w->c->server->kind != SERVE_WINRM &&
	       (http_text_is(method, "GET") || http_text_is(method, "HEAD"));
}

static bool answer_request(struct web *w)
{
	struct bytes CLEANUP(bytes_done) in = { 0 };
	const struct http_head *h = &w->request.head;
	struct bytes none = { 0 };
	struct http_text name, text;

	bool sound = http_credentials(h, &name, &text);
	int scheme = find_scheme(w, name);
	/* Other schemes' credentials look otherwise; those get our offers. */
	if (!sound || (scheme != SCHEMES && !bytes_append_decoded(&in, text.p, text.n))) {
		w->close = true;
		return refuse(w, 400, "Bad Request");
	}
	if (!is_answered(w, h->method))
		return refuse(w, 405, "Method Not Allowed");
	if (w->c->server->kind == SERVE_WINRM && !is_wsman(h->target))
		return refuse(w, 404, "Not Found");
	if (!name.n && w->signed_in)
		return welcome(w, &none);
	if (scheme == SCHEMES)
		return refuse(w, 401, "Unauthorized");
	if ((w->scheme != scheme || w->signed_in) && !begin_sign_in(w, scheme)) {
		w->close = true;
		return refuse(w, 503, "Service Unavailable");
	}
	return take_token(w, &in);
}

static bool serve_request(struct web *w)
{
	enum link_result why;

	http_message_done(&w->request);
	enum http_result result = stream_receive_request(&w->stream, &w->request, &why);
	if (result == HTTP_MORE)
		return false;
	if (result == HTTP_WHOLE)
		return answer_request(w);
	w->close = true;
	return result == HTTP_BAD ? refuse(w, 400, "Bad Request")
				  : refuse(w, 413, "Content Too Large");
}

void serve_web(struct connection *c)
{
	struct web CLEANUP(web_done) w = { .c = c, .stream.link = &c->link, .scheme = SCHEMES };

	exchange_init(&w.tls, &c->link, true);
	exchange_init(&w.auth, &c->link, true);
	if (c->server->tls && !begin_tls(&w)) {
		serve_report(c);
		return;
	}
	for (int i = 0; i < REQUESTS_MAX && serve_request(&w); i++)
		;
	give_up(&w);
	exchange_farewell(&w.tls);
}
