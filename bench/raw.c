/*
 * The floor: requests and answers over RabbitMQ with nothing but rabbitmq-c's codec at both ends.
 * Requests that are received together are answered with one send().
 *
 *   bench_raw ask|answer PORT USER PASSWORD VHOST SCRIPT
 *
 * `ask` sends requests, each again when its answer is there; `answer` answers.  They go without
 * looking at anything but the correlation id.  SCRIPT says how, a line each, the payloads of AMQP
 * frames in hexadecimal:
 *   setup HEX      a method that is sent first (queue.declare, confirm.select …); each is answered
 *   publish HEX    basic.publish
 *   header HEX     its content header
 *   body HEX       its body
 * It prints `ready` when the setup is done.  Orders of `ask`, a line each on standard input:
 *   closed N       N requests are under way from now on
 *   mark           what happened since the last mark             -> an object of JSON
 * Both end with their standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "broker/amqp_library.h"
#include "times.h"

#define CHANNEL 1
#define IN_BYTES (256 << 10)
#define OUT_BYTES (8 << 20)
#define FRAME_ROOM 4096    /* of one frame that is sent */
#define UNDER_WAY_MAX 4096 /* a power of two */
#define HEADER_HEAD 12     /* class, weight and size of the body before the properties */

static struct {
	amqp_connection_state_t codec;
	int fd;
	bool is_asker;
	amqp_pool_t pool;
	/* what is sent */
	amqp_basic_publish_t *publish;
	amqp_basic_properties_t *properties;
	amqp_bytes_t body;
	unsigned setup_open; /* methods of the setup that are not answered yet */
	uint32_t number;
	/* what is received */
	amqp_bytes_t correlation_id;
	uint64_t body_left;
	/* those under way: the broker keeps their order */
	uint64_t sent_us[UNDER_WAY_MAX];
	uint32_t first, next;
	uint64_t now_us, marked_us;
	struct times answered;
	size_t in_len, out_len;
	uint8_t in[IN_BYTES], out[OUT_BYTES];
} raw;

static void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fputs("raw: ", stderr);
	vfprintf(stderr, fmt, args);
	fputc('\n', stderr);
	va_end(args);
	exit(1);
}

/* ---- sending ---- */

static uint8_t *frame_begin(void)
{
	if (OUT_BYTES - raw.out_len < FRAME_ROOM + 8)
		fail("too much is to be sent");
	return raw.out + raw.out_len + 7;
}

static void frame_end(uint8_t type, size_t len)
{
	uint8_t *frame = raw.out + raw.out_len;
	const uint8_t head[7] = {type, 0, CHANNEL, (uint8_t)(len >> 24), (uint8_t)(len >> 16),
		(uint8_t)(len >> 8), (uint8_t)len};

	memcpy(frame, head, sizeof head);
	frame[7 + len] = AMQP_FRAME_END;
	raw.out_len += 7 + len + 1;
}

static void put_publish(void)
{
	static const uint8_t id[4] = {0, 60, 0, 40};
	uint8_t *frame = frame_begin();
	int len = amqp_encode_method(AMQP_BASIC_PUBLISH_METHOD, raw.publish,
		(amqp_bytes_t){.len = FRAME_ROOM - 4, .bytes = frame + 4});

	memcpy(frame, id, sizeof id);
	frame_end(AMQP_FRAME_METHOD, 4 + (size_t)len);
	frame = frame_begin();
	memset(frame, 0, HEADER_HEAD);
	frame[1] = AMQP_BASIC_CLASS;
	frame[10] = (uint8_t)(raw.body.len >> 8);
	frame[11] = (uint8_t)raw.body.len;
	len = amqp_encode_properties(AMQP_BASIC_CLASS, raw.properties,
		(amqp_bytes_t){.len = FRAME_ROOM - HEADER_HEAD, .bytes = frame + HEADER_HEAD});
	if (len < 0)
		fail("the properties cannot be encoded");
	frame_end(AMQP_FRAME_HEADER, HEADER_HEAD + (size_t)len);
	if (raw.body.len) {
		memcpy(frame_begin(), raw.body.bytes, raw.body.len);
		frame_end(AMQP_FRAME_BODY, raw.body.len);
	}
}

static void number_text(amqp_bytes_t text, uint32_t number)
{
	char *at = (char *)text.bytes + text.len;

	for (size_t i = 0; i < 8 && i < text.len; i++, number >>= 4)
		*--at = "0123456789abcdef"[number & 15];
}

