/* bench/bench.c - runs the contenders of one row interleaved and prints what each took, as JSON.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * bench FOLDER ROW: FOLDER holds the contenders' shared objects. Every round measures every
 * contender once, for a few milliseconds; one line a measurement comes out. The medians and what
 * they mean are tools/bench's affair. */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "floor.h"
#include "peer.h"

#define ROUNDS 31
#define SLICE_NS 3000000.0
#define THREAD_SLICE_NS 30000000.0 /* beside which starting a thread is nothing */
#define CONTENDERS 16
#define MESSAGES 64
#define PAIRS 100

extern char **environ;

static const struct peer *ours, *winpr, *gss;
static const char *folder;

static double now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void die(const char *what)
{
	fprintf(stderr, "bench: %s failed\n", what);
	exit(1);
}

static void skipped(const char *name, const char *why)
{
	printf("{\"skipped\": \"%s\", \"why\": \"%s\"}\n", name, why);
}

static const struct peer *load(const char *file, const char *name)
{
	char path[4096];
	snprintf(path, sizeof(path), "%s/%s.so", folder, file);
	if (access(path, R_OK) != 0) {
		skipped(name, "not installed when this was built");
		return NULL;
	}
	void *module = dlopen(path, RTLD_LOCAL | RTLD_LAZY);
	const struct peer *(*get)(void) = NULL;
	if (module)
		*(void **)&get = dlsym(module, "bench_peer");
	const struct peer *peer = get ? get() : NULL;
	if (peer && peer->open())
		return peer;
	if (!module)
		fprintf(stderr, "%s\n", dlerror());
	skipped(name, "its library could not be opened");
	return NULL;
}

/* ---- a contest ---- */

struct contender {
	const char *work, *name;
	double (*measure)(const struct contender *, size_t times); /* nanoseconds for all */
	bool (*run)(void);					   /* for measure_run */
	const struct peer *peer;
	struct pair *pair;
	struct floor_sealing *send, *receive;
	size_t n; /* bytes of a message */
	bool opens;
	double slice_ns; /* 0: SLICE_NS */
	size_t times;
};

static struct contender contest[CONTENDERS];
static size_t contenders;

static struct contender *enter(const char *work, const char *name)
{
	struct contender *c = &contest[contenders++];
	if (contenders > CONTENDERS)
		die("counting the contenders");
	*c = (struct contender){ .work = work, .name = name };
	return c;
}

static double measure_run(const struct contender *c, size_t times)
{
	double start = now_ns();
	for (size_t i = 0; i < times; i++)
		if (!c->run())
			die(c->name);
	return now_ns() - start;
}

static void enter_run(const char *work, const char *name, bool (*run)(void))
{
	if (!run)
		return;
	struct contender *c = enter(work, name);
	c->measure = measure_run;
	c->run = run;
}

/* How often in a slice of time; the first calls, which open things, do not count. */
static size_t times_for(const struct contender *c)
{
	c->measure(c, 1);
	double took = c->measure(c, 4) / 4;
	size_t times = (size_t)((c->slice_ns > 0 ? c->slice_ns : SLICE_NS) / (took > 1 ? took : 1));
	return times < 1 ? 1 : times > 100000 ? 100000 : times;
}

static void hold_contest(void)
{
	for (size_t i = 0; i < contenders; i++)
		contest[i].times = times_for(&contest[i]);
	for (int round = 0; round < ROUNDS; round++)
		for (size_t i = 0; i < contenders; i++) {
			const struct contender *c = &contest[i];
			double took = c->measure(c, c->times) / (double)c->times;
			printf("{\"round\": %d, \"work\": \"%s\", \"name\": \"%s\", \"ns\": %.1f}\n",
			       round, c->work, c->name, took);
		}
	contenders = 0;
}

/* ---- rows 1 and 7 ---- */

static void row_exchange(void)
{
	enter_run("NTLMv2 exchange", "floor", floor_exchange);
	enter_run("NTLMv2 exchange", "ours", ours->exchange);
	if (winpr)
		enter_run("NTLMv2 exchange", "WinPR", winpr->exchange);
	if (gss) {
		enter_run("NTLMv2 exchange", "gss-ntlmssp", gss->exchange);
		enter_run("NTLMv2 exchange", "gss-ntlmssp acquiring", gss->exchange_acquiring);
	}
	hold_contest();
}

static void row_acquire(void)
{
	enter_run("acquire and free", "ours", ours->acquire);
	if (winpr)
		enter_run("acquire and free", "WinPR", winpr->acquire);
	hold_contest();
}

