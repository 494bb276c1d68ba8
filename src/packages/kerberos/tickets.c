/* packages/kerberos/tickets.c - see packages/kerberos/tickets.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/clock.h"
#include "packages/kerberos/tickets.h"

#define HEAD offsetof(KERB_QUERY_TKT_CACHE_RESPONSE, Tickets)
#define NT_PRINCIPAL 1
#define NT_SRV_INST 2

const char *principal_realm(const char *principal)
{
	const char *realm = principal + strlen(principal);

	for (const char *p = principal; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		else if (*p == '@')
			realm = p + 1;
	}
	return realm;
}

static size_t name_len(const char *principal)
{
	const char *realm = principal_realm(principal);

	return (size_t)(realm - principal) - (realm > principal && realm[-1] == '@');
}

static LARGE_INTEGER time_of(int64_t unix_time)
{
	return (LARGE_INTEGER){ .QuadPart = unix_time ? clock_from_unix((time_t)unix_time) : 0 };
}

/* ---- a cache ---- */

struct row {
	char *client, *server;
	KERB_TICKET_CACHE_INFO_EX3 facts; /* without its strings */
	struct row *next;
};

struct rows {
	struct row *first, **last;
	uint32_t count;
	bool failed;
};

static void rows_done(struct rows *r)
{
	while (r->first) {
		struct row *next = r->first->next;
		mem_free(r->first->client);
		mem_free(r->first->server);
		mem_free(r->first);
		r->first = next;
	}
}

static bool row_add(void *to, const struct krb_ticket *t)
{
	struct rows *rows = to;

	if (t->is_config)
		return true;
	struct row *row = MEM_NEW(struct row);
	if (row) {
		row->client = mem_dup_text(t->client ? t->client : "");
		row->server = mem_dup_text(t->server ? t->server : "");
		row->facts = (KERB_TICKET_CACHE_INFO_EX3){
			.StartTime = time_of(t->start),
			.EndTime = time_of(t->end),
			.RenewTime = time_of(t->renew),
			.EncryptionType = t->ticket_enctype,
			.TicketFlags = t->flags,
			.SessionKeyType = (ULONG)t->key_enctype,
		};
		*rows->last = row;
		rows->last = &row->next;
		rows->count++;
	}
	rows->failed = !row || !row->client || !row->server;
	return !rows->failed;
}

/* What an element of a message's type begins with; the four have the same members in the same order,
 * but for the first, which has no client. */
struct form {
	KERB_PROTOCOL_MESSAGE_TYPE type;
	size_t size;
	bool has_client;
};

static const struct form forms[] = {
	{ KerbQueryTicketCacheMessage, sizeof(KERB_TICKET_CACHE_INFO), false },
	{ KerbQueryTicketCacheExMessage, sizeof(KERB_TICKET_CACHE_INFO_EX), true },
	{ KerbQueryTicketCacheEx2Message, sizeof(KERB_TICKET_CACHE_INFO_EX2), true },
	{ KerbQueryTicketCacheEx3Message, sizeof(KERB_TICKET_CACHE_INFO_EX3), true },
};

static const struct form *form_of(KERB_PROTOCOL_MESSAGE_TYPE type)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (forms[i].type == type)
			return &forms[i];
	return NULL;
}

static void facts_write(struct answer *out, const struct form *form, const struct row *row)
{
	size_t skipped = form->has_client ? 0 : offsetof(KERB_TICKET_CACHE_INFO_EX, ServerName);

	wr_bytes(&out->bytes, (const uint8_t *)&row->facts + skipped, form->size);
}

static bool names_write(struct answer *out, const struct form *form, const struct row *row,
			size_t place)
{
	const char *names[] = { row->client, row->server };

	for (size_t i = form->has_client ? 0 : 1; i < ARRAY_LEN(names); i++) {
		const char *realm = principal_realm(names[i]);
		if (!answer_text(out, place, names[i], name_len(names[i])) ||
		    !answer_text(out, place + sizeof(UNICODE_STRING), realm, strlen(realm)))
			return false;
		place += 2 * sizeof(UNICODE_STRING);
	}
	return true;
}

NTSTATUS tickets_list(struct krb_credential *c, KERB_PROTOCOL_MESSAGE_TYPE type, struct answer *out)
{
	CLEANUP(rows_done) struct rows rows = { .first = NULL };
	const struct form *form = form_of(type);
	const struct krb_ops *ops;
	size_t place = HEAD;

	rows.last = &rows.first;
	NTSTATUS status = kerberos_krb(&ops);
	if (!failed(status) && c)
		status = kerberos_failed(ops, ops->each_ticket(c, row_add, &rows));
	if (failed(status))
		return status;
	if (rows.failed || !form)
		return fail(STATUS_NO_MEMORY, "listing tickets");
	wr_u32le(&out->bytes, (uint32_t)type);
	wr_u32le(&out->bytes, rows.count);
	for (const struct row *row = rows.first; row; row = row->next)
		facts_write(out, form, row);
	for (const struct row *row = rows.first; row; row = row->next, place += form->size)
		if (!names_write(out, form, row, place))
			return fail(STATUS_NO_MEMORY, "listing tickets");
	return STATUS_SUCCESS;
}

