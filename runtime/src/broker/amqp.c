/*
 * RabbitMQ behind broker.h.
 *
 * One thread polls two connections, one that publishes and one that consumes and acks, and an
 * eventfd that wakes it.  Both are up or the broker is down: when one breaks, both are closed and
 * opened again after a while, everything is declared again, and the consumers start again.
 *
 * Calls from other threads leave what they want in `incoming` (publishes) and in the inbox (the
 * rest) and wake the thread if it sleeps.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/id.h"
#include "broker/amqp_inbox.h"
#include "broker/amqp_outbox.h"

#define QUEUED_DEFAULT 10000
#define QUEUED_BYTES_DEFAULT ((size_t)64 << 20)
#define HEARTBEAT_DEFAULT_S 10
#define RECONNECT_FIRST_MS 100
#define RECONNECT_MAX_DEFAULT_MS 10000
#define GOODBYE_MS 500
#define NAME_SIZE 128
#define SENDS_A_TURN 16
#define THREAD_STACK ((size_t)32 << 20) /* a frame full of nested tables is read recursively */
#define DECLARE_AGAIN_AFTER_MS 1000

enum { PUBLISHING, CONSUMING, CONNECTIONS };

struct amqp {
	struct warren_broker broker;
	struct warren_amqp_url url;
	struct warren_clock *clock;
	struct warren_log *log;
	uint32_t max_queued, reconnect_max_ms;
	size_t max_queued_bytes;
	void (*on_state)(enum warren_broker_state state, const char *reason, void *data);
	void *data;
	pthread_t thread;
	int wake_fd;
	struct warren_amqp_inbox inbox;

	pthread_mutex_t lock; /* the block below */
	struct warren_amqp_publications incoming;
	uint32_t queued; /* publishes that are not settled */
	size_t queued_bytes;
	enum warren_broker_state state;
	struct warren_broker_counters counters;
	bool asleep, closing;
	int64_t close_by_ms;

	/* The thread's own. */
	struct warren_amqp_outbox outbox;
	struct warren_amqp_connection connections[CONNECTIONS];
	char names[CONNECTIONS][NAME_SIZE];
	bool up, was_up;
	int64_t up_since_ms, reconnect_at_ms, declare_again_ms;
	uint32_t failures;
	char told_reason[WARREN_AMQP_REASON_MAX];
	char obstacle[WARREN_AMQP_REASON_MAX]; /* the first one's text, or "" */
};

static int64_t now(void)
{
	return warren_clock_now_ms(warren_clock_real());
}

static struct amqp *amqp_of(struct warren_broker *broker)
{
	return (struct amqp *)broker;
}

static bool is_closing(struct amqp *amqp)
{
	pthread_mutex_lock(&amqp->lock);
	bool closing = amqp->closing;
	pthread_mutex_unlock(&amqp->lock);
	return closing;
}

/* ---- waking ---- */

static void wake(struct amqp *amqp)
{
	uint64_t one = 1;
	ssize_t written = write(amqp->wake_fd, &one, sizeof one);
	(void)written; /* full means that it is awake */
}

/* The lock is held. */
static void wake_if_asleep(struct amqp *amqp)
{
	if (amqp->asleep)
		wake(amqp);
	amqp->asleep = false;
}

static void lock_and_wake(struct amqp *amqp)
{
	pthread_mutex_lock(&amqp->lock);
	wake_if_asleep(amqp);
	pthread_mutex_unlock(&amqp->lock);
}

/* ---- state ---- */

/* Tells once what changed: the state, or its reason. */
static void tell_state(struct amqp *amqp, enum warren_broker_state state, const char *reason)
{
	pthread_mutex_lock(&amqp->lock);
	bool same = state == amqp->state && strcmp(reason, amqp->told_reason) == 0;
	amqp->state = state;
	pthread_mutex_unlock(&amqp->lock);
	if (same)
		return;
	snprintf(amqp->told_reason, sizeof amqp->told_reason, "%s", reason);
	if (amqp->on_state)
		amqp->on_state(state, amqp->told_reason, amqp->data);
	warren_amqp_outbox_hold(&amqp->outbox, state != WARREN_BROKER_UP);
}

