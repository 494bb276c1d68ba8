/* tests/unit/test_ntlm_handshake.c - NTLM's client against NTLM's server, in memory.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "base/base.h"

#include <pthread.h>

#include "base/block.h"
#include "base/clock.h"
#include "base/utf.h"
#include "crypto/hash.h"
#include "fake_host.h"
#include "packages/ntlm/avpairs.h"
#include "packages/ntlm/keys.h"
#include "packages/ntlm/message.h"
#include "packages/ntlm/package.h"

#define SIGN_AND_SEAL                                                                              \
	(ISC_REQ_INTEGRITY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_SEQUENCE_DETECT |                   \
	 ISC_REQ_REPLAY_DETECT)

/* A conversation and its three messages. */
struct talk {
	struct fake_side client, server;
	struct wr negotiate, challenge, authenticate, rest;
};

static int talk_setup(void **state)
{
	struct talk *t = mem_alloc(sizeof(*t));
	fake_host_reset();
	t->server.server = true;
	t->client.requirements = SIGN_AND_SEAL;
	t->server.requirements = ASC_REQ_SEQUENCE_DETECT;
	t->client.target = "HTTP/srv.lab.test";
	t->negotiate = t->challenge = t->authenticate = t->rest = WR(1u << 17);
	*state = t;
	return 0;
}

static int talk_teardown(void **state)
{
	struct talk *t = *state;
	fake_side_close(&t->client);
	fake_side_close(&t->server);
	wr_done(&t->negotiate);
	wr_done(&t->challenge);
	wr_done(&t->authenticate);
	wr_done(&t->rest);
	mem_free(t);
	return fake_host.heap == 0 ? 0 : -1;
}

static NTSTATUS open_as(struct talk *t, const char *domain, const char *user, const char *password)
{
	CLEANUP(mem_free_p) void *auth = fake_identity(domain, user, password);
	NTSTATUS status = fake_side_open(&t->client, &ntlm_module, auth);
	return failed(status) ? status : fake_side_open(&t->server, &ntlm_module, NULL);
}

/* Up to AUTHENTICATE, which is left in t->authenticate. */
static void talk_to_authenticate(struct talk *t)
{
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&t->server, wr_view(&t->negotiate), &t->challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&t->client, wr_view(&t->challenge), &t->authenticate),
			 SEC_E_OK);
}

static NTSTATUS talk_finish(struct talk *t)
{
	return fake_side_step(&t->server, wr_view(&t->authenticate), &t->rest);
}

static NTSTATUS talk_all(struct talk *t, const char *domain, const char *user, const char *password)
{
	NTSTATUS status = open_as(t, domain, user, password);
	if (failed(status))
		return status;
	talk_to_authenticate(t);
	return talk_finish(t);
}

static void session_key(const struct fake_side *s, uint8_t out[16])
{
	SecPkgContext_SessionKey key = { 0 };
	assert_int_equal(s->user->QueryContextAttributes(s->context, SECPKG_ATTR_SESSION_KEY, &key),
			 SEC_E_OK);
	assert_int_equal(key.SessionKeyLength, 16);
	memcpy(out, key.SessionKey, 16);
	block_free(key.SessionKey);
}

/* Seals at one side and opens at the other. */
static void send_sealed(const struct fake_side *from, const struct fake_side *to, const char *text)
{
	uint8_t data[64], token[16];
	size_t n = strlen(text);
	SecBuffer b[] = { { 16, SECBUFFER_TOKEN, token }, { (ULONG)n, SECBUFFER_DATA, data } };
	SecBufferDesc m = { SECBUFFER_VERSION, 2, b };

	memcpy(data, text, n);
	assert_int_equal(from->user->SealMessage(from->context, 0, &m, 0), SEC_E_OK);
	assert_memory_not_equal(data, text, n);
	assert_int_equal(to->user->UnsealMessage(to->context, &m, 0, NULL), SEC_E_OK);
	assert_memory_equal(data, text, n);
}

static void a_right_password_signs_in_and_protects_both_ways(void **state)
{
	struct talk *t = *state;
	uint8_t a[16], b[16];

	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_OK);
	session_key(&t->client, a);
	session_key(&t->server, b);
	assert_memory_equal(a, b, 16);
	for (int i = 0; i < 3; i++) {
		send_sealed(&t->client, &t->server, "from the client");
		send_sealed(&t->server, &t->client, "from the server");
	}
	ULONG want = ISC_RET_INTEGRITY | ISC_RET_CONFIDENTIALITY | ISC_RET_SEQUENCE_DETECT |
		     ISC_RET_REPLAY_DETECT | ISC_RET_CONNECTION;
	assert_int_equal(t->client.attributes, want);
	assert_int_equal(t->server.attributes, ASC_RET_INTEGRITY | ASC_RET_CONFIDENTIALITY |
						       ASC_RET_SEQUENCE_DETECT |
						       ASC_RET_CONNECTION);
	assert_true(t->server.expiry.QuadPart == CLOCK_NEVER);
}

static void memory_is_allocated_when_asked_for(void **state)
{
	struct talk *t = *state;

	t->client.requirements |= ISC_REQ_ALLOCATE_MEMORY;
	t->server.requirements |= ASC_REQ_ALLOCATE_MEMORY;
	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_OK);
	assert_true(t->client.attributes & ISC_RET_ALLOCATED_MEMORY);
	send_sealed(&t->client, &t->server, "more than chance leaves alike");
}

