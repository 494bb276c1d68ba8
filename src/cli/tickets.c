/* cli/tickets.c - the caller's Kerberos tickets, asked of the LSA.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/tickets.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "cli/utf.h"

#define TICKS_TO_1970 116444736000000000LL /* from 1601, in 100 ns */
#define TICKS_PER_SECOND 10000000LL
#define NEVER 0x7FFFFFFFFFFFFFFFLL

/* The way to a package: a connection and the package's number there. */
struct line {
	HANDLE lsa;
	ULONG package;
};

static void line_done(struct line *l)
{
	if (l->lsa)
		LsaDeregisterLogonProcess(l->lsa);
}

static SECURITY_STATUS line_open(struct line *l)
{
	char text[] = MICROSOFT_KERBEROS_NAME_A;
	LSA_STRING name = { sizeof(text) - 1, sizeof(text), text };

	NTSTATUS status = LsaConnectUntrusted(&l->lsa);
	if (status != STATUS_SUCCESS)
		return status;
	status = LsaLookupAuthenticationPackage(l->lsa, &name, &l->package);
	return status == STATUS_NO_SUCH_PACKAGE ? SEC_E_SECPKG_NOT_FOUND : status;
}

static void answer_done(void **answer)
{
	if (*answer)
		LsaFreeReturnBuffer(*answer);
}

/* One message there and back; *answer may be NULL, and is for LsaFreeReturnBuffer. */
static SECURITY_STATUS ask(struct line *l, void *request, size_t n, void **answer)
{
	NTSTATUS verdict = STATUS_SUCCESS;
	ULONG length = 0;

	*answer = NULL;
	NTSTATUS status = LsaCallAuthenticationPackage(l->lsa, l->package, request, (ULONG)n,
						       answer, &length, &verdict);
	if (status != STATUS_SUCCESS)
		return status;
	return verdict;
}

void ticket_done(struct ticket *t)
{
	free(t->client);
	free(t->server);
	free(t->kdc);
}

void ticket_list_done(struct ticket_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		ticket_done(&l->items[i]);
	free(l->items);
}

/* "name@REALM", for free(). */
static char *join(const UNICODE_STRING *name, const UNICODE_STRING *realm)
{
	CLEANUP(free_p) char *first = utf8_from_wide(name);
	CLEANUP(free_p) char *second = utf8_from_wide(realm);
	char *whole = NULL;

	if (!first || !second ||
	    asprintf(&whole, "%s%s%s", first, second[0] ? "@" : "", second) < 0)
		return NULL;
	return whole;
}

static bool take_row(struct ticket *out, const KERB_TICKET_CACHE_INFO_EX3 *row)
{
	*out = (struct ticket){
		.client = join(&row->ClientName, &row->ClientRealm),
		.server = join(&row->ServerName, &row->ServerRealm),
		.kdc = row->KdcCalled.Length ? utf8_from_wide(&row->KdcCalled) : NULL,
		.start = row->StartTime.QuadPart,
		.end = row->EndTime.QuadPart,
		.renew = row->RenewTime.QuadPart,
		.enctype = row->EncryptionType,
		.key_enctype = (LONG)row->SessionKeyType,
		.flags = row->TicketFlags,
	};
	return out->client && out->server;
}

/* The answer to KerbQueryTicketCacheEx3Message. */
struct cache {
	KERB_PROTOCOL_MESSAGE_TYPE message;
	ULONG count;
	KERB_TICKET_CACHE_INFO_EX3 rows[];
};

SECURITY_STATUS tickets_query(struct ticket_list *out, char why[REASON_MAX])
{
	KERB_QUERY_TKT_CACHE_REQUEST request = { .MessageType = KerbQueryTicketCacheEx3Message };
	struct line CLEANUP(line_done) l = { NULL };
	CLEANUP(answer_done) void *answer = NULL;

	*out = (struct ticket_list){ NULL };
	why[0] = '\0';
	SECURITY_STATUS status = line_open(&l);
	if (status == SEC_E_OK)
		status = ask(&l, &request, sizeof(request), &answer);
	if (status != SEC_E_OK) {
		status_reason(why);
		return status;
	}
	const struct cache *found = answer;
	out->items = calloc(found->count + 1u, sizeof(*out->items));
	if (!out->items)
		return SEC_E_INSUFFICIENT_MEMORY;
	for (ULONG i = 0; i < found->count; i++) {
		out->count = i + 1;
		if (!take_row(&out->items[i], &found->rows[i]))
			return SEC_E_INSUFFICIENT_MEMORY;
	}
	return SEC_E_OK;
}

/* The parts of a name with slashes between, and the realm; for free(). */
static char *join_parts(const KERB_EXTERNAL_NAME *name, const UNICODE_STRING *realm)
{
	char *whole = NULL;
	size_t n;
	FILE *out = open_memstream(&whole, &n);

	if (!out)
		return NULL;
	for (USHORT i = 0; name && i < name->NameCount; i++) {
		CLEANUP(free_p) char *part = utf8_from_wide(&name->Names[i]);
		fprintf(out, "%s%s", i ? "/" : "", part ? part : "");
	}
	CLEANUP(free_p) char *text = utf8_from_wide(realm);
	if (text && text[0])
		fprintf(out, "@%s", text);
	fclose(out);
	return whole;
}

