/* advapi/marshal.c - credentials as user names: CredMarshalCredential, CredUnmarshalCredential.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * "@@", a letter for the type, and the bytes in the code of wire/sixbit.h; those of other types than a
 * certificate come after their count, which is coded by itself. The text survives every code page. */
#include "base/base.h"

#include <wincred.h>

#include "advapi/lasterror.h"
#include "base/block.h"
#include "base/utf.h"
#include "wire/rd.h"
#include "wire/sixbit.h"

#define HEAD 3	/* "@@" and the letter */
#define COUNT 6 /* characters of a 32-bit count */
#define BYTES_MAX (64u << 10)

/* ---- to text ---- */

/* The bytes that are to be coded; false for what cannot be marshalled. */
static bool value_of(CRED_MARSHAL_TYPE type, const void *credential, struct rd *value)
{
	const CERT_CREDENTIAL_INFO *certificate = credential;
	const USERNAME_TARGET_CREDENTIAL_INFO *user = credential;
	const BINARY_BLOB_CREDENTIAL_INFO *blob = credential;

	switch (type) {
	case CertCredential:
		*value = rd_of(certificate->rgbHashOfCert, CERT_HASH_LENGTH);
		return certificate->cbSize >= sizeof(*certificate);
	case UsernameTargetCredential:
		*value = rd_of(user->UserName, utf16_len(user->UserName) * sizeof(WCHAR));
		break;
	case BinaryBlobCredential:
		*value = rd_of(blob->pbBlob, blob->pbBlob ? blob->cbBlob : 0);
		break;
	default:
		return false;
	}
	return value->n && value->n <= BYTES_MAX;
}

BOOL WINAPI CredMarshalCredentialW(CRED_MARSHAL_TYPE type, PVOID credential, LPWSTR *out)
{
	size_t count = type == CertCredential ? 0 : COUNT;
	struct rd value;

	if (!credential || !out || !value_of(type, credential, &value))
		return last_error(ERROR_INVALID_PARAMETER);
	WCHAR *text = block_alloc((HEAD + count + sixbit_room(value.n) + 1) * sizeof(WCHAR));
	if (!text)
		return last_error(ERROR_NOT_ENOUGH_MEMORY);
	text[0] = text[1] = '@';
	text[2] = (WCHAR)('A' + type);
	if (count)
		sixbit_write(text + HEAD,
			     (uint8_t[]){ (uint8_t)value.n, (uint8_t)(value.n >> 8),
					  (uint8_t)(value.n >> 16), 0 },
			     4);
	sixbit_write(text + HEAD + count, value.p, value.n);
	*out = text;
	return TRUE;
}

BOOL WINAPI CredMarshalCredentialA(CRED_MARSHAL_TYPE type, PVOID credential, LPSTR *out)
{
	CLEANUP(block_free_p) WCHAR *wide = NULL;

	if (!out)
		return last_error(ERROR_INVALID_PARAMETER);
	if (!CredMarshalCredentialW(type, credential, &wide))
		return FALSE;
	size_t n = utf16_len(wide);
	char *text = block_alloc(n + 1);
	if (!text)
		return last_error(ERROR_NOT_ENOUGH_MEMORY);
	utf8_put(text, wide, n);
	*out = text;
	return TRUE;
}

/* ---- from text ---- */

/* The structure of a type and what it points to, in one block; NULL when memory is short. */
static void *credential_of(CRED_MARSHAL_TYPE type, struct rd value)
{
	if (type == CertCredential) {
		CERT_CREDENTIAL_INFO *certificate = block_alloc(sizeof(*certificate));
		if (!certificate)
			return NULL;
		certificate->cbSize = sizeof(*certificate);
		memcpy(certificate->rgbHashOfCert, value.p, CERT_HASH_LENGTH);
		return certificate;
	}
	size_t head = sizeof(BINARY_BLOB_CREDENTIAL_INFO);
	uint8_t *block = block_alloc(head + value.n + sizeof(WCHAR));
	if (!block)
		return NULL;
	memcpy(block + head, value.p, value.n);
	if (type == UsernameTargetCredential)
		((USERNAME_TARGET_CREDENTIAL_INFO *)(void *)block)->UserName =
			(WCHAR *)(void *)(block + head);
	else
		*(BINARY_BLOB_CREDENTIAL_INFO *)(void *)block =
			(BINARY_BLOB_CREDENTIAL_INFO){ (ULONG)value.n, block + head };
	return block;
}

