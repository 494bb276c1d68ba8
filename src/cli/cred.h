/* cli/cred.h - saved credentials as the tools see them: names of types, reading, showing.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Everything is the A functions', which are UTF-8 here. */
#ifndef OPENSSPI_CLI_CRED_H
#define OPENSSPI_CLI_CRED_H

#include "cli/cli.h"
#include "cli/json.h"
#include "cli/utf.h"

#define CRED_TYPE_ANY 0

/* Words of the command line and of JSON; NULL or false for what is none. */
const char *cred_type_name(DWORD type);
MUST_CHECK bool cred_type_of(const char *name, DWORD *type);
const char *cred_persist_name(DWORD persist);
MUST_CHECK bool cred_persist_of(const char *name, DWORD *persist);

/* The types whose secret an application may read. */
bool cred_is_readable(DWORD type);

/* CLEANUP form of CredFree. */
void cred_free_p(PCREDENTIALA *c);

/* Reads one by name and type; CRED_TYPE_ANY: the only one of that name (ERROR_ALREADY_EXISTS when there
 * are several, which `types` receives then as "a, b"). A Win32 error. Asks for the passphrase of a
 * locked vault. */
struct cred_found {
	PCREDENTIALA credential; /* CredFree */
	DWORD type;
	char types[160];
};
MUST_CHECK DWORD cred_read(const char *target, DWORD type, struct cred_found *out);

/* CredWrite and CredEnumerate that ask likewise. A Win32 error. */
MUST_CHECK DWORD cred_write(PCREDENTIALA c);
MUST_CHECK DWORD cred_enumerate(const char *filter, bool all, DWORD *count, PCREDENTIALA **out);

/* The target of the default credential, for CredFree by cred_free_p; NULL when there is none. */
PCREDENTIALA cred_default(void);
bool cred_is(const CREDENTIALA *a, const CREDENTIALA *b);

/* The secret as text; false when there is none or it is other bytes. */
MUST_CHECK bool cred_secret_text(const CREDENTIALA *c, struct blob_text *out);

/* "2026-01-31 12:00:00", UTC; "never" for 0. */
void cred_time(FILETIME t, char out[32]);

/* A credential line by line, or as an object of JSON with that key; its secret with `reveal`, where an
 * application may read it. */
struct cred_view {
	bool reveal, is_default;
};
void cred_print(const CREDENTIALA *c, const struct cred_view *view);
void cred_json(struct json *j, const CREDENTIALA *c, const struct cred_view *view);

/* What a client that signs in to a server (a host, an SPN or a URL) finds saved. */
struct cred_best {
	PCREDENTIALA *domain; /* CredFree: CredReadDomainCredentials' array */
	DWORD domain_count;
	PCREDENTIALA generic;	 /* CredFree; by CredFindBestCredential */
	PCREDENTIALA standard;	 /* CredFree; the default credential */
	const CREDENTIALA *used; /* the one of these that packages take, credssp(7); NULL: none */
};
void cred_best_done(struct cred_best *b);

/* A Win32 error other than ERROR_NOT_FOUND, which leaves everything NULL. */
MUST_CHECK DWORD cred_find_best(const char *server, struct cred_best *out);

/* The commands, one file each. */
int cred_add_run(int argc, char **argv);
int cred_list_run(int argc, char **argv);
int cred_show_run(int argc, char **argv);
int cred_find_run(int argc, char **argv);
int cred_default_run(int argc, char **argv);
int cred_export_run(int argc, char **argv);
int cred_import_run(int argc, char **argv);
int cred_run_run(int argc, char **argv);

#endif