static void wrong_passwords_users_and_domains_are_one_answer(void **state)
{
	struct talk *t = *state;
	static const char *const row[][3] = { { "LAB", "alice", "wrong" },
					      { "LAB", "bob", "S3cret!pw" },
					      { "X", "alice", "S3cret!pw" } };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(talk_all(t, row[i][0], row[i][1], row[i][2]),
				 STATUS_LOGON_FAILURE);
		/* The context is dead: the right answer comes too late. */
		assert_int_equal(talk_finish(t), SEC_E_INVALID_TOKEN);
		fake_side_close(&t->client);
		fake_side_close(&t->server);
	}
}

static void account_states_are_passed_on(void **state)
{
	struct talk *t = *state;

	fake_host.account_status = STATUS_ACCOUNT_DISABLED;
	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), STATUS_ACCOUNT_DISABLED);
	fake_side_close(&t->client);
	fake_side_close(&t->server);
	fake_host.password = NULL;
	assert_int_equal(talk_all(t, "LAB", "alice", "x"), SEC_E_NO_AUTHENTICATING_AUTHORITY);
}

static void names_may_be_qualified_split_or_bare(void **state)
{
	struct talk *t = *state;
	static const char *const row[][2] = { { NULL, "LAB\\alice" },
					      { "", "alice" },
					      { "lab", "ALICE" } };

	for (size_t i = 0; i < ARRAY_LEN(row); i++) {
		assert_int_equal(talk_all(t, row[i][0], row[i][1], "S3cret!pw"), SEC_E_OK);
		fake_side_close(&t->client);
		fake_side_close(&t->server);
	}
	fake_host.user = "alice@lab.test";
	assert_int_equal(talk_all(t, NULL, "alice@lab.test", "S3cret!pw"), SEC_E_OK);
}

static void default_credentials_are_needed_only_when_used(void **state)
{
	struct talk *t = *state;

	assert_int_equal(fake_side_open(&t->client, &ntlm_module, NULL), STATUS_SUCCESS);
	assert_true(t->client.expiry.QuadPart == CLOCK_NEVER);
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
			 SEC_E_NO_CREDENTIALS);
	assert_int_equal(t->client.context, 0);
}

static void s18_empty_passwords_are_denied(void **state)
{
	struct talk *t = *state;

	fake_host.password = "";
	assert_int_equal(talk_all(t, "LAB", "alice", ""), STATUS_LOGON_FAILURE);
}

static void s21_long_passwords_work(void **state)
{
	struct talk *t = *state;
	static char password[2001];

	memset(password, 'p', 2000);
	fake_host.password = password;
	assert_int_equal(talk_all(t, "LAB", "alice", password), SEC_E_OK);
}

/* ---- tampering ---- */

static void every_truncation_is_refused_and_changes_nothing(void **state)
{
	struct talk *t = *state;

	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
			 SEC_I_CONTINUE_NEEDED);
	for (size_t i = 0; i < 32; i++) {
		NTSTATUS status =
			fake_side_step(&t->server, rd_of(t->negotiate.buf, i), &t->challenge);
		assert_int_equal(status, i == 16 ? SEC_I_CONTINUE_NEEDED : SEC_E_INVALID_TOKEN);
		fake_side_drop_context(&t->server);
	}
	assert_int_equal(fake_side_step(&t->server, wr_view(&t->negotiate), &t->challenge),
			 SEC_I_CONTINUE_NEEDED);
	for (size_t i = 0; i < t->challenge.len; i++)
		assert_int_equal(fake_side_step(&t->client, rd_of(t->challenge.buf, i), &t->rest),
				 SEC_E_INVALID_TOKEN);
	assert_int_equal(fake_side_step(&t->client, wr_view(&t->challenge), &t->authenticate),
			 SEC_E_OK);
	for (size_t i = 0; i < t->authenticate.len; i++)
		assert_int_equal(
			fake_side_step(&t->server, rd_of(t->authenticate.buf, i), &t->rest),
			SEC_E_INVALID_TOKEN);
	assert_int_equal(talk_finish(t), SEC_E_OK);
}

