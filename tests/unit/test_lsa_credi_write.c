/* tests/unit/test_lsa_credi_write.c - CrediWrite: the whole grid of flags, protection, types and
 * persistence, and each rule of its parameters.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "lsa_home.h"
#include "mock_package.h"

#include "lsa/encrypted.h"
#include "lsa/usermemory.h"

#define CERTIFICATE_USER "@@BAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define SECRET T("pass word")
#define SECRET_SIZE ((ULONG)(9 * sizeof(WCHAR)))
#define ALL_FLAGS 0x7Fu

/* ---- the four states of a blob ---- */

enum state { STATE_PROTECTED, STATE_CLEAR, STATE_USER, STATE_NONE, STATES };

static ULONG flag_of(enum state s)
{
	return s == STATE_CLEAR	 ? CREDP_FLAGS_CLEAR_PASSWORD
	       : s == STATE_USER ? CREDP_FLAGS_USER_ENCRYPTED_PASSWORD
				 : 0;
}

/* The secret in that state, padded to `padded` bytes; its two sizes in the structure. */
static void set_blob(ENCRYPTED_CREDENTIALW *c, uint8_t room[64], enum state s, ULONG padded)
{
	memset(room, 0, 64);
	memcpy(room, SECRET.p, SECRET_SIZE);
	c->Cred.CredentialBlob = s == STATE_NONE ? NULL : room;
	c->Cred.CredentialBlobSize = s == STATE_NONE ? 0 : padded;
	c->ClearCredentialBlobSize = s == STATE_NONE ? 0 : SECRET_SIZE;
	if (s == STATE_PROTECTED)
		h.table->LsaProtectMemory(room, padded);
	if (s == STATE_USER)
		assert_int_equal(usermemory_seal(RTL_ENCRYPT_OPTION_CROSS_PROCESS, room, padded),
				 STATUS_SUCCESS);
}

static ULONG usual_size(enum state s)
{
	return s == STATE_USER ? (SECRET_SIZE + 7) / 8 * 8 : SECRET_SIZE;
}

/* ---- one credential of each type ---- */

static ENCRYPTED_CREDENTIALW one(ULONG type)
{
	ENCRYPTED_CREDENTIALW c = { .Cred = { .Type = type,
					      .TargetName = W("srv"),
					      .UserName = W("LAB\\alice"),
					      .Persist = CRED_PERSIST_LOCAL_MACHINE } };

	if (type == CRED_TYPE_DOMAIN_CERTIFICATE)
		c.Cred.UserName = W(CERTIFICATE_USER);
	if (type == CRED_TYPE_DOMAIN_EXTENDED)
		c.Cred.TargetName = W("Space:attribute=srv");
	return c;
}

static NTSTATUS write_it(ENCRYPTED_CREDENTIALW *c, ULONG cred_flags)
{
	return h.table->CrediWrite(&h.own, cred_flags, c, 0);
}

/* Writes that credential with the secret in clear. */
static NTSTATUS write_clear(ENCRYPTED_CREDENTIALW *c)
{
	uint8_t room[64];

	set_blob(c, room, STATE_CLEAR, SECRET_SIZE);
	return write_it(c, IN_LSA | CREDP_FLAGS_CLEAR_PASSWORD);
}

/* What was stored, looked at from behind. */
static struct credential *stored(const ENCRYPTED_CREDENTIALW *c)
{
	struct credential *found = NULL;
	NTSTATUS status = credman_read(h.set, utf16_of(c->Cred.TargetName), c->Cred.Type, &found);

	return failed(status) ? NULL : found;
}

static bool holds_secret(const struct credential *c)
{
	return c->view.blob.n == SECRET_SIZE && memcmp(c->view.blob.p, SECRET.p, SECRET_SIZE) == 0;
}

/* ---- the grid ---- */

static bool type_is_written(ULONG type)
{
	return type >= CRED_TYPE_GENERIC && type <= CRED_TYPE_DOMAIN_EXTENDED &&
	       type != CRED_TYPE_DOMAIN_VISIBLE_PASSWORD;
}

