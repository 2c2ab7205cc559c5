/*
 * Made by protoc-gen-warren from fan_out.proto, stock.proto.
 * Do not edit: change the schema and run ./dev gen.
 */
/* Typed calls of the test kit for audit: deliver an event, look at what came out.  See warren/test.h. */
#ifndef AUDIT_TEST_H
#define AUDIT_TEST_H

#include "audit_service.h"
#include "warren/test.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifndef ORDER_CREATED_TEST_DEFINED
#define ORDER_CREATED_TEST_DEFINED
/* Delivers orderCreated. */
static inline void order_created_test(struct warren_test *test, const struct order_created *message)
{
	warren_test_deliver(test, &order_created_event, message);
}
#endif

#ifndef TICK_TEST_DEFINED
#define TICK_TEST_DEFINED
/* Delivers tick. */
static inline void tick_test(struct warren_test *test, const struct tick *message)
{
	warren_test_deliver(test, &tick_event, message);
}
#endif

#ifndef ORDER_FORGOTTEN_PUBLISHED_DEFINED
#define ORDER_FORGOTTEN_PUBLISHED_DEFINED
/* Returns the nth orderForgotten that came out, 0 is the first; NULL: there are fewer.  Owns: test. */
static inline const struct order_forgotten *order_forgotten_published(struct warren_test *test,
	int nth)
{
	return (const struct order_forgotten *)warren_test_published(test, &order_forgotten_event,
		nth);
}
#endif

#ifdef __cplusplus
}
#endif

#endif