static void no_altered_bit_of_authenticate_signs_in(void **state)
{
	struct talk *t = *state;

	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	talk_to_authenticate(t);
	size_t len = t->authenticate.len;
	for (size_t bit = 0; bit < len * 8; bit += 5) {
		fake_side_drop_context(&t->client);
		fake_side_drop_context(&t->server);
		talk_to_authenticate(t);
		t->authenticate.buf[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_true(failed(talk_finish(t)));
	}
}

static void tokens_out_of_turn_are_refused(void **state)
{
	struct talk *t = *state;

	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	talk_to_authenticate(t);
	assert_int_equal(fake_side_step(&t->server, wr_view(&t->negotiate), &t->rest),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(fake_side_step(&t->server, wr_view(&t->challenge), &t->rest),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(fake_side_step(&t->client, wr_view(&t->challenge), &t->rest),
			 SEC_E_INVALID_TOKEN);
	assert_int_equal(talk_finish(t), SEC_E_OK);
	assert_int_equal(talk_finish(t), SEC_E_INVALID_TOKEN);
}

static void s07_a_dropped_mic_is_noticed(void **state)
{
	struct talk *t = *state;

	/* The MIC's bytes are zeroed. */
	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	talk_to_authenticate(t);
	memset(t->authenticate.buf + NTLM_MIC_OFFSET, 0, NTLM_MIC_LEN);
	assert_int_equal(talk_finish(t), SEC_E_MESSAGE_ALTERED);

	/* MIC and VERSION are taken out, the payload moves up. */
	fake_side_drop_context(&t->client);
	fake_side_drop_context(&t->server);
	talk_to_authenticate(t);
	struct ntlm_authenticate a;
	assert_true(ntlm_authenticate_read(wr_view(&t->authenticate), &a));
	memmove(t->authenticate.buf + 64, t->authenticate.buf + 88, t->authenticate.len - 88);
	t->authenticate.len -= 24;
	for (size_t at = 12; at < 60; at += 8)
		wr_fill_u32le(&t->authenticate, at + 4,
			      u32le_at(t->authenticate.buf + at + 4) - 24);
	wr_fill_u32le(&t->authenticate, 60, a.flags & ~NTLM_VERSION);
	assert_int_equal(talk_finish(t), SEC_E_INVALID_TOKEN);
}

static void s07_s12_cleared_flags_are_noticed(void **state)
{
	struct talk *t = *state;
	static const uint32_t cleared[] = { NTLM_SIGN,
					    NTLM_SEAL,
					    NTLM_SIGN | NTLM_SEAL,
					    NTLM_KEY_EXCHANGE,
					    NTLM_128,
					    NTLM_EXTENDED_SECURITY,
					    NTLM_SIGN | NTLM_SEAL | NTLM_KEY_EXCHANGE |
						    NTLM_VERSION };

	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	for (size_t i = 0; i < ARRAY_LEN(cleared); i++) {
		talk_to_authenticate(t);
		wr_fill_u32le(&t->authenticate, 60,
			      u32le_at(t->authenticate.buf + 60) & ~cleared[i]);
		assert_true(failed(talk_finish(t)));
		fake_side_drop_context(&t->client);
		fake_side_drop_context(&t->server);
	}
}

static void s12_a_client_refuses_stripped_challenges(void **state)
{
	struct talk *t = *state;
	static const uint32_t cleared[] = { NTLM_SIGN, NTLM_SEAL, NTLM_128,
					    NTLM_EXTENDED_SECURITY };

	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&t->server, wr_view(&t->negotiate), &t->challenge),
			 SEC_I_CONTINUE_NEEDED);
	uint32_t flags = u32le_at(t->challenge.buf + 20);
	for (size_t i = 0; i < ARRAY_LEN(cleared); i++) {
		wr_fill_u32le(&t->challenge, 20, flags & ~cleared[i]);
		assert_int_equal(fake_side_step(&t->client, wr_view(&t->challenge), &t->rest),
				 SEC_E_UNSUPPORTED_FUNCTION);
	}
}

/* ---- a client of our own making, for what ours would not send ---- */

struct forged {
	uint32_t cleared;    /* flags left out of those offered */
	const WCHAR *domain; /* echoed as the server's NetBIOS domain; NULL: the right one */
	bool without_names;  /* nothing is echoed */
	uint32_t av_flags;
	bool twice;		 /* the flags come twice */
	const uint8_t *bindings; /* 16 bytes; NULL: no such pair */
	const WCHAR *target;	 /* NULL: no such pair */
	int64_t late;		 /* added to the time */
	bool oem, wrong_key, mic;
};

static struct rd wide(const WCHAR *s)
{
	return rd_of(s, utf16_len(s) * 2);
}

static void forged_list(struct wr *w, const struct forged *f)
{
	if (!f->without_names) {
		av_write(w, AV_NB_DOMAIN, wide(f->domain ? f->domain : OPENSSPI_WIDE("LAB")));
		av_write(w, AV_NB_COMPUTER, wide(OPENSSPI_WIDE("SRV")));
		av_write(w, AV_DNS_DOMAIN, wide(OPENSSPI_WIDE("lab.test")));
		av_write(w, AV_DNS_COMPUTER, wide(OPENSSPI_WIDE("srv.lab.test")));
	}
	if (f->av_flags)
		av_write_u32(w, AV_FLAGS, f->av_flags);
	if (f->twice)
		av_write_u32(w, AV_FLAGS, 0);
	if (f->bindings)
		av_write(w, AV_CHANNEL_BINDINGS, rd_of(f->bindings, AV_BINDINGS_LEN));
	if (f->target)
		av_write(w, AV_TARGET_NAME, wide(f->target));
	av_write_end(w);
	wr_zero(w, 12); /* as FreeRDP sends */
}

static void forged_response(struct wr *nt, const struct forged *f, const uint8_t challenge[8],
			    uint8_t base[16])
{
	uint8_t hash[16], key[16];
	const WCHAR password[] = OPENSSPI_WIDE("S3cret!pw"), user[] = OPENSSPI_WIDE("alice"),
		    domain[] = OPENSSPI_WIDE("LAB");

	wr_zero(nt, 16);
	wr_bytes(nt, "\1\1\0\0\0\0\0\0", 8);
	wr_u64le(nt, (uint64_t)(clock_now() + f->late));
	wr_zero(nt, 8 + 4);
	forged_list(nt, f);
	ntlm_ntowf_v1(password, sizeof(password) - 2 - (f->wrong_key ? 2 : 0), hash);
	assert_true(ntlm_ntowf_v2(hash, user, sizeof(user) - 2, domain, sizeof(domain) - 2, key));
	ntlm_proof_v2(key, challenge, nt->buf + 16, nt->len - 16, nt->buf);
	ntlm_session_base_v2(key, nt->buf, base);
}

/* The whole conversation of a forged client with our server. */
static NTSTATUS forged_talk(struct talk *t, const struct forged *f)
{
	CLEANUP(wr_done) struct wr nt = WR(4096);
	struct ntlm_challenge c;
	uint8_t base[16], sent[16] = { 7 }, key[16];
	uint32_t asked = (f->oem ? NTLM_OEM : NTLM_UNICODE) | NTLM_NTLM | NTLM_SIGN | NTLM_SEAL |
			 NTLM_KEY_EXCHANGE | NTLM_128 | NTLM_EXTENDED_SECURITY | NTLM_VERSION;

	fake_side_close(&t->server);
	assert_int_equal(fake_side_open(&t->server, &ntlm_module, NULL), STATUS_SUCCESS);
	wr_reset(&t->negotiate);
	wr_reset(&t->authenticate);
	ntlm_negotiate_write(&t->negotiate, &(struct ntlm_negotiate){ .flags = asked });
	assert_int_equal(fake_side_step(&t->server, wr_view(&t->negotiate), &t->challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_true(ntlm_challenge_read(wr_view(&t->challenge), &c));
	forged_response(&nt, f, c.server_challenge, base);
	struct ntlm_authenticate m = {
		.flags = c.flags & ~f->cleared,
		.nt = wr_view(&nt),
		.domain = f->oem ? rd_of("LAB", 3) : wide(OPENSSPI_WIDE("LAB")),
		.user = f->oem ? rd_of("alice", 5) : wide(OPENSSPI_WIDE("alice")),
		.session_key = rd_of(sent, 16),
	};
	ntlm_authenticate_write(&t->authenticate, &m);
	rc4_once(base, 16, sent, 16, key);
	struct rd all[3] = { wr_view(&t->negotiate), wr_view(&t->challenge),
			     wr_view(&t->authenticate) };
	if (f->mic)
		ntlm_mic(key, all, t->authenticate.buf + NTLM_MIC_OFFSET);
	return talk_finish(t);
}

static void clients_without_mic_and_with_trailing_zeros_sign_in(void **state)
{
	struct forged plain = { 0 }, oem = { .oem = true };
	struct forged mic = { .mic = true, .av_flags = AV_FLAG_MIC };

	assert_int_equal(forged_talk(*state, &plain), SEC_E_OK);
	assert_int_equal(forged_talk(*state, &oem), SEC_E_OK);
	assert_int_equal(forged_talk(*state, &mic), SEC_E_OK);
}

static void s07_a_promised_mic_must_be_there(void **state)
{
	struct forged f = { .av_flags = AV_FLAG_MIC };
	assert_int_equal(forged_talk(*state, &f), SEC_E_MESSAGE_ALTERED);
}

static void s08_two_flags_pairs_are_refused(void **state)
{
	struct forged f = { .av_flags = AV_FLAG_MIC, .twice = true, .mic = true };
	assert_int_equal(forged_talk(*state, &f), SEC_E_INVALID_TOKEN);
}

static void s09_without_target_info_flag_a_wrong_password_is_wrong(void **state)
{
	struct forged f = { .cleared = NTLM_TARGET_INFO, .wrong_key = true };

	assert_int_equal(forged_talk(*state, &f), STATUS_LOGON_FAILURE);
	f.wrong_key = false;
	assert_int_equal(forged_talk(*state, &f), SEC_E_OK);
}

static void s10_altered_or_missing_names_are_refused(void **state)
{
	struct forged altered = { .domain = OPENSSPI_WIDE("EVIL") };
	struct forged missing = { .without_names = true };

	assert_int_equal(forged_talk(*state, &altered), STATUS_LOGON_FAILURE);
	assert_int_equal(forged_talk(*state, &missing), STATUS_LOGON_FAILURE);
	assert_int_equal(fake_host.authentications, 0);
}

static void responses_of_another_day_are_refused(void **state)
{
	const int64_t hour = INT64_C(3600) * 10000000;
	struct forged late = { .late = 37 * hour }, early = { .late = -37 * hour };
	struct forged fine = { .late = -35 * hour };

	assert_int_equal(forged_talk(*state, &late), STATUS_LOGON_FAILURE);
	assert_int_equal(forged_talk(*state, &early), STATUS_LOGON_FAILURE);
	assert_int_equal(forged_talk(*state, &fine), SEC_E_OK);
}

static NTSTATUS see_no_lm(const OPENSSPI_NTLM_LOGON *logon, POPENSSPI_NTLM_LOGON_RESULT result)
{
	assert_int_equal(logon->LmResponseLength, 0);
	return STATUS_LOGON_FAILURE;
}

static void s11_lm_responses_are_not_shown_beside_a_mic(void **state)
{
	struct talk *t = *state;

	fake_host.extension.AuthenticateNtlm = see_no_lm;
	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), STATUS_LOGON_FAILURE);
}

static void a_server_knows_its_clients_sids(void **state)
{
	struct talk *t = *state;
	OPENSSPI_CLIENT_SIDS sids = { 0 };

	fake_host.sids[0] = "S-1-5-21-1-2-3-1104";
	fake_host.sids[1] = "S-1-5-21-1-2-3-513";
	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_OK);
	assert_int_equal(t->server.user->QueryContextAttributes(t->server.context,
								OPENSSPI_ATTR_CLIENT_SIDS, &sids),
			 SEC_E_OK);
	assert_int_equal(sids.Count, 2);
	assert_memory_equal(sids.Sids[0], u"S-1-5-21-1-2-3-1104", 40);
	assert_memory_equal(sids.Sids[1], u"S-1-5-21-1-2-3-513", 38);
	block_free(sids.Sids);
	assert_int_equal(t->client.user->QueryContextAttributes(t->client.context,
								OPENSSPI_ATTR_CLIENT_SIDS, &sids),
			 SEC_E_UNSUPPORTED_FUNCTION);
}

