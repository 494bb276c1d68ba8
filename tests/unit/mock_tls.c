/* tests/unit/mock_tls.c - see tests/unit/mock_tls.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <credssp.h>
#include <schannel.h>

#include "base/block.h"
#include "base/utf.h"
#include "mock_tls.h"
#include "packages/tsssp/package.h"
#include "wire/authdata.h"

#define MASK 0x33
#define CLIENT_HELLO "client hello"
#define SERVER_HELLO "server hello"
#define CLIENT_DONE "client done"

struct mock_tls mock_tls;

/* The SubjectPublicKeyInfo of tsssp_talk.h's key. */
static const uint8_t key_info[] = { 0x30, 0x17, 0x30, 0x05, 0x06, 0x03, 0x2a, 0x03, 0x04,
				    0x03, 0x0e, 0x00, 0x30, 0x0b, 0x02, 0x04, 0x00, 0xc0,
				    0xff, 0xee, 0x02, 0x03, 0x01, 0x00, 0x01 };

static OPENSSPI_LSA_EXTENSION mech; /* what mock_mech offers */
static const SECPKG_FUNCTION_TABLE *ts;

enum kind { KIND_TLS, KIND_TS, KIND_MECH };

struct reached {
	enum kind kind;
	OPENSSPI_REACH_HANDLE inner; /* of TSSSP or the mechanism */
	bool server, done, closing;  /* of TLS */
	unsigned step;
};

static struct reached *reached_new(enum kind kind, OPENSSPI_REACH_HANDLE *out)
{
	struct reached *r = MEM_NEW(struct reached);
	assert(r);
	r->kind = kind;
	mock_tls.handles++;
	*out = (OPENSSPI_REACH_HANDLE)(uintptr_t)r;
	return r;
}

static void reached_free(struct reached *r)
{
	mock_tls.handles--;
	mem_free(r);
}

static struct reached *of(OPENSSPI_REACH_HANDLE handle)
{
	return (void *)(uintptr_t)handle;
}

/* ---- records ---- */

void mock_record(struct wr *w, enum mock_record type, struct rd plain)
{
	size_t n = plain.n + MOCK_RECORD_TRAILER;

	wr_u8(w, (uint8_t)type);
	wr_u16be(w, 0x0303);
	wr_u16be(w, (uint16_t)n);
	for (size_t i = 0; i < plain.n; i++)
		wr_u8(w, plain.p[i] ^ MASK);
	wr_u8(w, MASK);
}

/* 0, or how many bytes a whole record lacks. */
static size_t record_missing(struct rd r)
{
	struct rd head = r;
	uint16_t version, n;
	uint8_t type;

	if (!rd_u8(&head, &type) || !rd_u16be(&head, &version) || !rd_u16be(&head, &n))
		return MOCK_RECORD_HEADER - r.n;
	return n > head.n ? n - head.n : 0;
}

bool mock_record_take(struct rd *r, enum mock_record *type, struct rd *plain)
{
	struct rd body, whole = *r;
	uint16_t version, n;
	uint8_t t;

	if (!rd_u8(&whole, &t) || !rd_u16be(&whole, &version) || !rd_u16be(&whole, &n) ||
	    n < MOCK_RECORD_TRAILER || !rd_bytes(&whole, n, &body))
		return false;
	uint8_t *p = (uint8_t *)(uintptr_t)body.p;
	for (size_t i = 0; i + MOCK_RECORD_TRAILER < body.n; i++)
		p[i] ^= MASK;
	*type = (enum mock_record)t;
	*plain = rd_of(p, body.n - MOCK_RECORD_TRAILER);
	*r = whole;
	return true;
}

/* ---- buffers ---- */

static SecBuffer *find(PSecBufferDesc list, ULONG type, ULONG nth)
{
	for (ULONG i = 0; list && i < list->cBuffers; i++)
		if ((list->pBuffers[i].BufferType & ~(ULONG)SECBUFFER_ATTRMASK) == type &&
		    nth-- == 0)
			return &list->pBuffers[i];
	return NULL;
}

static void *heap(const void *p, size_t n)
{
	void *block = block_dup(p, n);
	atomic_fetch_add(&fake_host.heap, 1);
	return block;
}

static void give(PSecBufferDesc out, enum mock_record type, const char *text)
{
	CLEANUP(wr_done) struct wr w = WR(256);
	SecBuffer *b = find(out, SECBUFFER_TOKEN, 0);

	mock_record(&w, type, rd_of(text, strlen(text)));
	b->pvBuffer = heap(w.buf, w.len);
	b->cbBuffer = (ULONG)w.len;
}

