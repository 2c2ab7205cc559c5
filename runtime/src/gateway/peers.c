#include "gateway/peers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/id.h"
#include "service/name.h"
#include "service/wire.h"

#define ANNOUNCED_EVERY_MS 10000
#define ASKED_AGAIN_MS 1000 /* until one's own announcement has come back */
#define MISSED_MAX 3

/* What an announcement says beside who and where. */
#define HELLO "hello" /* new: whoever hears it answers */
#define HERE "here"
#define GONE "gone"

struct peer {
	unsigned missed;
};

struct warren_peers {
	struct warren_gateway_state *gateway;
	char address[64];
	struct warren_map *known; /* instance -> struct peer; the loop's thread alone */
	atomic_bool heard;

	pthread_mutex_t mutex;
	pthread_cond_t idle;
	bool closed, armed; /* under the lock; armed: the timer is set, or runs */
	uint64_t timer;
};

/* ---- saying ---- */

/* To all, or to the instance's queue `to`. */
static void say(struct warren_peers *peers, const char *what, const char *to)
{
	struct warren_instance *instance = peers->gateway->instance;
	const struct warren_broker_header headers[] = {
		{.name = WARREN_HEADER_TO, .text = WARREN_TO_ALL_TEXT},
		{.name = WARREN_HEADER_ARGUMENT, .text = what},
		{.name = WARREN_HEADER_INSTANCE, .text = warren_instance_name(instance)},
		{.name = WARREN_HEADER_ADDRESS, .text = peers->address},
	};
	const int64_t now_ms = warren_clock_wall_ms(warren_instance_clock(instance));
	char id[WARREN_UUID_SIZE];
	warren_uuid(id);
	const struct warren_broker_message message = {
		.exchange = to ? "" : warren_name_service(instance),
		.routing_key = to ? to : "",
		.type = WARREN_WIRE_PEER,
		.message_id = id,
		.app_id = warren_instance_service(instance)->name,
		.timestamp_s = now_ms / 1000,
		.headers = headers,
		.header_count = sizeof headers / sizeof headers[0],
		/* Only a new router waits to be heard; later words are said again in time. */
		.now_or_never = atomic_load(&peers->heard),
		.expires_ms = now_ms + ANNOUNCED_EVERY_MS,
	};
	int rc = warren_broker_publish(warren_instance_broker(instance), &message, NULL, NULL);
	if (rc < 0)
		warren_log(peers->gateway->log, WARREN_LOG_WARN, "peers are not told",
			WARREN_TEXT("reason", strerror(-rc)));
}

static void on_timer(void *data);

static void arm(struct warren_peers *peers)
{
	bool heard = atomic_load(&peers->heard);
	int rc = warren_instance_after(peers->gateway->instance,
		heard ? ANNOUNCED_EVERY_MS : ASKED_AGAIN_MS, on_timer, peers, &peers->timer);
	peers->armed = rc == 0;
	if (rc < 0)
		warren_log(peers->gateway->log, WARREN_LOG_ERROR, "peers are told no more",
			WARREN_TEXT("reason", strerror(-rc)));
}

static void on_timer(void *data)
{
	struct warren_peers *peers = data;
	pthread_mutex_lock(&peers->mutex);
	if (peers->closed) {
		peers->armed = false;
		pthread_cond_signal(&peers->idle);
	} else {
		say(peers, atomic_load(&peers->heard) ? HERE : HELLO, NULL);
		arm(peers);
	}
	pthread_mutex_unlock(&peers->mutex);
}

/* ---- hearing ---- */

static void forget(struct warren_peers *peers, const char *instance, const char *reason)
{
	struct peer *peer = warren_map_remove(peers->known, instance);
	if (!peer)
		return;
	free(peer);
	(void)warren_edge_peer(peers->gateway->edge, instance, NULL);
	warren_log(peers->gateway->log, WARREN_LOG_INFO, "a peer has gone",
		WARREN_TEXT("instance", instance), WARREN_TEXT("reason", reason));
}

/* One's own announcement came back: whoever has said nothing since the last ones is not there. */
static void hear_oneself(struct warren_peers *peers)
{
	size_t cursor = 0;
	const char *instance;
	void *peer;
	atomic_store(&peers->heard, true);
	while (warren_map_next(peers->known, &cursor, &instance, &peer)) {
		char name[WARREN_BROKER_TEXT_MAX + 1];
		if (++((struct peer *)peer)->missed <= MISSED_MAX)
			continue;
		snprintf(name, sizeof name, "%s", instance); /* the map's own goes with it */
		forget(peers, name, "silent");
	}
}

/* Returns 0; -errno. */
static int learn(struct warren_peers *peers, const char *instance, const char *address)
{
	struct peer *peer = warren_map_get(peers->known, instance);
	int rc = warren_edge_peer(peers->gateway->edge, instance, address);
	if (rc < 0)
		return rc;
	if (peer) {
		peer->missed = 0;
		return 0;
	}
	peer = calloc(1, sizeof *peer);
	rc = peer ? warren_map_add(peers->known, instance, peer) : -ENOMEM;
	if (rc < 0) {
		free(peer);
		(void)warren_edge_peer(peers->gateway->edge, instance, NULL);
		return rc;
	}
	warren_log(peers->gateway->log, WARREN_LOG_INFO, "a peer is there",
		WARREN_TEXT("instance", instance), WARREN_TEXT("address", address));
	return 0;
}

