/* bench/lsad.c - calls to a daemon beside a bare socket, and what it holds for open contexts.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * lsad PID: OPENSSPI_LSA names the socket of the lsad that has that number. Prints what bench.c prints. The floor is
 * another process that answers a request of the same size with as many bytes, over a Unix stream socket. */
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

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what)
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
			  .TargetName = (LPSTR)(uintptr_t)"Bench/one",
			  .UserName = (LPSTR)(uintptr_t)"alice",
			  .CredentialBlob = (LPBYTE)(uintptr_t)"S3cret!pw",
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

/* Bytes of memory that the daemon has, locked and resident. */
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

/* A server's handshakes, begun and not ended. */
static void open_contexts(void)
{
	static const uint8_t hello[32] = { 'N', 'T', 'L', 'M', 'S', 'S', 'P',  0,    1,   0, 0,
					   0,	0x97, 0x82, 0x08, 0xe2 };
	static CtxtHandle context[CONTEXTS];
	CredHandle credential;
	TimeStamp expiry;
	ULONG attributes;

	if (AcquireCredentialsHandleA(NULL, (SEC_CHAR *)(uintptr_t)"NTLM", SECPKG_CRED_INBOUND, NULL, NULL,
				      NULL, NULL, &credential, &expiry) != SEC_E_OK)
		die("AcquireCredentialsHandle");
	for (int i = 0; i < CONTEXTS; i++) {
		SecBuffer in = { sizeof(hello), SECBUFFER_TOKEN, (void *)(uintptr_t)hello };
		SecBuffer out = { 0, SECBUFFER_TOKEN, NULL };
		SecBufferDesc ins = { SECBUFFER_VERSION, 1, &in }, outs = { SECBUFFER_VERSION, 1, &out };
		if (AcceptSecurityContext(&credential, NULL, &ins, ASC_REQ_ALLOCATE_MEMORY,
					  SECURITY_NATIVE_DREP, &context[i], &outs, &attributes,
					  &expiry) != SEC_I_CONTINUE_NEEDED)
			die("AcceptSecurityContext");
		FreeContextBuffer(out.pvBuffer);
	}
}

int main(int argc, char **argv)
{
	if (argc != 2)
		die("reading the arguments");
	int fd = echo_start();
	save();
	(void)read_round();
	(void)echo_round(fd);
	for (int i = 0; i < ROUNDS; i++) {
		say(i, "CredRead through lsad", "floor", echo_round(fd));
		say(i, "CredRead through lsad", "ours", read_round());
	}
	double before = memory_of(argv[1]), begin = now_ns();
	open_contexts();
	say(0, "a context begun through lsad", "ours", (now_ns() - begin) / CONTEXTS);
	printf("{\"round\": 0, \"work\": \"lsad's memory of 10 000 contexts, heap of one\", \"name\": \"ours\", "
	       "\"bytes\": %.0f}\n",
	       (memory_of(argv[1]) - before) / CONTEXTS);
	for (int i = 0; i < ROUNDS; i++)
		say(i, "CredRead beside 10 000 contexts", "ours", read_round());
	close(fd);
	return 0;
}
