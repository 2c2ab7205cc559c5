#include "broker/amqp_topology.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void warren_amqp_topology_init(struct warren_amqp_topology *topology)
{
	TAILQ_INIT(&topology->items);
	TAILQ_INIT(&topology->flight);
	topology->retry_wait_ms = WARREN_AMQP_RETRY_FIRST_MS;
}

const char *warren_amqp_item_name(const struct warren_amqp_item *item)
{
	switch (item->kind) {
	case WARREN_AMQP_EXCHANGE:
		return item->exchange.name;
	case WARREN_AMQP_BINDING:
		return item->binding.queue;
	default:
		return item->queue.name;
	}
}

/* ---- remembering ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

/* Whether they are about one thing. */
static bool same_item(const struct warren_amqp_item *a, const struct warren_amqp_item *b)
{
	if (a->kind != b->kind || strcmp(warren_amqp_item_name(a), warren_amqp_item_name(b)) != 0)
		return false;
	return a->kind != WARREN_AMQP_BINDING ||
	       (same_text(a->binding.exchange, b->binding.exchange) &&
		       same_text(a->binding.routing_key, b->binding.routing_key));
}

static void free_texts(struct warren_amqp_item *item)
{
	switch (item->kind) {
	case WARREN_AMQP_EXCHANGE:
		free((char *)item->exchange.name);
		break;
	case WARREN_AMQP_BINDING:
		free((char *)item->binding.exchange);
		free((char *)item->binding.queue);
		free((char *)item->binding.routing_key);
		break;
	default:
		free((char *)item->queue.name);
		free((char *)item->queue.dead_letter_exchange);
		break;
	}
}

static void item_free(struct warren_amqp_item *item)
{
	free_texts(item);
	warren_amqp_item_forget_adopted(item);
	free(item->text);
	free(item);
}

/* Replaces a borrowed text by a copy of its own; NULL stays NULL. */
static bool own(const char **text)
{
	if (!*text)
		return true;
	*text = strdup(*text);
	return *text != NULL;
}

/* Each text is tried, so that none is left that is not its own. */
static bool own_texts(struct warren_amqp_item *item)
{
	bool owned;

	switch (item->kind) {
	case WARREN_AMQP_EXCHANGE:
		return own(&item->exchange.name);
	case WARREN_AMQP_BINDING:
		owned = own(&item->binding.exchange);
		owned = own(&item->binding.queue) && owned;
		return own(&item->binding.routing_key) && owned;
	default:
		owned = own(&item->queue.name);
		return own(&item->queue.dead_letter_exchange) && owned;
	}
}

static struct warren_amqp_item *find(const struct warren_amqp_topology *topology,
	enum warren_amqp_item_kind kind, const char *name)
{
	struct warren_amqp_item *item;

	TAILQ_FOREACH(item, &topology->items, link)
	{
		if (item->kind == kind && !item->forgotten &&
			strcmp(warren_amqp_item_name(item), name) == 0)
			return item;
	}
	return NULL;
}

static void ask_again(struct warren_amqp_item *item)
{
	if (item->state == WARREN_AMQP_JUDGED)
		item->state = WARREN_AMQP_UNSENT;
	item->stale = item->state == WARREN_AMQP_SENT;
	item->again = false;
	item->look = false;
	warren_amqp_item_forget_adopted(item);
}

static void insert(struct warren_amqp_topology *topology, struct warren_amqp_item *item)
{
	struct warren_amqp_item *at;

	TAILQ_FOREACH(at, &topology->items, link)
	{
		if (at->kind > item->kind) {
			TAILQ_INSERT_BEFORE(at, item, link);
			return;
		}
	}
	TAILQ_INSERT_TAIL(&topology->items, item, link);
}

static void forget(struct warren_amqp_topology *topology, struct warren_amqp_item *item)
{
	topology->changed = topology->changed || item->text;
	item->forgotten = true;
	if (item->state == WARREN_AMQP_SENT)
		return;
	TAILQ_REMOVE(&topology->items, item, link);
	item_free(item);
}

