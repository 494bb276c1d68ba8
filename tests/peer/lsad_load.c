/* tests/peer/lsad_load.c - a program with many threads that keeps an lsad busy with everything at once.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * lsad_load SECONDS THREADS: alice's password is S3cret!pw, and OPENSSPI_LSA names the socket. Prints how often
 * each thing was done; 1 when a call answered what it must not.
 *
 * lsad_load mute THREADS: all threads read a credential at once, then again, and after a line of input until they
 * are answered. Prints for each of the three how long the slowest took, and the error. */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>
#include <ntsecapi.h>
#include <security.h>
#include <wincred.h>

#define THREADS_MAX 64
#define HALF_OPEN 8
#define TXT(s) ((LPSTR)(uintptr_t)(s))

enum work { SIGN_IN, SAVED, SESSIONS, BEGUN, WORKS };

static atomic_uint done[WORKS], faults;
static atomic_bool over;

struct worker {
	pthread_t thread;
	unsigned seed, number;
};

static bool fine(const char *what, bool is, unsigned got)
{
	if (is)
		return true;
	fprintf(stderr, "lsad_load: %s: 0x%08x\n", what, got);
	atomic_fetch_add(&faults, 1);
	return false;
}

/* ---- sign-ins ---- */

static bool acquire(const char *package, ULONG use, CredHandle *out)
{
	SEC_WINNT_AUTH_IDENTITY_A who = { .User = (unsigned char *)TXT("alice"),
					  .UserLength = 5,
					  .Password = (unsigned char *)TXT("S3cret!pw"),
					  .PasswordLength = 9,
					  .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	TimeStamp expiry;
	SECURITY_STATUS status = AcquireCredentialsHandleA(
		NULL, TXT(package), use, NULL, use == SECPKG_CRED_OUTBOUND ? &who : NULL, NULL,
		NULL, out, &expiry);

	return fine("AcquireCredentialsHandle", status == SEC_E_OK, (unsigned)status);
}

struct ends {
	CredHandle client, server;
	CtxtHandle context[2];
	bool has[2];
};

/* One leg of the end `i`; what it says is the next one's. */
static SECURITY_STATUS leg(struct ends *e, int i, SecBuffer *token)
{
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc ins = { SECBUFFER_VERSION, 1, token }, outs = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle *old = e->has[i] ? &e->context[i] : NULL;
	SECURITY_STATUS status;
	ULONG attributes;
	TimeStamp expiry;

	if (i)
		status = AcceptSecurityContext(&e->server, old, &ins, ASC_REQ_ALLOCATE_MEMORY,
					       SECURITY_NATIVE_DREP, &e->context[1], &outs,
					       &attributes, &expiry);
	else
		status = InitializeSecurityContextA(
			&e->client, old, NULL,
			ISC_REQ_ALLOCATE_MEMORY | ISC_REQ_CONFIDENTIALITY | ISC_REQ_INTEGRITY, 0,
			SECURITY_NATIVE_DREP, token->pvBuffer ? &ins : NULL, 0, &e->context[0],
			&outs, &attributes, &expiry);
	e->has[i] |= status >= 0;
	if (token->pvBuffer)
		FreeContextBuffer(token->pvBuffer);
	*token = out;
	return status;
}

static bool exchange(struct ends *e, bool to_the_end)
{
	SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
	SECURITY_STATUS status = SEC_I_CONTINUE_NEEDED, last = SEC_I_CONTINUE_NEEDED;
	int most = to_the_end ? 10 : 2;

	for (int i = 0;
	     i < most && (status == SEC_I_CONTINUE_NEEDED || last == SEC_I_CONTINUE_NEEDED); i++) {
		last = status;
		status = leg(e, i % 2, &token);
		if (status < 0)
			break;
	}
	if (token.pvBuffer)
		FreeContextBuffer(token.pvBuffer);
	return fine("a sign-in", to_the_end ? status == SEC_E_OK && last == SEC_E_OK : status >= 0,
		    (unsigned)status);
}

static void message(struct ends *e)
{
	uint8_t text[64] = "a message", trailer[64];
	SecBuffer part[2] = { { sizeof(text), SECBUFFER_DATA, text },
			      { sizeof(trailer), SECBUFFER_TOKEN, trailer } };
	SecBufferDesc both = { SECBUFFER_VERSION, 2, part };

	SECURITY_STATUS status = EncryptMessage(&e->context[0], 0, &both, 0);
	if (fine("EncryptMessage", status == SEC_E_OK, (unsigned)status)) {
		status = DecryptMessage(&e->context[1], &both, 0, NULL);
		(void)fine("DecryptMessage",
			   status == SEC_E_OK && memcmp(text, "a message", 10) == 0,
			   (unsigned)status);
	}
}

static void ends_done(struct ends *e)
{
	for (int i = 0; i < 2; i++)
		if (e->has[i])
			DeleteSecurityContext(&e->context[i]);
}

/* Of an `each` that is false only the first legs, and the contexts are left for a while. */
static void sign_in(bool whole, const char *package)
{
	struct ends e[HALF_OPEN] = { 0 };
	int count = whole ? 1 : HALF_OPEN;
	CredHandle client, server;

	if (!acquire(package, SECPKG_CRED_OUTBOUND, &client))
		return;
	if (acquire(package, SECPKG_CRED_INBOUND, &server)) {
		for (int i = 0; i < count; i++) {
			e[i].client = client;
			e[i].server = server;
			if (exchange(&e[i], whole) && whole)
				message(&e[i]);
		}
		for (int i = 0; i < count; i++)
			ends_done(&e[i]);
		FreeCredentialsHandle(&server);
	}
	FreeCredentialsHandle(&client);
}

/* ---- saved credentials and sessions ---- */

static void saved(const struct worker *w)
{
	char name[64];
	PCREDENTIALA read, *all;
	DWORD count;

	snprintf(name, sizeof(name), "Load/%ld-%u", (long)getpid(), w->number);
	CREDENTIALA c = { .Type = CRED_TYPE_GENERIC,
			  .TargetName = name,
			  .UserName = TXT("alice"),
			  .CredentialBlob = (LPBYTE)(uintptr_t) "secret",
			  .CredentialBlobSize = 6,
			  .Persist = CRED_PERSIST_LOCAL_MACHINE };
	if (!fine("CredWrite", CredWriteA(&c, 0), GetLastError()))
		return;
	for (int i = 0; i < 20; i++) {
		if (!fine("CredRead", CredReadA(name, CRED_TYPE_GENERIC, 0, &read), GetLastError()))
			break;
		(void)fine("what CredRead answered", read->CredentialBlobSize == 6, 0);
		CredFree(read);
	}
	if (fine("CredEnumerate", CredEnumerateA("Load/*", 0, &count, &all), GetLastError()))
		CredFree(all);
	(void)fine("CredDelete", CredDeleteA(name, CRED_TYPE_GENERIC, 0), GetLastError());
}

static void sessions(void)
{
	PSECURITY_LOGON_SESSION_DATA data;
	ULONG count;
	PLUID list;

	NTSTATUS status = LsaEnumerateLogonSessions(&count, &list);
	if (!fine("LsaEnumerateLogonSessions", status == 0 && count, (unsigned)status))
		return;
	for (ULONG i = 0; i < count && i < 4; i++)
		if (LsaGetLogonSessionData(&list[i], &data) == 0)
			LsaFreeReturnBuffer(data); /* another's, or one that ended, is refused */
	LsaFreeReturnBuffer(list);
}

/* ---- the threads ---- */

static void *run(void *arg)
{
	struct worker *w = arg;

	while (!atomic_load(&over)) {
		enum work what = (enum work)(rand_r(&w->seed) % WORKS);
		if (what == SIGN_IN)
			sign_in(true, w->seed & 64 ? "NTLM" : "Negotiate");
		else if (what == SAVED)
			saved(w);
		else if (what == SESSIONS)
			sessions();
		else
			sign_in(false, "NTLM");
		atomic_fetch_add(&done[what], 1);
	}
	return NULL;
}

/* ---- an lsad that says nothing ---- */

struct reading {
	pthread_t thread;
	DWORD error;
	double seconds;
};

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void *read_one(void *arg)
{
	struct reading *r = arg;
	PCREDENTIALA c;
	double begin = now();

	r->error = 0;
	if (CredReadA("Load/none", CRED_TYPE_GENERIC, 0, &c))
		CredFree(c);
	else
		r->error = GetLastError();
	r->seconds = now() - begin;
	return NULL;
}

/* All of them at once; the error of the slowest. */
static DWORD read_all(unsigned threads, double *slowest)
{
	static struct reading reading[THREADS_MAX];
	DWORD error = 0;

	*slowest = 0;
	for (unsigned i = 0; i < threads; i++)
		if (pthread_create(&reading[i].thread, NULL, read_one, &reading[i]) != 0)
			exit(2);
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(reading[i].thread, NULL);
		if (reading[i].seconds >= *slowest) {
			*slowest = reading[i].seconds;
			error = reading[i].error;
		}
	}
	return error;
}

