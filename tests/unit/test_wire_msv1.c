/* tests/unit/test_wire_msv1.c - messages of MSV1_0: layouts, both kinds of pointers, hostile bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <ntsecapi.h>

#include "wire/msv1.h"

#define BASE UINT64_C(0x00007F0012340000)

/* A whole message and its fixed part. */
struct made {
	_Alignas(8) uint8_t bytes[1024];
	size_t n;
};

static void put(struct made *m, void *string, const void *text, size_t n, uint64_t base)
{
	UNICODE_STRING s = { (USHORT)n, (USHORT)n, (PWSTR)(uintptr_t)(base + m->n) };

	memcpy(string, &s, sizeof(s));
	memcpy(m->bytes + m->n, text, n);
	m->n += n;
}

static void interactive(struct made *m, uint64_t base)
{
	MSV1_0_INTERACTIVE_LOGON *r = (void *)m->bytes;

	memset(m, 0, sizeof(*m));
	r->MessageType = MsV1_0InteractiveLogon;
	m->n = sizeof(*r);
	put(m, &r->LogonDomainName, u"LAB", 6, base);
	put(m, &r->UserName, u"alice", 10, base);
	put(m, &r->Password, u"p\0w", 6, base);
}

static void network(struct made *m, uint64_t base)
{
	MSV1_0_LM20_LOGON *r = (void *)m->bytes;

	memset(m, 0, sizeof(*m));
	r->MessageType = MsV1_0NetworkLogon;
	m->n = sizeof(*r);
	memcpy(r->ChallengeToClient, "01234567", 8);
	r->ParameterControl = MSV1_0_USE_CLIENT_CHALLENGE;
	put(m, &r->LogonDomainName, u"LAB", 6, base);
	put(m, &r->UserName, u"bob", 6, base);
	put(m, &r->Workstation, u"W", 2, base);
	put(m, &r->CaseSensitiveChallengeResponse, "odd", 3, base);
	put(m, &r->CaseInsensitiveChallengeResponse, "lm", 2, base);
}

static void is(struct rd got, const void *want, size_t n)
{
	assert_int_equal(got.n, n);
	assert_memory_equal(got.p, want, n);
}

static void addresses_and_offsets_are_the_same_places(void **state)
{
	static const uint64_t bases[] = { 0, BASE };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		struct made m;
		struct msv1_interactive a;
		struct msv1_network b;
		interactive(&m, bases[i]);
		assert_true(msv1_interactive_read(
			&(struct msv1_message){ rd_of(m.bytes, m.n), BASE }, &a));
		is(a.domain, u"LAB", 6);
		is(a.user, u"alice", 10);
		is(a.password, u"p\0w", 6);
		network(&m, bases[i]);
		assert_true(
			msv1_network_read(&(struct msv1_message){ rd_of(m.bytes, m.n), BASE }, &b));
		is(b.user, u"bob", 6);
		is(b.workstation, u"W", 2);
		is(b.nt, "odd", 3);
		is(b.lm, "lm", 2);
		assert_memory_equal(b.challenge, "01234567", 8);
		assert_int_equal(b.parameters, MSV1_0_USE_CLIENT_CHALLENGE);
	}
}

static void every_truncation_is_refused(void **state)
{
	struct msv1_interactive a;
	struct msv1_network b;
	struct made m;

	(void)state;
	interactive(&m, BASE);
	for (size_t n = 0; n < m.n; n++)
		assert_false(msv1_interactive_read(
			&(struct msv1_message){ rd_of(m.bytes, n), BASE }, &a));
	network(&m, BASE);
	for (size_t n = 0; n < m.n; n++)
		assert_false(
			msv1_network_read(&(struct msv1_message){ rd_of(m.bytes, n), BASE }, &b));
}

static bool is_inside(const struct made *m, struct rd part)
{
	return part.n == 0 || (part.p >= m->bytes && part.p + part.n <= m->bytes + m->n);
}

static void every_flipped_bit_of_the_head_leads_inside_or_nowhere(void **state)
{
	struct msv1_network b;
	struct made m;

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof(MSV1_0_LM20_LOGON); bit++) {
		network(&m, BASE);
		m.bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		if (!msv1_network_read(&(struct msv1_message){ rd_of(m.bytes, m.n), BASE }, &b))
			continue;
		assert_true(is_inside(&m, b.domain) && is_inside(&m, b.user) &&
			    is_inside(&m, b.workstation) && is_inside(&m, b.nt) &&
			    is_inside(&m, b.lm));
	}
}

static void text_is_even_sound_and_behind_the_head(void **state)
{
	MSV1_0_INTERACTIVE_LOGON *r;
	struct msv1_interactive a;
	struct made m;
	struct msv1_message message = { { m.bytes, 0 }, BASE };

	(void)state;
	interactive(&m, BASE);
	r = (void *)m.bytes;
	message.bytes = rd_of(m.bytes, m.n);
	r->UserName.Length = 9;
	assert_false(msv1_interactive_read(&message, &a));
	r->UserName.Length = 8;
	assert_true(msv1_interactive_read(&message, &a));
	r->UserName.Buffer = (PWSTR)((uintptr_t)r->UserName.Buffer + 1);
	assert_false(msv1_interactive_read(&message, &a));
	r->UserName.Buffer = (PWSTR)(uintptr_t)(BASE + 8);
	assert_false(msv1_interactive_read(&message, &a));
	r->UserName.Buffer = (PWSTR)(uintptr_t)8;
	assert_false(msv1_interactive_read(&message, &a));
	/* a name has no NUL; nothing has no place */
	r->UserName = r->Password;
	assert_false(msv1_interactive_read(&message, &a));
	r->UserName = (UNICODE_STRING){ 0, 0, (PWSTR)(uintptr_t)1 };
	assert_true(msv1_interactive_read(&message, &a));
	assert_int_equal(a.user.n, 0);
}

