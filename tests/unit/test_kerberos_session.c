/* tests/unit/test_kerberos_session.c - an established context packed, its attributes, and tokens for people.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <opensspi.h>
#include <stdio.h>
#include <wincred.h>

#include "base/block.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/utf.h"
#include "hex.h"
#include "krb/krb.h"
#include "packages/kerberos/describe.h"
#include "packages/kerberos/package.h"
#include "packages/kerberos/protect.h"
#include "wire/der.h"
#include "wire/sids.h"

static void session_fill(struct kerberos_session *s, bool server)
{
	*s = (struct kerberos_session){ .attributes = 0x1234,
					.flags = KRB_MUTUAL | KRB_CONFIDENTIALITY,
					.server = server,
					.start = 132000000000000000,
					.expiry = 132000360000000000,
					.password_expiry = CLOCK_NEVER,
					.enctype = KERBEROS_AES256_SHA1,
					.ticket_enctype = KERBEROS_AES128_SHA1,
					.acceptor_subkey = true,
					.delegated = server,
					.send_sequence = 5,
					.receive_sequence = UINT64_C(0x123456789A),
					.sids = WR(1000) };
	s->key = secret_new(32);
	s->session_key = secret_new(16);
	assert_true(s->key && s->session_key);
	memset(s->key->p, 1, 32);
	memset(s->session_key->p, 2, 16);
	assert_true(kerberos_text_from_utf8(&s->client, "alice\\@home@LAB.TEST"));
	assert_true(kerberos_text_from_utf8(&s->server_name, "HTTP/www.lab.test@LAB.TEST"));
	if (server)
		assert_true(kerberos_text_from_utf8(&s->mapped, "alice"));
	if (!server)
		assert_true(kerberos_text_from_utf8(&s->target, "HTTP/www.lab.test:80"));
	sids_write(&s->sids, "S-1-5-21-1-2-3-1104");
	sids_write(&s->sids, "S-1-5-21-1-2-3-513");
}

static void texts_equal(const struct kerberos_text *a, const struct kerberos_text *b)
{
	assert_int_equal(a->n, b->n);
	assert_int_equal(a->p != NULL, b->p != NULL);
	if (a->n)
		assert_memory_equal(a->p, b->p, a->n * 2);
}

static void a_session_comes_back_as_it_was(void **state)
{
	for (int server = 0; server < 2; server++) {
		CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);
		struct kerberos_session s, t;
		session_fill(&s, server);
		kerberos_session_pack(&w, &s);
		wr_u8(&w, 7); /* what follows is left */
		struct rd r = wr_view(&w);
		assert_int_equal(kerberos_session_unpack(&r, &t), STATUS_SUCCESS);
		assert_int_equal(r.n, 1);
		assert_int_equal(t.attributes, s.attributes);
		assert_int_equal(t.flags, s.flags);
		assert_int_equal(t.server, s.server);
		assert_true(t.start == s.start && t.expiry == s.expiry);
		assert_true(t.password_expiry == CLOCK_NEVER);
		assert_int_equal(t.enctype, s.enctype);
		assert_int_equal(t.ticket_enctype, s.ticket_enctype);
		assert_true(t.acceptor_subkey && t.delegated == s.delegated);
		assert_true(t.send_sequence == 5 && t.receive_sequence == s.receive_sequence);
		assert_true(secret_equal(t.key, s.key));
		assert_true(secret_equal(t.session_key, s.session_key));
		texts_equal(&t.client, &s.client);
		texts_equal(&t.server_name, &s.server_name);
		texts_equal(&t.mapped, &s.mapped);
		texts_equal(&t.target, &s.target);
		assert_int_equal(t.sids.len, s.sids.len);
		assert_memory_equal(t.sids.buf, s.sids.buf, s.sids.len);
		kerberos_session_done(&s);
		kerberos_session_done(&t);
	}
}