static NTSTATUS(NTAPI *authority)(const OPENSSPI_NTLM_LOGON *logon,
				  POPENSSPI_NTLM_LOGON_RESULT result, PSecBuffer sids);

/* Answers for this machine, SRV, instead of the domain. */
static NTSTATUS NTAPI answer_for_machine(const OPENSSPI_NTLM_LOGON *logon,
					 POPENSSPI_NTLM_LOGON_RESULT result, PSecBuffer sids)
{
	NTSTATUS status = authority(logon, result, sids);

	if (!failed(status))
		memcpy(result->Domain.Buffer, u"SRV", 6);
	return status;
}

static ULONG kind_of_client(struct talk *t, bool of_machine)
{
	OPENSSPI_CLIENT_ACCOUNT account;

	authority = fake_host.extension.AuthenticateNtlmSids;
	if (of_machine)
		fake_host.extension.AuthenticateNtlmSids = answer_for_machine;
	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_OK);
	assert_int_equal(t->server.user->QueryContextAttributes(
				 t->server.context, OPENSSPI_ATTR_CLIENT_ACCOUNT, &account),
			 SEC_E_OK);
	assert_int_equal(account.Level, SecurityImpersonation);
	assert_memory_equal(account.User, u"alice", 12);
	assert_null(account.UnixName);
	block_free(account.Domain);
	block_free(account.User);
	assert_int_equal(t->client.user->QueryContextAttributes(
				 t->client.context, OPENSSPI_ATTR_CLIENT_ACCOUNT, &account),
			 SEC_E_UNSUPPORTED_FUNCTION);
	return account.Kind;
}

