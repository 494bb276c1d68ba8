/* cli/cmdkey.c - cmdkey: Windows' own tool for saved credentials, with its switches and its answers.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A switch begins with '/' or '-' and its word counts without case; what is behind the first ':' is its
 * value, so a target may have colons itself. A password is never taken from an argument. */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cli/cred.h"
#include "cli/prompt.h"
#include "cli/win32.h"

static const char usage[] =
	"Creates, displays, and deletes stored user names and passwords.\n"
	"\n"
	"The syntax of this command is:\n"
	"\n"
	"cmdkey [{/add | /generic}:target /user:name [/pass]] | /delete{:target | /ras} |\n"
	"       /list[:target]\n"
	"\n"
	"  /add:target      save a domain credential for a server\n"
	"  /generic:target  save a credential that programs read\n"
	"  /user:name       its user: name, DOMAIN\\name or name@realm\n"
	"  /pass            its password: asked for at the terminal, or one line of standard\n"
	"                   input when that is no terminal; without /pass none is saved\n"
	"  /list[:target]   list what is saved; passwords are never shown\n"
	"  /delete:target   delete what is saved for the target, short or universal name\n"
	"  /delete /ras     delete the credential for the session (*Session)\n"
	"  /?               this text\n"
	"\n"
	"'-' may stand for '/'. /pass:password is refused: arguments can be seen by every user\n"
	"of the machine. /smartcard is not supported.\n"
	"\n"
	"Examples:\n"
	"  cmdkey /list\n"
	"  cmdkey /list:server\n"
	"  cmdkey '/add:*.example.com' '/user:EXAMPLE\\alice' /pass\n"
	"  cmdkey /generic:TERMSRV/server /user:alice /pass\n"
	"  cmdkey /delete:server\n";

struct wish {
	const char *add, *generic, *user, *delete, *list;
	bool wants_password, wants_list, wants_delete, ras, help;
};

static int PRINTF_LIKE(1, 2) refuse(const char *format, ...)
{
	va_list args;

	fprintf(stderr, "CMDKEY: ");
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return 1;
}

static int incorrect(const char *why)
{
	fprintf(stderr, "The command line parameters are incorrect.\n");
	return refuse("%s; 'cmdkey /?' says more", why);
}

static int win32_refuse(DWORD error)
{
	fprintf(stderr, "CMDKEY: ");
	win32_write(stderr, error);
	return 1;
}

/* ---- the command line ---- */

/* Is the argument this switch? *value receives what is behind its colon, or NULL. */
static bool is_switch(const char *argument, const char *word, const char **value)
{
	size_t n = strlen(word);

	if (argument[0] != '/' && argument[0] != '-')
		return false;
	if (strncasecmp(argument + 1, word, n) != 0)
		return false;
	const char *behind = argument + 1 + n;
	*value = behind[0] == ':' ? behind + 1 : NULL;
	return behind[0] == ':' || behind[0] == '\0';
}

/* A switch that is to have a value, and only once. */
static int take_value(const char **to, const char *value, const char *complaint)
{
	if (!value || !value[0] || *to)
		return incorrect(complaint);
	*to = value;
	return 0;
}

static int take_password(struct wish *w, const char *value)
{
	w->wants_password = true;
	if (!value)
		return 0;
	return refuse(
		"/pass:password is refused: every user of this machine can see arguments. "
		"Give /pass\nalone and the password is asked for, or read from standard input "
		"when that is no\nterminal.");
}

