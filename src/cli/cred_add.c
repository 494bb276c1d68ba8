/* cli/cred_add.c - sspi cred add: saves a credential whose secret comes from the terminal or a pipe.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cred.h"
#include "cli/options.h"
#include "cli/prompt.h"
#include "cli/win32.h"

struct addition {
	const char *user, *persist, *comment, *alias;
	bool generic, domain, certificate, no_secret;
	int password_fd;
	struct option_list attributes;

	char *marshaled; /* CredFree: a certificate's name made of its thumbprint */
	struct blob secret;
	CREDENTIAL_ATTRIBUTEA attribute[CRED_MAX_ATTRIBUTES];
	CREDENTIALA credential;
};

static void addition_done(struct addition *a)
{
	for (DWORD i = 0; i < a->credential.AttributeCount; i++)
		free(a->attribute[i].Keyword);
	CredFree(a->marshaled);
	blob_done(&a->secret);
}

static int parse(struct addition *a, struct command_line *line, int argc, char **argv)
{
	const struct option_row rows[] = {
		{ "--user", OPTION_TEXT, &a->user, "NAME",
		  "'DOMAIN\\user', user@realm, or a certificate's thumbprint" },
		{ "--domain", OPTION_FLAG, &a->domain, NULL,
		  "for servers of Windows networks (the default)" },
		{ "--generic", OPTION_FLAG, &a->generic, NULL, "for programs, which may read it" },
		{ "--certificate", OPTION_FLAG, &a->certificate, NULL,
		  "a certificate and its PIN" },
		{ "--persist", OPTION_TEXT, &a->persist, "P",
		  "session, machine (the default) or enterprise" },
		{ "--comment", OPTION_TEXT, &a->comment, "TEXT", "a remark" },
		{ "--alias", OPTION_TEXT, &a->alias, "NAME", "the server's other name" },
		{ "--attribute", OPTION_LIST, &a->attributes, "KEY=VALUE",
		  "something a program wants to find with it; may be repeated" },
		{ "--password-fd", OPTION_NUMBER, &a->password_fd, "N",
		  "read the secret, one line, from descriptor N" },
		{ "--no-secret", OPTION_FLAG, &a->no_secret, NULL, "save the user's name alone" },
		{ NULL },
	};

	line->rows = rows;
	int code = options_parse(line, argc, argv);
	line->rows = NULL; /* they end with this call */
	return code;
}

/* Forty hexadecimal digits, as certificates' thumbprints are written. */
static bool is_thumbprint(const char *text)
{
	return strlen(text) == 2 * CERT_HASH_LENGTH &&
	       strspn(text, "0123456789abcdefABCDEF") == 2 * CERT_HASH_LENGTH;
}

static int read_user(struct addition *a, const struct command_line *line)
{
	CERT_CREDENTIAL_INFO info = { .cbSize = sizeof(info) };

	a->credential.UserName = (char *)a->user;
	if (!a->user && a->credential.Type != CRED_TYPE_GENERIC)
		return options_wrong(line, "--user is needed, except with --generic");
	if (!a->certificate)
		return OPTIONS_GO;
	if (!is_thumbprint(a->user))
		return OPTIONS_GO; /* a marshaled name, as the library checks */
	for (size_t i = 0; i < CERT_HASH_LENGTH; i++) {
		const char digits[] = { a->user[2 * i], a->user[2 * i + 1], '\0' };
		info.rgbHashOfCert[i] = (UCHAR)strtoul(digits, NULL, 16);
	}
	if (!CredMarshalCredentialA(CertCredential, &info, &a->marshaled))
		return win32_finish(line->command, "naming the certificate", win32_last());
	a->credential.UserName = a->marshaled;
	return OPTIONS_GO;
}

