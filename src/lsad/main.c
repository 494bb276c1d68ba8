/* lsad/main.c - lsad: the LSA in a process of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "lib/parts.h"
#include "lsad/daemon.h"
#include "lsad/listen.h"
#include "lsad/vaults.h"

#define WORKERS "64" /* a slow KDC holds one of them */
#define DEFAULT_SOCKET "/run/opensspi/lsa.sock"

static const char help[] =
	"usage: lsad [--foreground] [--socket PATH]\n"
	"\n"
	"The local security authority: holds credentials and keys for the programs of this machine.\n"
	"\n"
	"  --foreground   stay in the foreground (the default; systemd starts it so)\n"
	"  --socket PATH  where to listen, unless systemd hands a socket over\n"
	"                 (default " DEFAULT_SOCKET ")\n"
	"  --help, --version\n";

/* Nobody reads our memory: no core, no ptrace by the user we run as, nothing in the swap. */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	if (mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		fputs("lsad: memory cannot be locked (RLIMIT_MEMLOCK); secrets alone are\n", stderr);
	signal(SIGPIPE, SIG_IGN);
	umask(0077);
}

/* The arguments; an exit code, or -1 to go on. */
static int read_options(int argc, char **argv, const char **path)
{
	static const struct option options[] = {
		{ "foreground", no_argument, NULL, 'f' },  { "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },	   { "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "fs:hv", options, NULL)) != -1) {
		if (c == 's')
			*path = optarg;
		if (c == 'h')
			return fputs(help, stdout) < 0;
		if (c == 'v')
			return puts("lsad " OPENSSPI_VERSION) < 0;
		if (c == '?')
			return 2;
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "lsad: '%s' is too many (try --help)\n", argv[optind]);
	return 2;
}

static int open_socket(const char *path)
{
	const char *why = "";
	int fd = listen_inherited();

	if (fd < 0)
		fd = listen_at(path, &why);
	if (fd < 0)
		fprintf(stderr, "lsad: cannot listen at %s: %s\n", path, why);
	return fd;
}

int main(int argc, char **argv)
{
	static struct parts parts = { .share = LSA_AT_HOME, .credman_of = vaults_of };
	static struct daemon d;
	const char *path = DEFAULT_SOCKET;

	int code = read_options(argc, argv, &path);
	if (code >= 0)
		return code;
	harden();
	setenv("UV_THREADPOOL_SIZE", WORKERS, 1);
	NTSTATUS status = parts_open(&parts);
	if (failed(status)) {
		fprintf(stderr, "lsad: cannot begin (0x%08x): see OPENSSPI_TRACE\n",
			(unsigned)status);
		return 1;
	}
	int fd = open_socket(path);
	if (fd < 0)
		return 1;
	bool fine = daemon_run(&d, parts.lsa, fd);
	lsa_free(parts.lsa);
	vaults_free();
	return fine ? 0 : 1;
}
