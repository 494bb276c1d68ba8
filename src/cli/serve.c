/* cli/serve.c - sspi serve: signs clients in against the accounts, each on a thread of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A connection has one deadline for all it does, and there are CONNECTIONS_MAX of them at most.
 * When all are taken, the one that has waited longest without reaching TLS makes room for the next.
 * Descriptors are closed by the main thread after the connection's thread has ended, so that
 * stopping never touches somebody else's number. */
#include <credssp.h>
#include <schannel.h>

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/rdp.h"
#include "cli/serve.h"
#include "cli/status.h"
#include "cli/trace.h"

#define TLS_HANDSHAKE 0x16

static bool is_web(const struct server *s)
{
	return s->kind == SERVE_HTTP || s->kind == SERVE_HTTPS || s->kind == SERVE_WINRM;
}

static bool uses_tls(const struct server *s)
{
	return strcasecmp(s->package, "CREDSSP") == 0 || strcasecmp(s->package, "Schannel") == 0;
}

void serve_report(struct connection *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *out = open_memstream(&text, &n);

	if (!out)
		return;
	attempt_print(&c->attempt, out, c->server->json);
	fclose(out);
	pthread_mutex_lock(&c->server->lock);
	fwrite(text, 1, n, stdout);
	fflush(stdout);
	pthread_mutex_unlock(&c->server->lock);
	free(text);
}

bool serve_claim(struct connection *c)
{
	struct server *s = c->server;
	pthread_mutex_lock(&s->lock);
	int number = s->count && s->claimed == s->count ? 0 : ++s->claimed;
	c->attempts += number != 0;
	c->counted = c->attempts != 0;
	pthread_mutex_unlock(&s->lock);
	c->attempt.number = number;
	return number != 0;
}

bool serve_is_full(struct server *s)
{
	pthread_mutex_lock(&s->lock);
	bool full = s->count && s->claimed == s->count;
	pthread_mutex_unlock(&s->lock);
	return full;
}

bool serve_fail(struct connection *c, const char *stage, const char *reason)
{
	c->attempt.stage = stage;
	c->attempt.reason = reason;
	return false;
}

/* Whether what the client asks for is then allowed is the policy's business. */
static uint8_t confirmed(uint8_t asked)
{
	return (asked & RDP_REQUEST_RESTRICTED_ADMIN ? RDP_CONFIRM_RESTRICTED_ADMIN : 0) |
	       (asked & RDP_REQUEST_REMOTE_GUARD ? RDP_CONFIRM_REMOTE_GUARD : 0);
}

/* RDP's first exchange; true when TLS is next. `ex` tells whether a result is to be sent at the
 * end. */
static bool negotiate(struct connection *c, bool *ex)
{
	const char *stage = "negotiation";
	struct rdp_confirm confirm = { RDP_ANSWER_SELECTED, RDP_HYBRID, 0 };
	unsigned char message[RDP_MESSAGE_MAX];
	struct rdp_request request;
	size_t n;

	enum link_result result = rdp_read(&c->link, message, &n);
	if (result != LINK_OK)
		return serve_fail(c, stage, link_why(result));
	if (!rdp_parse_request(message, n, &request))
		return serve_fail(c, stage, "the first message is not RDP's");

	uint32_t offered = request.negotiates ? request.protocols : 0;
	*ex = offered & RDP_HYBRID_EX;
	if (*ex)
		confirm.value = RDP_HYBRID_EX;
	else if (!(offered & RDP_HYBRID))
		confirm =
			(struct rdp_confirm){ RDP_ANSWER_FAILURE, RDP_FAILURE_HYBRID_REQUIRED, 0 };
	if (confirm.answer == RDP_ANSWER_SELECTED)
		confirm.flags = confirmed(request.flags);
	n = rdp_build_confirm(message, &confirm);
	result = link_write(&c->link, message, n);
	if (result != LINK_OK)
		return serve_fail(c, stage, link_why(result));
	return confirm.answer == RDP_ANSWER_SELECTED ||
	       serve_fail(c, stage, "the client does not offer CredSSP");
}

