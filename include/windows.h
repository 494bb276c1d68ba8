/* windows.h - the small part of it that programs speaking SSPI and CredMan use: the types, all
 * error numbers, and the base functions of libopensspibase.
 *
 * No macros beyond Windows' own, no min, no max; and no wide C library: under -fshort-wchar the C
 * library's wcs functions still read 32 bits.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WINDOWS_H
#define OPENSSPI_WINDOWS_H

#include <stdarg.h>
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

/* Zeroed memory of uBytes bytes, the caller's until LocalFree. NULL: ERROR_NOT_ENOUGH_MEMORY, or
 * ERROR_INVALID_PARAMETER for flags other than LMEM_FIXED and LPTR. */
OPENSSPI_API HLOCAL WINAPI LocalAlloc(UINT uFlags, SIZE_T uBytes);
/* Returns NULL; hMem NULL is fine. */
OPENSSPI_API HLOCAL WINAPI LocalFree(HLOCAL hMem);

/* The one heap there is; never NULL. */
OPENSSPI_API HANDLE WINAPI GetProcessHeap(void);
/* Zeroed memory of dwBytes bytes whatever dwFlags say, the caller's until HeapFree. NULL:
 * ERROR_INVALID_HANDLE for another heap, ERROR_NOT_ENOUGH_MEMORY. */
OPENSSPI_API LPVOID WINAPI HeapAlloc(HANDLE hHeap, DWORD dwFlags, SIZE_T dwBytes);
/* Moves a block to dwBytes bytes; NULL leaves the old one as it is. What is new is zeroed with
 * HEAP_ZERO_MEMORY. */
OPENSSPI_API LPVOID WINAPI HeapReAlloc(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem, SIZE_T dwBytes);
OPENSSPI_API BOOL WINAPI HeapFree(HANDLE hHeap, DWORD dwFlags, LPVOID lpMem);
/* Bytes that may be used: at least as many as were asked for. (SIZE_T)-1 on failure. */
OPENSSPI_API SIZE_T WINAPI HeapSize(HANDLE hHeap, DWORD dwFlags, LPCVOID lpMem);

/* FALSE and ERROR_INVALID_HANDLE for what is not an open handle. */
OPENSSPI_API BOOL WINAPI CloseHandle(HANDLE hObject);

/* ---- Processes, threads and their tokens ------------------------------------------------------ */

/* Names for the caller itself; they are not closed. */
OPENSSPI_API HANDLE WINAPI GetCurrentProcess(void);
OPENSSPI_API HANDLE WINAPI GetCurrentThread(void);

/* Opens what the calling process is now: its effective user and groups. A token grants nothing; it is
 * closed with CloseHandle. FALSE: ERROR_INVALID_HANDLE for any other process, ERROR_ACCESS_DENIED for a
 * thread that acts as another user, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY (4 096 tokens are
 * open). */
OPENSSPI_API BOOL WINAPI OpenProcessToken(HANDLE ProcessHandle, DWORD DesiredAccess,
					  PHANDLE TokenHandle);
/* The token that the calling thread acts by. FALSE: ERROR_NO_TOKEN when it acts as itself,
 * ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER, ERROR_NOT_ENOUGH_MEMORY. */
OPENSSPI_API BOOL WINAPI OpenThreadToken(HANDLE ThreadHandle, DWORD DesiredAccess, BOOL OpenAsSelf,
					 PHANDLE TokenHandle);

/* TokenUser, TokenOwner, TokenPrimaryGroup, TokenGroups, TokenStatistics, TokenType,
 * TokenImpersonationLevel (of such a token), TokenOrigin, TokenElevation and TokenSessionId of a token.
 * *ReturnLength is the bytes it takes. A client's SIDs are those its authority named, else its user's here. Users are S-1-22-1-UID, groups S-1-22-2-GID. FALSE:
 * ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER (another class),
 * ERROR_NOACCESS (ReturnLength NULL), ERROR_NOT_ENOUGH_MEMORY. */
