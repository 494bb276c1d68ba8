/* tests/unit/fake_lsa.c - see tests/unit/fake_lsa.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <opensspi.h>

#include "base/block.h"
#include "fake_lsa.h"
#include "ipc/reason.h"

struct fake fake;

static _Thread_local bool short_of_memory; /* an answer could not be made whole */

struct ipc_owned owned_bytes(const void *p, size_t n)
{
	struct ipc_owned out = { .n = (uint32_t)n };
	if (n) {
		out.p = mem_dup(p, n);
		if (!out.p) {
			short_of_memory = true;
			out.n = 0;
		}
	}
	return out;
}

struct ipc_owned owned_text(const char *ascii)
{
	WCHAR wide[128];
	size_t n = strlen(ascii);
	for (size_t i = 0; i < n; i++)
		wide[i] = (WCHAR)ascii[i];
	return owned_bytes(wide, n * sizeof(WCHAR));
}

static NTSTATUS answer_packages(const void *request, void *reply)
{
	static const struct {
		const char *name;
		uint32_t format;
	} package[FAKE_COUNT] = {
		{ "Fake", OPENSSPI_AUTH_DATA_IDENTITY },
		{ "FakeCredSSP", OPENSSPI_AUTH_DATA_CREDSSP },
		{ "FakeTLS", OPENSSPI_AUTH_DATA_SCHANNEL },
		{ "FakeOpaque", OPENSSPI_AUTH_DATA_OPAQUE },
	};
	struct packages_reply *r = reply;

	(void)request;
	r->package = mem_array(FAKE_COUNT, sizeof(*r->package));
	if (!r->package)
		return STATUS_NO_MEMORY;
	r->count = FAKE_COUNT;
	for (uint32_t i = 0; i < FAKE_COUNT; i++)
		r->package[i] = (struct package_record){
			.id = i,
			.capabilities = SECPKG_FLAG_CONNECTION,
			.version = 1,
			.rpc_id = SECPKG_ID_NONE,
			.max_token = 1000 + i,
			.auth_format = package[i].format,
			.name = owned_text(package[i].name),
			.comment = owned_text("A package of the tests"),
		};
	return STATUS_SUCCESS;
}

static NTSTATUS answer_acquire(const void *request, void *reply)
{
	const struct acquire_call *call = request;
	struct acquire_reply *r = reply;

	fake.auth_n = call->auth.n < sizeof(fake.auth) ? call->auth.n : sizeof(fake.auth);
	if (fake.auth_n)
		memcpy(fake.auth, call->auth.p, fake.auth_n);
	fake.client_address = call->client_address;
	r->credential = 77;
	r->expiry = 1234567;
	r->package = call->package.p[4] == 'C' || call->package.p[4] == 'c' ? FAKE_CREDSSP :
		     call->package.n == 4 ? FAKE_IDENTITY : FAKE_SCHANNEL;
	return STATUS_SUCCESS;
}

static NTSTATUS answer_context(const void *request, void *reply)
{
	static uint64_t next = 100;
	const struct context_call *call = request;
	struct context_reply *r = reply;

	r->context = call->context ? call->context :
				     __atomic_fetch_add(&next, 1, __ATOMIC_RELAXED);
	r->attributes = ISC_RET_INTEGRITY;
	r->expiry = 7654321;
	r->out_count = call->out_count;
	for (uint32_t i = 0; i < call->out_count; i++)
		r->out[i].type = call->out[i].type;
	if (call->out_count) {
		r->out[0].bytes = owned_bytes("out", 3);
		r->out[0].size = 3;
	}
	r->mapped = true;
	r->user_key = 0xABCD;
	r->user_data = owned_bytes("packed", 6);
	return SEC_E_OK;
}

static NTSTATUS answer_delete(const void *request, void *reply)
{
	const struct delete_context_call *call = request;
	(void)reply;
	__atomic_store_n(&fake.deleted, call->context, __ATOMIC_RELAXED);
	return STATUS_SUCCESS;
}

static NTSTATUS answer_nothing(const void *request, void *reply)
{
	(void)request;
	(void)reply;
	return STATUS_SUCCESS;
}

static NTSTATUS answer_unsupported(const void *request, void *reply)
{
	(void)request;
	(void)reply;
	return SEC_E_UNSUPPORTED_FUNCTION;
}

