/* lsa.c - ToySSP's LSA half: credentials, handshake, saved secrets.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Called from many threads at once, but never twice at once for one context. */
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <sys/random.h>

#include "toy.h"
#include "toyssp.h"

static PLSA_SECPKG_FUNCTION_TABLE lsa; /* good for the life of the LSA */

static WCHAR name[] = OPENSSPI_WIDE("ToySSP");
static WCHAR comment[] = OPENSSPI_WIDE("An example of a security package");
static WCHAR saved_user[] = OPENSSPI_WIDE("toy\\secret");

static NTSTATUS NTAPI SpInitialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters,
				   PLSA_SECPKG_FUNCTION_TABLE table)
{
	lsa = table; /* `parameters` are gone when this returns */
	return STATUS_SUCCESS;
}

/* The strings stay ours; the LSA copies them. */
static NTSTATUS NTAPI SpGetInfo(PSecPkgInfoW info)
{
	*info = (SecPkgInfoW){
		.fCapabilities = SECPKG_FLAG_INTEGRITY | SECPKG_FLAG_TOKEN_ONLY |
				 SECPKG_FLAG_MUTUAL_AUTH | SECPKG_FLAG_CONNECTION,
		.wVersion = 1,
		.wRPCID = SECPKG_ID_NONE,
		.cbMaxToken = TOY_MAX_TOKEN,
		.Name = name,
		.Comment = comment,
	};
	return STATUS_SUCCESS;
}

/* ---- secrets in the Credential Manager ---- */

/* Secrets for a server are called "ToySSP/SERVER", so that no other credential for it is touched, and are
 * domain credentials, which no application can read back. What this machine accepts is "ToySSP". */
#define TARGET_MAX (8 + TOY_TARGET_MAX)

static WCHAR *target_name(const WCHAR *server, WCHAR out[TARGET_MAX])
{
	size_t n = sizeof(name) / sizeof(name[0]) - 1;

	memcpy(out, name, sizeof(name));
	if (server[0])
		out[n++] = '/';
	while (*server && n < TARGET_MAX - 1)
		out[n++] = *server++;
	out[n] = 0;
	return out;
}

static NTSTATUS secret_save(PLUID session, const WCHAR *server, const TOY_AUTH *auth, ULONG persist)
{
	WCHAR target[TARGET_MAX];
	TOY_AUTH copy = *auth;
	ENCRYPTED_CREDENTIALW c = {
		.Cred = { .Type = server[0] ? CRED_TYPE_DOMAIN_PASSWORD : CRED_TYPE_GENERIC,
			  .TargetName = target_name(server, target),
			  .Persist = persist,
			  .UserName = saved_user,
			  .CredentialBlobSize = copy.Length,
			  .CredentialBlob = copy.Secret },
		.ClearCredentialBlobSize = copy.Length,
	};

	if (!copy.Length || copy.Length % sizeof(WCHAR) || copy.Length > TOY_SECRET_MAX)
		return STATUS_INVALID_PARAMETER;
	/* Without CREDP_FLAGS_CLEAR_PASSWORD the blob is taken to be protected already. */
	lsa->LsaProtectMemory(copy.Secret, copy.Length);
	return lsa->CrediWrite(session, CREDP_FLAGS_IN_PROCESS, &c, 0);
}

/* What fits a server may be the user's password for all servers: that is not ours. */
static bool is_ours(const ENCRYPTED_CREDENTIALW *c)
{
	size_t i = 0;

	while (c->Cred.UserName && saved_user[i] && c->Cred.UserName[i] == saved_user[i])
		i++;
	return c->Cred.UserName && c->Cred.UserName[i] == saved_user[i] &&
	       c->ClearCredentialBlobSize && c->Cred.CredentialBlobSize <= TOY_SECRET_MAX;
}

/* The blob is protected; what we unprotect is our own copy of it. */
static NTSTATUS secret_find(PLUID session, const WCHAR *server, TOY_AUTH *out)
{
	WCHAR target[TARGET_MAX];
	CREDENTIAL_TARGET_INFORMATIONW known = { .TargetName = target_name(server, target) };
	ENCRYPTED_CREDENTIALW *one = NULL, **list = &one;
	const ULONG flags = CREDP_FLAGS_IN_PROCESS;
	ULONG count = 1;

	NTSTATUS status =
		server[0]
			? lsa->CrediReadDomainCredentials(session, flags, &known, 0, &count, &list)
			: lsa->CrediRead(session, flags, target, CRED_TYPE_GENERIC, 0, &one);
	if (status < 0)
		return status == STATUS_NOT_FOUND ? SEC_E_NO_CREDENTIALS : status;
	const ENCRYPTED_CREDENTIALW *c = list[0]; /* what fits best */
	status = is_ours(c) ? STATUS_SUCCESS : SEC_E_NO_CREDENTIALS;
	if (status >= 0) {
		memcpy(out->Secret, c->Cred.CredentialBlob, c->Cred.CredentialBlobSize);
		lsa->LsaUnprotectMemory(out->Secret, c->Cred.CredentialBlobSize);
		out->Length = c->ClearCredentialBlobSize; /* the rest is padding */
	}
	lsa->CrediFreeCredentials(count, list);
	return status;
}

