/* The Win32 base functions as a ported program calls them; built with 16-bit wchar_t too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ntsecapi.h>
#include <opensspi.h>
#include <sddl.h>
#include <security.h>
#include <wincrypt.h>
#include <windows.h>

#include <opensspi_crt.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

#define W(s) OPENSSPI_WIDE(s)

static void libraries_answer_by_every_name_of_windows(void **state)
{
	static const char *const names[] = {
		"SECUR32.DLL",	"secur32.dll",	"sspicli",
		"security.dll", "advapi32.dll", "credui.dll",
		"Crypt32.DLL",	"ntdll",	"C:\\Windows\\System32\\secur32.dll"
	};
	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(names); i++) {
		HMODULE module = LoadLibraryA(names[i]);
		assert_non_null(module);
		assert_non_null(GetProcAddress(module, "InitSecurityInterfaceA"));
		assert_true(FreeLibrary(module));
	}
	HMODULE kernel = LoadLibraryW(W("kernel32.dll"));
	assert_non_null(GetProcAddress(kernel, "MultiByteToWideChar"));
	assert_true(FreeLibrary(kernel));
	assert_null(LoadLibraryA("gdi32.dll"));
	assert_int_equal(GetLastError(), ERROR_MOD_NOT_FOUND);
	assert_null(LoadLibraryA(""));
	assert_null(LoadLibraryExA("secur32", (HANDLE)1, 0));
}

static void a_module_handle_is_of_what_is_loaded(void **state)
{
	static const char rarely_loaded[] = "libanl.so.1";
	(void)state;
	assert_non_null(GetModuleHandleA("secur32"));
	assert_null(GetModuleHandleA(rarely_loaded));
	assert_int_equal(GetLastError(), ERROR_MOD_NOT_FOUND);
	HMODULE module = LoadLibraryA(rarely_loaded);
	if (!module)
		return; /* another C library */
	assert_ptr_equal(GetModuleHandleA(rarely_loaded), module);
	assert_true(FreeLibrary(module));
	assert_null(GetModuleHandleW(W("libanl.so.1")));
}

static void a_module_tells_its_own_names_only(void **state)
{
	HMODULE module = LoadLibraryExA("secur32.dll", NULL, 0);

	(void)state;
	assert_null(GetProcAddress(module, "malloc"));
	assert_int_equal(GetLastError(), ERROR_PROC_NOT_FOUND);
	assert_null(GetProcAddress(module, (LPCSTR)(uintptr_t)12));
	assert_null(GetProcAddress(NULL, "malloc"));
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	/* advapi32's names that are in the base library */
	assert_non_null(GetProcAddress(module, "LookupAccountSidA"));
	assert_true(FreeLibrary(module));
}

static void text_converts_both_ways_and_says_its_size(void **state)
{
	WCHAR wide[16];
	char narrow[16];

	(void)state;
	assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "h\xC3\xA9\xF0\x9F\x99\x82", -1, NULL, 0),
			 5);
	assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "h\xC3\xA9\xF0\x9F\x99\x82", -1, wide, 16),
			 5);
	assert_int_equal(wide[1], 0xE9);
	assert_int_equal(wide[2], 0xD83D);
	assert_int_equal(wide[4], 0);
	assert_int_equal(WideCharToMultiByte(CP_UTF8, 0, wide, -1, narrow, 16, NULL, NULL), 8);
	assert_string_equal(narrow, "h\xC3\xA9\xF0\x9F\x99\x82");
	assert_int_equal(MultiByteToWideChar(CP_ACP, 0, "abc", 3, wide, 2), 0);
	assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(MultiByteToWideChar(437, 0, "abc", 3, wide, 16), 0);
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
}

