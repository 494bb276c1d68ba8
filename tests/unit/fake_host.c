/* tests/unit/fake_host.c - see tests/unit/fake_host.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <pthread.h>
#include <unistd.h>

#include "base/block.h"
#include "base/secret.h"
#include "base/utf.h"
#include "crypto/ntlm.h"
#include "fake_host.h"
#include "wire/authdata.h"
#include "wire/sids.h"

#define ROOM 12256
#define MODULES_MAX 8

struct fake_host fake_host;

static WCHAR nb_computer[] = OPENSSPI_WIDE("SRV"), nb_domain[] = OPENSSPI_WIDE("LAB"),
	     dns_computer[] = OPENSSPI_WIDE("srv.lab.test"),
	     dns_domain[] = OPENSSPI_WIDE("lab.test");

/* ---- the heap ---- */

static PVOID NTAPI heap_allocate(ULONG n)
{
	void *p = block_alloc(n);
	if (p)
		atomic_fetch_add(&fake_host.heap, 1);
	return p;
}

static VOID NTAPI heap_free(PVOID p)
{
	if (p)
		atomic_fetch_sub(&fake_host.heap, 1);
	block_free(p);
}

static BOOLEAN NTAPI get_call_info(PSECPKG_CALL_INFO info)
{
	return fake_host.call_info && fake_host.call_info(info);
}

/* ---- one client, in this process, and its sessions ---- */

static NTSTATUS NTAPI allocate_client_buffer(PLSA_CLIENT_REQUEST request, ULONG n, PVOID *out)
{
	*out = heap_allocate(n);
	return *out ? STATUS_SUCCESS : STATUS_NO_MEMORY;
}

