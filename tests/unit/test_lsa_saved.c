/* tests/unit/test_lsa_saved.c - the Credential Manager as packages reach it: CrediRead…, saved identities.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "mock_package.h"

#include <ntsecapi.h>
#include <opensspi.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/block.h"
#include "base/utf.h"
#include "credman/rules.h"
#include "lsa/call.h"
#include "lsa/state.h"
#include "wire/authdata.h"

#define W(s) ((WCHAR *)(uintptr_t)OPENSSPI_WIDE(s))
#define T(s) ((struct utf16){ OPENSSPI_WIDE(s), ARRAY_LEN(OPENSSPI_WIDE(s)) - 1 })
#define IN_LSA CREDP_FLAGS_IN_PROCESS

static struct home {
	char folder[64], text[4][128];
	struct credman *set;
	struct lsa *lsa;
	struct lsa_client *client;
	struct frame frame;
	LUID own;
	const LSA_SECPKG_FUNCTION_TABLE *table;
	const OPENSSPI_LSA_EXTENSION *extension;
} h;

static int home_open(void **state)
{
	static const char *const names[] = { "vault.db", "vault.key", "session.db", "session.key" };
	static const struct package_module *const modules[] = { &mock_module, NULL };
	const struct lsa_client_setup self = { .is_this_process = true };

	h = (struct home){ .folder = "/tmp/opensspi-saved-XXXXXX" };
	assert_non_null(mkdtemp(h.folder));
	for (size_t i = 0; i < 4; i++)
		snprintf(h.text[i], sizeof(h.text[i]), "%s/%s", h.folder, names[i]);
	const struct credman_places places = { h.text[0], h.text[1], h.text[2], h.text[3] };
	assert_int_equal(credman_new(&places, &h.set), STATUS_SUCCESS);
	const struct lsa_setup setup = { .modules = modules, .credman = h.set };
	assert_int_equal(lsa_new(&setup, &h.lsa), STATUS_SUCCESS);
	h.client = lsa_client_new(h.lsa, &self);
	assert_non_null(h.client);
	h.own = session_own(h.client);
	h.table = mock.table;
	assert_int_equal(OpensspiLsaExtension(OPENSSPI_LSA_EXTENSION_VERSION, &h.extension),
			 STATUS_SUCCESS);
	call_enter(&h.frame, h.lsa, h.client, NULL);
	return 0;
}

static int home_close(void **state)
{
	char command[128];

	call_leave(&h.frame);
	lsa_client_free(h.client);
	lsa_free(h.lsa);
	credman_free(h.set);
	snprintf(command, sizeof(command), "rm -rf '%s'", h.folder);
	assert_int_equal(system(command), 0);
	return 0;
}

/* ---- what is saved ---- */

static struct rd bytes_of(struct utf16 text)
{
	return rd_of(text.p, text.n * sizeof(WCHAR));
}

static void save(const struct credential_view *c)
{
	assert_int_equal(credman_write(h.set, c, false), STATUS_SUCCESS);
}

static struct credential_view one(uint32_t type, struct utf16 target, struct utf16 user,
				  struct utf16 password)
{
	return (struct credential_view){ .type = type,
					 .persist = CRED_PERSIST_LOCAL_MACHINE,
					 .target = target,
					 .user = user,
					 .blob = bytes_of(password) };
}

static void save_one(uint32_t type, struct utf16 target, struct utf16 user, struct utf16 password)
{
	const struct credential_view c = one(type, target, user, password);
	save(&c);
}

static void save_domain(struct utf16 target, struct utf16 user)
{
	save_one(CRED_TYPE_DOMAIN_PASSWORD, target, user, T("secret"));
}

static NTSTATUS read_one(PLUID logon, ULONG cred_flags, ULONG flags, PENCRYPTED_CREDENTIALW *out)
{
	return h.table->CrediRead(logon, cred_flags, W("srv"), CRED_TYPE_DOMAIN_PASSWORD, flags,
				  out);
}

static NTSTATUS match(CREDENTIAL_TARGET_INFORMATIONW *target, ULONG cred_flags, ULONG *count,
		      PENCRYPTED_CREDENTIALW **out)
{
	return h.table->CrediReadDomainCredentials(&h.own, cred_flags, target, 0, count, out);
}

