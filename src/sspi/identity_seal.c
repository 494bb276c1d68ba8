/* sspi/identity_seal.c - identities whose password cannot be read where it lies, and wiping them.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Sealing is for this process alone: there is no key that all of a logon session's processes share. */
#include "base/base.h"

#include <pthread.h>

#include "base/block.h"
#include "base/random.h"
#include "base/secret.h"
#include "crypto/permute.h"
#include "sspi/identity.h"
#include "sspi/status.h"

#define FLAG_SEALED ((ULONG)SEC_WINNT_AUTH_IDENTITY_FLAGS_PROCESS_ENCRYPTED)
#define FLAGS_SEALED                                                                               \
	(FLAG_SEALED | SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED |                            \
	 SEC_WINNT_AUTH_IDENTITY_FLAGS_USER_PROTECTED |                                            \
	 SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_ENCRYPTED)
#define OPTIONS_KNOWN                                                                              \
	(SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_LOGON |                                              \
	 SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS |                                            \
	 SEC_WINNT_AUTH_IDENTITY_ENCRYPT_FOR_SYSTEM)

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

NTSTATUS identity_seal(void *p, size_t n)
{
	const struct secret *key = process_key_current();
	if (!key)
		return fail(SEC_E_INTERNAL_ERROR, "making a key for identities");
	if (n)
		permute(key->p, p, n);
	return SEC_E_OK;
}

NTSTATUS identity_unseal(void *p, size_t n)
{
	const struct secret *key = process_key_current();
	if (!key)
		return fail(SEC_E_INTERNAL_ERROR, "making a key for identities");
	if (n)
		permute_back(key->p, p, n);
	return SEC_E_OK;
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

static NTSTATUS part_find(ULONG options, void *auth, struct identity_part *out)
{
	if (!auth || !options || options & ~(ULONG)OPTIONS_KNOWN)
		return SEC_E_INVALID_PARAMETER;
	if (options != SEC_WINNT_AUTH_IDENTITY_ENCRYPT_SAME_PROCESS)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "sealing an identity beyond this process");
	if (!identity_part_of(auth, out))
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "finding an identity's password");
	if (*out->flags & FLAGS_SEALED & ~FLAG_SEALED)
		return fail(SEC_E_UNKNOWN_CREDENTIALS, "an identity that another system sealed");
	return SEC_E_OK;
}

SECURITY_STATUS SEC_ENTRY SspiEncryptAuthIdentityEx(ULONG options,
						    PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	struct identity_part part = { 0 };

	NTSTATUS status = part_find(options, auth, &part);
	if (failed(status) || *part.flags & FLAG_SEALED)
		return security_status(status);
	status = identity_seal(part.p, part.n);
	if (!failed(status))
		*part.flags |= FLAG_SEALED;
	return security_status(status);
}

SECURITY_STATUS SEC_ENTRY SspiDecryptAuthIdentityEx(ULONG options,
						    PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	struct identity_part part = { 0 };

	NTSTATUS status = part_find(options, auth, &part);
	if (failed(status) || !(*part.flags & FLAG_SEALED))
		return security_status(status);
	status = identity_unseal(part.p, part.n);
	if (!failed(status))
		*part.flags &= ~FLAG_SEALED;
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
	return auth && identity_part_of(auth, &part) && *part.flags & FLAGS_SEALED ? TRUE : FALSE;
}

VOID SEC_ENTRY SspiZeroAuthIdentity(PSEC_WINNT_AUTH_IDENTITY_OPAQUE auth)
{
	struct identity_part part = { 0 };

	if (!auth || !identity_part_of(auth, &part))
		return;
	if (part.n)
		mem_wipe(part.p, part.n);
	*part.flags &= ~(ULONG)FLAGS_SEALED;
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
