/* ipc/attributes.c - see ipc/attributes.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Marshalled: the structure with its pointers zeroed, then per pointer a byte (0: NULL) and, when it
 * is 1, counted bytes. Strings travel without their NUL. */
#include "base/base.h"

#include <credssp.h>
#include <opensspi.h>
#include <schannel.h>
#include <sspi.h>
#include <wincrypt.h>

#include "base/block.h"
#include "base/utf.h"
#include "ipc/attributes.h"

#define STRING_MAX 32767 /* units of one string of an attribute */
#define POINTERS_MAX 3

enum pointer_kind {
	POINTER_NONE,
	POINTER_TEXT,	     /* NUL-terminated WCHARs; UTF-8 for ANSI callers */
	POINTER_WIDE,	     /* NUL-terminated WCHARs in both forms */
	POINTER_NARROW,	     /* NUL-terminated UTF-8 in both forms */
	POINTER_WIDES,	     /* as many pointers to WIDE as another member says, with them in one block */
	POINTER_BYTES,	     /* as many as another member says, times `unit` */
	POINTER_PACKAGE,     /* a SecPkgInfo in one block */
	POINTER_CERTIFICATE, /* a CERT_CONTEXT and its DER in one block */
};

struct pointer {
	enum pointer_kind kind;
	uint16_t offset;
	uint16_t count_offset; /* BYTES: where the count is */
	uint8_t count_size;    /* BYTES: 2 or 4 */
	uint8_t unit;	       /* BYTES: bytes per element */
};

struct layout {
	uint32_t attribute;
	uint16_t size;
	struct pointer pointer[POINTERS_MAX];
};

#define TEXT_AT(type, member) { .kind = POINTER_TEXT, .offset = offsetof(type, member) }
#define WIDE_AT(type, member) { .kind = POINTER_WIDE, .offset = offsetof(type, member) }
#define NARROW_AT(type, member) { .kind = POINTER_NARROW, .offset = offsetof(type, member) }
#define PACKAGE_AT(type, member) { .kind = POINTER_PACKAGE, .offset = offsetof(type, member) }
#define BYTES_AT(type, member, count)                                                              \
	{                                                                                          \
		.kind = POINTER_BYTES, .offset = offsetof(type, member),                           \
		.count_offset = offsetof(type, count), .count_size = sizeof(((type *)0)->count),   \
		.unit = sizeof(*((type *)0)->member)                                               \
	}
#define WIDES_AT(type, member, count)                                                              \
	{                                                                                          \
		.kind = POINTER_WIDES, .offset = offsetof(type, member),                           \
		.count_offset = offsetof(type, count), .count_size = sizeof(((type *)0)->count),   \
		.unit = 1                                                                          \
	}
#define ROW(number, type, ...) { number, sizeof(type), { __VA_ARGS__ } }
#define FLAT(number, type) { number, sizeof(type), { { POINTER_NONE } } }
#define CRED(number) (ATTRIBUTE_OF_CREDENTIALS | (number))

struct private_pair {
	ULONG first, second;
};

