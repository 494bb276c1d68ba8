/* tests/unit/mock_mech.c - see tests/unit/mock_mech.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "mock_mech.h"
#include "wire/authdata.h"

#define MASK 0x5A

struct mock_mech mock_mech;

/* ---- sealing ---- */

static void mac_of(bool server, uint32_t number, struct rd plain, uint8_t mac[MOCK_MAC_LEN])
{
	const uint8_t head[2] = { server, (uint8_t)number };
	const struct part parts[] = { { head, sizeof(head) }, { plain.p, plain.n } };
	md5_parts(parts, ARRAY_LEN(parts), mac);
}

static void mask(uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p[i] ^= MASK;
}

void mock_seal(struct mock_end *e, struct rd plain, struct wr *out)
{
	uint8_t mac[MOCK_MAC_LEN];

	mac_of(e->server, e->sent++, plain, mac);
	wr_bytes(out, mac, sizeof(mac));
	wr_zero(out, mock_mech.signature - sizeof(mac));
	uint8_t *p = wr_take(out, plain.n);
	if (p && plain.n) {
		memcpy(p, plain.p, plain.n);
		mask(p, plain.n);
	}
	wr_zero(out, mock_mech.block);
}

bool mock_open(struct mock_end *e, uint8_t *sealed, size_t n, struct rd *plain)
{
	size_t head = mock_mech.signature, around = head + mock_mech.block;
	uint8_t mac[MOCK_MAC_LEN];

	if (n < around)
		return false;
	mask(sealed + head, n - around);
	*plain = rd_of(sealed + head, n - around);
	mac_of(!e->server, e->received++, *plain, mac);
	return memcmp(mac, sealed, sizeof(mac)) == 0;
}

/* ---- Reach ---- */

static SecBuffer *find(PSecBufferDesc list, ULONG type)
{
	for (ULONG i = 0; list && i < list->cBuffers; i++)
		if ((list->pBuffers[i].BufferType & ~(ULONG)SECBUFFER_ATTRMASK) == type)
			return &list->pBuffers[i];
	return NULL;
}

static bool token_is(PSecBufferDesc in, const char *text)
{
	SecBuffer *b = find(in, SECBUFFER_TOKEN);
	size_t n = strlen(text);
	return b && b->cbBuffer == n + mock_mech.bulk && memcmp(b->pvBuffer, text, n) == 0;
}

static void give(PSecBufferDesc out, const char *text)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 20);
	SecBuffer *b = find(out, SECBUFFER_TOKEN);

	wr_bytes(&w, text, strlen(text));
	if (w.len)
		wr_zero(&w, mock_mech.bulk);
	b->cbBuffer = (ULONG)w.len;
	b->pvBuffer = b->cbBuffer ? block_dup(w.buf, w.len) : NULL;
	if (b->pvBuffer)
		atomic_fetch_add(&fake_host.heap, 1);
}

static NTSTATUS NTAPI acquire(const UNICODE_STRING *package, ULONG use, PVOID auth,
			      OPENSSPI_REACH_HANDLE *credential, PTimeStamp expiry)
{
	if (mock_mech.no_negotiate &&
	    utf16_equal_ascii_nocase(package->Buffer, package->Length / 2, "Negotiate"))
		return SEC_E_SECPKG_NOT_FOUND;
	memset(mock_mech.package, 0, sizeof(mock_mech.package));
	for (size_t i = 0; i < package->Length / 2u && i < sizeof(mock_mech.package) - 1; i++)
		mock_mech.package[i] = (char)package->Buffer[i];
	mock_mech.with_auth = auth != NULL;
	size_t n = authdata_block(auth).n;
	mock_mech.auth_n = n < sizeof(mock_mech.auth) ? n : sizeof(mock_mech.auth);
	if (auth)
		memcpy(mock_mech.auth, auth, mock_mech.auth_n);
	mock_mech.credentials++;
	*credential = 0xC0FFEE;
	expiry->QuadPart = mock_mech.expiry[use & SECPKG_CRED_INBOUND ? SECPKG_CRED_INBOUND
								      : SECPKG_CRED_OUTBOUND];
	return STATUS_SUCCESS;
}