OPENSSPI_API BOOL WINAPI GetTokenInformation(HANDLE TokenHandle,
					     TOKEN_INFORMATION_CLASS TokenInformationClass,
					     LPVOID TokenInformation, DWORD TokenInformationLength,
					     PDWORD ReturnLength);
/* Is the token (NULL: the caller) of that user or in that group? Administrators (S-1-5-32-544) is
 * effective user 0. FALSE: ERROR_INVALID_SID, ERROR_INVALID_HANDLE, ERROR_INVALID_PARAMETER. */
OPENSSPI_API BOOL WINAPI CheckTokenMembership(HANDLE TokenHandle, PSID SidToCheck, PBOOL IsMember);

/* ---- Acting as another user (libopensspi) ------------------------------------------------------ */

/* The calling thread acts as the user of this system that the token's account is: its files are that user's,
 * until RevertToSelf. Other threads do not change. FALSE, and the thread is who it was:
 * ERROR_INVALID_HANDLE; ERROR_NONE_MAPPED the account is no user of this system;
 * ERROR_BAD_IMPERSONATION_LEVEL the client lets itself be identified alone; ERROR_PRIVILEGE_NOT_HELD the
 * process may not (CAP_SETUID and CAP_SETGID, or it is that user); ERROR_NOT_ENOUGH_MEMORY. */
OPENSSPI_API BOOL WINAPI ImpersonateLoggedOnUser(HANDLE hToken);
/* The thread is itself again; TRUE also when it was. What cannot be undone ends the process. */
OPENSSPI_API BOOL WINAPI RevertToSelf(VOID);
/* Of the calling thread (NULL, or GetCurrentThread); a NULL token is RevertToSelf. */
OPENSSPI_API BOOL WINAPI SetThreadToken(PHANDLE Thread, HANDLE Token);
/* Another token of the same account, closed by itself. A process's own (OpenProcessToken) is not duplicated.
 * FALSE: ERROR_INVALID_HANDLE; ERROR_BAD_IMPERSONATION_LEVEL for more than there is;
 * ERROR_INVALID_PARAMETER; ERROR_NOT_ENOUGH_MEMORY. */
OPENSSPI_API BOOL WINAPI DuplicateToken(HANDLE ExistingTokenHandle,
					SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
					PHANDLE DuplicateTokenHandle);
OPENSSPI_API BOOL WINAPI DuplicateTokenEx(HANDLE hExistingToken, DWORD dwDesiredAccess,
					  LPSECURITY_ATTRIBUTES lpTokenAttributes,
					  SECURITY_IMPERSONATION_LEVEL ImpersonationLevel,
					  TOKEN_TYPE TokenType, PHANDLE phNewToken);

/* ---- Security identifiers, and who they are -------------------------------------------------- */

OPENSSPI_API BOOL WINAPI IsValidSid(PSID pSid);
OPENSSPI_API DWORD WINAPI GetLengthSid(PSID pSid); /* bytes; 0 for NULL */
OPENSSPI_API DWORD WINAPI GetSidLengthRequired(UCHAR nSubAuthorityCount);
OPENSSPI_API BOOL WINAPI EqualSid(PSID pSid1, PSID pSid2);
OPENSSPI_API BOOL WINAPI CopySid(DWORD nDestinationSidLength, PSID pDestinationSid,
				 PSID pSourceSid);
/* Up to eight subauthorities; release the identifier with FreeSid. */
OPENSSPI_API BOOL WINAPI AllocateAndInitializeSid(PSID_IDENTIFIER_AUTHORITY pIdentifierAuthority,
						  BYTE nSubAuthorityCount, DWORD nSubAuthority0,
						  DWORD nSubAuthority1, DWORD nSubAuthority2,
						  DWORD nSubAuthority3, DWORD nSubAuthority4,
						  DWORD nSubAuthority5, DWORD nSubAuthority6,
						  DWORD nSubAuthority7, PSID *pSid);
