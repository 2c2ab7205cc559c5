#include "gateway/admission.h"

#include <errno.h>

static struct warren_loop *loop_of(const struct warren_pending_admission *pending)
{
	return warren_broker_loop(warren_instance_broker(pending->admission.gateway->instance));
}

/* ---- the end ---- */

static void stop_waiting(struct warren_pending_admission *pending)
{
	if (pending->has_timer)
		warren_instance_after_not(pending->admission.gateway->instance, pending->timer);
	pending->has_timer = false;
}

static void end(struct warren_pending_admission *pending, enum warren_admission_end how)
{
	stop_waiting(pending);
	if (how == WARREN_ADMISSION_SETTLED)
		TAILQ_REMOVE(&pending->admission.gateway->admissions, pending, link);
	else
		atomic_store(&pending->over, true);
	pending->on_end(how, pending->data);
}

static void let_go(struct warren_pending_admission *pending)
{
	TAILQ_REMOVE(&pending->admission.gateway->admissions, pending, link);
	pending->on_free(pending->data);
}

static void on_time(void *data)
{
	struct warren_pending_admission *pending = data;
	bool draining = atomic_load(&pending->admission.gateway->draining);
	pending->has_timer = false;
	end(pending, draining ? WARREN_ADMISSION_STOPPED : WARREN_ADMISSION_LATE);
}

static void on_settled(void *data)
{
	struct warren_pending_admission *pending = data;
	pending->told = true;
	if (!pending->awaited)
		return;
	if (atomic_load(&pending->over))
		let_go(pending);
	else
		end(pending, WARREN_ADMISSION_SETTLED);
}

void warren_admission_await(struct warren_pending_admission *pending,
	void (*on_end)(enum warren_admission_end how, void *data), void (*on_free)(void *data),
	void *data)
{
	struct warren_gateway_state *gateway = pending->admission.gateway;
	uint32_t wait_ms = atomic_load(&gateway->draining) ? 0 : pending->admission.timeout_ms;
	pending->awaited = true;
	pending->on_end = on_end;
	pending->on_free = on_free;
	pending->data = data;
	TAILQ_INSERT_TAIL(&gateway->admissions, pending, link);
	if (pending->told) {
		warren_loop_post(loop_of(pending), &pending->task);
		return;
	}
	/* Without memory for a timer it waits until it is settled. */
	pending->has_timer = warren_instance_after(gateway->instance, wait_ms, on_time, pending,
				     &pending->timer) == 0;
}

bool warren_admission_take_back(struct warren_pending_admission *pending)
{
	return !pending->fn && !atomic_exchange(&pending->settled, true);
}

void warren_admissions_end(struct warren_gateway_state *gateway)
{
	struct warren_pending_admission *pending;
	for (;;) {
		TAILQ_FOREACH(pending, &gateway->admissions, link)
		{
			if (!atomic_load(&pending->over))
				break;
		}
		if (!pending)
			return;
		end(pending, WARREN_ADMISSION_STOPPED);
	}
}

void warren_admissions_free(struct warren_gateway_state *gateway)
{
	struct warren_pending_admission *pending;
	while ((pending = TAILQ_FIRST(&gateway->admissions)))
		let_go(pending);
}

/* ---- what handlers call ---- */

static struct warren_pending_admission *pending_of(const struct warren_socket *socket)
{
	return socket->admission ? socket->admission->pending : NULL;
}

struct warren_socket *warren_admit_later(struct warren_socket *socket)
{
	struct warren_admission *now = socket->admission;
	if (!now)
		return NULL; /* a socket that a test has made */
	if (now->pending)
		return &now->pending->socket;
	struct warren_pending_admission *pending = warren_alloc(&socket->ctx, sizeof *pending);
	if (!pending)
		return NULL;
	struct warren_clock *clock = warren_instance_clock(now->gateway->instance);
	now->pending = pending;
	pending->admission = *now;
	pending->socket = *socket;
	pending->socket.admission = &pending->admission;
	pending->socket.refusal = &pending->refusal;
	pending->socket.ctx.deadline_ms = warren_clock_wall_ms(clock) + now->timeout_ms;
	pending->refusal.code = WARREN_OK;
	return &pending->socket;
}

int warren_admit_settle(struct warren_socket *later, int rc)
{
	struct warren_pending_admission *pending = pending_of(later);
	if (!pending)
		return 0; /* a test's */
	if (atomic_exchange(&pending->settled, true)) {
		warren_log(pending->admission.gateway->log, WARREN_LOG_WARN,
			"its admission was settled before: ignored",
			WARREN_TEXT("event", later->event),
			WARREN_TEXT("socket", later->ctx.socket));
		return 0;
	}
	pending->rc = rc;
	pending->task = (struct warren_loop_task){.fn = on_settled, .data = pending};
	warren_loop_post(loop_of(pending), &pending->task);
	return 0;
}

/* On a worker.  Where nobody waits any more, nothing is looked up. */
static void look_up(void *worker, void *data)
{
	struct warren_pending_admission *pending = data;
	int rc = atomic_load(&pending->over)
			 ? -ETIMEDOUT
			 : pending->fn(&pending->socket, pending->admission.message, worker);
	if (rc != WARREN_ADMIT_LATER)
		warren_admit_settle(&pending->socket, rc);
}

int warren_admit_on_worker(struct warren_socket *socket, warren_admit_fn fn)
{
	struct warren_socket *later = warren_admit_later(socket);
	struct warren_pending_admission *pending = later ? pending_of(later) : NULL;
	if (!pending)
		return -ENOMEM;
	if (pending->fn)
		return -EALREADY;
	struct warren_gateway_state *gateway = pending->admission.gateway;
	pending->fn = fn;
	int rc = warren_instance_run(gateway->instance, WARREN_LANE_ANY, look_up, pending);
	if (rc == 0)
		return WARREN_ADMIT_LATER;
	pending->fn = NULL;
	if (rc == -ESHUTDOWN)
		return warren_refuse(socket, WARREN_UNAVAILABLE, "the service is stopping");
	atomic_fetch_add(&gateway->overloaded, 1);
	return warren_refuse(socket, WARREN_OVERLOADED, "too much is under way; try again");
}