static void hostile_sessions_are_refused_or_harmless(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(KERBEROS_PACKED_MAX);
	struct kerberos_session s, t;

	session_fill(&s, true);
	kerberos_session_pack(&w, &s);
	for (size_t n = 0; n < w.len; n++) {
		struct rd r = rd_of(w.buf, n), before = r;
		assert_int_equal(kerberos_session_unpack(&r, &t), SEC_E_INVALID_TOKEN);
		assert_true(r.p == before.p && r.n == before.n);
	}
	for (size_t i = 0; i < w.len * 8; i++) {
		struct rd r = wr_view(&w);
		w.buf[i / 8] ^= (uint8_t)(1 << i % 8);
		NTSTATUS status = kerberos_session_unpack(&r, &t);
		if (!failed(status)) {
			struct kerberos_protection *p = NULL;
			status = kerberos_protection_new(&t, &p);
			assert_true(status == SEC_E_OK || status == SEC_E_CRYPTO_SYSTEM_INVALID);
			kerberos_protection_free(p);
			kerberos_session_done(&t);
		}
		w.buf[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	kerberos_session_done(&s);
}

static void odd_bytes_are_no_text(void **state)
{
	struct kerberos_text t = { 0 };
	assert_false(kerberos_text_copy(&t, rd_of("abc", 3)));
	assert_false(kerberos_text_from_utf8(&t, "\xFF"));
	assert_true(kerberos_text_copy(&t, rd_of(NULL, 0)));
	assert_int_equal(t.n, 0);
	kerberos_text_done(&t);
}

/* ---- attributes ---- */

#define assert_wide(units, text)                                                                   \
	do {                                                                                       \
		static const WCHAR want_[] = OPENSSPI_WIDE(text);                                  \
		assert_int_equal(utf16_len(units), utf16_len(want_));                              \
		assert_memory_equal(units, want_, sizeof(want_));                                  \
	} while (0)

static void names_are_sspis_and_kerberos_own(void **state)
{
	SecPkgContext_NamesW names;
	SecPkgContext_NativeNamesW native;
	SecPkgContext_AuthorityW authority;
	SecPkgContext_DceInfo dce;
	SecPkgContext_CredentialNameW credential;
	struct kerberos_session s;

	session_fill(&s, false);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	assert_wide(names.sUserName, "LAB.TEST\\alice@home");
	block_free(names.sUserName);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_NATIVE_NAMES, &native), SEC_E_OK);
	assert_wide(native.sClientName, "alice\\@home@LAB.TEST");
	assert_wide(native.sServerName, "HTTP/www.lab.test@LAB.TEST");
	block_free(native.sClientName);
	block_free(native.sServerName);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_AUTHORITY, &authority), SEC_E_OK);
	assert_wide(authority.sAuthorityName, "LAB.TEST");
	block_free(authority.sAuthorityName);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_DCE_INFO, &dce), SEC_E_OK);
	assert_int_equal(dce.AuthzSvc, 1);
	assert_wide((WCHAR *)dce.pPac, "LAB.TEST\\alice@home");
	block_free(dce.pPac);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_CREDENTIAL_NAME, &credential),
			 SEC_E_OK);
	assert_int_equal(credential.CredentialType, CRED_TYPE_DOMAIN_PASSWORD);
	block_free(credential.sCredentialName);
	kerberos_session_done(&s);
}

/* What a principal hides behind a backslash is not where its realm begins. */
static void a_realm_with_an_at_sign_is_no_other_realm(void **state)
{
	SecPkgContext_AuthorityW authority;
	SecPkgContext_NamesW names;
	struct kerberos_session s;

	session_fill(&s, true);
	assert_true(kerberos_text_from_utf8(&s.client, "alice@EVIL\\@LAB.TEST"));
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_AUTHORITY, &authority), SEC_E_OK);
	assert_wide(authority.sAuthorityName, "EVIL\\@LAB.TEST");
	block_free(authority.sAuthorityName);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	assert_wide(names.sUserName, "EVIL\\@LAB.TEST\\alice");
	block_free(names.sUserName);
	kerberos_session_done(&s);
}

/* Nothing of it is there: no crash, and empty answers. */
static void a_session_without_names_answers(void **state)
{
	struct kerberos_session s = { .enctype = KERBEROS_RC4, .server = true };
	SecPkgContext_NamesW names;
	SecPkgContext_AuthorityW authority;
	SecPkgContext_ClientSpecifiedTarget target;

	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	assert_int_equal(names.sUserName[0], 0);
	block_free(names.sUserName);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_AUTHORITY, &authority), SEC_E_OK);
	block_free(authority.sAuthorityName);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target),
			 SEC_E_OK);
	block_free(target.sTargetName);
	assert_true(kerberos_text_from_utf8(&s.client, "alice"));
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
	assert_wide(names.sUserName, "alice");
	block_free(names.sUserName);
	kerberos_session_done(&s);
}