static VOID NTAPI free_credentials(OPENSSPI_REACH_HANDLE credential)
{
	mock_mech.credentials--;
}

static struct mock_end *end_new(bool server, OPENSSPI_REACH_HANDLE *out)
{
	struct mock_end *e = MEM_NEW(struct mock_end);
	assert(e);
	e->server = server;
	mock_mech.contexts++;
	*out = (OPENSSPI_REACH_HANDLE)(uintptr_t)e;
	return e;
}

static VOID NTAPI delete_context(OPENSSPI_REACH_HANDLE context)
{
	mock_mech.contexts--;
	mem_free((void *)(uintptr_t)context);
}

static NTSTATUS NTAPI init_context(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
				   const UNICODE_STRING *target, ULONG requirements,
				   PSecBufferDesc in, OPENSSPI_REACH_HANDLE *made,
				   PSecBufferDesc out, ULONG *attributes, PTimeStamp expiry)
{
	if (!context) {
		end_new(false, made);
		give(out, "mech one");
		return SEC_I_CONTINUE_NEEDED;
	}
	struct mock_end *e = (void *)(uintptr_t)context;
	if (e->step == 1 && mock_mech.waits && token_is(in, "mech four")) {
		e->step++;
		e->keyed = true;
		*attributes = mock_mech.attributes;
		*made = context;
		return SEC_E_OK;
	}
	if (e->step++ || !token_is(in, "mech two"))
		return SEC_E_INVALID_TOKEN;
	e->keyed = !mock_mech.waits || mock_mech.keyed_early;
	*made = context;
	*attributes = mock_mech.attributes;
	expiry->QuadPart = mock_mech.context_expiry;
	give(out, "mech three");
	return mock_mech.waits ? SEC_I_CONTINUE_NEEDED : SEC_E_OK;
}

static NTSTATUS NTAPI accept_context(OPENSSPI_REACH_HANDLE credential,
				     OPENSSPI_REACH_HANDLE context, PSecBufferDesc in,
				     ULONG requirements, OPENSSPI_REACH_HANDLE *made,
				     PSecBufferDesc out, ULONG *attributes, PTimeStamp expiry)
{
	if (!context) {
		if (!token_is(in, "mech one"))
			return SEC_E_INVALID_TOKEN;
		end_new(true, made);
		give(out, "mech two");
		return SEC_I_CONTINUE_NEEDED;
	}
	struct mock_end *e = (void *)(uintptr_t)context;
	if (e->step++ || !token_is(in, "mech three"))
		return SEC_E_INVALID_TOKEN;
	if (failed(mock_mech.accept_status))
		return mock_mech.accept_status;
	e->keyed = true;
	*made = context;
	*attributes = mock_mech.attributes;
	expiry->QuadPart = mock_mech.context_expiry;
	give(out, mock_mech.last_token);
	return SEC_E_OK;
}

static NTSTATUS give_name(SecPkgContext_PackageInfoW *out)
{
	struct {
		SecPkgInfoW info;
		WCHAR name[16];
	} block = { .name = { 0 } };

	if (!mock_mech.name)
		return SEC_E_UNSUPPORTED_FUNCTION;
	for (size_t i = 0; mock_mech.name[i]; i++)
		block.name[i] = mock_mech.name[i];
	out->PackageInfo = block_dup(&block, sizeof(block));
	out->PackageInfo->Name =
		(WCHAR *)(void *)((uint8_t *)out->PackageInfo + sizeof(SecPkgInfoW));
	atomic_fetch_add(&fake_host.heap, 1);
	return STATUS_SUCCESS;
}