static const struct layout layouts[] = {
	FLAT(SECPKG_ATTR_SIZES, SecPkgContext_Sizes),
	ROW(SECPKG_ATTR_NAMES, SecPkgContext_NamesW, TEXT_AT(SecPkgContext_NamesW, sUserName)),
	FLAT(SECPKG_ATTR_LIFESPAN, SecPkgContext_Lifespan),
	ROW(SECPKG_ATTR_DCE_INFO, SecPkgContext_DceInfo, WIDE_AT(SecPkgContext_DceInfo, pPac)),
	FLAT(SECPKG_ATTR_STREAM_SIZES, SecPkgContext_StreamSizes),
	ROW(SECPKG_ATTR_KEY_INFO, SecPkgContext_KeyInfoW,
	    TEXT_AT(SecPkgContext_KeyInfoW, sSignatureAlgorithmName),
	    TEXT_AT(SecPkgContext_KeyInfoW, sEncryptAlgorithmName)),
	ROW(SECPKG_ATTR_AUTHORITY, SecPkgContext_AuthorityW,
	    TEXT_AT(SecPkgContext_AuthorityW, sAuthorityName)),
	ROW(SECPKG_ATTR_PROTO_INFO, SecPkgContext_ProtoInfoW,
	    TEXT_AT(SecPkgContext_ProtoInfoW, sProtocolName)),
	FLAT(SECPKG_ATTR_PASSWORD_EXPIRY, SecPkgContext_PasswordExpiry),
	ROW(SECPKG_ATTR_SESSION_KEY, SecPkgContext_SessionKey,
	    BYTES_AT(SecPkgContext_SessionKey, SessionKey, SessionKeyLength)),
	ROW(SECPKG_ATTR_PACKAGE_INFO, SecPkgContext_PackageInfoW,
	    PACKAGE_AT(SecPkgContext_PackageInfoW, PackageInfo)),
	FLAT(SECPKG_ATTR_USER_FLAGS, SecPkgContext_UserFlags),
	ROW(SECPKG_ATTR_NEGOTIATION_INFO, SecPkgContext_NegotiationInfoW,
	    PACKAGE_AT(SecPkgContext_NegotiationInfoW, PackageInfo)),
	ROW(SECPKG_ATTR_NATIVE_NAMES, SecPkgContext_NativeNamesW,
	    TEXT_AT(SecPkgContext_NativeNamesW, sClientName),
	    TEXT_AT(SecPkgContext_NativeNamesW, sServerName)),
	FLAT(SECPKG_ATTR_FLAGS, SecPkgContext_Flags),
	ROW(SECPKG_ATTR_CREDENTIAL_NAME, SecPkgContext_CredentialNameW,
	    TEXT_AT(SecPkgContext_CredentialNameW, sCredentialName)),
	ROW(SECPKG_ATTR_TARGET_INFORMATION, SecPkgContext_TargetInformation,
	    BYTES_AT(SecPkgContext_TargetInformation, MarshalledTargetInfo,
		     MarshalledTargetInfoLength)),
	FLAT(SECPKG_ATTR_ACCESS_TOKEN, SecPkgContext_AccessToken),
	ROW(SECPKG_ATTR_TARGET, SecPkgContext_Target,
	    BYTES_AT(SecPkgContext_Target, Target, TargetLength)),
	ROW(SECPKG_ATTR_AUTHENTICATION_ID, SecPkgContext_AuthzID,
	    BYTES_AT(SecPkgContext_AuthzID, AuthzID, AuthzIDLength)),
	FLAT(SECPKG_ATTR_LOGOFF_TIME, SecPkgContext_LogoffTime),
	ROW(SECPKG_ATTR_NEGO_KEYS, SecPkgContext_NegoKeys,
	    BYTES_AT(SecPkgContext_NegoKeys, KeyValue, KeyLength),
	    BYTES_AT(SecPkgContext_NegoKeys, VerifyKeyValue, VerifyKeyLength)),
	FLAT(SECPKG_ATTR_PROMPTING_NEEDED, SecPkgContext_CredInfo),
	ROW(SECPKG_ATTR_UNIQUE_BINDINGS, SecPkgContext_Bindings,
	    { .kind = POINTER_BYTES,
	      .offset = offsetof(SecPkgContext_Bindings, Bindings),
	      .count_offset = offsetof(SecPkgContext_Bindings, BindingsLength),
	      .count_size = sizeof(ULONG),
	      .unit = 1 }),
	ROW(SECPKG_ATTR_ENDPOINT_BINDINGS, SecPkgContext_Bindings,
	    { .kind = POINTER_BYTES,
	      .offset = offsetof(SecPkgContext_Bindings, Bindings),
	      .count_offset = offsetof(SecPkgContext_Bindings, BindingsLength),
	      .count_size = sizeof(ULONG),
	      .unit = 1 }),
	ROW(SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, SecPkgContext_ClientSpecifiedTarget,
	    WIDE_AT(SecPkgContext_ClientSpecifiedTarget, sTargetName)),
	FLAT(SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, SecPkgContext_LastClientTokenStatus),
	FLAT(SECPKG_ATTR_NEGO_PKG_INFO, SecPkgContext_NegoPackageInfo),
	FLAT(SECPKG_ATTR_NEGO_STATUS, SecPkgContext_NegoStatus),
	FLAT(SECPKG_ATTR_APPLICATION_PROTOCOL, SecPkgContext_ApplicationProtocol),
	ROW(SECPKG_ATTR_NEGOTIATED_TLS_EXTENSIONS, SecPkgContext_NegotiatedTlsExtensions,
	    BYTES_AT(SecPkgContext_NegotiatedTlsExtensions, Extensions, ExtensionsCount)),
	FLAT(SECPKG_ATTR_SUBJECT_SECURITY_ATTRIBUTES, SecPkgContext_SubjectAttributes),

	{ SECPKG_ATTR_REMOTE_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), { { POINTER_CERTIFICATE } } },
	{ SECPKG_ATTR_LOCAL_CERT_CONTEXT, sizeof(PCCERT_CONTEXT), { { POINTER_CERTIFICATE } } },
	FLAT(SECPKG_ATTR_CONNECTION_INFO, SecPkgContext_ConnectionInfo),
	FLAT(SECPKG_ATTR_CONNECTION_INFO_EX, SecPkgContext_ConnectionInfoEx),
	FLAT(SECPKG_ATTR_EAP_KEY_BLOCK, SecPkgContext_EapKeyBlock),
	FLAT(SECPKG_ATTR_SESSION_INFO, SecPkgContext_SessionInfo),
	ROW(SECPKG_ATTR_APP_DATA, SecPkgContext_SessionAppData,
	    BYTES_AT(SecPkgContext_SessionAppData, pbAppData, cbAppData)),
	ROW(SECPKG_ATTR_REMOTE_CERTIFICATES, SecPkgContext_Certificates,
	    BYTES_AT(SecPkgContext_Certificates, pbCertificateChain, cbCertificateChain)),
	FLAT(SECPKG_ATTR_CIPHER_INFO, SecPkgContext_CipherInfo),
	ROW(SECPKG_ATTR_EAP_PRF_INFO, SecPkgContext_EapPrfInfo,
	    BYTES_AT(SecPkgContext_EapPrfInfo, pbPrfData, cbPrfData)),
	ROW(SECPKG_ATTR_SUPPORTED_SIGNATURES, SecPkgContext_SupportedSignatures,
	    BYTES_AT(SecPkgContext_SupportedSignatures, pSignatureAndHashAlgorithms,
		     cSignatureAndHashAlgorithms)),
	FLAT(SECPKG_ATTR_EARLY_START, SecPkgContext_EarlyStart),
	ROW(SECPKG_ATTR_KEYING_MATERIAL_INFO, SecPkgContext_KeyingMaterialInfo,
	    BYTES_AT(SecPkgContext_KeyingMaterialInfo, pszLabel, cbLabel),
	    BYTES_AT(SecPkgContext_KeyingMaterialInfo, pbContextValue, cbContextValue)),
	ROW(SECPKG_ATTR_KEYING_MATERIAL, SecPkgContext_KeyingMaterial,
	    BYTES_AT(SecPkgContext_KeyingMaterial, pbKeyingMaterial, cbKeyingMaterial)),

	FLAT(SECPKG_ATTR_C_ACCESS_TOKEN, SecPkgContext_AccessToken),
	ROW(SECPKG_ATTR_CREDS, SecPkgContext_ClientCreds,
	    BYTES_AT(SecPkgContext_ClientCreds, AuthBuffer, AuthBufferLen)),
	ROW(SECPKG_ATTR_NEGOTIATION_PACKAGE, SecPkgContext_PackageInfoW,
	    PACKAGE_AT(SecPkgContext_PackageInfoW, PackageInfo)),
	FLAT(SECPKG_ATTR_C_FULL_ACCESS_TOKEN, SecPkgContext_AccessToken),
	FLAT(SECPKG_ATTR_SERVER_AUTH_FLAGS, SecPkgContext_Flags),
	FLAT(SECPKG_ATTR_CERT_TRUST_STATUS, CERT_TRUST_STATUS),
	FLAT(SECPKG_ATTR_C_FULL_IDENT_TOKEN, SecPkgContext_AccessToken),
	ROW(SECPKG_ATTR_CREDS_2, SecPkgContext_ClientCreds,
	    BYTES_AT(SecPkgContext_ClientCreds, AuthBuffer, AuthBufferLen)),
	FLAT(ATTRIBUTE_PRIVATE_PAIR, struct private_pair),
	ROW(OPENSSPI_ATTR_CLIENT_SIDS, OPENSSPI_CLIENT_SIDS,
	    WIDES_AT(OPENSSPI_CLIENT_SIDS, Sids, Count)),
	FLAT(OPENSSPI_ATTR_DELEGATED_LOGON, OPENSSPI_DELEGATED_LOGON),
	ROW(OPENSSPI_ATTR_CLIENT_ACCOUNT, OPENSSPI_CLIENT_ACCOUNT,
	    WIDE_AT(OPENSSPI_CLIENT_ACCOUNT, Domain), WIDE_AT(OPENSSPI_CLIENT_ACCOUNT, User),
	    WIDE_AT(OPENSSPI_CLIENT_ACCOUNT, UnixName)),
	ROW(OPENSSPI_ATTR_NEGOTIATION_REASON, OPENSSPI_NEGOTIATION_REASON,
	    NARROW_AT(OPENSSPI_NEGOTIATION_REASON, Text)),

	ROW(CRED(SECPKG_CRED_ATTR_NAMES), SecPkgCredentials_NamesW,
	    TEXT_AT(SecPkgCredentials_NamesW, sUserName)),
	ROW(CRED(SECPKG_CRED_ATTR_SSI_PROVIDER), SecPkgCredentials_SSIProviderW,
	    TEXT_AT(SecPkgCredentials_SSIProviderW, sProviderName),
	    BYTES_AT(SecPkgCredentials_SSIProviderW, ProviderInfo, ProviderInfoLength)),
	ROW(CRED(SECPKG_CRED_ATTR_CERT), SecPkgCredentials_Cert,
	    BYTES_AT(SecPkgCredentials_Cert, EncodedCert, EncodedCertSize)),
	ROW(CRED(SECPKG_ATTR_SUPPORTED_ALGS), SecPkgCred_SupportedAlgs,
	    BYTES_AT(SecPkgCred_SupportedAlgs, palgSupportedAlgs, cSupportedAlgs)),
	FLAT(CRED(SECPKG_ATTR_CIPHER_STRENGTHS), SecPkgCred_CipherStrengths),
	FLAT(CRED(SECPKG_ATTR_SUPPORTED_PROTOCOLS), SecPkgCred_SupportedProtocols),
};

