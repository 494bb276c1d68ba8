/* sspi/identity_seal.c - identities whose password cannot be read where it lies, and wiping them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * For this process alone the key is here; for the logon session and for the system it is the LSA's. */
#include "base/base.h"

#include <pthread.h>
#include <wincred.h>

#include "base/block.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/permute.h"
#include "sspi/identity.h"
#include "sspi/packages.h"
#include "sspi/status.h"

#define FLAG_FOREIGN ((ULONG)SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED)

static const struct way {
	ULONG option, flag, protect;
} ways[] = {
	{ SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS,
	  SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED, 0 },
	{ SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON, SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED,
	  CRED_PROTECT_AS_SELF },
	{ SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM,
	  SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED, CRED_PROTECT_TO_SYSTEM },
};

static const struct way *way_by_option(ULONG option)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (ways[i].option == option)
			return &ways[i];
	return NULL;
}

static const struct way *way_by_flags(ULONG flags)
{
	for (size_t i = 0; i < ARRAY_LEN(ways); i++)
		if (ways[i].flag == (flags & IDENTITY_FLAGS_SEALED))
			return &ways[i];
	return NULL;
}

/* ---- the key ---- */

static struct secret *process_key;

static void process_key_make(void)
{
	struct secret *key = secret_new(PERMUTE_KEY_LEN);
	if (key && !failed(random_bytes(key->p, key->len)))
		process_key = key;
	else
		secret_free(key);
}

static const struct secret *process_key_current(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	pthread_once(&once, process_key_make);
	return process_key;
}

static NTSTATUS change_here(bool back, void *p, size_t n)
{
	const struct secret *key = process_key_current();
	if (!key)
		return fail(SEC_E_INTERNAL_ERROR, "making a key for identities");
	if (n)
		(back ? permute_back : permute)(key->p, p, n);
	return SEC_E_OK;
}

/* The LSA changes them; as many come back as went. */
static NTSTATUS change_by_lsa(const struct way *way, bool back, void *p, size_t n)
{
	enum call which = back ? CALL_CRED_UNPROTECT : CALL_CRED_PROTECT;
	struct cred_protect_reply reply = { 0 };
	const struct cred_protect_call call = {
		.flags = way->protect | IPC_PROTECT_SAME_SIZE,
		.bytes = { p, (uint32_t)n },
	};

	NTSTATUS status = facade_call(which, &call, &reply);
	if (!failed(status) && reply.bytes.n != n)
		status = fail(SEC_E_INTERNAL_ERROR, "sealing an identity in the LSA");
	if (!failed(status) && n)
		memcpy(p, reply.bytes.p, n);
	call_reply_done(which, &reply);
	return status;
}

static NTSTATUS change(ULONG flags, bool back, void *p, size_t n)
{
	const struct way *way = way_by_flags(flags);
	if (!way)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "an identity sealed in several ways");
	return way->protect ? change_by_lsa(way, back, p, n) : change_here(back, p, n);
}

NTSTATUS identity_seal(ULONG flags, void *p, size_t n)
{
	return change(flags, false, p, n);
}

NTSTATUS identity_unseal(ULONG flags, void *p, size_t n)
{
	return change(flags, true, p, n);
}

/* ---- where the secret is ---- */

static bool part_of_ex2(SEC_WINNT_AUTH_IDENTITY_EX2 *id, struct identity_part *out)
{
	size_t offset = id->PackedCredentialsOffset, n = id->PackedCredentialsLength;

	*out = (struct identity_part){ .flags = &id->Flags, .ex2 = id };
	if (n == 0)
		return true;
	if (id->cbHeaderLength < sizeof(*id) || id->cbStructureLength > AUTHDATA_MAX ||
	    offset < id->cbHeaderLength || offset > id->cbStructureLength ||
	    n > id->cbStructureLength - offset)
		return false;
	out->p = (uint8_t *)id + offset;
	out->n = n;
	return true;
}