/* The status that each cell of the grid must have. */
static NTSTATUS expected(ULONG cred_flags, enum state s, ULONG type, ULONG persist)
{
	const ULONG both = CREDP_FLAGS_CLEAR_PASSWORD | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD;

	if ((cred_flags & both) == both)
		return STATUS_INVALID_PARAMETER;
	/* 18 bytes are no blob of RtlEncryptMemory, and 24 with 18 of them in clear no clear one */
	if (s != STATE_NONE && cred_flags & CREDP_FLAGS_USER_ENCRYPTED_PASSWORD && s != STATE_USER)
		return STATUS_INVALID_PARAMETER;
	if (s == STATE_USER && cred_flags & CREDP_FLAGS_CLEAR_PASSWORD)
		return STATUS_INVALID_PARAMETER;
	if (type < CRED_TYPE_GENERIC || type >= CRED_TYPE_MAXIMUM)
		return STATUS_INVALID_PARAMETER;
	if (!type_is_written(type))
		return STATUS_NOT_SUPPORTED;
	if (persist < CRED_PERSIST_SESSION || persist > CRED_PERSIST_ENTERPRISE)
		return STATUS_INVALID_PARAMETER;
	return STATUS_SUCCESS;
}

/* What the cell must have left behind. */
static void check_stored(const ENCRYPTED_CREDENTIALW *c, ULONG cred_flags, enum state s)
{
	struct credential *found = stored(c);

	assert_non_null(found);
	assert_int_equal(found->view.persist, c->Cred.Persist);
	if (s == STATE_NONE || c->Cred.Type == CRED_TYPE_DOMAIN_CERTIFICATE)
		assert_int_equal(found->view.blob.n, 0);
	else
		assert_int_equal(holds_secret(found),
				 flag_of(s) ==
					 (cred_flags & (CREDP_FLAGS_CLEAR_PASSWORD |
							CREDP_FLAGS_USER_ENCRYPTED_PASSWORD)));
	credential_unref(found);
}

static void cell(ULONG cred_flags, enum state s, ULONG type, ULONG persist)
{
	ENCRYPTED_CREDENTIALW c = one(type), before;
	uint8_t room[64], room_before[64];

	set_blob(&c, room, s, usual_size(s));
	c.Cred.Persist = persist;
	before = c;
	memcpy(room_before, room, sizeof(room));
	NTSTATUS status = write_it(&c, cred_flags), want = expected(cred_flags, s, type, persist);
	if (status != want)
		print_error("flags 0x%02x, state %d, type %u, persist %u\n", (unsigned)cred_flags,
			    (int)s, (unsigned)type, (unsigned)persist);
	assert_int_equal(status, want);
	/* the caller's structure and blob stay as they are, whatever the answer */
	assert_memory_equal(&c, &before, sizeof(c));
	assert_memory_equal(room, room_before, sizeof(room));
	if (status == STATUS_SUCCESS)
		check_stored(&c, cred_flags, s);
}

/* Every flag alone and every two together, every state, every type. */
static void the_grid_of_flags_states_and_types(void **state)
{
	for (ULONG a = 1; a <= ALL_FLAGS; a <<= 1)
		for (ULONG b = a; b <= ALL_FLAGS; b <<= 1)
			for (enum state s = 0; s < STATES; s++)
				for (ULONG type = 0; type <= CRED_TYPE_MAXIMUM + 1; type += 1)
					cell(a | b, s, type, CRED_PERSIST_SESSION);
	for (enum state s = 0; s < STATES; s++)
		for (ULONG type = 0; type <= CRED_TYPE_MAXIMUM + 1; type += 1)
			cell(0, s, type, CRED_PERSIST_SESSION);
}

/* All combinations of flags there are, for one type that needs no user. */
static void the_grid_of_all_combinations_of_flags(void **state)
{
	for (ULONG flags = 0; flags <= ALL_FLAGS; flags++)
		for (enum state s = 0; s < STATES; s++)
			cell(flags, s, CRED_TYPE_GENERIC, CRED_PERSIST_SESSION);
}

static void s44_the_grid_of_types_and_persistence(void **state)
{
	for (ULONG type = 0; type <= CRED_TYPE_MAXIMUM; type++)
		for (ULONG persist = 0; persist <= CRED_PERSIST_ENTERPRISE + 1; persist++)
			for (enum state s = 0; s < STATES; s++)
				cell(IN_LSA | flag_of(s), s, type, persist);
}

static void no_other_flag_is_known(void **state)
{
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);

	for (ULONG flag = 0x80; flag; flag <<= 1)
		assert_int_equal(write_it(&c, IN_LSA | flag), STATUS_INVALID_PARAMETER);
	for (ULONG flags = 1; flags; flags <<= 1)
		assert_int_equal(h.table->CrediWrite(&h.own, IN_LSA, &c, flags),
				 STATUS_INVALID_PARAMETER);
	assert_null(stored(&c));
}