static NTSTATUS answer_set(const void *request, void *reply)
{
	const struct set_attribute_call *call = request;
	(void)reply;
	fake.set_attribute = call->attribute;
	fake.set_object = call->object;
	fake.set_n = call->value.n < sizeof(fake.set) ? call->value.n : sizeof(fake.set);
	if (fake.set_n)
		memcpy(fake.set, call->value.p, fake.set_n);
	return STATUS_SUCCESS;
}

static NTSTATUS answer_add(const void *request, void *reply)
{
	const struct add_credentials_call *call = request;
	struct add_credentials_reply *r = reply;

	fake.auth_n = call->auth.n < sizeof(fake.auth) ? call->auth.n : sizeof(fake.auth);
	if (fake.auth_n)
		memcpy(fake.auth, call->auth.p, fake.auth_n);
	fake.client_address = call->client_address;
	r->expiry = 99;
	return call->package.n ? STATUS_SUCCESS : SEC_E_INTERNAL_ERROR;
}

static fake_answer *const defaults[CALL_COUNT] = {
	[CALL_PACKAGES] = answer_packages,
	[CALL_ACQUIRE_CREDENTIALS] = answer_acquire,
	[CALL_FREE_CREDENTIALS] = answer_nothing,
	[CALL_QUERY_CREDENTIALS] = answer_unsupported,
	[CALL_INIT_CONTEXT] = answer_context,
	[CALL_ACCEPT_CONTEXT] = answer_context,
	[CALL_DELETE_CONTEXT] = answer_delete,
	[CALL_CONTROL_CONTEXT] = answer_nothing,
	[CALL_QUERY_CONTEXT] = answer_unsupported,
	[CALL_SESSION_DATA] = answer_unsupported,
	[CALL_SET_CREDENTIALS] = answer_set,
	[CALL_SET_CONTEXT] = answer_set,
	[CALL_ADD_CREDENTIALS] = answer_add,
	[CALL_CRED_PROTECT] = answer_unsupported,
	[CALL_CRED_UNPROTECT] = answer_unsupported,
};

void fake_reset(void)
{
	fake = (struct fake){ .channel_status = STATUS_SUCCESS };
}

/* ---- the channel ---- */

static NTSTATUS carry_back(const struct call_row *row, const void *answer, void *reply,
			   NTSTATUS status)
{
	CLEANUP(wr_done) struct wr w = WR(IPC_BYTES_MAX);

	row->write_reply(&w, answer);
	if (!wr_ok(&w))
		return SEC_E_INSUFFICIENT_MEMORY;
	struct rd r = wr_view(&w);
	return row->read_reply(r, reply) ? status : SEC_E_INSUFFICIENT_MEMORY;
}

static NTSTATUS fake_call(struct channel *c, enum call which, const void *request, void *reply,
			  struct call_reason *why)
{
	const struct call_row *row = call_row(which);
	CLEANUP(wr_done) struct wr w = WR(IPC_BYTES_MAX);
	CLEANUP(mem_free_p) void *asked = mem_alloc(row->request_size);
	CLEANUP(mem_free_p) void *answer = mem_alloc(row->reply_size);

	(void)c;
	__atomic_fetch_add(&fake.calls[which], 1, __ATOMIC_RELAXED);
	row->write_request(&w, request);
	if (!asked || !answer || !wr_ok(&w))
		return SEC_E_INSUFFICIENT_MEMORY;
	if (!row->read_request(wr_view(&w), asked))
		return SEC_E_INTERNAL_ERROR;
	fake_answer *handler = fake.on[which] ? fake.on[which] : defaults[which];
	short_of_memory = false;
	NTSTATUS status = handler(asked, answer);
	if (short_of_memory)
		status = SEC_E_INSUFFICIENT_MEMORY;
	else
		status = carry_back(row, answer, reply, status);
	call_reply_done(which, answer);
	call_reason_set(why, fake.reason);
	return status;
}

struct channel *channel_current(NTSTATUS *status)
{
	static const struct channel_ops ops = { .name = "fake", .call = fake_call };
	static struct channel channel = { .ops = &ops };

	*status = fake.channel_status;
	return failed(fake.channel_status) ? NULL : &channel;
}

/* ---- the user-mode half ---- */

