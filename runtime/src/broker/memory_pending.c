#include "broker/memory_pending.h"

#include <errno.h>
#include <string.h>

void warren_memory_pending_init(struct warren_memory_pending *pending, struct warren_log *log)
{
	STAILQ_INIT(&pending->ops);
	STAILQ_INIT(&pending->declared);
	pending->log = log;
}

static void op_free(struct warren_memory_op *op)
{
	if (op->kind == WARREN_MEMORY_DECLARE)
		warren_memory_declare_free((struct warren_memory_declare *)op);
	else
		warren_memory_consume_free((struct warren_memory_consume *)op);
}

static void ops_free(struct warren_memory_ops *ops)
{
	struct warren_memory_op *op;

	while ((op = STAILQ_FIRST(ops))) {
		STAILQ_REMOVE_HEAD(ops, link);
		op_free(op);
	}
}

void warren_memory_pending_free(struct warren_memory_pending *pending)
{
	ops_free(&pending->ops);
	ops_free(&pending->declared);
}

static struct warren_refusal *refusal_of(struct warren_memory_op *op)
{
	return op->kind == WARREN_MEMORY_DECLARE ? &((struct warren_memory_declare *)op)->refusal
						 : &((struct warren_memory_consume *)op)->refusal;
}

static const char *name_of(const struct warren_memory_op *op)
{
	if (op->kind == WARREN_MEMORY_CONSUME)
		return ((const struct warren_memory_consume *)op)->queue;
	const struct warren_broker_topology *item =
		&((const struct warren_memory_declare *)op)->topology;
	return item->exchange_count ? item->exchanges[0].name
	       : item->queue_count  ? item->queues[0].name
				    : item->bindings[0].queue;
}

static bool is_queue(const struct warren_memory_op *op)
{
	return op->kind == WARREN_MEMORY_DECLARE &&
	       ((const struct warren_memory_declare *)op)->topology.queue_count > 0;
}

/* Whether two declarations are of one thing. */
static bool same_item(const struct warren_memory_op *one, const struct warren_memory_op *other)
{
	const struct warren_broker_topology
		*a = &((const struct warren_memory_declare *)one)->topology,
		*b = &((const struct warren_memory_declare *)other)->topology;
	if (a->exchange_count != b->exchange_count || a->queue_count != b->queue_count ||
		strcmp(name_of(one), name_of(other)) != 0)
		return false;
	return a->binding_count == 0 ||
	       (strcmp(a->bindings[0].exchange, b->bindings[0].exchange) == 0 &&
		       strcmp(a->bindings[0].routing_key, b->bindings[0].routing_key) == 0);
}

static void take_out(struct warren_memory_pending *pending, struct warren_memory_op *op)
{
	STAILQ_REMOVE(&pending->ops, op, warren_memory_op, link);
	pending->changed = pending->changed || refusal_of(op)->text[0] != '\0';
}

static void replace(struct warren_memory_pending *pending, const struct warren_memory_op *by)
{
	struct warren_memory_op *op;

	STAILQ_FOREACH(op, &pending->ops, link)
	{
		if (op->kind == WARREN_MEMORY_DECLARE && same_item(op, by)) {
			take_out(pending, op);
			op_free(op);
			return;
		}
	}
}

/* Returns what waits to declare that queue, NULL for nothing. */
static struct warren_memory_op *waiting_queue(
	const struct warren_memory_pending *pending, const char *name)
{
	struct warren_memory_op *op;

	STAILQ_FOREACH(op, &pending->ops, link)
	{
		if (is_queue(op) && strcmp(name_of(op), name) == 0)
			return op;
	}
	return NULL;
}

static void keep(struct warren_memory_pending *pending, struct warren_memory_op *op,
	const struct warren_refusal *refusal)
{
	struct warren_refusal *known = refusal_of(op);
	bool same = known->kind == refusal->kind && strcmp(known->text, refusal->text) == 0;

	STAILQ_INSERT_TAIL(&pending->ops, op, link);
	if (same)
		return;
	*known = *refusal;
	pending->changed = true;
	if (refusal->text[0] == '\0')
		return;
	pending->obstacle_count++;
	warren_log(pending->log,
		refusal->kind == WARREN_OBSTACLE_TUNED ? WARREN_LOG_WARN : WARREN_LOG_ERROR,
		"the broker cannot give what was asked", WARREN_TEXT("name", name_of(op)),
		WARREN_TEXT("obstacle", warren_obstacle_kind_name(refusal->kind)),
		WARREN_TEXT("reason", refusal->text));
}