static NTSTATUS give_tickets(SecBuffer *out)
{
	if (failed(mock_mech.tickets_status))
		return mock_mech.tickets_status;
	out->pvBuffer = block_dup(mock_mech.tickets.p, mock_mech.tickets.n);
	out->cbBuffer = (ULONG)mock_mech.tickets.n;
	atomic_fetch_add(&fake_host.heap, 1);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI query_context(OPENSSPI_REACH_HANDLE context, ULONG attribute, PVOID buffer)
{
	const struct mock_end *e = (void *)(uintptr_t)context;
	const ULONG trailer = (ULONG)mock_mech.signature + 4;

	mock_mech.attribute = attribute;
	if (attribute == SECPKG_ATTR_PACKAGE_INFO)
		return give_name(buffer);
	if (attribute == OPENSSPI_ATTR_REMOTE_GUARD)
		return give_tickets(buffer);
	if (attribute != SECPKG_ATTR_SIZES)
		return SEC_E_UNSUPPORTED_FUNCTION;
	if (!e->keyed)
		return SEC_E_INVALID_HANDLE;
	*(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){ .cbMaxToken = 100,
								.cbMaxSignature = trailer,
								.cbBlockSize = mock_mech.block,
								.cbSecurityTrailer = trailer };
	return STATUS_SUCCESS;
}

/* The signature is shorter than cbSecurityTrailer promises, as a mechanism's may be. */
static NTSTATUS NTAPI seal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	CLEANUP(wr_done) struct wr w = WR(1u << 21);
	SecBuffer *token = find(message, SECBUFFER_TOKEN), *data = find(message, SECBUFFER_DATA),
		  *padding = find(message, SECBUFFER_PADDING);
	size_t head = mock_mech.signature;

	mock_mech.sealed++;
	if (!token || !data || token->cbBuffer < head || (padding != NULL) != mock_mech.block)
		return SEC_E_INVALID_TOKEN;
	mock_seal((void *)(uintptr_t)context, rd_of(data->pvBuffer, data->cbBuffer), &w);
	memcpy(token->pvBuffer, w.buf, head);
	memcpy(data->pvBuffer, w.buf + head, data->cbBuffer);
	token->cbBuffer = (ULONG)head;
	if (padding)
		memset(padding->pvBuffer, 0, padding->cbBuffer);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI unseal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	SecBuffer *stream = find(message, SECBUFFER_STREAM), *data = find(message, SECBUFFER_DATA);
	struct rd plain;

	if (!stream || !data)
		return SEC_E_INVALID_TOKEN;
	if (!mock_open((void *)(uintptr_t)context, stream->pvBuffer, stream->cbBuffer, &plain))
		return SEC_E_MESSAGE_ALTERED;
	data->pvBuffer = (void *)(uintptr_t)plain.p;
	data->cbBuffer = (ULONG)plain.n;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI check_delegation(ULONG class, BOOLEAN mutual, const UNICODE_STRING *target)
{
	mock_mech.asked++;
	mock_mech.class = class;
	mock_mech.mutual = mutual;
	return mock_mech.delegation;
}

void mock_mech_reset(void)
{
	fake_host_reset();
	mock_mech = (struct mock_mech){ .attributes = ISC_RET_CONFIDENTIALITY | ISC_RET_INTEGRITY,
					.last_token = "",
					.signature = MOCK_MAC_LEN,
					.tickets_status = SEC_E_UNSUPPORTED_FUNCTION,
					.expiry = { 0, 1000, 1000 },
					.context_expiry = 0x7FFFFFFFFFFFFFFF };
	OPENSSPI_LSA_EXTENSION *x = &fake_host.extension;
	x->CheckDelegation = check_delegation;
	x->ReachAcquireCredentials = acquire;
	x->ReachFreeCredentials = free_credentials;
	x->ReachInitContext = init_context;
	x->ReachAcceptContext = accept_context;
	x->ReachDeleteContext = delete_context;
	x->ReachQueryContext = query_context;
	x->ReachSeal = seal;
	x->ReachUnseal = unseal;
}