static bool is_text(const WCHAR *text, struct utf16 want)
{
	return text && utf16_len(text) == want.n &&
	       memcmp(text, want.p, want.n * sizeof(WCHAR)) == 0;
}

/* ---- whose set ---- */

static void a_set_is_that_of_the_session_that_is_named(void **state)
{
	LUID other = { .LowPart = 0x12345678, .HighPart = 7 }, zero = { 0 };
	PENCRYPTED_CREDENTIALW c = (void *)&other;

	save_domain(T("srv"), T("LAB\\alice"));
	assert_int_equal(read_one(NULL, IN_LSA, 0, &c), STATUS_INVALID_PARAMETER);
	assert_null(c);
	assert_int_equal(read_one(&other, IN_LSA, 0, &c), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(read_one(&zero, IN_LSA, 0, &c), STATUS_NO_SUCH_LOGON_SESSION);
	/* those that packages create are of network sign-ins, which have none */
	assert_int_equal(h.table->CreateLogonSession(&other), STATUS_SUCCESS);
	assert_int_equal(read_one(&other, IN_LSA, 0, &c), STATUS_NO_SUCH_LOGON_SESSION);
	h.lsa->sessions.first->is.type = Interactive;
	/* nor is another account's session the user's */
	assert_int_equal(read_one(&other, IN_LSA, 0, &c), STATUS_NOT_FOUND);
	assert_int_equal(h.table->DeleteLogonSession(&other), STATUS_SUCCESS);
	assert_int_equal(h.table->CreateLogonSession(&other), STATUS_SUCCESS);
	h.lsa->sessions.first->is.type = Interactive;
	h.lsa->sessions.first->is.has_account = true;
	assert_int_equal(read_one(&other, IN_LSA, 0, &c), STATUS_SUCCESS);
	h.table->CrediFreeCredentials(1, &c);
	assert_int_equal(h.table->DeleteLogonSession(&other), STATUS_SUCCESS);
	assert_int_equal(read_one(&h.own, IN_LSA, 0, &c), STATUS_SUCCESS);
	h.table->CrediFreeCredentials(1, &c);
}

static void an_lsa_without_a_set_has_no_such_session(void **state)
{
	PENCRYPTED_CREDENTIALW c;
	PVOID identity;

	h.lsa->setup.credman = NULL;
	assert_int_equal(read_one(&h.own, IN_LSA, 0, &c), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(h.extension->ReadDefaultIdentity(&identity), SEC_E_NO_CREDENTIALS);
	assert_null(identity);
	h.lsa->setup.credman = h.set;
	call_leave(&h.frame);
	assert_int_equal(read_one(&h.own, IN_LSA, 0, &c), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(h.extension->ReadDefaultIdentity(&identity), SEC_E_NO_CREDENTIALS);
	call_enter(&h.frame, h.lsa, h.client, NULL);
}

/* ---- flags ---- */

static void flags_that_contradict_or_are_none_are_refused(void **state)
{
	static const struct {
		ULONG cred_flags, flags;
		NTSTATUS status;
	} rows[] = {
		{ IN_LSA, 1, STATUS_INVALID_PARAMETER },
		{ IN_LSA | 0x80, 0, STATUS_INVALID_PARAMETER },
		{ IN_LSA | 0x80000000, 0, STATUS_INVALID_PARAMETER },
		{ CREDP_FLAGS_CLEAR_PASSWORD | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD, 0,
		  STATUS_INVALID_PARAMETER },
		{ CREDP_FLAGS_USER_ENCRYPTED_PASSWORD, 0, STATUS_SUCCESS },
		{ CREDP_FLAGS_VALIDATE_PROXY_TARGET, 0, STATUS_NOT_SUPPORTED },
		{ IN_LSA | CREDP_FLAGS_USE_MIDL_HEAP | CREDP_FLAGS_DONT_CACHE_TI |
			  CREDP_FLAGS_TRUSTED_CALLER,
		  0, STATUS_SUCCESS },
	};
	CREDENTIAL_TARGET_INFORMATIONW target = { .DnsServerName = W("srv") };

	save_domain(T("srv"), T("LAB\\alice"));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		PENCRYPTED_CREDENTIALW c, *list;
		ULONG count = 7;
		assert_int_equal(read_one(&h.own, rows[i].cred_flags, rows[i].flags, &c),
				 rows[i].status);
		h.table->CrediFreeCredentials(c != NULL, &c);
		assert_int_equal(h.table->CrediReadDomainCredentials(&h.own, rows[i].cred_flags,
								     &target, rows[i].flags,
								     &count, &list),
				 rows[i].status);
		assert_int_equal(count, rows[i].status == STATUS_SUCCESS);
		h.table->CrediFreeCredentials(count, list);
	}
	h.table->CrediFreeCredentials(0, NULL);
	h.table->CrediFreeCredentials(1, NULL);
}

static void a_secret_is_protected_unless_it_is_asked_for_in_clear(void **state)
{
	const size_t n = T("secret").n * sizeof(WCHAR);
	PENCRYPTED_CREDENTIALW c;

	save_domain(T("srv"), T("LAB\\alice"));
	assert_int_equal(read_one(&h.own, IN_LSA, 0, &c), STATUS_SUCCESS);
	assert_int_equal(c->ClearCredentialBlobSize, n);
	assert_int_equal(c->Cred.CredentialBlobSize, n);
	assert_memory_not_equal(c->Cred.CredentialBlob, T("secret").p, n);
	h.table->LsaUnprotectMemory(c->Cred.CredentialBlob, c->Cred.CredentialBlobSize);
	assert_memory_equal(c->Cred.CredentialBlob, T("secret").p, n);
	h.table->CrediFreeCredentials(1, &c);

	assert_int_equal(read_one(&h.own, IN_LSA | CREDP_FLAGS_CLEAR_PASSWORD, 0, &c),
			 STATUS_SUCCESS);
	assert_memory_equal(c->Cred.CredentialBlob, T("secret").p, n);
	assert_true(is_text(c->Cred.TargetName, T("srv")));
	assert_true(is_text(c->Cred.UserName, T("LAB\\alice")));
	assert_null(c->Cred.Comment);
	h.table->CrediFreeCredentials(1, &c);

	for (ULONG flags = 0; flags <= CREDP_FLAGS_CLEAR_PASSWORD;
	     flags += CREDP_FLAGS_CLEAR_PASSWORD) {
		assert_int_equal(read_one(&h.own, flags, 0, &c), STATUS_SUCCESS);
		assert_null(c->Cred.CredentialBlob);
		assert_int_equal(c->Cred.CredentialBlobSize, 0);
		assert_int_equal(c->ClearCredentialBlobSize, 0);
		h.table->CrediFreeCredentials(1, &c);
	}
}

/* ---- one credential ---- */

static void every_field_of_a_generic_credential_arrives(void **state)
{
	struct credential_view c = one(CRED_TYPE_GENERIC, T("App/x"), T("who"), T("s"));
	PENCRYPTED_CREDENTIALW got;

	c.comment = T("a comment");
	c.alias = T("alias");
	c.blob = rd_of("odd", 3);
	c.attribute_count = 2;
	c.attribute[0] =
		(struct credential_attribute){ .keyword = T("App_k"), .value = rd_of("val", 3) };
	c.attribute[1] = (struct credential_attribute){ .keyword = T("App_empty") };
	save(&c);
	assert_int_equal(h.table->CrediRead(&h.own, CREDP_FLAGS_CLEAR_PASSWORD, W("aPP/X"),
					    CRED_TYPE_GENERIC, 0, &got),
			 STATUS_SUCCESS);
	assert_int_equal(got->Cred.Type, CRED_TYPE_GENERIC);
	assert_int_equal(got->Cred.Persist, CRED_PERSIST_LOCAL_MACHINE);
	assert_true(is_text(got->Cred.TargetName, T("App/x")));
	assert_true(is_text(got->Cred.Comment, T("a comment")));
	assert_true(is_text(got->Cred.TargetAlias, T("alias")));
	assert_true(is_text(got->Cred.UserName, T("who")));
	assert_int_equal(got->ClearCredentialBlobSize, 3);
	assert_memory_equal(got->Cred.CredentialBlob, "odd", 3);
	assert_true(got->Cred.LastWritten.dwHighDateTime != 0);
	assert_int_equal(got->Cred.AttributeCount, 2);
	assert_true(is_text(got->Cred.Attributes[0].Keyword, T("App_k")));
	assert_int_equal(got->Cred.Attributes[0].ValueSize, 3);
	assert_memory_equal(got->Cred.Attributes[0].Value, "val", 3);
	assert_true(is_text(got->Cred.Attributes[1].Keyword, T("App_empty")));
	assert_int_equal(got->Cred.Attributes[1].ValueSize, 0);
	h.table->CrediFreeCredentials(1, &got);
}

static void what_is_not_there_is_not_found(void **state)
{
	PENCRYPTED_CREDENTIALW c;

	assert_int_equal(read_one(&h.own, IN_LSA, 0, &c), STATUS_NOT_FOUND); /* no vault yet */
	save_domain(T("srv"), T("LAB\\alice"));
	assert_int_equal(h.table->CrediRead(&h.own, IN_LSA, W("srv"), CRED_TYPE_GENERIC, 0, &c),
			 STATUS_NOT_FOUND);
	assert_null(c);
	assert_int_equal(h.table->CrediRead(&h.own, IN_LSA, W("srv"), 0, 0, &c),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CrediRead(&h.own, IN_LSA, W("srv"), 99, 0, &c),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CrediRead(&h.own, IN_LSA, NULL, CRED_TYPE_GENERIC, 0, &c),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CrediRead(&h.own, IN_LSA, W(""), CRED_TYPE_GENERIC, 0, &c),
			 STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CrediRead(&h.own, IN_LSA, W("srv"), CRED_TYPE_GENERIC, 0, NULL),
			 STATUS_INVALID_PARAMETER);
}

/* ---- the best for a server ---- */

static void the_best_of_each_type_is_given_in_the_order_asked_for(void **state)
{
	DWORD types[] = { CRED_TYPE_DOMAIN_PASSWORD, CRED_TYPE_DOMAIN_VISIBLE_PASSWORD };
	CREDENTIAL_TARGET_INFORMATIONW target = { .TargetName = W("cifs/srv.example.com"),
						  .DnsServerName = W("SRV.example.com") };
	PENCRYPTED_CREDENTIALW *list;
	ULONG count;

	save_domain(T("*"), T("LAB\\any"));
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_SUCCESS);
	assert_int_equal(count, 1);
	assert_true(is_text(list[0]->Cred.UserName, T("LAB\\any")));
	assert_true(list[0]->Cred.Flags & CRED_FLAGS_WILDCARD_MATCH);
	h.table->CrediFreeCredentials(count, list);

	save_domain(T("*.example.com"), T("LAB\\suffix"));
	save_domain(T("srv.example.com"), T("LAB\\exact"));
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_SUCCESS);
	assert_int_equal(count, 1);
	assert_true(is_text(list[0]->Cred.UserName, T("LAB\\exact")));
	assert_false(list[0]->Cred.Flags & CRED_FLAGS_WILDCARD_MATCH);
	h.table->LsaUnprotectMemory(list[0]->Cred.CredentialBlob,
				    list[0]->Cred.CredentialBlobSize);
	assert_memory_equal(list[0]->Cred.CredentialBlob, T("secret").p, 12);
	h.table->CrediFreeCredentials(count, list);

	target.CredTypes = types + 1;
	target.CredTypeCount = 1;
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_NOT_FOUND);
	assert_int_equal(count, 0);
	assert_null(list);
	target.CredTypes = types;
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_SUCCESS);
	h.table->CrediFreeCredentials(count, list);
}

