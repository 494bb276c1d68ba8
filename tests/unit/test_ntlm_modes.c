/* tests/unit/test_ntlm_modes.c - NTLM's other ways: levels, weak keys, OEM, nobody, datagrams, local calls.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "fake_host.h"
#include "packages/ntlm/message.h"
#include "packages/ntlm/package.h"

#define PASSWORD "S3cret!pw"
#define CHALLENGE_FLAGS_AT 20
#define AUTHENTICATE_FLAGS_AT 60

static struct talk {
	struct fake_side client, server;
	struct wr negotiate, challenge, authenticate, rest;
} talk;

/* ---- an authority that knows NTLMv1, too ---- */

static NTSTATUS(NTAPI *authenticate_v2)(const OPENSSPI_NTLM_LOGON *, POPENSSPI_NTLM_LOGON_RESULT);

static NTSTATUS NTAPI authenticate_any(const OPENSSPI_NTLM_LOGON *logon,
				       POPENSSPI_NTLM_LOGON_RESULT result)
{
	static const WCHAR password[] = OPENSSPI_WIDE(PASSWORD);
	uint8_t hash[16], challenge[16] = { 0 }, want[24];

	if (logon->NtResponseLength != 24)
		return authenticate_v2(logon, result);
	atomic_fetch_add(&fake_host.authentications, 1);
	ntlm_ntowf_v1(password, sizeof(password) - 2, hash);
	memcpy(challenge, logon->ServerChallenge, 8);
	if (logon->NegotiateFlags & NTLM_EXTENDED_SECURITY)
		md5_parts(
			(struct part[]){ { logon->ServerChallenge, 8 }, { logon->LmResponse, 8 } },
			2, challenge);
	ntlm_desl(hash, challenge, want);
	md4(hash, sizeof(hash), result->SessionBaseKey);
	return memcmp(want, logon->NtResponse, 24) == 0 ? STATUS_SUCCESS : STATUS_LOGON_FAILURE;
}

static NTSTATUS NTAPI caller_name(PUNICODE_STRING name)
{
	static const WCHAR bob[] = OPENSSPI_WIDE("bob");
	WCHAR *copy = block_dup(bob, sizeof(bob));
	atomic_fetch_add(&fake_host.heap, 1);
	*name = unicode_view(copy, 3);
	return STATUS_SUCCESS;
}

static int setup(void **state)
{
	fake_host_reset();
	authenticate_v2 = fake_host.extension.AuthenticateNtlm;
	fake_host.extension.AuthenticateNtlm = authenticate_any;
	fake_host.extension.CallerName = caller_name;
	fake_host.target = "HTTP/srv.lab.test";
	talk = (struct talk){ .server.server = true };
	talk.client.requirements = ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY;
	talk.client.target = "HTTP/srv.lab.test";
	talk.negotiate = talk.challenge = talk.authenticate = talk.rest = WR(1u << 17);
	return 0;
}

static int teardown(void **state)
{
	fake_side_close(&talk.client);
	fake_side_close(&talk.server);
	wr_done(&talk.negotiate);
	wr_done(&talk.challenge);
	wr_done(&talk.authenticate);
	wr_done(&talk.rest);
	return fake_host.heap == 0 ? 0 : -1;
}

static void set_level(ULONG level, ULONG minimum)
{
	fake_host.policy[OPENSSPI_POLICY_LM_COMPATIBILITY] = level;
	fake_host.policy[OPENSSPI_POLICY_NTLM_MIN_CLIENT_SEC] = minimum;
	fake_host.policy[OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC] = minimum;
}

static void open_as(const char *user, const char *password)
{
	CLEANUP(mem_free_p) void *auth = user ? fake_identity("LAB", user, password) : NULL;

	fake_side_close(&talk.client);
	fake_side_close(&talk.server);
	assert_int_equal(fake_side_open(&talk.client, &ntlm_module, auth), STATUS_SUCCESS);
	assert_int_equal(fake_side_open(&talk.server, &ntlm_module, NULL), STATUS_SUCCESS);
}

