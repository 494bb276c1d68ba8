/* advapi/credui_prompt.c - CredUICmdLinePromptForCredentials, and CredUIPromptForCredentials, which has no
 * dialog to show.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "advapi/credui.h"
#include "advapi/credui_terminal.h"
#include "advapi/protect.h"
#include "advapi/reach.h"
#include "base/text.h"

#define TRIES 3

/* ---- questions ---- */

static DWORD ask(struct terminal *t, struct text *question, bool echo, struct secret **wide)
{
	CLEANUP(secret_free_p) struct secret *line = NULL;
	CLEANUP(mem_free_p) char *text = text_finish(question);

	if (!text)
		return ERROR_NOT_ENOUGH_MEMORY;
	DWORD error = terminal_ask(t, text, echo, &line);
	return error == ERROR_SUCCESS ? secret_widen((const char *)line->p, line->len, wide)
				      : error;
}

static DWORD ask_user(struct terminal *t, const struct credui_request *r, struct secret **out)
{
	struct text question = { 0 };

	text_add(&question, "User name for ");
	text_add_utf16(&question, r->target.p, r->target.n);
	text_add(&question, ": ");
	DWORD error = ask(t, &question, true, out);
	return error == ERROR_SUCCESS ? credui_check_name(r, out) : error;
}

static DWORD ask_password(struct terminal *t, const struct credui_request *r,
			  const struct secret *user, struct secret **out)
{
	struct text question = { 0 };
	struct utf16 name = secret_text(user);

	text_add(&question, "Password");
	if (name.n) {
		text_add(&question, " of ");
		text_add_utf16(&question, name.p, name.n);
	}
	text_add(&question, " for ");
	text_add_utf16(&question, r->target.p, r->target.n);
	text_add(&question, ": ");
	DWORD error = ask(t, &question, false, out);
	if (error == ERROR_SUCCESS && secret_text(*out).n > CREDUI_MAX_PASSWORD_LENGTH)
		error = ERROR_NO_UNICODE_TRANSLATION;
	return error;
}

/* "y" or "n"; nothing is what the caller has put in. */
static DWORD ask_save(struct terminal *t, const struct credui_request *r, bool *out)
{
	CLEANUP(secret_free_p) struct secret *line = NULL;
	struct text question = { 0 };
	bool before = r->save && *r->save;

	text_add(&question, "Save this credential (%s)? ", before ? "Y/n" : "y/N");
	DWORD error = ask(t, &question, true, &line);
	if (error != ERROR_SUCCESS)
		return error;
	struct utf16 answer = secret_text(line);
	WCHAR first = answer.n ? answer.p[0] : 0;
	if (first && first != 'y' && first != 'Y' && first != 'n' && first != 'N')
		return ERROR_NO_UNICODE_TRANSLATION;
	*out = first ? first == 'y' || first == 'Y' : before;
	return ERROR_SUCCESS;
}

/* What is wrong with an answer that may be given once more; NULL for what ends the prompt. */
static const char *complaint(DWORD error)
{
	if (error == ERROR_BAD_USERNAME)
		return "That is not a user name this target takes: DOMAIN\\user or user@domain.";
	return error == ERROR_NO_UNICODE_TRANSLATION ? "That is no answer that can be taken."
						     : NULL;
}

enum step { STEP_USER, STEP_PASSWORD, STEP_SAVE };

static DWORD ask_step(struct terminal *t, const struct credui_request *r, enum step step,
		      struct credui_answer *a)
{
	struct secret **out = step == STEP_USER ? &a->user : &a->password;
	DWORD error = ERROR_CANCELLED;

	for (int i = 0; i < TRIES; i++) {
		if (step == STEP_SAVE) {
			error = ask_save(t, r, &a->keep);
		} else {
			secret_free(TAKE(*out));
			error = step == STEP_USER ? ask_user(t, r, out)
						  : ask_password(t, r, a->user, out);
		}
		if (!complaint(error))
			return error;
		terminal_say(t, complaint(error));
	}
	return ERROR_CANCELLED;
}

static bool asks_to_save(const struct credui_request *r)
{
	if (r->flags & CREDUI_FLAGS_PERSIST)
		return false;
	return !(r->flags & CREDUI_FLAGS_DO_NOT_PERSIST) ||
	       r->flags & CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX;
}

