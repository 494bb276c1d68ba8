/* baselib/module.c - LoadLibrary and GetProcAddress: Windows' names of our libraries mean ours.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Other names are the dynamic linker's business when they are a path or end in .so; what Windows
 * alone has is not found. A name is answered from the object it was asked of, never from what that
 * object happens to be linked with. */
#include <windows.h>

#include <dlfcn.h>
#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/compiler.h"
#include "base/utf.h"
#include "baselib/error.h"

static const char *const security_names[] = { "secur32", "sspicli", "security", "advapi32",
					      "credui",	 "crypt32", "ntdll" };
static const char *const base_names[] = { "kernel32", "kernelbase" };

static bool listed(const char *const *names, size_t count, const char *name, size_t n)
{
	for (size_t i = 0; i < count; i++)
		if (strlen(names[i]) == n && strncasecmp(names[i], name, n) == 0)
			return true;
	return false;
}

/* The object that this code is in. */
static void *base_object(void)
{
	Dl_info info;
	return dladdr(&security_names, &info) ? dlopen(info.dli_fname, RTLD_LAZY | RTLD_LOCAL)
					      : NULL;
}

/* libopensspi: the one already here, else the one beside this library, else the system's. */
static void *security_object(void)
{
	static const char soname[] = "libopensspi.so.0";
	void *object = dlopen(soname, RTLD_LAZY | RTLD_LOCAL | RTLD_NOLOAD);
	char path[PATH_MAX];
	Dl_info info;

	if (!object && dladdr(&security_names, &info) && strrchr(info.dli_fname, '/')) {
		int folder = (int)(strrchr(info.dli_fname, '/') - info.dli_fname);
		int n = snprintf(path, sizeof(path), "%.*s/%s", folder, info.dli_fname, soname);
		if (n > 0 && (size_t)n < sizeof(path))
			object = dlopen(path, RTLD_LAZY | RTLD_LOCAL);
	}
	return object ? object : dlopen(soname, RTLD_LAZY | RTLD_LOCAL);
}

/* Another object: a path or a name with .so. With `loaded` only if it is in the process already; whoever
 * loaded it holds it, so the count that dlopen takes is given back. */
static void *other_object(const char *name, const char *file, bool loaded)
{
	size_t n = strlen(file);

	if (!(n > 3 && strcmp(file + n - 3, ".so") == 0) && !strstr(file, ".so."))
		return NULL;
	void *object = dlopen(name, RTLD_LAZY | RTLD_LOCAL | (loaded ? RTLD_NOLOAD : 0));
	if (object && loaded)
		dlclose(object);
	return object;
}

/* Our own objects are always found and stay. */
static HMODULE module_find(LPCSTR name, bool loaded)
{
	void *object = NULL;

	if (!name || !*name)
		return error_null(ERROR_INVALID_PARAMETER);
	const char *slash = strrchr(name, '/'), *backslash = strrchr(name, '\\');
	const char *last = backslash && backslash > slash ? backslash : slash;
	const char *file = last ? last + 1 : name;
	size_t n = strlen(file);
	if (n > 4 && strcasecmp(file + n - 4, ".dll") == 0)
		n -= 4;
	if (listed(security_names, ARRAY_LEN(security_names), file, n))
		object = security_object();
	else if (listed(base_names, ARRAY_LEN(base_names), file, n))
		object = base_object();
	else
		object = other_object(name, file, loaded);
	return object ? object : error_null(ERROR_MOD_NOT_FOUND);
}

HMODULE WINAPI LoadLibraryA(LPCSTR name)
{
	return module_find(name, false);
}

HMODULE WINAPI LoadLibraryW(LPCWSTR name)
{
	CLEANUP(mem_free_p) char *narrow = NULL;

	if (!name || !utf8_from_utf16(name, utf16_len(name), &narrow, NULL))
		return error_null(ERROR_INVALID_PARAMETER);
	return LoadLibraryA(narrow);
}

HMODULE WINAPI LoadLibraryExA(LPCSTR name, HANDLE file, DWORD flags)
{
	(void)flags;
	return file ? error_null(ERROR_INVALID_PARAMETER) : LoadLibraryA(name);
}

HMODULE WINAPI LoadLibraryExW(LPCWSTR name, HANDLE file, DWORD flags)
{
	(void)flags;
	return file ? error_null(ERROR_INVALID_PARAMETER) : LoadLibraryW(name);
}

HMODULE WINAPI GetModuleHandleA(LPCSTR name)
{
	return name ? module_find(name, true) : dlopen(NULL, RTLD_LAZY);
}

HMODULE WINAPI GetModuleHandleW(LPCWSTR name)
{
	CLEANUP(mem_free_p) char *narrow = NULL;

	if (name && !utf8_from_utf16(name, utf16_len(name), &narrow, NULL))
		return error_null(ERROR_INVALID_PARAMETER);
	return GetModuleHandleA(narrow);
}

/* The symbol if that very object defines it; dlsym alone looks into what it is linked with, too. The
 * program itself (its name is "") is all it is linked with. */
static void *own_symbol(void *object, const char *name)
{
	void *symbol = object ? dlsym(object, name) : NULL;
	struct link_map *map;
	Dl_info where;

	if (!symbol || dlinfo(object, RTLD_DI_LINKMAP, &map) != 0 || !*map->l_name)
		return symbol;
	bool own = dladdr(symbol, &where) && (uintptr_t)where.dli_fbase == map->l_addr;
	return own ? symbol : NULL;
}

FARPROC WINAPI GetProcAddress(HMODULE module, LPCSTR name)
{
	/* What an address below 64 KiB would be on Windows: an ordinal. We have none. */
	if (!module || (uintptr_t)name < 0x10000)
		return error_null(module ? ERROR_PROC_NOT_FOUND : ERROR_INVALID_HANDLE);
	void *symbol = own_symbol(module, name);
	/* Names that Windows has in advapi32 or ntdll and we have in the base library. */
	if (!symbol && own_symbol(module, "InitSecurityInterfaceA")) {
		void *base = base_object();
		symbol = own_symbol(base, name);
		if (base)
			dlclose(base);
	}
	if (!symbol)
		return error_null(ERROR_PROC_NOT_FOUND);
	FARPROC address;
	memcpy(&address, &symbol, sizeof(address));
	return address;
}

BOOL WINAPI FreeLibrary(HMODULE module)
{
	if (!module || dlclose(module) != 0)
		return error_set(ERROR_INVALID_HANDLE);
	return TRUE;
}