/* Returns the item, new or known; NULL when memory is out. */
static struct warren_amqp_item *item_add(
	struct warren_amqp_topology *topology, const struct warren_amqp_item *wanted)
{
	struct warren_amqp_item *known, *item = malloc(sizeof *item);

	if (!item)
		return NULL;
	*item = *wanted;
	if (!own_texts(item)) {
		item_free(item);
		return NULL;
	}
	TAILQ_FOREACH(known, &topology->items, link)
	{
		if (known->forgotten || !same_item(known, item))
			continue;
		/* The newest counts; what is in flight keeps its place. */
		free_texts(known);
		if (known->kind == WARREN_AMQP_EXCHANGE)
			known->exchange = item->exchange;
		else if (known->kind == WARREN_AMQP_BINDING)
			known->binding = item->binding;
		else
			known->queue = item->queue;
		ask_again(known);
		free(item);
		return known;
	}
	insert(topology, item);
	return item;
}

int warren_amqp_topology_add(
	struct warren_amqp_topology *topology, const struct warren_broker_topology *declared)
{
	bool added = true;

	for (size_t i = 0; i < declared->exchange_count; i++)
		added = item_add(topology, &(struct warren_amqp_item){.kind = WARREN_AMQP_EXCHANGE,
						   .exchange = declared->exchanges[i]}) &&
			added;
	for (size_t i = 0; i < declared->queue_count; i++) {
		struct warren_amqp_item *look =
			find(topology, WARREN_AMQP_LOOK, declared->queues[i].name);
		struct warren_amqp_item *gone =
			find(topology, WARREN_AMQP_GONE, declared->queues[i].name);
		added = item_add(topology, &(struct warren_amqp_item){.kind = WARREN_AMQP_QUEUE,
						   .queue = declared->queues[i]}) &&
			added;
		if (look)
			forget(topology, look);
		if (gone)
			forget(topology, gone);
	}
	for (size_t i = 0; i < declared->binding_count; i++)
		added = item_add(topology, &(struct warren_amqp_item){.kind = WARREN_AMQP_BINDING,
						   .binding = declared->bindings[i]}) &&
			added;
	return added ? 0 : -ENOMEM;
}

bool warren_amqp_topology_counts(const struct warren_amqp_topology *topology, const char *queue)
{
	const struct warren_amqp_item *item = find(topology, WARREN_AMQP_QUEUE, queue);
	return item && item->queue.kind == WARREN_QUEUE_QUORUM;
}

bool warren_amqp_topology_exchange_lost(struct warren_amqp_topology *topology, const char *exchange)
{
	struct warren_amqp_item *item;

	if (!find(topology, WARREN_AMQP_EXCHANGE, exchange))
		return false;
	/* Not the queues: one that another declares at once after it was deleted keeps its consumer
	 * from hearing of it. */
	TAILQ_FOREACH(item, &topology->items, link)
	{
		if (item->kind == WARREN_AMQP_EXCHANGE || item->kind == WARREN_AMQP_BINDING)
			ask_again(item);
	}
	return true;
}

int warren_amqp_topology_expect_gone(struct warren_amqp_topology *topology, const char *queue)
{
	return item_add(topology, &(struct warren_amqp_item){.kind = WARREN_AMQP_GONE,
					  .queue = {.name = queue}})
		       ? 0
		       : -ENOMEM;
}

int warren_amqp_topology_use(struct warren_amqp_topology *topology, const char *queue)
{
	if (find(topology, WARREN_AMQP_QUEUE, queue) || find(topology, WARREN_AMQP_LOOK, queue))
		return 0;
	return item_add(topology, &(struct warren_amqp_item){.kind = WARREN_AMQP_LOOK,
					  .queue = {.name = queue}})
		       ? 0
		       : -ENOMEM;
}

void warren_amqp_topology_unuse(struct warren_amqp_topology *topology, const char *queue)
{
	struct warren_amqp_item *look = find(topology, WARREN_AMQP_LOOK, queue);
	struct warren_amqp_item *read = find(topology, WARREN_AMQP_READ, queue);

	if (look)
		forget(topology, look);
	if (read)
		forget(topology, read);
}