static void flags_clear(struct wr *message, size_t at, uint32_t flags)
{
	wr_fill_u32le(message, at, u32le_at(message->buf + at) & ~flags);
}

/* Up to CHALLENGE, from which `cleared` is taken. */
static void to_challenge(uint32_t cleared)
{
	assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			 SEC_I_CONTINUE_NEEDED);
	flags_clear(&talk.challenge, CHALLENGE_FLAGS_AT, cleared);
}

static NTSTATUS client_answers(void)
{
	return fake_side_step(&talk.client, wr_view(&talk.challenge), &talk.authenticate);
}

static NTSTATUS server_finishes(void)
{
	return fake_side_step(&talk.server, wr_view(&talk.authenticate), &talk.rest);
}

static NTSTATUS run(void)
{
	to_challenge(0);
	NTSTATUS status = client_answers();
	return failed(status) ? status : server_finishes();
}

static void key_of(const struct fake_side *s, uint8_t out[16])
{
	SecPkgContext_SessionKey key = { 0 };
	assert_int_equal(s->user->QueryContextAttributes(s->context, SECPKG_ATTR_SESSION_KEY, &key),
			 SEC_E_OK);
	memcpy(out, key.SessionKey, 16);
	block_free(key.SessionKey);
}

static void keys_are_equal(void)
{
	uint8_t a[16], b[16];
	key_of(&talk.client, a);
	key_of(&talk.server, b);
	assert_memory_equal(a, b, 16);
}

