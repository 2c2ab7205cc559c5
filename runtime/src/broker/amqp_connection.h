/*
 * One connection to a RabbitMQ: connects, logs in, opens its channel, keeps heartbeats, turns
 * bytes into frames and back.
 *
 * rabbitmq-c serves as the codec alone (amqp_encode_*, amqp_handle_input); its sockets are not
 * used, because its sends block while the broker does not read (a memory alarm) and its handshake
 * blocks always.  Here nothing blocks: what is to be sent is appended to `out` and leaves when the
 * socket takes it, one send for many frames.
 *
 * The owner's thread calls open, then turn whenever poll says so or time has passed.  A failure
 * from either side leaves one sentence in `reason` and the state BROKEN; the owner cleans up what
 * was under way and calls warren_amqp_connection_close, after which it may be opened again.
 */
#ifndef WARREN_BROKER_AMQP_CONNECTION_H
#define WARREN_BROKER_AMQP_CONNECTION_H

#include <poll.h>

#include "base/buffer.h"
#include "broker/amqp_library.h"
#include "broker/amqp_stream.h"

#define WARREN_AMQP_CHANNEL 1
#define WARREN_AMQP_DECLARING_CHANNEL 2   /* of the consuming connection */
#define WARREN_AMQP_UNCONFIRMED_CHANNEL 2 /* of the publishing connection */
#define WARREN_AMQP_SHORT_MAX 255
#define WARREN_AMQP_FRAME_HEAD_SIZE 7 /* type, channel, size of the payload */
#define WARREN_AMQP_FRAME_END_SIZE 1
#define WARREN_AMQP_FRAME_MAX (128u << 10) /* the broker may set a lower one */

enum warren_amqp_connection_state {
	CONNECTION_CLOSED,
	CONNECTION_CONNECTING,
	CONNECTION_LOGGING_IN, /* until connection.open-ok */
	CONNECTION_OPEN,       /* the channel is being opened, or open */
	CONNECTION_CLOSING,    /* connection.close is on its way */
	CONNECTION_BROKEN
};

struct warren_amqp_connection;

/* The owner's calls.  All but on_wake are made from within turn. */
struct warren_amqp_connection_handler {
	/* It is to take a turn though its socket says nothing.  Thread: any. */
	void (*on_wake)(void *data);
	/* The connection is open and channel.open was sent. */
	void (*on_open)(struct warren_amqp_connection *connection, void *data);
	/* A frame of the channel, or connection.blocked and unblocked. */
	void (*on_frame)(
		struct warren_amqp_connection *connection, const amqp_frame_t *frame, void *data);
};

struct warren_amqp_connection {
	const struct warren_amqp_url *url;
	const char *name; /* shown in the broker's list */
	const struct warren_amqp_connection_handler *handler;
	void *data;
	enum warren_amqp_connection_state state;
	struct warren_amqp_stream stream;
	amqp_connection_state_t codec;
	struct warren_buffer in;  /* the frame of which the rest has not come yet */
	struct warren_buffer out; /* out.data[sent…len) waits for the socket */
	size_t sent;
	uint64_t written; /* how many bytes the socket has taken since it was opened */
	uint16_t heartbeat_wanted_s;
	uint32_t heartbeat_ms; /* 0: none */
	uint32_t frame_max;
	bool login_sent;
	bool more_input; /* the last turn left bytes that no poll will tell of */
	int64_t connect_until_ms, sent_ms, received_ms;
	char reason[WARREN_AMQP_REASON_MAX];
};

/* Starts to connect; what fails shows in the state. */
void warren_amqp_connection_open(struct warren_amqp_connection *connection, int64_t now_ms);

/* Reads and dispatches what came, sends what waits, keeps time.  `revents` is as poll's. */
void warren_amqp_connection_turn(
	struct warren_amqp_connection *connection, short revents, int64_t now_ms);

/* Sends what waits, as far as the socket takes it. */
void warren_amqp_connection_flush(struct warren_amqp_connection *connection, int64_t now_ms);

/* Begins the orderly end: BROKEN follows when the broker has answered or gone. */
void warren_amqp_connection_say_goodbye(struct warren_amqp_connection *connection);
void warren_amqp_connection_close(struct warren_amqp_connection *connection);

/* Returns what to poll for, and when to turn at the latest. */
short warren_amqp_connection_events(const struct warren_amqp_connection *connection);
int64_t warren_amqp_connection_wake_ms(const struct warren_amqp_connection *connection);

/* Returns how many bytes wait for the socket. */
size_t warren_amqp_connection_pending(const struct warren_amqp_connection *connection);

/* Returns which byte of the connection the next one appended will be; compare with `written`. */
uint64_t warren_amqp_connection_position(const struct warren_amqp_connection *connection);

/*
 * Bytes that were appended behind the position that is returned can still be taken back, at the
 * beginning of a frame: cut does that.  A TLS record that was begun cannot.
 */
uint64_t warren_amqp_connection_fixed(const struct warren_amqp_connection *connection);
void warren_amqp_connection_cut(struct warren_amqp_connection *connection, uint64_t position);

/* Makes it BROKEN for that reason; the first one stays. */
void warren_amqp_connection_fail(struct warren_amqp_connection *connection, const char *fmt, ...)
	WARREN_PRINTF(2, 3);

/*
 * Append one frame (the body: as many as it takes, at most one is what `frame_max` holds).  What
 * cannot be encoded or stored makes the connection BROKEN, except a header frame over frame_max:
 * returns -EMSGSIZE and appends nothing.
 */
void warren_amqp_send_method(struct warren_amqp_connection *connection, uint16_t channel,
	amqp_method_number_t id, void *method);
int warren_amqp_send_header(struct warren_amqp_connection *connection, uint16_t channel,
	amqp_basic_properties_t *properties, uint64_t body_len) WARREN_MUST_CHECK;
/* Returns how many of the bytes one frame took. */
size_t warren_amqp_send_body(struct warren_amqp_connection *connection, uint16_t channel,
	const uint8_t *body, size_t len);

/* Login: amqp_login.c.  Takes a frame of channel 0 before the connection is open. */
void warren_amqp_login_begin(struct warren_amqp_connection *connection);
void warren_amqp_login_frame(struct warren_amqp_connection *connection, const amqp_frame_t *frame);
/* Puts what connection.close says into words, and breaks the connection. */
void warren_amqp_login_closed(
	struct warren_amqp_connection *connection, const amqp_connection_close_t *close);

#endif
