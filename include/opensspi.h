/* opensspi.h - the few things OpenSSPI adds to Windows' API; every name begins Openssp or OPENSSPI_.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_OPENSSPI_H
#define OPENSSPI_OPENSSPI_H

#include <windef.h>
#include <sspi.h>
#include <ntsecapi.h>
#include <wincrypt.h>
#include <wincred.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Certificates -------------------------------------------------------------------------- */

/* Reads a server's or client's certificate chain and its private key from PEM files, for
 * SCHANNEL_CRED.paCred.
 *
 * certificate_file  path of one or more CERTIFICATE blocks, the end entity first
 * key_file          path of an unencrypted PRIVATE KEY, RSA PRIVATE KEY or EC PRIVATE KEY block;
 *                   NULL when it is in certificate_file
 * context           receives the certificate; release it with CertFreeCertificateContext, which
 *                   wipes the key
 *
 * SEC_E_OK; SEC_E_NO_CREDENTIALS when a file cannot be read or holds no such block;
 * SEC_E_INVALID_PARAMETER for NULL arguments; SEC_E_INSUFFICIENT_MEMORY. That key and certificate
 * belong together is checked when a credential is acquired. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiCertificateFromPem(const char *certificate_file,
								  const char *key_file,
								  PCCERT_CONTEXT *context);

/* ---- Tokens for people --------------------------------------------------------------------- */

/* Describes a token of NTLM, SPNEGO, CredSSP or TLS as a readable tree, UTF-8, one field a line;
 * no secret of a token is printed (sealed parts are shown by their length).
 *
 * token, length  the bytes; at most 16 MiB
 * text           receives a NUL-terminated string; release it with FreeContextBuffer
 *
 * SEC_E_OK; SEC_E_INVALID_TOKEN when nothing here knows the bytes; SEC_E_INVALID_PARAMETER;
 * SEC_E_INSUFFICIENT_MEMORY. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiDescribeToken(const void *token, size_t length,
							     char **text);

/* The name and a sentence for a SECURITY_STATUS, NTSTATUS or Win32 code, and what to try. Static
 * strings; never NULL (an unknown code has the name "unknown status"). `advice` may be "". */
OPENSSPI_API void SEC_ENTRY OpensspiDescribeStatus(LONG status, const char **name,
						   const char **meaning, const char **advice);

/* Why the calling thread's last failing Cred function failed: a Win32 error. It answers also in a
 * process whose GetLastError is another library's. */
OPENSSPI_API DWORD WINAPI OpensspiGetLastError(void);

/* ---- Attributes of contexts ----------------------------------------------------------------- */

/* QueryContextAttributes on a finished CREDSSP or TSSSP context: which versions of MS-CSSP are spoken. */
#define OPENSSPI_ATTR_CREDSSP_VERSION 0x8F500001u

typedef struct _OPENSSPI_CREDSSP_VERSION {
	ULONG PeerVersion; /* as the peer says it */
	ULONG Version;	   /* in force: the lesser of the two */
} OPENSSPI_CREDSSP_VERSION, *POPENSSPI_CREDSSP_VERSION;

/* QueryContextAttributes on a server's finished context: who the client is, for decisions about access.
 * SEC_E_NO_CREDENTIALS when the authority named no SIDs (local accounts, an MIT KDC). One block: release it
 * with FreeContextBuffer. */
#define OPENSSPI_ATTR_CLIENT_SIDS 0x8F500002u

typedef struct _OPENSSPI_CLIENT_SIDS {
	ULONG Count;  /* at least 1 */
	LPWSTR *Sids; /* "S-1-5-21-...": the user's, then the groups' */
} OPENSSPI_CLIENT_SIDS, *POPENSSPI_CLIENT_SIDS;

/* QueryContextAttributes on a server's finished context: the logon session of what the client delegated, for
 * pvLogonId of AcquireCredentialsHandle. Of a Kerberos context, or one that holds it: of tickets; it ends with
 * the context, credentials that were acquired of it go on. Of CREDSSP or TSSSP: of a password; it and its
 * credentials end with the context. SEC_E_NO_CREDENTIALS when nothing such was delegated. */
#define OPENSSPI_ATTR_DELEGATED_LOGON 0x8F500005u

typedef struct _OPENSSPI_DELEGATED_LOGON {
	LUID LogonId;
} OPENSSPI_DELEGATED_LOGON, *POPENSSPI_DELEGATED_LOGON;

/* QueryContextAttributes on a server's finished context: whose account the client is, and who has said so.
 * Each text is a block of its own (FreeContextBuffer); NULL: not known. SEC_E_NO_IMPERSONATION when it is
 * nobody's (an anonymous client). */
#define OPENSSPI_ATTR_CLIENT_ACCOUNT 0x8F500006u

#define OPENSSPI_ACCOUNT_OF_MACHINE 1u /* of this machine's accounts file, or a process of this machine */
#define OPENSSPI_ACCOUNT_OF_DOMAIN 2u  /* Domain is another's */
#define OPENSSPI_ACCOUNT_OF_MAPPING 3u /* a principal that krb5.conf's auth_to_local maps to UnixName */