/* A and W structures have the same layout. */
static bool part_of_password(void *password, ULONG n, ULONG *flags, struct identity_part *out)
{
	size_t unit = *flags & SEC_WINNT_AUTH_IDENTITY_ANSI ? 1 : sizeof(WCHAR);

	*out = (struct identity_part){ .p = password,
				       .n = password ? n * unit : 0,
				       .flags = flags };
	return n <= IDENTITY_TEXT_UNITS_MAX;
}

bool identity_part_of(void *auth, struct identity_part *out)
{
	SEC_WINNT_AUTH_IDENTITY_W *plain = auth;
	SEC_WINNT_AUTH_IDENTITY_EXW *ex = auth;
	ULONG version;

	memcpy(&version, auth, sizeof(version));
	if (version == SEC_WINNT_AUTH_IDENTITY_VERSION_2)
		return part_of_ex2(auth, out);
	if (version == SEC_WINNT_AUTH_IDENTITY_VERSION)
		return ex->Length >= offsetof(SEC_WINNT_AUTH_IDENTITY_EXW, PackageList) &&
		       part_of_password(ex->Password, ex->PasswordLength, &ex->Flags, out);
	return part_of_password(plain->Password, plain->PasswordLength, &plain->Flags, out);
}

/* ---- the functions ---- */

/* One way at a time; an identity that was sealed in another is not understood. */
static NTSTATUS part_find(ULONG options, void *auth, const struct way **way,
			  struct identity_part *out)
{
	*way = way_by_option(options);
	if (!auth || !*way)
		return SEC_E_INVALID_PARAMETER;
	if (!identity_part_of(auth, out))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "finding an identity's password");
	if (*out->flags & (IDENTITY_FLAGS_SEALED | FLAG_FOREIGN) & ~(*way)->flag)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "an identity that was sealed otherwise");
	return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY SspiEncryptAuthIdentityEx(ULONG options,
						    PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	struct identity_part part = { 0 };
	const struct way *way;

	NTSTATUS status = part_find(options, auth, &way, &part);
	if (failed(status) || *part.flags & way->flag)
		return security_status(status);
	status = identity_seal(way->flag, part.p, part.n);
	if (!failed(status))
		*part.flags |= way->flag;
	return security_status(status);
}

SECURITY_STATUS SEC_ENTRY SspiDecryptAuthIdentityEx(ULONG options,
						    PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	struct identity_part part = { 0 };
	const struct way *way;

	NTSTATUS status = part_find(options, auth, &way, &part);
	if (failed(status) || !(*part.flags & way->flag))
		return security_status(status);
	status = identity_unseal(way->flag, part.p, part.n);
	if (!failed(status))
		*part.flags &= ~way->flag;
	return security_status(status);
}

SECURITY_STATUS SEC_ENTRY SspiEncryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	return SspiEncryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS, auth);
}

SECURITY_STATUS SEC_ENTRY SspiDecryptAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	return SspiDecryptAuthIdentityEx(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS, auth);
}

BOOLEAN SEC_ENTRY SspiIsAuthIdentityEncrypted(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	struct identity_part part = { 0 };
	return auth && identity_part_of(auth, &part) &&
			       *part.flags & (IDENTITY_FLAGS_SEALED | FLAG_FOREIGN)
		       ? TRUE
		       : FALSE;
}

VOID SEC_ENTRY SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	struct identity_part part = { 0 };

	if (!auth || !identity_part_of(auth, &part))
		return;
	if (part.n)
		mem_wipe(part.p, part.n);
	*part.flags &= ~(IDENTITY_FLAGS_SEALED | FLAG_FOREIGN);
	if (!part.ex2)
		return;
	part.ex2->PackedCredentialsOffset = 0;
	part.ex2->PackedCredentialsLength = 0;
}

VOID SEC_ENTRY SspiFreeAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	block_free(auth);
}

VOID SEC_ENTRY SspiLocalFree(PVOID block)
{
	block_free(block);
}