static void an_account_of_another_domain_is_not_this_machines(void **state)
{
	assert_int_equal(kind_of_client(*state, false), OPENSSPI_ACCOUNT_OF_DOMAIN);
}

/* A controller that speaks for a domain of the machine's name. */
static void a_domain_of_the_machines_name_is_a_domain(void **state)
{
	fake_host.sids[0] = "S-1-5-21-1-2-3-1104";
	assert_int_equal(kind_of_client(*state, true), OPENSSPI_ACCOUNT_OF_DOMAIN);
}

static void an_account_of_this_machine_is_one(void **state)
{
	assert_int_equal(kind_of_client(*state, true), OPENSSPI_ACCOUNT_OF_MACHINE);
}

static void an_authority_without_sids_names_none(void **state)
{
	struct talk *t = *state;
	OPENSSPI_CLIENT_SIDS sids = { 0 };

	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_OK);
	assert_int_equal(t->server.user->QueryContextAttributes(t->server.context,
								OPENSSPI_ATTR_CLIENT_SIDS, &sids),
			 SEC_E_NO_CREDENTIALS);
	assert_null(sids.Sids);
}

static void anonymous_clients_need_the_policy_and_the_applications_leave(void **state)
{
	struct talk *t = *state;
	struct ntlm_challenge c;
	const NTSTATUS want[4] = { STATUS_LOGON_FAILURE, STATUS_LOGON_FAILURE, STATUS_LOGON_FAILURE,
				   SEC_E_OK };

	for (ULONG allowed = 0; allowed < 4; allowed++) {
		fake_host.policy[OPENSSPI_POLICY_ALLOW_ANONYMOUS] = allowed & 1;
		t->server.requirements = allowed & 2 ? ASC_REQ_ALLOW_NULL_SESSION : 0;
		fake_side_close(&t->server);
		assert_int_equal(fake_side_open(&t->server, &ntlm_module, NULL), STATUS_SUCCESS);
		wr_reset(&t->negotiate);
		wr_reset(&t->authenticate);
		ntlm_negotiate_write(&t->negotiate,
				     &(struct ntlm_negotiate){ .flags = NTLM_UNICODE });
		assert_int_equal(fake_side_step(&t->server, wr_view(&t->negotiate), &t->challenge),
				 SEC_I_CONTINUE_NEEDED);
		assert_true(ntlm_challenge_read(wr_view(&t->challenge), &c));
		ntlm_authenticate_write(
			&t->authenticate,
			&(struct ntlm_authenticate){ .flags = c.flags, .lm = rd_of("", 1) });
		assert_int_equal(talk_finish(t), want[allowed]);
	}
	assert_true(t->server.attributes & ASC_RET_NULL_SESSION);
	assert_int_equal(fake_host.authentications, 0);
}

/* ---- S13 ---- */

struct bindings_bytes {
	SEC_CHANNEL_BINDINGS head;
	char data[24];
};

static SecBuffer bindings_buffer(struct bindings_bytes *b, const char *data)
{
	*b = (struct bindings_bytes){ 0 };
	b->head.cbApplicationDataLength = (ULONG)strlen(data);
	b->head.dwApplicationDataOffset = sizeof(b->head);
	memcpy(b->data, data, strlen(data));
	return (SecBuffer){ (ULONG)(sizeof(b->head) + strlen(data)), SECBUFFER_CHANNEL_BINDINGS,
			    b };
}

static void s13_channel_bindings_at_every_level(void **state)
{
	static const uint8_t zero[16];
	struct hash {
		uint8_t p[16];
	} right, wrong = { { 1 } };
	const NTSTATUS bad = SEC_E_BAD_BINDINGS;
	/* missing, zero, wrong, right */
	const NTSTATUS want[3][4] = { { 0, 0, 0, 0 }, { 0, 0, bad, 0 }, { bad, bad, bad, 0 } };
	const uint8_t *const sent[4] = { NULL, zero, wrong.p, right.p };
	struct talk *t = *state;
	struct bindings_bytes b;

	md5_parts((struct part[]){ { zero, 16 }, { "\5\0\0\0", 4 }, { "hello", 5 } }, 3, right.p);
	t->server.more_input = bindings_buffer(&b, "hello");
	for (ULONG level = 0; level < 3; level++)
		for (size_t i = 0; i < 4; i++) {
			struct forged f = { .bindings = sent[i] };
			fake_host.policy[OPENSSPI_POLICY_CHANNEL_BINDING] = level;
			assert_int_equal(forged_talk(t, &f), want[level][i]);
		}

	/* An application may forgive that there are none, never that they are wrong. */
	struct forged missing = { 0 }, other = { .bindings = wrong.p };
	t->server.requirements |= ASC_REQ_ALLOW_MISSING_BINDINGS;
	assert_int_equal(forged_talk(t, &missing), SEC_E_OK);
	assert_int_equal(forged_talk(t, &other), SEC_E_BAD_BINDINGS);
}

