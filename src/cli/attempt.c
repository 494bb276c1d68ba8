/* cli/attempt.c - what a server has to say about one client's attempt to sign in.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/attempt.h"

#include <credssp.h>
#include <wincred.h>

#include <stdlib.h>
#include <string.h>

#include "cli/json.h"
#include "cli/prompt.h"
#include "cli/utf.h"

static size_t characters(const char *utf8)
{
	size_t n = 0;
	for (; *utf8; utf8++)
		n += (*utf8 & 0xC0) != 0x80;
	return n;
}

/* What CredSSP hands over, by the type that the buffer begins with. */
static const struct {
	ULONG type;
	const char *name, *words;
} kinds[] = {
	{ KerbInteractiveLogon, "password", NULL },
	{ KerbTicketLogon, "tickets", "tickets (Remote Credential Guard)" },
	{ KerbCertificateLogon, "smart-card", "a smart card and its PIN" },
};

static void learn_kind(struct attempt *a, const SecPkgContext_ClientCreds *creds)
{
	if (creds->AuthBuffer && creds->AuthBufferLen >= sizeof(a->handed_over))
		memcpy(&a->handed_over, creds->AuthBuffer, sizeof(a->handed_over));
}

/* The row of `kinds`; NULL when nothing was handed over, or something else. */
static const char *kind_name(const struct attempt *a, const char **words)
{
	*words = NULL;
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (kinds[i].type != a->handed_over)
			continue;
		*words = kinds[i].words;
		return kinds[i].name;
	}
	return NULL;
}

static void learn_delegated(struct attempt *a, struct exchange *x)
{
	SecPkgContext_ClientCreds creds = { 0 };
	struct password CLEANUP(password_done) password = { "" };
	DWORD user = sizeof(a->user), domain = sizeof(a->domain), secret = sizeof(password.text);

	if (QueryContextAttributesA(&x->context, SECPKG_ATTR_CREDS, &creds) != SEC_E_OK)
		return;
	learn_kind(a, &creds);
	if (creds.AuthBuffer &&
	    CredUnPackAuthenticationBufferA(0, creds.AuthBuffer, creds.AuthBufferLen, a->user,
					    &user, a->domain, &domain, password.text, &secret)) {
		a->password_characters = characters(password.text);
		a->delegated = a->user[0] || a->domain[0] || a->password_characters;
		a->handed_over = a->delegated ? KerbInteractiveLogon : 0;
	} else {
		a->user[0] = a->domain[0] = '\0';
	}
	if (creds.AuthBuffer)
		FreeContextBuffer(creds.AuthBuffer);
}

/* A copy of the SIDs as UTF-8; a list that memory has no room for is none. */
static void learn_sids(struct attempt *a, struct exchange *x)
{
	OPENSSPI_CLIENT_SIDS found = { 0 };

	if (QueryContextAttributesA(&x->context, OPENSSPI_ATTR_CLIENT_SIDS, &found) != SEC_E_OK)
		return;
	a->sids = calloc(found.Count, sizeof(*a->sids));
	for (ULONG i = 0; a->sids && i < found.Count; i++) {
		size_t n = 0;
		while (found.Sids[i][n])
			n++;
		const UNICODE_STRING text = { (USHORT)(2 * n), (USHORT)(2 * n), found.Sids[i] };
		a->sids[a->sid_count] = utf8_from_wide(&text);
		a->sid_count += a->sids[a->sid_count] != NULL;
	}
	FreeContextBuffer(found.Sids);
}

void attempt_done(struct attempt *a)
{
	for (ULONG i = 0; i < a->sid_count; i++)
		free(a->sids[i]);
	free(a->sids);
	*a = (struct attempt){ 0 };
}

void attempt_learn(struct attempt *a, struct exchange *x)
{
	SecPkgContext_NamesA names = { NULL };
	OPENSSPI_CREDSSP_VERSION version;

	a->signed_in = true;
	a->attributes = x->attributes;
	exchange_tls(x, a->tls, a->cipher);
	exchange_mechanism(x, a->mechanism);
	if (QueryContextAttributesA(&x->context, OPENSSPI_ATTR_CREDSSP_VERSION, &version) ==
	    SEC_E_OK)
		a->credssp = version.Version;
	if (QueryContextAttributesA(&x->context, SECPKG_ATTR_NAMES, &names) == SEC_E_OK) {
		snprintf(a->name, sizeof(a->name), "%s", names.sUserName ? names.sUserName : "");
		if (names.sUserName)
			FreeContextBuffer(names.sUserName);
	}
	exchange_better(x, a->not_better);
	learn_sids(a, x);
	learn_delegated(a, x);
}

