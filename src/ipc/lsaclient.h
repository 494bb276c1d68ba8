/* ipc/lsaclient.h - the requests and replies of LsaCallAuthenticationPackage and its kin.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * Included by ipc/calls.h alone, whose rules of ownership hold. */
#ifndef OPENSSPI_IPC_LSACLIENT_H
#define OPENSSPI_IPC_LSACLIENT_H

/* RtlEncryptMemory beyond one process: bytes in, as many bytes out. */
struct encrypt_memory_call {
	uint32_t option; /* RTL_ENCRYPT_OPTION_ */
	bool back;
	struct ipc_bytes bytes;
};
struct encrypt_memory_reply {
	struct ipc_owned bytes;
};

/* LsaRegisterLogonProcess (trusted, by name) and LsaConnectUntrusted. Nothing is kept of it: what a
 * client may do is asked anew in each call. */
struct connect_call {
	bool trusted;
	struct ipc_bytes name;
};

/* LsaCallAuthenticationPackage. */
#define IPC_MESSAGE_MAX (4u << 20)

struct call_package_call {
	uint32_t package; /* record id, or SECPKG_ALL_PACKAGES */
	bool trusted;
	uint64_t client_address; /* of the message, as the client sees it */
	struct ipc_bytes message;
};
struct call_package_reply {
	NTSTATUS protocol_status;
	uint64_t address; /* of the answer, in the client's memory; 0: none */
	uint32_t size;
};

#endif
