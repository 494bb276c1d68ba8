/* packages/kerberos/attributes.c - QueryContextAttributes of an established Kerberos context.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>
#include <wincred.h>

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "packages/kerberos/package.h"
#include "packages/kerberos/protect.h"
#include "wire/sids.h"

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

/* ---- principals ---- */

static size_t name_of(const struct kerberos_text *principal)
{
	size_t realm = kerberos_text_realm(principal);
	return realm && principal->p[realm - 1] == '@' ? realm - 1 : principal->n;
}

/* REALM\name, as SSPI names accounts; krb5's escapes taken off. A block. */
static WCHAR *account_name(const struct kerberos_text *principal)
{
	size_t name = name_of(principal), realm = kerberos_text_realm(principal),
	       n = principal->n - realm;
	WCHAR *out = block_alloc((principal->n + 2) * sizeof(*out));

	if (!out)
		return NULL;
	if (n) {
		memcpy(out, principal->p + realm, n * sizeof(*out));
		out[n++] = '\\';
	}
	for (size_t i = 0; i < name; i++) {
		if (principal->p[i] == '\\' && i + 1 < name)
			i++;
		out[n++] = principal->p[i];
	}
	return out;
}

/* The SPN that the client asked a ticket for, without the realm. */
static struct utf16 service_of(const struct kerberos_session *s)
{
	if (s->target.p)
		return (struct utf16){ s->target.p, s->target.n };
	return (struct utf16){ s->server_name.p, name_of(&s->server_name) };
}

/* ---- the attributes ---- */

static NTSTATUS query_sizes(const struct kerberos_session *s, void *buffer)
{
	kerberos_sizes(s, buffer);
	return SEC_E_OK;
}

static NTSTATUS query_names(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_NamesW *names = buffer;
	names->sUserName = account_name(&s->client);
	return names->sUserName ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "names attribute");
}

static NTSTATUS query_native_names(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_NativeNamesW names = {
		.sClientName = block_text(s->client.p, s->client.n),
		.sServerName = block_text(s->server_name.p, s->server_name.n),
	};

	if (!names.sClientName || !names.sServerName) {
		block_free(names.sClientName);
		block_free(names.sServerName);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "native names");
	}
	*(SecPkgContext_NativeNamesW *)buffer = names;
	return SEC_E_OK;
}

static NTSTATUS query_lifespan(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_Lifespan *life = buffer;
	life->tsStart.QuadPart = clock_to_local(s->start);
	life->tsExpiry.QuadPart = clock_to_local(s->expiry);
	return SEC_E_OK;
}

/* Numbers are KERB_ETYPE_ and KERB_CHECKSUM_, [MS-KILE] 3.1.5.2 and 3.1.5.6. */
static const struct algorithm {
	int32_t enctype;
	ULONG signature, bits;
	const WCHAR *encrypt_name, *signature_name;
} algorithms[] = {
	{ KERBEROS_AES128_SHA1, 15, 128, OPENSSPI_WIDE("AES128-CTS-HMAC-SHA1-96"),
	  OPENSSPI_WIDE("HMAC-SHA1-96-AES128") },
	{ KERBEROS_AES256_SHA1, 16, 256, OPENSSPI_WIDE("AES256-CTS-HMAC-SHA1-96"),
	  OPENSSPI_WIDE("HMAC-SHA1-96-AES256") },
	{ KERBEROS_AES128_SHA256, 19, 128, OPENSSPI_WIDE("AES128-CTS-HMAC-SHA256-128"),
	  OPENSSPI_WIDE("HMAC-SHA256-128-AES128") },
	{ KERBEROS_AES256_SHA384, 20, 256, OPENSSPI_WIDE("AES256-CTS-HMAC-SHA384-192"),
	  OPENSSPI_WIDE("HMAC-SHA384-192-AES256") },
	{ KERBEROS_RC4, (ULONG)-138, 128, OPENSSPI_WIDE("RSADSI RC4-HMAC"),
	  OPENSSPI_WIDE("HMAC-MD5") },
};

