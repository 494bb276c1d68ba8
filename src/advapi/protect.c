/* advapi/protect.c - CredProtect, CredUnprotect and CredIsProtected.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A protected text is a marshalled BinaryBlobCredential or BinaryBlobForSystem (advapi/marshal.c) whose
 * bytes the LSA sealed (lsa/protect.h); its first byte repeats the letter. There is no impersonation here,
 * so the process's own context and the thread's are one. */
#include "advapi/protect.h"

#include "advapi/lasterror.h"
#include "advapi/reach.h"
#include "wire/protected.h"

#define FLAGS_KNOWN (CRED_PROTECT_AS_SELF | CRED_PROTECT_TO_SYSTEM)

/* ---- the marshalled form ---- */

static struct secret *marshal(struct rd sealed)
{
	struct secret *out = secret_new(protected_units(sealed.n) * sizeof(WCHAR));
	if (out)
		protected_write((WCHAR *)(void *)out->p, sealed);
	return out;
}

/* The sealed bytes of a text, unless CredProtect made no such text; a Win32 error. */
static uint32_t unmarshal(struct utf16 text, struct secret **out)
{
	size_t n = protected_bytes(text.p, text.n);
	CLEANUP(secret_free_p) struct secret *sealed = n ? secret_new(n) : NULL;

	if (n && !sealed)
		return ERROR_NOT_ENOUGH_MEMORY;
	if (!n || !protected_read(sealed->p, text.p, text.n))
		return ERROR_INVALID_PARAMETER;
	*out = TAKE(sealed);
	return ERROR_SUCCESS;
}

CRED_PROTECTION_TYPE text_protection(struct utf16 text)
{
	if (!protected_is_whole(text.p, text.n))
		return CredUnprotected;
	return text.p[2] == 'F' ? CredForSystemProtection : CredUserProtection;
}

/* ---- the LSA ---- */

static void reply_done(struct cred_protect_reply *reply)
{
	call_reply_done(CALL_CRED_PROTECT, reply);
}

