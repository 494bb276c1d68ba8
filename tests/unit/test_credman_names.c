/* Target names: forms, universal spelling, filters, and which credential fits a server best. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "credman/names.h"
#include "credman/rules.h"

#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), ARRAY_LEN(OPENSSPI_WIDE(s)) - 1 })

struct form {
	struct utf16 target;
	enum target_form form;
};

static void every_target_has_one_form(void **state)
{
	const struct form forms[] = {
		{ T("srv"), TARGET_NAME },	     { T("srv.lab.test"), TARGET_NAME },
		{ T("TERMSRV/srv"), TARGET_NAME },   { T("Root\\Share"), TARGET_NAME },
		{ T("*.lab.test"), TARGET_SUFFIX },  { T("LAB\\*"), TARGET_DOMAIN },
		{ T("lab.test\\*"), TARGET_DOMAIN }, { T("*"), TARGET_ALL },
		{ T("*session"), TARGET_SESSION },   { T(""), TARGET_NONSENSE },
		{ T("**"), TARGET_NONSENSE },	     { T("*x"), TARGET_NONSENSE },
		{ T("*."), TARGET_NONSENSE },	     { T("a*b"), TARGET_NONSENSE },
		{ T("LAB*"), TARGET_NONSENSE },	     { T("\\*"), TARGET_NONSENSE },
		{ T("*.a\\b"), TARGET_NONSENSE },    { T("\\b"), TARGET_NONSENSE },
		{ T("a\\"), TARGET_NONSENSE },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		assert_int_equal(target_form_of(forms[i].target), forms[i].form);
}

static void assert_text(struct utf16 text, struct utf16 want)
{
	assert_int_equal(text.n, want.n);
	assert_memory_equal(text.p, want.p, want.n * sizeof(WCHAR));
}

static void universal_names_part_at_the_first_separators(void **state)
{
	struct universal_name name;

	(void)state;
	assert_true(name_split(T("Domain:batch=Task:{1}=x"), &name));
	assert_text(name.space, T("Domain"));
	assert_text(name.attribute, T("batch"));
	assert_text(name.rest, T("Task:{1}=x"));
	assert_false(name_split(T("a:=b"), &name));
	assert_false(name_split(T(":a=b"), &name));
	assert_false(name_split(T("a:b="), &name));
	assert_false(name_split(T("a=b"), &name));
	assert_text(name_stored(T("legacygeneric:TARGET=x"), CRED_TYPE_GENERIC), T("x"));
	assert_text(name_stored(T("Domain:target=x"), CRED_TYPE_DOMAIN_PASSWORD), T("x"));
	assert_text(name_stored(T("Domain:target=x"), CRED_TYPE_GENERIC), T("Domain:target=x"));
	assert_text(name_stored(T("git:https://h"), CRED_TYPE_GENERIC), T("git:https://h"));
}

struct universal {
	struct credential_view c;
	struct utf16 name;
	bool classic;
};

static void credentials_are_listed_by_universal_names(void **state)
{
	const struct universal cases[] = {
		{ { .type = CRED_TYPE_GENERIC, .target = T("x") },
		  T("LegacyGeneric:target=x"),
		  true },
		{ { .type = CRED_TYPE_DOMAIN_PASSWORD, .target = T("s") },
		  T("Domain:target=s"),
		  true },
		{ { .type = CRED_TYPE_DOMAIN_PASSWORD, .flags = 0x4000, .target = T("t") },
		  T("Domain:batch=t"),
		  false },
		{ { .type = CRED_TYPE_DOMAIN_PASSWORD, .flags = 0x4, .target = T("D\\u") },
		  T("Domain:name=D\\u"),
		  true },
		{ { .type = CRED_TYPE_DOMAIN_EXTENDED, .target = T("WindowsLive:target=v/d") },
		  T("WindowsLive:target=v/d"),
		  false },
	};
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = 0;
		WCHAR *name = name_universal(&cases[i].c, &n);
		assert_text((struct utf16){ name, n }, cases[i].name);
		assert_int_equal(name[n], 0);
		assert_int_equal(name_is_classic(&cases[i].c), cases[i].classic);
		mem_free(name);
	}
}

static void filters_are_a_prefix_or_a_whole_name(void **state)
{
	(void)state;
	assert_true(name_passes((struct utf16){ NULL, 0 }, T("any")));
	assert_true(name_passes(T("GIT:*"), T("git:https://h")));
	assert_true(name_passes(T("*"), T("x")));
	assert_true(name_passes(T("x"), T("X")));
	assert_false(name_passes(T("x"), T("xy")));
	assert_false(name_passes(T("git:*"), T("gi")));
	assert_false(name_passes(T("a*c"), T("abc")));
}

/* The better credential comes first; each fits the server alone. */
static void the_most_specific_credential_wins(void **state)
{
	const struct credential_view order[] = {
		{ .type = 2, .target = T("Root\\Share") },
		{ .type = 2, .target = T("srv.eu.lab.test") },
		{ .type = 2, .target = T("SRV") },
		{ .type = 2, .target = T("TERMSRV/srv") },
		{ .type = 2, .target = T("*.eu.lab.test") },
		{ .type = 2, .target = T("*.lab.test") },
		{ .type = 2, .target = T("eu.lab.test\\*") },
		{ .type = 2, .target = T("EU\\*") },
		{ .type = 2, .target = T("*Session") },
		{ .type = 2, .target = T("*") },
	};
	struct target_view server = { .dns_server = T("Srv.EU.lab.test"),
				      .netbios_server = T("srv"),
				      .dns_domain = T("eu.lab.test"),
				      .netbios_domain = T("EU"),
				      .target = T("TERMSRV/srv") };
	uint32_t last = UINT32_MAX;
	bool wildcard;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		struct target_view t = server;
		if (i == 0)
			t.target = T("root\\share");
		uint32_t rank = name_match(&order[i], &t, &wildcard);
		assert_true(rank > 0 && rank < last);
		assert_int_equal(wildcard, i >= 4);
		last = rank;
	}
}

