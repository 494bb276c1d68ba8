/* A program as Windows has them: Windows' spellings, names looked up in secur32.dll, default wide text. */
#define SECURITY_WIN32
#include <Windows.h>
#include <Security.h>
#include <Sddl.h>
#include <io.h>
#include <tchar.h>

static INIT_SECURITY_INTERFACE_W find_interface(void)
{
	HMODULE module = LoadLibrary(_T("SECUR32.DLL"));
	FARPROC found = module ? GetProcAddress(module, "InitSecurityInterfaceW") : NULL;
	INIT_SECURITY_INTERFACE_W init;

	memcpy(&init, &found, sizeof(init));
	return init;
}

static void complain(SECURITY_STATUS status)
{
	LPWSTR text = NULL;
	char narrow[512];

	if (!FormatMessageW(FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_ALLOCATE_BUFFER, NULL,
			    (DWORD)status, MAKELANGID(LANG_NEUTRAL, SUBLANG_DEFAULT), (LPWSTR)&text,
			    0, NULL))
		return;
	WideCharToMultiByte(CP_UTF8, 0, text, -1, narrow, sizeof(narrow), NULL, NULL);
	LocalFree(text);
	fputs(narrow, stdout);
}

int main(void)
{
	WCHAR name[256];
	char narrow[256];
	ULONG n = ARRAYSIZE(name);
	PSecPkgInfoW info;

	_setmode(_fileno(stdout), _O_BINARY);
	INIT_SECURITY_INTERFACE_W init = find_interface();
	if (!init || init()->QuerySecurityPackageInfoW(L"ntlm", &info) != SEC_E_OK)
		return 1;
	if (_wcsicmp(info->Name, NTLMSP_NAME) != 0 || wcslen(info->Name) != 4)
		return 2;
	init()->FreeContextBuffer(info);
	if (!GetUserNameEx(NameSamCompatible, name, &n) || wcschr(name, L'\\') == NULL)
		return 3;
	WideCharToMultiByte(CP_ACP, 0, name, -1, narrow, sizeof(narrow), NULL, NULL);
	printf("%s\n", narrow);
	complain(QuerySecurityPackageInfoW(L"nosuch", &info));
	return 0;
}
