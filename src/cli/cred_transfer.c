/* cli/cred_transfer.c - sspi cred export and import: everything, sealed to a passphrase.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/cred.h"
#include "cli/options.h"
#include "cli/prompt.h"
#include "cli/win32.h"

/* A file that is there when it is whole, and is not there before. */
struct out_file {
	const char *path;
	char *temporary; /* with --force: what becomes `path` at the end; owned */
	int fd;
	bool made;
};

static void out_file_done(struct out_file *f)
{
	if (f->fd > STDERR_FILENO)
		close(f->fd);
	if (f->made)
		unlink(f->temporary ? f->temporary : f->path);
	free(f->temporary);
}

static bool out_file_open(struct out_file *f, bool force)
{
	if (strcmp(f->path, "-") == 0) {
		f->fd = STDOUT_FILENO;
		return true;
	}
	if (!force) {
		f->fd = open(f->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	} else {
		if (asprintf(&f->temporary, "%s.XXXXXX", f->path) < 0) {
			f->temporary = NULL;
			return false;
		}
		f->fd = mkostemp(f->temporary, O_CLOEXEC);
	}
	f->made = f->fd >= 0;
	return f->made;
}

static bool out_file_finish(struct out_file *f)
{
	if (!f->made)
		return true;
	if (fsync(f->fd) != 0 || (f->temporary && rename(f->temporary, f->path) != 0))
		return false;
	f->made = false;
	return true;
}

static int system_failure(const struct command_line *line, const char *what)
{
	fprintf(stderr, "sspi %s: %s: %s\n", line->command, what, strerror(errno));
	return EXIT_REFUSED;
}

/* Key derivation takes a second or more. */
static void say_patience(const char *what)
{
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "%s\n", what);
}

static void say_records(ULONGLONG records, const char *what)
{
	fprintf(stderr, "%llu record%s %s\n", (unsigned long long)records, records == 1 ? "" : "s",
		what);
}

/* Some records are not what was written: the others are there, and nothing whole is replaced by them. */
static int export_in_part(const struct command_line *line, struct out_file *file, DWORD error,
			  ULONGLONG records)
{
	if (!file->temporary && out_file_finish(file))
		say_records(records, "written, which is not all: the others cannot be read");
	return win32_finish(line->command, file->path, error);
}

static int export_to(const struct command_line *line, struct out_file *file, const char *passphrase)
{
	ULONGLONG records = 0;
	DWORD error;

	say_patience("Sealing the credentials to the passphrase ...");
	do {
		error = OpensspiVaultExport(passphrase, file->fd, &records);
	} while (win32_unlocked(error));
	if (error == ERROR_CRC || error == ERROR_FILE_CORRUPT)
		return export_in_part(line, file, error, records);
	if (error != ERROR_SUCCESS)
		return win32_finish(line->command, file->path, error);
	if (!out_file_finish(file))
		return system_failure(line, file->path);
	say_records(records, "written");
	return EXIT_DONE;
}

int cred_export_run(int argc, char **argv)
{
	int fd = -1;
	bool force = false;
	const struct option_row rows[] = {
		{ "--passphrase-fd", OPTION_NUMBER, &fd, "N",
		  "read the passphrase, one line, from descriptor N" },
		{ "--force", OPTION_FLAG, &force, NULL, "replace a file that is there" },
		{ NULL },
	};
	struct command_line line = {
		.command = "cred export",
		.operands = "FILE|-",
		.rows = rows,
		.least = 1,
		.most = 1,
		.summary = "Writes all lasting credentials to a file that only the "
			   "passphrase opens."
	};
	struct out_file CLEANUP(out_file_done) file = { .fd = -1 };
	struct password CLEANUP(password_done) passphrase = { "" };

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	file.path = line.given[0];
	if (strcmp(file.path, "-") == 0 && isatty(STDOUT_FILENO))
		return options_wrong(&line, "an export is no text for a terminal");
	if (strcmp(file.path, "-") != 0 && !force && access(file.path, F_OK) == 0)
		return options_wrong(&line, "%s is there already; --force replaces it", file.path);
	if (!password_read(&passphrase, fd, "Passphrase of the export", true))
		return EXIT_USAGE;
	if (!passphrase.text[0])
		return options_wrong(&line, "an empty passphrase seals nothing");
	if (!out_file_open(&file, force))
		return system_failure(&line, file.path);
	return export_to(&line, &file, passphrase.text);
}

static void close_p(int *fd)
{
	if (*fd > STDIN_FILENO)
		close(*fd);
}

int cred_import_run(int argc, char **argv)
{
	int fd = -1;
	bool replace = false;
	const struct option_row rows[] = {
		{ "--passphrase-fd", OPTION_NUMBER, &fd, "N",
		  "read the passphrase, one line, from descriptor N" },
		{ "--replace", OPTION_FLAG, &replace, NULL,
		  "the file's credentials go before those that are there" },
		{ NULL },
	};
	struct command_line line = {
		.command = "cred import",
		.operands = "FILE|-",
		.rows = rows,
		.least = 1,
		.most = 1,
		.summary = "Takes in what 'sspi cred export' wrote; what is there "
			   "already stays."
	};
	struct password CLEANUP(password_done) passphrase = { "" };
	ULONGLONG records = 0;

	int code = options_parse(&line, argc, argv);
	if (code != OPTIONS_GO)
		return code;
	bool standard = strcmp(line.given[0], "-") == 0;
	if (standard && fd == STDIN_FILENO)
		return options_wrong(&line, "file and passphrase cannot both be standard input");
	int CLEANUP(close_p) file = standard ? STDIN_FILENO
					     : open(line.given[0], O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (file < 0)
		return system_failure(&line, line.given[0]);
	if (!password_read(&passphrase, fd, "Passphrase of the export", false))
		return EXIT_USAGE;

	say_patience("Opening the export ...");
	DWORD error = OpensspiVaultImport(passphrase.text, file, replace, &records);
	/* once more from the start, where the file has one */
	if (win32_unlocked(error) && lseek(file, 0, SEEK_SET) == 0)
		error = OpensspiVaultImport(passphrase.text, file, replace, &records);
	if (error != ERROR_SUCCESS)
		return win32_finish(line.command, line.given[0], error);
	say_records(records, "taken in");
	return EXIT_DONE;
}
