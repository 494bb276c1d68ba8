/* cli/git_credential.c - git-credential-opensspi: git's credentials in the Credential Manager.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Speaks gitcredentials(7)'s helper protocol. Names and contents are those of git's helper on Windows, so
 * that both may share a store: a generic credential "git:protocol://user@host[/path]", the password in
 * UTF-16, a refresh token in a line behind it, the expiry as an attribute. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "cli/cred.h"
#include "cli/win32.h"

#define LINE_MAX_BYTES 65535 /* git's own limit */
#define LINES_MAX 1000
#define EXPIRY_KEYWORD "git_password_expiry_utc"
#define TOKEN_LINE "oauth_refresh_token="

/* What git says; the texts are owned, NULL where it said nothing. */
struct description {
	char *protocol, *host, *path, *username, *password, *expiry, *token;
};

static void wipe(char *text)
{
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
}

static void wipe_p(char **text)
{
	wipe(*text);
}

static void description_done(struct description *d)
{
	free(d->protocol);
	free(d->host);
	free(d->path);
	free(d->username);
	wipe(d->password);
	free(d->expiry);
	wipe(d->token);
}

static int fail(const char *why)
{
	fprintf(stderr, "git-credential-opensspi: %s\n", why);
	return 1;
}

static int win32_fail(const char *doing, DWORD error)
{
	fprintf(stderr, "git-credential-opensspi: %s: ", doing);
	win32_write(stderr, error);
	return 1;
}

/* ---- what git says ---- */

static bool set(struct description *d, const char *key, const char *value)
{
	const struct {
		const char *key;
		char **to;
	} known[] = {
		{ "protocol", &d->protocol },
		{ "host", &d->host },
		{ "path", &d->path },
		{ "username", &d->username },
		{ "password", &d->password },
		{ "password_expiry_utc", &d->expiry },
		{ "oauth_refresh_token", &d->token },
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		if (strcmp(known[i].key, key) != 0)
			continue;
		wipe(*known[i].to);
		*known[i].to = strdup(value);
		return *known[i].to != NULL;
	}
	return true; /* from a later git */
}

/* Reads a line without its end; 1, 0 at the end of input, -1 for one that is none. */
static int read_line(FILE *in, char *line)
{
	size_t n = 0;
	int c;

	while ((c = getc(in)) != EOF && c != '\n') {
		if (c == '\0' || n == LINE_MAX_BYTES)
			return -1;
		line[n++] = (char)c;
	}
	if (n && line[n - 1] == '\r')
		n--;
	line[n] = '\0';
	return c == EOF && n == 0 ? 0 : 1;
}

static bool read_description(FILE *in, struct description *d)
{
	static char line[LINE_MAX_BYTES + 1];
	bool good = false;

	for (int lines = 0; lines < LINES_MAX; lines++) {
		int got = read_line(in, line);
		good = got >= 0;
		if (got <= 0 || !line[0])
			break;
		char *equals = strchr(line, '=');
		good = false;
		if (!equals)
			break;
		*equals = '\0';
		if (!set(d, line, equals + 1))
			break;
	}
	explicit_bzero(line, sizeof(line));
	return good;
}

/* ---- names ---- */

static char *target_of(const struct description *d)
{
	char *target = NULL;

	if (asprintf(&target, "git:%s://%s%s%s%s%s", d->protocol, d->username ? d->username : "",
		     d->username ? "@" : "", d->host ? d->host : "", d->path ? "/" : "",
		     d->path ? d->path : "") < 0)
		return NULL;
	return target;
}

/* Takes `text` off the beginning of *at. */
static bool skip(const char **at, const char *text, bool with_case)
{
	size_t n = strlen(text);

	if ((with_case ? strncmp : strncasecmp)(*at, text, n) != 0)
		return false;
	*at += n;
	return true;
}

/* Takes "git:protocol://[user@]" off the name of a credential for git; false for another one. */
static bool skip_origin(const char **at, const char *protocol, const char *user)
{
	size_t n = strlen(user);

	if (!skip(at, "git:", false) || !skip(at, protocol, false) || !skip(at, "://", true))
		return false;
	if (n && strncasecmp(*at, user, n) == 0 && (*at)[n] == '@')
		*at += n + 1;
	return true;
}