static void s13_our_client_sends_its_bindings(void **state)
{
	struct talk *t = *state;
	struct bindings_bytes ours, theirs;

	fake_host.policy[OPENSSPI_POLICY_CHANNEL_BINDING] = 2;
	t->client.more_input = bindings_buffer(&ours, "tls-unique:abc");
	t->server.more_input = bindings_buffer(&theirs, "tls-unique:abc");
	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_OK);
	fake_side_close(&t->client);
	fake_side_close(&t->server);
	t->client.more_input = bindings_buffer(&ours, "tls-unique:abd");
	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_BAD_BINDINGS);
}

static void bindings_with_wild_offsets_are_refused(void **state)
{
	struct talk *t = *state;
	struct bindings_bytes b;

	t->client.more_input = bindings_buffer(&b, "hello");
	b.head.dwApplicationDataOffset = 0xFFFFFFF0;
	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
			 SEC_E_INVALID_TOKEN);
	t->client.more_input.cbBuffer = 12;
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
			 SEC_E_INVALID_TOKEN);
}

static void s13_target_names_at_every_level(void **state)
{
	const NTSTATUS bad = SEC_E_TARGET_UNKNOWN;
	/* missing, empty, unverified, wrong, right */
	const NTSTATUS want[3][5] = { { 0, 0, 0, 0, 0 },
				      { 0, 0, 0, bad, 0 },
				      { bad, bad, bad, bad, 0 } };
	const struct forged sent[5] = { { 0 },
					{ .target = OPENSSPI_WIDE("") },
					{ .target = OPENSSPI_WIDE("HTTP/srv"),
					  .av_flags = AV_FLAG_UNVERIFIED_TARGET },
					{ .target = OPENSSPI_WIDE("HTTP/other") },
					{ .target = OPENSSPI_WIDE("HTTP/srv") } };

	fake_host.target = "http/SRV";
	for (ULONG level = 0; level < 3; level++)
		for (size_t i = 0; i < 5; i++) {
			fake_host.policy[OPENSSPI_POLICY_TARGET_NAME] = level;
			assert_int_equal(forged_talk(*state, &sent[i]), want[level][i]);
		}
}

/* ---- attributes ---- */

static void text_is(const WCHAR *got, const char *want)
{
	assert_true(utf16_equal_ascii_nocase(got, utf16_len(got), want));
}

static void attributes_of_an_established_context(void **state)
{
	struct talk *t = *state;
	SecPkgContext_Sizes sizes;
	SecPkgContext_NamesW names;
	SecPkgContext_NegotiationInfoW info;
	SecPkgContext_KeyInfoW key;
	SecPkgContext_ClientSpecifiedTarget target;
	SecPkgContext_Flags flags;
	SecPkgContext_Lifespan life;
	SecPkgContext_AccessToken token;
	const struct fake_side *s = &t->server;

	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_OK);
	SpQueryContextAttributesFn *query[] = { s->user->QueryContextAttributes,
						s->lsa->QueryContextAttributes };
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(query[i](s->context, SECPKG_ATTR_SIZES, &sizes), SEC_E_OK);
		assert_int_equal(sizes.cbMaxToken, 2888);
		assert_int_equal(sizes.cbMaxSignature, 16);
		assert_int_equal(sizes.cbSecurityTrailer, 16);
		assert_int_equal(query[i](s->context, SECPKG_ATTR_NAMES, &names), SEC_E_OK);
		text_is(names.sUserName, "LAB\\alice");
		block_free(names.sUserName);
		assert_int_equal(query[i](s->context, SECPKG_ATTR_NEGOTIATION_INFO, &info),
				 SEC_E_OK);
		text_is(info.PackageInfo->Name, "NTLM");
		assert_int_equal(info.NegotiationState, SECPKG_NEGOTIATION_COMPLETE);
		assert_int_equal(info.PackageInfo->fCapabilities, 0x00082B37);
		block_free(info.PackageInfo);
		assert_int_equal(query[i](s->context, SECPKG_ATTR_KEY_INFO, &key), SEC_E_OK);
		assert_int_equal(key.KeySize, 128);
		block_free(key.sSignatureAlgorithmName);
		block_free(key.sEncryptAlgorithmName);
		assert_int_equal(query[i](s->context, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target),
				 SEC_E_OK);
		text_is(target.sTargetName, "HTTP/srv.lab.test");
		block_free(target.sTargetName);
		assert_int_equal(query[i](s->context, SECPKG_ATTR_FLAGS, &flags), SEC_E_OK);
		assert_int_equal(flags.Flags, s->attributes);
		assert_int_equal(query[i](s->context, SECPKG_ATTR_LIFESPAN, &life), SEC_E_OK);
		assert_int_equal(query[i](s->context, SECPKG_ATTR_ACCESS_TOKEN, &token),
				 SEC_E_NO_IMPERSONATION);
		assert_int_equal(query[i](s->context, 0x5A, &sizes), SEC_E_UNSUPPORTED_FUNCTION);
	}
}

