/* tests/flow/test_credui.c - the CredUI functions where there is nobody to ask: flags, parameters, stored
 * credentials. What a terminal makes of them is in tests/peer/credui.py.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "flow.h"

#include <unistd.h>

#define LITERAL(s) ((char *)(uintptr_t)(s))
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define GENERIC CREDUI_FLAGS_GENERIC_CREDENTIALS
#define NEVER CREDUI_FLAGS_DO_NOT_PERSIST

/* One prompt's arguments, most of them good ones. */
struct prompt {
	const char *target;
	DWORD auth_error, flags;
	char user[600], password[300];
	ULONG user_room, password_room;
	BOOL save, *save_at;
};

static struct prompt a_prompt(const char *target, DWORD flags)
{
	return (struct prompt){ .target = target, .flags = flags, .user_room = 600, .password_room = 300 };
}

static DWORD command_line(struct prompt *p)
{
	return CredUICmdLinePromptForCredentialsA(p->target, NULL, p->auth_error, p->user, p->user_room,
						  p->password, p->password_room, p->save_at, p->flags);
}

static DWORD dialog(struct prompt *p)
{
	return CredUIPromptForCredentialsA(NULL, p->target, NULL, p->auth_error, p->user, p->user_room,
					   p->password, p->password_room, p->save_at, p->flags);
}

static DWORD ask(const char *target, DWORD flags)
{
	struct prompt p = a_prompt(target, flags);
	return command_line(&p);
}

static DWORD show(const char *target, DWORD flags)
{
	struct prompt p = a_prompt(target, flags);
	return dialog(&p);
}

/* ---- flags come first ---- */

static void flags_that_exclude_each_other_are_refused(void **state)
{
	static const DWORD bad[] = {
		0x20,
		0x80000000,
		CREDUI_FLAGS_REQUIRE_SMARTCARD | CREDUI_FLAGS_EXCLUDE_CERTIFICATES,
		CREDUI_FLAGS_REQUIRE_SMARTCARD | CREDUI_FLAGS_REQUIRE_CERTIFICATE,
		CREDUI_FLAGS_REQUIRE_CERTIFICATE | CREDUI_FLAGS_EXCLUDE_CERTIFICATES,
		CREDUI_FLAGS_USERNAME_TARGET_CREDENTIALS | GENERIC,
		CREDUI_FLAGS_ALWAYS_SHOW_UI,
		CREDUI_FLAGS_ALWAYS_SHOW_UI | CREDUI_FLAGS_USERNAME_TARGET_CREDENTIALS,
		CREDUI_FLAGS_PERSIST | NEVER,
	};
	(void)state;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(ask("target", bad[i]), ERROR_INVALID_FLAGS);
		assert_int_equal(show("target", bad[i]), ERROR_INVALID_FLAGS);
		assert_int_equal(ask(NULL, bad[i]), ERROR_INVALID_FLAGS);
		assert_int_equal(show(NULL, bad[i]), ERROR_INVALID_FLAGS);
	}
}

static void the_command_line_has_rules_of_its_own(void **state)
{
	(void)state;
	assert_int_equal(ask("target", CREDUI_FLAGS_REQUIRE_CERTIFICATE), ERROR_INVALID_FLAGS);
	assert_int_equal(ask("target", CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX), ERROR_INVALID_FLAGS);
	assert_int_equal(ask("target", CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX | CREDUI_FLAGS_PERSIST),
			 ERROR_INVALID_FLAGS);
	/* ... which the dialog has not; it needs a place for the answer. */
	assert_int_equal(show("target", CREDUI_FLAGS_REQUIRE_CERTIFICATE), ERROR_NOT_SUPPORTED);
	assert_int_equal(show("target", CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX), ERROR_INVALID_PARAMETER);
	assert_int_equal(ask("target", CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX | NEVER), ERROR_INVALID_PARAMETER);
	assert_int_equal(ask("target", CREDUI_FLAGS_REQUIRE_SMARTCARD), ERROR_NOT_SUPPORTED);
}

/* ---- then parameters ---- */

