/*
 * What a message looks like on the broker.
 *
 *   property        event                     reply                  error
 *   type            wire name                 the reply's wire name  warren.Error
 *   message_id      the same each delivery    –                      –
 *   correlation_id  see below                 the request's          the request's
 *   reply_to        of a request              –                      –
 *   app_id          the service's name        –                      –
 *   timestamp       seconds [1]               –                      –
 *   content_type    application/x-protobuf [1]  –                    application/json
 *
 * [1] of events at least once, which people may find parked.  Each property and header is work for
 * the broker (docs/adr/): a message has what its consumer needs, and no more.  Without a content type
 * it is protobuf.
 *
 * A message at most once is transient.  It is unconfirmed (broker.h), too: requests, events and, of a
 * call that was taken at most once, replies and what is sent to browsers; but not where somebody
 * waits for the broker's word, nor where the same call sends something that asks for a confirm
 * (settle.h).  Mandatory are requests, events at least once that have a consumer, events at most
 * once whose confirm is awaited, what is sent to browsers at least once, control messages, and each
 * reply, error or copy that is confirmed.
 *
 * An event's correlation_id is its request's own unguessable id, or that of the context it was
 * published with.
 *
 *   header            text or number
 *   traceparent       W3C: the trace goes on, the span is new
 *                     of events
 *   warren-schema     the event's fingerprint [1]
 *   warren-attempt    not there the first time
 *   warren-deadline   ms since 1970, when whoever asked stops waiting
 *   warren-user       who is signed in on the socket that asked
 *   warren-socket     that socket's address
 *   warren-once       the message takes effect once, however often it comes with its message_id;
 *                     the text stands for what was sent under that id, and is the same when it is
 *                     sent again
 *   warren-once-before
 *                     another message_id that it may have been sent under before
 *   warren-to         to browsers: "socket:<address>", "user:<name>", "room:<name>" or "all"
 *   warren-except     to browsers: an address that is left out
 *   warren-argument   of a control message, see there
 *   warren-instance   of a warren.Peer: an edge's instance
 *   warren-address    of a warren.Peer: its internal listener, "192.0.2.1:7000"
 *   warren-time       of a warren.Peer: ms since 1970 by that edge's clock, each later than the one before
 *   warren-proof      of a warren.Peer: that the edge has the key (gateway/peers.h)
 *
 * A parked message keeps its properties, headers and payload, and says why it lies there:
 *   warren-reason     failed, invalid, exhausted, crashed or forged
 *   warren-code       a code's name
 *   warren-error      for people
 *   warren-queue      where it was taken from
 *
 * A message published again (parked, or on the ladder) carries the service's own account; then
 *   warren-account    the account that published it first
 *
 * A control message changes the sockets that warren-to names.  It has no body; its type says what
 * is to be done, and warren-argument what with:
 */
/* clang-format off */
/*
 *   warren.Join, warren.Leave   the room
 *   warren.User                 the user; not there: nobody
 *   warren.Disconnect           "close": its connection, too
 */
/* clang-format on */
/*
 * A warren.Peer tells edges of one another: "hello" from a new one, which the others answer on its
 * queue, "here" from then on, "gone" at its end.  warren-to is "all".
 *
 * The body of an error is a JSON object, so that every language and the management page read it:
 *   {"code":"already_exists","message":"…","field":"name","retry_after_ms":100}
 * `field` and `retry_after_ms` are left out when there is nothing to say; readers ignore members
 * that they do not know.
 */
#ifndef WARREN_SERVICE_WIRE_H
#define WARREN_SERVICE_WIRE_H

#include "broker/broker.h"
#include "warren/service.h"

#define WARREN_WIRE_PROTOBUF "application/x-protobuf"
#define WARREN_WIRE_JSON "application/json"
#define WARREN_WIRE_ERROR "warren.Error"
#define WARREN_WIRE_PEER "warren.Peer"
#define WARREN_WIRE_TOPOLOGY "warren.Topology" /* see former.h */
#define WARREN_WIRE_JOIN "warren.Join"
#define WARREN_WIRE_LEAVE "warren.Leave"
#define WARREN_WIRE_USER "warren.User"
#define WARREN_WIRE_DISCONNECT "warren.Disconnect"

#define WARREN_TO_SOCKET_PREFIX "socket:"
#define WARREN_TO_USER_PREFIX "user:"
#define WARREN_TO_ROOM_PREFIX "room:"
#define WARREN_TO_ALL_TEXT "all"
#define WARREN_ARGUMENT_CLOSE "close"

