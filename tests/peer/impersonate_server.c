/* tests/peer/impersonate_server.c - a server that acts as its clients, led by lines on stdin.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * impersonate_server PACKAGE: "take HEX" is a client's token and answers "STATUS HEX"; "forget" ends the context.
 * "touch FILE" makes FILE in a thread that acts as the client, while this one looks who it is: "STATUS OWNER UID
 * GID GROUPS OURS AFTER". "tell" opens the thread's token in such a thread: "STATUS SID GROUPS TYPE LEVEL PROCESS".
 * "account": "STATUS DOMAIN USER UNIX UID GID KIND". "run COMMAND" runs a shell's command as the client, started by
 * hand. "spin N" acts and reverts N times in each of four threads. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <windows.h>
#include <sddl.h>
#include <security.h>
#include <opensspi.h>

#define ROOM 65536

static CredHandle credential;
static CtxtHandle context;
static bool has_context;

static size_t from_hex(const char *text, uint8_t *out)
{
	size_t n = 0;
	unsigned byte;
	while (n < ROOM && sscanf(text + 2 * n, "%2x", &byte) == 1)
		out[n++] = (uint8_t)byte;
	return n;
}

static void take(const char *token)
{
	static uint8_t bytes[ROOM];
	SecBuffer in = { (ULONG)from_hex(token, bytes), SECBUFFER_TOKEN, bytes },
		  out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc in_desc = { SECBUFFER_VERSION, 1, &in },
		      out_desc = { SECBUFFER_VERSION, 1, &out };
	ULONG attributes;
	SECURITY_STATUS status = AcceptSecurityContext(
		&credential, has_context ? &context : NULL, &in_desc, ASC_REQ_ALLOCATE_MEMORY,
		SECURITY_NATIVE_DREP, &context, &out_desc, &attributes, NULL);
	has_context = has_context || status >= 0;
	printf("%08x ", (unsigned)status);
	for (ULONG i = 0; i < out.cbBuffer; i++)
		printf("%02x", ((const uint8_t *)out.pvBuffer)[i]);
	printf("%s\n", out.cbBuffer ? "" : "-");
	FreeContextBuffer(out.pvBuffer);
}

static void forget(void)
{
	if (has_context)
		DeleteSecurityContext(&context);
	has_context = false;
	printf("ok\n");
}

/* ---- one thread acts, the other looks ---- */

struct work {
	pthread_barrier_t meeting;
	const char *file;
	SECURITY_STATUS status;
	long owner, uid, gid, groups, after;
	char sid[256];
	unsigned sids, type, level, process;
};

static void meet(struct work *w)
{
	pthread_barrier_wait(&w->meeting);
}

static void *touch_thread(void *arg)
{
	struct work *w = arg;
	struct stat st;

	w->status = ImpersonateSecurityContext(&context);
	int fd = open(w->file, O_CREAT | O_EXCL | O_WRONLY, 0600);
	w->owner = fd >= 0 && fstat(fd, &st) == 0 ? (long)st.st_uid : -errno;
	if (fd >= 0)
		close(fd);
	w->uid = (long)geteuid();
	w->gid = (long)getegid();
	w->groups = getgroups(0, NULL);
	meet(w);
	meet(w);
	RevertSecurityContext(&context);
	w->after = (long)geteuid();
	return NULL;
}

static void touch(const char *file)
{
	struct work w = { .file = file };
	pthread_t thread;

	pthread_barrier_init(&w.meeting, NULL, 2);
	pthread_create(&thread, NULL, touch_thread, &w);
	meet(&w);
	long ours = (long)geteuid();
	meet(&w);
	pthread_join(thread, NULL);
	printf("%08x %ld %ld %ld %ld %ld %ld\n", (unsigned)w.status, w.owner, w.uid, w.gid,
	       w.groups, ours, w.after);
}

static void look(HANDLE token, struct work *w)
{
	union {
		TOKEN_USER user;
		TOKEN_GROUPS groups;
		DWORD number;
		uint8_t room[65536];
	} *answer = calloc(1, sizeof(*answer));
	LPSTR text = NULL;
	DWORD n;

	if (GetTokenInformation(token, TokenUser, answer, sizeof(*answer), &n) &&
	    ConvertSidToStringSidA(answer->user.User.Sid, &text))
		snprintf(w->sid, sizeof(w->sid), "%s", text);
	LocalFree(text);
	if (GetTokenInformation(token, TokenGroups, answer, sizeof(*answer), &n))
		w->sids = answer->groups.GroupCount;
	if (GetTokenInformation(token, TokenType, answer, sizeof(*answer), &n))
		w->type = answer->number;
	if (GetTokenInformation(token, TokenImpersonationLevel, answer, sizeof(*answer), &n))
		w->level = answer->number;
	free(answer);
}