static void what_does_not_fit_has_no_rank(void **state)
{
	struct target_view server = { .dns_server = T("srv.lab.test"), .netbios_server = T("SRV") };
	const struct credential_view others[] = {
		{ .type = 2, .target = T("srv2") },
		{ .type = 2, .target = T("*.est") },
		{ .type = 2, .target = T("*.srv.lab.test") },
		{ .type = 2, .target = T("LAB\\*") },
		{ .type = 2, .target = T("srv\\share") },
		{ .type = 2, .flags = CRED_FLAGS_USERNAME_TARGET, .target = T("srv") },
	};
	struct credential_view aliased = { .type = 2, .target = T("other"), .alias = T("srv") };
	bool wildcard;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_int_equal(name_match(&others[i], &server, &wildcard), 0);
	assert_true(name_match(&aliased, &server, &wildcard) > 0);
	server.flags = CRED_TI_USERNAME_TARGET;
	server.target = T("LAB\\u");
	struct credential_view user = { .type = 2,
					.flags = CRED_FLAGS_USERNAME_TARGET,
					.target = T("lab\\U") };
	assert_true(name_match(&user, &server, &wildcard) > 0);
}

/* ---- rules ---- */

static const uint8_t blob[4000];

static struct credential_view generic(void)
{
	return (struct credential_view){ .type = CRED_TYPE_GENERIC,
					 .persist = CRED_PERSIST_LOCAL_MACHINE,
					 .target = T("Company_Service"),
					 .blob = { blob, 8 } };
}

static struct credential_view domain(void)
{
	return (struct credential_view){ .type = CRED_TYPE_DOMAIN_PASSWORD,
					 .persist = CRED_PERSIST_LOCAL_MACHINE,
					 .target = T("srv"),
					 .user = T("LAB\\alice"),
					 .blob = { blob, 8 } };
}

static void s44_the_grid_of_types_and_persistences(void **state)
{
	(void)state;
	for (uint32_t type = 0; type < 9; type++)
		for (uint32_t persist = 0; persist < 5; persist++) {
			struct credential_view c =
				type == CRED_TYPE_GENERIC || type == CRED_TYPE_GENERIC_CERTIFICATE
					? generic()
					: domain();
			c.type = type;
			c.persist = persist;
			if (type == CRED_TYPE_DOMAIN_CERTIFICATE)
				c.user = T("@@BAAAAAAAAAAAAAAAAAAAAAAAAAAA");
			if (type == CRED_TYPE_DOMAIN_EXTENDED)
				c.target = T("App:target=x");
			bool good = type >= 1 && type <= 6 && type != 4 && persist >= 1 &&
				    persist <= 3;
			NTSTATUS want = good	    ? STATUS_SUCCESS
					: type == 4 ? STATUS_NOT_SUPPORTED
						    : STATUS_INVALID_PARAMETER;
			assert_int_equal(credential_check(&c), want);
		}
}