void warren_amqp_topology_free(struct warren_amqp_topology *topology)
{
	struct warren_amqp_item *item;

	while ((item = TAILQ_FIRST(&topology->items))) {
		TAILQ_REMOVE(&topology->items, item, link);
		item_free(item);
	}
}

/* ---- the channel ---- */

static void open_channel(
	struct warren_amqp_topology *topology, struct warren_amqp_connection *connection)
{
	amqp_channel_open_t open = {.out_of_band = amqp_empty_bytes};

	warren_amqp_send_method(
		connection, WARREN_AMQP_DECLARING_CHANNEL, AMQP_CHANNEL_OPEN_METHOD, &open);
	topology->channel = DECLARING_OPENING;
}

/* Nothing that is in flight will be answered. */
static void land(struct warren_amqp_topology *topology)
{
	struct warren_amqp_item *item;

	while ((item = TAILQ_FIRST(&topology->flight))) {
		TAILQ_REMOVE(&topology->flight, item, flight_link);
		item->state = WARREN_AMQP_UNSENT;
		item->stale = false;
		if (item->forgotten)
			forget(topology, item);
	}
}

void warren_amqp_topology_begin(
	struct warren_amqp_topology *topology, struct warren_amqp_connection *connection)
{
	open_channel(topology, connection);
}

void warren_amqp_topology_break(struct warren_amqp_topology *topology)
{
	struct warren_amqp_item *item;

	land(topology);
	topology->channel = DECLARING_CLOSED;
	topology->retry_at_ms = 0;
	TAILQ_FOREACH(item, &topology->items, link)
	{
		ask_again(item);
	}
}

bool warren_amqp_topology_awaits(const struct warren_amqp_topology *topology)
{
	return topology->channel == DECLARING_OPENING || !TAILQ_EMPTY(&topology->flight);
}

/* ---- judging ---- */

static bool is_obstacle(const struct warren_amqp_item *item)
{
	return item->text && !item->forgotten;
}

static void change(struct warren_amqp_topology *topology)
{
	topology->changed = true;
	topology->retry_wait_ms = WARREN_AMQP_RETRY_FIRST_MS;
	topology->retry_at_ms = 0;
}

/* Bindings of it are made again; of what was no obstacle only those that could not be made. */
static void free_bindings(struct warren_amqp_topology *topology, const char *name, bool all)
{
	struct warren_amqp_item *item;

	TAILQ_FOREACH(item, &topology->items, link)
	{
		if (item->kind == WARREN_AMQP_BINDING && item->state == WARREN_AMQP_JUDGED &&
			(all || item->text) &&
			(strcmp(item->binding.exchange, name) == 0 ||
				strcmp(item->binding.queue, name) == 0))
			ask_again(item);
	}
}

static void judge_fine(struct warren_amqp_topology *topology, struct warren_amqp_item *item)
{
	bool was_obstacle = item->text != NULL;

	item->state = WARREN_AMQP_JUDGED;
	item->fine = true;
	if (item->kind != WARREN_AMQP_BINDING)
		free_bindings(topology, warren_amqp_item_name(item), was_obstacle);
	if (!was_obstacle)
		return;
	warren_log(topology->log, WARREN_LOG_INFO, "an obstacle on the broker is gone",
		WARREN_TEXT("name", warren_amqp_item_name(item)));
	free(item->text);
	item->text = NULL;
	change(topology);
}

static void judge(struct warren_amqp_topology *topology, struct warren_amqp_item *item,
	enum warren_obstacle_kind obstacle, const char *text)
{
	bool known = item->text && item->obstacle == obstacle && strcmp(item->text, text) == 0;

	item->state = WARREN_AMQP_JUDGED;
	item->again = true;
	item->fine = obstacle == WARREN_OBSTACLE_TUNED;
	item->obstacle = obstacle;
	if (known)
		return;
	char *copy = strdup(text);
	if (!copy)
		return; /* it is told the next time */
	free(item->text);
	item->text = copy;
	topology->obstacle_count++;
	warren_log(topology->log,
		item->fine || obstacle == WARREN_OBSTACLE_STALE ? WARREN_LOG_WARN
								: WARREN_LOG_ERROR,
		obstacle == WARREN_OBSTACLE_STALE ? "a queue stands that nobody consumes any more"
						  : "the broker cannot give what was asked",
		WARREN_TEXT("name", warren_amqp_item_name(item)),
		WARREN_TEXT("obstacle", warren_obstacle_kind_name(obstacle)),
		WARREN_TEXT("reason", text));
	change(topology);
}