static DWORD ask_all(const struct credui_request *r, struct credui_answer *a)
{
	CLEANUP(terminal_close) struct terminal t = { .fd = -1 };
	DWORD error = ERROR_SUCCESS;

	if (r->user.n) {
		a->user = secret_copy(r->user.p, r->user.n * sizeof(WCHAR));
		error = a->user ? credui_check_name(r, &a->user) : ERROR_NOT_ENOUGH_MEMORY;
	}
	if (error != ERROR_SUCCESS)
		return error;
	if (!terminal_open(&t))
		return ERROR_CANCELLED;
	if (!r->user.n)
		error = ask_step(&t, r, STEP_USER, a);
	if (error == ERROR_SUCCESS)
		error = ask_step(&t, r, STEP_PASSWORD, a);
	a->keep = r->flags & CREDUI_FLAGS_PERSIST;
	if (error == ERROR_SUCCESS && asks_to_save(r))
		error = ask_step(&t, r, STEP_SAVE, a);
	return error;
}

/* ---- where the answer goes ---- */

struct destination {
	bool ansi;
	void *user, *password;
	ULONG user_room, password_room; /* characters, the terminator included */
};

static size_t units_needed(const struct destination *d, const struct secret *s)
{
	struct utf16 text = secret_text(s);
	return (d->ansi ? utf8_need(text.p, text.n) : text.n) + 1;
}

static bool has_room(const struct destination *d, const struct credui_answer *a)
{
	return units_needed(d, a->user) <= d->user_room &&
	       units_needed(d, a->password) <= d->password_room;
}

static void put(bool ansi, const struct secret *s, void *out)
{
	struct utf16 text = secret_text(s);

	if (ansi) {
		utf8_put(out, text.p, text.n);
		((char *)out)[utf8_need(text.p, text.n)] = '\0';
		return;
	}
	if (text.n)
		memcpy(out, text.p, s->len);
	((WCHAR *)out)[text.n] = 0;
}

/* Nothing of the caller's changes unless all went well. */
static DWORD deliver(const struct credui_request *r, const struct credui_answer *a,
		     const struct destination *d)
{
	DWORD error = has_room(d, a) ? ERROR_SUCCESS : ERROR_INSUFFICIENT_BUFFER;

	if (error == ERROR_SUCCESS && a->keep && !(r->flags & CREDUI_FLAGS_DO_NOT_PERSIST))
		error = credui_keep(r, a);
	if (error != ERROR_SUCCESS)
		return error;
	put(d->ansi, a->user, d->user);
	put(d->ansi, a->password, d->password);
	if (r->save && !a->from_store && asks_to_save(r))
		*r->save = a->keep;
	return ERROR_SUCCESS;
}

/* ---- the command line ---- */

static DWORD command_line(const struct credui_request *r, const struct destination *d)
{
	CLEANUP(credui_answer_done) struct credui_answer answer = { .user = NULL };
	DWORD persist;

	DWORD error = credui_check_request(r);
	if (error != ERROR_SUCCESS)
		return error;
	if (r->flags & CREDUI_FLAGS_REQUIRE_SMARTCARD)
		return ERROR_NOT_SUPPORTED;
	if (credui_find(r, &answer))
		return deliver(r, &answer, d);
	if (!(r->flags & CREDUI_FLAGS_DO_NOT_PERSIST))
		error = credui_persistence(r, &persist);
	if (error == ERROR_SUCCESS)
		error = ask_all(r, &answer);
	return error == ERROR_SUCCESS ? deliver(r, &answer, d) : error;
}

static bool has_rooms(const struct destination *d, const void *reserved)
{
	return d->user && d->user_room && d->password && d->password_room && !reserved;
}

/* The text that is in a caller's room already; false when it has no end there. */
static bool text_given(const WCHAR *room, ULONG n, struct utf16 *out)
{
	*out = (struct utf16){ room, 0 };
	while (out->n < n && room[out->n])
		out->n++;
	return out->n < n;
}

/* The A form's texts, widened. */
struct widened_request {
	WCHAR *target;
	struct secret *user;
};

static void widened_done(struct widened_request *w)
{
	mem_free(w->target);
	secret_free(w->user);
}

static DWORD widen_request(const char *target, const struct destination *d,
			   struct widened_request *w, struct credui_request *r)
{
	size_t n = strnlen(d->user, d->user_room);

	if (n == d->user_room)
		return ERROR_INVALID_PARAMETER;
	DWORD error = widened(target, &w->target);
	if (error == ERROR_SUCCESS)
		error = secret_widen(d->user, n, &w->user);
	if (error != ERROR_SUCCESS)
		return error == ERROR_NOT_ENOUGH_MEMORY ? error : ERROR_INVALID_PARAMETER;
	r->target = utf16_of(w->target);
	r->user = secret_text(w->user);
	return ERROR_SUCCESS;
}

