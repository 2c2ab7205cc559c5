/* An event from a service on its way to browsers. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/address.h"
#include "gateway/gateway.h"
#include "service/wire.h"

#define TO_SOCKET "socket:"
#define ABOUT_BYTES (64u << 10)

/* A delivery that was taken from the broker's thread; it lives in its own arena. */
struct push {
	struct warren_gateway_state *gateway;
	struct warren_arena *arena;
	struct warren_broker_message *message;
	const char *sid;    /* NULL: to all */
	const char *except; /* a sid, or NULL */
	struct warren_target target;
};

static void push_close(struct push *push)
{
	warren_gateway_release(push->gateway, push->message->body_len);
	warren_arena_close(push->arena);
}

static const char *service_name(const struct warren_gateway_state *gateway)
{
	return warren_instance_service(gateway->instance)->name;
}

/* Reads whom it goes to.  Returns NULL, or why it goes to nobody. */
static const char *aim(struct push *push)
{
	const char *to = warren_broker_header_text(push->message, WARREN_HEADER_TO);
	const char *except = warren_broker_header_text(push->message, WARREN_HEADER_EXCEPT);
	if (!to)
		return "it has no target";
	push->except = except ? warren_address_sid(except, service_name(push->gateway)) : NULL;
	push->target =
		(struct warren_target){.kind = WARREN_TO_ALL, .except = except ? except : ""};
	if (strcmp(to, "all") == 0)
		return NULL;
	if (strncmp(to, TO_SOCKET, strlen(TO_SOCKET)) != 0)
		return "its target is of no known kind";
	push->target.kind = WARREN_TO_SOCKET;
	push->target.name = to + strlen(TO_SOCKET);
	push->sid = warren_address_sid(push->target.name, service_name(push->gateway));
	return push->sid ? NULL : "its target is no socket of this service";
}

static const char *send_out(struct push *push, const struct warren_gateway_out *out,
	struct warren_ctx *ctx, void *worker)
{
	struct warren_error error;
	const struct warren_message_type *type = out->event->type;
	void *message;
	const char *json;
	size_t len;
	if (warren_wire_unpack(type, push->message, ctx->arena, &message, &error) < 0)
		return "its bytes are not the event's";
	if (out->admit(ctx, &push->target, message, worker) < 0)
		return "the service did not let it pass";
	if (warren_message_to_json(type, message, ctx->arena, &json, &len) < 0)
		return "its JSON is too large";
	struct warren_edge *edge = push->gateway->edge;
	int rc = push->sid ? warren_edge_emit(edge, push->sid, type->event_name, json, len)
			   : warren_edge_broadcast(edge, WARREN_GATEWAY_NAMESPACE, push->except,
				     type->event_name, json, len);
	return rc < 0 ? strerror(-rc) : NULL;
}

static void take(void *worker, void *data)
{
	struct push *push = data;
	struct warren_gateway_state *gateway = push->gateway;
	const char *event = push->message->type;
	const struct warren_gateway_out *out = warren_map_get(gateway->out, event);
	const char *reason = out ? NULL : "browsers of this service do not receive it";
	if (out) {
		const struct warren_ctx_seed seed = {
			.event = event, .message_id = push->message->message_id};
		struct warren_ctx *ctx = warren_ctx_open(gateway->instance, &seed);
		reason = ctx ? send_out(push, out, ctx, worker) : "memory is out";
		if (ctx)
			warren_ctx_close(ctx);
	}
	if (reason)
		warren_gateway_lost(gateway, event, reason);
	push_close(push);
}

static struct push *copy(
	struct warren_gateway_state *gateway, const struct warren_broker_message *message)
{
	if (!warren_gateway_reserve(gateway, message->body_len))
		return NULL;
	struct warren_arena *arena = warren_arena_open(message->body_len + ABOUT_BYTES);
	struct push *push = arena ? warren_arena_alloc(arena, sizeof *push) : NULL;
	if (!push || warren_wire_copy(message, arena, &push->message) < 0) {
		warren_arena_close(arena);
		warren_gateway_release(gateway, message->body_len);
		return NULL;
	}
	push->gateway = gateway;
	push->arena = arena;
	return push;
}

void warren_gateway_deliver(void *extension, const struct warren_broker_delivery *delivery)
{
	struct warren_gateway_state *gateway = extension;
	struct push *push = copy(gateway, &delivery->message);
	const char *reason = push ? aim(push) : "too much waits for a worker";
	if (!reason) {
		uint64_t lane = push->sid ? warren_gateway_lane(push->sid) : 0;
		int rc = warren_instance_run(gateway->instance, lane, take, push);
		if (rc == 0)
			return;
		reason = rc == -EAGAIN ? "too much waits for a worker" : "the service is stopping";
	}
	warren_gateway_lost(gateway, delivery->message.type, reason);
	if (push)
		push_close(push);
}
