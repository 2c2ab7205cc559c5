/*
 * rabbitmq-c, whichever version is installed: 0.13 moved its headers into a folder of their own, and
 * from then on the old names warn.  This file alone knows where they are.
 */
#ifndef WARREN_BROKER_AMQP_LIBRARY_H
#define WARREN_BROKER_AMQP_LIBRARY_H

#if __has_include(<rabbitmq-c/amqp.h>)
#include <rabbitmq-c/amqp.h>
#include <rabbitmq-c/framing.h>
#else
#include <amqp.h>
#include <amqp_framing.h>
#endif

#endif