/* After a logon each package is told of it. What concerns us is a supplemental credential of our name: the
 * secret of this session. The password in `primary` is not ours to keep. */
static NTSTATUS NTAPI SpAcceptCredentials(SECURITY_LOGON_TYPE type, PUNICODE_STRING account,
					  PSECPKG_PRIMARY_CRED primary,
					  PSECPKG_SUPPLEMENTAL_CRED supplemental)
{
	if (!primary || !supplemental || supplemental->CredentialSize < sizeof(TOY_AUTH))
		return STATUS_SUCCESS;
	return secret_save(&primary->LogonId, OPENSSPI_WIDE(""),
			   (const TOY_AUTH *)supplemental->Credentials, CRED_PERSIST_SESSION);
}

/* ---- credentials: a secret that was given, or the will to look for one ---- */

static NTSTATUS NTAPI SpAcquireCredentialsHandle(PUNICODE_STRING principal, ULONG use, PLUID logon,
						 PVOID auth, PVOID key_function, PVOID key_argument,
						 PLSA_SEC_HANDLE handle, PTimeStamp expiry)
{
	TOY_AUTH *credential = lsa->AllocatePrivateHeap(sizeof(*credential));

	if (!credential)
		return SEC_E_INSUFFICIENT_MEMORY;
	credential->Length = 0;
	/* `auth` is an address of the client's. */
	NTSTATUS status =
		auth ? lsa->CopyFromClientBuffer(NULL, sizeof(*credential), credential, auth)
		     : STATUS_SUCCESS;
	if (status >= 0 && credential->Length > TOY_SECRET_MAX)
		status = SEC_E_UNKNOWN_CREDENTIALS;
	if (status < 0) {
		lsa->FreePrivateHeap(credential);
		return status;
	}
	lsa->LsaProtectMemory(credential->Secret, TOY_SECRET_MAX);
	*handle = (LSA_SEC_HANDLE)credential;
	return SEC_E_OK;
}

static NTSTATUS NTAPI SpFreeCredentialsHandle(LSA_SEC_HANDLE handle)
{
	lsa->FreePrivateHeap((PVOID)handle);
	return SEC_E_OK;
}

static NTSTATUS secret_of(LSA_SEC_HANDLE handle, PUNICODE_STRING target, TOY_AUTH *out)
{
	const TOY_AUTH *credential = (const TOY_AUTH *)handle;
	WCHAR server[TOY_TARGET_MAX] = { 0 };
	SECPKG_CLIENT_INFO client;

	if (credential && credential->Length) {
		*out = *credential;
		lsa->LsaUnprotectMemory(out->Secret, TOY_SECRET_MAX);
		return STATUS_SUCCESS;
	}
	/* A UNICODE_STRING may lack its NUL, and Length is in bytes. A server has no target. */
	if (target && target->Length >= sizeof(server))
		return SEC_E_TARGET_UNKNOWN;
	if (target)
		memcpy(server, target->Buffer, target->Length);
	NTSTATUS status = lsa->GetClientInfo(&client);
	return status < 0 ? status : secret_find(&client.LogonId, server, out);
}

/* ---- the handshake ---- */

struct toy_context {
	bool inbound, done;
	TOY_AUTH auth;
	UCHAR nonces[2 * TOY_NONCE]; /* the client's, the server's */
};

static void mac(const struct toy_context *c, const char *label, UCHAR out[TOY_MAC])
{
	struct hmac_sha256_ctx h;

	hmac_sha256_set_key(&h, c->auth.Length, c->auth.Secret);
	hmac_sha256_update(&h, strlen(label), (const UCHAR *)label);
	hmac_sha256_update(&h, sizeof(c->nonces), c->nonces);
	hmac_sha256_digest(&h, TOY_MAC, out);
	explicit_bzero(&h, sizeof(h));
}

static bool mac_is(const struct toy_context *c, const char *label, const UCHAR *claimed)
{
	UCHAR right[TOY_MAC];

	mac(c, label, right);
	return memeql_sec(right, claimed, TOY_MAC);
}

