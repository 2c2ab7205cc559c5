/*
 * The admission of a browser's event that its handler settles later (warren_admit_later).
 *
 * It lies in the arena of its event's context, with the socket that the handler goes on with.  The
 * loop awaits it from the handler's return on and hears once how it ended: settled, or the time was
 * over, or the gateway is draining.  Whoever is to settle it may still read the socket and the message:
 * so after the two latter ends its memory stays until it is settled after all, or the gateway stops.
 *
 * Thread: the loop's, but for the calls of warren/gateway.h and warren_admission_take_back.
 */
#ifndef WARREN_GATEWAY_ADMISSION_H
#define WARREN_GATEWAY_ADMISSION_H

#include "gateway/gateway.h"

enum warren_admission_end {
	WARREN_ADMISSION_SETTLED,
	WARREN_ADMISSION_LATE,
	WARREN_ADMISSION_STOPPED
};

/* While the handler runs, and in the pending one. */
struct warren_admission {
	struct warren_gateway_state *gateway;
	void *message;
	uint32_t timeout_ms;
	struct warren_pending_admission *pending; /* NULL: its handler's return settles it */
};

struct warren_pending_admission {
	struct warren_admission admission;
	struct warren_socket socket; /* its `admission` is the one above */
	struct warren_error refusal; /* the code is OK: nobody said more */
	warren_admit_fn fn;          /* a worker has it */
	atomic_bool settled, over;
	int rc;
	struct warren_loop_task task;

	/* The loop's. */
	bool told, awaited; /* that it is settled; by those below */
	void (*on_end)(enum warren_admission_end end, void *data);
	void (*on_free)(void *data);
	void *data;
	bool has_timer;
	uint64_t timer;
	TAILQ_ENTRY(warren_pending_admission) link;
};

/*
 * The handler has returned WARREN_ADMIT_LATER.  `on_end` is told once, never within this call; after
 * another end than SETTLED `on_free` is told when nobody uses the memory any more.
 */
void warren_admission_await(struct warren_pending_admission *pending,
	void (*on_end)(enum warren_admission_end end, void *data), void (*on_free)(void *data),
	void *data);

/*
 * The handler has returned something else after all.  Returns whether that settles it; else it was
 * settled before, or a worker has it.  Thread: the handler's.
 */
bool warren_admission_take_back(struct warren_pending_admission *pending);

/* Ends all that are awaited: the gateway drains. */
void warren_admissions_end(struct warren_gateway_state *gateway);

/* Frees those that nobody settled: nobody can any more. */
void warren_admissions_free(struct warren_gateway_state *gateway);

#endif