/* ---- rows 2 and 3 ---- */

static struct message messages[MESSAGES];

static bool treat(const struct contender *c, struct message *m, bool opens)
{
	if (c->peer)
		return opens ? c->peer->unseal(c->pair, m) : c->peer->seal(c->pair, m);
	if (opens)
		return floor_unseal(c->receive, m->data, m->n, m->signature);
	floor_seal(c->send, m->data, m->n, m->signature);
	return true;
}

static double treat_all(const struct contender *c, size_t count, bool opens)
{
	double start = now_ns();
	for (size_t i = 0; i < count; i++) {
		messages[i].n = c->n;
		if (!treat(c, &messages[i], opens))
			die(c->name);
	}
	return now_ns() - start;
}

/* Messages are sealed and opened again, a few at a time; one of the two is what counts. */
static double measure_messages(const struct contender *c, size_t times)
{
	double took = 0;
	size_t most = c->n > 100000 ? 2 : MESSAGES;

	for (size_t done = 0, count; done < times; done += count) {
		count = times - done < most ? times - done : most;
		double seal = treat_all(c, count, false), open = treat_all(c, count, true);
		took += c->opens ? open : seal;
	}
	return took;
}

static void enter_messages(const char *work, const struct peer *peer, size_t n, bool opens)
{
	struct contender *c = enter(work, peer ? peer->name : "floor");
	c->measure = measure_messages;
	c->n = n;
	c->opens = opens;
	c->peer = peer;
	if (peer)
		c->pair = peer->pair_new();
	c->send = floor_sealing_new();
	c->receive = floor_sealing_new();
	if ((peer && !c->pair) || !c->send || !c->receive)
		die("a pair for messages");
}

static void contest_messages(const char *work, size_t n, bool opens)
{
	const struct peer *all[] = { NULL, ours, winpr, gss };

	for (size_t i = 0; i < MESSAGES; i++) {
		free(messages[i].data);
		messages[i].data = calloc(1, n);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (i == 0 || all[i])
			enter_messages(work, all[i], n, opens);
	for (size_t i = contenders; i-- > 0;)
		contest[i].times = times_for(&contest[i]);
	hold_contest();
}

static void row_small(void)
{
	contest_messages("seal 64 B", 64, false);
	contest_messages("unseal 64 B", 64, true);
}

static void row_large(void)
{
	contest_messages("seal 1 KiB", 1024, false);
	contest_messages("unseal 1 KiB", 1024, true);
	contest_messages("seal 16 KiB", 16384, false);
	contest_messages("unseal 16 KiB", 16384, true);
	contest_messages("seal 1 MiB", 1048576, false);
	contest_messages("unseal 1 MiB", 1048576, true);
}

/* ---- row 5 ---- */

/* The certificate that our server keeps; it makes one at its first sign-in. */
static void tls_open(void)
{
	char path[4096];
	struct pair *p = ours->credssp_new();

	if (!p)
		die("a CredSSP sign-in");
	ours->pair_free(p);
	snprintf(path, sizeof(path), "%s/state/certificate.pem", getenv("OPENSSPI_HOME"));
	if (!floor_tls_open(path))
		die("reading our certificate");
}

static bool credssp(void)
{
	struct pair *p = ours->credssp_new();
	if (p)
		ours->pair_free(p);
	return p != NULL;
}

static void row_credssp(void)
{
	tls_open();
	enter_run("CredSSP logon", "floor", floor_tls_handshake);
	enter_run("CredSSP logon", "ours", credssp);
	hold_contest();
}

/* ---- row 8 ---- */

static size_t heap_now(void)
{
	struct mallinfo2 m = mallinfo2();
	return m.uordblks + m.hblkhd;
}

static void say_heap(const char *work, const char *name, size_t before)
{
	printf("{\"round\": 0, \"work\": \"%s\", \"name\": \"%s\", \"bytes\": %.0f}\n", work, name,
	       (double)(heap_now() - before) / PAIRS);
}

static void heap_of(const char *work, const struct peer *peer, struct pair *(*make)(void))
{
	struct pair *pairs[PAIRS];
	struct pair *first = make(); /* what is kept for all is there from now on */
	size_t before = heap_now();

	for (size_t i = 0; i < PAIRS; i++)
		if (!(pairs[i] = make()))
			die("a pair");
	say_heap(work, peer->name, before);
	for (size_t i = 0; i < PAIRS; i++)
		peer->pair_free(pairs[i]);
	peer->pair_free(first);
}

static void heap_of_tls(void)
{
	struct floor_tls *pairs[PAIRS];
	size_t before;

	if (!floor_tls_handshake())
		die("a TLS handshake");
	before = heap_now();
	for (size_t i = 0; i < PAIRS; i++)
		if (!(pairs[i] = floor_tls_new()))
			die("a TLS pair");
	say_heap("heap of a CredSSP pair", "OpenSSL alone", before);
	for (size_t i = 0; i < PAIRS; i++)
		floor_tls_free(pairs[i]);
}

static void row_heap(void)
{
	heap_of("heap of an NTLM pair", ours, ours->pair_new);
	if (winpr)
		heap_of("heap of an NTLM pair", winpr, winpr->pair_new);
	if (gss)
		heap_of("heap of an NTLM pair", gss, gss->pair_new);
	tls_open();
	heap_of_tls();
	heap_of("heap of a CredSSP pair", ours, ours->credssp_new);
}

/* ---- row 9 ---- */

static double measure_process(const struct contender *c, size_t times)
{
	char path[4096];
	char *arguments[] = { path, NULL };
	double start = now_ns();

	snprintf(path, sizeof(path), "%s/%s", folder, c->name);
	for (size_t i = 0; i < times; i++) {
		pid_t child;
		int status;
		if (posix_spawn(&child, path, NULL, NULL, arguments, environ) != 0 ||
		    waitpid(child, &status, 0) != child || status != 0)
			die(path);
	}
	return now_ns() - start;
}

static void row_process(void)
{
	static const char *const programs[] = { "first_nothing", "first_ours", "first_winpr" };
	char path[4096];

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, programs[i]);
		if (access(path, X_OK) == 0)
			enter("first logon of a process", programs[i])->measure = measure_process;
		else
			skipped(programs[i], "not installed when this was built");
	}
	hold_contest();
}