uint32_t text_protect(uint32_t flags, struct utf16 text, struct secret **out)
{
	CLEANUP(reply_done) struct cred_protect_reply reply = { 0 };

	if (text.n > PROTECT_UNITS_MAX)
		return ERROR_INVALID_PARAMETER;
	uint32_t error = reach_lsa(
		CALL_CRED_PROTECT,
		&(struct cred_protect_call){
			.flags = flags,
			.bytes = { (const uint8_t *)text.p, (uint32_t)(text.n * sizeof(WCHAR)) },
		},
		&reply);
	if (error != ERROR_SUCCESS)
		return error;
	if (!reply.bytes.n)
		return ERROR_GEN_FAILURE;
	*out = marshal(rd_of(reply.bytes.p, reply.bytes.n));
	return *out ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

uint32_t text_unprotect(uint32_t flags, struct utf16 text, struct secret **out)
{
	CLEANUP(reply_done) struct cred_protect_reply reply = { 0 };
	CLEANUP(secret_free_p) struct secret *sealed = NULL;

	uint32_t error = unmarshal(text, &sealed);
	if (error != ERROR_SUCCESS)
		return error;
	error = reach_lsa(CALL_CRED_UNPROTECT,
			  &(struct cred_protect_call){
				  .flags = flags,
				  .bytes = { sealed->p, (uint32_t)sealed->len },
			  },
			  &reply);
	if (error != ERROR_SUCCESS)
		return error;
	if (reply.bytes.n % sizeof(WCHAR))
		return ERROR_NOT_CAPABLE;
	*out = secret_copy(reply.bytes.p, reply.bytes.n);
	return *out ? ERROR_SUCCESS : ERROR_NOT_ENOUGH_MEMORY;
}

uint32_t secret_widen(const char *text, size_t n, struct secret **out)
{
	size_t need = utf16_need(text, n);
	if (need == SIZE_MAX)
		return ERROR_NO_UNICODE_TRANSLATION;
	*out = secret_new(need * sizeof(WCHAR));
	if (!*out)
		return ERROR_NOT_ENOUGH_MEMORY;
	utf16_put((WCHAR *)(void *)(*out)->p, text, n);
	return ERROR_SUCCESS;
}

/* ---- what callers bring and get ---- */

/* The text in a caller's `n` characters: up to the terminator, if there is one. */
static struct utf16 text_in(const WCHAR *text, DWORD n)
{
	size_t i = 0;
	while (i < n && text[i])
		i++;
	return (struct utf16){ text, i };
}

/* Writes the text with its terminator, or tells the size. */
static BOOL give_w(const struct secret *text, WCHAR *out, DWORD *count)
{
	size_t units = text->len / sizeof(WCHAR);
	DWORD room = out ? *count : 0;

	*count = (DWORD)(units + 1);
	if (room < *count)
		return last_error(ERROR_INSUFFICIENT_BUFFER);
	if (text->len)
		memcpy(out, text->p, text->len);
	out[units] = 0;
	return TRUE;
}

static BOOL give_a(const struct secret *text, char *out, DWORD *count)
{
	struct utf16 wide = secret_text(text);
	size_t n = utf16_is_valid(wide.p, wide.n) ? utf8_need(wide.p, wide.n) : SIZE_MAX;
	DWORD room = out ? *count : 0;

	if (n == SIZE_MAX)
		return last_error(ERROR_NO_UNICODE_TRANSLATION);
	*count = (DWORD)(n + 1);
	if (room < *count)
		return last_error(ERROR_INSUFFICIENT_BUFFER);
	utf8_put(out, wide.p, wide.n);
	out[n] = '\0';
	return TRUE;
}

/* ---- CredProtect ---- */

static BOOL protect(ULONG flags, struct utf16 text, WCHAR *out, DWORD *count,
		    CRED_PROTECTION_TYPE *type)
{
	CLEANUP(secret_free_p) struct secret *sealed = NULL;

	uint32_t error = text_protect(flags, text, &sealed);
	if (error != ERROR_SUCCESS)
		return last_error(error);
	if (!give_w(sealed, out, count))
		return FALSE;
	if (type)
		*type = flags & CRED_PROTECT_TO_SYSTEM ? CredForSystemProtection
						       : CredUserProtection;
	return TRUE;
}

BOOL WINAPI CredProtectEx(ULONG flags, LPWSTR text, DWORD n, LPWSTR out, DWORD *count,
			  CRED_PROTECTION_TYPE *type)
{
	if (flags & ~(ULONG)FLAGS_KNOWN)
		return last_error(ERROR_INVALID_FLAGS);
	if (!text || !n || !count)
		return last_error(ERROR_INVALID_PARAMETER);
	return protect(flags, text_in(text, n), out, count, type);
}

BOOL WINAPI CredProtectW(BOOL as_self, LPWSTR text, DWORD n, LPWSTR out, DWORD *count,
			 CRED_PROTECTION_TYPE *type)
{
	return CredProtectEx(as_self ? CRED_PROTECT_AS_SELF : 0, text, n, out, count, type);
}

BOOL WINAPI CredProtectA(BOOL as_self, LPSTR text, DWORD n, LPSTR out, DWORD *count,
			 CRED_PROTECTION_TYPE *type)
{
	CLEANUP(secret_free_p) struct secret *wide = NULL, *sealed = NULL;
	ULONG flags = as_self ? CRED_PROTECT_AS_SELF : 0;

	if (!text || !n || !count)
		return last_error(ERROR_INVALID_PARAMETER);
	uint32_t error = secret_widen(text, strnlen(text, n), &wide);
	if (error == ERROR_SUCCESS)
		error = text_protect(flags, secret_text(wide), &sealed);
	if (error != ERROR_SUCCESS)
		return last_error(error);
	if (!give_a(sealed, out, count))
		return FALSE;
	if (type)
		*type = CredUserProtection;
	return TRUE;
}

/* ---- CredUnprotect ---- */

BOOL WINAPI CredUnprotectEx(ULONG flags, LPWSTR text, DWORD n, LPWSTR out, DWORD *count)
{
	CLEANUP(secret_free_p) struct secret *plain = NULL;

	if (flags & ~(ULONG)FLAGS_KNOWN)
		return last_error(ERROR_INVALID_FLAGS);
	if (!text || !n || !count)
		return last_error(ERROR_INVALID_PARAMETER);
	uint32_t error = text_unprotect(flags, text_in(text, n), &plain);
	if (error != ERROR_SUCCESS)
		return last_error(error);
	return give_w(plain, out, count);
}

BOOL WINAPI CredUnprotectW(BOOL as_self, LPWSTR text, DWORD n, LPWSTR out, DWORD *count)
{
	return CredUnprotectEx(as_self ? CRED_UNPROTECT_AS_SELF : 0, text, n, out, count);
}

BOOL WINAPI CredUnprotectA(BOOL as_self, LPSTR text, DWORD n, LPSTR out, DWORD *count)
{
	CLEANUP(secret_free_p) struct secret *wide = NULL, *plain = NULL;

	if (!text || !n || !count)
		return last_error(ERROR_INVALID_PARAMETER);
	uint32_t error = secret_widen(text, strnlen(text, n), &wide);
	if (error == ERROR_SUCCESS)
		error = text_unprotect(as_self ? CRED_UNPROTECT_AS_SELF : 0, secret_text(wide),
				       &plain);
	if (error != ERROR_SUCCESS)
		return last_error(error);
	return give_a(plain, out, count);
}

/* ---- CredIsProtected ---- */

BOOL WINAPI CredIsProtectedW(LPWSTR text, CRED_PROTECTION_TYPE *type)
{
	if (!text || !type)
		return last_error(ERROR_INVALID_PARAMETER);
	*type = text_protection(utf16_of(text));
	return TRUE;
}

BOOL WINAPI CredIsProtectedA(LPSTR text, CRED_PROTECTION_TYPE *type)
{
	CLEANUP(secret_free_p) struct secret *wide = NULL;

	if (!text || !type)
		return last_error(ERROR_INVALID_PARAMETER);
	uint32_t error = secret_widen(text, strlen(text), &wide);
	if (error != ERROR_SUCCESS)
		return last_error(error);
	*type = text_protection(secret_text(wide));
	return TRUE;
}