static void targets_have_their_lengths(void **state)
{
	char target[CREDUI_MAX_GENERIC_TARGET_LENGTH + 2];
	(void)state;
	memset(target, 'x', sizeof(target));
	assert_int_equal(show(NULL, GENERIC), ERROR_INVALID_PARAMETER);
	assert_int_equal(show("", GENERIC), ERROR_INVALID_PARAMETER);
	assert_int_equal(ask(NULL, GENERIC | NEVER), ERROR_INVALID_PARAMETER);
	assert_int_equal(ask("", NEVER), ERROR_INVALID_PARAMETER);
	target[CREDUI_MAX_GENERIC_TARGET_LENGTH + 1] = '\0';
	assert_int_equal(show(target, GENERIC | NEVER), ERROR_INVALID_PARAMETER);
	target[CREDUI_MAX_GENERIC_TARGET_LENGTH] = '\0';
	assert_int_equal(show(target, GENERIC | NEVER), ERROR_NOT_SUPPORTED);
	target[CREDUI_MAX_DOMAIN_TARGET_LENGTH + 1] = '\0';
	assert_int_equal(show(target, NEVER), ERROR_INVALID_PARAMETER);
	target[CREDUI_MAX_DOMAIN_TARGET_LENGTH] = '\0';
	assert_int_equal(show(target, NEVER), ERROR_NOT_SUPPORTED);
	assert_int_equal(show("\xFF", GENERIC | NEVER), ERROR_INVALID_PARAMETER);
}

static void rooms_are_needed(void **state)
{
	DWORD (*const functions[])(struct prompt *) = { command_line, dialog };
	char user[8] = "", password[8] = "";
	WCHAR wide[4] = { 'a', 'b', 'c', 'd' };
	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct prompt p = a_prompt("target", GENERIC | NEVER);
		p.user_room = 0;
		assert_int_equal(functions[i](&p), ERROR_INVALID_PARAMETER);
		p = a_prompt("target", GENERIC | NEVER);
		p.password_room = 0;
		assert_int_equal(functions[i](&p), ERROR_INVALID_PARAMETER);
		p = a_prompt("target", GENERIC | NEVER);
		memset(p.user, 'u', sizeof(p.user)); /* without an end */
		assert_int_equal(functions[i](&p), ERROR_INVALID_PARAMETER);
	}
	assert_int_equal(CredUICmdLinePromptForCredentialsA("t", NULL, 0, NULL, 8, password, 8, NULL, NEVER),
			 ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUICmdLinePromptForCredentialsA("t", NULL, 0, user, 8, NULL, 8, NULL, NEVER),
			 ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUICmdLinePromptForCredentialsA("t", user, 0, user, 8, password, 8, NULL, NEVER),
			 ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUICmdLinePromptForCredentialsW(u"t", NULL, 0, wide, 4, wide, 4, NULL, NEVER),
			 ERROR_INVALID_PARAMETER);
}

static void a_dialogs_texts_have_their_lengths(void **state)
{
	char text[CREDUI_MAX_MESSAGE_LENGTH + 2], user[8] = "", password[8] = "";
	CREDUI_INFOA ui = { .cbSize = sizeof(ui), .pszMessageText = "message", .pszCaptionText = "caption" };
	(void)state;
#define SHOW(target)                                                                                       \
	CredUIPromptForCredentialsA(&ui, target, NULL, 0, user, 8, password, 8, NULL, GENERIC | NEVER)
	assert_int_equal(SHOW("target"), ERROR_NOT_SUPPORTED);
	assert_int_equal(SHOW(NULL), ERROR_NOT_SUPPORTED); /* message and caption name it */
	ui.cbSize = 1;
	assert_int_equal(SHOW("target"), ERROR_INVALID_PARAMETER);
	ui.cbSize = sizeof(ui);
	memset(text, 'x', sizeof(text));
	text[CREDUI_MAX_MESSAGE_LENGTH + 1] = '\0';
	ui.pszMessageText = text;
	assert_int_equal(SHOW("target"), ERROR_INVALID_PARAMETER);
	text[CREDUI_MAX_CAPTION_LENGTH + 1] = '\0';
	ui.pszMessageText = NULL;
	ui.pszCaptionText = text;
	assert_int_equal(SHOW("target"), ERROR_INVALID_PARAMETER);
	text[CREDUI_MAX_CAPTION_LENGTH] = '\0';
	assert_int_equal(SHOW("target"), ERROR_NOT_SUPPORTED);
	assert_int_equal(SHOW(NULL), ERROR_INVALID_PARAMETER); /* there is no message */
#undef SHOW
}

/* ---- nobody to ask ---- */