DWORD WINAPI CredUICmdLinePromptForCredentialsW(PCWSTR target, PVOID reserved, DWORD auth_error,
						PWSTR user, ULONG user_room, PWSTR password,
						ULONG password_room, PBOOL save, DWORD flags)
{
	const struct destination d = { false, user, password, user_room, password_room };
	struct credui_request r = { utf16_of(target), { NULL, 0 }, auth_error, flags, save };

	DWORD error = credui_check_flags(flags, true);
	if (error != ERROR_SUCCESS)
		return error;
	if (!has_rooms(&d, reserved) || !text_given(user, user_room, &r.user))
		return ERROR_INVALID_PARAMETER;
	return command_line(&r, &d);
}

DWORD WINAPI CredUICmdLinePromptForCredentialsA(PCSTR target, PVOID reserved, DWORD auth_error,
						PSTR user, ULONG user_room, PSTR password,
						ULONG password_room, PBOOL save, DWORD flags)
{
	const struct destination d = { true, user, password, user_room, password_room };
	CLEANUP(widened_done) struct widened_request wide = { NULL, NULL };
	struct credui_request r = { .auth_error = auth_error, .flags = flags, .save = save };

	DWORD error = credui_check_flags(flags, true);
	if (error != ERROR_SUCCESS)
		return error;
	error = has_rooms(&d, reserved) ? widen_request(target, &d, &wide, &r)
					: ERROR_INVALID_PARAMETER;
	return error == ERROR_SUCCESS ? command_line(&r, &d) : error;
}

/* ---- the dialog that is not there ---- */

/* How long a CREDUI_INFO's texts are; both forms have one layout. */
struct caption {
	bool given, sound;
	size_t message, caption;
};

static DWORD dialog(const struct credui_request *r, const struct caption *c,
		    const struct destination *d)
{
	CLEANUP(credui_answer_done) struct credui_answer answer = { .user = NULL };
	bool unnamed = !r->target.p && r->flags & CREDUI_FLAGS_DO_NOT_PERSIST && c->message &&
		       c->caption;

	if (c->given && (!c->sound || c->message > CREDUI_MAX_MESSAGE_LENGTH ||
			 c->caption > CREDUI_MAX_CAPTION_LENGTH))
		return ERROR_INVALID_PARAMETER;
	if (r->flags & CREDUI_FLAGS_SHOW_SAVE_CHECK_BOX && !r->save)
		return ERROR_INVALID_PARAMETER;
	DWORD error = unnamed ? ERROR_SUCCESS : credui_check_request(r);
	if (error != ERROR_SUCCESS)
		return error;
	if (!unnamed && credui_find(r, &answer))
		return deliver(r, &answer, d);
	return ERROR_NOT_SUPPORTED;
}

DWORD WINAPI CredUIPromptForCredentialsW(PCREDUI_INFOW ui, PCWSTR target, PVOID reserved,
					 DWORD auth_error, PWSTR user, ULONG user_room,
					 PWSTR password, ULONG password_room, BOOL *save,
					 DWORD flags)
{
	const struct destination d = { false, user, password, user_room, password_room };
	struct credui_request r = { utf16_of(target), { NULL, 0 }, auth_error, flags, save };
	struct caption c = { .given = ui != NULL };

	DWORD error = credui_check_flags(flags, false);
	if (error != ERROR_SUCCESS)
		return error;
	if (!has_rooms(&d, reserved) || !text_given(user, user_room, &r.user))
		return ERROR_INVALID_PARAMETER;
	if (ui && ui->cbSize == sizeof(*ui))
		c = (struct caption){ true, true, utf16_len(ui->pszMessageText),
				      utf16_len(ui->pszCaptionText) };
	return dialog(&r, &c, &d);
}

DWORD WINAPI CredUIPromptForCredentialsA(PCREDUI_INFOA ui, PCSTR target, PVOID reserved,
					 DWORD auth_error, PSTR user, ULONG user_room,
					 PSTR password, ULONG password_room, BOOL *save,
					 DWORD flags)
{
	const struct destination d = { true, user, password, user_room, password_room };
	CLEANUP(widened_done) struct widened_request wide = { NULL, NULL };
	struct credui_request r = { .auth_error = auth_error, .flags = flags, .save = save };
	struct caption c = { .given = ui != NULL };

	DWORD error = credui_check_flags(flags, false);
	if (error != ERROR_SUCCESS)
		return error;
	error = has_rooms(&d, reserved) ? widen_request(target, &d, &wide, &r)
					: ERROR_INVALID_PARAMETER;
	if (error != ERROR_SUCCESS)
		return error;
	if (ui && ui->cbSize == sizeof(*ui))
		c = (struct caption){ true, true,
				      ui->pszMessageText ? strlen(ui->pszMessageText) : 0,
				      ui->pszCaptionText ? strlen(ui->pszCaptionText) : 0 };
	return dialog(&r, &c, &d);
}
