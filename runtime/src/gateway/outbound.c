/* An event from a service on its way to browsers. */
#include <errno.h>
#include <string.h>

#include "gateway/control.h"
#include "gateway/gateway.h"
#include "gateway/order.h"
#include "gateway/peers.h"
#include "service/name.h"
#include "service/trust.h"
#include "service/wire.h"

#define ABOUT_BYTES (64u << 10)

/* A delivery that was taken from the broker's thread; it lives in its own arena. */
struct push {
	struct warren_step step;
	struct warren_gateway_state *gateway;
	struct warren_arena *arena;
	struct warren_broker_message *message;
	struct warren_aim aim;
	const struct warren_gateway_out *out; /* NULL: browsers do not receive it */
	uint64_t tag;
	size_t reserved;        /* bytes */
	bool goes_back;         /* to the broker */
	struct warren_ctx *ctx; /* once a worker has it; holds the JSON */
	const char *json;       /* NULL: it goes to nobody */
	size_t json_len;
	const char *reason; /* why it goes to nobody */
};

/* Messages that must be carried out are bounded by how many the broker sends ahead, and count
 * nowhere else. */
static bool is_kept(const struct warren_gateway_out *out)
{
	return out && out->event->sends_at_least_once;
}

static int run(struct warren_step *step)
{
	struct push *push = (struct push *)step;
	struct warren_edge_target target = warren_aim_edge(&push->aim);
	if (!push->json)
		return 0;
	/* A socket that has gone is lost; of users and rooms nobody need be here. */
	target.must_reach = push->aim.sid && is_kept(push->out);
	/* Every router that gets it calls it so. */
	if (push->message->message_id && *push->message->message_id)
		target.id = push->message->message_id;
	return warren_edge_broadcast_to(
		push->gateway->edge, &target, push->message->type, push->json, push->json_len);
}

static void finish(struct warren_step *step, int result)
{
	struct push *push = (struct push *)step;
	struct warren_gateway_state *gateway = push->gateway;
	if (result < 0)
		push->reason = strerror(-result);
	bool taken = !push->goes_back && !(result == -ESHUTDOWN && is_kept(push->out));
	if (push->reason && taken)
		warren_gateway_lost(gateway, push->message->type, push->reason);
	warren_gateway_release(gateway, push->reserved);
	warren_instance_settle(gateway->instance, push->tag, taken);
	if (push->ctx)
		warren_ctx_close(push->ctx);
	warren_arena_close(push->arena);
}

/* Returns NULL, or why it goes to nobody. */
static const char *write_json(struct push *push, void *worker)
{
	const struct warren_gateway_out *out = push->out;
	struct warren_error error;
	const struct warren_message_type *type = out->event->type;
	struct warren_arena *arena = push->ctx->arena;
	void *message;
	if (warren_wire_unpack(type, push->message, arena, &message, &error) < 0)
		return "its bytes are not the event's";
	if (out->admit(push->ctx, &push->aim.target, message, worker) < 0)
		return "the service did not let it pass";
	if (warren_message_to_json(type, message, arena, &push->json, &push->json_len) < 0)
		return "its JSON is too large";
	return NULL;
}

static void take(void *worker, void *data)
{
	struct push *push = data;
	struct warren_gateway_state *gateway = push->gateway;
	const struct warren_ctx_seed seed = {
		.event = push->message->type, .message_id = push->message->message_id};
	push->ctx = warren_ctx_open(gateway->instance, &seed);
	push->reason = push->ctx ? write_json(push, worker) : "memory is out";
	warren_order_ready(gateway->order, &push->step);
}

/* What the headers of a copy take.  A peer may send any: with less room than that, a
 * message that must be carried out would go back to the broker, and come again, for ever. */
static size_t header_bytes(const struct warren_broker_message *message)
{
	size_t bytes = 0;
	for (size_t i = 0; i < message->header_count; i++) {
		const struct warren_broker_header *header = &message->headers[i];
		bytes += strlen(header->name) + (header->text ? strlen(header->text) : 0);
	}
	return bytes;
}

