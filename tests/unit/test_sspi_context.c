/* tests/unit/test_sspi_context.c - the facade's contract: buffers, out-parameters, A and W, packages.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <ntsecapi.h>
#include <sspi.h>

#include "fake_lsa.h"
#include "ipc/attributes.h"
#include "ipc/buffers.h"

static CredHandle credential;

static int reset(void **state)
{
	(void)state;
	fake_reset();
	credential = fake_credential("Fake");
	return 0;
}

struct step {
	SecBuffer in[3], out[2];
	SecBufferDesc in_desc, out_desc;
	CtxtHandle context;
	ULONG attributes;
	TimeStamp expiry;
};

static void step_init(struct step *s)
{
	*s = (struct step){ 0 };
	s->in_desc = (SecBufferDesc){ SECBUFFER_VERSION, 2, s->in };
	s->out_desc = (SecBufferDesc){ SECBUFFER_VERSION, 1, s->out };
	s->in[0] = (SecBuffer){ 5, SECBUFFER_TOKEN, LITERAL("hello") };
	s->in[1] = (SecBuffer){ 0, SECBUFFER_EMPTY, NULL };
	s->out[0] = (SecBuffer){ 0, SECBUFFER_TOKEN, NULL };
}

static SECURITY_STATUS step_first(struct step *s, ULONG requirements)
{
	return InitializeSecurityContextA(&credential, NULL, LITERAL("TERMSRV/host"), requirements, 0,
					  SECURITY_NATIVE_DREP, &s->in_desc, 0, &s->context,
					  &s->out_desc, &s->attributes, &s->expiry);
}

/* ---- packages ---- */

static void packages_are_listed_in_one_block(void **state)
{
	ULONG count = 0;
	PSecPkgInfoW wide;
	PSecPkgInfoA ansi;
	(void)state;
	assert_int_equal(EnumerateSecurityPackagesW(&count, &wide), SEC_E_OK);
	assert_int_equal(count, FAKE_COUNT);
	assert_int_equal(wide[1].cbMaxToken, 1001);
	assert_int_equal(wide[0].Name[0], 'F');
	assert_int_equal(FreeContextBuffer(wide), SEC_E_OK);
	assert_int_equal(EnumerateSecurityPackagesA(&count, &ansi), SEC_E_OK);
	assert_string_equal(ansi[1].Name, "FakeCredSSP");
	assert_string_equal(ansi[3].Comment, "A package of the tests");
	assert_int_equal(FreeContextBuffer(ansi), SEC_E_OK);
	assert_int_equal(FreeContextBuffer(NULL), SEC_E_OK);
	assert_int_equal(EnumerateSecurityPackagesA(NULL, &ansi), SEC_E_INVALID_PARAMETER);
}

static void package_names_compare_without_case(void **state)
{
	static WCHAR wide[] = { 'f', 'A', 'K', 'E', 0 };
	PSecPkgInfoA ansi = (PSecPkgInfoA)&credential;
	PSecPkgInfoW info;
	(void)state;
	assert_int_equal(QuerySecurityPackageInfoA(LITERAL("fakecredssp"), &ansi), SEC_E_OK);
	assert_string_equal(ansi->Name, "FakeCredSSP");
	FreeContextBuffer(ansi);
	assert_int_equal(QuerySecurityPackageInfoW(wide, &info), SEC_E_OK);
	FreeContextBuffer(info);
	ansi = (PSecPkgInfoA)&credential;
	assert_int_equal(QuerySecurityPackageInfoA(LITERAL("nobody"), &ansi), SEC_E_SECPKG_NOT_FOUND);
	assert_ptr_equal(ansi, &credential);
	assert_int_equal(QuerySecurityPackageInfoA(LITERAL("\xFF"), &ansi), SEC_E_INVALID_PARAMETER);
}

/* ---- acquiring ---- */