static int meet_mute(unsigned threads)
{
	double slowest, begin;
	DWORD error, first;

	for (int i = 0; i < 2; i++) {
		first = read_all(threads, &slowest);
		printf("%.2f %u\n", slowest, (unsigned)first);
	}
	fflush(stdout);
	(void)getchar();
	begin = now();
	while ((error = read_all(threads, &slowest)) == first && now() - begin < 20)
		nanosleep(&(struct timespec){ .tv_nsec = 100000000 }, NULL);
	printf("%.2f %u\n", now() - begin, (unsigned)error);
	return 0;
}

int main(int argc, char **argv)
{
	static struct worker worker[THREADS_MAX];
	unsigned threads = argc == 3 ? (unsigned)atoi(argv[2]) : 0;

	if (!threads || threads > THREADS_MAX)
		return 2;
	if (strcmp(argv[1], "mute") == 0)
		return meet_mute(threads);
	for (unsigned i = 0; i < threads; i++) {
		worker[i].number = i;
		worker[i].seed = (unsigned)getpid() * 1000 + i;
		if (pthread_create(&worker[i].thread, NULL, run, &worker[i]) != 0)
			return 2;
	}
	nanosleep(&(struct timespec){ .tv_sec = atoi(argv[1]) }, NULL);
	atomic_store(&over, true);
	for (unsigned i = 0; i < threads; i++)
		pthread_join(worker[i].thread, NULL);
	printf("%u sign-ins, %u times saved, %u lists of sessions, %u times begun, %u faults\n",
	       atomic_load(&done[SIGN_IN]), atomic_load(&done[SAVED]), atomic_load(&done[SESSIONS]),
	       atomic_load(&done[BEGUN]), atomic_load(&faults));
	return atomic_load(&faults) ? 1 : 0;
}
