/* cli/cred_find.c - sspi cred find and default: which saved credential signs in, and where none fits.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/cred.h"
#include "cli/options.h"
#include "cli/prompt.h"
#include "cli/win32.h"

void cred_best_done(struct cred_best *b)
{
	CredFree(b->domain);
	CredFree(b->generic);
	CredFree(b->standard);
	*b = (struct cred_best){ NULL };
}

/* The host in "host[:port]", "SERVICE/host[:port][/...]", "scheme://host[:port]/path" and
 * "root\share"; for free(). */
static char *host_of(const char *server)
{
	const char *scheme = strstr(server, "://"), *slash = strchr(server, '/');
	const char *host = scheme ? scheme + 3 : slash && slash[1] ? slash + 1 : server;
	size_t n = strcspn(host, "/\\?#");
	const char *at = memchr(host, '@', n);

	if (scheme && at) {
		n -= (size_t)(at + 1 - host);
		host = at + 1;
	}
	if (host[0] == '[') {
		const char *end = memchr(host, ']', n);
		return end ? strndup(host + 1, (size_t)(end - host - 1)) : strndup(host, n);
	}
	const char *colon = memchr(host, ':', n);
	/* two colons are an address, not a port */
	if (colon && !memchr(colon + 1, ':', n - (size_t)(colon + 1 - host)))
		n = (size_t)(colon - host);
	return strndup(host, n);
}

/* Policy knows servers by their SPNs. */
static bool is_spn(const char *server)
{
	return strchr(server, '/') && !strstr(server, "://");
}

/* Just what packages know of a server: no more than its name. */
static DWORD find_domain(const char *server, const char *host, struct cred_best *out)
{
	CREDENTIAL_TARGET_INFORMATIONA target = {
		.TargetName = (char *)server,
		.DnsServerName = (char *)host,
		.Flags = strchr(host, '.') ? 0 : CRED_TI_SERVER_FORMAT_UNKNOWN,
	};
	DWORD error;

	do {
		error = CredReadDomainCredentialsA(&target, 0, &out->domain_count, &out->domain)
				? ERROR_SUCCESS
				: win32_last();
	} while (win32_unlocked(error));
	if (error == ERROR_SUCCESS)
		return error;
	out->domain_count = 0;
	out->domain = NULL;
	return error == ERROR_NOT_FOUND ? ERROR_SUCCESS : error;
}

/* What cannot be used says so where that can be seen: the secret of a domain credential cannot. */
static bool has_password(const CREDENTIALA *c)
{
	return c && c->UserName && c->UserName[0] &&
	       !(c->Flags & (CRED_FLAGS_PROMPT_NOW | CRED_FLAGS_OWF_CRED_BLOB)) &&
	       (!cred_is_readable(c->Type) ||
		(c->CredentialBlobSize && c->CredentialBlobSize % sizeof(WCHAR) == 0));
}

/* The packages' order: what is for this name alone, generic where it is a service's, then wildcards, then
 * the default. */
static const CREDENTIALA *choose(const char *server, const struct cred_best *b)
{
	const CREDENTIALA *saved = NULL;

	for (DWORD i = 0; i < b->domain_count && !saved; i++)
		if (b->domain[i]->Type == CRED_TYPE_DOMAIN_PASSWORD)
			saved = b->domain[i];
	if ((!saved || saved->Flags & CRED_FLAGS_WILDCARD_MATCH) && is_spn(server) && b->generic &&
	    strcasecmp(b->generic->TargetName, server) == 0)
		saved = b->generic;
	if (has_password(saved))
		return saved;
	return has_password(b->standard) ? b->standard : NULL;
}

DWORD cred_find_best(const char *server, struct cred_best *out)
{
	CLEANUP(free_p) char *host = host_of(server);

	*out = (struct cred_best){ NULL };
	if (!host)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (!host[0])
		return ERROR_INVALID_PARAMETER;
	DWORD error = find_domain(server, host, out);
	if (error == ERROR_SUCCESS &&
	    !CredFindBestCredentialA(server, CRED_TYPE_GENERIC, 0, &out->generic)) {
		out->generic = NULL;
		error = win32_last();
	}
	if (error != ERROR_SUCCESS && error != ERROR_NOT_FOUND) {
		cred_best_done(out);
		return error;
	}
	out->standard = cred_default();
	out->used = choose(server, out);
	return ERROR_SUCCESS;
}

