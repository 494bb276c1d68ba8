/* cli/cred_show.c - sspi cred list and show: credentials as lines and as JSON, secrets on demand.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/cred.h"
#include "cli/options.h"
#include "cli/win32.h"

static const struct {
	DWORD bit;
	const char *name;
} flags[] = {
	{ CRED_FLAGS_PASSWORD_FOR_CERT, "password-for-cert" },
	{ CRED_FLAGS_PROMPT_NOW, "prompt-now" },
	{ CRED_FLAGS_USERNAME_TARGET, "username-target" },
	{ CRED_FLAGS_OWF_CRED_BLOB, "hash" },
	{ CRED_FLAGS_REQUIRE_CONFIRMATION, "require-confirmation" },
	{ CRED_FLAGS_WILDCARD_MATCH, "wildcard-match" },
	{ CRED_FLAGS_VSM_PROTECTED, "vsm-protected" },
	{ CRED_FLAGS_NGC_CERT, "ngc-cert" },
};

bool cred_secret_text(const CREDENTIALA *c, struct blob_text *out)
{
	bool wide = false;

	for (DWORD i = 0; i < c->AttributeCount; i++)
		if (strcmp(c->Attributes[i].Keyword, WIDE_KEYWORD) == 0)
			wide = true;
	return c->CredentialBlobSize &&
	       blob_to_text(out, c->CredentialBlob, c->CredentialBlobSize, wide);
}

/* Lower-case digits for free(); NULL when memory is short. */
static char *hex_of(const BYTE *p, size_t n)
{
	static const char digits[] = "0123456789abcdef";
	char *text = malloc(2 * n + 1);

	if (!text)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		text[2 * i] = digits[p[i] >> 4];
		text[2 * i + 1] = digits[p[i] & 15];
	}
	text[2 * n] = '\0';
	return text;
}

/* The certificate that a marshaled user name stands for, as digits for free(); NULL when it is none. */
static char *thumbprint_of(const CREDENTIALA *c)
{
	CRED_MARSHAL_TYPE type;
	PVOID named = NULL;
	char *text = NULL;

	if (!c->UserName || !CredUnmarshalCredentialA(c->UserName, &type, &named))
		return NULL;
	if (type == CertCredential)
		text = hex_of(((CERT_CREDENTIAL_INFO *)named)->rgbHashOfCert, CERT_HASH_LENGTH);
	CredFree(named);
	return text;
}

static void wipe_text_p(char **text)
{
	if (*text)
		explicit_bzero(*text, strlen(*text));
	free(*text);
}

static void print_line(const char *label, const char *text)
{
	if (!text || !text[0])
		return;
	printf("%-12s ", label);
	text_print(stdout, text);
	putchar('\n');
}

static void print_secret(const CREDENTIALA *c, const struct cred_view *view)
{
	struct blob_text CLEANUP(blob_text_done) text = { "" };

	if (!cred_is_readable(c->Type)) {
		print_line("secret",
			   "write-only: the system signs in with it and shows it to nobody");
		return;
	}
	if (!c->CredentialBlobSize || !view->reveal) {
		print_line("secret", c->CredentialBlobSize ? "kept (--reveal shows it)" : "none");
		return;
	}
	if (cred_secret_text(c, &text) && blob_text_is_plain(&text)) {
		/* as it is: the terminal's owner asked for it, and lines are lines */
		printf("%-12s %s\n", "secret", text.text);
		return;
	}
	char *CLEANUP(wipe_text_p) hex = hex_of(c->CredentialBlob, c->CredentialBlobSize);
	print_line("secret (hex)", hex);
}

static void print_attribute(const CREDENTIAL_ATTRIBUTEA *a)
{
	struct blob_text text;

	printf("%-12s ", "attribute");
	text_print(stdout, a->Keyword);
	putchar('=');
	if (!a->ValueSize || blob_to_text(&text, a->Value, a->ValueSize, false)) {
		text_print(stdout, a->ValueSize ? text.text : "");
	} else {
		char *CLEANUP(free_p) hex = hex_of(a->Value, a->ValueSize);
		printf("0x%s", hex ? hex : "");
	}
	putchar('\n');
}