static void targets_are_told_to_those_who_may_ask(void **state)
{
	struct kerberos_session client, server;
	SecPkgContext_ClientSpecifiedTarget target;
	SecPkgContext_Target blob;

	session_fill(&client, false);
	session_fill(&server, true);
	assert_int_equal(
		kerberos_session_query(&server, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target),
		SEC_E_OK);
	assert_wide(target.sTargetName, "HTTP/www.lab.test");
	block_free(target.sTargetName);
	assert_int_equal(
		kerberos_session_query(&client, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target),
		SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(kerberos_session_query(&client, SECPKG_ATTR_TARGET, &blob), SEC_E_OK);
	assert_int_equal(blob.TargetLength, 2 * strlen("HTTP/www.lab.test:80"));
	block_free(blob.Target);
	kerberos_session_done(&client);
	kerberos_session_done(&server);
}

static void keys_and_algorithms_are_told(void **state)
{
	static const int32_t enctypes[] = { KERBEROS_AES128_SHA1, KERBEROS_AES256_SHA1,
					    KERBEROS_AES128_SHA256, KERBEROS_AES256_SHA384,
					    KERBEROS_RC4 };
	static const ULONG signatures[] = { 15, 16, 19, 20, (ULONG)-138 };
	SecPkgContext_SessionKey key;
	SecPkgContext_KeyInfoW info;
	struct kerberos_session s;

	session_fill(&s, true);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_SESSION_KEY, &key), SEC_E_OK);
	assert_int_equal(key.SessionKeyLength, 16);
	assert_memory_equal(key.SessionKey, s.session_key->p, 16);
	block_free(key.SessionKey);
	for (size_t i = 0; i < ARRAY_LEN(enctypes); i++) {
		s.enctype = enctypes[i];
		assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_KEY_INFO, &info), SEC_E_OK);
		assert_int_equal(info.EncryptAlgorithm, enctypes[i]);
		assert_int_equal(info.SignatureAlgorithm, signatures[i]);
		assert_true(info.KeySize == 128 || info.KeySize == 256);
		block_free(info.sSignatureAlgorithmName);
		block_free(info.sEncryptAlgorithmName);
	}
	s.enctype = 3;
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_KEY_INFO, &info),
			 SEC_E_CRYPTO_SYSTEM_INVALID);
	kerberos_session_done(&s);
}

static void times_and_flags_are_told(void **state)
{
	SecPkgContext_Lifespan life;
	SecPkgContext_PasswordExpiry password;
	SecPkgContext_LogoffTime logoff;
	SecPkgContext_Flags flags;
	SecPkgContext_UserFlags user;
	SecPkgContext_Sizes sizes;
	SecPkgContext_LastClientTokenStatus last;
	struct kerberos_session s;

	session_fill(&s, true);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_LIFESPAN, &life), SEC_E_OK);
	assert_true(life.tsStart.QuadPart == clock_to_local(s.start));
	assert_true(life.tsExpiry.QuadPart == clock_to_local(s.expiry));
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_PASSWORD_EXPIRY, &password),
			 SEC_E_OK);
	assert_true(password.tsPasswordExpires.QuadPart == CLOCK_NEVER);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_LOGOFF_TIME, &logoff), SEC_E_OK);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_FLAGS, &flags), SEC_E_OK);
	assert_int_equal(flags.Flags, 0x1234);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_USER_FLAGS, &user), SEC_E_OK);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
	assert_int_equal(sizes.cbSecurityTrailer, 60);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, &last),
			 SEC_E_OK);
	assert_int_equal(last.LastClientTokenStatus, SecPkgAttrLastClientTokenYes);
	kerberos_session_done(&s);
}

static void the_package_is_told(void **state)
{
	SecPkgContext_PackageInfoW info;
	SecPkgContext_NegotiationInfoW nego;
	struct kerberos_session s;

	session_fill(&s, true);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_PACKAGE_INFO, &info), SEC_E_OK);
	assert_wide(info.PackageInfo->Name, "Kerberos");
	block_free(info.PackageInfo);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_NEGOTIATION_INFO, &nego), SEC_E_OK);
	assert_int_equal(nego.NegotiationState, SECPKG_NEGOTIATION_COMPLETE);
	assert_int_equal(nego.PackageInfo->wRPCID, 16);
	block_free(nego.PackageInfo);
	kerberos_session_done(&s);
}

