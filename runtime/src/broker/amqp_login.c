/* From connection.start to connection.open-ok, and how a broker says no. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "broker/amqp_connection.h"

#define CHANNEL_MAX WARREN_AMQP_DECLARING_CHANNEL

static amqp_table_entry_t text_entry(const char *key, const char *text)
{
	return (amqp_table_entry_t){.key = amqp_cstring_bytes(key),
		.value = {.kind = AMQP_FIELD_KIND_UTF8, .value.bytes = amqp_cstring_bytes(text)}};
}

static amqp_table_entry_t true_entry(const char *key)
{
	return (amqp_table_entry_t){.key = amqp_cstring_bytes(key),
		.value = {.kind = AMQP_FIELD_KIND_BOOLEAN, .value.boolean = 1}};
}

void warren_amqp_login_begin(struct warren_amqp_connection *connection)
{
	static const uint8_t protocol[8] = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};

	connection->state = CONNECTION_LOGGING_IN;
	if (warren_buffer_append(&connection->out, protocol, sizeof protocol) < 0)
		warren_amqp_connection_fail(connection, "no memory for what is to be sent");
}

/* Only what is declared here does the broker tell: a cancelled consumer, an alarm, a refused login.
 */
static void send_start_ok(struct warren_amqp_connection *connection)
{
	amqp_table_entry_t capabilities[] = {
		true_entry("publisher_confirms"),
		true_entry("basic.nack"),
		true_entry("consumer_cancel_notify"),
		true_entry("connection.blocked"),
		true_entry("authentication_failure_close"),
	};
	amqp_table_entry_t properties[] = {
		text_entry("product", "Warren"),
		text_entry("connection_name", connection->name),
		{.key = amqp_cstring_bytes("capabilities"),
			.value = {.kind = AMQP_FIELD_KIND_TABLE,
				.value.table = {sizeof capabilities / sizeof capabilities[0],
					capabilities}}},
	};
	size_t user_len = strlen(connection->url->user);
	size_t password_len = strlen(connection->url->password);
	size_t len = user_len + password_len + 2;
	char *response = calloc(1, len);
	if (!response) {
		warren_amqp_connection_fail(connection, "no memory to log in");
		return;
	}
	memcpy(response + 1, connection->url->user, user_len);
	memcpy(response + 2 + user_len, connection->url->password, password_len);
	amqp_connection_start_ok_t start_ok = {
		.client_properties = {sizeof properties / sizeof properties[0], properties},
		.mechanism = amqp_cstring_bytes("PLAIN"),
		.response = {.len = len, .bytes = response},
		.locale = amqp_cstring_bytes("en_US"),
	};
	warren_amqp_send_method(connection, 0, AMQP_CONNECTION_START_OK_METHOD, &start_ok);
	connection->login_sent = true;
	explicit_bzero(response, len);
	free(response);
}

/* 0 means no limit, or no heartbeat wanted. */
static uint32_t lesser_wish(uint32_t a, uint32_t b)
{
	return a == 0 ? b : b == 0 || a < b ? a : b;
}

static void send_tune_ok(
	struct warren_amqp_connection *connection, const amqp_connection_tune_t *tune)
{
	amqp_connection_tune_ok_t tune_ok = {
		.channel_max = CHANNEL_MAX,
		.frame_max = lesser_wish(tune->frame_max, WARREN_AMQP_FRAME_MAX),
		.heartbeat = (uint16_t)lesser_wish(tune->heartbeat, connection->heartbeat_wanted_s),
	};
	amqp_connection_open_t open = {.virtual_host = amqp_cstring_bytes(connection->url->vhost)};

	if (tune_ok.frame_max < AMQP_FRAME_MIN_SIZE ||
		amqp_tune_connection(connection->codec, CHANNEL_MAX, (int)tune_ok.frame_max, 0) !=
			0) {
		warren_amqp_connection_fail(
			connection, "the broker's limit of frames is %u bytes", tune_ok.frame_max);
		return;
	}
	connection->frame_max = tune_ok.frame_max;
	connection->heartbeat_ms = tune_ok.heartbeat * 1000u;
	warren_amqp_send_method(connection, 0, AMQP_CONNECTION_TUNE_OK_METHOD, &tune_ok);
	warren_amqp_send_method(connection, 0, AMQP_CONNECTION_OPEN_METHOD, &open);
}

void warren_amqp_login_frame(struct warren_amqp_connection *connection, const amqp_frame_t *frame)
{
	amqp_channel_open_t channel_open = {.out_of_band = amqp_empty_bytes};

	switch (frame->frame_type == AMQP_FRAME_METHOD ? frame->payload.method.id : 0) {
	case AMQP_CONNECTION_START_METHOD:
		send_start_ok(connection);
		break;
	case AMQP_CONNECTION_TUNE_METHOD:
		send_tune_ok(connection, frame->payload.method.decoded);
		break;
	case AMQP_CONNECTION_OPEN_OK_METHOD:
		connection->state = CONNECTION_OPEN;
		warren_amqp_send_method(
			connection, WARREN_AMQP_CHANNEL, AMQP_CHANNEL_OPEN_METHOD, &channel_open);
		connection->handler->on_open(connection, connection->data);
		break;
	default:
		warren_amqp_connection_fail(connection, "%s:%s does not speak AMQP 0-9-1",
			connection->url->host, connection->url->port);
	}
}

void warren_amqp_login_closed(
	struct warren_amqp_connection *connection, const amqp_connection_close_t *close)
{
	int len = (int)close->reply_text.len;
	const char *text = close->reply_text.bytes;

	if (connection->state != CONNECTION_LOGGING_IN)
		warren_amqp_connection_fail(
			connection, "the broker closed the connection: %.*s", len, text);
	else if (close->reply_code == AMQP_ACCESS_REFUSED)
		warren_amqp_connection_fail(
			connection, "login refused for user %s", connection->url->user);
	else
		warren_amqp_connection_fail(connection,
			"vhost %s cannot be opened for user %s: %.*s", connection->url->vhost,
			connection->url->user, len, text);
}