static void a_target_without_a_name_is_refused(void **state)
{
	CREDENTIAL_TARGET_INFORMATIONW target = { .PackageName = W("NTLM") };
	DWORD types[TARGET_TYPES_MAX + 1] = { CRED_TYPE_DOMAIN_PASSWORD };
	PENCRYPTED_CREDENTIALW *list;
	ULONG count;

	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_INVALID_PARAMETER);
	target.DnsServerName = W("srv");
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_NOT_FOUND);
	target.CredTypes = types;
	target.CredTypeCount = ARRAY_LEN(types);
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_INVALID_PARAMETER);
	target.CredTypes = NULL;
	target.CredTypeCount = 1;
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_INVALID_PARAMETER);
	target.CredTypeCount = 0;
	target.Flags = 0x80000000;
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_INVALID_PARAMETER);
	assert_int_equal(match(NULL, IN_LSA, &count, &list), STATUS_INVALID_PARAMETER);
	assert_int_equal(match(&target, IN_LSA, NULL, &list), STATUS_INVALID_PARAMETER);
	assert_int_equal(match(&target, IN_LSA, &count, NULL), STATUS_INVALID_PARAMETER);
}

static void what_a_package_tried_is_remembered_unless_it_says_not_to(void **state)
{
	CREDENTIAL_TARGET_INFORMATIONW target = { .TargetName = W("cifs/quiet"),
						  .DnsServerName = W("quiet"),
						  .PackageName = W("NTLM") };
	PENCRYPTED_CREDENTIALW *list;
	uint8_t *bytes = NULL;
	ULONG count;
	size_t n;

	assert_int_equal(match(&target, IN_LSA | CREDP_FLAGS_DONT_CACHE_TI, &count, &list),
			 STATUS_NOT_FOUND);
	assert_int_equal(targets_get(credman_targets(h.set), T("cifs/quiet"), &bytes, &n),
			 STATUS_NOT_FOUND);
	assert_int_equal(match(&target, IN_LSA, &count, &list), STATUS_NOT_FOUND);
	assert_int_equal(targets_get(credman_targets(h.set), T("cifs/quiet"), &bytes, &n),
			 STATUS_SUCCESS);
	mem_free(bytes);
}