static const char *word_for(const struct warren_amqp_item *item)
{
	return item->kind == WARREN_AMQP_EXCHANGE ? "exchange" : "queue";
}

static void judge_drift(struct warren_amqp_topology *topology, struct warren_amqp_item *item)
{
	char text[WARREN_DRIFT_TEXT_SIZE];

	warren_drift_tell(text, &item->drift, word_for(item), warren_amqp_item_name(item));
	judge(topology, item, item->drift.breaks ? WARREN_OBSTACLE_BREAKS : WARREN_OBSTACLE_TUNED,
		text);
}

static void judge_missing(
	struct warren_amqp_topology *topology, struct warren_amqp_item *item, const char *why)
{
	char text[WARREN_DRIFT_TEXT_SIZE];

	if (item->kind == WARREN_AMQP_BINDING)
		snprintf(text, sizeof text, "exchange %.255s cannot be bound to queue %.255s: %s",
			item->binding.exchange, item->binding.queue, why);
	else
		snprintf(text, sizeof text, "%s %.255s is missing%s (%s)", word_for(item),
			warren_amqp_item_name(item),
			item->look ? ", and this account may not declare it: import "
				     "rabbitmq/definitions.json, or give it that permission"
				   : "",
			why);
	judge(topology, item, WARREN_OBSTACLE_MISSING, text);
}

static void judge_forbidden(
	struct warren_amqp_topology *topology, struct warren_amqp_item *item, const char *why)
{
	char text[WARREN_DRIFT_TEXT_SIZE];

	snprintf(text, sizeof text,
		"this account may not use %s %.255s; give it the permission (%s)", word_for(item),
		warren_amqp_item_name(item), why);
	judge(topology, item, WARREN_OBSTACLE_FORBIDDEN, text);
}

static void judge_otherwise(
	struct warren_amqp_topology *topology, struct warren_amqp_item *item, const char *why)
{
	char text[WARREN_DRIFT_TEXT_SIZE];

	if (item->drift.count > 0) {
		judge_drift(topology, item); /* as far as it is known */
		return;
	}
	snprintf(text, sizeof text, "%s %.255s cannot be used: %s", word_for(item),
		warren_amqp_item_name(item), why);
	judge(topology, item, WARREN_OBSTACLE_BREAKS, text);
}

/* It was there, as far as we know: perhaps it is again when it is declared. */
static void declare_again(
	struct warren_amqp_topology *topology, enum warren_amqp_item_kind kind, const char *name)
{
	struct warren_amqp_item *item = find(topology, kind, name);

	if (item && item->fine && item->state == WARREN_AMQP_JUDGED)
		ask_again(item);
}

static void refuse_declared(struct warren_amqp_topology *topology, struct warren_amqp_item *item,
	uint16_t code, const char *why)
{
	bool can_look = !item->look &&
			(item->kind == WARREN_AMQP_EXCHANGE || item->kind == WARREN_AMQP_QUEUE);

	if (code == AMQP_PRECONDITION_FAILED && warren_amqp_item_adopt(item, why)) {
		item->state = WARREN_AMQP_UNSENT;
	} else if (code == AMQP_ACCESS_REFUSED && can_look) {
		item->look = true;
		item->state = WARREN_AMQP_UNSENT;
	} else if (code == AMQP_ACCESS_REFUSED &&
		   (item->kind == WARREN_AMQP_BINDING || item->look)) {
		/* It may not even look (RabbitMQ 4.3): what is returned tells whether it is there. */
		judge_fine(topology, item);
	} else if (code == AMQP_ACCESS_REFUSED) {
		judge_forbidden(topology, item, why);
	} else if (code == AMQP_NOT_FOUND) {
		bool is_news = item->text == NULL;
		judge_missing(topology, item, why);
		if (item->kind == WARREN_AMQP_BINDING && is_news) {
			declare_again(topology, WARREN_AMQP_EXCHANGE, item->binding.exchange);
			declare_again(topology, WARREN_AMQP_QUEUE, item->binding.queue);
		}
	} else {
		judge_otherwise(topology, item, why);
	}
}