static const struct layout *layout_of(uint32_t attribute)
{
	for (size_t i = 0; i < ARRAY_LEN(layouts); i++)
		if (layouts[i].attribute == attribute)
			return &layouts[i];
	return NULL;
}

size_t attribute_size(uint32_t attribute)
{
	const struct layout *l = layout_of(attribute);
	return l ? l->size : 0;
}

bool attribute_has_pointers(uint32_t attribute)
{
	const struct layout *l = layout_of(attribute);
	return l && l->pointer[0].kind != POINTER_NONE;
}

static bool layout_has(const struct layout *l, size_t i)
{
	return i < POINTERS_MAX && l->pointer[i].kind != POINTER_NONE;
}

static void *pointer_read(const void *value, const struct pointer *p)
{
	void *target;
	memcpy(&target, (const uint8_t *)value + p->offset, sizeof(target));
	return target;
}

static void pointer_write(void *value, const struct pointer *p, void *target)
{
	memcpy((uint8_t *)value + p->offset, &target, sizeof(target));
}

/* The bytes a BYTES pointer points to, as its structure counts them. */
static size_t bytes_counted(const void *value, const struct pointer *p)
{
	const uint8_t *at = (const uint8_t *)value + p->count_offset;
	uint32_t count = 0;
	if (p->count_size == sizeof(uint16_t)) {
		uint16_t small;
		memcpy(&small, at, sizeof(small));
		count = small;
	} else {
		memcpy(&count, at, sizeof(count));
	}
	return (size_t)count * p->unit;
}

