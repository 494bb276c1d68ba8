/* tests/packages/hostile.c - a security package that does wrong whatever its file's name says.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Tests copy the module under the name of a misdeed ("count-zero.so"); without one of those it is a package
 * that works and is called as its file. It is built from the public headers alone. */
#include <dlfcn.h>
#include <ntsecpkg.h>
#include <ntstatus.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))
#define V1_SIZE (27 * sizeof(void *))

static char own_name[64];
static WCHAR wide_name[64];
static _Alignas(8) WCHAR long_text[5000];
static PLSA_SECPKG_FUNCTION_TABLE lsa;
static void *page;

static int is(const char *misdeed)
{
	return strcmp(own_name, misdeed) == 0;
}

/* The file's name without folder and ".so". */
static void learn_name(void)
{
	Dl_info info;
	const char *file = dladdr((void *)(uintptr_t)&learn_name, &info) ? strrchr(info.dli_fname, '/') : NULL;

	for (size_t i = 0; file && file[i + 1] && file[i + 1] != '.' && i < sizeof(own_name) - 1; i++) {
		own_name[i] = file[i + 1];
		wide_name[i] = (WCHAR)file[i + 1];
	}
	for (size_t i = 0; i < sizeof(long_text) / sizeof(long_text[0]); i++)
		long_text[i] = 'x'; /* without an end */
}

/* ---- a thread of its own, which calls back while the LSA starts and goes on ---- */

static pthread_t thread;
static atomic_int stop;

static void *call_back(void *unused)
{
	static UNICODE_STRING nobody = { 12, 12, (PWSTR)OPENSSPI_WIDE("nobody") };
	LUID session = { 4711, 0 };
	SECPKG_CLIENT_INFO client;
	SECPKG_CALL_INFO call;
	PENCRYPTED_CREDENTIALW credential;
	PVOID answer;
	ULONG size;
	NTSTATUS verdict;
	char bytes[13] = "some bytes..";

	while (!stop) {
		PVOID block = lsa->AllocateLsaHeap(100);
		lsa->FreeLsaHeap(block);
		lsa->FreePrivateHeap(lsa->AllocatePrivateHeap(100));
		lsa->GetClientInfo(&client);
		lsa->GetCallInfo(&call);
		lsa->LsaProtectMemory(bytes, sizeof(bytes));
		lsa->LsaUnprotectMemory(bytes, sizeof(bytes));
		lsa->CrediRead(&session, CREDP_FLAGS_IN_PROCESS, (LPWSTR)OPENSSPI_WIDE("x"), 1, 0, &credential);
		lsa->CallPackage(&nobody, bytes, sizeof(bytes), &answer, &size, &verdict);
		lsa->DeleteLogonSession(&session);
		usleep(100);
	}
	return NULL;
}

/* ---- what is done while the program's first call is still on its way ---- */

static SECURITY_STATUS call_sspi(void)
{
	SECURITY_STATUS(SEC_ENTRY * enumerate)(PULONG, PSecPkgInfoA *);
	void *symbol = dlsym(RTLD_DEFAULT, "EnumerateSecurityPackagesA");
	PSecPkgInfoA info;
	ULONG count;

	memcpy(&enumerate, &symbol, sizeof(enumerate));
	return symbol ? enumerate(&count, &info) : SEC_E_OK;
}

static NTSTATUS fork_once(void)
{
	int status = 1;
	pid_t child = fork();

	if (child == 0)
		_exit(0);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 ? STATUS_SUCCESS : STATUS_UNSUCCESSFUL;
}

/* ---- the LSA half ---- */

