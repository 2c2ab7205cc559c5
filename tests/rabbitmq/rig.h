/*
 * What the fault tests stand on: a broker that is opened on the private RabbitMQ of with-rabbitmq,
 * what it told, and commands that do harm to the RabbitMQ.
 *
 * Nothing sleeps: callbacks write down what came under the rig's lock and AWAIT waits for it; only
 * what fails makes it run into its limit.
 */
#ifndef RABBITMQ_RIG_H
#define RABBITMQ_RIG_H

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "broker/broker.h"

#define TEXT_SIZE 1024

struct rig {
	struct warren_broker *broker;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int ups, downs, blocks;
	char reason[TEXT_SIZE]; /* of the last DOWN or BLOCKED */
	int settled, confirmed, sent, returned, refused, unsent, lost;
};

/* Opens a broker; NULL: $RABBITMQ_URL; zeroes: the defaults. */
struct rig *rig_open(const char *url);
struct rig *rig_open_logged(struct warren_log *log);
struct rig *rig_open_limited(const char *url, uint32_t max_queued, uint32_t heartbeat_s);
void rig_close(struct rig *rig, uint32_t drain_ms);
void rig_free(struct rig *rig);

void rig_wait(struct rig *rig, const char *what);

#define AWAIT(rig, condition)                                                                      \
	do {                                                                                       \
		pthread_mutex_lock(&(rig)->lock);                                                  \
		while (!(condition))                                                               \
			rig_wait((rig), #condition);                                               \
		pthread_mutex_unlock(&(rig)->lock);                                                \
	} while (0)

/* Counts outcomes; give the rig as data. */
void rig_on_settled(enum warren_broker_outcome outcome, void *data);

/* Declares a durable queue, a quorum queue by default.  Returns `name`. */
const char *rig_queue(struct rig *rig, const char *name);
const char *rig_queue_of(struct rig *rig, const char *name, enum warren_queue_kind kind);

/* Runs a command of the shell and expects it to succeed. */
void shell(const char *command);
void rabbitmq_start(void); /* nothing when it runs */
void rabbitmq_stop(void);
void rabbitmq_kill(void);

/* Returns the URL with another login or vhost.  Owns: the next call takes it back. */
const char *url_with(const char *login, const char *vhost);

TCase *connect_case(void);
TCase *tls_case(void);
TCase *break_case(void);
TCase *alarm_case(void);
TCase *limit_case(void);
TCase *tags_case(void);
TCase *refusal_case(void);
TCase *peer_case(void);
TCase *topology_case(void);

#endif