static void sids_are_told_at_the_server(void **state)
{
	OPENSSPI_CLIENT_SIDS sids;
	struct kerberos_session s;

	session_fill(&s, true);
	assert_int_equal(kerberos_session_query(&s, OPENSSPI_ATTR_CLIENT_SIDS, &sids), SEC_E_OK);
	assert_int_equal(sids.Count, 2);
	assert_wide(sids.Sids[1], "S-1-5-21-1-2-3-513");
	block_free(sids.Sids);
	wr_reset(&s.sids);
	assert_int_equal(kerberos_session_query(&s, OPENSSPI_ATTR_CLIENT_SIDS, &sids),
			 SEC_E_NO_CREDENTIALS);
	s.server = false;
	assert_int_equal(kerberos_session_query(&s, OPENSSPI_ATTR_CLIENT_SIDS, &sids),
			 SEC_E_UNSUPPORTED_FUNCTION);
	kerberos_session_done(&s);
}

static void account_is(const struct kerberos_session *s, ULONG level, bool mapped)
{
	OPENSSPI_CLIENT_ACCOUNT account;

	assert_int_equal(kerberos_session_query(s, OPENSSPI_ATTR_CLIENT_ACCOUNT, &account), SEC_E_OK);
	assert_int_equal(account.Kind, OPENSSPI_ACCOUNT_OF_MAPPING);
	assert_int_equal(account.Level, level);
	assert_wide(account.Domain, "LAB.TEST");
	assert_wide(account.User, "alice@home");
	if (mapped)
		assert_wide(account.UnixName, "alice");
	else
		assert_null(account.UnixName);
	block_free(account.Domain);
	block_free(account.User);
	block_free(account.UnixName);
}

static void a_client_is_the_user_that_it_was_mapped_to_or_nobody(void **state)
{
	OPENSSPI_CLIENT_ACCOUNT account;
	struct kerberos_session s;

	session_fill(&s, true);
	s.attributes = 0;
	account_is(&s, SecurityDelegation, true);
	s.delegated = false;
	account_is(&s, SecurityImpersonation, true);
	s.attributes = ASC_RET_IDENTIFY;
	account_is(&s, SecurityIdentification, true);
	kerberos_text_done(&s.mapped);
	account_is(&s, SecurityIdentification, false);
	s.server = false;
	assert_int_equal(kerberos_session_query(&s, OPENSSPI_ATTR_CLIENT_ACCOUNT, &account),
			 SEC_E_UNSUPPORTED_FUNCTION);
	kerberos_session_done(&s);
}

static void what_kerberos_has_not_is_refused(void **state)
{
	static const ULONG attributes[] = {
		SECPKG_ATTR_STREAM_SIZES,      SECPKG_ATTR_UNIQUE_BINDINGS,
		SECPKG_ATTR_ENDPOINT_BINDINGS, SECPKG_ATTR_TARGET_INFORMATION,
		SECPKG_ATTR_NEGO_STATUS,       9999
	};
	uint8_t room[256];
	struct kerberos_session s;

	session_fill(&s, true);
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		assert_int_equal(kerberos_session_query(&s, attributes[i], room),
				 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_ACCESS_TOKEN, room),
			 SEC_E_NO_IMPERSONATION);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_CREDENTIAL_NAME, room),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(kerberos_session_query(&s, SECPKG_ATTR_NAMES, NULL),
			 SEC_E_INVALID_PARAMETER);
	kerberos_session_done(&s);
}

/* ---- tokens for people ---- */

static char *described(struct rd token)
{
	struct text out = { 0 };

	bool known = kerberos_describe(token.p, token.n, 0, &out);
	char *text = text_finish(&out);
	if (known)
		return text;
	mem_free(text);
	return NULL;
}

static void has_lines(struct rd token, const char *const *lines, size_t count)
{
	CLEANUP(mem_free_p) char *text = described(token);

	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		if (!strstr(text, lines[i]))
			print_error("no \"%s\" in\n%s", lines[i], text);
		assert_non_null(strstr(text, lines[i]));
	}
}
#define HAS_LINES(token, ...)                                                                      \
	has_lines(token, (const char *const[]){ __VA_ARGS__ },                                     \
		  ARRAY_LEN(((const char *const[]){ __VA_ARGS__ })))
#define HEX_LINES(digits, ...)                                                                     \
	do {                                                                                       \
		struct hex h_ = hex(digits);                                                       \
		HAS_LINES(HEX_RD(h_), __VA_ARGS__);                                                \
	} while (0)

