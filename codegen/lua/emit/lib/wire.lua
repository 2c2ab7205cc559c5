-- The properties and headers of messages on the broker (runtime/src/service/wire.h) as TOPOLOGY.md explains them; a test keeps
-- both equal.
return {
	properties = {
		{ "type", "an event's or a reply's wire name; `warren.Error`; a control message's, a `warren.Peer`'s or a `warren.Topology`'s own" },
		{ "message_id", "of an event: the same each time it is delivered; else a fresh one" },
		{ "correlation_id", "of a request: its own, which cannot be guessed; a reply or an error has its request's; else that of the context" },
		{ "reply_to", "of a request: the queue that awaits the reply" },
		{ "app_id", "the service that published it" },
		{ "user_id", "the broker's account that published it; RabbitMQ refuses another" },
		{ "timestamp", "seconds since 1970" },
		{ "content_type", "`application/x-protobuf`; `application/json` of an error, and taken from everybody" },
		{ "delivery_mode", "2 (persistent) at least once, 1 at most once" },
	},
	headers = {
		{ "traceparent", "W3C trace context: the trace goes on, the span is new" },
		{ "warren-schema", "the fingerprint of the event's message" },
		{ "warren-attempt", "a number: 1 the first time, more after the ladder" },
		{ "warren-deadline", "a number, ms since 1970: when the caller stops waiting" },
		{ "warren-user", "the user who is signed in on the socket that asked" },
		{ "warren-socket", "the address of that socket, `<its instance's queue>.<random>`" },
		{ "warren-once", "the message takes effect once under its message_id; the text stands for what was sent under it" },
		{ "warren-once-before", "another message_id that it may have been sent under before" },
		{ "warren-to", "to browsers: `socket:<address>`, `user:<name>`, `room:<name>` or `all`" },
		{ "warren-except", "to browsers: the address of a socket that is left out" },
		{ "warren-argument", "of a control message: the room, the user, or `close`" },
		{ "warren-instance", "of a `warren.Peer`: an edge's instance" },
		{ "warren-address", "of a `warren.Peer`: where that instance listens for its peers" },
		{ "warren-reason", "of a parked message: why it was given up" },
		{ "warren-code", "of a parked message: the error's code" },
		{ "warren-error", "of a parked message: the error's text, for people" },
		{ "warren-queue", "of a parked message: the queue that it was taken from" },
	},
}