/* ---- writing ---- */

static void put_string(struct wr *w, const WCHAR *s)
{
	size_t n = utf16_len(s);
	if (n > STRING_MAX)
		w->failed = true;
	else
		wr_counted(w, s, n * sizeof(*s));
}

/* Counted strings, counted. */
static void put_strings(struct wr *w, WCHAR *const *strings, size_t count)
{
	size_t place = wr_hold(w, 4), before = w->len;

	for (size_t i = 0; i < count; i++)
		put_string(w, strings[i]);
	wr_fill_u32le(w, place, (uint32_t)(w->len - before));
}

/* An A caller's string, which is UTF-8. */
static void put_narrow(struct wr *w, const char *s)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;
	size_t n = 0;

	if (utf16_from_utf8(s, strlen(s), &wide, &n))
		wr_counted(w, wide, n * sizeof(*wide));
	else
		w->failed = true;
}

static void put_package(struct wr *w, const SecPkgInfoW *info)
{
	size_t place = wr_hold(w, 4), before = w->len;
	wr_u32le(w, info->fCapabilities);
	wr_u16le(w, info->wVersion);
	wr_u16le(w, info->wRPCID);
	wr_u32le(w, info->cbMaxToken);
	put_string(w, info->Name);
	put_string(w, info->Comment);
	wr_fill_u32le(w, place, (uint32_t)(w->len - before));
}

