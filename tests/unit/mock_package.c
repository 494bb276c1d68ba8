/* tests/unit/mock_package.c - see mock_package.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <opensspi.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/block.h"
#include "base/clock.h"

struct mock_state mock;

struct mock_context {
	atomic_int busy;
	int legs;
};

/* ---- the LSA half ---- */

static NTSTATUS NTAPI mock_initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters, PLSA_SECPKG_FUNCTION_TABLE table)
{
	mock.table = table;
	return parameters->Version == SECPKG_INTERFACE_VERSION ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static DWORD WINAPI mock_told(LPVOID argument)
{
	return 0;
}

static NTSTATUS NTAPI mock_fails_to_initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters, PLSA_SECPKG_FUNCTION_TABLE table)
{
	mock.notification = table->RegisterNotification(mock_told, NULL, NOTIFIER_TYPE_INTERVAL, 0, NOTIFIER_FLAG_SECONDS, 1, NULL);
	return STATUS_UNSUCCESSFUL;
}

static NTSTATUS NTAPI mock_shutdown(void)
{
	mock.shutdowns++;
	return STATUS_SUCCESS;
}

static void mock_describe(PSecPkgInfoW info, const WCHAR *name)
{
	*info = (SecPkgInfoW){ .fCapabilities = 0x33, .wVersion = 1, .wRPCID = 77, .cbMaxToken = 4096,
			       .Name = (WCHAR *)(uintptr_t)name, .Comment = (WCHAR *)(uintptr_t)u"a mock" };
}