static bool take_ticket(struct ticket *out, KERB_EXTERNAL_TICKET *t)
{
	*out = (struct ticket){
		.client = join_parts(t->ClientName, &t->DomainName),
		.server = join_parts(t->ServiceName, &t->TargetDomainName),
		.start = t->StartTime.QuadPart,
		.end = t->EndTime.QuadPart,
		.renew = t->RenewUntil.QuadPart,
		.key_enctype = t->SessionKey.KeyType,
		.flags = t->TicketFlags,
		.bytes = t->EncodedTicketSize,
	};
	if (t->SessionKey.Value)
		explicit_bzero(t->SessionKey.Value, t->SessionKey.Length);
	return out->client && out->server;
}

/* A request with one text behind it. */
union request {
	KERB_RETRIEVE_TKT_REQUEST retrieve;
	KERB_PURGE_TKT_CACHE_REQUEST purge;
};

struct message {
	union request head;
	struct blob texts;
};

static UNICODE_STRING text_at(struct message *m, DWORD from, DWORD to)
{
	return (UNICODE_STRING){
		.Length = (USHORT)(to - from),
		.MaximumLength = (USHORT)(to - from),
		.Buffer = (WCHAR *)(void *)(m->texts.bytes + from),
	};
}

SECURITY_STATUS tickets_get(const char *spn, struct ticket *out, char why[REASON_MAX])
{
	struct message m = { .head.retrieve.MessageType = KerbRetrieveEncodedTicketMessage };
	struct line CLEANUP(line_done) l = { NULL };
	CLEANUP(answer_done) void *answer = NULL;

	*out = (struct ticket){ NULL };
	why[0] = '\0';
	if (!blob_from_text(&m.texts, spn))
		return SEC_E_INVALID_PARAMETER;
	m.head.retrieve.TargetName = text_at(&m, 0, m.texts.size);
	SECURITY_STATUS status = line_open(&l);
	if (status == SEC_E_OK)
		status = ask(&l, &m, sizeof(m), &answer);
	if (status != SEC_E_OK) {
		status_reason(why);
		return status;
	}
	return take_ticket(out, &((KERB_RETRIEVE_TKT_RESPONSE *)answer)->Ticket)
		       ? SEC_E_OK
		       : SEC_E_INSUFFICIENT_MEMORY;
}

/* Where the realm's '@' stands in a text of UTF-16; its end without one. */
static DWORD find_at_sign(const struct blob *text)
{
	DWORD at = 0;

	while (at < text->size && (text->bytes[at] != '@' || text->bytes[at + 1]))
		at += 2;
	return at;
}

SECURITY_STATUS tickets_purge(const char *server, char why[REASON_MAX])
{
	struct message m = { .head.purge.MessageType = KerbPurgeTicketCacheMessage };
	struct line CLEANUP(line_done) l = { NULL };
	CLEANUP(answer_done) void *answer = NULL;

	why[0] = '\0';
	if (server && !blob_from_text(&m.texts, server))
		return SEC_E_INVALID_PARAMETER;
	DWORD at = find_at_sign(&m.texts);
	m.head.purge.ServerName = text_at(&m, 0, at);
	if (at < m.texts.size)
		m.head.purge.RealmName = text_at(&m, at + 2, m.texts.size);
	SECURITY_STATUS status = line_open(&l);
	if (status == SEC_E_OK)
		status = ask(&l, &m, sizeof(m), &answer);
	if (status != SEC_E_OK)
		status_reason(why);
	return status;
}

static long long now_ticks(void)
{
	return (long long)time(NULL) * TICKS_PER_SECOND + TICKS_TO_1970;
}

bool ticket_has_ended(const struct ticket *t)
{
	return t->end && t->end <= now_ticks();
}

bool ticket_is_for(const struct ticket *t, const char *server)
{
	size_t n = strlen(server);

	return strncasecmp(t->server, server, n) == 0 &&
	       (t->server[n] == '\0' || (t->server[n] == '@' && !strchr(server, '@')));
}

/* krbtgt/REALM@REALM of the client's REALM. */
static bool is_granting(const struct ticket *t)
{
	const char *realm = strrchr(t->client, '@');
	char name[600];

	if (!realm)
		return false;
	snprintf(name, sizeof(name), "krbtgt/%s@%s", realm + 1, realm + 1);
	return strcmp(t->server, name) == 0;
}

const struct ticket *ticket_granting(const struct ticket_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (is_granting(&l->items[i]) && !ticket_has_ended(&l->items[i]))
			return &l->items[i];
	return NULL;
}

void ticket_time(long long t, char out[32])
{
	time_t seconds = (time_t)((t - TICKS_TO_1970) / TICKS_PER_SECOND);
	struct tm parts;

	if (t <= 0 || t == NEVER || !localtime_r(&seconds, &parts) ||
	    !strftime(out, 32, "%Y-%m-%d %H:%M:%S", &parts))
		snprintf(out, 32, t == NEVER ? "never" : "-");
}