/* ---- sizes ---- */

static void the_two_sizes_must_go_together(void **state)
{
	static const struct {
		enum state state;
		ULONG size, clear;
		NTSTATUS status;
	} rows[] = {
		{ STATE_CLEAR, 18, 18, STATUS_SUCCESS },
		{ STATE_CLEAR, 18, 16, STATUS_INVALID_PARAMETER },
		{ STATE_CLEAR, 18, 20, STATUS_INVALID_PARAMETER },
		{ STATE_CLEAR, 18, 0, STATUS_INVALID_PARAMETER },
		{ STATE_PROTECTED, 18, 18, STATUS_SUCCESS },
		{ STATE_PROTECTED, 24, 18, STATUS_SUCCESS }, /* six bytes of padding */
		{ STATE_PROTECTED, 19, 18, STATUS_SUCCESS },
		{ STATE_PROTECTED, 18, 19, STATUS_INVALID_PARAMETER },
		{ STATE_PROTECTED, 18, UINT32_MAX, STATUS_INVALID_PARAMETER },
		{ STATE_PROTECTED, 18, 0, STATUS_INVALID_PARAMETER },
		{ STATE_PROTECTED, 0, 1, STATUS_INVALID_PARAMETER },
		{ STATE_USER, 24, 18, STATUS_SUCCESS },
		{ STATE_USER, 24, 17, STATUS_SUCCESS },
		{ STATE_USER, 24, 16, STATUS_INVALID_PARAMETER }, /* a block of padding too many */
		{ STATE_USER, 24, 25, STATUS_INVALID_PARAMETER },
		{ STATE_USER, 20, 18, STATUS_INVALID_PARAMETER }, /* no multiple of eight */
		{ STATE_USER, 8, 0, STATUS_INVALID_PARAMETER },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);
		uint8_t room[64];
		set_blob(&c, room, rows[i].state,
			 rows[i].state == STATE_USER ? (rows[i].size + 7) / 8 * 8 : rows[i].size);
		c.Cred.CredentialBlobSize = rows[i].size;
		c.ClearCredentialBlobSize = rows[i].clear;
		NTSTATUS status = write_it(&c, IN_LSA | flag_of(rows[i].state));
		if (status != rows[i].status)
			print_error("row %zu\n", i);
		assert_int_equal(status, rows[i].status);
		if (status == STATUS_SUCCESS) {
			struct credential *found = stored(&c);
			assert_int_equal(found->view.blob.n, rows[i].clear);
			assert_memory_equal(found->view.blob.p, SECRET.p, rows[i].clear);
			credential_unref(found);
		}
	}
}

static void a_size_without_a_blob_is_refused_and_a_blob_without_a_size_is_none(void **state)
{
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);
	BYTE byte = 1;

	c.Cred.CredentialBlobSize = c.ClearCredentialBlobSize = 4;
	assert_int_equal(write_it(&c, IN_LSA), STATUS_INVALID_PARAMETER);
	c.Cred.CredentialBlobSize = c.ClearCredentialBlobSize = 0;
	c.Cred.CredentialBlob = &byte;
	assert_int_equal(write_it(&c, IN_LSA), STATUS_SUCCESS);
}

/* 2560 bytes in clear are the limit, whatever they are protected with. */
static void s44_a_blob_may_be_as_large_as_that_of_credwrite(void **state)
{
	static uint8_t room[CRED_MAX_CREDENTIAL_BLOB_SIZE + 8];
	const ULONG most = CRED_MAX_CREDENTIAL_BLOB_SIZE;

	for (ULONG more = 0; more <= 8; more += 8)
		for (enum state s = STATE_PROTECTED; s < STATE_NONE; s++) {
			ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);
			c.Cred.CredentialBlob = room;
			c.Cred.CredentialBlobSize = c.ClearCredentialBlobSize = most + more;
			assert_int_equal(write_it(&c, IN_LSA | flag_of(s)),
					 more ? STATUS_INVALID_PARAMETER : STATUS_SUCCESS);
		}
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);
	c.Cred.CredentialBlob = room;
	c.Cred.CredentialBlobSize = UINT32_MAX;
	c.ClearCredentialBlobSize = 1;
	assert_int_equal(write_it(&c, IN_LSA), STATUS_INVALID_PARAMETER);
}

/* ---- statuses ---- */

