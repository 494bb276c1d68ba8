/* krb/password.c - changing a password, RFC 3244.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "krb/internal.h"

/* The kpasswd service's words, for people. */
static void note_answer(krb5_context ctx, const krb5_data *code_text, const krb5_data *said)
{
	char *message = NULL;

	if (krb5_chpw_message(ctx, said, &message) == 0)
		reason_note("%.*s: %s", (int)code_text->length,
			    code_text->length ? code_text->data : "", message);
	krb5_free_string(ctx, message);
}

static NTSTATUS status_of_answer(int answer)
{
	switch (answer) {
	case 0:
		return SEC_E_OK;
	case KRB5_KPASSWD_SOFTERROR:
		return fail(STATUS_PASSWORD_RESTRICTION, "a password that is not good enough");
	case KRB5_KPASSWD_AUTHERROR:
	case KRB5_KPASSWD_ACCESSDENIED:
	case KRB5_KPASSWD_INITIAL_FLAG_NEEDED:
		return fail(STATUS_ACCESS_DENIED, "a password that may not be changed");
	default:
		return fail(SEC_E_NO_AUTHENTICATING_AUTHORITY, "the kpasswd service");
	}
}

static NTSTATUS set_new(krb5_context ctx, krb5_creds *ticket, struct rd new_password)
{
	krb5_data code_text = { 0 }, said = { 0 };
	int answer = 0;
	struct secret *text = secret_new(new_password.n + 1); /* with its NUL */

	if (!text)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "a new password");
	memcpy(text->p, new_password.p, new_password.n);
	krb5_error_code code =
		krb5_change_password(ctx, ticket, (char *)text->p, &answer, &code_text, &said);
	secret_free(text);
	if (code)
		return krb_fail(ctx, code, PHASE_LOGON, NULL, "asking the kpasswd service");
	if (answer)
		note_answer(ctx, &code_text, &said);
	krb5_free_data_contents(ctx, &code_text);
	krb5_free_data_contents(ctx, &said);
	return status_of_answer(answer);
}

NTSTATUS change_password(const struct krb_identity *identity, struct rd new_password)
{
	CLEANUP(context_close_p) krb5_context ctx = NULL;
	CLEANUP(credential_unref_p) struct krb_credential *c = NULL;
	struct krb_identity who = *identity;
	krb5_creds ticket = { 0 };

	reason_clear();
	if (!identity->user || !identity->password.n)
		return fail(SEC_E_NO_CREDENTIALS, "a password without the old one");
	if (!new_password.n || memchr(new_password.p, 0, new_password.n))
		return fail(STATUS_PASSWORD_RESTRICTION, "a new password of that form");
	who.use = KRB_INITIATE;
	NTSTATUS status = credential_new(&who, &c);
	if (!failed(status))
		status = context_open(&ctx);
	if (!failed(status))
		status = obtain_for_password(c, ctx, &ticket);
	if (!failed(status))
		status = set_new(ctx, &ticket, new_password);
	krb5_free_cred_contents(ctx, &ticket);
	return status;
}
