/* packages/ntlm/attributes.c - QueryContextAttributes of an established NTLM context.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>
#include <wincred.h>

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "packages/ntlm/package.h"
#include "packages/ntlm/session.h"
#include "wire/sids.h"

#define CALG_RC4_NUMBER 0x6801u
#define CALG_HMAC_NUMBER 0x8009u
#define CALG_NONE 0u
#define AUTHZ_BY_NAME 1u

/* A NUL-terminated block of UTF-16 text. */
static WCHAR *block_text(const WCHAR *p, size_t n)
{
	WCHAR *copy = block_alloc((n + 1) * sizeof(*copy));
	if (copy && n)
		memcpy(copy, p, n * sizeof(*copy));
	return copy;
}

static NTSTATUS give_text(const WCHAR *p, size_t n, WCHAR **out)
{
	*out = block_text(p, n);
	return *out ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "attribute text");
}

WCHAR *ntlm_account_name(const struct ntlm_text *domain, const struct ntlm_text *user)
{
	size_t front = domain->n ? domain->n + 1 : 0;
	WCHAR *name = block_alloc((front + user->n + 1) * sizeof(*name));
	if (!name)
		return NULL;
	if (domain->n) {
		memcpy(name, domain->p, domain->n * sizeof(*name));
		name[domain->n] = '\\';
	}
	if (user->n)
		memcpy(name + front, user->p, user->n * sizeof(*name));
	return name;
}

static NTSTATUS query_sizes(const struct ntlm_session *s, void *buffer)
{
	*(SecPkgContext_Sizes *)buffer = (SecPkgContext_Sizes){
		.cbMaxToken = NTLM_MAX_TOKEN,
		.cbMaxSignature = NTLM_SIGNATURE_LEN,
		.cbSecurityTrailer = NTLM_SIGNATURE_LEN,
	};
	return SEC_E_OK;
}

static NTSTATUS query_names(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_NamesW *names = buffer;
	names->sUserName = ntlm_account_name(&s->domain, &s->user);
	return names->sUserName ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "names attribute");
}

static NTSTATUS query_lifespan(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_Lifespan *life = buffer;
	life->tsStart.QuadPart = clock_to_local(s->start);
	life->tsExpiry.QuadPart = CLOCK_NEVER;
	return SEC_E_OK;
}

/* Bits of a sealing key. [MS-NLMP] 3.4.5.3 */
static ULONG key_bits(uint32_t flags)
{
	bool whole = flags & NTLM_EXTENDED_SECURITY ? flags & NTLM_128
						    : !(flags & (NTLM_LM_KEY | NTLM_DATAGRAM));
	if (whole)
		return 128;
	return flags & NTLM_56 ? 56 : 40;
}

static NTSTATUS query_key_info(const struct ntlm_session *s, void *buffer)
{
	static const WCHAR hmac[] = OPENSSPI_WIDE("HMAC-MD5"), crc[] = OPENSSPI_WIDE("CRC32"),
			   rc4[] = OPENSSPI_WIDE("RC4");
	bool extended = s->flags & NTLM_EXTENDED_SECURITY;
	SecPkgContext_KeyInfoW info = {
		.sSignatureAlgorithmName = extended ? block_dup(hmac, sizeof(hmac))
						    : block_dup(crc, sizeof(crc)),
		.sEncryptAlgorithmName = block_dup(rc4, sizeof(rc4)),
		.KeySize = key_bits(s->flags),
		.SignatureAlgorithm = extended ? CALG_HMAC_NUMBER : CALG_NONE,
		.EncryptAlgorithm = CALG_RC4_NUMBER,
	};

	if (!info.sSignatureAlgorithmName || !info.sEncryptAlgorithmName) {
		block_free(info.sSignatureAlgorithmName);
		block_free(info.sEncryptAlgorithmName);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "key info attribute");
	}
	*(SecPkgContext_KeyInfoW *)buffer = info;
	return SEC_E_OK;
}

static NTSTATUS query_authority(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_AuthorityW *authority = buffer;
	return give_text(s->domain.p, s->domain.n, &authority->sAuthorityName);
}

