/* tests/unit/test_sspi_authdata.c - AuthData in all its forms becomes one block.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
#include <credssp.h>
#include <ntsecapi.h>
#include <opensspi.h>
#include <schannel.h>

#include "sspi/authdata.h"
#include "sspi/certificate.h"
#include "wire/authbuffer.h"
#include "wire/authdata.h"
#include "wire/kerblogon.h"

static unsigned short user_w[] = { 'u', 0xE4, 0 };
static unsigned short domain_w[] = { 'D', 0 };
static unsigned short password_w[] = { 'p', 'w', '1', 0 };
static unsigned char user_a[] = "u\xC3\xA4", domain_a[] = "D", password_a[] = "pw1";
static unsigned char list_a[] = "Kerberos,!NTLM";

static void expect_identity(struct rd block)
{
	struct identity_view id;
	assert_true(identity_read(block, &id));
	assert_true(id.has_user && id.has_domain && id.has_password);
	assert_int_equal(id.user.n, 4);
	assert_memory_equal(id.user.p, user_w, 4);
	assert_int_equal(id.domain.n, 2);
	assert_int_equal(id.password.n, 6);
	assert_memory_equal(id.password.p, password_w, 6);
}

static const struct certificate_logon card_logon = { { (const uint8_t *)domain_w, 2 },
						     { (const uint8_t *)user_w, 4 },
						     { (const uint8_t *)password_w, 6 },
						     2,
						     { NULL, 0 } };

/* An identity whose certificate's logon has these names, that PIN and this data. */
static void expect_card(struct rd block, const void *csp, size_t n)
{
	struct certificate_logon logon;
	struct identity_view id;

	assert_true(identity_read(block, &id));
	assert_false(id.has_password); /* a PIN is none */
	assert_true(id.user.n == 4 && memcmp(id.user.p, user_w, 4) == 0);
	assert_int_equal(id.domain.n, 2);
	assert_true(certificate_logon_read(id.certificate, &logon));
	assert_memory_equal(logon.user.p, user_w, 4);
	assert_int_equal(logon.pin.n, 6);
	assert_memory_equal(logon.pin.p, password_w, 6);
	assert_int_equal(logon.flags, 2);
	assert_int_equal(logon.csp_data.n, n);
	if (n)
		assert_memory_equal(logon.csp_data.p, csp, n);
}

static NTSTATUS packed(uint32_t format, const void *auth, struct wr *w)
{
	return authdata_pack(format, auth, w);
}

static const SEC_WINNT_AUTH_IDENTITY_W plain_w = {
	user_w, 2, domain_w, 1, password_w, 3, SEC_WINNT_AUTH_IDENTITY_UNICODE
};
static const SEC_WINNT_AUTH_IDENTITY_A plain_a = {
	user_a, 3, domain_a, 1, password_a, 3, SEC_WINNT_AUTH_IDENTITY_ANSI
};

static void plain_identities_of_both_alphabets_are_one_block(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(4096), a = WR(4096);
	(void)state;
	assert_int_equal(packed(OPENSSPI_AUTH_DATA_IDENTITY, &plain_w, &w), SEC_E_OK);
	expect_identity(wr_view(&w));
	assert_int_equal(packed(OPENSSPI_AUTH_DATA_IDENTITY, &plain_a, &a), SEC_E_OK);
	assert_int_equal(w.len, a.len);
	assert_memory_equal(w.buf, a.buf, w.len);
}

