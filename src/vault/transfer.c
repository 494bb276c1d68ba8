/* vault/transfer.c - export and import: every record in one stream, sealed to a passphrase.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * A key of its own for every stream lets the nonces count; the last frame says that it is the last, so
 * that a stream cut short is not whole. */
#include "base/base.h"

#include <errno.h>
#include <unistd.h>

#include "base/files.h"
#include "base/random.h"
#include "vault/inner.h"

static const char magic[] = "OpenSSPI export\n";

#define MAGIC_LEN (sizeof(magic) - 1)
#define HEAD_LEN (MAGIC_LEN + 4 + 3 * 4 + 16)
#define FRAME_MAX (RECORD_BYTES_MAX + SEAL_TAG_LEN)
#define LAST_FRAME 0x80000000u
#define STREAM_MAX (512u << 20)

struct stream {
	struct vault *v;
	int fd;	      /* on the way out */
	struct rd in; /* on the way in */
	struct secret *key;
	uint64_t frames, records;
	NTSTATUS status;
	bool altered;
	const struct vault_intake *how; /* on the way in */
};

static void stream_done(struct stream *s)
{
	secret_free(s->key);
}

static NTSTATUS key_set(struct stream *s, const struct stretch *cost,
			const struct secret *passphrase)
{
	CLEANUP(secret_free_p) struct secret *stretched = stretch_passphrase(cost, passphrase);
	uint8_t key[SHA256_LEN];

	if (!stretched)
		return fail(STATUS_NO_MEMORY, "stretching a passphrase");
	derive_key(stretched, &(struct part){ cost->salt, sizeof(cost->salt) }, "OpenSSPI export",
		   key);
	s->key = seal_key_new(key);
	mem_wipe(key, sizeof(key));
	return s->key ? STATUS_SUCCESS : fail(STATUS_NO_MEMORY, "preparing a key");
}

/* The frame's number is its nonce; its length with the last mark is what it is bound to. */
static void frame_nonce(uint64_t number, uint8_t out[SEAL_NONCE_LEN])
{
	for (size_t i = 0; i < SEAL_NONCE_LEN; i++)
		out[i] = i < 8 ? (uint8_t)(number >> 8 * i) : 0;
}

/* ---- out ---- */

static NTSTATUS head_write(struct stream *s, const struct secret *passphrase)
{
	CLEANUP(wr_done) struct wr w = WR(HEAD_LEN);
	struct stretch cost = STRETCH_DEFAULT;
	NTSTATUS status = random_bytes(cost.salt, sizeof(cost.salt));

	if (!failed(status))
		status = key_set(s, &cost, passphrase);
	if (failed(status))
		return status;
	wr_bytes(&w, magic, MAGIC_LEN);
	wr_u32le(&w, VAULT_FORMAT);
	wr_u32le(&w, cost.rounds);
	wr_u32le(&w, cost.kib);
	wr_u32le(&w, cost.lanes);
	wr_bytes(&w, cost.salt, sizeof(cost.salt));
	return wr_ok(&w) && file_write_all(s->fd, w.buf, w.len)
		       ? STATUS_SUCCESS
		       : vault_fail(s->v, STATUS_IO_DEVICE_ERROR, "the export cannot be written");
}

static NTSTATUS frame_write(struct stream *s, struct rd plain, uint32_t mark)
{
	CLEANUP(wr_done) struct wr w = WR(FRAME_MAX + 4);
	uint8_t nonce[SEAL_NONCE_LEN];

	wr_u32le(&w, (uint32_t)plain.n | mark);
	uint8_t *sealed = wr_take(&w, plain.n + SEAL_TAG_LEN);
	if (!sealed)
		return fail(STATUS_NO_MEMORY, "exporting");
	frame_nonce(s->frames++, nonce);
	seal_bytes(
		s->key,
		&(struct seal_text){
			.nonce = nonce, .bound = w.buf, .bound_n = 4, .in = plain.p, .n = plain.n },
		sealed);
	return file_write_all(s->fd, w.buf, w.len)
		       ? STATUS_SUCCESS
		       : vault_fail(s->v, STATUS_IO_DEVICE_ERROR, "the export cannot be written");
}

