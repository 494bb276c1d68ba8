/* cli/cli.h - what every part of the tool shares: exit codes, commands, automatic release.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * The tool sees the library as any program does: it includes the public headers alone. */
#ifndef OPENSSPI_CLI_CLI_H
#define OPENSSPI_CLI_CLI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <sspi.h>
#include <ntstatus.h>
#include <opensspi.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, first) __attribute__((format(printf, fmt, first)))
#define CLEANUP(fn) __attribute__((cleanup(fn)))

/* The version a CredSSP context agreed on, and the highest its peer offered. */
#ifndef OPENSSPI_ATTR_CREDSSP_VERSION
#define OPENSSPI_ATTR_CREDSSP_VERSION 0x8F500001
typedef struct _OPENSSPI_CREDSSP_VERSION {
	ULONG PeerVersion;
	ULONG Version;
} OPENSSPI_CREDSSP_VERSION;
#endif

/* Exit codes, as the man page lists them. */
enum exit_code {
	EXIT_DONE = 0,	      /* done; for logon: signed in */
	EXIT_REFUSED = 1,     /* the peer, or the accounts file, said no */
	EXIT_USAGE = 2,	      /* the command line is wrong */
	EXIT_UNREACHABLE = 3, /* nobody answered at that address */
	EXIT_PROTOCOL = 4,    /* somebody answered, but not as the protocol says */
	EXIT_POLICY = 5,      /* a rule here or there forbids it */
};

/* One row of a table of commands; argv[0] is the command's own name. */
struct command {
	const char *name;
	const char *operands; /* for the usage line */
	const char *summary;
	int (*run)(int argc, char **argv);
};

int packages_run(int argc, char **argv);
int account_run(int argc, char **argv);
int logon_run(int argc, char **argv);
int serve_run(int argc, char **argv);
int decode_run(int argc, char **argv);
int cred_run(int argc, char **argv);
int vault_run(int argc, char **argv);
int policy_run(int argc, char **argv);
int lsa_run(int argc, char **argv);
int klist_run(int argc, char **argv);
int passwd_run(int argc, char **argv);

/* Finds `name` in a table that ends with a NULL name; NULL when it is none of them. */
const struct command *command_find(const struct command *table, const char *name);

/* Runs the command that argv[1] names, argv[0] being the group's last word ("sspi GROUP COMMAND"); lists
 * them for --help. The exit code. */
int commands_run(const char *group, const struct command *table, int argc, char **argv);

/* CLEANUP form of free(). */
void free_p(void *pointer);

#endif