static NTSTATUS query_session_key(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_SessionKey *key = buffer;

	key->SessionKey = block_dup(ntlm_session_key(s), NTLM_KEY_LEN);
	key->SessionKeyLength = key->SessionKey ? NTLM_KEY_LEN : 0;
	return key->SessionKey ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "session key");
}

/* The package's description in one block, strings behind it. */
static PSecPkgInfoW package_info_block(void)
{
	const SecPkgInfoW *info = ntlm_package_info();
	size_t name = (utf16_len(info->Name) + 1) * sizeof(WCHAR);
	size_t comment = (utf16_len(info->Comment) + 1) * sizeof(WCHAR);
	SecPkgInfoW *copy = block_alloc(sizeof(*copy) + name + comment);
	if (!copy)
		return NULL;
	*copy = *info;
	copy->Name = (WCHAR *)(copy + 1);
	copy->Comment = copy->Name + name / sizeof(WCHAR);
	memcpy(copy->Name, info->Name, name);
	memcpy(copy->Comment, info->Comment, comment);
	return copy;
}

static NTSTATUS query_package_info(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_PackageInfoW *info = buffer;
	info->PackageInfo = package_info_block();
	return info->PackageInfo ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "package info");
}

static NTSTATUS query_negotiation_info(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_NegotiationInfoW *info = buffer;
	info->PackageInfo = package_info_block();
	info->NegotiationState = SECPKG_NEGOTIATION_COMPLETE;
	return info->PackageInfo ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "negotiation info");
}

static NTSTATUS query_native_names(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_NativeNamesW names = {
		.sClientName = ntlm_account_name(&s->domain, &s->user),
		.sServerName = block_text(s->target.p, s->target.n),
	};

	if (!names.sClientName || !names.sServerName) {
		block_free(names.sClientName);
		block_free(names.sServerName);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "native names");
	}
	*(SecPkgContext_NativeNamesW *)buffer = names;
	return SEC_E_OK;
}

static NTSTATUS query_flags(const struct ntlm_session *s, void *buffer)
{
	((SecPkgContext_Flags *)buffer)->Flags = s->attributes;
	return SEC_E_OK;
}

/* How a server of DCE/RPC knows its client: by name (RPC_C_AUTHZ_NAME). */
static NTSTATUS query_dce_info(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_DceInfo *info = buffer;
	info->AuthzSvc = AUTHZ_BY_NAME;
	info->pPac = ntlm_account_name(&s->domain, &s->user);
	return info->pPac ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "DCE information");
}

/* Nothing here knows of a day on which a password or a session ends. */
static NTSTATUS query_password_expiry(const struct ntlm_session *s, void *buffer)
{
	((SecPkgContext_PasswordExpiry *)buffer)->tsPasswordExpires.QuadPart = CLOCK_NEVER;
	return SEC_E_OK;
}

static NTSTATUS query_logoff_time(const struct ntlm_session *s, void *buffer)
{
	((SecPkgContext_LogoffTime *)buffer)->tsLogoffTime.QuadPart = CLOCK_NEVER;
	return SEC_E_OK;
}

static NTSTATUS query_user_flags(const struct ntlm_session *s, void *buffer)
{
	((SecPkgContext_UserFlags *)buffer)->UserFlags = 0;
	return SEC_E_OK;
}

/* AUTHENTICATE is the last token, and an established context has seen it. */
static NTSTATUS query_last_token(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_LastClientTokenStatus *status = buffer;
	status->LastClientTokenStatus = SecPkgAttrLastClientTokenYes;
	return SEC_E_OK;
}

static NTSTATUS query_credential_name(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_CredentialNameW *name = buffer;

	if (s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "credential name at the server");
	name->CredentialType = CRED_TYPE_DOMAIN_PASSWORD;
	name->sCredentialName = ntlm_account_name(&s->domain, &s->user);
	return name->sCredentialName ? SEC_E_OK
				     : fail(SEC_E_INSUFFICIENT_MEMORY, "credential name");
}

static NTSTATUS query_access_token(const struct ntlm_session *s, void *buffer)
{
	return fail(SEC_E_NO_IMPERSONATION, "access token: QuerySecurityContextToken makes them");
}