OPENSSPI_API PVOID WINAPI FreeSid(PSID pSid); /* NULL */

/* The name and domain of an identifier: users and groups of this system and a few well-known ones.
 * lpSystemName is ignored. Counts are characters with the NUL going in, without it when filled, with it
 * when too small. FALSE: ERROR_NONE_MAPPED, ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER. */
OPENSSPI_API BOOL WINAPI LookupAccountSidA(LPCSTR lpSystemName, PSID Sid, LPSTR Name,
					   LPDWORD cchName, LPSTR ReferencedDomainName,
					   LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse);
OPENSSPI_API BOOL WINAPI LookupAccountSidW(LPCWSTR lpSystemName, PSID Sid, LPWSTR Name,
					   LPDWORD cchName, LPWSTR ReferencedDomainName,
					   LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse);
#define LookupAccountSid OPENSSPI_AW(LookupAccountSid)
/* The way back: "user", "MACHINE\user", "user@machine", a group, a well-known name. cbSid: bytes. */
OPENSSPI_API BOOL WINAPI LookupAccountNameA(LPCSTR lpSystemName, LPCSTR lpAccountName, PSID Sid,
					    LPDWORD cbSid, LPSTR ReferencedDomainName,
					    LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse);
OPENSSPI_API BOOL WINAPI LookupAccountNameW(LPCWSTR lpSystemName, LPCWSTR lpAccountName, PSID Sid,
					    LPDWORD cbSid, LPWSTR ReferencedDomainName,
					    LPDWORD cchReferencedDomainName, PSID_NAME_USE peUse);
#define LookupAccountName OPENSSPI_AW(LookupAccountName)

/* The effective user's name. *pcbBuffer: characters with the NUL, in and out. FALSE:
 * ERROR_INSUFFICIENT_BUFFER, ERROR_NONE_MAPPED, ERROR_INVALID_PARAMETER. */
OPENSSPI_API BOOL WINAPI GetUserNameA(LPSTR lpBuffer, LPDWORD pcbBuffer);
OPENSSPI_API BOOL WINAPI GetUserNameW(LPWSTR lpBuffer, LPDWORD pcbBuffer);
#define GetUserName OPENSSPI_AW(GetUserName)

typedef enum _COMPUTER_NAME_FORMAT {
	ComputerNameNetBIOS,
	ComputerNameDnsHostname,
	ComputerNameDnsDomain,
	ComputerNameDnsFullyQualified,
	ComputerNamePhysicalNetBIOS,
	ComputerNamePhysicalDnsHostname,
	ComputerNamePhysicalDnsDomain,
	ComputerNamePhysicalDnsFullyQualified,
	ComputerNameMax
} COMPUTER_NAME_FORMAT;

#define MAX_COMPUTERNAME_LENGTH 15

/* This machine's names, from its host name. *nSize: characters with the NUL in, without it when
 * filled. FALSE: ERROR_MORE_DATA with the size needed, ERROR_INVALID_PARAMETER. */
OPENSSPI_API BOOL WINAPI GetComputerNameExA(COMPUTER_NAME_FORMAT NameType, LPSTR lpBuffer,
					    LPDWORD nSize);
OPENSSPI_API BOOL WINAPI GetComputerNameExW(COMPUTER_NAME_FORMAT NameType, LPWSTR lpBuffer,
					    LPDWORD nSize);
#define GetComputerNameEx OPENSSPI_AW(GetComputerNameEx)
OPENSSPI_API BOOL WINAPI GetComputerNameA(LPSTR lpBuffer, LPDWORD nSize);
OPENSSPI_API BOOL WINAPI GetComputerNameW(LPWSTR lpBuffer, LPDWORD nSize);
#define GetComputerName OPENSSPI_AW(GetComputerName)

/* ---- Critical sections ----------------------------------------------------------------------- */

/* A recursive mutex; what it holds is the library's. */
typedef struct _RTL_CRITICAL_SECTION {
	PVOID Reserved[8];
} CRITICAL_SECTION, *PCRITICAL_SECTION, *LPCRITICAL_SECTION;

