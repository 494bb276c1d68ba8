/* wire/sids.c - see wire/sids.h; PACs are read in pac.c.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/block.h"
#include "wire/sids.h"

#define SID_REVISION_ONE 1
#define SUBAUTHORITIES_MAX 15
#define AUTHORITY_LEN 6
#define AUTHORITY_MOST UINT64_C(0xFFFFFFFFFFFF)
#define SID_FIXED_LEN 8

/* ---- one SID ---- */

/* The authority is written in decimal when 32 bits hold it. [MS-DTYP] 2.4.2.1 */
static size_t authority_put(const uint8_t authority[AUTHORITY_LEN], char text[SID_TEXT_MAX])
{
	uint64_t value = 0;

	for (size_t i = 0; i < AUTHORITY_LEN; i++)
		value = value << 8 | authority[i];
	int n = snprintf(text, SID_TEXT_MAX,
			 value > UINT32_MAX ? "S-1-0x%012" PRIX64 : "S-1-%" PRIu64, value);
	return n > 0 ? (size_t)n : 0;
}

bool sid_text(struct rd bytes, const uint32_t *rid, char text[SID_TEXT_MAX])
{
	uint8_t revision, count;
	struct rd authority;
	uint32_t number;

	if (!rd_u8(&bytes, &revision) || !rd_u8(&bytes, &count) || revision != SID_REVISION_ONE ||
	    count + (rid != NULL) > SUBAUTHORITIES_MAX ||
	    !rd_bytes(&bytes, AUTHORITY_LEN, &authority) || bytes.n != count * sizeof(uint32_t))
		return false;
	size_t n = authority_put(authority.p, text);
	while (rd_u32le(&bytes, &number))
		n += (size_t)snprintf(text + n, SID_TEXT_MAX - n, "-%" PRIu32, number);
	if (rid)
		snprintf(text + n, SID_TEXT_MAX - n, "-%" PRIu32, *rid);
	return true;
}

/* A number of at most `most`, taken off the text: decimal, or hexadecimal behind 0x. */
static bool number_take(const char **text, uint64_t most, uint64_t *out)
{
	bool hexadecimal = (*text)[0] == '0' && ((*text)[1] == 'x' || (*text)[1] == 'X');
	const char *digits = hexadecimal ? *text + 2 : *text;
	char *end;

	if (!isxdigit((unsigned char)*digits) || (!hexadecimal && !isdigit((unsigned char)*digits)))
		return false;
	errno = 0;
	*out = strtoull(digits, &end, hexadecimal ? 16 : 10);
	*text = end;
	return errno == 0 && *out <= most;
}

size_t sid_bytes(const char *text, uint8_t out[SID_BYTES_MAX])
{
	uint64_t number;
	uint8_t count = 0;

	if (strncmp(text, "S-1-", 4) != 0)
		return 0;
	text += 4;
	if (!number_take(&text, AUTHORITY_MOST, &number))
		return 0;
	out[0] = SID_REVISION_ONE;
	for (size_t i = 0; i < AUTHORITY_LEN; i++)
		out[2 + i] = (uint8_t)(number >> 8 * (AUTHORITY_LEN - 1 - i));
	while (*text == '-' && count < SUBAUTHORITIES_MAX) {
		uint8_t *to = out + SID_FIXED_LEN + 4 * count++;
		text++;
		if (!number_take(&text, UINT32_MAX, &number))
			return 0;
		for (size_t i = 0; i < 4; i++)
			to[i] = (uint8_t)(number >> 8 * i);
	}
	out[1] = count;
	return *text ? 0 : SID_FIXED_LEN + 4u * count;
}

/* Letters are those of "S" and of a hexadecimal authority. */
static bool is_sid_text(struct rd text)
{
	if (text.n < sizeof("S-1-0") - 1 || text.n >= SID_TEXT_MAX ||
	    memcmp(text.p, "S-1-", sizeof("S-1-") - 1) != 0)
		return false;
	for (size_t i = 1; i < text.n; i++)
		if (!memchr("-0123456789xABCDEF", text.p[i], sizeof("-0123456789xABCDEF") - 1))
			return false;
	return true;
}

/* ---- a list ---- */

void sids_write(struct wr *w, const char *sid)
{
	wr_counted(w, sid, strlen(sid));
}

bool sids_next(struct rd *sids, char text[SID_TEXT_MAX])
{
	struct rd rest = *sids, one;

	if (!rd_counted(&rest, &one) || !is_sid_text(one))
		return false;
	memcpy(text, one.p, one.n);
	text[one.n] = '\0';
	*sids = rest;
	return true;
}

bool sids_are_sound(struct rd sids, size_t *count)
{
	char text[SID_TEXT_MAX];
	size_t n = 0;

	while (n <= SIDS_MAX && sids_next(&sids, text))
		n++;
	*count = n;
	return rd_empty(sids) && n <= SIDS_MAX;
}

/* ASCII, as is_sid_text has it. */
static WCHAR *text_widen(WCHAR *to, const char *text)
{
	do
		*to++ = (unsigned char)*text;
	while (*text++);
	return to;
}

NTSTATUS sids_to_block(struct rd sids, OPENSSPI_CLIENT_SIDS *out)
{
	char text[SID_TEXT_MAX];
	size_t count;

	if (!sids_are_sound(sids, &count))
		return fail(SEC_E_INVALID_TOKEN, "reading a list of SIDs");
	if (count == 0)
		return fail(SEC_E_NO_CREDENTIALS, "the authority named no SIDs");
	/* a count of four bytes is more than the NUL takes that replaces it */
	LPWSTR *block = block_alloc(count * sizeof(LPWSTR) + sids.n * sizeof(WCHAR));
	if (!block)
		return fail(SEC_E_INSUFFICIENT_MEMORY, "giving SIDs");
	WCHAR *to = (WCHAR *)(void *)(block + count);
	for (size_t i = 0; i < count && sids_next(&sids, text); i++) {
		block[i] = to;
		to = text_widen(to, text);
	}
	*out = (OPENSSPI_CLIENT_SIDS){ .Count = (ULONG)count, .Sids = block };
	return SEC_E_OK;
}