static int declare_run(struct warren_memory_vhost *vhost, struct warren_memory_op *op,
	int64_t now_ms, struct warren_refusal *refusal)
{
	const struct warren_memory_declare *declare = (struct warren_memory_declare *)op;

	if (!declare->gone)
		return warren_memory_vhost_declare(vhost, &declare->topology, now_ms, refusal);
	if (!warren_map_get(vhost->queues, name_of(op)))
		return 0;
	refusal->kind = WARREN_OBSTACLE_STALE;
	warren_drift_tell_stale(refusal->text, name_of(op));
	return -EEXIST;
}

/* The queue's own obstacle is told, not the consumer's beside it. */
static int consume_run(struct warren_memory_pending *pending, struct warren_memory_vhost *vhost,
	struct warren_memory_op *op, struct warren_refusal *refusal)
{
	struct warren_memory_consume *consume = (struct warren_memory_consume *)op;
	struct warren_memory_op *queue = waiting_queue(pending, consume->queue);

	if (queue && refusal_of(queue)->kind != WARREN_OBSTACLE_TUNED)
		return -1;
	int rc = warren_memory_vhost_attach(vhost, consume->queue, consume->consumer, refusal);
	if (rc == 0)
		consume->consumer = NULL;
	return rc;
}

/* It is done: the newest of each item is remembered. */
static void remember(struct warren_memory_pending *pending, struct warren_memory_op *op)
{
	struct warren_memory_op *older;

	STAILQ_FOREACH(older, &pending->declared, link)
	{
		if (same_item(older, op)) {
			STAILQ_REMOVE(&pending->declared, older, warren_memory_op, link);
			op_free(older);
			break;
		}
	}
	STAILQ_INSERT_TAIL(&pending->declared, op, link);
}

/* Returns whether it is done. */
static bool try(struct warren_memory_pending *pending, struct warren_memory_vhost *vhost,
	struct warren_memory_op *op, int64_t now_ms)
{
	struct warren_refusal refusal = {.text = ""};
	int rc = op->kind == WARREN_MEMORY_DECLARE ? declare_run(vhost, op, now_ms, &refusal)
						   : consume_run(pending, vhost, op, &refusal);

	if (rc < 0) {
		keep(pending, op, &refusal);
		return false;
	}
	if (op->kind == WARREN_MEMORY_DECLARE)
		remember(pending, op);
	else
		op_free(op);
	return true;
}

/* Those that were declared first may be bindings of what was declared again since. */
void warren_memory_pending_declare_again(
	struct warren_memory_pending *pending, struct warren_memory_vhost *vhost, int64_t now_ms)
{
	struct warren_memory_op *op;
	struct warren_refusal refusal;

	for (int bindings = 0; bindings < 2; bindings++) {
		STAILQ_FOREACH(op, &pending->declared, link)
		{
			bool is_binding =
				((const struct warren_memory_declare *)op)->topology.binding_count >
				0;
			if (is_binding == bindings && declare_run(vhost, op, now_ms, &refusal) < 0)
				warren_log(pending->log, WARREN_LOG_ERROR,
					"what was deleted cannot be declared again",
					WARREN_TEXT("reason", refusal.text));
		}
	}
	pending->again = true;
}

bool warren_memory_pending_was_declared(
	const struct warren_memory_pending *pending, const char *exchange)
{
	const struct warren_memory_op *op;

	STAILQ_FOREACH(op, &pending->declared, link)
	{
		if (((const struct warren_memory_declare *)op)->topology.exchange_count > 0 &&
			strcmp(name_of(op), exchange) == 0)
			return true;
	}
	return false;
}

