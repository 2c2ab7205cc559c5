/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* Typed calls of the test kit for stock: deliver an event, look at what came out.  See warren/test.h. */
#ifndef STOCK_TEST_H
#define STOCK_TEST_H

#include "stock_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Delivers reserve.  Returns the reply; NULL: see warren_test_error.  Owns: test. */
static inline const struct reserved *reserve_test(struct warren_test *test,
	const struct reserve *message)
{
	return (const struct reserved *)warren_test_request(test, &reserve_event, message);
}

#ifndef ORDER_CREATED_PUBLISHED_DEFINED
#define ORDER_CREATED_PUBLISHED_DEFINED
/* Returns the nth orderCreated that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct order_created *order_created_published(struct warren_test *test, int nth)
{
	return (const struct order_created *)warren_test_published(test, &order_created_event, nth);
}
#endif

#ifndef STOCK_LOW_PUBLISHED_DEFINED
#define STOCK_LOW_PUBLISHED_DEFINED
/* Returns the nth stockLow that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct stock_low *stock_low_published(struct warren_test *test, int nth)
{
	return (const struct stock_low *)warren_test_published(test, &stock_low_event, nth);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