/* One attribute more; the keyword is ours to free. */
static bool attach(struct addition *a, const char *keyword, size_t length, const char *value)
{
	CREDENTIAL_ATTRIBUTEA *to = &a->attribute[a->credential.AttributeCount];

	if (a->credential.AttributeCount == CRED_MAX_ATTRIBUTES)
		return false;
	to->Keyword = strndup(keyword, length);
	to->ValueSize = (DWORD)strlen(value);
	to->Value = (BYTE *)value;
	a->credential.AttributeCount++;
	a->credential.Attributes = a->attribute;
	return to->Keyword != NULL;
}

static int read_attributes(struct addition *a, const struct command_line *line)
{
	for (int i = 0; i < a->attributes.count; i++) {
		const char *text = a->attributes.item[i], *equals = strchr(text, '=');

		if (!equals || equals == text)
			return options_wrong(line, "--attribute needs KEY=VALUE, not '%s'", text);
		if (!attach(a, text, (size_t)(equals - text), equals + 1))
			return options_wrong(line, "too many attributes");
	}
	return OPTIONS_GO;
}

static int read_options(struct addition *a, const struct command_line *line)
{
	CREDENTIALA *c = &a->credential;

	if (a->generic + a->domain + a->certificate > 1)
		return options_wrong(line,
				     "--generic, --domain and --certificate exclude each other");
	c->Type = a->generic	   ? CRED_TYPE_GENERIC
		  : a->certificate ? CRED_TYPE_DOMAIN_CERTIFICATE
				   : CRED_TYPE_DOMAIN_PASSWORD;
	c->Persist = CRED_PERSIST_LOCAL_MACHINE;
	if (a->persist && !cred_persist_of(a->persist, &c->Persist))
		return options_wrong(line, "--persist is session, machine or enterprise, not '%s'",
				     a->persist);
	if (a->no_secret && a->password_fd >= 0)
		return options_wrong(line, "--no-secret and --password-fd exclude each other");
	c->TargetName = (char *)line->given[0];
	c->Comment = (char *)a->comment;
	c->TargetAlias = (char *)a->alias;
	int code = read_user(a, line);
	return code == OPTIONS_GO ? read_attributes(a, line) : code;
}

static int read_secret(struct addition *a, const struct command_line *line)
{
	struct password CLEANUP(password_done) typed = { "" };
	struct blob_text CLEANUP(blob_text_done) back = { "" };
	char question[400];

	if (a->no_secret)
		return OPTIONS_GO;
	snprintf(question, sizeof(question), "%s for %s", a->certificate ? "PIN" : "Password",
		 line->given[0]);
	if (!password_read(&typed, a->password_fd, question, true))
		return EXIT_USAGE;
	if (!blob_from_text(&a->secret, typed.text))
		return options_wrong(line, "the secret has to be UTF-8 of at most %d characters",
				     CRED_MAX_CREDENTIAL_BLOB_SIZE / 2);
	a->credential.CredentialBlob = a->secret.bytes;
	a->credential.CredentialBlobSize = a->secret.size;
	/* ideographs that would be taken for pairs of letters, and what is in no text */
	bool alike = blob_to_text(&back, a->secret.bytes, a->secret.size, false) &&
		     strcmp(back.text, typed.text) == 0;
	if (a->generic && !alike && !attach(a, WIDE_KEYWORD, strlen(WIDE_KEYWORD), WIDE_VALUE))
		return options_wrong(line, "too many attributes");
	return OPTIONS_GO;
}

int cred_add_run(int argc, char **argv)
{
	struct addition CLEANUP(addition_done) a = { .password_fd = -1 };
	struct command_line line = { .command = "cred add",
				     .operands = "TARGET",
				     .least = 1,
				     .most = 1,
				     .summary = "Saves a credential, or replaces the one of that "
						"name and type." };

	int code = parse(&a, &line, argc, argv);
	if (code == OPTIONS_GO)
		code = read_options(&a, &line);
	if (code == OPTIONS_GO)
		code = read_secret(&a, &line);
	if (code != OPTIONS_GO)
		return code;
	return win32_finish(line.command, line.given[0], cred_write(&a.credential));
}