static void ask(void)
{
	number_text(raw.properties->correlation_id, raw.number);
	number_text(raw.properties->message_id, raw.number);
	raw.number++;
	raw.sent_us[raw.next++ % UNDER_WAY_MAX] = raw.now_us;
	put_publish();
}

static void flush(void)
{
	size_t sent = 0;

	while (sent < raw.out_len) {
		struct pollfd writable = {.fd = raw.fd, .events = POLLOUT};
		ssize_t n = send(raw.fd, raw.out + sent, raw.out_len - sent, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			fail("cannot send: %s", strerror(errno));
		if (n < 0)
			poll(&writable, 1, -1);
		else
			sent += (size_t)n;
	}
	raw.out_len = 0;
}

/* ---- receiving ---- */

static void hear_message(void)
{
	if (raw.is_asker) {
		times_add(&raw.answered, raw.now_us - raw.sent_us[raw.first++ % UNDER_WAY_MAX]);
		ask();
		return;
	}
	if (raw.properties->_flags & AMQP_BASIC_CORRELATION_ID_FLAG)
		raw.properties->correlation_id = raw.correlation_id;
	put_publish();
}

static void hear_method(const amqp_method_t *method)
{
	const amqp_channel_close_t *close = method->decoded;

	switch (method->id) {
	case AMQP_BASIC_DELIVER_METHOD:
	case AMQP_BASIC_ACK_METHOD:
		return;
	case AMQP_QUEUE_DECLARE_OK_METHOD:
	case AMQP_BASIC_CONSUME_OK_METHOD:
	case AMQP_CONFIRM_SELECT_OK_METHOD:
	case AMQP_EXCHANGE_DECLARE_OK_METHOD:
	case AMQP_QUEUE_BIND_OK_METHOD:
		raw.setup_open--;
		return;
	case AMQP_CHANNEL_CLOSE_METHOD:
	case AMQP_CONNECTION_CLOSE_METHOD:
		fail("RabbitMQ closed: %.*s", (int)close->reply_text.len,
			(const char *)close->reply_text.bytes);
	default:
		fail("RabbitMQ sent %s", amqp_method_name(method->id));
	}
}

static void hear_frame(const amqp_frame_t *frame)
{
	const amqp_basic_properties_t *properties = frame->payload.properties.decoded;

	if (frame->frame_type == AMQP_FRAME_METHOD) {
		hear_method(&frame->payload.method);
	} else if (frame->frame_type == AMQP_FRAME_HEADER) {
		raw.correlation_id = properties->correlation_id;
		raw.body_left = frame->payload.properties.body_size;
		if (raw.body_left == 0)
			hear_message();
	} else if (frame->frame_type == AMQP_FRAME_BODY) {
		raw.body_left -= frame->payload.body_fragment.len;
		if (raw.body_left == 0)
			hear_message();
	}
}

static void hear(void)
{
	size_t taken = 0;
	ssize_t n = recv(raw.fd, raw.in, IN_BYTES, 0);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		fail("RabbitMQ ended the connection");
	raw.now_us = read_clock_us(CLOCK_MONOTONIC);
	while (taken < (size_t)n) {
		amqp_frame_t frame;
		int len = amqp_handle_input(raw.codec,
			(amqp_bytes_t){.len = (size_t)n - taken, .bytes = raw.in + taken}, &frame);
		if (len < 0)
			fail("a frame cannot be read: %s", amqp_error_string2(len));
		taken += (size_t)len;
		if (frame.frame_type != 0)
			hear_frame(&frame);
	}
	flush();
	amqp_maybe_release_buffers(raw.codec);
}

/* ---- the script ---- */

static amqp_bytes_t read_hex(const char *hex)
{
	size_t len = strspn(hex, "0123456789abcdef") / 2;
	uint8_t *bytes = amqp_pool_alloc(&raw.pool, len + 1);

	for (size_t i = 0; i < len; i++) {
		unsigned byte;
		sscanf(hex + 2 * i, "%2x", &byte);
		bytes[i] = (uint8_t)byte;
	}
	return (amqp_bytes_t){.len = len, .bytes = bytes};
}

static amqp_bytes_t after(amqp_bytes_t bytes, size_t len)
{
	if (bytes.len < len)
		fail("a payload is too short");
	return (amqp_bytes_t){.len = bytes.len - len, .bytes = (uint8_t *)bytes.bytes + len};
}

static void read_line(const char *line)
{
	const char *hex = strchr(line, ' ');
	amqp_bytes_t bytes = read_hex(hex ? hex + 1 : "");
	void *decoded = NULL;
	int rc = 0;

	if (strncmp(line, "setup ", 6) == 0) {
		memcpy(frame_begin(), bytes.bytes, bytes.len);
		frame_end(AMQP_FRAME_METHOD, bytes.len);
		raw.setup_open++;
	} else if (strncmp(line, "publish ", 8) == 0) {
		rc = amqp_decode_method(
			AMQP_BASIC_PUBLISH_METHOD, &raw.pool, after(bytes, 4), &decoded);
		raw.publish = decoded;
	} else if (strncmp(line, "header ", 7) == 0) {
		rc = amqp_decode_properties(
			AMQP_BASIC_CLASS, &raw.pool, after(bytes, HEADER_HEAD), &decoded);
		raw.properties = decoded;
	} else if (strncmp(line, "body ", 5) == 0) {
		raw.body = bytes;
	} else {
		fail("a line of the script that says nothing: %s", line);
	}
	if (rc < 0)
		fail("a payload of the script cannot be decoded: %s", line);
}

static void read_script(const char *path)
{
	FILE *file = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;

	if (!file)
		fail("%s: %s", path, strerror(errno));
	while (getline(&line, &size, file) > 0)
		read_line(line);
	free(line);
	fclose(file);
	if (!raw.publish || !raw.properties)
		fail("the script does not say what is published");
}

/* ---- all of it ---- */

static void log_in(char **argv)
{
	raw.codec = amqp_new_connection();
	amqp_socket_t *socket = amqp_tcp_socket_new(raw.codec);

	if (!socket || amqp_socket_open(socket, "127.0.0.1", atoi(argv[2])) != AMQP_STATUS_OK)
		fail("cannot connect to port %s", argv[2]);
	if (amqp_login(raw.codec, argv[5], 0, AMQP_DEFAULT_FRAME_SIZE, 0, AMQP_SASL_METHOD_PLAIN,
		    argv[3], argv[4])
			.reply_type != AMQP_RESPONSE_NORMAL)
		fail("the login of %s at the vhost %s failed", argv[3], argv[5]);
	amqp_channel_open(raw.codec, CHANNEL);
	if (amqp_get_rpc_reply(raw.codec).reply_type != AMQP_RESPONSE_NORMAL)
		fail("no channel");
	raw.fd = amqp_get_sockfd(raw.codec);
	fcntl(raw.fd, F_SETFL, O_NONBLOCK);
}

static void mark(void)
{
	uint64_t now_us = read_clock_us(CLOCK_MONOTONIC);

	printf("{\"ms\":%.3f,\"answered\":%lu,\"p50\":%.3f,\"p99\":%.3f,\"max\":%.3f}\n",
		(double)(now_us - raw.marked_us) / 1e3, raw.answered.count,
		times_ms(&raw.answered, 0.5), times_ms(&raw.answered, 0.99),
		(double)raw.answered.max_us / 1e3);
	raw.marked_us = now_us;
	memset(&raw.answered, 0, sizeof raw.answered);
}

static void obey(void)
{
	char order[80];
	unsigned n;

	if (!fgets(order, sizeof order, stdin))
		exit(0);
	if (sscanf(order, "closed %u", &n) == 1 && n <= UNDER_WAY_MAX) {
		raw.now_us = read_clock_us(CLOCK_MONOTONIC);
		while (n--)
			ask();
		flush();
	} else if (strcmp(order, "mark\n") == 0) {
		mark();
	} else {
		fail("no such order: %s", order);
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	if (argc != 7 || (strcmp(argv[1], "ask") != 0 && strcmp(argv[1], "answer") != 0))
		fail("usage: bench_raw ask|answer PORT USER PASSWORD VHOST SCRIPT");
	raw.is_asker = strcmp(argv[1], "ask") == 0;
	init_amqp_pool(&raw.pool, 16384);
	setvbuf(stdin, NULL, _IONBF, 0);
	log_in(argv);
	read_script(argv[6]);
	flush();
	bool is_ready = false;
	for (;;) {
		struct pollfd fds[2] = {
			{.fd = raw.fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};

		if (!is_ready && raw.setup_open == 0) {
			is_ready = true;
			puts("ready");
			fflush(stdout);
		}
		poll(fds, 2, -1);
		if (fds[0].revents)
			hear();
		if (fds[1].revents)
			obey();
	}
}