static void a_type_needs_four_bytes(void **state)
{
	const uint8_t bytes[] = { 2, 0, 0, 0 };
	uint32_t type;

	(void)state;
	assert_true(msv1_type(&(struct msv1_message){ rd_of(bytes, 4), 0 }, &type));
	assert_int_equal(type, MsV1_0InteractiveLogon);
	assert_false(msv1_type(&(struct msv1_message){ rd_of(bytes, 3), 0 }, &type));
}

/* ---- answers ---- */

static void points_at(const struct wr *w, UNICODE_STRING s, const void *text, size_t n)
{
	uint64_t at = (uintptr_t)s.Buffer - BASE;

	assert_int_equal(s.Length, n);
	assert_int_equal(s.MaximumLength, n + 2);
	assert_true(at + n + 2 <= w->len);
	assert_memory_equal(w->buf + at, text, n);
	assert_int_equal(w->buf[at + n] | w->buf[at + n + 1], 0);
}

static void an_interactive_profile_has_windows_layout(void **state)
{
	const struct msv1_profile in = { .now = 5,
					 .end = INT64_MAX,
					 .flags = LOGON_GUEST,
					 .full_name = rd_of(u"alice", 10),
					 .server = rd_of(u"SRV", 6) };
	CLEANUP(wr_done) struct wr w = WR(4096);
	MSV1_0_INTERACTIVE_PROFILE p;

	(void)state;
	msv1_interactive_profile_write(&w, BASE, &in);
	assert_true(wr_ok(&w) && w.len >= sizeof(p));
	memcpy(&p, w.buf, sizeof(p));
	assert_int_equal(p.MessageType, MsV1_0InteractiveProfile);
	assert_int_equal(p.LogonTime.QuadPart, 5);
	assert_int_equal(p.KickOffTime.QuadPart, INT64_MAX);
	assert_int_equal(p.PasswordMustChange.QuadPart, INT64_MAX);
	assert_int_equal(p.UserFlags, LOGON_GUEST);
	points_at(&w, p.FullName, u"alice", 10);
	points_at(&w, p.LogonServer, u"SRV", 6);
	points_at(&w, p.LogonScript, u"", 0);
	points_at(&w, p.HomeDirectoryDrive, u"", 0);
}

static void a_network_profile_has_windows_layout(void **state)
{
	static const uint8_t key[MSV1_KEY_LEN] = "0123456789abcde";
	struct msv1_profile in = { .end = 7,
				   .flags = LOGON_NTLMV2_ENABLED,
				   .domain = rd_of(u"LAB", 6),
				   .server = rd_of(u"SRV", 6),
				   .key = key };
	CLEANUP(wr_done) struct wr w = WR(4096), without = WR(4096);
	MSV1_0_LM20_LOGON_PROFILE p;

	(void)state;
	msv1_network_profile_write(&w, BASE, &in);
	assert_true(wr_ok(&w) && w.len >= sizeof(p));
	memcpy(&p, w.buf, sizeof(p));
	assert_int_equal(p.MessageType, MsV1_0Lm20LogonProfile);
	assert_int_equal(p.LogoffTime.QuadPart, 7);
	assert_int_equal(p.UserFlags, LOGON_NTLMV2_ENABLED);
	assert_memory_equal(p.UserSessionKey, key, sizeof(key));
	points_at(&w, p.LogonDomainName, u"LAB", 6);
	points_at(&w, p.LogonServer, u"SRV", 6);
	points_at(&w, p.UserParameters, u"", 0);
	in.key = NULL;
	msv1_network_profile_write(&without, BASE, &in);
	memcpy(&p, without.buf, sizeof(p));
	memset(w.buf, 0, MSV1_KEY_LEN);
	assert_memory_equal(p.UserSessionKey, w.buf, MSV1_KEY_LEN);
}

static void a_challenge_has_windows_layout(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(64);
	MSV1_0_LM20_CHALLENGE_RESPONSE r;

	(void)state;
	msv1_challenge_write(&w, (const uint8_t *)"76543210");
	assert_int_equal(w.len, sizeof(r));
	memcpy(&r, w.buf, sizeof(r));
	assert_int_equal(r.MessageType, MsV1_0Lm20ChallengeRequest);
	assert_memory_equal(r.ChallengeToClient, "76543210", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_offsets_are_the_same_places),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_flipped_bit_of_the_head_leads_inside_or_nowhere),
		cmocka_unit_test(text_is_even_sound_and_behind_the_head),
		cmocka_unit_test(a_type_needs_four_bytes),
		cmocka_unit_test(an_interactive_profile_has_windows_layout),
		cmocka_unit_test(a_network_profile_has_windows_layout),
		cmocka_unit_test(a_challenge_has_windows_layout),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
