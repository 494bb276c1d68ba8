/* packages/ntlm/describe.c - see packages/ntlm/describe.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <inttypes.h>
#include <time.h>

#include "packages/ntlm/avpairs.h"
#include "packages/ntlm/describe.h"
#include "packages/ntlm/message.h"

#define UNITS_PER_SECOND UINT64_C(10000000)
#define SECONDS_1601_TO_1970 INT64_C(11644473600)

/* Where the tree is being written. */
struct page {
	struct text *out;
	unsigned depth;
};

static void line(struct page p, const char *name)
{
	text_add(p.out, "%*s%s", (int)(p.depth * 2), "", name);
}

static struct page below(struct page p)
{
	return (struct page){ p.out, p.depth + 1 };
}

/* OEM text is read as ISO 8859-1. */
static void line_oem(struct page p, const char *name, struct rd text)
{
	uint8_t byte;

	line(p, name);
	text_add(p.out, ": ");
	while (rd_u8(&text, &byte))
		text_add_utf16(p.out, &(WCHAR){ byte }, 1);
	text_add(p.out, "\n");
}

static void line_utf16(struct page p, const char *name, struct rd text)
{
	CLEANUP(wr_done) struct wr units = WR(NTLM_MESSAGE_MAX);

	/* A copy: the bytes may lie at an odd address. */
	wr_rd(&units, text);
	line(p, name);
	text_add(p.out, ": ");
	if (units.len)
		text_add_utf16(p.out, (const WCHAR *)(const void *)units.buf, units.len / 2);
	text_add(p.out, "\n");
}

static void line_name(struct page p, const char *name, struct rd text, uint32_t flags)
{
	if (!text.n)
		return;
	if (flags & NTLM_UNICODE)
		line_utf16(p, name, text);
	else
		line_oem(p, name, text);
}

static void line_hex(struct page p, const char *name, struct rd bytes)
{
	line(p, name);
	text_add(p.out, ": ");
	text_add_hex(p.out, bytes.p, bytes.n);
	text_add(p.out, "\n");
}

static void line_length(struct page p, const char *name, size_t n)
{
	if (!n)
		return;
	line(p, name);
	text_add(p.out, ": %zu bytes\n", n);
}

static void line_time(struct page p, const char *name, uint64_t units)
{
	time_t t = (time_t)((int64_t)(units / UNITS_PER_SECOND) - SECONDS_1601_TO_1970);
	struct tm utc;
	char when[40] = "";

	if (gmtime_r(&t, &utc))
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S UTC", &utc);
	line(p, name);
	text_add(p.out, ": %s\n", when);
}

static void flags_lines(struct page p, uint32_t flags)
{
	static const struct flag {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ NTLM_UNICODE, "UNICODE" },
		{ NTLM_OEM, "OEM" },
		{ NTLM_REQUEST_TARGET, "REQUEST_TARGET" },
		{ NTLM_SIGN, "SIGN" },
		{ NTLM_SEAL, "SEAL" },
		{ NTLM_DATAGRAM, "DATAGRAM" },
		{ NTLM_LM_KEY, "LM_KEY" },
		{ NTLM_NTLM, "NTLM" },
		{ NTLM_ANONYMOUS, "ANONYMOUS" },
		{ NTLM_DOMAIN_SUPPLIED, "OEM_DOMAIN_SUPPLIED" },
		{ NTLM_WORKSTATION_SUPPLIED, "OEM_WORKSTATION_SUPPLIED" },
		{ NTLM_LOCAL_CALL, "LOCAL_CALL" },
		{ NTLM_ALWAYS_SIGN, "ALWAYS_SIGN" },
		{ NTLM_TARGET_TYPE_DOMAIN, "TARGET_TYPE_DOMAIN" },
		{ NTLM_TARGET_TYPE_SERVER, "TARGET_TYPE_SERVER" },
		{ NTLM_EXTENDED_SECURITY, "EXTENDED_SESSIONSECURITY" },
		{ NTLM_IDENTIFY, "IDENTIFY" },
		{ NTLM_NON_NT_SESSION_KEY, "NON_NT_SESSION_KEY" },
		{ NTLM_TARGET_INFO, "TARGET_INFO" },
		{ NTLM_VERSION, "VERSION" },
		{ NTLM_128, "128" },
		{ NTLM_KEY_EXCHANGE, "KEY_EXCH" },
		{ NTLM_56, "56" },
	};

	line(p, "flags");
	text_add(p.out, ": 0x%08" PRIx32, flags);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (flags & names[i].bit)
			text_add(p.out, " %s", names[i].name);
	text_add(p.out, "\n");
}