/* ---- row 16 ---- */

struct worker {
	const struct contender *c;
	size_t times;
};

static void *work(void *argument)
{
	const struct worker *w = argument;
	for (size_t i = 0; i < w->times; i++)
		if (!w->c->run())
			die(w->c->name);
	return NULL;
}

/* Two threads share the same work. */
static double measure_two(const struct contender *c, size_t times)
{
	struct worker w = { c, times / 2 ? times / 2 : 1 };
	pthread_t other;
	double start = now_ns();

	if (pthread_create(&other, NULL, work, &w) != 0)
		die("a thread");
	work(&w);
	pthread_join(other, NULL);
	return now_ns() - start;
}

static void enter_threads(const char *what, const char *one, const char *two, bool (*run)(void))
{
	enter_run(what, one, run);
	enter_run(what, two, run);
	contest[contenders - 1].measure = measure_two;
	contest[contenders - 1].slice_ns = contest[contenders - 2].slice_ns = THREAD_SLICE_NS;
}

static void row_threads(void)
{
	tls_open();
	enter_threads("NTLMv2 exchange", "floor, 1 thread", "floor, 2 threads", floor_exchange);
	enter_threads("NTLMv2 exchange", "ours, 1 thread", "ours, 2 threads", ours->exchange);
	if (winpr)
		enter_threads("NTLMv2 exchange", "WinPR, 1 thread", "WinPR, 2 threads",
			      winpr->exchange);
	hold_contest();
	enter_threads("CredSSP logon", "floor, 1 thread", "floor, 2 threads", floor_tls_handshake);
	enter_threads("CredSSP logon", "ours, 1 thread", "ours, 2 threads", credssp);
	hold_contest();
	enter_threads("acquire and free", "ours, 1 thread", "ours, 2 threads", ours->acquire);
	hold_contest();
}

static const struct {
	const char *name;
	void (*run)(void);
} rows[] = {
	{ "1", row_exchange }, { "2", row_small }, { "3", row_large },	 { "5", row_credssp },
	{ "7", row_acquire },  { "8", row_heap },  { "9", row_process }, { "16", row_threads },
};

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: bench FOLDER ROW\n");
		return 2;
	}
	folder = argv[1];
	ours = load("ours", "ours");
	if (!ours)
		return 1;
	winpr = load("winpr", "WinPR");
	gss = load("gss", "gss-ntlmssp");
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (strcmp(rows[i].name, argv[2]) == 0) {
			rows[i].run();
			return 0;
		}
	fprintf(stderr, "bench: no row %s\n", argv[2]);
	return 2;
}
