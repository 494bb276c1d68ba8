/* accounts/guard.c - see accounts/guard.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A header of 64 bytes with a random salt, then records of 64 bytes in host order: first the sets
 * for names nobody has, then the accounts', as many as there are. A record is one aligned write, so
 * a crash leaves the old one or the new one. */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "accounts/guard.h"
#include "accounts/store.h"
#include "base/clock.h"
#include "base/places.h"
#include "base/random.h"
#include "base/trace.h"
#include "crypto/hash.h"

#define MAGIC "OSPLOCK1"
#define MAGIC_LEN 8
#define SALT_LEN 16
#define KEY_LEN 16
#define RECORD_LEN 64
#define SETS 128u
#define WAYS 4u
#define FIRST_ACCOUNT (1 + SETS * WAYS) /* in records; the header is record 0 */
#define GUARD_FILE_MAX (16u << 20)
#define TICKS_PER_SECOND INT64_C(10000000)

struct record {
	uint8_t key[KEY_LEN];
	uint32_t failures;
	uint32_t check; /* CRC-32 of the other bytes */
	int64_t last;	/* when the last failure was */
	int64_t until;	/* when a lockout ends; 0: none */
	uint8_t unused[24];
};
_Static_assert(sizeof(struct record) == RECORD_LEN, "records are 64 bytes");

/* ---- opening ---- */

static NTSTATUS unusable(const char *path, const char *what)
{
	trace_line("accounts: %s: %s; nobody signs in until that is mended", path, what);
	return fail(SEC_E_INTERNAL_ERROR, "opening the count of bad passwords");
}

static uint32_t record_check(const struct record *r)
{
	struct record copy = *r;
	copy.check = 0;
	return crc32_more(0, &copy, sizeof(copy));
}

static struct record record_at(const struct guard *g, size_t i)
{
	struct record r;
	memcpy(&r, g->bytes + i * RECORD_LEN, sizeof(r));
	return r;
}

/* Without a way out in the middle, so that the compiler takes many bytes at a time. */
static bool is_zero(const uint8_t *p, size_t n)
{
	uint8_t any = 0;
	for (size_t i = 0; i < n; i++)
		any |= p[i];
	return any == 0;
}

static bool is_free(const struct record *r)
{
	return is_zero(r->key, KEY_LEN);
}

/* Every record whole, and the header ours? */
static bool is_sound(const struct guard *g)
{
	if (g->n % RECORD_LEN || g->n < FIRST_ACCOUNT * RECORD_LEN ||
	    memcmp(g->bytes, MAGIC, MAGIC_LEN) != 0)
		return false;
	for (size_t i = 1; i < g->n / RECORD_LEN; i++) {
		struct record r = record_at(g, i);
		/* Most places are free, and zeroes are found faster than a sum. */
		if (!is_zero((uint8_t *)&r, sizeof(r)) && r.check != record_check(&r))
			return false;
	}
	return true;
}

/* A file that is new, or whose bytes never reached the disk, begins with a fresh salt. The header
 * goes last: what a crash or a full disk leaves is zeros, which is a new file again. */
static NTSTATUS start(struct guard *g, const char *path)
{
	uint8_t *bytes = mem_alloc(FIRST_ACCOUNT * RECORD_LEN);

	if (!bytes)
		return fail(STATUS_NO_MEMORY, "opening the count of bad passwords");
	mem_free(g->bytes);
	g->bytes = bytes;
	g->n = FIRST_ACCOUNT * RECORD_LEN;
	memcpy(bytes, MAGIC, MAGIC_LEN);
	NTSTATUS status = random_bytes(bytes + MAGIC_LEN, SALT_LEN);
	if (failed(status))
		return status;
	bool written = ftruncate(g->fd, (off_t)g->n) == 0 && fsync(g->fd) == 0 &&
		       pwrite(g->fd, bytes, RECORD_LEN, 0) == RECORD_LEN && fsync(g->fd) == 0;
	return written ? STATUS_SUCCESS : unusable(path, "cannot be written");
}

static NTSTATUS load(struct guard *g, const char *path, bool create)
{
	struct stat st;

	while (flock(g->fd, LOCK_EX) != 0)
		if (errno != EINTR)
			return unusable(path, "cannot be locked");
	if (fstat(g->fd, &st) != 0 || st.st_size > (off_t)GUARD_FILE_MAX)
		return unusable(path, "of an impossible size");
	g->n = (size_t)st.st_size;
	g->bytes = mem_alloc(g->n);
	if (!g->bytes)
		return fail(STATUS_NO_MEMORY, "opening the count of bad passwords");
	if (pread(g->fd, g->bytes, g->n, 0) != (ssize_t)g->n)
		return unusable(path, "cannot be read");
	if (is_zero(g->bytes, g->n)) {
		g->n = create ? g->n : 0;
		return create ? start(g, path) : STATUS_SUCCESS;
	}
	return is_sound(g) ? STATUS_SUCCESS : unusable(path, "damaged (remove it to begin anew)");
}