static void acquire_tells_what_is_wrong(void **state)
{
	CredHandle h;
	(void)state;
	assert_int_equal(AcquireCredentialsHandleA(NULL, LITERAL("nobody"), 2, NULL, NULL, NULL, NULL, &h, NULL),
			 SEC_E_SECPKG_NOT_FOUND);
	assert_int_equal(AcquireCredentialsHandleA(NULL, LITERAL("Fake"), 2, NULL, NULL, NULL, NULL, NULL, NULL),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(AcquireCredentialsHandleA(NULL, NULL, 2, NULL, NULL, NULL, NULL, &h, NULL),
			 SEC_E_INVALID_PARAMETER);
	fake.channel_status = SEC_E_INTERNAL_ERROR;
	assert_int_equal(AcquireCredentialsHandleA(NULL, LITERAL("Fake"), 2, NULL, NULL, NULL, NULL, &h, NULL),
			 SEC_E_INTERNAL_ERROR);
}

static void the_expiry_is_written_when_asked_for(void **state)
{
	TimeStamp expiry = { .QuadPart = 0 };
	CredHandle h;
	(void)state;
	assert_int_equal(AcquireCredentialsHandleA(NULL, LITERAL("Fake"), 2, NULL, NULL, NULL, NULL, &h, &expiry),
			 SEC_E_OK);
	assert_int_equal(expiry.QuadPart, 1234567);
}

static void opaque_auth_data_travels_as_its_address(void **state)
{
	CredHandle h;
	int mine = 0;
	(void)state;
	assert_int_equal(
		AcquireCredentialsHandleA(NULL, LITERAL("FakeOpaque"), 2, NULL, &mine, NULL, NULL, &h, NULL),
		SEC_E_OK);
	assert_int_equal(fake.client_address, (uintptr_t)&mine);
	assert_int_equal(fake.auth_n, 0);
}

/* ---- one step ---- */

static void out_parameters_are_written_on_success(void **state)
{
	uint8_t room[16];
	struct step s;
	(void)state;
	step_init(&s);
	s.out[0] = (SecBuffer){ sizeof(room), SECBUFFER_TOKEN, room };
	assert_int_equal(step_first(&s, 0), SEC_E_OK);
	assert_int_equal(s.attributes, ISC_RET_INTEGRITY);
	assert_int_equal(s.expiry.QuadPart, 7654321);
	assert_int_equal(s.out[0].cbBuffer, 3);
	assert_int_equal(s.out[0].BufferType, SECBUFFER_TOKEN);
	assert_memory_equal(room, "out", 3);
	assert_int_equal(fake.mapped, 1);
	assert_int_equal(fake.key, 0xABCD);
	assert_int_equal(DeleteSecurityContext(&s.context), SEC_E_OK);
}

static void allocated_output_is_a_block(void **state)
{
	struct step s;
	(void)state;
	step_init(&s);
	assert_int_equal(step_first(&s, ISC_REQ_ALLOCATE_MEMORY), SEC_E_OK);
	assert_int_equal(s.out[0].cbBuffer, 3);
	assert_memory_equal(s.out[0].pvBuffer, "out", 3);
	assert_int_equal(FreeContextBuffer(s.out[0].pvBuffer), SEC_E_OK);
	assert_int_equal(DeleteSecurityContext(&s.context), SEC_E_OK);
}

static void an_output_buffer_that_is_too_small_is_refused(void **state)
{
	uint8_t room[2];
	struct step s;
	(void)state;
	step_init(&s);
	s.out[0] = (SecBuffer){ sizeof(room), SECBUFFER_TOKEN, room };
	assert_int_equal(step_first(&s, 0), SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(s.out[0].cbBuffer, 3);
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 1);
}

static void attributes_may_be_the_requirements_own_variable(void **state)
{
	struct step s;
	ULONG both = ISC_REQ_ALLOCATE_MEMORY;
	(void)state;
	step_init(&s);
	assert_int_equal(InitializeSecurityContextA(&credential, NULL, NULL, both, 0, 0, NULL, 0,
						    &s.context, &s.out_desc, &both, NULL),
			 SEC_E_OK);
	assert_int_equal(both, ISC_RET_INTEGRITY);
	FreeContextBuffer(s.out[0].pvBuffer);
	both = ISC_REQ_ALLOCATE_MEMORY;
	assert_int_equal(InitializeSecurityContextA(&credential, &s.context, NULL, both, 0, 0,
						    &s.in_desc, 0, &s.context, &s.out_desc, &both,
						    NULL),
			 SEC_E_OK);
	FreeContextBuffer(s.out[0].pvBuffer);
	assert_int_equal(DeleteSecurityContext(&s.context), SEC_E_OK);
}

static NTSTATUS answer_extra(const void *request, void *reply)
{
	const struct context_call *call = request;
	struct context_reply *r = reply;
	r->context = call->context ? call->context : 5;
	r->in_count = 2;
	r->in[0].type = SECBUFFER_TOKEN;
	r->in[0].size = 1;
	r->in[1].type = SECBUFFER_EXTRA;
	r->in[1].size = 2;
	return SEC_I_CONTINUE_NEEDED;
}

static void extra_bytes_are_told_in_the_empty_buffer(void **state)
{
	struct step s;
	(void)state;
	step_init(&s);
	s.out[0] = (SecBuffer){ 99, SECBUFFER_TOKEN, LITERAL("leftover") };
	fake.on[CALL_ACCEPT_CONTEXT] = answer_extra;
	assert_int_equal(AcceptSecurityContext(&credential, NULL, &s.in_desc, 0, 0, &s.context,
					       &s.out_desc, &s.attributes, NULL),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(s.in[0].BufferType, SECBUFFER_TOKEN);
	assert_int_equal(s.in[0].cbBuffer, 5);
	assert_int_equal(s.in[1].BufferType, SECBUFFER_EXTRA);
	assert_int_equal(s.in[1].cbBuffer, 2);
	assert_int_equal(s.out[0].cbBuffer, 0);
	assert_int_equal(fake.mapped, 0);
	assert_int_equal(EncryptMessage(&s.context, 0, &s.in_desc, 0), SEC_E_INVALID_HANDLE);
	assert_int_equal(DeleteSecurityContext(&s.context), SEC_E_OK);
	assert_int_equal(fake.deleted, 5);
}

static NTSTATUS answer_missing(const void *request, void *reply)
{
	struct context_reply *r = reply;
	(void)request;
	r->in_count = 2;
	r->in[0].type = SECBUFFER_TOKEN;
	r->in[1].type = SECBUFFER_MISSING;
	r->in[1].size = 40;
	return SEC_E_INCOMPLETE_MESSAGE;
}

static void missing_bytes_leave_the_context_as_it_was(void **state)
{
	struct step s;
	(void)state;
	step_init(&s);
	assert_int_equal(step_first(&s, ISC_REQ_ALLOCATE_MEMORY), SEC_E_OK);
	FreeContextBuffer(s.out[0].pvBuffer);
	fake.on[CALL_INIT_CONTEXT] = answer_missing;
	s.attributes = 42;
	assert_int_equal(InitializeSecurityContextA(&credential, &s.context, NULL,
						    ISC_REQ_ALLOCATE_MEMORY, 0, 0, &s.in_desc, 0,
						    &s.context, &s.out_desc, &s.attributes, NULL),
			 SEC_E_INCOMPLETE_MESSAGE);
	assert_int_equal(s.in[1].BufferType, SECBUFFER_MISSING);
	assert_int_equal(s.in[1].cbBuffer, 40);
	assert_int_equal(s.out[0].cbBuffer, 0);
	assert_null(s.out[0].pvBuffer);
	assert_int_equal(s.attributes, 42);
	assert_int_equal(DeleteSecurityContext(&s.context), SEC_E_OK);
}

static NTSTATUS answer_alert(const void *request, void *reply)
{
	struct context_reply *r = reply;
	(void)request;
	r->out_count = 1;
	r->out[0] = (struct ipc_answer){ SECBUFFER_TOKEN, 5, owned_bytes("alert", 5) };
	return STATUS_LOGON_FAILURE;
}

static void a_failing_call_still_hands_its_token_over(void **state)
{
	struct step s;
	(void)state;
	step_init(&s);
	fake.on[CALL_INIT_CONTEXT] = answer_alert;
	s.context = (CtxtHandle){ 3, 4 };
	assert_int_equal(step_first(&s, ISC_REQ_ALLOCATE_MEMORY), SEC_E_LOGON_DENIED);
	assert_int_equal(s.out[0].cbBuffer, 5);
	assert_memory_equal(s.out[0].pvBuffer, "alert", 5);
	FreeContextBuffer(s.out[0].pvBuffer);
	assert_int_equal(s.context.dwLower, 3);
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 0);
}

static void a_later_failure_leaves_the_context_to_its_caller(void **state)
{
	struct step s;
	(void)state;
	step_init(&s);
	assert_int_equal(step_first(&s, ISC_REQ_ALLOCATE_MEMORY), SEC_E_OK);
	FreeContextBuffer(s.out[0].pvBuffer);
	fake.on[CALL_INIT_CONTEXT] = answer_alert;
	assert_int_equal(InitializeSecurityContextA(&credential, &s.context, NULL,
						    ISC_REQ_ALLOCATE_MEMORY, 0, 0, &s.in_desc, 0,
						    &s.context, &s.out_desc, &s.attributes, NULL),
			 SEC_E_LOGON_DENIED);
	FreeContextBuffer(s.out[0].pvBuffer);
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 0);
	assert_int_equal(DeleteSecurityContext(&s.context), SEC_E_OK);
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 1);
}