static void answer(struct warren_peers *peers, const char *instance)
{
	char queue[WARREN_NAME_SIZE];
	say(peers, HERE, warren_name_instance(queue, peers->gateway->instance, instance));
}

bool warren_peers_take(struct warren_peers *peers, const struct warren_broker_delivery *delivery)
{
	const struct warren_broker_message *message = &delivery->message;
	if (strcmp(message->type, WARREN_WIRE_PEER) != 0)
		return false;
	warren_instance_settle(peers->gateway->instance, delivery->tag, true);
	const char *what = warren_broker_header_text(message, WARREN_HEADER_ARGUMENT);
	const char *instance = warren_broker_header_text(message, WARREN_HEADER_INSTANCE);
	const char *address = warren_broker_header_text(message, WARREN_HEADER_ADDRESS);
	int rc = what && instance && address ? 0 : -EBADMSG;
	if (rc == 0 && strcmp(instance, warren_instance_name(peers->gateway->instance)) == 0) {
		hear_oneself(peers);
		return true;
	}
	if (rc == 0 && strcmp(what, GONE) == 0) {
		forget(peers, instance, "stopped");
		return true;
	}
	if (rc == 0)
		rc = learn(peers, instance, address);
	if (rc < 0)
		warren_log(peers->gateway->log, WARREN_LOG_WARN, "a peer that is of no use",
			WARREN_TEXT("instance", instance ? instance : ""),
			WARREN_TEXT("address", address ? address : ""),
			WARREN_TEXT("reason", strerror(-rc)));
	else if (strcmp(what, HELLO) == 0)
		answer(peers, instance);
	return true;
}

bool warren_peers_ready(const struct warren_peers *peers)
{
	return atomic_load(&peers->heard);
}

/* ---- life ---- */

/* Writes "host:port", brackets about an IPv6 host; a port that is given stays. */
static void write_address(char *ret, size_t size, const char *host, uint16_t port)
{
	const char *colon = strchr(host, ':');
	if (host[0] == '[' ? strstr(host, "]:") != NULL : colon && !strchr(colon + 1, ':'))
		snprintf(ret, size, "%s", host);
	else
		snprintf(ret, size, colon && host[0] != '[' ? "[%s]:%u" : "%s:%u", host,
			(unsigned)port);
}

static int find_address(struct warren_peers *peers, struct warren_error *error)
{
	const struct warren_gateway_state *gateway = peers->gateway;
	const struct warren_settings *values = warren_instance_settings(gateway->instance);
	const char *own = warren_instance_name(gateway->instance);
	const char *host = warren_settings_text(values, "INTERNAL_PEER_HOST");
	const char *shown = warren_settings_text(values, "INTERNAL_PEER_ADDRESS");
	if (!*shown && (strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)) {
		warren_error_set(error, WARREN_INVALID_ARGUMENT, "INTERNAL_PEER_ADDRESS",
			"INTERNAL_PEER_HOST is every address: say with INTERNAL_PEER_ADDRESS "
			"which one other routers connect to");
		return -EINVAL;
	}
	write_address(peers->address, sizeof peers->address, *shown ? shown : host,
		warren_edge_internal_port(gateway->edge));
	/* An edge never looks itself up: this only asks whether it can be read. */
	int rc = warren_edge_peer(gateway->edge, own, peers->address);
	if (rc < 0)
		warren_error_set(error, WARREN_INVALID_ARGUMENT, "INTERNAL_PEER_ADDRESS",
			"other routers cannot connect to \"%s\": it takes an address in numbers",
			peers->address);
	else
		(void)warren_edge_peer(gateway->edge, own, NULL);
	return rc;
}

int warren_peers_open(
	struct warren_gateway_state *gateway, struct warren_peers **ret, struct warren_error *error)
{
	struct warren_peers *peers = calloc(1, sizeof *peers);
	if (!peers)
		return -ENOMEM;
	peers->gateway = gateway;
	pthread_mutex_init(&peers->mutex, NULL);
	pthread_cond_init(&peers->idle, NULL);
	peers->known = warren_map_open();
	int rc = peers->known ? find_address(peers, error) : -ENOMEM;
	if (rc == 0) {
		pthread_mutex_lock(&peers->mutex);
		say(peers, HELLO, NULL);
		arm(peers);
		if (!peers->armed)
			rc = -ENOMEM;
		pthread_mutex_unlock(&peers->mutex);
	}
	if (rc < 0) {
		warren_peers_close(peers);
		return rc;
	}
	*ret = peers;
	return 0;
}

void warren_peers_close(struct warren_peers *peers)
{
	size_t cursor = 0;
	const char *instance;
	void *peer;
	if (!peers)
		return;
	pthread_mutex_lock(&peers->mutex);
	peers->closed = true;
	bool armed = peers->armed;
	pthread_mutex_unlock(&peers->mutex);
	if (armed && !warren_instance_after_not(peers->gateway->instance, peers->timer)) {
		/* It has begun, and waits for the lock or is about to leave. */
		pthread_mutex_lock(&peers->mutex);
		while (peers->armed)
			pthread_cond_wait(&peers->idle, &peers->mutex);
		pthread_mutex_unlock(&peers->mutex);
	}
	if (atomic_load(&peers->heard))
		say(peers, GONE, NULL);
	while (peers->known && warren_map_next(peers->known, &cursor, &instance, &peer))
		free(peer);
	warren_map_close(peers->known);
	pthread_cond_destroy(&peers->idle);
	pthread_mutex_destroy(&peers->mutex);
	free(peers);
}
