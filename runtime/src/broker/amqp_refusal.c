/* Refused publishes: which one the broker closed the channel over, and those that go again. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_outbox.h"

#define NUMBER_TEXT_MAX 20

/* The reason of a channel.close, as far as it can be understood. */
struct refusal {
	const char *text; /* the broker's words, not terminated */
	size_t text_len;
	uint64_t written; /* what is behind it never left */
	/*
	 * Where those lie that it may be, and how many they are; 0: it may be any.  Publishes
	 * before the first were taken, those behind the last were never looked at.
	 */
	uint64_t first, last;
	size_t candidates;
	bool is_only;         /* it is the one in flight, whatever the text says */
	const char *exchange; /* in `text`; NULL: it names none */
	const char *topic;
	uint64_t body_len, body_max; /* 0: it names none */
	bool is_gone;                /* the exchange is not there; it is declared again */
	struct warren_amqp_outbox *outbox;
};

/* ---- the broker's words ---- */

/* Returns what follows `words` in the text; NULL when they are not there. */
static const char *behind(const struct refusal *refusal, const char *words)
{
	const char *at = memmem(refusal->text, refusal->text_len, words, strlen(words));
	return at ? at + strlen(words) : NULL;
}

static uint64_t number_behind(const struct refusal *refusal, const char *words)
{
	const char *at = behind(refusal, words);
	char digits[NUMBER_TEXT_MAX] = "";

	if (!at)
		return 0;
	size_t left = refusal->text_len - (size_t)(at - refusal->text);
	memcpy(digits, at, left < sizeof digits - 1 ? left : sizeof digits - 1);
	return strtoull(digits, NULL, 10);
}

/*
 * These are RabbitMQ's texts from 3.10 to 4.3; one that says something else names nothing, and then
 * the publish is found by trying.
 */
static void understand(struct refusal *refusal, uint16_t code)
{
	if (code == AMQP_NOT_FOUND || code == AMQP_ACCESS_REFUSED)
		refusal->exchange = behind(refusal, "exchange '");
	if (code == AMQP_ACCESS_REFUSED)
		refusal->topic = behind(refusal, "access to topic '");
	if (code == AMQP_PRECONDITION_FAILED) {
		refusal->body_len = number_behind(refusal, "message size ");
		refusal->body_max = number_behind(refusal, "max size ");
	}
}

/* Returns whether the text goes on with `name` and the quote that ends it. */
static bool is_quoted(const struct refusal *refusal, const char *at, const char *name)
{
	size_t left = refusal->text_len - (size_t)(at - refusal->text), len = strlen(name);
	return len < left && memcmp(at, name, len) == 0 && at[len] == '\'';
}

static const char *exchange_name(const struct warren_broker_message *message)
{
	return message->exchange && message->exchange[0] ? message->exchange : "amq.default";
}

static bool is_named(
	const struct refusal *refusal, const struct warren_amqp_publication *publication)
{
	const struct warren_broker_message *m = &publication->message;

	if (refusal->topic &&
		!is_quoted(refusal, refusal->topic, m->routing_key ? m->routing_key : ""))
		return false;
	if (refusal->exchange)
		return is_quoted(refusal, refusal->exchange, exchange_name(m));
	return refusal->body_len > 0 && m->body_len == refusal->body_len;
}

/* ---- which one ---- */

static void add_candidate(
	struct refusal *refusal, const struct warren_amqp_publication *publication)
{
	/* A body over the limit is never taken: it was the first of them. */
	if (refusal->candidates > 0 && refusal->body_len > 0)
		return;
	if (refusal->candidates++ == 0)
		refusal->first = publication->position;
	refusal->last = publication->position;
}

static void look_for_it(struct refusal *refusal)
{
	const struct warren_amqp_outbox *outbox = refusal->outbox;
	const struct warren_amqp_publication *newest = NULL;
	const char *exchange = NULL;
	size_t unsettled = 0;

	for (size_t i = 0; i < outbox->count; i++) {
		const struct warren_amqp_publication *one = warren_amqp_outbox_at(outbox, i);
		if (!one || one->position >= refusal->written)
			continue;
		unsettled++;
		newest = one;
		if (is_named(refusal, one)) {
			exchange = one->message.exchange;
			add_candidate(refusal, one);
		}
	}
	if (refusal->candidates == 0 && unsettled == 1) {
		refusal->is_only = true;
		add_candidate(refusal, newest);
	}
	refusal->is_gone =
		refusal->is_gone && exchange && outbox->declare_again(exchange, outbox->data);
}

static bool is_it(const struct refusal *refusal, const struct warren_amqp_publication *publication)
{
	return refusal->is_only ? publication->position == refusal->first
				: is_named(refusal, publication);
}

void warren_amqp_outbox_log_refused(struct warren_amqp_outbox *outbox,
	const struct warren_amqp_publication *publication, const char *text, size_t text_len)
{
	const struct warren_broker_message *m = &publication->message;
	char words[WARREN_AMQP_SHORT_MAX + 1];
	size_t len = text_len < sizeof words - 1 ? text_len : sizeof words - 1;

	memcpy(words, text, len);
	words[len] = '\0';
	warren_log(outbox->log, WARREN_LOG_ERROR, "the broker refused a publish",
		WARREN_TEXT("type", m->type ? m->type : ""),
		WARREN_TEXT("message_id", m->message_id ? m->message_id : ""),
		WARREN_TEXT("exchange", m->exchange ? m->exchange : ""),
		WARREN_INT("bytes", (int64_t)m->body_len), WARREN_TEXT("reason", words));
}

