/* bench/lsad.c - calls to a daemon beside a bare socket, and what it holds for open contexts.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * lsad PID calls|begun|contexts: OPENSSPI_LSA names the socket of the lsad that has that number. Prints what bench.c
 * prints. The floor is another process that answers a request of the same size with as many bytes, over a Unix stream socket. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <windows.h>
#include <security.h>
#include <wincred.h>

#define ROUNDS 31
#define CALLS 1000 /* a round */
#define CONTEXTS 10000
#define ASKED 60 /* bytes of a CredRead's request and reply, heads included */
#define ANSWERED 260

static CtxtHandle context[CONTEXTS];
static CredHandle client, server;

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static _Noreturn void die(const char *what)
{
	fprintf(stderr, "lsad: %s failed\n", what);
	exit(1);
}

static void say(int round, const char *work, const char *name, double ns)
{
	printf("{\"round\": %d, \"work\": \"%s\", \"name\": \"%s\", \"ns\": %.1f}\n", round, work,
	       name, ns);
}

/* ---- the bare socket ---- */

static void move(ssize_t done, size_t n)
{
	if (done != (ssize_t)n)
		die("the bare socket");
}

static int echo_start(void)
{
	uint8_t bytes[ANSWERED] = { 0 };
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
		die("a socket");
	pid_t child = fork();
	if (child < 0)
		die("fork");
	if (child == 0) {
		close(pair[0]);
		while (recv(pair[1], bytes, ASKED, MSG_WAITALL) == ASKED)
			move(send(pair[1], bytes, ANSWERED, MSG_NOSIGNAL), ANSWERED);
		_exit(0);
	}
	close(pair[1]);
	return pair[0];
}

static double echo_round(int fd)
{
	uint8_t bytes[ANSWERED] = { 0 };
	double begin = now_ns();

	for (int i = 0; i < CALLS; i++) {
		move(send(fd, bytes, ASKED, MSG_NOSIGNAL), ASKED);
		move(recv(fd, bytes, ANSWERED, MSG_WAITALL), ANSWERED);
	}
	return (now_ns() - begin) / CALLS;
}

/* ---- lsad ---- */

static void save(void)
{
	CREDENTIALA c = { .Type = CRED_TYPE_GENERIC,
			  .TargetName = (LPSTR)(uintptr_t) "Bench/one",
			  .UserName = (LPSTR)(uintptr_t) "alice",
			  .CredentialBlob = (LPBYTE)(uintptr_t) "S3cret!pw",
			  .CredentialBlobSize = 9,
			  .Persist = CRED_PERSIST_LOCAL_MACHINE };

	if (!CredWriteA(&c, 0))
		die("CredWrite");
}

static double read_round(void)
{
	double begin = now_ns();

	for (int i = 0; i < CALLS; i++) {
		PCREDENTIALA c;
		if (!CredReadA("Bench/one", CRED_TYPE_GENERIC, 0, &c))
			die("CredRead");
		CredFree(c);
	}
	return (now_ns() - begin) / CALLS;
}

/* A call that does next to nothing. */
static double null_round(void)
{
	SecPkgCredentials_NamesA names;
	double begin = now_ns();

	for (int i = 0; i < CALLS; i++) {
		if (QueryCredentialsAttributesA(&client, SECPKG_CRED_ATTR_NAMES, &names) !=
		    SEC_E_OK)
			die("QueryCredentialsAttributes");
		FreeContextBuffer(names.sUserName);
	}
	return (now_ns() - begin) / CALLS;
}

/* Bytes of memory that a process has, locked and resident. */
static double memory_of(const char *pid)
{
	char path[64];
	unsigned long size, resident;

	snprintf(path, sizeof(path), "/proc/%s/statm", pid);
	FILE *f = fopen(path, "r");
	if (!f || fscanf(f, "%lu %lu", &size, &resident) != 2)
		die("asking for the daemon's memory");
	fclose(f);
	return (double)resident * (double)sysconf(_SC_PAGESIZE);
}

static void say_memory(const char *what, double bytes)
{
	printf("{\"round\": 0, \"work\": \"heap of one of 10 000 %s\", \"name\": \"ours\", \"bytes\": %.0f}\n",
	       what, bytes / CONTEXTS);
}

/* ---- contexts ---- */

