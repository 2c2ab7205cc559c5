/*
 * Hand-made messages and events for the tests of runtime/src/service, as generated code would have
 * them.
 *
 *   ask     to worker, reply answer within 5000 ms
 *   fact    to worker and to other, no reply
 *   hint    to worker, at most once; as whisper_event it has a reply
 *   relay   to relay, reply answer: another ask with a queue of its own
 *   notice  to the browsers of gate
 */
#ifndef SERVICE_FIXTURE_H
#define SERVICE_FIXTURE_H

#include <stddef.h>

#include "service_topology.h"
#include "warren/service.h"

struct note {
	ProtobufCMessage base;
	const char *text;
	const char *password;
	int32_t number;
};

#define NOTE_FIELD(id_, name_, type_, ...)                                                         \
	{.name = #name_,                                                                           \
		.id = (id_),                                                                       \
		.label = PROTOBUF_C_LABEL_NONE,                                                    \
		.type = (type_),                                                                   \
		.offset = offsetof(struct note, name_),                                            \
		##__VA_ARGS__}

static const ProtobufCFieldDescriptor note_field_descriptors[] = {
	NOTE_FIELD(1, text, PROTOBUF_C_TYPE_STRING, .default_value = protobuf_c_empty_string),
	NOTE_FIELD(2, password, PROTOBUF_C_TYPE_STRING, .default_value = protobuf_c_empty_string),
	NOTE_FIELD(3, number, PROTOBUF_C_TYPE_INT32),
};
static const unsigned note_fields_by_name[] = {2, 1, 0};
static const ProtobufCIntRange note_field_ranges[] = {{1, 0}, {0, 3}};

static void note_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor note_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "test.Note",
	.short_name = "Note",
	.c_name = "note",
	.package_name = "test",
	.sizeof_message = sizeof(struct note),
	.n_fields = 3,
	.fields = note_field_descriptors,
	.fields_sorted_by_name = note_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = note_field_ranges,
	.message_init = note_init,
};

static void note_init(ProtobufCMessage *message)
{
	*(struct note *)message = (struct note){
		.base = PROTOBUF_C_MESSAGE_INIT(&note_descriptor),
		.text = protobuf_c_empty_string,
		.password = protobuf_c_empty_string,
	};
}

static const struct warren_field note_fields[] = {
	{.json_name = "text", .flags = WARREN_FIELD_REQUIRED, .max_len = 2000000},
	{.json_name = "password", .flags = WARREN_FIELD_SECRET, .max_len = 64},
	{.json_name = "number"},
};

#define NOTE_TYPE(name_, event_)                                                                   \
	{.name = name_, .event_name = event_, .descriptor = &note_descriptor, .fields = note_fields}

static const struct warren_message_type ask_type = NOTE_TYPE("Ask", "ask");
static const struct warren_message_type answer_type = NOTE_TYPE("Answer", "answer");
static const struct warren_message_type fact_type = NOTE_TYPE("Fact", "fact");
static const struct warren_message_type hint_type = NOTE_TYPE("Hint", "hint");
static const struct warren_message_type notice_type = NOTE_TYPE("Notice", "notice");
static const struct warren_message_type relay_type = NOTE_TYPE("Relay", "relay");

static const struct warren_broker_queue *const ask_queues[] = {&worker_ask};
static const struct warren_broker_queue *const fact_queues[] = {&worker_fact, &other_fact};
static const struct warren_broker_queue *const hint_queues[] = {&worker_hint};
static const struct warren_broker_queue *const relay_queues[] = {&relay_queue};
static const char *const notice_edges[] = {"gate"};
static const char *const gates[] = {"gate", "relay"}; /* who asks, and says facts and hints */
static const char *const workers[] = {"worker"};

static const struct warren_event ask_event = {
	.name = "ask",
	.type = &ask_type,
	.reply = &answer_type,
	.schema = "00000000000000aa",
	.reply_timeout_ms = 5000,
	.replier = "worker",
	.queues = ask_queues,
	.queue_count = 1,
	.producers = gates,
	.producer_count = 2,
};
static const struct warren_event fact_event = {
	.name = "fact",
	.type = &fact_type,
	.schema = "00000000000000ff",
	.queues = fact_queues,
	.queue_count = 2,
	.producers = gates,
	.producer_count = 2,
};
static const struct warren_event hint_event = {
	.name = "hint",
	.type = &hint_type,
	.guarantee = WARREN_AT_MOST_ONCE,
	.schema = "0000000000000011",
	.queues = hint_queues,
	.queue_count = 1,
	.producers = gates,
	.producer_count = 2,
};
static const struct warren_event whisper_event = {
	.name = "hint",
	.type = &hint_type,
	.reply = &answer_type,
	.guarantee = WARREN_AT_MOST_ONCE,
	.schema = "0000000000000022",
	.reply_timeout_ms = 5000,
	.replier = "worker",
	.queues = hint_queues,
	.queue_count = 1,
	.producers = gates,
	.producer_count = 2,
};
static const struct warren_event relay_event = {
	.name = "relay",
	.type = &relay_type,
	.reply = &answer_type,
	.schema = "00000000000000bb",
	.reply_timeout_ms = 5000,
	.queues = relay_queues,
	.queue_count = 1,
};
/* As ask, with a second in place of five. */
static const struct warren_event quick_event = {
	.name = "ask",
	.type = &ask_type,
	.reply = &answer_type,
	.schema = "00000000000000aa",
	.reply_timeout_ms = 1000,
	.replier = "worker",
	.queues = ask_queues,
	.queue_count = 1,
};
static const struct warren_event notice_event = {
	.name = "notice",
	.type = &notice_type,
	.schema = "00000000000000cc",
	.producers = workers,
	.producer_count = 1,
	.edges = notice_edges,
	.edge_count = 1,
};

/* What generated code makes of the variadic calls. */
__attribute__((unused)) static int note_fail(
	struct warren_ctx *ctx, enum warren_code code, const char *field, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_fail(ctx, code, field, fmt, args);
	va_end(args);
	return rc;
}

__attribute__((unused)) static int note_retry(struct warren_ctx *ctx, const char *fmt, ...)
{
	va_list args;
	va_start(args, fmt);
	int rc = warren_retry(ctx, fmt, args);
	va_end(args);
	return rc;
}

/* Keeps what a test does not use from being an error. */
static const void *const note_all[] = {&ask_event, &fact_event, &hint_event, &notice_event,
	&whisper_event, &relay_event, &quick_event, &answer_type, &sys_topology, &gate_topology};
__attribute__((unused)) static const void *const *note_used(void)
{
	return note_all;
}

#endif