typedef struct _OPENSSPI_CLIENT_ACCOUNT {
	ULONG Kind;  /* OPENSSPI_ACCOUNT_OF_ */
	ULONG Level; /* SECURITY_IMPERSONATION_LEVEL that the client allows */
	LPWSTR Domain, User;
	LPWSTR UnixName; /* OPENSSPI_ACCOUNT_OF_MAPPING alone */
} OPENSSPI_CLIENT_ACCOUNT, *POPENSSPI_CLIENT_ACCOUNT;

/* QueryContextAttributes on a Negotiate context and on those that hold one: why no better mechanism was
 * chosen, a sentence in UTF-8 (FreeContextBuffer). SEC_E_NO_CREDENTIALS when the best one was. */
#define OPENSSPI_ATTR_NEGOTIATION_REASON 0x8F500004u

typedef struct _OPENSSPI_NEGOTIATION_REASON {
	LPSTR Text;
} OPENSSPI_NEGOTIATION_REASON, *POPENSSPI_NEGOTIATION_REASON;

/* What the calling thread's last failing SSPI call had to say beyond its status, a sentence in UTF-8
 * ("the KDC of LAB.TEST knows no TERMSRV/x"); release it with FreeContextBuffer. Releasing handles and
 * buffers leaves it there, any other call takes its place. SEC_E_OK;
 * SEC_E_NO_CREDENTIALS when there is nothing to add; SEC_E_INVALID_PARAMETER;
 * SEC_E_INSUFFICIENT_MEMORY. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiLastReason(char **text);

/* Which LSA serves this program: one in its own process, or the daemon at a socket. Packages whose Home is
 * OPENSSPI_HOME_CALLER run in the program in either case. */
#define OPENSSPI_LSA_EMBEDDED 0x1u
#define OPENSSPI_LSA_SOCKET 0x2u

typedef struct _OPENSSPI_LSA_PACKAGE {
	LPSTR Name; /* UTF-8 */
	ULONG Home; /* OPENSSPI_HOME_ */
} OPENSSPI_LSA_PACKAGE, *POPENSSPI_LSA_PACKAGE;

typedef struct _OPENSSPI_LSA_STATUS {
	ULONG Flags; /* OPENSSPI_LSA_EMBEDDED or OPENSSPI_LSA_SOCKET */
	LPSTR Path;  /* of the socket; NULL when embedded */
	SECURITY_STATUS Status; /* SEC_E_OK when it answers, else why not */
	ULONG PackageCount;	/* 0 when it does not */
	POPENSSPI_LSA_PACKAGE Packages;
} OPENSSPI_LSA_STATUS, *POPENSSPI_LSA_STATUS;

/* One block (FreeContextBuffer). SEC_E_OK, also when the LSA does not answer: Status says so;
 * SEC_E_INTERNAL_ERROR: the configuration or OPENSSPI_LSA is not understood; SEC_E_INVALID_PARAMETER for
 * NULL; SEC_E_INSUFFICIENT_MEMORY. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiLsaStatus(POPENSSPI_LSA_STATUS *status);

/* Ends a logon session that LsaLogonUser made at once, whatever still refers to it. Kerberos' credentials that
 * were acquired of it go on; NTLM's are SEC_E_NO_CREDENTIALS.
 * NULL or the own session's number is what logging off is: for all processes of the session its credentials of
 * CRED_PERSIST_SESSION and what packages keep for it are forgotten. What comes after is a session as new.
 * STATUS_SUCCESS; STATUS_NO_SUCH_LOGON_SESSION when it is none of the caller's (a trusted caller's may be
 * anybody's). */
OPENSSPI_API NTSTATUS NTAPI OpensspiEndLogonSession(PLUID LogonId);

/* ---- Tokens of clients -------------------------------------------------------------------------- */

/* What a token of QuerySecurityContextToken, LsaLogonUser or OpenThreadToken stands for, so that a server may
 * start a program as its client by itself. */
typedef struct _OPENSSPI_TOKEN_ACCOUNT {
	LPWSTR Domain, User;
	ULONG SidCount; /* 0: the authority named none */
	LPWSTR *Sids;	/* the user's, then the groups' */
	LUID TokenId;
	LUID LogonId; /* zero: no logon session */
	ULONG Type;   /* TOKEN_TYPE */
	ULONG Level;  /* SECURITY_IMPERSONATION_LEVEL */
	LPSTR UnixName; /* UTF-8; NULL: the account is no user of this system, and what follows is 0 */
	ULONG Uid, Gid;
	ULONG GroupCount;
	ULONG *Groups; /* the supplementary groups */
} OPENSSPI_TOKEN_ACCOUNT, *POPENSSPI_TOKEN_ACCOUNT;