static void attributes_that_say_little_and_those_of_one_side(void **state)
{
	struct talk *t = *state;
	SecPkgContext_DceInfo dce;
	SecPkgContext_PasswordExpiry password;
	SecPkgContext_LogoffTime logoff;
	SecPkgContext_UserFlags user;
	SecPkgContext_LastClientTokenStatus last;
	SecPkgContext_CredentialNameW name;
	SecPkgContext_ClientSpecifiedTarget target;

	assert_int_equal(talk_all(t, "LAB", "alice", "S3cret!pw"), SEC_E_OK);
	SpQueryContextAttributesFn *query = t->server.user->QueryContextAttributes;
	LSA_SEC_HANDLE at_server = t->server.context, at_client = t->client.context;
	assert_int_equal(query(at_server, SECPKG_ATTR_DCE_INFO, &dce), SEC_E_OK);
	assert_int_equal(dce.AuthzSvc, 1);
	text_is(dce.pPac, "LAB\\alice");
	block_free(dce.pPac);
	assert_int_equal(query(at_server, SECPKG_ATTR_PASSWORD_EXPIRY, &password), SEC_E_OK);
	assert_true(password.tsPasswordExpires.QuadPart == CLOCK_NEVER);
	assert_int_equal(query(at_server, SECPKG_ATTR_LOGOFF_TIME, &logoff), SEC_E_OK);
	assert_true(logoff.tsLogoffTime.QuadPart == CLOCK_NEVER);
	assert_int_equal(query(at_server, SECPKG_ATTR_USER_FLAGS, &user), SEC_E_OK);
	assert_int_equal(user.UserFlags, 0);
	assert_int_equal(query(at_server, SECPKG_ATTR_LAST_CLIENT_TOKEN_STATUS, &last), SEC_E_OK);
	assert_int_equal(last.LastClientTokenStatus, SecPkgAttrLastClientTokenYes);
	assert_int_equal(query(at_client, SECPKG_ATTR_CREDENTIAL_NAME, &name), SEC_E_OK);
	text_is(name.sCredentialName, "LAB\\alice");
	block_free(name.sCredentialName);
	assert_int_equal(query(at_server, SECPKG_ATTR_CREDENTIAL_NAME, &name),
			 SEC_E_UNSUPPORTED_FUNCTION);
	assert_int_equal(query(at_client, SECPKG_ATTR_CLIENT_SPECIFIED_TARGET, &target),
			 SEC_E_UNSUPPORTED_FUNCTION);
}

static void credentials_know_their_name(void **state)
{
	struct talk *t = *state;
	SecPkgCredentials_NamesW names;

	assert_int_equal(open_as(t, NULL, "LAB\\alice", "x"), STATUS_SUCCESS);
	assert_int_equal(t->client.lsa->QueryCredentialsAttributes(t->client.credential,
								   SECPKG_CRED_ATTR_NAMES, &names),
			 SEC_E_OK);
	text_is(names.sUserName, "LAB\\alice");
	block_free(names.sUserName);
	assert_int_equal(
		t->client.lsa->QueryCredentialsAttributes(t->client.credential, 77, &names),
		SEC_E_UNSUPPORTED_FUNCTION);
}

static void s42_handles_that_are_not_there(void **state)
{
	struct talk *t = *state;
	SecPkgContext_Sizes sizes;

	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	talk_to_authenticate(t);
	const struct fake_side *s = &t->server;
	/* half made */
	assert_int_equal(s->lsa->QueryContextAttributes(s->context, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_INVALID_HANDLE);
	assert_int_equal(s->user->QueryContextAttributes(s->context, SECPKG_ATTR_SIZES, &sizes),
			 SEC_E_INVALID_HANDLE);
	LSA_SEC_HANDLE stale = s->context, strange[] = { 0, 1, ~(LSA_SEC_HANDLE)0, stale };
	fake_side_drop_context(&t->server);
	for (size_t i = 0; i < ARRAY_LEN(strange); i++) {
		assert_int_equal(s->lsa->DeleteContext(strange[i]), SEC_E_INVALID_HANDLE);
		assert_int_equal(s->user->DeleteUserModeContext(strange[i]), SEC_E_INVALID_HANDLE);
		assert_int_equal(s->lsa->FreeCredentialsHandle(strange[i] ^ 0x8000),
				 SEC_E_INVALID_HANDLE);
	}
	/* the other role's context */
	t->server.context = t->client.context;
	assert_int_equal(talk_finish(t), SEC_E_INVALID_HANDLE);
	t->server.context = 0;
}

static void a_small_output_buffer_leaves_the_context_usable(void **state)
{
	struct talk *t = *state;

	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	t->client.room = 39;
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
			 SEC_E_BUFFER_TOO_SMALL);
	assert_int_equal(t->client.said, 40);
	t->client.room = 40;
	assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&t->server, wr_view(&t->negotiate), &t->challenge),
			 SEC_I_CONTINUE_NEEDED);
	assert_int_equal(fake_side_step(&t->client, wr_view(&t->challenge), &t->authenticate),
			 SEC_E_BUFFER_TOO_SMALL);
	t->client.room = 0;
	assert_int_equal(fake_side_step(&t->client, wr_view(&t->challenge), &t->authenticate),
			 SEC_E_OK);
	assert_int_equal(talk_finish(t), SEC_E_OK);
}

static void requirements_that_cannot_be_met_are_refused(void **state)
{
	struct talk *t = *state;
	static const ULONG refused[] = { ISC_REQ_DELEGATE, ISC_REQ_PROMPT_FOR_CREDS };

	assert_int_equal(open_as(t, "LAB", "alice", "S3cret!pw"), STATUS_SUCCESS);
	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		t->client.requirements = refused[i];
		assert_int_equal(fake_side_step(&t->client, rd_of(NULL, 0), &t->negotiate),
				 SEC_E_UNSUPPORTED_FUNCTION);
	}
	/* Each use of credentials has its side. */
	struct fake_side swap = t->client;
	swap.requirements = SIGN_AND_SEAL;
	swap.credential = t->server.credential;
	assert_int_equal(fake_side_step(&swap, rd_of(NULL, 0), &t->negotiate),
			 SEC_E_NO_CREDENTIALS);
}

