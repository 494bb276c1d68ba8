/* crypto/base64.c - see crypto/base64.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <nettle/base64.h>

#include "crypto/base64.h"

size_t base64_room(size_t n)
{
	return BASE64_ENCODE_RAW_LENGTH(n);
}

void base64_write(char *out, const uint8_t *bytes, size_t n)
{
	base64_encode_raw(out, n, bytes);
}

bool base64_read(uint8_t *out, size_t *out_n, const char *text, size_t n)
{
	struct base64_decode_ctx state;
	size_t padding = 0;

	for (size_t i = 0; i < n; i++)
		padding += text[i] == '=';
	if (padding > 2) /* one character alone makes no byte, whatever follows it */
		return false;
	*out_n = n / 4 * 3 + 3;
	base64_decode_init(&state);
	bool sound = base64_decode_update(&state, out_n, out, n, text) &&
		     base64_decode_final(&state);
	mem_wipe(&state, sizeof(state)); /* the text may have been a key */
	return sound;
}