static bool has_head(const WCHAR *text, CRED_MARSHAL_TYPE *type)
{
	if (!text || text[0] != '@' || text[1] != '@' || text[2] < 'A' || text[2] > 'Z')
		return false;
	*type = (CRED_MARSHAL_TYPE)(text[2] - 'A');
	return true;
}

/* The characters of the value and the bytes they must make; false when the two do not agree. */
static bool value_text(CRED_MARSHAL_TYPE type, const WCHAR **text, size_t *size)
{
	uint8_t count[4];
	size_t n = utf16_len(*text);

	*size = CERT_HASH_LENGTH;
	if (type == UsernameTargetCredential || type == BinaryBlobCredential) {
		if (n < COUNT || !sixbit_read(count, *text, COUNT))
			return false;
		*size = u32le_at(count);
		*text += COUNT;
		n -= COUNT;
	} else if (type != CertCredential) {
		return false;
	}
	return *size && *size <= BYTES_MAX && sixbit_room(*size) == n &&
	       (type != UsernameTargetCredential || *size % sizeof(WCHAR) == 0);
}

/* As on Windows the type is told even when what follows it is refused. */
BOOL WINAPI CredUnmarshalCredentialW(LPCWSTR text, PCRED_MARSHAL_TYPE type, PVOID *out)
{
	size_t size;

	if (!type || !out)
		return last_error(ERROR_INVALID_PARAMETER);
	*out = NULL;
	if (!has_head(text, type))
		return last_error(ERROR_INVALID_PARAMETER);
	text += HEAD;
	if (!value_text(*type, &text, &size))
		return last_error(ERROR_INVALID_PARAMETER);
	uint8_t *bytes = mem_alloc(size);
	if (!bytes)
		return last_error(ERROR_NOT_ENOUGH_MEMORY);
	bool sound = sixbit_read(bytes, text, sixbit_room(size));
	if (sound)
		*out = credential_of(*type, rd_of(bytes, size));
	mem_free_wiped(bytes, size);
	if (!*out)
		return last_error(sound ? ERROR_NOT_ENOUGH_MEMORY : ERROR_INVALID_PARAMETER);
	return TRUE;
}

BOOL WINAPI CredUnmarshalCredentialA(LPCSTR text, PCRED_MARSHAL_TYPE type, PVOID *out)
{
	CLEANUP(mem_free_p) WCHAR *wide = NULL;

	if (!text || !type || !out)
		return last_error(ERROR_INVALID_PARAMETER);
	if (!utf16_from_utf8(text, strlen(text), &wide, NULL))
		return last_error(utf16_need(text, strlen(text)) == SIZE_MAX
					  ? ERROR_INVALID_PARAMETER
					  : ERROR_NOT_ENOUGH_MEMORY);
	return CredUnmarshalCredentialW(wide, type, out);
}

BOOL WINAPI CredIsMarshaledCredentialW(LPCWSTR text)
{
	CRED_MARSHAL_TYPE type;
	PVOID credential = NULL;

	BOOL is = CredUnmarshalCredentialW(text, &type, &credential);
	block_free(credential);
	return is;
}

BOOL WINAPI CredIsMarshaledCredentialA(LPCSTR text)
{
	CRED_MARSHAL_TYPE type;
	PVOID credential = NULL;

	BOOL is = CredUnmarshalCredentialA(text, &type, &credential);
	block_free(credential);
	return is;
}

VOID WINAPI CredFree(PVOID buffer)
{
	block_free(buffer);
}
