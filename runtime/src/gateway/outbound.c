/* An event from a service on its way to browsers. */
#include <errno.h>
#include <string.h>

#include "gateway/control.h"
#include "gateway/gateway.h"
#include "gateway/peers.h"
#include "service/name.h"
#include "service/trust.h"
#include "service/wire.h"

/* Whether it is acknowledged when the edge has taken it over. */
static bool is_kept(const struct warren_gateway_out *out)
{
	return out && out->event->sends_at_least_once;
}

/* Returns NULL with its JSON, or why it goes to nobody. */
static const char *write_json(struct warren_gateway_state *gateway,
	const struct warren_gateway_out *out, const struct warren_broker_message *from,
	const struct warren_aim *aim, struct warren_ctx *ctx, struct warren_bytes *ret)
{
	const struct warren_message_type *type = out->event->type;
	void *state = warren_instance_loop_state(gateway->instance);
	struct warren_error error;
	const char *json;
	void *message;
	if (warren_wire_unpack(type, from, ctx->arena, &message, &error) < 0)
		return "its bytes are not the event's";
	int64_t began_ms = warren_clock_now_ms(warren_instance_clock(gateway->instance));
	int rc = out->admit(ctx, &aim->target, message, state);
	warren_gateway_admitted(gateway, from->type, began_ms);
	if (rc < 0)
		return "the service did not let it pass";
	if (warren_message_to_json(type, message, ctx->arena, &json, &ret->len) < 0)
		return "its JSON is too large";
	ret->data = (const uint8_t *)json;
	return NULL;
}

/* Returns NULL, or why it goes to nobody. */
static const char *push(struct warren_gateway_state *gateway, const struct warren_gateway_out *out,
	const struct warren_broker_message *message, struct warren_ctx *ctx)
{
	struct warren_aim aim;
	struct warren_bytes json;
	const char *reason =
		warren_aim_read(&aim, message, warren_name_service(gateway->instance), ctx->arena);
	if (!reason)
		reason = write_json(gateway, out, message, &aim, ctx, &json);
	if (reason)
		return reason;
	struct warren_edge_target target = warren_aim_edge(&aim);
	/* A socket that has gone is lost; of users and rooms nobody need be here. */
	target.must_reach = aim.sid && is_kept(out);
	/* Every router that gets it calls it so. */
	if (message->message_id[0] != '\0')
		target.id = message->message_id;
	int rc = warren_edge_broadcast_to(
		gateway->edge, &target, message->type, (const char *)json.data, json.len);
	return rc < 0 ? strerror(-rc) : NULL;
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
	if (warren_peers_take(gateway, delivery) || warren_control_take(gateway, delivery))
		return;
	const struct warren_gateway_out *out = warren_map_get(gateway->out, message->type);
	const struct warren_ctx_seed seed = {.event = message->type,
		.message_id = message->message_id,
		.lane = WARREN_LANE_LOOP};
	struct warren_ctx *ctx = warren_ctx_open(gateway->instance, &seed);
	const char *reason = !out   ? "browsers of this service do not receive it"
			     : !ctx ? "memory is out"
				    : push(gateway, out, message, ctx);
	/* With memory out, what must be done waits at the broker. */
	bool goes_back = is_kept(out) && !ctx;
	if (reason && !goes_back)
		warren_gateway_lost(gateway, message->type, reason);
	warren_instance_settle(gateway->instance, delivery->tag, !goes_back);
	warren_ctx_close(ctx);
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
