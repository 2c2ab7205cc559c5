/*
 * What an instance is made of.  Only this room includes it.
 *
 * Life: all that may still come back holds a reference: the owner, each delivery, each request and
 * each publish whose outcome the broker has not told.  warren_instance_close ends everything that
 * moves; the memory goes with the last reference, at the latest when the broker closes.
 *
 * `mutex` guards the list of deliveries, the table of pending requests and `stage`.  It is never
 * held over a call to the broker, a handler or a callback.
 */
#ifndef WARREN_SERVICE_PRIVATE_H
#define WARREN_SERVICE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/id.h"
#include "base/loop.h"
#include "base/map.h"
#include "base/seldom.h"
#include "base/timer.h"
#include "service/instance.h"
#include "service/name.h"
#include "service/store.h"
#include "service/worker.h"

enum warren_stage {
	WARREN_STAGE_OPEN,
	WARREN_STAGE_DRAINING, /* nothing new is taken; what is under way goes on */
	WARREN_STAGE_CLOSING   /* what has not begun goes back; requests end */
};

struct warren_former;

/* How long its deliveries are here; under the instance's mutex.  See service/prefetch.h. */
struct warren_pace {
	int64_t waited_us, took_us; /* means of late */
	uint32_t count;             /* of what they are made, as far as that matters */
	bool wide, changed;
	int64_t changed_ms;
};

struct warren_consumer {
	struct warren_instance *instance;
	const struct warren_handler *handler; /* NULL: none of its own */
	uint64_t id;                          /* 0: never consumed */
	struct warren_pace pace;
};

/* Under the instance's mutex; see service/quarantine.h. */
struct warren_quarantine {
	bool looking;   /* a worker does, or will */
	bool urgent;    /* something is known to be there */
	int64_t due_ms; /* when the next look is */
	uint64_t timer;
	uint32_t in_vain; /* looks that did not get the gate */
};

/* Inline calls that wait for the loop, in their order; under the instance's mutex.  See call.c. */
struct warren_held {
	struct warren_task *head, **tail;
	uint32_t count;
	bool coming; /* `on_loop` or `on_worker` is under way, and comes for them */
	struct warren_loop_task on_loop;
	struct warren_task on_worker;
};

struct warren_instance_tally {
#define WARREN_TALLY_FIELD(name_, help_) atomic_uint_fast64_t name_;
	WARREN_INSTANCE_COUNTERS(WARREN_TALLY_FIELD)
#undef WARREN_TALLY_FIELD
};

struct warren_instance {
	atomic_uint references;
	struct warren_instance_options options;
	const struct warren_service *service;
	struct warren_broker *broker;
	struct warren_clock *clock;
	struct warren_log *log;
	char id[WARREN_INSTANCE_SIZE];
	char system[WARREN_NAME_SIZE];       /* with the suffix */
	char service_name[WARREN_NAME_SIZE]; /* `<system>.<service>` */
	char *queue;                         /* `<system>.<service>.<id>`; NULL: it has none */
	struct warren_ctx root;
	struct warren_workers *workers;
	struct warren_timers *timers;
	struct warren_store *store;
	/* One for each handler, then the instance queue's and that of what was lost. */
	struct warren_consumer *consumers;
	struct warren_instance_care care;
	void *extension;
	bool extension_started;
	struct warren_loop *loop; /* the broker's */
	void *loop_state;         /* the loop's own */
	bool has_loop_state;
	struct warren_held held;
	struct warren_instance_tally tally;
	struct warren_seldom expired_told;
	struct warren_ops_label label; /* service="<name>" */
	struct warren_ops_source source;

	pthread_mutex_t mutex;
	pthread_cond_t quiet; /* a delivery or a request ended, or the stage changed */
	enum warren_stage stage;
	struct warren_delivery *deliveries;
	uint32_t finishing; /* deliveries that are settled, and not quite gone */
	struct warren_quarantine quarantine;
	int64_t declares_at_ms; /* when the topology is declared again */
	uint64_t declare_timer;
	struct warren_map *pending; /* by correlation id */
	uint32_t ending;            /* taken out of `pending`, and not told yet where it is told */
	struct warren_broker_watch returned_watch; /* request.h */
	struct warren_former *former;              /* former.h; NULL: does not look */
	struct warren_error obstacle;              /* why it cannot start, once somebody said so */
};

struct warren_instance *warren_instance_ref(struct warren_instance *instance);
void warren_instance_unref(struct warren_instance *instance);

enum warren_stage warren_instance_stage(struct warren_instance *instance);

/*
 * An event that the schema has a queue for found none, or an outcome did: logs it, counts it, and has
 * the topology declared again after a moment.  Thread: any.
 */
void warren_instance_heal(struct warren_instance *instance, const char *event);

/* An event to browsers found no edge: counts and logs it.  `event`: it, or the call's it is of. */
void warren_instance_push_gone(struct warren_instance *instance, const char *event);

/* Adds it to the process's registry, until it is removed there. */
void warren_instance_show(struct warren_instance *instance);

/* A new arena with room for `bytes` and what is made of them; NULL when memory is out. */
struct warren_arena *warren_instance_arena(struct warren_instance *instance, size_t bytes);

#endif