/* The input token if it is that message. */
static const UCHAR *token_read(PSecBufferDesc in, const char *tag, ULONG size)
{
	const SecBuffer *b = toy_buffer(in, SECBUFFER_TOKEN);

	return b && b->cbBuffer == size && memcmp(b->pvBuffer, tag, 4) == 0 ? b->pvBuffer : NULL;
}

static NTSTATUS NTAPI SpDeleteContext(LSA_SEC_HANDLE handle)
{
	explicit_bzero((PVOID)handle, sizeof(struct toy_context));
	lsa->FreePrivateHeap((PVOID)handle);
	return SEC_E_OK;
}

/* What both functions are given. */
struct leg {
	LSA_SEC_HANDLE credential;
	PUNICODE_STRING target;
	ULONG flags;
	PSecBufferDesc in, out;
};

/* Room for the output token: the LSA's heap if the caller asked for it, else what the caller has. The bit
 * is the same for AcceptSecurityContext. */
static UCHAR *token_room(const struct leg *leg, const char *tag, ULONG size)
{
	PSecBuffer b = toy_buffer(leg->out, SECBUFFER_TOKEN);

	if (b && (leg->flags & ISC_REQ_ALLOCATE_MEMORY))
		b->pvBuffer = lsa->AllocateLsaHeap(size);
	else if (b && b->cbBuffer < size)
		return NULL;
	if (!b || !b->pvBuffer)
		return NULL;
	b->cbBuffer = size;
	memcpy(b->pvBuffer, tag, 4);
	return b->pvBuffer;
}

static NTSTATUS first_leg(struct toy_context *c, const struct leg *leg)
{
	const UCHAR *hello = c->inbound ? token_read(leg->in, "TOY1", 4 + TOY_NONCE) : NULL;
	UCHAR *own = c->nonces + (c->inbound ? TOY_NONCE : 0);

	if (c->inbound && !hello)
		return SEC_E_INVALID_TOKEN;
	NTSTATUS status = secret_of(leg->credential, leg->target, &c->auth);
	if (status < 0)
		return status;
	if (getrandom(own, TOY_NONCE, 0) != TOY_NONCE)
		return SEC_E_INTERNAL_ERROR;
	UCHAR *token = token_room(leg, c->inbound ? "TOY2" : "TOY1",
				  c->inbound ? TOY_MAX_TOKEN : 4 + TOY_NONCE);
	if (!token)
		return SEC_E_BUFFER_TOO_SMALL;
	memcpy(token + 4, own, TOY_NONCE);
	if (c->inbound) {
		memcpy(c->nonces, hello + 4, TOY_NONCE);
		mac(c, "server", token + 4 + TOY_NONCE);
	}
	return SEC_I_CONTINUE_NEEDED;
}

/* Complete after it: the keys go to the application, where the user-mode half signs. */
static NTSTATUS last_leg(struct toy_context *c, const struct leg *leg, PSecBuffer data)
{
	ULONG size = c->inbound ? 4 + TOY_MAC : TOY_MAX_TOKEN;
	const UCHAR *heard = token_read(leg->in, c->inbound ? "TOY3" : "TOY2", size);

	if (c->done || !heard)
		return SEC_E_INVALID_TOKEN;
	if (!c->inbound)
		memcpy(c->nonces + TOY_NONCE, heard + 4, TOY_NONCE);
	if (!mac_is(c, c->inbound ? "client" : "server", heard + size - TOY_MAC)) {
		c->done = true; /* one try */
		return SEC_E_LOGON_DENIED;
	}
	UCHAR *token = c->inbound ? NULL : token_room(leg, "TOY3", 4 + TOY_MAC);
	if (!c->inbound && !token)
		return SEC_E_BUFFER_TOO_SMALL;
	if (token)
		mac(c, "client", token + 4);
	else if (toy_buffer(leg->out, SECBUFFER_TOKEN))
		toy_buffer(leg->out, SECBUFFER_TOKEN)->cbBuffer = 0;

	struct toy_packed *packed = lsa->AllocateLsaHeap(sizeof(*packed));
	if (!packed)
		return SEC_E_INSUFFICIENT_MEMORY;
	mac(c, "messages", packed->key);
	packed->inbound = c->inbound;
	explicit_bzero(&c->auth, sizeof(c->auth));
	c->done = true;
	*data = (SecBuffer){ sizeof(*packed), SECBUFFER_TOKEN, packed };
	return SEC_E_OK;
}

