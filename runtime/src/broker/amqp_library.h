/*
 * rabbitmq-c, whichever version is installed: 0.13 moved its headers into a folder of their own, and
 * from then on the old names warn.  This file alone knows where they are
 * (tests/check/layers.lua).
 */
#ifndef WARREN_BROKER_AMQP_LIBRARY_H
#define WARREN_BROKER_AMQP_LIBRARY_H

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#include <rabbitmq-c/tcp_socket.h> /* for tests: the runtime's sockets are its own */
#else
#include <amqp.h>
#include <amqp_framing.h>
#include <amqp_tcp_socket.h>
#endif

#endif
