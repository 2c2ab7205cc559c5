#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "case_limits.h"

#define RECONNECT_MAX_MS 500

static void on_state(enum warren_broker_state state, const char *reason, void *data)
{
	struct rig *rig = data;

	pthread_mutex_lock(&rig->lock);
	rig->ups += state == WARREN_BROKER_UP;
	rig->downs += state == WARREN_BROKER_DOWN;
	rig->blocks += state == WARREN_BROKER_BLOCKED;
	if (state != WARREN_BROKER_UP)
		snprintf(rig->reason, sizeof rig->reason, "%s", reason);
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->lock);
}

static struct rig *open_rig(
	const char *url, struct warren_log *log, uint32_t max_queued, uint32_t heartbeat_s)
{
	struct rig *rig = calloc(1, sizeof *rig);
	struct warren_error error = {0};
	pthread_condattr_t attributes;

	ck_assert_ptr_nonnull(rig);
	pthread_mutex_init(&rig->lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&rig->changed, &attributes);
	pthread_condattr_destroy(&attributes);
	const struct warren_broker_options options = {
		.url = url ? url : getenv("RABBITMQ_URL"),
		.app_name = "faults",
		.log = log,
		.clock = warren_clock_real(),
		.max_queued = max_queued,
		.heartbeat_s = heartbeat_s,
		.reconnect_max_ms = RECONNECT_MAX_MS,
		.on_state = on_state,
		.data = rig,
	};
	int rc = warren_broker_open(&options, &rig->broker, &error);
	ck_assert_msg(rc == 0, "open: %d %s", rc, error.message);
	return rig;
}

struct rig *rig_open_limited(const char *url, uint32_t max_queued, uint32_t heartbeat_s)
{
	return open_rig(url, NULL, max_queued, heartbeat_s);
}

struct rig *rig_open_logged(struct warren_log *log)
{
	return open_rig(NULL, log, 0, 0);
}

struct rig *rig_open(const char *url)
{
	return open_rig(url, NULL, 0, 0);
}

void rig_close(struct rig *rig, uint32_t drain_ms)
{
	warren_broker_close(rig->broker, drain_ms);
	rig->broker = NULL;
}

void rig_free(struct rig *rig)
{
	pthread_cond_destroy(&rig->changed);
	pthread_mutex_destroy(&rig->lock);
	free(rig);
}

void rig_wait(struct rig *rig, const char *what)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += limit_wait_s();
	if (pthread_cond_timedwait(&rig->changed, &rig->lock, &until) == ETIMEDOUT)
		ck_abort_msg("nothing happened while waiting for: %s (last reason: %s)", what,
			rig->reason);
}

void rig_on_settled(enum warren_broker_outcome outcome, void *data)
{
	struct rig *rig = data;

	pthread_mutex_lock(&rig->lock);
	rig->settled++;
	rig->confirmed += outcome == WARREN_BROKER_CONFIRMED;
	rig->sent += outcome == WARREN_BROKER_SENT;
	rig->returned += outcome == WARREN_BROKER_RETURNED;
	rig->refused += outcome == WARREN_BROKER_REFUSED;
	rig->unsent += outcome == WARREN_BROKER_UNSENT;
	rig->lost += outcome == WARREN_BROKER_LOST;
	pthread_cond_broadcast(&rig->changed);
	pthread_mutex_unlock(&rig->lock);
}

const char *rig_queue_of(struct rig *rig, const char *name, enum warren_queue_kind kind)
{
	const struct warren_broker_queue queue = {.name = name, .kind = kind};
	const struct warren_broker_topology topology = {.queues = &queue, .queue_count = 1};

	ck_assert_int_eq(warren_broker_declare(rig->broker, &topology), 0);
	return name;
}

const char *rig_queue(struct rig *rig, const char *name)
{
	return rig_queue_of(rig, name, WARREN_QUEUE_QUORUM);
}

/* ---- harm ---- */

void shell(const char *command)
{
	int status = system(command);
	ck_assert_msg(status == 0, "%s: status %d", command, status);
}

void rabbitmq_start(void)
{
	shell("\"$RABBITMQ\" start \"$RABBITMQ_DIR\" >/dev/null");
}

void rabbitmq_stop(void)
{
	shell("\"$RABBITMQ\" stop \"$RABBITMQ_DIR\"");
}

void rabbitmq_kill(void)
{
	shell("\"$RABBITMQ\" kill \"$RABBITMQ_DIR\"");
}

const char *url_with(const char *login, const char *vhost)
{
	static char url[TEXT_SIZE];
	const char *address = strchr(getenv("RABBITMQ_URL"), '@');

	ck_assert_ptr_nonnull(address);
	snprintf(url, sizeof url, "amqp://%s%s%s", login, address, vhost);
	return url;
}