static void arguments_that_are_null_are_refused(void **state)
{
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);

	assert_int_equal(h.table->CrediWrite(NULL, IN_LSA, &c, 0), STATUS_INVALID_PARAMETER);
	assert_int_equal(h.table->CrediWrite(&h.own, IN_LSA, NULL, 0), STATUS_INVALID_PARAMETER);
	c.Cred.TargetName = NULL;
	assert_int_equal(write_it(&c, IN_LSA), STATUS_INVALID_PARAMETER);
	c = one(CRED_TYPE_GENERIC);
	c.Cred.AttributeCount = 1;
	assert_int_equal(write_it(&c, IN_LSA), STATUS_INVALID_PARAMETER);
}

static void the_session_that_is_named_must_have_a_set(void **state)
{
	LUID other = { .LowPart = 0x12345678, .HighPart = 7 };
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);

	assert_int_equal(h.table->CrediWrite(&other, IN_LSA, &c, 0), STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(h.table->CreateLogonSession(&other), STATUS_SUCCESS);
	assert_int_equal(h.table->CrediWrite(&other, IN_LSA, &c, 0), STATUS_NO_SUCH_LOGON_SESSION);
	h.table->AuditLogon(STATUS_SUCCESS, 0, NULL, NULL, NULL, NULL, Interactive, NULL, &other);
	c.Cred.Persist = CRED_PERSIST_SESSION;
	assert_int_equal(h.table->CrediWrite(&other, IN_LSA, &c, 0), STATUS_SUCCESS);
	assert_int_equal(h.table->DeleteLogonSession(&other), STATUS_SUCCESS);
	assert_int_equal(h.table->CrediWrite(&other, IN_LSA, &c, 0), STATUS_NO_SUCH_LOGON_SESSION);
}

/* The rules are those of CredWrite; where they answer by a Win32 error, the status that stands for it. */
static void s44_what_credwrite_would_refuse_is_refused(void **state)
{
	static WCHAR long_name[CRED_MAX_GENERIC_TARGET_NAME_LENGTH + 2];
	static CREDENTIAL_ATTRIBUTEW attributes[CRED_MAX_ATTRIBUTES + 1];
	static const WCHAR lone[] = { 0xD800, 'x', 0 };
	ENCRYPTED_CREDENTIALW rows[12];
	NTSTATUS want[ARRAY_LEN(rows)];

	for (size_t i = 0; i + 1 < ARRAY_LEN(long_name); i++)
		long_name[i] = 'a';
	for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
		attributes[i].Keyword = W("k");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		rows[i] = one(i < 6 ? CRED_TYPE_GENERIC : CRED_TYPE_DOMAIN_PASSWORD);
		want[i] = STATUS_INVALID_PARAMETER;
	}
	rows[0].Cred.TargetName = long_name;
	rows[1].Cred.Comment = long_name;
	rows[2].Cred.Attributes = attributes;
	rows[2].Cred.AttributeCount = ARRAY_LEN(attributes);
	rows[3].Cred.UserName = (WCHAR *)(uintptr_t)lone;
	rows[4].Cred.Flags = 0x60; /* for output alone */
	rows[5].Cred.Flags = CRED_FLAGS_USERNAME_TARGET;
	rows[6].Cred.TargetName = W("*Session");
	rows[7].Cred.UserName = W("\\alice");
	want[7] = CREDMAN_BAD_USERNAME;
	rows[8].Cred.UserName = NULL;
	want[8] = CREDMAN_BAD_USERNAME;
	rows[9].Cred.Flags = CRED_FLAGS_USERNAME_TARGET; /* the target is not the user */
	rows[10].Cred.Type = CRED_TYPE_DOMAIN_CERTIFICATE;
	want[10] = CREDMAN_BAD_USERNAME;
	rows[11].Cred.Type = CRED_TYPE_DOMAIN_EXTENDED; /* "srv" is in no namespace */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		NTSTATUS status = write_clear(&rows[i]);
		if (status != want[i])
			print_error("row %zu\n", i);
		assert_int_equal(status, want[i]);
	}
}

static void a_domain_password_is_text(void **state)
{
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_DOMAIN_PASSWORD);
	uint8_t room[64];

	set_blob(&c, room, STATE_CLEAR, SECRET_SIZE);
	c.Cred.CredentialBlobSize = c.ClearCredentialBlobSize = 17;
	assert_int_equal(write_it(&c, IN_LSA | CREDP_FLAGS_CLEAR_PASSWORD),
			 STATUS_INVALID_PARAMETER);
	c.Cred.Type = CRED_TYPE_GENERIC;
	assert_int_equal(write_it(&c, IN_LSA | CREDP_FLAGS_CLEAR_PASSWORD), STATUS_SUCCESS);
}