static void tell_up(struct amqp *amqp)
{
	if (!amqp->up) {
		amqp->up = true;
		amqp->up_since_ms = now();
		pthread_mutex_lock(&amqp->lock);
		amqp->counters.reconnects += amqp->was_up;
		pthread_mutex_unlock(&amqp->lock);
		amqp->was_up = true;
	}
	if (amqp->outbox.blocked) {
		tell_state(
			amqp, WARREN_BROKER_BLOCKED, "the broker is short of memory or disk space");
		return;
	}
	if (warren_amqp_inbox_first_obstacle(&amqp->inbox, amqp->obstacle))
		amqp->told_reason[0] = '\n'; /* no reason that was told: it is told again */
	tell_state(amqp, WARREN_BROKER_UP, amqp->obstacle);
}

/* Called before a delivery is handed over: every queue is there, and the consumers are starting. */
static bool on_delivering(void *data)
{
	struct amqp *amqp = data;

	if (is_closing(amqp))
		return false;
	if (!amqp->up)
		tell_up(amqp);
	return true;
}

/* ---- outcomes ---- */

static void on_publication_settled(
	struct warren_amqp_publication *publication, enum warren_broker_outcome outcome, void *data)
{
	struct amqp *amqp = data;
	struct warren_broker_counters *counters = &amqp->counters;

	pthread_mutex_lock(&amqp->lock);
	counters->confirmed += outcome == WARREN_BROKER_CONFIRMED;
	counters->returned += outcome == WARREN_BROKER_RETURNED;
	counters->refused += outcome == WARREN_BROKER_REFUSED;
	counters->unsent += outcome == WARREN_BROKER_UNSENT;
	counters->lost += outcome == WARREN_BROKER_LOST;
	amqp->queued--;
	amqp->queued_bytes -= publication->bytes;
	pthread_mutex_unlock(&amqp->lock);
	if (publication->on_settled)
		publication->on_settled(outcome, publication->data);
	free(publication);
}

/* An operator deletes what is in use seldom; whoever does it all the time is not fought. */
static bool on_exchange_gone(const char *exchange, void *data)
{
	struct amqp *amqp = data;

	if (now() < amqp->declare_again_ms ||
		!warren_amqp_inbox_declare_again(&amqp->inbox, exchange))
		return false;
	amqp->declare_again_ms = now() + DECLARE_AGAIN_AFTER_MS;
	warren_log(amqp->log, WARREN_LOG_WARN, "an exchange was gone: everything is declared again",
		WARREN_TEXT("exchange", exchange));
	return true;
}

/* ---- connecting ---- */

static void publishing_on_open(struct warren_amqp_connection *connection, void *data)
{
	struct amqp *amqp = data;
	warren_amqp_outbox_begin(&amqp->outbox, connection);
}

static void publishing_on_frame(
	struct warren_amqp_connection *connection, const amqp_frame_t *frame, void *data)
{
	struct amqp *amqp = data;
	warren_amqp_outbox_frame(&amqp->outbox, connection, frame);
}

static void consuming_on_open(struct warren_amqp_connection *connection, void *data)
{
	struct amqp *amqp = data;
	warren_amqp_inbox_begin(&amqp->inbox, connection);
}

static void consuming_on_frame(
	struct warren_amqp_connection *connection, const amqp_frame_t *frame, void *data)
{
	struct amqp *amqp = data;
	warren_amqp_inbox_frame(&amqp->inbox, connection, frame);
}

static const struct warren_amqp_connection_handler handlers[CONNECTIONS] = {
	[PUBLISHING] = {publishing_on_open, publishing_on_frame},
	[CONSUMING] = {consuming_on_open, consuming_on_frame},
};

/* Between half and all of a time that doubles; a connection that held is a fresh start. */
static int64_t back_off_ms(struct amqp *amqp)
{
	uint32_t random, most = RECONNECT_FIRST_MS;

	for (uint32_t i = 0; i < amqp->failures && most < amqp->reconnect_max_ms; i++)
		most *= 2;
	if (most > amqp->reconnect_max_ms)
		most = amqp->reconnect_max_ms;
	amqp->failures++;
	warren_random(&random, sizeof random);
	return most / 2 + random % (most / 2 + 1);
}

static void close_connections(struct amqp *amqp)
{
	warren_amqp_outbox_break(&amqp->outbox, &amqp->connections[PUBLISHING]);
	warren_amqp_inbox_break(&amqp->inbox);
	for (int i = 0; i < CONNECTIONS; i++)
		warren_amqp_connection_close(&amqp->connections[i]);
}