static void send_sealed(const struct fake_side *from, const struct fake_side *to, ULONG sequence)
{
	uint8_t data[] = "a sealed text", token[16];
	SecBuffer b[] = { { 16, SECBUFFER_TOKEN, token }, { sizeof(data), SECBUFFER_DATA, data } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	assert_int_equal(from->user->SealMessage(from->context, 0, &m, sequence), SEC_E_OK);
	assert_memory_not_equal(data, "a sealed text", sizeof(data));
	assert_int_equal(to->user->UnsealMessage(to->context, &m, sequence, NULL), SEC_E_OK);
	assert_string_equal((char *)data, "a sealed text");
}

/* The parties take turns, as the old form without extended session security needs. */
static void protects_both_ways(void)
{
	keys_are_equal();
	for (int i = 0; i < 3; i++) {
		send_sealed(&talk.client, &talk.server, 0);
		send_sealed(&talk.server, &talk.client, 0);
	}
}

static void name_is(const struct fake_side *s, const char *want)
{
	SecPkgContext_NamesW names = { 0 };
	assert_int_equal(s->user->QueryContextAttributes(s->context, SECPKG_ATTR_NAMES, &names),
			 SEC_E_OK);
	assert_true(utf16_equal_ascii_nocase(names.sUserName, utf16_len(names.sUserName), want));
	block_free(names.sUserName);
}

/* ---- levels ---- */

static struct ntlm_authenticate sent(void)
{
	struct ntlm_authenticate a;
	assert_true(ntlm_authenticate_read(wr_view(&talk.authenticate), &a));
	return a;
}

static void each_level_answers_as_it_says(void **state)
{
	static const struct row {
		bool extended, v2, lm_is_nt;
	} rows[] = { { false, false, false }, { true, false, false }, { true, false, false },
		     { true, true, false },   { true, true, false },  { true, true, false } };

	for (ULONG level = 0; level < 6; level++) {
		set_level(level, 0);
		open_as("alice", PASSWORD);
		assert_int_equal(run(), SEC_E_OK);
		struct ntlm_authenticate a = sent();
		assert_int_equal(!!(a.flags & NTLM_EXTENDED_SECURITY), rows[level].extended);
		assert_int_equal(a.nt.n > 24, rows[level].v2);
		assert_int_equal(a.lm.n, 24);
		bool same = a.nt.n == 24 && memcmp(a.lm.p, a.nt.p, 24) == 0;
		assert_int_equal(same, rows[level].lm_is_nt);
		protects_both_ways();
	}
}

/* A server without extended session security: what is in the LM response's place. */
static void lm_responses_are_made_below_level_2_alone(void **state)
{
	static const bool made[] = { true, true, false };

	for (ULONG level = 0; level < 3; level++) {
		set_level(level, 0);
		open_as("alice", PASSWORD);
		to_challenge(NTLM_EXTENDED_SECURITY);
		assert_int_equal(client_answers(), SEC_E_OK);
		struct ntlm_authenticate a = sent();
		assert_int_equal(memcmp(a.lm.p, a.nt.p, 24) != 0, made[level]);
		open_as("alice", "a password of more than fourteen");
		to_challenge(NTLM_EXTENDED_SECURITY);
		assert_int_equal(client_answers(), SEC_E_OK);
		a = sent();
		assert_memory_equal(a.lm.p, a.nt.p, 24);
	}
}

/* A password has an LM hash as a whole, or none: never one of its first characters. */
static void a_password_that_is_not_ascii_has_no_lm_response(void **state)
{
	static const char *const password[] = { "secr\u00E9t", "secret\u00E9", "\u00E9" };

	for (size_t i = 0; i < ARRAY_LEN(password); i++) {
		set_level(0, 0);
		open_as("alice", password[i]);
		to_challenge(NTLM_EXTENDED_SECURITY);
		assert_int_equal(client_answers(), SEC_E_OK);
		struct ntlm_authenticate a = sent();
		assert_memory_equal(a.lm.p, a.nt.p, 24);
	}
}

static void s12_ntlmv1_is_taken_only_where_policy_has_it(void **state)
{
	for (ULONG level = 3; level < 6; level++) {
		set_level(2, 0);
		open_as("alice", PASSWORD);
		to_challenge(0);
		assert_int_equal(client_answers(), SEC_E_OK);
		set_level(level, 0);
		fake_host.authentications = 0;
		assert_int_equal(server_finishes(), level < 5 ? SEC_E_OK : STATUS_LOGON_FAILURE);
		assert_int_equal(fake_host.authentications, level < 5);
	}
}

/* Accounts hold no LM hash to check it with, and an LMv2 response is no way past a MIC. */
static void s11_an_lm_response_alone_is_refused_at_every_level(void **state)
{
	static const uint8_t lm[24] = { 1 };

	for (ULONG level = 0; level < 6; level++) {
		set_level(level, 0);
		open_as("alice", PASSWORD);
		to_challenge(0);
		wr_reset(&talk.authenticate);
		const struct ntlm_authenticate m = {
			.flags = NTLM_OEM | NTLM_NTLM,
			.lm = rd_of(lm, sizeof(lm)),
			.user = rd_of("alice", 5),
			.domain = rd_of("LAB", 3),
		};
		ntlm_authenticate_write(&talk.authenticate, &m);
		fake_host.authentications = 0;
		assert_int_equal(server_finishes(), STATUS_LOGON_FAILURE);
		assert_int_equal(fake_host.authentications, 0);
	}
}

static void ntlmv1_with_a_wrong_or_empty_password_is_refused(void **state)
{
	for (ULONG level = 0; level < 3; level++) {
		set_level(level, 0);
		open_as("alice", "wrong");
		assert_int_equal(run(), STATUS_LOGON_FAILURE);
		open_as("alice", "");
		assert_int_equal(run(), STATUS_LOGON_FAILURE);
	}
}

static void s12_minimum_security_refuses_what_lower_levels_offer(void **state)
{
	set_level(0, NTLM_EXTENDED_SECURITY | NTLM_128);
	open_as("alice", PASSWORD);
	assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			 SEC_E_UNSUPPORTED_FUNCTION);
	fake_host.policy[OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC] = 0;
	assert_int_equal(fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(client_answers(), SEC_E_UNSUPPORTED_FUNCTION);
}

/* ---- weak keys ---- */

static ULONG key_bits(const struct fake_side *s)
{
	SecPkgContext_KeyInfoW info;
	assert_int_equal(s->user->QueryContextAttributes(s->context, SECPKG_ATTR_KEY_INFO, &info),
			 SEC_E_OK);
	block_free(info.sSignatureAlgorithmName);
	block_free(info.sEncryptAlgorithmName);
	return info.KeySize;
}

static void keys_of_128_56_and_40_bits_are_agreed_on(void **state)
{
	static const struct row {
		uint32_t cleared;
		ULONG level, bits;
	} rows[] = { { 0, 3, 128 },
		     { NTLM_128, 3, 56 },
		     { NTLM_128 | NTLM_56, 3, 40 },
		     { NTLM_128, 1, 56 },
		     { NTLM_KEY_EXCHANGE, 3, 128 },
		     { NTLM_EXTENDED_SECURITY, 3, 128 },
		     { NTLM_EXTENDED_SECURITY | NTLM_KEY_EXCHANGE, 2, 128 } };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		set_level(rows[i].level, 0);
		open_as("alice", PASSWORD);
		assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
				 SEC_I_CONTINUE_NEEDED);
		/* as a weaker client asks: the MIC is over what the server was shown */
		flags_clear(&talk.negotiate, 12, rows[i].cleared);
		assert_int_equal(
			fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			SEC_I_CONTINUE_NEEDED);
		assert_int_equal(client_answers(), SEC_E_OK);
		if (rows[i].level >= 3)
			continue; /* a MIC notices; see below */
		assert_int_equal(server_finishes(), SEC_E_OK);
		assert_int_equal(key_bits(&talk.client), rows[i].bits);
		assert_int_equal(key_bits(&talk.server), rows[i].bits);
		protects_both_ways();
	}
}