/* The first token, which makes it an attempt. */
static bool begin(struct connection *c, struct exchange *x)
{
	enum link_result result = link_receive(&c->link, &x->in);
	if (result != LINK_OK)
		return serve_fail(c, "tls", link_why(result));
	if (c->server->trace)
		trace_token("client to server", x->in.p, x->in.len);
	if (uses_tls(c->server) && x->in.p[0] != TLS_HANDSHAKE)
		return serve_fail(c, "tls", "the client's first bytes are not TLS");
	return serve_claim(c) || serve_fail(c, "tls", "as many attempts as asked for were made");
}

static bool authenticate(struct connection *c, struct exchange *x)
{
	struct exchange_outcome outcome = exchange_run(x);
	if (outcome.end == EXCHANGE_DONE) {
		attempt_learn(&c->attempt, x);
		return true;
	}

	bool past_tls = exchange_tls(x, c->attempt.tls, c->attempt.cipher) || x->calls > 2;
	const char *stage = past_tls || !uses_tls(c->server) ? "sign-in" : "tls";
	if (outcome.end == EXCHANGE_LINK)
		return serve_fail(c, stage, link_why(outcome.link));
	c->attempt.status = outcome.status;
	memcpy(c->attempt.because, x->reason, sizeof(x->reason));
	return serve_fail(c, stage, NULL);
}

/* What the client says after signing in goes back to it, sealed anew. */
static void echo(struct exchange *x)
{
	enum link_result result = LINK_OK;

	while (result == LINK_OK) {
		struct bytes CLEANUP(bytes_done) heard = { 0 };
		if (exchange_hear(x, &heard, &result) != SEC_E_OK || heard.len > MESSAGE_MAX ||
		    exchange_say(x, heard.p, heard.len, &result) != SEC_E_OK)
			return;
	}
}

static void serve_client(struct connection *c)
{
	static const unsigned char granted[4]; /* [MS-RDPBCGR] 2.2.10.2 */
	struct server *s = c->server;
	struct exchange CLEANUP(exchange_done) x;
	enum link_result result;
	bool ex = false;

	exchange_init(&x, &c->link, true);
	x.credential = s->credential;
	x.trace = s->trace;
	x.requirements = ASC_REQ_ALLOCATE_MEMORY | ASC_REQ_SEQUENCE_DETECT | ASC_REQ_REPLAY_DETECT;
	x.requirements |= uses_tls(s) ? ASC_REQ_STREAM | ASC_REQ_EXTENDED_ERROR
				      : ASC_REQ_CONFIDENTIALITY | ASC_REQ_INTEGRITY;

	bool ok = (s->kind != SERVE_RDP || negotiate(c, &ex)) && begin(c, &x) &&
		  authenticate(c, &x);
	serve_report(c);
	if (ok && ex && exchange_say(&x, granted, sizeof(granted), &result) != SEC_E_OK)
		ok = false;
	if (ok && s->kind == SERVE_TCP)
		echo(&x);
	exchange_farewell(&x);
}

static void *connection_main(void *argument)
{
	struct connection *c = argument;
	struct server *s = c->server;
	uint64_t one = 1;

	(is_web(s) ? serve_web : serve_client)(c);
	link_finish(&c->link);
	pthread_mutex_lock(&s->lock);
	c->ended = true;
	s->finished += c->attempts;
	pthread_mutex_unlock(&s->lock);
	while (write(s->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	return NULL;
}

static struct connection *free_slot(struct server *s)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++)
		if (!s->connections[i].used)
			return &s->connections[i];
	return NULL;
}

static void take_client(struct server *s, struct connection *c)
{
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		return;
	*c = (struct connection){ .server = s, .used = true, .number = ++s->accepted };
	c->link = (struct link){ fd, s->kind == SERVE_TCP,
				 link_now() + (long long)s->timeout * 1000 };
	link_name(fd, true, c->attempt.peer);
	if (pthread_create(&c->thread, NULL, connection_main, c) != 0) {
		link_close(&c->link);
		c->used = false;
	}
}

