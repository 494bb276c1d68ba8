/* windows.h - the small part of it that programs speaking SSPI and CredMan use: the types, all
 * error numbers, and the base functions of libopensspibase.
 *
 * No macros beyond Windows' own, no min, no max; and no wide C library: under -fshort-wchar the C
 * library's wcs functions still read 32 bits.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WINDOWS_H
#define OPENSSPI_WINDOWS_H

#include <string.h>

#include "windef.h"
#include "winnt.h"
#include "winerror.h"

OPENSSPI_BEGIN_DECLS

#ifndef ZeroMemory
#define ZeroMemory(p, n) memset((p), 0, (n))
#define CopyMemory(to, from, n) memcpy((to), (from), (n))
#define MoveMemory(to, from, n) memmove((to), (from), (n))
#define FillMemory(p, n, byte) memset((p), (byte), (n))
#define RtlZeroMemory ZeroMemory
#define RtlCopyMemory CopyMemory
#define RtlMoveMemory MoveMemory
#define RtlFillMemory FillMemory
#endif

/* Zeroes memory in a way that no optimiser removes. Returns ptr. */
static inline __attribute__((unused)) PVOID SecureZeroMemory(PVOID ptr, SIZE_T cnt)
{
	memset(ptr, 0, cnt);
	__asm__ __volatile__("" : : "r"(ptr) : "memory");
	return ptr;
}

/* ---- The calling thread's last error --------------------------------------------------------- */

/* What the last call that failed left behind. */
OPENSSPI_API DWORD WINAPI GetLastError(void);
OPENSSPI_API VOID WINAPI SetLastError(DWORD dwErrCode);

/* ---- Memory and handles ---------------------------------------------------------------------- */

#define LMEM_FIXED 0x0000
#define LMEM_ZEROINIT 0x0040
#define LPTR (LMEM_FIXED | LMEM_ZEROINIT)
#define HEAP_ZERO_MEMORY 0x00000008

/* NULL when there is no memory; uFlags is LMEM_FIXED or LPTR. */
OPENSSPI_API HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
/* Returns NULL; hMem NULL is fine. */
OPENSSPI_API HLOCAL WINAPI LocalFree(HLOCAL hMem);
/* FALSE and ERROR_INVALID_HANDLE for what is not an open handle. */
OPENSSPI_API BOOL WINAPI CloseHandle(HANDLE hObject);

/* ---- Modules: Windows' names of our libraries answer with this one --------------------------- */

OPENSSPI_API HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName);
OPENSSPI_API HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName);
#define LoadLibrary OPENSSPI_AW(LoadLibrary)
OPENSSPI_API HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
OPENSSPI_API HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
#define LoadLibraryEx OPENSSPI_AW(LoadLibraryEx)
OPENSSPI_API HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
OPENSSPI_API HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
#define GetModuleHandle OPENSSPI_AW(GetModuleHandle)
OPENSSPI_API FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);
OPENSSPI_API BOOL WINAPI FreeLibrary(HMODULE hLibModule);

/* ---- Text ------------------------------------------------------------------------------------ */

#define CP_ACP 0
#define CP_UTF8 65001
#define MB_PRECOMPOSED 0x00000001
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_ERR_INVALID_CHARS 0x00000080

/* UTF-8 (both code pages) to UTF-16 and back. A length of -1 means up to and including the NUL; a
 * room of 0 asks for the size. 0 is failure: ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER,
 * ERROR_NO_UNICODE_TRANSLATION. */
OPENSSPI_API int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr,
					    int cbMultiByte, LPWSTR lpWideCharStr, int cchWideChar);
OPENSSPI_API int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr,
					    int cchWideChar, LPSTR lpMultiByteStr, int cbMultiByte,
					    LPCSTR lpDefaultChar, LPBOOL lpUsedDefaultChar);

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200
#define FORMAT_MESSAGE_FROM_STRING 0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000FF

/* The words for an error number; the last argument (Windows: va_list *) must be NULL. Returns the
 * number of characters without NUL, 0 on failure. */
OPENSSPI_API DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
					 DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize,
					 void *Arguments);
OPENSSPI_API DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
					 DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize,
					 void *Arguments);
#define FormatMessage OPENSSPI_AW(FormatMessage)

OPENSSPI_END_DECLS

#endif