static NTSTATUS NTAPI free_client_buffer(PLSA_CLIENT_REQUEST request, PVOID p)
{
	heap_free(p);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI copy_to_client(PLSA_CLIENT_REQUEST request, ULONG n, PVOID to, PVOID from)
{
	memcpy(to, from, n);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI get_client_info(PSECPKG_CLIENT_INFO info)
{
	ULONG other = fake_host.process ? fake_host.process : 1;

	*info = (SECPKG_CLIENT_INFO){ .LogonId = FAKE_CLIENT,
				      .ProcessID = fake_host.is_remote ? other : (ULONG)getpid(),
				      .HasTcbPrivilege = fake_host.is_trusted };
	return STATUS_SUCCESS;
}

/* ---- what packages keep for sessions: a few entries ---- */

static struct kept {
	LUID logon;
	ULONG package;
	char key[16];
	struct secret *bytes;
} kept[8];

static struct kept *kept_find(PLUID logon, ULONG package, const char *key, size_t n)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (kept[i].bytes && kept[i].package == package &&
		    SecEqualLuid(&kept[i].logon, logon) && strlen(kept[i].key) == n &&
		    memcmp(kept[i].key, key, n) == 0)
			return &kept[i];
	return NULL;
}

static void kept_forget(PLUID logon)
{
	for (size_t i = 0; i < ARRAY_LEN(kept); i++)
		if (!logon || SecEqualLuid(&kept[i].logon, logon)) {
			secret_free(kept[i].bytes);
			kept[i].bytes = NULL;
		}
}

static NTSTATUS NTAPI get_credentials(PLUID logon, ULONG package, PULONG context, BOOLEAN all,
				      PLSA_STRING key, PULONG key_length, PLSA_STRING value)
{
	const struct kept *k = kept_find(logon, package, key->Buffer, key->Length);

	if (!k)
		return STATUS_UNSUCCESSFUL;
	*value = (LSA_STRING){ (USHORT)k->bytes->len, (USHORT)k->bytes->len,
			       heap_allocate((ULONG)k->bytes->len) };
	memcpy(value->Buffer, k->bytes->p, k->bytes->len);
	return STATUS_SUCCESS;
}

/* The one that was there first. */
static NTSTATUS NTAPI delete_credential(PLUID logon, ULONG package, PLSA_STRING key)
{
	struct kept *k = kept_find(logon, package, key->Buffer, key->Length);

	if (!k)
		return STATUS_OBJECT_NAME_NOT_FOUND;
	secret_free(k->bytes);
	k->bytes = NULL;
	return STATUS_SUCCESS;
}

const void *fake_host_kept(LUID logon, ULONG package, size_t *n)
{
	const struct kept *k = kept_find(&logon, package, "Primary", 7);

	*n = k ? k->bytes->len : 0;
	return k ? k->bytes->p : NULL;
}

static NTSTATUS NTAPI create_logon_session(PLUID logon)
{
	fake_host.sessions++;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI delete_logon_session(PLUID logon)
{
	fake_host.sessions--;
	kept_forget(logon);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI add_credential(PLUID logon, ULONG package, PLSA_STRING key, PLSA_STRING value)
{
	size_t place = 0;

	if (failed(fake_host.session_status))
		return fake_host.session_status;
	while (place < ARRAY_LEN(kept) && kept[place].bytes)
		place++;
	if (place < ARRAY_LEN(kept))
		kept[place] = (struct kept){ *logon, package, "",
					     secret_copy(value->Buffer, value->Length) };
	if (place < ARRAY_LEN(kept) && key->Length < sizeof(kept->key))
		memcpy(kept[place].key, key->Buffer, key->Length);
	return STATUS_SUCCESS;
}

static VOID NTAPI audit_logon(NTSTATUS status, NTSTATUS sub_status, PUNICODE_STRING account,
			      PUNICODE_STRING authority, PUNICODE_STRING workstation, PSID sid,
			      SECURITY_LOGON_TYPE type, PTOKEN_SOURCE source, PLUID logon)
{
	fake_host.audited++;
	fake_host.audit_status = status;
	fake_host.audit_sub_status = sub_status;
	fake_host.audit_type = type;
	fake_host.audit_user[0] = '\0';
	for (size_t i = 0; account && i < account->Length / 2u && i < 31; i++) {
		fake_host.audit_user[i] = (char)account->Buffer[i];
		fake_host.audit_user[i + 1] = '\0';
	}
}

static NTSTATUS NTAPI update_credentials(PSECPKG_PRIMARY_CRED primary,
					 PSECPKG_SUPPLEMENTAL_CRED_ARRAY supplemental)
{
	fake_host.updates++;
	return fake_host.session_status;
}

/* Its output is of the same heap. */
static NTSTATUS NTAPI client_callback(PCHAR number, ULONG_PTR argument1, ULONG_PTR argument2,
				      PSecBuffer in, PSecBuffer out)
{
	if (!fake_host.call_back)
		return STATUS_NOT_SUPPORTED;
	*out = (SecBuffer){ 0 };
	NTSTATUS status = fake_host.call_back(argument1, argument2, in, out);
	if (out->pvBuffer)
		atomic_fetch_add(&fake_host.heap, 1);
	return status;
}

static LSA_SECPKG_FUNCTION_TABLE table = {
	.ClientCallback = client_callback,
	.CreateLogonSession = create_logon_session,
	.DeleteLogonSession = delete_logon_session,
	.AddCredential = add_credential,
	.GetCredentials = get_credentials,
	.DeleteCredential = delete_credential,
	.AuditLogon = audit_logon,
	.UpdateCredentials = update_credentials,
	.AllocateClientBuffer = allocate_client_buffer,
	.FreeClientBuffer = free_client_buffer,
	.CopyToClientBuffer = copy_to_client,
	.GetClientInfo = get_client_info,
	.GetCallInfo = get_call_info,
	.AllocateLsaHeap = heap_allocate,
	.FreeLsaHeap = heap_free,
};

const LSA_SECPKG_FUNCTION_TABLE *fake_host_table(void)
{
	return &table;
}

static const SECPKG_USER_FUNCTION_TABLE *locate(const WCHAR *name, size_t n)
{
	return fake_host.locate ? fake_host.locate(name, n) : NULL;
}

static PVOID NTAPI locate_by_id(ULONG id)
{
	return fake_host.locate_by_id ? (PVOID)(uintptr_t)fake_host.locate_by_id(id) : NULL;
}

static struct module_services dll = {
	.windows = { .AllocateHeap = heap_allocate,
		     .FreeHeap = heap_free,
		     .LocatePackageById = locate_by_id },
	.locate = locate,
};

/* ---- the extension ---- */

static UNICODE_STRING string_of(WCHAR *s)
{
	return unicode_view(s, utf16_len(s));
}

static NTSTATUS NTAPI machine_names(POPENSSPI_MACHINE_NAMES names)
{
	*names = (OPENSSPI_MACHINE_NAMES){ string_of(nb_computer), string_of(nb_domain),
					   string_of(dns_computer), string_of(dns_domain) };
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI query_policy(ULONG number, PULONG value)
{
	if (number >= FAKE_POLICIES)
		return STATUS_INVALID_PARAMETER;
	*value = fake_host.policy[number];
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI check_delegation(ULONG class, BOOLEAN mutual, const UNICODE_STRING *target)
{
	return STATUS_SUCCESS;
}

static bool text_is(const UNICODE_STRING *s, const char *utf8)
{
	WCHAR *other = NULL;
	size_t n;
	if (!utf16_from_utf8(utf8, strlen(utf8), &other, &n))
		return false;
	bool same = utf16_equal_nocase(s->Buffer, s->Length / 2, other, n);
	mem_free(other);
	return same;
}

static BOOLEAN NTAPI target_is_ours(const UNICODE_STRING *target)
{
	return !fake_host.target || text_is(target, fake_host.target);
}

static bool proof_is_right(const OPENSSPI_NTLM_LOGON *logon, bool with_domain, UCHAR key[16])
{
	uint8_t hash[16], ntowf[16], proof[16];
	WCHAR *password = NULL;
	size_t n;

	if (logon->NtResponseLength < 44 || !fake_host.password[0] ||
	    !utf16_from_utf8(fake_host.password, strlen(fake_host.password), &password, &n))
		return false;
	ntlm_ntowf_v1(password, n * 2, hash);
	mem_free(password);
	if (!ntlm_ntowf_v2(hash, logon->User.Buffer, logon->User.Length, logon->Domain.Buffer,
			   with_domain ? logon->Domain.Length : 0, ntowf))
		return false;
	ntlm_proof_v2(ntowf, logon->ServerChallenge, logon->NtResponse + 16,
		      logon->NtResponseLength - 16, proof);
	ntlm_session_base_v2(ntowf, proof, key);
	return bytes_equal(proof, logon->NtResponse, sizeof(proof));
}

static UNICODE_STRING string_copy(const UNICODE_STRING *s)
{
	UNICODE_STRING copy = { s->Length, s->Length, heap_allocate(s->Length + 2u) };
	if (s->Length)
		memcpy(copy.Buffer, s->Buffer, s->Length);
	return copy;
}

static NTSTATUS NTAPI authenticate_ntlm(const OPENSSPI_NTLM_LOGON *logon,
					POPENSSPI_NTLM_LOGON_RESULT result)
{
	atomic_fetch_add(&fake_host.authentications, 1);
	if (!fake_host.password)
		return SEC_E_NO_AUTHENTICATING_AUTHORITY;
	if (fake_host.user && !text_is(&logon->User, fake_host.user))
		return STATUS_LOGON_FAILURE;
	if (logon->Domain.Length && !text_is(&logon->Domain, fake_host.domain))
		return STATUS_LOGON_FAILURE;
	if (!proof_is_right(logon, true, result->SessionBaseKey) &&
	    !proof_is_right(logon, false, result->SessionBaseKey))
		return STATUS_LOGON_FAILURE;
	if (fake_host.account_status != STATUS_SUCCESS)
		return fake_host.account_status;
	UNICODE_STRING domain = string_of(nb_domain);
	result->Domain = string_copy(&domain);
	result->User = string_copy(&logon->User);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI authenticate_ntlm_sids(const OPENSSPI_NTLM_LOGON *logon,
					     POPENSSPI_NTLM_LOGON_RESULT result, PSecBuffer sids)
{
	CLEANUP(wr_done) struct wr list = WR(4096);

	*sids = (SecBuffer){ .cbBuffer = 0 };
	NTSTATUS status = fake_host.extension.AuthenticateNtlm(logon, result);
	if (failed(status) || !fake_host.sids[0])
		return status;
	for (size_t i = 0; i < ARRAY_LEN(fake_host.sids) && fake_host.sids[i]; i++)
		sids_write(&list, fake_host.sids[i]);
	assert(wr_ok(&list));
	sids->cbBuffer = (ULONG)list.len;
	sids->pvBuffer = heap_allocate((ULONG)list.len);
	memcpy(sids->pvBuffer, list.buf, list.len);
	return STATUS_SUCCESS;
}

/* ---- saved identities ---- */

static NTSTATUS give_identity(const struct fake_account *account, PVOID *out)
{
	CLEANUP(mem_free_p) void *block = NULL;

	*out = NULL;
	if (failed(fake_host.saved_status))
		return fake_host.saved_status;
	if (!account->user)
		return SEC_E_NO_CREDENTIALS;
	block = fake_identity(account->domain, account->user, account->password);
	struct rd bytes = authdata_block(block);
	*out = heap_allocate((ULONG)bytes.n);
	memcpy(*out, bytes.p, bytes.n);
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI read_default(PVOID *out)
{
	return give_identity(&fake_host.standard, out);
}

static NTSTATUS NTAPI read_saved(const UNICODE_STRING *target, PVOID *out)
{
	static const struct fake_account none;
	bool fits = fake_host.saved_for && text_is(target, fake_host.saved_for);

	return give_identity(fits ? &fake_host.saved : &none, out);
}

NTSTATUS NTAPI OpensspiLsaExtension(ULONG version, const OPENSSPI_LSA_EXTENSION **out)
{
	if (version != OPENSSPI_LSA_EXTENSION_VERSION)
		return STATUS_NOT_SUPPORTED;
	*out = &fake_host.extension;
	return STATUS_SUCCESS;
}

static VOID NTAPI note_target(const OPENSSPI_TARGET_NAMES *names)
{
	assert(names->TargetName.Length);
	fake_host.targets_noted++;
}

static VOID NTAPI note_reason(const char *sentence)
{
	(void)snprintf(fake_host.reason, sizeof(fake_host.reason), "%s", sentence ? sentence : "");
}

static const char *NTAPI reason(VOID)
{
	return fake_host.reason;
}

void fake_host_reset(void)
{
	kept_forget(NULL);
	fake_host = (struct fake_host){ .domain = "LAB", .user = "alice", .password = "S3cret!pw" };
	fake_host.extension = (OPENSSPI_LSA_EXTENSION){
		.Version = OPENSSPI_LSA_EXTENSION_VERSION,
		.MachineNames = machine_names,
		.QueryPolicy = query_policy,
		.CheckDelegation = check_delegation,
		.TargetNameIsOurs = target_is_ours,
		.AuthenticateNtlm = authenticate_ntlm,
		.AuthenticateNtlmSids = authenticate_ntlm_sids,
		.ReadDefaultIdentity = read_default,
		.ReadSavedIdentity = read_saved,
		.NoteTarget = note_target,
		.NoteReason = note_reason,
		.Reason = reason,
	};
	fake_host.policy[OPENSSPI_POLICY_CHANNEL_BINDING] = 1;
	fake_host.policy[OPENSSPI_POLICY_TARGET_NAME] = 1;
	fake_host.policy[OPENSSPI_POLICY_LM_COMPATIBILITY] = 5;
	fake_host.policy[OPENSSPI_POLICY_NTLM_MIN_CLIENT_SEC] = 0x20080000;
	fake_host.policy[OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC] = 0x20080000;
	fake_host.policy[OPENSSPI_POLICY_MINIMUM_TLS] = 0x303;
}

/* ---- identities ---- */

static struct rd utf16_bytes(const char *utf8, WCHAR **owner)
{
	size_t n = 0;
	if (!utf8 || !utf16_from_utf8(utf8, strlen(utf8), owner, &n))
		return rd_of(NULL, 0);
	return rd_of(*owner, n * 2);
}

void *fake_identity(const char *domain, const char *user, const char *password)
{
	CLEANUP(mem_free_p) WCHAR *d = NULL;
	CLEANUP(mem_free_p) WCHAR *u = NULL;
	CLEANUP(mem_free_p) WCHAR *p = NULL;
	CLEANUP(wr_done) struct wr w = WR(AUTHDATA_MAX);
	struct identity_view id = {
		.user = utf16_bytes(user, &u),
		.domain = utf16_bytes(domain, &d),
		.password = utf16_bytes(password, &p),
		.has_user = user != NULL,
		.has_domain = domain != NULL,
		.has_password = password != NULL,
	};

	identity_write(&w, &id);
	return wr_ok(&w) ? mem_dup(w.buf, w.len) : NULL;
}

/* ---- sides ---- */

struct opened {
	const struct package_module *module;
	PSECPKG_FUNCTION_TABLE lsa;
	PSECPKG_USER_FUNCTION_TABLE user;
};

static NTSTATUS module_begin(const struct package_module *module, struct opened *o)
{
	ULONG version, count;

	NTSTATUS status = module_lsa_tables(module, &version, &o->lsa, &count);
	if (!failed(status))
		status = o->lsa->Initialize(0, NULL, &table);
	if (!failed(status) && module_has_user_half(module))
		status = module_user_tables(module, &version, &o->user, &count);
	if (!failed(status) && o->user)
		status = o->user->InstanceInit(SECPKG_INTERFACE_VERSION, &dll.windows, NULL);
	o->module = failed(status) ? NULL : module;
	return status;
}

static NTSTATUS module_open(const struct package_module *module, struct opened *out)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	static struct opened known[MODULES_MAX];
	NTSTATUS status = STATUS_SUCCESS;
	size_t at = 0;

	pthread_mutex_lock(&lock);
	while (at < MODULES_MAX - 1 && known[at].module && known[at].module != module)
		at++;
	if (known[at].module != module)
		status = module_begin(module, &known[at]);
	*out = known[at];
	pthread_mutex_unlock(&lock);
	return status;
}

NTSTATUS fake_side_open(struct fake_side *s, const struct package_module *module, void *auth)
{
	struct opened o;
	NTSTATUS status = module_open(module, &o);
	if (failed(status))
		return status;
	s->lsa = o.lsa;
	s->user = o.user;
	return s->lsa->AcquireCredentialsHandle(
		NULL, s->server ? SECPKG_CRED_INBOUND : SECPKG_CRED_OUTBOUND, NULL, auth, NULL,
		NULL, &s->credential, &s->expiry);
}

static NTSTATUS side_call(struct fake_side *s, PSecBufferDesc in, PSecBufferDesc out,
			  SecBuffer *packed, BOOLEAN *mapped)
{
	LSA_SEC_HANDLE context = s->context;
	CLEANUP(mem_free_p) WCHAR *target = NULL;
	UNICODE_STRING name = { 0 };
	NTSTATUS status;
	size_t n;

	if (s->target && utf16_from_utf8(s->target, strlen(s->target), &target, &n))
		name = unicode_view(target, n);
	if (s->server)
		status = s->lsa->AcceptLsaModeContext(s->credential, context, in, s->requirements,
						      0, &context, out, &s->attributes, &s->expiry,
						      mapped, packed);
	else
		status = s->lsa->InitLsaModeContext(s->credential, context, target ? &name : NULL,
						    s->requirements, 0, in, &context, out,
						    &s->attributes, &s->expiry, mapped, packed);
	if (!failed(status))
		s->context = context;
	return status;
}

/* Hands the packed context to the user-mode half, which releases it. */
static NTSTATUS side_map(struct fake_side *s, SecBuffer *packed, NTSTATUS status)
{
	NTSTATUS map = s->user->InitUserModeContext(s->context, packed);
	atomic_fetch_sub(&fake_host.heap, 1);
	s->mapped = !failed(map);
	return failed(map) ? map : status;
}

NTSTATUS fake_side_step(struct fake_side *s, struct rd in, struct wr *out)
{
	bool allocate = s->requirements & ISC_REQ_ALLOCATE_MEMORY;
	ULONG room = s->room ? s->room : ROOM;
	SecBuffer packed = { 0 };
	BOOLEAN mapped = FALSE;

	/* The package sees a copy of exactly that size, so that a read past its end shows. */
	void *exact = mem_dup(in.n ? in.p : (const uint8_t *)"", in.n);
	SecBuffer in_buffer[2] = { { (ULONG)in.n, SECBUFFER_TOKEN, exact }, s->more_input };
	SecBuffer out_buffer = { allocate ? 0 : room, SECBUFFER_TOKEN,
				 allocate ? NULL : mem_alloc(room) };
	SecBufferDesc in_list = { SECBUFFER_VERSION, s->more_input.cbBuffer ? 2 : 1, in_buffer };
	SecBufferDesc out_list = { SECBUFFER_VERSION, 1, &out_buffer };
	bool bare = !s->server && !s->context && in_list.cBuffers == 1 && !in.n;

	NTSTATUS status = side_call(s, bare ? NULL : &in_list, &out_list, &packed, &mapped);
	s->said = out_buffer.cbBuffer;
	wr_reset(out);
	if (out_buffer.pvBuffer && (allocate || !failed(status)))
		wr_bytes(out, out_buffer.pvBuffer, out_buffer.cbBuffer);
	if (allocate)
		heap_free(out_buffer.pvBuffer);
	else
		mem_free(out_buffer.pvBuffer);
	mem_free(exact);
	return mapped && s->user ? side_map(s, &packed, status) : status;
}

void fake_side_drop_context(struct fake_side *s)
{
	if (s->mapped && s->user)
		(void)s->user->DeleteUserModeContext(s->context);
	if (s->context)
		(void)s->lsa->DeleteContext(s->context);
	s->context = 0;
	s->mapped = false;
}

void fake_side_close(struct fake_side *s)
{
	fake_side_drop_context(s);
	if (s->credential)
		(void)s->lsa->FreeCredentialsHandle(s->credential);
	s->credential = 0;
}
