/* bench/floor.h - the least work there is for what the contenders do: cryptography and nothing else.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an NTLMv2 sign-in with MIC and key exchange computes at both ends, by nettle, and its random
 * numbers; no messages, no names, and no keys for messages. */
bool floor_exchange(void);

/* One direction of NTLM sealing: RC4 and HMAC-MD5 in one pass over the data. */
struct floor_sealing;
struct floor_sealing *floor_sealing_new(void);
void floor_sealing_free(struct floor_sealing *);
void floor_seal(struct floor_sealing *s, uint8_t *data, size_t n, uint8_t signature[16]);
bool floor_unseal(struct floor_sealing *s, uint8_t *data, size_t n, const uint8_t signature[16]);

/* A full TLS 1.3 handshake through memory BIOs; the SSL_CTX of both ends are kept. */
bool floor_tls_open(const char *certificate_file);
bool floor_tls_handshake(void);
struct floor_tls;
struct floor_tls *floor_tls_new(void); /* both ends, connected */
void floor_tls_free(struct floor_tls *);

#endif
