/* lsad/main.c - lsad: the LSA in a process of its own.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ipc/reason.h"
#include "lib/parts.h"
#include "lsad/daemon.h"
#include "lsad/listen.h"
#include "lsad/vaults.h"

#define FILES_MAX 65536 /* descriptors: of 256 users who use up their share */
#define EXIT_USAGE 2
#define DEFAULT_SOCKET "/run/opensspi/lsa.sock"

static const char help[] =
	"usage: lsad [--foreground] [--socket PATH]\n"
	"\n"
	"The local security authority: holds credentials and keys for the programs of this machine.\n"
	"\n"
	"  --foreground   stay in the foreground (the default; systemd starts it so)\n"
	"  --socket PATH  where to listen, unless systemd hands a socket over\n"
	"                 (default " DEFAULT_SOCKET ")\n"
	"  --help, --version\n"
	"\n"
	"Programs reach it with OPENSSPI_LSA=socket:PATH. It ends with 0 when it was told to end,\n"
	"1 when it could not begin and says why, 2 for wrong arguments. See lsad(8).\n";

/* A limit that is reached later would be memory refused, so it is all or nothing. */
static void lock_memory(void)
{
	struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };

	if (setrlimit(RLIMIT_MEMLOCK, &all) != 0 &&
	    (getrlimit(RLIMIT_MEMLOCK, &all) != 0 || all.rlim_cur != RLIM_INFINITY))
		all.rlim_cur = 0;
	if (!all.rlim_cur || mlockall(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT) != 0)
		fputs("lsad: RLIMIT_MEMLOCK is too low to keep all memory out of the swap; keys and "
		      "saved passwords are kept out\n",
		      stderr);
}

/* As many descriptors as may be: users' shares are counted in connections. */
static void allow_files(void)
{
	struct rlimit files;

	if (getrlimit(RLIMIT_NOFILE, &files) != 0)
		return;
	files.rlim_cur = files.rlim_max < FILES_MAX ? files.rlim_max : FILES_MAX;
	(void)setrlimit(RLIMIT_NOFILE, &files);
}

/* Nobody reads our memory: no core, no ptrace by the user we run as, nothing in the swap. Nobody's file gets
 * number 2, and nothing that whoever starts us has in his environment is loaded. */
static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	while (fcntl(STDERR_FILENO, F_GETFD) < 0 && open("/dev/null", O_RDWR) >= 0)
		continue;
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)setrlimit(RLIMIT_CORE, &none);
	lock_memory();
	allow_files();
	signal(SIGPIPE, SIG_IGN);
	umask(0077);
	unsetenv("OPENSSPI_PACKAGES");
	unsetenv("OPENSSPI_LSA");
	unsetenv("OPENSSPI_CHANNEL");
}

/* Before the first work is given to libuv. */
static void set_workers(void)
{
	char number[16];

	snprintf(number, sizeof(number), "%d", WORKERS + STAYING);
	setenv("UV_THREADPOOL_SIZE", number, 1);
}

/* The arguments; an exit code, or -1 to go on. */
static int read_options(int argc, char **argv, const char **path)
{
	static const struct option options[] = {
		{ "foreground", no_argument, NULL, 'f' },
		{ "socket", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
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
			return EXIT_USAGE;
	}
	if (optind == argc)
		return -1;
	fprintf(stderr, "lsad: '%s' is too many (try --help)\n", argv[optind]);
	return EXIT_USAGE;
}

static int open_socket(const char *path)
{
	const char *why = NULL;
	int fd = listen_inherited(&why);

	if (fd < 0 && !why)
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
	set_workers();
	NTSTATUS status = parts_open(&parts);
	if (failed(status)) {
		const char *why = call_reason_last();
		fprintf(stderr, "lsad: cannot begin (0x%08x): %s\n", (unsigned)status,
			why[0] ? why : "OPENSSPI_TRACE=fd:2 says at what");
		return 1;
	}
	int fd = open_socket(path);
	if (fd < 0)
		return 1;
	vaults_sweep();
	bool fine = daemon_run(&d, parts.lsa, fd);
	uv_library_shutdown(); /* its threads end, with what libraries keep for each of them */
	lsa_free(parts.lsa);
	vaults_free();
	return fine ? 0 : 1;
}
