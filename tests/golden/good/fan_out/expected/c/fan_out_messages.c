/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
#include "fan_out_messages.h"

#include <stddef.h>

/* ---- OrderPlaced ---- */

static const ProtobufCFieldDescriptor order_placed_field_descriptors[] = {
	{
		.name = "item",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct order_placed, item),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned order_placed_fields_by_name[] = {0};
static const ProtobufCIntRange order_placed_field_ranges[] = {{1, 0}, {0, 1}};

static void order_placed_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor order_placed_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "fan_out.OrderPlaced",
	.short_name = "OrderPlaced",
	.c_name = "order_placed",
	.package_name = "fan_out",
	.sizeof_message = sizeof(struct order_placed),
	.n_fields = 1,
	.fields = order_placed_field_descriptors,
	.fields_sorted_by_name = order_placed_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = order_placed_field_ranges,
	.message_init = order_placed_init,
};

static void order_placed_init(ProtobufCMessage *message)
{
	*(struct order_placed *)message = (struct order_placed){
		.base = PROTOBUF_C_MESSAGE_INIT(&order_placed_descriptor),
		.item = protobuf_c_empty_string,
	};
}

static const struct warren_field order_placed_fields[] = {
	{.json_name = "item", .flags = WARREN_FIELD_REQUIRED},
};

const struct warren_message_type order_placed_type = {
	.name = "OrderPlaced",
	.event_name = "orderPlaced",
	.descriptor = &order_placed_descriptor,
	.fields = order_placed_fields,
};

int order_placed_pack(const struct order_placed *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&order_placed_type, message, arena, ret);
}

int order_placed_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct order_placed **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&order_placed_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int order_placed_to_json(const struct order_placed *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&order_placed_type, message, arena, ret, NULL);
}

int order_placed_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct order_placed **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&order_placed_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int order_placed_check(const struct order_placed *message, struct warren_error *error)
{
	return warren_message_check(&order_placed_type, message, error);
}

const char *order_placed_dump(const struct order_placed *message, struct warren_arena *arena)
{
	return warren_message_dump(&order_placed_type, message, arena);
}

/* ---- OrderAccepted ---- */

static const ProtobufCFieldDescriptor order_accepted_field_descriptors[] = {
	{
		.name = "number",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_UINT64,
		.offset = offsetof(struct order_accepted, number),
	},
};
static const unsigned order_accepted_fields_by_name[] = {0};
static const ProtobufCIntRange order_accepted_field_ranges[] = {{1, 0}, {0, 1}};

static void order_accepted_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor order_accepted_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "fan_out.OrderAccepted",
	.short_name = "OrderAccepted",
	.c_name = "order_accepted",
	.package_name = "fan_out",
	.sizeof_message = sizeof(struct order_accepted),
	.n_fields = 1,
	.fields = order_accepted_field_descriptors,
	.fields_sorted_by_name = order_accepted_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = order_accepted_field_ranges,
	.message_init = order_accepted_init,
};

static void order_accepted_init(ProtobufCMessage *message)
{
	*(struct order_accepted *)message = (struct order_accepted){
		.base = PROTOBUF_C_MESSAGE_INIT(&order_accepted_descriptor),
	};
}

static const struct warren_field order_accepted_fields[] = {{.json_name = "number"}};

const struct warren_message_type order_accepted_type = {
	.name = "OrderAccepted",
	.event_name = "orderAccepted",
	.descriptor = &order_accepted_descriptor,
	.fields = order_accepted_fields,
};

int order_accepted_pack(const struct order_accepted *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&order_accepted_type, message, arena, ret);
}

int order_accepted_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct order_accepted **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&order_accepted_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int order_accepted_to_json(const struct order_accepted *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&order_accepted_type, message, arena, ret, NULL);
}

int order_accepted_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct order_accepted **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&order_accepted_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int order_accepted_check(const struct order_accepted *message, struct warren_error *error)
{
	return warren_message_check(&order_accepted_type, message, error);
}

const char *order_accepted_dump(const struct order_accepted *message, struct warren_arena *arena)
{
	return warren_message_dump(&order_accepted_type, message, arena);
}

/* ---- OrderCreated ---- */

static const ProtobufCFieldDescriptor order_created_field_descriptors[] = {
	{
		.name = "number",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_UINT64,
		.offset = offsetof(struct order_created, number),
	},
};
static const unsigned order_created_fields_by_name[] = {0};
static const ProtobufCIntRange order_created_field_ranges[] = {{1, 0}, {0, 1}};

static void order_created_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor order_created_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "fan_out.OrderCreated",
	.short_name = "OrderCreated",
	.c_name = "order_created",
	.package_name = "fan_out",
	.sizeof_message = sizeof(struct order_created),
	.n_fields = 1,
	.fields = order_created_field_descriptors,
	.fields_sorted_by_name = order_created_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = order_created_field_ranges,
	.message_init = order_created_init,
};

static void order_created_init(ProtobufCMessage *message)
{
	*(struct order_created *)message = (struct order_created){
		.base = PROTOBUF_C_MESSAGE_INIT(&order_created_descriptor),
	};
}

