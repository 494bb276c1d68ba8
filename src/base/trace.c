/* base/trace.c - see base/trace.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <time.h>
#include <unistd.h>

#include "base/trace.h"

#define TRACE_LINE_MAX 1024

static pthread_once_t trace_once = PTHREAD_ONCE_INIT;
static int trace_fd = -1;

static int open_target(const char *target)
{
	char *end = NULL;

	if (strncmp(target, "fd:", 3) == 0) {
		errno = 0;
		long fd = strtol(target + 3, &end, 10);
		return errno == 0 && *end == '\0' && end != target + 3 && fd >= 0 && fd < 65536
			       ? (int)fd
			       : -1;
	}
	return open(target, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
}

static void trace_start(void)
{
	const char *target = getauxval(AT_SECURE) ? NULL : getenv("OPENSSPI_TRACE");
	if (target && *target)
		trace_fd = open_target(target);
}

bool trace_is_on(void)
{
	pthread_once(&trace_once, trace_start);
	return trace_fd >= 0;
}

void trace_line(const char *format, ...)
{
	char line[TRACE_LINE_MAX];
	struct timespec now;
	va_list args;

	if (!trace_is_on())
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	int used = snprintf(line, sizeof(line), "%lld.%06ld %d ", (long long)now.tv_sec,
			    now.tv_nsec / 1000, (int)getpid());
	va_start(args, format);
	int text = vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, args);
	va_end(args);
	if (text < 0)
		return;
	size_t len = (size_t)used + (size_t)text;
	if (len > sizeof(line) - 2)
		len = sizeof(line) - 2;
	line[len++] = '\n';
	ssize_t written = write(trace_fd, line, len);
	(void)written;
}