/* Joins the threads that have ended; with `all`, makes them end first. True when attempts are left.
 */
static bool reap(struct server *s, bool all)
{
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &s->connections[i];
		pthread_mutex_lock(&s->lock);
		bool join = c->used && (c->ended || all);
		pthread_mutex_unlock(&s->lock);
		if (!join)
			continue;
		if (all)
			shutdown(c->link.fd, SHUT_RDWR);
		pthread_join(c->thread, NULL);
		link_close(&c->link);
		attempt_done(&c->attempt);
		explicit_bzero(c, sizeof(*c));
	}
	pthread_mutex_lock(&s->lock);
	bool left = !s->count || s->finished < s->count;
	pthread_mutex_unlock(&s->lock);
	return left;
}

/* Ends the oldest connection that has not reached TLS; its thread then frees the slot. */
static void make_room(struct server *s)
{
	struct connection *oldest = NULL;

	pthread_mutex_lock(&s->lock);
	for (size_t i = 0; i < CONNECTIONS_MAX; i++) {
		struct connection *c = &s->connections[i];
		if (!c->ended && !c->counted && (!oldest || c->number < oldest->number))
			oldest = c;
	}
	if (oldest)
		shutdown(oldest->link.fd, SHUT_RDWR);
	pthread_mutex_unlock(&s->lock);
}

static void serve(struct server *s)
{
	bool more = true, making_room = false;

	while (more) {
		struct connection *slot = free_slot(s);
		struct pollfd p[] = {
			{ .fd = slot || !making_room ? s->listen_fd : -1, .events = POLLIN },
			{ .fd = s->wake_fd, .events = POLLIN },
			{ .fd = s->signal_fd, .events = POLLIN },
		};
		uint64_t woken;
		if (poll(p, ARRAY_LEN(p), -1) < 0 && errno != EINTR)
			break;
		if (p[2].revents)
			break;
		if (p[1].revents && read(s->wake_fd, &woken, sizeof(woken)) > 0) {
			making_room = false;
			more = reap(s, false);
			continue;
		}
		if (p[0].revents && slot) {
			take_client(s, slot);
		} else if (p[0].revents) {
			making_room = true;
			make_room(s);
		}
	}
	reap(s, true);
}

static SECURITY_STATUS acquire(struct server *s)
{
	PCCERT_CONTEXT certificate = NULL;
	SCHANNEL_CRED schannel = { .dwVersion = SCHANNEL_CRED_VERSION,
				   .cCreds = 1,
				   .paCred = &certificate };
	CREDSSP_CRED credssp = { .Type = CredsspSchannelCreds, .pSchannelCred = &schannel };
	const char *package = is_web(s) ? "Schannel" : s->package;
	char *principal = is_web(s) ? NULL : (char *)s->principal;
	void *data = NULL;

	if (s->certificate) {
		SECURITY_STATUS status =
			OpensspiCertificateFromPem(s->certificate, s->key, &certificate);
		if (status != SEC_E_OK)
			return status;
		data = strcasecmp(package, "CREDSSP") == 0 ? (void *)&credssp : &schannel;
	}
	SECURITY_STATUS status = AcquireCredentialsHandleA(principal, (char *)package,
							   SECPKG_CRED_INBOUND, NULL, data, NULL,
							   NULL, &s->credential, NULL);
	s->has_credential = status == SEC_E_OK;
	if (status != SEC_E_OK)
		status_reason(s->because);
	if (certificate)
		CertFreeCertificateContext(certificate);
	return status;
}

