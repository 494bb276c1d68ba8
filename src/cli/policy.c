/* cli/policy.c - sspi policy: what is in force and where it stands, and what decides for a server.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/options.h"
#include "cli/status.h"

static const struct {
	const char *name;
	ULONG number;
} classes[] = {
	{ "fresh", OPENSSPI_DELEGATE_FRESH },
	{ "saved", OPENSSPI_DELEGATE_SAVED },
	{ "default", OPENSSPI_DELEGATE_DEFAULT },
};

static BOOL CALLBACK entry_text(void *argument, const OPENSSPI_POLICY_ENTRY *entry)
{
	printf("%-36s ", entry->Name);
	text_print(stdout, entry->Value && entry->Value[0] ? entry->Value : "(nobody)");
	printf("  [");
	text_print(stdout, entry->Origin);
	puts("]");
	return TRUE;
}

static BOOL CALLBACK entry_json(void *argument, const OPENSSPI_POLICY_ENTRY *entry)
{
	struct json *j = argument;

	json_open(j, NULL, '{');
	json_text(j, "name", entry->Name);
	json_text(j, "value", entry->Value);
	json_text(j, "origin", entry->Origin);
	json_close(j, '}');
	return TRUE;
}

/* What cannot be read allows nothing. */
static int code_of(SECURITY_STATUS status)
{
	enum exit_code code = status_exit(status);

	return code == EXIT_PROTOCOL ? EXIT_POLICY : code;
}

static int show_all(bool as_json)
{
	struct json j = { .out = stdout };

	if (as_json)
		json_open(&j, NULL, '[');
	SECURITY_STATUS status =
		OpensspiPolicyEnumerate(as_json ? entry_json : entry_text, as_json ? &j : NULL);
	if (as_json) {
		json_close(&j, ']');
		putchar('\n');
	}
	if (status == SEC_E_OK)
		return EXIT_DONE;
	status_print("policy show", "reading the policy", status);
	return code_of(status);
}

struct question {
	const char *target;
	bool only_mutual, as_json;
	struct json j;
	bool any_allowed;
};

/* The answer for one class and one kind of server; a status that is no answer ends it. */
static SECURITY_STATUS ask(struct question *q, size_t class, BOOL mutual)
{
	char *why = NULL;
	SECURITY_STATUS status =
		OpensspiPolicyExplain(classes[class].number, mutual, q->target, &why);
	const char *name, *meaning, *advice;

	if (status != SEC_E_OK && status != SEC_E_DELEGATION_POLICY &&
	    status != SEC_E_POLICY_NLTM_ONLY)
		return status;
	OpensspiDescribeStatus(status, &name, &meaning, &advice);
	q->any_allowed = q->any_allowed || status == SEC_E_OK;
	if (q->as_json) {
		json_open(&q->j, NULL, '{');
		json_text(&q->j, "class", classes[class].name);
		json_bool(&q->j, "mutual", mutual);
		json_bool(&q->j, "allowed", status == SEC_E_OK);
		json_text(&q->j, "status_name", name);
		json_text(&q->j, "why", why);
		json_close(&q->j, '}');
	} else {
		printf("%-8s %-17s %s\n    ", classes[class].name,
		       mutual ? "proven server:" : "NTLM alone:",
		       status == SEC_E_OK ? "allowed" : "refused");
		text_print(stdout, why ? why : "");
		putchar('\n');
	}
	FreeContextBuffer(why);
	return SEC_E_OK;
}

static int show_target(struct question *q, const char *class)
{
	SECURITY_STATUS status = SEC_E_OK;

	q->j = (struct json){ .out = stdout };
	if (q->as_json)
		json_open(&q->j, NULL, '[');
	for (size_t i = 0; i < ARRAY_LEN(classes) && status == SEC_E_OK; i++) {
		if (class && strcmp(class, classes[i].name) != 0)
			continue;
		status = ask(q, i, TRUE);
		if (status == SEC_E_OK && !q->only_mutual)
			status = ask(q, i, FALSE);
	}
	if (q->as_json) {
		json_close(&q->j, ']');
		putchar('\n');
	}
	if (status != SEC_E_OK) {
		status_print("policy show", q->target, status);
		return code_of(status);
	}
	return q->any_allowed ? EXIT_DONE : EXIT_POLICY;
}

static bool is_class(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(classes); i++)
		if (strcmp(classes[i].name, name) == 0)
			return true;
	return false;
}

static int show_run(int argc, char **argv)
{
	struct question q = { NULL };
	const char *class = NULL;
	const struct option_row rows[] = {
		{ "--class", OPTION_TEXT, &class, "C", "fresh, saved or default; all by default" },
		{ "--mutual", OPTION_FLAG, &q.only_mutual, NULL,
		  "only for servers that have proven who they are" },
		{ "--json", OPTION_FLAG, &q.as_json, NULL, "print a JSON array" },
		{ NULL },
	};
	struct command_line line = {
		.command = "policy show",
		.operands = "[TARGET]",
		.rows = rows,
		.most = 1,
		.summary = "Shows the policy in force, or which rule decides for the "
			   "target, an SPN."
	};

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	if (class && !is_class(class))
		return options_wrong(&line, "--class is fresh, saved or default, not '%s'", class);
	if (!line.count && (class || q.only_mutual))
		return options_wrong(&line, "--class and --mutual go with a target");
	q.target = line.given[0];
	return q.target ? show_target(&q, class) : show_all(q.as_json);
}

static const struct command commands[] = {
	{ "show", "[TARGET] [--class C] [--mutual] [--json]",
	  "what is in force, or which rule decides for a target", show_run },
	{ NULL },
};

int policy_run(int argc, char **argv)
{
	return commands_run("policy", commands, argc, argv);
}
