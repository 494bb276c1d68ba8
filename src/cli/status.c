/* cli/status.c - statuses, TLS alerts and context flags in words, and the exit code of a status.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/status.h"

#include <stdio.h>

#include "cli/json.h"

static const struct {
	SECURITY_STATUS status;
	enum exit_code code;
} exits[] = {
	{ SEC_E_LOGON_DENIED, EXIT_REFUSED },
	{ SEC_E_NO_CREDENTIALS, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_LOGON_FAILURE, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_WRONG_PASSWORD, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_NO_SUCH_USER, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_ACCESS_DENIED, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_ACCOUNT_RESTRICTION, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_INVALID_LOGON_HOURS, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_INVALID_WORKSTATION, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_PASSWORD_EXPIRED, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_PASSWORD_MUST_CHANGE, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_ACCOUNT_DISABLED, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_ACCOUNT_EXPIRED, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_ACCOUNT_LOCKED_OUT, EXIT_REFUSED },
	{ (SECURITY_STATUS)STATUS_LOGON_TYPE_NOT_GRANTED, EXIT_REFUSED },
	{ SEC_E_TARGET_UNKNOWN, EXIT_REFUSED },
	{ SEC_E_TIME_SKEW, EXIT_REFUSED },
	{ SEC_E_CONTEXT_EXPIRED, EXIT_REFUSED },
	{ SEC_E_SMARTCARD_LOGON_REQUIRED, EXIT_REFUSED },
	{ SEC_E_KDC_UNABLE_TO_REFER, EXIT_REFUSED },
	{ SEC_E_KDC_INVALID_REQUEST, EXIT_REFUSED },
	{ SEC_E_KDC_UNKNOWN_ETYPE, EXIT_REFUSED },
	{ SEC_E_NO_AUTHENTICATING_AUTHORITY, EXIT_UNREACHABLE },
	{ SEC_E_DELEGATION_POLICY, EXIT_POLICY },
	{ SEC_E_POLICY_NLTM_ONLY, EXIT_POLICY },
	{ SEC_E_DELEGATION_REQUIRED, EXIT_POLICY },
	{ SEC_E_MUTUAL_AUTH_FAILED, EXIT_POLICY },
	{ SEC_E_WRONG_PRINCIPAL, EXIT_POLICY },
	{ SEC_E_UNTRUSTED_ROOT, EXIT_POLICY },
	{ SEC_E_CERT_EXPIRED, EXIT_POLICY },
	{ SEC_E_CERT_UNKNOWN, EXIT_POLICY },
	{ (SECURITY_STATUS)STATUS_NTLM_BLOCKED, EXIT_POLICY },
	{ SEC_E_KDC_CERT_EXPIRED, EXIT_POLICY },
	{ SEC_E_KDC_CERT_REVOKED, EXIT_POLICY },
	{ SEC_E_PKINIT_NAME_MISMATCH, EXIT_POLICY },
	{ SEC_E_UNSUPPORTED_FUNCTION, EXIT_POLICY },
	{ SEC_E_DOWNGRADE_DETECTED, EXIT_POLICY },
	{ SEC_E_SECPKG_NOT_FOUND, EXIT_USAGE },
	{ SEC_E_INVALID_PARAMETER, EXIT_USAGE },
};

/* RFC 8446 6, RFC 5246 7.2 */
static const struct {
	int alert;
	const char *name;
} alerts[] = {
	{ 0, "close notify" },
	{ 10, "unexpected message" },
	{ 20, "bad record MAC" },
	{ 22, "record overflow" },
	{ 40, "handshake failure" },
	{ 42, "bad certificate" },
	{ 43, "unsupported certificate" },
	{ 44, "certificate revoked" },
	{ 45, "certificate expired" },
	{ 46, "certificate unknown" },
	{ 47, "illegal parameter" },
	{ 48, "unknown CA" },
	{ 49, "access denied" },
	{ 50, "decode error" },
	{ 51, "decrypt error" },
	{ 70, "protocol version" },
	{ 71, "insufficient security" },
	{ 80, "internal error" },
	{ 86, "inappropriate fallback" },
	{ 90, "user canceled" },
	{ 109, "missing extension" },
	{ 110, "unsupported extension" },
	{ 112, "unrecognized name" },
	{ 116, "certificate required" },
	{ 120, "no application protocol" },
};

