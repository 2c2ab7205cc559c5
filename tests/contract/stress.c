/*
 * Several threads publish and several consume, with a small way out and a small prefetch: every
 * message is confirmed once and taken once, none twice, none not at all.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "harness.h"

enum { PRODUCERS = 4, EACH = 1500, TOTAL = PRODUCERS * EACH, QUEUES = 2, WORKERS = 3 };

struct stress {
	struct stage *stage;
	const char *exchange;
	atomic_int settled[TOTAL], seen[TOTAL], requeued[TOTAL];
	int confirmed, taken;
	/* Deliveries on their way to the threads that settle them. */
	struct job {
		uint64_t tag;
		int64_t number;
		bool redelivered;
	} jobs[TOTAL * 2];
	int job_count, job_next;
	bool done;
};

struct publish_of {
	struct stress *stress;
	int number;
};

static void stress_on_settled(enum warren_broker_outcome outcome, void *data)
{
	struct publish_of *publish = data;
	struct stress *stress = publish->stress;

	stage_enter(stress->stage);
	ck_assert_confirmed(outcome);
	ck_assert_int_eq(atomic_fetch_add(&stress->settled[publish->number], 1), 0);
	stress->confirmed++;
	stage_leave(stress->stage);
}

static void stress_on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct stress *stress = data;

	stage_enter(stress->stage);
	ck_assert_int_lt(stress->job_count, TOTAL * 2);
	stress->jobs[stress->job_count++] = (struct job){.tag = delivery->tag,
		.number = warren_broker_header_number(&delivery->message, "number", -1),
		.redelivered = delivery->redelivered};
	stage_leave(stress->stage);
}

struct producer {
	struct stress *stress;
	int first;
};

static void *producer_main(void *data)
{
	struct producer *producer = data;
	struct stress *stress = producer->stress;
	struct publish_of *publishes = calloc(EACH, sizeof *publishes);

	for (int i = 0; i < EACH; i++) {
		int number = producer->first + i;
		const struct warren_broker_header header = {.name = "number", .number = number};
		const struct warren_broker_message message = {
			.exchange = stress->exchange,
			.routing_key = number % QUEUES ? "odd" : "even",
			.headers = &header,
			.header_count = 1,
			.body = (const uint8_t *)publishes,
			.body_len = (size_t)(number % 300),
			.persistent = true,
			.mandatory = true,
		};
		int rc, confirmed;
		publishes[i] = (struct publish_of){stress, number};
		do {
			pthread_mutex_lock(&stress->stage->lock);
			confirmed = stress->confirmed;
			pthread_mutex_unlock(&stress->stage->lock);
			rc = warren_broker_publish(
				stress->stage->broker, &message, stress_on_settled, &publishes[i]);
			if (rc == -EAGAIN)
				AWAIT(stress->stage, stress->confirmed > confirmed);
		} while (rc == -EAGAIN);
		ck_assert_int_eq(rc, 0);
	}
	return publishes; /* the callbacks read it */
}

/* Settles: every seventh one goes back the first time. */
static void *worker_main(void *data)
{
	struct stress *stress = data;
	struct stage *stage = stress->stage;

	pthread_mutex_lock(&stage->lock);
	for (;;) {
		while (stress->job_next == stress->job_count && !stress->done)
			stage_wait(stage, "a delivery");
		if (stress->job_next == stress->job_count)
			break;
		struct job job = stress->jobs[stress->job_next++];
		pthread_mutex_unlock(&stage->lock);
		ck_assert(job.number >= 0 && job.number < TOTAL);
		bool again = job.number % 7 == 0 &&
			     atomic_fetch_add(&stress->requeued[job.number], 1) == 0;
		ck_assert(!again || !job.redelivered);
		if (again) {
			warren_broker_requeue(stage->broker, job.tag);
		} else {
			ck_assert_int_eq(atomic_fetch_add(&stress->seen[job.number], 1), 0);
			warren_broker_ack(stage->broker, job.tag);
		}
		pthread_mutex_lock(&stage->lock);
		stress->taken += !again;
		pthread_cond_broadcast(&stage->changed);
	}
	pthread_mutex_unlock(&stage->lock);
	return NULL;
}

static void stress_topology(struct stress *stress)
{
	struct stage *stage = stress->stage;
	const char *queues[QUEUES] = {stage_quorum(stage, "even"), stage_classic(stage, "odd")};
	uint64_t id;

	stress->exchange = stage_exchange(stage, "topic", WARREN_EXCHANGE_TOPIC);
	stage_bind(stage, stress->exchange, queues[0], "even");
	stage_bind(stage, stress->exchange, queues[1], "odd");
	for (int i = 0; i < QUEUES * 2; i++)
		ck_assert_int_eq(warren_broker_consume(stage->broker, queues[i % QUEUES], 20,
					 stress_on_delivery, stress, &id),
			0);
}

START_TEST(every_message_arrives_exactly_once_under_stress)
{
	struct stress *stress = calloc(1, sizeof *stress);
	struct producer producers[PRODUCERS];
	pthread_t producing[PRODUCERS], working[WORKERS];
	void *publishes[PRODUCERS];

	stress->stage = stage_open_limited(64, 0);
	stress_topology(stress);
	for (int i = 0; i < WORKERS; i++)
		ck_assert_int_eq(pthread_create(&working[i], NULL, worker_main, stress), 0);
	for (int i = 0; i < PRODUCERS; i++) {
		producers[i] = (struct producer){stress, i * EACH};
		ck_assert_int_eq(
			pthread_create(&producing[i], NULL, producer_main, &producers[i]), 0);
	}
	for (int i = 0; i < PRODUCERS; i++)
		pthread_join(producing[i], &publishes[i]);
	AWAIT(stress->stage, stress->confirmed == TOTAL && stress->taken == TOTAL);
	pthread_mutex_lock(&stress->stage->lock);
	stress->done = true;
	pthread_cond_broadcast(&stress->stage->changed);
	pthread_mutex_unlock(&stress->stage->lock);
	for (int i = 0; i < WORKERS; i++)
		pthread_join(working[i], NULL);
	stage_close_broker(stress->stage, 20000);
	for (int i = 0; i < TOTAL; i++) {
		ck_assert_int_eq(stress->settled[i], 1);
		ck_assert_int_eq(stress->seen[i], 1);
	}
	for (int i = 0; i < PRODUCERS; i++)
		free(publishes[i]);
	stage_free(stress->stage);
	free(stress);
}
END_TEST

TCase *stress_case(void)
{
	TCase *tcase = tcase_create("stress");

	tcase_add_test(tcase, every_message_arrives_exactly_once_under_stress);
	return tcase;
}