static void s12_flags_stripped_on_the_way_are_noticed_by_the_mic(void **state)
{
	static const uint32_t stripped[] = { NTLM_128, NTLM_56 | NTLM_128, NTLM_EXTENDED_SECURITY,
					     NTLM_KEY_EXCHANGE };

	set_level(3, 0);
	for (size_t i = 0; i < ARRAY_LEN(stripped); i++) {
		open_as("alice", PASSWORD);
		assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
				 SEC_I_CONTINUE_NEEDED);
		flags_clear(&talk.negotiate, 12, stripped[i]);
		assert_int_equal(
			fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			SEC_I_CONTINUE_NEEDED);
		assert_int_equal(client_answers(), SEC_E_OK);
		assert_int_equal(server_finishes(), SEC_E_MESSAGE_ALTERED);
	}
}

/* ---- OEM ---- */

static void our_client_answers_servers_without_unicode(void **state)
{
	set_level(2, 0);
	open_as("alice", PASSWORD);
	assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
			 SEC_I_CONTINUE_NEEDED);
	flags_clear(&talk.negotiate, 12, NTLM_UNICODE);
	assert_int_equal(fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(client_answers(), SEC_E_OK);
	struct ntlm_authenticate a = sent();
	assert_int_equal(a.flags & (NTLM_UNICODE | NTLM_OEM), NTLM_OEM);
	assert_int_equal(a.user.n, 5);
	assert_memory_equal(a.user.p, "alice", 5);
	assert_int_equal(server_finishes(), SEC_E_OK);
	protects_both_ways();
}