/* ---- TLS ---- */

static NTSTATUS tls_take(PSecBufferDesc in, const char *want)
{
	SecBuffer *token = find(in, SECBUFFER_TOKEN, 0), *empty = find(in, SECBUFFER_EMPTY, 0);
	struct rd r = token ? rd_of(token->pvBuffer, token->cbBuffer) : rd_of(NULL, 0), plain;
	enum mock_record type;

	size_t missing = record_missing(r);
	if (missing) {
		*empty = (SecBuffer){ (ULONG)missing, SECBUFFER_MISSING, NULL };
		return SEC_E_INCOMPLETE_MESSAGE;
	}
	if (!mock_record_take(&r, &type, &plain) || type != MOCK_RECORD_HANDSHAKE ||
	    plain.n != strlen(want) || memcmp(plain.p, want, plain.n) != 0)
		return SEC_E_ILLEGAL_MESSAGE;
	if (r.n)
		*empty = (SecBuffer){ (ULONG)r.n, SECBUFFER_EXTRA, NULL };
	return SEC_E_OK;
}

static NTSTATUS tls_step(struct reached *r, PSecBufferDesc in, PSecBufferDesc out)
{
	if (r->closing) {
		give(out, MOCK_RECORD_ALERT, "close");
		return SEC_E_OK;
	}
	if (!r->server && r->step == 0) {
		r->step++;
		give(out, MOCK_RECORD_HANDSHAKE, CLIENT_HELLO);
		return SEC_I_CONTINUE_NEEDED;
	}
	const char *want = !r->server ? SERVER_HELLO : r->step == 0 ? CLIENT_HELLO : CLIENT_DONE;
	NTSTATUS status = tls_take(in, want);
	if (status == SEC_E_OK && (!r->server || r->step == 1) && mock_tls.handshake != SEC_E_OK)
		status = mock_tls.handshake;
	if (failed(status)) {
		if (status != SEC_E_INCOMPLETE_MESSAGE)
			give(out, MOCK_RECORD_ALERT, "alert");
		return status;
	}
	r->done = !r->server || r->step == 1;
	if (!r->server || r->step == 0)
		give(out, MOCK_RECORD_HANDSHAKE, r->server ? SERVER_HELLO : CLIENT_DONE);
	r->step++;
	return r->done ? SEC_E_OK : SEC_I_CONTINUE_NEEDED;
}

static NTSTATUS give_certificate(PCCERT_CONTEXT *out)
{
	uint8_t *block = heap((uint8_t[sizeof(CERT_CONTEXT) + sizeof(key_info)]){ 0 },
			      sizeof(CERT_CONTEXT) + sizeof(key_info));
	CERT_CONTEXT *context = (CERT_CONTEXT *)(void *)block;

	memcpy(block + sizeof(*context), key_info, sizeof(key_info));
	context->pbCertEncoded = block + sizeof(*context);
	context->cbCertEncoded = sizeof(key_info);
	*out = context;
	return STATUS_SUCCESS;
}

static NTSTATUS tls_query(struct reached *r, ULONG attribute, PVOID buffer)
{
	switch (attribute) {
	case SECPKG_ATTR_STREAM_SIZES:
		*(SecPkgContext_StreamSizes *)buffer = (SecPkgContext_StreamSizes){
			MOCK_RECORD_HEADER, MOCK_RECORD_TRAILER, 16384, 4, 1
		};
		return STATUS_SUCCESS;
	case SECPKG_ATTR_REMOTE_CERT_CONTEXT:
		return r->server ? SEC_E_NO_CREDENTIALS : give_certificate(buffer);
	case SECPKG_ATTR_LOCAL_CERT_CONTEXT:
		return r->server ? give_certificate(buffer) : SEC_E_NO_CREDENTIALS;
	case SECPKG_ATTR_CERT_TRUST_STATUS:
		mock_tls.trust_asked++;
		*(CERT_TRUST_STATUS *)buffer = (CERT_TRUST_STATUS){ mock_tls.trust, 0 };
		return STATUS_SUCCESS;
	default:
		return SEC_E_UNSUPPORTED_FUNCTION;
	}
}