static void what_is_no_text_is_replaced_or_refused(void **state)
{
	static const WCHAR lone[] = { 'a', 0xD83D, 'b' };
	WCHAR wide[16];
	char narrow[16];
	BOOL replaced = FALSE;

	(void)state;
	assert_int_equal(MultiByteToWideChar(CP_UTF8, 0, "a\xFF\xC3", 3, wide, 16), 3);
	assert_int_equal(wide[1], 0xFFFD);
	assert_int_equal(wide[2], 0xFFFD);
	assert_int_equal(MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, "\xFF", 1, wide, 16),
			 0);
	assert_int_equal(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
	assert_int_equal(WideCharToMultiByte(CP_ACP, 0, lone, 3, narrow, 16, NULL, &replaced), 5);
	assert_memory_equal(narrow,
			    "a\xEF\xBF\xBD"
			    "b",
			    5);
	assert_true(replaced);
	assert_int_equal(
		WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, lone, 3, narrow, 16, NULL, NULL),
		0);
	assert_int_equal(GetLastError(), ERROR_NO_UNICODE_TRANSLATION);
}

static void texts_compare_with_and_without_case(void **state)
{
	(void)state;
	assert_int_equal(lstrlenA(NULL), 0);
	assert_int_equal(lstrlenW(W("four")), 4);
	assert_int_equal(lstrcmpiA("Negotiate", "NEGOTIATE"), 0);
	assert_int_equal(lstrcmpiW(W("\u00E9a"), W("\u00C9A")), 0);
	assert_true(lstrcmpW(W("a"), W("b")) < 0);
	assert_true(lstrcmpW(W("ab"), W("a")) > 0);
}

static void an_error_has_words(void **state)
{
	char text[256];
	WCHAR *wide = NULL;

	(void)state;
	DWORD n = FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, (DWORD)SEC_E_LOGON_DENIED, 0,
				 text, sizeof(text), NULL);
	assert_int_equal(n, strlen(text));
	assert_string_equal(text, "The user name, the domain or the password is wrong.\r\n");
	n = FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER |
				   FORMAT_MESSAGE_MAX_WIDTH_MASK,
			   NULL, (DWORD)HRESULT_FROM_WIN32(ERROR_ACCESS_DENIED), 0, (LPWSTR)&wide,
			   0, NULL);
	assert_int_equal(n, lstrlenW(wide));
	assert_int_equal(lstrcmpW(wide, W("Access is denied. ")), 0);
	assert_null(LocalFree(wide));
	assert_int_equal(
		FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, 0xDEADBEEF, 0, text, 256, NULL),
		0);
	assert_int_equal(GetLastError(), ERROR_MR_MID_NOT_FOUND);
	assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_SYSTEM, NULL, ERROR_ACCESS_DENIED, 0,
					text, 4, NULL),
			 0);
	assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_int_equal(FormatMessageA(FORMAT_MESSAGE_FROM_STRING, "%1", 0, 0, text, 256, NULL),
			 0);
	assert_int_equal(GetLastError(), ERROR_CALL_NOT_IMPLEMENTED);
}

static void the_callers_token_tells_who_it_is(void **state)
{
	BYTE buffer[65536];
	char name[256], domain[256], own[256];
	DWORD n = 0, name_n = sizeof(name), domain_n = sizeof(domain), own_n = sizeof(own);
	SID_NAME_USE use;
	HANDLE token = NULL;

	(void)state;
	assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
	assert_false(GetTokenInformation(token, TokenUser, NULL, 0, &n));
	assert_int_equal(GetLastError(), ERROR_INSUFFICIENT_BUFFER);
	assert_true(GetTokenInformation(token, TokenUser, buffer, n, &n));
	TOKEN_USER *user = (TOKEN_USER *)(void *)buffer;
	assert_true(IsValidSid(user->User.Sid));
	assert_true(
		LookupAccountSidA(NULL, user->User.Sid, name, &name_n, domain, &domain_n, &use));
	assert_int_equal(use, SidTypeUser);
	assert_true(GetUserNameA(own, &own_n));
	assert_string_equal(name, own);
	assert_int_equal(name_n, strlen(name));
	assert_int_equal(own_n, strlen(own) + 1);
	assert_true(GetTokenInformation(token, TokenGroups, buffer, sizeof(buffer), &n));
	assert_true(((TOKEN_GROUPS *)(void *)buffer)->GroupCount > 0);
	assert_true(GetTokenInformation(token, TokenStatistics, buffer, sizeof(buffer), &n));
	assert_int_equal(n, sizeof(TOKEN_STATISTICS));
	assert_false(GetTokenInformation(token, TokenPrivileges, buffer, sizeof(buffer), &n));
	assert_true(CloseHandle(token));
	assert_false(CloseHandle(token));
	assert_int_equal(GetLastError(), ERROR_INVALID_HANDLE);
	assert_false(OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, TRUE, &token));
	assert_int_equal(GetLastError(), ERROR_NO_TOKEN);
}