/* As curl's: 32 bytes, offsets of zero, no Unicode, no key exchange, no room for a MIC. */
static void a_client_of_32_bytes_and_oem_names_signs_in(void **state)
{
	static const WCHAR password[] = OPENSSPI_WIDE(PASSWORD), user[] = OPENSSPI_WIDE("alice"),
			   domain[] = OPENSSPI_WIDE("LAB");
	CLEANUP(wr_done) struct wr nt = WR(4096);
	struct ntlm_challenge c;
	uint8_t hash[16], key[16], exported[16];

	assert_int_equal(fake_side_open(&talk.server, &ntlm_module, NULL), STATUS_SUCCESS);
	wr_bytes(&talk.negotiate, "NTLMSSP\0\1\0\0\0\x06\x82\x08\0", 16);
	wr_zero(&talk.negotiate, 16);
	assert_int_equal(fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(ntlm_challenge_read(wr_view(&talk.challenge), &c));
	assert_int_equal(c.flags & (NTLM_UNICODE | NTLM_OEM | NTLM_KEY_EXCHANGE), NTLM_OEM);
	assert_memory_equal(c.target_name.p, "SRV", 3);

	wr_zero(&nt, 16);
	wr_bytes(&nt, "\1\1\0\0\0\0\0\0", 8);
	wr_u64le(&nt, (uint64_t)clock_now());
	wr_zero(&nt, 8 + 4);
	wr_rd(&nt, c.target_info);
	wr_zero(&nt, 4);
	ntlm_ntowf_v1(password, sizeof(password) - 2, hash);
	assert_true(ntlm_ntowf_v2(hash, user, sizeof(user) - 2, domain, sizeof(domain) - 2, key));
	ntlm_proof_v2(key, c.server_challenge, nt.buf + 16, nt.len - 16, nt.buf);
	ntlm_session_base_v2(key, nt.buf, exported);

	/* names, then responses, straight behind the flags */
	struct wr *w = &talk.authenticate;
	const size_t at[] = { 64, 64 + 3, 64 + 3 + 5, 64 + 3 + 5 };
	wr_bytes(w, "NTLMSSP\0\3\0\0\0", 12);
	const size_t field[6][2] = { { 0, 0 },	   { nt.len, at[2] }, { 3, at[0] },
				     { 5, at[1] }, { 0, 0 },	      { 0, 0 } };
	for (size_t i = 0; i < 6; i++) {
		wr_u16le(w, (uint16_t)field[i][0]);
		wr_u16le(w, (uint16_t)field[i][0]);
		wr_u32le(w, (uint32_t)field[i][1]);
	}
	wr_u32le(w, 0x00088206);
	wr_bytes(w, "LABalice", 8);
	wr_rd(w, wr_view(&nt));
	assert_int_equal(server_finishes(), SEC_E_OK);
	name_is(&talk.server, "LAB\\alice");
	key_of(&talk.server, hash);
	assert_memory_equal(hash, exported, 16);
}

static void names_that_oem_cannot_hold_are_not_sent_wrong(void **state)
{
	fake_host.user = NULL;
	open_as("\xE2\x82\xAC", PASSWORD);
	to_challenge(NTLM_UNICODE);
	wr_fill_u32le(&talk.challenge, CHALLENGE_FLAGS_AT,
		      u32le_at(talk.challenge.buf + CHALLENGE_FLAGS_AT) | NTLM_OEM);
	assert_int_equal(client_answers(), SEC_E_UNSUPPORTED_FUNCTION);
	flags_clear(&talk.challenge, CHALLENGE_FLAGS_AT, NTLM_OEM);
	assert_int_equal(client_answers(), SEC_E_INVALID_TOKEN);
}

/* ---- nobody ---- */

static void nobody_signs_in_where_that_is_allowed(void **state)
{
	const ULONG protection = ISC_RET_INTEGRITY | ISC_RET_CONFIDENTIALITY;

	fake_host.policy[OPENSSPI_POLICY_ALLOW_ANONYMOUS] = 1;
	talk.server.requirements = ASC_REQ_ALLOW_NULL_SESSION;
	for (int asked = 0; asked < 2; asked++) {
		talk.client.requirements |= asked ? ISC_REQ_NULL_SESSION : 0;
		open_as(asked ? "alice" : "", asked ? PASSWORD : "");
		assert_int_equal(run(), SEC_E_OK);
		struct ntlm_authenticate a = sent();
		assert_true(a.flags & NTLM_ANONYMOUS);
		assert_int_equal(a.user.n + a.domain.n + a.nt.n, 0);
		assert_int_equal(a.lm.n, 1);
		assert_true(talk.client.attributes & ISC_RET_NULL_SESSION);
		assert_false(talk.client.attributes & protection);
		assert_true(talk.server.attributes & ASC_RET_NULL_SESSION);
		name_is(&talk.client, "NT AUTHORITY\\ANONYMOUS LOGON");
		name_is(&talk.server, "NT AUTHORITY\\ANONYMOUS LOGON");
		assert_int_equal(fake_host.authentications, 0);
	}
}

/* Its key is known to everybody. */
static void nobodys_sessions_protect_nothing(void **state)
{
	uint8_t data[] = "text", token[16];
	SecBuffer b[] = { { 16, SECBUFFER_TOKEN, token }, { sizeof(data), SECBUFFER_DATA, data } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	fake_host.policy[OPENSSPI_POLICY_ALLOW_ANONYMOUS] = 1;
	talk.server.requirements = ASC_REQ_ALLOW_NULL_SESSION;
	open_as("", "");
	assert_int_equal(run(), SEC_E_OK);
	const struct fake_side *side[] = { &talk.client, &talk.server };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(side[i]->user->SealMessage(side[i]->context, 0, &m, 0),
				 SEC_E_UNSUPPORTED_FUNCTION);
		assert_int_equal(side[i]->user->MakeSignature(side[i]->context, 0, &m, 0),
				 SEC_E_QOP_NOT_SUPPORTED);
	}
}

static void nobody_is_refused_by_default(void **state)
{
	open_as("", "");
	assert_int_equal(run(), STATUS_LOGON_FAILURE);
	/* a password without a name is not nobody's */
	open_as("", "x");
	assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
			 SEC_E_NO_CREDENTIALS);
}