static NTSTATUS tls_seal(PSecBufferDesc message)
{
	SecBuffer *header = find(message, SECBUFFER_STREAM_HEADER, 0),
		  *data = find(message, SECBUFFER_DATA, 0),
		  *trailer = find(message, SECBUFFER_STREAM_TRAILER, 0);
	CLEANUP(wr_done) struct wr w = WR(1u << 17);

	if (!header || !data || !trailer)
		return SEC_E_INVALID_TOKEN;
	if (mock_tls.seal != SEC_E_OK)
		return mock_tls.seal;
	mock_record(&w, MOCK_RECORD_DATA, rd_of(data->pvBuffer, data->cbBuffer));
	memcpy(header->pvBuffer, w.buf, MOCK_RECORD_HEADER);
	memcpy(data->pvBuffer, w.buf + MOCK_RECORD_HEADER, data->cbBuffer);
	memcpy(trailer->pvBuffer, w.buf + w.len - MOCK_RECORD_TRAILER, MOCK_RECORD_TRAILER);
	return STATUS_SUCCESS;
}

static NTSTATUS tls_unseal(PSecBufferDesc message)
{
	SecBuffer *data = find(message, SECBUFFER_DATA, 0);
	struct rd r, plain;
	enum mock_record type;

	if (!data || !find(message, SECBUFFER_EMPTY, 2))
		return SEC_E_INVALID_TOKEN;
	r = rd_of(data->pvBuffer, data->cbBuffer);
	size_t missing = record_missing(r);
	if (missing) {
		*data = (SecBuffer){ (ULONG)missing, SECBUFFER_MISSING, data->pvBuffer };
		return SEC_E_INCOMPLETE_MESSAGE;
	}
	if (!mock_record_take(&r, &type, &plain) || type == MOCK_RECORD_HANDSHAKE)
		return SEC_E_MESSAGE_ALTERED;
	if (type == MOCK_RECORD_ALERT)
		return SEC_I_CONTEXT_EXPIRED;
	data->BufferType = SECBUFFER_STREAM_HEADER;
	*find(message, SECBUFFER_EMPTY,
	      0) = (SecBuffer){ type == MOCK_RECORD_DATA ? (ULONG)plain.n : 0, SECBUFFER_DATA,
				(void *)(uintptr_t)plain.p };
	if (r.n)
		*find(message, SECBUFFER_EMPTY, 1) = (SecBuffer){ (ULONG)r.n, SECBUFFER_EXTRA,
								  (void *)(uintptr_t)r.p };
	return SEC_E_OK;
}

/* ---- Reach ---- */

static NTSTATUS acquire_tls(ULONG use, PVOID auth, TimeStamp *expiry)
{
	struct schannel_auth a;

	if (!schannel_auth_read(authdata_block(auth), &a))
		return SEC_E_UNKNOWN_CREDENTIALS;
	*(use == SECPKG_CRED_INBOUND ? &mock_tls.server_flags : &mock_tls.client_flags) = a.flags;
	expiry->QuadPart = mock_tls.expiry;
	return mock_tls.acquire;
}

static bool name_is(const UNICODE_STRING *name, const char *ascii)
{
	return utf16_equal_ascii_nocase(name->Buffer, name->Length / 2, ascii);
}

static NTSTATUS NTAPI acquire(const UNICODE_STRING *package, ULONG use, PVOID auth,
			      OPENSSPI_REACH_HANDLE *out, PTimeStamp expiry)
{
	enum kind kind = name_is(package, UNISP_NAME_A)	   ? KIND_TLS
			 : name_is(package, TS_SSP_NAME_A) ? KIND_TS
							   : KIND_MECH;
	OPENSSPI_REACH_HANDLE inner = 0;
	NTSTATUS status;

	if (kind == KIND_TLS)
		status = acquire_tls(use, auth, expiry);
	else if (kind == KIND_TS)
		status = ts->AcquireCredentialsHandle(NULL, use, NULL, auth, NULL, NULL, &inner,
						      expiry);
	else
		status = mech.ReachAcquireCredentials(package, use, auth, &inner, expiry);
	if (!failed(status))
		reached_new(kind, out)->inner = inner;
	return status;
}

static VOID NTAPI free_credentials(OPENSSPI_REACH_HANDLE credential)
{
	struct reached *r = of(credential);

	if (r->kind == KIND_TS)
		(void)ts->FreeCredentialsHandle(r->inner);
	if (r->kind == KIND_MECH)
		mech.ReachFreeCredentials(r->inner);
	reached_free(r);
}

static VOID NTAPI delete_context(OPENSSPI_REACH_HANDLE context)
{
	struct reached *r = of(context);

	if (r->kind == KIND_TS)
		(void)ts->DeleteContext(r->inner);
	if (r->kind == KIND_MECH)
		mech.ReachDeleteContext(r->inner);
	reached_free(r);
}