/* ---- identities ---- */

static struct rd text_bytes(const char *text, WCHAR **owner)
{
	size_t n;
	assert_true(utf16_from_utf8(text, strlen(text), owner, &n));
	return rd_of(*owner, n * sizeof(WCHAR));
}

static bool same(struct rd got, const char *want)
{
	WCHAR *owner;
	struct rd w = text_bytes(want, &owner);
	bool equal = got.n == w.n && (!w.n || memcmp(got.p, w.p, w.n) == 0);
	mem_free(owner);
	return equal;
}

static NTSTATUS identity_for(const char *target, PVOID *out)
{
	WCHAR *owner;
	struct rd text = text_bytes(target, &owner);
	UNICODE_STRING name = unicode_view(owner, text.n / sizeof(WCHAR));
	NTSTATUS status = h.extension->ReadSavedIdentity(&name, out);
	mem_free(owner);
	return status;
}

/* The user of the identity for a target: "" for none. */
static const char *user_for(const char *target)
{
	static char user[64];
	struct identity_view id;
	char *utf8;
	PVOID block;
	size_t n;

	NTSTATUS status = identity_for(target, &block);
	if (status == SEC_E_NO_CREDENTIALS) {
		assert_null(block);
		return "";
	}
	assert_int_equal(status, STATUS_SUCCESS);
	assert_true(identity_read(authdata_block(block), &id));
	assert_true(same(id.domain, "LAB"));
	assert_true(same(id.password, "secret"));
	assert_true(utf8_from_utf16((const void *)id.user.p, id.user.n / 2, &utf8, &n));
	snprintf(user, sizeof(user), "%s", utf8);
	mem_free(utf8);
	h.table->FreeLsaHeap(block);
	return user;
}