/* One is broken: both begin again. */
static void start_over(struct amqp *amqp, const char *why)
{
	char reason[WARREN_AMQP_REASON_MAX];

	snprintf(reason, sizeof reason, "%s", why);
	if (amqp->up && now() - amqp->up_since_ms > amqp->reconnect_max_ms)
		amqp->failures = 0;
	amqp->up = false;
	amqp->reconnect_at_ms = now() + back_off_ms(amqp);
	/* First the state, then what it costs. */
	tell_state(amqp, WARREN_BROKER_DOWN, reason);
	close_connections(amqp);
}

static void mend_connections(struct amqp *amqp)
{
	struct warren_amqp_connection *connections = amqp->connections;

	for (int i = 0; i < CONNECTIONS; i++) {
		if (connections[i].state == CONNECTION_BROKEN) {
			start_over(amqp, connections[i].reason);
			return;
		}
	}
	if (connections[PUBLISHING].state == CONNECTION_CLOSED && now() >= amqp->reconnect_at_ms)
		for (int i = 0; i < CONNECTIONS; i++)
			warren_amqp_connection_open(&connections[i], now());
}

/* ---- the thread ---- */

/* Returns whether more waits to be sent that the sockets would take. */
static bool send_all(struct amqp *amqp)
{
	struct warren_amqp_connection *publishing = &amqp->connections[PUBLISHING];
	struct warren_amqp_connection *consuming = &amqp->connections[CONSUMING];
	bool more = false;

	if (consuming->state != CONNECTION_OPEN) {
		warren_amqp_gets_end(&amqp->inbox);
		return false;
	}
	bool complete = warren_amqp_inbox_send(
		&amqp->inbox, consuming, amqp->outbox.ready || amqp->up, now());
	warren_amqp_inbox_check_replies(&amqp->inbox, consuming, now());
	warren_amqp_connection_flush(consuming, now());
	if (publishing->state != CONNECTION_OPEN)
		return false;
	if (complete && amqp->outbox.ready)
		tell_up(amqp);
	else if (amqp->up)
		tell_up(amqp); /* the alarm may have come or gone */
	for (int i = 0; complete && i < SENDS_A_TURN; i++) {
		warren_amqp_outbox_send(
			&amqp->outbox, publishing, warren_clock_wall_ms(amqp->clock));
		more = warren_amqp_connection_pending(publishing) > 0;
		warren_amqp_connection_flush(publishing, now());
		if (!more || warren_amqp_connection_pending(publishing) > 0)
			return false;
	}
	return more;
}

static int poll_timeout(struct amqp *amqp)
{
	int64_t until = INT64_MAX, at = now();

	for (int i = 0; i < CONNECTIONS; i++) {
		int64_t wake_ms = warren_amqp_connection_wake_ms(&amqp->connections[i]);
		until = wake_ms < until ? wake_ms : until;
		if (amqp->connections[i].state == CONNECTION_BROKEN)
			until = at;
	}
	if (amqp->connections[PUBLISHING].state == CONNECTION_CLOSED &&
		amqp->reconnect_at_ms < until)
		until = amqp->reconnect_at_ms;
	int64_t retry_ms = warren_amqp_inbox_retry_ms(&amqp->inbox);
	if (amqp->connections[CONSUMING].state == CONNECTION_OPEN && retry_ms < until)
		until = retry_ms;
	if (amqp->outbox.expires_ms != INT64_MAX) {
		int64_t expires_in = amqp->outbox.expires_ms - warren_clock_wall_ms(amqp->clock);
		if (expires_in < until - at)
			until = at + expires_in;
	}
	pthread_mutex_lock(&amqp->lock);
	if (amqp->closing && amqp->close_by_ms < until)
		until = amqp->close_by_ms;
	pthread_mutex_unlock(&amqp->lock);
	if (until == INT64_MAX)
		return -1;
	return until <= at ? 0 : until - at > 60000 ? 60000 : (int)(until - at);
}

/* Sleeps unless something came in since it was looked at last. */
static void wait_for_events(struct amqp *amqp, bool more, struct pollfd fds[CONNECTIONS + 1])
{
	int timeout_ms = more ? 0 : poll_timeout(amqp);

	for (int i = 0; i < CONNECTIONS; i++)
		fds[i] = (struct pollfd){.fd = amqp->connections[i].stream.fd,
			.events = warren_amqp_connection_events(&amqp->connections[i])};
	fds[CONNECTIONS] = (struct pollfd){.fd = amqp->wake_fd, .events = POLLIN};
	if (poll(fds, CONNECTIONS + 1, timeout_ms) <= 0)
		for (int i = 0; i <= CONNECTIONS; i++)
			fds[i].revents = 0;
	pthread_mutex_lock(&amqp->lock);
	amqp->asleep = false;
	pthread_mutex_unlock(&amqp->lock);
	if (fds[CONNECTIONS].revents) {
		uint64_t count;
		ssize_t got = read(amqp->wake_fd, &count, sizeof count);
		(void)got;
	}
}