/* A context that fails on its first call must be gone when that returns; later the LSA deletes it. */
static NTSTATUS step(bool inbound, const struct leg *leg, PLSA_SEC_HANDLE handle, PBOOLEAN mapped,
		     PSecBuffer data)
{
	struct toy_context *c = (struct toy_context *)*handle;

	if (c) {
		NTSTATUS status = last_leg(c, leg, data);
		*mapped = status == SEC_E_OK;
		return status;
	}
	c = lsa->AllocatePrivateHeap(sizeof(*c));
	if (!c)
		return SEC_E_INSUFFICIENT_MEMORY;
	*c = (struct toy_context){ .inbound = inbound };
	NTSTATUS status = first_leg(c, leg);
	if (status < 0)
		SpDeleteContext((LSA_SEC_HANDLE)c);
	else
		*handle = (LSA_SEC_HANDLE)c;
	return status;
}

static NTSTATUS NTAPI SpInitLsaModeContext(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE handle,
					   PUNICODE_STRING target, ULONG flags, ULONG drep,
					   PSecBufferDesc in, PLSA_SEC_HANDLE fresh,
					   PSecBufferDesc out, PULONG attributes, PTimeStamp expiry,
					   PBOOLEAN mapped, PSecBuffer data)
{
	*attributes = ISC_RET_INTEGRITY | ISC_RET_MUTUAL_AUTH | (flags & ISC_RET_ALLOCATED_MEMORY);
	*fresh = handle;
	return step(false, &(struct leg){ credential, target, flags, in, out }, fresh, mapped,
		    data);
}

static NTSTATUS NTAPI SpAcceptLsaModeContext(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE handle,
					     PSecBufferDesc in, ULONG flags, ULONG drep,
					     PLSA_SEC_HANDLE fresh, PSecBufferDesc out,
					     PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
					     PSecBuffer data)
{
	*attributes = ASC_RET_INTEGRITY | ASC_RET_MUTUAL_AUTH | (flags & ASC_RET_ALLOCATED_MEMORY);
	*fresh = handle;
	return step(true, &(struct leg){ credential, NULL, flags, in, out }, fresh, mapped, data);
}

/* ---- messages from programs ---- */

/* The status returned says that we were asked, *verdict what we think. Whoever asks, it is the session of
 * the caller that is read or written. */
static NTSTATUS NTAPI SpCallPackage(PLSA_CLIENT_REQUEST request, PVOID submit, PVOID client_base,
				    ULONG size, PVOID *answer, PULONG answer_size,
				    PNTSTATUS verdict)
{
	SECPKG_CLIENT_INFO client;
	TOY_REQUEST r;

	*answer = NULL;
	*answer_size = 0;
	if (size != sizeof(r))
		return STATUS_INVALID_PARAMETER;
	memcpy(&r, submit, sizeof(r));
	r.Target[TOY_TARGET_MAX - 1] = 0;
	*verdict = lsa->GetClientInfo(&client);
	if (*verdict >= 0 && r.MessageType == TOY_SAVE_SECRET)
		*verdict =
			secret_save(&client.LogonId, r.Target, &r.Auth, CRED_PERSIST_LOCAL_MACHINE);
	else if (*verdict >= 0 && r.MessageType == TOY_FIND_SECRET)
		*verdict = secret_find(&client.LogonId, r.Target, &r.Auth);
	else if (*verdict >= 0)
		*verdict = STATUS_INVALID_PARAMETER;
	if (*verdict >= 0 && r.MessageType == TOY_FIND_SECRET) {
		*answer_size = sizeof(r.Auth.Length);
		*verdict = lsa->AllocateClientBuffer(request, *answer_size, answer);
		if (*verdict >= 0)
			*verdict = lsa->CopyToClientBuffer(request, *answer_size, *answer,
							   &r.Auth.Length);
	}
	explicit_bzero(&r, sizeof(r));
	return STATUS_SUCCESS;
}

static SECPKG_FUNCTION_TABLE table = {
	.CallPackage = SpCallPackage,
	.CallPackageUntrusted = SpCallPackage,
	.Initialize = SpInitialize,
	.GetInfo = SpGetInfo,
	.AcceptCredentials = SpAcceptCredentials,
	.AcquireCredentialsHandle = SpAcquireCredentialsHandle,
	.FreeCredentialsHandle = SpFreeCredentialsHandle,
	.InitLsaModeContext = SpInitLsaModeContext,
	.AcceptLsaModeContext = SpAcceptLsaModeContext,
	.DeleteContext = SpDeleteContext,
};

/* The version says how far our table reaches: to the end of this header's. */
TOY_EXPORT NTSTATUS SEC_ENTRY SpLsaModeInitialize(ULONG lsa_version, PULONG package_version,
						  PSECPKG_FUNCTION_TABLE *tables, PULONG count)
{
	if (lsa_version != SECPKG_INTERFACE_VERSION)
		return STATUS_INVALID_PARAMETER;
	*package_version = SECPKG_INTERFACE_VERSION_10;
	*tables = &table;
	*count = 1;
	return STATUS_SUCCESS;
}