static void judge_stale(struct warren_amqp_topology *topology, struct warren_amqp_item *item)
{
	char text[WARREN_DRIFT_TEXT_SIZE];

	warren_drift_tell_stale(text, warren_amqp_item_name(item));
	judge(topology, item, WARREN_OBSTACLE_STALE, text);
}

static void refuse(struct warren_amqp_topology *topology, struct warren_amqp_item *item,
	uint16_t code, const char *why)
{
	if (item->kind == WARREN_AMQP_GONE && code == AMQP_NOT_FOUND)
		judge_fine(topology, item);
	else if (item->kind == WARREN_AMQP_READ && code == AMQP_PRECONDITION_FAILED)
		judge_fine(topology, item); /* see send_read */
	else
		refuse_declared(topology, item, code, why);
}

/* ---- sending ---- */

/* On an exchange of another type it would route otherwise than anybody means. */
static bool is_hindered(
	const struct warren_amqp_topology *topology, const struct warren_amqp_item *item)
{
	if (item->kind != WARREN_AMQP_BINDING)
		return false;
	const struct warren_amqp_item *exchange =
		find(topology, WARREN_AMQP_EXCHANGE, item->binding.exchange);
	return exchange && exchange->state == WARREN_AMQP_JUDGED && !exchange->fine;
}

static void retry(struct warren_amqp_topology *topology, int64_t now_ms)
{
	struct warren_amqp_item *item;
	bool any = false;

	TAILQ_FOREACH(item, &topology->items, link)
	{
		any = any || is_obstacle(item);
	}
	if (!any || topology->retry_at_ms == 0) {
		topology->retry_at_ms = any ? now_ms + topology->retry_wait_ms : 0;
		return;
	}
	if (now_ms < topology->retry_at_ms)
		return;
	TAILQ_FOREACH(item, &topology->items, link)
	{
		if (!is_obstacle(item) || item->state != WARREN_AMQP_JUDGED)
			continue;
		ask_again(item);
		item->again = true;
	}
	topology->retry_wait_ms *= 2;
	if (topology->retry_wait_ms > WARREN_AMQP_RETRY_MAX_MS)
		topology->retry_wait_ms = WARREN_AMQP_RETRY_MAX_MS;
	topology->retry_at_ms = now_ms + topology->retry_wait_ms;
}

bool warren_amqp_topology_send(struct warren_amqp_topology *topology,
	struct warren_amqp_connection *connection, int64_t now_ms)
{
	struct warren_amqp_item *item;
	bool all = topology->channel == DECLARING_OPEN;

	if (all)
		retry(topology, now_ms);
	TAILQ_FOREACH(item, &topology->items, link)
	{
		if (topology->channel == DECLARING_OPEN && item->state == WARREN_AMQP_UNSENT) {
			if (is_hindered(topology, item)) {
				item->state = WARREN_AMQP_JUDGED;
				continue;
			}
			warren_amqp_item_send(item, connection);
			item->state = WARREN_AMQP_SENT;
			TAILQ_INSERT_TAIL(&topology->flight, item, flight_link);
		}
		all = all && (item->state == WARREN_AMQP_JUDGED || item->again);
	}
	return all;
}

/* ---- frames ---- */

static struct warren_amqp_item *pop(struct warren_amqp_topology *topology)
{
	struct warren_amqp_item *item = TAILQ_FIRST(&topology->flight);

	if (item) {
		TAILQ_REMOVE(&topology->flight, item, flight_link);
		item->state = WARREN_AMQP_UNSENT;
	}
	return item;
}

/* Returns whether the reply does not count any more. */
static bool is_void(struct warren_amqp_topology *topology, struct warren_amqp_item *item)
{
	if (item->forgotten) {
		forget(topology, item);
		return true;
	}
	bool stale = item->stale;
	item->stale = false;
	return stale;
}

