/* lsad/stay.c - a worker that stays with a program for its next call, as one that calls in a row wants it.
 * SPDX-License-Identifier: MIT OR Apache-2.0
 *
 * While it stays it reads the connection and the loop does not. It takes whole calls that are there at
 * once; everything else, and whatever comes while a call takes its time or asks the program something,
 * is the loop's again. A stay ends when nothing comes for a while. */
#include "base/base.h"

#include <poll.h>
#include <sys/socket.h>

#include "lsad/daemon.h"
#include "lsad/peer.h"

#define STAY_MS 20	/* without a call */
#define SLOW_MS 5	/* of a call; then the loop reads what comes meanwhile */
#define CROWDED_MS 100	/* of peace after calls that overlapped */
#define STAY_BYTES 4096 /* a call's that a staying worker takes */

static uint64_t now_ms(void)
{
	return uv_hrtime() / 1000000;
}

/* ---- on the loop ---- */

static void look_at_slow(uv_timer_t *timer)
{
	struct daemon *d = timer->data;

	for (struct peer *p = d->peers; p; p = p->next)
		if (p->unread)
			peer_read_again(p, SLOW_MS);
}

bool stay_begin(struct peer *p, struct serving *s)
{
	struct daemon *d = p->daemon;

	if (atomic_load(&d->ending) || d->staying >= STAYING || p->unread || p->closing ||
	    now_ms() < p->crowded_until || !quota_stay(p->quota))
		return false;
	if (!d->staying++)
		(void)!uv_timer_start(&d->slow, look_at_slow, SLOW_MS, SLOW_MS);
	uv_read_stop((uv_stream_t *)&p->pipe);
	p->unread = true;
	pthread_mutex_lock(&p->lock);
	p->keeper = s;
	p->busy_since = now_ms();
	pthread_mutex_unlock(&p->lock);
	return true;
}

void stay_end(struct peer *p, struct serving *s, bool crowded)
{
	struct daemon *d = p->daemon;

	quota_leave(p->quota);
	if (!--d->staying)
		uv_timer_stop(&d->slow);
	if (crowded)
		p->crowded_until = now_ms() + CROWDED_MS;
	pthread_mutex_lock(&p->lock);
	if (p->keeper == s)
		p->keeper = NULL;
	pthread_mutex_unlock(&p->lock);
}

bool stay_is_over(struct peer *p, uint64_t slow_ms)
{
	pthread_mutex_lock(&p->lock);
	if (p->keeper && p->busy_since && now_ms() - p->busy_since >= slow_ms)
		p->keeper = NULL;
	bool over = !p->keeper;
	pthread_mutex_unlock(&p->lock);
	return over;
}

/* ---- on the worker ---- */

/* What is there now goes to `left`; is anything? From then on the connection is ours until we are done. */
static bool take(struct peer *p, struct serving *s, struct wr *left)
{
	uint8_t bytes[STAY_BYTES];
	ssize_t n = -1;

	pthread_mutex_lock(&p->lock);
	if (p->keeper == s && !p->gone)
		n = recv(p->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (n > 0)
		p->busy_since = 0;
	pthread_mutex_unlock(&p->lock);
	if (n <= 0)
		return false;
	wr_bytes(left, bytes, (size_t)n);
	mem_wipe(bytes, (size_t)n);
	return true;
}

bool stay_is_crowded(struct peer *p, struct serving *s, struct wr *left)
{
	return take(p, s, left);
}

/* May we go on to wait? Then nobody else reads until we are done. */
static bool keep(struct peer *p, const struct serving *s, uint64_t busy_since)
{
	pthread_mutex_lock(&p->lock);
	bool ours = p->keeper == s && !p->gone && !atomic_load(&p->daemon->ending);
	if (ours)
		p->busy_since = busy_since;
	pthread_mutex_unlock(&p->lock);
	return ours;
}

bool stay_next(struct peer *p, struct serving *s, struct frame_head *head, struct wr *left)
{
	struct pollfd on = { .fd = p->fd, .events = POLLIN };

	if (!keep(p, s, 0) || poll(&on, 1, STAY_MS) <= 0 || !take(p, s, left))
		return false;
	return wr_ok(left) && left->len >= FRAME_HEAD_LEN && frame_read_head(left->buf, head) &&
	       head->kind == FRAME_CALL && left->len == FRAME_HEAD_LEN + head->size &&
	       call_row((enum call)head->what) && keep(p, s, now_ms());
}