/* [n] around what `put` writes. */
#define FIELD(w, n, put)                                                                           \
	do {                                                                                       \
		size_t place_ = der_begin(w, (uint8_t)DER_CONTEXT(n));                             \
		put;                                                                               \
		der_end(w, place_);                                                                \
	} while (0)
#define SEQUENCE(w, tag, put)                                                                      \
	do {                                                                                       \
		size_t outer_ = (tag) ? der_begin(w, (uint8_t)(0x60 | (tag))) : 0;                 \
		size_t inner_ = der_begin(w, DER_SEQUENCE);                                        \
		put;                                                                               \
		der_end(w, inner_);                                                                \
		if (tag)                                                                           \
			der_end(w, outer_);                                                        \
	} while (0)

static void put_string(struct wr *w, uint8_t tag, const char *text)
{
	size_t place = der_begin(w, tag);
	wr_bytes(w, text, strlen(text));
	der_end(w, place);
}

static void put_name(struct wr *w, const char *service, const char *host)
{
	SEQUENCE(w, 0, {
		FIELD(w, 0, der_put_uint(w, 2));
		FIELD(w, 1, SEQUENCE(w, 0, {
			      put_string(w, 0x1B, service);
			      put_string(w, 0x1B, host);
		      }));
	});
}

static void put_enciphered(struct wr *w, uint32_t etype, uint32_t kvno)
{
	SEQUENCE(w, 0, {
		FIELD(w, 0, der_put_uint(w, etype));
		if (kvno)
			FIELD(w, 1, der_put_uint(w, kvno));
		FIELD(w, 2, der_put_octets(w, rd_of("secret", 6)));
	});
}

static void put_head(struct wr *w, uint32_t type)
{
	FIELD(w, 0, der_put_uint(w, 5));
	FIELD(w, 1, der_put_uint(w, type));
}

static void put_ticket(struct wr *w)
{
	SEQUENCE(w, 1, {
		FIELD(w, 0, der_put_uint(w, 5));
		FIELD(w, 1, put_string(w, 0x1B, "LAB.TEST"));
		FIELD(w, 2, put_name(w, "host", "box"));
		FIELD(w, 3, put_enciphered(w, 17, 2));
	});
}

static void put_ap_req(struct wr *w)
{
	static const uint8_t options[] = { 3, 5, 0, 0x20, 0, 0, 0 };

	SEQUENCE(w, 14, {
		put_head(w, 14);
		FIELD(w, 2, wr_bytes(w, options, sizeof(options)));
		FIELD(w, 3, put_ticket(w));
		FIELD(w, 4, put_enciphered(w, 18, 0));
	});
}

static void put_ap_rep(struct wr *w)
{
	SEQUENCE(w, 15, {
		put_head(w, 15);
		FIELD(w, 2, put_enciphered(w, 20, 0));
	});
}

static void put_error(struct wr *w)
{
	SEQUENCE(w, 30, {
		put_head(w, 30);
		FIELD(w, 4, put_string(w, 0x18, "20261121140000Z"));
		FIELD(w, 5, der_put_uint(w, 3));
		FIELD(w, 6, der_put_uint(w, 37));
		FIELD(w, 7, put_string(w, 0x1B, "HOME"));
		FIELD(w, 8, put_name(w, "alice", "admin"));
		FIELD(w, 9, put_string(w, 0x1B, "LAB.TEST"));
		FIELD(w, 10, put_name(w, "host", "box"));
		FIELD(w, 11, put_string(w, 0x1B, "too late\n"));
	});
}

static void put_tgt_req(struct wr *w)
{
	SEQUENCE(w, 0, {
		put_head(w, 16);
		FIELD(w, 2, put_name(w, "host", "box"));
		FIELD(w, 3, put_string(w, 0x1B, "LAB.TEST"));
	});
}

static void put_tgt_rep(struct wr *w)
{
	SEQUENCE(w, 0, {
		put_head(w, 17);
		FIELD(w, 2, put_ticket(w));
	});
}

static void put_framed(struct wr *w, uint16_t kind, void (*put)(struct wr *w))
{
	static const uint8_t oid[] = { 6, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x12, 1, 2, 2 };
	size_t place = der_begin(w, 0x60);

	wr_bytes(w, oid, sizeof(oid));
	wr_u16be(w, kind);
	put(w);
	der_end(w, place);
}

