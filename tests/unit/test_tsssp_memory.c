/* tests/unit/test_tsssp_memory.c - each allocation of TSSSP fails once, for every kind of credentials.
 * Over tsssp_talk.h, mock_mech.h and fake_host.h, whose own allocations never fail.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <ntsecapi.h>

#include "tsssp_talk.h"
#include "wire/kerblogon.h"

#define U(text) rd_of(u##text, sizeof(u##text) - 2)
#define BYTES(text) rd_of(text, sizeof(text) - 1)
#define ALLOCATIONS_MAX 400

/* ---- the allocator ---- */

static struct {
	bool armed, failed;
	unsigned left; /* allocations until the one that fails */
} memory;

void *__real_calloc(size_t count, size_t size);
void *__real_malloc(size_t size);
void *__real_realloc(void *p, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_realloc(void *p, size_t size);

static bool fails_now(void)
{
	if (!memory.armed || memory.left-- > 0)
		return false;
	memory.armed = false;
	memory.failed = true;
	return true;
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails_now() ? NULL : __real_calloc(count, size);
}

void *__wrap_malloc(size_t size)
{
	return fails_now() ? NULL : __real_malloc(size);
}

void *__wrap_realloc(void *p, size_t size)
{
	return fails_now() ? NULL : __real_realloc(p, size);
}

/* ---- the mechanism, which has memory enough ---- */

static OPENSSPI_LSA_EXTENSION mech;

#define SPARED(result, call)                                                                       \
	bool armed_ = memory.armed;                                                                \
	memory.armed = false;                                                                      \
	NTSTATUS result = call;                                                                    \
	memory.armed = armed_ && !memory.failed

static NTSTATUS NTAPI init(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
			   const UNICODE_STRING *target, ULONG requirements, PSecBufferDesc in,
			   OPENSSPI_REACH_HANDLE *made, PSecBufferDesc out, ULONG *attributes,
			   PTimeStamp expiry)
{
	SPARED(status, mech.ReachInitContext(credential, context, target, requirements, in, made,
					     out, attributes, expiry));
	return status;
}

static NTSTATUS NTAPI accept_(OPENSSPI_REACH_HANDLE credential, OPENSSPI_REACH_HANDLE context,
			      PSecBufferDesc in, ULONG requirements, OPENSSPI_REACH_HANDLE *made,
			      PSecBufferDesc out, ULONG *attributes, PTimeStamp expiry)
{
	SPARED(status, mech.ReachAcceptContext(credential, context, in, requirements, made, out,
					       attributes, expiry));
	return status;
}

static NTSTATUS NTAPI query(OPENSSPI_REACH_HANDLE context, ULONG attribute, PVOID buffer)
{
	SPARED(status, mech.ReachQueryContext(context, attribute, buffer));
	return status;
}

static NTSTATUS NTAPI seal(OPENSSPI_REACH_HANDLE context, PSecBufferDesc message, ULONG sequence)
{
	SPARED(status, mech.ReachSeal(context, message, sequence));
	return status;
}

static NTSTATUS NTAPI standard(PVOID *identity)
{
	SPARED(status, mech.ReadDefaultIdentity(identity));
	return status;
}

static void spare_the_mechanism(void)
{
	OPENSSPI_LSA_EXTENSION *x = &fake_host.extension;

	mech = *x;
	x->ReachInitContext = init;
	x->ReachAcceptContext = accept_;
	x->ReachQueryContext = query;
	x->ReachSeal = seal;
	x->ReadDefaultIdentity = standard;
}

/* ---- both ends ---- */

enum kind { PASSWORD, DEFAULT, CARD, TICKETS, KINDS };

static uint8_t certificate[] = { 25,   0,    0,	   0,	 0x30, 0x17, 0x30, 0x05, 0x06, 0x03,
				 0x2a, 0x03, 0x04, 0x03, 0x0e, 0x00, 0x30, 0x0b, 0x02, 0x04,
				 0x00, 0xc0, 0xff, 0xee, 0x02, 0x03, 0x01, 0x00, 0x01 };

static void write_auth(enum kind kind, struct wr *out)
{
	CLEANUP(wr_done) struct wr csp = WR(4096), card = WR(8192), block = WR(AUTHDATA_MAX);
	struct identity_view id = { .user = U("alice"), .has_user = true };

	csp_info_write(&csp, &(struct csp_info){ .key_spec = 1, .reader = U("reader") });
	certificate_logon_write(
		&card, &(struct certificate_logon){ .pin = U("1234"), .csp_data = wr_view(&csp) });
	if (kind == CARD)
		id.certificate = wr_view(&card);
	id.password = kind == CARD ? NOTHING : U("pw");
	id.has_password = kind != CARD;
	identity_write(&block, &id);
	credssp_auth_write(out, &(struct credssp_auth){
					.submit_type = CredsspPasswordCreds,
					.flags = kind == TICKETS ? CREDSSP_FLAG_REDIRECT : 0,
					.has_identity = kind != DEFAULT,
					.identity = kind != DEFAULT ? wr_view(&block) : NOTHING });
}

/* One call of an end with what is on the wire; what it says is put there. */
static NTSTATUS call(struct fake_side *s, struct wr *wire)
{
	SecBuffer in[] = { { (ULONG)wire->len, SECBUFFER_TOKEN, wire->buf },
			   { sizeof(certificate), SECBUFFER_TOKEN | SECBUFFER_READONLY,
			     certificate } };
	SecBuffer said = { 0, SECBUFFER_TOKEN, NULL }, data = { 0, 0, NULL };
	SecBufferDesc given = { SECBUFFER_VERSION, 2, in }, out = { SECBUFFER_VERSION, 1, &said };
	UNICODE_STRING target = { 22, 22, (WCHAR *)(uintptr_t)u"TERMSRV/srv" };
	BOOLEAN mapped;
	NTSTATUS status;

	memory.armed = !memory.failed;
	if (s->server)
		status = s->lsa->AcceptLsaModeContext(s->credential, s->context, &given,
						      ISC_REQ_ALLOCATE_MEMORY, 0, &s->context, &out,
						      &s->attributes, &s->expiry, &mapped, &data);
	else
		status = s->lsa->InitLsaModeContext(s->credential, s->context, &target,
						    ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_DELEGATE, 0,
						    &given, &s->context, &out, &s->attributes,
						    &s->expiry, &mapped, &data);
	memory.armed = false;
	wr_reset(wire);
	wr_bytes(wire, said.pvBuffer, said.cbBuffer);
	if (said.pvBuffer)
		atomic_fetch_sub(&fake_host.heap, 1);
	block_free(said.pvBuffer);
	return status;
}

static NTSTATUS ask(struct fake_side *s, ULONG attribute)
{
	SecPkgContext_ClientCreds creds = { 0 };

	memory.armed = !memory.failed;
	NTSTATUS status = s->lsa->QueryContextAttributes(s->context, attribute, &creds);
	memory.armed = false;
	if (creds.AuthBuffer)
		atomic_fetch_sub(&fake_host.heap, 1);
	block_free(creds.AuthBuffer);
	return status;
}

/* Credentials, five tokens, and what arrived: SEC_E_OK, or what went wrong first. */
static NTSTATUS sign_in(struct fake_side ends[2], struct wr *auth)
{
	CLEANUP(wr_done) struct wr wire = WR(TS_REQUEST_MAX);
	NTSTATUS status = SEC_E_OK;

	wr_bytes(&wire, "", 1); /* its memory is there before it is counted */
	wr_reset(&wire);
	for (int i = 0; i < 2 && !failed(status); i++) {
		assert_int_equal(fake_side_open(&ends[i], &tsssp_module, NULL), SEC_E_OK);
		assert_int_equal(ends[i].lsa->FreeCredentialsHandle(ends[i].credential), SEC_E_OK);
		ends[i].credential = 0;
		memory.armed = !memory.failed;
		status = ends[i].lsa->AcquireCredentialsHandle(
			NULL, i ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL,
			i ? NULL : auth->buf, NULL, NULL, &ends[i].credential, &ends[i].expiry);
		memory.armed = false;
	}
	for (int leg = 0; leg < 6 && !failed(status); leg++)
		status = call(&ends[leg % 2], &wire);
	if (!failed(status))
		status = ask(&ends[1], SECPKG_ATTR_CREDS);
	return failed(status) ? status : ask(&ends[1], SECPKG_ATTR_CREDS_2);
}

static NTSTATUS run(enum kind kind, unsigned nth)
{
	CLEANUP(wr_done) struct wr auth = WR(AUTHDATA_MAX), tickets = WR(4096);
	struct fake_side ends[2] = { { .server = false }, { .server = true } };

	mock_mech_reset();
	ticket_logon_write(&tickets, &(struct ticket_logon){ 2, BYTES("ticket"), BYTES("cred") });
	mock_mech.tickets = wr_view(&tickets);
	mock_mech.tickets_status = STATUS_SUCCESS;
	mock_mech.name = u"Kerberos";
	fake_host.policy[OPENSSPI_POLICY_ALLOW_PROTECTED_CREDS] = 1;
	fake_host.standard = (struct fake_account){ "LAB", "dora", "own secret" };
	spare_the_mechanism();
	write_auth(kind, &auth);
	memory.failed = false;
	memory.left = nth;
	NTSTATUS status = sign_in(ends, &auth);
	fake_side_close(&ends[0]);
	fake_side_close(&ends[1]);
	assert_int_equal(mock_mech.contexts, 0);
	assert_int_equal(mock_mech.credentials, 0);
	assert_int_equal(fake_host.heap, 0);
	return status;
}

static void every_allocation_that_fails_ends_the_sign_in_and_leaves_nothing(void **state)
{
	for (enum kind kind = 0; kind < KINDS; kind++) {
		unsigned nth = 0;
		for (; nth < ALLOCATIONS_MAX; nth++) {
			NTSTATUS status = run(kind, nth);
			if (!memory.failed) {
				assert_int_equal(status, SEC_E_OK);
				break;
			}
			if (status != SEC_E_INSUFFICIENT_MEMORY)
				print_message("kind %d, allocation %u: %08x\n", kind, nth,
					      (unsigned)status);
			assert_true(status == SEC_E_INSUFFICIENT_MEMORY);
		}
		assert_true(nth > 10 && nth < ALLOCATIONS_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_allocation_that_fails_ends_the_sign_in_and_leaves_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