void warren_memory_pending_consume_again(struct warren_memory_pending *pending, const char *queue,
	struct warren_memory_consumer *consumer)
{
	struct warren_memory_consume *consume = warren_memory_consume_again(queue, consumer);

	STAILQ_INSERT_TAIL(&pending->ops, &consume->op, link);
	pending->again = true;
}

void warren_memory_pending_run(struct warren_memory_pending *pending,
	struct warren_memory_vhost *vhost, struct warren_memory_op *op, int64_t now_ms)
{
	if (op->kind == WARREN_MEMORY_DECLARE) {
		replace(pending, op);
		pending->again = true;
	}
	try(pending, vhost, op, now_ms);
}

/* Something that succeeds may be what another one waits for: then there is a next time, soon. */
static void try_again(struct warren_memory_pending *pending, struct warren_memory_vhost *vhost,
	struct warren_memory_op *op, int64_t now_ms)
{
	bool told = refusal_of(op)->text[0] != '\0';

	if (!try(pending, vhost, op, now_ms))
		return;
	pending->again = true;
	pending->changed = pending->changed || told;
}

/* Declarations first: a consumer looks at what became of its queue. */
void warren_memory_pending_retry(
	struct warren_memory_pending *pending, struct warren_memory_vhost *vhost, int64_t now_ms)
{
	struct warren_memory_ops before = STAILQ_HEAD_INITIALIZER(before);
	struct warren_memory_ops consumers = STAILQ_HEAD_INITIALIZER(consumers);
	struct warren_memory_op *op;

	pending->again = false;
	STAILQ_CONCAT(&before, &pending->ops);
	while ((op = STAILQ_FIRST(&before))) {
		STAILQ_REMOVE_HEAD(&before, link);
		if (op->kind == WARREN_MEMORY_DECLARE)
			try_again(pending, vhost, op, now_ms);
		else
			STAILQ_INSERT_TAIL(&consumers, op, link);
	}
	while ((op = STAILQ_FIRST(&consumers))) {
		STAILQ_REMOVE_HEAD(&consumers, link);
		try_again(pending, vhost, op, now_ms);
	}
}

/* Returns the consumer with this id that waits; NULL when there is none. */
static struct warren_memory_consume *find_consume(
	struct warren_memory_pending *pending, uint64_t id)
{
	struct warren_memory_op *op;

	STAILQ_FOREACH(op, &pending->ops, link)
	{
		struct warren_memory_consume *consume = (struct warren_memory_consume *)op;
		if (op->kind == WARREN_MEMORY_CONSUME && consume->consumer->id == id)
			return consume;
	}
	return NULL;
}

int warren_memory_pending_widen(struct warren_memory_pending *pending,
	struct warren_memory_vhost *vhost, uint64_t id, uint16_t more)
{
	struct warren_memory_consume *consume = find_consume(pending, id);

	return consume ? warren_memory_vhost_widen(vhost, consume->consumer, more) : -ENOENT;
}

void warren_memory_pending_cancel(
	struct warren_memory_pending *pending, struct warren_memory_vhost *vhost, uint64_t id)
{
	struct warren_memory_consume *consume = find_consume(pending, id);

	if (!consume)
		return;
	take_out(pending, &consume->op);
	if (consume->consumer->prefetch)
		warren_memory_tags_unreserve(
			&vhost->tags, warren_memory_consumer_room(consume->consumer));
	op_free(&consume->op);
}

const char *warren_memory_pending_first(const struct warren_memory_pending *pending)
{
	struct warren_memory_op *op;

	STAILQ_FOREACH(op, &pending->ops, link)
	{
		if (refusal_of(op)->text[0] != '\0')
			return refusal_of(op)->text;
	}
	return "";
}

void warren_memory_pending_obstacles(
	const struct warren_memory_pending *pending, warren_obstacle_fn fn, void *data)
{
	struct warren_memory_op *op;

	STAILQ_FOREACH(op, &pending->ops, link)
	{
		const struct warren_refusal *refusal = refusal_of(op);
		if (refusal->text[0] != '\0')
			fn(&(struct warren_obstacle){.kind = refusal->kind,
				   .name = name_of(op),
				   .text = refusal->text},
				data);
	}
}