/* One block (FreeContextBuffer). SEC_E_OK; SEC_E_INVALID_HANDLE for what is no such token;
 * SEC_E_INVALID_PARAMETER for NULL; SEC_E_INSUFFICIENT_MEMORY. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiTokenAccount(HANDLE Token,
							    POPENSSPI_TOKEN_ACCOUNT *Account);

/* The token that the calling thread acts by, a handle of its own. SEC_E_OK; SEC_E_NO_IMPERSONATION when it
 * acts by none; SEC_E_INVALID_PARAMETER; SEC_E_INSUFFICIENT_MEMORY. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiThreadToken(PHANDLE Token);

/* What CloseHandle does to a token, for programs whose CloseHandle is another library's: the last one of
 * LsaLogonUser ends its session. SEC_E_OK; SEC_E_INVALID_HANDLE. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiCloseToken(HANDLE Token);

/* ---- Accounts who may sign in here ---------------------------------------------------------- */

/* Flags of a local account. */
#define OPENSSPI_ACCOUNT_DISABLED 0x01u
#define OPENSSPI_ACCOUNT_LOCKED 0x02u
#define OPENSSPI_ACCOUNT_EXPIRED 0x04u
#define OPENSSPI_ACCOUNT_PASSWORD_MUST_CHANGE 0x08u
#define OPENSSPI_ACCOUNT_PASSWORD_EXPIRED 0x10u

/* The functions below work on the accounts file of the calling user ($OPENSSPI_HOME/data/accounts or
 * $XDG_DATA_HOME/opensspi/accounts); as root without OPENSSPI_HOME on the system's. Names are
 * NUL-terminated UTF-8 of at most 256 characters and compare without case; a NULL or empty domain is
 * this machine's. They return SEC_E_OK; SEC_E_INVALID_PARAMETER for names the file cannot hold;
 * SEC_E_NO_CREDENTIALS when there is no such account; SEC_E_NOT_OWNER when the file is not the
 * caller's alone or cannot be opened; SEC_E_INTERNAL_ERROR when it is damaged (it is left as it is);
 * SEC_E_INSUFFICIENT_MEMORY. */

/* Adds an account or replaces its password (stored as its NT hash alone). */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountSet(const char *domain, const char *user,
							  const char *password);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountRemove(const char *domain, const char *user);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountSetFlags(const char *domain, const char *user,
							       ULONG flags);

/* Calls `each` for every account; stops when it returns FALSE. The strings live for the call. */
typedef BOOL(CALLBACK *OPENSSPI_ACCOUNT_VISITOR)(void *argument, const char *domain,
						 const char *user, ULONG flags);
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountEnumerate(OPENSSPI_ACCOUNT_VISITOR each,
								void *argument);

/* The path of that accounts file, UTF-8; release it with FreeContextBuffer. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiAccountsPath(char **path);

/* ---- The logon's own credential -------------------------------------------------------------- */

/* Marks a saved credential (CRED_TYPE_DOMAIN_PASSWORD) as the one that programs use which bring none
 * and for whose target none is saved. The mark goes with the credential: deleting it leaves none.
 *
 * target  its TargetName, UTF-8; NULL: no credential is the default any more
 * type    CRED_TYPE_DOMAIN_PASSWORD; ignored when target is NULL
 *
 * A Win32 error: ERROR_SUCCESS; ERROR_NOT_FOUND when there is no such credential;
 * ERROR_INVALID_PARAMETER for other types; ERROR_NO_UNICODE_TRANSLATION, RPC_X_BAD_STUB_DATA for names that
 * are none; ERROR_NO_SUCH_LOGON_SESSION and those of the vault, below. */
OPENSSPI_API DWORD WINAPI OpensspiDefaultCredentialSet(const char *target, ULONG type);

/* Reads the default credential, without its password, UTF-8; release it with CredFree.
 * ERROR_NOT_FOUND when none is marked, or the one that was is gone. */
OPENSSPI_API DWORD WINAPI OpensspiDefaultCredentialGet(PCREDENTIALA *credential);

/* ---- The vault -------------------------------------------------------------------------------- */

/* The functions below look after the file in which the caller's lasting credentials are sealed. Each
 * returns a Win32 error, of which Cred functions may leave these too: ERROR_FILE_NOT_FOUND there is no
 * vault yet; ERROR_LOCK_VIOLATION (33) other programs were writing for too long; ERROR_CRC (23) a record,
 * ERROR_FILE_CORRUPT (1392) the file is not what was written; ERROR_UNKNOWN_REVISION (1305) a newer
 * program made it; ERROR_DISK_FULL; ERROR_WRITE_PROTECT (19); ERROR_INVALID_PASSWORD (86) the passphrase
 * opens nothing; 0x80310000 (FVE_E_LOCKED_VOLUME) it is locked: OpensspiVaultUnlock first;
 * ERROR_ACCESS_DENIED the owner or mode of a file or folder; ERROR_NOT_ENOUGH_QUOTA (1816) it has 16 keys
 * already, or its data key is used up and wants a rekey; ERROR_FILE_OFFLINE (4350) it was moved to lsad, and
 * this program does not ask lsad; ERROR_NOT_ENOUGH_MEMORY. Nothing here ever replaces, empties or repairs a
 * vault by itself. */

#define OPENSSPI_VAULT_KEY_FILE 1u
#define OPENSSPI_VAULT_PASSPHRASE 2u
#define OPENSSPI_VAULT_AWAY 256u /* no way to open it: since then its credentials are in lsad's vault */

