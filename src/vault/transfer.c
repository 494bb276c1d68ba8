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

struct stream {
	struct vault *v;
	int fd;
	struct secret *key;
	uint64_t frames, records;
	NTSTATUS status;
	bool altered, replace;
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

static NTSTATUS head_read(struct stream *s, const struct secret *passphrase)
{
	uint8_t head[HEAD_LEN] = { 0 };
	struct stretch cost;
	struct rd salt;
	uint32_t format;

	struct rd r = rd_of(head, sizeof(head));
	if (!file_read_all(s->fd, head, sizeof(head)) || !rd_tag(&r, magic, MAGIC_LEN) ||
	    !rd_u32le(&r, &format))
		return vault_fail(s->v, VAULT_ALTERED, "this is not an export of a vault");
	if (format != VAULT_FORMAT)
		return vault_fail(s->v, VAULT_NEWER, "an export of format %u is not known", format);
	if (!rd_u32le(&r, &cost.rounds) || !rd_u32le(&r, &cost.kib) || !rd_u32le(&r, &cost.lanes) ||
	    !rd_bytes(&r, sizeof(cost.salt), &salt))
		return vault_fail(s->v, VAULT_ALTERED, "the export's head is damaged");
	memcpy(cost.salt, salt.p, salt.n);
	return key_set(s, &cost, passphrase);
}

/* Reads a frame into `plain`. The first that does not open speaks of the passphrase, later ones of the
 * stream. */
static NTSTATUS frame_read(struct stream *s, struct wr *plain, bool *last)
{
	CLEANUP(wr_done) struct wr sealed = WR(FRAME_MAX);
	uint8_t bound[4], nonce[SEAL_NONCE_LEN];

	wr_reset(plain);
	if (!file_read_all(s->fd, bound, sizeof(bound)))
		return vault_fail(s->v, VAULT_ALTERED, "the export ends too early");
	uint32_t n = u32le_at(bound) & ~LAST_FRAME;
	*last = u32le_at(bound) & LAST_FRAME;
	uint8_t *in = n <= RECORD_BYTES_MAX ? wr_take(&sealed, n + SEAL_TAG_LEN) : NULL;
	uint8_t *out = in ? wr_take(plain, n) : NULL;
	if (!in || !out || !file_read_all(s->fd, in, sealed.len))
		return vault_fail(s->v, VAULT_ALTERED, "the export ends too early");
	frame_nonce(s->frames, nonce);
	if (!seal_open(s->key,
		       &(struct seal_text){ .nonce = nonce,
					    .bound = bound,
					    .bound_n = 4,
					    .in = in,
					    .n = sealed.len },
		       out))
		return s->frames ? vault_fail(s->v, VAULT_ALTERED, "the export was altered")
				 : vault_fail(s->v, VAULT_WRONG_KEY,
					      "the passphrase does not open the export");
	s->frames++;
	return STATUS_SUCCESS;
}

static NTSTATUS import_record(struct stream *s, struct rd plain)
{
	CLEANUP(secret_free_p) struct secret *old = NULL;
	struct vault_record r = { 0 };

	if (!record_parse(plain, &r))
		return vault_fail(s->v, VAULT_ALTERED, "a record of the export is not well formed");
	NTSTATUS status = s->replace ? VAULT_NOT_FOUND : vault_get(s->v, &r.name, &old);
	if (status != VAULT_NOT_FOUND) /* an altered one is there too: it stays to be looked at */
		return status == VAULT_ALTERED ? STATUS_SUCCESS : status;
	s->records++;
	return vault_put(s->v, &r.name, r.value);
}

static NTSTATUS import(struct vault *v, void *with)
{
	CLEANUP(wr_done) struct wr plain = WR(FRAME_MAX);
	struct stream *s = with;
	bool last = false;

	(void)v;
	for (;;) {
		NTSTATUS status = frame_read(s, &plain, &last);
		if (failed(status))
			return status;
		struct rd r = wr_view(&plain);
		uint64_t count;
		if (last)
			return rd_u64le(&r, &count) && rd_empty(r) && count == s->frames - 1
				       ? STATUS_SUCCESS
				       : vault_fail(s->v, VAULT_ALTERED, "the export is not whole");
		status = import_record(s, r);
		if (failed(status))
			return status;
	}
}

NTSTATUS vault_import(struct vault *v, const struct secret *passphrase, int fd, bool replace,
		      uint64_t *records)
{
	CLEANUP(stream_done) struct stream s = { .v = v, .fd = fd, .replace = replace };

	if (records)
		*records = 0;
	if (!passphrase)
		return fail(STATUS_INVALID_PARAMETER, "importing without a passphrase");
	HOLD(v);
	NTSTATUS status = head_read(&s, passphrase);
	if (!failed(status))
		status = vault_transact(v, import, &s);
	if (!failed(status) && records)
		*records = s.records;
	return status;
}