static const struct warren_field order_created_fields[] = {{.json_name = "number"}};

const struct warren_message_type order_created_type = {
	.name = "OrderCreated",
	.event_name = "orderCreated",
	.descriptor = &order_created_descriptor,
	.fields = order_created_fields,
};

int order_created_pack(const struct order_created *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&order_created_type, message, arena, ret);
}

int order_created_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct order_created **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&order_created_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int order_created_to_json(const struct order_created *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&order_created_type, message, arena, ret, NULL);
}

int order_created_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct order_created **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&order_created_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int order_created_check(const struct order_created *message, struct warren_error *error)
{
	return warren_message_check(&order_created_type, message, error);
}

const char *order_created_dump(const struct order_created *message, struct warren_arena *arena)
{
	return warren_message_dump(&order_created_type, message, arena);
}

/* ---- Tick ---- */


static void tick_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor tick_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "fan_out.Tick",
	.short_name = "Tick",
	.c_name = "tick",
	.package_name = "fan_out",
	.sizeof_message = sizeof(struct tick),
	.message_init = tick_init,
};

static void tick_init(ProtobufCMessage *message)
{
	*(struct tick *)message = (struct tick){
		.base = PROTOBUF_C_MESSAGE_INIT(&tick_descriptor),
	};
}


const struct warren_message_type tick_type = {
	.name = "Tick",
	.event_name = "tick",
	.descriptor = &tick_descriptor,
};

int tick_pack(const struct tick *message, struct warren_arena *arena, struct warren_bytes *ret)
{
	return warren_message_pack(&tick_type, message, arena, ret);
}

int tick_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct tick **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&tick_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int tick_to_json(const struct tick *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&tick_type, message, arena, ret, NULL);
}

int tick_from_json(const char *json, size_t len, struct warren_arena *arena, struct tick **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&tick_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int tick_check(const struct tick *message, struct warren_error *error)
{
	return warren_message_check(&tick_type, message, error);
}

const char *tick_dump(const struct tick *message, struct warren_arena *arena)
{
	return warren_message_dump(&tick_type, message, arena);
}

/* ---- OrderForgotten ---- */


static void order_forgotten_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor order_forgotten_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "fan_out.OrderForgotten",
	.short_name = "OrderForgotten",
	.c_name = "order_forgotten",
	.package_name = "fan_out",
	.sizeof_message = sizeof(struct order_forgotten),
	.message_init = order_forgotten_init,
};

static void order_forgotten_init(ProtobufCMessage *message)
{
	*(struct order_forgotten *)message = (struct order_forgotten){
		.base = PROTOBUF_C_MESSAGE_INIT(&order_forgotten_descriptor),
	};
}


const struct warren_message_type order_forgotten_type = {
	.name = "OrderForgotten",
	.event_name = "orderForgotten",
	.descriptor = &order_forgotten_descriptor,
};

int order_forgotten_pack(const struct order_forgotten *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&order_forgotten_type, message, arena, ret);
}

int order_forgotten_unpack(struct warren_bytes bytes, struct warren_arena *arena,
	struct order_forgotten **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&order_forgotten_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int order_forgotten_to_json(const struct order_forgotten *message, struct warren_arena *arena,
	const char **ret)
{
	return warren_message_to_json(&order_forgotten_type, message, arena, ret, NULL);
}

int order_forgotten_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct order_forgotten **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&order_forgotten_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int order_forgotten_check(const struct order_forgotten *message, struct warren_error *error)
{
	return warren_message_check(&order_forgotten_type, message, error);
}

const char *order_forgotten_dump(const struct order_forgotten *message, struct warren_arena *arena)
{
	return warren_message_dump(&order_forgotten_type, message, arena);
}

/* ---- Reserve ---- */

static const ProtobufCFieldDescriptor reserve_field_descriptors[] = {
	{
		.name = "item",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct reserve, item),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned reserve_fields_by_name[] = {0};
static const ProtobufCIntRange reserve_field_ranges[] = {{1, 0}, {0, 1}};

static void reserve_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor reserve_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "fan_out.Reserve",
	.short_name = "Reserve",
	.c_name = "reserve",
	.package_name = "fan_out",
	.sizeof_message = sizeof(struct reserve),
	.n_fields = 1,
	.fields = reserve_field_descriptors,
	.fields_sorted_by_name = reserve_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = reserve_field_ranges,
	.message_init = reserve_init,
};

static void reserve_init(ProtobufCMessage *message)
{
	*(struct reserve *)message = (struct reserve){
		.base = PROTOBUF_C_MESSAGE_INIT(&reserve_descriptor),
		.item = protobuf_c_empty_string,
	};
}

static const struct warren_field reserve_fields[] = {{.json_name = "item"}};

const struct warren_message_type reserve_type = {
	.name = "Reserve",
	.event_name = "reserve",
	.descriptor = &reserve_descriptor,
	.fields = reserve_fields,
};

int reserve_pack(const struct reserve *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&reserve_type, message, arena, ret);
}

