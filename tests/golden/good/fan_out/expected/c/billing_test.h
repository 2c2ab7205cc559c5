/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* Typed calls of the test kit for billing: deliver an event, look at what came out.  See warren/test.h. */
#ifndef BILLING_TEST_H
#define BILLING_TEST_H

#include "billing_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ORDER_PLACED_DELIVER_TEST_DEFINED
#define ORDER_PLACED_DELIVER_TEST_DEFINED
/* Delivers orderPlaced. */
static inline void order_placed_deliver_test(struct warren_test *test,
	const struct order_placed *message)
{
	warren_test_deliver(test, &order_placed_event, message);
}
#endif

#ifndef ORDER_CREATED_TEST_DEFINED
#define ORDER_CREATED_TEST_DEFINED
/* Delivers orderCreated. */
static inline void order_created_test(struct warren_test *test, const struct order_created *message)
{
	warren_test_deliver(test, &order_created_event, message);
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