static void a_saved_identity_is_found_by_host_name_and_wildcard(void **state)
{
	assert_string_equal(user_for("TERMSRV/srv"), "");
	save_domain(T("srv"), T("LAB\\host"));
	save_domain(T("srv.example.com"), T("LAB\\dns"));
	save_domain(T("HTTP/web"), T("LAB\\named"));
	save_domain(T("HTTP/web:8080"), T("LAB\\port"));
	save_domain(T("10.0.0.7"), T("LAB\\v4"));
	save_domain(T("fe80::1"), T("LAB\\v6"));
	assert_string_equal(user_for("TERMSRV/srv"), "host");
	assert_string_equal(user_for("srv"), "host");
	assert_string_equal(user_for("TERMSRV/SRV:3389"), "host");
	assert_string_equal(user_for("TERMSRV/srv/extra"), "host");
	assert_string_equal(user_for("TERMSRV/srv.example.com."), "dns");
	assert_string_equal(user_for("TERMSRV/srv.example.org"), "");
	assert_string_equal(user_for("http/WEB"), "named");
	assert_string_equal(user_for("HTTP/web:9"), "named");
	assert_string_equal(user_for("HTTP/web:8080"), "port");
	assert_string_equal(user_for("TERMSRV/web"), "");
	assert_string_equal(user_for("TERMSRV/10.0.0.7:3389"), "v4");
	assert_string_equal(user_for("TERMSRV/[fe80::1]:3389"), "v6");
	assert_string_equal(user_for("TERMSRV/fe80::1"), "v6");
	save_domain(T("*"), T("LAB\\any"));
	assert_string_equal(user_for("TERMSRV/other"), "any");
	assert_string_equal(user_for("TERMSRV/"), "");
	assert_string_equal(user_for("/"), "");
}