OPENSSPI_API VOID WINAPI InitializeCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
OPENSSPI_API VOID WINAPI EnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
OPENSSPI_API BOOL WINAPI TryEnterCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
OPENSSPI_API VOID WINAPI LeaveCriticalSection(LPCRITICAL_SECTION lpCriticalSection);
OPENSSPI_API VOID WINAPI DeleteCriticalSection(LPCRITICAL_SECTION lpCriticalSection);

/* ---- Time ------------------------------------------------------------------------------------ */

/* Now, in UTC. */
OPENSSPI_API VOID WINAPI GetSystemTime(LPSYSTEMTIME lpSystemTime);
OPENSSPI_API VOID WINAPI GetSystemTimeAsFileTime(LPFILETIME lpSystemTimeAsFileTime);
/* FALSE and ERROR_INVALID_PARAMETER for what is no time of the years 1601 to 30827. */
OPENSSPI_API BOOL WINAPI SystemTimeToFileTime(const SYSTEMTIME *lpSystemTime,
					      LPFILETIME lpFileTime);
OPENSSPI_API BOOL WINAPI FileTimeToSystemTime(const FILETIME *lpFileTime,
					      LPSYSTEMTIME lpSystemTime);
/* By the difference to UTC that holds now, whatever held then. */
OPENSSPI_API BOOL WINAPI FileTimeToLocalFileTime(const FILETIME *lpFileTime,
						 LPFILETIME lpLocalFileTime);

/* ---- Modules: Windows' names of our libraries answer with this one --------------------------- */

#define DONT_RESOLVE_DLL_REFERENCES 0x00000001
#define LOAD_LIBRARY_AS_DATAFILE 0x00000002
#define LOAD_WITH_ALTERED_SEARCH_PATH 0x00000008
#define LOAD_LIBRARY_SEARCH_APPLICATION_DIR 0x00000200
#define LOAD_LIBRARY_SEARCH_SYSTEM32 0x00000800
#define LOAD_LIBRARY_SEARCH_DEFAULT_DIRS 0x00001000

/* Flags have no effect here.
 *
 * secur32, sspicli, security, advapi32, credui, crypt32 and ntdll (with or without .dll, in any case,
 * behind any folder) are libopensspi; kernel32 is this library; a name with .so is the dynamic
 * linker's. NULL: ERROR_MOD_NOT_FOUND for anything else, ERROR_INVALID_PARAMETER. */