NTSTATUS guard_begin(const char *path, bool create, struct guard *out)
{
	*out = (struct guard){ .fd = -1 };
	out->fd = store_open_own(path, O_RDWR);
	if (out->fd < 0 && create && errno == ENOENT) {
		if (!place_make_parent(path))
			return unusable(path, "its directory cannot be made");
		out->fd = store_open_own(path, O_RDWR | O_CREAT);
	}
	if (out->fd < 0 && !create && (errno == ENOENT || errno == ENOTDIR))
		return STATUS_SUCCESS;
	if (out->fd < 0)
		return unusable(path, "cannot be opened as this user's own file");
	NTSTATUS status = load(out, path, create);
	if (failed(status))
		guard_end(out);
	return status;
}

void guard_end(struct guard *g)
{
	if (g->fd >= 0) {
		flock(g->fd, LOCK_UN);
		close(g->fd);
	}
	mem_free(g->bytes);
	*g = (struct guard){ .fd = -1 };
}

/* ---- records ---- */

static void key_of(const struct guard *g, const struct guard_name *name, uint8_t out[KEY_LEN])
{
	uint8_t digest[SHA256_LEN];
	const struct part parts[] = { { g->bytes + MAGIC_LEN, SALT_LEN },
				      { name->store, strlen(name->store) + 1 },
				      { name->key, name->key_n * sizeof(WCHAR) } };

	sha256_parts(parts, ARRAY_LEN(parts), digest);
	digest[0] |= 1; /* never the key of a free record */
	memcpy(out, digest, KEY_LEN);
}

/* The records in which this name may be: [*from, *to). */
static void range_of(const struct guard *g, bool known, const uint8_t key[KEY_LEN], size_t *from,
		     size_t *to)
{
	size_t set = (key[KEY_LEN - 2] | key[KEY_LEN - 1] << 8) % SETS;

	*from = known ? FIRST_ACCOUNT : 1 + set * WAYS;
	*to = known ? g->n / RECORD_LEN : *from + WAYS;
	if (*to > g->n / RECORD_LEN)
		*to = g->n / RECORD_LEN;
}

static size_t find(const struct guard *g, const struct guard_name *name, struct record *out)
{
	uint8_t key[KEY_LEN];
	size_t from, to;

	if (g->n == 0)
		return 0;
	key_of(g, name, key);
	range_of(g, name->known, key, &from, &to);
	for (size_t i = from; i < to; i++) {
		*out = record_at(g, i);
		if (memcmp(out->key, key, KEY_LEN) == 0)
			return i;
	}
	*out = (struct record){ .failures = 0 };
	memcpy(out->key, key, KEY_LEN);
	return 0;
}

/* Says the record nothing any more? A failure in the future (a clock was set back) says nothing. */
static bool is_past(const struct record *r, int64_t now, const struct guard_rules *rules)
{
	if (is_free(r) || r->last > now)
		return true;
	return now >= r->until && now - r->last >= rules->observation_seconds * TICKS_PER_SECOND;
}

/* Where to put a name's first record: a free one or one that is past; else, for names nobody has,
 * in the place of the oldest, and for an account at the end of the file. */
static size_t place_for(const struct guard *g, const struct guard_name *name,
			const struct record *fresh, const struct guard_rules *rules)
{
	size_t from, to, oldest = 0;
	int64_t oldest_last = INT64_MAX;

	range_of(g, name->known, fresh->key, &from, &to);
	for (size_t i = from; i < to; i++) {
		struct record r = record_at(g, i);
		if (is_past(&r, fresh->last, rules))
			return i;
		if (r.last < oldest_last) {
			oldest_last = r.last;
			oldest = i;
		}
	}
	return name->known ? g->n / RECORD_LEN : oldest;
}

static NTSTATUS put(struct guard *g, size_t i, const struct record *record)
{
	struct record r = *record;

	r.check = record_check(&r);
	if ((i + 1) * RECORD_LEN > GUARD_FILE_MAX ||
	    pwrite(g->fd, &r, sizeof(r), (off_t)(i * RECORD_LEN)) != (ssize_t)sizeof(r))
		return fail(SEC_E_INTERNAL_ERROR, "keeping the count of bad passwords");
	if ((i + 1) * RECORD_LEN <= g->n)
		memcpy(g->bytes + i * RECORD_LEN, &r, sizeof(r));
	return STATUS_SUCCESS;
}

bool guard_is_locked(const struct guard *g, const struct guard_name *name, int64_t now,
		     const struct guard_rules *rules)
{
	struct record r;
	return rules->threshold && find(g, name, &r) && r.last <= now && now < r.until;
}

NTSTATUS guard_count(struct guard *g, const struct guard_name *name, int64_t now,
		     const struct guard_rules *rules, uint32_t *failures)
{
	struct record r;
	size_t i = find(g, name, &r);

	if (i && is_past(&r, now, rules))
		r.failures = 0;
	if (r.until && now >= r.until) /* a lockout that is over begins the count anew */
		r.failures = 0;
	r.until = 0;
	if (r.failures < UINT32_MAX)
		r.failures++;
	r.last = now;
	if (rules->threshold && r.failures >= rules->threshold)
		r.until = now + rules->lockout_seconds * TICKS_PER_SECOND;
	*failures = r.failures;
	return put(g, i ? i : place_for(g, name, &r, rules), &r);
}

NTSTATUS guard_forget(struct guard *g, const struct guard_name *name)
{
	struct record r;
	size_t i = find(g, name, &r);

	if (!i)
		return STATUS_SUCCESS;
	return put(g, i, &(struct record){ .failures = 0 });
}
