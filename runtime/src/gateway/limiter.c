#include "gateway/limiter.h"

#include <assert.h>
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/map.h"
#include "gateway/shares.h"

#define QUEUE_PART 12     /* of the deadline may be spent in a queue */
#define BURST_PART 4      /* of the deadline, until a burst has been answered */
#define DEADLINE_MOST 0.6 /* of the deadline, until all that is let in has been answered */
#define RESERVE_PART 4    /* of the limit, for those that have not much more than their share */
#define WINDOW_MOST_MS 400
#define WINDOW_ANSWERS 8
#define RETRY_MIN_MS 20

struct warren_limiter {
	pthread_mutex_t mutex;
	double deadline_ms;
	uint32_t ceiling;

	TAILQ_HEAD(, warren_limiter_ticket) young; /* those that are not late, the oldest first */
	uint32_t under_way, late;
	struct warren_shares *shares;

	double rate_per_ms, base_ms; /* 0: not known */
	bool is_cold;                /* answers were never late */

	/* Made from the rate: how many are under way before one is refused when answers are late,
	 * when they are not, and in any case. */
	uint32_t limit, burst, most;

	/* The window: since it began. */
	int64_t began_ms;
	uint32_t answered, peak;
	double latency_ms; /* of all that were answered */

	double refused; /* in the last second, fading */
	int64_t refused_ms;
	uint64_t refusals; /* what the jitter is made of */
};

/* ---- what is measured ---- */

static double target_ms(const struct warren_limiter *limiter)
{
	return fmin(limiter->base_ms + limiter->deadline_ms / QUEUE_PART,
		limiter->deadline_ms * DEADLINE_MOST);
}

/* As many as half of the deadline has room for, where that is little. */
static double floor_of(const struct warren_limiter *limiter)
{
	return fmin(WARREN_LIMITER_FLOOR, limiter->rate_per_ms * limiter->deadline_ms / 2);
}

static bool is_late(const struct warren_limiter *limiter)
{
	return limiter->late * UINT64_C(4) > limiter->under_way &&
	       limiter->under_way >= floor_of(limiter);
}

static uint32_t within(double count, const struct warren_limiter *limiter)
{
	return (uint32_t)fmin(fmax(round(count), 1), limiter->ceiling);
}

static void set_limit(struct warren_limiter *limiter)
{
	double in_deadline = limiter->rate_per_ms * limiter->deadline_ms;
	double known = limiter->is_cold ? WARREN_LIMITER_COLD : 1;
	double limit = fmax(limiter->rate_per_ms * target_ms(limiter), floor_of(limiter));
	if (limiter->rate_per_ms <= 0)
		limit = WARREN_LIMITER_COLD;
	limiter->limit = within(limit, limiter);
	limiter->burst = within(fmax(fmax(in_deadline / BURST_PART, known), limit), limiter);
	limiter->most =
		within(fmax(fmax(in_deadline * DEADLINE_MOST, known * 1.25), limit), limiter);
}

static void begin_window(struct warren_limiter *limiter, int64_t now_ms)
{
	limiter->began_ms = now_ms;
	limiter->answered = 0;
	limiter->latency_ms = 0;
	limiter->peak = limiter->under_way;
}

/* Half way to what is seen; all the way when nothing is known. */
static double follow(double known, double seen)
{
	return known > 0 ? (known + seen) / 2 : seen;
}

static void learn(struct warren_limiter *limiter, int64_t elapsed_ms)
{
	double rate_per_ms = limiter->answered / (double)elapsed_ms;
	double mean_ms = limiter->latency_ms / limiter->answered;
	bool is_queueless = limiter->peak <= WARREN_LIMITER_FLOOR;
	bool is_saturated = is_late(limiter);
	if (is_queueless || mean_ms < limiter->base_ms || limiter->base_ms <= 0)
		limiter->base_ms = follow(limiter->base_ms, mean_ms);
	if (is_saturated || rate_per_ms > limiter->rate_per_ms)
		limiter->rate_per_ms = follow(limiter->rate_per_ms, rate_per_ms);
	limiter->is_cold = limiter->is_cold && !is_saturated;
	set_limit(limiter);
}

static void find_late(struct warren_limiter *limiter, int64_t now_ms)
{
	struct warren_limiter_ticket *ticket;
	double patience_ms = limiter->base_ms > 0 ? (limiter->base_ms + target_ms(limiter)) / 2
						  : limiter->deadline_ms / 2;
	while ((ticket = TAILQ_FIRST(&limiter->young)) &&
		(double)(now_ms - ticket->began_ms) > patience_ms) {
		TAILQ_REMOVE(&limiter->young, ticket, link);
		ticket->is_late = true;
		limiter->late++;
	}
}

/* A window ends when it has seen enough, and at the latest with what comes after nothing was under
 * way. */
static void pass_time(struct warren_limiter *limiter, int64_t now_ms)
{
	int64_t elapsed_ms = now_ms - limiter->began_ms;
	double window_ms = fmin(limiter->deadline_ms / QUEUE_PART, WINDOW_MOST_MS);
	bool is_enough = limiter->answered >= WINDOW_ANSWERS || limiter->under_way == 0 ||
			 (double)elapsed_ms > target_ms(limiter);
	find_late(limiter, now_ms);
	if ((double)elapsed_ms < window_ms || !is_enough)
		return;
	if (limiter->answered > 0)
		learn(limiter, elapsed_ms);
	begin_window(limiter, now_ms);
}

/* ---- the way in and out ---- */