static NTSTATUS NTAPI user_init(LSA_SEC_HANDLE key, PSecBuffer packed)
{
	block_free(packed->pvBuffer);
	__atomic_store_n(&fake.key, key, __ATOMIC_RELAXED);
	__atomic_fetch_add(&fake.mapped, packed->cbBuffer == 6, __ATOMIC_RELAXED);
	return fake.user_status;
}

static NTSTATUS NTAPI user_delete(LSA_SEC_HANDLE key)
{
	__atomic_fetch_add(&fake.unmapped, key == 0xABCD, __ATOMIC_RELAXED);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI user_seal(LSA_SEC_HANDLE key, ULONG qop, PSecBufferDesc message, ULONG sequence)
{
	(void)key;
	(void)qop;
	(void)message;
	(void)sequence;
	__atomic_fetch_add(&fake.sealed, 1, __ATOMIC_RELAXED);
	return fake.message_status;
}

static NTSTATUS NTAPI user_unseal(LSA_SEC_HANDLE key, PSecBufferDesc message, ULONG sequence,
				  PULONG qop)
{
	(void)key;
	(void)message;
	(void)sequence;
	if (qop)
		*qop = 5;
	__atomic_fetch_add(&fake.unsealed, 1, __ATOMIC_RELAXED);
	return fake.message_status;
}

static NTSTATUS NTAPI user_query(LSA_SEC_HANDLE key, ULONG attribute, PVOID value)
{
	static const WCHAR name[] = { 'D', '\\', 0xE4, 0 };
	SecPkgContext_NamesW *names = value;

	(void)key;
	if (attribute != SECPKG_ATTR_NAMES)
		return STATUS_NOT_SUPPORTED;
	names->sUserName = block_dup(name, sizeof(name));
	return names->sUserName ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS NTAPI user_export(LSA_SEC_HANDLE key, ULONG flags, PSecBuffer packed, PHANDLE token)
{
	if (!fake.transfers)
		return STATUS_NOT_SUPPORTED;
	fake.export_flags = flags;
	if (failed(fake.transfer_status))
		return fake.transfer_status;
	packed->pvBuffer = block_dup("exported", 8);
	packed->cbBuffer = packed->pvBuffer ? 8 : 0;
	return packed->pvBuffer ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS NTAPI user_import(PSecBuffer packed, HANDLE token, PLSA_SEC_HANDLE key)
{
	if (!fake.transfers)
		return STATUS_NOT_SUPPORTED;
	if (packed->cbBuffer != 8 || memcmp(packed->pvBuffer, "exported", 8) != 0)
		return SEC_E_INVALID_TOKEN;
	fake.imported++;
	*key = 0xABCD;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI user_token(LSA_SEC_HANDLE key, PHANDLE token)
{
	*token = fake.tokens ? &fake : NULL;
	return STATUS_SUCCESS;
}

static SECPKG_USER_FUNCTION_TABLE user_tables[] = { {
	.InitUserModeContext = user_init,
	.MakeSignature = user_seal,
	.VerifySignature = user_unseal,
	.SealMessage = user_seal,
	.UnsealMessage = user_unseal,
	.QueryContextAttributes = user_query,
	.DeleteUserModeContext = user_delete,
	.ExportContext = user_export,
	.ImportContext = user_import,
	.GetContextToken = user_token,
} };

static NTSTATUS user_initialize(ULONG lsa_version, ULONG *version,
				PSECPKG_USER_FUNCTION_TABLE *tables, ULONG *count)
{
	*version = lsa_version;
	*tables = user_tables;
	*count = ARRAY_LEN(user_tables);
	return STATUS_SUCCESS;
}

struct userhalves *userhalves_current(void)
{
	static const struct package_module module = { .name = "fake",
						      .user_initialize = user_initialize };
	static const struct package_module *const modules[] = { &module, NULL };
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct userhalves *made;

	if (fake.no_user_half)
		return NULL;
	pthread_mutex_lock(&lock);
	if (!made && failed(userhalves_new(modules, &made)))
		made = NULL;
	pthread_mutex_unlock(&lock);
	return made;
}

CredHandle fake_credential(const char *package)
{
	CredHandle handle;
	TimeStamp expiry;
	assert_int_equal(AcquireCredentialsHandleA(NULL, (char *)(uintptr_t)package,
						   SECPKG_CRED_OUTBOUND, NULL, NULL, NULL, NULL,
						   &handle, &expiry),
			 SEC_E_OK);
	return handle;
}