static void *tell_thread(void *arg)
{
	struct work *w = arg;
	HANDLE token, own;

	w->status = ImpersonateSecurityContext(&context);
	if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &token)) {
		look(token, w);
		CloseHandle(token);
	} else {
		w->type = GetLastError();
	}
	w->process = OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &own) ? 0 : GetLastError();
	RevertToSelf();
	if (OpenThreadToken(GetCurrentThread(), TOKEN_QUERY, FALSE, &token) ||
	    GetLastError() != ERROR_NO_TOKEN)
		w->process = 1;
	return NULL;
}

static void tell(void)
{
	struct work w = { .sid = "-" };
	pthread_t thread;

	pthread_create(&thread, NULL, tell_thread, &w);
	pthread_join(thread, NULL);
	printf("%08x %s %u %u %u %u\n", (unsigned)w.status, w.sid, w.sids, w.type, w.level,
	       w.process);
}

/* ---- by the account ---- */

static void print_wide(const WCHAR *text)
{
	for (; *text; text++)
		putchar(*text < 0x80 ? *text : '?');
	putchar(' ');
}

static SECURITY_STATUS client(OPENSSPI_TOKEN_ACCOUNT **account)
{
	HANDLE token;
	SECURITY_STATUS status = QuerySecurityContextToken(&context, &token);

	*account = NULL;
	if (status != SEC_E_OK)
		return status;
	status = OpensspiTokenAccount(token, account);
	return CloseHandle(token) && !CloseHandle(token) ? status : SEC_E_INTERNAL_ERROR;
}

static void account(void)
{
	OPENSSPI_CLIENT_ACCOUNT said = { 0 };
	OPENSSPI_TOKEN_ACCOUNT *a;
	SECURITY_STATUS status = client(&a);

	printf("%08x ", (unsigned)status);
	if (a &&
	    QueryContextAttributesW(&context, OPENSSPI_ATTR_CLIENT_ACCOUNT, &said) == SEC_E_OK) {
		print_wide(a->Domain);
		print_wide(a->User);
		printf("%s %u %u %u", a->UnixName ? a->UnixName : "-", (unsigned)a->Uid,
		       (unsigned)a->Gid, (unsigned)said.Kind);
	}
	printf("\n");
	FreeContextBuffer(said.Domain);
	FreeContextBuffer(said.User);
	FreeContextBuffer(said.UnixName);
	FreeContextBuffer(a);
}

static bool become(const OPENSSPI_TOKEN_ACCOUNT *a)
{
	return setgroups(a->GroupCount, (const gid_t *)a->Groups) == 0 &&
	       setresgid(a->Gid, a->Gid, a->Gid) == 0 && setresuid(a->Uid, a->Uid, a->Uid) == 0;
}

static void run(const char *command)
{
	OPENSSPI_TOKEN_ACCOUNT *a;
	SECURITY_STATUS status = client(&a);

	printf("%08x ", (unsigned)status);
	fflush(stdout);
	pid_t child = a && a->UnixName ? fork() : -1;
	if (child == 0) {
		if (become(a))
			execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (child > 0)
		waitpid(child, NULL, 0);
	else
		printf("-\n");
	FreeContextBuffer(a);
}

static void *spin_thread(void *arg)
{
	long n = *(const long *)arg, wrong = 0;
	uid_t own = geteuid();

	for (long i = 0; i < n; i++) {
		bool acts = ImpersonateSecurityContext(&context) == SEC_E_OK && geteuid() != own;
		if (RevertSecurityContext(&context) != SEC_E_OK || geteuid() != own || !acts)
			wrong++;
	}
	return (void *)(intptr_t)wrong;
}

static void spin(long n)
{
	pthread_t thread[4];
	long wrong = 0;

	for (int i = 0; i < 4; i++)
		pthread_create(&thread[i], NULL, spin_thread, &n);
	for (int i = 0; i < 4; i++) {
		void *answer;
		pthread_join(thread[i], &answer);
		wrong += (long)(intptr_t)answer;
	}
	printf("%ld\n", wrong);
}

int main(int argc, char **argv)
{
	static char line[2 * ROOM];

	if (argc < 2)
		return 2;
	SECURITY_STATUS status = AcquireCredentialsHandleA(NULL, argv[1], SECPKG_CRED_INBOUND, NULL,
							   NULL, NULL, NULL, &credential, NULL);
	printf("%08x\n", (unsigned)status);
	for (;;) {
		fflush(stdout);
		if (!fgets(line, sizeof(line), stdin))
			return 0;
		line[strcspn(line, "\n")] = '\0';
		char *more = line + strcspn(line, " ");
		more += *more == ' ';
		if (strncmp(line, "take ", 5) == 0)
			take(more);
		else if (strncmp(line, "touch ", 6) == 0)
			touch(more);
		else if (strncmp(line, "run ", 4) == 0)
			run(more);
		else if (strncmp(line, "spin ", 5) == 0)
			spin(atol(more));
		else if (strcmp(line, "tell") == 0)
			tell();
		else if (strcmp(line, "account") == 0)
			account();
		else
			forget();
	}
}