static void print_short(const char *label, const CREDENTIALA *c)
{
	const char *type = cred_type_name(c->Type);

	printf("%-12s ", label);
	text_print(stdout, c->TargetName);
	printf(" (%s%s) as ", type ? type : "unknown",
	       c->Flags & CRED_FLAGS_WILDCARD_MATCH ? ", by its wildcard" : "");
	text_print(stdout, c->UserName && c->UserName[0] ? c->UserName : "nobody named");
	putchar('\n');
}

/* What the policy says of handing the saved credential, or else the default one, to the server. */
struct delegation {
	const char *server;
	ULONG class;
	struct json *j;
};

static void explain(const struct delegation *d, BOOL mutual)
{
	char *why = NULL;
	SECURITY_STATUS status = OpensspiPolicyExplain(d->class, mutual, d->server, &why);
	bool told = status == SEC_E_OK || status == SEC_E_DELEGATION_POLICY ||
		    status == SEC_E_POLICY_NLTM_ONLY;

	if (told && d->j) {
		json_open(d->j, NULL, '{');
		json_bool(d->j, "mutual", mutual);
		json_bool(d->j, "allowed", status == SEC_E_OK);
		json_text(d->j, "why", why);
		json_close(d->j, '}');
	} else if (told) {
		printf("%-12s %s %s: ", "delegation", status == SEC_E_OK ? "allowed" : "refused",
		       mutual ? "to a proven server" : "by NTLM alone");
		text_print(stdout, why ? why : "");
		putchar('\n');
	}
	FreeContextBuffer(why);
}

static bool is_default(const struct cred_best *best)
{
	return best->used == best->standard;
}

static ULONG class_of(const struct cred_best *best)
{
	return is_default(best) ? OPENSSPI_DELEGATE_DEFAULT : OPENSSPI_DELEGATE_SAVED;
}

static void find_text(const char *server, const struct cred_best *best)
{
	const struct delegation d = { .server = server, .class = class_of(best) };

	for (DWORD i = 0; i < best->domain_count; i++)
		print_short("saved", best->domain[i]);
	if (best->generic)
		print_short("generic", best->generic);
	if (best->standard)
		print_short("default", best->standard);
	printf("%-12s %s\n", "signs in by",
	       !best->used ? "nothing: no credential for this server that has a password, and no "
			     "default one"
	       : is_default(best)	     ? "the default credential"
	       : best->used == best->generic ? "the generic credential"
					     : "the saved credential");
	if (is_spn(server) && best->used) {
		explain(&d, TRUE);
		explain(&d, FALSE);
	}
}

static void json_one(struct json *j, const char *key, const CREDENTIALA *c,
		     const CREDENTIALA *standard)
{
	const struct cred_view view = { .is_default = cred_is(c, standard) };

	if (!c) {
		json_text(j, key, NULL);
		return;
	}
	json_open(j, key, '{');
	cred_json(j, c, &view);
	json_close(j, '}');
}

static void find_json(const char *server, const struct cred_best *best)
{
	struct json j = { .out = stdout };
	const struct delegation d = { .server = server, .class = class_of(best), .j = &j };

	json_open(&j, NULL, '{');
	json_text(&j, "server", server);
	json_open(&j, "saved", '[');
	for (DWORD i = 0; i < best->domain_count; i++)
		json_one(&j, NULL, best->domain[i], best->standard);
	json_close(&j, ']');
	json_one(&j, "generic", best->generic, best->standard);
	json_one(&j, "default", best->standard, best->standard);
	json_text(&j, "signs_in_by",
		  !best->used			? NULL
		  : is_default(best)		? "default"
		  : best->used == best->generic ? "generic"
						: "saved");
	json_open(&j, "delegation", '[');
	if (is_spn(server)) {
		explain(&d, TRUE);
		explain(&d, FALSE);
	}
	json_close(&j, ']');
	json_close(&j, '}');
	putchar('\n');
}