/* ---- one ticket ---- */

/* The part of a principal that begins there, up to a slash that no backslash hides; its length. */
static size_t part_len(const char *part, size_t n)
{
	size_t i = 0;

	while (i < n && part[i] != '/')
		i += part[i] == '\\' && i + 1 < n ? 2 : 1;
	return i;
}

/* What krb5 means by a backslash and that. */
static char plain_of(char escaped)
{
	switch (escaped) {
	case 'n':
		return '\n';
	case 't':
		return '\t';
	case 'b':
		return '\b';
	default:
		return escaped;
	}
}

static bool part_write(struct answer *out, size_t place, const char *part, size_t n)
{
	CLEANUP(mem_free_p) char *plain = mem_alloc(n + 1);
	size_t len = 0;

	if (!plain)
		return false;
	for (size_t i = 0; i < n; i++)
		plain[len++] = part[i] == '\\' && i + 1 < n ? plain_of(part[++i]) : part[i];
	return answer_text(out, place, plain, len);
}

/* A KERB_EXTERNAL_NAME of the parts between slashes, for the pointer at that place. */
static bool external_name(struct answer *out, size_t place, const char *principal)
{
	size_t n = name_len(principal), parts = 1, at = out->bytes.len;

	for (size_t i = part_len(principal, n); i < n; i += part_len(principal + i, n - i)) {
		parts++;
		i++;
	}
	wr_u16le(&out->bytes, parts > 1 ? NT_SRV_INST : NT_PRINCIPAL);
	wr_u16le(&out->bytes, (uint16_t)parts);
	wr_zero(&out->bytes, offsetof(KERB_EXTERNAL_NAME, Names) - 4);
	wr_zero(&out->bytes, parts * sizeof(UNICODE_STRING));
	answer_point(out, place, at);
	at += offsetof(KERB_EXTERNAL_NAME, Names);
	for (size_t i = 0, begin = 0; i < parts; i++, at += sizeof(UNICODE_STRING)) {
		size_t len = part_len(principal + begin, n - begin);
		if (!part_write(out, at, principal + begin, len))
			return false;
		begin += len + 1;
	}
	return true;
}

static void key_write(struct answer *out, const struct krb_ticket *t)
{
	bool is_tgt = t->server && strncmp(t->server, "krbtgt/", 7) == 0;
	size_t place = offsetof(KERB_EXTERNAL_TICKET, SessionKey);

	if (!t->key || is_tgt)
		return;
	answer_bytes(out, place + offsetof(KERB_CRYPTO_KEY, Value), rd_of(t->key->p, t->key->len));
	wr_fill_u32le(&out->bytes, place + offsetof(KERB_CRYPTO_KEY, Length),
		      (uint32_t)t->key->len);
}

NTSTATUS tickets_tell(const struct krb_ticket *t, const char *asked, struct answer *out)
{
	const char *client = t->client ? t->client : "", *server = t->server ? t->server : "";
	const char *client_realm = principal_realm(client), *realm = principal_realm(server);
	const KERB_EXTERNAL_TICKET head = { .SessionKey.KeyType = t->key_enctype,
					    .TicketFlags = t->flags,
					    .StartTime = time_of(t->start),
					    .EndTime = time_of(t->end),
					    .RenewUntil = time_of(t->renew),
					    .KeyExpirationTime = time_of(t->end),
					    .EncodedTicketSize = (ULONG)t->encoded.n };
#define AT(member) offsetof(KERB_EXTERNAL_TICKET, member)

	wr_bytes(&out->bytes, &head, sizeof(head));
	if (!external_name(out, AT(ServiceName), server) ||
	    !external_name(out, AT(TargetName), asked) ||
	    !external_name(out, AT(ClientName), client) ||
	    !answer_text(out, AT(DomainName), client_realm, strlen(client_realm)) ||
	    !answer_text(out, AT(TargetDomainName), realm, strlen(realm)) ||
	    !answer_text(out, AT(AltTargetDomainName), realm, strlen(realm)))
		return fail(STATUS_NO_MEMORY, "telling a ticket");
	key_write(out, t);
	answer_bytes(out, AT(EncodedTicket), rd_of(t->encoded.p, t->encoded.n));
#undef AT
	return STATUS_SUCCESS;
}