static void s44_flags_for_output_are_not_input(void **state)
{
	(void)state;
	for (int bit = 0; bit < 32; bit++) {
		struct credential_view c = domain();
		c.flags = 1u << bit;
		if (c.flags == CRED_FLAGS_USERNAME_TARGET)
			c.target = c.user;
		bool good = c.flags & CRED_FLAGS_VALID_INPUT_FLAGS;
		assert_int_equal(credential_check(&c),
				 good ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER);
	}
}

static void s44_limits_are_exact(void **state)
{
	static WCHAR text[40000];
	struct credential_view c = generic();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		text[i] = 'x';
	c.blob.n = CRED_MAX_CREDENTIAL_BLOB_SIZE;
	c.target = (struct utf16){ text, CRED_MAX_GENERIC_TARGET_NAME_LENGTH };
	c.comment = c.alias = (struct utf16){ text, CRED_MAX_STRING_LENGTH };
	c.user = (struct utf16){ text, CRED_MAX_USERNAME_LENGTH };
	c.attribute_count = CRED_MAX_ATTRIBUTES;
	for (uint32_t i = 0; i < c.attribute_count; i++)
		c.attribute[i] = (struct credential_attribute){ c.comment,
								0,
								{ blob, CRED_MAX_VALUE_SIZE } };
	assert_int_equal(credential_check(&c), STATUS_SUCCESS);
	size_t *counts[] = { &c.blob.n,
			     &c.target.n,
			     &c.comment.n,
			     &c.alias.n,
			     &c.user.n,
			     &c.attribute[63].keyword.n,
			     &c.attribute[0].value.n };
	for (size_t i = 0; i < ARRAY_LEN(counts); i++) {
		++*counts[i];
		assert_int_equal(credential_check(&c), CREDMAN_OVER_LIMIT);
		--*counts[i];
	}
	c.attribute[5].flags = 1;
	assert_int_equal(credential_check(&c), STATUS_INVALID_PARAMETER);
	c = domain();
	c.target = (struct utf16){ text, CRED_MAX_DOMAIN_TARGET_NAME_LENGTH + 1 };
	assert_int_equal(credential_check(&c), CREDMAN_OVER_LIMIT);
	c.target.n--;
	assert_int_equal(credential_check(&c), STATUS_SUCCESS);
}

static void names_follow_the_rules_of_their_type(void **state)
{
	struct credential_view c = domain();

	(void)state;
	c.user = (struct utf16){ NULL, 0 };
	assert_int_equal(credential_check(&c), CREDMAN_BAD_USERNAME);
	c.user = T("alice");
	assert_int_equal(credential_check(&c), STATUS_SUCCESS);
	c.persist = CRED_PERSIST_ENTERPRISE;
	assert_int_equal(credential_check(&c), CREDMAN_BAD_USERNAME);
	c = domain();
	c.target = T("*Session");
	assert_int_equal(credential_check(&c), STATUS_INVALID_PARAMETER);
	c.persist = CRED_PERSIST_SESSION;
	assert_int_equal(credential_check(&c), STATUS_SUCCESS);
	c.target = T("a*b");
	assert_int_equal(credential_check(&c), STATUS_INVALID_PARAMETER);
	c = domain();
	c.blob.n = 7;
	assert_int_equal(credential_check(&c), STATUS_INVALID_PARAMETER);
	c = domain();
	c.type = CRED_TYPE_DOMAIN_CERTIFICATE;
	assert_int_equal(credential_check(&c), CREDMAN_BAD_USERNAME);
	c.type = CRED_TYPE_DOMAIN_EXTENDED;
	assert_int_equal(credential_check(&c), STATUS_INVALID_PARAMETER);
	c.target = T("App:target=*");
	assert_int_equal(credential_check(&c), STATUS_INVALID_PARAMETER);
	c = domain();
	c.flags = CRED_FLAGS_USERNAME_TARGET;
	assert_int_equal(credential_check(&c), STATUS_INVALID_PARAMETER);
	c.target = T("lab\\ALICE");
	assert_int_equal(credential_check(&c), STATUS_SUCCESS);
	c.target.n = 0;
	assert_int_equal(credential_check(&c), STATUS_INVALID_PARAMETER);
}