static void names_come_in_several_forms(void **state)
{
	char sam[512], again[512], computer[64];
	DWORD computer_n = sizeof(computer);
	ULONG n = sizeof(sam), m = sizeof(again);
	SID_NAME_USE use;
	BYTE sid[SECURITY_MAX_SID_SIZE];
	DWORD sid_n = sizeof(sid), domain_n = sizeof(again);

	(void)state;
	assert_true(GetUserNameExA(NameSamCompatible, sam, &n));
	assert_int_equal(n, strlen(sam));
	assert_true(GetComputerNameExA(ComputerNameNetBIOS, computer, &computer_n));
	assert_memory_equal(sam, computer, strlen(computer));
	assert_int_equal(sam[strlen(computer)], '\\');
	assert_true(TranslateNameA(sam, NameSamCompatible, NameSamCompatible, again, &m));
	assert_string_equal(sam, again);
	assert_int_equal(m, strlen(sam) + 1);
	n = 2;
	assert_false(GetUserNameExA(NameSamCompatible, sam, &n));
	assert_int_equal(GetLastError(), ERROR_MORE_DATA);
	assert_int_equal(n, strlen(again) + 1);
	n = sizeof(sam);
	assert_false(GetUserNameExA(NameUserPrincipal, sam, &n));
	assert_int_equal(GetLastError(), ERROR_NONE_MAPPED);
	assert_true(LookupAccountNameA(NULL, "NT AUTHORITY\\SYSTEM", sid, &sid_n, again, &domain_n,
				       &use));
	assert_string_equal(again, "NT AUTHORITY");
	domain_n = sizeof(again);
	sid_n = sizeof(sid);
	assert_false(
		LookupAccountNameA(NULL, "ELSEWHERE\\root", sid, &sid_n, again, &domain_n, &use));
	assert_int_equal(GetLastError(), ERROR_NONE_MAPPED);
}

static void identifiers_have_a_text(void **state)
{
	static const char *const good[] = { "S-1-5-32-544", "S-1-22-1-4294967295",
					    "S-1-0x123456789ABC-1" };
	static const char *const bad[] = { "",	       "S-1-",
					   "S-1-5",    "S-1-5-",
					   "S-2-5-32", "S-1-5-4294967296",
					   "S-1-5-x",  "S-1-5-1 ",
					   "BA",       "S-1-5-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1" };
	SID_IDENTIFIER_AUTHORITY nt = { { 0, 0, 0, 0, 0, 5 } };
	PSID sid = NULL, admins = NULL;
	char *text = NULL;
	BOOL member = TRUE;

	(void)state;
	for (size_t i = 0; i < ARRAYSIZE(good); i++) {
		assert_true(ConvertStringSidToSidA(good[i], &sid));
		assert_true(ConvertSidToStringSidA(sid, &text));
		assert_int_equal(strcasecmp(good[i], text), 0);
		LocalFree(text);
		LocalFree(sid);
	}
	for (size_t i = 0; i < ARRAYSIZE(bad); i++) {
		assert_false(ConvertStringSidToSidA(bad[i], &sid));
		assert_int_equal(GetLastError(), ERROR_INVALID_SID);
	}
	assert_true(AllocateAndInitializeSid(&nt, 2, 32, 544, 0, 0, 0, 0, 0, 0, &admins));
	assert_true(CheckTokenMembership(NULL, admins, &member));
	assert_int_equal(member, geteuid() == 0);
	assert_true(ConvertStringSidToSidW(W("S-1-5-32-544"), &sid));
	assert_true(EqualSid(sid, admins));
	assert_null(FreeSid(admins));
	LocalFree(sid);
}