/*
 * Takes what came in.  From here on a call wakes the thread: what it leaves after this look is
 * seen in the next turn, and poll returns at once for it.
 */
static void take_incoming(struct amqp *amqp)
{
	pthread_mutex_lock(&amqp->lock);
	amqp->asleep = true;
	warren_amqp_outbox_take(&amqp->outbox, &amqp->incoming);
	pthread_mutex_unlock(&amqp->lock);
}

/* Returns whether there is nothing left to wait for before the end. */
static bool is_drained(struct amqp *amqp)
{
	pthread_mutex_lock(&amqp->lock);
	bool closing = amqp->closing;
	bool late = closing && now() >= amqp->close_by_ms;
	bool published = closing && amqp->queued == 0;
	pthread_mutex_unlock(&amqp->lock);
	if (late)
		return true;
	return published && warren_amqp_inbox_is_settled(&amqp->inbox) &&
	       warren_amqp_connection_pending(&amqp->connections[CONSUMING]) == 0;
}

static void turn_connections(struct amqp *amqp, const struct pollfd *fds)
{
	for (int i = 0; i < CONNECTIONS; i++)
		warren_amqp_connection_turn(&amqp->connections[i], fds[i].revents, now());
}

/* The orderly end of both connections, as far as the broker answers soon. */
static void say_goodbye(struct amqp *amqp)
{
	struct pollfd fds[CONNECTIONS];
	int64_t until = now() + GOODBYE_MS;

	for (int i = 0; i < CONNECTIONS; i++)
		warren_amqp_connection_say_goodbye(&amqp->connections[i]);
	while (now() < until) {
		bool open = false;
		for (int i = 0; i < CONNECTIONS; i++) {
			struct warren_amqp_connection *connection = &amqp->connections[i];
			bool closing = connection->state == CONNECTION_CLOSING;
			warren_amqp_connection_flush(connection, now());
			fds[i] = (struct pollfd){.fd = closing ? connection->stream.fd : -1,
				.events = warren_amqp_connection_events(connection)};
			open = open || closing;
		}
		if (!open || poll(fds, CONNECTIONS, (int)(until - now())) < 0)
			return;
		turn_connections(amqp, fds);
	}
}

static void *run(void *data)
{
	struct amqp *amqp = data;
	struct pollfd fds[CONNECTIONS + 1] = {{.fd = -1}};

	amqp->inbox.thread = pthread_self();
	while (!is_drained(amqp)) {
		mend_connections(amqp);
		take_incoming(amqp);
		bool more = send_all(amqp);
		warren_amqp_outbox_expire(&amqp->outbox, warren_clock_wall_ms(amqp->clock));
		wait_for_events(amqp, more, fds);
		turn_connections(amqp, fds);
	}
	say_goodbye(amqp);
	close_connections(amqp);
	take_incoming(amqp);
	warren_amqp_outbox_end(&amqp->outbox);
	return NULL;
}

/* ---- opening and closing ---- */

static void amqp_free(struct amqp *amqp)
{
	if (amqp->wake_fd >= 0)
		close(amqp->wake_fd);
	warren_amqp_outbox_free(&amqp->outbox);
	warren_amqp_inbox_free(&amqp->inbox);
	warren_amqp_url_free(&amqp->url);
	pthread_mutex_destroy(&amqp->lock);
	free(amqp);
}

