/* wire/msv1.c - see wire/msv1.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "wire/kerblogon.h"
#include "wire/msv1.h"

#define INTERACTIVE_HEADER 56
#define NETWORK_HEADER 104
#define PROFILE_INTERACTIVE 2
#define PROFILE_LM20 3
#define INTERACTIVE_PROFILE 160
#define LM20_PROFILE 104
#define LANMAN_KEY_LEN 8
#define NEVER INT64_MAX

bool msv1_type(const struct msv1_message *m, uint32_t *out)
{
	struct rd r = m->bytes;
	return rd_u32le(&r, out);
}

/* ---- reading ---- */

/* A reader of the fixed part, and what its pointers may lead to. */
struct head {
	const struct msv1_message *message;
	size_t size; /* of the fixed part */
	struct rd rest;
};

static bool head_open(const struct msv1_message *m, size_t size, struct head *out)
{
	*out = (struct head){ .message = m, .size = size };
	return rd_at(m->bytes, 0, size, &out->rest) && rd_skip(&out->rest, 8);
}

/* An address in the caller, or an offset where that is none. No bytes have no place. */
static bool pointed(const struct head *h, uint64_t pointer, size_t n, struct rd *out)
{
	const struct msv1_message *m = h->message;
	uint64_t at = m->base && pointer >= m->base ? pointer - m->base : pointer;

	*out = rd_of(NULL, 0);
	if (n == 0)
		return true;
	return at >= h->size && at <= m->bytes.n && rd_at(m->bytes, (size_t)at, n, out);
}

/* A STRING: its bytes. */
static bool read_bytes(struct head *h, struct rd *out)
{
	uint16_t length, room;
	uint64_t pointer;

	return rd_u16le(&h->rest, &length) && rd_u16le(&h->rest, &room) && rd_skip(&h->rest, 4) &&
	       rd_u64le(&h->rest, &pointer) && pointed(h, pointer, length, out);
}

/* A UNICODE_STRING: an even number of bytes at an even place. */
static bool read_units(struct head *h, struct rd *out)
{
	return read_bytes(h, out) && out->n % 2 == 0 &&
	       (out->n == 0 || (size_t)(out->p - h->message->bytes.p) % 2 == 0);
}

static bool read_text(struct head *h, struct rd *out)
{
	return read_units(h, out) && logon_text_is_sound(*out);
}

bool msv1_interactive_read(const struct msv1_message *m, struct msv1_interactive *out)
{
	struct head h;

	*out = (struct msv1_interactive){ .domain = { NULL, 0 } };
	return head_open(m, INTERACTIVE_HEADER, &h) && read_text(&h, &out->domain) &&
	       read_text(&h, &out->user) && read_units(&h, &out->password);
}

bool msv1_network_read(const struct msv1_message *m, struct msv1_network *out)
{
	struct rd challenge;
	struct head h;

	*out = (struct msv1_network){ .domain = { NULL, 0 } };
	if (!head_open(m, NETWORK_HEADER, &h) || !read_text(&h, &out->domain) ||
	    !read_text(&h, &out->user) || !read_text(&h, &out->workstation) ||
	    !rd_bytes(&h.rest, MSV1_CHALLENGE_LEN, &challenge) || !read_bytes(&h, &out->nt) ||
	    !read_bytes(&h, &out->lm) || !rd_u32le(&h.rest, &out->parameters))
		return false;
	memcpy(out->challenge, challenge.p, MSV1_CHALLENGE_LEN);
	return true;
}

/* ---- writing ---- */

/* A UNICODE_STRING whose text will lie at `*to` behind the fixed part. */
static void write_text(struct wr *w, uint64_t base, struct rd text, size_t *to)
{
	if (text.n > UINT16_MAX - 2u)
		w->failed = true;
	wr_u16le(w, (uint16_t)text.n);
	wr_u16le(w, (uint16_t)(text.n + 2));
	wr_u32le(w, 0);
	wr_u64le(w, base + *to);
	*to += text.n + 2;
}

static void write_terminated(struct wr *w, struct rd text)
{
	wr_rd(w, text);
	wr_u16le(w, 0);
}

void msv1_interactive_profile_write(struct wr *w, uint64_t base, const struct msv1_profile *p)
{
	const struct rd none = { NULL, 0 };
	/* script, home, full name, profile, drive, server */
	const struct rd text[] = { none, none, p->full_name, none, none, p->server };
	size_t to = INTERACTIVE_PROFILE;

	wr_u32le(w, PROFILE_INTERACTIVE);
	wr_zero(w, 4); /* counts of logons and of bad passwords */
	wr_u64le(w, (uint64_t)p->now);
	wr_u64le(w, (uint64_t)p->end);
	wr_u64le(w, (uint64_t)p->end);
	wr_u64le(w, 0);		      /* when the password was set is not known */
	wr_u64le(w, (uint64_t)NEVER); /* nor when it may, */
	wr_u64le(w, (uint64_t)NEVER); /* or must be changed */
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		write_text(w, base, text[i], &to);
	wr_u32le(w, p->flags);
	wr_zero(w, 4);
	for (size_t i = 0; i < ARRAY_LEN(text); i++)
		write_terminated(w, text[i]);
}

void msv1_network_profile_write(struct wr *w, uint64_t base, const struct msv1_profile *p)
{
	const struct rd none = { NULL, 0 };
	size_t to = LM20_PROFILE;

	wr_u32le(w, PROFILE_LM20);
	wr_zero(w, 4);
	wr_u64le(w, (uint64_t)p->end);
	wr_u64le(w, (uint64_t)p->end);
	wr_u32le(w, p->flags);
	if (p->key)
		wr_bytes(w, p->key, MSV1_KEY_LEN);
	else
		wr_zero(w, MSV1_KEY_LEN);
	wr_zero(w, 4);
	write_text(w, base, p->domain, &to);
	wr_zero(w, LANMAN_KEY_LEN);
	write_text(w, base, p->server, &to);
	write_text(w, base, none, &to);
	write_terminated(w, p->domain);
	write_terminated(w, p->server);
	write_terminated(w, none);
}

void msv1_challenge_write(struct wr *w, const uint8_t challenge[MSV1_CHALLENGE_LEN])
{
	wr_u32le(w, 0); /* MsV1_0Lm20ChallengeRequest */
	wr_bytes(w, challenge, MSV1_CHALLENGE_LEN);
}
