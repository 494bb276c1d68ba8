/* packages/ntlm/avpairs.c - see packages/ntlm/avpairs.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include "packages/ntlm/avpairs.h"
#include "packages/ntlm/message.h"

bool av_next(struct rd *list, uint16_t *id, struct rd *value)
{
	struct rd r = *list;
	uint16_t len;

	if (!rd_u16le(&r, id) || !rd_u16le(&r, &len) || !rd_bytes(&r, len, value))
		return false;
	*list = r;
	return true;
}

/* Each kind's own rule of length. */
static bool value_is_right(uint16_t id, struct rd value)
{
	switch (id) {
	case AV_EOL:
		return value.n == 0;
	case AV_FLAGS:
		return value.n == 4;
	case AV_TIMESTAMP:
		return value.n == 8;
	case AV_CHANNEL_BINDINGS:
		return value.n == AV_BINDINGS_LEN;
	case AV_SINGLE_HOST:
		return value.n >= 8;
	default: /* names, and what later versions may add */
		return id >= AV_COUNT || ntlm_utf16_is_valid(value);
	}
}

static bool pair_keep(struct av_pairs *pairs, uint16_t id, struct rd value)
{
	if (id >= AV_COUNT)
		return true;
	if (pairs->has[id])
		return false;
	pairs->has[id] = true;
	pairs->value[id] = value;
	return true;
}

bool av_read(struct rd list, struct av_pairs *out)
{
	struct av_pairs pairs = { 0 };
	struct rd value;
	uint16_t id;

	do {
		if (!av_next(&list, &id, &value) || !value_is_right(id, value) ||
		    !pair_keep(&pairs, id, value))
			return false;
	} while (id != AV_EOL);

	struct rd flags = pairs.value[AV_FLAGS], time = pairs.value[AV_TIMESTAMP];
	if (pairs.has[AV_FLAGS] && !rd_u32le(&flags, &pairs.flags))
		return false;
	if (pairs.has[AV_TIMESTAMP] && !rd_u64le(&time, &pairs.timestamp))
		return false;
	*out = pairs;
	return true;
}

void av_write(struct wr *w, uint16_t id, struct rd value)
{
	if (value.n > UINT16_MAX)
		w->failed = true;
	wr_u16le(w, id);
	wr_u16le(w, (uint16_t)value.n);
	wr_rd(w, value);
}

void av_write_u32(struct wr *w, uint16_t id, uint32_t value)
{
	wr_u16le(w, id);
	wr_u16le(w, 4);
	wr_u32le(w, value);
}

void av_write_u64(struct wr *w, uint16_t id, uint64_t value)
{
	wr_u16le(w, id);
	wr_u16le(w, 8);
	wr_u64le(w, value);
}

void av_write_end(struct wr *w)
{
	av_write(w, AV_EOL, rd_of(NULL, 0));
}

static bool is_the_clients_own(uint16_t id)
{
	return id == AV_FLAGS || id == AV_SINGLE_HOST || id == AV_TARGET_NAME ||
	       id == AV_CHANNEL_BINDINGS;
}

bool av_write_answer(struct wr *w, struct rd server, const struct av_answer *answer)
{
	static const uint8_t no_bindings[AV_BINDINGS_LEN];
	struct av_pairs pairs = { 0 };
	struct rd value;
	uint16_t id = AV_EOL;

	if (server.n && !av_read(server, &pairs))
		return false;
	while (server.n && av_next(&server, &id, &value) && id != AV_EOL)
		if (!is_the_clients_own(id))
			av_write(w, id, value);

	uint32_t flags = pairs.flags & AV_FLAG_CONSTRAINED;
	flags |= answer->has_mic ? AV_FLAG_MIC : 0;
	flags |= answer->unverified_target ? AV_FLAG_UNVERIFIED_TARGET : 0;
	if (flags)
		av_write_u32(w, AV_FLAGS, flags);
	av_write(w, AV_CHANNEL_BINDINGS,
		 answer->bindings.n ? answer->bindings : rd_of(no_bindings, sizeof(no_bindings)));
	av_write(w, AV_TARGET_NAME, answer->target);
	av_write_end(w);
	return wr_ok(w);
}
