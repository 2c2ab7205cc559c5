/*
 * The headers of a received message, before rabbitmq-c decodes them: one flat table of kinds that
 * every version of it knows.
 *
 * rabbitmq-c reads nested tables recursively.  0.11 has no limit: a frame full of them nests 20,000
 * calls.  0.15 refuses a frame with more than 100 levels, which breaks the connection: the broker
 * delivers the message again, and no consumer of the process gets another one.  Nobody here reads a
 * nested header (x-death is the broker's own), so none reaches rabbitmq-c.
 *
 * Invariants: no recursion; nothing outside the frame is touched; a frame never grows.
 */
#ifndef WARREN_BROKER_AMQP_HEADERS_H
#define WARREN_BROKER_AMQP_HEADERS_H

#include <stddef.h>
#include <stdint.h>

/*
 * Takes out of a whole header frame, in place, every header that is a table or an array.  A header
 * that cannot be read (a kind that nobody knows, a length past its table) is taken out with all
 * that follow, since nothing says where the next one begins.  A frame whose other properties cannot
 * be read stays as it is: rabbitmq-c refuses it.
 * Returns the frame's new length.
 */
size_t warren_amqp_headers_flatten(uint8_t *frame, size_t len);

#endif
