/* lsad/daemon.c - see lsad/daemon.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <signal.h>

#include "base/trace.h"
#include "lsad/daemon.h"

#define BACKLOG 128

static const struct quota_limits limits = { .connections = 256, .bytes = 256u << 20 };

static void connected(uv_stream_t *listener, int error)
{
	struct daemon *d = listener->data;

	if (!error && !d->ending)
		peer_accept(d, listener);
}

static void woken(uv_async_t *wake)
{
	struct daemon *d = wake->data;

	for (struct peer *p = d->peers; p; p = p->next)
		peer_ask_all(p);
}

void daemon_wake(struct daemon *d)
{
	uv_async_send(&d->wake);
}

static void close_if_open(uv_handle_t *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void daemon_peer_gone(struct daemon *d)
{
	if (d->ending && !d->peers)
		close_if_open((uv_handle_t *)&d->wake);
}

/* Programs find the connection ended; what is being served is served to its end. */
static void end(uv_signal_t *signal, int number)
{
	struct daemon *d = signal->data;

	trace_line("lsad: signal %d, ending", number);
	d->ending = true;
	close_if_open((uv_handle_t *)&d->listener);
	close_if_open((uv_handle_t *)&d->terminate);
	close_if_open((uv_handle_t *)&d->interrupt);
	for (struct peer *p = d->peers; p; p = p->next)
		peer_close(p);
	daemon_peer_gone(d);
}

static bool begin(struct daemon *d, int listening)
{
	return uv_pipe_init(&d->loop, &d->listener, 0) == 0 &&
	       uv_async_init(&d->loop, &d->wake, woken) == 0 &&
	       uv_signal_init(&d->loop, &d->terminate) == 0 &&
	       uv_signal_init(&d->loop, &d->interrupt) == 0 &&
	       uv_pipe_open(&d->listener, listening) == 0 &&
	       uv_listen((uv_stream_t *)&d->listener, BACKLOG, connected) == 0 &&
	       uv_signal_start(&d->terminate, end, SIGTERM) == 0 &&
	       uv_signal_start(&d->interrupt, end, SIGINT) == 0;
}

bool daemon_run(struct daemon *d, struct lsa *lsa, int listening)
{
	*d = (struct daemon){ .lsa = lsa, .quotas = quotas_new(&limits) };
	if (!d->quotas || uv_loop_init(&d->loop) != 0) {
		quotas_free(d->quotas);
		return false;
	}
	d->listener.data = d->wake.data = d->terminate.data = d->interrupt.data = d;
	bool fine = begin(d, listening);
	if (fine)
		fine = uv_run(&d->loop, UV_RUN_DEFAULT) == 0;
	quotas_free(d->quotas);
	return fine && uv_loop_close(&d->loop) == 0;
}