/* ---- what is stored ---- */

static void a_second_write_replaces_the_first_entirely(void **state)
{
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);

	c.Cred.Comment = W("first");
	c.Cred.Flags = CRED_FLAGS_PROMPT_NOW; /* the writer's own business */
	assert_int_equal(write_clear(&c), STATUS_SUCCESS);
	c = one(CRED_TYPE_GENERIC);
	c.Cred.TargetName = W("SRV");
	c.Cred.LastWritten = (FILETIME){ 1, 1 }; /* ignored */
	assert_int_equal(write_it(&c, IN_LSA), STATUS_SUCCESS);
	struct credential *found = stored(&c);
	assert_null(found->view.comment.p);
	assert_int_equal(found->view.blob.n, 0);
	assert_int_equal(found->view.flags, 0);
	assert_true(found->view.last_written > UINT64_C(0x100000001));
	credential_unref(found);
}

static void what_was_written_is_read_back_in_every_form(void **state)
{
	for (ULONG type = CRED_TYPE_GENERIC; type < CRED_TYPE_MAXIMUM; type++) {
		ENCRYPTED_CREDENTIALW c = one(type);
		PENCRYPTED_CREDENTIALW got;
		if (!type_is_written(type) || type == CRED_TYPE_DOMAIN_CERTIFICATE)
			continue;
		assert_int_equal(write_clear(&c), STATUS_SUCCESS);
		assert_int_equal(
			h.table->CrediRead(&h.own, IN_LSA, c.Cred.TargetName, type, 0, &got),
			STATUS_SUCCESS);
		/* as it was read it can be written again */
		assert_int_equal(write_it(got, IN_LSA), STATUS_SUCCESS);
		h.table->CrediFreeCredentials(1, &got);
		assert_int_equal(h.table->CrediRead(&h.own,
						    IN_LSA | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD,
						    c.Cred.TargetName, type, 0, &got),
				 STATUS_SUCCESS);
		assert_int_equal(got->ClearCredentialBlobSize, SECRET_SIZE);
		assert_int_equal(got->Cred.CredentialBlobSize, usual_size(STATE_USER));
		assert_memory_not_equal(got->Cred.CredentialBlob, SECRET.p, SECRET_SIZE);
		assert_int_equal(write_it(got, IN_LSA | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD),
				 STATUS_SUCCESS);
		h.table->CrediFreeCredentials(1, &got);
		struct credential *found = stored(&c);
		assert_true(holds_secret(found));
		credential_unref(found);
	}
}

/* What an application encrypts by RtlEncryptMemory for other processes reaches the LSA so. */
static void what_an_application_encrypted_is_taken(void **state)
{
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);
	struct encrypt_memory_reply reply = { 0 };
	uint8_t room[24] = { 0 };

	memcpy(room, SECRET.p, SECRET_SIZE);
	const struct encrypt_memory_call call = { .option = RTL_ENCRYPT_OPTION_CROSS_PROCESS,
						  .bytes = { room, sizeof(room) } };
	assert_int_equal(channel_call(h.channel, CALL_ENCRYPT_MEMORY, &call, &reply),
			 STATUS_SUCCESS);
	c.Cred.CredentialBlob = reply.bytes.p;
	c.Cred.CredentialBlobSize = reply.bytes.n;
	c.ClearCredentialBlobSize = SECRET_SIZE;
	assert_int_equal(write_it(&c, CREDP_FLAGS_USER_ENCRYPTED_PASSWORD), STATUS_SUCCESS);
	call_reply_done(CALL_ENCRYPT_MEMORY, &reply);
	struct credential *found = stored(&c);
	assert_true(holds_secret(found));
	credential_unref(found);
}

