/* cli/klist.c - sspi klist: the caller's Kerberos tickets listed, fetched, thrown away.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/json.h"
#include "cli/options.h"
#include "cli/tickets.h"

static const struct {
	ULONG bit;
	const char *name;
} flags[] = {
	{ KERB_TICKET_FLAGS_forwardable, "forwardable" },
	{ KERB_TICKET_FLAGS_forwarded, "forwarded" },
	{ KERB_TICKET_FLAGS_proxiable, "proxiable" },
	{ KERB_TICKET_FLAGS_proxy, "proxy" },
	{ KERB_TICKET_FLAGS_may_postdate, "may-postdate" },
	{ KERB_TICKET_FLAGS_postdated, "postdated" },
	{ KERB_TICKET_FLAGS_invalid, "invalid" },
	{ KERB_TICKET_FLAGS_renewable, "renewable" },
	{ KERB_TICKET_FLAGS_initial, "initial" },
	{ KERB_TICKET_FLAGS_pre_authent, "pre-authenticated" },
	{ KERB_TICKET_FLAGS_hw_authent, "hardware-authenticated" },
	{ KERB_TICKET_FLAGS_ok_as_delegate, "ok-as-delegate" },
	{ KERB_TICKET_FLAGS_name_canonicalize, "name-canonicalized" },
};

/* RFC 3961, RFC 3962, RFC 8009, RFC 6803, RFC 4757 */
static const struct {
	LONG number;
	const char *name;
} enctypes[] = {
	{ 1, "des-cbc-crc" },
	{ 3, "des-cbc-md5" },
	{ 16, "des3-cbc-sha1" },
	{ 17, "aes128-cts-hmac-sha1-96" },
	{ 18, "aes256-cts-hmac-sha1-96" },
	{ 19, "aes128-cts-hmac-sha256-128" },
	{ 20, "aes256-cts-hmac-sha384-192" },
	{ 23, "arcfour-hmac" },
	{ 24, "arcfour-hmac-exp" },
	{ 25, "camellia128-cts-cmac" },
	{ 26, "camellia256-cts-cmac" },
};

/* A name that has no number here is the number. */
static void enctype_name(LONG number, char out[48])
{
	for (size_t i = 0; i < ARRAY_LEN(enctypes); i++)
		if (enctypes[i].number == number) {
			snprintf(out, 48, "%s", enctypes[i].name);
			return;
		}
	snprintf(out, 48, "enctype %d", (int)number);
}

static void json_enctype(struct json *j, const char *key, LONG number)
{
	char name[48];

	enctype_name(number, name);
	json_text(j, key, number ? name : NULL);
}

/* UTC, as RFC 3339 writes it; null for what is not known. */
static void json_time(struct json *j, const char *key, long long t)
{
	time_t seconds = (time_t)((t - 116444736000000000LL) / 10000000LL);
	struct tm parts;
	char text[32];

	bool known = t > 0 && t != 0x7FFFFFFFFFFFFFFFLL && gmtime_r(&seconds, &parts) &&
		     strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &parts);
	json_text(j, key, known ? text : NULL);
}

static void print_json(struct json *j, const struct ticket *t)
{
	json_open(j, NULL, '{');
	json_text(j, "client", t->client);
	json_text(j, "server", t->server);
	json_time(j, "start", t->start);
	json_time(j, "end", t->end);
	json_time(j, "renew_until", t->renew);
	json_bool(j, "ended", ticket_has_ended(t));
	json_open(j, "flags", '[');
	for (size_t i = 0; i < ARRAY_LEN(flags); i++)
		if (t->flags & flags[i].bit)
			json_text(j, NULL, flags[i].name);
	json_close(j, ']');
	if (t->bytes)
		json_number(j, "bytes", t->bytes);
	else
		json_enctype(j, "enctype", t->enctype);
	json_enctype(j, "key_enctype", t->key_enctype);
	json_text(j, "kdc", t->kdc);
	json_close(j, '}');
}

static void print_flags(const struct ticket *t)
{
	bool any = false;

	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		if (!(t->flags & flags[i].bit))
			continue;
		printf("%s%s", any ? ", " : "  flags    ", flags[i].name);
		any = true;
	}
	if (any)
		putchar('\n');
}

static void print_enctypes(const struct ticket *t)
{
	char sealed[48], key[48];

	enctype_name(t->enctype, sealed);
	enctype_name(t->key_enctype, key);
	if (t->enctype)
		printf("  enctype  %s, session key %s\n", sealed,
		       t->key_enctype ? key : "not known");
	else if (t->key_enctype)
		printf("  key      %s\n", key);
}

static void print_text(const struct ticket *t)
{
	char start[32], end[32], renew[32];

	ticket_time(t->start, start);
	ticket_time(t->end, end);
	ticket_time(t->renew, renew);
	text_print(stdout, t->server);
	printf("\n  client   ");
	text_print(stdout, t->client);
	printf("\n  from     %s\n  to       %s%s\n", start, end,
	       ticket_has_ended(t) ? "  (ENDED)" : "");
	if (t->renew && t->flags & KERB_TICKET_FLAGS_renewable)
		printf("  renew    until %s\n", renew);
	print_flags(t);
	print_enctypes(t);
	if (t->kdc) {
		printf("  kdc      ");
		text_print(stdout, t->kdc);
		putchar('\n');
	}
	if (t->bytes)
		printf("  ticket   %u bytes\n", (unsigned)t->bytes);
}

