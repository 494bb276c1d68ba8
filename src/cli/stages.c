/* cli/stages.c - the report of a sign-in: stage by stage as text at once, or as one JSON object.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "cli/stages.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "cli/json.h"

#define NEVER 0x7FFFFFFFFFFFFFFFLL
#define TICKS_TO_1970 116444736000000000LL /* from 1601, in 100 ns */
#define TICKS_PER_SECOND 10000000LL

void report_stage(struct report *r, const char *name, const char *format, ...)
{
	va_list args;

	if (r->count == STAGES_MAX)
		return;
	r->stages[r->count].name = name;
	va_start(args, format);
	vsnprintf(r->stages[r->count].detail, DETAIL_MAX, format, args);
	va_end(args);
	if (!r->json) {
		printf("%-14s ", name);
		text_print(stdout, r->stages[r->count].detail);
		putchar('\n');
		fflush(stdout);
	}
	r->count++;
}

void report_failure(struct report *r, const char *stage, const char *format, ...)
{
	va_list args;

	if (r->failed_stage)
		return;
	r->failed_stage = stage;
	va_start(args, format);
	vsnprintf(r->reason, sizeof(r->reason), format, args);
	va_end(args);
}

void report_status(struct report *r, const char *stage, SECURITY_STATUS status)
{
	report_status_why(r, stage, status, "");
}

void report_status_why(struct report *r, const char *stage, SECURITY_STATUS status, const char *why)
{
	const char *name, *meaning, *advice;

	if (r->failed_stage)
		return;
	OpensspiDescribeStatus(status, &name, &meaning, &advice);
	report_failure(r, stage, "%s", meaning);
	report_advice(r, "%s", advice);
	snprintf(r->because, sizeof(r->because), "%s", why);
	r->has_status = true;
	r->status = status;
}

void report_advice(struct report *r, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(r->advice, sizeof(r->advice), format, args);
	va_end(args);
}

void report_time(TimeStamp t, char out[32])
{
	long long ticks = t.QuadPart;
	time_t seconds = (time_t)((ticks - TICKS_TO_1970) / TICKS_PER_SECOND);
	struct tm parts;

	if (ticks == NEVER || ticks <= 0 || !gmtime_r(&seconds, &parts) ||
	    !strftime(out, 32, "%Y-%m-%d %H:%M:%S", &parts))
		snprintf(out, 32, "never");
}

void report_flags(bool accepting, ULONG attributes, char out[DETAIL_MAX])
{
	size_t at = 0;
	const char *name;
	ULONG bit;

	out[0] = '\0';
	for (size_t i = 0; (name = flag_name(accepting, i, &bit)); i++)
		if ((attributes & bit) && at < DETAIL_MAX - 32)
			at += (size_t)snprintf(out + at, DETAIL_MAX - at, "%s%s", at ? ", " : "",
					       name);
}

static void print_failure(const struct report *r)
{
	printf("FAILED at %s: ", r->failed_stage);
	text_print(stdout, r->reason);
	if (r->has_status) {
		const char *name, *meaning, *advice;
		OpensspiDescribeStatus(r->status, &name, &meaning, &advice);
		printf(" [%s 0x%08X]", name, (unsigned)r->status);
	}
	putchar('\n');
	if (r->because[0]) {
		printf("  because: ");
		text_print(stdout, r->because);
		putchar('\n');
	}
	if (r->alert >= 0)
		printf("  TLS alert from the server: %s (%d)\n", alert_name(r->alert), r->alert);
	if (r->advice[0]) {
		printf("  try: ");
		text_print(stdout, r->advice);
		putchar('\n');
	}
}

static void json_failure(struct json *j, const struct report *r)
{
	const char *name, *meaning, *advice;
	char number[16];

	json_open(j, "failure", '{');
	json_text(j, "stage", r->failed_stage);
	json_text(j, "reason", r->reason);
	json_text(j, "because", r->because[0] ? r->because : NULL);
	json_text(j, "advice", r->advice[0] ? r->advice : NULL);
	if (r->has_status) {
		OpensspiDescribeStatus(r->status, &name, &meaning, &advice);
		snprintf(number, sizeof(number), "0x%08X", (unsigned)r->status);
		json_text(j, "status", number);
		json_text(j, "status_name", name);
	}
	if (r->alert >= 0) {
		json_number(j, "alert", r->alert);
		json_text(j, "alert_name", alert_name(r->alert));
	}
	json_close(j, '}');
}

static void json_agreed(struct json *j, const struct report *r)
{
	if (r->tls[0]) {
		json_open(j, "tls", '{');
		json_text(j, "protocol", r->tls);
		json_text(j, "cipher", r->cipher);
		json_close(j, '}');
	}
	if (r->known) {
		json_open(j, "certificate", '{');
		json_text(j, "sha256", r->fingerprint);
		json_text(j, "memory", r->known);
		json_close(j, '}');
	}
	if (r->credssp) {
		json_open(j, "credssp", '{');
		json_number(j, "version", r->credssp);
		json_number(j, "peer_version", r->credssp_peer);
		json_close(j, '}');
	}
	if (r->scheme) {
		json_open(j, "http", '{');
		json_text(j, "scheme", r->scheme);
		json_text(j, "channel_binding", r->binding);
		json_number(j, "status", r->http_status);
		json_close(j, '}');
	}
	if (r->mechanism[0])
		json_text(j, "mechanism", r->mechanism);
	if (r->mechanism[0])
		json_text(j, "not_better", r->not_better[0] ? r->not_better : NULL);
}

static void json_signed_in(struct json *j, const struct report *r)
{
	const char *name;
	char expiry[32];
	ULONG bit;

	json_open(j, "flags", '[');
	for (size_t i = 0; (name = flag_name(false, i, &bit)); i++)
		if (r->attributes & bit)
			json_text(j, NULL, name);
	json_close(j, ']');
	report_time(r->expiry, expiry);
	json_text(j, "expires", expiry);
	if (r->answer[0])
		json_text(j, "answer", r->answer);
}

static void print_json(const struct report *r, int code)
{
	struct json j = { .out = stdout };

	json_open(&j, NULL, '{');
	json_text(&j, "target", r->target);
	json_text(&j, "user", r->user);
	json_bool(&j, "signed_in", code == EXIT_DONE);
	json_number(&j, "exit", code);
	json_text(&j, "address", r->address[0] ? r->address : NULL);
	json_open(&j, "stages", '[');
	for (int i = 0; i < r->count; i++) {
		json_open(&j, NULL, '{');
		json_text(&j, "stage", r->stages[i].name);
		json_text(&j, "detail", r->stages[i].detail);
		json_close(&j, '}');
	}
	json_close(&j, ']');
	json_agreed(&j, r);
	if (r->signed_in)
		json_signed_in(&j, r);
	if (r->failed_stage)
		json_failure(&j, r);
	json_close(&j, '}');
	putchar('\n');
}

int report_finish(struct report *r, int code)
{
	if (r->json)
		print_json(r, code);
	else if (r->failed_stage)
		print_failure(r);
	else
		printf("signed in\n");
	fflush(stdout);
	return code;
}