static struct push *copy(struct warren_gateway_state *gateway, const struct warren_gateway_out *out,
	const struct warren_broker_message *message)
{
	size_t reserved = is_kept(out) ? 0 : message->body_len;
	if (!warren_gateway_reserve(gateway, reserved))
		return NULL;
	/* Twice the headers: whom it is for is copied from them once more. */
	struct warren_arena *arena =
		warren_arena_open(message->body_len + 2 * header_bytes(message) + ABOUT_BYTES);
	struct push *push = arena ? warren_arena_alloc(arena, sizeof *push) : NULL;
	if (!push || warren_wire_copy(message, arena, &push->message) < 0) {
		warren_arena_close(arena);
		warren_gateway_release(gateway, reserved);
		return NULL;
	}
	push->step = (struct warren_step){.run = run, .finish = finish, .must = is_kept(out)};
	push->gateway = gateway;
	push->arena = arena;
	push->out = out;
	push->reserved = reserved;
	return push;
}

/* Gives it to the lane of its target.  Returns whether it is there; else it says why not. */
static bool hand_over(struct push *push)
{
	struct warren_instance *instance = push->gateway->instance;
	uint64_t lane = push->aim.sid ? warren_gateway_lane(push->aim.sid) : 0;
	int rc = is_kept(push->out) ? warren_instance_run_reserved(instance, lane, take, push)
				    : warren_instance_run(instance, lane, take, push);
	if (rc == 0)
		return true;
	push->goes_back = is_kept(push->out);
	push->reason = rc == -EAGAIN ? "too much waits for a worker" : "the service is stopping";
	return false;
}

/* May that account say this to browsers, to their sockets, or to this edge? */
static enum warren_trust judge(
	const struct warren_gateway_state *gateway, const struct warren_broker_message *message)
{
	const struct warren_gateway_out *out = warren_map_get(gateway->out, message->type);
	if (out)
		return warren_trust_push(gateway->instance, out->event, message);
	if (strcmp(message->type, WARREN_WIRE_PEER) == 0)
		return warren_trust_own(gateway->instance, message);
	return warren_trust_control(gateway->instance, message);
}

void warren_gateway_deliver(void *extension, const struct warren_broker_delivery *delivery)
{
	struct warren_gateway_state *gateway = extension;
	const struct warren_broker_message *message = &delivery->message;
	if (judge(gateway, message) != WARREN_TRUST_GOOD) {
		warren_trust_tell(gateway->instance, message, "dropped");
		warren_instance_settle(gateway->instance, delivery->tag, true);
		return;
	}
	if (warren_peers_take(gateway->peers, delivery) || warren_control_take(gateway, delivery))
		return;
	const struct warren_gateway_out *out = warren_map_get(gateway->out, message->type);
	struct push *push = copy(gateway, out, message);
	if (!push) {
		/* With memory out, what must be done waits at the broker. */
		warren_instance_settle(gateway->instance, delivery->tag, !is_kept(out));
		if (!is_kept(out))
			warren_gateway_lost(gateway, message->type, "too much waits for a worker");
		return;
	}
	const char *reason = out ? warren_aim_read(&push->aim, push->message,
					   warren_name_service(gateway->instance), push->arena)
				 : "browsers of this service do not receive it";
	push->tag = delivery->tag;
	push->reason = reason;
	warren_order_enter(gateway->order, &push->step);
	if (!reason && hand_over(push))
		return;
	warren_order_ready(gateway->order, &push->step);
}

void warren_gateway_find_lost(void *extension, const struct warren_broker_delivery *delivery)
{
	struct warren_gateway_state *gateway = extension;
	const char *event = delivery->message.type;
	if (judge(gateway, &delivery->message) != WARREN_TRUST_GOOD)
		warren_trust_tell(gateway->instance, &delivery->message, "dropped");
	else if (is_kept(warren_map_get(gateway->out, event)))
		warren_gateway_lost(gateway, event, "the instance that was to take it has gone");
}
