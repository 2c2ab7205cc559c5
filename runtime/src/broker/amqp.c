/*
 * RabbitMQ behind broker.h.
 *
 * Two connections stand on the loop, one that publishes and one that consumes and acks.  Both are up
 * or the broker is down: when one breaks, both are closed and opened again after a while,
 * everything is declared again, and the consumers start again.
 *
 * A connection is read when its socket says so; a turn sends the publishes and settles since the last
 * one, with one send() a connection.  Calls from other threads leave publishes in `incoming` and the
 * rest in the inbox, and wake the loop if it sleeps.
 */
#include <assert.h>
#include <errno.h>
#include <ev.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
#define DECLARE_AGAIN_AFTER_MS 1000

enum { PUBLISHING, CONSUMING, CONNECTIONS };

enum phase { PHASE_RUNNING, PHASE_LEAVING, PHASE_ENDED };

/* libev's watcher of a connection's socket. */
struct amqp_watch {
	ev_io io;
	uint64_t socket; /* which of the stream's it is */
	struct warren_amqp_connection *connection;
};

struct amqp {
	struct warren_broker broker;
	struct warren_amqp_url url;
	struct warren_clock *clock;
	struct warren_log *log;
	uint32_t max_queued, reconnect_max_ms;
	size_t max_queued_bytes;
	void (*on_state)(enum warren_broker_state state, const char *reason, void *data);
	void *data;
	struct warren_loop_part part;
	struct warren_amqp_inbox inbox;

	pthread_mutex_t lock; /* the block below */
	struct warren_amqp_publications incoming;
	uint32_t queued; /* publishes that are not settled */
	size_t queued_bytes;
	enum warren_broker_state state;
	struct warren_broker_counters counters;
	bool closing;
	int64_t close_by_ms;
	pthread_cond_t end; /* `ended` was set */
	bool ended;