static void extended_identities_bring_their_package_list(void **state)
{
	SEC_WINNT_AUTH_IDENTITY_EXA ex = { SEC_WINNT_AUTH_IDENTITY_VERSION,
					   sizeof(ex),
					   user_a,
					   3,
					   domain_a,
					   1,
					   password_a,
					   3,
					   SEC_WINNT_AUTH_IDENTITY_ANSI,
					   list_a,
					   sizeof(list_a) - 1 };
	CLEANUP(wr_done) struct wr w = WR(4096), without = WR(4096), bad = WR(4096);
	struct identity_view id;
	(void)state;
	assert_int_equal(packed(OPENSSPI_AUTH_DATA_IDENTITY, &ex, &w), SEC_E_OK);
	expect_identity(wr_view(&w));
	assert_true(identity_read(wr_view(&w), &id));
	assert_int_equal(id.packages.n, 2 * (sizeof(list_a) - 1));
	ex.Length = offsetof(SEC_WINNT_AUTH_IDENTITY_EXA, PackageList);
	assert_int_equal(packed(OPENSSPI_AUTH_DATA_IDENTITY, &ex, &without), SEC_E_OK);
	assert_true(identity_read(wr_view(&without), &id));
	assert_int_equal(id.packages.n, 0);
	ex.Length = 8;
	assert_int_equal(packed(OPENSSPI_AUTH_DATA_IDENTITY, &ex, &bad), SEC_E_UNKNOWN_CREDENTIALS);
}

static void a_block_made_here_is_taken_as_ex2(void **state)
{
	CLEANUP(wr_done) struct wr once = WR(4096), twice = WR(4096), bad = WR(4096);
	(void)state;
	assert_int_equal(authdata_identity(&plain_w, &once), SEC_E_OK);
	assert_int_equal(authdata_identity(once.buf, &twice), SEC_E_OK);
	expect_identity(wr_view(&twice));
	once.buf[12] = 0xFF; /* the user's offset */
	once.buf[13] = 0xFF;
	assert_int_equal(authdata_identity(once.buf, &bad), SEC_E_UNKNOWN_CREDENTIALS);
}

static void absent_strings_are_not_empty_ones(void **state)
{
	SEC_WINNT_AUTH_IDENTITY_W none = {
		NULL, 0, domain_w, 0, NULL, 0, SEC_WINNT_AUTH_IDENTITY_UNICODE
	};
	CLEANUP(wr_done) struct wr w = WR(4096);
	struct identity_view id;
	(void)state;
	assert_int_equal(authdata_identity(&none, &w), SEC_E_OK);
	assert_true(identity_read(wr_view(&w), &id));
	assert_false(id.has_user);
	assert_true(id.has_domain);
	assert_false(id.has_password);
}

static void identities_that_cannot_be_read_are_unknown_credentials(void **state)
{
	static unsigned char not_utf8[] = "\xC3(";
	static unsigned short lone[] = { 0xDC00 };
	SEC_WINNT_AUTH_IDENTITY_A ansi = plain_a;
	SEC_WINNT_AUTH_IDENTITY_W wide = plain_w;
	CLEANUP(wr_done) struct wr w = WR(4096);
	(void)state;
	ansi.User = not_utf8;
	ansi.UserLength = 2;
	assert_int_equal(authdata_identity(&ansi, &w), SEC_E_UNKNOWN_CREDENTIALS);
	wide.Password = lone;
	wide.PasswordLength = 1;
	assert_int_equal(authdata_identity(&wide, &w), SEC_E_UNKNOWN_CREDENTIALS);
	wide = plain_w;
	wide.UserLength = 0x10000;
	assert_int_equal(authdata_identity(&wide, &w), SEC_E_UNKNOWN_CREDENTIALS);
	wide = plain_w;
	wide.User = NULL;
	assert_int_equal(authdata_identity(&wide, &w), SEC_E_UNKNOWN_CREDENTIALS);
	wide = plain_w;
	wide.Flags |= SEC_WINNT_AUTH_IDENTITY_FLAGS_SYSTEM_PROTECTED;
	assert_int_equal(authdata_identity(&wide, &w), SEC_E_UNKNOWN_CREDENTIALS);
}

