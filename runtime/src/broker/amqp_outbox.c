/* What waits and what is in flight; sending is in amqp_publish.c. */
#include "broker/amqp_outbox.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* ---- one publication ---- */

static size_t text_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static size_t message_size(const struct warren_broker_message *m)
{
	size_t size = m->header_count * sizeof *m->headers + text_size(m->exchange) +
		      text_size(m->routing_key) + text_size(m->type) + text_size(m->message_id) +
		      text_size(m->correlation_id) + text_size(m->reply_to) + text_size(m->app_id) +
		      text_size(m->content_type) + m->body_len;

	for (size_t i = 0; i < m->header_count; i++)
		size += text_size(m->headers[i].name) + text_size(m->headers[i].text);
	return size;
}

static const char *put_text(char **at, const char *text)
{
	size_t size = text_size(text);
	char *copy = *at;

	if (!text)
		return NULL;
	memcpy(copy, text, size);
	*at += size;
	return copy;
}

struct warren_amqp_publication *warren_amqp_publication_open(
	const struct warren_broker_message *message, warren_broker_on_settled on_settled,
	void *data)
{
	size_t size = sizeof(struct warren_amqp_publication) + message_size(message);
	struct warren_amqp_publication *publication = malloc(size);

	if (!publication)
		return NULL;
	*publication = (struct warren_amqp_publication){
		.message = *message, .on_settled = on_settled, .data = data, .bytes = size};
	struct warren_broker_message *m = &publication->message;
	struct warren_broker_header *headers = (struct warren_broker_header *)(publication + 1);
	char *at = (char *)(headers + message->header_count);
	for (size_t i = 0; i < message->header_count; i++)
		headers[i] = (struct warren_broker_header){
			.name = put_text(&at, message->headers[i].name),
			.text = put_text(&at, message->headers[i].text),
			.number = message->headers[i].number};
	m->headers = headers;
	m->exchange = put_text(&at, message->exchange);
	m->routing_key = put_text(&at, message->routing_key);
	m->type = put_text(&at, message->type);
	m->message_id = put_text(&at, message->message_id);
	m->correlation_id = put_text(&at, message->correlation_id);
	m->reply_to = put_text(&at, message->reply_to);
	m->app_id = put_text(&at, message->app_id);
	m->content_type = put_text(&at, message->content_type);
	m->body = (uint8_t *)at;
	if (message->body_len > 0)
		memcpy(at, message->body, message->body_len);
	return publication;
}

/* ---- the ring ---- */

static struct warren_amqp_publication **ring_at(struct warren_amqp_outbox *outbox, size_t nth)
{
	assert(nth < outbox->capacity);
	return &outbox->in_flight[(outbox->first + nth) % outbox->capacity];
}

int warren_amqp_outbox_reserve(struct warren_amqp_outbox *outbox)
{
	size_t capacity = outbox->capacity ? outbox->capacity * 2 : 256;

	if (outbox->count < outbox->capacity)
		return 0;
	struct warren_amqp_publication **ring = calloc(capacity, sizeof *ring);
	if (!ring)
		return -ENOMEM;
	for (size_t i = 0; i < outbox->count; i++)
		ring[i] = *ring_at(outbox, i);
	free(outbox->in_flight);
	outbox->in_flight = ring;
	outbox->capacity = capacity;
	outbox->first = 0;
	return 0;
}

void warren_amqp_outbox_push(
	struct warren_amqp_outbox *outbox, struct warren_amqp_publication *publication)
{
	assert(outbox->count < outbox->capacity);
	*ring_at(outbox, outbox->count++) = publication;
}

struct warren_amqp_publication *warren_amqp_outbox_at(
	const struct warren_amqp_outbox *outbox, size_t nth)
{
	return outbox->in_flight[(outbox->first + nth) % outbox->capacity];
}

static struct warren_amqp_publication *ring_take(struct warren_amqp_outbox *outbox, size_t nth)
{
	struct warren_amqp_publication *publication = *ring_at(outbox, nth);

	*ring_at(outbox, nth) = NULL;
	while (outbox->count > 0 && !*ring_at(outbox, 0)) {
		outbox->first = (outbox->first + 1) % outbox->capacity;
		outbox->first_number++;
		outbox->count--;
	}
	return publication;
}

/* ---- settling ---- */

static void settle(struct warren_amqp_outbox *outbox, struct warren_amqp_publication *publication,
	enum warren_broker_outcome outcome)
{
	if (outbox->in_pieces == publication)
		outbox->in_pieces = NULL;
	outbox->settle(publication, outcome, outbox->data);
}

