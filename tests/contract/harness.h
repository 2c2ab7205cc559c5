/*
 * What every test of the contract stands on: a broker that is up, names of its own, and ways to
 * wait for what happens.
 *
 * The broker is the one at CONTRACT_BROKER_URL (memory: when that is unset).  Nothing sleeps:
 * callbacks write down what came under the stage's lock, and AWAIT waits for it on a condition
 * variable; only a broker that fails the contract makes it run into its limit.  Every callback
 * checks that it runs on the broker's one thread, which is never the caller's, and not inside
 * another callback: so none runs inside a call.
 */
#ifndef CONTRACT_HARNESS_H
#define CONTRACT_HARNESS_H

#include <check.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "broker/broker.h"
#include "warren/arena.h"

#define NAMES_MAX 128
#define NAME_SIZE 64

struct stage {
	struct warren_broker *broker;
	struct warren_arena *arena; /* under the lock */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	char prefix[32];
	char names[NAMES_MAX][NAME_SIZE];
	int name_count;
	int ups, downs, tells;
	char reason[1024];       /* of the last DOWN */
	pthread_t broker_thread; /* of the first callback */
	bool broker_thread_known;
};

const char *stage_url(void);

/* Opens a broker with these limits (0: the defaults) and waits until it is UP. */
struct stage *stage_open(void);
struct stage *stage_open_limited(uint32_t max_queued, size_t max_queued_bytes);
void stage_close(struct stage *stage);

/* Closes the broker only, so that its callbacks can be judged. */
void stage_close_broker(struct stage *stage, uint32_t drain_ms);
void stage_free(struct stage *stage);

/* Returns a name for a queue or exchange that no other run uses.  Owns: stage. */
const char *stage_name(struct stage *stage, const char *what);

/* Waits, the lock held, for the next change; fails the test after a long time. */
void stage_wait(struct stage *stage, const char *what);

#define AWAIT(stage, condition)                                                                    \
	do {                                                                                       \
		pthread_mutex_lock(&(stage)->lock);                                                \
		while (!(condition))                                                               \
			stage_wait((stage), #condition);                                           \
		pthread_mutex_unlock(&(stage)->lock);                                              \
	} while (0)

/* Waits until the obstacle with this name is of that kind; NONE: until there is none. */
#define STAGE_NO_OBSTACLE -1
void stage_await_obstacle(struct stage *stage, const char *name, int kind);

/* Writes the text of the obstacle with this name, "" for none. */
void stage_obstacle_text(struct stage *stage, const char *name, char ret[1024]);

/* Every callback begins and ends with these: they hold the lock in between. */
void stage_enter(struct stage *stage);
void stage_leave(struct stage *stage);

/* ---- topology ---- */

/* Declares; queues without expires_ms get one, so that nothing stays behind on a real broker. */
const char *stage_queue(struct stage *stage, struct warren_broker_queue args);
const char *stage_classic(struct stage *stage, const char *what);
const char *stage_quorum(struct stage *stage, const char *what);
const char *stage_exchange(struct stage *stage, const char *what, enum warren_exchange_kind kind);
void stage_bind(
	struct stage *stage, const char *exchange, const char *queue, const char *routing_key);

/* Deletes as an operator would: not through the stage's broker. */
void operator_deletes_exchange(struct stage *stage, const char *exchange);
void operator_deletes_queue(struct stage *stage, const char *queue);
void operator_deletes_binding(
	struct stage *stage, const char *exchange, const char *queue, const char *routing_key);

/* ---- publishes ---- */

struct receipt {
	struct stage *stage;
	int settled; /* how often; the contract says once */
	enum warren_broker_outcome outcome;
};

void receipt_settled(enum warren_broker_outcome outcome, void *data);

/* Returns what publish returned; a receipt that is NULL means no on_settled. */
int stage_publish(
	struct stage *stage, const struct warren_broker_message *message, struct receipt *receipt);

/* Checks that what was settled was settled once. */
void receipts_check(const struct receipt *receipts, int count);

/* Publishes a mandatory, persistent message with a text as body and waits for its outcome. */
enum warren_broker_outcome stage_put(
	struct stage *stage, const char *exchange, const char *routing_key, const char *body);

#define ck_assert_confirmed(outcome) ck_assert_int_eq((outcome), WARREN_BROKER_CONFIRMED)

/* ---- deliveries ---- */

enum inbox_mode { INBOX_HOLD, INBOX_ACK, INBOX_REQUEUE };

/* One delivery, copied. */
struct got {
	uint64_t tag;
	bool redelivered;
	bool is_counted;
	uint32_t delivery_count;
	const char *queue;
	struct warren_broker_message message;
	char *body; /* terminated */
};

#define INBOX_MAX 1024

struct inbox {
	struct stage *stage;
	uint64_t id;
	enum inbox_mode mode;
	struct got got[INBOX_MAX]; /* filled before `count` rises */
	int count;
	bool cancelled; /* nothing may come any more */
};

/* Consumes with that prefetch (0: no-ack).  Owns: caller, inbox_free after the broker is closed or
 * it is cancelled. */
struct inbox *inbox_open(
	struct stage *stage, const char *queue, uint16_t prefetch, enum inbox_mode mode);
void inbox_cancel(struct inbox *inbox);
void inbox_free(struct inbox *inbox);

void inbox_await(struct inbox *inbox, int count);
int inbox_count(struct inbox *inbox);
void inbox_ack(struct inbox *inbox, int nth);
void inbox_requeue(struct inbox *inbox, int nth);
bool inbox_body_is(struct inbox *inbox, int nth, const char *body);
#define ck_assert_body(inbox, nth, expected)                                                       \
	ck_assert_msg(inbox_body_is((inbox), (nth), (expected)), "delivery %d is not \"%s\"",      \
		(nth), (expected))

/* ---- the parts of the suite ---- */

TCase *life_case(void);
TCase *topology_case(void);
TCase *publish_case(void);
TCase *unconfirmed_case(void);
TCase *message_case(void);
TCase *delivery_case(void);
TCase *widen_case(void);
TCase *queue_case(void);
TCase *room_case(void);
TCase *heal_case(void);
TCase *stress_case(void);

#endif