int reserve_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct reserve **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&reserve_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int reserve_to_json(const struct reserve *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&reserve_type, message, arena, ret, NULL);
}

int reserve_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct reserve **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&reserve_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int reserve_check(const struct reserve *message, struct warren_error *error)
{
	return warren_message_check(&reserve_type, message, error);
}

const char *reserve_dump(const struct reserve *message, struct warren_arena *arena)
{
	return warren_message_dump(&reserve_type, message, arena);
}

/* ---- Reserved ---- */

static const ProtobufCFieldDescriptor reserved_field_descriptors[] = {
	{
		.name = "ok",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_BOOL,
		.offset = offsetof(struct reserved, ok),
	},
};
static const unsigned reserved_fields_by_name[] = {0};
static const ProtobufCIntRange reserved_field_ranges[] = {{1, 0}, {0, 1}};

static void reserved_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor reserved_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "fan_out.Reserved",
	.short_name = "Reserved",
	.c_name = "reserved",
	.package_name = "fan_out",
	.sizeof_message = sizeof(struct reserved),
	.n_fields = 1,
	.fields = reserved_field_descriptors,
	.fields_sorted_by_name = reserved_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = reserved_field_ranges,
	.message_init = reserved_init,
};

static void reserved_init(ProtobufCMessage *message)
{
	*(struct reserved *)message = (struct reserved){
		.base = PROTOBUF_C_MESSAGE_INIT(&reserved_descriptor),
	};
}

static const struct warren_field reserved_fields[] = {{.json_name = "ok"}};

const struct warren_message_type reserved_type = {
	.name = "Reserved",
	.event_name = "reserved",
	.descriptor = &reserved_descriptor,
	.fields = reserved_fields,
};

int reserved_pack(const struct reserved *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&reserved_type, message, arena, ret);
}

int reserved_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct reserved **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&reserved_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int reserved_to_json(const struct reserved *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&reserved_type, message, arena, ret, NULL);
}

int reserved_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct reserved **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&reserved_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int reserved_check(const struct reserved *message, struct warren_error *error)
{
	return warren_message_check(&reserved_type, message, error);
}

const char *reserved_dump(const struct reserved *message, struct warren_arena *arena)
{
	return warren_message_dump(&reserved_type, message, arena);
}

/* ---- StockLow ---- */

static const ProtobufCFieldDescriptor stock_low_field_descriptors[] = {
	{
		.name = "item",
		.id = 1,
		.label = PROTOBUF_C_LABEL_NONE,
		.type = PROTOBUF_C_TYPE_STRING,
		.offset = offsetof(struct stock_low, item),
		.default_value = protobuf_c_empty_string,
	},
};
static const unsigned stock_low_fields_by_name[] = {0};
static const ProtobufCIntRange stock_low_field_ranges[] = {{1, 0}, {0, 1}};

static void stock_low_init(ProtobufCMessage *message);

static const ProtobufCMessageDescriptor stock_low_descriptor = {
	.magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
	.name = "fan_out.StockLow",
	.short_name = "StockLow",
	.c_name = "stock_low",
	.package_name = "fan_out",
	.sizeof_message = sizeof(struct stock_low),
	.n_fields = 1,
	.fields = stock_low_field_descriptors,
	.fields_sorted_by_name = stock_low_fields_by_name,
	.n_field_ranges = 1,
	.field_ranges = stock_low_field_ranges,
	.message_init = stock_low_init,
};

static void stock_low_init(ProtobufCMessage *message)
{
	*(struct stock_low *)message = (struct stock_low){
		.base = PROTOBUF_C_MESSAGE_INIT(&stock_low_descriptor),
		.item = protobuf_c_empty_string,
	};
}

static const struct warren_field stock_low_fields[] = {{.json_name = "item"}};

const struct warren_message_type stock_low_type = {
	.name = "StockLow",
	.event_name = "stockLow",
	.descriptor = &stock_low_descriptor,
	.fields = stock_low_fields,
};

int stock_low_pack(const struct stock_low *message, struct warren_arena *arena,
	struct warren_bytes *ret)
{
	return warren_message_pack(&stock_low_type, message, arena, ret);
}

int stock_low_unpack(struct warren_bytes bytes, struct warren_arena *arena, struct stock_low **ret,
	struct warren_error *error)
{
	void *message;
	int rc = warren_message_unpack(&stock_low_type, bytes, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int stock_low_to_json(const struct stock_low *message, struct warren_arena *arena, const char **ret)
{
	return warren_message_to_json(&stock_low_type, message, arena, ret, NULL);
}

int stock_low_from_json(const char *json, size_t len, struct warren_arena *arena,
	struct stock_low **ret, struct warren_error *error)
{
	void *message;
	int rc = warren_message_from_json(&stock_low_type, json, len, arena, &message, error);
	if (rc == 0)
		*ret = message;
	return rc;
}

int stock_low_check(const struct stock_low *message, struct warren_error *error)
{
	return warren_message_check(&stock_low_type, message, error);
}

const char *stock_low_dump(const struct stock_low *message, struct warren_arena *arena)
{
	return warren_message_dump(&stock_low_type, message, arena);
}