static void a_generic_credential_counts_under_a_services_name_alone(void **state)
{
	save_one(CRED_TYPE_GENERIC, T("TERMSRV/srv"), T("LAB\\mstsc"), T("secret"));
	save_one(CRED_TYPE_GENERIC, T("srv"), T("LAB\\app"), T("secret"));
	assert_string_equal(user_for("TERMSRV/srv"), "mstsc");
	assert_string_equal(user_for("TERMSRV/srv:3390"), "mstsc");
	assert_string_equal(user_for("srv"), "");
	assert_string_equal(user_for("HTTP/srv"), "");
	/* before a wildcard, and after what is for this host */
	save_domain(T("*"), T("LAB\\any"));
	assert_string_equal(user_for("TERMSRV/srv"), "mstsc");
	assert_string_equal(user_for("HTTP/srv"), "any");
	save_domain(T("srv"), T("LAB\\host"));
	assert_string_equal(user_for("TERMSRV/srv"), "host");
}

static void what_holds_no_usable_password_is_no_identity(void **state)
{
	struct credential_view c = one(CRED_TYPE_DOMAIN_PASSWORD, T("srv"), T("LAB\\u"), T("p"));

	c.blob = rd_of(NULL, 0);
	save(&c);
	assert_string_equal(user_for("TERMSRV/srv"), "");
	c.blob = bytes_of(T("0123456789abcdef"));
	c.flags = CRED_FLAGS_OWF_CRED_BLOB;
	save(&c);
	assert_string_equal(user_for("TERMSRV/srv"), "");
	c = one(CRED_TYPE_GENERIC, T("HTTP/srv2"), T("LAB\\u"), T("p"));
	c.blob = rd_of("odd", 3);
	save(&c);
	assert_string_equal(user_for("HTTP/srv2"), "");
	c.blob = rd_of("\x00\xD8\x00\xD8", 4);
	save(&c);
	assert_string_equal(user_for("HTTP/srv2"), "");
	c.blob = bytes_of(T("secret"));
	c.user = (struct utf16){ NULL, 0 };
	save(&c);
	assert_string_equal(user_for("HTTP/srv2"), "");
}

static void a_trailing_terminator_is_none_of_the_password(void **state)
{
	static const WCHAR password[] = { 's', 'e', 'c', 'r', 'e', 't', 0 };
	struct credential_view c = one(CRED_TYPE_GENERIC, T("HTTP/srv"), T("LAB\\u"), T("p"));

	c.blob = rd_of(password, sizeof(password));
	save(&c);
	assert_string_equal(user_for("HTTP/srv"), "u"); /* which compares the password */
}

static void a_users_principal_name_stays_whole(void **state)
{
	struct identity_view id;
	PVOID block;

	save_domain(T("srv"), T("al@ice@example.com"));
	assert_int_equal(identity_for("TERMSRV/srv", &block), STATUS_SUCCESS);
	assert_true(identity_read(authdata_block(block), &id));
	assert_true(same(id.user, "al@ice@example.com"));
	assert_true(id.has_domain && id.domain.n == 0);
	h.table->FreeLsaHeap(block);
}