static void times_convert_and_nonsense_is_refused(void **state)
{
	SYSTEMTIME t = { 2026, 2, 0, 28, 23, 59, 58, 123 }, back;
	FILETIME f;

	(void)state;
	assert_true(SystemTimeToFileTime(&t, &f));
	assert_true(FileTimeToSystemTime(&f, &back));
	t.wDayOfWeek = 6;
	assert_memory_equal(&t, &back, sizeof(t));
	t.wDay = 30; /* of February */
	assert_false(SystemTimeToFileTime(&t, &f));
	assert_int_equal(GetLastError(), ERROR_INVALID_PARAMETER);
	f = (FILETIME){ 0, 0 };
	assert_true(FileTimeToSystemTime(&f, &back));
	assert_int_equal(back.wYear, 1601);
	f.dwHighDateTime = 0x80000000;
	assert_false(FileTimeToSystemTime(&f, &back));
	GetSystemTime(&back);
	assert_true(back.wYear >= 2026);
}

static void heap_and_locks_work(void **state)
{
	CRITICAL_SECTION section;
	char *block = HeapAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, 10);

	(void)state;
	assert_non_null(block);
	assert_true(HeapSize(GetProcessHeap(), 0, block) >= 10);
	block = HeapReAlloc(GetProcessHeap(), HEAP_ZERO_MEMORY, block, 4096);
	assert_int_equal(block[4095], 0);
	assert_true(HeapFree(GetProcessHeap(), 0, block));
	assert_null(HeapAlloc(NULL, 0, 1));
	InitializeCriticalSection(&section);
	EnterCriticalSection(&section);
	EnterCriticalSection(&section); /* again, by the same thread */
	assert_true(TryEnterCriticalSection(&section));
	LeaveCriticalSection(&section);
	LeaveCriticalSection(&section);
	LeaveCriticalSection(&section);
	DeleteCriticalSection(&section);
}

static void counted_strings_are_views(void **state)
{
	UNICODE_STRING u;
	STRING s;

	(void)state;
	RtlInitUnicodeString(&u, W("abc"));
	assert_int_equal(u.Length, 6);
	assert_int_equal(u.MaximumLength, 8);
	RtlInitUnicodeString(&u, NULL);
	assert_int_equal(u.MaximumLength, 0);
	RtlInitAnsiString(&s, "abc");
	assert_int_equal(s.Length, 3);
}

static void bytes_become_base64_and_come_back(void **state)
{
	BYTE bytes[100], back[100];
	char text[256];
	DWORD n = 0, room = sizeof(text), got = sizeof(back), form = 0, skipped = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (BYTE)i;
	assert_true(CryptBinaryToStringA(bytes, 100, CRYPT_STRING_BASE64, NULL, &n));
	assert_true(CryptBinaryToStringA(bytes, 100, CRYPT_STRING_BASE64, text, &room));
	assert_int_equal(room, strlen(text));
	assert_int_equal(n, room + 1);
	assert_memory_equal(text + 64, "\r\n", 2);
	assert_true(
		CryptStringToBinaryA(text, 0, CRYPT_STRING_BASE64, back, &got, &skipped, &form));
	assert_int_equal(got, 100);
	assert_memory_equal(bytes, back, 100);
	assert_int_equal(skipped, 0);
	assert_int_equal(form, CRYPT_STRING_BASE64);
	room = 8;
	assert_false(CryptBinaryToStringA(bytes, 6, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF, text,
					  &room));
	assert_int_equal(OpensspiGetLastError(), ERROR_MORE_DATA);
	assert_int_equal(room, 9);
	assert_true(CryptBinaryToStringA(bytes, 6, CRYPT_STRING_BASE64 | CRYPT_STRING_NOCRLF, text,
					 &room));
	assert_string_equal(text, "AAECAwQF");
	got = 2;
	assert_false(CryptStringToBinaryA("AAEC", 0, CRYPT_STRING_BASE64, back, &got, NULL, NULL));
	assert_int_equal(OpensspiGetLastError(), ERROR_MORE_DATA);
	assert_int_equal(got, 3);
	static const char *const bad[] = { "AAE", "A===", "AA!C", "AAEC=", "=AEC" };
	for (size_t i = 0; i < ARRAYSIZE(bad); i++) {
		got = sizeof(back);
		assert_false(CryptStringToBinaryA(bad[i], 0, CRYPT_STRING_BASE64, back, &got, NULL,
						  NULL));
		assert_int_equal(OpensspiGetLastError(), ERROR_INVALID_DATA);
	}
	assert_false(CryptBinaryToStringA(bytes, 6, CRYPT_STRING_HEX, text, &room));
	assert_int_equal(OpensspiGetLastError(), ERROR_NOT_SUPPORTED);
}