/* One way to open the vault. */
typedef struct _OPENSSPI_VAULT_KEY {
	LONGLONG Number;
	ULONG Kind; /* OPENSSPI_VAULT_KEY_FILE, _PASSPHRASE, _AWAY; others may come */
	FILETIME Created;
	CHAR Label[64];
} OPENSSPI_VAULT_KEY, *POPENSSPI_VAULT_KEY;

#define OPENSSPI_VAULT_LOCKED 0x01u
#define OPENSSPI_VAULT_READ_ONLY 0x02u
#define OPENSSPI_VAULT_ON_NETWORK 0x04u
#define OPENSSPI_VAULT_KEY_FILE_OPENS 0x08u /* whoever reads the user's files opens it */
#define OPENSSPI_VAULT_IN_KEYRING 0x10u	    /* the kernel keeps its key for a while */
#define OPENSSPI_VAULT_MEMORY_LOCKED 0x20u  /* secrets are kept out of the swap */
#define OPENSSPI_VAULT_MOVED 0x40u	    /* it is empty: lsad has what was in it */

typedef struct _OPENSSPI_VAULT_STATUS {
	ULONG Flags, Format;
	LPSTR Path, KeyFile, Journal; /* UTF-8; Journal is "wal" or "delete" */
	UCHAR Identity[16];
	LONGLONG Records;
	ULONGLONG Changes, WritesUnderKey;
	ULONG KeyCount;
	POPENSSPI_VAULT_KEY Keys;
} OPENSSPI_VAULT_STATUS, *POPENSSPI_VAULT_STATUS;

/* One block: release it with FreeContextBuffer. */
OPENSSPI_API DWORD WINAPI OpensspiVaultStatus(POPENSSPI_VAULT_STATUS *status);

/* Opens the vault for this process and, for seconds > 0, for the user's other processes for that long. The
 * passphrase is checked also when the vault is open.
 * ERROR_NOT_SUPPORTED when the kernel keeps no keys: it is open for this process all the same. */
OPENSSPI_API DWORD WINAPI OpensspiVaultUnlock(const char *passphrase, ULONG seconds);

/* Forgets the key, in this process (under lsad: there) and for those that ask the kernel for it; what was open
 * stays locked until OpensspiVaultUnlock, also where a key file would open it. ERROR_NOT_SUPPORTED when
 * only a key file opens the vault: no lock keeps that shut, and the next use opens it. */
OPENSSPI_API DWORD WINAPI OpensspiVaultLock(void);

/* Further ways to open it, and one less: the last is ERROR_INVALID_PARAMETER, a number that nobody has
 * ERROR_NOT_FOUND. Removing one does not take it from who copied it; a rekey does. A label has at most 63
 * bytes, else ERROR_INVALID_PARAMETER; it and `number` may be NULL. Where there is no vault yet, adding a
 * key makes one, with a key file besides. */
OPENSSPI_API DWORD WINAPI OpensspiVaultAddPassphrase(const char *passphrase, const char *label,
						     LONGLONG *number);
OPENSSPI_API DWORD WINAPI OpensspiVaultAddKeyFile(const char *label, LONGLONG *number);
OPENSSPI_API DWORD WINAPI OpensspiVaultRemoveKey(LONGLONG number);

/* Seals everything anew under a new key. Every passphrase that is to go on opening the vault must be among
 * these, at most 16; one that is missing is ERROR_INVALID_PASSWORD, and nothing has changed. */
OPENSSPI_API DWORD WINAPI OpensspiVaultRekey(const char *const *passphrases, ULONG count);

typedef struct _OPENSSPI_VAULT_REPORT {
	ULONGLONG Records, Altered, Missing;
	BOOL FileDamaged, SumDiffers;
} OPENSSPI_VAULT_REPORT, *POPENSSPI_VAULT_REPORT;

/* Called with one sentence for each thing that is wrong. */
typedef VOID(CALLBACK *OPENSSPI_SENTENCE_VISITOR)(void *argument, const char *sentence);

/* Reads and checks all of the vault. ERROR_SUCCESS when all is well, else ERROR_CRC or
 * ERROR_FILE_CORRUPT, with a report. `each` may be NULL. */
OPENSSPI_API DWORD WINAPI OpensspiVaultCheck(OPENSSPI_SENTENCE_VISITOR each, void *argument,
					     POPENSSPI_VAULT_REPORT report);

/* Takes the records that are there for all there are; deletes the altered ones when told to, at most 1024 in
 * one call. */
OPENSSPI_API DWORD WINAPI OpensspiVaultAccept(BOOL delete_altered);

/* Takes the vault that is this user's own, in his files, to lsad: all of it or nothing. Afterwards it is empty,
 * nothing opens it, and whoever uses it gets ERROR_FILE_OFFLINE. For a program whose LSA is lsad, else
 * ERROR_NOT_SUPPORTED. The passphrase is NULL where a key file opens it. lsad's vault has to be without
 * credentials (ERROR_ALREADY_EXISTS), except with OPENSSPI_VAULT_MERGE: of two of one name the one that was
 * written last stays. What was cut off, by a failure of either side, is finished by the next call.
 * ERROR_FILE_OFFLINE when nothing was left to do; ERROR_CRC and ERROR_FILE_CORRUPT before anything is lost of a
 * vault that is not whole. OpensspiLastReason has a sentence. `records` may be NULL. */