void cred_print(const CREDENTIALA *c, const struct cred_view *view)
{
	const char *type = cred_type_name(c->Type), *persist = cred_persist_name(c->Persist);
	char *CLEANUP(free_p) thumbprint = thumbprint_of(c);
	char when[32];

	cred_time(c->LastWritten, when);
	print_line("target", c->TargetName);
	print_line("type", type ? type : "unknown");
	print_line("user", c->UserName);
	print_line("certificate", thumbprint);
	print_line("alias", c->TargetAlias);
	print_line("comment", c->Comment);
	print_line("persist", persist ? persist : "unknown");
	print_line("written", when);
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (c->Flags & flags[i].bit)
			print_line("flag", flags[i].name);
	for (DWORD i = 0; i < c->AttributeCount; i++)
		print_attribute(&c->Attributes[i]);
	if (view->is_default)
		print_line("default", "yes");
	print_secret(c, view);
}

static void json_attributes(struct json *j, const CREDENTIALA *c)
{
	json_open(j, "attributes", '[');
	for (DWORD i = 0; i < c->AttributeCount; i++) {
		const CREDENTIAL_ATTRIBUTEA *a = &c->Attributes[i];
		struct blob_text text = { "" };

		json_open(j, NULL, '{');
		json_text(j, "keyword", a->Keyword);
		if (!a->ValueSize || blob_to_text(&text, a->Value, a->ValueSize, false)) {
			json_text(j, "value", text.text);
		} else {
			char *CLEANUP(free_p) hex = hex_of(a->Value, a->ValueSize);
			json_text(j, "value_hex", hex);
		}
		json_close(j, '}');
	}
	json_close(j, ']');
}

static void json_secret(struct json *j, const CREDENTIALA *c)
{
	struct blob_text CLEANUP(blob_text_done) text = { "" };

	if (!c->CredentialBlobSize || cred_secret_text(c, &text)) {
		json_text(j, "secret", c->CredentialBlobSize ? text.text : NULL);
		return;
	}
	char *CLEANUP(wipe_text_p) hex = hex_of(c->CredentialBlob, c->CredentialBlobSize);
	json_text(j, "secret_hex", hex);
}

void cred_json(struct json *j, const CREDENTIALA *c, const struct cred_view *view)
{
	char *CLEANUP(free_p) thumbprint = thumbprint_of(c);
	char when[32];

	cred_time(c->LastWritten, when);
	json_text(j, "target", c->TargetName);
	json_text(j, "type", cred_type_name(c->Type));
	json_text(j, "user", c->UserName);
	if (thumbprint)
		json_text(j, "certificate", thumbprint);
	json_text(j, "alias", c->TargetAlias);
	json_text(j, "comment", c->Comment);
	json_text(j, "persist", cred_persist_name(c->Persist));
	json_text(j, "written", when);
	json_open(j, "flags", '[');
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (c->Flags & flags[i].bit)
			json_text(j, NULL, flags[i].name);
	json_close(j, ']');
	json_attributes(j, c);
	json_bool(j, "default", view->is_default);
	json_bool(j, "write_only", !cred_is_readable(c->Type));
	if (view->reveal && cred_is_readable(c->Type))
		json_secret(j, c);
}

/* Somebody's text without what steers a terminal, for free(). */
static char *safe_text(const char *text)
{
	char *safe = NULL;
	size_t n;
	FILE *out = open_memstream(&safe, &n);

	if (!out)
		return NULL;
	text_print(out, text ? text : "");
	fclose(out);
	return safe;
}

static int column_width(PCREDENTIALA *list, DWORD count)
{
	size_t width = 20;

	for (DWORD i = 0; i < count; i++) {
		size_t n = strlen(list[i]->TargetName);
		width = n > width ? n : width;
	}
	return (int)(width < 48 ? width : 48);
}