static void a_forked_child_still_opens_tokens(void **state)
{
	HANDLE token;
	int status;

	(void)state;
	assert_true(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token));
	pid_t child = fork();
	if (child == 0) {
		HANDLE own;
		_exit(OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own) && CloseHandle(own)
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_true(CloseHandle(token));
}

static void the_secure_string_functions_empty_what_does_not_fit(void **state)
{
	char text[6] = "ab";
	WCHAR wide[6] = { 'a', 0 };

	(void)state;
	assert_int_equal(strcat_s(text, sizeof(text), "cde"), 0);
	assert_string_equal(text, "abcde");
	assert_int_not_equal(strcat_s(text, sizeof(text), "f"), 0);
	assert_string_equal(text, "");
	assert_int_not_equal(strcpy_s(text, 0, "f"), 0);
	assert_int_equal(opensspi_wcscat_s(wide, 6, W("bcde")), 0);
	assert_int_equal(opensspi_wcslen(wide), 5);
	assert_int_not_equal(opensspi_wcscpy_s(wide, 6, W("abcdef")), 0);
	assert_int_equal(wide[0], 0);
}

static void wide_strings_search_and_compare(void **state)
{
	WCHAR text[32];

	(void)state;
	opensspi_wcscpy(text, W("git:https"));
	opensspi_wcscat(text, W("://host"));
	assert_ptr_equal(opensspi_wcsstr(text, W("://")), text + 9);
	assert_null(opensspi_wcsstr(text, W("ftp")));
	assert_ptr_equal(opensspi_wcschr(text, ':'), text + 3);
	assert_ptr_equal(opensspi_wcsrchr(text, '/'), text + 11);
	assert_int_equal(opensspi_wcsncmp(text, W("git;"), 3), 0);
	assert_int_equal(opensspi_wcsicmp(text, W("GIT:HTTPS://HOST")), 0);
	opensspi_wcsncat(text, W("xyz"), 1);
	WCHAR *copy = opensspi_wcsdup(text);
	assert_int_equal(opensspi_wcscmp(copy, W("git:https://hostx")), 0);
	free(copy);
#if __SIZEOF_WCHAR_T__ == 2
	/* The C library's own names, which would read 32 bits had the header not turned them. */
	assert_int_equal(wcslen(L"four"), 4);
	assert_int_equal(_wcsicmp(L"Four", L"fOUR"), 0);
#endif
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(libraries_answer_by_every_name_of_windows),
		cmocka_unit_test(a_module_handle_is_of_what_is_loaded),
		cmocka_unit_test(a_module_tells_its_own_names_only),
		cmocka_unit_test(text_converts_both_ways_and_says_its_size),
		cmocka_unit_test(what_is_no_text_is_replaced_or_refused),
		cmocka_unit_test(texts_compare_with_and_without_case),
		cmocka_unit_test(an_error_has_words),
		cmocka_unit_test(the_callers_token_tells_who_it_is),
		cmocka_unit_test(names_come_in_several_forms),
		cmocka_unit_test(identifiers_have_a_text),
		cmocka_unit_test(times_convert_and_nonsense_is_refused),
		cmocka_unit_test(heap_and_locks_work),
		cmocka_unit_test(counted_strings_are_views),
		cmocka_unit_test(bytes_become_base64_and_come_back),
		cmocka_unit_test(a_forked_child_still_opens_tokens),
		cmocka_unit_test(the_secure_string_functions_empty_what_does_not_fit),
		cmocka_unit_test(wide_strings_search_and_compare),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