static NTSTATUS query_key_info(const struct kerberos_session *s, void *buffer)
{
	const struct algorithm *a = algorithms;

	while (a < algorithms + ARRAY_LEN(algorithms) && a->enctype != s->enctype)
		a++;
	if (a == algorithms + ARRAY_LEN(algorithms))
		return fail(SEC_E_CRYPTO_SYSTEM_INVALID, "key info attribute");
	SecPkgContext_KeyInfoW info = {
		.sSignatureAlgorithmName =
			block_text(a->signature_name, utf16_len(a->signature_name)),
		.sEncryptAlgorithmName = block_text(a->encrypt_name, utf16_len(a->encrypt_name)),
		.KeySize = a->bits,
		.SignatureAlgorithm = a->signature,
		.EncryptAlgorithm = (ULONG)a->enctype,
	};
	if (!info.sSignatureAlgorithmName || !info.sEncryptAlgorithmName) {
		block_free(info.sSignatureAlgorithmName);
		block_free(info.sEncryptAlgorithmName);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "key info attribute");
	}
	*(SecPkgContext_KeyInfoW *)buffer = info;
	return SEC_E_OK;
}

static NTSTATUS query_authority(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_AuthorityW *authority = buffer;
	size_t realm = kerberos_text_realm(&s->client);
	return give_text(s->client.p ? s->client.p + realm : NULL, s->client.n - realm,
			 &authority->sAuthorityName);
}

static NTSTATUS query_session_key(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_SessionKey *key = buffer;
	const struct secret *from = s->session_key ? s->session_key : s->key;

	key->SessionKey = block_dup(from->p, from->len);
	key->SessionKeyLength = key->SessionKey ? (ULONG)from->len : 0;
	return key->SessionKey ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "session key");
}

/* The package's description in one block, strings behind it. */
static PSecPkgInfoW package_info_block(void)
{
	const SecPkgInfoW *info = kerberos_package_info();
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

static NTSTATUS query_package_info(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_PackageInfoW *info = buffer;
	info->PackageInfo = package_info_block();
	return info->PackageInfo ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "package info");
}

static NTSTATUS query_negotiation_info(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_NegotiationInfoW *info = buffer;
	info->PackageInfo = package_info_block();
	info->NegotiationState = SECPKG_NEGOTIATION_COMPLETE;
	return info->PackageInfo ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "negotiation info");
}

static NTSTATUS query_flags(const struct kerberos_session *s, void *buffer)
{
	((SecPkgContext_Flags *)buffer)->Flags = s->attributes;
	return SEC_E_OK;
}

/* How a server of DCE/RPC knows its client: by name (RPC_C_AUTHZ_NAME). */
static NTSTATUS query_dce_info(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_DceInfo *info = buffer;
	info->AuthzSvc = AUTHZ_BY_NAME;
	info->pPac = account_name(&s->client);
	return info->pPac ? SEC_E_OK : fail(SEC_E_INSUFFICIENT_MEMORY, "DCE information");
}

static NTSTATUS query_password_expiry(const struct kerberos_session *s, void *buffer)
{
	((SecPkgContext_PasswordExpiry *)buffer)->tsPasswordExpires.QuadPart =
		clock_to_local(s->password_expiry);
	return SEC_E_OK;
}

/* Nobody is logged off on this system when time is up. */
static NTSTATUS query_logoff_time(const struct kerberos_session *s, void *buffer)
{
	((SecPkgContext_LogoffTime *)buffer)->tsLogoffTime.QuadPart = CLOCK_NEVER;
	return SEC_E_OK;
}

static NTSTATUS query_user_flags(const struct kerberos_session *s, void *buffer)
{
	((SecPkgContext_UserFlags *)buffer)->UserFlags = 0;
	return SEC_E_OK;
}