static bool export_record(void *to, const struct vault_record *r)
{
	struct stream *s = to;
	CLEANUP(wr_done) struct wr w = WR(RECORD_BYTES_MAX);

	if (r->status == VAULT_ALTERED) {
		s->altered = true;
		return true;
	}
	record_write(&w, &r->name, r->value);
	s->status = wr_ok(&w) ? frame_write(s, wr_view(&w), 0)
			      : fail(STATUS_NO_MEMORY, "exporting a record");
	s->records++;
	return !failed(s->status);
}

static NTSTATUS export(struct stream *s)
{
	struct vault_report report = { 0 };
	NTSTATUS status = rows_each(
		s->v, &(struct rows_call){ .visit = export_record, .to = s, .every_set = true },
		&report);

	if (failed(s->status))
		return s->status;
	if (failed(status) && status != VAULT_DAMAGED)
		return status;
	uint8_t count[8];
	for (size_t i = 0; i < 8; i++)
		count[i] = (uint8_t)(s->records >> 8 * i);
	NTSTATUS end = frame_write(s, rd_of(count, sizeof(count)), LAST_FRAME);
	if (failed(end))
		return end;
	if (failed(status))
		return status;
	return s->altered
		       ? vault_fail(s->v, VAULT_ALTERED,
				    "%s: altered records were left out of the export", s->v->path)
		       : STATUS_SUCCESS;
}

NTSTATUS vault_export(struct vault *v, const struct secret *passphrase, int fd, uint64_t *records)
{
	CLEANUP(stream_done) struct stream s = { .v = v, .fd = fd };

	if (records)
		*records = 0;
	if (!passphrase || !passphrase->len)
		return fail(STATUS_INVALID_PARAMETER, "an empty passphrase");
	HOLD(v);
	NTSTATUS status = store_begin(v, STORE_READ);
	if (failed(status))
		return status;
	status = head_write(&s, passphrase);
	status = store_end(v, failed(status) ? status : export(&s));
	if (records)
		*records = s.records;
	return status;
}

/* ---- in ---- */

/* Outside of transactions too, where nobody holds the vault. */
static NTSTATUS say(const struct stream *s, NTSTATUS status, const char *words)
{
	HOLD(s->v);
	return vault_fail(s->v, status, "%s", words);
}

static bool cost_read(struct rd *r, struct stretch *out)
{
	struct rd salt;

	if (!rd_u32le(r, &out->rounds) || !rd_u32le(r, &out->kib) || !rd_u32le(r, &out->lanes) ||
	    !rd_bytes(r, sizeof(out->salt), &salt))
		return false;
	memcpy(out->salt, salt.p, salt.n);
	return true;
}

bool vault_import_is_dear(struct rd sealed)
{
	const struct stretch usual = STRETCH_DEFAULT;
	struct stretch cost;
	uint32_t format;

	return rd_tag(&sealed, magic, MAGIC_LEN) && rd_u32le(&sealed, &format) &&
	       cost_read(&sealed, &cost) &&
	       (cost.rounds > usual.rounds || cost.kib > usual.kib || cost.lanes > usual.lanes);
}

static NTSTATUS head_read(struct stream *s, const struct secret *passphrase)
{
	struct stretch cost;
	uint32_t format;
	struct rd r;

	if (!rd_bytes(&s->in, HEAD_LEN, &r) || !rd_tag(&r, magic, MAGIC_LEN) ||
	    !rd_u32le(&r, &format))
		return say(s, VAULT_ALTERED, "this is not an export of a vault");
	if (format != VAULT_FORMAT)
		return say(s, VAULT_NEWER, "an export of a format that is not known");
	if (!cost_read(&r, &cost))
		return say(s, VAULT_ALTERED, "the export's head is damaged");
	return key_set(s, &cost, passphrase);
}

/* Reads a frame into `plain`. The first that does not open speaks of the passphrase, later ones of the
 * stream. */