static NTSTATUS query_target(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_Target *target = buffer;
	WCHAR *text = NULL;
	NTSTATUS status = give_text(s->target.p, s->target.n, &text);

	target->Target = (char *)text;
	target->TargetLength = text ? (ULONG)(s->target.n * sizeof(WCHAR)) : 0;
	return status;
}

static NTSTATUS query_client_target(const struct ntlm_session *s, void *buffer)
{
	SecPkgContext_ClientSpecifiedTarget *target = buffer;

	if (!s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client specified target at the client");
	if (!s->target.p)
		return fail(SEC_E_TARGET_UNKNOWN, "the client named no target");
	return give_text(s->target.p, s->target.n, &target->sTargetName);
}

static NTSTATUS query_client_sids(const struct ntlm_session *s, void *buffer)
{
	if (!s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client SIDs at the client");
	return sids_to_block(wr_view(&s->sids), buffer);
}

static NTSTATUS query_client_account(const struct ntlm_session *s, void *buffer)
{
	OPENSSPI_CLIENT_ACCOUNT account = {
		.Kind = s->of_machine ? OPENSSPI_ACCOUNT_OF_MACHINE : OPENSSPI_ACCOUNT_OF_DOMAIN,
		.Level = s->attributes & ASC_RET_IDENTIFY ? SecurityIdentification
							  : SecurityImpersonation,
	};

	if (!s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client account at the client");
	if (s->attributes & ASC_RET_NULL_SESSION)
		return fail(SEC_E_NO_IMPERSONATION, "the account of an anonymous client");
	account.Domain = block_text(s->domain.p, s->domain.n);
	account.User = block_text(s->user.p, s->user.n);
	if (!account.Domain || !account.User) {
		block_free(account.Domain);
		block_free(account.User);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "client account");
	}
	*(OPENSSPI_CLIENT_ACCOUNT *)buffer = account;
	return SEC_E_OK;
}

static NTSTATUS query_mark(const struct ntlm_session *s, void *buffer)
{
	if (s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "a mark at the server");
	memcpy(buffer, s->mark, sizeof(s->mark));
	return SEC_E_OK;
}

NTSTATUS ntlm_session_query(const struct ntlm_session *s, ULONG attribute, void *buffer)
{
	static const struct row {
		ULONG attribute;
		NTSTATUS (*query)(const struct ntlm_session *s, void *buffer);
	} rows[] = {
		{ SECPKG_ATTR_SIZES, query_sizes },
		{ SECPKG_ATTR_NAMES, query_names },
		{ SECPKG_ATTR_LIFESPAN, query_lifespan },
		{ SECPKG_ATTR_DCE_INFO, query_dce_info },
		{ SECPKG_ATTR_KEY_INFO, query_key_info },
		{ SECPKG_ATTR_AUTHORITY, query_authority },
		{ SECPKG_ATTR_PASSWORD_EXPIRY, query_password_expiry },
		{ SECPKG_ATTR_SESSION_KEY, query_session_key },
		{ SECPKG_ATTR_PACKAGE_INFO, query_package_info },
		{ SECPKG_ATTR_USER_FLAGS, query_user_flags },
		{ SECPKG_ATTR_NEGOTIATION_INFO, query_negotiation_info },
		{ SECPKG_ATTR_NATIVE_NAMES, query_native_names },
		{ SECPKG_ATTR_FLAGS, query_flags },
		{ SECPKG_ATTR_CREDENTIAL_NAME, query_credential_name },
		{ SECPKG_ATTR_ACCESS_TOKEN, query_access_token },
		{ SECPKG_ATTR_TARGET, query_target },
		{ SECPKG_ATTR_LOGOFF_TIME, query_logoff_time },
		{ SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, query_client_target },
		{ SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, query_last_token },
		{ OPENSSPI_ATTR_CLIENT_SIDS, query_client_sids },
		{ OPENSSPI_ATTR_CLIENT_ACCOUNT, query_client_account },
		{ LOOP_ATTR_MARK, query_mark },
	};

	if (!buffer)
		return fail(SEC_E_INVALID_PARAMETER, "QueryContextAttributes without a buffer");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].attribute == attribute)
			return rows[i].query(s, buffer);
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "QueryContextAttributes: attribute");
}