static void acquire(void)
{
	SEC_WINNT_AUTH_IDENTITY_A who = { .User = (unsigned char *)(uintptr_t) "alice",
					  .UserLength = 5,
					  .Password = (unsigned char *)(uintptr_t) "S3cret!pw",
					  .PasswordLength = 9,
					  .Flags = SEC_WINNT_AUTH_IDENTITY_ANSI };
	SEC_CHAR *ntlm = (SEC_CHAR *)(uintptr_t) "NTLM";
	TimeStamp expiry;

	if (AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_INBOUND, NULL, NULL, NULL, NULL,
				      &server, &expiry) != SEC_E_OK ||
	    AcquireCredentialsHandleA(NULL, ntlm, SECPKG_CRED_OUTBOUND, NULL, &who, NULL, NULL,
				      &client, &expiry) != SEC_E_OK)
		die("AcquireCredentialsHandle");
}

/* One leg; what it says is the next one's. */
static SECURITY_STATUS leg(CtxtHandle *at, bool is_server, bool is_first, SecBuffer *token)
{
	SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
	SecBufferDesc ins = { SECBUFFER_VERSION, 1, token }, outs = { SECBUFFER_VERSION, 1, &out };
	CtxtHandle *old = is_first ? NULL : at;
	SECURITY_STATUS status;
	ULONG attributes;
	TimeStamp expiry;

	if (is_server)
		status = AcceptSecurityContext(&server, old, &ins, ASC_REQ_ALLOCATE_MEMORY,
					       SECURITY_NATIVE_DREP, at, &outs, &attributes,
					       &expiry);
	else
		status = InitializeSecurityContextA(&client, old, NULL, ISC_REQ_ALLOCATE_MEMORY, 0,
						    SECURITY_NATIVE_DREP, old ? &ins : NULL, 0, at,
						    &outs, &attributes, &expiry);
	if (token->pvBuffer)
		FreeContextBuffer(token->pvBuffer);
	*token = out;
	return status;
}

/* A server's handshakes, begun and not ended. */
static void open_contexts(void)
{
	CtxtHandle one;

	for (int i = 0; i < CONTEXTS; i++) {
		SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
		if (leg(&one, false, true, &token) != SEC_I_CONTINUE_NEEDED ||
		    leg(&context[i], true, true, &token) != SEC_I_CONTINUE_NEEDED)
			die("beginning a sign-in");
		FreeContextBuffer(token.pvBuffer);
		DeleteSecurityContext(&one);
	}
}

/* Both ends of half as many sign-ins, ready for messages. */
static void sign_in_all(void)
{
	for (int i = 0; i < CONTEXTS; i += 2) {
		SecBuffer token = { 0, SECBUFFER_TOKEN, NULL };
		CtxtHandle *ends = &context[i];
		if (leg(&ends[0], false, true, &token) != SEC_I_CONTINUE_NEEDED ||
		    leg(&ends[1], true, true, &token) != SEC_I_CONTINUE_NEEDED ||
		    leg(&ends[0], false, false, &token) != SEC_E_OK ||
		    leg(&ends[1], true, false, &token) != SEC_E_OK)
			die("a sign-in");
		if (token.pvBuffer)
			FreeContextBuffer(token.pvBuffer);
	}
}

/* What contexts of a kind take in the daemon and here. */
static void weigh(const char *pid, const char *kind, void (*make)(void))
{
	char text[96];
	double there = memory_of(pid), here = memory_of("self"), begin = now_ns();

	make();
	snprintf(text, sizeof(text), "one of 10 000 %s", kind);
	say(0, text, "ours", (now_ns() - begin) / CONTEXTS);
	snprintf(text, sizeof(text), "%s, in lsad", kind);
	say_memory(text, memory_of(pid) - there);
	snprintf(text, sizeof(text), "%s, in the program", kind);
	say_memory(text, memory_of("self") - here);
}

static void measure_calls(void)
{
	int fd = echo_start();

	save();
	(void)read_round();
	(void)echo_round(fd);
	for (int i = 0; i < ROUNDS; i++) {
		double floor = echo_round(fd);
		say(i, "CredRead through lsad", "floor", floor);
		say(i, "CredRead through lsad", "ours", read_round());
		say(i, "a call through lsad", "floor", floor);
		say(i, "a call through lsad", "ours", null_round());
	}
	close(fd);
}

static void measure_begun(const char *pid)
{
	save();
	(void)read_round();
	weigh(pid, "contexts begun", open_contexts);
	for (int i = 0; i < ROUNDS; i++)
		say(i, "CredRead beside 10 000 contexts", "ours", read_round());
}

int main(int argc, char **argv)
{
	if (argc != 3)
		die("reading the arguments");
	acquire();
	if (strcmp(argv[2], "calls") == 0)
		measure_calls();
	else if (strcmp(argv[2], "begun") == 0)
		measure_begun(argv[1]);
	else
		weigh(argv[1], "contexts", sign_in_all);
	return 0;
}