static NTSTATUS frame_read(struct stream *s, struct wr *plain, bool *last)
{
	uint8_t nonce[SEAL_NONCE_LEN];
	struct rd bound, sealed;

	wr_reset(plain);
	if (!rd_bytes(&s->in, 4, &bound))
		return say(s, VAULT_ALTERED, "the export ends too early");
	uint32_t n = u32le_at(bound.p) & ~LAST_FRAME;
	*last = u32le_at(bound.p) & LAST_FRAME;
	if (n > RECORD_BYTES_MAX || !rd_bytes(&s->in, n + SEAL_TAG_LEN, &sealed))
		return say(s, VAULT_ALTERED, "the export ends too early");
	uint8_t *out = wr_take(plain, n);
	if (!out)
		return fail(STATUS_NO_MEMORY, "importing");
	frame_nonce(s->frames, nonce);
	if (!seal_open(s->key,
		       &(struct seal_text){ .nonce = nonce,
					    .bound = bound.p,
					    .bound_n = bound.n,
					    .in = sealed.p,
					    .n = sealed.n },
		       out))
		return s->frames
			       ? say(s, VAULT_ALTERED, "the export was altered")
			       : say(s, VAULT_WRONG_KEY, "the passphrase does not open the export");
	s->frames++;
	return STATUS_SUCCESS;
}

static bool always(void *with, const struct vault_name *name, struct rd old, struct rd now)
{
	return true;
}

/* What is there stays, unless it is to go; an altered one stays to be looked at. */
static bool is_to_go(struct stream *s, const struct vault_record *r, const struct secret *old)
{
	return s->how->replaces &&
	       s->how->replaces(s->how->with, &r->name, rd_of(old->p, old->len), r->value);
}

static NTSTATUS import_record(struct stream *s, struct rd plain)
{
	CLEANUP(secret_free_p) struct secret *old = NULL;
	struct vault_record r = { 0 };

	if (!record_parse(plain, &r))
		return say(s, VAULT_ALTERED, "a record of the export is not well formed");
	if (s->how->is_wanted && !s->how->is_wanted(s->how->with, &r.name, r.value))
		return STATUS_SUCCESS;
	NTSTATUS status = vault_get(s->v, &r.name, &old);
	if (status == VAULT_ALTERED && s->how->replaces == always)
		status = VAULT_NOT_FOUND;
	if (status == VAULT_ALTERED && !s->how->strict)
		return STATUS_SUCCESS;
	if (failed(status) && status != VAULT_NOT_FOUND)
		return status;
	if (old && !is_to_go(s, &r, old))
		return STATUS_SUCCESS;
	s->records++;
	return vault_put(s->v, &r.name, r.value);
}

static NTSTATUS import(struct vault *v, void *with)
{
	CLEANUP(wr_done) struct wr plain = WR(FRAME_MAX);
	struct stream *s = with;
	bool last = false;
	NTSTATUS status = s->how->begin ? s->how->begin(v, s->how->with) : STATUS_SUCCESS;

	if (failed(status))
		return status;
	for (;;) {
		status = frame_read(s, &plain, &last);
		if (failed(status))
			return status;
		struct rd r = wr_view(&plain);
		uint64_t count;
		if (last)
			return rd_u64le(&r, &count) && rd_empty(r) && count == s->frames - 1
				       ? STATUS_SUCCESS
				       : say(s, VAULT_ALTERED, "the export is not whole");
		status = import_record(s, r);
		if (failed(status))
			return status;
	}
}

/* All that the descriptor gives. */
static NTSTATUS spool(int fd, struct wr *out)
{
	uint8_t part[16384];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fail(STATUS_IO_DEVICE_ERROR, "reading an export");
		wr_bytes(out, part, (size_t)n);
		if (!wr_ok(out))
			return fail(STATUS_FILE_TOO_LARGE, "reading an export");
	}
	return STATUS_SUCCESS;
}

/* Read before anything is locked: nobody waits for whoever writes it, nor for the key. */
NTSTATUS vault_take_in(struct vault *v, const struct vault_intake *how, uint64_t *records)
{
	CLEANUP(stream_done) struct stream s = { .v = v, .how = how };
	CLEANUP(wr_done) struct wr sealed = WR(STREAM_MAX);

	if (records)
		*records = 0;
	if (!how->passphrase)
		return fail(STATUS_INVALID_PARAMETER, "importing without a passphrase");
	NTSTATUS status = spool(how->fd, &sealed);
	s.in = wr_view(&sealed);
	if (!failed(status))
		status = head_read(&s, how->passphrase);
	if (!failed(status))
		status = vault_transact(v, import, &s);
	if (!failed(status) && records)
		*records = s.records;
	return status;
}

NTSTATUS vault_import(struct vault *v, const struct secret *passphrase, int fd, bool replace,
		      uint64_t *records)
{
	return vault_take_in(v,
			     &(struct vault_intake){ .passphrase = passphrase,
						     .fd = fd,
						     .replaces = replace ? always : NULL },
			     records);
}