#define OPENSSPI_VAULT_MERGE 1u
OPENSSPI_API DWORD WINAPI OpensspiVaultMove(const char *passphrase, ULONG flags, ULONGLONG *records);

/* Everything in the vault, sealed to a passphrase, to or from a file descriptor; at most 48 MiB, else
 * ERROR_FILE_TOO_LARGE. An export writes what can be read also when it ends with ERROR_CRC or
 * ERROR_FILE_CORRUPT. What is not whole is not imported at all; a credential that is there already stays
 * unless `replace`. Importing makes a vault where there is none. `records` may be NULL. lsad exports nothing,
 * since no program is to have the passwords of its vault: ERROR_NOT_SUPPORTED. */
OPENSSPI_API DWORD WINAPI OpensspiVaultExport(const char *passphrase, int file, ULONGLONG *records);
OPENSSPI_API DWORD WINAPI OpensspiVaultImport(const char *passphrase, int file, BOOL replace,
					      ULONGLONG *records);

/* What the last failing call on the vault had to say, in a sentence that names the file or record; never
 * NULL on success (FreeContextBuffer). ERROR_SUCCESS or ERROR_NOT_ENOUGH_MEMORY. */
OPENSSPI_API DWORD WINAPI OpensspiVaultLastFault(char **text);

/* ---- The policy -------------------------------------------------------------------------------- */

/* One value or one line of a list that is in force. The strings live for the call. */
typedef struct _OPENSSPI_POLICY_ENTRY {
	const char *Name;   /* the group policy's; "[section] name" for a setting of another section */
	const char *Value;  /* as a file would write it */
	const char *Origin; /* "FILE:LINE" or "default"; several, joined by ", " */
} OPENSSPI_POLICY_ENTRY, *POPENSSPI_POLICY_ENTRY;
typedef BOOL(CALLBACK *OPENSSPI_POLICY_VISITOR)(void *argument, const OPENSSPI_POLICY_ENTRY *entry);

/* Calls `each` for everything in force, in the order of the manual page; stops when it returns FALSE.
 * SEC_E_OK; SEC_E_INTERNAL_ERROR when a file cannot be understood; SEC_E_INSUFFICIENT_MEMORY. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiPolicyEnumerate(OPENSSPI_POLICY_VISITOR each,
							       void *argument);

/* Would a client delegate credentials of that class (OPENSSPI_DELEGATE_*) to this target (an SPN, UTF-8)?
 * `mutual`: to a server that was mutually authenticated. `why` receives the sentence that names the rule
 * and where it stands (FreeContextBuffer). SEC_E_OK, SEC_E_DELEGATION_POLICY or SEC_E_POLICY_NLTM_ONLY, all
 * three with `why`; SEC_E_INVALID_PARAMETER; SEC_E_INTERNAL_ERROR; SEC_E_INSUFFICIENT_MEMORY. */
OPENSSPI_API SECURITY_STATUS SEC_ENTRY OpensspiPolicyExplain(ULONG credential_class, BOOL mutual,
							     const char *target, char **why);

/* ---- For security packages ------------------------------------------------------------------ */

/* How the AuthData of AcquireCredentialsHandle reaches a package. A package says so in the answer of
 * SpGetExtendedInformation for the class OPENSSPI_PACKAGE_TRAITS_CLASS; one that does not answer is
 * opaque and at home in the LSA. */
#define OPENSSPI_AUTH_DATA_OPAQUE 0u   /* the client's address: read it with CopyFromClientBuffer */
#define OPENSSPI_AUTH_DATA_IDENTITY 1u /* a SEC_WINNT_AUTH_IDENTITY_EX2 in one block, or NULL */
#define OPENSSPI_AUTH_DATA_CREDSSP 2u  /* our own block for CREDSSP_CRED (built-in packages) */
#define OPENSSPI_AUTH_DATA_SCHANNEL 3u /* our own block for SCHANNEL_CRED (built-in packages) */

#define OPENSSPI_HOME_LSA 0u    /* runs where the LSA runs */
#define OPENSSPI_HOME_CALLER 1u /* runs in the application, and is given no secrets of the LSA's */

#define OPENSSPI_PACKAGE_TRAITS_CLASS 0x4F500001

typedef struct _OPENSSPI_PACKAGE_TRAITS {
	ULONG Class; /* OPENSSPI_PACKAGE_TRAITS_CLASS */
	ULONG AuthDataFormat;
	ULONG Home;
} OPENSSPI_PACKAGE_TRAITS, *POPENSSPI_PACKAGE_TRAITS;