static void schannel_credentials_of_both_versions_are_read(void **state)
{
	TLS_PARAMETERS parameters = { .grbitDisabledProtocols = SP_PROT_TLS1_0_SERVER };
	SCHANNEL_CRED old = { .dwVersion = SCHANNEL_CRED_VERSION,
			      .dwFlags = SCH_CRED_MANUAL_CRED_VALIDATION,
			      .grbitEnabledProtocols = SP_PROT_TLS1_2_CLIENT,
			      .dwSessionLifespan = 9 };
	SCH_CREDENTIALS new = { .dwVersion = SCH_CREDENTIALS_VERSION,
				.cTlsParameters = 1,
				.pTlsParameters = &parameters };
	CLEANUP(wr_done) struct wr w = WR(4096), v = WR(4096), bad = WR(4096);
	struct schannel_auth auth;
	(void)state;
	assert_int_equal(packed(OPENSSPI_AUTH_DATA_SCHANNEL, &old, &w), SEC_E_OK);
	assert_true(schannel_auth_read(wr_view(&w), &auth));
	assert_int_equal(auth.flags, SCH_CRED_MANUAL_CRED_VALIDATION);
	assert_int_equal(auth.protocols, SP_PROT_TLS1_2_CLIENT);
	assert_int_equal(auth.lifespan, 9);
	assert_false(auth.has_certificate);
	assert_int_equal(packed(OPENSSPI_AUTH_DATA_SCHANNEL, &new, &v), SEC_E_OK);
	assert_true(schannel_auth_read(wr_view(&v), &auth));
	assert_int_equal(auth.disabled, SP_PROT_TLS1_0_SERVER);
	old.dwVersion = 3;
	assert_int_equal(authdata_schannel(&old, &bad), SEC_E_UNKNOWN_CREDENTIALS);
	new.cTlsParameters = 17;
	assert_int_equal(authdata_schannel(&new, &bad), SEC_E_UNKNOWN_CREDENTIALS);
}

static void a_certificate_comes_with_its_key(void **state)
{
	static const uint8_t chain[] = { 0x30, 1, 7, 0x30, 0 };
	PCCERT_CONTEXT ours = certificate_new_take(rd_of(chain, 5), 3, secret_copy("key", 3));
	CERT_CONTEXT foreign = { .cbCertEncoded = 1 };
	PCCERT_CONTEXT others = &foreign;
	SCHANNEL_CRED cred = { .dwVersion = SCHANNEL_CRED_VERSION, .cCreds = 1, .paCred = &ours };
	CLEANUP(wr_done) struct wr w = WR(4096), bad = WR(4096);
	struct schannel_auth auth;
	(void)state;
	assert_int_equal(authdata_schannel(&cred, &w), SEC_E_OK);
	assert_true(schannel_auth_read(wr_view(&w), &auth));
	assert_true(auth.has_certificate);
	assert_int_equal(auth.certificates.n, 5);
	assert_memory_equal(auth.key.p, "key", 3);
	cred.paCred = &others;
	assert_int_equal(authdata_schannel(&cred, &bad), SEC_E_UNKNOWN_CREDENTIALS);
	cred.paCred = NULL;
	assert_int_equal(authdata_schannel(&cred, &bad), SEC_E_UNKNOWN_CREDENTIALS);
	cred.paCred = &ours;
	cred.dwCredFormat = SCH_CRED_FORMAT_CERT_HASH;
	assert_int_equal(authdata_schannel(&cred, &bad), SEC_E_UNKNOWN_CREDENTIALS);
	CertFreeCertificateContext(ours);
}

static void each_submit_type_is_read_with_and_without_its_parts(void **state)
{
	static const uint32_t type[] = { CredsspPasswordCreds, CredsspSchannelCreds,
					 CredsspCertificateCreds, CredsspSubmitBufferBoth,
					 CredsspSubmitBufferBothOld };
	SCHANNEL_CRED schannel = { .dwVersion = SCHANNEL_CRED_VERSION };
	CLEANUP(wr_done) struct wr ex2 = WR(4096), card = WR(4096);
	(void)state;
	assert_int_equal(authdata_identity(&plain_w, &ex2), SEC_E_OK);
	certificate_logon_write(&card, &card_logon);
	for (size_t i = 0; i < ARRAY_LEN(type) * 4; i++) {
		CLEANUP(wr_done) struct wr w = WR(8192);
		struct credssp_auth auth;
		CREDSSP_CRED cred = { .Type = (CREDSPP_SUBMIT_TYPE)type[i / 4] };
		cred.pSchannelCred = i & 1 ? &schannel : NULL;
		bool certificate = type[i / 4] == CredsspCertificateCreds;
		cred.pSpnegoCred = i & 2 ? certificate ? card.buf : ex2.buf : NULL;
		assert_int_equal(packed(OPENSSPI_AUTH_DATA_CREDSSP, &cred, &w), SEC_E_OK);
		assert_true(credssp_auth_read(wr_view(&w), &auth));
		assert_int_equal(auth.submit_type, type[i / 4]);
		assert_int_equal(auth.has_schannel, i & 1);
		bool identity = (i & 2) && type[i / 4] != CredsspSchannelCreds;
		assert_int_equal(auth.has_identity, identity);
		if (identity && certificate)
			expect_card(auth.identity, NULL, 0);
		else if (identity)
			expect_identity(auth.identity);
	}
}