/* An established context has seen the client's last token. */
static NTSTATUS query_last_token(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_LastClientTokenStatus *status = buffer;
	status->LastClientTokenStatus = SecPkgAttrLastClientTokenYes;
	return SEC_E_OK;
}

static NTSTATUS query_credential_name(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_CredentialNameW *name = buffer;

	if (s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "credential name at the server");
	name->CredentialType = CRED_TYPE_DOMAIN_PASSWORD;
	name->sCredentialName = account_name(&s->client);
	return name->sCredentialName ? SEC_E_OK
				     : fail(SEC_E_INSUFFICIENT_MEMORY, "credential name");
}

static NTSTATUS query_access_token(const struct kerberos_session *s, void *buffer)
{
	return fail(SEC_E_NO_IMPERSONATION, "access token: QuerySecurityContextToken makes them");
}

static NTSTATUS query_target(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_Target *target = buffer;
	struct utf16 service = service_of(s);
	WCHAR *text = NULL;
	NTSTATUS status = give_text(service.p, service.n, &text);

	target->Target = (char *)text;
	target->TargetLength = text ? (ULONG)(service.n * sizeof(WCHAR)) : 0;
	return status;
}

static NTSTATUS query_client_target(const struct kerberos_session *s, void *buffer)
{
	SecPkgContext_ClientSpecifiedTarget *target = buffer;
	struct utf16 service = service_of(s);

	if (!s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client specified target at the client");
	return give_text(service.p, service.n, &target->sTargetName);
}

static NTSTATUS query_client_sids(const struct kerberos_session *s, void *buffer)
{
	if (!s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "SIDs at the client");
	return sids_to_block(wr_view(&s->sids), buffer);
}

static ULONG level_of(const struct kerberos_session *s)
{
	if (s->attributes & ASC_RET_IDENTIFY)
		return SecurityIdentification;
	return s->delegated ? SecurityDelegation : SecurityImpersonation;
}

/* The realm's word is not enough to be a user of this system: krb5.conf maps the principal, or nobody does. */
static NTSTATUS query_client_account(const struct kerberos_session *s, void *buffer)
{
	size_t realm = kerberos_text_realm(&s->client), realm_n = s->client.n - realm;
	OPENSSPI_CLIENT_ACCOUNT account = { .Kind = OPENSSPI_ACCOUNT_OF_MAPPING,
					    .Level = level_of(s) };

	if (!s->server)
		return fail(SEC_E_UNSUPPORTED_FUNCTION, "client account at the client");
	CLEANUP(block_free_p) WCHAR *name = account_name(&s->client);
	account.Domain = block_text(s->client.p ? s->client.p + realm : NULL, realm_n);
	const WCHAR *user = name ? name + (realm_n ? realm_n + 1 : 0) : NULL;
	account.User = user ? block_text(user, utf16_len(user)) : NULL;
	account.UnixName = s->mapped.p ? block_text(s->mapped.p, s->mapped.n) : NULL;
	if (!account.Domain || !account.User || (s->mapped.p && !account.UnixName)) {
		block_free(account.Domain);
		block_free(account.User);
		block_free(account.UnixName);
		return fail(SEC_E_INSUFFICIENT_MEMORY, "client account");
	}
	*(OPENSSPI_CLIENT_ACCOUNT *)buffer = account;
	return SEC_E_OK;
}

NTSTATUS kerberos_session_query(const struct kerberos_session *s, ULONG attribute, void *buffer)
{
	static const struct row {
		ULONG attribute;
		NTSTATUS (*query)(const struct kerberos_session *s, void *buffer);
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
	};

	if (!buffer)
		return fail(SEC_E_INVALID_PARAMETER, "QueryContextAttributes without a buffer");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].attribute == attribute)
			return rows[i].query(s, buffer);
	return fail(SEC_E_UNSUPPORTED_FUNCTION, "QueryContextAttributes: attribute");
}