/* Numbers of policy values; the names in the configuration file are the group policies' own. */
#define OPENSSPI_POLICY_ALLOW_ENCRYPTION_ORACLE 1u /* 0 force updated, 1 mitigated, 2 vulnerable */
#define OPENSSPI_POLICY_CHANNEL_BINDING 2u	   /* 0 never, 1 when supported, 2 always */
#define OPENSSPI_POLICY_TARGET_NAME 3u		   /* 0 never, 1 when supplied, 2 always */
#define OPENSSPI_POLICY_LM_COMPATIBILITY 4u	   /* LmCompatibilityLevel 0 to 5 */
#define OPENSSPI_POLICY_ALLOW_ANONYMOUS 5u	   /* inbound null sessions: 0 or 1 */
#define OPENSSPI_POLICY_NTLM_MIN_CLIENT_SEC 6u	   /* NTLM flags a client insists on */
#define OPENSSPI_POLICY_NTLM_MIN_SERVER_SEC 7u	   /* NTLM flags a server insists on */
#define OPENSSPI_POLICY_MINIMUM_TLS 8u		   /* 0x301 to 0x304; 0x303 by default */
#define OPENSSPI_POLICY_RESTRICTED_ADMIN 9u	   /* a server accepts empty credentials: 0 or 1 */
#define OPENSSPI_POLICY_KERBEROS_ONLY 10u	   /* no NTLM, in either role: 0 or 1 */
#define OPENSSPI_POLICY_FIPS 11u /* 1: the kernel's FIPS mode or FipsAlgorithmPolicy; no NTLM, no RC4 */
#define OPENSSPI_POLICY_TRY_IP_SPN 14u /* Negotiate tries Kerberos with IP addresses too: 0 or 1 */
#define OPENSSPI_POLICY_RESTRICTED_ADMIN_TYPE                                                      \
	12u /* a client hands over: 0 what lists allow, 1 nothing, 2 by Remote Guard alone, 3 either */
#define OPENSSPI_POLICY_ALLOW_PROTECTED_CREDS                                                      \
	13u /* a server takes Remote Guard and empty credentials: 0 or 1 */

/* Classes of credentials a client may delegate. */
#define OPENSSPI_DELEGATE_FRESH 1u
#define OPENSSPI_DELEGATE_SAVED 2u
#define OPENSSPI_DELEGATE_DEFAULT 3u

/* This machine's names; they live as long as the LSA. */
typedef struct _OPENSSPI_MACHINE_NAMES {
	UNICODE_STRING NetbiosComputer;
	UNICODE_STRING NetbiosDomain;
	UNICODE_STRING DnsComputer;
	UNICODE_STRING DnsDomain; /* empty when unknown */
} OPENSSPI_MACHINE_NAMES, *POPENSSPI_MACHINE_NAMES;

/* An NTLM response to check: what arrived in AUTHENTICATE_MESSAGE, [MS-NLMP] 2.2.1.3. */
typedef struct _OPENSSPI_NTLM_LOGON {
	UNICODE_STRING Domain;
	UNICODE_STRING User;
	UNICODE_STRING Workstation;
	UCHAR ServerChallenge[8];
	const UCHAR *NtResponse;
	ULONG NtResponseLength;
	const UCHAR *LmResponse;
	ULONG LmResponseLength;
	ULONG NegotiateFlags;
} OPENSSPI_NTLM_LOGON, *POPENSSPI_NTLM_LOGON;

/* Who it was. Wipe SessionBaseKey after use; release the strings with FreeLsaHeap. */
typedef struct _OPENSSPI_NTLM_LOGON_RESULT {
	UCHAR SessionBaseKey[16];
	UNICODE_STRING Domain; /* as the authority spells it */
	UNICODE_STRING User;
} OPENSSPI_NTLM_LOGON_RESULT, *POPENSSPI_NTLM_LOGON_RESULT;

/* What a package has learnt of a server; strings without a Buffer are unknown. */
typedef struct _OPENSSPI_TARGET_NAMES {
	UNICODE_STRING TargetName; /* as the program called it */
	UNICODE_STRING NetbiosServerName;
	UNICODE_STRING DnsServerName;
	UNICODE_STRING NetbiosDomainName;
	UNICODE_STRING DnsDomainName;
	UNICODE_STRING DnsTreeName;
	UNICODE_STRING PackageName;
} OPENSSPI_TARGET_NAMES, *POPENSSPI_TARGET_NAMES;

/* A credential or context that a package holds of another package, inside the LSA. */
typedef ULONG_PTR OPENSSPI_REACH_HANDLE;

/* ReachQueryContext on a client's finished Kerberos context, or one that holds it: the packed
 * KERB_TICKET_LOGON of Remote Credential Guard, [MS-CSSP] 2.2.1.2.3, in a SecBuffer (FreeLsaHeap its
 * pvBuffer). Never for applications. */
#define OPENSSPI_ATTR_REMOTE_GUARD 0x8F500003u

/* The services the LSA gives packages beyond LSA_SECPKG_FUNCTION_TABLE. Members are added at the end;
 * Version says how far the table reaches. */
