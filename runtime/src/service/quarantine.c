#include "service/quarantine.h"

#include <stdatomic.h>

#define LOOK_EVERY_MS 30000
#define LOOK_SOON_MS 100
#define LOOKS_IN_VAIN_MAX 10 /* then one waits for the gate */

/* ---- the gate ---- */

static pthread_rwlock_t gate;
static pthread_once_t gate_once = PTHREAD_ONCE_INIT;

static void gate_init(void)
{
	pthread_rwlockattr_t attributes;
	pthread_rwlockattr_init(&attributes);
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&gate, &attributes);
	pthread_rwlockattr_destroy(&attributes);
}

void warren_gate_enter(void)
{
	pthread_once(&gate_once, gate_init);
	pthread_rwlock_rdlock(&gate);
}

bool warren_gate_try_enter(void)
{
	pthread_once(&gate_once, gate_init);
	return pthread_rwlock_tryrdlock(&gate) == 0;
}

void warren_gate_leave(void)
{
	pthread_rwlock_unlock(&gate);
}

static atomic_uint moving; /* calls of this process on their way to a quarantine */

/* ---- one look ---- */

/* A message on its way from the loop to the worker that asked for it. */
struct taken {
	struct warren_instance *instance;
	pthread_mutex_t mutex;
	pthread_cond_t told;
	bool is_told;
	bool is_empty;
	struct warren_delivery *call; /* NULL: nothing that is to run */
};

static void on_taken(const struct warren_broker_delivery *delivery, void *data)
{
	struct taken *taken = data;
	struct warren_delivery *call =
		delivery ? warren_call_quarantined(taken->instance, delivery) : NULL;
	pthread_mutex_lock(&taken->mutex);
	taken->is_told = true;
	taken->is_empty = delivery == NULL;
	taken->call = call;
	pthread_cond_signal(&taken->told);
	pthread_mutex_unlock(&taken->mutex);
}

/* Takes the next one and runs it; the gate is held.  Returns whether there may be more. */
static bool run_next(struct warren_instance *instance, void *worker)
{
	struct taken taken = {.instance = instance,
		.mutex = PTHREAD_MUTEX_INITIALIZER,
		.told = PTHREAD_COND_INITIALIZER};
	char queue[WARREN_NAME_SIZE];
	if (warren_broker_get(instance->broker, warren_name_quarantine(queue, instance), on_taken,
		    &taken) < 0)
		return false;
	pthread_mutex_lock(&taken.mutex);
	while (!taken.is_told)
		pthread_cond_wait(&taken.told, &taken.mutex);
	pthread_mutex_unlock(&taken.mutex);
	if (taken.call)
		warren_call_run_alone(taken.call, worker);
	return !taken.is_empty;
}

/* Returns false when it is busy and this look is not worth waiting. */
static bool take_gate(struct warren_instance *instance)
{
	struct warren_quarantine *quarantine = &instance->quarantine;
	pthread_once(&gate_once, gate_init);
	pthread_mutex_lock(&instance->mutex);
	bool waits = quarantine->urgent || quarantine->in_vain >= LOOKS_IN_VAIN_MAX;
	pthread_mutex_unlock(&instance->mutex);
	bool taken =
		waits ? pthread_rwlock_wrlock(&gate) == 0 : pthread_rwlock_trywrlock(&gate) == 0;
	pthread_mutex_lock(&instance->mutex);
	quarantine->in_vain = taken ? 0 : quarantine->in_vain + 1;
	if (taken)
		quarantine->urgent = false;
	pthread_mutex_unlock(&instance->mutex);
	return taken;
}

static void look_in(struct warren_instance *instance, uint32_t wait_ms);

static void look(void *worker, void *data)
{
	struct warren_instance *instance = data;
	bool more = false, there = warren_broker_state(instance->broker) != WARREN_BROKER_DOWN;
	if (there && warren_instance_stage(instance) == WARREN_STAGE_OPEN && take_gate(instance)) {
		more = run_next(instance, worker);
		pthread_rwlock_unlock(&gate);
	}
	pthread_mutex_lock(&instance->mutex);
	instance->quarantine.urgent = instance->quarantine.urgent || more;
	bool urgent = instance->quarantine.urgent;
	more = urgent && there && atomic_load(&moving) == 0 && instance->stage == WARREN_STAGE_OPEN;
	instance->quarantine.looking = more;
	pthread_mutex_unlock(&instance->mutex);
	/* Behind what waits for a worker: handlers go on between two suspects. */
	if (!more ||
		warren_workers_run_reserved(instance->workers, WARREN_LANE_ANY, look, instance) < 0)
		look_in(instance, urgent ? LOOK_SOON_MS : LOOK_EVERY_MS);
}

/* ---- when it looks ---- */

static void begin(struct warren_instance *instance, bool urgent)
{
	struct warren_quarantine *quarantine = &instance->quarantine;
	pthread_mutex_lock(&instance->mutex);
	bool begins = !quarantine->looking && instance->stage == WARREN_STAGE_OPEN;
	quarantine->urgent = quarantine->urgent || urgent;
	if (begins)
		quarantine->looking = true;
	pthread_mutex_unlock(&instance->mutex);
	if (begins && warren_workers_run_reserved(
			      instance->workers, WARREN_LANE_ANY, look, instance) < 0) {
		pthread_mutex_lock(&instance->mutex);
		quarantine->looking = false;
		pthread_mutex_unlock(&instance->mutex);
	}
}

static void on_time(void *data)
{
	struct warren_instance *instance = data;
	pthread_mutex_lock(&instance->mutex);
	instance->quarantine.due_ms = WARREN_CLOCK_NEVER;
	bool urgent = instance->quarantine.urgent;
	pthread_mutex_unlock(&instance->mutex);
	begin(instance, urgent);
}

/* Unless it looks sooner. */
static void look_in(struct warren_instance *instance, uint32_t wait_ms)
{
	struct warren_quarantine *quarantine = &instance->quarantine;
	int64_t at_ms = warren_clock_now_ms(instance->clock) + wait_ms;
	pthread_mutex_lock(&instance->mutex);
	bool sooner = at_ms < quarantine->due_ms && instance->stage == WARREN_STAGE_OPEN;
	if (sooner &&
		(quarantine->due_ms == WARREN_CLOCK_NEVER ||
			warren_timer_cancel(instance->timers, quarantine->timer)) &&
		warren_timer_start(
			instance->timers, at_ms, on_time, instance, &quarantine->timer) == 0)
		quarantine->due_ms = at_ms;
	pthread_mutex_unlock(&instance->mutex);
}

static bool has_quarantine(const struct warren_service *service)
{
	for (size_t i = 0; i < service->handler_count; i++) {
		if (service->handlers[i].event->guarantee == WARREN_AT_LEAST_ONCE)
			return true;
	}
	return false;
}

void warren_quarantine_look(struct warren_instance *instance)
{
	if (has_quarantine(instance->service))
		begin(instance, true);
}

void warren_quarantine_moves(void)
{
	atomic_fetch_add(&moving, 1);
}

void warren_quarantine_moved(struct warren_instance *instance)
{
	if (atomic_fetch_sub(&moving, 1) == 1)
		begin(instance, true);
	else
		look_in(instance, LOOK_SOON_MS);
}