static bool again_unless_refused(struct warren_amqp_publication *publication, void *data,
	enum warren_broker_outcome *otherwise)
{
	struct refusal *refusal = data;
	bool may_have_arrived = publication->position <= refusal->last &&
				(refusal->candidates > 1 || publication->position < refusal->first);

	if (publication->position >= refusal->written)
		return true;
	if (refusal->candidates == 0) {
		publication->suspect = true;
		return true;
	}
	if (is_it(refusal, publication)) {
		if (!refusal->is_gone || publication->tried_again) {
			*otherwise = WARREN_BROKER_REFUSED;
			warren_amqp_outbox_log_refused(
				refusal->outbox, publication, refusal->text, refusal->text_len);
			return false;
		}
		publication->tried_again = true;
	}
	*otherwise = WARREN_BROKER_LOST;
	publication->may_have_arrived |= may_have_arrived;
	return publication->message.persistent || !may_have_arrived;
}

/*
 * The channel closed over one that was alone, in the words with which the suspicion began: it is
 * the one.  The others that were in flight with it came behind it, or are settled.
 */
static void clear_suspects(struct warren_amqp_outbox *outbox, const struct refusal *refusal)
{
	struct warren_amqp_publication *publication;

	if (!outbox->suspicion[0] || refusal->text_len != strlen(outbox->suspicion) ||
		memcmp(refusal->text, outbox->suspicion, refusal->text_len) != 0)
		return;
	outbox->suspicion[0] = '\0';
	TAILQ_FOREACH(publication, &outbox->waiting, link)
	{
		publication->suspect = false;
	}
}

static void open_another(
	struct warren_amqp_outbox *outbox, struct warren_amqp_connection *connection)
{
	amqp_channel_close_ok_t close_ok = {0};
	amqp_channel_open_t open = {.out_of_band = amqp_empty_bytes};

	warren_amqp_send_method(
		connection, WARREN_AMQP_CHANNEL, AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
	warren_amqp_send_method(connection, WARREN_AMQP_CHANNEL, AMQP_CHANNEL_OPEN_METHOD, &open);
	warren_amqp_outbox_ask_confirms(outbox, connection);
}

static struct refusal refusal_of(struct warren_amqp_outbox *outbox,
	const struct warren_amqp_connection *connection, const amqp_channel_close_t *close)
{
	struct refusal refusal = {
		.text = close->reply_text.len ? close->reply_text.bytes : "",
		.text_len = close->reply_text.len,
		.written = connection->written,
		.is_gone = close->reply_code == AMQP_NOT_FOUND,
		.outbox = outbox,
	};

	understand(&refusal, close->reply_code);
	return refusal;
}

static void learn_limit(struct warren_amqp_outbox *outbox, const struct refusal *refusal)
{
	if (refusal->body_max > 0 && refusal->body_max < outbox->body_max)
		outbox->body_max = refusal->body_max;
}

void warren_amqp_outbox_refused(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, const amqp_channel_close_t *close)
{
	struct refusal refusal = refusal_of(outbox, connection, close);

	if (outbox->count == 0) {
		warren_amqp_connection_fail(
			connection, "publishing: %.*s", (int)refusal.text_len, refusal.text);
		return;
	}
	look_for_it(&refusal);
	outbox->resets++;
	learn_limit(outbox, &refusal);
	warren_amqp_outbox_recall(outbox, again_unless_refused, &refusal);
	if (refusal.candidates > 0)
		clear_suspects(outbox, &refusal);
	else
		snprintf(outbox->suspicion, sizeof outbox->suspicion, "%.*s", (int)refusal.text_len,
			refusal.text);
	open_another(outbox, connection);
}

/* ---- without confirms ---- */

/* The exchange is gone: its name is in the text. */
static void declare_named(struct warren_amqp_outbox *outbox, const struct refusal *refusal)
{
	char name[WARREN_AMQP_SHORT_MAX + 1];
	size_t left = refusal->text_len - (size_t)(refusal->exchange - refusal->text);
	const char *quote = memchr(refusal->exchange, '\'', left);

	if (!quote || (size_t)(quote - refusal->exchange) >= sizeof name)
		return;
	snprintf(name, sizeof name, "%.*s", (int)(quote - refusal->exchange), refusal->exchange);
	outbox->declare_again(name, outbox->data);
}

void warren_amqp_outbox_refused_unconfirmed(struct warren_amqp_outbox *outbox,
	struct warren_amqp_connection *connection, const amqp_channel_close_t *close)
{
	struct refusal refusal = refusal_of(outbox, connection, close);
	char words[WARREN_AMQP_SHORT_MAX + 1];
	amqp_channel_close_ok_t close_ok = {0};

	snprintf(words, sizeof words, "%.*s", (int)refusal.text_len, refusal.text);
	if (!outbox->unconfirmed_used) { /* it would close another one, too, and another one */
		warren_amqp_connection_fail(connection, "publishing: %s", words);
		return;
	}
	outbox->resets++;
	warren_log(outbox->log, WARREN_LOG_ERROR,
		"the broker refused a publish at most once: it is lost, and so are those that were "
		"in flight behind it",
		WARREN_TEXT("reason", words));
	learn_limit(outbox, &refusal);
	if (refusal.is_gone && refusal.exchange)
		declare_named(outbox, &refusal);
	warren_amqp_outbox_flushed(outbox, connection);
	/* The broker cannot have taken what was not written whole by now. */
	warren_amqp_outbox_recall_unconfirmed(outbox, 0);
	warren_amqp_send_method(connection, WARREN_AMQP_UNCONFIRMED_CHANNEL,
		AMQP_CHANNEL_CLOSE_OK_METHOD, &close_ok);
	warren_amqp_outbox_open_unconfirmed(outbox, connection);
}
