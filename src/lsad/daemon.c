/* lsad/daemon.c - see lsad/daemon.h.
 * SPDX-License-Identifier: MIT OR Apache-2.0 */
#include "base/base.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/trace.h"
#include "lsad/daemon.h"

#define BACKLOG 512
#define LOOK_MS 1000
#define LSA_LOOK_MS 10000
#define ACCEPTED_AT_ONCE 16 /* then those who are in have their turn */
#define END_MS 5000	    /* for calls that run when lsad is told to end */

static const struct quota_limits limits = { .connections = 256,
					    .running = WORKERS / 4,
					    .staying = STAYING / 4,
					    .handles = 65536,
					    .bytes = 256u << 20 };

/* ---- taking programs in ---- */

static void connected(uv_poll_t *listener, int error, int events);

static void listen_on(struct daemon *d)
{
	d->resting = uv_poll_start(&d->listener, UV_READABLE, connected) != 0;
}

/* False when there is nobody, or nothing to take him in with. */
static bool take_in(struct daemon *d)
{
	int fd = accept4(d->listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd >= 0) {
		peer_new(d, fd);
		return true;
	}
	if (errno == EINTR || errno == ECONNABORTED)
		return true;
	if (errno != EAGAIN) {
		trace_line("lsad: nobody can be taken in: error %d", errno);
		uv_poll_stop(&d->listener); /* it would be called again at once */
		d->resting = true;
	}
	return false;
}

static void connected(uv_poll_t *listener, int error, int events)
{
	struct daemon *d = listener->data;

	for (int i = 0; i < ACCEPTED_AT_ONCE && take_in(d); i++)
		continue;
}

/* ---- looking after them ---- */

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

static void close_all(struct daemon *d)
{
	for (struct peer *p = d->peers; p; p = p->next)
		peer_close(p);
}

static void lsa_looks(uv_work_t *work)
{
	lsa_look(((struct daemon *)work->data)->lsa);
}

static void lsa_looked(uv_work_t *work, int error)
{
	((struct daemon *)work->data)->is_looking = false;
}

/* On a worker: packages are told of what ended. */
static void have_lsa_look(struct daemon *d)
{
	if (d->ending || d->is_looking || uv_now(&d->loop) - d->looked < LSA_LOOK_MS)
		return;
	d->looked = uv_now(&d->loop);
	d->looking.data = d;
	d->is_looking = uv_queue_work(&d->loop, &d->looking, lsa_looks, lsa_looked) == 0;
}

static void look(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	have_lsa_look(d);
	for (struct peer *p = d->peers; p; p = p->next)
		peer_look(p);
	if (d->ending && uv_now(&d->loop) - d->since_ending > END_MS)
		close_all(d);
	if (d->resting && !d->ending)
		listen_on(d);
}

/* ---- the end ---- */

static void close_if_open(void *handle)
{
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

void daemon_peer_gone(struct daemon *d)
{
	if (!d->ending || d->peers)
		return;
	close_if_open(&d->wake);
	close_if_open(&d->clock);
	close_if_open(&d->slow);
	close_if_open(&d->terminate);
	close_if_open(&d->interrupt);
}

/* Nobody is taken in and no call is begun any more; those that run are answered. A second signal does not
 * wait for them. */
static void end(uv_signal_t *signal, int number)
{
	struct daemon *d = signal->data;

	trace_line("lsad: signal %d, ending", number);
	if (d->ending) {
		close_all(d);
		return;
	}
	d->ending = true;
	d->since_ending = uv_now(&d->loop);
	close_if_open(&d->listener);
	for (struct peer *p = d->peers; p; p = p->next)
		peer_look(p);
	daemon_peer_gone(d);
}

/* ---- the beginning ---- */

static bool is_listening(int fd)
{
	int yes = 0;
	socklen_t n = sizeof(yes);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &yes, &n) == 0 && yes;
}

/* A socket that systemd listens on is left as it is: programs see who listened first, not us. */
static bool begin(struct daemon *d)
{
	if (!is_listening(d->listening) && listen(d->listening, BACKLOG) != 0)
		return false;
	if (fcntl(d->listening, F_SETFL, O_NONBLOCK) != 0 ||
	    uv_poll_init(&d->loop, &d->listener, d->listening) != 0 ||
	    uv_async_init(&d->loop, &d->wake, woken) != 0 ||
	    uv_timer_init(&d->loop, &d->clock) != 0 || uv_timer_init(&d->loop, &d->slow) != 0 ||
	    uv_signal_init(&d->loop, &d->terminate) != 0 ||
	    uv_signal_init(&d->loop, &d->interrupt) != 0)
		return false;
	listen_on(d);
	return !d->resting && uv_timer_start(&d->clock, look, LOOK_MS, LOOK_MS) == 0 &&
	       uv_signal_start(&d->terminate, end, SIGTERM) == 0 &&
	       uv_signal_start(&d->interrupt, end, SIGINT) == 0;
}

bool daemon_run(struct daemon *d, struct lsa *lsa, int listening)
{
	d->lsa = lsa;
	d->listening = listening;
	d->quotas = quotas_new(&limits);
	if (!d->quotas || uv_loop_init(&d->loop) != 0) {
		quotas_free(d->quotas);
		return false;
	}
	d->listener.data = d->wake.data = d->clock.data = d->slow.data = d;
	d->terminate.data = d->interrupt.data = d;
	bool fine = begin(d);
	if (fine)
		fine = uv_run(&d->loop, UV_RUN_DEFAULT) == 0;
	quotas_free(d->quotas);
	return fine && uv_loop_close(&d->loop) == 0;
}
