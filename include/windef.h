/* windef.h - Windows' basic types, with Windows' sizes on a 64-bit Linux.
 *
 * ULONG, DWORD and LONG have 32 bits whatever `long` has here. WCHAR has 16: it is wchar_t where
 * the compiler was told so (-fshort-wchar), else char16_t in C++ and uint16_t in C, which u""
 * literals fit. Both choices give the same layouts and the same calls.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_WINDEF_H
#define OPENSSPI_WINDEF_H

#include <stddef.h>
#include <stdint.h>

#include "sal.h"

/* Every public prototype stands between these two, and carries OPENSSPI_API. */
#ifdef __cplusplus
#define OPENSSPI_BEGIN_DECLS extern "C" {
#define OPENSSPI_END_DECLS }
#else
#define OPENSSPI_BEGIN_DECLS
#define OPENSSPI_END_DECLS
#endif
#ifndef OPENSSPI_API
#define OPENSSPI_API __attribute__((visibility("default")))
#endif

/* Calling conventions and old memory models: one of each here. */
#ifndef WINAPI
#define WINAPI
#endif
#ifndef APIENTRY
#define APIENTRY WINAPI
#endif
#ifndef CALLBACK
#define CALLBACK
#endif
#ifndef NTAPI
#define NTAPI
#endif
#ifndef FAR
#define FAR
#endif
#ifndef NEAR
#define NEAR
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef VOID
#define VOID void
#endif
#ifndef UNALIGNED
#define UNALIGNED
#endif

#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif
#ifndef NULL
#ifdef __cplusplus
#define NULL nullptr
#else
#define NULL ((void *)0)
#endif
#endif

/* 16-bit characters and their literals. OPENSSPI_WIDE("x") is a WCHAR literal in every mode. */
#if __SIZEOF_WCHAR_T__ == 2
typedef wchar_t WCHAR;
#define OPENSSPI_WIDE_(s) L##s
#elif defined(__cplusplus)
typedef char16_t WCHAR;
#define OPENSSPI_WIDE_(s) u##s
#else
typedef uint16_t WCHAR;
#define OPENSSPI_WIDE_(s) u##s
#endif
#define OPENSSPI_WIDE(s) OPENSSPI_WIDE_(s)

/* Integers */
typedef char CHAR, *PCHAR;
typedef unsigned char UCHAR, *PUCHAR;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef BYTE BOOLEAN, *PBOOLEAN;
typedef int16_t SHORT, *PSHORT;
typedef uint16_t USHORT, *PUSHORT;
typedef uint16_t WORD, *PWORD, *LPWORD;
typedef int INT, *PINT, *LPINT;
typedef unsigned int UINT, *PUINT, *LPUINT;
typedef int32_t LONG, *PLONG, *LPLONG;
typedef uint32_t ULONG, *PULONG;
typedef uint32_t DWORD, *PDWORD, *LPDWORD;
typedef int BOOL, *PBOOL, *LPBOOL;
typedef int8_t INT8, *PINT8;
typedef uint8_t UINT8, *PUINT8;
typedef int16_t INT16, *PINT16;
typedef uint16_t UINT16, *PUINT16;
typedef int32_t INT32, *PINT32, LONG32, *PLONG32;
typedef uint32_t UINT32, *PUINT32, ULONG32, *PULONG32, DWORD32, *PDWORD32;
typedef long long LONGLONG, *PLONGLONG, INT64, *PINT64, LONG64, *PLONG64;
typedef unsigned long long ULONGLONG, *PULONGLONG, UINT64, *PUINT64, ULONG64, *PULONG64;
typedef unsigned long long DWORDLONG, *PDWORDLONG, DWORD64, *PDWORD64, QWORD;
typedef float FLOAT;
typedef intptr_t INT_PTR, *PINT_PTR, LONG_PTR, *PLONG_PTR;
typedef uintptr_t UINT_PTR, *PUINT_PTR, ULONG_PTR, *PULONG_PTR, DWORD_PTR, *PDWORD_PTR;
typedef size_t SIZE_T, *PSIZE_T;
typedef intptr_t SSIZE_T, *PSSIZE_T;

/* Status types: negative is failure in all three. */
typedef LONG NTSTATUS, *PNTSTATUS;
typedef LONG HRESULT;

/* Pointers and strings. CHAR strings are UTF-8. */
typedef void *PVOID, *LPVOID;
typedef const void *PCVOID, *LPCVOID;
typedef CHAR *PSTR, *LPSTR, *NPSTR;
typedef const CHAR *PCSTR, *LPCSTR, *PCCH;
typedef WCHAR *PWCHAR, *PWSTR, *LPWSTR, *PWCH, *LPWCH, *NWPSTR;
typedef const WCHAR *PCWSTR, *LPCWSTR, *PCWCH, *LPCWCH;
#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR, *PTSTR, *LPTSTR;
typedef const WCHAR *PCTSTR, *LPCTSTR;
#define OPENSSPI_TEXT_(s) OPENSSPI_WIDE(s)
#else
typedef CHAR TCHAR, *PTCHAR, *PTSTR, *LPTSTR;
typedef const CHAR *PCTSTR, *LPCTSTR;
#define OPENSSPI_TEXT_(s) s
#endif
#ifndef TEXT
#define TEXT(s) OPENSSPI_TEXT_(s)
#endif