static void child_without_a_terminal(void)
{
	struct prompt p = a_prompt("target", NEVER);
	assert_true(setsid() > 0);
	strcpy(p.user, "DOM\\alice");
	memset(p.password, 'x', 5);
	assert_int_equal(command_line(&p), ERROR_CANCELLED);
	assert_string_equal(p.user, "DOM\\alice");
	assert_string_equal(p.password, "xxxxx");
	assert_int_equal(ask("target", GENERIC | NEVER), ERROR_CANCELLED);
	/* A name that is none is noticed before. */
	strcpy(p.user, "DOM\\");
	assert_int_equal(command_line(&p), ERROR_BAD_USERNAME);
	p.flags |= GENERIC;
	assert_int_equal(command_line(&p), ERROR_CANCELLED);
	p.flags |= CREDUI_FLAGS_VALIDATE_USERNAME;
	assert_int_equal(command_line(&p), ERROR_BAD_USERNAME);
	/* "*" is no domain to complete a name with. */
	p = a_prompt("*", NEVER);
	strcpy(p.user, "alice");
	assert_int_equal(command_line(&p), ERROR_BAD_USERNAME);
}

static void without_a_terminal_the_prompt_is_cancelled(void **state)
{
	(void)state;
	flow_child("", child_without_a_terminal);
}

/* ---- stored credentials ---- */

static void store(const char *target, DWORD type, const char *user, const void *blob, DWORD n)
{
	CREDENTIALA c = { .Type = type, .TargetName = LITERAL(target), .UserName = LITERAL(user),
			  .CredentialBlob = (LPBYTE)(uintptr_t)blob, .CredentialBlobSize = n,
			  .Persist = CRED_PERSIST_LOCAL_MACHINE };
	assert_true(CredWriteA(&c, 0));
}

static void child_with_stored_credentials(void)
{
	DWORD (*const functions[])(struct prompt *) = { command_line, dialog };
	assert_true(setsid() > 0);
	store("saved", CRED_TYPE_GENERIC, "al\xC3\xAD" "ce", u"p\u00E4ss", 8);
	store("bytes", CRED_TYPE_GENERIC, "alice", "odd", 3);
	store("server", CRED_TYPE_DOMAIN_PASSWORD, "DOM\\alice", u"pw", 4);
	for (size_t i = 0; i < 2; i++) {
		DWORD nobody = functions[i] == dialog ? ERROR_NOT_SUPPORTED : ERROR_CANCELLED;
		struct prompt p = a_prompt("SAVED", GENERIC);
		BOOL save = TRUE;
		p.save_at = &save;
		assert_int_equal(functions[i](&p), NO_ERROR);
		assert_string_equal(p.user, "al\xC3\xAD" "ce");
		assert_string_equal(p.password, "p\xC3\xA4ss");
		assert_true(save);
		/* the same user's, another's */
		assert_int_equal(functions[i](&p), NO_ERROR);
		strcpy(p.user, "bob");
		assert_int_equal(functions[i](&p), nobody);
		assert_string_equal(p.user, "bob");
		/* asked for anew */
		p = a_prompt("saved", GENERIC | CREDUI_FLAGS_ALWAYS_SHOW_UI);
		assert_int_equal(functions[i](&p), nobody);
		p = a_prompt("saved", GENERIC | CREDUI_FLAGS_INCORRECT_PASSWORD);
		assert_int_equal(functions[i](&p), nobody);
		p = a_prompt("saved", GENERIC);
		p.auth_error = ERROR_LOGON_FAILURE;
		assert_int_equal(functions[i](&p), nobody);
		/* no text, or write-only */
		p = a_prompt("bytes", GENERIC);
		assert_int_equal(functions[i](&p), nobody);
		p = a_prompt("server", 0);
		assert_int_equal(functions[i](&p), nobody);
		/* no room */
		p = a_prompt("saved", GENERIC);
		p.user_room = 6;
		assert_int_equal(functions[i](&p), ERROR_INSUFFICIENT_BUFFER);
		p = a_prompt("saved", GENERIC);
		p.password_room = 5;
		assert_int_equal(functions[i](&p), ERROR_INSUFFICIENT_BUFFER);
		assert_string_equal(p.user, "");
		p.user_room = 7;
		p.password_room = 6;
		assert_int_equal(functions[i](&p), NO_ERROR);
	}
	WCHAR user[8] = { 0 }, password[8];
	assert_int_equal(CredUICmdLinePromptForCredentialsW(u"saved", NULL, 0, user, 8, password, 8, NULL, GENERIC),
			 NO_ERROR);
	assert_memory_equal(user, u"al\u00EDce", 12);
	assert_memory_equal(password, u"p\u00E4ss", 10);
}

static void what_is_stored_is_not_asked_for(void **state)
{
	(void)state;
	flow_child("", child_with_stored_credentials);
}

/* ---- the others ---- */

static void only_what_waits_can_be_confirmed(void **state)
{
	(void)state;
	assert_int_equal(CredUIConfirmCredentialsA(NULL, TRUE), ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIConfirmCredentialsW(NULL, FALSE), ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIConfirmCredentialsA("never", TRUE), ERROR_NOT_FOUND);
	assert_int_equal(CredUIConfirmCredentialsW(u"never", FALSE), ERROR_NOT_FOUND);
	assert_int_equal(CredUIConfirmCredentialsA("\xFF", TRUE), ERROR_NO_UNICODE_TRANSLATION);
}