/* Is the credential for what git asks? How much of a path it names beyond that is its distance; -1: it
 * is for something else. */
static int distance(const struct description *d, const CREDENTIALA *c)
{
	const char *at = c->TargetName, *user = c->UserName ? c->UserName : "";

	if (c->Type != CRED_TYPE_GENERIC || !skip_origin(&at, d->protocol, user))
		return -1;
	if (d->username && strcmp(user, d->username) != 0)
		return -1;
	if (d->host && !skip(&at, d->host, false))
		return -1;
	if (*at && *at != '/')
		return -1;
	const char *path = *at ? at + 1 : at;
	if (d->path)
		return strcmp(path, d->path) == 0 ? 0 : -1;
	size_t length = strlen(path);
	return length < 10000 ? (int)length : 10000;
}

/* ---- what is saved ---- */

/* The secret's lines: the password, and what may follow; both for free() by wipe. */
static bool read_secret(const CREDENTIALA *c, char **password, char **token)
{
	struct blob_text CLEANUP(blob_text_done) text = { "" };

	*password = *token = NULL;
	if (!c->CredentialBlobSize ||
	    (!blob_to_text(&text, c->CredentialBlob, c->CredentialBlobSize, true) &&
	     !blob_to_text(&text, c->CredentialBlob, c->CredentialBlobSize, false)))
		return false;
	char *rest = text.text, *line = strsep(&rest, "\r\n");
	*password = strdup(line);
	while ((line = strsep(&rest, "\r\n")))
		if (!*token && strncmp(line, TOKEN_LINE, strlen(TOKEN_LINE)) == 0)
			*token = strdup(line + strlen(TOKEN_LINE));
	return *password != NULL;
}

/* Git reads lines, so a value with an end of line in it would be two of them. */
static bool is_line(const char *text)
{
	return text && !text[strcspn(text, "\r\n")];
}

static void answer_expiry(const CREDENTIALA *c)
{
	struct blob_text value;

	for (DWORD i = 0; i < c->AttributeCount; i++) {
		const CREDENTIAL_ATTRIBUTEA *a = &c->Attributes[i];
		if (strcmp(a->Keyword, EXPIRY_KEYWORD) != 0 ||
		    !blob_to_text(&value, a->Value, a->ValueSize, false))
			continue;
		if (value.text[0] && !value.text[strspn(value.text, "0123456789")])
			printf("password_expiry_utc=%s\n", value.text);
		return;
	}
}

static bool answer(const CREDENTIALA *c)
{
	char *CLEANUP(wipe_p) password = NULL;
	char *CLEANUP(wipe_p) token = NULL;

	if (!is_line(c->UserName) || !read_secret(c, &password, &token))
		return false;
	printf("username=%s\npassword=%s\n", c->UserName, password);
	if (token && token[0])
		printf("oauth_refresh_token=%s\n", token);
	answer_expiry(c);
	return true;
}

static int get(const struct description *d)
{
	PCREDENTIALA *list;
	const CREDENTIALA *best = NULL;
	int least = 0;
	DWORD count;

	DWORD error = cred_enumerate("git:*", false, &count, &list);
	if (error == ERROR_NOT_FOUND)
		return 0;
	if (error != ERROR_SUCCESS)
		return win32_fail("reading the credentials", error);
	for (DWORD i = 0; i < count; i++) {
		int far = distance(d, list[i]);
		if (far < 0 || (best && far >= least))
			continue;
		best = list[i];
		least = far;
	}
	if (best && !answer(best))
		fail("the saved credential is not git's");
	CredFree(list);
	return 0;
}

/* What is saved is lines as well: anything else would come back as less. */
static bool has_lines(const struct description *d)
{
	return is_line(d->username) && is_line(d->password) && (!d->token || is_line(d->token));
}

