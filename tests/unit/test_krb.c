/* tests/unit/test_krb.c - the Kerberos module by its table, without a KDC: doors, names, hostile bytes.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/base.h"

#include "base/part.h"
#include "krb/krb.h"
#include "wire/ccache.h"

static struct part_module module = { .file = KRB_MODULE_FILE, .entry = KRB_MODULE_ENTRY };
static const struct krb_ops *krb;
static char folder[] = "/tmp/opensspi-krb-XXXXXX";
static char ccache[64], keytab[64];

/* A keytab of one key: HTTP/localhost@LAB.TEST, version 2, AES-256. */
static const uint8_t keytab_bytes[] = { "\x05\x02"
					"\x00\x00\x00\x4e"
					"\x00\x02"
					"\x00\x08LAB.TEST"
					"\x00\x04HTTP"
					"\x00\x09localhost"
					"\x00\x00\x00\x01"
					"\x5f\x00\x00\x00"
					"\x02"
					"\x00\x12\x00\x20"
					"0123456789abcdef0123456789abcdef"
					"\x00\x00\x00\x02" };

static void write_file(const char *name, const void *bytes, size_t n)
{
	FILE *f = fopen(name, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	fclose(f);
}

static int open_module(void **state)
{
	static const char conf[] = "[libdefaults]\n default_realm = LAB.TEST\n"
				   " dns_lookup_kdc = false\n dns_lookup_realm = false\n";
	char name[64];

	if (!mkdtemp(folder))
		return -1;
	snprintf(name, sizeof(name), "%s/krb5.conf", folder);
	write_file(name, conf, sizeof(conf) - 1);
	setenv("KRB5_CONFIG", name, 1);
	snprintf(ccache, sizeof(ccache), "%s/ccache", folder);
	setenv("KRB5CCNAME", ccache, 1);
	setenv("KRB5_CLIENT_KTNAME", "/nonexistent", 1);
	snprintf(keytab, sizeof(keytab), "%s/keytab", folder);
	write_file(keytab, keytab_bytes, sizeof(keytab_bytes) - 1);
	const void *table;
	if (failed(part_load(&module, &table)))
		return -1;
	krb = table;
	return 0;
}

static int close_module(void **state)
{
	char command[128];
	snprintf(command, sizeof(command), "rm -rf %s", folder);
	return system(command);
}

static NTSTATUS reason_of(NTSTATUS status, const char *text)
{
	struct krb_reason why;
	krb->reason(&why);
	if (text)
		assert_non_null(strstr(why.text, text));
	return status;
}

static struct krb_credential *acceptor(void)
{
	struct krb_identity who = { .use = KRB_ACCEPT, .keytab = keytab };
	struct krb_credential *c = NULL;
	assert_int_equal(krb->credential_new(&who, &c), SEC_E_OK);
	return c;
}

static void another_build_is_refused(void **state)
{
	Dl_info where;
	void *function;
	memcpy(&function, &krb->step, sizeof(function));
	assert_true(dladdr(function, &where) != 0);
	void *again = dlopen(where.dli_fname, RTLD_NOW | RTLD_LOCAL);
	assert_non_null(again);
	void *symbol = dlsym(again, KRB_MODULE_ENTRY);
	part_entry *entry;
	memcpy(&entry, &symbol, sizeof(entry));
	struct part_host host = { .build_id = "of another time" };
	assert_null(entry(&host));
	assert_null(entry(NULL));
	dlclose(again);
}

static void every_call_is_there(void **state)
{
	void *const *members = (void *const *)krb;
	for (size_t i = 0; i < sizeof(*krb) / sizeof(void *); i++)
		assert_non_null(members[i]);
}

static void a_missing_ccache_is_no_credential(void **state)
{
	struct krb_identity who = { .use = KRB_INITIATE };
	struct krb_credential *c = NULL;

	assert_int_equal(reason_of(krb->credential_new(&who, &c), ccache), SEC_E_NO_CREDENTIALS);
	who.ccache = "/nonexistent/ccache";
	assert_int_equal(reason_of(krb->credential_new(&who, &c), who.ccache),
			 SEC_E_NO_CREDENTIALS);
	who.ccache = "NONSENSE:of a type";
	assert_int_equal(krb->credential_new(&who, &c), SEC_E_NO_CREDENTIALS);
	assert_null(c);
}

static void an_acceptor_needs_a_key(void **state)
{
	struct krb_identity who = { .use = KRB_ACCEPT, .keytab = "/nonexistent/keytab" };
	struct krb_credential *c = NULL;

	assert_int_equal(reason_of(krb->credential_new(&who, &c), "/nonexistent/keytab"),
			 SEC_E_NO_CREDENTIALS);
	who.keytab = keytab;
	who.service = "TERMSRV/localhost";
	assert_int_equal(krb->credential_new(&who, &c), SEC_E_NO_CREDENTIALS);
	who.service = "HTTP/localhost";
	assert_int_equal(krb->credential_new(&who, &c), SEC_E_OK);
	krb->credential_unref(c);
	krb->credential_unref(NULL);
}

static void names_are_read_as_windows_writes_them(void **state)
{
	static const struct {
		const char *user, *realm, *name;
	} rows[] = {
		{ "alice", NULL, "alice@LAB.TEST" },
		{ "alice", "lab.test", "alice@LAB.TEST" },
		{ "alice", "LAB", "alice@LAB.TEST" },
		{ "alice", "lab", "alice@LAB.TEST" },
		{ "alice@lab.test", NULL, "alice@LAB.TEST" },
		{ "alice@lab", NULL, "alice@LAB.TEST" },
		{ "alice", "other.test", "alice@OTHER.TEST" },
		{ "alice@other.test", NULL, "alice@OTHER.TEST" },
		{ "alice@corp.example", "LAB", "alice\\@corp.example@LAB.TEST" },
		{ "host/web", "LAB", "host/web@LAB.TEST" },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct krb_identity who = { .use = KRB_INITIATE,
					    .user = rows[i].user,
					    .realm = rows[i].realm,
					    .password = { (const uint8_t *)"x", 1 } };
		struct krb_credential *c = NULL;
		struct krb_credential_info info;
		assert_int_equal(krb->credential_new(&who, &c), SEC_E_OK);
		assert_int_equal(krb->credential_info(c, &info), SEC_E_OK);
		assert_string_equal(info.name, rows[i].name);
		assert_true(info.expiry == INT64_MAX && info.password_expiry == INT64_MAX);
		mem_free(info.name);
		krb->credential_unref(c);
	}
}

static void a_password_with_a_nul_is_refused(void **state)
{
	struct krb_identity who = { .use = KRB_INITIATE,
				    .user = "alice",
				    .password = { (const uint8_t *)"a\0b", 3 } };
	struct krb_credential *c = NULL;
	assert_int_equal(krb->credential_new(&who, &c), SEC_E_UNKNOWN_CREDENTIALS);
}

static void without_a_kdc_nothing_is_had(void **state)
{
	struct krb_identity who = { .use = KRB_INITIATE,
				    .user = "alice",
				    .password = { (const uint8_t *)"x", 1 } };
	struct krb_credential *c = NULL;
	struct krb_span token;
	struct krb_context *context;

	assert_int_equal(krb->credential_new(&who, &c), SEC_E_OK);
	assert_int_equal(reason_of(krb->credential_obtain(c), "LAB.TEST"),
			 SEC_E_NO_AUTHENTICATING_AUTHORITY);
	struct krb_request request = { .credential = c, .target = "HTTP/localhost" };
	assert_int_equal(krb->context_new(&request, &context), SEC_E_OK);
	assert_int_equal(krb->step(context, rd_of(NULL, 0), &token),
			 SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(krb->step(context, rd_of(NULL, 0), &token), SEC_E_INVALID_TOKEN);
	krb->context_free(context);
	request.target = "";
	assert_int_equal(krb->context_new(&request, &context), SEC_E_TARGET_UNKNOWN);
	assert_int_equal(krb->change_password(&who, rd_of("y", 1)),
			 SEC_E_NO_AUTHENTICATING_AUTHORITY);
	assert_int_equal(krb->change_password(&who, rd_of("", 0)), STATUS_PASSWORD_RESTRICTION);
	krb->credential_unref(c);
}

static NTSTATUS accept_one(struct krb_credential *c, const void *token, size_t n)
{
	struct krb_request request = { .credential = c, .acceptor = true };
	struct krb_context *context;
	struct krb_span answer;

	assert_int_equal(krb->context_new(&request, &context), SEC_E_OK);
	NTSTATUS status = krb->step(context, rd_of(token, n), &answer);
	mem_free(answer.p);
	struct krb_established e;
	assert_int_equal(krb->finish(context, &e), SEC_E_INVALID_HANDLE);
	krb->context_free(context);
	return status;
}

static void hostile_tokens_are_refused(void **state)
{
	static const char u2u[] =
		"\x60\x0e\x06\x0a\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x03\x04\x00";
	static const char krb5[] =
		"\x60\x0f\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01\x00\x6e\x00";
	static const char iakerb[] = "\x60\x0c\x06\x06\x2b\x06\x01\x05\x02\x05\x05\x01\x30\x00";
	struct krb_credential *c = acceptor();
	uint8_t noise[300];
	uint32_t seed = 6;

	assert_int_equal(accept_one(c, "", 0), SEC_E_INVALID_TOKEN);
	assert_int_equal(accept_one(c, "NTLMSSP\0\1\0\0", 12), SEC_E_INVALID_TOKEN);
	assert_int_equal(accept_one(c, u2u, sizeof(u2u) - 1), SEC_E_NO_CREDENTIALS);
	assert_int_equal(accept_one(c, krb5, sizeof(krb5) - 1), SEC_E_INVALID_TOKEN);
	assert_int_equal(accept_one(c, iakerb, sizeof(iakerb) - 1), SEC_E_UNSUPPORTED_FUNCTION);
	for (int turn = 0; turn < 2000; turn++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		size_t kept = turn % 3 == 0 ? sizeof(krb5) - 1 : turn % 3 == 1 ? 15 : 1;
		memcpy(noise, krb5, kept < sizeof(noise) ? kept : 0);
		assert_true(failed(accept_one(c, noise, 17 + seed % 280)));
	}
	krb->credential_unref(c);
}

static void hostile_tickets_are_refused(void **state)
{
	struct krb_credential *c = acceptor(), *made = NULL;
	uint8_t noise[200];
	uint32_t seed = 7;

	for (int turn = 0; turn < 2000; turn++) {
		for (size_t i = 0; i < sizeof(noise); i++)
			noise[i] = (uint8_t)((seed = seed * 1664525 + 1013904223) >> 24);
		noise[0] = turn % 2 ? 0x76 : 0x61;
		noise[1] = (uint8_t)(seed % 128);
		noise[2] = 0x30;
		struct rd bytes = rd_of(noise, seed % sizeof(noise));
		assert_true(failed(krb->submit(NULL, bytes, 18, rd_of(noise, turn % 2 ? 32 : 0))));
		assert_true(failed(krb->import_tgt(c, bytes, bytes, &made)));
		assert_null(made);
	}
	krb->credential_unref(c);
}

/* A TGT of alice@X.Y that nothing seals, its session key in clear; where its enctype stands. */
#define PLAIN_ENCTYPE 94
static const uint8_t plain_cred[] = {
	/* clang-format off */
	0x76, 0x82, 0x01, 0x04, 0x30, 0x82, 0x01, 0x00, 0xa0, 0x03, 0x02, 0x01, 0x05, 0xa1, 0x03, 0x02,
	0x01, 0x16, 0xa2, 0x40, 0x30, 0x3e, 0x61, 0x3c, 0x30, 0x3a, 0xa0, 0x03, 0x02, 0x01, 0x05, 0xa1,
	0x05, 0x1b, 0x03, 0x58, 0x2e, 0x59, 0xa2, 0x18, 0x30, 0x16, 0xa0, 0x03, 0x02, 0x01, 0x02, 0xa1,
	0x0f, 0x30, 0x0d, 0x1b, 0x06, 0x6b, 0x72, 0x62, 0x74, 0x67, 0x74, 0x1b, 0x03, 0x58, 0x2e, 0x59,
	0xa3, 0x12, 0x30, 0x10, 0xa0, 0x03, 0x02, 0x01, 0x12, 0xa2, 0x09, 0x04, 0x07, 0x01, 0x02, 0x03,
	0x04, 0x05, 0x06, 0x07, 0xa3, 0x81, 0xb1, 0x30, 0x81, 0xae, 0xa0, 0x03, 0x02, 0x01, 0x00, 0xa2,
	0x81, 0xa6, 0x04, 0x81, 0xa3, 0x7d, 0x81, 0xa0, 0x30, 0x81, 0x9d, 0xa0, 0x81, 0x80, 0x30, 0x7e,
	0x30, 0x7c, 0xa0, 0x2b, 0x30, 0x29, 0xa0, 0x03, 0x02, 0x01, 0x12, 0xa1, 0x22, 0x04, 0x20, 0x01,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0xa1,
	0x05, 0x1b, 0x03, 0x58, 0x2e, 0x59, 0xa2, 0x12, 0x30, 0x10, 0xa0, 0x03, 0x02, 0x01, 0x01, 0xa1,
	0x09, 0x30, 0x07, 0x1b, 0x05, 0x61, 0x6c, 0x69, 0x63, 0x65, 0xa6, 0x11, 0x18, 0x0f, 0x32, 0x30,
	0x33, 0x33, 0x30, 0x35, 0x31, 0x38, 0x30, 0x33, 0x33, 0x33, 0x32, 0x30, 0x5a, 0xa8, 0x05, 0x1b,
	0x03, 0x58, 0x2e, 0x59, 0xa9, 0x18, 0x30, 0x16, 0xa0, 0x03, 0x02, 0x01, 0x02, 0xa1, 0x0f, 0x30,
	0x0d, 0x1b, 0x06, 0x6b, 0x72, 0x62, 0x74, 0x67, 0x74, 0x1b, 0x03, 0x58, 0x2e, 0x59, 0xa2, 0x11,
	0x18, 0x0f, 0x32, 0x30, 0x32, 0x36, 0x31, 0x31, 0x32, 0x31, 0x31, 0x35, 0x32, 0x33, 0x33, 0x32,
	0x5a, 0xa3, 0x05, 0x02, 0x03, 0x08, 0x1c, 0xa7,
	/* clang-format on */
};

/* Who has no key cannot say so, nor lie about it. */
/* ---- what another process shows ---- */

static NTSTATUS show_keys(const void *bytes, size_t n, uint64_t whose, struct krb_credential **out)
{
	const struct krb_identity who = { .use = KRB_ACCEPT,
					  .keys = rd_of(bytes, n),
					  .shown_by = whose };
	return krb->credential_new(&who, out);
}

/* Behind an entry of no length nothing is read, but it is kept room for. */
static void nobody_shows_more_than_its_share(void **state)
{
	struct krb_credential *c[KRB_SHOWN_MAX / CCACHE_MOST], *more = NULL;
	uint8_t *bytes = mem_alloc(CCACHE_MOST);

	assert_non_null(bytes);
	memset(bytes, 0, CCACHE_MOST);
	memcpy(bytes, keytab_bytes, sizeof(keytab_bytes) - 1);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		assert_int_equal(show_keys(bytes, CCACHE_MOST, 7, &c[i]), SEC_E_OK);
	assert_int_equal(show_keys(bytes, CCACHE_MOST, 7, &more), SEC_E_INSUFFICIENT_MEMORY);
	assert_null(more);
	assert_int_equal(show_keys(bytes, CCACHE_MOST, 8, &more), SEC_E_OK);
	krb->credential_unref(more);
	krb->credential_unref(c[0]);
	assert_int_equal(show_keys("noise", 5, 7, &more), SEC_E_NO_CREDENTIALS);
	assert_int_equal(show_keys(bytes, CCACHE_MOST, 7, &c[0]), SEC_E_OK);
	for (size_t i = 0; i < ARRAY_LEN(c); i++)
		krb->credential_unref(c[i]);
	mem_free(bytes);
}

#define WORD_OF(s) rd_of(s, sizeof(s) - 1)

static void write_cache(struct wr *w)
{
	struct ccache_ticket t = { .enctype = 18,
				   .key = rd_of(keytab_bytes, 32),
				   .end = 2000000000,
				   .ticket = WORD_OF("a ticket") };

	t.client = (struct ccache_name){ 1, WORD_OF("LAB.TEST"), 1, { WORD_OF("alice") } };
	t.server = (struct ccache_name){
		2, WORD_OF("LAB.TEST"), 2, { WORD_OF("krbtgt"), WORD_OF("LAB.TEST") }
	};
	ccache_write_owner(w, &t.client);
	ccache_write_ticket(w, &t);
	assert_true(wr_ok(w));
}

/* Also what is no damage that can be seen from here. */
static void use_shown(const struct krb_identity *who)
{
	struct krb_credential *c = NULL;
	struct krb_credential_info info;

	if (failed(krb->credential_new(who, &c)))
		return;
	if (!failed(krb->credential_info(c, &info)))
		mem_free(info.name);
	krb->credential_unref(c);
}

static void damaged_bytes_of_another_process_break_nothing(void **state)
{
	struct wr cache = WR(4096), keys = WR(4096);
	struct wr *const whole[] = { &cache, &keys };

	write_cache(&cache);
	wr_bytes(&keys, keytab_bytes, sizeof(keytab_bytes) - 1);
	for (size_t i = 0; i < 4 * cache.len; i++) {
		for (unsigned k = 0; k < ARRAY_LEN(whole); k++) {
			size_t at = i / 4;
			if (at >= whole[k]->len)
				continue;
			static const uint8_t flips[] = { 1, 0x7F, 0x80, 0xFF };
			whole[k]->buf[at] ^= flips[i % 4];
			struct rd bytes = wr_view(whole[k]);
			use_shown(&(struct krb_identity){ .use = k ? KRB_ACCEPT : KRB_INITIATE,
							  .tickets = k ? rd_of(NULL, 0) : bytes,
							  .keys = k ? bytes : rd_of(NULL, 0) });
			whole[k]->buf[at] ^= flips[i % 4];
		}
	}
	struct krb_identity who = { .use = KRB_INITIATE, .tickets = wr_view(&cache) };
	struct krb_credential *c = NULL;
	assert_int_equal(krb->credential_new(&who, &c), SEC_E_OK);
	krb->credential_unref(c);
	for (size_t n = cache.len - 1; n > 0; n--) {
		who.tickets.n = n;
		assert_int_equal(krb->credential_new(&who, &c), SEC_E_NO_CREDENTIALS);
	}
	wr_done(&cache);
	wr_done(&keys);
}

static void what_nothing_seals_is_refused_where_a_key_is_told(void **state)
{
	const struct rd key = rd_of("0123456789abcdef0123456789abcdef", 32);
	uint8_t claims[sizeof(plain_cred)];

	memcpy(claims, plain_cred, sizeof(claims));
	claims[PLAIN_ENCTYPE] = 18;
	assert_true(failed(krb->submit(NULL, rd_of(plain_cred, sizeof(plain_cred)), 18, key)));
	assert_true(failed(krb->submit(NULL, rd_of(claims, sizeof(claims)), 18, key)));
	assert_int_equal(access(ccache, F_OK), -1);
	assert_int_equal(
		krb->submit(NULL, rd_of(plain_cred, sizeof(plain_cred)), 0, rd_of(NULL, 0)),
		SEC_E_OK);
	assert_int_equal(access(ccache, F_OK), 0);
	assert_int_equal(unlink(ccache), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_build_is_refused),
		cmocka_unit_test(every_call_is_there),
		cmocka_unit_test(a_missing_ccache_is_no_credential),
		cmocka_unit_test(an_acceptor_needs_a_key),
		cmocka_unit_test(names_are_read_as_windows_writes_them),
		cmocka_unit_test(a_password_with_a_nul_is_refused),
		cmocka_unit_test(without_a_kdc_nothing_is_had),
		cmocka_unit_test(hostile_tokens_are_refused),
		cmocka_unit_test(hostile_tickets_are_refused),
		cmocka_unit_test(nobody_shows_more_than_its_share),
		cmocka_unit_test(damaged_bytes_of_another_process_break_nothing),
		cmocka_unit_test(what_nothing_seals_is_refused_where_a_key_is_told),
	};
	return cmocka_run_group_tests(tests, open_module, close_module);
}