/* ---- local calls ---- */

static void a_local_call_signs_in_whoever_calls(void **state)
{
	open_as(NULL, NULL);
	assert_int_equal(run(), SEC_E_OK);
	struct ntlm_authenticate a = sent();
	assert_true(a.flags & NTLM_LOCAL_CALL);
	assert_int_equal(a.user.n + a.nt.n + a.lm.n + a.session_key.n, 0);
	assert_int_equal(fake_host.authentications, 0);
	name_is(&talk.client, "SRV\\bob");
	name_is(&talk.server, "SRV\\bob");
	protects_both_ways();
}

static void a_local_call_to_elsewhere_has_no_credentials(void **state)
{
	talk.client.target = "HTTP/other.test";
	open_as(NULL, NULL);
	assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
			 SEC_E_NO_CREDENTIALS);
	/* a server that is not of this LSA, whatever it says */
	talk.client.target = NULL;
	open_as(NULL, NULL);
	to_challenge(NTLM_LOCAL_CALL);
	assert_int_equal(client_answers(), SEC_E_NO_CREDENTIALS);
	wr_fill_u32le(&talk.challenge, CHALLENGE_FLAGS_AT,
		      u32le_at(talk.challenge.buf + CHALLENGE_FLAGS_AT) | NTLM_LOCAL_CALL);
	talk.challenge.buf[24] ^= 1; /* another challenge than our server's */
	assert_int_equal(client_answers(), SEC_E_NO_CREDENTIALS);
	talk.challenge.buf[24] ^= 1;
	assert_int_equal(client_answers(), SEC_E_OK);
	assert_int_equal(server_finishes(), SEC_E_OK);
}