static int fail(const char *command, const char *doing, SECURITY_STATUS status, const char *why)
{
	if (status == SEC_E_NO_CREDENTIALS && why[0]) {
		fprintf(stderr, "sspi %s: there are no tickets: ", command);
		text_print(stderr, why);
		fprintf(stderr, "\n  try: kinit NAME@REALM\n");
	} else if (status == SEC_E_NO_CREDENTIALS) {
		fprintf(stderr, "sspi %s: there are no tickets\n  try: kinit NAME@REALM\n",
			command);
	} else if (status == SEC_E_SECPKG_NOT_FOUND) {
		fprintf(stderr,
			"sspi %s: the package Kerberos is not here: its module opensspi-kerberos.so "
			"and MIT's libkrb5 are needed\n",
			command);
	} else {
		status_print_why(command, doing, status, why);
	}
	enum exit_code code = status_exit(status);
	return code == EXIT_PROTOCOL || code == EXIT_USAGE ? EXIT_REFUSED : (int)code;
}

static int list_run(int argc, char **argv)
{
	bool as_json = false;
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON array" },
		{ NULL },
	};
	struct command_line line = { .command = "klist",
				     .operands = "[get SPN|purge]",
				     .rows = rows,
				     .summary = "Lists the Kerberos tickets of the caller's cache. "
						"'get SPN' fetches one,\n'purge' throws them away; "
						"both take --help." };
	struct ticket_list CLEANUP(ticket_list_done) list = { NULL };
	struct json j = { .out = stdout };
	char why[REASON_MAX];

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	SECURITY_STATUS status = tickets_query(&list, why);
	if (status == SEC_E_OK && list.count == 0)
		status = SEC_E_NO_CREDENTIALS;
	if (as_json)
		json_open(&j, NULL, '[');
	for (size_t i = 0; i < list.count; i++)
		as_json ? print_json(&j, &list.items[i]) : print_text(&list.items[i]);
	if (as_json) {
		json_close(&j, ']');
		putchar('\n');
	}
	return status == SEC_E_OK ? EXIT_DONE : fail("klist", "reading the tickets", status, why);
}

static int get_run(int argc, char **argv)
{
	bool as_json = false;
	const struct option_row rows[] = {
		{ "--json", OPTION_FLAG, &as_json, NULL, "print a JSON object" },
		{ NULL },
	};
	struct command_line line = { .command = "klist get",
				     .operands = "SPN",
				     .rows = rows,
				     .least = 1,
				     .most = 1,
				     .summary =
					     "Fetches a ticket for a service, SERVICE/HOST, from "
					     "the cache or the KDC." };
	struct ticket CLEANUP(ticket_done) t = { NULL };
	struct json j = { .out = stdout };
	char why[REASON_MAX];

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	SECURITY_STATUS status = tickets_get(line.given[0], &t, why);
	if (status != SEC_E_OK)
		return fail(line.command, line.given[0], status, why);
	if (!as_json) {
		print_text(&t);
		return EXIT_DONE;
	}
	print_json(&j, &t);
	putchar('\n');
	return EXIT_DONE;
}

/* Something to say before it is gone: that there was nothing. */
static SECURITY_STATUS look_for(const char *server, char why[REASON_MAX], bool *found)
{
	struct ticket_list CLEANUP(ticket_list_done) list = { NULL };

	SECURITY_STATUS status = tickets_query(&list, why);
	*found = !server && list.count;
	for (size_t i = 0; server && i < list.count; i++)
		*found = *found || ticket_is_for(&list.items[i], server);
	return status;
}

static int purge_run(int argc, char **argv)
{
	const char *server = NULL;
	const struct option_row rows[] = {
		{ "--server", OPTION_TEXT, &server, "SPN",
		  "only those for this service, SERVICE/HOST[@REALM]" },
		{ NULL },
	};
	struct command_line line = {
		.command = "klist purge",
		.operands = "",
		.rows = rows,
		.summary =
			"Throws the tickets of the caller's cache away; the TGT too, without --server."
	};
	char why[REASON_MAX];
	bool found;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	SECURITY_STATUS status = look_for(server, why, &found);
	if (status == SEC_E_OK && found)
		status = tickets_purge(server, why);
	else if (status == SEC_E_OK)
		status = SEC_E_NO_CREDENTIALS;
	if (status == SEC_E_OK)
		return EXIT_DONE;
	if (status == SEC_E_NO_CREDENTIALS && server && !why[0]) {
		fputs("sspi klist purge: there is no ticket for ", stderr);
		text_print(stderr, server);
		fputc('\n', stderr);
		return EXIT_REFUSED;
	}
	return fail(line.command, "throwing tickets away", status, why);
}

int klist_run(int argc, char **argv)
{
	static const struct command verbs[] = {
		{ "get", "SPN", "fetch a ticket", get_run },
		{ "purge", "[--server SPN]", "throw tickets away", purge_run },
		{ NULL },
	};
	const struct command *verb = argc > 1 ? command_find(verbs, argv[1]) : NULL;

	return verb ? verb->run(argc - 1, argv + 1) : list_run(argc, argv);
}