static void list_text(PCREDENTIALA *list, DWORD count, const CREDENTIALA *standard)
{
	int width = column_width(list, count);

	for (DWORD i = 0; i < count; i++) {
		char *CLEANUP(free_p) target = safe_text(list[i]->TargetName);
		char *CLEANUP(free_p) user = safe_text(list[i]->UserName);
		const char *type = cred_type_name(list[i]->Type);
		const char *persist = cred_persist_name(list[i]->Persist);

		printf("%-*s  %-11s  %-10s  %s%s\n", width, target ? target : "",
		       type ? type : "unknown", persist ? persist : "unknown",
		       user && user[0] ? user : "-",
		       cred_is(list[i], standard) ? "  (default)" : "");
	}
}

static void list_json(PCREDENTIALA *list, DWORD count, const CREDENTIALA *standard)
{
	struct json j = { .out = stdout };

	json_open(&j, NULL, '[');
	for (DWORD i = 0; i < count; i++) {
		const struct cred_view view = { .is_default = cred_is(list[i], standard) };
		json_open(&j, NULL, '{');
		cred_json(&j, list[i], &view);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	putchar('\n');
}

int cred_list_run(int argc, char **argv)
{
	bool all = false, as_json = false;
	const struct option_row rows[] = {
		{ "--all", OPTION_FLAG, &all, NULL,
		  "also those of other namespaces and logon types, by universal names" },
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON array" },
		{ NULL },
	};
	struct command_line line = { .command = "cred list",
				     .operands = "[FILTER]",
				     .rows = rows,
				     .most = 1,
				     .summary =
					     "Lists what is saved; FILTER is a target, or how it "
					     "begins and a '*'." };
	PCREDENTIALA *list;
	DWORD count;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (all && line.count)
		return options_wrong(&line, "--all goes without a filter");
	DWORD error = cred_enumerate(line.given[0], all, &count, &list);
	if (error != ERROR_SUCCESS && error != ERROR_NOT_FOUND)
		return win32_finish(line.command, "reading the credentials", error);

	PCREDENTIALA CLEANUP(cred_free_p) standard = cred_default();
	(as_json ? list_json : list_text)(list, count, standard);
	CredFree(list);
	if (count == 0)
		fprintf(stderr, "sspi cred list: %s\n",
			line.count ? "nothing of that name is saved" : "nothing is saved");
	return count == 0 && line.count ? EXIT_REFUSED : EXIT_DONE;
}

int cred_show_run(int argc, char **argv)
{
	bool as_json = false;
	struct cred_view view = { false };
	const char *type_word = NULL;
	const struct option_row rows[] = {
		{ "--type", OPTION_TEXT, &type_word, "T", "generic, domain, certificate, ..." },
		{ "--reveal", OPTION_FLAG, &view.reveal, NULL,
		  "print the secret too, where programs may read it" },
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON object" },
		{ NULL },
	};
	struct command_line line = { .command = "cred show",
				     .operands = "TARGET",
				     .rows = rows,
				     .least = 1,
				     .most = 1,
				     .summary = "Shows a saved credential." };
	struct json j = { .out = stdout };
	struct cred_found found;
	DWORD type = CRED_TYPE_ANY;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (type_word && !cred_type_of(type_word, &type))
		return options_wrong(&line, "no such type: %s", type_word);
	DWORD error = cred_read(line.given[0], type, &found);
	PCREDENTIALA CLEANUP(cred_free_p) c = found.credential;
	if (error == ERROR_ALREADY_EXISTS)
		return options_wrong(&line, "there are several of that name: say --type (%s)",
				     found.types);
	if (error != ERROR_SUCCESS)
		return win32_finish(line.command, line.given[0], error);

	PCREDENTIALA CLEANUP(cred_free_p) standard = cred_default();
	view.is_default = cred_is(c, standard);
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