/* ---- many ---- */

static void s22_s26_many_conversations_leave_nothing_behind(void **state)
{
	struct talk *t = *state;

	fake_host.user = "LAB\\alice";
	for (int i = 0; i < 500; i++) {
		/* two separators: the first one splits */
		assert_int_equal(talk_all(t, NULL, "LAB\\LAB\\alice", "S3cret!pw"), SEC_E_OK);
		fake_side_close(&t->client);
		fake_side_close(&t->server);
		assert_int_equal(fake_host.heap, 0);
	}
}

struct guest {
	struct fake_side server;
	char name[16];
	bool failed;
};

static void *guest_main(void *argument)
{
	struct guest *g = argument;
	struct talk t = { .client = { .requirements = SIGN_AND_SEAL }, .server = g->server };
	SecPkgContext_NamesW names = { 0 };

	t.negotiate = t.challenge = t.authenticate = t.rest = WR(1u << 17);
	CLEANUP(mem_free_p) void *auth = fake_identity("LAB", g->name, "S3cret!pw");
	for (int i = 0; i < 10 && !g->failed; i++) {
		NTSTATUS status = fake_side_open(&t.client, &ntlm_module, auth);
		if (!failed(status))
			status = fake_side_step(&t.client, rd_of(NULL, 0), &t.negotiate);
		if (!failed(status))
			status = fake_side_step(&t.server, wr_view(&t.negotiate), &t.challenge);
		if (!failed(status))
			status = fake_side_step(&t.client, wr_view(&t.challenge), &t.authenticate);
		if (!failed(status))
			status = fake_side_step(&t.server, wr_view(&t.authenticate), &t.rest);
		if (!failed(status))
			status = t.server.user->QueryContextAttributes(t.server.context,
								       SECPKG_ATTR_NAMES, &names);
		g->failed = failed(status) ||
			    !utf16_equal_ascii_nocase(names.sUserName + 4,
						      utf16_len(names.sUserName) - 4, g->name);
		block_free(names.sUserName);
		names.sUserName = NULL;
		fake_side_drop_context(&t.server);
		fake_side_close(&t.client);
	}
	wr_done(&t.negotiate);
	wr_done(&t.challenge);
	wr_done(&t.authenticate);
	wr_done(&t.rest);
	return NULL;
}

static void s36_each_of_64_contexts_keeps_its_own_name(void **state)
{
	struct talk *t = *state;
	static struct guest guest[64];
	pthread_t thread[64];

	fake_host.user = NULL;
	assert_int_equal(fake_side_open(&t->server, &ntlm_module, NULL), STATUS_SUCCESS);
	for (int i = 0; i < 64; i++) {
		guest[i].server = t->server;
		(void)snprintf(guest[i].name, sizeof(guest[i].name), "user%d", i);
		assert_int_equal(pthread_create(&thread[i], NULL, guest_main, &guest[i]), 0);
	}
	for (int i = 0; i < 64; i++) {
		pthread_join(thread[i], NULL);
		assert_false(guest[i].failed);
	}
}

#define TALK(test) cmocka_unit_test_setup_teardown(test, talk_setup, talk_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TALK(a_right_password_signs_in_and_protects_both_ways),
		TALK(memory_is_allocated_when_asked_for),
		TALK(wrong_passwords_users_and_domains_are_one_answer),
		TALK(account_states_are_passed_on),
		TALK(names_may_be_qualified_split_or_bare),
		TALK(default_credentials_are_needed_only_when_used),
		TALK(s18_empty_passwords_are_denied),
		TALK(s21_long_passwords_work),
		TALK(every_truncation_is_refused_and_changes_nothing),
		TALK(no_altered_bit_of_authenticate_signs_in),
		TALK(tokens_out_of_turn_are_refused),
		TALK(s07_a_dropped_mic_is_noticed),
		TALK(s07_s12_cleared_flags_are_noticed),
		TALK(s12_a_client_refuses_stripped_challenges),
		TALK(clients_without_mic_and_with_trailing_zeros_sign_in),
		TALK(s07_a_promised_mic_must_be_there),
		TALK(s08_two_flags_pairs_are_refused),
		TALK(s09_without_target_info_flag_a_wrong_password_is_wrong),
		TALK(s10_altered_or_missing_names_are_refused),
		TALK(responses_of_another_day_are_refused),
		TALK(s11_lm_responses_are_not_shown_beside_a_mic),
		TALK(a_server_knows_its_clients_sids),
		TALK(an_account_of_another_domain_is_not_this_machines),
		TALK(a_domain_of_the_machines_name_is_a_domain),
		TALK(an_account_of_this_machine_is_one),
		TALK(an_authority_without_sids_names_none),
		TALK(anonymous_clients_need_the_policy_and_the_applications_leave),
		TALK(s13_channel_bindings_at_every_level),
		TALK(s13_our_client_sends_its_bindings),
		TALK(bindings_with_wild_offsets_are_refused),
		TALK(s13_target_names_at_every_level),
		TALK(attributes_of_an_established_context),
		TALK(attributes_that_say_little_and_those_of_one_side),
		TALK(credentials_know_their_name),
		TALK(s42_handles_that_are_not_there),
		TALK(a_small_output_buffer_leaves_the_context_usable),
		TALK(requirements_that_cannot_be_met_are_refused),
		TALK(s22_s26_many_conversations_leave_nothing_behind),
		TALK(s36_each_of_64_contexts_keeps_its_own_name),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