static void amqp_set_up(struct amqp *amqp, const struct warren_broker_options *options)
{
	static const char *const purposes[CONNECTIONS] = {"publishes", "consumes"};
	uint32_t heartbeat_s = options->heartbeat_s ? options->heartbeat_s : HEARTBEAT_DEFAULT_S;

	amqp->broker.ops = &warren_broker_amqp;
	amqp->clock = options->clock ? options->clock : warren_clock_real();
	amqp->log = amqp->inbox.log = options->log;
	amqp->max_queued = options->max_queued ? options->max_queued : QUEUED_DEFAULT;
	amqp->max_queued_bytes =
		options->max_queued_bytes ? options->max_queued_bytes : QUEUED_BYTES_DEFAULT;
	amqp->reconnect_max_ms =
		options->reconnect_max_ms ? options->reconnect_max_ms : RECONNECT_MAX_DEFAULT_MS;
	amqp->on_state = options->on_state;
	amqp->data = options->data;
	amqp->inbox.on_delivering = on_delivering;
	amqp->inbox.data = amqp;
	amqp->outbox.settle = on_publication_settled;
	amqp->outbox.declare_again = on_exchange_gone;
	amqp->outbox.log = options->log;
	amqp->outbox.data = amqp;
	for (int i = 0; i < CONNECTIONS; i++) {
		snprintf(amqp->names[i], NAME_SIZE, "%s %s",
			options->app_name ? options->app_name : "warren", purposes[i]);
		amqp->connections[i] = (struct warren_amqp_connection){
			.url = &amqp->url,
			.name = amqp->names[i],
			.handler = &handlers[i],
			.data = amqp,
			.heartbeat_wanted_s =
				heartbeat_s < UINT16_MAX ? (uint16_t)heartbeat_s : UINT16_MAX,
			.stream.fd = -1,
		};
	}
}