static void take_reply(struct warren_amqp_topology *topology,
	struct warren_amqp_connection *connection, amqp_method_number_t id)
{
	struct warren_amqp_item *item = pop(topology);

	if (!item)
		warren_amqp_connection_fail(
			connection, "%s came unasked while declaring", amqp_method_name(id));
	else if (is_void(topology, item))
		return;
	else if (item->drift.count > 0)
		judge_drift(topology, item);
	else if (item->kind == WARREN_AMQP_GONE)
		judge_stale(topology, item);
	else
		judge_fine(topology, item);
}

static void take_close(struct warren_amqp_topology *topology,
	struct warren_amqp_connection *connection, const amqp_channel_close_t *close)
{
	amqp_channel_close_ok_t close_ok = {0};
	char why[WARREN_AMQP_SHORT_MAX + 1];
	struct warren_amqp_item *item = pop(topology);

	snprintf(why, sizeof why, "%.*s", (int)close->reply_text.len,
		(const char *)close->reply_text.bytes);
	if (!item)
		warren_amqp_connection_fail(connection, "%s", why);
	else if (!is_void(topology, item))
		refuse(topology, item, close->reply_code, why);
	land(topology);
	warren_amqp_send_method(
		connection, WARREN_AMQP_DECLARING_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
	open_channel(topology, connection);
}

void warren_amqp_topology_frame(struct warren_amqp_topology *topology,
	struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	amqp_method_number_t id =
		frame->frame_type == AMQP_FRAME_METHOD ? frame->payload.method.id : 0;

	switch (id) {
	case AMQP_CHANNEL_OPEN_OK_METHOD:
		topology->channel = DECLARING_OPEN;
		break;
	case AMQP_EXCHANGE_DECLARE_OK_METHOD:
	case AMQP_QUEUE_DECLARE_OK_METHOD:
	case AMQP_QUEUE_BIND_OK_METHOD:
		take_reply(topology, connection, id);
		break;
	case AMQP_CHANNEL_CLOSE_METHOD:
		take_close(topology, connection, frame->payload.method.decoded);
		break;
	default:
		warren_amqp_connection_fail(connection, "%s came unasked while declaring",
			id ? amqp_method_name(id) : "a frame");
	}
}

/* ---- consumers ---- */

bool warren_amqp_topology_usable(const struct warren_amqp_topology *topology, const char *queue)
{
	const struct warren_amqp_item *item = find(topology, WARREN_AMQP_QUEUE, queue);
	const struct warren_amqp_item *read = find(topology, WARREN_AMQP_READ, queue);

	if (!item)
		item = find(topology, WARREN_AMQP_LOOK, queue);
	return item && item->state == WARREN_AMQP_JUDGED && item->fine &&
	       (!read || (read->state == WARREN_AMQP_JUDGED && read->fine));
}

void warren_amqp_topology_lost(struct warren_amqp_topology *topology, const char *queue)
{
	declare_again(topology, WARREN_AMQP_QUEUE, queue);
	declare_again(topology, WARREN_AMQP_LOOK, queue);
	free_bindings(topology, queue, true);
}

void warren_amqp_topology_refused(
	struct warren_amqp_topology *topology, const char *queue, uint16_t code, const char *why)
{
	if (code == AMQP_NOT_FOUND) {
		warren_amqp_topology_lost(topology, queue);
		return;
	}
	struct warren_amqp_item *read = find(topology, WARREN_AMQP_READ, queue);
	if (!read)
		read = item_add(topology, &(struct warren_amqp_item){.kind = WARREN_AMQP_READ,
						  .queue = {.name = queue}});
	if (read)
		refuse_declared(topology, read, code, why);
}

void warren_amqp_topology_obstacles(
	const struct warren_amqp_topology *topology, warren_obstacle_fn fn, void *data)
{
	struct warren_amqp_item *item;

	TAILQ_FOREACH(item, &topology->items, link)
	{
		if (is_obstacle(item))
			fn(&(struct warren_obstacle){.kind = item->obstacle,
				   .name = warren_amqp_item_name(item),
				   .text = item->text},
				data);
	}
}