static void windows_dialog_has_its_rules_and_is_not_there(void **state)
{
	static const struct {
		DWORD flags, error;
		bool in, save;
	} rows[] = {
		{ 0, ERROR_NOT_SUPPORTED, false, false },
		{ CREDUIWIN_GENERIC, ERROR_NOT_SUPPORTED, true, false },
		{ CREDUIWIN_GENERIC | CREDUIWIN_SECURE_PROMPT, ERROR_INVALID_FLAGS, false, false },
		{ CREDUIWIN_AUTHPACKAGE_ONLY | CREDUIWIN_IN_CRED_ONLY, ERROR_INVALID_FLAGS, true, false },
		{ CREDUIWIN_IN_CRED_ONLY, ERROR_INVALID_PARAMETER, false, false },
		{ CREDUIWIN_IN_CRED_ONLY, ERROR_NOT_SUPPORTED, true, false },
		{ CREDUIWIN_CHECKBOX, ERROR_INVALID_PARAMETER, false, false },
		{ CREDUIWIN_CHECKBOX, ERROR_NOT_SUPPORTED, false, true },
		{ 4, ERROR_INVALID_FLAGS, false, false },
		{ 0x40000000, ERROR_INVALID_FLAGS, false, false },
	};
	CREDUI_INFOA ui = { .cbSize = sizeof(ui) };
	CREDUI_INFOW wide = { .cbSize = sizeof(wide) };
	ULONG package = 0, n = 0;
	void *out = NULL;
	BOOL save = FALSE;
	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		const void *in = rows[i].in ? "in" : NULL;
		assert_int_equal(CredUIPromptForWindowsCredentialsA(&ui, 0, &package, in, in ? 2 : 0, &out, &n,
								    rows[i].save ? &save : NULL, rows[i].flags),
				 rows[i].error);
		assert_int_equal(CredUIPromptForWindowsCredentialsW(&wide, 0, &package, in, in ? 2 : 0, &out, &n,
								    rows[i].save ? &save : NULL, rows[i].flags),
				 rows[i].error);
	}
	assert_null(out);
	assert_int_equal(CredUIPromptForWindowsCredentialsA(NULL, 0, NULL, NULL, 0, &out, &n, NULL, 0),
			 ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIPromptForWindowsCredentialsA(NULL, 0, &package, NULL, 0, NULL, &n, NULL, 0),
			 ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIPromptForWindowsCredentialsA(NULL, 0, &package, NULL, 2, &out, &n, NULL, 0),
			 ERROR_INVALID_PARAMETER);
	ui.cbSize = 4;
	assert_int_equal(CredUIPromptForWindowsCredentialsA(&ui, 0, &package, NULL, 0, &out, &n, NULL, 0),
			 ERROR_INVALID_PARAMETER);
}

static void there_is_no_single_sign_on_store(void **state)
{
	WCHAR *user = (WCHAR *)(uintptr_t)u"before";
	(void)state;
	assert_int_equal(CredUIReadSSOCredW(NULL, NULL), ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIReadSSOCredW(NULL, &user), ERROR_NOT_FOUND);
	assert_null(user);
	assert_int_equal(CredUIReadSSOCredW(u"realm", &user), ERROR_NOT_FOUND);
	assert_int_equal(CredUIStoreSSOCredW(NULL, NULL, u"p", TRUE), ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIStoreSSOCredW(NULL, u"u", NULL, TRUE), ERROR_INVALID_PARAMETER);
	assert_int_equal(CredUIStoreSSOCredW(NULL, u"u", u"p", TRUE), ERROR_NOT_SUPPORTED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_terminal_the_prompt_is_cancelled), /* they fork */
		cmocka_unit_test(what_is_stored_is_not_asked_for),
		cmocka_unit_test(flags_that_exclude_each_other_are_refused),
		cmocka_unit_test(the_command_line_has_rules_of_its_own),
		cmocka_unit_test(targets_have_their_lengths),
		cmocka_unit_test(rooms_are_needed),
		cmocka_unit_test(a_dialogs_texts_have_their_lengths),
		cmocka_unit_test(only_what_waits_can_be_confirmed),
		cmocka_unit_test(windows_dialog_has_its_rules_and_is_not_there),
		cmocka_unit_test(there_is_no_single_sign_on_store),
	};
	return cmocka_run_group_tests(tests, flow_setup, flow_teardown);
}