/* The broker may repeat itself, or name what was never sent: that changes nothing. */
void warren_amqp_outbox_confirm(
	struct warren_amqp_outbox *outbox, uint64_t number, bool multiple, bool taken)
{
	if (number < outbox->first_number || number - outbox->first_number >= outbox->count)
		return;
	uint64_t from = multiple ? outbox->first_number : number;
	for (uint64_t n = from; n <= number; n++) {
		if (n < outbox->first_number)
			continue; /* the ring moved on over what was settled */
		struct warren_amqp_publication *publication =
			ring_take(outbox, (size_t)(n - outbox->first_number));
		if (publication)
			settle(outbox, publication,
				publication->returned ? WARREN_BROKER_RETURNED
				: taken               ? WARREN_BROKER_CONFIRMED
						      : WARREN_BROKER_REFUSED);
	}
}

void warren_amqp_outbox_flushed(
	struct warren_amqp_outbox *outbox, const struct warren_amqp_connection *connection)
{
	struct warren_amqp_publication *publication;

	while ((publication = TAILQ_FIRST(&outbox->leaving)) && publication->end != 0 &&
		publication->end <= connection->written) {
		TAILQ_REMOVE(&outbox->leaving, publication, link);
		settle(outbox, publication, WARREN_BROKER_SENT);
	}
}

/* ---- what does not wait any longer ---- */

#define LONG_AGO_MS 1

enum warren_broker_outcome warren_amqp_outbox_verdict(
	const struct warren_amqp_publication *publication)
{
	return publication->may_have_arrived || publication->suspect ? WARREN_BROKER_LOST
								     : WARREN_BROKER_UNSENT;
}

/* Returns until when it waits; INT64_MAX: for ever. */
static int64_t waits_until_ms(
	const struct warren_amqp_outbox *outbox, const struct warren_amqp_publication *publication)
{
	if (outbox->held && publication->message.now_or_never &&
		warren_amqp_outbox_verdict(publication) == WARREN_BROKER_UNSENT)
		return LONG_AGO_MS;
	return publication->message.expires_ms ? publication->message.expires_ms : INT64_MAX;
}

static void note_expiry(
	struct warren_amqp_outbox *outbox, const struct warren_amqp_publication *publication)
{
	int64_t until_ms = waits_until_ms(outbox, publication);

	if (until_ms < outbox->expires_ms)
		outbox->expires_ms = until_ms;
}

void warren_amqp_outbox_hold(struct warren_amqp_outbox *outbox, bool held)
{
	struct warren_amqp_publication *publication;

	outbox->held = held;
	TAILQ_FOREACH(publication, &outbox->waiting, link)
	{
		note_expiry(outbox, publication);
	}
}

void warren_amqp_outbox_expire(struct warren_amqp_outbox *outbox, int64_t wall_ms)
{
	struct warren_amqp_publications kept = TAILQ_HEAD_INITIALIZER(kept);
	struct warren_amqp_publication *publication;

	if (wall_ms < outbox->expires_ms)
		return;
	outbox->expires_ms = INT64_MAX;
	while ((publication = TAILQ_FIRST(&outbox->waiting))) {
		TAILQ_REMOVE(&outbox->waiting, publication, link);
		if (waits_until_ms(outbox, publication) <= wall_ms) {
			settle(outbox, publication, warren_amqp_outbox_verdict(publication));
			continue;
		}
		note_expiry(outbox, publication);
		TAILQ_INSERT_TAIL(&kept, publication, link);
	}
	TAILQ_CONCAT(&outbox->waiting, &kept, link);
}

/* ---- life ---- */

void warren_amqp_outbox_init(struct warren_amqp_outbox *outbox)
{
	*outbox = (struct warren_amqp_outbox){
		.first_number = 1, .expires_ms = INT64_MAX, .held = true, .body_max = UINT64_MAX};
	TAILQ_INIT(&outbox->waiting);
	TAILQ_INIT(&outbox->leaving);
}

void warren_amqp_outbox_free(struct warren_amqp_outbox *outbox)
{
	assert(outbox->count == 0 && TAILQ_EMPTY(&outbox->waiting));
	assert(TAILQ_EMPTY(&outbox->leaving));
	free(outbox->in_flight);
}

void warren_amqp_outbox_take(
	struct warren_amqp_outbox *outbox, struct warren_amqp_publications *list)
{
	struct warren_amqp_publication *publication;

	TAILQ_FOREACH(publication, list, link)
	{
		note_expiry(outbox, publication);
	}
	TAILQ_CONCAT(&outbox->waiting, list, link);
}

