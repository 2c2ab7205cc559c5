/* The second time round: tags of a connection that is gone settle nothing on the next one. */
#include "rig.h"

#define PREFETCH 3
#define GOT_MAX 64

struct hand {
	struct rig *rig;
	struct {
		uint64_t tag;
		int64_t number;
		bool redelivered, is_counted;
		uint32_t delivery_count;
	} got[GOT_MAX];
	int count;
};

static void on_delivery(const struct warren_broker_delivery *delivery, void *data)
{
	struct hand *hand = data;

	pthread_mutex_lock(&hand->rig->lock);
	ck_assert_int_lt(hand->count, GOT_MAX);
	hand->got[hand->count].tag = delivery->tag;
	hand->got[hand->count].number = delivery->message.timestamp_s;
	hand->got[hand->count].redelivered = delivery->redelivered;
	hand->got[hand->count].is_counted = delivery->is_counted;
	hand->got[hand->count].delivery_count = delivery->delivery_count;
	hand->count++;
	pthread_cond_broadcast(&hand->rig->changed);
	pthread_mutex_unlock(&hand->rig->lock);
}

static void put(struct rig *rig, const char *queue, int from, int to)
{
	pthread_mutex_lock(&rig->lock);
	int before = rig->confirmed;
	pthread_mutex_unlock(&rig->lock);
	for (int i = from; i <= to; i++) {
		const struct warren_broker_message message = {
			.routing_key = queue, .persistent = true, .timestamp_s = i};
		ck_assert_int_eq(
			warren_broker_publish(rig->broker, &message, rig_on_settled, rig), 0);
	}
	AWAIT(rig, rig->confirmed == before + to - from + 1);
}

static void cut(struct rig *rig)
{
	pthread_mutex_lock(&rig->lock);
	int ups = rig->ups;
	pthread_mutex_unlock(&rig->lock);
	shell("rabbitmqctl -q close_all_connections 'a test' >/dev/null 2>&1");
	AWAIT(rig, rig->ups > ups);
}

/* Each round the deliveries have the same numbers on a new channel; the old tags name the new ones'
 * numbers. */
START_TEST(tags_from_before_a_reconnect_settle_nothing)
{
	enum { ROUNDS = 4 };
	struct rig *rig = rig_open(NULL);
	struct hand hand = {.rig = rig};
	const char *queue = rig_queue(rig, "faults.tags");
	uint64_t id;

	ck_assert_int_eq(
		warren_broker_consume(rig->broker, queue, PREFETCH, on_delivery, &hand, &id), 0);
	AWAIT(rig, rig->ups > 0);
	put(rig, queue, 1, PREFETCH);
	AWAIT(rig, hand.count == PREFETCH);
	for (int round = 1; round <= ROUNDS; round++) {
		cut(rig);
		AWAIT(rig, hand.count == (round + 1) * PREFETCH);
		for (int i = 0; i < round * PREFETCH; i++) /* all that are old */
			i % 2 ? warren_broker_ack(rig->broker, hand.got[i].tag)
			      : warren_broker_requeue(rig->broker, hand.got[i].tag);
		for (int i = round * PREFETCH; i < hand.count; i++) {
			ck_assert(hand.got[i].redelivered && hand.got[i].is_counted);
			ck_assert_uint_eq(hand.got[i].delivery_count, (uint32_t)round);
		}
	}
	/* The last ones are still held: they can be given back, and come once more. */
	for (int i = ROUNDS * PREFETCH; i < (ROUNDS + 1) * PREFETCH; i++)
		warren_broker_requeue(rig->broker, hand.got[i].tag);
	AWAIT(rig, hand.count == (ROUNDS + 2) * PREFETCH);
	for (int i = (ROUNDS + 1) * PREFETCH; i < hand.count; i++)
		warren_broker_ack(rig->broker, hand.got[i].tag);
	put(rig, queue, PREFETCH + 1, 2 * PREFETCH);
	AWAIT(rig, hand.count == (ROUNDS + 3) * PREFETCH);
	for (int i = 0; i < PREFETCH; i++)
		ck_assert_int_gt(hand.got[(ROUNDS + 2) * PREFETCH + i].number, PREFETCH);
	rig_close(rig, 5000);
	rig_free(rig);
}
END_TEST

TCase *tags_case(void)
{
	TCase *tcase = tcase_create("tags");

	tcase_add_checked_fixture(tcase, rabbitmq_start, NULL);
	tcase_add_test(tcase, tags_from_before_a_reconnect_settle_nothing);
	return tcase;
}