static void the_default_identity_is_the_marked_one(void **state)
{
	struct identity_view id;
	PVOID block;

	assert_int_equal(h.extension->ReadDefaultIdentity(&block), SEC_E_NO_CREDENTIALS);
	assert_null(block);
	save_domain(T("srv"), T("LAB\\alice"));
	assert_int_equal(h.extension->ReadDefaultIdentity(&block), SEC_E_NO_CREDENTIALS);
	assert_int_equal(credman_set_default(h.set, T("srv"), CRED_TYPE_DOMAIN_PASSWORD),
			 STATUS_SUCCESS);
	assert_int_equal(h.extension->ReadDefaultIdentity(&block), STATUS_SUCCESS);
	assert_true(identity_read(authdata_block(block), &id));
	assert_true(same(id.user, "alice") && same(id.domain, "LAB") &&
		    same(id.password, "secret"));
	h.table->FreeLsaHeap(block);
	assert_int_equal(credman_delete(h.set, T("srv"), CRED_TYPE_DOMAIN_PASSWORD),
			 STATUS_SUCCESS);
	assert_int_equal(h.extension->ReadDefaultIdentity(&block), SEC_E_NO_CREDENTIALS);
	assert_int_equal(h.extension->ReadDefaultIdentity(NULL), STATUS_INVALID_PARAMETER);
	assert_int_equal(h.extension->ReadSavedIdentity(NULL, &block), STATUS_INVALID_PARAMETER);
}

static void s44_a_vault_in_trouble_is_not_passed_over(void **state)
{
	FILE *f = fopen(h.text[0], "w");
	PENCRYPTED_CREDENTIALW c;
	PVOID block;

	assert_non_null(f);
	for (int i = 0; i < 1000; i++)
		fputs("this is no vault ", f);
	fclose(f);
	assert_int_equal(chmod(h.text[0], 0600), 0);
	NTSTATUS status = identity_for("TERMSRV/srv", &block);
	assert_true(status < 0 && status != (NTSTATUS)SEC_E_NO_CREDENTIALS);
	assert_null(block);
	status = h.extension->ReadDefaultIdentity(&block);
	assert_true(status < 0 && status != (NTSTATUS)SEC_E_NO_CREDENTIALS);
	status = read_one(&h.own, IN_LSA, 0, &c);
	assert_true(status < 0 && status != STATUS_NOT_FOUND);
}

