#include "broker/drift.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* Arguments that only tune, however they differ; one that is not known here might break anything. */
static const char *const tuning[] = {"x-message-ttl", "x-expires", "x-max-length",
	"x-max-length-bytes", "x-delivery-limit", "x-max-priority", "x-queue-mode",
	"x-queue-version", "x-queue-leader-locator", "x-queue-master-locator",
	"x-quorum-initial-group-size", "x-quorum-target-group-size", "x-max-in-memory-length",
	"x-max-in-memory-bytes", "x-consumer-timeout", "alternate-exchange"};

/* Some promise more than was asked for where the declaration does not ask. */
static bool is_asked_for(const struct warren_broker_queue *queue, const char *argument)
{
	if (!queue)
		return true;
	if (strcmp(argument, "x-overflow") == 0)
		return queue->reject_publish;
	if (strcmp(argument, "x-single-active-consumer") == 0)
		return queue->single_active_consumer;
	if (strcmp(argument, "x-dead-letter-exchange") == 0 ||
		strcmp(argument, "x-dead-letter-routing-key") == 0)
		return queue->dead_letter_exchange != NULL;
	if (strcmp(argument, "x-dead-letter-strategy") == 0)
		return queue->dead_letter_at_least_once;
	return true;
}

static bool breaks(const struct warren_broker_queue *queue, const char *argument)
{
	for (size_t i = 0; i < sizeof tuning / sizeof tuning[0]; i++)
		if (strcmp(argument, tuning[i]) == 0)
			return false;
	return is_asked_for(queue, argument);
}

void warren_drift_add(struct warren_drift *drift, const struct warren_broker_queue *queue,
	const char *argument, const char *wanted, const char *current)
{
	size_t len = strlen(drift->differences);

	drift->breaks = drift->breaks || breaks(queue, argument);
	snprintf(drift->differences + len, sizeof drift->differences - len,
		"%s%s %s where the schema says %s", drift->count++ > 0 ? ", " : "", argument,
		current, wanted);
}

/* ---- comparing ---- */

static void compare_text(struct warren_drift *drift, const struct warren_broker_queue *queue,
	const char *argument, const char *wanted, const char *current)
{
	wanted = wanted ? wanted : "none";
	current = current ? current : "none";
	if (strcmp(wanted, current) != 0)
		warren_drift_add(drift, queue, argument, wanted, current);
}

static const char *number_text(char ret[16], uint32_t number)
{
	if (number == 0)
		return "none";
	snprintf(ret, 16, "%" PRIu32, number);
	return ret;
}

static void compare_number(struct warren_drift *drift, const struct warren_broker_queue *queue,
	const char *argument, uint32_t wanted, uint32_t current)
{
	char a[16], b[16];
	compare_text(drift, queue, argument, number_text(a, wanted), number_text(b, current));
}

static const char *kind_text(enum warren_queue_kind kind)
{
	return kind == WARREN_QUEUE_QUORUM ? "quorum" : "classic";
}

struct warren_drift warren_drift_compare(
	const struct warren_broker_queue *wanted, const struct warren_broker_queue *current)
{
	const struct warren_broker_queue *a = wanted, *b = current;
	struct warren_drift drift = {0};

	compare_text(&drift, a, "x-queue-type", kind_text(a->kind), kind_text(b->kind));
	compare_number(&drift, a, "x-message-ttl", a->message_ttl_ms, b->message_ttl_ms);
	compare_number(&drift, a, "x-expires", a->expires_ms, b->expires_ms);
	compare_number(&drift, a, "x-max-length", a->max_length, b->max_length);
	compare_number(&drift, a, "x-delivery-limit", a->delivery_limit, b->delivery_limit);
	compare_text(&drift, a, "x-overflow", a->reject_publish ? "reject-publish" : "drop-head",
		b->reject_publish ? "reject-publish" : "drop-head");
	compare_text(&drift, a, "x-single-active-consumer",
		a->single_active_consumer ? "true" : NULL,
		b->single_active_consumer ? "true" : NULL);
	compare_text(&drift, a, "x-dead-letter-exchange", a->dead_letter_exchange,
		b->dead_letter_exchange);
	compare_text(&drift, a, "x-dead-letter-strategy",
		a->dead_letter_at_least_once ? "at-least-once" : NULL,
		b->dead_letter_at_least_once ? "at-least-once" : NULL);
	return drift;
}

/* ---- telling ---- */

void warren_drift_tell(char ret[WARREN_DRIFT_TEXT_SIZE], const struct warren_drift *drift,
	const char *what, const char *name)
{
	snprintf(ret, WARREN_DRIFT_TEXT_SIZE,
		"%s %.255s stands with %s: %s; take the schema's change back, or delete the %s "
		"when nothing is in it",
		what, name, drift->differences,
		drift->breaks ? "that would break what it promises, so it is not used"
			      : "it is used as it stands",
		what);
}

void warren_drift_tell_stale(char ret[WARREN_DRIFT_TEXT_SIZE], const char *name)
{
	snprintf(ret, WARREN_DRIFT_TEXT_SIZE,
		"queue %.255s is there, and nobody in this schema consumes it any more, so that it "
		"fills for ever: delete it when what is in it is not needed",
		name);
}