struct flag {
	ULONG bit;
	const char *name;
};

static const struct flag client_flags[] = {
	{ ISC_RET_DELEGATE, "delegate" },
	{ ISC_RET_MUTUAL_AUTH, "mutual-auth" },
	{ ISC_RET_REPLAY_DETECT, "replay-detect" },
	{ ISC_RET_SEQUENCE_DETECT, "sequence-detect" },
	{ ISC_RET_CONFIDENTIALITY, "confidentiality" },
	{ ISC_RET_INTEGRITY, "integrity" },
	{ ISC_RET_CONNECTION, "connection" },
	{ ISC_RET_EXTENDED_ERROR, "extended-error" },
	{ ISC_RET_STREAM, "stream" },
	{ ISC_RET_IDENTIFY, "identify" },
	{ ISC_RET_MANUAL_CRED_VALIDATION, "manual-cred-validation" },
};

static const struct flag server_flags[] = {
	{ ASC_RET_DELEGATE, "delegate" },
	{ ASC_RET_MUTUAL_AUTH, "mutual-auth" },
	{ ASC_RET_REPLAY_DETECT, "replay-detect" },
	{ ASC_RET_SEQUENCE_DETECT, "sequence-detect" },
	{ ASC_RET_CONFIDENTIALITY, "confidentiality" },
	{ ASC_RET_INTEGRITY, "integrity" },
	{ ASC_RET_CONNECTION, "connection" },
	{ ASC_RET_EXTENDED_ERROR, "extended-error" },
	{ ASC_RET_STREAM, "stream" },
	{ ASC_RET_IDENTIFY, "identify" },
};

enum exit_code status_exit(SECURITY_STATUS status)
{
	for (size_t i = 0; i < ARRAY_LEN(exits); i++)
		if (exits[i].status == status)
			return exits[i].code;
	return EXIT_PROTOCOL;
}

const char *alert_name(int alert)
{
	for (size_t i = 0; i < ARRAY_LEN(alerts); i++)
		if (alerts[i].alert == alert)
			return alerts[i].name;
	return "unknown alert";
}

const char *flag_name(bool accepting, size_t index, ULONG *bit)
{
	const struct flag *flags = accepting ? server_flags : client_flags;
	if (index >= (accepting ? ARRAY_LEN(server_flags) : ARRAY_LEN(client_flags)))
		return NULL;
	*bit = flags[index].bit;
	return flags[index].name;
}

void status_reason(char out[REASON_MAX])
{
	char *text = NULL;

	out[0] = '\0';
	if (OpensspiLastReason(&text) != SEC_E_OK)
		return;
	snprintf(out, REASON_MAX, "%s", text);
	FreeContextBuffer(text);
}

void status_print(const char *command, const char *doing, SECURITY_STATUS status)
{
	char why[REASON_MAX];

	status_reason(why);
	status_print_why(command, doing, status, why);
}

void status_print_why(const char *command, const char *doing, SECURITY_STATUS status,
		      const char *why)
{
	const char *name, *meaning, *advice;
	OpensspiDescribeStatus(status, &name, &meaning, &advice);
	fprintf(stderr, "sspi %s: ", command);
	text_print(stderr, doing);
	fprintf(stderr, ": %s (0x%08X): %s\n", name, (unsigned)status, meaning);
	if (why[0]) {
		fputs("  because: ", stderr);
		text_print(stderr, why);
		fputc('\n', stderr);
	}
	if (advice[0])
		fprintf(stderr, "  try: %s\n", advice);
}