static int take(struct wish *w, const char *argument)
{
	const char *value;

	if (is_switch(argument, "add", &value))
		return take_value(&w->add, value, "/add needs one target: /add:target");
	if (is_switch(argument, "generic", &value))
		return take_value(&w->generic, value, "/generic needs one target: /generic:target");
	if (is_switch(argument, "user", &value))
		return take_value(&w->user, value, "/user needs one name: /user:name");
	if (is_switch(argument, "pass", &value))
		return take_password(w, value);
	if (is_switch(argument, "smartcard", &value))
		return refuse("/smartcard is not supported: no smart cards are read here");
	if (is_switch(argument, "?", &value) || strcasecmp(argument, "--help") == 0) {
		w->help = true;
		return 0;
	}
	if (is_switch(argument, "ras", &value)) {
		w->ras = true;
		return 0;
	}
	if (is_switch(argument, "list", &value)) {
		w->wants_list = true;
		return value ? take_value(&w->list, value, "/list takes one target") : 0;
	}
	if (is_switch(argument, "delete", &value)) {
		w->wants_delete = true;
		return value ? take_value(&w->delete, value, "/delete takes one target") : 0;
	}
	return incorrect("an argument is no switch known here");
}

static int check(const struct wish *w)
{
	int things = (w->add != NULL) + (w->generic != NULL) + w->wants_list + w->wants_delete;

	if (things != 1)
		return incorrect("one of /add, /generic, /list and /delete is needed");
	if ((w->user || w->wants_password) && !w->add && !w->generic)
		return incorrect("/user and /pass go with /add or /generic");
	if ((w->add || w->generic) && !w->user)
		return incorrect("/user:name is needed");
	if (w->ras && !w->wants_delete)
		return incorrect("/ras goes with /delete");
	if (w->wants_delete && w->ras == (w->delete != NULL))
		return incorrect("/delete needs a target, or /ras");
	return 0;
}

/* ---- /add, /generic ---- */

/* As much as the session allows for the type. */
static DWORD best_persistence(DWORD type)
{
	DWORD most[CRED_TYPE_MAXIMUM] = { 0 };

	if (!CredGetSessionTypes(CRED_TYPE_MAXIMUM, most) || most[type] == CRED_PERSIST_NONE)
		return CRED_PERSIST_LOCAL_MACHINE; /* the write says why not */
	return most[type];
}

/* A user of no domain cannot roam, which is what the most persistence would mean. */
static DWORD save(CREDENTIALA *c)
{
	c->Persist = best_persistence(c->Type);
	DWORD error = cred_write(c);
	if (error != ERROR_BAD_USERNAME || c->Persist != CRED_PERSIST_ENTERPRISE)
		return error;
	c->Persist = CRED_PERSIST_LOCAL_MACHINE;
	return cred_write(c);
}

static int add(const struct wish *w)
{
	struct password CLEANUP(password_done) typed = { "" };
	struct blob CLEANUP(blob_done) secret = { { 0 }, 0 };
	CREDENTIALA c = {
		.Type = w->generic ? CRED_TYPE_GENERIC : CRED_TYPE_DOMAIN_PASSWORD,
		.TargetName = (char *)(w->generic ? w->generic : w->add),
		.UserName = (char *)w->user,
	};
	char question[400];

	snprintf(question, sizeof(question), "Enter the password for '%s' to connect to '%s'",
		 w->user, c.TargetName);
	if (w->wants_password) {
		int fd = isatty(STDIN_FILENO) ? -1 : STDIN_FILENO;
		if (!password_read(&typed, fd, question, false))
			return 1;
		if (!blob_from_text(&secret, typed.text))
			return refuse("the password has to be UTF-8 of at most %d characters",
				      CRED_MAX_CREDENTIAL_BLOB_SIZE / 2);
		c.CredentialBlob = secret.bytes;
		c.CredentialBlobSize = secret.size;
	}
	DWORD error = save(&c);
	if (error != ERROR_SUCCESS)
		return win32_refuse(error);
	printf("\nCMDKEY: Credential added successfully.\n");
	return 0;
}

/* ---- /list ---- */

static const char *type_words(DWORD type)
{
	static const char *const words[] = { "Unknown",
					     "Generic",
					     "Domain Password",
					     "Domain Certificate",
					     "Domain Visible Password",
					     "Generic Certificate",
					     "Domain Extended" };
	return words[type < ARRAY_LEN(words) ? type : 0];
}