static void the_extended_form_brings_its_flags(void **state)
{
	CREDSSP_CRED_EX ex = { .Type = CredsspCredEx,
			       .Version = CREDSSP_CRED_EX_VERSION,
			       .Flags = CREDSSP_FLAG_REDIRECT,
			       .Cred = { .Type = CredsspPasswordCreds,
					 .pSpnegoCred = (void *)(uintptr_t)&plain_w } };
	CLEANUP(wr_done) struct wr w = WR(8192), bad = WR(8192);
	struct credssp_auth auth;
	(void)state;
	assert_int_equal(authdata_credssp(&ex, &w), SEC_E_OK);
	assert_true(credssp_auth_read(wr_view(&w), &auth));
	assert_int_equal(auth.flags, CREDSSP_FLAG_REDIRECT);
	assert_int_equal(auth.submit_type, CredsspPasswordCreds);
	ex.Version = 1;
	assert_int_equal(authdata_credssp(&ex, &bad), SEC_E_UNKNOWN_CREDENTIALS);
	ex.Version = 0;
	ex.Cred.Type = CredsspCredEx;
	assert_int_equal(authdata_credssp(&ex, &bad), SEC_E_UNKNOWN_CREDENTIALS);
	ex.Cred.Type = (CREDSPP_SUBMIT_TYPE)3;
	assert_int_equal(authdata_credssp(&ex.Cred, &bad), SEC_E_UNKNOWN_CREDENTIALS);
}

static void a_packed_logon_is_a_submit_buffer_too(void **state)
{
	CLEANUP(wr_done) struct wr logon = WR(4096), w = WR(8192);
	struct authbuffer_view view = { .domain = rd_of(domain_w, 2),
					.user = rd_of(user_w, 4),
					.password = rd_of(password_w, 6) };
	struct credssp_auth auth;
	(void)state;
	authbuffer_write(&logon, &view);
	CREDSSP_CRED cred = { .Type = CredsspSubmitBufferBoth, .pSpnegoCred = logon.buf };
	assert_int_equal(authdata_credssp(&cred, &w), SEC_E_OK);
	assert_true(credssp_auth_read(wr_view(&w), &auth));
	expect_identity(auth.identity);
}

static void a_logon_by_certificate_is_read_with_addresses_and_with_offsets(void **state)
{
	static unsigned char csp[] = { 1, 2, 3, 4, 5, 6, 7 };
	KERB_CERTIFICATE_LOGON in = {
		.MessageType = KerbCertificateLogon,
		.DomainName = { 2, 2, (WCHAR *)domain_w },
		.UserName = { 4, 4, (WCHAR *)user_w },
		.Pin = { 6, 8, (WCHAR *)password_w },
		.Flags = 2,
		.CspDataLength = sizeof(csp),
		.CspData = csp,
	};
	CLEANUP(wr_done) struct wr w = WR(8192), block = WR(4096), again = WR(8192);
	struct certificate_logon logon = card_logon;
	CREDSSP_CRED cred = { .Type = CredsspCertificateCreds, .pSpnegoCred = &in };
	struct credssp_auth auth;

	assert_int_equal(authdata_credssp(&cred, &w), SEC_E_OK);
	assert_true(credssp_auth_read(wr_view(&w), &auth));
	expect_card(auth.identity, csp, sizeof(csp));

	logon.csp_data = rd_of(csp, sizeof(csp));
	certificate_logon_write(&block, &logon);
	for (int both = 0; both < 2; both++) { /* CredPackAuthenticationBuffer makes the same */
		wr_reset(&again);
		cred.Type = both ? CredsspSubmitBufferBoth : CredsspCertificateCreds;
		cred.pSpnegoCred = block.buf;
		assert_int_equal(authdata_credssp(&cred, &again), SEC_E_OK);
		assert_true(credssp_auth_read(wr_view(&again), &auth));
		expect_card(auth.identity, csp, sizeof(csp));
	}
	cred.pSpnegoCred = &in; /* a packed buffer has no addresses */
	assert_int_equal(authdata_credssp(&cred, &w), SEC_E_UNKNOWN_CREDENTIALS);
}