static const struct {
	uint16_t kind;
	void (*put)(struct wr *w);
	const char *lines[4];
} framed[] = {
	{ 0x0100,
	  put_ap_req,
	  { "Kerberos AP-REQ\n", "options: mutual-required\n", "ticket for: host/box@LAB.TEST\n",
	    "authenticator: 6 enciphered bytes, aes256-cts-hmac-sha1-96 (18)\n" } },
	{ 0x0200, put_ap_rep, { "Kerberos AP-REP\n", "aes256-cts-hmac-sha384-192", "", "" } },
	{ 0x0300,
	  put_error,
	  { "Kerberos KRB-ERROR\n", "error: 37, clock skew too great\n",
	    "client: alice/admin@HOME\n", "server: host/box@LAB.TEST\n" } },
	{ 0x0400, put_tgt_req, { "Kerberos TGT-REQ\n", "server: host/box@LAB.TEST\n", "", "" } },
	{ 0x0401,
	  put_tgt_rep,
	  { "Kerberos TGT-REP\n", "ticket for: host/box@LAB.TEST\n", "key version 2", "" } },
};

static void tokens_of_handshakes_are_described(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(framed); i++) {
		CLEANUP(wr_done) struct wr w = WR(1000);
		put_framed(&w, framed[i].kind, framed[i].put);
		has_lines(wr_view(&w), framed[i].lines, 4);
		for (size_t n = 0; n < w.len; n++)
			assert_null(described(rd_of(w.buf, n)));
		for (size_t j = 0; j < w.len * 8; j++) { /* no crash, whatever it says */
			w.buf[j / 8] ^= (uint8_t)(1 << j % 8);
			mem_free(described(wr_view(&w)));
			w.buf[j / 8] ^= (uint8_t)(1 << j % 8);
		}
	}
}

static void bare_messages_are_described(void **state)
{
	for (size_t i = 0; i < 3; i++) {
		CLEANUP(wr_done) struct wr w = WR(1000);
		framed[i].put(&w);
		has_lines(wr_view(&w), framed[i].lines, 4);
	}
}

static void no_secrets_and_no_other_mechanisms(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(1000);
	struct hex spnego = hex("600806062b0601050502a000"), ntlm = hex("4e544c4d5353500001000000");

	put_framed(&w, 0x0100, put_ap_req);
	CLEANUP(mem_free_p) char *text = described(wr_view(&w));
	assert_non_null(text);
	assert_null(strstr(text, "secret"));
	assert_null(described(HEX_RD(spnego)));
	assert_null(described(HEX_RD(ntlm)));
}

static void tokens_of_messages_are_described(void **state)
{
	HEX_LINES("040405ffffffffff0000000000000007aabbccdd", "Kerberos MIC\n", "from-acceptor",
		  "acceptor-subkey", "number: 7\n", "protected: 4 bytes");
	HEX_LINES("050402ff0000001c0000000000000100aabbccdd", "Kerberos wrap\n",
		  "from-initiator sealed\n", "extra count: 0, rotated right by 28", "number: 256");
	HEX_LINES("602306092a864886f71201020201011100ffffffff00000000000000000000000000000000",
		  "Kerberos MIC, RFC 4757", "algorithms: 1100\n");
	HEX_LINES("602306092a864886f712010202020111001000ffff00000000000000000000000000000000",
		  "Kerberos wrap, RFC 4757", "algorithms: 11001000, sealed\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_comes_back_as_it_was),
		cmocka_unit_test(hostile_sessions_are_refused_or_harmless),
		cmocka_unit_test(odd_bytes_are_no_text),
		cmocka_unit_test(names_are_sspis_and_kerberos_own),
		cmocka_unit_test(a_realm_with_an_at_sign_is_no_other_realm),
		cmocka_unit_test(a_session_without_names_answers),
		cmocka_unit_test(targets_are_told_to_those_who_may_ask),
		cmocka_unit_test(keys_and_algorithms_are_told),
		cmocka_unit_test(times_and_flags_are_told),
		cmocka_unit_test(the_package_is_told),
		cmocka_unit_test(sids_are_told_at_the_server),
		cmocka_unit_test(a_client_is_the_user_that_it_was_mapped_to_or_nobody),
		cmocka_unit_test(what_kerberos_has_not_is_refused),
		cmocka_unit_test(tokens_of_handshakes_are_described),
		cmocka_unit_test(bare_messages_are_described),
		cmocka_unit_test(no_secrets_and_no_other_mechanisms),
		cmocka_unit_test(tokens_of_messages_are_described),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