	/* The loop's own. */
	enum phase phase;
	int64_t leave_by_ms;
	struct amqp_watch watches[CONNECTIONS];
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

static void wake(struct amqp *amqp)
{
	warren_loop_wake(amqp->broker.loop);
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
	counters->sent += outcome == WARREN_BROKER_SENT;
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

static void on_publication_returned(const struct warren_broker_message *message, void *data)
{
	struct amqp *amqp = data;

	pthread_mutex_lock(&amqp->lock);
	amqp->counters.returned++;
	pthread_mutex_unlock(&amqp->lock);
	warren_broker_tell_returned(&amqp->broker, message);
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

static void on_wake(void *data)
{
	wake(data);
}

static const struct warren_amqp_connection_handler handlers[CONNECTIONS] = {
	[PUBLISHING] = {on_wake, publishing_on_open, publishing_on_frame},
	[CONSUMING] = {on_wake, consuming_on_open, consuming_on_frame},
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

/* ---- a turn ---- */

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
		warren_amqp_outbox_flushed(&amqp->outbox, publishing);
		if (!more || warren_amqp_connection_pending(publishing) > 0)
			return false;
	}
	return more;
}

/* Returns when there is something to do that no socket and no call tells of. */
static int64_t due_ms(struct amqp *amqp)
{
	int64_t until = WARREN_CLOCK_NEVER;

	for (int i = 0; i < CONNECTIONS; i++) {
		int64_t wake_ms = warren_amqp_connection_wake_ms(&amqp->connections[i]);
		until = wake_ms < until ? wake_ms : until;
		if (amqp->connections[i].state == CONNECTION_BROKEN)
			until = 0;
	}
	if (amqp->connections[PUBLISHING].state == CONNECTION_CLOSED &&
		amqp->reconnect_at_ms < until)
		until = amqp->reconnect_at_ms;
	int64_t retry_ms = warren_amqp_inbox_retry_ms(&amqp->inbox);
	if (amqp->connections[CONSUMING].state == CONNECTION_OPEN && retry_ms < until)
		until = retry_ms;
	if (amqp->outbox.expires_ms != INT64_MAX) {
		int64_t expires_at_ms =
			amqp->outbox.expires_ms + now() - warren_clock_wall_ms(amqp->clock);
		until = expires_at_ms < until ? expires_at_ms : until;
	}
	pthread_mutex_lock(&amqp->lock);
	if (amqp->closing && amqp->close_by_ms < until)
		until = amqp->close_by_ms;
	pthread_mutex_unlock(&amqp->lock);
	return until;
}

static void take_incoming(struct amqp *amqp)
{
	pthread_mutex_lock(&amqp->lock);
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

static void on_io(struct ev_loop *loop, ev_io *io, int events)
{
	struct amqp_watch *watch = (struct amqp_watch *)io;
	short revents =
		(short)((events & EV_READ ? POLLIN : 0) | (events & EV_WRITE ? POLLOUT : 0));

	(void)loop;
	warren_amqp_connection_turn(watch->connection, revents, now());
}

/* The old watchers first: a new socket may have the number that another connection's had. */
static void watch_sockets(struct amqp *amqp)
{
	struct ev_loop *loop = warren_loop_ev(amqp->broker.loop);
	bool changed[CONNECTIONS];
	int events[CONNECTIONS];

	for (int i = 0; i < CONNECTIONS; i++) {
		struct amqp_watch *watch = &amqp->watches[i];
		const struct warren_amqp_stream *stream = &amqp->connections[i].stream;
		short wanted =
			stream->fd < 0 ? 0 : warren_amqp_connection_events(&amqp->connections[i]);
		events[i] = (wanted & POLLIN ? EV_READ : 0) | (wanted & POLLOUT ? EV_WRITE : 0);
		changed[i] = watch->socket != stream->sockets ||
			     (watch->io.events & (EV_READ | EV_WRITE)) != events[i] ||
			     ev_is_active(&watch->io) != (events[i] != 0);
		if (changed[i])
			ev_io_stop(loop, &watch->io);
		watch->socket = stream->sockets;
	}
	for (int i = 0; i < CONNECTIONS; i++) {
		if (!changed[i] || events[i] == 0)
			continue;
		ev_io_set(&amqp->watches[i].io, amqp->connections[i].stream.fd, events[i]);
		ev_io_start(loop, &amqp->watches[i].io);
	}
}

/* Keeps time: heartbeats, time-outs, a name that was resolved.  The sockets are read by on_io. */
static void turn_connections(struct amqp *amqp)
{
	for (int i = 0; i < CONNECTIONS; i++)
		warren_amqp_connection_turn(&amqp->connections[i], 0, now());
}

/* The orderly end of both connections, as far as the broker answers soon. */
static void say_goodbye(struct amqp *amqp)
{
	amqp->phase = PHASE_LEAVING;
	amqp->leave_by_ms = now() + GOODBYE_MS;
	for (int i = 0; i < CONNECTIONS; i++) {
		warren_amqp_connection_say_goodbye(&amqp->connections[i]);
		warren_amqp_connection_flush(&amqp->connections[i], now());
	}
}

static bool is_leaving(const struct amqp *amqp)
{
	for (int i = 0; i < CONNECTIONS; i++)
		if (amqp->connections[i].state == CONNECTION_CLOSING)
			return now() < amqp->leave_by_ms;
	return false;
}

static void end(struct amqp *amqp)
{
	amqp->phase = PHASE_ENDED;
	close_connections(amqp);
	take_incoming(amqp);
	warren_amqp_outbox_end(&amqp->outbox);
	pthread_mutex_lock(&amqp->lock);
	amqp->ended = true;
	pthread_cond_signal(&amqp->end);
	pthread_mutex_unlock(&amqp->lock);
}

/* Returns whether more waits to be sent than one turn sends. */
static bool run(struct amqp *amqp)
{
	mend_connections(amqp);
	take_incoming(amqp);
	bool more = send_all(amqp);
	warren_amqp_outbox_expire(&amqp->outbox, warren_clock_wall_ms(amqp->clock));
	return more;
}

static int64_t turn(void *data)
{
	struct amqp *amqp = data;
	bool more = false;

	if (amqp->phase == PHASE_ENDED)
		return WARREN_CLOCK_NEVER;
	turn_connections(amqp);
	if (amqp->phase == PHASE_RUNNING && is_drained(amqp))
		say_goodbye(amqp);
	if (amqp->phase == PHASE_RUNNING)
		more = run(amqp);
	else if (!is_leaving(amqp))
		end(amqp);
	watch_sockets(amqp);
	switch (amqp->phase) {
	case PHASE_RUNNING:
		return more ? 0 : due_ms(amqp);
	case PHASE_LEAVING:
		return amqp->leave_by_ms;
	case PHASE_ENDED:
		break;
	}
	return WARREN_CLOCK_NEVER;
}

/* ---- opening and closing ---- */

static void amqp_free(struct amqp *amqp)
{
	warren_broker_watches_free(&amqp->broker);
	warren_amqp_outbox_free(&amqp->outbox);
	warren_amqp_inbox_free(&amqp->inbox);
	warren_amqp_url_free(&amqp->url);
	pthread_cond_destroy(&amqp->end);
	pthread_mutex_destroy(&amqp->lock);
	free(amqp);
}

static void amqp_set_up(struct amqp *amqp, const struct warren_broker_options *options)
{
	static const char *const purposes[CONNECTIONS] = {"publishes", "consumes"};
	uint32_t heartbeat_s = options->heartbeat_s ? options->heartbeat_s : HEARTBEAT_DEFAULT_S;

	amqp->broker.ops = &warren_broker_amqp;
	amqp->broker.loop = amqp->inbox.loop = options->loop;
	amqp->clock = options->clock;
	amqp->part = (struct warren_loop_part){.turn = turn, .data = amqp};
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
	amqp->outbox.returned = on_publication_returned;
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
		ev_io_init(&amqp->watches[i].io, on_io, -1, 0);
		amqp->watches[i].connection = &amqp->connections[i];
	}
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
	warren_broker_watches_init(&amqp->broker);
	pthread_mutex_init(&amqp->lock, NULL);
	pthread_cond_init(&amqp->end, NULL);
	TAILQ_INIT(&amqp->incoming);
	warren_amqp_outbox_init(&amqp->outbox);
	amqp_set_up(amqp, options);
	rc = warren_amqp_url_parse(options->url, &amqp->url, error);
	if (rc < 0) {
		amqp_free(amqp);
		return rc;
	}
	amqp->broker.account = amqp->url.user;
	warren_loop_add(options->loop, &amqp->part);
	*ret = &amqp->broker;
	return 0;
}

static void amqp_close(struct warren_broker *broker, uint32_t drain_ms)
{
	struct amqp *amqp = amqp_of(broker);

	assert(!warren_loop_is_current(amqp->broker.loop));
	pthread_mutex_lock(&amqp->lock);
	amqp->closing = true;
	amqp->close_by_ms = now() + drain_ms;
	wake(amqp);
	while (!amqp->ended)
		pthread_cond_wait(&amqp->end, &amqp->lock);
	pthread_mutex_unlock(&amqp->lock);
	warren_loop_remove(amqp->broker.loop, &amqp->part);
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
	wake(amqp);
	return rc;
}

static int amqp_expect_gone(struct warren_broker *broker, const char *queue)
{
	struct amqp *amqp = amqp_of(broker);

	if (is_closing(amqp))
		return -ESHUTDOWN;
	int rc = warren_amqp_inbox_expect_gone(&amqp->inbox, queue);
	wake(amqp);
	return rc;
}

static int amqp_consume(struct warren_broker *broker, const char *queue, uint16_t prefetch,
	warren_broker_on_delivery on_delivery, void *data, uint64_t *ret_id)
{
	struct amqp *amqp = amqp_of(broker);

	if (is_closing(amqp))
		return -ESHUTDOWN;
	int rc = warren_amqp_inbox_add(&amqp->inbox, queue, prefetch, on_delivery, data, ret_id);
	wake(amqp);
	return rc;
}

static int amqp_get(struct warren_broker *broker, const char *queue,
	warren_broker_on_delivery on_delivery, void *data)
{
	struct amqp *amqp = amqp_of(broker);
	int rc = is_closing(amqp) ? -ESHUTDOWN
				  : warren_amqp_inbox_get(&amqp->inbox, queue, on_delivery, data);
	if (rc == 0)
		wake(amqp);
	return rc;
}

static void amqp_widen(struct warren_broker *broker, uint64_t id, uint16_t more)
{
	struct amqp *amqp = amqp_of(broker);

	warren_amqp_inbox_widen(&amqp->inbox, id, more);
	wake(amqp);
}

static void amqp_cancel(struct warren_broker *broker, uint64_t id)
{
	struct amqp *amqp = amqp_of(broker);

	warren_amqp_inbox_cancel(&amqp->inbox, id);
	wake(amqp);
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
		wake(amqp);
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
	wake(amqp);
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
	.widen = amqp_widen,
	.cancel = amqp_cancel,
	.get = amqp_get,
	.publish = amqp_publish,
	.settle = amqp_settle,
	.is_current = amqp_is_current,
	.counters = amqp_counters,
	.obstacles = amqp_obstacles,
};
