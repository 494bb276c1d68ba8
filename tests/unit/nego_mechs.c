/* tests/unit/nego_mechs.c - see tests/unit/nego_mechs.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "nego_mechs.h"
#include "packages/negotiate/packed.h"
#include "wire/authdata.h"

struct nego_mechs nego_mechs;

struct mock {
	bool ntlm, server, complete, taken;
	unsigned step;
};

/* ---- signatures ---- */

void nego_mic(bool server, struct rd text, uint8_t mic[NEGO_MIC_LEN])
{
	const uint8_t head[1] = { server };
	const struct part parts[] = { { head, 1 }, { text.p, text.n } };
	md5_parts(parts, ARRAY_LEN(parts), mic);
}

static SecBuffer *find(PSecBufferDesc list, ULONG type)
{
	for (ULONG i = 0; list && i < list->cBuffers; i++)
		if ((list->pBuffers[i].BufferType & ~(ULONG)SECBUFFER_ATTRMASK) == type)
			return &list->pBuffers[i];
	return NULL;
}

static NTSTATUS NTAPI sign(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	const struct mock *m = (void *)(uintptr_t)context;
	SecBuffer *token = find(message, SECBUFFER_TOKEN), *data = find(message, SECBUFFER_DATA);

	assert(m->complete && !m->taken);
	if (nego_mechs.cannot_sign)
		return SEC_E_QOP_NOT_SUPPORTED;
	assert(token->cbBuffer >= NEGO_MIC_LEN);
	nego_mic(m->server, rd_of(data->pvBuffer, data->cbBuffer), token->pvBuffer);
	token->cbBuffer = NEGO_MIC_LEN;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI verify(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	const struct mock *m = (void *)(uintptr_t)context;
	SecBuffer *token = find(message, SECBUFFER_TOKEN), *data = find(message, SECBUFFER_DATA);
	uint8_t mic[NEGO_MIC_LEN];

	assert(m->complete);
	nego_mechs.verified++;
	nego_mic(!m->server, rd_of(data->pvBuffer, data->cbBuffer), mic);
	return token->cbBuffer == sizeof(mic) && memcmp(token->pvBuffer, mic, sizeof(mic)) == 0
		       ? STATUS_SUCCESS
		       : SEC_E_MESSAGE_ALTERED;
}

/* ---- credentials and contexts ---- */

static NTSTATUS refuse(bool ntlm, NTSTATUS status)
{
	const char *words = ntlm ? nego_mechs.ntlm_notes : nego_mechs.kerberos_notes;
	if (words)
		fake_host.extension.NoteReason(words);
	return status;
}

static bool package_is(const UNICODE_STRING *package, const char *name)
{
	return utf16_equal_ascii_nocase(package->Buffer, package->Length / 2, name);
}

static NTSTATUS NTAPI acquire(const UNICODE_STRING *package, ULONG use, PVOID auth,
			      OPENSSPI_REACH_HANDLE *credential, PTimeStamp expiry)
{
	bool ntlm = package_is(package, "NTLM");
	NTSTATUS status = ntlm ? nego_mechs.ntlm_acquires : nego_mechs.kerberos_acquires;

	if (!(ntlm ? nego_mechs.ntlm : package_is(package, "Kerberos") && nego_mechs.kerberos))
		return SEC_E_SECPKG_NOT_FOUND;
	*(ntlm ? &nego_mechs.ntlm_given : &nego_mechs.kerberos_given) = auth != NULL;
	if (failed(status))
		return refuse(ntlm, status);
	nego_mechs.credentials++;
	*credential = ntlm ? 2 : 1;
	expiry->QuadPart = CLOCK_NEVER;
	return STATUS_SUCCESS;
}

static VOID NTAPI free_credentials(OPENSSPI_REACH_HANDLE credential)
{
	nego_mechs.credentials--;
}

static VOID NTAPI delete_context(OPENSSPI_REACH_HANDLE context)
{
	nego_mechs.contexts--;
	mem_free((void *)(uintptr_t)context);
}

static struct mock *mock_new(bool ntlm, bool server, OPENSSPI_REACH_HANDLE *out)
{
	struct mock *m = MEM_NEW(struct mock);
	assert(m);
	m->ntlm = ntlm;
	m->server = server;
	nego_mechs.contexts++;
	*out = (OPENSSPI_REACH_HANDLE)(uintptr_t)m;
	return m;
}

static bool token_is(PSecBufferDesc in, const char *text)
{
	SecBuffer *b = find(in, SECBUFFER_TOKEN);
	return b && b->cbBuffer == strlen(text) && memcmp(b->pvBuffer, text, b->cbBuffer) == 0;
}

static void give(PSecBufferDesc out, const char *text)
{
	SecBuffer *b = find(out, SECBUFFER_TOKEN);

	b->cbBuffer = (ULONG)strlen(text);
	b->pvBuffer = b->cbBuffer ? block_dup(text, b->cbBuffer) : NULL;
	if (b->pvBuffer)
		atomic_fetch_add(&fake_host.heap, 1);
}

static void note(PSecBufferDesc in, ULONG requirements)
{
	SecBuffer *bindings = find(in, SECBUFFER_CHANNEL_BINDINGS);

	nego_mechs.requirements = requirements;
	nego_mechs.bindings = bindings ? bindings->cbBuffer : 0;
}

static NTSTATUS done(struct mock *m, ULONG *attributes)
{
	m->complete = true;
	*attributes = m->server ? ASC_RET_INTEGRITY : ISC_RET_INTEGRITY;
	return SEC_E_OK;
}

static NTSTATUS NTAPI init_context(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
				   const UNICODE_STRING *target, ULONG requirements,
				   PSecBufferDesc in, OPENSSPI_REACH_HANDLE *made,
				   PSecBufferDesc out, ULONG *attributes, PTimeStamp expiry)
{
	bool ntlm = credential == 2;
	NTSTATUS begins = ntlm ? nego_mechs.ntlm_begins : nego_mechs.kerberos_begins;
	struct mock *m = (void *)(uintptr_t)context;

	note(in, requirements);
	if (!context) {
		assert(!find(in, SECBUFFER_TOKEN));
		if (failed(begins))
			return refuse(ntlm, begins);
		m = mock_new(ntlm, false, made);
		give(out, ntlm ? "N1" : "K1");
		return ntlm || !nego_mechs.one_token ? SEC_I_CONTINUE_NEEDED : done(m, attributes);
	}
	if (!ntlm && failed(nego_mechs.kerberos_hears))
		return refuse(false, nego_mechs.kerberos_hears);
	if (m->step++ || !token_is(in, ntlm ? "N2" : "K2"))
		return SEC_E_INVALID_TOKEN;
	if (ntlm || nego_mechs.three_tokens)
		give(out, ntlm ? "N3" : "K3");
	return done(m, attributes);
}

static NTSTATUS server_end(struct mock *m, PSecBufferDesc out, ULONG *attributes)
{
	if (!failed(nego_mechs.ends))
		return done(m, attributes);
	if (nego_mechs.last_words)
		give(out, nego_mechs.last_words);
	return nego_mechs.ends;
}

static NTSTATUS NTAPI accept_context(OPENSSPI_REACH_HANDLE credential,
				     OPENSSPI_REACH_HANDLE context, PSecBufferDesc in,
				     ULONG requirements, OPENSSPI_REACH_HANDLE *made,
				     PSecBufferDesc out, ULONG *attributes, PTimeStamp expiry)
{
	struct mock *m = (void *)(uintptr_t)context;
	bool ntlm = credential == 2;

	note(in, requirements);
	if (context)
		return m->step++ == 0 && token_is(in, ntlm ? "N3" : "K3")
			       ? server_end(m, out, attributes)
			       : SEC_E_INVALID_TOKEN;
	if (!token_is(in, ntlm ? "N1" : "K1"))
		return SEC_E_INVALID_TOKEN;
	if (ntlm || nego_mechs.three_tokens) {
		mock_new(ntlm, true, made);
		give(out, ntlm ? "N2" : "K2");
		return SEC_I_CONTINUE_NEEDED;
	}
	if (failed(nego_mechs.ends))
		return nego_mechs.ends;
	m = mock_new(false, true, made);
	if (!nego_mechs.one_token)
		give(out, "K2");
	return done(m, attributes);
}

static NTSTATUS NTAPI query_context(OPENSSPI_REACH_HANDLE context, ULONG attribute, PVOID buffer)
{
	const struct mock *m = (void *)(uintptr_t)context;

	if (!m || !m->complete)
		return SEC_E_INVALID_HANDLE;
	if (attribute != SECPKG_ATTR_SIZES)
		return SEC_E_UNSUPPORTED_FUNCTION;
	*(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){ .cbMaxToken = 100,
								.cbMaxSignature = 20,
								.cbSecurityTrailer = 20 };
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI take_packed(OPENSSPI_REACH_HANDLE context, ULONG *package, ULONG_PTR *key,
				  PSecBuffer packed)
{
	struct mock *m = (void *)(uintptr_t)context;

	if (!m->complete || m->taken)
		return SEC_E_INVALID_HANDLE;
	m->taken = true;
	nego_mechs.taken++;
	*package = m->ntlm ? 2 : 1;
	*key = 77;
	*packed = (SecBuffer){ 6, SECBUFFER_TOKEN, block_dup("packed", 6) };
	atomic_fetch_add(&fake_host.heap, 1);
	return STATUS_SUCCESS;
}

/* ---- the test's ends ---- */

static NTSTATUS NTAPI map(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	struct nego_packed p = { 0 };

	assert(nego_packed_read(rd_of(packed->pvBuffer, packed->cbBuffer), &p));
	assert(p.inner.n == 0 || memcmp(p.inner.p, "packed", 6) == 0);
	nego_mechs.mapped++;
	nego_mechs.sent += p.sent;
	nego_mechs.received += p.received;
	assert(p.reason.n < sizeof(nego_mechs.reason));
	if (p.inner.n)
		memcpy(nego_mechs.reason, p.reason.p, p.reason.n);
	if (p.inner.n)
		nego_mechs.reason[p.reason.n] = 0;
	block_free(packed->pvBuffer);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI unmap(LSA_SEC_HANDLE handle)
{
	return STATUS_SUCCESS;
}

static const SECPKG_USER_FUNCTION_TABLE user = {
	.InitUserModeContext = map,
	.DeleteUserModeContext = unmap,
};

static BOOLEAN NTAPI call_info(PSECPKG_CALL_INFO info)
{
	info->Attributes = nego_mechs.recursive ? SECPKG_CALL_RECURSIVE : 0;
	return TRUE;
}

void nego_mechs_reset(void)
{
	fake_host_reset();
	nego_mechs = (struct nego_mechs){ .kerberos = true, .ntlm = true };
	fake_host.call_info = call_info;
	OPENSSPI_LSA_EXTENSION *e = &fake_host.extension;
	e->ReachAcquireCredentials = acquire;
	e->ReachFreeCredentials = free_credentials;
	e->ReachInitContext = init_context;
	e->ReachAcceptContext = accept_context;
	e->ReachDeleteContext = delete_context;
	e->ReachQueryContext = query_context;
	e->ReachSign = sign;
	e->ReachVerify = verify;
	e->ReachTakePacked = take_packed;
}

NTSTATUS nego_open(struct fake_side *s, const char *packages)
{
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	CLEANUP(mem_free_p) WCHAR *list = NULL;
	size_t n = 0;

	if (!s->target)
		s->target = "HTTP/srv.lab.test";
	if (packages && !utf16_from_utf8(packages, strlen(packages), &list, &n))
		return SEC_E_INTERNAL_ERROR;
	struct identity_view id = { .user = rd_of(u"alice", 10),
				    .domain = rd_of(u"LAB", 6),
				    .has_user = true,
				    .has_domain = true,
				    .packages = rd_of(list, n * 2) };
	identity_write(&w, &id);
	NTSTATUS status = fake_side_open(s, &negotiate_module, s->server ? NULL : w.buf);
	s->user = &user;
	return status;
}

struct wr nego_init(const enum spnego_mech *mechs, size_t count, const char *token)
{
	CLEANUP(wr_done) struct wr list = WR(1000);
	struct wr w = WR(2000);
	struct spnego_init init = { .has_token = token != NULL,
				    .token = rd_of(token, token ? strlen(token) : 0) };

	spnego_write_mech_list(&list, mechs, count);
	spnego_write_init(&w, wr_view(&list), &init);
	return w;
}

struct wr nego_answer(enum spnego_state state, enum spnego_mech mech, const char *token,
		      const uint8_t *mic)
{
	struct wr w = WR(2000);
	struct spnego_response r = { .state = state,
				     .has_mech = mech != MECH_UNKNOWN,
				     .mech = mech,
				     .has_token = token != NULL,
				     .token = rd_of(token, token ? strlen(token) : 0),
				     .has_mic = mic != NULL,
				     .mic = rd_of(mic, mic ? NEGO_MIC_LEN : 0) };

	spnego_write_response(&w, &r);
	return w;
}