static void put_target(struct wr *w, const void *value, const struct pointer *p, const void *target)
{
	const CERT_CONTEXT *certificate = target;

	switch (p->kind) {
	case POINTER_TEXT:
	case POINTER_WIDE:
		put_string(w, target);
		return;
	case POINTER_NARROW:
		wr_counted(w, target, strlen(target));
		return;
	case POINTER_WIDES:
		put_strings(w, target, bytes_counted(value, p));
		return;
	case POINTER_BYTES:
		wr_counted(w, target, bytes_counted(value, p));
		return;
	case POINTER_PACKAGE:
		put_package(w, target);
		return;
	case POINTER_CERTIFICATE:
		wr_counted(w, certificate->pbCertEncoded, certificate->cbCertEncoded);
		return;
	default:
		return;
	}
}

static bool marshal(uint32_t attribute, const void *value, bool ansi, struct wr *w)
{
	const struct layout *l = layout_of(attribute);
	uint8_t flat[ATTRIBUTE_SIZE_MAX];

	if (!l)
		return false;
	memcpy(flat, value, l->size);
	for (size_t i = 0; layout_has(l, i); i++)
		pointer_write(flat, &l->pointer[i], NULL);
	wr_bytes(w, flat, l->size);
	mem_wipe(flat, l->size);

	for (size_t i = 0; layout_has(l, i); i++) {
		const void *target = pointer_read(value, &l->pointer[i]);
		wr_u8(w, target ? 1 : 0);
		if (target && ansi && l->pointer[i].kind == POINTER_TEXT)
			put_narrow(w, target);
		else if (target)
			put_target(w, value, &l->pointer[i], target);
	}
	return true;
}

bool attribute_marshal(uint32_t attribute, const void *value, struct wr *w)
{
	return marshal(attribute, value, false, w);
}

static bool string_is_sound(const void *s, bool ansi)
{
	size_t n = ansi ? utf16_need(s, strlen(s)) : utf16_len(s);
	return n <= STRING_MAX && (ansi || utf16_is_valid(s, n));
}

bool attribute_marshal_given(uint32_t attribute, const void *value, bool ansi, struct wr *w)
{
	const struct layout *l = layout_of(attribute);

	if (!attribute_has_pointers(attribute))
		return false;
	for (size_t i = 0; layout_has(l, i); i++) {
		enum pointer_kind kind = l->pointer[i].kind;
		const void *target = pointer_read(value, &l->pointer[i]);
		bool text = kind == POINTER_TEXT || kind == POINTER_WIDE;
		if (target && text && !string_is_sound(target, ansi && kind == POINTER_TEXT))
			return false;
	}
	return marshal(attribute, value, ansi, w);
}

/* ---- checking: all of it before anything is allocated, so that what fails later is memory ---- */