typedef struct _OPENSSPI_LSA_EXTENSION {
	ULONG Version; /* OPENSSPI_LSA_EXTENSION_VERSION */

	/* Always STATUS_SUCCESS. */
	NTSTATUS(NTAPI *MachineNames)(POPENSSPI_MACHINE_NAMES Names);

	/* The value in force; STATUS_INVALID_PARAMETER for a number that is none. */
	NTSTATUS(NTAPI *QueryPolicy)(ULONG Policy, PULONG Value);

	/* May credentials of this class be delegated to the target? STATUS_SUCCESS,
	 * SEC_E_DELEGATION_POLICY, or SEC_E_POLICY_NLTM_ONLY when only a mutually authenticated server
	 * would do. Mutual: the server was authenticated by Kerberos or a trusted certificate. */
	NTSTATUS(NTAPI *CheckDelegation)(ULONG Class, BOOLEAN Mutual, const UNICODE_STRING *Target);

	/* Is the target name a client gave (MsvAvTargetName) one of this machine's? */
	BOOLEAN(NTAPI *TargetNameIsOurs)(const UNICODE_STRING *Target);

	/* Checks an NTLM response with the configured authorities. STATUS_SUCCESS and a result;
	 * STATUS_LOGON_FAILURE for wrong user, domain or password alike, and always for the empty
	 * password of a local account; STATUS_ACCOUNT_DISABLED,
	 * _ACCOUNT_LOCKED_OUT, _ACCOUNT_EXPIRED, _PASSWORD_MUST_CHANGE, _PASSWORD_EXPIRED only after
	 * a right password, except that a locked account answers so at once, and a domain's controller
	 * says them when it will, also STATUS_ACCOUNT_RESTRICTION, _INVALID_LOGON_HOURS,
	 * _INVALID_WORKSTATION, _LOGON_TYPE_NOT_GRANTED and _TIME_DIFFERENCE_AT_DC;
	 * SEC_E_NO_AUTHENTICATING_AUTHORITY when none is configured or reachable. */
	NTSTATUS(NTAPI *AuthenticateNtlm)(const OPENSSPI_NTLM_LOGON *Logon,
					  POPENSSPI_NTLM_LOGON_RESULT Result);

	/* ---- another package, wherever it lives. Buffers are LSA memory. Statuses are the other
	 * package's own, or SEC_E_SECPKG_NOT_FOUND, SEC_E_INVALID_HANDLE, SEC_E_INSUFFICIENT_MEMORY.
	 * Output buffers are allocated (FreeLsaHeap) when ALLOCATE_MEMORY is asked for; a failing
	 * call may still have produced a token that is to be sent. ---- */

	/* AuthData is in the format that package declares. */
	NTSTATUS(NTAPI *ReachAcquireCredentials)(const UNICODE_STRING *Package, ULONG Use,
						 PVOID AuthData, OPENSSPI_REACH_HANDLE *Credential,
						 PTimeStamp Expiry);
	VOID(NTAPI *ReachFreeCredentials)(OPENSSPI_REACH_HANDLE Credential);

	/* Context is 0 on the first call; NewContext is set when the status is not an error. */
	NTSTATUS(NTAPI *ReachInitContext)(OPENSSPI_REACH_HANDLE Credential,
					  OPENSSPI_REACH_HANDLE Context,
					  const UNICODE_STRING *Target, ULONG Requirements,
					  PSecBufferDesc Input, OPENSSPI_REACH_HANDLE *NewContext,
					  PSecBufferDesc Output, ULONG *Attributes,
					  PTimeStamp Expiry);
	NTSTATUS(NTAPI *ReachAcceptContext)(OPENSSPI_REACH_HANDLE Credential,
					    OPENSSPI_REACH_HANDLE Context, PSecBufferDesc Input,
					    ULONG Requirements, OPENSSPI_REACH_HANDLE *NewContext,
					    PSecBufferDesc Output, ULONG *Attributes,
					    PTimeStamp Expiry);
	VOID(NTAPI *ReachDeleteContext)(OPENSSPI_REACH_HANDLE Context);

	/* Inner memory of an attribute is LSA heap: release it with FreeLsaHeap. */
	NTSTATUS(NTAPI *ReachQueryContext)(OPENSSPI_REACH_HANDLE Context, ULONG Attribute,
					   PVOID Buffer);
	NTSTATUS(NTAPI *ReachControlContext)(OPENSSPI_REACH_HANDLE Context, PSecBufferDesc Input);

	/* Message protection, in place, by the other package's user-mode half. */
	NTSTATUS(NTAPI *ReachSeal)(OPENSSPI_REACH_HANDLE Context, PSecBufferDesc Message,
				   ULONG Sequence);
	NTSTATUS(NTAPI *ReachUnseal)(OPENSSPI_REACH_HANDLE Context, PSecBufferDesc Message,
				     ULONG Sequence);
	NTSTATUS(NTAPI *ReachSign)(OPENSSPI_REACH_HANDLE Context, PSecBufferDesc Message,
				   ULONG Sequence);
	NTSTATUS(NTAPI *ReachVerify)(OPENSSPI_REACH_HANDLE Context, PSecBufferDesc Message,
				     ULONG Sequence);

	/* The login name of whoever's call this is; release Buffer with FreeLsaHeap. STATUS_SUCCESS,
	 * STATUS_NO_MEMORY, or STATUS_PROCESS_IS_TERMINATING when nobody calls. */
	NTSTATUS(NTAPI *CallerName)(PUNICODE_STRING Name);

	/* ---- from version 2 on ---- */

	/* The packed context that the other package made for its user-mode half, as it made it, for
	 * the application: which package (SECPKG_DLL_FUNCTIONS.LocatePackageById finds its user-mode
	 * half), under which key, and the bytes (FreeLsaHeap). Whatever was signed here before leaves
	 * no trace in them. From then on the messages are the application's: ReachSeal, ReachUnseal
	 * and ReachSign answer SEC_E_INVALID_HANDLE; ReachVerify and ReachQueryContext go on.
	 * SEC_E_INVALID_HANDLE for a context that is not finished or was taken already. */
	NTSTATUS(NTAPI *ReachTakePacked)(OPENSSPI_REACH_HANDLE Context, ULONG *PackageId,
					 ULONG_PTR *Key, PSecBuffer Packed);

	/* ---- from version 3 on ---- */

	/* Identities from the Credential Manager, of the session of whoever's call this is: a
	 * SEC_WINNT_AUTH_IDENTITY_EX2 in one block with its password, in LSA heap (FreeLsaHeap wipes
	 * it). A credential without a password is none. STATUS_SUCCESS; SEC_E_NO_CREDENTIALS when there
	 * is none or the session has no credential set; SEC_E_INSUFFICIENT_MEMORY; else what is wrong
	 * with the vault, in which case another identity should not take this one's place. */

	/* The credential that the user made the logon's own. */
	NTSTATUS(NTAPI *ReadDefaultIdentity)(PVOID *Identity);

	/* The one saved for that target, "SERVICE/HOST[:PORT][/NAME]" or a host: a domain credential
	 * for just this host or name, else a generic one of just this name (only if it has a service),
	 * else a domain credential whose wildcard fits. */
	NTSTATUS(NTAPI *ReadSavedIdentity)(const UNICODE_STRING *Target, PVOID *Identity);

	/* Notes what a server says of itself, for the caller's CredGetTargetInfo. Nothing in it is
	 * believed; what is not UTF-16, or longer than such names are, is not noted. */
	VOID(NTAPI *NoteTarget)(const OPENSSPI_TARGET_NAMES *Names);

	/* ---- from version 4 on ---- */

	/* AuthenticateNtlm, and who it is: a list of wire/sids.h (FreeLsaHeap), empty when the authority
	 * names none. */
	NTSTATUS(NTAPI *AuthenticateNtlmSids)(const OPENSSPI_NTLM_LOGON *Logon,
					      POPENSSPI_NTLM_LOGON_RESULT Result, PSecBuffer Sids);

	/* Notes, for OpensspiLastReason, why the call that is being served fails: a sentence for people, no
	 * secret in it, UTF-8, cut at 511 bytes. A later one replaces it; a call that begins has none. */
	VOID(NTAPI *NoteReason)(const char *Sentence);

	/* What was noted in the call that is being served, also by a package that was reached in it; ""
	 * when nothing was. Good until the next note. */
	const char *(NTAPI *Reason)(VOID);

	/* ---- from version 5 on ---- */

	/* Is a password that a client delegated right, as far as this machine's configuration wants to know
	 * ([accounts] pam)? STATUS_SUCCESS, also when nobody is to be asked; STATUS_LOGON_FAILURE;
	 * STATUS_ACCOUNT_EXPIRED, _PASSWORD_EXPIRED, _PASSWORD_MUST_CHANGE, _ACCOUNT_LOCKED_OUT,
	 * _ACCOUNT_RESTRICTION; SEC_E_NO_AUTHENTICATING_AUTHORITY when nobody could tell; STATUS_NO_MEMORY. It
	 * may take as long as the machine's authorities take. */
	NTSTATUS(NTAPI *CheckDelegated)(const UNICODE_STRING *Domain, const UNICODE_STRING *User,
					const UNICODE_STRING *Password);

	/* ReachAcquireCredentials for a logon session, as pvLogonID of AcquireCredentialsHandle; NULL: the
	 * caller's own. Whether it is the caller's to use is not asked again. */
	NTSTATUS(NTAPI *ReachAcquireSession)(const UNICODE_STRING *Package, ULONG Use, PLUID LogonId,
					     PVOID AuthData, OPENSSPI_REACH_HANDLE *Credential,
					     PTimeStamp Expiry);
} OPENSSPI_LSA_EXTENSION, *POPENSSPI_LSA_EXTENSION;

#define OPENSSPI_LSA_EXTENSION_VERSION 5u

/* Gives a package the table of that version or a later one, good for the life of the LSA.
 * STATUS_SUCCESS; STATUS_NOT_SUPPORTED for a version not known here; STATUS_INVALID_PARAMETER for
 * NULL. */
OPENSSPI_API NTSTATUS NTAPI OpensspiLsaExtension(ULONG Version,
						 const OPENSSPI_LSA_EXTENSION **Table);

#ifdef __cplusplus
}
#endif

#endif