/* What a package creates for one client is nothing to another, nor is another's own session. */
static void the_session_of_another_client_has_no_set(void **state)
{
	const struct lsa_client_setup setup = { .uid = 54321, .pid = getpid() };
	struct lsa_client *other = lsa_client_new(h.lsa, &setup);
	LUID created = { .LowPart = 5, .HighPart = 77 };
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);
	struct frame frame;

	assert_int_equal(h.table->CreateLogonSession(&created), STATUS_SUCCESS);
	h.table->AuditLogon(STATUS_SUCCESS, 0, NULL, NULL, NULL, NULL, Interactive, NULL, &created);
	c.Cred.Persist = CRED_PERSIST_SESSION;
	assert_int_equal(h.table->CrediWrite(&created, IN_LSA, &c, 0), STATUS_SUCCESS);
	/* it is nobody's of this system: nothing lasts */
	c.Cred.Persist = CRED_PERSIST_LOCAL_MACHINE;
	assert_int_equal(h.table->CrediWrite(&created, IN_LSA, &c, 0),
			 STATUS_NO_SUCH_LOGON_SESSION);
	c.Cred.Persist = CRED_PERSIST_SESSION;
	call_enter(&frame, h.lsa, other, h.lsa->host.package[0]);
	assert_int_equal(h.table->CrediWrite(&created, IN_LSA, &c, 0),
			 STATUS_NO_SUCH_LOGON_SESSION);
	assert_int_equal(h.table->CrediWrite(&h.own, IN_LSA, &c, 0), STATUS_NO_SUCH_LOGON_SESSION);
	call_leave(&frame);
	lsa_client_free(other);
}

/* Padding is made of zeroes before it is protected: nothing of the heap is in it. */
static void padding_is_zero(void **state)
{
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_GENERIC);
	const uint8_t zero[8] = { 0 };
	PENCRYPTED_CREDENTIALW got;

	assert_int_equal(write_clear(&c), STATUS_SUCCESS);
	assert_int_equal(h.table->CrediRead(&h.own, IN_LSA | CREDP_FLAGS_USER_ENCRYPTED_PASSWORD,
					    c.Cred.TargetName, CRED_TYPE_GENERIC, 0, &got),
			 STATUS_SUCCESS);
	assert_int_equal(usermemory_open(RTL_ENCRYPT_OPTION_CROSS_PROCESS, got->Cred.CredentialBlob,
					 got->Cred.CredentialBlobSize),
			 STATUS_SUCCESS);
	assert_memory_equal(got->Cred.CredentialBlob, SECRET.p, SECRET_SIZE);
	assert_memory_equal(got->Cred.CredentialBlob + SECRET_SIZE, zero,
			    got->Cred.CredentialBlobSize - SECRET_SIZE);
	h.table->CrediFreeCredentials(1, &got);
}

static void a_domain_secret_in_user_form_needs_a_trusted_reader(void **state)
{
	ENCRYPTED_CREDENTIALW c = one(CRED_TYPE_DOMAIN_PASSWORD);
	PENCRYPTED_CREDENTIALW got;

	assert_int_equal(write_clear(&c), STATUS_SUCCESS);
	assert_int_equal(h.table->CrediRead(&h.own, CREDP_FLAGS_USER_ENCRYPTED_PASSWORD,
					    c.Cred.TargetName, c.Cred.Type, 0, &got),
			 STATUS_SUCCESS);
	assert_null(got->Cred.CredentialBlob);
	assert_int_equal(got->Cred.CredentialBlobSize, 0);
	assert_int_equal(got->ClearCredentialBlobSize, 0);
	h.table->CrediFreeCredentials(1, &got);
}

#define IN_HOME(test) cmocka_unit_test_setup_teardown(test, home_open, home_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_HOME(the_grid_of_flags_states_and_types),
		IN_HOME(the_grid_of_all_combinations_of_flags),
		IN_HOME(s44_the_grid_of_types_and_persistence),
		IN_HOME(no_other_flag_is_known),
		IN_HOME(the_two_sizes_must_go_together),
		IN_HOME(a_size_without_a_blob_is_refused_and_a_blob_without_a_size_is_none),
		IN_HOME(s44_a_blob_may_be_as_large_as_that_of_credwrite),
		IN_HOME(arguments_that_are_null_are_refused),
		IN_HOME(the_session_that_is_named_must_have_a_set),
		IN_HOME(s44_what_credwrite_would_refuse_is_refused),
		IN_HOME(a_domain_password_is_text),
		IN_HOME(a_second_write_replaces_the_first_entirely),
		IN_HOME(what_was_written_is_read_back_in_every_form),
		IN_HOME(what_an_application_encrypted_is_taken),
		IN_HOME(the_session_of_another_client_has_no_set),
		IN_HOME(padding_is_zero),
		IN_HOME(a_domain_secret_in_user_form_needs_a_trusted_reader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