static void av_flags_line(struct page p, uint32_t flags)
{
	line(p, "flags");
	text_add(p.out, ": 0x%08" PRIx32 "%s%s%s\n", flags,
		 flags & AV_FLAG_CONSTRAINED ? " CONSTRAINED" : "",
		 flags & AV_FLAG_MIC ? " MIC" : "",
		 flags & AV_FLAG_UNVERIFIED_TARGET ? " UNVERIFIED_TARGET" : "");
}

static void av_line(struct page p, uint16_t id, struct rd value)
{
	static const char *const names[AV_COUNT] = {
		[AV_NB_COMPUTER] = "NetBIOS computer", [AV_NB_DOMAIN] = "NetBIOS domain",
		[AV_DNS_COMPUTER] = "DNS computer",    [AV_DNS_DOMAIN] = "DNS domain",
		[AV_DNS_TREE] = "DNS forest",	       [AV_TARGET_NAME] = "target name",
	};
	uint32_t flags;
	uint64_t time;

	if (id < AV_COUNT && names[id])
		line_utf16(p, names[id], value);
	else if (id == AV_FLAGS && rd_u32le(&value, &flags))
		av_flags_line(p, flags);
	else if (id == AV_TIMESTAMP && rd_u64le(&value, &time))
		line_time(p, "time", time);
	else if (id == AV_CHANNEL_BINDINGS)
		line_hex(p, "channel bindings", value);
	else if (id == AV_SINGLE_HOST)
		line_length(p, "single host data", value.n);
	else {
		line(p, "attribute");
		text_add(p.out, " %u: %zu bytes\n", id, value.n);
	}
}

static void av_lines(struct page p, struct rd list)
{
	struct rd value;
	uint16_t id;

	while (av_next(&list, &id, &value) && id != AV_EOL)
		av_line(p, id, value);
	if (list.n)
		line_length(p, "bytes after the list", list.n);
}

static bool describe_negotiate(struct page p, struct rd message)
{
	struct ntlm_negotiate m;
	if (!ntlm_negotiate_read(message, &m))
		return false;
	line(p, "NTLM NEGOTIATE\n");
	p = below(p);
	flags_lines(p, m.flags);
	line_name(p, "domain", m.domain, 0);
	line_name(p, "workstation", m.workstation, 0);
	return true;
}

static bool describe_challenge(struct page p, struct rd message)
{
	struct ntlm_challenge m;
	if (!ntlm_challenge_read(message, &m))
		return false;
	line(p, "NTLM CHALLENGE\n");
	p = below(p);
	flags_lines(p, m.flags);
	line_name(p, "target", m.target_name, m.flags);
	line_hex(p, "challenge", rd_of(m.server_challenge, sizeof(m.server_challenge)));
	if (m.target_info.n) {
		line(p, "target info\n");
		av_lines(below(p), m.target_info);
	}
	return true;
}

static void response_lines(struct page p, struct rd nt)
{
	struct ntlm_v2_response v2;

	line_length(p, "NT response", nt.n);
	if (nt.n <= NTLM_V1_RESPONSE_LEN || !ntlm_v2_response_read(nt, &v2))
		return;
	p = below(p);
	line_time(p, "time", v2.time);
	line(p, "target info\n");
	av_lines(below(p), v2.av_pairs);
}

static bool describe_authenticate(struct page p, struct rd message)
{
	struct ntlm_authenticate m;
	if (!ntlm_authenticate_read(message, &m))
		return false;
	line(p, "NTLM AUTHENTICATE\n");
	p = below(p);
	flags_lines(p, m.flags);
	line_name(p, "domain", m.domain, m.flags);
	line_name(p, "user", m.user, m.flags);
	line_name(p, "workstation", m.workstation, m.flags);
	line_length(p, "LM response", m.lm.n);
	response_lines(p, m.nt);
	line_length(p, "encrypted session key", m.session_key.n);
	if (ntlm_authenticate_has_mic_room(message, &m))
		line_length(p, "MIC", NTLM_MIC_LEN);
	return true;
}

bool ntlm_describe(const uint8_t *token, size_t len, unsigned depth, struct text *out)
{
	struct rd message = rd_of(token, len);
	struct page p = { out, depth };
	uint32_t type;

	if (!ntlm_message_type(message, &type))
		return false;
	switch (type) {
	case NTLM_MESSAGE_NEGOTIATE:
		return describe_negotiate(p, message);
	case NTLM_MESSAGE_CHALLENGE:
		return describe_challenge(p, message);
	case NTLM_MESSAGE_AUTHENTICATE:
		return describe_authenticate(p, message);
	default:
		return false;
	}
}