static bool text_is_sound(struct rd units, bool ansi)
{
	WCHAR wide[2] = { 0 };

	if (units.n % sizeof(WCHAR) || units.n > STRING_MAX * sizeof(WCHAR))
		return false;
	for (size_t i = 0; ansi && i < units.n; i += sizeof(WCHAR)) {
		size_t left = units.n - i < sizeof(wide) ? units.n - i : sizeof(wide);
		memcpy(wide, units.p + i, left);
		bool pair = left == sizeof(wide) && utf16_is_valid(wide, 2);
		if (!pair && !utf16_is_valid(wide, 1))
			return false;
		if (pair && !utf16_is_valid(wide, 1))
			i += sizeof(WCHAR);
	}
	return true;
}

static bool take_package(struct rd *r, SecPkgInfoW *info, struct rd *name, struct rd *comment)
{
	return rd_u32le(r, &info->fCapabilities) && rd_u16le(r, &info->wVersion) &&
	       rd_u16le(r, &info->wRPCID) && rd_u32le(r, &info->cbMaxToken) &&
	       rd_counted(r, name) && rd_counted(r, comment) && rd_empty(*r);
}

static bool narrow_is_sound(struct rd bytes)
{
	return bytes.n == 0 || (bytes.n <= STRING_MAX && !memchr(bytes.p, 0, bytes.n) &&
				utf16_need((const char *)bytes.p, bytes.n) != SIZE_MAX);
}

static bool wides_are_sound(struct rd bytes, size_t count)
{
	struct rd units;

	for (; count; count--)
		if (!rd_counted(&bytes, &units) || !text_is_sound(units, false))
			return false;
	return rd_empty(bytes);
}

static bool target_is_sound(const void *flat, const struct pointer *p, struct rd bytes, bool ansi)
{
	SecPkgInfoW info;
	struct rd name, comment;

	switch (p->kind) {
	case POINTER_TEXT:
		return text_is_sound(bytes, ansi);
	case POINTER_WIDE:
		return text_is_sound(bytes, false);
	case POINTER_NARROW:
		return narrow_is_sound(bytes);
	case POINTER_WIDES:
		return wides_are_sound(bytes, bytes_counted(flat, p));
	case POINTER_BYTES:
		return bytes.n == bytes_counted(flat, p);
	case POINTER_PACKAGE:
		return take_package(&bytes, &info, &name, &comment) && text_is_sound(name, ansi) &&
		       text_is_sound(comment, ansi);
	default:
		return true;
	}
}

/* Takes what one pointer pointed to; *present says whether there was anything. */
static bool take_target(struct rd *r, bool *present, struct rd *bytes)
{
	uint8_t there;
	if (!rd_u8(r, &there) || there > 1)
		return false;
	*present = there == 1;
	return !*present || rd_counted(r, bytes);
}

static bool value_is_sound(const struct layout *l, struct rd r, bool ansi)
{
	struct rd flat, bytes;

	if (!rd_bytes(&r, l->size, &flat))
		return false;
	for (size_t i = 0; layout_has(l, i); i++) {
		const struct pointer *p = &l->pointer[i];
		bool present;
		if (!take_target(&r, &present, &bytes))
			return false;
		if (present && !target_is_sound(flat.p, p, bytes, ansi))
			return false;
		bool counts = p->kind == POINTER_BYTES || p->kind == POINTER_WIDES;
		if (!present && counts && bytes_counted(flat.p, p))
			return false;
	}
	return rd_empty(r);
}

/* ---- reading what is sound; NULL is short memory ---- */

static void *text_block(struct rd units, bool ansi)
{
	CLEANUP(block_free_p) void *block = block_alloc(units.n + sizeof(WCHAR));
	if (!block)
		return NULL;
	if (units.n)
		memcpy(block, units.p, units.n);
	if (!ansi)
		return TAKE(block);

	const WCHAR *wide = block;
	size_t n = units.n / sizeof(WCHAR);
	char *text = block_alloc(utf8_need(wide, n) + 1);
	if (text)
		utf8_put(text, wide, n);
	return text;
}

static void *narrow_block(struct rd bytes)
{
	uint8_t *block = block_alloc(bytes.n + 1);

	if (block && bytes.n)
		memcpy(block, bytes.p, bytes.n);
	return block;
}

