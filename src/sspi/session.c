/* sspi/session.c - LsaGetLogonSessionData for the caller's own session, and LsaFreeReturnBuffer.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ntsecapi.h>

#include "base/block.h"
#include "sspi/packages.h"

static size_t text_size(const struct ipc_owned *text)
{
	return text->n + sizeof(WCHAR);
}

/* A counted string whose terminated bytes lie in the block at *at. */
static UNICODE_STRING text_put(const struct ipc_owned *text, uint8_t **at)
{
	UNICODE_STRING out = {
		.Length = (USHORT)text->n,
		.MaximumLength = (USHORT)text_size(text),
		.Buffer = (WCHAR *)(void *)*at,
	};
	if (text->n)
		memcpy(*at, text->p, text->n);
	*at += text_size(text);
	return out;
}

/* One block: the structure, the SID (its parts need alignment), the strings. */
static SECURITY_LOGON_SESSION_DATA *session_block(const struct session_data_reply *r)
{
	const struct ipc_owned *text[] = { &r->user,   &r->domain,     &r->package,
					   &r->server, &r->dns_domain, &r->upn };
	size_t sid_room = (r->sid.n + 7u) / 8u * 8u;
	size_t size = sizeof(SECURITY_LOGON_SESSION_DATA) + sid_room;

	for (size_t i = 0; i < ARRAY_LEN(text); i++) {
		if (text[i]->n > UINT16_MAX - 1 - sizeof(WCHAR))
			return NULL;
		size += text_size(text[i]);
	}
	SECURITY_LOGON_SESSION_DATA *data = block_alloc(size);
	if (!data)
		return NULL;
	uint8_t *sid = (uint8_t *)(data + 1), *at = sid + sid_room;
	if (r->sid.n)
		memcpy(sid, r->sid.p, r->sid.n);
	*data = (SECURITY_LOGON_SESSION_DATA){
		.Size = sizeof(*data),
		.LogonId = r->logon,
		.UserName = text_put(&r->user, &at),
		.LogonDomain = text_put(&r->domain, &at),
		.AuthenticationPackage = text_put(&r->package, &at),
		.LogonType = r->logon_type,
		.Session = r->terminal_session,
		.Sid = r->sid.n ? sid : NULL,
		.LogonTime.QuadPart = r->logon_time,
		.LogonServer = text_put(&r->server, &at),
		.DnsDomainName = text_put(&r->dns_domain, &at),
		.Upn = text_put(&r->upn, &at),
	};
	return data;
}

NTSTATUS NTAPI LsaGetLogonSessionData(PLUID logon, PSECURITY_LOGON_SESSION_DATA *out)
{
	struct session_data_reply reply = { 0 };

	if (!logon || !out)
		return STATUS_INVALID_PARAMETER;
	/* A zero LUID stands for the caller's own session, whose LUID this call then tells. */
	struct session_data_call call = {
		.has_logon = logon->LowPart || logon->HighPart,
		.logon = *logon,
	};
	NTSTATUS status = facade_call(CALL_SESSION_DATA, &call, &reply);
	if (!failed(status)) {
		*out = session_block(&reply);
		status = *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
	}
	call_reply_done(CALL_SESSION_DATA, &reply);
	return status;
}

NTSTATUS NTAPI LsaFreeReturnBuffer(PVOID block)
{
	block_free(block);
	return STATUS_SUCCESS;
}