int cred_find_run(int argc, char **argv)
{
	bool as_json = false;
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON object" },
		{ NULL },
	};
	struct command_line line = {
		.command = "cred find",
		.operands = "SERVER",
		.rows = rows,
		.least = 1,
		.most = 1,
		.summary = "Says which saved credential a client would use; SERVER "
			   "is HOST, SERVICE/HOST or a URL."
	};
	struct cred_best CLEANUP(cred_best_done) best = { NULL };

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	DWORD error = cred_find_best(line.given[0], &best);
	if (error != ERROR_SUCCESS)
		return win32_finish(line.command, line.given[0], error);
	(as_json ? find_json : find_text)(line.given[0], &best);
	return best.domain || best.generic || best.standard ? EXIT_DONE : EXIT_REFUSED;
}

/* ---- default ---- */

static DWORD mark(const char *target)
{
	DWORD error;

	do {
		error = OpensspiDefaultCredentialSet(target, CRED_TYPE_DOMAIN_PASSWORD);
	} while (win32_unlocked(error));
	return error;
}

static int default_show(const struct command_line *line, bool as_json)
{
	const struct cred_view view = { .is_default = true };
	struct json j = { .out = stdout };
	PCREDENTIALA CLEANUP(cred_free_p) c = NULL;
	DWORD error;

	do {
		error = OpensspiDefaultCredentialGet(&c);
	} while (win32_unlocked(error));
	if (error == ERROR_NOT_FOUND) {
		fprintf(stderr, "sspi cred default: no credential is the default\n");
		if (as_json)
			puts("null");
		return EXIT_REFUSED;
	}
	if (error != ERROR_SUCCESS)
		return win32_finish(line->command, "reading the default credential", error);
	if (!as_json) {
		cred_print(c, &view);
		return EXIT_DONE;
	}
	json_open(&j, NULL, '{');
	cred_json(&j, c, &view);
	json_close(&j, '}');
	putchar('\n');
	return EXIT_DONE;
}

/* A credential whose target is its user, and the mark on it. */
static int default_save(const struct command_line *line, const char *user, int fd)
{
	struct password CLEANUP(password_done) typed = { "" };
	struct blob CLEANUP(blob_done) secret = { { 0 }, 0 };
	CREDENTIALA c = { .Type = CRED_TYPE_DOMAIN_PASSWORD,
			  .Flags = CRED_FLAGS_USERNAME_TARGET,
			  .Persist = CRED_PERSIST_LOCAL_MACHINE,
			  .TargetName = (char *)user,
			  .UserName = (char *)user };
	char question[400];

	snprintf(question, sizeof(question), "Password of %s", user);
	if (!password_read(&typed, fd, question, true))
		return EXIT_USAGE;
	if (!blob_from_text(&secret, typed.text))
		return options_wrong(line, "the password has to be UTF-8 of at most %d characters",
				     CRED_MAX_CREDENTIAL_BLOB_SIZE / 2);
	c.CredentialBlob = secret.bytes;
	c.CredentialBlobSize = secret.size;
	DWORD error = cred_write(&c);
	if (error == ERROR_SUCCESS)
		error = mark(user);
	return win32_finish(line->command, user, error);
}

int cred_default_run(int argc, char **argv)
{
	const char *user = NULL;
	int fd = -1;
	bool clear = false, as_json = false;
	const struct option_row rows[] = {
		{ "--user", OPTION_TEXT, &user, "NAME",
		  "save this user's password and make it the default" },
		{ "--password-fd", OPTION_NUMBER, &fd, "N",
		  "read that password, one line, from descriptor N" },
		{ "--clear", OPTION_FLAG, &clear, NULL, "no credential is the default any more" },
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON object" },
		{ NULL },
	};
	struct command_line line = {
		.command = "cred default",
		.operands = "[TARGET]",
		.rows = rows,
		.most = 1,
		.summary = "Shows the credential for programs and servers that have "
			   "none of their own, or says which it is."
	};

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (clear + (user != NULL) + line.count > 1)
		return options_wrong(&line, "TARGET, --user and --clear exclude each other");
	if (fd >= 0 && !user)
		return options_wrong(&line, "--password-fd goes with --user");
	if (user)
		return default_save(&line, user, fd);
	if (clear || line.count)
		return win32_finish(line.command, clear ? "clearing the mark" : line.given[0],
				    mark(line.given[0]));
	return default_show(&line, as_json);
}
