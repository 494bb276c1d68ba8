/* tests/unit/mock_tls.h - a TLS of three records for CREDSSP to reach, with the real TSSSP above it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Reach goes by the package's name: Schannel's is this mock, TSSSP's is packages/tsssp, any other's is
 * mock_mech.h's. Records have TLS's header of five bytes, the content under a mask and one byte more,
 * so that a test can take them apart and make its own. */
#ifndef OPENSSPI_TEST_MOCK_TLS_H
#define OPENSSPI_TEST_MOCK_TLS_H

#include "mock_mech.h"

#define MOCK_RECORD_HEADER 5
#define MOCK_RECORD_TRAILER 1

enum mock_record {
	MOCK_RECORD_ALERT = 0x15,
	MOCK_RECORD_HANDSHAKE = 0x16,
	MOCK_RECORD_DATA = 0x17,
	MOCK_RECORD_TICKET = 0x18, /* opens to no data */
};

struct mock_tls {
	ULONG trust; /* CERT_TRUST_STATUS.dwErrorStatus */
	unsigned trust_asked;
	NTSTATUS handshake; /* not SEC_E_OK: how the last step fails, with an alert */
	NTSTATUS acquire;   /* of the TLS credentials */
	NTSTATUS seal;	    /* not SEC_E_OK: nothing is sealed */
	uint32_t client_flags, server_flags; /* of struct schannel_auth */
	int64_t expiry;
	int handles; /* not released yet, all packages' */
};
extern struct mock_tls mock_tls;

/* mock_mech_reset, and the packages behind Reach. */
void mock_tls_reset(void);

/* Appends a record. */
void mock_record(struct wr *w, enum mock_record type, struct rd plain);

/* Takes the first record off and gives its kind and content, which is unmasked in place. */
MUST_CHECK bool mock_record_take(struct rd *r, enum mock_record *type, struct rd *plain);

#endif