OPENSSPI_API HMODULE WINAPI LoadLibraryA(LPCSTR lpLibFileName);
OPENSSPI_API HMODULE WINAPI LoadLibraryW(LPCWSTR lpLibFileName);
#define LoadLibrary OPENSSPI_AW(LoadLibrary)
OPENSSPI_API HMODULE WINAPI LoadLibraryExA(LPCSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
OPENSSPI_API HMODULE WINAPI LoadLibraryExW(LPCWSTR lpLibFileName, HANDLE hFile, DWORD dwFlags);
#define LoadLibraryEx OPENSSPI_AW(LoadLibraryEx)
OPENSSPI_API HMODULE WINAPI GetModuleHandleA(LPCSTR lpModuleName);
OPENSSPI_API HMODULE WINAPI GetModuleHandleW(LPCWSTR lpModuleName);
#define GetModuleHandle OPENSSPI_AW(GetModuleHandle)
/* The address of a name that the module itself has; NULL: ERROR_PROC_NOT_FOUND (ordinals too),
 * ERROR_INVALID_HANDLE. */
OPENSSPI_API FARPROC WINAPI GetProcAddress(HMODULE hModule, LPCSTR lpProcName);
OPENSSPI_API BOOL WINAPI FreeLibrary(HMODULE hLibModule);

/* ---- Text ------------------------------------------------------------------------------------ */

#define CP_ACP 0
#define CP_OEMCP 1
#define CP_THREAD_ACP 3
#define CP_UTF8 65001
#define MB_PRECOMPOSED 0x00000001
#define MB_ERR_INVALID_CHARS 0x00000008
#define WC_ERR_INVALID_CHARS 0x00000080
#define WC_NO_BEST_FIT_CHARS 0x00000400

/* UTF-8 (all four code pages) to UTF-16 and back. A length of -1 means up to and including the NUL; a
 * room of 0 asks for the size. What is no text becomes U+FFFD, or with the flag *_ERR_INVALID_CHARS
 * fails. 0 is failure: ERROR_INSUFFICIENT_BUFFER, ERROR_INVALID_PARAMETER, ERROR_INVALID_FLAGS,
 * ERROR_NO_UNICODE_TRANSLATION. */
OPENSSPI_API int WINAPI MultiByteToWideChar(UINT CodePage, DWORD dwFlags, LPCSTR lpMultiByteStr,
					    int cbMultiByte, LPWSTR lpWideCharStr, int cchWideChar);
OPENSSPI_API int WINAPI WideCharToMultiByte(UINT CodePage, DWORD dwFlags, LPCWSTR lpWideCharStr,
					    int cchWideChar, LPSTR lpMultiByteStr, int cbMultiByte,
					    LPCSTR lpDefaultChar, LPBOOL lpUsedDefaultChar);

/* Characters without the NUL; 0 for NULL. */
OPENSSPI_API int WINAPI lstrlenA(LPCSTR lpString);
OPENSSPI_API int WINAPI lstrlenW(LPCWSTR lpString);
#define lstrlen OPENSSPI_AW(lstrlen)
/* Less than, equal to or greater than 0, by code points; the i forms take case away (ASCII in A). */
OPENSSPI_API int WINAPI lstrcmpA(LPCSTR lpString1, LPCSTR lpString2);
OPENSSPI_API int WINAPI lstrcmpW(LPCWSTR lpString1, LPCWSTR lpString2);
#define lstrcmp OPENSSPI_AW(lstrcmp)
OPENSSPI_API int WINAPI lstrcmpiA(LPCSTR lpString1, LPCSTR lpString2);
OPENSSPI_API int WINAPI lstrcmpiW(LPCWSTR lpString1, LPCWSTR lpString2);
#define lstrcmpi OPENSSPI_AW(lstrcmpi)

#define FORMAT_MESSAGE_ALLOCATE_BUFFER 0x00000100
#define FORMAT_MESSAGE_IGNORE_INSERTS 0x00000200
#define FORMAT_MESSAGE_FROM_STRING 0x00000400
#define FORMAT_MESSAGE_FROM_HMODULE 0x00000800
#define FORMAT_MESSAGE_FROM_SYSTEM 0x00001000
#define FORMAT_MESSAGE_ARGUMENT_ARRAY 0x00002000
#define FORMAT_MESSAGE_MAX_WIDTH_MASK 0x000000FF

/* The words for a status or an error number, in English whatever dwLanguageId says. One of FROM_SYSTEM
 * and FROM_HMODULE (whose module is ignored) must be set; FROM_STRING is not served. With
 * ALLOCATE_BUFFER lpBuffer is the address of a pointer, and the text is released with LocalFree.
 * Returns the number of characters without NUL; 0: ERROR_MR_MID_NOT_FOUND,
 * ERROR_INSUFFICIENT_BUFFER, ERROR_CALL_NOT_IMPLEMENTED, ERROR_INVALID_PARAMETER. */
OPENSSPI_API DWORD WINAPI FormatMessageA(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
					 DWORD dwLanguageId, LPSTR lpBuffer, DWORD nSize,
					 void *Arguments);
OPENSSPI_API DWORD WINAPI FormatMessageW(DWORD dwFlags, LPCVOID lpSource, DWORD dwMessageId,
					 DWORD dwLanguageId, LPWSTR lpBuffer, DWORD nSize,
					 void *Arguments);
#define FormatMessage OPENSSPI_AW(FormatMessage)

OPENSSPI_END_DECLS

#endif
