/* What an operator does to a broker behind its users' backs: over a plain connection of its own. */
#include <stdlib.h>

#include "broker/amqp_connection.h"
#include "broker/memory.h"
#include "harness.h"

static bool is_memory(void)
{
	return strcmp(stage_url(), "memory:") == 0;
}

/* ---- RabbitMQ ---- */

static amqp_connection_state_t operator_open(void)
{
	amqp_connection_state_t connection = amqp_new_connection();
	struct amqp_connection_info info;
	char url[512];

	ck_assert_uint_lt(strlen(stage_url()), sizeof url);
	strcpy(url, stage_url());
	ck_assert_int_eq(amqp_parse_url(url, &info), AMQP_STATUS_OK);
	amqp_socket_t *socket = amqp_tcp_socket_new(connection);
	ck_assert_ptr_nonnull(socket);
	ck_assert_int_eq(amqp_socket_open(socket, info.host, info.port), AMQP_STATUS_OK);
	amqp_rpc_reply_t reply = amqp_login(connection, info.vhost, 0, AMQP_DEFAULT_FRAME_SIZE, 0,
		AMQP_SASL_METHOD_PLAIN, info.user, info.password);
	ck_assert_int_eq(reply.reply_type, AMQP_RESPONSE_NORMAL);
	ck_assert_ptr_nonnull(amqp_channel_open(connection, 1));
	return connection;
}

static void operator_close(amqp_connection_state_t connection)
{
	ck_assert_int_eq(amqp_get_rpc_reply(connection).reply_type, AMQP_RESPONSE_NORMAL);
	amqp_connection_close(connection, AMQP_REPLY_SUCCESS);
	amqp_destroy_connection(connection);
}

/* ---- both ---- */

void operator_deletes_exchange(struct stage *stage, const char *exchange)
{
	if (is_memory()) {
		warren_broker_memory_delete_exchange(stage->broker, exchange);
		return;
	}
	amqp_connection_state_t connection = operator_open();
	amqp_exchange_delete(connection, 1, amqp_cstring_bytes(exchange), 0);
	operator_close(connection);
}

void operator_deletes_queue(struct stage *stage, const char *queue)
{
	if (is_memory()) {
		warren_broker_memory_delete_queue(stage->broker, queue);
		return;
	}
	amqp_connection_state_t connection = operator_open();
	amqp_queue_delete(connection, 1, amqp_cstring_bytes(queue), 0, 0);
	operator_close(connection);
}

void operator_deletes_binding(
	struct stage *stage, const char *exchange, const char *queue, const char *routing_key)
{
	const struct warren_broker_binding binding = {exchange, queue, routing_key};

	if (is_memory()) {
		warren_broker_memory_delete_binding(stage->broker, &binding);
		return;
	}
	amqp_connection_state_t connection = operator_open();
	amqp_queue_unbind(connection, 1, amqp_cstring_bytes(queue), amqp_cstring_bytes(exchange),
		amqp_cstring_bytes(routing_key), amqp_empty_table);
	operator_close(connection);
}
