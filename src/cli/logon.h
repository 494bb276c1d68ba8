/* cli/logon.h - one sign-in to a server: what was asked for, and the steps all servers share.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_LOGON_H
#define OPENSSPI_CLI_LOGON_H

#include "cli/options.h"
#include "cli/prompt.h"
#include "cli/stages.h"

enum logon_kind {
	LOGON_RDP,
	LOGON_TCP,
	LOGON_HTTP,
	LOGON_HTTPS,
};

struct logon {
	const char *url, *user, *domain, *spn, *package, *mechanism, *message, *authorities;
	int password_fd, timeout;
	bool trace, verify, restricted_admin, json, accept_changed, insecure, saved;
	bool delegate, remote_guard;

	enum logon_kind kind;
	const char *path;	  /* of a URL of HTTP's; within url */
	char *name, *host, *port; /* name owns what host and port point into */
	char *identity, *identity_domain, *identity_user;
	char *found_user; /* without --user: whose ticket or credential was found, or NULL; owned */
	const char *package_list; /* of --mechanism; NULL: any */
	char target[300], known_name[300];
	bool wants_result; /* HYBRID_EX: the server says at the end whether the user may come in */
	bool ntlm_only;	   /* the server takes no SPNEGO */
	bool certificate_checked, certificate_changed, tls_said;
	struct password password;
	struct link link;
	long long deadline;
	struct exchange exchange; /* the sign-in */
	struct exchange tls;	  /* HTTPS around it */
	struct report report;
};

/* Each step answers OPTIONS_GO, or the exit code after it has reported why. */
int logon_reach(struct logon *l);
int logon_link_failure(struct logon *l, const char *stage, enum link_result result);

/* Take --mechanism and --user apart; false when they are none. */
MUST_CHECK bool logon_read_mechanism(struct logon *l);
MUST_CHECK bool logon_read_user(struct logon *l);

/* The password of --user; without one says which tickets or saved credential there are. */
int logon_gather(struct logon *l);

/* Credentials of the user for a package (by SSPI's name). */
SECURITY_STATUS logon_acquire(struct logon *l, const char *package);

/* What is asked of a context with that package. */
ULONG logon_requirements(const struct logon *l, const char *package);

/* What the finished context says about itself becomes stages. */
void logon_say_agreed(struct logon *l);

/* Says what TLS agreed as soon as it did, and holds the certificate against the one remembered;
 * false after a report when that changed. `x` is the exchange that speaks TLS. */
bool logon_see_tls(struct logon *l, struct exchange *x);

/* The sign-in's own `approve`, of a struct logon: TLS as above, and --verify at the end. */
bool logon_approve(void *argument, bool finished);

/* Signs in to an HTTP server, WinRM among them; the exit code. */
int logon_web(struct logon *l);

#endif