static void a_user_half_that_refuses_ends_the_context(void **state)
{
	struct step s;
	(void)state;
	step_init(&s);
	fake.user_status = STATUS_NO_MEMORY;
	assert_int_equal(step_first(&s, ISC_REQ_ALLOCATE_MEMORY), SEC_E_INSUFFICIENT_MEMORY);
	FreeContextBuffer(s.out[0].pvBuffer);
	assert_int_equal(fake.calls[CALL_DELETE_CONTEXT], 1);
	assert_int_equal(fake.unmapped, 0);
}

static void bad_descriptors_are_refused(void **state)
{
	SecBuffer many[IPC_BUFFERS_MAX + 1] = { { 0 } };
	struct step s;
	(void)state;
	step_init(&s);
	s.in_desc.ulVersion = 1;
	assert_int_equal(step_first(&s, 0), SEC_E_INVALID_TOKEN);
	step_init(&s);
	s.in_desc = (SecBufferDesc){ SECBUFFER_VERSION, IPC_BUFFERS_MAX + 1, many };
	assert_int_equal(step_first(&s, 0), SEC_E_INVALID_TOKEN);
	step_init(&s);
	s.out_desc.pBuffers = NULL;
	assert_int_equal(step_first(&s, 0), SEC_E_INVALID_TOKEN);
	step_init(&s);
	s.in[0].cbBuffer = 0xFFFFFFFF;
	assert_int_equal(step_first(&s, 0), SEC_E_INVALID_TOKEN);
	assert_int_equal(fake.calls[CALL_INIT_CONTEXT], 0);
}