/* Looking through all leaves it out, but a wildcard is not what was meant. */
static void s44_an_altered_credential_is_not_replaced_by_a_wildcard(void **state)
{
	static const char *const target[] = { "TERMSRV/srv", "srv", "TERMSRV/srv:3389",
					      "HTTP/web" };
	PVOID block;
	sqlite3 *db;

	save_domain(T("srv"), T("LAB\\host"));
	save_domain(T("HTTP/web"), T("LAB\\named"));
	assert_int_equal(sqlite3_open(h.text[0], &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "UPDATE record SET body = zeroblob(length(body))", NULL,
				      NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	for (int wildcard = 0; wildcard <= 1; wildcard++) {
		for (size_t i = 0; i < ARRAY_LEN(target); i++) {
			assert_int_equal(identity_for(target[i], &block), VAULT_ALTERED);
			assert_null(block);
		}
		assert_string_equal(user_for("TERMSRV/other"), wildcard ? "any" : "");
		if (!wildcard)
			save_domain(T("*"), T("LAB\\any"));
	}
}

static NTSTATUS acquire(LUID logon, uint32_t use)
{
	static const WCHAR package[] = OPENSSPI_WIDE("Mock");
	const struct acquire_call call = { .package = { package, ARRAY_LEN(package) - 1 },
					   .use = use,
					   .has_logon = true,
					   .logon = logon };
	struct acquire_reply reply = { 0 };
	NTSTATUS status = lsa_dispatch(h.client, CALL_ACQUIRE_CREDENTIALS, &call, &reply, NULL);

	if (status == STATUS_SUCCESS) {
		const struct credential_call release = { reply.credential };
		struct empty_reply nothing = { 0 };
		assert_int_equal(lsa_dispatch(h.client, CALL_FREE_CREDENTIALS, &release, &nothing, NULL),
				 STATUS_SUCCESS);
	}
	return status;
}

static void a_network_session_has_nothing_to_sign_in_with(void **state)
{
	LUID made = { 7777, 1 };

	assert_int_equal(acquire(h.own, SECPKG_CRED_OUTBOUND), STATUS_SUCCESS);
	assert_int_equal(h.table->CreateLogonSession(&made), STATUS_SUCCESS);
	assert_int_equal(acquire(made, SECPKG_CRED_OUTBOUND), SEC_E_NO_CREDENTIALS);
	assert_int_equal(acquire(made, SECPKG_CRED_INBOUND), STATUS_SUCCESS);
	assert_int_equal(h.table->DeleteLogonSession(&made), STATUS_SUCCESS);
}

static void what_a_server_says_of_itself_is_noted_unless_it_is_nonsense(void **state)
{
	static const WCHAR lone[] = { 0xD800 };
	OPENSSPI_TARGET_NAMES names = { .TargetName = unicode_view(W("HTTP/web"), 8),
					.DnsServerName = unicode_view(W("web.lab.test"), 12) };
	uint8_t *bytes = NULL;
	struct target_view t;
	size_t n;

	h.extension->NoteTarget(&names);
	assert_int_equal(targets_get(credman_targets(h.set), T("http/WEB"), &bytes, &n),
			 STATUS_SUCCESS);
	assert_true(target_read(rd_of(bytes, n), &t));
	assert_int_equal(t.dns_server.n, 12);
	assert_null(t.dns_tree.p);
	mem_free(bytes);
	names.TargetName = unicode_view(W("HTTP/bad"), 8);
	names.DnsTreeName = unicode_view(lone, 1);
	h.extension->NoteTarget(&names);
	assert_int_equal(targets_get(credman_targets(h.set), T("HTTP/bad"), &bytes, &n),
			 STATUS_NOT_FOUND);
}

static void the_table_is_given_from_version_one_to_the_latest(void **state)
{
	const OPENSSPI_LSA_EXTENSION *table;

	for (ULONG version = 1; version <= OPENSSPI_LSA_EXTENSION_VERSION; version++)
		assert_int_equal(OpensspiLsaExtension(version, &table), STATUS_SUCCESS);
	assert_int_equal(table->Version, OPENSSPI_LSA_EXTENSION_VERSION);
	assert_int_equal(OpensspiLsaExtension(OPENSSPI_LSA_EXTENSION_VERSION + 1, &table),
			 STATUS_NOT_SUPPORTED);
}

#define ONE(f) cmocka_unit_test_setup_teardown(f, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		ONE(a_set_is_that_of_the_session_that_is_named),
		ONE(an_lsa_without_a_set_has_no_such_session),
		ONE(flags_that_contradict_or_are_none_are_refused),
		ONE(a_secret_is_protected_unless_it_is_asked_for_in_clear),
		ONE(every_field_of_a_generic_credential_arrives),
		ONE(what_is_not_there_is_not_found),
		ONE(the_best_of_each_type_is_given_in_the_order_asked_for),
		ONE(a_target_without_a_name_is_refused),
		ONE(what_a_package_tried_is_remembered_unless_it_says_not_to),
		ONE(a_saved_identity_is_found_by_host_name_and_wildcard),
		ONE(a_generic_credential_counts_under_a_services_name_alone),
		ONE(what_holds_no_usable_password_is_no_identity),
		ONE(a_trailing_terminator_is_none_of_the_password),
		ONE(a_users_principal_name_stays_whole),
		ONE(the_default_identity_is_the_marked_one),
		ONE(s44_a_vault_in_trouble_is_not_passed_over),
		ONE(s44_an_altered_credential_is_not_replaced_by_a_wildcard),
		ONE(a_network_session_has_nothing_to_sign_in_with),
		ONE(what_a_server_says_of_itself_is_noted_unless_it_is_nonsense),
		ONE(the_table_is_given_from_version_one_to_the_latest),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