static void print_value(const char *label, const char *text)
{
	printf("    %s: ", label);
	text_print(stdout, text);
	putchar('\n');
}

static void print_one(const CREDENTIALA *c)
{
	print_value("Target", c->TargetName);
	print_value("Type", type_words(c->Type));
	if (c->UserName && c->UserName[0])
		print_value("User", c->UserName);
	if (c->Persist == CRED_PERSIST_SESSION)
		puts("    Saved for this logon only");
	else if (c->Persist == CRED_PERSIST_LOCAL_MACHINE)
		puts("    Local machine persistence");
	putchar('\n');
}

/* What is behind "Namespace:attribute=", or all of it. */
static const char *short_name(const char *target)
{
	const char *colon = strchr(target, ':'), *equals = colon ? strchr(colon, '=') : NULL;
	return equals ? equals + 1 : target;
}

static bool is_wanted(const CREDENTIALA *c, const char *wanted)
{
	return !wanted || strcasecmp(c->TargetName, wanted) == 0 ||
	       strcasecmp(short_name(c->TargetName), wanted) == 0;
}

static int list(const struct wish *w)
{
	PCREDENTIALA *all;
	DWORD count, shown = 0;

	DWORD error = cred_enumerate(NULL, true, &count, &all);
	if (error != ERROR_SUCCESS && error != ERROR_NOT_FOUND)
		return win32_refuse(error);
	printf("\nCurrently stored credentials%s", w->list ? " for " : "");
	text_print(stdout, w->list ? w->list : "");
	printf(":\n\n");
	for (DWORD i = 0; i < count; i++) {
		if (!is_wanted(all[i], w->list))
			continue;
		print_one(all[i]);
		shown++;
	}
	if (!shown)
		puts("* NONE *");
	CredFree(all);
	return 0;
}

/* ---- /delete ---- */

static int delete (const struct wish *w)
{
	static const DWORD types[] = { CRED_TYPE_GENERIC,
				       CRED_TYPE_DOMAIN_PASSWORD,
				       CRED_TYPE_DOMAIN_CERTIFICATE,
				       CRED_TYPE_DOMAIN_VISIBLE_PASSWORD,
				       CRED_TYPE_GENERIC_CERTIFICATE,
				       CRED_TYPE_DOMAIN_EXTENDED };
	const char *target = w->ras ? CRED_SESSION_WILDCARD_NAME_A : w->delete;
	DWORD error;
	int deleted = 0;

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		do {
			error = CredDeleteA(target, types[i], 0) ? ERROR_SUCCESS : win32_last();
		} while (win32_unlocked(error));
		/* a name that one type cannot have is an invalid parameter for it */
		if (error != ERROR_SUCCESS && error != ERROR_NOT_FOUND &&
		    error != ERROR_INVALID_PARAMETER)
			return win32_refuse(error);
		deleted += error == ERROR_SUCCESS;
	}
	if (!deleted)
		return refuse("Element not found.");
	printf("\nCMDKEY: Credential deleted successfully.\n");
	return 0;
}

int main(int argc, char **argv)
{
	struct wish w = { NULL };

	/* A crash must not leave a password on disk; the limit alone does not keep it from a program that
	 * collects crashes. */
	setrlimit(RLIMIT_CORE, &(struct rlimit){ 0, 0 });
	prctl(PR_SET_DUMPABLE, 0);
	signal(SIGPIPE, SIG_IGN);

	for (int i = 1; i < argc; i++)
		if (take(&w, argv[i]) != 0)
			return 1;
	if (w.help || argc < 2) {
		fputs(usage, stdout);
		return 0;
	}
	if (check(&w) != 0)
		return 1;
	if (w.wants_list)
		return list(&w);
	return w.wants_delete ? delete (&w) : add(&w);
}