#define WARREN_HEADER_TRACE "traceparent"
#define WARREN_HEADER_SCHEMA "warren-schema"
#define WARREN_HEADER_ATTEMPT "warren-attempt"
#define WARREN_HEADER_DEADLINE "warren-deadline"
#define WARREN_HEADER_USER "warren-user"
#define WARREN_HEADER_SOCKET "warren-socket"
#define WARREN_HEADER_ONCE "warren-once"
#define WARREN_HEADER_ONCE_BEFORE "warren-once-before"
#define WARREN_HEADER_TO "warren-to"
#define WARREN_HEADER_EXCEPT "warren-except"
#define WARREN_HEADER_ARGUMENT "warren-argument"
#define WARREN_HEADER_INSTANCE "warren-instance"
#define WARREN_HEADER_ADDRESS "warren-address"
#define WARREN_HEADER_TIME "warren-time"
#define WARREN_HEADER_PROOF "warren-proof"
#define WARREN_HEADER_ACCOUNT "warren-account"
#define WARREN_HEADER_REASON "warren-reason"
#define WARREN_HEADER_CODE "warren-code"
#define WARREN_HEADER_ERROR "warren-error"
#define WARREN_HEADER_QUEUE "warren-queue"

#define WARREN_TRACE_SIZE 56
#define WARREN_WIRE_TEXT_MAX WARREN_BROKER_TEXT_MAX

/* A message being made.  Its texts are borrowed, or lie in it: it must not be moved. */
struct warren_outgoing {
	struct warren_broker_message message;
	struct warren_broker_header headers[WARREN_BROKER_HEADERS_MAX];
	char message_id[37];
	char trace[WARREN_TRACE_SIZE];
};

/* Begins with what a reply has: whom it answers is set by the caller. */
void warren_wire_begin(struct warren_outgoing *out, const struct warren_ctx *ctx, const char *type,
	const char *content_type, struct warren_bytes body);

/* Gives it an id of its own, and a new span of the trace of `ctx`. */
void warren_wire_identify(struct warren_outgoing *out, const struct warren_ctx *ctx);

/* Both for an event of `ctx`, with its user and socket.  It goes to the system's exchange. */
void warren_wire_event(struct warren_outgoing *out, const struct warren_ctx *ctx,
	const struct warren_event *event, struct warren_bytes body);

/* Begins as a copy of a delivered message, and says which account it first came from.  Headers of the
 * message that leave no room for those that say what became of it are left out, and those that no
 * broker takes: a copy can always be published. */
void warren_wire_again(struct warren_outgoing *out, const struct warren_instance *instance,
	const struct warren_broker_message *message);

/* Adds or replaces a header; what finds no room, or an empty text, is left out. */
void warren_wire_text(struct warren_outgoing *out, const char *name, const char *text);
void warren_wire_number(struct warren_outgoing *out, const char *name, int64_t number);

/* Returns whether that can be the name of a room or a user: see WARREN_NAME_MAX. */
bool warren_wire_is_name(const char *name);

/* Writes a new span of `parent`'s trace, or a new trace when `parent` is none. */
void warren_wire_trace(char ret[WARREN_TRACE_SIZE], const char *parent);

/* Copies all of a message into the arena.  Returns 0; -ENOMEM. */
int warren_wire_copy(const struct warren_broker_message *message, struct warren_arena *arena,
	struct warren_broker_message **ret) WARREN_MUST_CHECK;

/*
 * Unpacks the body as `type`, protobuf or JSON.  Returns 0; -EBADMSG and -ENOMEM, both with
 * `error`: invalid_argument.
 */
int warren_wire_unpack(const struct warren_message_type *type,
	const struct warren_broker_message *message, struct warren_arena *arena, void **ret,
	struct warren_error *error) WARREN_MUST_CHECK;

/* Reads what a context knows from a message; texts are borrowed from it, those that are too long
 * are "". */
void warren_wire_context(const struct warren_broker_message *message, struct warren_ctx *ctx);

/* The body of an error.  Writing returns 0; -ENOMEM.  Reading never fails: what is none is
 * `internal`. */
int warren_wire_error_write(const struct warren_error *error, struct warren_arena *arena,
	struct warren_bytes *ret) WARREN_MUST_CHECK;
void warren_wire_error_read(
	struct warren_bytes body, struct warren_arena *arena, struct warren_error *ret);

#endif