/* SIGTERM and SIGINT become readable instead of ending the process; threads inherit the mask. */
static int catch_signals(void)
{
	sigset_t set;
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void announce(const struct server *s, const char *where)
{
	printf(s->json ? "{\"listening\":\"%s\"}\n" : "listening on %s\n", where);
	fflush(stdout);
}

static void release(struct server *s)
{
	if (s->has_credential)
		FreeCredentialsHandle(&s->credential);
	for (int i = 0; i < SCHEMES; i++)
		if (s->has_scheme[i])
			FreeCredentialsHandle(&s->schemes[i]);
}

static int start(struct server *s)
{
	char where[LINK_NAME_MAX];
	const char *why;

	s->signal_fd = catch_signals();
	s->wake_fd = eventfd(0, EFD_CLOEXEC);
	s->listen_fd = link_listen(s->listen, where, &why);
	if (s->listen_fd < 0) {
		fprintf(stderr, "sspi serve: %s: %s\n", s->listen, why);
		return EXIT_UNREACHABLE;
	}

	SECURITY_STATUS status = is_web(s) ? serve_web_acquire(s) : SEC_E_OK;
	if (status == SEC_E_OK && (!is_web(s) || s->tls))
		status = acquire(s);
	if (status != SEC_E_OK) {
		bool given = s->certificate && status == SEC_E_UNKNOWN_CREDENTIALS;
		status_print_why("serve",
				 given ? "using the certificate and the key given"
				       : "getting the server's credentials",
				 status, s->because);
		close(s->listen_fd);
		return given ? EXIT_USAGE : status_exit(status);
	}
	announce(s, where);
	serve(s);
	release(s);
	close(s->listen_fd);
	return EXIT_DONE;
}

static bool read_kind(struct server *s, const char *word)
{
	static const char *const kinds[] = { "rdp", "tcp", "http", "https", "winrm" };

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (strcmp(word, kinds[i]) != 0)
			continue;
		s->kind = (enum serve_kind)i;
		s->tls = s->tls || s->kind == SERVE_HTTPS;
		return true;
	}
	return false;
}

static int check_web(struct server *s, const struct command_line *line)
{
	if (s->tls && !s->certificate)
		return options_wrong(line, "HTTPS needs --cert");
	if (!s->tls && s->certificate)
		return options_wrong(line, "--cert without HTTPS");
	if (s->package && strcasecmp(s->package, "Negotiate") != 0 &&
	    strcasecmp(s->package, "NTLM") != 0 &&
	    (s->kind != SERVE_WINRM || strcasecmp(s->package, "CREDSSP") != 0))
		return options_wrong(line, "--package is negotiate or ntlm; winrm: or credssp");
	return OPTIONS_GO;
}

/* Before anybody is waited for: what is wrong with these files is said by their names. */
static int check_certificate(const struct server *s, const struct command_line *line)
{
	const char *const files[] = { s->certificate, s->key };
	PCCERT_CONTEXT certificate = NULL;

	for (size_t i = 0; i < ARRAY_LEN(files); i++)
		if (files[i] && access(files[i], R_OK) != 0)
			return options_wrong(line, "%s: %s", files[i], strerror(errno));
	if (!s->certificate)
		return OPTIONS_GO;
	if (OpensspiCertificateFromPem(s->certificate, s->key, &certificate) != SEC_E_OK)
		return options_wrong(line, "%s%s%s: not a certificate with its private key, in PEM",
				     s->certificate, s->key ? " and " : "", s->key ? s->key : "");
	CertFreeCertificateContext(certificate);
	return OPTIONS_GO;
}

/* With another file the server would run and take nobody's ticket. */
static int check_keytab(const char *path, const struct command_line *line)
{
	unsigned char version[2] = { 0 };
	FILE *file = fopen(path, "re");

	if (!file)
		return options_wrong(line, "%s: %s", path, strerror(errno));
	size_t n = fread(version, 1, sizeof(version), file);
	fclose(file);
	if (n != sizeof(version) || version[0] != 5 || version[1] < 1 || version[1] > 2)
		return options_wrong(line, "%s: not a keytab", path);
	return OPTIONS_GO;
}