static void a_first_call_needs_a_place_for_the_context(void **state)
{
	struct step s;
	(void)state;
	step_init(&s);
	assert_int_equal(InitializeSecurityContextA(&credential, NULL, NULL, 0, 0, 0, NULL, 0, NULL,
						    &s.out_desc, &s.attributes, NULL),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(InitializeSecurityContextA(NULL, NULL, NULL, 0, 0, 0, NULL, 0, &s.context,
						    &s.out_desc, &s.attributes, NULL),
			 SEC_E_INVALID_HANDLE);
}

static void target_names_are_utf8(void **state)
{
	struct step s;
	(void)state;
	step_init(&s);
	assert_int_equal(InitializeSecurityContextA(&credential, NULL, LITERAL("a\xC0\x80"), 0, 0, 0, NULL, 0,
						    &s.context, &s.out_desc, &s.attributes, NULL),
			 SEC_E_INVALID_PARAMETER);
}

/* ---- after the handshake ---- */

static void messages_go_to_the_user_half(void **state)
{
	struct step s;
	ULONG qop = 0;
	(void)state;
	step_init(&s);
	assert_int_equal(step_first(&s, ISC_REQ_ALLOCATE_MEMORY), SEC_E_OK);
	FreeContextBuffer(s.out[0].pvBuffer);
	assert_int_equal(EncryptMessage(&s.context, 0, &s.in_desc, 0), SEC_E_OK);
	assert_int_equal(SealMessage(&s.context, 0, &s.in_desc, 0), SEC_E_OK);
	assert_int_equal(MakeSignature(&s.context, 0, &s.in_desc, 0), SEC_E_OK);
	assert_int_equal(DecryptMessage(&s.context, &s.in_desc, 0, &qop), SEC_E_OK);
	assert_int_equal(qop, 5);
	assert_int_equal(UnsealMessage(&s.context, &s.in_desc, 0, NULL), SEC_E_OK);
	assert_int_equal(VerifySignature(&s.context, &s.in_desc, 0, NULL), SEC_E_OK);
	assert_int_equal(fake.sealed, 3);
	assert_int_equal(fake.unsealed, 3);
	fake.message_status = STATUS_NO_MEMORY;
	assert_int_equal(EncryptMessage(&s.context, 0, &s.in_desc, 0), SEC_E_INSUFFICIENT_MEMORY);
	assert_int_equal(EncryptMessage(&s.context, 0, NULL, 0), SEC_E_INVALID_TOKEN);
	assert_int_equal(CompleteAuthToken(&s.context, &s.in_desc), SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(ApplyControlToken(&s.context, &s.in_desc), SEC_E_OK);
	assert_int_equal(DeleteSecurityContext(&s.context), SEC_E_OK);
}

static NTSTATUS answer_sizes(const void *request, void *reply)
{
	const struct query_context_call *call = request;
	SecPkgContext_Sizes sizes = { 1, 2, 3, 4 };
	CLEANUP(wr_done) struct wr w = WR(256);
	struct attribute_reply *r = reply;

	if (call->attribute != SECPKG_ATTR_SIZES || !attribute_marshal(0, &sizes, &w))
		return SEC_E_UNSUPPORTED_FUNCTION;
	r->value = owned_bytes(w.buf, w.len);
	return STATUS_SUCCESS;
}

static void attributes_come_in_both_spellings(void **state)
{
	SecPkgContext_NamesW wide;
	SecPkgContext_NamesA ansi;
	SecPkgContext_Sizes sizes;
	struct step s;
	(void)state;
	step_init(&s);
	assert_int_equal(step_first(&s, ISC_REQ_ALLOCATE_MEMORY), SEC_E_OK);
	FreeContextBuffer(s.out[0].pvBuffer);
	assert_int_equal(QueryContextAttributesW(&s.context, SECPKG_ATTR_NAMES, &wide), SEC_E_OK);
	assert_int_equal(wide.sUserName[2], 0xE4);
	FreeContextBuffer(wide.sUserName);
	assert_int_equal(QueryContextAttributesA(&s.context, SECPKG_ATTR_NAMES, &ansi), SEC_E_OK);
	assert_string_equal(ansi.sUserName, "D\\\xC3\xA4");
	FreeContextBuffer(ansi.sUserName);
	fake.on[CALL_QUERY_CONTEXT] = answer_sizes;
	assert_int_equal(QueryContextAttributesW(&s.context, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
	assert_int_equal(sizes.cbSecurityTrailer, 4);
	assert_int_equal(QueryContextAttributesW(&s.context, SECPKG_ATTR_FLAGS, &sizes),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(QueryContextAttributesW(&s.context, 0x777, &sizes),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(QueryContextAttributesW(&s.context, SECPKG_ATTR_SIZES, NULL),
			 SEC_E_INVALID_PARAMETER);
	assert_int_equal(QueryContextAttributesExW(&s.context, SECPKG_ATTR_SIZES, &sizes, 15),
			 SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(QueryContextAttributesExA(&s.context, SECPKG_ATTR_SIZES, &sizes, 16),
			 SEC_E_OK);
	assert_int_equal(DeleteSecurityContext(&s.context), SEC_E_OK);
}

static NTSTATUS answer_cred_names(const void *request, void *reply)
{
	static WCHAR user[] = { 'm', 'e', 0 };
	SecPkgCredentials_NamesW names = { user };
	CLEANUP(wr_done) struct wr w = WR(256);
	struct attribute_reply *r = reply;

	(void)request;
	if (!attribute_marshal(ATTRIBUTE_OF_CREDENTIALS | 1, &names, &w))
		return STATUS_NO_MEMORY;
	r->value = owned_bytes(w.buf, w.len);
	return STATUS_SUCCESS;
}

static void credentials_have_attributes_of_their_own(void **state)
{
	SecPkgCredentials_NamesA names;
	(void)state;
	fake.on[CALL_QUERY_CREDENTIALS] = answer_cred_names;
	assert_int_equal(QueryCredentialsAttributesA(&credential, SECPKG_CRED_ATTR_NAMES, &names),
			 SEC_E_OK);
	assert_string_equal(names.sUserName, "me");
	FreeContextBuffer(names.sUserName);
	assert_int_equal(QueryCredentialsAttributesA(&credential, 0, &names),
			 SEC_E_UNSUPPORTED_FUNCTION);
}

/* ---- the table and the session ---- */

static void every_slot_of_the_table_is_filled(void **state)
{
	PSecurityFunctionTableW w = InitSecurityInterfaceW();
	PSecurityFunctionTableA a = InitSecurityInterfaceA();
	(void)state;
	assert_int_equal(w->dwVersion, 5);
	assert_int_equal(a->dwVersion, 5);
	assert_int_equal(sizeof(*w), 256);
	void *const *slots_w = (void *const *)(const void *)w;
	void *const *slots_a = (void *const *)(const void *)a;
	for (size_t i = 1; i < 32; i++) {
		if (i == 5 || i == 23) /* Reserved2, Reserved8 */
			continue;
		assert_non_null(slots_w[i]);
		assert_non_null(slots_a[i]);
	}
	assert_ptr_equal(w->Reserved3, (void *)EncryptMessage);
	assert_ptr_equal(w->Reserved4, (void *)DecryptMessage);
}

static NTSTATUS answer_session(const void *request, void *reply)
{
	const struct session_data_call *call = request;
	struct session_data_reply *r = reply;

	if (call->has_logon && call->logon.LowPart != 9)
		return STATUS_ACCESS_DENIED;
	r->logon.LowPart = 9;
	r->logon_type = 2;
	r->user = owned_text("me");
	r->domain = owned_text("HERE");
	r->sid = owned_bytes("\1\1\0\0\0\0\0\5\0\0\0\0", 12);
	return STATUS_SUCCESS;
}

static void the_own_session_is_described_in_one_block(void **state)
{
	PSECURITY_LOGON_SESSION_DATA data;
	LUID own = { 0, 0 }, other = { 8, 0 };
	(void)state;
	fake.on[CALL_SESSION_DATA] = answer_session;
	assert_int_equal(LsaGetLogonSessionData(&own, &data), STATUS_SUCCESS);
	assert_int_equal(data->Size, 272);
	assert_int_equal(data->LogonId.LowPart, 9);
	assert_int_equal(data->UserName.Length, 4);
	assert_int_equal(data->UserName.Buffer[2], 0);
	assert_int_equal(data->LogonDomain.Buffer[0], 'H');
	assert_non_null(data->Sid);
	assert_int_equal(LsaFreeReturnBuffer(data), STATUS_SUCCESS);
	assert_int_equal(LsaGetLogonSessionData(&other, &data), STATUS_ACCESS_DENIED);
	assert_int_equal(LsaGetLogonSessionData(NULL, &data), STATUS_INVALID_PARAMETER);
}

static void what_an_empty_buffer_points_to_is_not_read(void **state)
{
	SecBuffer in[2] = { { 5, SECBUFFER_TOKEN, LITERAL("hello") },
			    { 99, SECBUFFER_EMPTY | SECBUFFER_READONLY, (void *)(uintptr_t)1 } };
	SecBufferDesc desc = { SECBUFFER_VERSION, 2, in };
	struct ipc_buffer out[IPC_BUFFERS_MAX];
	uint32_t count;
	(void)state;
	assert_int_equal(buffers_in(&desc, out, &count), SEC_E_OK);
	assert_int_equal(count, 2);
	assert_int_equal(out[0].n, 5);
	assert_int_equal(out[1].n, 0);
	assert_null(out[1].p);
	assert_int_equal(in[1].cbBuffer, 99);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_an_empty_buffer_points_to_is_not_read),
		cmocka_unit_test_setup(packages_are_listed_in_one_block, reset),
		cmocka_unit_test_setup(package_names_compare_without_case, reset),
		cmocka_unit_test_setup(acquire_tells_what_is_wrong, reset),
		cmocka_unit_test_setup(the_expiry_is_written_when_asked_for, reset),
		cmocka_unit_test_setup(opaque_auth_data_travels_as_its_address, reset),
		cmocka_unit_test_setup(out_parameters_are_written_on_success, reset),
		cmocka_unit_test_setup(allocated_output_is_a_block, reset),
		cmocka_unit_test_setup(an_output_buffer_that_is_too_small_is_refused, reset),
		cmocka_unit_test_setup(attributes_may_be_the_requirements_own_variable, reset),
		cmocka_unit_test_setup(extra_bytes_are_told_in_the_empty_buffer, reset),
		cmocka_unit_test_setup(missing_bytes_leave_the_context_as_it_was, reset),
		cmocka_unit_test_setup(a_failing_call_still_hands_its_token_over, reset),
		cmocka_unit_test_setup(a_later_failure_leaves_the_context_to_its_caller, reset),
		cmocka_unit_test_setup(a_user_half_that_refuses_ends_the_context, reset),
		cmocka_unit_test_setup(bad_descriptors_are_refused, reset),
		cmocka_unit_test_setup(a_first_call_needs_a_place_for_the_context, reset),
		cmocka_unit_test_setup(target_names_are_utf8, reset),
		cmocka_unit_test_setup(messages_go_to_the_user_half, reset),
		cmocka_unit_test_setup(attributes_come_in_both_spellings, reset),
		cmocka_unit_test_setup(credentials_have_attributes_of_their_own, reset),
		cmocka_unit_test_setup(every_slot_of_the_table_is_filled, reset),
		cmocka_unit_test_setup(the_own_session_is_described_in_one_block, reset),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