/* Flags and names on the wire alone sign nobody in. */
static void forged_local_calls_are_refused(void **state)
{
	const uint32_t local = NTLM_LOCAL_CALL | NTLM_DOMAIN_SUPPLIED | NTLM_WORKSTATION_SUPPLIED;

	fake_host.policy[OPENSSPI_POLICY_ALLOW_ANONYMOUS] = 1;
	talk.server.requirements = ASC_REQ_ALLOW_NULL_SESSION;
	open_as(NULL, NULL);
	assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
			 SEC_I_CONTINUE_NEEDED);
	/* our names and a secret that no client has */
	talk.negotiate.buf[talk.negotiate.len - 1] ^= 1;
	assert_int_equal(fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_false(u32le_at(talk.challenge.buf + CHALLENGE_FLAGS_AT) & NTLM_LOCAL_CALL);
	wr_reset(&talk.authenticate);
	ntlm_authenticate_write(&talk.authenticate,
				&(struct ntlm_authenticate){ .flags = local | NTLM_UNICODE });
	assert_int_equal(server_finishes(), SEC_E_OK); /* nobody: the flag counts for nothing */
	name_is(&talk.server, "NT AUTHORITY\\ANONYMOUS LOGON");

	/* the right secret, but an answer in the client's stead, before it has answered */
	open_as(NULL, NULL);
	to_challenge(0);
	assert_true(u32le_at(talk.challenge.buf + CHALLENGE_FLAGS_AT) & NTLM_LOCAL_CALL);
	assert_int_equal(server_finishes(), STATUS_LOGON_FAILURE);
	assert_int_equal(client_answers(), SEC_E_OK);
	assert_int_equal(server_finishes(), SEC_E_INVALID_TOKEN);
}

static void a_local_call_is_taken_once_and_by_its_own_bytes(void **state)
{
	struct fake_side second = { .server = true };
	CLEANUP(wr_done) struct wr other = WR(1u << 17);

	open_as(NULL, NULL);
	to_challenge(0);
	assert_int_equal(fake_side_open(&second, &ntlm_module, NULL), STATUS_SUCCESS);
	assert_int_equal(fake_side_step(&second, wr_view(&talk.negotiate), &other),
			 SEC_I_CONTINUE_NEEDED);
	assert_false(u32le_at(other.buf + CHALLENGE_FLAGS_AT) & NTLM_LOCAL_CALL);
	fake_side_close(&second);

	/* protection taken out of AUTHENTICATE on its way */
	assert_int_equal(client_answers(), SEC_E_OK);
	flags_clear(&talk.authenticate, AUTHENTICATE_FLAGS_AT, NTLM_SEAL);
	assert_int_equal(server_finishes(), STATUS_LOGON_FAILURE);
}