static void unsound_logons_by_certificate_are_unknown_credentials(void **state)
{
	static unsigned short lone[] = { 0xDC00 };
	const KERB_CERTIFICATE_LOGON good = {
		.MessageType = KerbCertificateLogon,
		.UserName = { 4, 4, (WCHAR *)user_w },
	};
	KERB_CERTIFICATE_LOGON bad[8];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		bad[i] = good;
	bad[n++].MessageType = KerbInteractiveLogon;
	bad[n++].UserName.Buffer = NULL;
	bad[n++].UserName.Length = 3;
	bad[n++].UserName.Buffer = (WCHAR *)lone;
	bad[n++].UserName.Buffer = (WCHAR *)(uintptr_t)8; /* inside the head */
	bad[n++].CspDataLength = 1;
	bad[n].CspData = (PUCHAR)user_w;
	bad[n++].CspDataLength = CERTIFICATE_LOGON_MAX + 1;
	bad[n].CspData = (PUCHAR)user_w;
	bad[n++].CspDataLength = UINT32_MAX;
	bad[3].UserName.Length = 2;
	for (size_t i = 0; i < n; i++) {
		CLEANUP(wr_done) struct wr w = WR(8192);
		CREDSSP_CRED cred = { .Type = CredsspCertificateCreds, .pSpnegoCred = &bad[i] };
		assert_int_equal(authdata_credssp(&cred, &w), SEC_E_UNKNOWN_CREDENTIALS);
	}
}

/* Their first bytes are no pointer to a name. */
static void packed_forms_that_name_no_user_are_refused(void **state)
{
	static const struct {
		enum authbuffer_form form;
		bool wow;
	} rows[] = { { AUTHBUFFER_CERTIFICATE, true },
		     { AUTHBUFFER_GENERIC, false },
		     { AUTHBUFFER_GENERIC, true } };
	const struct authbuffer_view view = { .domain = rd_of(domain_w, 2),
					      .user = rd_of(user_w, 4),
					      .password = rd_of(password_w, 6) };
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(wr_done) struct wr logon = WR(4096), w = WR(8192);
		authbuffer_write_form(&logon, rows[i].form, rows[i].wow, &view);
		wr_zero(&logon, 64);
		CREDSSP_CRED cred = { .Type = CredsspSubmitBufferBoth, .pSpnegoCred = logon.buf };
		assert_int_equal(authdata_credssp(&cred, &w), SEC_E_UNKNOWN_CREDENTIALS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_identities_of_both_alphabets_are_one_block),
		cmocka_unit_test(extended_identities_bring_their_package_list),
		cmocka_unit_test(a_block_made_here_is_taken_as_ex2),
		cmocka_unit_test(absent_strings_are_not_empty_ones),
		cmocka_unit_test(identities_that_cannot_be_read_are_unknown_credentials),
		cmocka_unit_test(schannel_credentials_of_both_versions_are_read),
		cmocka_unit_test(a_certificate_comes_with_its_key),
		cmocka_unit_test(each_submit_type_is_read_with_and_without_its_parts),
		cmocka_unit_test(the_extended_form_brings_its_flags),
		cmocka_unit_test(a_packed_logon_is_a_submit_buffer_too),
		cmocka_unit_test(a_logon_by_certificate_is_read_with_addresses_and_with_offsets),
		cmocka_unit_test(unsound_logons_by_certificate_are_unknown_credentials),
		cmocka_unit_test(packed_forms_that_name_no_user_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