static void what_identifies_a_credential_cannot_change(void **state)
{
	struct credential_view old = domain(), now = domain();

	(void)state;
	now.comment = T("new");
	now.persist = CRED_PERSIST_SESSION;
	assert_int_equal(credential_check_change(&old, &now), STATUS_SUCCESS);
	now.flags = CRED_FLAGS_USERNAME_TARGET;
	assert_int_equal(credential_check_change(&old, &now), STATUS_INVALID_PARAMETER);
}

/* ---- bytes ---- */

static struct credential_view full(void)
{
	struct credential_view c = domain();

	c.flags = 0x4010;
	c.last_written = 0x0123456789ABCDEF;
	c.comment = T("");
	c.alias = T("SRV");
	c.attribute_count = 2;
	c.attribute[0] = (struct credential_attribute){ T("one"), 0, { blob, 3 } };
	c.attribute[1] = (struct credential_attribute){ T("two"), 7, { NULL, 0 } };
	return c;
}

static void assert_same(const struct credential_view *a, const struct credential_view *b)
{
	assert_int_equal(a->flags, b->flags);
	assert_int_equal(a->last_written, b->last_written);
	assert_text(a->target, b->target);
	assert_text(a->alias, b->alias);
	assert_text(a->user, b->user);
	assert_int_equal(a->comment.p == NULL, b->comment.p == NULL);
	assert_int_equal(a->blob.n, b->blob.n);
	assert_int_equal(a->attribute_count, b->attribute_count);
	for (uint32_t i = 0; i < a->attribute_count; i++) {
		assert_text(a->attribute[i].keyword, b->attribute[i].keyword);
		assert_int_equal(a->attribute[i].flags, b->attribute[i].flags);
		assert_int_equal(a->attribute[i].value.p == NULL, b->attribute[i].value.p == NULL);
		assert_int_equal(a->attribute[i].value.n, b->attribute[i].value.n);
	}
}

static void a_credential_goes_to_bytes_and_back(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
	struct credential_view c = full(), back;

	(void)state;
	credential_write(&w, &c);
	assert_true(credential_read(wr_view(&w), &back));
	assert_same(&back, &c);
	assert_null(back.attribute[1].value.p);
	assert_non_null(back.comment.p);
}

static void s44_every_truncation_and_every_flipped_byte_is_refused_or_still_sound(void **state)
{
	CLEANUP(wr_done) struct wr w = WR(CREDENTIAL_BYTES_MAX);
	struct credential_view c = full(), back;
	_Alignas(4) uint8_t copy[1024];

	(void)state;
	credential_write(&w, &c);
	struct rd bytes = wr_view(&w);
	assert_true(bytes.n < sizeof(copy));
	for (size_t n = 0; n < bytes.n; n++)
		assert_false(credential_read(rd_of(bytes.p, n), &back));
	for (size_t i = 0; i < bytes.n; i++) {
		memcpy(copy, bytes.p, bytes.n);
		copy[i] ^= 0x80;
		if (credential_read(rd_of(copy, bytes.n), &back))
			assert_true(back.attribute_count <= CRED_MAX_ATTRIBUTES);
	}
	memcpy(copy, bytes.p, bytes.n);
	copy[bytes.n] = 0;
	assert_false(credential_read(rd_of(copy, bytes.n + 1), &back));
	memcpy(copy + 1, bytes.p, bytes.n);
	assert_false(credential_read(rd_of(copy + 1, bytes.n), &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_target_has_one_form),
		cmocka_unit_test(universal_names_part_at_the_first_separators),
		cmocka_unit_test(credentials_are_listed_by_universal_names),
		cmocka_unit_test(filters_are_a_prefix_or_a_whole_name),
		cmocka_unit_test(the_most_specific_credential_wins),
		cmocka_unit_test(what_does_not_fit_has_no_rank),
		cmocka_unit_test(s44_the_grid_of_types_and_persistences),
		cmocka_unit_test(s44_flags_for_output_are_not_input),
		cmocka_unit_test(s44_limits_are_exact),
		cmocka_unit_test(names_follow_the_rules_of_their_type),
		cmocka_unit_test(what_identifies_a_credential_cannot_change),
		cmocka_unit_test(a_credential_goes_to_bytes_and_back),
		cmocka_unit_test(
			s44_every_truncation_and_every_flipped_byte_is_refused_or_still_sound),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