static NTSTATUS NTAPI mock_info(PSecPkgInfoW info)
{
	mock_describe(info, u"Mock");
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mock_second_info(PSecPkgInfoW info)
{
	mock_describe(info, u"Mock Second");
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mock_twin_info(PSecPkgInfoW info)
{
	mock_describe(info, u"MOCK");
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mock_nameless_info(PSecPkgInfoW info)
{
	mock_describe(info, u"");
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mock_long_info(PSecPkgInfoW info)
{
	static WCHAR name[2000];
	for (size_t i = 0; i < 1999; i++)
		name[i] = 'x';
	mock_describe(info, name);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mock_extended(SECPKG_EXTENDED_INFORMATION_CLASS class, PSECPKG_EXTENDED_INFORMATION *out)
{
	const OPENSSPI_PACKAGE_TRAITS traits = { OPENSSPI_PACKAGE_TRAITS_CLASS, OPENSSPI_AUTH_DATA_CREDSSP, OPENSSPI_HOME_CALLER };
	if ((ULONG)class != OPENSSPI_PACKAGE_TRAITS_CLASS)
		return SEC_E_UNSUPPORTED_FUNCTION;
	*out = block_dup(&traits, sizeof(traits));
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mock_acquire_fn(PUNICODE_STRING principal, ULONG use, PLUID logon, PVOID auth, PVOID get_key,
				      PVOID get_key_argument, PLSA_SEC_HANDLE handle, PTimeStamp expiry)
{
	SECPKG_CALL_INFO info = { 0 };
	mock.last_use = use;
	mock.last_logon = logon;
	mock.last_had_principal = principal != NULL;
	mock.last_auth = auth ? *(const uint32_t *)auth : 0;
	mock.client_status = mock.table->GetClientInfo(&mock.client);
	mock.attributes = mock.table->GetCallInfo(&info) ? info.Attributes : 0xFFFFFFFF;
	if (mock.acquire_with)
		return mock.acquire_with;
	*handle = (LSA_SEC_HANDLE)malloc(1);
	mock.credentials++;
	return SEC_E_OK;
}

static NTSTATUS NTAPI mock_acquire_opaque(PUNICODE_STRING principal, ULONG use, PLUID logon, PVOID auth, PVOID get_key,
					  PVOID get_key_argument, PLSA_SEC_HANDLE handle, PTimeStamp expiry)
{
	NTSTATUS status = mock.table->CopyFromClientBuffer(NULL, sizeof(mock.copied), mock.copied, auth);
	if (failed(status))
		return status;
	PVOID there = NULL;
	status = mock.table->AllocateClientBuffer(NULL, 4, &there);
	if (!failed(status))
		status = mock.table->CopyToClientBuffer(NULL, 4, there, mock.copied);
	if (!failed(status))
		status = mock.table->FreeClientBuffer(NULL, there);
	return failed(status) ? status : SEC_E_NO_CREDENTIALS;
}

static NTSTATUS NTAPI mock_free_fn(LSA_SEC_HANDLE handle)
{
	free((void *)handle);
	mock.credentials--;
	return SEC_E_OK;
}

static NTSTATUS NTAPI mock_query_credentials(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	if (attribute != SECPKG_CRED_ATTR_NAMES)
		return SEC_E_UNSUPPORTED_FUNCTION;
	((SecPkgCredentials_NamesW *)buffer)->sUserName = block_dup(u"somebody", sizeof(u"somebody"));
	return SEC_E_OK;
}

static SecBuffer *buffer_of(PSecBufferDesc desc, ULONG type)
{
	for (ULONG i = 0; desc && i < desc->cBuffers; i++)
		if ((desc->pBuffers[i].BufferType & ~(ULONG)SECBUFFER_ATTRMASK) == type)
			return &desc->pBuffers[i];
	return NULL;
}

static bool input_is(PSecBufferDesc in, const char *word)
{
	const SecBuffer *b = buffer_of(in, SECBUFFER_TOKEN);
	return b && b->cbBuffer == strlen(word) && memcmp(b->pvBuffer, word, b->cbBuffer) == 0;
}

static NTSTATUS put_output(PSecBufferDesc out, ULONG requirements, const char *word)
{
	SecBuffer *b = buffer_of(out, SECBUFFER_TOKEN);
	if (!b)
		return SEC_E_INVALID_TOKEN;
	if (requirements & ISC_REQ_ALLOCATE_MEMORY)
		b->pvBuffer = block_alloc(strlen(word));
	else if (b->cbBuffer < strlen(word))
		return SEC_E_BUFFER_TOO_SMALL;
	memcpy(b->pvBuffer, word, strlen(word));
	b->cbBuffer = (ULONG)strlen(word);
	return SEC_E_OK;
}

static const OPENSSPI_LSA_EXTENSION *extension(void)
{
	const OPENSSPI_LSA_EXTENSION *table = NULL;
	assert_int_equal(OpensspiLsaExtension(OPENSSPI_LSA_EXTENSION_VERSION, &table), STATUS_SUCCESS);
	return table;
}

/* Reaches for itself, which notes a reason and refuses. */
static NTSTATUS mock_reach(void)
{
	UNICODE_STRING name = { 8, 8, (WCHAR *)(uintptr_t)u"Mock" };
	OPENSSPI_REACH_HANDLE credential = 0, context = 0;
	char notes[] = "notes";
	SecBuffer word = { 5, SECBUFFER_TOKEN, notes };
	SecBufferDesc in = { SECBUFFER_VERSION, 1, &word };
	const OPENSSPI_LSA_EXTENSION *e = extension();

	e->NoteReason("of before");
	NTSTATUS status = e->ReachAcquireCredentials(&name, SECPKG_CRED_OUTBOUND, NULL, &credential, NULL);
	assert_int_equal(status, SEC_E_OK);
	status = e->ReachInitContext(credential, 0, NULL, 0, &in, &context, NULL, NULL, NULL);
	e->ReachFreeCredentials(credential);
	assert_true(strlen(e->Reason()) < sizeof(mock.seen_reason));
	memcpy(mock.seen_reason, e->Reason(), strlen(e->Reason()) + 1);
	return status;
}

/* What the word in the input says; SEC_E_OK when it says nothing. */
static NTSTATUS obey(PSecBufferDesc in, PSecBufferDesc out, ULONG requirements)
{
	SecBuffer *first = buffer_of(in, SECBUFFER_TOKEN), *token = buffer_of(out, SECBUFFER_TOKEN);
	if (input_is(in, "alert")) {
		NTSTATUS status = put_output(out, requirements, "alert");
		return failed(status) ? status : (NTSTATUS)SEC_E_LOGON_DENIED;
	}
	if (input_is(in, "quiet"))
		return SEC_E_LOGON_DENIED;
	if (input_is(in, "reach"))
		return mock_reach();
	if (input_is(in, "notes") || input_is(in, "noted")) {
		extension()->NoteReason("the mock\nsays why");
		return input_is(in, "notes") ? SEC_E_TARGET_UNKNOWN : SEC_E_OK;
	}
	if (input_is(in, "short")) {
		in->pBuffers[1] = (SecBuffer){ 7, SECBUFFER_MISSING, NULL };
		return SEC_E_INCOMPLETE_MESSAGE;
	}
	if (input_is(in, "extra"))
		in->pBuffers[1] = (SecBuffer){ 3, SECBUFFER_EXTRA, NULL };
	if (input_is(in, "crypt"))
		memset(first->pvBuffer, 0xEE, first->cbBuffer);
	if (input_is(in, "small")) {
		token->cbBuffer = 500;
		return SEC_E_BUFFER_TOO_SMALL;
	}
	return SEC_E_OK;
}

static NTSTATUS mock_step(struct mock_context *c, PSecBufferDesc in, PSecBufferDesc out, ULONG requirements, PBOOLEAN mapped,
			  PSecBuffer data)
{
	NTSTATUS status = obey(in, out, requirements);
	if (failed(status))
		return status;
	if (atomic_fetch_add(&c->busy, 1) != 0)
		mock.clash++;
	if (input_is(in, "sleep"))
		usleep(2000);
	atomic_fetch_sub(&c->busy, 1);
	status = put_output(out, requirements, c->legs ? "two" : "one");
	if (failed(status))
		return status;
	if (input_is(in, "liar!"))
		buffer_of(out, SECBUFFER_TOKEN)->cbBuffer = 100000;
	c->legs++;
	if (c->legs < 2)
		return SEC_I_CONTINUE_NEEDED;
	*mapped = TRUE;
	*data = (SecBuffer){ 6, SECBUFFER_TOKEN, block_dup("packed", 6) };
	return SEC_E_OK;
}

static NTSTATUS mock_leg(LSA_SEC_HANDLE handle, PSecBufferDesc in, PSecBufferDesc out, ULONG requirements,
			 PLSA_SEC_HANDLE fresh, PULONG attributes, PBOOLEAN mapped, PSecBuffer data)
{
	if (input_is(in, "empty"))
		return SEC_E_OK;
	struct mock_context *c = handle ? (struct mock_context *)handle : calloc(1, sizeof(*c));
	NTSTATUS status = mock_step(c, in, out, requirements, mapped, data);
	*attributes = 0x1234;
	if (!handle && failed(status))
		free(c);
	if (!handle && !failed(status)) {
		*fresh = (LSA_SEC_HANDLE)c;
		mock.contexts++;
	}
	return status;
}

static NTSTATUS NTAPI mock_init_fn(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE handle, PUNICODE_STRING target, ULONG requirements,
				   ULONG drep, PSecBufferDesc in, PLSA_SEC_HANDLE fresh, PSecBufferDesc out, PULONG attributes,
				   PTimeStamp expiry, PBOOLEAN mapped, PSecBuffer data)
{
	expiry->QuadPart = 4711;
	return mock_leg(handle, in, out, requirements, fresh, attributes, mapped, data);
}

static NTSTATUS NTAPI mock_accept_fn(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE handle, PSecBufferDesc in, ULONG requirements,
				     ULONG drep, PLSA_SEC_HANDLE fresh, PSecBufferDesc out, PULONG attributes, PTimeStamp expiry,
				     PBOOLEAN mapped, PSecBuffer data)
{
	return mock_leg(handle, in, out, requirements, fresh, attributes, mapped, data);
}

static NTSTATUS NTAPI mock_delete_fn(LSA_SEC_HANDLE handle)
{
	free((void *)handle);
	mock.contexts--;
	return SEC_E_OK;
}

static NTSTATUS NTAPI mock_control(LSA_SEC_HANDLE handle, PSecBufferDesc in)
{
	return in->cBuffers == 1 && in->pBuffers[0].cbBuffer == 4 ? SEC_E_OK : SEC_E_INVALID_TOKEN;
}

static NTSTATUS NTAPI mock_query(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	if (attribute != SECPKG_ATTR_NAMES)
		return SEC_E_UNSUPPORTED_FUNCTION;
	((SecPkgContext_NamesW *)buffer)->sUserName = block_dup(u"LAB\\alice", sizeof(u"LAB\\alice"));
	return SEC_E_OK;
}

static NTSTATUS mock_set(ULONG attribute, PVOID buffer, ULONG size)
{
	if (attribute == 0x666)
		return SEC_E_UNSUPPORTED_FUNCTION;
	mock.set_attribute = attribute;
	mock.set_size = size;
	if (size <= sizeof(mock.set))
		memcpy(mock.set, buffer, size);
	return SEC_E_OK;
}

static NTSTATUS NTAPI mock_set_context(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer, ULONG size)
{
	return mock_set(attribute, buffer, size);
}

static NTSTATUS NTAPI mock_set_credentials(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer, ULONG size)
{
	if (attribute != SECPKG_CRED_ATTR_NAMES)
		return mock_set(attribute, buffer, size);
	const WCHAR *name = ((SecPkgCredentials_NamesW *)buffer)->sUserName;
	size_t n = 0;
	while (name[n])
		n++;
	return mock_set(attribute, (PVOID)(uintptr_t)name, (ULONG)(n * sizeof(WCHAR)));
}

static NTSTATUS NTAPI mock_add(LSA_SEC_HANDLE handle, PUNICODE_STRING principal, PUNICODE_STRING package, ULONG use, PVOID auth,
			       PVOID get_key, PVOID get_key_argument, PTimeStamp expiry)
{
	mock.added_principal = principal != NULL;
	memset(mock.added_package, 0, sizeof(mock.added_package));
	if (package)
		memcpy(mock.added_package, package->Buffer, package->Length);
	mock.last_use = use;
	mock.last_auth = auth ? *(const uint32_t *)auth : 0;
	expiry->QuadPart = 1999;
	return SEC_E_OK;
}

/* ---- messages ---- */

static bool message_is(PVOID message, ULONG length, const char *word)
{
	return length == strlen(word) && memcmp(message, word, length) == 0;
}

static NTSTATUS mock_answer(PLSA_CLIENT_REQUEST request, const void *bytes, ULONG length, PVOID *answer, PULONG answer_length)
{
	NTSTATUS status = mock.table->AllocateClientBuffer(request, length, answer);
	if (failed(status))
		return status;
	status = mock.table->CopyToClientBuffer(request, length, *answer, (PVOID)(uintptr_t)bytes);
	if (failed(status)) {
		(void)!mock.table->FreeClientBuffer(request, *answer);
		*answer = NULL;
		return status;
	}
	*answer_length = length;
	return STATUS_SUCCESS;
}

static NTSTATUS mock_pass_on(PLSA_CLIENT_REQUEST request, const char *word, PVOID *answer, PULONG answer_length, PNTSTATUS protocol)
{
	UNICODE_STRING name = { 8, 8, (WCHAR *)(uintptr_t)u"mock" };
	PVOID got = NULL;
	ULONG n = 0;
	NTSTATUS status = mock.table->CallPackage(&name, (PVOID)(uintptr_t)word, (ULONG)strlen(word), &got, &n, protocol);
	if (failed(status))
		return status;
	if (got)
		status = mock_answer(request, got, n, answer, answer_length);
	mock.table->FreeReturnBuffer(got);
	return status;
}

static NTSTATUS mock_message(char entry, PLSA_CLIENT_REQUEST request, PVOID message, PVOID base, ULONG length, PVOID *answer,
			     PULONG answer_length, PNTSTATUS protocol)
{
	SECPKG_CALL_INFO info = { 0 };
	mock.entry = entry;
	mock.request = request;
	mock.message = message;
	mock.message_base = base;
	mock.message_attributes = mock.table->GetCallInfo(&info) ? info.Attributes : 0xFFFFFFFF;
	*protocol = STATUS_SUCCESS;
	if (message_is(message, length, "fail"))
		return STATUS_INVALID_PARAMETER;
	if (message_is(message, length, "none"))
		return STATUS_SUCCESS;
	if (message_is(message, length, "call"))
		return mock_pass_on(request, "echo", answer, answer_length, protocol);
	if (message_is(message, length, "deep"))
		return mock_pass_on(request, "deep", answer, answer_length, protocol);
	if (message_is(message, length, "deny"))
		*protocol = STATUS_ACCESS_DENIED;
	return mock_answer(request, message, length, answer, answer_length);
}

#define MOCK_ENTRY(name, entry)                                                                                              \
	static NTSTATUS NTAPI name(PLSA_CLIENT_REQUEST request, PVOID message, PVOID base, ULONG length, PVOID *answer,        \
				   PULONG answer_length, PNTSTATUS protocol)                                                   \
	{                                                                                                                       \
		return mock_message(entry, request, message, base, length, answer, answer_length, protocol);                     \
	}
MOCK_ENTRY(mock_call_trusted, 'T')
MOCK_ENTRY(mock_call_untrusted, 'U')
MOCK_ENTRY(mock_call_through, 'P')

static NTSTATUS NTAPI mock_accept_credentials(SECURITY_LOGON_TYPE type, PUNICODE_STRING account, PSECPKG_PRIMARY_CRED primary,
					      PSECPKG_SUPPLEMENTAL_CRED supplemental)
{
	mock.accepted++;
	mock.accepted_type = type;
	mock.accepted_flags = primary ? primary->Flags : 0;
	mock.accepted_size = supplemental ? supplemental->CredentialSize : 0;
	memset(mock.accepted_bytes, 0, sizeof(mock.accepted_bytes));
	if (mock.accepted_size && mock.accepted_size <= sizeof(mock.accepted_bytes))
		memcpy(mock.accepted_bytes, supplemental->Credentials, mock.accepted_size);
	return mock.accept_with;
}

static VOID NTAPI mock_terminated(PLUID logon)
{
	mock.terminated++;
	mock.terminated_logon = *logon;
}

#define MOCK_TABLE(initialize, info)                                                                                            \
	{                                                                                                                       \
		.Initialize = (initialize), .Shutdown = mock_shutdown, .GetInfo = (info), .AcquireCredentialsHandle = mock_acquire_fn, \
		.QueryCredentialsAttributes = mock_query_credentials, .FreeCredentialsHandle = mock_free_fn,                    \
		.InitLsaModeContext = mock_init_fn, .AcceptLsaModeContext = mock_accept_fn, .DeleteContext = mock_delete_fn,    \
		.ApplyControlToken = mock_control, .QueryContextAttributes = mock_query, .GetExtendedInformation = mock_extended, \
	}

/* ---- the user half ---- */

static NTSTATUS NTAPI mock_map(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	bool good = packed->cbBuffer == 6 && memcmp(packed->pvBuffer, "packed", 6) == 0;
	block_free(packed->pvBuffer);
	mock.mapped += good;
	return good ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}

static NTSTATUS NTAPI mock_unmap(LSA_SEC_HANDLE handle)
{
	mock.mapped--;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI mock_seal(LSA_SEC_HANDLE handle, ULONG quality, PSecBufferDesc message, ULONG sequence)
{
	SecBuffer *b = buffer_of(message, SECBUFFER_DATA);
	for (ULONG i = 0; i < b->cbBuffer; i++)
		((uint8_t *)b->pvBuffer)[i] ^= 0x55;
	return SEC_E_OK;
}

static NTSTATUS NTAPI mock_unseal(LSA_SEC_HANDLE handle, PSecBufferDesc message, ULONG sequence, PULONG quality)
{
	return mock_seal(handle, 0, message, sequence);
}

static NTSTATUS NTAPI mock_query_user(LSA_SEC_HANDLE handle, ULONG attribute, PVOID buffer)
{
	if (attribute != SECPKG_ATTR_SIZES)
		return SEC_E_UNSUPPORTED_FUNCTION;
	*(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){ 1, 2, 3, 4 };
	return SEC_E_OK;
}

static SECPKG_USER_FUNCTION_TABLE mock_user_tables[2] = {
	{ .InitUserModeContext = mock_map, .DeleteUserModeContext = mock_unmap, .SealMessage = mock_seal,
	  .UnsealMessage = mock_unseal, .QueryContextAttributes = mock_query_user },
};

static NTSTATUS mock_user(ULONG version, ULONG *package_version, PSECPKG_USER_FUNCTION_TABLE *tables, ULONG *count)
{
	*package_version = SECPKG_INTERFACE_VERSION;
	*tables = mock_user_tables;
	*count = 2;
	return STATUS_SUCCESS;
}

/* ---- the modules ---- */

/* Two tables of version 1, as a package built with an old header has them: shorter than ours. */
#define V1_SIZE (27 * sizeof(void *))
static _Alignas(void *) uint8_t old_tables[2 * V1_SIZE];

static NTSTATUS mock_load(ULONG version, ULONG *package_version, PSECPKG_FUNCTION_TABLE *tables, ULONG *count)
{
	const SECPKG_FUNCTION_TABLE first = MOCK_TABLE(mock_initialize, mock_info);
	SECPKG_FUNCTION_TABLE second = MOCK_TABLE(mock_initialize, mock_second_info);
	if (version != SECPKG_INTERFACE_VERSION)
		return STATUS_INVALID_PARAMETER;
	second.GetExtendedInformation = NULL;
	second.AcquireCredentialsHandle = mock_acquire_opaque;
	memcpy(old_tables, &first, V1_SIZE);
	memcpy(old_tables + V1_SIZE, &second, V1_SIZE);
	*package_version = SECPKG_INTERFACE_VERSION;
	*tables = (PSECPKG_FUNCTION_TABLE)(void *)old_tables;
	*count = 2;
	return STATUS_SUCCESS;
}

static SECPKG_FUNCTION_TABLE newest_table = MOCK_TABLE(mock_initialize, mock_info);

static NTSTATUS mock_load_whole(ULONG version, ULONG *package_version, PSECPKG_FUNCTION_TABLE *tables, ULONG *count)
{
	newest_table.SetContextAttributes = mock_set_context;
	newest_table.SetCredentialsAttributes = mock_set_credentials;
	newest_table.AddCredentials = mock_add;
	newest_table.CallPackage = mock_call_trusted;
	newest_table.CallPackageUntrusted = mock_call_untrusted;
	newest_table.CallPackagePassthrough = mock_call_through;
	newest_table.AcceptCredentials = mock_accept_credentials;
	newest_table.LogonTerminated = mock_terminated;
	*package_version = SECPKG_INTERFACE_VERSION_10;
	*tables = &newest_table;
	*count = 1;
	return STATUS_SUCCESS;
}

static NTSTATUS mock_refuse(ULONG version, ULONG *package_version, PSECPKG_FUNCTION_TABLE *tables, ULONG *count)
{
	return STATUS_UNSUCCESSFUL;
}

static SECPKG_FUNCTION_TABLE whole_table = MOCK_TABLE(mock_initialize, mock_info);
static SECPKG_FUNCTION_TABLE broken_tables[] = {
	MOCK_TABLE(mock_fails_to_initialize, mock_info),
	MOCK_TABLE(mock_initialize, mock_long_info),
	MOCK_TABLE(mock_initialize, NULL),
};
static SECPKG_FUNCTION_TABLE twin_table = MOCK_TABLE(mock_initialize, mock_twin_info);
static SECPKG_FUNCTION_TABLE nameless_table = MOCK_TABLE(mock_initialize, mock_nameless_info);

#define MOCK_LOADER(name, its_version, its_tables, its_count)                                                                  \
	static NTSTATUS name(ULONG version, ULONG *package_version, PSECPKG_FUNCTION_TABLE *tables, ULONG *count)              \
	{                                                                                                                       \
		*package_version = (its_version);                                                                               \
		*tables = (its_tables);                                                                                         \
		*count = (its_count);                                                                                           \
		return STATUS_SUCCESS;                                                                                          \
	}
MOCK_LOADER(load_future, 0x04000000, &whole_table, 1)
MOCK_LOADER(load_empty, SECPKG_INTERFACE_VERSION_10, &whole_table, 0)
MOCK_LOADER(load_null, SECPKG_INTERFACE_VERSION_10, NULL, 1)
MOCK_LOADER(load_broken, SECPKG_INTERFACE_VERSION_10, broken_tables, 3)
MOCK_LOADER(load_twin, SECPKG_INTERFACE_VERSION_10, &twin_table, 1)
MOCK_LOADER(load_nameless, SECPKG_INTERFACE_VERSION_10, &nameless_table, 1)

const struct package_module mock_module = { "mock", mock_load, mock_user, NULL };
const struct package_module mock_whole_module = { "whole", mock_load_whole, mock_user, NULL };
const struct package_module mock_refusing_module = { "refusing", mock_refuse, NULL, NULL };
const struct package_module mock_future_module = { "future", load_future, NULL, NULL };
const struct package_module mock_empty_module = { "empty", load_empty, NULL, NULL };
const struct package_module mock_tables_null_module = { "null", load_null, NULL, NULL };
const struct package_module mock_broken_module = { "broken", load_broken, NULL, NULL };
const struct package_module mock_twin_module = { "twin", load_twin, NULL, NULL };
const struct package_module mock_nameless_module = { "nameless", load_nameless, NULL, NULL };

/* ---- helpers ---- */

static struct userhalves *halves;

struct lsa *mock_lsa(const struct package_module *const *modules)
{
	struct lsa *lsa = NULL;
	mock = (struct mock_state){ .last_use = 0 };
	assert_int_equal(userhalves_new(modules, &halves), STATUS_SUCCESS);
	const struct lsa_setup setup = { .modules = modules, .userhalves = halves };
	assert_int_equal(lsa_new(&setup, &lsa), STATUS_SUCCESS);
	return lsa;
}

struct lsa *mock_lsa_plain(void)
{
	static const struct package_module *const modules[] = { &mock_module, NULL };
	return mock_lsa(modules);
}

void mock_lsa_end(struct lsa *lsa)
{
	lsa_free(lsa);
	userhalves_free(halves);
	assert_int_equal(mock.credentials, 0);
	assert_int_equal(mock.contexts, 0);
	assert_int_equal(mock.mapped, 0);
}

uint64_t mock_acquire(struct channel *c)
{
	const struct acquire_call call = { .package = MOCK_TEXT(u"mock"), .use = SECPKG_CRED_BOTH };
	struct acquire_reply reply = { 0 };
	assert_int_equal(channel_call(c, CALL_ACQUIRE_CREDENTIALS, &call, &reply), SEC_E_OK);
	assert_true(reply.credential != 0);
	return reply.credential;
}

NTSTATUS mock_free(struct channel *c, uint64_t credential)
{
	struct empty_reply reply = { 0 };
	return channel_call(c, CALL_FREE_CREDENTIALS, &(struct credential_call){ credential }, &reply);
}

static NTSTATUS mock_call(struct channel *c, enum call which, struct context_call *call, const char *token,
			  struct context_reply *reply)
{
	if (token) {
		call->has_in = true;
		if (!call->in_count)
			call->in_count = 1;
		call->in[0] = (struct ipc_buffer){ SECBUFFER_TOKEN, (uint32_t)strlen(token), (const uint8_t *)token,
						   (uint32_t)strlen(token) };
	}
	if (!call->has_out) {
		call->has_out = true;
		call->out_count = 1;
		call->out[0] = (struct ipc_buffer){ .type = SECBUFFER_TOKEN, .room = 64 };
	}
	memset(reply, 0, sizeof(*reply));
	return channel_call(c, which, call, reply);
}

NTSTATUS mock_init(struct channel *c, struct context_call *call, const char *token, struct context_reply *reply)
{
	return mock_call(c, CALL_INIT_CONTEXT, call, token, reply);
}

NTSTATUS mock_accept(struct channel *c, struct context_call *call, const char *token, struct context_reply *reply)
{
	return mock_call(c, CALL_ACCEPT_CONTEXT, call, token, reply);
}

NTSTATUS mock_delete(struct channel *c, uint64_t context)
{
	struct empty_reply reply = { 0 };
	return channel_call(c, CALL_DELETE_CONTEXT, &(struct delete_context_call){ context }, &reply);
}
