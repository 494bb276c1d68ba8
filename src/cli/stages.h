/* cli/stages.h - the report of a sign-in: stage by stage as text at once, or as one JSON object.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef OPENSSPI_CLI_STAGES_H
#define OPENSSPI_CLI_STAGES_H

#include "cli/exchange.h"
#include "cli/status.h"

#define DETAIL_MAX 640
#define STAGES_MAX 20

struct report {
	bool json;
	const char *target, *user; /* as given; borrowed */
	struct {
		const char *name;
		char detail[DETAIL_MAX];
	} stages[STAGES_MAX];
	int count;

	/* What was agreed; empty or 0 where a stage was not reached. */
	char address[LINK_NAME_MAX];
	char tls[16], cipher[64];
	char fingerprint[96];
	const char *known; /* known_host_name(), or NULL */
	ULONG credssp, credssp_peer;
	const char *scheme;  /* HTTP's, or NULL */
	const char *binding; /* to the TLS channel around it, or NULL */
	int http_status;
	char mechanism[64];
	char not_better[REASON_MAX]; /* why no better mechanism was used; "" */
	bool signed_in;
	ULONG attributes;
	TimeStamp expiry;
	char answer[MESSAGE_MAX + 1];

	/* What went wrong. */
	const char *failed_stage;
	char reason[DETAIL_MAX];
	char because[REASON_MAX]; /* what the library had to say beyond the status; "" */
	bool has_status;
	SECURITY_STATUS status;
	int alert; /* -1: none */
	char advice[DETAIL_MAX];
};

/* A stage that succeeded; text mode prints it now. `name` is static. */
void report_stage(struct report *r, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);

/* The stage at which it ended, with the reason in words. The first call counts. */
void report_failure(struct report *r, const char *stage, const char *format, ...) PRINTF_LIKE(3, 4);

/* The same for a status: its name, meaning and advice become the reason. */
void report_status(struct report *r, const char *stage, SECURITY_STATUS status);

/* The same with what else there is to say, or "". */
void report_status_why(struct report *r, const char *stage, SECURITY_STATUS status,
		       const char *why);

void report_advice(struct report *r, const char *format, ...) PRINTF_LIKE(2, 3);

/* Prints the verdict (text) or everything (JSON), and hands `code` back. */
int report_finish(struct report *r, int code);

/* "2026-01-31 12:00:00", local as SSPI has it, or "never". */
void report_time(TimeStamp t, char out[32]);

/* The names of the flags in `attributes`, separated by commas. */
void report_flags(bool accepting, ULONG attributes, char out[DETAIL_MAX]);

#endif