/* Returns how many may be under way for one more of this socket, which the shares count already. */
static double room_for(const struct warren_limiter *limiter, const struct warren_holder *socket)
{
	const struct warren_holder *address = socket->address;
	uint32_t addresses = warren_shares_addresses(limiter->shares);
	bool has_its_part = !limiter->is_cold && addresses > 1 &&
			    address->under_way > limiter->burst / addresses;
	double room = is_late(limiter) || has_its_part ? limiter->limit : limiter->burst;
	double share = limiter->limit / (double)addresses, part = share / address->sockets;
	double reserve = limiter->limit / (double)RESERVE_PART;
	double of_share = (address->under_way - 1) / share;
	if (addresses > 1 && of_share < 1)
		return limiter->most;
	if (addresses > 1 && of_share < 2)
		room += reserve * (2 - of_share);
	else if (address->sockets > 1 && socket->under_way <= part)
		room += reserve / 2;
	return fmin(room, limiter->most);
}

/* How many were refused in the last second, with those before fading. */
static double refused_lately(const struct warren_limiter *limiter, int64_t now_ms)
{
	return limiter->refused * exp((double)(limiter->refused_ms - now_ms) / 1000);
}

bool warren_limiter_take(struct warren_limiter *limiter, const char *address, const char *sid,
	int64_t now_ms, struct warren_limiter_ticket *ret)
{
	pthread_mutex_lock(&limiter->mutex);
	pass_time(limiter, now_ms);
	struct warren_holder *socket = warren_shares_enter(limiter->shares, address, sid);
	bool is_let_in = socket && limiter->under_way < room_for(limiter, socket);
	if (is_let_in) {
		*ret = (struct warren_limiter_ticket){
			.limiter = limiter, .socket = socket, .began_ms = now_ms};
		TAILQ_INSERT_TAIL(&limiter->young, ret, link);
		if (++limiter->under_way > limiter->peak)
			limiter->peak = limiter->under_way;
	} else {
		if (socket)
			warren_shares_leave(limiter->shares, socket);
		limiter->refused = refused_lately(limiter, now_ms) + 1;
		limiter->refused_ms = now_ms;
		limiter->refusals++;
	}
	pthread_mutex_unlock(&limiter->mutex);
	return is_let_in;
}

void warren_limiter_move(struct warren_limiter_ticket *from, struct warren_limiter_ticket *to)
{
	struct warren_limiter *limiter = from->limiter;
	pthread_mutex_lock(&limiter->mutex);
	*to = *from;
	if (!from->is_late) {
		TAILQ_INSERT_BEFORE(from, to, link);
		TAILQ_REMOVE(&limiter->young, from, link);
	}
	pthread_mutex_unlock(&limiter->mutex);
}

void warren_limiter_end(struct warren_limiter_ticket *ticket, bool answered, int64_t now_ms)
{
	struct warren_limiter *limiter = ticket->limiter;
	if (!limiter)
		return;
	pthread_mutex_lock(&limiter->mutex);
	assert(limiter->under_way > 0);
	if (ticket->is_late)
		limiter->late--;
	else
		TAILQ_REMOVE(&limiter->young, ticket, link);
	limiter->under_way--;
	warren_shares_leave(limiter->shares, ticket->socket);
	if (answered) {
		limiter->answered++;
		limiter->latency_ms += (double)(now_ms - ticket->began_ms);
	}
	pass_time(limiter, now_ms);
	ticket->limiter = NULL;
	pthread_mutex_unlock(&limiter->mutex);
}

uint32_t warren_limiter_retry_after_ms(struct warren_limiter *limiter, int64_t now_ms)
{
	pthread_mutex_lock(&limiter->mutex);
	double wait_ms = target_ms(limiter);
	if (limiter->rate_per_ms > 0)
		wait_ms = (limiter->under_way + refused_lately(limiter, now_ms)) /
			  limiter->rate_per_ms;
	wait_ms = fmax(fmin(wait_ms, limiter->deadline_ms), RETRY_MIN_MS);
	uint64_t random = warren_hash(&limiter->refusals, sizeof limiter->refusals);
	pthread_mutex_unlock(&limiter->mutex);
	return (uint32_t)(wait_ms * (1 + (double)(random % 1024) / 2048));
}

void warren_limiter_look(struct warren_limiter *limiter, struct warren_limiter_view *ret)
{
	pthread_mutex_lock(&limiter->mutex);
	*ret = (struct warren_limiter_view){limiter->limit, limiter->under_way};
	pthread_mutex_unlock(&limiter->mutex);
}

/* ---- its life ---- */

int warren_limiter_open(
	uint32_t deadline_ms, uint32_t ceiling, int64_t now_ms, struct warren_limiter **ret)
{
	struct warren_limiter *limiter = calloc(1, sizeof *limiter);
	if (!limiter)
		return -ENOMEM;
	limiter->shares = warren_shares_open();
	if (!limiter->shares) {
		free(limiter);
		return -ENOMEM;
	}
	pthread_mutex_init(&limiter->mutex, NULL);
	TAILQ_INIT(&limiter->young);
	limiter->deadline_ms = deadline_ms;
	limiter->ceiling = ceiling;
	limiter->is_cold = true;
	limiter->refused_ms = now_ms;
	begin_window(limiter, now_ms);
	set_limit(limiter);
	*ret = limiter;
	return 0;
}

void warren_limiter_close(struct warren_limiter *limiter)
{
	if (!limiter)
		return;
	warren_shares_close(limiter->shares);
	pthread_mutex_destroy(&limiter->mutex);
	free(limiter);
}
