/* lsa/load.c - see lsa/load.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/places.h"
#include "base/trace.h"
#include "lsa/load.h"

#define OTHERS_MAY_WRITE (S_IWGRP | S_IWOTH)

struct module_file {
	struct package_module module; /* its name is the path as it was given */
	void *handle;
	char *path;
};

struct modules {
	const struct package_module **list;
	struct module_file *file[MODULES_MAX];
	size_t builtin, files;
};

struct modules *modules_new(const struct package_module *const *builtin)
{
	struct modules *m = MEM_NEW(struct modules);

	while (m && builtin[m->builtin])
		m->builtin++;
	if (m)
		m->list = mem_array(m->builtin + MODULES_MAX + 1, sizeof(struct package_module *));
	if (!m || !m->list) {
		mem_free(m);
		return NULL;
	}
	for (size_t i = 0; i < m->builtin; i++)
		m->list[i] = builtin[i];
	return m;
}

const struct package_module *const *modules_list(const struct modules *m)
{
	return m->list;
}

static void module_file_free(struct module_file *f)
{
	if (!f)
		return;
	if (f->handle)
		dlclose(f->handle);
	mem_free(f->path);
	mem_free(f);
}
DEFINE_CLEANUP(struct module_file *, module_file_free)

void modules_free(struct modules *m)
{
	if (!m)
		return;
	while (m->files)
		module_file_free(m->file[--m->files]);
	mem_free(m->list);
	mem_free(m);
}

/* ---- may this file be loaded? ---- */

/* With rights that whoever started the program has not, the user's files are no more to be trusted than
 * others'. */
static bool owner_is_right(const struct stat *st)
{
	return st->st_uid == 0 || (st->st_uid == geteuid() && !process_is_elevated());
}

/* In a directory with the sticky bit (as /tmp) others cannot replace what is not theirs. */
static const char *directory_fault(const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return "a directory on its way cannot be read";
	if (!owner_is_right(&st))
		return "a directory on its way is owned neither by this user nor by root";
	if ((st.st_mode & OTHERS_MAY_WRITE) && !(st.st_mode & S_ISVTX))
		return "others may write a directory on its way";
	return NULL;
}

/* Walks from the file's directory to the root; `path` is resolved and is cut on the way. */
static const char *way_fault(char *path)
{
	for (char *slash = strrchr(path, '/'); slash && slash != path; slash = strrchr(path, '/')) {
		*slash = '\0';
		const char *fault = directory_fault(path);
		if (fault)
			return fault;
	}
	return directory_fault("/");
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

/* Is all there that the loader maps? It would take half a file, and die of it. */
static bool file_is_whole(const char *path, uint64_t size)
{
	CLEANUP(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ElfW(Ehdr) head;
	ElfW(Phdr) part;

	if (fd < 0 || pread(fd, &head, sizeof(head), 0) != sizeof(head) ||
	    memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 || head.e_phentsize != sizeof(part))
		return false;
	for (unsigned i = 0; i < head.e_phnum; i++) {
		if (pread(fd, &part, sizeof(part), (off_t)(head.e_phoff + i * sizeof(part))) !=
		    sizeof(part))
			return false;
		if (part.p_filesz > size || part.p_offset > size - part.p_filesz)
			return false;
	}
	return true;
}

/* What is wrong with loading that file; NULL when nothing is. Then `real` is where it lies, without links,
 * which others might turn elsewhere before it is loaded. */
static const char *file_fault(const char *path, char real[PATH_MAX])
{
	char way[PATH_MAX];
	struct stat st;

	if (path[0] != '/')
		return "not an absolute path";
	if (!realpath(path, real) || stat(real, &st) != 0)
		return errno == ENOENT ? "no such file" : "the file cannot be reached";
	if (!S_ISREG(st.st_mode))
		return "not a regular file";
	if (!owner_is_right(&st))
		return "owned neither by this user nor by root";
	if (st.st_mode & OTHERS_MAY_WRITE)
		return "group or others may write it";
	if (!file_is_whole(real, (uint64_t)st.st_size))
		return "not a whole shared object";
	memcpy(way, real, sizeof(way));
	return way_fault(way);
}

/* ---- loading ---- */

/* Object and function pointers are told apart by C alone. */
static void entry_find(void *handle, const char *name, void *entry)
{
	void *symbol = dlsym(handle, name);

	memcpy(entry, &symbol, sizeof(symbol));
}

/* NULL when it was loaded, else why not. */
static const char *file_load(const struct modules *m, struct module_file *f)
{
	char real[PATH_MAX] = "";
	const char *fault = file_fault(f->path, real);
	if (fault)
		return fault;
	if (m->files == MODULES_MAX)
		return "too many files";
	f->handle = dlopen(real, RTLD_NOW | RTLD_LOCAL);
	if (!f->handle) {
		fault = dlerror();
		return fault ? fault : "the loader refuses it";
	}
	for (size_t i = 0; i < m->files; i++)
		if (m->file[i]->handle == f->handle)
			return "loaded already";
	entry_find(f->handle, SECPKG_LSAMODEINIT_NAME, &f->module.lsa_initialize);
	entry_find(f->handle, SECPKG_USERMODEINIT_NAME, &f->module.user_initialize);
	return f->module.lsa_initialize ? NULL : "it has no " SECPKG_LSAMODEINIT_NAME;
}

static void modules_add_file(struct modules *m, const char *path, size_t n)
{
	CLEANUP(module_file_free_p) struct module_file *f = MEM_NEW(struct module_file);
	const char *fault = "memory is short";

	if (f)
		f->path = mem_dup(path, n + 1);
	if (f && f->path) {
		f->path[n] = '\0';
		f->module.name = f->path;
		fault = file_load(m, f);
	}
	if (fault) {
		trace_line("package file %.*s is left out: %s", (int)n, path, fault);
		return;
	}
	trace_line("package file %s is loaded", f->path);
	m->list[m->builtin + m->files] = &f->module;
	m->file[m->files++] = TAKE(f);
}

void modules_add(struct modules *m, const char *list, char separator)
{
	const char blank[] = " \t", stop[] = { separator, '\0' };

	while (list && *list) {
		size_t n = strcspn(list, stop), next = n + (list[n] != '\0'), before;

		before = strspn(list, blank);
		if (before > n)
			before = n;
		while (n > before && strchr(blank, list[n - 1]))
			n--;
		if (n - before >= PATH_MAX)
			trace_line("package file %.40s... is left out: longer than a path can be",
				   list + before);
		else if (n > before)
			modules_add_file(m, list + before, n - before);
		list += next;
	}
}
