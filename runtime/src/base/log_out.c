#include "base/log_out.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "base/clock.h"

#define CLOSE_WITHIN_MS 1000

struct warren_log_out {
	LIST_ENTRY(warren_log_out) link;
	int fd;
	unsigned users;
	char *waiting; /* NULL: nothing waits */
	size_t at, end;
	uint64_t untold; /* dropped lines */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static LIST_HEAD(, warren_log_out) outlets = LIST_HEAD_INITIALIZER(outlets);
static uint64_t dropped;

static bool takes_more(int fd, int within_ms)
{
	struct pollfd file = {.fd = fd, .events = POLLOUT};
	return poll(&file, 1, within_ms) > 0;
}

/* Writes as much as the file takes at once.  A piece of PIPE_BUF never blocks where poll() says that
 * there is room. */
static size_t write_some(int fd, const char *text, size_t len)
{
	size_t at = 0;
	while (at < len && takes_more(fd, 0)) {
		size_t piece = len - at < PIPE_BUF ? len - at : PIPE_BUF;
		ssize_t done = write(fd, text + at, piece);
		if (done >= 0)
			at += (size_t)done;
		else if (errno == EAGAIN)
			break;
		else if (errno != EINTR)
			return len; /* nobody reads the logs: there is no place left to say so */
	}
	return at;
}

static void drain(struct warren_log_out *out)
{
	if (!out->waiting)
		return;
	out->at += write_some(out->fd, out->waiting + out->at, out->end - out->at);
	if (out->at < out->end)
		return;
	free(out->waiting);
	out->waiting = NULL;
	out->at = out->end = 0;
}

static bool keep(struct warren_log_out *out, const char *text, size_t len)
{
	if (!out->waiting)
		out->waiting = malloc(WARREN_LOG_WAITING_MAX);
	if (!out->waiting || len > WARREN_LOG_WAITING_MAX - (out->end - out->at))
		return false;
	if (len > WARREN_LOG_WAITING_MAX - out->end) {
		memmove(out->waiting, out->waiting + out->at, out->end - out->at);
		out->end -= out->at;
		out->at = 0;
	}
	memcpy(out->waiting + out->end, text, len);
	out->end += len;
	return true;
}

uint64_t warren_log_out_write(struct warren_log_out *out, const char *line, size_t len)
{
	uint64_t untold = 0;
	pthread_mutex_lock(&mutex);
	drain(out);
	size_t done = out->waiting ? 0 : write_some(out->fd, line, len);
	if (done < len && !keep(out, line + done, len - done)) {
		out->untold++;
		dropped++;
	}
	if (!out->waiting) {
		untold = out->untold;
		out->untold = 0;
	}
	pthread_mutex_unlock(&mutex);
	return untold;
}

uint64_t warren_log_out_dropped(void)
{
	pthread_mutex_lock(&mutex);
	uint64_t count = dropped;
	pthread_mutex_unlock(&mutex);
	return count;
}

struct warren_log_out *warren_log_out_open(int fd)
{
	struct warren_log_out *out;
	pthread_mutex_lock(&mutex);
	LIST_FOREACH(out, &outlets, link)
	{
		if (out->fd == fd)
			break;
	}
	if (!out && (out = calloc(1, sizeof *out))) {
		out->fd = fd;
		LIST_INSERT_HEAD(&outlets, out, link);
	}
	if (out)
		out->users++;
	pthread_mutex_unlock(&mutex);
	return out;
}

void warren_log_out_close(struct warren_log_out *out)
{
	pthread_mutex_lock(&mutex);
	if (--out->users > 0) {
		pthread_mutex_unlock(&mutex);
		return;
	}
	struct warren_clock *clock = warren_clock_real();
	int64_t end_ms = warren_clock_now_ms(clock) + CLOSE_WITHIN_MS, left_ms;
	while (out->waiting && (left_ms = end_ms - warren_clock_now_ms(clock)) > 0 &&
		takes_more(out->fd, (int)left_ms))
		drain(out);
	LIST_REMOVE(out, link);
	pthread_mutex_unlock(&mutex);
	free(out->waiting);
	free(out);
}