/* One block: the pointers, then what they point to. A counted string holds its NUL's place. */
static void *wides_block(struct rd bytes, size_t count)
{
	uint8_t *block = block_alloc(count * sizeof(WCHAR *) + bytes.n);
	uint8_t *at = block ? block + count * sizeof(WCHAR *) : NULL;
	struct rd units;

	for (size_t i = 0; block && i < count && rd_counted(&bytes, &units); i++) {
		memcpy(block + i * sizeof(at), &at, sizeof(at));
		if (units.n)
			memcpy(at, units.p, units.n);
		at += units.n + sizeof(WCHAR);
	}
	return block;
}

/* One block: the structure, then name and comment. SecPkgInfoA and W have one layout. */
static void *package_block(struct rd r, bool ansi)
{
	SecPkgInfoW info = { .Name = NULL };
	struct rd name_units, comment_units;

	if (!take_package(&r, &info, &name_units, &comment_units))
		return NULL;
	CLEANUP(block_free_p) void *name = text_block(name_units, ansi);
	CLEANUP(block_free_p) void *comment = text_block(comment_units, ansi);
	if (!name || !comment)
		return NULL;
	size_t name_n = block_size(name), comment_n = block_size(comment);
	uint8_t *block = block_alloc(sizeof(info) + name_n + comment_n);
	if (!block)
		return NULL;
	info.Name = (void *)(block + sizeof(info));
	info.Comment = (void *)(block + sizeof(info) + name_n);
	memcpy(block, &info, sizeof(info));
	memcpy(info.Name, name, name_n);
	memcpy(info.Comment, comment, comment_n);
	return block;
}

static void *certificate_block(struct rd der)
{
	CERT_CONTEXT *certificate = block_alloc(sizeof(*certificate) + der.n);
	if (!certificate)
		return NULL;
	certificate->dwCertEncodingType = X509_ASN_ENCODING;
	certificate->pbCertEncoded = (BYTE *)(certificate + 1);
	certificate->cbCertEncoded = (DWORD)der.n;
	if (der.n)
		memcpy(certificate->pbCertEncoded, der.p, der.n);
	return certificate;
}

static void *target_block(const void *value, const struct pointer *p, struct rd bytes, bool ansi)
{
	switch (p->kind) {
	case POINTER_TEXT:
		return text_block(bytes, ansi);
	case POINTER_WIDE:
		return text_block(bytes, false);
	case POINTER_NARROW:
		return narrow_block(bytes);
	case POINTER_WIDES:
		return wides_block(bytes, bytes_counted(value, p));
	case POINTER_PACKAGE:
		return package_block(bytes, ansi);
	case POINTER_CERTIFICATE:
		return certificate_block(bytes);
	default:
		return block_dup(bytes.p, bytes.n);
	}
}

static bool value_fill(const struct layout *l, struct rd r, bool ansi, void *value)
{
	for (size_t i = 0; layout_has(l, i); i++) {
		struct rd bytes;
		bool present;
		if (!take_target(&r, &present, &bytes))
			return false;
		void *block = present ? target_block(value, &l->pointer[i], bytes, ansi) : NULL;
		pointer_write(value, &l->pointer[i], block);
		if (present && !block)
			return false;
	}
	return true;
}

NTSTATUS attribute_unmarshal(uint32_t attribute, struct rd r, bool ansi, void *value)
{
	const struct layout *l = layout_of(attribute);
	struct rd flat;

	if (!l || !value_is_sound(l, r, ansi) || !rd_bytes(&r, l->size, &flat))
		return fail(SEC_E_INTERNAL_ERROR, "reading an attribute");
	memcpy(value, flat.p, l->size);
	for (size_t i = 0; layout_has(l, i); i++)
		pointer_write(value, &l->pointer[i], NULL);
	if (value_fill(l, r, ansi, value))
		return STATUS_SUCCESS;
	attribute_release(attribute, value);
	return fail(STATUS_NO_MEMORY, "copying an attribute");
}

void attribute_release(uint32_t attribute, void *value)
{
	const struct layout *l = layout_of(attribute);

	for (size_t i = 0; l && layout_has(l, i); i++) {
		block_free(pointer_read(value, &l->pointer[i]));
		pointer_write(value, &l->pointer[i], NULL);
	}
}
