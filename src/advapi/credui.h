/* advapi/credui.h - what the CredUI functions have in common: flags, names, stored credentials.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_ADVAPI_CREDUI_H
#define OPENSSPI_ADVAPI_CREDUI_H

#include <wincred.h>

#include "base/base.h"
#include "base/secret.h"
#include "base/utf.h"

/* One prompt as a caller wants it; all borrowed. */
struct credui_request {
	struct utf16 target; /* terminated */
	struct utf16 user;   /* what the caller has put in; may be empty */
	DWORD auth_error, flags;
	BOOL *save;
};

/* A name and a password, UTF-16 without terminators. */
struct credui_answer {
	struct secret *user, *password;
	bool keep; /* is to be saved */
	bool from_store;
};

void credui_answer_done(struct credui_answer *a);

/* The rules of the CREDUI_FLAGS_, which come before those of parameters. ERROR_SUCCESS or
 * ERROR_INVALID_FLAGS. */
MUST_CHECK DWORD credui_check_flags(DWORD flags, bool command_line);

/* The target's rules and SHOW_SAVE_CHECK_BOX's. ERROR_SUCCESS or ERROR_INVALID_PARAMETER. */
MUST_CHECK DWORD credui_check_request(const struct credui_request *r);

/* The stored credential that makes a prompt superfluous; false when there is none, or it is not wanted. */
MUST_CHECK bool credui_find(const struct credui_request *r, struct credui_answer *out);

/* May a name be given in this form? Completes one that lacks a domain where the flags say so; `name` is
 * then replaced. ERROR_SUCCESS, ERROR_BAD_USERNAME, ERROR_NOT_ENOUGH_MEMORY. */
MUST_CHECK DWORD credui_check_name(const struct credui_request *r, struct secret **name);

/* The longest persistence that credentials of the request may have; ERROR_NO_SUCH_LOGON_SESSION where none
 * can be saved. */
MUST_CHECK DWORD credui_persistence(const struct credui_request *r, DWORD *out);

/* Saves the answer, or lets it wait for CredUIConfirmCredentials. A Win32 error. */
MUST_CHECK DWORD credui_keep(const struct credui_request *r, const struct credui_answer *a);

/* ---- those that wait ---- */

struct credui_pending {
	WCHAR *asked;			/* the target of the prompt */
	WCHAR *target;			/* under which it is saved */
	struct secret *user, *password; /* the user terminated */
	DWORD type, flags, persist;
};

void credui_pending_free(struct credui_pending *p);
DEFINE_CLEANUP(struct credui_pending *, credui_pending_free)

/* Consumes it; the oldest of more than five is forgotten, and one of the same target replaced. */
void credui_pending_add_take(struct credui_pending *p);

/* Writes it into the credential set. A Win32 error. */
MUST_CHECK DWORD credui_pending_save(const struct credui_pending *p);

#endif
