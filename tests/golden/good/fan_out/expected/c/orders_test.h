/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* Typed calls of the test kit for orders: deliver an event, look at what came out.  See warren/test.h. */
#ifndef ORDERS_TEST_H
#define ORDERS_TEST_H

#include "orders_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Delivers orderPlaced.  Returns the reply; NULL: see warren_test_error.  Owns: test. */
static inline const struct order_accepted *order_placed_test(struct warren_test *test,
	const struct order_placed *message)
{
	return (const struct order_accepted *)warren_test_request(test, &order_placed_event,
		message);
}

#ifndef STOCK_LOW_TEST_DEFINED
#define STOCK_LOW_TEST_DEFINED
/* Delivers stockLow. */
static inline void stock_low_test(struct warren_test *test, const struct stock_low *message)
{
	warren_test_deliver(test, &stock_low_event, message);
}
#endif

#ifndef ORDER_CREATED_PUBLISHED_DEFINED
#define ORDER_CREATED_PUBLISHED_DEFINED
/* Returns the nth orderCreated that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct order_created *order_created_published(struct warren_test *test, int nth)
{
	return (const struct order_created *)warren_test_published(test, &order_created_event, nth);
}
#endif

#ifndef TICK_PUBLISHED_DEFINED
#define TICK_PUBLISHED_DEFINED
/* Returns the nth tick that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct tick *tick_published(struct warren_test *test, int nth)
{
	return (const struct tick *)warren_test_published(test, &tick_event, nth);
}
#endif

#ifndef RESERVE_PUBLISHED_DEFINED
#define RESERVE_PUBLISHED_DEFINED
/* Returns the nth reserve that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct reserve *reserve_published(struct warren_test *test, int nth)
{
	return (const struct reserve *)warren_test_published(test, &reserve_event, nth);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
