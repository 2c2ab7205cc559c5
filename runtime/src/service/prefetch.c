#include "service/prefetch.h"

enum {
	WEIGHT = 8, /* of the past in a mean */
	SHARE = 2,  /* of each worker */
};

static uint32_t hands(const struct warren_instance *instance, const struct warren_handler *handler)
{
	return handler->is_inline ? 1 : instance->options.workers;
}

static bool is_learning(const struct warren_handler *handler)
{
	return handler->prefetch == 0 && handler->event->guarantee != WARREN_AT_MOST_ONCE &&
	       !handler->queue->single_active_consumer;
}

uint16_t warren_prefetch_first(
	const struct warren_instance *instance, const struct warren_handler *handler)
{
	uint32_t share = SHARE * hands(instance, handler);
	if (handler->event->guarantee == WARREN_AT_MOST_ONCE)
		return 0;
	if (handler->prefetch > 0)
		return handler->prefetch;
	return (uint16_t)(is_learning(handler) ? share : share + WARREN_PREFETCH_MORE);
}

static void follow(int64_t *mean_us, int64_t ms, bool first)
{
	int64_t us = ms * 1000;
	*mean_us += first ? us - *mean_us : (us - *mean_us) / WEIGHT;
}

/* Returns how long a delivery is here when the consumer has all that it may ever have. */
static int64_t stays_ms(const struct warren_pace *pace, uint32_t hands)
{
	int64_t all = (int64_t)SHARE * hands + WARREN_PREFETCH_MORE;
	int64_t full_us = pace->took_us * all / hands;
	return (full_us > pace->waited_us ? full_us : pace->waited_us) / 1000;
}

/* The mutex is held.  Returns whether it is to change. */
static bool is_to_change(const struct warren_pace *pace, int64_t stay_ms, int64_t now_ms)
{
	if (pace->count < WARREN_PREFETCH_LEARN ||
		(pace->changed && now_ms < pace->changed_ms + WARREN_PREFETCH_CHANGE_MS))
		return false;
	return pace->wide ? stay_ms > WARREN_PREFETCH_NARROW_MS
			  : stay_ms < WARREN_PREFETCH_WIDEN_MS;
}

static void tell(struct warren_instance *instance, const struct warren_handler *handler, bool wide,
	int64_t stay_ms)
{
	atomic_fetch_add(wide ? &instance->tally.widened : &instance->tally.narrowed, 1);
	warren_log(instance->log, WARREN_LOG_INFO,
		wide ? "its handler is fast: more deliveries are held"
		     : "deliveries wait for its handler: fewer are held",
		WARREN_TEXT("event", handler->event->name), WARREN_INT("stay_ms", stay_ms));
}

void warren_prefetch_learn(struct warren_instance *instance, const struct warren_handler *handler,
	int64_t waited_ms, int64_t took_ms)
{
	if (!is_learning(handler))
		return;
	struct warren_consumer *consumer =
		&instance->consumers[handler - instance->service->handlers];
	struct warren_pace *pace = &consumer->pace;
	int64_t now_ms = warren_clock_now_ms(instance->clock);
	pthread_mutex_lock(&instance->mutex);
	follow(&pace->waited_us, waited_ms, pace->count == 0);
	follow(&pace->took_us, took_ms, pace->count == 0);
	pace->count += pace->count < WARREN_PREFETCH_LEARN;
	int64_t stay_ms = stays_ms(pace, hands(instance, handler));
	bool changes = is_to_change(pace, stay_ms, now_ms);
	bool wide = pace->wide ^= changes;
	if (changes) {
		pace->changed = true;
		pace->changed_ms = now_ms;
	}
	pthread_mutex_unlock(&instance->mutex);
	if (!changes)
		return;
	warren_broker_widen(instance->broker, consumer->id, wide ? WARREN_PREFETCH_MORE : 0);
	tell(instance, handler, wide, stay_ms);
}
