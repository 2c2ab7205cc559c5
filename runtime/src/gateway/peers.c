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
#define KNOWN_MAX 2048 /* with those that left lately */
#define TOLD_EVERY_MS 1000
#define ADDRESS_SIZE 64

/* What an announcement says beside who and where. */
#define HELLO "hello" /* new: whoever hears it answers */
#define HERE "here"
#define GONE "gone"

#define IS_ANNOUNCEMENT "warren announcement 1"

struct peer {
	int64_t said_ms;            /* the time of its latest announcement */
	char address[ADDRESS_SIZE]; /* "" when it has gone: then it stays here while an
				       announcement of before could pass for a new one */
	unsigned missed;
};

/* An announcement as it was heard; texts are the message's. */
struct announcement {
	const char *what, *instance, *address;
	int64_t time_ms;
};

struct warren_peers {
	struct warren_gateway_state *gateway;
	char address[ADDRESS_SIZE];
	struct warren_map *known; /* instance -> struct peer; the loop's thread alone */
	int64_t heard_ms;         /* the time of one's own latest that came back; the same */
	struct warren_seldom refusal_told;
	atomic_int_fast64_t said_ms; /* the time of the latest that was said */
	atomic_bool heard;

	pthread_mutex_t mutex;
	pthread_cond_t idle;
	bool closed, armed; /* under the lock; armed: the timer is set, or runs */
	uint64_t timer;
};

/* ---- proving ---- */

enum { PARTS = 6 };

/* `time` has room for the number's text, and lives as long as the parts. */
static void list_parts(const struct warren_peers *peers, const struct announcement *announcement,
	char time[24], struct warren_digest_part ret[PARTS])
{
	const char *texts[PARTS] = {IS_ANNOUNCEMENT, warren_name_service(peers->gateway->instance),
		announcement->what, announcement->instance, announcement->address, time};
	snprintf(time, 24, "%lld", (long long)announcement->time_ms);
	for (size_t i = 0; i < PARTS; i++)
		ret[i] = warren_digest_text(texts[i]);
}

static int64_t wall_ms(const struct warren_peers *peers)
{
	return warren_clock_wall_ms(warren_instance_clock(peers->gateway->instance));
}

/* ---- saying ---- */

/* Each announcement is later than the one before. */
static int64_t next_time(struct warren_peers *peers, int64_t now_ms)
{
	int_fast64_t before_ms = atomic_load(&peers->said_ms), next_ms;
	do
		next_ms = now_ms > before_ms ? now_ms : before_ms + 1;
	while (!atomic_compare_exchange_weak(&peers->said_ms, &before_ms, next_ms));
	return next_ms;
}