static void print_signed_in(const struct attempt *a, FILE *out)
{
	const char *words;

	fprintf(out, "signed in: ");
	text_print(out, a->name);
	fprintf(out, " (%s", a->mechanism);
	if (a->credssp)
		fprintf(out, ", CredSSP %u", (unsigned)a->credssp);
	if (a->tls[0])
		fprintf(out, ", %s%s%s", a->tls, a->cipher[0] ? ", " : "", a->cipher);
	fprintf(out, ")");
	if (a->delegated) {
		fprintf(out, ", delegated ");
		text_print(out, a->domain);
		fputs(a->domain[0] ? "\\" : "", out);
		text_print(out, a->user);
		fprintf(out, " with a password of %zu characters", a->password_characters);
	} else if (kind_name(a, &words) && words) {
		fprintf(out, ", delegated %s", words);
	} else if (!a->credssp && a->attributes & ASC_RET_DELEGATE) {
		fprintf(out, ", delegated a ticket");
	} else if (a->credssp) {
		fprintf(out, ", delegated nothing");
	}
	if (a->sid_count)
		fprintf(out, ", %s and %u groups", a->sids[0], (unsigned)a->sid_count - 1);
	if (a->not_better[0]) {
		fprintf(out, "; ");
		text_print(out, a->not_better);
	}
}

static void print_failed(const struct attempt *a, FILE *out)
{
	const char *name, *meaning, *advice;

	fprintf(out, "failed at %s: ", a->stage);
	if (a->reason) {
		fputs(a->reason, out);
		return;
	}
	OpensspiDescribeStatus(a->status, &name, &meaning, &advice);
	fprintf(out, "%s [%s 0x%08X]", meaning, name, (unsigned)a->status);
	if (a->because[0]) {
		fprintf(out, ", because: ");
		text_print(out, a->because);
	}
}

static void json_signed_in(struct json *j, const struct attempt *a)
{
	const char *name, *words;
	ULONG bit;

	json_text(j, "name", a->name);
	json_text(j, "mechanism", a->mechanism);
	if (a->credssp)
		json_number(j, "credssp", a->credssp);
	if (a->tls[0]) {
		json_open(j, "tls", '{');
		json_text(j, "protocol", a->tls);
		json_text(j, "cipher", a->cipher);
		json_close(j, '}');
	}
	json_open(j, "flags", '[');
	for (size_t i = 0; (name = flag_name(true, i, &bit)); i++)
		if (a->attributes & bit)
			json_text(j, NULL, name);
	json_close(j, ']');
	json_text(j, "not_better", a->not_better[0] ? a->not_better : NULL);
	json_bool(j, "ticket_delegated", !a->credssp && a->attributes & ASC_RET_DELEGATE);
	json_open(j, "sids", '[');
	for (ULONG i = 0; i < a->sid_count; i++)
		json_text(j, NULL, a->sids[i]);
	json_close(j, ']');
	json_text(j, "delegated_kind", kind_name(a, &words));
	if (!a->delegated) {
		json_text(j, "delegated", NULL);
		return;
	}
	json_open(j, "delegated", '{');
	json_text(j, "domain", a->domain);
	json_text(j, "user", a->user);
	json_number(j, "password_characters", (long long)a->password_characters);
	json_close(j, '}');
}

static void json_failed(struct json *j, const struct attempt *a)
{
	const char *name, *meaning, *advice;
	char number[16];

	json_open(j, "failure", '{');
	json_text(j, "stage", a->stage);
	if (a->reason) {
		json_text(j, "reason", a->reason);
	} else {
		OpensspiDescribeStatus(a->status, &name, &meaning, &advice);
		snprintf(number, sizeof(number), "0x%08X", (unsigned)a->status);
		json_text(j, "reason", meaning);
		json_text(j, "status", number);
		json_text(j, "status_name", name);
		json_text(j, "because", a->because[0] ? a->because : NULL);
	}
	json_close(j, '}');
}

void attempt_print(const struct attempt *a, FILE *out, bool json)
{
	struct json j = { .out = out };

	if (!json) {
		if (a->number)
			fprintf(out, "%d ", a->number);
		fprintf(out, "%s ", a->peer);
		(a->signed_in ? print_signed_in : print_failed)(a, out);
		fputc('\n', out);
		return;
	}
	json_open(&j, NULL, '{');
	if (a->number)
		json_number(&j, "attempt", a->number);
	json_text(&j, "peer", a->peer);
	json_bool(&j, "signed_in", a->signed_in);
	(a->signed_in ? json_signed_in : json_failed)(&j, a);
	json_close(&j, '}');
	fputc('\n', out);
}