/* Signals are for the program's own threads; a broken pipe is an error code here. */
static int start_thread(struct amqp *amqp)
{
	sigset_t all, before;
	pthread_attr_t attributes;

	if (pthread_attr_init(&attributes) != 0)
		return -EAGAIN;
	pthread_attr_setstacksize(&attributes, THREAD_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	int rc = pthread_create(&amqp->thread, &attributes, run, amqp);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return rc == 0 ? 0 : -EAGAIN;
}

static int amqp_open(const struct warren_broker_options *options, struct warren_broker **ret,
	struct warren_error *error)
{
	struct amqp *amqp = calloc(1, sizeof *amqp);

	if (!amqp)
		return -ENOMEM;
	int rc = warren_amqp_inbox_init(&amqp->inbox);
	if (rc < 0) {
		free(amqp);
		return rc;
	}
	amqp->wake_fd = -1;
	pthread_mutex_init(&amqp->lock, NULL);
	TAILQ_INIT(&amqp->incoming);
	warren_amqp_outbox_init(&amqp->outbox);
	amqp_set_up(amqp, options);
	rc = warren_amqp_url_parse(options->url, &amqp->url, error);
	if (rc == 0) {
		amqp->broker.account = amqp->url.user;
		amqp->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		rc = amqp->wake_fd < 0 ? -EAGAIN : start_thread(amqp);
	}
	if (rc < 0) {
		amqp_free(amqp);
		return rc;
	}
	*ret = &amqp->broker;
	return 0;
}

static void amqp_close(struct warren_broker *broker, uint32_t drain_ms)
{
	struct amqp *amqp = amqp_of(broker);

	assert(!pthread_equal(pthread_self(), amqp->thread));
	pthread_mutex_lock(&amqp->lock);
	amqp->closing = true;
	amqp->close_by_ms = now() + drain_ms;
	wake_if_asleep(amqp);
	pthread_mutex_unlock(&amqp->lock);
	pthread_join(amqp->thread, NULL);
	amqp_free(amqp);
}

/* ---- the other calls ---- */

static enum warren_broker_state amqp_state(struct warren_broker *broker)
{
	struct amqp *amqp = amqp_of(broker);

	pthread_mutex_lock(&amqp->lock);
	enum warren_broker_state state = amqp->state;
	pthread_mutex_unlock(&amqp->lock);
	return state;
}

static int amqp_declare(struct warren_broker *broker, const struct warren_broker_topology *topology)
{
	struct amqp *amqp = amqp_of(broker);

	if (is_closing(amqp))
		return -ESHUTDOWN;
	int rc = warren_amqp_inbox_declare(&amqp->inbox, topology);
	lock_and_wake(amqp);
	return rc;
}

static int amqp_expect_gone(struct warren_broker *broker, const char *queue)
{
	struct amqp *amqp = amqp_of(broker);

	if (is_closing(amqp))
		return -ESHUTDOWN;
	int rc = warren_amqp_inbox_expect_gone(&amqp->inbox, queue);
	lock_and_wake(amqp);
	return rc;
}

static int amqp_consume(struct warren_broker *broker, const char *queue, uint16_t prefetch,
	warren_broker_on_delivery on_delivery, void *data, uint64_t *ret_id)
{
	struct amqp *amqp = amqp_of(broker);

	if (is_closing(amqp))
		return -ESHUTDOWN;
	int rc = warren_amqp_inbox_add(&amqp->inbox, queue, prefetch, on_delivery, data, ret_id);
	lock_and_wake(amqp);
	return rc;
}

static int amqp_get(struct warren_broker *broker, const char *queue,
	warren_broker_on_delivery on_delivery, void *data)
{
	struct amqp *amqp = amqp_of(broker);
	int rc = is_closing(amqp) ? -ESHUTDOWN
				  : warren_amqp_inbox_get(&amqp->inbox, queue, on_delivery, data);
	if (rc == 0)
		lock_and_wake(amqp);
	return rc;
}

static void amqp_cancel(struct warren_broker *broker, uint64_t id)
{
	struct amqp *amqp = amqp_of(broker);

	warren_amqp_inbox_cancel(&amqp->inbox, id);
	lock_and_wake(amqp);
}

static bool has_room(const struct amqp *amqp, const struct warren_amqp_publication *publication)
{
	return publication->message.reserved ||
	       (amqp->queued < amqp->max_queued && publication->bytes <= amqp->max_queued_bytes &&
		       amqp->queued_bytes <= amqp->max_queued_bytes - publication->bytes);
}

static int amqp_publish(struct warren_broker *broker, const struct warren_broker_message *message,
	warren_broker_on_settled on_settled, void *data)
{
	struct amqp *amqp = amqp_of(broker);
	struct warren_amqp_publication *publication =
		warren_amqp_publication_open(message, on_settled, data);
	int rc = 0;

	if (!publication)
		return -ENOMEM;
	pthread_mutex_lock(&amqp->lock);
	if (amqp->closing)
		rc = -ESHUTDOWN;
	else if (!has_room(amqp, publication))
		rc = -EAGAIN;
	if (rc == 0) {
		amqp->queued++;
		amqp->queued_bytes += publication->bytes;
		amqp->counters.published++;
		TAILQ_INSERT_TAIL(&amqp->incoming, publication, link);
		wake_if_asleep(amqp);
	}
	pthread_mutex_unlock(&amqp->lock);
	if (rc < 0)
		free(publication);
	return rc;
}

static void amqp_settle(struct warren_broker *broker, uint64_t tag, bool requeue)
{
	struct amqp *amqp = amqp_of(broker);

	warren_amqp_inbox_settle(&amqp->inbox, tag, requeue);
	lock_and_wake(amqp);
}

static bool amqp_is_current(struct warren_broker *broker, uint64_t tag)
{
	return warren_amqp_inbox_is_current(&amqp_of(broker)->inbox, tag);
}

static void amqp_counters(struct warren_broker *broker, struct warren_broker_counters *ret)
{
	struct amqp *amqp = amqp_of(broker);

	pthread_mutex_lock(&amqp->lock);
	*ret = amqp->counters;
	pthread_mutex_unlock(&amqp->lock);
	ret->channels_lost = amqp->outbox.resets;
	pthread_mutex_lock(&amqp->inbox.lock);
	ret->delivered = amqp->inbox.delivered_count;
	ret->acked = amqp->inbox.acked_count;
	ret->requeued = amqp->inbox.requeued_count;
	ret->obstacles = amqp->inbox.topology.obstacle_count;
	pthread_mutex_unlock(&amqp->inbox.lock);
}

static void amqp_obstacles(struct warren_broker *broker, warren_obstacle_fn fn, void *data)
{
	struct amqp *amqp = amqp_of(broker);

	pthread_mutex_lock(&amqp->inbox.lock);
	warren_amqp_topology_obstacles(&amqp->inbox.topology, fn, data);
	pthread_mutex_unlock(&amqp->inbox.lock);
}

const struct warren_broker_ops warren_broker_amqp = {
	.open = amqp_open,
	.close = amqp_close,
	.state = amqp_state,
	.declare = amqp_declare,
	.expect_gone = amqp_expect_gone,
	.consume = amqp_consume,
	.cancel = amqp_cancel,
	.get = amqp_get,
	.publish = amqp_publish,
	.settle = amqp_settle,
	.is_current = amqp_is_current,
	.counters = amqp_counters,
	.obstacles = amqp_obstacles,
};