/* To all, or to the instance's queue `to`. */
static void say(struct warren_peers *peers, const char *what, const char *to)
{
	struct warren_instance *instance = peers->gateway->instance;
	const int64_t now_ms = wall_ms(peers);
	const struct announcement announcement = {
		what, warren_instance_name(instance), peers->address, next_time(peers, now_ms)};
	struct warren_digest_part parts[PARTS];
	char time[24], proof[WARREN_SHA256_SIZE];
	list_parts(peers, &announcement, time, parts);
	int rc = warren_keyring_sign(peers->gateway->keys, parts, PARTS, proof);
	const struct warren_broker_header headers[] = {
		{.name = WARREN_HEADER_TO, .text = WARREN_TO_ALL_TEXT},
		{.name = WARREN_HEADER_ARGUMENT, .text = what},
		{.name = WARREN_HEADER_INSTANCE, .text = warren_instance_name(instance)},
		{.name = WARREN_HEADER_ADDRESS, .text = peers->address},
		{.name = WARREN_HEADER_TIME, .number = announcement.time_ms},
		{.name = WARREN_HEADER_PROOF, .text = proof},
	};
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
	if (rc == 0)
		rc = warren_broker_publish(warren_instance_broker(instance), &message, NULL, NULL);
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

/* It stays known as one that has gone. */
static void forget(
	struct warren_peers *peers, const char *instance, struct peer *peer, const char *reason)
{
	if (!*peer->address)
		return;
	peer->address[0] = '\0';
	(void)warren_edge_peer(peers->gateway->edge, instance, NULL);
	warren_log(peers->gateway->log, WARREN_LOG_INFO, "a peer has gone",
		WARREN_TEXT("instance", instance), WARREN_TEXT("reason", reason));
}

/* One's own announcement came back: whoever has said nothing since the last ones is not there. */
static void hear_oneself(struct warren_peers *peers, const struct announcement *announcement)
{
	size_t cursor = 0;
	const char *instance;
	void *entry;
	peers->heard_ms = announcement->time_ms;
	atomic_store(&peers->heard, true);
	while (warren_map_next(peers->known, &cursor, &instance, &entry)) {
		struct peer *peer = entry;
		if (*peer->address && ++peer->missed > MISSED_MAX)
			forget(peers, instance, peer, "silent");
		if (!*peer->address && peer->said_ms < wall_ms(peers) - WARREN_KEYRING_APART_MS) {
			(void)warren_map_remove(peers->known, instance);
			free(peer);
		}
	}
}

/* Returns 0; -ENOSPC; -ENOMEM. */
static int add_peer(struct warren_peers *peers, const char *instance, struct peer **ret)
{
	if (warren_map_count(peers->known) >= KNOWN_MAX)
		return -ENOSPC;
	struct peer *peer = calloc(1, sizeof *peer);
	int rc = peer ? warren_map_add(peers->known, instance, peer) : -ENOMEM;
	if (rc < 0)
		free(peer);
	else
		*ret = peer;
	return rc;
}

/* Returns 0; -errno. */
static int learn(struct warren_peers *peers, const struct announcement *announcement)
{
	struct peer *peer = warren_map_get(peers->known, announcement->instance);
	int rc = peer ? 0 : add_peer(peers, announcement->instance, &peer);
	if (rc < 0)
		return rc;
	peer->said_ms = announcement->time_ms;
	peer->missed = 0;
	if (strcmp(announcement->what, GONE) == 0) {
		forget(peers, announcement->instance, peer, "stopped");
		return 0;
	}
	rc = warren_edge_peer(peers->gateway->edge, announcement->instance, announcement->address);
	if (rc < 0 || *peer->address)
		return rc;
	snprintf(peer->address, sizeof peer->address, "%s", announcement->address);
	warren_log(peers->gateway->log, WARREN_LOG_INFO, "a peer is there",
		WARREN_TEXT("instance", announcement->instance),
		WARREN_TEXT("address", announcement->address));
	return 0;
}

static void answer(struct warren_peers *peers, const char *instance)
{
	char queue[WARREN_NAME_SIZE];
	say(peers, HERE, warren_name_instance(queue, peers->gateway->instance, instance));
}

/* ---- judging ---- */

enum refusal { NONE, NO_PROOF, FORGED, CLOCKS_APART, REPEATED, OTHER_ADDRESS };

static const struct {
	const char *reason, *mend;
} refusals[] = {
	[NO_PROOF] = {"it has no proof", "give all routers the same CLUSTER_KEY"},
	[FORGED] = {"its proof does not hold", "give all routers the same CLUSTER_KEY"},
	[CLOCKS_APART] = {"the clocks of the two routers are more than ten minutes apart",
		"set both clocks (NTP)"},
	[REPEATED] = {"it came before, or a later one did",
		"when it comes often, somebody sends copies: look who may publish"},
	[OTHER_ADDRESS] = {"a router of that name is there, at another address",
		"each router makes a name of its own: look who has the key"},
};

static enum refusal judge(
	struct warren_peers *peers, const struct announcement *announcement, const char *proof)
{
	struct warren_digest_part parts[PARTS];
	char time[24];
	bool is_own =
		strcmp(announcement->instance, warren_instance_name(peers->gateway->instance)) == 0;
	const struct peer *peer = warren_map_get(peers->known, announcement->instance);
	const char *address = is_own ? peers->address : peer ? peer->address : "";
	int64_t before_ms = is_own ? peers->heard_ms : peer ? peer->said_ms : 0;
	list_parts(peers, announcement, time, parts);
	if (!warren_keyring_verify(peers->gateway->keys, parts, PARTS, proof))
		return FORGED;
	if (llabs(wall_ms(peers) - announcement->time_ms) > WARREN_KEYRING_APART_MS)
		return CLOCKS_APART;
	if (announcement->time_ms <= before_ms)
		return REPEATED;
	return *address && strcmp(address, announcement->address) != 0 ? OTHER_ADDRESS : NONE;
}

static void tell(
	struct warren_peers *peers, enum refusal refusal, const struct announcement *announcement)
{
	struct warren_gateway_state *gateway = peers->gateway;
	uint64_t count = atomic_fetch_add(&gateway->announcements_refused, 1) + 1;
	int64_t now_ms = warren_clock_now_ms(warren_instance_clock(gateway->instance));
	if (!warren_seldom(&peers->refusal_told, now_ms, TOLD_EVERY_MS))
		return;
	warren_log(gateway->log, WARREN_LOG_WARN, "an announcement of a router is not believed",
		WARREN_TEXT("reason", refusals[refusal].reason),
		WARREN_TEXT("mend", refusals[refusal].mend),
		WARREN_TEXT("instance", announcement->instance),
		WARREN_TEXT("address", announcement->address),
		WARREN_INT("refused", (int64_t)count));
}

static const char *text_of(const struct warren_broker_message *message, const char *name)
{
	const char *text = warren_broker_header_text(message, name);
	return text ? text : "";
}

static void hear(struct warren_peers *peers, const struct announcement *announcement)
{
	if (strcmp(announcement->instance, warren_instance_name(peers->gateway->instance)) == 0) {
		hear_oneself(peers, announcement);
		return;
	}
	int rc = learn(peers, announcement);
	if (rc < 0)
		warren_log(peers->gateway->log, WARREN_LOG_WARN, "a peer that is of no use",
			WARREN_TEXT("instance", announcement->instance),
			WARREN_TEXT("address", announcement->address),
			WARREN_TEXT("reason", strerror(-rc)));
	else if (strcmp(announcement->what, HELLO) == 0)
		answer(peers, announcement->instance);
}

bool warren_peers_take(
	struct warren_gateway_state *gateway, const struct warren_broker_delivery *delivery)
{
	const struct warren_broker_message *message = &delivery->message;
	struct warren_peers *peers = gateway->peers;
	if (strcmp(message->type, WARREN_WIRE_PEER) != 0)
		return false;
	warren_instance_settle(gateway->instance, delivery->tag, true);
	if (!peers)
		return true;
	const struct announcement announcement = {text_of(message, WARREN_HEADER_ARGUMENT),
		text_of(message, WARREN_HEADER_INSTANCE), text_of(message, WARREN_HEADER_ADDRESS),
		warren_broker_header_number(message, WARREN_HEADER_TIME, 0)};
	const char *proof = text_of(message, WARREN_HEADER_PROOF);
	enum refusal refusal = *proof ? judge(peers, &announcement, proof) : NO_PROOF;
	if (refusal)
		tell(peers, refusal, &announcement);
	else
		hear(peers, &announcement);
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