/* libkrb5 reads the keytab's place from the environment; without the type a colon in the path would end one. */
static int check_kerberos(const struct server *s, const struct command_line *line)
{
	bool alone = s->package && strcasecmp(s->package, "Kerberos") == 0;
	CLEANUP(free_p) char *place = NULL;

	if (s->principal && !alone)
		return options_wrong(line, "--principal is for tcp with --package Kerberos");
	if (!s->keytab)
		return OPTIONS_GO;
	int code = check_keytab(s->keytab, line);
	if (code != OPTIONS_GO)
		return code;
	if (asprintf(&place, "FILE:%s", s->keytab) < 0 || setenv("KRB5_KTNAME", place, 1) != 0)
		return options_wrong(line, "--keytab: %s", strerror(errno));
	return OPTIONS_GO;
}

static int check_line(struct server *s, const struct command_line *line)
{
	if (!read_kind(s, line->given[0]))
		return options_wrong(line, "%s is none of rdp, tcp, http, https, winrm",
				     line->given[0]);
	if (!s->listen)
		return options_wrong(line, "--listen ADDRESS:PORT is needed");
	if (s->key && !s->certificate)
		return options_wrong(line, "--key without --cert");
	if (is_web(s))
		return check_web(s, line);
	if (s->tls)
		return options_wrong(line, "--tls is for winrm alone");
	if (!s->package)
		s->package = "CREDSSP";
	if (strcasecmp(s->package, "TSSSP") == 0)
		return options_wrong(line,
				     "TSSSP needs a TLS connection of its caller's; use CREDSSP");
	if (s->kind == SERVE_RDP && strcasecmp(s->package, "CREDSSP") != 0)
		return options_wrong(line, "rdp takes no --package");
	return OPTIONS_GO;
}

int serve_run(int argc, char **argv)
{
	CLEANUP(free_p) struct server *s = calloc(1, sizeof(*s));
	if (!s)
		return EXIT_PROTOCOL;
	s->timeout = 30;
	pthread_mutex_init(&s->lock, NULL);

	const struct option_row rows[] = {
		{ "--listen", OPTION_TEXT, &s->listen, "ADDRESS:PORT",
		  "where; port 0 is any free one" },
		{ "--count", OPTION_NUMBER, &s->count, "N", "end after N attempts to sign in" },
		{ "--cert", OPTION_TEXT, &s->certificate, "FILE",
		  "the certificate (PEM); else one is made" },
		{ "--key", OPTION_TEXT, &s->key, "FILE",
		  "its key (PEM), when it is not in that file" },
		{ "--package", OPTION_TEXT, &s->package, "P",
		  "CREDSSP by default; HTTP: all it knows" },
		{ "--keytab", OPTION_TEXT, &s->keytab, "FILE",
		  "the service's Kerberos keys; else $KRB5_KTNAME, else the system's" },
		{ "--principal", OPTION_TEXT, &s->principal, "SPN",
		  "with --package Kerberos: accept for this service alone" },
		{ "--tls", OPTION_FLAG, &s->tls, NULL, "winrm by HTTPS" },
		{ "--timeout", OPTION_NUMBER, &s->timeout, "SECONDS",
		  "for each connection; 30 by default" },
		{ "--trace", OPTION_FLAG, &s->trace, NULL, "print every token on stderr" },
		{ "--json", OPTION_FLAG, &s->json, NULL, "print one JSON object a line" },
		{ NULL },
	};
	struct command_line line = {
		.command = "serve",
		.operands = "rdp|tcp|http|https|winrm",
		.rows = rows,
		.least = 1,
		.most = 1,
		.summary = "Signs clients in against the accounts and says who came."
	};
	int code = options_parse(&line, argc, argv);
	if (code == OPTIONS_GO)
		code = check_line(s, &line);
	if (code == OPTIONS_GO)
		code = check_kerberos(s, &line);
	if (code == OPTIONS_GO)
		code = check_certificate(s, &line);
	if (code == OPTIONS_GO && s->trace)
		trace_begin();
	return code == OPTIONS_GO ? start(s) : code;
}