static int store(const struct description *d)
{
	char *CLEANUP(free_p) target = target_of(d);
	char *CLEANUP(wipe_p) lines = NULL;
	struct blob CLEANUP(blob_done) secret = { { 0 }, 0 };
	struct blob expiry = { { 0 }, 0 };
	CREDENTIAL_ATTRIBUTEA attribute = { .Keyword = (char *)EXPIRY_KEYWORD };
	CREDENTIALA c = { .Type = CRED_TYPE_GENERIC,
			  .Persist = CRED_PERSIST_LOCAL_MACHINE,
			  .TargetName = target,
			  .UserName = d->username };

	if (!d->username || !d->password)
		return 0; /* nothing to keep */
	if (!has_lines(d))
		return fail("a name or password with an end of line in it cannot be saved");
	if (!target ||
	    (d->token && asprintf(&lines, "%s\r\n" TOKEN_LINE "%s", d->password, d->token) < 0)) {
		lines = NULL;
		return fail("there is not enough memory");
	}
	/* a refresh token that is too long goes, the password stays */
	if (!(lines && blob_from_text(&secret, lines)) && !blob_from_text(&secret, d->password))
		return fail("the password is no UTF-8, or longer than 1280 characters");
	c.CredentialBlob = secret.bytes;
	c.CredentialBlobSize = secret.size;
	if (d->expiry && blob_from_text(&expiry, d->expiry) && expiry.size &&
	    expiry.size <= CRED_MAX_VALUE_SIZE) {
		attribute.Value = expiry.bytes;
		attribute.ValueSize = expiry.size;
		c.Attributes = &attribute;
		c.AttributeCount = 1;
	}
	DWORD error = cred_write(&c);
	return error == ERROR_SUCCESS ? 0 : win32_fail("saving the credential", error);
}

/* A password that was saved meanwhile is not the one that was refused. */
static bool has_password(const CREDENTIALA *c, const char *refused)
{
	char *CLEANUP(wipe_p) password = NULL;
	char *CLEANUP(wipe_p) token = NULL;

	return !refused || (read_secret(c, &password, &token) && strcmp(password, refused) == 0);
}

static int erase(const struct description *d)
{
	PCREDENTIALA *list;
	DWORD count;
	int code = 0;

	DWORD error = cred_enumerate("git:*", false, &count, &list);
	if (error == ERROR_NOT_FOUND)
		return 0;
	if (error != ERROR_SUCCESS)
		return win32_fail("reading the credentials", error);
	for (DWORD i = 0; i < count; i++) {
		if (distance(d, list[i]) < 0 || !has_password(list[i], d->password))
			continue;
		if (!CredDeleteA(list[i]->TargetName, CRED_TYPE_GENERIC, 0) &&
		    win32_last() != ERROR_NOT_FOUND)
			code = win32_fail("deleting the credential", win32_last());
	}
	CredFree(list);
	return code;
}

static const char usage[] =
	"usage: git-credential-opensspi get|store|erase\n"
	"\n"
	"Git runs it; it is chosen by\n"
	"\n"
	"  git config --global credential.helper opensspi\n"
	"\n"
	"Credentials are saved as 'git:PROTOCOL://USER@HOST[/PATH]'; 'sspi cred list \"git:*\"'\n"
	"lists them, 'sspi cred delete' deletes one. See git-credential-opensspi(1).\n";

/* Git is told by this variable that nobody sits at the terminal. */
static bool may_ask(void)
{
	const char *said = getenv("GIT_TERMINAL_PROMPT");

	return !said || (strcmp(said, "0") != 0 && strcasecmp(said, "false") != 0 &&
			 strcasecmp(said, "no") != 0 && strcasecmp(said, "off") != 0);
}

int main(int argc, char **argv)
{
	struct description CLEANUP(description_done) d = { NULL };
	static const struct {
		const char *name;
		int (*run)(const struct description *d);
	} verbs[] = { { "get", get }, { "store", store }, { "erase", erase } };

	/* A crash must not leave a password on disk; the limit alone does not keep it from a program that
	 * collects crashes. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);

	bool help = argc > 1 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0);
	if (help || argc != 2) {
		fputs(usage, help ? stdout : stderr);
		return help ? 0 : 2;
	}
	if (!may_ask())
		win32_ask_nobody();
	for (size_t i = 0; i < ARRAY_LEN(verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) != 0)
			continue;
		if (!read_description(stdin, &d))
			return fail("what git says is not understood");
		if (!d.protocol || !d.protocol[0] || (!d.host && !d.path))
			return 0; /* for no place in particular */
		return verbs[i].run(&d);
	}
	return 0; /* an operation of a later git's */
}