void warren_amqp_outbox_recall(struct warren_amqp_outbox *outbox,
	bool (*again)(struct warren_amqp_publication *publication, void *data,
		enum warren_broker_outcome *otherwise),
	void *data)
{
	struct warren_amqp_publications back = TAILQ_HEAD_INITIALIZER(back);
	enum warren_broker_outcome otherwise = WARREN_BROKER_LOST;

	outbox->ready = outbox->alone = false;
	if (outbox->in_pieces && !outbox->in_pieces->message.unconfirmed)
		outbox->in_pieces = NULL;
	while (outbox->count > 0) {
		struct warren_amqp_publication *publication = ring_take(outbox, 0);
		if (!again(publication, data, &otherwise)) {
			settle(outbox, publication, otherwise);
			continue;
		}
		publication->returned = false;
		note_expiry(outbox, publication);
		TAILQ_INSERT_TAIL(&back, publication, link);
	}
	outbox->first_number = 1;
	TAILQ_CONCAT(&back, &outbox->waiting, link);
	TAILQ_CONCAT(&outbox->waiting, &back, link);
}

void warren_amqp_outbox_recall_unconfirmed(struct warren_amqp_outbox *outbox, uint64_t position)
{
	struct warren_amqp_publications back = TAILQ_HEAD_INITIALIZER(back);
	struct warren_amqp_publication *publication;

	while ((publication = TAILQ_FIRST(&outbox->leaving))) {
		TAILQ_REMOVE(&outbox->leaving, publication, link);
		if (outbox->in_pieces == publication)
			outbox->in_pieces = NULL;
		if (publication->position < position) {
			settle(outbox, publication, WARREN_BROKER_LOST);
			continue;
		}
		note_expiry(outbox, publication);
		TAILQ_INSERT_TAIL(&back, publication, link);
	}
	TAILQ_CONCAT(&back, &outbox->waiting, link);
	TAILQ_CONCAT(&outbox->waiting, &back, link);
}

/* Takes the last one that is on its way out of where it is; NULL when it lies before `fixed`. */
static struct warren_amqp_publication *pop_last(struct warren_amqp_outbox *outbox, uint64_t fixed)
{
	struct warren_amqp_publication *unconfirmed =
		TAILQ_LAST(&outbox->leaving, warren_amqp_publications);
	struct warren_amqp_publication *last =
		outbox->count > 0 ? warren_amqp_outbox_at(outbox, outbox->count - 1) : NULL;

	if (unconfirmed && (!last || last->position < unconfirmed->position))
		last = unconfirmed;
	if (!last || last->position < fixed)
		return NULL;
	if (last == unconfirmed)
		TAILQ_REMOVE(&outbox->leaving, last, link);
	else
		*ring_at(outbox, --outbox->count) = NULL;
	return last;
}

void warren_amqp_outbox_take_back(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection)
{
	uint64_t fixed = warren_amqp_connection_fixed(connection);
	struct warren_amqp_publication *last;

	if (fixed < outbox->kept)
		fixed = outbox->kept;
	while ((last = pop_last(outbox, fixed))) {
		warren_amqp_connection_cut(connection, last->position);
		outbox->in_pieces = NULL;
		note_expiry(outbox, last);
		TAILQ_INSERT_HEAD(&outbox->waiting, last, link);
	}
}

/* `data` points to the connection's position up to which it was written. */
static bool again_if_safe(struct warren_amqp_publication *publication, void *data,
	enum warren_broker_outcome *otherwise)
{
	const uint64_t *written = data;
	bool was_written = publication->position < *written;

	*otherwise = WARREN_BROKER_LOST;
	publication->may_have_arrived |= was_written;
	return publication->message.persistent || !was_written;
}

void warren_amqp_outbox_break(
	struct warren_amqp_outbox *outbox, const struct warren_amqp_connection *connection)
{
	uint64_t written = connection->written;

	warren_amqp_outbox_flushed(outbox, connection);
	warren_amqp_outbox_recall_unconfirmed(outbox, written);
	outbox->blocked = outbox->unconfirmed_used = false;
	outbox->kept = 0;
	outbox->body_max = UINT64_MAX;
	warren_amqp_outbox_recall(outbox, again_if_safe, &written);
}

void warren_amqp_outbox_end(struct warren_amqp_outbox *outbox)
{
	struct warren_amqp_publication *publication;

	while ((publication = TAILQ_FIRST(&outbox->waiting))) {
		TAILQ_REMOVE(&outbox->waiting, publication, link);
		settle(outbox, publication, warren_amqp_outbox_verdict(publication));
	}
}
