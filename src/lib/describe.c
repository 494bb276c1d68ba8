/* lib/describe.c - OpensspiDescribeToken: asks each package, then looks for TLS records.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <opensspi.h>

#include "base/block.h"
#include "lib/modules.h"
#include "wire/rd.h"

#define TOKEN_MAX (16u << 20)
#define RECORD_MAX (16384 + 2048) /* [RFC 5246] 6.2.3 */

struct named {
	uint8_t number;
	const char *name;
};

static const struct named record_types[] = {
	{ 20, "change cipher spec" },
	{ 21, "alert" },
	{ 22, "handshake" },
	{ 23, "application data" },
};

static const struct named handshake_types[] = {
	{ 0, "hello request" },	      { 1, "client hello" },	     { 2, "server hello" },
	{ 4, "new session ticket" },  { 8, "encrypted extensions" }, { 11, "certificate" },
	{ 12, "server key exchange" }, { 13, "certificate request" }, { 14, "server hello done" },
	{ 15, "certificate verify" }, { 16, "client key exchange" }, { 20, "finished" },
	{ 24, "key update" },
};

static const char *name_in(const struct named *table, size_t count, uint8_t number)
{
	for (size_t i = 0; i < count; i++)
		if (table[i].number == number)
			return table[i].name;
	return NULL;
}

static const char *version_name(uint16_t version)
{
	switch (version) {
	case 0x0300:
		return "SSL 3.0";
	case 0x0301:
		return "TLS 1.0";
	case 0x0302:
		return "TLS 1.1";
	case 0x0303:
		return "TLS 1.2 or later";
	default:
		return NULL;
	}
}

/* The messages of a plain handshake record; an encrypted one does not parse and is left alone. */
static void describe_handshake(struct rd r, struct text *out)
{
	uint8_t type, high;
	uint16_t low;
	struct rd body;

	while (rd_u8(&r, &type) && rd_u8(&r, &high) && rd_u16be(&r, &low)) {
		const char *name = name_in(handshake_types, ARRAY_LEN(handshake_types), type);
		size_t n = (size_t)high << 16 | low;
		if (!name || !rd_bytes(&r, n, &body))
			return;
		text_add(out, "    %s: %zu bytes\n", name, n);
	}
}

static bool describe_record(struct rd *r, struct text *out)
{
	uint8_t type;
	uint16_t version, length;

	if (!rd_u8(r, &type) || !rd_u16be(r, &version) || !rd_u16be(r, &length))
		return false;
	const char *name = name_in(record_types, ARRAY_LEN(record_types), type);
	const char *spoken = version_name(version);
	if (!name || !spoken || length > RECORD_MAX)
		return false;
	text_add(out, "  record: %s, %s, %u bytes\n", name, spoken, (unsigned)length);
	struct rd body;
	if (!rd_bytes(r, length, &body)) {
		text_add(out, "    incomplete: %zu bytes are here\n", r->n);
		r->n = 0;
		return true;
	}
	if (type == 22)
		describe_handshake(body, out);
	return true;
}

static bool describe_tls(struct rd r, struct text *out)
{
	text_add(out, "TLS\n");
	for (bool first = true; !rd_empty(r); first = false) {
		size_t before = r.n;
		if (describe_record(&r, out))
			continue;
		if (first)
			return false;
		text_add(out, "  followed by %zu other bytes\n", before);
		return true;
	}
	return true;
}

static bool describe(const uint8_t *token, size_t n, const struct package_module *module,
		     struct text *out)
{
	if (!module)
		return describe_tls(rd_of(token, n), out);
	return module->describe && module->describe(token, n, 0, out);
}

/* Hands the finished text over as a block. */
static SECURITY_STATUS finish(struct text *found, char **out)
{
	char *words = text_finish(found);
	if (!words)
		return SEC_E_INSUFFICIENT_MEMORY;
	*out = block_dup(words, strlen(words) + 1);
	mem_free(words);
	return *out ? SEC_E_OK : SEC_E_INSUFFICIENT_MEMORY;
}

SECURITY_STATUS SEC_ENTRY OpensspiDescribeToken(const void *token, size_t n, char **text)
{
	if (!token || !text || n == 0 || n > TOKEN_MAX)
		return SEC_E_INVALID_PARAMETER;
	for (size_t i = 0;; i++) {
		struct text found = { 0 };
		if (describe(token, n, library_modules[i], &found))
			return finish(&found, text);
		text_done(&found);
		if (!library_modules[i])
			return SEC_E_INVALID_TOKEN;
	}
}