struct step {
	struct reached *credential, *context;
	bool server;
	const UNICODE_STRING *target;
	ULONG requirements;
	PSecBufferDesc in, out;
	ULONG *attributes;
	PTimeStamp expiry;
};

static NTSTATUS step_inner(const struct step *s, OPENSSPI_REACH_HANDLE *inner)
{
	OPENSSPI_REACH_HANDLE credential = s->credential->inner, old = *inner;
	UNICODE_STRING target = s->target ? *s->target : (UNICODE_STRING){ 0 };
	SecBuffer packed = { 0 };
	BOOLEAN mapped;

	if (s->credential->kind == KIND_TS)
		return s->server ? ts->AcceptLsaModeContext(credential, old, s->in, s->requirements,
							    0, inner, s->out, s->attributes,
							    s->expiry, &mapped, &packed)
				 : ts->InitLsaModeContext(credential, old, &target, s->requirements,
							  0, s->in, inner, s->out, s->attributes,
							  s->expiry, &mapped, &packed);
	return s->server ? mech.ReachAcceptContext(credential, old, s->in, s->requirements, inner,
						   s->out, s->attributes, s->expiry)
			 : mech.ReachInitContext(credential, old, s->target, s->requirements, s->in,
						 inner, s->out, s->attributes, s->expiry);
}

static NTSTATUS step(const struct step *s, OPENSSPI_REACH_HANDLE *made)
{
	struct reached fresh = { .kind = s->credential->kind, .server = s->server };
	struct reached *r = s->context ? s->context : &fresh;

	NTSTATUS status = r->kind == KIND_TLS ? tls_step(r, s->in, s->out)
					      : step_inner(s, &r->inner);
	if (!failed(status) && !s->context)
		*reached_new(r->kind, made) = fresh;
	return status;
}

static NTSTATUS NTAPI init_context(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
				   const UNICODE_STRING *target, ULONG requirements,
				   PSecBufferDesc in, OPENSSPI_REACH_HANDLE *made,
				   PSecBufferDesc out, ULONG *attributes, PTimeStamp expiry)
{
	struct step s = { of(credential), of(context), false, target, requirements, in, out,
			  attributes,	  expiry };
	return step(&s, made);
}

static NTSTATUS NTAPI accept_context(OPENSSPI_REACH_HANDLE credential,
				     OPENSSPI_REACH_HANDLE context, PSecBufferDesc in,
				     ULONG requirements, OPENSSPI_REACH_HANDLE *made,
				     PSecBufferDesc out, ULONG *attributes, PTimeStamp expiry)
{
	struct step s = { of(credential), of(context), true, NULL, requirements, in, out,
			  attributes,	  expiry };
	return step(&s, made);
}

static NTSTATUS NTAPI query_context(OPENSSPI_REACH_HANDLE context, ULONG attribute, PVOID buffer)
{
	struct reached *r = of(context);

	if (r->kind == KIND_TLS)
		return tls_query(r, attribute, buffer);
	return r->kind == KIND_TS ? ts->QueryContextAttributes(r->inner, attribute, buffer)
				  : mech.ReachQueryContext(r->inner, attribute, buffer);
}

static NTSTATUS NTAPI control_context(OPENSSPI_REACH_HANDLE context, PSecBufferDesc in)
{
	of(context)->closing = true;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI seal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	struct reached *r = of(context);
	return r->kind == KIND_TLS ? tls_seal(message)
				   : mech.ReachSeal(r->inner, message, sequence);
}

static NTSTATUS NTAPI unseal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	struct reached *r = of(context);
	return r->kind == KIND_TLS ? tls_unseal(message)
				   : mech.ReachUnseal(r->inner, message, sequence);
}

void mock_tls_reset(void)
{
	struct fake_side open = { .server = false };

	mock_mech_reset();
	mock_tls = (struct mock_tls){ .trust = 0x20, .expiry = 5000 };
	if (!ts) { /* begins TSSSP as the LSA would */
		(void)!failed(fake_side_open(&open, &tsssp_module, NULL));
		fake_side_close(&open);
		ts = open.lsa;
	}
	OPENSSPI_LSA_EXTENSION *x = &fake_host.extension;
	mech = *x;
	x->ReachAcquireCredentials = acquire;
	x->ReachFreeCredentials = free_credentials;
	x->ReachInitContext = init_context;
	x->ReachAcceptContext = accept_context;
	x->ReachDeleteContext = delete_context;
	x->ReachQueryContext = query_context;
	x->ReachControlContext = control_context;
	x->ReachSeal = seal;
	x->ReachUnseal = unseal;
}
