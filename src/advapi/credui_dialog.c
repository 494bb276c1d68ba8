/* advapi/credui_dialog.c - CredUIPromptForWindowsCredentials and the single sign-on store: there is neither
 * a dialog nor such a store, so what is left of them are their rules.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <wincred.h>

#include "base/utf.h"

#define CREDUIWIN_KNOWN                                                                            \
	(CREDUIWIN_GENERIC | CREDUIWIN_CHECKBOX | CREDUIWIN_AUTHPACKAGE_ONLY |                     \
	 CREDUIWIN_IN_CRED_ONLY | CREDUIWIN_ENUMERATE_ADMINS | CREDUIWIN_ENUMERATE_CURRENT_USER |  \
	 CREDUIWIN_SECURE_PROMPT | CREDUIWIN_PREPROMPTING | CREDUIWIN_IGNORE_CLOUDAUTHORITY_NAME | \
	 CREDUIWIN_PACK_32_WOW | CREDUIWIN_DOWNLEVEL_HELLO_AS_SMART_CARD)

struct windows_prompt {
	bool has_ui, ui_is_sound;
	size_t message, caption;
	bool has_package, has_in, has_out, has_save;
	ULONG in_n;
	DWORD flags;
};

static bool flags_are_sound(DWORD flags)
{
	return !(flags & ~(DWORD)CREDUIWIN_KNOWN) &&
	       !(flags & CREDUIWIN_GENERIC && flags & CREDUIWIN_SECURE_PROMPT) &&
	       !(flags & CREDUIWIN_AUTHPACKAGE_ONLY && flags & CREDUIWIN_IN_CRED_ONLY);
}

static DWORD check(const struct windows_prompt *p)
{
	if (!flags_are_sound(p->flags))
		return ERROR_INVALID_FLAGS;
	if (p->has_ui && (!p->ui_is_sound || p->message > CREDUI_MAX_MESSAGE_LENGTH ||
			  p->caption > CREDUI_MAX_CAPTION_LENGTH))
		return ERROR_INVALID_PARAMETER;
	if (!p->has_package || !p->has_out || p->has_in != (p->in_n > 0) ||
	    (p->flags & CREDUIWIN_IN_CRED_ONLY && !p->has_in) ||
	    (p->flags & CREDUIWIN_CHECKBOX && !p->has_save))
		return ERROR_INVALID_PARAMETER;
	return ERROR_NOT_SUPPORTED;
}

DWORD WINAPI CredUIPromptForWindowsCredentialsW(PCREDUI_INFOW ui, DWORD auth_error, ULONG *package,
						LPCVOID in, ULONG in_n, LPVOID *out, ULONG *out_n,
						BOOL *save, DWORD flags)
{
	bool sound = ui && ui->cbSize == sizeof(*ui);

	(void)auth_error;
	return check(&(struct windows_prompt){
		.has_ui = ui != NULL,
		.ui_is_sound = sound,
		.message = sound ? utf16_len(ui->pszMessageText) : 0,
		.caption = sound ? utf16_len(ui->pszCaptionText) : 0,
		.has_package = package != NULL,
		.has_in = in != NULL,
		.has_out = out && out_n,
		.has_save = save != NULL,
		.in_n = in_n,
		.flags = flags,
	});
}

DWORD WINAPI CredUIPromptForWindowsCredentialsA(PCREDUI_INFOA ui, DWORD auth_error, ULONG *package,
						LPCVOID in, ULONG in_n, LPVOID *out, ULONG *out_n,
						BOOL *save, DWORD flags)
{
	bool sound = ui && ui->cbSize == sizeof(*ui);

	(void)auth_error;
	return check(&(struct windows_prompt){
		.has_ui = ui != NULL,
		.ui_is_sound = sound,
		.message = sound && ui->pszMessageText ? strlen(ui->pszMessageText) : 0,
		.caption = sound && ui->pszCaptionText ? strlen(ui->pszCaptionText) : 0,
		.has_package = package != NULL,
		.has_in = in != NULL,
		.has_out = out && out_n,
		.has_save = save != NULL,
		.in_n = in_n,
		.flags = flags,
	});
}

DWORD WINAPI CredUIStoreSSOCredW(PCWSTR realm, PCWSTR user, PCWSTR password, BOOL persist)
{
	(void)realm;
	(void)persist;
	return user && *user && password ? ERROR_NOT_SUPPORTED : ERROR_INVALID_PARAMETER;
}

DWORD WINAPI CredUIReadSSOCredW(PCWSTR realm, PWSTR *user)
{
	(void)realm;
	if (!user)
		return ERROR_INVALID_PARAMETER;
	*user = NULL;
	return ERROR_NOT_FOUND;
}