static NTSTATUS NTAPI initialize(ULONG_PTR id, PSECPKG_PARAMETERS parameters, PLSA_SECPKG_FUNCTION_TABLE table)
{
	lsa = table;
	if (is("initialize-fails"))
		return STATUS_UNSUCCESSFUL;
	if (is("initialize-garbage"))
		return (NTSTATUS)0xDEADBEEF;
	if (is("table-freed"))
		munmap(page, (size_t)sysconf(_SC_PAGESIZE));
	if (is("calls-sspi") && call_sspi() >= 0)
		return STATUS_UNSUCCESSFUL; /* it is too early for an answer */
	if (is("forks"))
		return fork_once();
	if (is("threads"))
		return pthread_create(&thread, NULL, call_back, NULL) == 0 ? STATUS_SUCCESS : STATUS_NO_MEMORY;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI shutdown_(VOID)
{
	stop = 1;
	return is("threads") && pthread_join(thread, NULL) ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static NTSTATUS NTAPI get_info(PSecPkgInfoW info)
{
	static WCHAR lone[] = { 'a', 0xD800, 'b', 0 }, twin[] = { 'm', 'O', 'c', 'K', 0 }, nothing[] = { 0 };

	memset(info, 0xFF, sizeof(*info));
	info->Name = is("name-null")		 ? NULL
		     : is("name-empty")		 ? nothing
		     : is("name-long")		 ? long_text
		     : is("name-lone-surrogate") ? lone
		     : is("name-twin")		 ? twin
						 : wide_name;
	info->Comment = is("comment-long") ? long_text : is("comment-null") ? NULL : wide_name;
	return is("getinfo-fails") ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static NTSTATUS NTAPI nameless_info(PSecPkgInfoW info)
{
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI second_info(PSecPkgInfoW info)
{
	static WCHAR second[] = { 's', 'e', 'c', 'o', 'n', 'd', 0 };

	info->Name = second;
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI extended(SECPKG_EXTENDED_INFORMATION_CLASS class, PSECPKG_EXTENDED_INFORMATION *out)
{
	static SECPKG_EXTENDED_INFORMATION own = { .Class = SecpkgMutualAuthLevel };

	*out = is("traits-own") ? &own : NULL; /* nobody may free that */
	if (is("traits-short"))
		*out = lsa->AllocateLsaHeap(sizeof(class));
	if (is("traits-short") && *out)
		memcpy(*out, &class, sizeof(class));
	return STATUS_SUCCESS;
}

static NTSTATUS NTAPI acquire(PUNICODE_STRING principal, ULONG use, PLUID logon, PVOID auth, PVOID get_key,
			      PVOID get_key_argument, PLSA_SEC_HANDLE handle, PTimeStamp expiry)
{
	*handle = is("handle-zero") ? 0 : 1;
	expiry->QuadPart = is("expiry-garbage") ? INT64_MIN : 0;
	return is("acquire-garbage") ? 0x12345678 : is("acquire-minus-one") ? -1 : SEC_E_OK;
}

/* The token's four bytes are the status; without one everything is as it should be. */
static NTSTATUS leg(PSecBufferDesc in, PSecBufferDesc out, PLSA_SEC_HANDLE fresh, PBOOLEAN mapped, PSecBuffer data)
{
	NTSTATUS status = SEC_E_OK;

	if (in && in->cBuffers && in->pBuffers[0].cbBuffer == sizeof(status))
		memcpy(&status, in->pBuffers[0].pvBuffer, sizeof(status));
	*fresh = is("context-zero") ? 0 : 1;
	if (out && out->cBuffers)
		out->pBuffers[0].cbBuffer = 0;
	if (is("unmapped"))
		return status;
	*mapped = is("mapped-garbage") ? 0x7F : TRUE;
	*data = is("packed-null") ? (SecBuffer){ 100, SECBUFFER_TOKEN, NULL }
				  : (SecBuffer){ 4, SECBUFFER_TOKEN, lsa->AllocateLsaHeap(4) };
	return status;
}

static NTSTATUS NTAPI init_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE handle, PUNICODE_STRING target,
				   ULONG requirements, ULONG drep, PSecBufferDesc in, PLSA_SEC_HANDLE fresh,
				   PSecBufferDesc out, PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped,
				   PSecBuffer data)
{
	return leg(in, out, fresh, mapped, data);
}

static NTSTATUS NTAPI accept_context(LSA_SEC_HANDLE credential, LSA_SEC_HANDLE handle, PSecBufferDesc in,
				     ULONG requirements, ULONG drep, PLSA_SEC_HANDLE fresh, PSecBufferDesc out,
				     PULONG attributes, PTimeStamp expiry, PBOOLEAN mapped, PSecBuffer data)
{
	return leg(in, out, fresh, mapped, data);
}

static NTSTATUS NTAPI release(LSA_SEC_HANDLE handle)
{
	return (NTSTATUS)0xC0FFEE00;
}

/* The message's four bytes are the status; the verdict is nonsense in any case. */
static NTSTATUS NTAPI message(PLSA_CLIENT_REQUEST request, PVOID submit, PVOID base, ULONG size, PVOID *answer,
			      PULONG answer_size, PNTSTATUS verdict)
{
	NTSTATUS status = STATUS_SUCCESS;

	if (size == sizeof(status))
		memcpy(&status, submit, sizeof(status));
	*answer_size = 100; /* of nothing */
	*verdict = (NTSTATUS)0xDEADBEEF;
	return status;
}

#define WHOLE_TABLE                                                                                                    \
	{                                                                                                              \
		.Initialize = initialize, .Shutdown = shutdown_, .GetInfo = get_info,                                  \
		.AcquireCredentialsHandle = acquire, .FreeCredentialsHandle = release,                                 \
		.InitLsaModeContext = init_context, .AcceptLsaModeContext = accept_context, .DeleteContext = release,  \
		.GetExtendedInformation = extended, .CallPackageUntrusted = message,                                   \
	}

/* Three packages: the one in the middle has no name. */
static SECPKG_FUNCTION_TABLE tables[3] = { WHOLE_TABLE, WHOLE_TABLE, WHOLE_TABLE };

/* A copy of the first table whose last byte is the last of its page; nothing is readable after it. */
static PSECPKG_FUNCTION_TABLE table_at_an_edge(size_t size)
{
	size_t n = (size_t)sysconf(_SC_PAGESIZE);
	char *two = mmap(NULL, 2 * n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (two == MAP_FAILED || mprotect(two + n, n, PROT_NONE) != 0)
		return NULL;
	page = two;
	return memcpy(two + n - size, &tables[0], size);
}

EXPORT NTSTATUS SEC_ENTRY SpLsaModeInitialize(ULONG version, PULONG package_version, PSECPKG_FUNCTION_TABLE *out,
					      PULONG count)
{
	learn_name();
	*package_version = is("version-none")	    ? 0
			   : is("version-two-bits") ? 0x00030000
			   : is("version-future")   ? 0x04000000
			   : is("short-table")	    ? SECPKG_INTERFACE_VERSION
						    : SECPKG_INTERFACE_VERSION_10;
	*out = is("tables-null")			    ? NULL
	       : is("tables-odd")			    ? (PSECPKG_FUNCTION_TABLE)(void *)((char *)tables + 1)
	       : is("short-table") || is("table-too-short") ? table_at_an_edge(V1_SIZE)
	       : is("table-of-others")			    ? (PSECPKG_FUNCTION_TABLE)(void *)long_text
	       : is("table-far-off")			    ? (PSECPKG_FUNCTION_TABLE)(uintptr_t)0x1000
	       : is("table-freed")			    ? table_at_an_edge(sizeof(tables[0]))
							    : tables;
	*count = is("count-zero") ? 0 : is("count-absurd") ? 1000000 : is("several") ? 3 : 1;
	if (is("no-initialize"))
		tables[0].Initialize = NULL;
	if (is("no-getinfo"))
		tables[0].GetInfo = NULL;
	if (is("bare"))
		tables[0] = (SECPKG_FUNCTION_TABLE){ .Initialize = initialize, .GetInfo = get_info };
	tables[1].GetInfo = nameless_info;
	tables[2].GetInfo = second_info;
	return is("start-fails") ? STATUS_NO_MEMORY : STATUS_SUCCESS;
}

/* ---- the user half ---- */

static NTSTATUS NTAPI instance_init(ULONG version, PSECPKG_DLL_FUNCTIONS functions, PVOID *unused)
{
	for (ULONG id = 0; is("user-looks-around") && id < 1000; id++)
		functions->LocatePackageById(id);
	if (is("user-table-freed"))
		munmap(page, (size_t)sysconf(_SC_PAGESIZE));
	if (is("user-forks"))
		return fork_once();
	return is("user-refuses") ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static NTSTATUS NTAPI map(LSA_SEC_HANDLE handle, PSecBuffer packed)
{
	lsa->FreeLsaHeap(packed->pvBuffer); /* the heaps are one */
	return is("user-map-fails") ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}

static NTSTATUS NTAPI sign(LSA_SEC_HANDLE handle, ULONG quality, PSecBufferDesc message, ULONG sequence)
{
	return (NTSTATUS)0xFEEDF00D;
}

static SECPKG_USER_FUNCTION_TABLE user_tables[2] = {
	{ .InstanceInit = instance_init,
	  .InitUserModeContext = map,
	  .MakeSignature = sign,
	  .DeleteUserModeContext = release },
};

EXPORT NTSTATUS SEC_ENTRY SpUserModeInitialize(ULONG version, PULONG package_version, PSECPKG_USER_FUNCTION_TABLE *out,
					       PULONG count)
{
	*package_version = is("user-version") ? 3 : SECPKG_INTERFACE_VERSION;
	*out = is("user-null")	      ? NULL
	       : is("user-of-others") ? (PSECPKG_USER_FUNCTION_TABLE)(void *)long_text
				      : user_tables;
	*count = is("user-count") ? 0xFFFFFFFF : is("user-none") ? 0 : 1;
	if (is("user-table-freed")) {
		page = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
		*out = memcpy(page, user_tables, sizeof(user_tables));
	}
	return is("user-fails") ? STATUS_UNSUCCESSFUL : STATUS_SUCCESS;
}