/* Handles are opaque; never dereference one. */
typedef void *HANDLE, **PHANDLE, **LPHANDLE;
typedef HANDLE HMODULE, HINSTANCE, HLOCAL, HGLOBAL, HWND, HBITMAP, HKEY;
typedef intptr_t (*FARPROC)(void);
#ifndef INVALID_HANDLE_VALUE
#define INVALID_HANDLE_VALUE ((HANDLE)(LONG_PTR)-1)
#endif

typedef struct _GUID {
	uint32_t Data1;
	uint16_t Data2;
	uint16_t Data3;
	uint8_t Data4[8];
} GUID, *LPGUID;
typedef const GUID *LPCGUID;
#ifndef DEFINE_GUID
/* A constant of internal linkage per including file: no library needs to carry the data. */
#define DEFINE_GUID(name, l, w1, w2, b1, b2, b3, b4, b5, b6, b7, b8)                               \
	static const GUID name __attribute__((unused)) = {                                         \
		(l), (w1), (w2), { (b1), (b2), (b3), (b4), (b5), (b6), (b7), (b8) }                \
	}
#endif

typedef struct _LUID {
	DWORD LowPart;
	LONG HighPart;
} LUID, *PLUID;

typedef union _LARGE_INTEGER {
	__extension__ struct {
		DWORD LowPart;
		LONG HighPart;
	};
	struct {
		DWORD LowPart;
		LONG HighPart;
	} u;
	LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
	__extension__ struct {
		DWORD LowPart;
		DWORD HighPart;
	};
	struct {
		DWORD LowPart;
		DWORD HighPart;
	} u;
	ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

/* 100 ns units since 1601-01-01, in two halves. */
typedef struct _FILETIME {
	DWORD dwLowDateTime;
	DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

typedef struct _SYSTEMTIME {
	WORD wYear;
	WORD wMonth;
	WORD wDayOfWeek;
	WORD wDay;
	WORD wHour;
	WORD wMinute;
	WORD wSecond;
	WORD wMilliseconds;
} SYSTEMTIME, *PSYSTEMTIME, *LPSYSTEMTIME;

/* Counted strings: lengths in bytes, NUL not counted and not promised. */
typedef struct _UNICODE_STRING {
	USHORT Length;
	USHORT MaximumLength;
	PWSTR Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

typedef struct _STRING {
	USHORT Length;
	USHORT MaximumLength;
	PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING;
typedef const STRING *PCSTRING, *PCANSI_STRING;

#ifndef MAX_PATH
#define MAX_PATH 260
#endif
#ifndef ANYSIZE_ARRAY
#define ANYSIZE_ARRAY 1
#endif
#define MAXUCHAR 0xff
#define MAXUSHORT 0xffff
#define MAXULONG 0xffffffffU
#define MAXDWORD 0xffffffffU
#define MAXLONGLONG 0x7fffffffffffffffLL

#ifndef NT_SUCCESS
#define NT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#define NT_INFORMATION(status) ((ULONG)(status) >> 30 == 1)
#define NT_WARNING(status) ((ULONG)(status) >> 30 == 2)
#define NT_ERROR(status) ((ULONG)(status) >> 30 == 3)
#endif

#ifndef UNREFERENCED_PARAMETER
#define UNREFERENCED_PARAMETER(p) ((void)(p))
#endif
#ifndef ARRAYSIZE
#define ARRAYSIZE(a) (sizeof(a) / sizeof((a)[0]))
#endif
#ifndef C_ASSERT
#ifdef __cplusplus
#define C_ASSERT(e) static_assert(e, #e)
#else
#define C_ASSERT(e) _Static_assert(e, #e)
#endif
#endif
#define LOBYTE(w) ((BYTE)((DWORD_PTR)(w)&0xff))
#define HIBYTE(w) ((BYTE)((DWORD_PTR)(w) >> 8 & 0xff))
#define LOWORD(l) ((WORD)((DWORD_PTR)(l)&0xffff))
#define HIWORD(l) ((WORD)((DWORD_PTR)(l) >> 16 & 0xffff))
#define MAKEWORD(lo, hi) ((WORD)((BYTE)(lo) | (WORD)(BYTE)(hi) << 8))
#define MAKELONG(lo, hi) ((LONG)((WORD)(lo) | (DWORD)(WORD)(hi) << 16))

/* A name that means its A or its W form: Foo is FooA or FooW, foo_FN is foo_FN_A or foo_FN_W. Only
 * UNICODE decides. */
#ifdef UNICODE
#define OPENSSPI_AW(name) name##W
#define OPENSSPI_U_AW(name) name##_W
#else
#define OPENSSPI_AW(name) name##A
#define OPENSSPI_U_AW(name) name##_A
#endif

/* An out-parameter for 32 flag bits. Much Windows code declares the variable `unsigned long`, which
 * has 64 bits here; C callers may pass either pointer, and the low half is written (clear the
 * variable first if its upper half matters). C++ callers, those who want -Wpedantic silence, and
 * the library itself, see a plain ULONG *. The binary interface is the same. */
#if defined(__cplusplus) || defined(OPENSSPI_PLAIN_PULONG)
typedef ULONG *OPENSSPI_PULONG;
#else
typedef union {
	ULONG *as_ulong;
	unsigned long *as_long;
} OPENSSPI_PULONG __attribute__((transparent_union));
#endif

#endif
