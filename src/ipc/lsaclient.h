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

/* LsaLogonUser. `profile` is an address in the client's memory, as an answer's above. */
struct logon_user_call {
	uint32_t package; /* record id */
	uint32_t type;	  /* SECURITY_LOGON_TYPE */
	bool trusted;
	uint64_t client_address;
	struct ipc_bytes message;
};
struct logon_user_reply {
	NTSTATUS sub_status;
	LUID logon;
	uint64_t profile;
	uint32_t profile_size;
	uint32_t account_kind; /* OPENSSPI_ACCOUNT_OF_; 0: no authority of this machine knows the account */
};

/* LsaEnumerateLogonSessions: eight bytes each. */
struct session_list_reply {
	struct ipc_owned luids;
};
struct session_end_call {
	LUID logon; /* zero: the caller's own */
};

#endif