static void a_local_call_that_is_given_up_leaves_nothing(void **state)
{
	open_as(NULL, NULL);
	assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
			 SEC_I_CONTINUE_NEEDED);
	fake_side_drop_context(&talk.client);
	assert_int_equal(fake_side_step(&talk.server, wr_view(&talk.negotiate), &talk.challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_false(u32le_at(talk.challenge.buf + CHALLENGE_FLAGS_AT) & NTLM_LOCAL_CALL);
}

/* ---- datagrams ---- */

static void datagram_begin(ULONG level)
{
	set_level(level, 0);
	talk.client.requirements |= ISC_REQ_DATAGRAM;
	talk.server.requirements = ASC_REQ_DATAGRAM;
	open_as("alice", PASSWORD);
	assert_int_equal(fake_side_step(&talk.client, rd_of(NULL, 0), &talk.negotiate),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(talk.negotiate.len, 0);
	assert_int_equal(fake_side_step(&talk.server, rd_of(NULL, 0), &talk.challenge),
			 SEC_I_CONTINUE_NEEDED);
}

static void datagrams_begin_with_the_server(void **state)
{
	for (ULONG level = 2; level < 6; level++) {
		datagram_begin(level);
		assert_int_equal(client_answers(), SEC_E_OK);
		assert_int_equal(server_finishes(), SEC_E_OK);
		assert_true(sent().flags & NTLM_DATAGRAM);
		assert_true(talk.client.attributes & ISC_RET_DATAGRAM);
		assert_false(talk.client.attributes & ISC_RET_CONNECTION);
		assert_true(talk.server.attributes & ASC_RET_DATAGRAM);
		keys_are_equal();
	}
}

static void datagrams_may_come_in_any_order(void **state)
{
	static const ULONG order[] = { 5, 0, 7, 6, 0xFFFFFFFF };

	datagram_begin(5);
	assert_int_equal(client_answers(), SEC_E_OK);
	assert_int_equal(server_finishes(), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		send_sealed(&talk.client, &talk.server, order[i]);
		send_sealed(&talk.server, &talk.client, order[i]);
	}
}

static void a_datagram_of_another_number_is_refused(void **state)
{
	uint8_t data[] = "text", token[16];
	SecBuffer b[] = { { 16, SECBUFFER_TOKEN, token }, { sizeof(data), SECBUFFER_DATA, data } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	talk.client.requirements |= ISC_REQ_SEQUENCE_DETECT;
	datagram_begin(5);
	talk.server.requirements |= ASC_REQ_SEQUENCE_DETECT;
	assert_int_equal(client_answers(), SEC_E_OK);
	assert_int_equal(server_finishes(), SEC_E_OK);
	assert_int_equal(talk.client.user->SealMessage(talk.client.context, 0, &m, 3), SEC_E_OK);
	NTSTATUS status = talk.server.user->UnsealMessage(talk.server.context, &m, 4, NULL);
	assert_true(status == SEC_E_OUT_OF_SEQUENCE || status == SEC_E_MESSAGE_ALTERED);
	assert_int_equal(talk.server.user->UnsealMessage(talk.server.context, &m, 3, NULL),
			 SEC_E_OK);
}

static void a_datagram_client_needs_a_datagram_server(void **state)
{
	datagram_begin(5);
	flags_clear(&talk.challenge, CHALLENGE_FLAGS_AT, NTLM_DATAGRAM);
	assert_int_equal(client_answers(), SEC_E_UNSUPPORTED_FUNCTION);
	/* and a server that has not asked for them takes no empty token */
	talk.server.requirements = 0;
	fake_side_drop_context(&talk.server);
	assert_int_equal(fake_side_step(&talk.server, rd_of(NULL, 0), &talk.challenge),
			 SEC_E_INVALID_TOKEN);
}

#define TALK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK(each_level_answers_as_it_says),
		TALK(lm_responses_are_made_below_level_2_alone),
		TALK(a_password_that_is_not_ascii_has_no_lm_response),
		TALK(s12_ntlmv1_is_taken_only_where_policy_has_it),
		TALK(s11_an_lm_response_alone_is_refused_at_every_level),
		TALK(ntlmv1_with_a_wrong_or_empty_password_is_refused),
		TALK(s12_minimum_security_refuses_what_lower_levels_offer),
		TALK(keys_of_128_56_and_40_bits_are_agreed_on),
		TALK(s12_flags_stripped_on_the_way_are_noticed_by_the_mic),
		TALK(our_client_answers_servers_without_unicode),
		TALK(a_client_of_32_bytes_and_oem_names_signs_in),
		TALK(names_that_oem_cannot_hold_are_not_sent_wrong),
		TALK(nobody_signs_in_where_that_is_allowed),
		TALK(nobodys_sessions_protect_nothing),
		TALK(nobody_is_refused_by_default),
		TALK(a_local_call_signs_in_whoever_calls),
		TALK(a_local_call_to_elsewhere_has_no_credentials),
		TALK(forged_local_calls_are_refused),
		TALK(a_local_call_is_taken_once_and_by_its_own_bytes),
		TALK(a_local_call_that_is_given_up_leaves_nothing),
		TALK(datagrams_begin_with_the_server),
		TALK(datagrams_may_come_in_any_order),
		TALK(a_datagram_of_another_number_is_refused),
		TALK(a_datagram_client_needs_a_datagram_server),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
